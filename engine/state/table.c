/* table: see table.h. */
#include "engine/state/table.h"

#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "engine/data/rowkey.h"

enum {
    TABLE_SLOTS_MIN = 64,
    INLINE_BYTES = 16,
    /* Dropped ids wait until the next re-ordering, because the order still holds their old place.
     */
    WAITING_MIN = 1024,
    IDLE_MIN = 1024,
    SORT_RUN = 16,
};

/* `low`, `high`: the key's bytes, zero padded; for a long key its hash and the address of its copy.
 */
struct slot {
    uint64_t low;
    uint64_t high;
    uint32_t len;
    uint32_t id; /* TABLE_NO_ID: free */
};

struct table {
    struct slot *slots;
    uint32_t mask; /* slots - 1, a power of two minus one */
    uint32_t n_keys;
    uint32_t n_used; /* with users */

    /* By id. */
    uint32_t *slot_of; /* TABLE_NO_ID: the id is not in use */
    uint32_t *users;
    uint32_t id_end;
    uint32_t id_room;

    uint32_t *free_ids; /* stack, room id_room */
    uint32_t n_free;
    uint32_t *waiting; /* dropped, not yet in free_ids; room id_room */
    uint32_t n_waiting;

    /* Ids that may be without users, since generation idle_since[id]. */
    uint32_t *idle_since; /* room id_room; 0 = not in the list */
    uint32_t *idle;       /* room id_room */
    uint32_t n_idle;
    uint32_t generation; /* from 1 */

    uint32_t *order; /* room id_room */
    uint32_t n_order;
    uint32_t *fresh; /* added since the last order; room id_room */
    uint32_t n_fresh;

    size_t long_bytes;
};

static size_t slots_bytes(uint32_t n_slots)
{
    return (size_t)n_slots * sizeof(struct slot);
}

static struct slot *slots_new(uint32_t n_slots)
{
    struct slot *slots = mem_pages(slots_bytes(n_slots));
    for (uint32_t i = 0; i < n_slots; i++) {
        slots[i].id = TABLE_NO_ID;
    }
    return slots;
}

struct table *table_new(void)
{
    struct table *table = mem_zalloc(sizeof *table);
    table->slots = slots_new(TABLE_SLOTS_MIN);
    table->mask = TABLE_SLOTS_MIN - 1;
    table->generation = 1;
    return table;
}

static bool slot_is_long(const struct slot *slot)
{
    return slot->len > INLINE_BYTES && slot->len != ROWKEY_NULL;
}

void table_free(struct table *table)
{
    if (table == NULL) {
        return;
    }
    for (uint32_t i = 0; table->long_bytes > 0 && i <= table->mask; i++) {
        if (table->slots[i].id != TABLE_NO_ID && slot_is_long(&table->slots[i])) {
            mem_free((void *)(uintptr_t)table->slots[i].high);
        }
    }
    mem_pages_free(table->slots, slots_bytes(table->mask + 1));
    mem_free(table->slot_of);
    mem_free(table->users);
    mem_free(table->free_ids);
    mem_free(table->waiting);
    mem_free(table->idle_since);
    mem_free(table->idle);
    mem_free(table->order);
    mem_free(table->fresh);
    mem_free(table);
}

/* Up to 16 bytes into two words, zero padded, so that the words are the bytes in memory. No byte
 * beyond the key is read: overlapping loads are shifted into place. */
static inline void key_load(struct text key, uint64_t *low, uint64_t *high)
{
    const uint8_t *at = key.at;
    uint32_t len = key.len;
    *high = 0;
    if (len > 8) {
        memcpy(low, at, 8);
        memcpy(high, at + len - 8, 8);
        *high = len == 16 ? *high : *high >> (8 * (16 - len));
    } else if (len == 8) {
        memcpy(low, at, 8);
    } else if (len >= 4) {
        uint32_t first;
        uint32_t last;
        memcpy(&first, at, 4);
        memcpy(&last, at + len - 4, 4);
        *low = first | (uint64_t)last << (8 * (len - 4));
    } else if (len > 0) {
        *low = at[0] | (uint64_t)at[len / 2] << (8 * (len / 2)) |
               (uint64_t)at[len - 1] << (8 * (len - 1));
    } else {
        *low = 0;
    }
}

static inline void slot_fill(struct slot *slot, struct text key, uint64_t hash)
{
    slot->len = key.len;
    if (__builtin_expect(key.len > INLINE_BYTES, 0)) {
        slot->low = key.len == ROWKEY_NULL ? 0 : hash;
        slot->high = key.len == ROWKEY_NULL ? 0 : (uint64_t)(uintptr_t)key.at;
        return;
    }
    key_load(key, &slot->low, &slot->high);
}

