/* agg_bag: see agg_bag.h. */
#include "engine/agg/agg_bag.h"

#include <stdlib.h>

#include "engine/agg/agg_number.h"
#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/base/panic.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the top byte of a key is its last");

enum { BAG_CAP_FIRST = 8, SHORT_TEXT_BYTES = 7 };

/* A text longer than SHORT_TEXT_BYTES, on the heap. */
struct long_text {
    uint64_t hash;
    uint32_t len;
    uint8_t bytes[];
};

/* What is looked for: a key, or a long text that has none yet. */
struct probe {
    uint64_t hash;
    uint64_t key;
    struct slice text; /* at == NULL: the key is all */
};

/* ---- keys ------------------------------------------------------------------------------------ */

static struct long_text *key_long_text(uint64_t key)
{
    return (struct long_text *)(uintptr_t)key;
}

static bool key_is_short(uint64_t key)
{
    return key >> 56 != 0;
}

static uint64_t short_text_key(struct slice text)
{
    uint64_t key = 0;
    if (text.len > 0) {
        memcpy(&key, text.at, text.len);
    }
    return key | (uint64_t)(text.len + 1) << 56;
}

struct slice bag_text(const uint64_t *key)
{
    if (!key_is_short(*key)) {
        return slice_of(key_long_text(*key)->bytes, key_long_text(*key)->len);
    }
    const uint8_t *at = (const uint8_t *)key;
    return slice_of(at, (size_t)(*key >> 56) - 1);
}

static size_t long_text_bytes(size_t len)
{
    return sizeof(struct long_text) + len;
}

static uint64_t long_text_new(struct slice text, uint64_t hash, size_t *owned)
{
    struct long_text *copy = mem_alloc(long_text_bytes(text.len));
    copy->hash = hash;
    copy->len = (uint32_t)text.len;
    memcpy(copy->bytes, text.at, text.len);
    *owned += long_text_bytes(text.len);
    uint64_t key = (uint64_t)(uintptr_t)copy;
    CHECK(!key_is_short(key));
    return key;
}

static void key_release(uint64_t key, enum bag_keys keys, size_t *owned)
{
    if (keys == BAG_TEXTS && !key_is_short(key)) {
        *owned -= long_text_bytes(key_long_text(key)->len);
        mem_free(key_long_text(key));
    }
}

static struct probe probe_key(uint64_t key)
{
    return (struct probe){.hash = hash_u64(key), .key = key};
}

static struct probe probe_text(struct slice text)
{
    if (text.len <= SHORT_TEXT_BYTES) {
        return probe_key(short_text_key(text));
    }
    return (struct probe){.hash = hash_bytes(text.at, text.len), .text = text};
}

/* A probe for a key that is in some bag already. */
static struct probe probe_entry(uint64_t key, enum bag_keys keys)
{
    if (keys == BAG_NUMBERS || key_is_short(key)) {
        return probe_key(key);
    }
    const struct long_text *text = key_long_text(key);
    return (struct probe){.hash = text->hash, .text = slice_of(text->bytes, text->len)};
}

static bool probe_matches(const struct probe *probe, uint64_t key)
{
    if (probe->text.at == NULL) {
        return key == probe->key;
    }
    if (key_is_short(key)) {
        return false;
    }
    const struct long_text *text = key_long_text(key);
    return text->hash == probe->hash && slice_equal(slice_of(text->bytes, text->len), probe->text);
}

int bag_compare(uint64_t a, uint64_t b, enum bag_keys keys)
{
    if (keys == BAG_TEXTS) {
        return slice_compare(bag_text(&a), bag_text(&b));
    }
    return (a > b) - (a < b);
}

/* ---- the table ------------------------------------------------------------------------------- */

static struct bag_entry *bag_slots(struct bag *bag, uint32_t *n_slots)
{
    *n_slots = bag->cap == 0 ? 1 : bag->cap;
    return bag->cap == 0 ? &bag->one : bag->slots;
}

/* The slot of the value, or the empty one where it belongs, or NULL if there is neither. */
static struct bag_entry *bag_find(struct bag *bag, const struct probe *probe)
{
    uint32_t n_slots;
    struct bag_entry *slots = bag_slots(bag, &n_slots);
    uint32_t mask = n_slots - 1;
    uint32_t i = (uint32_t)probe->hash & mask;
    for (uint32_t step = 0; step < n_slots; step++) {
        if (slots[i].count == 0 || probe_matches(probe, slots[i].key)) {
            return &slots[i];
        }
        i = (i + 1) & mask;
    }
    return NULL;
}

