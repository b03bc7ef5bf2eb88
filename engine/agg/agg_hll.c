/* agg_hll: approx_count_distinct, a HyperLogLog of 2^12 registers: standard error
 * 1.04 / sqrt(4096) = 1.6 %, at most 4 KiB a cell. P. Flajolet, É. Fusy, O. Gandouet, F. Meunier,
 * "HyperLogLog" (2007); the estimate, which needs no correction tables and is right for small
 * counts too, is the improved raw estimator of O. Ertl, "New cardinality estimation algorithms for
 * HyperLogLog sketches" (2017), algorithm 6.
 *
 * Up to HLL_SPARSE_MAX registers are kept as a sorted list, then all of them as bytes. The state is
 * a function of the set of values alone, whatever was added or merged in which order. The hash of a
 * value is part of what is saved and must not change: splitmix64's finaliser of the rank of a
 * number (agg_number.h), XXH3 of the bytes of a text. */
#include <math.h>

#include "engine/agg/agg_kind.h"
#include "engine/agg/agg_number.h"
#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/base/panic.h"

enum {
    HLL_REGISTERS = 1 << AGG_HLL_PRECISION,
    HLL_RANK_MAX = 64 - AGG_HLL_PRECISION + 1,
    HLL_SPARSE_FIRST = 8,
    HLL_SPARSE_MAX = 256,
};

/* A register that is not 0: index << 8 | rank. */
struct hll {
    union {
        uint32_t *sparse; /* ascending */
        uint8_t *dense;   /* HLL_REGISTERS ranks */
    };
    uint32_t n;   /* entries of the list */
    uint32_t cap; /* of the list; 0: nothing allocated, HLL_REGISTERS: dense */
};

static struct hll *hll_at(const struct agg_part *part, uint8_t *cell)
{
    return (struct hll *)(cell + part->offset);
}

static bool hll_is_dense(const struct hll *hll)
{
    return hll->cap == HLL_REGISTERS;
}

static size_t hll_owned_bytes(const struct hll *hll)
{
    return hll_is_dense(hll) ? HLL_REGISTERS : (size_t)hll->cap * sizeof *hll->sparse;
}

/* ---- registers ------------------------------------------------------------------------------- */

static void hll_make_dense(struct hll *hll, size_t *owned)
{
    uint8_t *dense = mem_zalloc(HLL_REGISTERS);
    for (uint32_t i = 0; i < hll->n; i++) {
        dense[hll->sparse[i] >> 8] = (uint8_t)hll->sparse[i];
    }
    *owned += HLL_REGISTERS - hll_owned_bytes(hll);
    mem_free(hll->sparse);
    *hll = (struct hll){.dense = dense, .cap = HLL_REGISTERS};
}

