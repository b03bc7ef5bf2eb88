/* latest_rows: see latest_rows.h. Ids of the key table number the slots, which are in a list by the
 * time of their last write. An update has most often the size of the row before and takes its
 * place.
 */
#include "engine/state/latest_rows.h"

#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "engine/data/rowkey.h"
#include "engine/state/table.h"

/* What a row takes beside its record and key: its slot, two entries of the table (it is at most
 * half full), and the head of a block of memory. */
enum { ROW_OVERHEAD_BYTES = 96 };

struct slot {
    uint8_t *record; /* NULL: the slot is free */
    int64_t at_us;   /* of the last write */
    uint32_t bytes;  /* of the record */
    uint32_t older;  /* in the list; TABLE_NO_ID at its ends */
    uint32_t newer;
};

struct latest_rows {
    const struct record_layout *layout;
    const uint32_t *keys;
    uint32_t n_keys;
    struct table *table;
    struct slot *slots;
    uint32_t n_slots;
    uint32_t oldest;
    uint32_t newest;
    uint64_t bytes;
    bool has_forgotten;
    struct arena batch; /* lifetime: one write */
};

struct latest_rows *latest_rows_new(const struct record_layout *layout, const uint32_t *keys,
                                    uint32_t n_keys)
{
    struct latest_rows *latest = mem_zalloc(sizeof *latest);
    CHECK(layout->n > 0);
    latest->layout = layout;
    latest->keys = keys;
    latest->n_keys = n_keys;
    latest->table = table_new();
    latest->oldest = latest->newest = TABLE_NO_ID;
    arena_init(&latest->batch);
    return latest;
}

void latest_rows_free(struct latest_rows *latest)
{
    if (latest == NULL) {
        return;
    }
    for (uint32_t i = 0; i < latest->n_slots; i++) {
        mem_free(latest->slots[i].record);
    }
    mem_free(latest->slots);
    table_free(latest->table);
    arena_release(&latest->batch);
    mem_free(latest);
}

/* ---- slots ------------------------------------------------------------------------------------
 */

static void unlink_slot(struct latest_rows *latest, const struct slot *slot)
{
    uint32_t *from_older =
        slot->older == TABLE_NO_ID ? &latest->oldest : &latest->slots[slot->older].newer;
    uint32_t *from_newer =
        slot->newer == TABLE_NO_ID ? &latest->newest : &latest->slots[slot->newer].older;
    *from_older = slot->newer;
    *from_newer = slot->older;
}

static void link_newest(struct latest_rows *latest, uint32_t id)
{
    struct slot *slot = &latest->slots[id];
    slot->older = latest->newest;
    slot->newer = TABLE_NO_ID;
    if (latest->newest == TABLE_NO_ID) {
        latest->oldest = id;
    } else {
        latest->slots[latest->newest].newer = id;
    }
    latest->newest = id;
}

static void reserve_slots(struct latest_rows *latest, uint32_t n)
{
    if (n <= latest->n_slots) {
        return;
    }
    uint32_t cap = n < 2 * latest->n_slots ? 2 * latest->n_slots : n + 16;
    latest->slots = mem_realloc(latest->slots, cap * sizeof *latest->slots);
    memset(latest->slots + latest->n_slots, 0, (cap - latest->n_slots) * sizeof *latest->slots);
    latest->n_slots = cap;
}

static uint64_t row_bytes(const struct latest_rows *latest, uint32_t id)
{
    struct text key = table_key(latest->table, id);
    uint64_t key_bytes = key.len == ROWKEY_NULL ? 0 : key.len;
    return latest->slots[id].bytes + key_bytes + ROW_OVERHEAD_BYTES;
}

static void put_row(struct latest_rows *latest, uint32_t id, struct slice record, int64_t now_us)
{
    reserve_slots(latest, id + 1);
    struct slot *slot = &latest->slots[id];
    if (slot->record == NULL) {
        table_retain(latest->table, id);
    } else {
        latest->bytes -= row_bytes(latest, id);
        unlink_slot(latest, slot);
    }
    if (slot->record == NULL || slot->bytes != record.len) {
        slot->record = mem_realloc(slot->record, record.len);
    }
    memcpy(slot->record, record.at, record.len);
    slot->bytes = (uint32_t)record.len;
    slot->at_us = now_us;
    latest->bytes += row_bytes(latest, id);
    link_newest(latest, id);
}