static inline bool slot_matches(const struct slot *slot, const struct slot *wanted)
{
    if (slot->low != wanted->low || slot->len != wanted->len) {
        return false;
    }
    if (__builtin_expect(slot_is_long(slot), 0)) {
        return memcmp((const void *)(uintptr_t)slot->high, (const void *)(uintptr_t)wanted->high,
                      slot->len) == 0;
    }
    return slot->high == wanted->high;
}

static struct text slot_key(const struct slot *slot)
{
    if (slot->len == ROWKEY_NULL) {
        return (struct text){.at = NULL, .len = ROWKEY_NULL};
    }
    if (slot->len > INLINE_BYTES) {
        return (struct text){(const uint8_t *)(uintptr_t)slot->high, slot->len};
    }
    return (struct text){(const uint8_t *)&slot->low, slot->len};
}

static uint64_t key_hash(struct text key)
{
    uint64_t hash;
    rowkey_hash(&key, 1, &hash);
    return hash;
}

static void table_grow_slots(struct table *table, uint32_t n_slots)
{
    struct slot *old = table->slots;
    uint32_t old_end = table->mask + 1;
    table->slots = slots_new(n_slots);
    table->mask = n_slots - 1;
    for (uint32_t i = 0; i < old_end; i++) {
        if (old[i].id == TABLE_NO_ID) {
            continue;
        }
        uint32_t at = (uint32_t)key_hash(slot_key(&old[i])) & table->mask;
        while (table->slots[at].id != TABLE_NO_ID) {
            at = (at + 1) & table->mask;
        }
        table->slots[at] = old[i];
        table->slot_of[old[i].id] = at;
    }
    mem_pages_free(old, slots_bytes(old_end));
}

static void table_grow_ids(struct table *table)
{
    uint32_t room = table->id_room == 0 ? TABLE_SLOTS_MIN : table->id_room * 2;
    size_t bytes = (size_t)room * sizeof(uint32_t);
    table->slot_of = mem_realloc(table->slot_of, bytes);
    table->users = mem_realloc(table->users, bytes);
    table->free_ids = mem_realloc(table->free_ids, bytes);
    table->waiting = mem_realloc(table->waiting, bytes);
    table->idle_since = mem_realloc(table->idle_since, bytes);
    table->idle = mem_realloc(table->idle, bytes);
    table->order = mem_realloc(table->order, bytes);
    table->fresh = mem_realloc(table->fresh, bytes);
    table->id_room = room;
}

static void table_reorder(struct table *table);

static uint32_t table_take_id(struct table *table)
{
    if (table->n_free == 0 && table->n_waiting >= WAITING_MIN &&
        table->n_waiting >= table->n_keys) {
        table_reorder(table);
    }
    if (table->n_free > 0) {
        return table->free_ids[--table->n_free];
    }
    if (table->id_end == table->id_room) {
        table_grow_ids(table);
    }
    return table->id_end++;
}

/* A key that was not found: `at` is the free slot where its probe ended. */
static uint32_t table_add(struct table *table, uint32_t at, const struct slot *wanted)
{
    uint32_t id = table_take_id(table);
    struct slot *slot = &table->slots[at];
    *slot = *wanted;
    slot->id = id;
    if (slot_is_long(slot)) {
        uint8_t *copy = mem_alloc(slot->len);
        memcpy(copy, (const void *)(uintptr_t)wanted->high, slot->len);
        slot->high = (uint64_t)(uintptr_t)copy;
        table->long_bytes += slot->len;
    }
    table->slot_of[id] = at;
    table->users[id] = 0;
    table->idle_since[id] = 0;
    table->fresh[table->n_fresh++] = id;
    table->n_keys++;
    return id;
}

void table_find_or_add_many(struct table *table, const struct text *keys, const uint64_t *hashes,
                            uint32_t n, uint32_t *ids)
{
    CHECK(n <= BATCH_ROWS);
    while ((uint64_t)(table->n_keys + n) * 2 > table->mask) {
        table_grow_slots(table, (table->mask + 1) * 2);
    }
    const uint32_t mask = table->mask;
    struct slot *slots = table->slots;
    for (uint32_t i = 0; i < n; i++) {
        __builtin_prefetch(&slots[(uint32_t)hashes[i] & mask]);
    }
    for (uint32_t i = 0; i < n; i++) {
        struct slot wanted;
        slot_fill(&wanted, keys[i], hashes[i]);
        uint32_t at = (uint32_t)hashes[i] & mask;
        while (slots[at].id != TABLE_NO_ID && !slot_matches(&slots[at], &wanted)) {
            at = (at + 1) & mask;
        }
        uint32_t id = slots[at].id;
        ids[i] = __builtin_expect(id != TABLE_NO_ID, 1) ? id : table_add(table, at, &wanted);
    }
}

uint32_t table_find_or_add(struct table *table, struct text key)
{
    uint64_t hash = key_hash(key);
    uint32_t id;
    table_find_or_add_many(table, &key, &hash, 1, &id);
    return id;
}

