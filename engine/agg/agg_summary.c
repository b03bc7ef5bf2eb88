/* agg_summary: sums and ranges of numbers, apart or fused. count, sum, avg, min and max of one
 * column are two small structs side by side (agg_number.h), and where a query wants both, one pass
 * over the rows feeds both, so that a cell is touched once.
 *
 *                   i64 (BIGINT, DECIMAL, TIMESTAMP, INTERVAL)        f64 (DOUBLE)
 *   sum             n and 128 bits, 24 bytes, exact inverse           n and double, 16 bytes
 *   range           16 bytes                                          16 bytes
 *   summary         both, 40 bytes                                    both, 32 bytes
 *
 * Sums of DOUBLE are plain additions in the order of arrival, also in add_run: a faster order would
 * make the result depend on where batches are cut. */
#include "engine/agg/agg_kind.h"
#include "engine/agg/agg_number.h"
#include "engine/base/lanes.h"
#include "engine/base/panic.h"

enum { WITH_SUM = 1, WITH_RANGE = 2 };

_Static_assert(sizeof(struct summary_i64) == 40, "a cache line holds one with its neighbours");
_Static_assert(_Alignof(struct summary_i64) == 8, "cells are aligned to 8");

/* ---- i64 ------------------------------------------------------------------------------------- */

AGG_INLINE struct range *i64_range(uint8_t *at, const unsigned what)
{
    return (struct range *)(at + ((what & WITH_SUM) != 0 ? sizeof(struct sum_i64) : 0));
}

AGG_INLINE void i64_add(uint8_t *at, int64_t value, uint64_t mask, const unsigned what)
{
    if ((what & WITH_SUM) != 0) {
        struct sum_i64 *sum = (struct sum_i64 *)at;
        sum->n += mask & 1;
        sum_i64_put(sum, sum_i64_get(sum) + widen(value & (int64_t)mask));
    }
    if ((what & WITH_RANGE) != 0) {
        range_add(i64_range(at, what), rank_of_i64(value), mask);
    }
}

AGG_INLINE void i64_add_many(const struct agg_part *part, uint8_t *const *restrict cells,
                             const struct agg_rows *rows, const unsigned what)
{
    const int64_t *restrict values = rows->arg->i64;
    const uint64_t *restrict valid = rows->arg->valid;
    if (valid == NULL) {
        for (uint32_t i = 0; i < rows->n; i++) {
            i64_add(cells[i] + part->offset, values[i], ~(uint64_t)0, what);
        }
        return;
    }
    for (uint32_t i = 0; i < rows->n; i++) {
        i64_add(cells[i] + part->offset, values[i], agg_mask(valid, i), what);
    }
}

/* What a run adds up to before it meets the cell. The sum is taken over ranks, which are never
 * negative: their low and high halves add up in 64 bits each without overflow for 2^32 rows, in
 * plain vector lanes. */
struct i64_run {
    uint64_t low;
    uint64_t high;
    int64_t least;
    int64_t greatest;
};

AGG_INLINE void i64_run_dense(struct i64_run *run, const int64_t *restrict values, uint32_t n,
                              const unsigned what)
{
    uint64_t low = 0;
    uint64_t high = 0;
    int64_t least = INT64_MAX;
    int64_t greatest = INT64_MIN;
    for (uint32_t i = 0; i < n; i++) {
        if ((what & WITH_SUM) != 0) {
            uint64_t rank = rank_of_i64(values[i]);
            low += rank & UINT32_MAX;
            high += rank >> 32;
        }
        if ((what & WITH_RANGE) != 0) {
            least = values[i] < least ? values[i] : least;
            greatest = values[i] > greatest ? values[i] : greatest;
        }
    }
    run->low += low;
    run->high += high;
    run->least = least < run->least ? least : run->least;
    run->greatest = greatest > run->greatest ? greatest : run->greatest;
}

AGG_INLINE void i64_run_masked(struct i64_run *run, const int64_t *restrict values, uint64_t word,
                               uint32_t n, const unsigned what)
{
    struct i64_run sum = *run; /* in registers */
    for (uint64_t i = 0; i < n; i++) {
        uint64_t mask = -(word >> i & 1);
        if ((what & WITH_SUM) != 0) {
            uint64_t rank = rank_of_i64(values[i]) & mask;
            sum.low += rank & UINT32_MAX;
            sum.high += rank >> 32;
        }
        if ((what & WITH_RANGE) != 0) {
            int64_t low = (values[i] & (int64_t)mask) | (INT64_MAX & (int64_t)~mask);
            int64_t high = (values[i] & (int64_t)mask) | (INT64_MIN & (int64_t)~mask);
            sum.least = low < sum.least ? low : sum.least;
            sum.greatest = high > sum.greatest ? high : sum.greatest;
        }
    }
    *run = sum;
}

