/* listen_source: see listen_source.h. Each client is a split; all are read in turn, so that a busy
 * one does not starve the others. When max_connections are open, further clients wait in the
 * system's queue. Only loopback clients can come, unless bind= names another address of this
 * machine and allow= the networks that may use it: whoever can connect can write into the stream.
 */
#include "sources/listen_source.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "engine/base/log.h"
#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "sources/peer_names.h"
#include "sources/sources.h"

enum {
    CONNECTIONS_DEFAULT = 64,
    CONNECTIONS_MAX = 1024,
    EVENTS_MAX = 64,
    LISTENER = CONNECTIONS_MAX, /* epoll data of the listening socket; others are slot numbers */
};

/* After the system had no descriptor left for a client. */
#define ACCEPT_RETRY_US US_PER_SECOND

struct client {
    int fd; /* -1: the slot is free, or `dropped` */
    bool readable;
    bool dropped; /* the end of its split is to be told */
    uint32_t split;
    char name[SOCKET_NAME_BYTES];
};

struct listen_source {
    struct source base;
    const struct clock *clock;
    char *name; /* as written */
    int fd;
    int epoll_fd;
    uint16_t port;
    bool accepting;   /* fd is in the epoll set */
    int64_t retry_us; /* steady: the system refused to accept, try again then; INT64_MAX = fine */
    bool finish;      /* eof=finish: done when the last client has gone */
    uint32_t n_allowed;
    struct socket_block *allowed; /* none: loopback only */
    uint32_t max;
    uint32_t n_open; /* slots in use */
    uint32_t turn;   /* slot to look at first */
    struct client *clients;
    struct peer_names names;
};

static struct listen_source *listen_of(struct source *source)
{
    return (struct listen_source *)source;
}

static const struct listen_source *listen_const(const struct source *source)
{
    return (const struct listen_source *)source;
}

uint16_t listen_source_port(const struct source *source)
{
    CHECK(source->kind == &listen_source_kind);
    return listen_const(source)->port;
}

/* ---- open, close ---------------------------------------------------------------------------- */

static void listen_close(struct source *source)
{
    struct listen_source *server = listen_of(source);
    for (uint32_t i = 0; server->clients != NULL && i < server->max; i++) {
        if (server->clients[i].fd >= 0) {
            close(server->clients[i].fd);
        }
    }
    if (server->fd >= 0) {
        close(server->fd);
    }
    if (server->epoll_fd >= 0) {
        close(server->epoll_fd);
    }
    peer_names_release(&server->names);
    mem_free(server->clients);
    mem_free(server->allowed);
    mem_free(server->name);
    mem_free(server);
}

static enum status read_options(struct listen_source *server, const struct options *options,
                                struct error *err)
{
    int64_t max = CONNECTIONS_DEFAULT;
    TRY(options_integer(options, "max_connections", 1, CONNECTIONS_MAX, &max, err));
    struct slice eof = options_text(options, "eof", "wait");
    server->finish = server->finish || slice_equal_nocase(eof, slice_text("finish"));
    if (!server->finish && !slice_equal_nocase(eof, slice_text("wait"))) {
        return error_set(err, ERR_OPTION, "option eof = \"%.*s\" is not wait or finish",
                         (int)eof.len, (const char *)eof.at);
    }
    server->allowed = mem_alloc(SOCKET_ALLOWED_MAX * sizeof *server->allowed);
    TRY(socket_blocks(options_text(options, "allow", ""), server->allowed, &server->n_allowed,
                      err));
    server->max = (uint32_t)max;
    server->clients = mem_zalloc(server->max * sizeof *server->clients);
    for (uint32_t i = 0; i < server->max; i++) {
        server->clients[i].fd = -1;
    }
    return OK;
}

/* Address to listen at: of the URI, or bind= where that is given. Others than loopback need bind=
 * and allow=. */
