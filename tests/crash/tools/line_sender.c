/* line_sender: the other side of a job that is killed: rows whose content depends on their number
 * only, at a rate, to a file or over TCP to a server with ack=line.
 *
 *     line_sender print N                   rows 1 to N on stdout
 *     line_sender append N FILE             appends them to a file, at --rate
 *     line_sender tcp N PORT                sends them; ends when all are acknowledged
 *
 *     --keys K     different keys (8)         --rate R     rows a second (0 = as many as go)
 *     --first I    the first row (1)          --window W   rows that may wait for an answer (2000)
 *     --attempt A  the last column (1)
 *
 * A row is "time,key,value,number,attempt", two milliseconds of event time behind the one before.
 * Over TCP each connection is an attempt of its own: what was not acknowledged is sent again with
 * the next number, so that no line is ever sent twice. Each connection ends with a line on stdout,
 * "ATTEMPT FIRST SAFE SENT": rows FIRST to SENT went out, those up to SAFE were acknowledged. And
 * where nobody listens it tries again, for ever: bound it with timeout. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/base/bytebuf.h"
#include "engine/base/clock.h"

enum { AHEAD_BYTES = 32 << 10, RETRY_MS = 10, ROW_MS = 2, ANSWER_BYTES = 4096 };

struct sender {
    int64_t rows; /* the last one's number */
    int64_t first;
    int64_t attempt;
    int64_t keys;
    int64_t rate;
    int64_t window;
    int64_t start_us;
    /* Over TCP: rows up to these numbers. */
    int64_t sent;
    int64_t acknowledged;
    struct bytebuf out; /* made, not yet written */
    char answer[ANSWER_BYTES];
    size_t answer_len;
};

static uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static void put_row(struct sender *sender, int64_t number)
{
    uint64_t random = mix((uint64_t)number);
    int64_t ms = number * ROW_MS;
    bytebuf_printf(&sender->out,
                   "2026-01-%02dT%02d:%02d:%02d.%03dZ,k%" PRIu64 ",%" PRIu64 ",%" PRId64 ",%" PRId64
                   "\n",
                   (int)(5 + ms / 86400000), (int)(ms / 3600000 % 24), (int)(ms / 60000 % 60),
                   (int)(ms / 1000 % 60), (int)(ms % 1000), random % (uint64_t)sender->keys,
                   mix(random) % 1000, number, sender->attempt);
}

/* The last row that may be out by now. */
static int64_t due_row(const struct sender *sender)
{
    if (sender->rate == 0) {
        return sender->rows;
    }
    int64_t us = clock_steady_us(clock_system()) - sender->start_us;
    int64_t row = sender->first - 1 + us * sender->rate / US_PER_SECOND;
    return row < sender->rows ? row : sender->rows;
}

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "line_sender: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* ---- to a file ------------------------------------------------------------------------------- */

static void write_out(struct sender *sender, int fd)
{
    for (size_t at = 0; at < sender->out.len;) {
        ssize_t n = write(fd, sender->out.at + at, sender->out.len - at);
        if (n < 0) {
            fail("write");
        }
        at += (size_t)n;
    }
    bytebuf_clear(&sender->out);
}

static void send_to_file(struct sender *sender, int fd)
{
    int64_t row = sender->first - 1;
    while (row < sender->rows) {
        int64_t due = due_row(sender);
        while (row < due && sender->out.len < AHEAD_BYTES) {
            put_row(sender, ++row);
        }
        write_out(sender, fd);
        if (row == due) {
            poll(NULL, 0, RETRY_MS);
        }
    }
}

/* ---- over TCP -------------------------------------------------------------------------------- */

static int connect_to(uint16_t port)
{
    const struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)},
    };
    for (;;) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0) {
            fail("socket");
        }
        if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0) {
            fcntl(fd, F_SETFL, O_NONBLOCK);
            return fd;
        }
        close(fd);
        poll(NULL, 0, RETRY_MS);
    }
}

