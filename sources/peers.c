/* peers: see peers.h. */
#include "sources/peers.h"

#include <stdio.h>
#include <string.h>

#include "engine/base/mem.h"
#include "engine/base/panic.h"

static void grow(struct peers *peers)
{
    peers->cap = peers->cap == 0 ? 16 : peers->cap * 2;
    peers->items = mem_realloc(peers->items, peers->cap * sizeof *peers->items);
    peers->free = mem_realloc(peers->free, peers->cap * sizeof *peers->free);
}

uint32_t peers_add(struct peers *peers, const char *name)
{
    if (peers->n_free == 0 && peers->n == peers->cap) {
        grow(peers);
    }
    uint32_t split = peers->n_free > 0 ? peers->free[--peers->n_free] : peers->n++;
    peers->items[split] = (struct peer){.read = 0};
    snprintf(peers->items[split].name, PEER_NAME_BYTES, "%s", name);
    peers->n_added++;
    return split;
}

static uint64_t in_flight(const struct peer *peer)
{
    return peer->whole > peer->done ? peer->whole - peer->done : 0;
}

void peers_read(struct peers *peers, uint32_t split, struct slice bytes)
{
    struct peer *peer = &peers->items[split];
    const uint8_t *line_end = memrchr(bytes.at, '\n', bytes.len);
    peers->in_flight -= in_flight(peer);
    if (line_end != NULL) {
        peer->whole = peer->read + (uint64_t)(line_end - bytes.at) + 1;
    }
    peer->read += bytes.len;
    peers->in_flight += in_flight(peer);
}

static void give_back(struct peers *peers, uint32_t split)
{
    struct peer *peer = &peers->items[split];
    if (peer->ended && peer->done >= peer->read && !peer->is_free) {
        peer->is_free = true;
        peers->free[peers->n_free++] = split;
    }
}

void peers_done(struct peers *peers, uint32_t split, uint64_t bytes)
{
    struct peer *peer = &peers->items[split];
    CHECK(split < peers->n && bytes >= peer->done && bytes <= peer->read);
    peers->in_flight -= in_flight(peer);
    peer->done = bytes;
    peers->in_flight += in_flight(peer);
    give_back(peers, split);
}

/* Even a split without a byte is given back only when the engine has said that it is done. */
void peers_end(struct peers *peers, uint32_t split)
{
    CHECK(split < peers->n && !peers->items[split].ended);
    peers->items[split].ended = true;
}

void peers_release(struct peers *peers)
{
    mem_free(peers->items);
    mem_free(peers->free);
    *peers = (struct peers){0};
}
