/* approx_count_distinct: the error that its summary states, over seeded data. */
#include <math.h>

#include "engine/agg/agg.h"
#include "tests/support/rng.h"
#include "tests/support/testing.h"

enum { ROUNDS = 40 };

struct fixture {
    struct arena arena;
    struct rng rng;
    struct agg_call call;
    struct agg_set *set;
    uint8_t *cell;
};

static void fixture_init(struct fixture *f)
{
    struct type type = type_of(TYPE_BIGINT);
    struct error err;
    *f = (struct fixture){0};
    arena_init(&f->arena);
    rng_init(&f->rng);
    assert_int_equal(agg_resolve(&f->arena, slice_text("approx_count_distinct"), false, &type, 1,
                                 NULL, 0, &f->call, &err),
                     OK);
    f->set = agg_set_new(&f->arena, &f->call, 1);
    f->cell = arena_zalloc(&f->arena, agg_set_bytes(f->set));
}

static void fixture_release(struct fixture *f)
{
    agg_set_release_many(f->set, &f->cell, 1);
    agg_set_free(f->set);
    arena_release(&f->arena);
}

/* Adds first + 0 to first + n - 1, each `times` times. */
static void add_numbers(struct fixture *f, int64_t first, uint32_t n, uint32_t times)
{
    int64_t values[BATCH_ROWS];
    struct column column = {.type = type_of(TYPE_BIGINT), .values = values};
    struct batch batch = {.columns = &column, .time_column = -1};
    for (uint32_t from = 0; from < n * times; from += BATCH_ROWS) {
        batch.n = n * times - from < BATCH_ROWS ? n * times - from : BATCH_ROWS;
        column.n = batch.n;
        for (uint32_t i = 0; i < batch.n; i++) {
            values[i] = first + (int64_t)((from + i) % n);
        }
        agg_set_add_run(f->set, f->cell, &batch);
    }
}

static int64_t estimate(struct fixture *f)
{
    struct column column;
    agg_set_emit(f->set, &f->cell, 1, &f->arena, &column);
    return column.i64[0];
}

/* Consecutive numbers from a random start: as even as real keys are, so the hash has to work. */
static double error_of(struct fixture *f, uint32_t n)
{
    agg_set_release_many(f->set, &f->cell, 1);
    add_numbers(f, (int64_t)(rng_u64(&f->rng) >> 2), n, 1);
    return (double)estimate(f) / n - 1;
}

static void test_standard_error(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {300, 2000, 5000, 12000, 20000, 50000};
    struct fixture f;
    fixture_init(&f);
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        double squares = 0;
        double sum = 0;
        for (int round = 0; round < ROUNDS; round++) {
            double error = error_of(&f, sizes[s]);
            squares += error * error;
            sum += error;
            RNG_CHECK(&f.rng, fabs(error) < 5 * 1.04 / 64);
        }
        /* The mean of 40 errors lies within 4 / sqrt(40) of a standard error, its own deviation
         * within 45 %. */
        RNG_CHECK(&f.rng, fabs(sum / ROUNDS) < 0.64 * 1.04 / 64);
        RNG_CHECK(&f.rng, sqrt(squares / ROUNDS) < 1.45 * 1.04 / 64);
    }
    fixture_release(&f);
}

static void test_small_counts_are_nearly_exact(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    assert_int_equal(estimate(&f), 0);
    for (uint32_t n = 1; n <= 100; n++) {
        agg_set_release_many(f.set, &f.cell, 1);
        add_numbers(&f, 1000, n, 3);
        assert_in_range(estimate(&f), n - n / 20, n + n / 20 + 1);
    }
    fixture_release(&f);
}

/* Registers hold maxima: the saved state of a set of values is the same in any order. */
static void test_order_does_not_matter(void **state)
{
    (void)state;
    struct fixture f;
    struct bytebuf bytes[2] = {{0}, {0}};
    fixture_init(&f);
    for (int way = 0; way < 2; way++) {
        agg_set_release_many(f.set, &f.cell, 1);
        for (int i = 0; i < 250; i++) {
            add_numbers(&f, way == 0 ? i : 249 - i, 1, 1);
        }
        agg_set_save(f.set, f.cell, &bytes[way]);
    }
    assert_true(slice_equal(bytebuf_slice(&bytes[0]), bytebuf_slice(&bytes[1])));
    bytebuf_release(&bytes[0]);
    bytebuf_release(&bytes[1]);
    fixture_release(&f);
}

static void test_large_count_and_memory(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    add_numbers(&f, 0, 100, 1);
    assert_true(agg_set_owned_bytes(f.set) <= 512);
    add_numbers(&f, 0, 3000000, 1);
    assert_true(fabs((double)estimate(&f) / 3e6 - 1) < 4 * 1.04 / 64);
    assert_int_equal(agg_set_owned_bytes(f.set), 4096);
    fixture_release(&f);
}

TEST_MAIN(cmocka_unit_test(test_standard_error),
          cmocka_unit_test(test_small_counts_are_nearly_exact),
          cmocka_unit_test(test_order_does_not_matter),
          cmocka_unit_test(test_large_count_and_memory))
