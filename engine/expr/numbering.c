/* numbering: see numbering.h. Open addressing, at most half full. */
#include "engine/expr/numbering.h"

#include <string.h>

#include "engine/base/hash.h"

struct numbering_entry {
    uint64_t hash;
    uint32_t number;
    uint32_t n;
    uint64_t words[];
};

enum { SLOTS_FIRST = 64 };

void numbering_init(struct numbering *numbering, struct arena *arena)
{
    *numbering = (struct numbering){.arena = arena, .mask = SLOTS_FIRST - 1};
    numbering->slots = arena_zalloc(arena, SLOTS_FIRST * sizeof *numbering->slots);
}

static uint64_t words_hash(const uint64_t *words, uint32_t n)
{
    return hash_bytes((const uint8_t *)words, n * sizeof *words);
}

uint32_t numbering_find(const struct numbering *numbering, const uint64_t *words, uint32_t n)
{
    uint64_t hash = words_hash(words, n);
    for (uint32_t i = (uint32_t)hash & numbering->mask;; i = (i + 1) & numbering->mask) {
        const struct numbering_entry *entry = numbering->slots[i];
        if (entry == NULL) {
            return NUMBERING_NONE;
        }
        if (entry->hash == hash && entry->n == n &&
            memcmp(entry->words, words, n * sizeof *words) == 0) {
            return entry->number;
        }
    }
}

static void put(struct numbering *numbering, const struct numbering_entry *entry)
{
    uint32_t i = (uint32_t)entry->hash & numbering->mask;
    while (numbering->slots[i] != NULL) {
        i = (i + 1) & numbering->mask;
    }
    numbering->slots[i] = entry;
}

static void grow(struct numbering *numbering)
{
    const struct numbering_entry **old = numbering->slots;
    uint32_t n_old = numbering->mask + 1;
    numbering->mask = 2 * n_old - 1;
    numbering->slots = arena_zalloc(numbering->arena, 2 * n_old * sizeof *numbering->slots);
    for (uint32_t i = 0; i < n_old; i++) {
        if (old[i] != NULL) {
            put(numbering, old[i]);
        }
    }
}

void numbering_add(struct numbering *numbering, const uint64_t *words, uint32_t n, uint32_t number)
{
    struct numbering_entry *entry =
        arena_alloc(numbering->arena, sizeof *entry + n * sizeof *words);
    entry->hash = words_hash(words, n);
    entry->number = number;
    entry->n = n;
    memcpy(entry->words, words, n * sizeof *words);
    if (2 * ++numbering->n > numbering->mask) {
        grow(numbering);
    }
    put(numbering, entry);
}
