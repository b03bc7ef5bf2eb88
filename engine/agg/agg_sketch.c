/* agg_sketch: approx_percentile, a histogram whose bins have equal *relative* width, so that every
 * percentile is within 1 % of a value that has exactly that rank. After C. Masson, J. Rim, H. Lee,
 * "DDSketch" (2019), with bins cut from the bits of the double instead of a logarithm: a bin is the
 * sign, the exponent and the first 6 bits of the mantissa (1/64 octave; half a bin is at most
 * 0.78 % of its value), the same on every machine.
 *
 * The state is a bag (agg_bag.h) of bin numbers, 16 bytes a slot: latencies from 1 µs to 1 h take
 * about 2000 bins. When more than AGG_SKETCH_BINS_MAX are used, all bins are merged in pairs, which
 * doubles the error to 1.6 %, and so on; that takes values that differ by 19 powers of ten. Whether
 * it happened depends only on the values added, so merging is exact and in any order. The
 * bound does not hold for denormals, values below 2.3e-308 in size. */
#include <math.h>

#include "engine/agg/agg_bag.h"
#include "engine/agg/agg_kind.h"
#include "engine/agg/agg_number.h"
#include "engine/base/panic.h"

/* Bits of a rank below the bin number: 52 of the mantissa without 6. Pairs of bins may be merged
 * until only sign and exponent are left: 4096 bins, which is the limit. */
enum { SKETCH_SHIFT = 52 - 6, SKETCH_COARSE_MAX = 6 };

_Static_assert(AGG_SKETCH_BINS_MAX >= 4096, "sign and exponent alone must fit");

struct sketch {
    struct bag bins;
    uint32_t coarse; /* how often bins were merged in pairs */
    uint32_t unused; /* zero: states are multiples of 8 bytes */
};

static struct sketch *sketch_at(const struct agg_part *part, uint8_t *cell)
{
    return (struct sketch *)(cell + part->offset);
}

/* ---- bins ------------------------------------------------------------------------------------ */

static void sketch_coarsen(struct sketch *sketch, size_t *owned)
{
    CHECK(sketch->coarse < SKETCH_COARSE_MAX);
    struct bag merged = {0};
    const struct bag *bins = &sketch->bins;
    for (const struct bag_entry *e = bag_first(bins); e != NULL; e = bag_next(bins, e)) {
        bag_add(&merged, e->key >> 1, e->count, owned);
    }
    bag_release(&sketch->bins, BAG_NUMBERS, owned);
    sketch->bins = merged;
    sketch->coarse++;
}

static inline void sketch_add(struct sketch *sketch, double value, size_t *owned)
{
    uint64_t bin = rank_of_f64(value) >> (SKETCH_SHIFT + sketch->coarse);
    bag_add(&sketch->bins, bin, 1, owned);
    while (sketch->bins.n > AGG_SKETCH_BINS_MAX) {
        sketch_coarsen(sketch, owned);
    }
}

static void sketch_merge(struct sketch *into, const struct sketch *from, size_t *owned)
{
    while (into->coarse < from->coarse) {
        sketch_coarsen(into, owned);
    }
    const struct bag *bins = &from->bins;
    for (const struct bag_entry *e = bag_first(bins); e != NULL; e = bag_next(bins, e)) {
        bag_add(&into->bins, e->key >> (into->coarse - from->coarse), e->count, owned);
        while (into->bins.n > AGG_SKETCH_BINS_MAX) {
            sketch_coarsen(into, owned);
        }
    }
}

/* The middle of a bin; the only value of the bins of zero, infinity and NaN. */
static double bin_value(uint64_t bin, uint32_t coarse)
{
    uint32_t shift = SKETCH_SHIFT + coarse;
    double low = rank_to_f64(bin << shift);
    double high = rank_to_f64(((bin + 1) << shift) - 1);
    if (low == 0 || high == 0) {
        return 0;
    }
    if (isinf(high) && high < 0) {
        return high;
    }
    return isfinite(low) ? low / 2 + high / 2 : low;
}