static enum status choose_address(struct arena *arena, struct listen_source *server,
                                  const struct source_config *config, struct socket_address *out,
                                  struct error *err)
{
    char *host;
    uint16_t port;
    TRY(uri_host_port(arena, config->uri->authority, &host, &port, err));
    struct slice bind = options_text(config->options, "bind", NULL);
    if (bind.len > 0) {
        host = (char *)arena_copy(arena, bind).at;
    }
    struct socket_address addresses[SOCKET_ADDRESSES_MAX];
    if (socket_resolve(host, port, addresses, err) == 0) {
        return ERR_IO;
    }
    bool is_open = bind.len > 0 && server->n_allowed > 0;
    if (!socket_is_loopback(&addresses[0]) && !is_open) {
        error_set(err, ERR_OPTION, "%s would listen beyond this machine", server->name);
        error_hint(err, "say so with bind=%s and allow=, for example allow=10.0.0.0/8", host);
        return ERR_OPTION;
    }
    *out = addresses[0];
    return OK;
}

static void set_accepting(struct listen_source *server, bool accepting)
{
    if (accepting != server->accepting) {
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = LISTENER};
        epoll_ctl(server->epoll_fd, accepting ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, server->fd, &event);
        server->accepting = accepting;
    }
}

static enum status listen_setup(struct listen_source *server, const struct source_config *config,
                                struct error *err)
{
    server->finish = config->once;
    TRY(read_options(server, config->options, err));
    struct arena arena;
    arena_init(&arena);
    struct socket_address address;
    enum status status = choose_address(&arena, server, config, &address, err);
    arena_release(&arena);
    TRY(status);
    TRY(socket_listen(&address, &server->fd, &server->port, err));
    server->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (server->epoll_fd < 0) {
        return error_set_errno(err, errno, "cannot wait for %s", server->name);
    }
    set_accepting(server, true);
    return OK;
}

static enum status listen_open(const struct source_config *config, struct source **out,
                               struct error *err)
{
    struct listen_source *server = mem_zalloc(sizeof *server);
    server->base.kind = &listen_source_kind;
    server->clock = config->clock;
    server->retry_us = INT64_MAX;
    server->fd = -1;
    server->epoll_fd = -1;
    server->name = mem_text(config->uri->text.at, config->uri->text.len);
    enum status status = listen_setup(server, config, err);
    if (status != OK) {
        listen_close(&server->base);
        return status;
    }
    *out = &server->base;
    return OK;
}

/* ---- clients -------------------------------------------------------------------------------- */

static bool may_connect(const struct listen_source *server, const struct socket_address *peer)
{
    if (socket_is_loopback(peer)) {
        return true;
    }
    for (uint32_t i = 0; i < server->n_allowed; i++) {
        if (socket_block_has(&server->allowed[i], peer)) {
            return true;
        }
    }
    return false;
}

static void add_client(struct listen_source *server, int fd, const struct socket_address *peer)
{
    uint32_t slot = 0;
    while (server->clients[slot].fd >= 0 || server->clients[slot].dropped) {
        slot++;
    }
    CHECK(slot < server->max);
    struct client *client = &server->clients[slot];
    *client = (struct client){.fd = fd, .split = peer_names_add(&server->names, peer)};
    socket_name(peer, client->name);
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = slot};
    epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, fd, &event);
    server->n_open++;
}

/* True: there may be another one waiting. */
static bool accept_one(struct listen_source *server)
{
    struct socket_address peer = {.len = sizeof peer.at};
    int fd =
        accept4(server->fd, (struct sockaddr *)&peer.at, &peer.len, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
        bool is_passing = errno == EINTR || errno == ECONNABORTED;
        if (!is_passing && errno != EAGAIN && errno != EWOULDBLOCK) {
            log_line(LOG_WARN, "%s cannot accept: %s", server->name, strerror(errno));
            server->retry_us = clock_steady_us(server->clock) + ACCEPT_RETRY_US;
        }
        return is_passing;
    }
    if (!may_connect(server, &peer)) {
        char name[SOCKET_NAME_BYTES];
        socket_name(&peer, name);
        log_line(LOG_WARN, "%s refuses %s: not in allow=", server->name, name);
        close(fd);
        return true;
    }
    add_client(server, fd, &peer);
    return true;
}

static void accept_clients(struct listen_source *server)
{
    while (server->n_open < server->max && accept_one(server)) {
    }
    set_accepting(server, server->n_open < server->max && server->retry_us == INT64_MAX);
}

