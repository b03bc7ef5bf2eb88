/* listen_source: see listen_source.h. */
#include "sources/listen_source.h"

#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "sources/gate.h"
#include "sources/server.h"
#include "sources/sources.h"

struct listen_source {
    struct server server; /* first member */
    struct gate gate;
    uint16_t port;
};

static struct listen_source *listen_of(struct source *source)
{
    return (struct listen_source *)source;
}

uint16_t listen_source_port(const struct source *source)
{
    CHECK(source->kind == &listen_source_kind);
    return ((const struct listen_source *)source)->port;
}

static void listen_close(struct source *source)
{
    struct listen_source *listener = listen_of(source);
    server_release(&listener->server);
    gate_release(&listener->gate);
    mem_free(listener);
}

static enum status listen_setup(struct listen_source *listener, const struct source_config *config,
                                struct error *err)
{
    int fd;
    TRY(gate_init(&listener->gate, config, err));
    TRY(socket_listen(&listener->gate.address, &fd, &listener->port, err));
    return server_start(&listener->server, config, fd, err);
}

static enum status listen_open(const struct source_config *config, struct source **out,
                               struct error *err)
{
    struct listen_source *listener = mem_zalloc(sizeof *listener);
    server_init(&listener->server, &listen_source_kind, config);
    listener->server.gate = &listener->gate;
    enum status status = listen_setup(listener, config, err);
    if (status != OK) {
        listen_close(&listener->server.base);
        return status;
    }
    *out = &listener->server.base;
    return OK;
}

static const struct option_spec listen_options[] = {GATE_OPTIONS, SERVER_OPTIONS, {0}};

const struct source_kind listen_source_kind = {
    .scheme = "tcp-listen",
    .summary = "listens at address:port and reads what clients send",
    .flags = SOURCE_PARTITIONED | SOURCE_FINITE,
    .options = listen_options,
    .open = listen_open,
    .flags_of = server_flags,
    .poll = server_poll,
    .read = server_read,
    .wait_fd = server_wait_fd,
    .wake_us = server_wake_us,
    .n_splits = server_n_splits,
    .split_name = server_split_name,
    .total_bytes = server_total_bytes,
    .done = server_done,
    .close = listen_close,
};
