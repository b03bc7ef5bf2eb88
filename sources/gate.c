/* gate: see gate.h. */
#include "sources/gate.h"

#include "engine/base/mem.h"

/* Address to listen at: of the URI, or bind= where that is given. */
static enum status choose_address(struct gate *gate, struct arena *arena,
                                  const struct source_config *config, struct error *err)
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
    bool is_open = bind.len > 0 && gate->n_allowed > 0;
    if (!socket_is_loopback(&addresses[0]) && !is_open) {
        error_set(err, ERR_OPTION, "%.*s would listen beyond this machine",
                  (int)config->uri->text.len, (const char *)config->uri->text.at);
        error_hint(err, "say so with bind=%s and allow=, for example allow=10.0.0.0/8", host);
        return ERR_OPTION;
    }
    gate->address = addresses[0];
    return OK;
}

enum status gate_init(struct gate *gate, const struct source_config *config, struct error *err)
{
    struct arena arena;
    *gate = (struct gate){.allowed = mem_alloc(SOCKET_ALLOWED_MAX * sizeof *gate->allowed)};
    TRY(socket_blocks(options_text(config->options, "allow", ""), gate->allowed, &gate->n_allowed,
                      err));
    arena_init(&arena);
    enum status status = choose_address(gate, &arena, config, err);
    arena_release(&arena);
    return status;
}

void gate_release(struct gate *gate)
{
    mem_free(gate->allowed);
    gate->allowed = NULL;
}

bool gate_lets_in(const struct gate *gate, const struct socket_address *peer)
{
    if (socket_is_loopback(peer)) {
        return true;
    }
    for (uint32_t i = 0; i < gate->n_allowed; i++) {
        if (socket_block_has(&gate->allowed[i], peer)) {
            return true;
        }
    }
    return false;
}