/* The place of the register in the list, or where it belongs. */
static uint32_t sparse_find(const struct hll *hll, uint32_t index)
{
    uint32_t low = 0;
    uint32_t high = hll->n;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (hll->sparse[middle] >> 8 < index) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static void sparse_insert(struct hll *hll, uint32_t place, uint32_t entry, size_t *owned)
{
    if (hll->n == hll->cap) {
        uint32_t cap = hll->cap == 0 ? HLL_SPARSE_FIRST : hll->cap * 2;
        hll->sparse = mem_realloc(hll->sparse, cap * sizeof *hll->sparse);
        *owned += (cap - hll->cap) * sizeof *hll->sparse;
        hll->cap = cap;
    }
    uint32_t *at = hll->sparse + place;
    memmove(at + 1, at, (hll->n - place) * sizeof *at);
    *at = entry;
    hll->n++;
}

/* The register becomes at least `rank`. */
static void hll_raise(struct hll *hll, uint32_t index, uint8_t rank, size_t *owned)
{
    if (!hll_is_dense(hll)) {
        uint32_t place = sparse_find(hll, index);
        uint32_t entry = index << 8 | rank;
        if (place < hll->n && hll->sparse[place] >> 8 == index) {
            hll->sparse[place] = hll->sparse[place] > entry ? hll->sparse[place] : entry;
            return;
        }
        if (hll->n < HLL_SPARSE_MAX) {
            sparse_insert(hll, place, entry, owned);
            return;
        }
        hll_make_dense(hll, owned);
    }
    hll->dense[index] = hll->dense[index] > rank ? hll->dense[index] : rank;
}

static inline void hll_add(struct hll *hll, uint64_t hash, size_t *owned)
{
    uint32_t index = (uint32_t)(hash >> (64 - AGG_HLL_PRECISION));
    /* The guard bit ends a run of zeros that would be longer than the hash. */
    uint64_t rest = hash << AGG_HLL_PRECISION | (uint64_t)1 << (AGG_HLL_PRECISION - 1);
    uint8_t rank = (uint8_t)(__builtin_clzll(rest) + 1);
    if (hll_is_dense(hll)) {
        hll->dense[index] = hll->dense[index] > rank ? hll->dense[index] : rank;
    } else {
        hll_raise(hll, index, rank, owned);
    }
}

static void hll_merge(struct hll *into, const struct hll *from, size_t *owned)
{
    if (!hll_is_dense(from)) {
        for (uint32_t i = 0; i < from->n; i++) {
            hll_raise(into, from->sparse[i] >> 8, (uint8_t)from->sparse[i], owned);
        }
        return;
    }
    if (!hll_is_dense(into)) {
        hll_make_dense(into, owned);
    }
    const uint8_t *restrict ranks = from->dense;
    uint8_t *restrict registers = into->dense;
    for (uint32_t i = 0; i < HLL_REGISTERS; i++) {
        registers[i] = registers[i] > ranks[i] ? registers[i] : ranks[i];
    }
}

/* ---- the estimate ---------------------------------------------------------------------------- */

/* x + sum over k >= 1 of x^(2^k) × 2^(k - 1) */
static double ertl_sigma(double x)
{
    if (x == 1) {
        return INFINITY;
    }
    double y = 1;
    double z = x;
    double before;
    do {
        x *= x;
        before = z;
        z += x * y;
        y += y;
    } while (z != before);
    return z;
}

/* (1 - x - sum over k >= 1 of (1 - x^(2^-k))^2 × 2^-k) / 3 */
static double ertl_tau(double x)
{
    if (x == 0 || x == 1) {
        return 0;
    }
    double y = 1;
    double z = 1 - x;
    double before;
    do {
        x = sqrt(x);
        before = z;
        y *= 0.5;
        z -= (1 - x) * (1 - x) * y;
    } while (z != before);
    return z / 3;
}

/* How many registers have each rank. */
static void count_ranks(const struct hll *hll, uint32_t counts[HLL_RANK_MAX + 1])
{
    memset(counts, 0, (HLL_RANK_MAX + 1) * sizeof *counts);
    if (hll_is_dense(hll)) {
        for (uint32_t i = 0; i < HLL_REGISTERS; i++) {
            counts[hll->dense[i]]++;
        }
        return;
    }
    counts[0] = HLL_REGISTERS - hll->n;
    for (uint32_t i = 0; i < hll->n; i++) {
        counts[(uint8_t)hll->sparse[i]]++;
    }
}

static int64_t hll_estimate(const struct hll *hll)
{
    static const double half_over_ln2 = 0.72134752044448170368;
    const double m = HLL_REGISTERS;
    uint32_t counts[HLL_RANK_MAX + 1];
    count_ranks(hll, counts);
    double z = m * ertl_tau(1 - counts[HLL_RANK_MAX] / m);
    for (uint32_t rank = HLL_RANK_MAX - 1; rank > 0; rank--) {
        z = 0.5 * (z + counts[rank]);
    }
    z += m * ertl_sigma(counts[0] / m);
    double estimate = half_over_ln2 * m * m / z;
    return estimate < 0x1p62 ? (int64_t)llround(estimate) : INT64_MAX;
}

/* ---- the state ------------------------------------------------------------------------------- */

static uint64_t hash_number(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
}

AGG_INLINE uint64_t hash_row(const struct column *column, uint32_t i, const enum physical physical)
{
    switch (physical) {
    case PHYSICAL_BIT:
        return hash_number(1 + (uint64_t)bits_get(column->bits, i)); /* 0 hashes to 0 */
    case PHYSICAL_I64:
        return hash_number(rank_of_i64(column->i64[i]));
    case PHYSICAL_F64:
        return hash_number(rank_of_f64(column->f64[i]));
    case PHYSICAL_TEXT:
        break;
    }
    struct text text = column->text[i];
    return hash_long(text.len == 0 ? (const uint8_t *)"" : text.at, text.len);
}

AGG_INLINE void hll_add_rows(const struct agg_part *part, uint8_t *const *cells,
                             const struct agg_rows *rows, const enum physical physical)
{
    for (uint32_t i = 0; i < rows->n; i++) {
        if (!column_is_null(rows->arg, i)) {
            hll_add(hll_at(part, cells[i]), hash_row(rows->arg, i, physical), part->owned_bytes);
        }
    }
}

AGG_INLINE void hll_add_rows_to_one(const struct agg_part *part, uint8_t *cell,
                                    const struct agg_rows *rows, const enum physical physical)
{
    for (uint32_t i = 0; i < rows->n; i++) {
        if (!column_is_null(rows->arg, i)) {
            hll_add(hll_at(part, cell), hash_row(rows->arg, i, physical), part->owned_bytes);
        }
    }
}

static void hll_merge_many(const struct agg_part *part, uint8_t *const *into, uint8_t *const *from,
                           uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        hll_merge(hll_at(part, into[i]), hll_at(part, from[i]), part->owned_bytes);
    }
}

