/* tcp_source: tcp://host:port, a client that reads what the other side sends, which may be
 * `nc -lk 9999`. It connects in the background and again after a drop, after 100 ms at first and up
 * to 10 s later. Each connection is a split of its own: bytes after a drop may be anything. Where
 * the other side closed the connection its last line needs no end; where the connection was lost an
 * unfinished line is cut. What was sent while nobody was connected is lost, and nothing can be read
 * twice.
 *
 *     WAITING ──due──▶ CONNECTING ──▶ CONNECTED ──drop──▶ DROPPED ──▶ WAITING, or FINISHED
 *        ▲──────failed──────┘
 */
#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "engine/base/hash.h"
#include "engine/base/log.h"
#include "engine/base/mem.h"
#include "sources/peers.h"
#include "sources/socket.h"
#include "sources/sources.h"

#define DELAY_FIRST_US (100 * US_PER_MS)
#define DELAY_MAX_US   (10 * US_PER_SECOND)
#define CONNECT_MAX_US (10 * US_PER_SECOND)

enum tcp_state {
    TCP_WAITING,    /* until due_us */
    TCP_CONNECTING, /* at most until due_us */
    TCP_CONNECTED,
    TCP_DROPPED, /* the end of the split is to be told */
    TCP_FINISHED,
};

struct tcp_source {
    struct source base;
    const struct clock *clock;
    char *host;
    uint16_t port;
    char *name; /* as written */
    bool finish;
    enum tcp_state state;
    int fd;       /* -1 in WAITING, DROPPED and FINISHED */
    int epoll_fd; /* stands for fd, whichever it is */
    bool readable;
    uint32_t failures; /* since the last connection */
    int64_t due_us;    /* steady */
    uint32_t n_addresses;
    uint32_t address; /* the one being tried */
    struct socket_address addresses[SOCKET_ADDRESSES_MAX];
    uint32_t split;        /* of the newest connection */
    enum source_state end; /* of a dropped one: ENDED or CUT */
    struct peers peers;
};

static struct tcp_source *tcp_of(struct source *source)
{
    return (struct tcp_source *)source;
}

static const struct tcp_source *tcp_const(const struct source *source)
{
    return (const struct tcp_source *)source;
}

/* ---- open, close ---------------------------------------------------------------------------- */

static void hang_up(struct tcp_source *tcp)
{
    if (tcp->fd >= 0) {
        close(tcp->fd); /* leaves the epoll set too */
    }
    tcp->fd = -1;
    tcp->readable = false;
}

static void tcp_close(struct source *source)
{
    struct tcp_source *tcp = tcp_of(source);
    hang_up(tcp);
    if (tcp->epoll_fd >= 0) {
        close(tcp->epoll_fd);
    }
    peers_release(&tcp->peers);
    mem_free(tcp->host);
    mem_free(tcp->name);
    mem_free(tcp);
}

static enum status read_options(struct tcp_source *tcp, const struct source_config *config,
                                struct error *err)
{
    struct arena arena;
    arena_init(&arena);
    char *host = NULL;
    enum status status = uri_host_port(&arena, config->uri->authority, &host, &tcp->port, err);
    if (status == OK && tcp->port == 0) {
        status = error_set(err, ERR_OPTION, "port 0 cannot be connected to");
    }
    if (status == OK) {
        tcp->host = mem_text(host, strlen(host));
    }
    arena_release(&arena);
    TRY(status);
    struct slice eof = options_text(config->options, "eof", "reconnect");
    tcp->finish = slice_equal_nocase(eof, slice_text("finish")) || config->once;
    if (!tcp->finish && !slice_equal_nocase(eof, slice_text("reconnect"))) {
        return error_set(err, ERR_OPTION, "option eof = \"%.*s\" is not reconnect or finish",
                         (int)eof.len, (const char *)eof.at);
    }
    return OK;
}

static enum status tcp_setup(struct tcp_source *tcp, const struct source_config *config,
                             struct error *err)
{
    TRY(read_options(tcp, config, err));
    tcp->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (tcp->epoll_fd < 0) {
        return error_set_errno(err, errno, "cannot wait for %s", tcp->name);
    }
    return OK;
}

