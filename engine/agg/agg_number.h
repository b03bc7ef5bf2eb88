/* agg_number: the parts of a cell that hold numbers, as bytes in the cell, and how values become
 * orderable.
 *
 * A value's *rank* is a uint64 whose unsigned order is the order of the values (i64: sign bit
 * flipped; f64: the usual transform of its bits, -0.0 becoming 0.0 and NaN the largest, as
 * PostgreSQL has it). A range keeps the greatest rank and the greatest complement of a rank. Both
 * are maxima that start at 0, so the empty cell is all zero, adding has no first case, and merging
 * two cells needs no look at which of them is empty. */
#ifndef ENGINE_AGG_AGG_NUMBER_H
#define ENGINE_AGG_AGG_NUMBER_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "engine/base/checked.h"
#include "engine/base/codec.h"

__extension__ typedef unsigned __int128 uint128;

/* No cell has seen more rows; saved bytes that say so are damaged. Sums of so many integers are far
 * from the end of 128 bits, however often such cells are merged. */
static const uint64_t agg_rows_max = (uint64_t)1 << 48;

static const uint64_t rank_sign = (uint64_t)1 << 63;
static const uint64_t rank_nan = 0xfff8000000000000ull;

static inline uint64_t rank_of_i64(int64_t value)
{
    return (uint64_t)value ^ rank_sign;
}

static inline int64_t rank_to_i64(uint64_t rank)
{
    return (int64_t)(rank ^ rank_sign);
}

static inline uint64_t rank_of_f64(double value)
{
    uint64_t bits;
    double positive_zero = value + 0.0;
    memcpy(&bits, &positive_zero, sizeof bits);
    uint64_t negative = -(bits >> 63);
    return value != value ? rank_nan : bits ^ (negative | rank_sign);
}

static inline double rank_to_f64(uint64_t rank)
{
    uint64_t negative = (rank >> 63) - 1;
    uint64_t bits = rank ^ (negative | rank_sign);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Saves a double. Which of its many NaNs the machine computed depends on the order of operands in
 * the code, so only one of them is ever saved. */
static inline void save_f64(struct bytebuf *out, double value)
{
    codec_put_f64(out, value == value ? value : rank_to_f64(rank_nan));
}

/* The sum of n integers in 128 bits, which no number of rows overflows. Two words, not an __int128:
 * cells are aligned to 8. Unsigned, so that damaged state wraps and is not undefined. */
struct sum_i64 {
    uint64_t n;
    uint64_t low;
    uint64_t high;
};

struct sum_f64 {
    uint64_t n;
    double sum;
};

struct range {
    uint64_t least; /* the greatest complement of a rank */
    uint64_t greatest;
};

/* min, max, sum, avg and count of one column. */
struct summary_i64 {
    struct sum_i64 sum;
    struct range range;
};

struct summary_f64 {
    struct sum_f64 sum;
    struct range range;
};

/* Sign-extended. */
static inline uint128 widen(int64_t value)
{
    int128 wide = value;
    return (uint128)wide;
}

static inline uint128 sum_i64_get(const struct sum_i64 *sum)
{
    return (uint128)sum->high << 64 | sum->low;
}

static inline void sum_i64_put(struct sum_i64 *sum, uint128 value)
{
    sum->low = (uint64_t)value;
    sum->high = (uint64_t)(value >> 64);
}

/* A rank and its complement are never both 0, so this tells empty from everything else. */
static inline bool range_is_empty(const struct range *range)
{
    return (range->least | range->greatest) == 0;
}

static inline uint64_t range_least_rank(const struct range *range)
{
    return ~range->least;
}

/* `mask` is all ones, or 0 for a NULL. */
static inline void range_add(struct range *range, uint64_t rank, uint64_t mask)
{
    uint64_t greatest = rank & mask;
    uint64_t least = ~rank & mask;
    range->greatest = range->greatest > greatest ? range->greatest : greatest;
    range->least = range->least > least ? range->least : least;
}

static inline void range_merge(struct range *into, const struct range *from)
{
    into->greatest = into->greatest > from->greatest ? into->greatest : from->greatest;
    into->least = into->least > from->least ? into->least : from->least;
}

#endif
