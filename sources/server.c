/* server: see server.h. */
#include "sources/server.h"

#include <errno.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "engine/base/log.h"
#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "sources/gate.h"

enum {
    CONNECTIONS_DEFAULT = 64,
    CONNECTIONS_MAX = 1024,
    EVENTS_MAX = 128,
    LISTENER = CONNECTIONS_MAX, /* epoll data of the listening socket; others are slot numbers */
};

#define READ_EVENTS       (EPOLLIN | EPOLLRDHUP)
#define IN_FLIGHT_DEFAULT (INT64_C(64) << 20)
#define PARTIAL_DEFAULT   (60 * US_PER_SECOND)
/* After the system had no descriptor left for a client. */
#define ACCEPT_RETRY_US US_PER_SECOND
#define REFUSALS_SAY_US (10 * US_PER_SECOND)

static struct server *server_of(struct source *source)
{
    return (struct server *)source;
}

static const struct server *server_const(const struct source *source)
{
    return (const struct server *)source;
}

/* ---- start, end ------------------------------------------------------------------------------ */

void server_init(struct server *server, const struct source_kind *kind,
                 const struct source_config *config)
{
    *server = (struct server){
        .base = {.kind = kind},
        .clock = config->clock,
        .name = mem_text(config->uri->text.at, config->uri->text.len),
        .fd = -1,
        .epoll_fd = -1,
        .retry_us = INT64_MAX,
        .finish = config->once,
    };
}

void server_release(struct server *server)
{
    for (uint32_t i = 0; server->clients != NULL && i < server->max; i++) {
        if (server->clients[i].fd >= 0) {
            close(server->clients[i].fd);
        }
        mem_free(server->clients[i].acks);
    }
    if (server->fd >= 0) {
        close(server->fd);
    }
    if (server->epoll_fd >= 0) {
        close(server->epoll_fd);
    }
    peers_release(&server->peers);
    mem_free(server->clients);
    mem_free(server->name);
}

/* Option `name` is one of two words. */
static enum status read_word(const struct options *options, const char *name, const char *usual,
                             const char *other, bool *is_other, struct error *err)
{
    struct slice value = options_text(options, name, usual);
    if (slice_equal_nocase(value, slice_text(other))) {
        *is_other = true;
    } else if (!slice_equal_nocase(value, slice_text(usual))) {
        return error_set(err, ERR_OPTION, "option %s = \"%.*s\" is not %s or %s", name,
                         (int)value.len, (const char *)value.at, usual, other);
    }
    return OK;
}

static enum status read_options(struct server *server, const struct options *options,
                                struct error *err)
{
    int64_t max = CONNECTIONS_DEFAULT;
    int64_t in_flight_max;
    TRY(options_integer(options, "max_connections", 1, CONNECTIONS_MAX, &max, err));
    TRY(options_duration(options, "partial_timeout", PARTIAL_DEFAULT, &server->partial_us, err));
    TRY(options_bytes(options, "max_in_flight", IN_FLIGHT_DEFAULT, &in_flight_max, err));
    TRY(read_word(options, "eof", "wait", "finish", &server->finish, err));
    TRY(read_word(options, "ack", "none", "line", &server->wants_acks, err));
    if (server->partial_us <= 0 || in_flight_max <= 0) {
        return error_set(err, ERR_OPTION, "option %s must be positive",
                         in_flight_max <= 0 ? "max_in_flight" : "partial_timeout");
    }
    server->in_flight_max = (uint64_t)in_flight_max;
    server->max = (uint32_t)max;
    server->clients = mem_zalloc(server->max * sizeof *server->clients);
    for (uint32_t i = 0; i < server->max; i++) {
        server->clients[i].fd = -1;
    }
    return OK;
}

static void set_accepting(struct server *server, bool accepting)
{
    if (accepting != server->accepting) {
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = LISTENER};
        epoll_ctl(server->epoll_fd, accepting ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, server->fd, &event);
        server->accepting = accepting;
    }
}

