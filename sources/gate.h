/* gate: where a server of the network binds, and who may come in. Whoever can reach a socket can
 * write into the stream, so it is the loopback address unless bind= names another address of this
 * machine and allow= the networks that may use it.
 *
 *     TRY(gate_init(&gate, config, err));
 *     … bind to gate.address …
 *     if (gate_lets_in(&gate, &peer)) …
 *     gate_release(&gate);
 */
#ifndef SOURCES_GATE_H
#define SOURCES_GATE_H

#include "engine/io/source.h"
#include "sources/socket.h"

struct gate {
    struct socket_address address;
    uint32_t n_allowed;
    struct socket_block *allowed; /* none: loopback only */
};

/* For lists of options. */
#define GATE_OPTIONS                                                                               \
    {"bind", OPTION_TEXT, "127.0.0.1", "address of this machine to listen at"},                    \
    {                                                                                              \
        "allow", OPTION_TEXT, NULL, "networks that may send: 10.0.0.0/8,192.168.1.7"               \
    }

/* ERR_OPTION with the way out if the address is not loopback and nobody said so. */
MUST_CHECK enum status gate_init(struct gate *gate, const struct source_config *config,
                                 struct error *err);
void gate_release(struct gate *gate);
bool gate_lets_in(const struct gate *gate, const struct socket_address *peer);

#endif