static void hll_release(const struct agg_part *part, uint8_t *cell)
{
    struct hll *hll = hll_at(part, cell);
    *part->owned_bytes -= hll_owned_bytes(hll);
    mem_free(hll->sparse);
    *hll = (struct hll){0};
}

static void hll_save(const struct agg_part *part, const uint8_t *cell, struct bytebuf *out)
{
    const struct hll *hll = (const struct hll *)(cell + part->offset);
    codec_put_u8(out, hll_is_dense(hll));
    if (hll_is_dense(hll)) {
        bytebuf_add(out, hll->dense, HLL_REGISTERS);
        return;
    }
    codec_put_u32(out, hll->n);
    for (uint32_t i = 0; i < hll->n; i++) {
        codec_put_u32(out, hll->sparse[i]);
    }
}

static bool load_sparse(struct hll *hll, struct reader *in, size_t *owned)
{
    uint32_t n = reader_u32(in);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t entry = reader_u32(in);
        uint32_t rank = entry & UINT8_MAX;
        bool ascends = i == 0 || entry >> 8 > hll->sparse[i - 1] >> 8;
        if (n > HLL_SPARSE_MAX || !ascends || entry >> 8 >= HLL_REGISTERS || rank == 0 ||
            rank > HLL_RANK_MAX) {
            return false;
        }
        sparse_insert(hll, i, entry, owned);
    }
    return true;
}

static bool load_dense(struct hll *hll, struct reader *in, size_t *owned)
{
    struct slice ranks = reader_raw(in, HLL_REGISTERS);
    uint32_t n_used = 0;
    for (size_t i = 0; i < ranks.len; i++) {
        n_used += ranks.at[i] != 0;
        if (ranks.at[i] > HLL_RANK_MAX) {
            return false;
        }
    }
    if (n_used <= HLL_SPARSE_MAX) { /* so few would have been saved as a list */
        return false;
    }
    hll_make_dense(hll, owned);
    memcpy(hll->dense, ranks.at, HLL_REGISTERS);
    return true;
}

static bool hll_load(const struct agg_part *part, uint8_t *cell, struct reader *in)
{
    struct hll *hll = hll_at(part, cell);
    switch (reader_u8(in)) {
    case 0:
        return load_sparse(hll, in, part->owned_bytes);
    case 1:
        return load_dense(hll, in, part->owned_bytes);
    default:
        return false;
    }
}

#define NAME(op) agg_hll_bit_##op
#define PHYSICAL PHYSICAL_BIT
#include "engine/agg/agg_hll.tmpl.h"

#define NAME(op) agg_hll_i64_##op
#define PHYSICAL PHYSICAL_I64
#include "engine/agg/agg_hll.tmpl.h"

#define NAME(op) agg_hll_f64_##op
#define PHYSICAL PHYSICAL_F64
#include "engine/agg/agg_hll.tmpl.h"

#define NAME(op) agg_hll_text_##op
#define PHYSICAL PHYSICAL_TEXT
#include "engine/agg/agg_hll.tmpl.h"

void agg_approx_count_emit(const struct agg_result *result, uint8_t *const *cells, uint32_t n,
                           struct column_out *out)
{
    for (uint32_t i = 0; i < n; i++) {
        out->i64[i] = hll_estimate((const struct hll *)(cells[i] + result->offset));
    }
}
