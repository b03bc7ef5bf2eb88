/* acks: see acks.h. */
#include "sources/acks.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* Where there are too many marks the newest is moved on: the lines it stood for are acknowledged a
 * little later, together with those behind them. */
static void add_mark(struct acks *acks)
{
    acks->n_marks -= acks->n_marks == ACKS_MARKS;
    acks->marks[acks->n_marks++] = acks->read;
}

void acks_read(struct acks *acks, struct slice bytes)
{
    uint64_t lines = 0;
    const uint8_t *line_end = NULL;
    for (size_t i = 0; i < bytes.len; i++) {
        lines += bytes.at[i] == '\n';
    }
    if (lines > 0) {
        line_end = memrchr(bytes.at, '\n', bytes.len);
        acks->read.bytes = acks->bytes + (uint64_t)(line_end - bytes.at) + 1;
        acks->read.lines += lines;
        add_mark(acks);
    }
    acks->bytes += bytes.len;
}

void acks_end(struct acks *acks)
{
    if (acks->bytes > acks->read.bytes) {
        acks->read.bytes = acks->bytes;
        acks->read.lines++;
        add_mark(acks);
    }
}

void acks_done(struct acks *acks, uint64_t bytes)
{
    uint32_t n = 0;
    while (n < acks->n_marks && acks->marks[n].bytes <= bytes) {
        acks->done = acks->marks[n++];
    }
    acks->n_marks -= n;
    memmove(acks->marks, acks->marks + n, acks->n_marks * sizeof acks->marks[0]);
}

bool acks_send(struct acks *acks, int fd)
{
    while (acks_pending(acks)) {
        if (acks->text_sent == acks->text_len) {
            acks->said = acks->done.lines;
            acks->text_sent = 0;
            acks->text_len = (uint32_t)snprintf(acks->text, sizeof acks->text, "ok %llu\n",
                                                (unsigned long long)acks->said);
        }
        ssize_t sent = send(fd, acks->text + acks->text_sent, acks->text_len - acks->text_sent,
                            MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0) {
            return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
        }
        acks->text_sent += (uint32_t)sent;
    }
    return true;
}