/* Returns how many rows counted. */
AGG_INLINE uint32_t i64_run_rows(struct i64_run *run, const struct agg_rows *rows,
                                 const unsigned what)
{
    const int64_t *values = rows->arg->i64;
    const uint64_t *valid = rows->arg->valid;
    if (valid == NULL) {
        i64_run_dense(run, values, rows->n, what);
        return rows->n;
    }
    for (uint32_t i = 0; i < rows->n; i += 64) {
        uint32_t n = rows->n - i < 64 ? rows->n - i : 64;
        uint64_t word = valid[i / 64];
        if (n == 64 && word == ~(uint64_t)0) {
            i64_run_dense(run, values + i, 64, what);
        } else {
            i64_run_masked(run, values + i, word, n, what);
        }
    }
    return bits_count(valid, rows->n);
}

AGG_INLINE void i64_add_run(uint8_t *at, const struct agg_rows *rows, const unsigned what)
{
    struct i64_run run = {.least = INT64_MAX, .greatest = INT64_MIN};
    uint32_t n = i64_run_rows(&run, rows, what);
    if (n == 0) {
        return;
    }
    if ((what & WITH_SUM) != 0) {
        struct sum_i64 *sum = (struct sum_i64 *)at;
        uint128 ranks = ((uint128)run.high << 32) + run.low;
        sum->n += n;
        sum_i64_put(sum, sum_i64_get(sum) + ranks - ((uint128)n << 63));
    }
    if ((what & WITH_RANGE) != 0) {
        range_add(i64_range(at, what), rank_of_i64(run.least), ~(uint64_t)0);
        range_add(i64_range(at, what), rank_of_i64(run.greatest), ~(uint64_t)0);
    }
}

AGG_INLINE void i64_merge(uint8_t *into, uint8_t *from, const unsigned what)
{
    if ((what & WITH_SUM) != 0) {
        struct sum_i64 *a = (struct sum_i64 *)into;
        const struct sum_i64 *b = (const struct sum_i64 *)from;
        a->n += b->n;
        sum_i64_put(a, sum_i64_get(a) + sum_i64_get(b));
    }
    if ((what & WITH_RANGE) != 0) {
        range_merge(i64_range(into, what), i64_range(from, what));
    }
}

static void range_save(const struct range *range, struct bytebuf *out)
{
    codec_put_u64(out, range->least);
    codec_put_u64(out, range->greatest);
}

static bool range_load(struct range *range, struct reader *in)
{
    range->least = reader_u64(in);
    range->greatest = reader_u64(in);
    return range_is_empty(range) || range_least_rank(range) <= range->greatest;
}

AGG_INLINE void i64_save(const uint8_t *at, struct bytebuf *out, const unsigned what)
{
    if ((what & WITH_SUM) != 0) {
        const struct sum_i64 *sum = (const struct sum_i64 *)at;
        codec_put_u64(out, sum->n);
        codec_put_u64(out, sum->low);
        codec_put_u64(out, sum->high);
    }
    if ((what & WITH_RANGE) != 0) {
        range_save(i64_range((uint8_t *)at, what), out);
    }
}

/* n values can only add up to between -n × 2^63 and n × 2^63. */
static bool read_sum_i64(struct sum_i64 *sum, struct reader *in)
{
    sum->n = reader_u64(in);
    sum->low = reader_u64(in);
    sum->high = reader_u64(in);
    uint128 bound = (uint128)sum->n << 63;
    return sum->n <= agg_rows_max && sum_i64_get(sum) + bound <= 2 * bound;
}

AGG_INLINE bool i64_load(uint8_t *at, struct reader *in, const unsigned what)
{
    bool ok = true;
    if ((what & WITH_SUM) != 0) {
        ok = read_sum_i64((struct sum_i64 *)at, in);
    }
    if ((what & WITH_RANGE) != 0) {
        ok = range_load(i64_range(at, what), in) && ok;
    }
    if (what == (WITH_SUM | WITH_RANGE)) {
        const struct summary_i64 *both = (const struct summary_i64 *)at;
        ok = ok && (both->sum.n == 0) == range_is_empty(&both->range);
    }
    return ok;
}