static enum status tcp_open(const struct source_config *config, struct source **out,
                            struct error *err)
{
    struct tcp_source *tcp = mem_zalloc(sizeof *tcp);
    tcp->base.kind = &tcp_source_kind;
    tcp->clock = config->clock;
    tcp->fd = -1;
    tcp->epoll_fd = -1;
    tcp->due_us = clock_steady_us(config->clock);
    tcp->name = mem_text(config->uri->text.at, config->uri->text.len);
    enum status status = tcp_setup(tcp, config, err);
    if (status != OK) {
        tcp_close(&tcp->base);
        return status;
    }
    *out = &tcp->base;
    return OK;
}

/* ---- states --------------------------------------------------------------------------------- */

/* Doubles with each failure. The jitter keeps many clients of one server from coming back at once;
 * it need not be secret. */
static int64_t next_delay(const struct tcp_source *tcp)
{
    unsigned doublings = tcp->failures > 10 ? 10 : tcp->failures;
    int64_t delay = DELAY_FIRST_US << doublings;
    delay = delay > DELAY_MAX_US ? DELAY_MAX_US : delay;
    uint64_t seed = hash_bytes((const uint8_t *)tcp->name, strlen(tcp->name));
    uint64_t random = hash_mix(seed ^ (uint64_t)clock_now_us(tcp->clock), tcp->failures);
    return delay + (int64_t)(random % (uint64_t)(delay / 4));
}

static void wait_again(struct tcp_source *tcp)
{
    tcp->state = TCP_WAITING;
    tcp->due_us = clock_steady_us(tcp->clock) + next_delay(tcp);
}

/* The address did not work; the next one of the host is tried at once, all of them later again. */
static void connect_failed(struct tcp_source *tcp, const char *why)
{
    hang_up(tcp);
    if (++tcp->address < tcp->n_addresses) {
        tcp->state = TCP_WAITING;
        tcp->due_us = clock_steady_us(tcp->clock);
        return;
    }
    if (tcp->failures == 0) {
        log_line(LOG_WARN, "cannot connect to %s: %s; trying again until it works", tcp->name, why);
    }
    wait_again(tcp);
    tcp->failures++;
}

static void start_connect(struct tcp_source *tcp)
{
    struct error err;
    if (tcp->address >= tcp->n_addresses) {
        tcp->address = 0;
        tcp->n_addresses = socket_resolve(tcp->host, tcp->port, tcp->addresses, &err);
    }
    if (tcp->n_addresses == 0) {
        connect_failed(tcp, err.text);
        return;
    }
    tcp->fd = socket_connect(&tcp->addresses[tcp->address]);
    if (tcp->fd < 0) {
        connect_failed(tcp, strerror(errno));
        return;
    }
    struct epoll_event event = {.events = EPOLLOUT};
    epoll_ctl(tcp->epoll_fd, EPOLL_CTL_ADD, tcp->fd, &event);
    tcp->state = TCP_CONNECTING;
    tcp->due_us = clock_steady_us(tcp->clock) + CONNECT_MAX_US;
}

static void go_on_connecting(struct tcp_source *tcp)
{
    int connected = socket_connected(tcp->fd);
    if (connected < 0) {
        connect_failed(tcp, strerror(errno));
        return;
    }
    if (connected == 0) {
        if (clock_steady_us(tcp->clock) >= tcp->due_us) {
            connect_failed(tcp, strerror(ETIMEDOUT));
        }
        return;
    }
    struct epoll_event event = {.events = EPOLLIN};
    epoll_ctl(tcp->epoll_fd, EPOLL_CTL_MOD, tcp->fd, &event);
    if (tcp->failures > 0) {
        log_line(LOG_INFO, "connected to %s", tcp->name);
    }
    char name[SOCKET_NAME_BYTES];
    socket_name(&tcp->addresses[tcp->address], name);
    tcp->split = peers_add(&tcp->peers, name);
    socket_keep_alive(tcp->fd);
    tcp->failures = 0;
    tcp->n_addresses = 0; /* looked up again after a drop */
    tcp->address = 0;
    tcp->state = TCP_CONNECTED;
}