static double sketch_percentile(const struct sketch *sketch, double p, struct arena *arena)
{
    const struct bag_entry *bins = bag_sorted(arena, &sketch->bins, BAG_NUMBERS);
    uint64_t total = 0;
    for (uint32_t i = 0; i < sketch->bins.n; i++) {
        total += bins[i].count;
    }
    double position = floor(p * (double)(total - 1));
    uint64_t seen = 0;
    uint32_t i = 0;
    while (i + 1 < sketch->bins.n && (double)(seen + bins[i].count) <= position) {
        seen += bins[i++].count;
    }
    return bin_value(bins[i].key, sketch->coarse);
}

/* ---- the state ------------------------------------------------------------------------------- */

static void sketch_add_many(const struct agg_part *part, uint8_t *const *cells,
                            const struct agg_rows *rows)
{
    for (uint32_t i = 0; i < rows->n; i++) {
        if (!column_is_null(rows->arg, i)) {
            sketch_add(sketch_at(part, cells[i]), rows->arg->f64[i], part->owned_bytes);
        }
    }
}

static void sketch_add_run(const struct agg_part *part, uint8_t *cell, const struct agg_rows *rows)
{
    for (uint32_t i = 0; i < rows->n; i++) {
        if (!column_is_null(rows->arg, i)) {
            sketch_add(sketch_at(part, cell), rows->arg->f64[i], part->owned_bytes);
        }
    }
}

static void sketch_merge_many(const struct agg_part *part, uint8_t *const *into,
                              uint8_t *const *from, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        sketch_merge(sketch_at(part, into[i]), sketch_at(part, from[i]), part->owned_bytes);
    }
}

static void sketch_release(const struct agg_part *part, uint8_t *cell)
{
    bag_release(&sketch_at(part, cell)->bins, BAG_NUMBERS, part->owned_bytes);
    *sketch_at(part, cell) = (struct sketch){0};
}

static void sketch_save(const struct agg_part *part, const uint8_t *cell, struct bytebuf *out)
{
    const struct sketch *sketch = (const struct sketch *)(cell + part->offset);
    codec_put_u32(out, sketch->coarse);
    bag_save(&sketch->bins, BAG_NUMBERS, out);
}

static bool sketch_load(const struct agg_part *part, uint8_t *cell, struct reader *in)
{
    struct sketch *sketch = sketch_at(part, cell);
    sketch->coarse = reader_u32(in);
    if (sketch->coarse > SKETCH_COARSE_MAX ||
        !bag_load(&sketch->bins, BAG_NUMBERS, in, part->owned_bytes)) {
        return false;
    }
    uint64_t bins_end = (uint64_t)1 << (64 - SKETCH_SHIFT - sketch->coarse);
    const struct bag *bins = &sketch->bins;
    for (const struct bag_entry *e = bag_first(bins); e != NULL; e = bag_next(bins, e)) {
        if (e->key >= bins_end) {
            return false;
        }
    }
    return bins->n <= AGG_SKETCH_BINS_MAX;
}

const struct agg_state agg_sketch_state = {
    .name = "sketch",
    .bytes = sizeof(struct sketch),
    .add_many = sketch_add_many,
    .add_run = sketch_add_run,
    .merge_many = sketch_merge_many,
    .release = sketch_release,
    .save = sketch_save,
    .load = sketch_load,
};

void agg_approx_percentile_emit(const struct agg_result *result, uint8_t *const *cells, uint32_t n,
                                struct column_out *out)
{
    for (uint32_t i = 0; i < n; i++) {
        const struct sketch *sketch = (const struct sketch *)(cells[i] + result->offset);
        if (sketch->bins.n == 0) {
            column_out_null(out, i, n);
        } else {
            out->f64[i] = sketch_percentile(sketch, result->call.param.f64, out->arena);
        }
    }
}
