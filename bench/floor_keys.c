/* floor_keys: texts to small numbers, and their order; see floor.h. */
#include <stdio.h>
#include <stdlib.h>

#include "bench/floor.h"
#include "engine/base/hash.h"

enum { SLOTS_FIRST = 1 << 17 };

static void keys_grow(struct keys *keys)
{
    struct key_entry *old = keys->slots;
    uint32_t n_old = keys->n_slots;
    keys->n_slots = n_old == 0 ? SLOTS_FIRST : n_old * 2;
    keys->slots = calloc(keys->n_slots, sizeof *keys->slots);
    for (uint32_t i = 0; i < n_old; i++) {
        if (old[i].len > 0) {
            uint64_t slot = hash_mix(old[i].low, old[i].high ^ old[i].len);
            while (keys->slots[slot & (keys->n_slots - 1)].len > 0) {
                slot++;
            }
            keys->slots[slot & (keys->n_slots - 1)] = old[i];
        }
    }
    free(old);
    keys->max = keys->n_slots / 2;
    keys->text = realloc(keys->text, keys->max * sizeof *keys->text);
    keys->text_len = realloc(keys->text_len, keys->max * sizeof *keys->text_len);
    keys->order = realloc(keys->order, keys->max * sizeof *keys->order);
}

void keys_init(struct keys *keys)
{
    *keys = (struct keys){0};
    keys_grow(keys);
}

void keys_hash(const struct keys *keys, struct key_vector *vector, uint32_t i, struct slice text)
{
    if (text.len < 8 || text.len > KEY_BYTES) {
        fputs("floor: keys are 8 to 16 bytes\n", stderr);
        exit(1);
    }
    uint64_t low = load_le64(text.at);
    uint64_t high = load_le64(text.at + text.len - 8);
    vector->low[i] = low;
    vector->high[i] = high;
    vector->len[i] = (uint32_t)text.len;
    vector->hash[i] = hash_mix(low, high ^ text.len);
    __builtin_prefetch(&keys->slots[vector->hash[i] & (keys->n_slots - 1)]);
}

static uint32_t keys_add(struct keys *keys, struct key_entry *slot, struct key_entry entry)
{
    entry.id = keys->n++;
    *slot = entry;
    memcpy(keys->text[entry.id], &entry.low, 8);
    memcpy(keys->text[entry.id] + entry.len - 8, &entry.high, 8);
    keys->text_len[entry.id] = (uint8_t)entry.len;
    return entry.id;
}

void keys_find(struct keys *keys, struct key_vector *vector, uint32_t n)
{
    if (keys->n + n > keys->max) {
        keys_grow(keys);
    }
    for (uint32_t i = 0; i < n; i++) {
        struct key_entry wanted = {vector->low[i], vector->high[i], 0, vector->len[i]};
        uint64_t at = vector->hash[i];
        struct key_entry *slot = &keys->slots[at & (keys->n_slots - 1)];
        while (slot->len > 0 &&
               (slot->low != wanted.low || slot->high != wanted.high || slot->len != wanted.len)) {
            at++;
            slot = &keys->slots[at & (keys->n_slots - 1)];
        }
        vector->id[i] = slot->len > 0 ? slot->id : keys_add(keys, slot, wanted);
    }
}

static int keys_compare(const struct keys *keys, uint32_t a, uint32_t b)
{
    uint8_t a_len = keys->text_len[a];
    uint8_t b_len = keys->text_len[b];
    int order = memcmp(keys->text[a], keys->text[b], a_len < b_len ? a_len : b_len);
    return order != 0 ? order : a_len - b_len;
}

static int compare_ids(const void *a, const void *b, void *keys)
{
    return keys_compare(keys, *(const uint32_t *)a, *(const uint32_t *)b);
}

/* The ids that came since the last time are sorted and merged into the order. */
void keys_sort(struct keys *keys)
{
    uint32_t n_new = keys->n - keys->n_ordered;
    if (n_new == 0) {
        return;
    }
    uint32_t *fresh = malloc(n_new * sizeof *fresh);
    for (uint32_t i = 0; i < n_new; i++) {
        fresh[i] = keys->n_ordered + i;
    }
    qsort_r(fresh, n_new, sizeof *fresh, compare_ids, keys);
    uint32_t n_old = keys->n_ordered;
    uint32_t out = keys->n;
    while (n_new > 0) {
        if (n_old > 0 && keys_compare(keys, keys->order[n_old - 1], fresh[n_new - 1]) > 0) {
            keys->order[--out] = keys->order[--n_old];
        } else {
            keys->order[--out] = fresh[--n_new];
        }
    }
    keys->n_ordered = keys->n;
    free(fresh);
}