enum status server_start(struct server *server, const struct source_config *config, int fd,
                         struct error *err)
{
    server->fd = fd;
    TRY(read_options(server, config->options, err));
    server->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (server->epoll_fd < 0) {
        return error_set_errno(err, errno, "cannot wait for %s", server->name);
    }
    set_accepting(server, true);
    return OK;
}

/* ---- one client ------------------------------------------------------------------------------ */

/* Makes epoll watch for what the client can do next. */
static void watch_client(struct server *server, struct client *client)
{
    bool has_acks = client->acks != NULL && acks_pending(client->acks);
    uint32_t events = (client->reading ? READ_EVENTS : 0u) | (has_acks ? EPOLLOUT : 0u);
    if (client->fd >= 0 && events != client->events) {
        struct epoll_event event = {
            .events = events,
            .data.u32 = (uint32_t)(client - server->clients),
        };
        epoll_ctl(server->epoll_fd, EPOLL_CTL_MOD, client->fd, &event);
        client->events = events;
    }
}

static void hang_up(struct client *client)
{
    if (client->fd >= 0) {
        close(client->fd); /* leaves the epoll set too */
    }
    client->fd = -1;
    client->readable = client->reading = false;
}

/* Lets go of a client whose end was told, once it has its acknowledgements. */
static void settle_client(struct server *server, struct client *client)
{
    bool is_owed = client->fd >= 0 && client->acks != NULL && !acks_complete(client->acks);
    if (client->told && !is_owed) {
        hang_up(client);
        mem_free(client->acks);
        *client = (struct client){.fd = -1};
        server->n_open--;
    }
}

static void acknowledge(struct server *server, struct client *client)
{
    if (client->acks == NULL || client->fd < 0) {
        return;
    }
    if (!acks_send(client->acks, client->fd)) {
        client->readable = client->reading; /* what came before is still there to read */
        mem_free(client->acks);
        client->acks = NULL;
    }
    watch_client(server, client);
}

/* Nothing more is read. With its own end the client may still wait for acknowledgements. */
static void end_client(struct server *server, struct client *client, enum source_state how)
{
    client->readable = client->reading = client->leaving = false;
    client->last = how;
    if (client->acks == NULL) {
        hang_up(client);
        return;
    }
    if (how == SOURCE_ENDED) { /* a piece of a line is never acknowledged */
        acks_end(client->acks);
    }
    watch_client(server, client);
}

static int64_t partial_due_us(const struct server *server, const struct client *client)
{
    bool waits = client->reading && peer_has_partial(peers_at(&server->peers, client->split));
    return waits ? client->heard_us + server->partial_us : INT64_MAX;
}

/* ---- who comes ------------------------------------------------------------------------------- */

static void say_refused(struct server *server, const char *who, const char *why)
{
    int64_t now_us = clock_steady_us(server->clock);
    server->refusals.unsaid++;
    if (now_us >= server->refusals.say_us) {
        log_line(LOG_WARN, "%s refuses %s: %s (%llu so far since the last such line)", server->name,
                 who, why, (unsigned long long)server->refusals.unsaid);
        server->refusals = (struct refusals){.say_us = now_us + REFUSALS_SAY_US};
    }
}

/* Tells a client why it is sent away. What it has sent already is read and thrown away, or closing
 * would reset the connection before the message is seen; it was never taken in. */
static void send_away(int fd, uint32_t max)
{
    char text[96];
    uint8_t unread[4096];
    int len =
        snprintf(text, sizeof text,
                 "tailrace: refused, %u connections are open: the limit max_connections\n", max);
    if (send(fd, text, (size_t)len, MSG_NOSIGNAL | MSG_DONTWAIT) == len) {
        shutdown(fd, SHUT_WR);
        for (int i = 0; i < 16 && recv(fd, unread, sizeof unread, MSG_DONTWAIT) > 0; i++) {
        }
    }
    close(fd);
}

static void name_peer(const struct server *server, const struct socket_address *peer,
                      char name[SOCKET_NAME_BYTES])
{
    if (server->gate != NULL) {
        socket_name(peer, name);
    } else {
        /* Clients of a socket file have no address: they are numbered. */
        snprintf(name, SOCKET_NAME_BYTES, "unix client %llu",
                 (unsigned long long)server->peers.n_added + 1);
    }
}

