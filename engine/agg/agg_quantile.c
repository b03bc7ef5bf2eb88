/* agg_quantile: median and percentile, exact. The state is a bag of the values (agg_bag.h), so it
 * can be taken back exactly and is shared with DISTINCT and top_k of the same column.
 *
 * percentile(x, p) of n values lies at position p × (n − 1) of the sorted values, counted from 0;
 * between two positions it is interpolated: percentile_cont of the SQL standard, as PostgreSQL
 * computes it. */
#include <math.h>

#include "engine/agg/agg_distinct.h"
#include "engine/agg/agg_number.h"
#include "engine/base/panic.h"
#include "engine/data/decimal.h"

/* A piece of the entries of a bag that still may hold the wanted position. */
struct range_of_entries {
    struct bag_entry *at;
    uint32_t n;
};

static void swap_entries(struct bag_entry *a, struct bag_entry *b)
{
    struct bag_entry t = *a;
    *a = *b;
    *b = t;
}

/* The middle one of the first, middle and last key: sorted input is common. */
static uint64_t pivot_key(const struct range_of_entries *r)
{
    uint64_t a = r->at[0].key;
    uint64_t b = r->at[r->n / 2].key;
    uint64_t c = r->at[r->n - 1].key;
    uint64_t low = a < b ? a : b;
    uint64_t high = a < b ? b : a;
    return c < low ? low : c > high ? high : c;
}

/* Brings keys below the pivot to the front. Returns how many, and in *count how many values they
 * stand for. */
static uint32_t partition(const struct range_of_entries *r, uint64_t pivot, uint64_t *count)
{
    uint32_t n_below = 0;
    *count = 0;
    for (uint32_t i = 0; i < r->n; i++) {
        if (r->at[i].key < pivot) {
            *count += r->at[i].count;
            swap_entries(&r->at[i], &r->at[n_below++]);
        }
    }
    return n_below;
}

/* Brings the entry with the pivot's key to the front. */
static void pivot_to_front(const struct range_of_entries *r, uint64_t pivot)
{
    uint32_t i = 0;
    while (r->at[i].key != pivot) {
        i++;
    }
    swap_entries(&r->at[0], &r->at[i]);
}

/* Keys at two neighbouring positions. */
struct neighbours {
    uint64_t low;
    uint64_t high;
};

/* The least key of the rest, or `none`. */
static uint64_t least_key(const struct bag_entry *at, uint32_t n, uint64_t none)
{
    uint64_t least = none;
    for (uint32_t i = 0; i < n; i++) {
        least = i == 0 || at[i].key < least ? at[i].key : least;
    }
    return least;
}

/* The values at `position` and behind it, by quickselect over entries weighted by their counts.
 * `above` is the least key behind the range, or `low` itself where there is none. */
static struct neighbours select_position(struct range_of_entries r, uint64_t position)
{
    bool has_above = false;
    uint64_t above = 0;
    for (;;) {
        uint64_t pivot = pivot_key(&r);
        uint64_t count_below;
        uint32_t n_below = partition(&r, pivot, &count_below);
        if (position < count_below) {
            above = pivot;
            has_above = true;
            r.n = n_below;
            continue;
        }
        position -= count_below;
        r.at += n_below;
        r.n -= n_below;
        pivot_to_front(&r, pivot);
        if (position + 1 < r.at->count) {
            return (struct neighbours){pivot, pivot};
        }
        if (position < r.at->count || r.n == 1) {
            uint64_t next = least_key(r.at + 1, r.n - 1, has_above ? above : pivot);
            return (struct neighbours){pivot, next};
        }
        position -= r.at->count;
        r.at++;
        r.n--;
    }
}

static double key_to_f64(uint64_t key, struct type type)
{
    if (agg_physical(type) == PHYSICAL_F64) {
        return rank_to_f64(key);
    }
    return decimal_to_f64(rank_to_i64(key), type.scale);
}

static double between_f64(struct neighbours keys, double fraction, struct type type)
{
    double low = key_to_f64(keys.low, type);
    double high = key_to_f64(keys.high, type);
    /* Without this, infinity minus infinity would be no number. */
    return keys.low == keys.high || fraction == 0 ? low : low + fraction * (high - low);
}

static int64_t between_i64(struct neighbours keys, double fraction)
{
    int64_t low = rank_to_i64(keys.low);
    int64_t high = rank_to_i64(keys.high);
    double distance = fraction * (double)((int128)high - low);
    int128 value = low + (int128)round(distance);
    return value > high ? high : (int64_t)value;
}

static uint64_t total_count(const struct bag *bag)
{
    uint64_t total = 0;
    for (const struct bag_entry *e = bag_first(bag); e != NULL; e = bag_next(bag, e)) {
        total += e->count;
    }
    return total;
}

void agg_percentile_emit(const struct agg_result *result, uint8_t *const *cells, uint32_t n,
                         struct column_out *out)
{
    struct type type = result->call.arg_types[0];
    for (uint32_t i = 0; i < n; i++) {
        const struct bag *bag = (const struct bag *)(cells[i] + result->offset);
        if (bag->n == 0) {
            column_out_null(out, i, n);
            continue;
        }
        struct range_of_entries entries = {bag_entries(out->arena, bag), bag->n};
        uint64_t last = total_count(bag) - 1;
        double position = result->call.param.f64 * (double)last;
        double whole = floor(position);
        /* A double rounds beyond 2^53 rows, and not beyond the last one. */
        uint64_t at = whole < (double)last ? (uint64_t)whole : last;
        struct neighbours keys = select_position(entries, at);
        if (agg_physical(out->type) == PHYSICAL_F64) {
            out->f64[i] = between_f64(keys, position - whole, type);
        } else {
            out->i64[i] = between_i64(keys, position - whole);
        }
    }
}