static void look_around(struct listen_source *server)
{
    struct epoll_event events[EVENTS_MAX];
    if (clock_steady_us(server->clock) >= server->retry_us) {
        server->retry_us = INT64_MAX;
        set_accepting(server, server->n_open < server->max);
    }
    int n = epoll_wait(server->epoll_fd, events, EVENTS_MAX, 0);
    for (int i = 0; i < n; i++) {
        if (events[i].data.u32 == LISTENER) {
            accept_clients(server);
        } else {
            server->clients[events[i].data.u32].readable = true;
        }
    }
}

static enum status listen_poll(struct source *source, uint32_t *split, enum source_state *what,
                               struct error *err)
{
    (void)err;
    struct listen_source *server = listen_of(source);
    look_around(server);
    *split = 0;
    for (uint32_t i = 0; i < server->max; i++) {
        uint32_t slot = (server->turn + i) % server->max;
        struct client *client = &server->clients[slot];
        if (!client->readable && !client->dropped) {
            continue;
        }
        *split = client->split;
        *what = client->dropped ? SOURCE_ENDED : SOURCE_MORE;
        server->turn = slot + 1;
        if (client->dropped) {
            client->dropped = false;
            server->n_open--;
            set_accepting(server, server->retry_us == INT64_MAX);
        }
        return OK;
    }
    bool all_gone = server->names.n > 0 && server->n_open == 0;
    *what = server->finish && all_gone ? SOURCE_DONE : SOURCE_AGAIN;
    return OK;
}

static struct client *client_of(struct listen_source *server, uint32_t split)
{
    for (uint32_t i = 0; i < server->max; i++) {
        if (server->clients[i].fd >= 0 && server->clients[i].split == split) {
            return &server->clients[i];
        }
    }
    return NULL;
}

static void drop_client(struct client *client)
{
    close(client->fd);
    client->fd = -1;
    client->readable = false;
    client->dropped = true;
}

static enum status listen_read(struct source *source, uint32_t split, void *at, size_t max,
                               size_t *n, struct error *err)
{
    (void)err;
    struct client *client = client_of(listen_of(source), split);
    *n = 0;
    if (client == NULL) {
        return OK;
    }
    ssize_t got = recv(client->fd, at, max, 0);
    if (got > 0) {
        *n = (size_t)got;
        client->readable = *n == max;
    } else if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
        client->readable = errno == EINTR;
    } else {
        drop_client(client);
    }
    return OK;
}

/* ---- what it says of itself ------------------------------------------------------------------ */

static unsigned listen_flags(const struct source *source)
{
    return SOURCE_PARTITIONED | (listen_const(source)->finish ? SOURCE_FINITE : 0);
}

static int listen_wait_fd(const struct source *source)
{
    return listen_const(source)->epoll_fd;
}

static int64_t listen_wake_us(const struct source *source)
{
    return listen_const(source)->retry_us;
}

static uint32_t listen_n_splits(const struct source *source)
{
    return listen_const(source)->names.n;
}

/* A client may stay longer than its name is kept. */
static const char *listen_split_name(const struct source *source, uint32_t split)
{
    const struct listen_source *server = listen_const(source);
    for (uint32_t i = 0; i < server->max; i++) {
        const struct client *client = &server->clients[i];
        if ((client->fd >= 0 || client->dropped) && client->split == split) {
            return client->name;
        }
    }
    return peer_names_of(&server->names, split);
}

static int64_t listen_total_bytes(const struct source *source)
{
    (void)source;
    return -1;
}

static const struct option_spec listen_options[] = {
    {"bind", OPTION_TEXT, "127.0.0.1", "address of this machine to listen at"},
    {"allow", OPTION_TEXT, NULL, "networks that may connect: 10.0.0.0/8,192.168.1.7"},
    {"max_connections", OPTION_INTEGER, "64", "further clients wait"},
    {"eof", OPTION_TEXT, "wait", "finish: done when the last client has gone"},
    {0},
};

const struct source_kind listen_source_kind = {
    .scheme = "tcp-listen",
    .summary = "listens at address:port and reads what clients send",
    .flags = SOURCE_PARTITIONED | SOURCE_FINITE,
    .options = listen_options,
    .open = listen_open,
    .flags_of = listen_flags,
    .poll = listen_poll,
    .read = listen_read,
    .wait_fd = listen_wait_fd,
    .wake_us = listen_wake_us,
    .n_splits = listen_n_splits,
    .split_name = listen_split_name,
    .total_bytes = listen_total_bytes,
    .close = listen_close,
};