/* Rows whose last byte is in out only have not been sent; out begins anywhere in one. */
static bool send_some(struct sender *sender, int fd)
{
    int64_t due = due_row(sender);
    int64_t most = sender->acknowledged + sender->window;
    while (sender->sent < due && sender->sent < most && sender->out.len < AHEAD_BYTES) {
        put_row(sender, ++sender->sent);
    }
    if (sender->out.len == 0) {
        return true;
    }
    ssize_t n = send(fd, sender->out.at, sender->out.len, MSG_NOSIGNAL);
    if (n < 0) {
        return errno == EAGAIN;
    }
    sender->out.len -= (size_t)n;
    memmove(sender->out.at, sender->out.at + n, sender->out.len);
    return true;
}

/* "ok N" each: the first N lines of this connection, which began behind row `base`. */
static bool take_answers(struct sender *sender, int fd, int64_t base)
{
    ssize_t n = recv(fd, sender->answer + sender->answer_len,
                     sizeof sender->answer - sender->answer_len - 1, 0);
    if (n <= 0) {
        return n < 0 && errno == EAGAIN;
    }
    sender->answer_len += (size_t)n;
    sender->answer[sender->answer_len] = '\0';
    char *line = sender->answer;
    for (char *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        if (strncmp(line, "ok ", 3) != 0) {
            return false;
        }
        sender->acknowledged = base + strtoll(line + 3, NULL, 10);
    }
    sender->answer_len -= (size_t)(line - sender->answer);
    memmove(sender->answer, line, sender->answer_len);
    return true;
}

/* True when all rows are acknowledged. */
static bool talk(struct sender *sender, int fd)
{
    int64_t base = sender->acknowledged;
    bool connected = true;
    sender->sent = base;
    sender->answer_len = 0;
    bytebuf_clear(&sender->out);
    while (connected && sender->acknowledged < sender->rows) {
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        connected = send_some(sender, fd);
        wait.events |= sender->out.len > 0 ? POLLOUT : 0;
        if (connected && poll(&wait, 1, RETRY_MS) > 0 && (wait.revents & ~POLLOUT) != 0) {
            connected = take_answers(sender, fd, base);
        }
    }
    printf("%" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 "\n", sender->attempt, base + 1,
           sender->acknowledged, sender->sent);
    fflush(stdout);
    return connected;
}

static void send_to_port(struct sender *sender, uint16_t port)
{
    sender->acknowledged = sender->first - 1;
    for (bool done = false; !done; sender->attempt++) {
        int fd = connect_to(port);
        done = talk(sender, fd);
        close(fd);
    }
}

/* ---- what is asked --------------------------------------------------------------------------- */

static bool take_option(struct sender *sender, const char *name, const char *text)
{
    const struct {
        const char *name;
        int64_t *value;
    } options[] = {
        {"--keys", &sender->keys},     {"--rate", &sender->rate},       {"--first", &sender->first},
        {"--window", &sender->window}, {"--attempt", &sender->attempt},
    };
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        if (strcmp(name, options[i].name) == 0) {
            *options[i].value = strtoll(text, NULL, 10);
            return true;
        }
    }
    return false;
}

static int usage(void)
{
    fputs("usage: line_sender print N | append N FILE | tcp N PORT [--option value]…\n", stderr);
    return 2;
}

int main(int argc, char **argv)
{
    struct sender sender = {.keys = 8, .first = 1, .window = 2000, .attempt = 1};
    const char *how = argc > 2 ? argv[1] : "";
    int at = strcmp(how, "print") == 0 ? 3 : 4;
    if (argc < at) {
        return usage();
    }
    sender.rows = strtoll(argv[2], NULL, 10);
    for (; at + 1 < argc; at += 2) {
        if (!take_option(&sender, argv[at], argv[at + 1])) {
            return usage();
        }
    }
    sender.start_us = clock_steady_us(clock_system());
    if (strcmp(how, "print") == 0) {
        send_to_file(&sender, STDOUT_FILENO);
    } else if (strcmp(how, "append") == 0) {
        int fd = open(argv[3], O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
        if (fd < 0) {
            fail(argv[3]);
        }
        send_to_file(&sender, fd);
        close(fd);
    } else if (strcmp(how, "tcp") == 0) {
        send_to_port(&sender, (uint16_t)strtoll(argv[3], NULL, 10));
    } else {
        return usage();
    }
    bytebuf_release(&sender.out);
    return 0;
}
