/* table: group keys to dense ids. An id names one row of state in every pane; it stays the same
 * until the key is forgotten, and only then may another key get it.
 *
 *     struct table *table = table_new();
 *     rowkey_hash(keys, n, hashes);
 *     table_find_or_add_many(table, keys, hashes, n, ids);     // one batched call
 *     table_retain(table, ids[i]);                             // once per pane that holds the key
 *     …
 *     order = table_order(table, &n);                          // ids by key, for output
 *     table_drop(table, id);                                   // the last drop forgets the key
 *     table_free(table);
 *
 * Keys that come and go with every window are better dropped later: table_drop_later keeps a key
 * that nobody uses until a whole generation has passed without it, so that a key of each window
 * keeps id and place.
 *
 * Open addressing with linear probing at a load of at most 1/2, 24-byte entries with 16 key bytes
 * inline; longer keys are copied. A key that nobody retains stays until it is dropped once after a
 * retain. */
#ifndef ENGINE_STATE_TABLE_H
#define ENGINE_STATE_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "engine/data/column.h"

struct table;

#define TABLE_NO_ID UINT32_MAX

struct table *table_new(void);
void table_free(struct table *table);

/* ids[i] = id of keys[i] (rowkey.h), new keys get new ids. hashes are rowkey_hash's. n <=
 * BATCH_ROWS. */
void table_find_or_add_many(struct table *table, const struct text *keys, const uint64_t *hashes,
                            uint32_t n, uint32_t *ids);

/* The same for one key. */
uint32_t table_find_or_add(struct table *table, struct text key);

/* TABLE_NO_ID if the key is not there. */
uint32_t table_find(const struct table *table, struct text key);

/* The key's bytes; valid until the next add or drop. */
struct text table_key(const struct table *table, uint32_t id);

/* Fetches the key into the cache: before table_key of many ids. */
void table_prefetch(const struct table *table, uint32_t id);

/* One more, one less user of the id. */
void table_retain(struct table *table, uint32_t id);
void table_drop(struct table *table, uint32_t id);
/* The same, but without users the key is only forgotten by the second table_sweep from now on. */
void table_drop_later(struct table *table, uint32_t id);
/* Ends a generation, unless only few keys are without users. Costs as much as was dropped since the
 * last one but one. */
void table_sweep(struct table *table);

/* Keys that are there now, and those of them that somebody uses; all ids are below table_id_end. */
uint32_t table_count(const struct table *table);
uint32_t table_used(const struct table *table);
uint32_t table_id_end(const struct table *table);
size_t table_bytes(const struct table *table);

/* All ids in the order of their keys; valid until the next add or drop. Costs a merge of what is
 * new since the last call, not a sort of everything. */
const uint32_t *table_order(struct table *table, uint32_t *n);

/* Sorts ids[0..n) by key: for who has few of many. */
void table_sort(const struct table *table, uint32_t *ids, uint32_t n);

#endif
