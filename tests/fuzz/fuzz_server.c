/* fuzz_server: clients of a socket file that connect, send, stop, hang up and wait in any order
 * that the input says, and an engine that reads, waits and says what is done as it says too. What
 * is read of a client is what it sent, in order and once; no line is acknowledged before it is
 * done; and whatever happens, the server goes on. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "engine/base/log.h"
#include "engine/base/panic.h"
#include "engine/io/source.h"
#include "sources/sources.h"

enum { CLIENTS_MAX = 40, STREAM_MAX = 4096, STEPS_MAX = 1000 };

struct far_client {
    int fd; /* -1: hung up */
    bool stopped;
    uint8_t sent[STREAM_MAX];
    size_t n_sent;
    size_t n_read; /* by the server */
    size_t n_done;
};

struct play {
    struct slice input;
    struct arena arena;
    struct hand_clock clock;
    struct options options;
    struct uri uri;
    struct source_config config;
    struct source *source;
    struct sockaddr_un address;
    char folder[32];
    struct far_client clients[CLIENTS_MAX];
    uint32_t n_clients;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t next_byte(struct play *play)
{
    if (play->input.len == 0) {
        return 0;
    }
    uint8_t byte = play->input.at[0];
    play->input = slice_of(play->input.at + 1, play->input.len - 1);
    return byte;
}

/* ---- the far side ---------------------------------------------------------------------------- */

static void far_connect(struct play *play)
{
    if (play->n_clients == CLIENTS_MAX) {
        return;
    }
    struct far_client *client = &play->clients[play->n_clients++];
    client->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    CHECK(client->fd >= 0);
    int rc = connect(client->fd, (const struct sockaddr *)&play->address, sizeof play->address);
    CHECK(rc == 0);
}

static void far_send(struct play *play, struct far_client *client)
{
    size_t n = next_byte(play) % 32;
    uint8_t bytes[32];
    for (size_t i = 0; i < n; i++) {
        bytes[i] = next_byte(play);
    }
    if (client->fd < 0 || client->stopped || n == 0 || client->n_sent + n > STREAM_MAX) {
        return;
    }
    ssize_t sent = send(client->fd, bytes, n, MSG_NOSIGNAL);
    if (sent > 0) {
        memcpy(client->sent + client->n_sent, bytes, (size_t)sent);
        client->n_sent += (size_t)sent;
    }
}

static uint64_t lines_in(const struct far_client *client, size_t bytes)
{
    uint64_t lines = 0;
    for (size_t i = 0; i < bytes; i++) {
        lines += client->sent[i] == '\n';
    }
    bool has_tail = bytes > 0 && client->stopped && bytes == client->n_sent;
    return lines + (has_tail && client->sent[bytes - 1] != '\n');
}

static void far_receive(struct far_client *client)
{
    char text[512];
    ssize_t n = client->fd < 0 ? 0 : recv(client->fd, text, sizeof text - 1, MSG_DONTWAIT);
    if (n <= 0) {
        return;
    }
    text[n] = '\0';
    char *last = strrchr(text, 'k');
    CHECK(text[n - 1] == '\n' && last != NULL);
    CHECK(strtoull(last + 1, NULL, 10) <= lines_in(client, client->n_done));
}

static void far_hang_up(struct far_client *client)
{
    if (client->fd >= 0) {
        close(client->fd);
    }
    client->fd = -1;
}

/* ---- the engine's side ----------------------------------------------------------------------- */

/* Clients are numbered as they connect, and say so in their name. */
static struct far_client *client_of(struct play *play, uint32_t split)
{
    const char *name = source_split_name(play->source, split);
    unsigned long long number = strtoull(strrchr(name, ' '), NULL, 10);
    CHECK(number >= 1 && number <= play->n_clients);
    return &play->clients[number - 1];
}

static enum source_state near_step(struct play *play, size_t max)
{
    uint32_t split;
    enum source_state what;
    struct error err;
    uint8_t bytes[64];
    size_t n;
    enum status status = source_poll(play->source, &split, &what, &err);
    CHECK(status == OK);
    if (what == SOURCE_MORE) {
        struct far_client *client = client_of(play, split);
        status = source_read(play->source, split, bytes, max, &n, &err);
        CHECK(status == OK && client->n_read + n <= client->n_sent);
        CHECK(n == 0 || memcmp(bytes, client->sent + client->n_read, n) == 0);
        client->n_read += n;
    } else if (what == SOURCE_ENDED || what == SOURCE_CUT) {
        struct far_client *client = client_of(play, split);
        client->n_done = client->n_read;
        source_done(play->source, split, client->n_read);
    }
    return what;
}

static void near_done(struct play *play)
{
    uint32_t n = source_n_splits(play->source);
    if (n == 0) {
        return;
    }
    uint32_t split = next_byte(play) % n;
    struct far_client *client = client_of(play, split);
    size_t more = next_byte(play);
    size_t done = client->n_done + more < client->n_read ? client->n_done + more : client->n_read;
    client->n_done = done;
    source_done(play->source, split, done);
}

/* ---- plays ----------------------------------------------------------------------------------- */

static void play_step(struct play *play)
{
    uint8_t what = next_byte(play);
    struct far_client *client =
        play->n_clients == 0 ? NULL : &play->clients[(what >> 3) % play->n_clients];
    switch (client == NULL ? 0 : what & 7) {
    case 0:
        far_connect(play);
        break;
    case 1:
        far_send(play, client);
        break;
    case 2:
        if (client->fd >= 0) {
            shutdown(client->fd, SHUT_WR);
            client->stopped = true;
        }
        break;
    case 3:
        far_hang_up(client);
        break;
    case 4:
    case 5:
        near_step(play, 1 + (what >> 3));
        break;
    case 6:
        near_done(play);
        far_receive(client);
        break;
    default:
        play->clock.at_us += (what >> 3) * US_PER_SECOND;
        break;
    }
}

static void play_open(struct play *play)
{
    static const char *const queries[] = {
        "",
        "?ack=line",
        "?ack=line&max_in_flight=20&partial_timeout=9s",
        "?max_in_flight=7",
    };
    struct error err;
    char uri[128];
    snprintf(play->folder, sizeof play->folder, "/tmp/tailrace-fuzz-XXXXXX");
    char *made = mkdtemp(play->folder);
    CHECK(made != NULL);
    play->address = (struct sockaddr_un){.sun_family = AF_UNIX};
    snprintf(play->address.sun_path, sizeof play->address.sun_path, "%s/in", play->folder);
    snprintf(uri, sizeof uri, "unix:%s%s", play->address.sun_path, queries[next_byte(play) % 4]);
    options_init(&play->options, &play->arena);
    enum status status = uri_parse(&play->arena, slice_text(uri), &play->uri, &play->options, &err);
    CHECK(status == OK);
    play->config = (struct source_config){
        .uri = &play->uri,
        .options = &play->options,
        .fs = fs_system(),
        .clock = &play->clock.clock,
    };
    status = source_open(&unix_source_kind, &play->config, &play->source, &err);
    CHECK(status == OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct play play; /* large, and only one at a time */
    play = (struct play){.input = slice_of(data, size)};
    arena_init(&play.arena);
    hand_clock_init(&play.clock, US_PER_HOUR);
    log_set_level(LOG_QUIET);
    play_open(&play);
    for (int i = 0; i < STEPS_MAX && play.input.len > 0; i++) {
        play_step(&play);
    }
    for (uint32_t i = 0; i < play.n_clients; i++) {
        far_hang_up(&play.clients[i]);
    }
    source_close(play.source);
    int rc = rmdir(play.folder); /* the socket file is gone */
    CHECK(rc == 0);
    arena_release(&play.arena);
    return 0;
}
