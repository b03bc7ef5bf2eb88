/* approx_percentile: within 1 % of the value of that rank, over seeded data of several shapes, and
 * within the wider bound after bins had to be merged. */
#include <math.h>
#include <stdlib.h>

#include "engine/agg/agg.h"
#include "engine/agg/agg_kind.h"
#include "tests/support/rng.h"
#include "tests/support/testing.h"

enum { VALUES = 40000, PERCENTILES = 7 };

static const double percentiles[PERCENTILES] = {0, 0.01, 0.25, 0.5, 0.9, 0.999, 1};

struct fixture {
    struct arena arena;
    struct rng rng;
    struct agg_call calls[PERCENTILES];
    struct agg_set *set;
    double *values;
};

static void fixture_init(struct fixture *f)
{
    struct type type = type_of(TYPE_DOUBLE);
    struct error err;
    *f = (struct fixture){0};
    arena_init(&f->arena);
    rng_init(&f->rng);
    for (int i = 0; i < PERCENTILES; i++) {
        struct value p = value_double(percentiles[i]);
        assert_int_equal(agg_resolve(&f->arena, slice_text("approx_percentile"), false, &type, 1,
                                     &p, 1, &f->calls[i], &err),
                         OK);
    }
    f->set = agg_set_new(&f->arena, f->calls, PERCENTILES);
    f->values = arena_alloc(&f->arena, VALUES * sizeof *f->values);
}

static uint8_t *cell_of(struct fixture *f, const double *values, uint32_t n)
{
    uint8_t *cell = arena_zalloc(&f->arena, agg_set_bytes(f->set));
    for (uint32_t i = 0; i < n; i += BATCH_ROWS) {
        struct column column = {.type = type_of(TYPE_DOUBLE), .values = values + i};
        struct batch batch = {.columns = &column, .time_column = -1};
        batch.n = n - i < BATCH_ROWS ? n - i : BATCH_ROWS;
        column.n = batch.n;
        agg_set_add_run(f->set, cell, &batch);
    }
    return cell;
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static void check_within(struct fixture *f, double bound)
{
    struct column results[PERCENTILES];
    uint8_t *cell = cell_of(f, f->values, VALUES);
    agg_set_emit(f->set, &cell, 1, &f->arena, results);
    qsort(f->values, VALUES, sizeof *f->values, compare_doubles);
    for (int i = 0; i < PERCENTILES; i++) {
        double exact = f->values[(int)(percentiles[i] * (VALUES - 1))];
        RNG_CHECK(&f->rng, fabs(results[i].f64[0] - exact) <= bound * fabs(exact));
    }
    agg_set_release_many(f->set, &cell, 1);
}

static double uniform(struct rng *rng)
{
    return (double)(rng_u64(rng) >> 11) * 0x1p-53;
}

static void test_relative_error(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    assert_int_equal(agg_set_bytes(f.set), 32); /* seven percentiles share one sketch */
    for (int i = 0; i < VALUES; i++) {
        f.values[i] = uniform(&f.rng) * 1000; /* even */
    }
    check_within(&f, 0.01);
    for (int i = 0; i < VALUES; i++) {
        f.values[i] = -log(1 - uniform(&f.rng)) * 25; /* latencies */
    }
    check_within(&f, 0.01);
    for (int i = 0; i < VALUES; i++) {
        f.values[i] = exp((uniform(&f.rng) - 0.5) * 20) * (rng_once_in(&f.rng, 2) ? -1 : 1);
    }
    check_within(&f, 0.01);
    for (int i = 0; i < VALUES; i++) {
        f.values[i] = (double)rng_below(&f.rng, 3); /* mostly equal, and zero */
    }
    check_within(&f, 0.01);
    agg_set_free(f.set);
    arena_release(&f.arena);
}

/* 35 powers of ten do not fit into the bins: the error doubles, and the memory
 * stays within its limit. */
static void test_wide_data_gets_coarser(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    for (int i = 0; i < VALUES; i++) {
        f.values[i] = exp((uniform(&f.rng) - 0.5) * 80);
    }
    uint8_t *cell = cell_of(&f, f.values, VALUES);
    assert_true(agg_set_owned_bytes(f.set) <= (size_t)2 * AGG_SKETCH_BINS_MAX * 16);
    agg_set_release_many(f.set, &cell, 1);
    check_within(&f, 0.02);
    for (int i = 0; i < VALUES; i++) {
        f.values[i] = rng_f64(&f.rng);
        f.values[i] = isfinite(f.values[i]) ? f.values[i] : 0;
    }
    cell = cell_of(&f, f.values, VALUES);
    assert_true(agg_set_owned_bytes(f.set) <= (size_t)2 * AGG_SKETCH_BINS_MAX * 16);
    agg_set_release_many(f.set, &cell, 1);
    assert_int_equal(agg_set_owned_bytes(f.set), 0);
    agg_set_free(f.set);
    arena_release(&f.arena);
}

/* Whether bins are merged must not depend on the order of values or on how panes were cut. */
static void test_coarse_sketches_merge_in_any_order(void **state)
{
    (void)state;
    enum { PIECE = VALUES / 4 };
    struct fixture f;
    fixture_init(&f);
    for (int i = 0; i < VALUES; i++) {
        double width = i < PIECE ? 1 : 80; /* the first piece alone would stay fine */
        f.values[i] = exp((uniform(&f.rng) - 0.5) * width);
    }
    uint8_t *cells[4];
    for (int i = 0; i < 4; i++) {
        cells[i] = cell_of(&f, f.values + i * PIECE, PIECE);
    }
    uint8_t *forward = cell_of(&f, f.values, 0);
    uint8_t *backward = cell_of(&f, f.values, 0);
    uint8_t *whole = cell_of(&f, f.values, VALUES);
    for (int i = 0; i < 4; i++) {
        agg_set_merge_many(f.set, &forward, &cells[i], 1);
        agg_set_merge_many(f.set, &backward, &cells[3 - i], 1);
    }
    uint8_t *three[] = {whole, forward, backward};
    struct column results[PERCENTILES];
    agg_set_emit(f.set, three, 3, &f.arena, results);
    for (int i = 0; i < PERCENTILES; i++) {
        RNG_CHECK(&f.rng, results[i].f64[0] == results[i].f64[1]);
        RNG_CHECK(&f.rng, results[i].f64[0] == results[i].f64[2]);
    }
    agg_set_release_many(f.set, cells, 4);
    agg_set_release_many(f.set, three, 3);
    agg_set_free(f.set);
    arena_release(&f.arena);
}

static void test_zero_and_infinity(void **state)
{
    (void)state;
    static const double values[] = {-INFINITY, -1, -0.0, 0, 1, INFINITY, NAN};
    struct fixture f;
    fixture_init(&f);
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        struct column results[PERCENTILES];
        uint8_t *cell = cell_of(&f, values + i, 1);
        agg_set_emit(f.set, &cell, 1, &f.arena, results);
        double got = results[3].f64[0];
        assert_true(isnan(values[i]) ? isnan(got)
                                     : got == values[i] || fabs(got / values[i] - 1) < 0.01);
        agg_set_release_many(f.set, &cell, 1);
    }
    agg_set_free(f.set);
    arena_release(&f.arena);
}

TEST_MAIN(cmocka_unit_test(test_relative_error), cmocka_unit_test(test_wide_data_gets_coarser),
          cmocka_unit_test(test_coarse_sketches_merge_in_any_order),
          cmocka_unit_test(test_zero_and_infinity))
