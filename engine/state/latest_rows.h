/* latest_rows: of rows that come with a key, the newest of each key, as a sink that replaces by key
 * would have them: `+` puts the row of its key, `-` takes it out.
 *
 *     struct latest_rows *latest = latest_rows_new(&layout, keys, n_keys);   // record.h
 *     latest_rows_write(latest, batch, now_us);
 *     latest_rows_limit(latest, bytes_max);             // forgets what was changed longest ago
 *     ids = latest_rows_order(latest, &n);
 *     … latest_rows_record(latest, ids[i]) …
 *     latest_rows_free(latest); */
#ifndef ENGINE_STATE_LATEST_ROWS_H
#define ENGINE_STATE_LATEST_ROWS_H

#include "engine/state/record.h"

struct latest_rows;

/* Keeps of each row the columns of `layout`; columns keys[0..n_keys) of a batch are its key, and
 * without keys there is one row. Both must outlive it. */
struct latest_rows *latest_rows_new(const struct record_layout *layout, const uint32_t *keys,
                                    uint32_t n_keys);
void latest_rows_free(struct latest_rows *latest); /* NULL is fine */

/* Copies. Columns of keys and layout must be decoded. */
void latest_rows_write(struct latest_rows *latest, const struct batch *batch, int64_t now_us);

/* Takes out the rows of these keys, whatever `ops` says; only columns of keys are looked at. */
void latest_rows_remove(struct latest_rows *latest, const struct batch *batch);

/* Forgets the rows that were written longest ago until all take at most `bytes_max`. The row that
 * was written last stays. */
void latest_rows_limit(struct latest_rows *latest, uint64_t bytes_max);

uint32_t latest_rows_count(const struct latest_rows *latest);
/* Of records, keys and what finds them. */
uint64_t latest_rows_bytes(const struct latest_rows *latest);
/* True if rows were forgotten for lack of room. */
bool latest_rows_has_forgotten(const struct latest_rows *latest);
/* now_us of the row that was written longest ago; TIME_NONE without rows. */
int64_t latest_rows_since_us(const struct latest_rows *latest);

/* All rows in the order of their keys (rowkey.h), and the record of one; valid until the next write
 * or limit. */
const uint32_t *latest_rows_order(struct latest_rows *latest, uint32_t *n);
struct slice latest_rows_record(const struct latest_rows *latest, uint32_t id);

#endif