static struct bag_entry *slot_free_for(struct bag_entry *slots, uint32_t cap, uint64_t hash)
{
    uint32_t i = (uint32_t)hash & (cap - 1);
    while (slots[i].count != 0) {
        i = (i + 1) & (cap - 1);
    }
    return &slots[i];
}

static void bag_grow(struct bag *bag, enum bag_keys keys, size_t *owned)
{
    uint32_t n_old;
    const struct bag_entry *old = bag_slots(bag, &n_old);
    uint32_t cap = bag->cap == 0 ? BAG_CAP_FIRST : bag->cap * 2;
    struct bag_entry *slots = mem_zalloc((size_t)cap * sizeof *slots);
    for (uint32_t i = 0; i < n_old; i++) {
        if (old[i].count != 0) {
            *slot_free_for(slots, cap, probe_entry(old[i].key, keys).hash) = old[i];
        }
    }
    if (bag->cap > 0) {
        mem_free(bag->slots);
    }
    *owned += ((size_t)cap - bag->cap) * sizeof *slots;
    bag->slots = slots;
    bag->cap = cap;
}

/* More than 3/4 full after one more; the single value of the cell is full when it is there. */
static bool bag_is_full(const struct bag *bag)
{
    return bag->cap == 0 ? bag->n == 1 : bag->n >= bag->cap - bag->cap / 4;
}

static void bag_put(struct bag *bag, const struct probe *probe, uint64_t count, enum bag_keys keys,
                    size_t *owned)
{
    struct bag_entry *slot = bag_find(bag, probe);
    if (slot != NULL && slot->count != 0) {
        slot->count += count;
        return;
    }
    if (bag_is_full(bag)) {
        bag_grow(bag, keys, owned);
        slot = slot_free_for(bag->slots, bag->cap, probe->hash);
    }
    CHECK(slot != NULL);
    bool is_long = probe->text.at != NULL;
    slot->key = is_long ? long_text_new(probe->text, probe->hash, owned) : probe->key;
    slot->count = count;
    bag->n++;
}

/* Empties slot i and moves back what its absence would hide. Method: D. Knuth, TAOCP 3, 6.4,
 * algorithm R. */
static void table_erase(struct bag *bag, uint32_t i, enum bag_keys keys)
{
    uint32_t mask = bag->cap - 1;
    struct bag_entry *slots = bag->slots;
    uint32_t hole = i;
    for (uint32_t j = (i + 1) & mask; slots[j].count != 0; j = (j + 1) & mask) {
        uint32_t home = (uint32_t)probe_entry(slots[j].key, keys).hash & mask;
        if (((j - home) & mask) >= ((j - hole) & mask)) {
            slots[hole] = slots[j];
            hole = j;
        }
    }
    slots[hole] = (struct bag_entry){0};
}

static void bag_erase(struct bag *bag, struct bag_entry *slot, enum bag_keys keys, size_t *owned)
{
    key_release(slot->key, keys, owned);
    if (bag->cap == 0) {
        bag->one = (struct bag_entry){0};
    } else {
        table_erase(bag, (uint32_t)(slot - bag->slots), keys);
    }
    bag->n--;
    if (bag->n == 0) { /* an empty bag is all zero */
        bag_release(bag, keys, owned);
    }
}

static void bag_drop(struct bag *bag, const struct probe *probe, uint64_t count, enum bag_keys keys,
                     size_t *owned)
{
    struct bag_entry *slot = bag_find(bag, probe);
    CHECK(slot != NULL && slot->count >= count);
    slot->count -= count;
    if (slot->count == 0) {
        slot->count = 1; /* until it is erased: probing stops at 0 */
        bag_erase(bag, slot, keys, owned);
    }
}

/* ---- values ---------------------------------------------------------------------------------- */

void bag_add(struct bag *bag, uint64_t key, uint64_t count, size_t *owned)
{
    struct probe probe = probe_key(key);
    bag_put(bag, &probe, count, BAG_NUMBERS, owned);
}

void bag_add_text(struct bag *bag, struct slice text, uint64_t count, size_t *owned)
{
    struct probe probe = probe_text(text);
    bag_put(bag, &probe, count, BAG_TEXTS, owned);
}

void bag_take(struct bag *bag, uint64_t key, uint64_t count, size_t *owned)
{
    struct probe probe = probe_key(key);
    bag_drop(bag, &probe, count, BAG_NUMBERS, owned);
}