static void add_client(struct server *server, int fd, const char *name)
{
    uint32_t slot = 0;
    while (server->clients[slot].in_use) {
        slot++;
    }
    CHECK(slot < server->max);
    struct client *client = &server->clients[slot];
    *client = (struct client){
        .fd = fd,
        .in_use = true,
        .split = peers_add(&server->peers, name),
        .events = READ_EVENTS,
        .reading = true,
        .last = SOURCE_MORE,
        .heard_us = clock_steady_us(server->clock),
        .acks = server->wants_acks ? mem_zalloc(sizeof *client->acks) : NULL,
    };
    struct epoll_event event = {.events = READ_EVENTS, .data.u32 = slot};
    epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, fd, &event);
    server->n_open++;
}

/* True: there may be another one waiting. */
static bool accept_one(struct server *server)
{
    struct socket_address peer = {.len = sizeof peer.at};
    char name[SOCKET_NAME_BYTES];
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
    name_peer(server, &peer, name);
    if (server->gate != NULL && !gate_lets_in(server->gate, &peer)) {
        say_refused(server, name, "not in allow=");
        close(fd);
    } else if (server->n_open == server->max) {
        say_refused(server, name, "max_connections are open");
        send_away(fd, server->max);
    } else {
        socket_keep_alive(fd);
        add_client(server, fd, name);
    }
    return true;
}

/* Many short connections one after the other are not many at a time: while somebody leaves, the
 * next one waits for the place in the system's queue. */
static bool somebody_leaves(const struct server *server)
{
    bool leaves = false;
    for (uint32_t i = 0; i < server->max; i++) {
        const struct client *client = &server->clients[i];
        bool is_over = client->last != SOURCE_MORE && !client->told;
        leaves = leaves || client->leaving || (client->in_use && is_over);
    }
    return leaves;
}

/* As many as could be in the system's queue, so that a flood does not keep us from reading. Who
 * leaves of those that fill the house now is known at the next look. */
static void accept_clients(struct server *server)
{
    bool was_full = server->n_open == server->max;
    bool more = !was_full || !somebody_leaves(server);
    for (int i = 0; i < SOCKET_BACKLOG && more; i++) {
        more = accept_one(server) && (was_full || server->n_open < server->max);
    }
    set_accepting(server, server->retry_us == INT64_MAX);
}

/* ---- poll ------------------------------------------------------------------------------------ */

static void client_event(struct server *server, struct client *client, uint32_t events)
{
    if (client->reading) {
        client->readable = true;
        client->leaving = client->leaving || (events & (EPOLLRDHUP | EPOLLERR | EPOLLHUP)) != 0;
    }
    if ((events & (EPOLLERR | EPOLLHUP)) != 0 && !client->reading) {
        hang_up(client); /* it does not listen any more either */
    } else if ((events & EPOLLOUT) != 0) {
        acknowledge(server, client);
    }
    settle_client(server, client);
}

static void look_around(struct server *server)
{
    struct epoll_event events[EVENTS_MAX];
    int64_t now_us = clock_steady_us(server->clock);
    if (now_us >= server->retry_us) {
        server->retry_us = INT64_MAX;
        set_accepting(server, true);
    }
    int n = epoll_wait(server->epoll_fd, events, EVENTS_MAX, 0);
    bool has_guests = false;
    for (int i = 0; i < n; i++) {
        if (events[i].data.u32 == LISTENER) {
            has_guests = true;
        } else if (server->clients[events[i].data.u32].in_use) {
            client_event(server, &server->clients[events[i].data.u32], events[i].events);
        }
    }
    if (has_guests) { /* when it is known who leaves */
        accept_clients(server);
    }
    for (uint32_t i = 0; i < server->max; i++) {
        struct client *client = &server->clients[i];
        if (client->in_use && !client->readable && now_us >= partial_due_us(server, client)) {
            log_line(LOG_WARN, "%s: %s left a line unfinished for too long, its connection ends",
                     server->name, peers_at(&server->peers, client->split)->name);
            end_client(server, client, SOURCE_CUT);
        }
    }
}

