/* intake: what stateful operators do with a batch before they look at its rows, and the little they
 * share when rows leave.
 *
 *     intake_init(&intake, &op);                    // keys, arguments, event time
 *     …push:
 *     if (!intake_take(&intake, batch)) { return; } // decoded; rows without event time are gone
 *     groups_find(…);
 *     …
 *     emit_rows(op, having, &out);
 */
#ifndef ENGINE_OPS_INTAKE_H
#define ENGINE_OPS_INTAKE_H

#include "engine/ops/op.h"

struct agg_set;

struct intake {
    struct op *op;
    uint32_t *columns; /* to decode */
    uint32_t n_columns;
    int time_column; /* rows without event time are counted and left out; -1 = none looked at */
};

/* Columns to decode are keys, arguments, event time and those in `also` (bits.h; NULL = none). */
void intake_init(struct intake *intake, struct op *op, const uint64_t *also);

/* False if nothing is left to do: all rows were bad or without time, or the query has failed. */
bool intake_take(const struct intake *intake, struct batch *batch);

/* The watermark just before the row. */
static inline int64_t intake_watermark(const struct batch *batch, uint32_t row)
{
    return batch->watermarks != NULL ? batch->watermarks[row] : batch->watermark;
}

/* Counts `pairs` (row, window) that are late and tells whoever listens. `all`: the row is in no
 * other window. */
void intake_late(struct op *op, const struct batch *batch, uint32_t row, uint64_t pairs, bool all);

/* Times as far as they go: what would lie beyond TIME_END is TIME_END, what would lie before the
 * first time is that. */
static inline int64_t time_plus(int64_t time, int64_t us)
{
    int64_t sum;
    if (__builtin_add_overflow(time, us, &sum)) {
        return us > 0 ? TIME_END : TIME_NONE + 1;
    }
    return sum == TIME_NONE ? TIME_NONE + 1 : sum;
}

static inline int64_t time_minus(int64_t time, int64_t us)
{
    int64_t difference;
    if (__builtin_sub_overflow(time, us, &difference)) {
        return us > 0 ? TIME_NONE + 1 : TIME_END;
    }
    return difference == TIME_NONE ? TIME_NONE + 1 : difference;
}

/* A copy of the batch with rows[0..n) only, which are ascending: of two parts of a batch, the one
 * that stands behind the other has the larger arrival numbers. The batch itself stays as it is. */
void batch_part(const struct batch *batch, const uint32_t *rows, uint32_t n, struct batch *part);

/* Sets the failure of the query if the operator's state is larger than allowed (0: any size is);
 * true then. */
bool intake_over_limit(struct op *op, size_t state_bytes);

/* HAVING over the output schema of the operator's node; NULL if it has none. Free with
 * program_free. */
struct program *having_new(struct op *op);

/* Decodes what HAVING reads and writes the rows where it is TRUE into rows[0..n). */
uint32_t having_rows(struct op *op, struct program *having, struct batch *batch, uint32_t *rows);

/* Pushes the rows that HAVING lets through (NULL: all). */
void emit_rows(struct op *op, struct program *having, struct batch *batch);

/* Empty output batch of the operator in `arena`: schema, time column, watermark. */
void emit_init(const struct op *op, struct arena *arena, int64_t watermark, struct batch *batch);

/* Results of n cells into columns; errors at output count as runtime errors. */
void emit_results(struct op *op, struct agg_set *set, uint8_t *const *cells, uint32_t n,
                  struct arena *arena, struct column *columns);

#endif
