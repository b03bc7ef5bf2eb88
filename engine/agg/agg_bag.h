/* agg_bag: a set of values with how often each occurs. Behind DISTINCT, median, percentile and
 * top_k. All zero is the empty bag; one value stands in the cell itself, more in an open-addressing
 * table on the heap (load at most 3/4, linear probing, deletion by shifting back).
 *
 *     bag_add(&bag, bag_key_i64(value), 1, &owned);           bag_add_text(&bag, text, 1, &owned);
 *     for (struct bag_entry *e = bag_first(&bag); e != NULL; e = bag_next(&bag, e)) { … }
 *     bag_release(&bag, BAG_NUMBERS, &owned);
 *
 * Because it counts, values can be taken away again exactly. Keys of numbers are their ranks
 * (agg_number.h), so equal values are equal keys and sorting keys sorts values. A key of a text of
 * up to 7 bytes is the bytes themselves and the length + 1 in the top byte; of a longer one it is
 * the address of a copy, whose top byte is 0. The order of iteration depends on history: whoever
 * shows values sorts them. */
#ifndef ENGINE_AGG_AGG_BAG_H
#define ENGINE_AGG_AGG_BAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/base/bytebuf.h"
#include "engine/base/codec.h"
#include "engine/base/slice.h"

enum bag_keys { BAG_NUMBERS, BAG_TEXTS };

struct bag_entry {
    uint64_t key;
    uint64_t count; /* 0: an empty slot */
};

struct bag {
    uint32_t n;   /* different values */
    uint32_t cap; /* slots of the table, a power of two; 0: the value stands in `one` */
    union {
        struct bag_entry one;
        struct bag_entry *slots;
    };
};

/* `count` more of a value; count > 0. */
void bag_add(struct bag *bag, uint64_t key, uint64_t count, size_t *owned);
void bag_add_text(struct bag *bag, struct slice text, uint64_t count, size_t *owned);

/* `count` fewer of a value that is there at least as often. */
void bag_take(struct bag *bag, uint64_t key, uint64_t count, size_t *owned);
void bag_take_text(struct bag *bag, struct slice text, uint64_t count, size_t *owned);

void bag_merge(struct bag *into, const struct bag *from, enum bag_keys keys, size_t *owned);
void bag_inverse(struct bag *into, const struct bag *from, enum bag_keys keys, size_t *owned);
void bag_release(struct bag *bag, enum bag_keys keys, size_t *owned);

/* Walks the values in no order; NULL at the end. The bag must not change meanwhile. */
const struct bag_entry *bag_first(const struct bag *bag);
const struct bag_entry *bag_next(const struct bag *bag, const struct bag_entry *entry);

/* The text of a key of BAG_TEXTS. Points into *key where it is short. */
struct slice bag_text(const uint64_t *key);

/* The order of two keys: of their values. */
int bag_compare(uint64_t a, uint64_t b, enum bag_keys keys);

/* A copy of the n entries in `arena`; sorted by value or as they come. */
struct bag_entry *bag_entries(struct arena *arena, const struct bag *bag);
struct bag_entry *bag_sorted(struct arena *arena, const struct bag *bag, enum bag_keys keys);

void bag_save(const struct bag *bag, enum bag_keys keys, struct bytebuf *out);
/* Fills an empty bag; false if the bytes are damaged (the bag can be released). */
bool bag_load(struct bag *bag, enum bag_keys keys, struct reader *in, size_t *owned);

#endif
