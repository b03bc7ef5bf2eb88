/* peer_names: names of the newest splits of a source that has a new split for each connection.
 * Bounded: a server that saw a million connections remembers the names of the last thousand. */
#ifndef SOURCES_PEER_NAMES_H
#define SOURCES_PEER_NAMES_H

#include "sources/socket.h"

enum { PEER_NAMES_KEPT = 1024 };

struct peer_names {
    uint32_t n; /* splits so far */
    char (*names)[SOCKET_NAME_BYTES];
};

/* Returns the number of the new split. */
uint32_t peer_names_add(struct peer_names *names, const struct socket_address *peer);
const char *peer_names_of(const struct peer_names *names, uint32_t split);
void peer_names_release(struct peer_names *names);

#endif
