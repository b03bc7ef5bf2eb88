/* batch: up to 1024 rows of a stream or result, in columns. What one push carries.
 *
 * Rows are dense: a filter does not keep a selection but makes the batch shorter (batch_select),
 * and a column that nobody has asked for is not decoded at all. Such a *late column* has values ==
 * NULL; batch_require decodes it for the rows that are still there. So kernels are plain loops over
 * n rows, and filtered rows cost neither decoding nor copying.
 *
 *     static void filter_push(struct op *op, struct batch *batch)
 *     {
 *         batch_require(batch, wanted, n_wanted);      // may drop bad rows: look at batch->n
 * afterwards …evaluate… batch_select(batch, rows, n_rows); op_push(op->next, batch);
 *     }
 *
 * A batch and all it points to live until the push returns, in batch->arena or in the chunk. */
#ifndef ENGINE_DATA_BATCH_H
#define ENGINE_DATA_BATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/data/column.h"
#include "engine/data/schema.h"

/* No event time: sorts before every time. */
#define TIME_NONE INT64_MIN
/* The watermark when all input has been seen. */
#define TIME_END INT64_MAX

/* What a row does to the result that the reader holds (EMIT CHANGES). */
enum row_op { ROW_INSERT = '+', ROW_DELETE = '-' };

/* Somebody who can still decode columns of the batch: the scan. */
struct late_columns {
    /* Decodes column `col` of records origin[0..n) densely into *out (memory in `arena`). A record
     * that turns out to be bad has been counted and reported by the callee, gets any value, and its
     * bit in `reject` (n bits, zero before) is set. */
    void (*fill)(struct late_columns *self, struct arena *arena, uint32_t col,
                 const uint32_t *origin, uint32_t n, struct column *out, uint64_t *reject);
    /* Who asks only wants to show rows that count otherwise already (late ones): a bad field is
     * NULL, and no row is bad for it. */
    bool peeks;
    uint64_t n_dropped; /* bad rows that batch_require has dropped so far */
};

struct batch {
    const struct schema *schema;
    uint32_t n;
    struct column *columns; /* schema->n of them */
    struct arena *arena;    /* lifetime: this batch */

    /* Changelog: one row_op per row; NULL = all inserts. */
    const uint8_t *ops;

    /* Time (language.md §4.2). `time_column` is -1 where rows have no event time. watermarks[i] is
     * the watermark just before row i: what judges its lateness. NULL: `watermark` holds for all
     * rows. */
    int time_column;
    int64_t watermark;         /* after the last row of this batch; TIME_NONE before the first */
    const int64_t *watermarks; /* n of them, or NULL */
    uint64_t first_row; /* running number of the first row in its stream, for arrival order */

    struct late_columns *late; /* NULL: all columns are decoded */
    const uint32_t *origin;    /* record number of each row for `late`; NULL = 0, 1, 2, … */
};

/* An empty batch whose columns are all late (values NULL). */
void batch_init(struct batch *batch, const struct schema *schema, struct arena *arena);

/* Decodes what is still late among columns cols[0..n_cols) and drops rows that turn out bad. */
void batch_require(struct batch *batch, const uint32_t *cols, uint32_t n_cols);

/* Keeps rows rows[0..n) (ascending) of the batch: gathers what is decoded, remembers the rest. */
void batch_select(struct batch *batch, const uint32_t *rows, uint32_t n);

/* Gives each column of the first n rows a new place in `arena`, text bytes too: for who keeps rows.
 */
void batch_copy(struct arena *arena, const struct batch *from, struct batch *to);

#endif
