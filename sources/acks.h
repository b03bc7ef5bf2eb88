/* acks: tells the sender of a connection how many of its lines are durable (ack=line). After each
 * time that more of them are, it gets one line "ok N": the first N lines of this connection need
 * not be sent again. Lines are counted by their ends, blank and bad ones too; the last one counts
 * without an end when the sender has closed its side.
 *
 *     acks_read(&acks, bytes);                 // what was read, in order
 *     acks_end(&acks);                         // nothing more will be
 *     acks_done(&acks, n);                     // the first n bytes are durable
 *     acks_send(&acks, fd);                    // now, and when fd becomes writable
 *
 * A sender that does not read its acknowledgements misses those in between, not the last. */
#ifndef SOURCES_ACKS_H
#define SOURCES_ACKS_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/slice.h"

enum { ACKS_MARKS = 64, ACKS_TEXT_BYTES = 32 };

/* Up to byte `bytes` of the connection there are `lines` lines. */
struct acks_mark {
    uint64_t bytes;
    uint64_t lines;
};

struct acks {
    struct acks_mark read; /* up to the last line end */
    uint64_t bytes;        /* read, the unfinished last line too */
    struct acks_mark done; /* as far as lines are durable */
    uint64_t said;         /* lines of the newest acknowledgement, sent or in text */
    /* Line ends between done and read: one for each read, fewer when there are many. */
    struct acks_mark marks[ACKS_MARKS];
    uint32_t n_marks;
    char text[ACKS_TEXT_BYTES]; /* what is being sent */
    uint32_t text_len;
    uint32_t text_sent;
};

void acks_read(struct acks *acks, struct slice bytes);
void acks_end(struct acks *acks);
void acks_done(struct acks *acks, uint64_t bytes);

/* Sends what is to be said without waiting. False: the sender does not listen any more. */
bool acks_send(struct acks *acks, int fd);

/* Something is left to send now. */
static inline bool acks_pending(const struct acks *acks)
{
    return acks->text_sent < acks->text_len || acks->said < acks->done.lines;
}

/* All lines are durable and said to be. */
static inline bool acks_complete(const struct acks *acks)
{
    return acks->done.lines == acks->read.lines && !acks_pending(acks);
}

#endif