void bag_take_text(struct bag *bag, struct slice text, uint64_t count, size_t *owned)
{
    struct probe probe = probe_text(text);
    bag_drop(bag, &probe, count, BAG_TEXTS, owned);
}

void bag_merge(struct bag *into, const struct bag *from, enum bag_keys keys, size_t *owned)
{
    for (const struct bag_entry *e = bag_first(from); e != NULL; e = bag_next(from, e)) {
        struct probe probe = probe_entry(e->key, keys);
        bag_put(into, &probe, e->count, keys, owned);
    }
}

void bag_inverse(struct bag *into, const struct bag *from, enum bag_keys keys, size_t *owned)
{
    for (const struct bag_entry *e = bag_first(from); e != NULL; e = bag_next(from, e)) {
        struct probe probe = probe_entry(e->key, keys);
        bag_drop(into, &probe, e->count, keys, owned);
    }
}

void bag_release(struct bag *bag, enum bag_keys keys, size_t *owned)
{
    for (const struct bag_entry *e = bag_first(bag); e != NULL; e = bag_next(bag, e)) {
        key_release(e->key, keys, owned);
    }
    if (bag->cap > 0) {
        *owned -= (size_t)bag->cap * sizeof *bag->slots;
        mem_free(bag->slots);
    }
    *bag = (struct bag){0};
}

/* The first used slot from `slot` on. */
static const struct bag_entry *used_from(const struct bag *bag, const struct bag_entry *slot)
{
    const struct bag_entry *end = bag->cap == 0 ? &bag->one + 1 : bag->slots + bag->cap;
    while (slot < end && slot->count == 0) {
        slot++;
    }
    return slot < end ? slot : NULL;
}

const struct bag_entry *bag_first(const struct bag *bag)
{
    return used_from(bag, bag->cap == 0 ? &bag->one : bag->slots);
}

const struct bag_entry *bag_next(const struct bag *bag, const struct bag_entry *entry)
{
    return used_from(bag, entry + 1);
}

struct bag_entry *bag_entries(struct arena *arena, const struct bag *bag)
{
    struct bag_entry *entries = arena_alloc(arena, bag->n * sizeof *entries);
    uint32_t n = 0;
    for (const struct bag_entry *e = bag_first(bag); e != NULL; e = bag_next(bag, e)) {
        entries[n++] = *e;
    }
    CHECK(n == bag->n);
    return entries;
}

static int compare_numbers(const void *a, const void *b)
{
    return bag_compare(((const struct bag_entry *)a)->key, ((const struct bag_entry *)b)->key,
                       BAG_NUMBERS);
}

static int compare_texts(const void *a, const void *b)
{
    return bag_compare(((const struct bag_entry *)a)->key, ((const struct bag_entry *)b)->key,
                       BAG_TEXTS);
}

struct bag_entry *bag_sorted(struct arena *arena, const struct bag *bag, enum bag_keys keys)
{
    struct bag_entry *entries = bag_entries(arena, bag);
    qsort(entries, bag->n, sizeof *entries, keys == BAG_TEXTS ? compare_texts : compare_numbers);
    return entries;
}

/* ---- saved form: n, then count and value of each ----------------------------------------------
 */

void bag_save(const struct bag *bag, enum bag_keys keys, struct bytebuf *out)
{
    codec_put_u32(out, bag->n);
    for (const struct bag_entry *e = bag_first(bag); e != NULL; e = bag_next(bag, e)) {
        codec_put_u64(out, e->count);
        if (keys == BAG_TEXTS) {
            codec_put_bytes(out, bag_text(&e->key));
        } else {
            codec_put_u64(out, e->key);
        }
    }
}

/* Memory grows with what has been read, never with what a damaged length promises; every value
 * must be new; counts must add up to no more than the rows a cell can have seen. */
bool bag_load(struct bag *bag, enum bag_keys keys, struct reader *in, size_t *owned)
{
    uint32_t n = reader_u32(in);
    uint64_t total = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint64_t count = reader_u64(in);
        struct probe probe =
            keys == BAG_TEXTS ? probe_text(reader_bytes(in)) : probe_key(reader_u64(in));
        if (!reader_ok(in) || count == 0 || count > agg_rows_max - total) {
            return false;
        }
        total += count;
        bag_put(bag, &probe, count, keys, owned);
        if (bag->n != i + 1) {
            return false;
        }
    }
    return true;
}
