/* server: a listening stream socket and its clients, each of them a split: what tcp-listen: and
 * unix: have in common. Clients are read in turn, so that a busy one does not keep the others
 * waiting. Reading stops while more than max_in_flight bytes of whole lines are not done; nothing
 * is ever thrown away.
 *
 *     struct server *server = mem_zalloc(sizeof *server);
 *     server_init(server, &the_kind, config);
 *     TRY(server_start(server, config, fd, err));      // fd listens, and is the server's now
 *     …as a source: server_poll, server_read, … are functions of a source_kind…
 *     server_release(server);
 *
 * What a client leaves unfinished: with its own end the last line counts as a line; a connection
 * that is reset, or that leaves a line unfinished for partial_timeout, is cut: the piece is a bad
 * row. */
#ifndef SOURCES_SERVER_H
#define SOURCES_SERVER_H

#include "engine/io/source.h"
#include "sources/acks.h"
#include "sources/peers.h"
#include "sources/socket.h"

struct gate;

struct client {
    int fd; /* -1: closed, or the slot is free */
    bool in_use;
    uint32_t split;
    uint32_t events; /* that epoll watches for */
    bool readable;
    bool reading;           /* more may come */
    bool leaving;           /* it has closed its side or is lost: its end will be read */
    enum source_state last; /* MORE, or the end that is to be told or was */
    bool told;
    int64_t heard_us; /* steady: when bytes came last */
    struct acks *acks;
};

/* Lines about clients that were sent away: one at once, then at most one in ten seconds. */
struct refusals {
    uint64_t unsaid;
    int64_t say_us; /* steady */
};

struct server {
    struct source base; /* first member */
    const struct clock *clock;
    char *name;              /* as written */
    const struct gate *gate; /* NULL: file permissions say who may come */
    int fd;
    int epoll_fd;
    bool accepting;   /* fd is in the epoll set */
    int64_t retry_us; /* steady: the system refused to accept, try again then; INT64_MAX = fine */
    bool finish;      /* eof=finish: done when the last client has gone */
    bool wants_acks;
    int64_t partial_us;
    uint64_t in_flight_max;
    uint32_t max;
    uint32_t n_open; /* slots in use */
    uint32_t turn;   /* slot to look at first */
    struct client *clients;
    struct peers peers;
    struct refusals refusals;
};

/* For lists of options. */
#define SERVER_OPTIONS                                                                             \
    {"max_connections", OPTION_INTEGER, "64", "further clients are sent away with a message"},     \
        {"partial_timeout", OPTION_DURATION, "60s",                                                \
         "a line that stays unfinished so long ends its connection as a bad row"},                 \
        {"max_in_flight", OPTION_BYTES, "64MiB", "bytes read and not yet done; then it waits"},    \
        {"ack", OPTION_TEXT, "none", "line: tell each client \"ok N\" when N lines are durable"},  \
    {                                                                                              \
        "eof", OPTION_TEXT, "wait", "finish: done when the last client has gone"                   \
    }

void server_init(struct server *server, const struct source_kind *kind,
                 const struct source_config *config);
/* Takes the listening socket over, also on failure. */
MUST_CHECK enum status server_start(struct server *server, const struct source_config *config,
                                    int fd, struct error *err);
/* Closes all sockets; the memory of *server stays the caller's. */
void server_release(struct server *server);

/* For the tables of kinds. */
unsigned server_flags(const struct source *source);
enum status server_poll(struct source *source, uint32_t *split, enum source_state *what,
                        struct error *err);
enum status server_read(struct source *source, uint32_t split, void *at, size_t max, size_t *n,
                        struct error *err);
int server_wait_fd(const struct source *source);
int64_t server_wake_us(const struct source *source);
uint32_t server_n_splits(const struct source *source);
const char *server_split_name(const struct source *source, uint32_t split);
int64_t server_total_bytes(const struct source *source);
void server_done(struct source *source, uint32_t split, uint64_t bytes);

#endif
