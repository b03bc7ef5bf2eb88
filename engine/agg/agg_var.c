/* agg_var: variance and standard deviation of DOUBLE. The state is n, the mean and the sum of
 * squared distances from it, which loses no digits to a large mean as a sum of squares would.
 * One value: B. Welford, "Note on a Method for Calculating Corrected Sums of Squares and Products"
 * (1962). Merging: T. Chan, G. Golub, R. LeVeque, "Updating Formulae and a Pairwise Algorithm for
 * Computing Sample Variances" (1979). No inverse: it would not be exact. */
#include <math.h>

#include "engine/agg/agg_kind.h"
#include "engine/agg/agg_number.h"

struct moments {
    uint64_t n; /* first, so that count(x) can read it */
    double mean;
    double squares; /* sum of squared distances from the mean */
};

static struct moments *moments_at(const struct agg_part *part, uint8_t *cell)
{
    return (struct moments *)(cell + part->offset);
}

AGG_INLINE void moments_add(struct moments *m, double value)
{
    m->n++;
    double distance = value - m->mean;
    m->mean += distance / (double)m->n;
    m->squares += distance * (value - m->mean);
}

static void moments_add_many(const struct agg_part *part, uint8_t *const *cells,
                             const struct agg_rows *rows)
{
    for (uint32_t i = 0; i < rows->n; i++) {
        if (!column_is_null(rows->arg, i)) {
            moments_add(moments_at(part, cells[i]), rows->arg->f64[i]);
        }
    }
}

static void moments_add_run(const struct agg_part *part, uint8_t *cell, const struct agg_rows *rows)
{
    struct moments m = *moments_at(part, cell); /* in registers */
    for (uint32_t i = 0; i < rows->n; i++) {
        if (!column_is_null(rows->arg, i)) {
            moments_add(&m, rows->arg->f64[i]);
        }
    }
    *moments_at(part, cell) = m;
}

static void moments_merge(struct moments *into, const struct moments *from)
{
    if (into->n == 0 || from->n == 0) {
        *into = into->n == 0 ? *from : *into;
        return;
    }
    double n_into = (double)into->n;
    double n_from = (double)from->n;
    double distance = from->mean - into->mean;
    into->n += from->n;
    into->mean += distance * (n_from / (n_into + n_from));
    into->squares += from->squares + distance * distance * (n_into * n_from / (n_into + n_from));
}

static void moments_merge_many(const struct agg_part *part, uint8_t *const *into,
                               uint8_t *const *from, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        moments_merge(moments_at(part, into[i]), moments_at(part, from[i]));
    }
}

static void moments_save(const struct agg_part *part, const uint8_t *cell, struct bytebuf *out)
{
    const struct moments *m = (const struct moments *)(cell + part->offset);
    codec_put_u64(out, m->n);
    save_f64(out, m->mean);
    save_f64(out, m->squares);
}

static bool moments_load(const struct agg_part *part, uint8_t *cell, struct reader *in)
{
    struct moments *m = moments_at(part, cell);
    m->n = reader_u64(in);
    m->mean = reader_f64(in);
    m->squares = reader_f64(in);
    return m->n <= agg_rows_max && !(m->squares < 0) &&
           (m->n > 0 || (m->mean == 0 && m->squares == 0));
}

const struct agg_state agg_moments_state = {
    .name = "moments",
    .bytes = sizeof(struct moments),
    .add_many = moments_add_many,
    .add_run = moments_add_run,
    .merge_many = moments_merge_many,
    .save = moments_save,
    .load = moments_load,
};

/* ---- results --------------------------------------------------------------------------------- */

/* `missing` degrees of freedom: 0 of the population, 1 of a sample. */
AGG_INLINE void moments_emit(const struct agg_result *result, uint8_t *const *cells, uint32_t n,
                             struct column_out *out, const uint64_t missing, const bool root)
{
    for (uint32_t i = 0; i < n; i++) {
        const struct moments *m = (const struct moments *)(cells[i] + result->offset);
        if (m->n <= missing) {
            column_out_null(out, i, n);
            continue;
        }
        double variance = m->squares / (double)(m->n - missing);
        out->f64[i] = root ? sqrt(variance) : variance;
    }
}

void agg_var_pop_emit(const struct agg_result *result, uint8_t *const *cells, uint32_t n,
                      struct column_out *out)
{
    moments_emit(result, cells, n, out, 0, false);
}

void agg_var_samp_emit(const struct agg_result *result, uint8_t *const *cells, uint32_t n,
                       struct column_out *out)
{
    moments_emit(result, cells, n, out, 1, false);
}

void agg_stddev_pop_emit(const struct agg_result *result, uint8_t *const *cells, uint32_t n,
                         struct column_out *out)
{
    moments_emit(result, cells, n, out, 0, true);
}

void agg_stddev_samp_emit(const struct agg_result *result, uint8_t *const *cells, uint32_t n,
                          struct column_out *out)
{
    moments_emit(result, cells, n, out, 1, true);
}