uint32_t table_find(const struct table *table, struct text key)
{
    uint64_t hash = key_hash(key);
    struct slot wanted;
    slot_fill(&wanted, key, hash);
    uint32_t at = (uint32_t)hash & table->mask;
    while (table->slots[at].id != TABLE_NO_ID && !slot_matches(&table->slots[at], &wanted)) {
        at = (at + 1) & table->mask;
    }
    return table->slots[at].id;
}

struct text table_key(const struct table *table, uint32_t id)
{
    DCHECK(id < table->id_end && table->slot_of[id] != TABLE_NO_ID);
    return slot_key(&table->slots[table->slot_of[id]]);
}

void table_prefetch(const struct table *table, uint32_t id)
{
    DCHECK(id < table->id_end);
    __builtin_prefetch(&table->slots[table->slot_of[id]]);
}

void table_retain(struct table *table, uint32_t id)
{
    DCHECK(id < table->id_end && table->slot_of[id] != TABLE_NO_ID);
    table->n_used += table->users[id]++ == 0;
}

/* Closes the hole at `at` by moving back later entries of the same run (Knuth 6.4, algorithm R). */
static void table_close_hole(struct table *table, uint32_t at)
{
    uint32_t hole = at;
    uint32_t next = at;
    for (;;) {
        next = (next + 1) & table->mask;
        const struct slot *slot = &table->slots[next];
        if (slot->id == TABLE_NO_ID) {
            break;
        }
        uint32_t home = (uint32_t)key_hash(slot_key(slot)) & table->mask;
        if (((next - home) & table->mask) < ((next - hole) & table->mask)) {
            continue; /* it would move in front of its home */
        }
        table->slots[hole] = *slot;
        table->slot_of[slot->id] = hole;
        hole = next;
    }
    table->slots[hole].id = TABLE_NO_ID;
}

static void table_forget(struct table *table, uint32_t id)
{
    uint32_t at = table->slot_of[id];
    struct slot *slot = &table->slots[at];
    if (slot_is_long(slot)) {
        mem_free((void *)(uintptr_t)slot->high);
        table->long_bytes -= slot->len;
    }
    table_close_hole(table, at);
    table->slot_of[id] = TABLE_NO_ID;
    table->waiting[table->n_waiting++] = id;
    table->n_keys--;
}

void table_drop(struct table *table, uint32_t id)
{
    CHECK(id < table->id_end && table->slot_of[id] != TABLE_NO_ID && table->users[id] > 0);
    if (--table->users[id] > 0) {
        return;
    }
    table->n_used--;
    if (table->idle_since[id] == 0) {
        table_forget(table, id);
    }
}

void table_drop_later(struct table *table, uint32_t id)
{
    CHECK(id < table->id_end && table->slot_of[id] != TABLE_NO_ID && table->users[id] > 0);
    if (--table->users[id] > 0) {
        return;
    }
    table->n_used--;
    if (table->idle_since[id] == 0) {
        table->idle[table->n_idle++] = id;
    }
    table->idle_since[id] = table->generation;
}

void table_sweep(struct table *table)
{
    if (table->n_idle < IDLE_MIN) {
        return;
    }
    uint32_t kept = 0;
    for (uint32_t i = 0; i < table->n_idle; i++) {
        uint32_t id = table->idle[i];
        if (table->users[id] > 0) {
            table->idle_since[id] = 0;
        } else if (table->idle_since[id] < table->generation) {
            table_forget(table, id);
        } else {
            table->idle[kept++] = id;
        }
    }
    table->n_idle = kept;
    table->generation++;
}

uint32_t table_count(const struct table *table)
{
    return table->n_keys;
}

uint32_t table_used(const struct table *table)
{
    return table->n_used;
}

uint32_t table_id_end(const struct table *table)
{
    return table->id_end;
}

size_t table_bytes(const struct table *table)
{
    return sizeof *table + slots_bytes(table->mask + 1) + table->long_bytes +
           (size_t)table->id_room * 8 * sizeof(uint32_t);
}

/* What is sorted: sixteen bytes of the key as big-endian numbers, which is all of most keys. */
struct sort_item {
    uint64_t first;
    uint64_t second;
    uint32_t len;
    uint32_t id;
};

static struct sort_item sort_item_of(const struct table *table, uint32_t id)
{
    const struct slot *slot = &table->slots[table->slot_of[id]];
    struct sort_item item = {.len = slot->len, .id = id};
    if (slot->len == ROWKEY_NULL) {
        item.first = item.second = UINT64_MAX;
    } else if (slot->len <= INLINE_BYTES) {
        item.first = __builtin_bswap64(slot->low);
        item.second = __builtin_bswap64(slot->high);
    } else {
        memcpy(&item.first, (const void *)(uintptr_t)slot->high, sizeof item.first);
        memcpy(&item.second, (const void *)(uintptr_t)(slot->high + 8), sizeof item.second);
        item.first = __builtin_bswap64(item.first);
        item.second = __builtin_bswap64(item.second);
    }
    return item;
}