/* ---- f64 ------------------------------------------------------------------------------------- */

AGG_INLINE struct range *f64_range(uint8_t *at, const unsigned what)
{
    return (struct range *)(at + ((what & WITH_SUM) != 0 ? sizeof(struct sum_f64) : 0));
}

/* A NULL adds 0.0, which changes no sum: sums start at 0.0 and so never become -0.0. */
static inline double f64_or_zero(double value, uint64_t mask)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    bits &= mask;
    memcpy(&value, &bits, sizeof value);
    return value;
}

AGG_INLINE void f64_add(uint8_t *at, double value, uint64_t mask, const unsigned what)
{
    if ((what & WITH_SUM) != 0) {
        struct sum_f64 *sum = (struct sum_f64 *)at;
        sum->n += mask & 1;
        sum->sum += f64_or_zero(value, mask);
    }
    if ((what & WITH_RANGE) != 0) {
        range_add(f64_range(at, what), rank_of_f64(value), mask);
    }
}

AGG_INLINE void f64_add_many(const struct agg_part *part, uint8_t *const *restrict cells,
                             const struct agg_rows *rows, const unsigned what)
{
    const double *restrict values = rows->arg->f64;
    const uint64_t *restrict valid = rows->arg->valid;
    if (valid == NULL) {
        for (uint32_t i = 0; i < rows->n; i++) {
            f64_add(cells[i] + part->offset, values[i], ~(uint64_t)0, what);
        }
        return;
    }
    for (uint32_t i = 0; i < rows->n; i++) {
        f64_add(cells[i] + part->offset, values[i], agg_mask(valid, i), what);
    }
}

/* The same additions on a copy that lives in registers. */
AGG_INLINE void f64_add_run(uint8_t *at, const struct agg_rows *rows, const unsigned what)
{
    const double *values = rows->arg->f64;
    const uint64_t *valid = rows->arg->valid;
    struct summary_f64 copy = {0};
    const size_t bytes = ((what & WITH_SUM) != 0 ? sizeof(struct sum_f64) : 0) +
                         ((what & WITH_RANGE) != 0 ? sizeof(struct range) : 0);
    memcpy(&copy, at, bytes);
    if (valid == NULL) {
        for (uint32_t i = 0; i < rows->n; i++) {
            f64_add((uint8_t *)&copy, values[i], ~(uint64_t)0, what);
        }
    } else {
        for (uint32_t i = 0; i < rows->n; i++) {
            f64_add((uint8_t *)&copy, values[i], agg_mask(valid, i), what);
        }
    }
    memcpy(at, &copy, bytes);
}

AGG_INLINE void f64_merge(uint8_t *into, uint8_t *from, const unsigned what)
{
    if ((what & WITH_SUM) != 0) {
        struct sum_f64 *a = (struct sum_f64 *)into;
        const struct sum_f64 *b = (const struct sum_f64 *)from;
        a->n += b->n;
        a->sum += b->sum;
    }
    if ((what & WITH_RANGE) != 0) {
        range_merge(f64_range(into, what), f64_range(from, what));
    }
}

AGG_INLINE void f64_save(const uint8_t *at, struct bytebuf *out, const unsigned what)
{
    if ((what & WITH_SUM) != 0) {
        const struct sum_f64 *sum = (const struct sum_f64 *)at;
        codec_put_u64(out, sum->n);
        save_f64(out, sum->sum);
    }
    if ((what & WITH_RANGE) != 0) {
        range_save(f64_range((uint8_t *)at, what), out);
    }
}

static bool read_sum_f64(struct sum_f64 *sum, struct reader *in)
{
    sum->n = reader_u64(in);
    sum->sum = reader_f64(in);
    return sum->n <= agg_rows_max && (sum->n > 0 || sum->sum == 0);
}

AGG_INLINE bool f64_load(uint8_t *at, struct reader *in, const unsigned what)
{
    bool ok = true;
    if ((what & WITH_SUM) != 0) {
        ok = read_sum_f64((struct sum_f64 *)at, in);
    }
    if ((what & WITH_RANGE) != 0) {
        ok = range_load(f64_range(at, what), in) && ok;
    }
    if (what == (WITH_SUM | WITH_RANGE)) {
        const struct summary_f64 *both = (const struct summary_f64 *)at;
        ok = ok && (both->sum.n == 0) == range_is_empty(&both->range);
    }
    return ok;
}