static void remove_row(struct latest_rows *latest, uint32_t id)
{
    struct slot *slot = &latest->slots[id];
    latest->bytes -= row_bytes(latest, id);
    unlink_slot(latest, slot);
    mem_free(slot->record);
    *slot = (struct slot){.record = NULL};
    table_drop(latest->table, id);
}

/* ---- writing ----------------------------------------------------------------------------------
 */

static const struct text *encode_keys(struct latest_rows *latest, const struct batch *batch)
{
    struct arena *arena = &latest->batch;
    if (latest->n_keys == 0) {
        struct text *keys = arena_alloc(arena, batch->n * sizeof *keys);
        for (uint32_t i = 0; i < batch->n; i++) {
            keys[i] = (struct text){(const uint8_t *)"", 0};
        }
        return keys;
    }
    struct column *columns = arena_alloc(arena, latest->n_keys * sizeof *columns);
    for (uint32_t i = 0; i < latest->n_keys; i++) {
        columns[i] = batch->columns[latest->keys[i]];
    }
    return rowkey_encode(arena, columns, latest->n_keys, batch->n);
}

static bool is_put(const struct batch *batch, uint32_t row)
{
    return batch->ops == NULL || batch->ops[row] == ROW_INSERT;
}

static uint32_t run_of_puts(const struct batch *batch, uint32_t from)
{
    uint32_t to = from;
    while (to < batch->n && is_put(batch, to)) {
        to++;
    }
    return to - from;
}

static void remove_key(struct latest_rows *latest, struct text key)
{
    uint32_t id = table_find(latest->table, key);
    if (id != TABLE_NO_ID) {
        remove_row(latest, id);
    }
}

void latest_rows_write(struct latest_rows *latest, const struct batch *batch, int64_t now_us)
{
    struct slice records[BATCH_ROWS];
    uint64_t hashes[BATCH_ROWS];
    uint32_t ids[BATCH_ROWS];
    arena_clear(&latest->batch);
    const struct text *keys = encode_keys(latest, batch);
    record_write_all(latest->layout, batch, &latest->batch, records);
    rowkey_hash(keys, batch->n, hashes);
    for (uint32_t row = 0; row < batch->n; row++) {
        uint32_t n = run_of_puts(batch, row);
        table_find_or_add_many(latest->table, keys + row, hashes + row, n, ids);
        for (uint32_t i = 0; i < n; i++) {
            put_row(latest, ids[i], records[row + i], now_us);
        }
        row += n;
        if (row < batch->n) {
            remove_key(latest, keys[row]);
        }
    }
}

void latest_rows_remove(struct latest_rows *latest, const struct batch *batch)
{
    arena_clear(&latest->batch);
    const struct text *keys = encode_keys(latest, batch);
    for (uint32_t row = 0; row < batch->n; row++) {
        remove_key(latest, keys[row]);
    }
}

void latest_rows_limit(struct latest_rows *latest, uint64_t bytes_max)
{
    while (latest->bytes > bytes_max && latest->oldest != latest->newest) {
        remove_row(latest, latest->oldest);
        latest->has_forgotten = true;
    }
}

/* ---- reading ----------------------------------------------------------------------------------
 */

uint32_t latest_rows_count(const struct latest_rows *latest)
{
    return table_count(latest->table);
}

uint64_t latest_rows_bytes(const struct latest_rows *latest)
{
    return latest->bytes;
}

bool latest_rows_has_forgotten(const struct latest_rows *latest)
{
    return latest->has_forgotten;
}

int64_t latest_rows_since_us(const struct latest_rows *latest)
{
    return latest->oldest == TABLE_NO_ID ? TIME_NONE : latest->slots[latest->oldest].at_us;
}

const uint32_t *latest_rows_order(struct latest_rows *latest, uint32_t *n)
{
    return table_order(latest->table, n);
}

struct slice latest_rows_record(const struct latest_rows *latest, uint32_t id)
{
    CHECK(id < latest->n_slots && latest->slots[id].record != NULL);
    return slice_of(latest->slots[id].record, latest->slots[id].bytes);
}