/* Padding zeros make a key that is a prefix equal so far; then its length decides. */
static bool sort_item_less(const struct table *table, const struct sort_item *a,
                           const struct sort_item *b)
{
    if (a->first != b->first) {
        return a->first < b->first;
    }
    if (a->second != b->second) {
        return a->second < b->second;
    }
    if (a->len <= INLINE_BYTES || b->len <= INLINE_BYTES) {
        return a->len < b->len;
    }
    return rowkey_compare(table_key(table, a->id), table_key(table, b->id)) < 0;
}

/* Merges the sorted runs [low, middle) and [middle, high) of `from` into `to`. */
static void merge_runs(const struct table *table, const struct sort_item *from, size_t low,
                       size_t middle, size_t high, struct sort_item *to)
{
    size_t i = low;
    size_t j = middle;
    for (size_t k = low; k < high; k++) {
        bool take_right = i == middle || (j < high && sort_item_less(table, &from[j], &from[i]));
        to[k] = take_right ? from[j++] : from[i++];
    }
}

static void insertion_sort(const struct table *table, struct sort_item *items, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        struct sort_item item = items[i];
        size_t at = i;
        for (; at > 0 && sort_item_less(table, &item, &items[at - 1]); at--) {
            items[at] = items[at - 1];
        }
        items[at] = item;
    }
}

/* Bottom-up merge sort: no call through a pointer per comparison. Returns `items` or `other`,
 * whichever holds the result. */
static struct sort_item *sort_items(const struct table *table, struct sort_item *items,
                                    struct sort_item *other, size_t n)
{
    for (size_t at = 0; at < n; at += SORT_RUN) {
        insertion_sort(table, items + at, n - at < SORT_RUN ? n - at : SORT_RUN);
    }
    for (size_t width = SORT_RUN; width < n; width *= 2) {
        for (size_t low = 0; low < n; low += 2 * width) {
            size_t middle = low + width < n ? low + width : n;
            size_t high = low + 2 * width < n ? low + 2 * width : n;
            merge_runs(table, items, low, middle, high, other);
        }
        struct sort_item *swap = items;
        items = other;
        other = swap;
    }
    return items;
}

void table_sort(const struct table *table, uint32_t *ids, uint32_t n)
{
    if (n < 2) {
        return;
    }
    struct sort_item *items = mem_alloc((size_t)n * 2 * sizeof *items);
    for (uint32_t i = 0; i < n; i++) {
        items[i] = sort_item_of(table, ids[i]);
    }
    const struct sort_item *sorted = sort_items(table, items, items + n, n);
    for (uint32_t i = 0; i < n; i++) {
        ids[i] = sorted[i].id;
    }
    mem_free(items);
}

/* Ids that died, or died and came back to life under another key, have no place any more: an id
 * waits until it has left the order, so "in use" is enough to know. */
static uint32_t ids_keep_used(const struct table *table, uint32_t *ids, uint32_t n)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (table->slot_of[ids[i]] != TABLE_NO_ID) {
            ids[kept++] = ids[i];
        }
    }
    return kept;
}

/* Merges fresh ids into the order from the back, in place. */
static void order_merge(struct table *table)
{
    uint32_t i = table->n_order;
    uint32_t j = table->n_fresh;
    uint32_t to = i + j;
    table->n_order = to;
    while (j > 0) {
        struct sort_item fresh = sort_item_of(table, table->fresh[--j]);
        /* Few fresh keys stand between many old ones, which move as they are. */
        while (i > 0) {
            struct sort_item old = sort_item_of(table, table->order[i - 1]);
            if (!sort_item_less(table, &fresh, &old)) {
                break;
            }
            table->order[--to] = table->order[--i];
        }
        table->order[--to] = fresh.id;
    }
}

static void table_reorder(struct table *table)
{
    if (table->n_waiting > 0) {
        table->n_order = ids_keep_used(table, table->order, table->n_order);
        table->n_fresh = ids_keep_used(table, table->fresh, table->n_fresh);
        memcpy(table->free_ids + table->n_free, table->waiting,
               (size_t)table->n_waiting * sizeof(uint32_t));
        table->n_free += table->n_waiting;
        table->n_waiting = 0;
    }
    table_sort(table, table->fresh, table->n_fresh);
    order_merge(table);
    table->n_fresh = 0;
}

const uint32_t *table_order(struct table *table, uint32_t *n)
{
    if (table->n_fresh > 0 || table->n_waiting > 0) {
        table_reorder(table);
    }
    *n = table->n_order;
    return table->order;
}