static enum source_state after_drop(struct tcp_source *tcp)
{
    if (tcp->finish) {
        tcp->state = TCP_FINISHED;
    } else {
        wait_again(tcp);
    }
    peers_end(&tcp->peers, tcp->split);
    return tcp->end;
}

static bool is_readable(struct tcp_source *tcp)
{
    struct epoll_event event;
    tcp->readable = tcp->readable || epoll_wait(tcp->epoll_fd, &event, 1, 0) > 0;
    return tcp->readable;
}

static enum status tcp_poll(struct source *source, uint32_t *split, enum source_state *what,
                            struct error *err)
{
    (void)err;
    struct tcp_source *tcp = tcp_of(source);
    if (tcp->state == TCP_WAITING && clock_steady_us(tcp->clock) >= tcp->due_us) {
        start_connect(tcp);
    }
    if (tcp->state == TCP_CONNECTING) {
        go_on_connecting(tcp);
    }
    *split = tcp->split;
    *what = SOURCE_AGAIN;
    if (tcp->state == TCP_CONNECTED && is_readable(tcp)) {
        *what = SOURCE_MORE;
    } else if (tcp->state == TCP_DROPPED) {
        *what = after_drop(tcp);
    } else if (tcp->state == TCP_FINISHED) {
        *what = SOURCE_DONE;
    }
    return OK;
}

static enum status tcp_read(struct source *source, uint32_t split, void *at, size_t max, size_t *n,
                            struct error *err)
{
    (void)err;
    struct tcp_source *tcp = tcp_of(source);
    *n = 0;
    if (tcp->state != TCP_CONNECTED || split != tcp->split) {
        return OK;
    }
    ssize_t got = recv(tcp->fd, at, max, 0);
    if (got > 0) {
        *n = (size_t)got;
        tcp->readable = *n == max;
        peers_read(&tcp->peers, split, slice_of(at, *n));
        return OK;
    }
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
        tcp->readable = errno == EINTR;
        return OK;
    }
    if (got < 0) {
        log_line(LOG_WARN, "connection to %s lost: %s", tcp->name, strerror(errno));
    }
    hang_up(tcp);
    tcp->state = TCP_DROPPED;
    tcp->end = got < 0 ? SOURCE_CUT : SOURCE_ENDED;
    return OK;
}

/* ---- what it says of itself ------------------------------------------------------------------ */

static unsigned tcp_flags(const struct source *source)
{
    return SOURCE_PARTITIONED | (tcp_const(source)->finish ? SOURCE_FINITE : 0);
}

static int tcp_wait_fd(const struct source *source)
{
    return tcp_const(source)->epoll_fd;
}

static int64_t tcp_wake_us(const struct source *source)
{
    const struct tcp_source *tcp = tcp_const(source);
    bool is_timed = tcp->state == TCP_WAITING || tcp->state == TCP_CONNECTING;
    return is_timed ? tcp->due_us : INT64_MAX;
}

static uint32_t tcp_n_splits(const struct source *source)
{
    return tcp_const(source)->peers.n;
}

static const char *tcp_split_name(const struct source *source, uint32_t split)
{
    return peers_at(&tcp_const(source)->peers, split)->name;
}

static void tcp_done(struct source *source, uint32_t split, uint64_t bytes)
{
    peers_done(&tcp_of(source)->peers, split, bytes);
}

static int64_t tcp_total_bytes(const struct source *source)
{
    (void)source;
    return -1;
}

static const struct option_spec tcp_options[] = {
    {"eof", OPTION_TEXT, "reconnect", "what a disconnect means: reconnect, or finish"},
    {0},
};

const struct source_kind tcp_source_kind = {
    .scheme = "tcp",
    .summary = "connects to host:port and reads; reconnects",
    .flags = SOURCE_PARTITIONED | SOURCE_FINITE,
    .options = tcp_options,
    .open = tcp_open,
    .flags_of = tcp_flags,
    .poll = tcp_poll,
    .read = tcp_read,
    .wait_fd = tcp_wait_fd,
    .wake_us = tcp_wake_us,
    .n_splits = tcp_n_splits,
    .split_name = tcp_split_name,
    .total_bytes = tcp_total_bytes,
    .done = tcp_done,
    .close = tcp_close,
};
