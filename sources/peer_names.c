/* peer_names: see peer_names.h. */
#include "sources/peer_names.h"

#include "engine/base/mem.h"

uint32_t peer_names_add(struct peer_names *names, const struct socket_address *peer)
{
    if (names->names == NULL) {
        names->names = mem_zalloc(PEER_NAMES_KEPT * sizeof *names->names);
    }
    socket_name(peer, names->names[names->n % PEER_NAMES_KEPT]);
    return names->n++;
}

const char *peer_names_of(const struct peer_names *names, uint32_t split)
{
    if (names->n - split > PEER_NAMES_KEPT) {
        return "a former connection";
    }
    return names->names[split % PEER_NAMES_KEPT];
}

void peer_names_release(struct peer_names *names)
{
    mem_free(names->names);
    names->names = NULL;
}