static bool is_full(const struct server *server)
{
    return server->peers.in_flight >= server->in_flight_max;
}

static bool has_news(const struct server *server, const struct client *client)
{
    return (client->readable && !is_full(server)) ||
           (client->in_use && client->last != SOURCE_MORE && !client->told);
}

enum status server_poll(struct source *source, uint32_t *split, enum source_state *what,
                        struct error *err)
{
    (void)err;
    struct server *server = server_of(source);
    look_around(server);
    *split = 0;
    for (uint32_t i = 0; i < server->max; i++) {
        uint32_t slot = (server->turn + i) % server->max;
        struct client *client = &server->clients[slot];
        if (!has_news(server, client)) {
            continue;
        }
        server->turn = slot + 1;
        *split = client->split;
        *what = client->last;
        if (client->last != SOURCE_MORE) {
            client->told = true;
            peers_end(&server->peers, client->split);
            settle_client(server, client);
        }
        return OK;
    }
    bool all_gone = server->peers.n_added > 0 && server->n_open == 0;
    *what = server->finish && all_gone ? SOURCE_DONE : SOURCE_AGAIN;
    return OK;
}

/* ---- read ------------------------------------------------------------------------------------ */

static struct client *client_of(struct server *server, uint32_t split)
{
    for (uint32_t i = 0; i < server->max; i++) {
        if (server->clients[i].in_use && server->clients[i].split == split) {
            return &server->clients[i];
        }
    }
    return NULL;
}

static void client_took(struct server *server, struct client *client, struct slice bytes)
{
    client->heard_us = clock_steady_us(server->clock);
    peers_read(&server->peers, client->split, bytes);
    if (client->acks != NULL) {
        acks_read(client->acks, bytes);
    }
}

enum status server_read(struct source *source, uint32_t split, void *at, size_t max, size_t *n,
                        struct error *err)
{
    (void)err;
    struct server *server = server_of(source);
    struct client *client = client_of(server, split);
    *n = 0;
    if (client == NULL || !client->reading) {
        return OK;
    }
    ssize_t got = recv(client->fd, at, max, 0);
    if (got > 0) {
        *n = (size_t)got;
        client->readable = *n == max;
        client_took(server, client, slice_of(at, *n));
    } else if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
        client->readable = errno == EINTR;
    } else if (got == 0) {
        end_client(server, client, SOURCE_ENDED);
    } else {
        end_client(server, client, SOURCE_CUT);
        hang_up(client);
    }
    return OK;
}

void server_done(struct source *source, uint32_t split, uint64_t bytes)
{
    struct server *server = server_of(source);
    struct client *client = client_of(server, split);
    /* Before the number goes to another split. */
    if (client != NULL && client->acks != NULL) {
        acks_done(client->acks, bytes);
        acknowledge(server, client);
    }
    if (client != NULL) {
        settle_client(server, client);
    }
    peers_done(&server->peers, split, bytes);
}

/* ---- what it says of itself ------------------------------------------------------------------ */

unsigned server_flags(const struct source *source)
{
    return SOURCE_PARTITIONED | (server_const(source)->finish ? SOURCE_FINITE : 0);
}

/* A full server can only be woken by what its owner does. */
int server_wait_fd(const struct source *source)
{
    return is_full(server_const(source)) ? -1 : server_const(source)->epoll_fd;
}

int64_t server_wake_us(const struct source *source)
{
    const struct server *server = server_const(source);
    int64_t wake_us = server->retry_us;
    for (uint32_t i = 0; i < server->max; i++) {
        int64_t due_us =
            server->clients[i].in_use ? partial_due_us(server, &server->clients[i]) : INT64_MAX;
        wake_us = due_us < wake_us ? due_us : wake_us;
    }
    return wake_us;
}

uint32_t server_n_splits(const struct source *source)
{
    return server_const(source)->peers.n;
}

const char *server_split_name(const struct source *source, uint32_t split)
{
    return peers_at(&server_const(source)->peers, split)->name;
}

int64_t server_total_bytes(const struct source *source)
{
    (void)source;
    return -1;
}
