/* peers: the splits of a source that has one for each connection: their names, how far each was
 * read and is done, and their numbers, which come back once a split has ended and is done to its
 * last byte. So a server that saw a million connections is no larger than one that saw the few
 * that were there at a time.
 *
 *     split = peers_add(&peers, "127.0.0.1:50112");
 *     peers_read(&peers, split, bytes);            // each time
 *     peers_done(&peers, split, n);                // source_done
 *     peers_end(&peers, split);                    // when ENDED or CUT is told
 *     peers_release(&peers);
 */
#ifndef SOURCES_PEERS_H
#define SOURCES_PEERS_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/slice.h"

enum { PEER_NAME_BYTES = 64 };

struct peer {
    char name[PEER_NAME_BYTES];
    uint64_t read;  /* bytes so far */
    uint64_t whole; /* of them, up to the last line end */
    uint64_t done;
    bool ended;
    bool is_free;
};

struct peers {
    uint32_t n; /* numbers that were ever in use together */
    uint32_t cap;
    struct peer *items;
    uint32_t n_free;
    uint32_t *free; /* room for cap */
    uint64_t n_added;
    uint64_t in_flight; /* bytes of whole lines that were read and are not done */
};

/* Returns the number of the new split. A longer name is cut. */
uint32_t peers_add(struct peers *peers, const char *name);
void peers_read(struct peers *peers, uint32_t split, struct slice bytes);
void peers_done(struct peers *peers, uint32_t split, uint64_t bytes);
void peers_end(struct peers *peers, uint32_t split);

static inline const struct peer *peers_at(const struct peers *peers, uint32_t split)
{
    return &peers->items[split];
}

/* The last line is not finished. */
static inline bool peer_has_partial(const struct peer *peer)
{
    return peer->read > peer->whole;
}

void peers_release(struct peers *peers);

#endif
