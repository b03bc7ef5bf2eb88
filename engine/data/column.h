/* column: n values of one type. A read-only view; whoever made it says how long it lives, as a rule
 * until the push that carries it returns. Text points into the chunk or an arena: **copy on keep**.
 */
#ifndef ENGINE_DATA_COLUMN_H
#define ENGINE_DATA_COLUMN_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/base/bits.h"
#include "engine/base/slice.h"
#include "engine/data/types.h"

enum { BATCH_ROWS = 1024, BATCH_WORDS = BATCH_ROWS / 64 };

/* 16 bytes: a text value. */
struct text {
    const uint8_t *at;
    uint32_t len;
};

struct column {
    struct type type;
    bool is_constant; /* every row holds the value of row 0 (all rows are still filled in) */
    uint32_t n;
    const uint64_t *valid; /* bit i: row i is not NULL. NULL pointer: no row is NULL */
    union {
        const void *values; /* NULL pointer: not decoded yet (see batch.h) */
        const uint64_t *bits;
        const int64_t *i64;
        const double *f64;
        const struct text *text;
    };
};

/* The same, to be filled. Values of NULL rows are 0, 0.0, false or the empty text, so that kernels
 * may compute with them. */
struct column_out {
    struct type type;
    uint64_t *valid; /* NULL until the first NULL: use column_out_null */
    union {
        void *values;
        uint64_t *bits;
        int64_t *i64;
        double *f64;
        struct text *text;
    };
    struct arena *arena; /* where values, valid and text bytes live */
};

static inline bool column_is_null(const struct column *column, uint32_t row)
{
    return column->valid != NULL && !bits_get(column->valid, row);
}

/* Room for n values (n <= BATCH_ROWS or any other number), not zeroed except bits, none NULL. */
struct column_out column_out_new(struct arena *arena, struct type type, uint32_t n);

/* The slow path of column_out_null. */
void column_out_make_valid(struct column_out *out, uint32_t n);

/* Row `row` of `n` becomes NULL with the value 0 (or empty). */
void column_out_null(struct column_out *out, uint32_t row, uint32_t n);

/* The finished view of the first n values. */
static inline struct column column_view(const struct column_out *out, uint32_t n)
{
    return (struct column){.type = out->type, .n = n, .valid = out->valid, .values = out->values};
}

/* Rows rows[0..n) of `column` as a new dense column in `arena`. Text bytes are not copied. */
struct column column_gather(struct arena *arena, const struct column *column, const uint32_t *rows,
                            uint32_t n);

/* A TIMESTAMP column of n rows that are all `us`. */
struct column column_constant_time(struct arena *arena, int64_t us, uint32_t n);

static inline struct slice text_slice(struct text text)
{
    return slice_of(text.at, text.len);
}

#endif
