/* record: one row of a batch as bytes that can be kept, moved and saved: a bitmap of what is not
 * NULL, eight bytes for each kept column, then the bytes of texts. Texts are found by offsets, not
 * by addresses, so a record may be copied anywhere that is 8-aligned.
 *
 *     struct record_layout layout;
 *     record_layout_init(&layout, query_arena, schema, wanted);      // which columns are kept
 *     record_sizes(&layout, batch, rows, n, sizes);
 *     …memory for each: at[i]…
 *     record_write(&layout, batch, rows, n, at);
 *     …
 *     record_read(&layout, records, n, arena, &out);                 // a batch again
 *
 * Columns that are not kept come back late with nobody to decode them: whoever said `wanted` has
 * promised that nobody will ask. */
#ifndef ENGINE_STATE_RECORD_H
#define ENGINE_STATE_RECORD_H

#include "engine/base/bytebuf.h"
#include "engine/base/codec.h"
#include "engine/data/batch.h"

/* A record is smaller than this; so is a saved one. A line of input has at most 1 MiB. */
enum { KEPT_ROW_BYTES_MAX = 1 << 30 };

struct record_layout {
    const struct schema *schema;
    uint32_t n;          /* kept columns */
    uint32_t *columns;   /* their numbers, ascending */
    uint32_t n_texts;    /* how many of them are text: 0 means that all records have fixed_bytes */
    uint32_t null_bytes; /* of the bitmap; 0 if no kept column can be NULL */
    uint32_t fixed_bytes;
};

/* Keeps the columns whose bit is set in `wanted` (bits.h); NULL keeps all. `schema` must outlive
 * the layout. */
void record_layout_init(struct record_layout *layout, struct arena *query,
                        const struct schema *schema, const uint64_t *wanted);

/* sizes[i] = bytes of the record of rows[i], a multiple of 8; `rows` NULL is 0, 1, 2, … The kept
 * columns must be decoded. */
void record_sizes(const struct record_layout *layout, const struct batch *batch,
                  const uint32_t *rows, uint32_t n, uint32_t *sizes);

/* Writes the record of rows[i] at at[i]. */
void record_write(const struct record_layout *layout, const struct batch *batch,
                  const uint32_t *rows, uint32_t n, uint8_t *const *at);

/* All rows of the batch, one behind the other in `arena`; records[i] is that of row i. Returns the
 * bytes of all. */
struct slice record_write_all(const struct record_layout *layout, const struct batch *batch,
                              struct arena *arena, struct slice *records);

/* A batch of n rows from n records. Values are in `arena`, texts stay in the records. */
void record_read(const struct record_layout *layout, const uint8_t *const *records, uint32_t n,
                 struct arena *arena, struct batch *out);

/* The same of one column: number `c` among the kept ones, of n records (n <= BATCH_ROWS). */
struct column record_column(const struct record_layout *layout, const uint8_t *const *records,
                            uint32_t n, uint32_t c, struct arena *arena);

/* What record_sizes said when the record was written. */
uint32_t record_bytes(const struct record_layout *layout, const uint8_t *record);

/* Little-endian bytes whatever the machine is. */
void record_save(const struct record_layout *layout, const uint8_t *record, struct bytebuf *out);

/* The saved record as a record in `arena`, or NULL if it is damaged. */
const uint8_t *record_load(const struct record_layout *layout, struct reader *in,
                           struct arena *arena, uint32_t *bytes);

#endif