/* ---- the six states -------------------------------------------------------------------------- */

#define NAME(op)   sum_i64_##op
#define NUMBER(op) i64_##op
#define WHAT       WITH_SUM
#include "engine/agg/agg_summary.tmpl.h"

#define NAME(op)   range_i64_##op
#define NUMBER(op) i64_##op
#define WHAT       WITH_RANGE
#include "engine/agg/agg_summary.tmpl.h"

#define NAME(op)   summary_i64_##op
#define NUMBER(op) i64_##op
#define WHAT       (WITH_SUM | WITH_RANGE)
#include "engine/agg/agg_summary.tmpl.h"

#define NAME(op)   sum_f64_##op
#define NUMBER(op) f64_##op
#define WHAT       WITH_SUM
#include "engine/agg/agg_summary.tmpl.h"

#define NAME(op)   range_f64_##op
#define NUMBER(op) f64_##op
#define WHAT       WITH_RANGE
#include "engine/agg/agg_summary.tmpl.h"

#define NAME(op)   summary_f64_##op
#define NUMBER(op) f64_##op
#define WHAT       (WITH_SUM | WITH_RANGE)
#include "engine/agg/agg_summary.tmpl.h"

/* Only integer sums can be taken back exactly. */
static void sum_i64_inverse_many(const struct agg_part *part, uint8_t *const *into,
                                 uint8_t *const *from, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        struct sum_i64 *a = (struct sum_i64 *)(into[i] + part->offset);
        const struct sum_i64 *b = (const struct sum_i64 *)(from[i] + part->offset);
        DCHECK(a->n >= b->n);
        a->n -= b->n;
        sum_i64_put(a, sum_i64_get(a) - sum_i64_get(b));
    }
}

static void sum_i64_retract_many(const struct agg_part *part, uint8_t *const *cells,
                                 const struct agg_rows *rows)
{
    const int64_t *values = rows->arg->i64;
    const uint64_t *valid = rows->arg->valid;
    for (uint32_t i = 0; i < rows->n; i++) {
        uint64_t mask = valid == NULL ? ~(uint64_t)0 : agg_mask(valid, i);
        struct sum_i64 *sum = (struct sum_i64 *)(cells[i] + part->offset);
        DCHECK(mask == 0 || sum->n > 0);
        sum->n -= mask & 1;
        sum_i64_put(sum, sum_i64_get(sum) - widen(values[i] & (int64_t)mask));
    }
}

const struct agg_state agg_sum_i64_state = {
    .name = "sum_i64",
    .bytes = sizeof(struct sum_i64),
    .add_many = sum_i64_add_many,
    .add_run = sum_i64_add_run,
    .merge_many = sum_i64_merge_many,
    .inverse_many = sum_i64_inverse_many,
    .retract_many = sum_i64_retract_many,
    .save = sum_i64_save,
    .load = sum_i64_load,
};

const struct agg_state agg_range_i64_state = {
    .name = "range_i64",
    .bytes = sizeof(struct range),
    .add_many = range_i64_add_many,
    .add_run = range_i64_add_run,
    .merge_many = range_i64_merge_many,
    .save = range_i64_save,
    .load = range_i64_load,
};

const struct agg_state agg_summary_i64_state = {
    .name = "summary_i64",
    .bytes = sizeof(struct summary_i64),
    .add_many = summary_i64_add_many,
    .add_run = summary_i64_add_run,
    .merge_many = summary_i64_merge_many,
    .save = summary_i64_save,
    .load = summary_i64_load,
};

const struct agg_state agg_sum_f64_state = {
    .name = "sum_f64",
    .bytes = sizeof(struct sum_f64),
    .add_many = sum_f64_add_many,
    .add_run = sum_f64_add_run,
    .merge_many = sum_f64_merge_many,
    .save = sum_f64_save,
    .load = sum_f64_load,
};

const struct agg_state agg_range_f64_state = {
    .name = "range_f64",
    .bytes = sizeof(struct range),
    .add_many = range_f64_add_many,
    .add_run = range_f64_add_run,
    .merge_many = range_f64_merge_many,
    .save = range_f64_save,
    .load = range_f64_load,
};

const struct agg_state agg_summary_f64_state = {
    .name = "summary_f64",
    .bytes = sizeof(struct summary_f64),
    .add_many = summary_f64_add_many,
    .add_run = summary_f64_add_run,
    .merge_many = summary_f64_merge_many,
    .save = summary_f64_save,
    .load = summary_f64_load,
};
