/* Watermarks: per row, per split, whatever the cuts between batches. */
#include "tests/support/testing.h"

#include "engine/base/clock.h"
#include "engine/run/watermark.h"
#include "tests/support/builders.h"
#include "tests/support/rng.h"

#define SECOND US_PER_SECOND

static void feed_times(struct watermark *mark, uint32_t split, int64_t now_us, const int64_t *times,
                       uint32_t n, int64_t *before)
{
    struct arena arena;
    arena_init(&arena);
    const struct schema *schema = schema_from_text(&arena, "ts TIMESTAMP");
    struct batch batch;
    batch_init(&batch, schema, &arena);
    batch.n = n;
    batch.time_column = 0;
    batch.columns[0].n = n;
    batch.columns[0].i64 = times;
    watermark_rows(mark, split, now_us, &batch);
    assert_true(batch.watermark == mark->current);
    for (uint32_t i = 0; i < n; i++) {
        before[i] = batch.watermarks != NULL ? batch.watermarks[i] : TIME_NONE;
    }
    arena_release(&arena);
}

static void test_moves_per_row_and_never_back(void **state)
{
    (void)state;
    struct watermark mark;
    const int64_t times[] = {10 * SECOND, 30 * SECOND, 20 * SECOND, 40 * SECOND};
    int64_t before[4];
    watermark_init(&mark, 5 * SECOND, TIME_END);
    watermark_open(&mark, 0, 0);
    assert_true(mark.current == TIME_NONE);
    feed_times(&mark, 0, 0, times, 4, before);
    assert_true(before[0] == TIME_NONE);
    assert_int_equal(before[1], 5 * SECOND);
    assert_int_equal(before[2], 25 * SECOND);
    assert_int_equal(before[3], 25 * SECOND);
    assert_int_equal(mark.current, 35 * SECOND);
    watermark_release(&mark);
}

static void test_is_the_minimum_over_splits(void **state)
{
    (void)state;
    struct watermark mark;
    int64_t before[1];
    watermark_init(&mark, 0, TIME_END);
    watermark_open(&mark, 1, 0);
    feed_times(&mark, 0, 0, (const int64_t[]){50 * SECOND}, 1, before);
    assert_true(mark.current == TIME_NONE); /* split 1 has said nothing */
    feed_times(&mark, 1, 0, (const int64_t[]){20 * SECOND}, 1, before);
    assert_int_equal(mark.current, 20 * SECOND);
    assert_int_equal(watermark_holder(&mark), 1);
    watermark_end(&mark, 1);
    assert_int_equal(mark.current, 50 * SECOND);
    assert_int_equal(watermark_n_idle(&mark), 1);
    watermark_release(&mark);
}

static void test_future_rows_do_not_move_it(void **state)
{
    (void)state;
    struct watermark mark;
    int64_t before[2];
    watermark_init(&mark, 0, US_PER_HOUR);
    watermark_open(&mark, 0, 0);
    feed_times(&mark, 0, 0, (const int64_t[]){2 * US_PER_HOUR, US_PER_HOUR}, 2, before);
    assert_int_equal(mark.current, US_PER_HOUR);
    assert_int_equal(mark.rows_future, 1);
    /* One hour beyond the watermark is believed, though the wall clock is still at 0. */
    feed_times(&mark, 0, 0, (const int64_t[]){2 * US_PER_HOUR}, 1, before);
    assert_int_equal(mark.current, 2 * US_PER_HOUR);
    watermark_release(&mark);
}

static void test_silence_runs_on_with_the_clock(void **state)
{
    (void)state;
    struct watermark mark;
    int64_t before[1];
    watermark_init(&mark, 5 * SECOND, TIME_END);
    watermark_open(&mark, 0, 0);
    feed_times(&mark, 0, 1000 * SECOND, (const int64_t[]){100 * SECOND}, 1, before);
    watermark_idle(&mark, 1009 * SECOND, 10 * SECOND);
    assert_int_equal(mark.current, 95 * SECOND);
    assert_int_equal(watermark_due_us(&mark, 100 * SECOND, 10 * SECOND), 1010 * SECOND);
    assert_int_equal(watermark_due_us(&mark, 110 * SECOND, 10 * SECOND), 1015 * SECOND);
    watermark_idle(&mark, 1010 * SECOND, 10 * SECOND);
    assert_int_equal(mark.current, 105 * SECOND);
    watermark_idle(&mark, 1015 * SECOND, 10 * SECOND);
    assert_int_equal(mark.current, 110 * SECOND);
    assert_true(watermark_due_us(&mark, 110 * SECOND, -1) == TIME_END);
    watermark_release(&mark);
}

static void test_idle_split_holds_nobody_back(void **state)
{
    (void)state;
    struct watermark mark;
    int64_t before[1];
    watermark_init(&mark, 0, TIME_END);
    watermark_open(&mark, 1, 0);
    feed_times(&mark, 0, 20 * SECOND, (const int64_t[]){50 * SECOND}, 1, before);
    watermark_idle(&mark, 20 * SECOND, 10 * SECOND);
    assert_int_equal(mark.current, 50 * SECOND); /* split 1 was silent for 20 s */
    feed_times(&mark, 1, 21 * SECOND, (const int64_t[]){30 * SECOND}, 1, before);
    assert_int_equal(before[0], 50 * SECOND); /* it is back, and its row is late */
    assert_int_equal(mark.current, 50 * SECOND);
    watermark_release(&mark);
}

/* The same rows, cut anywhere, give every row the same verdict. */
static void test_cuts_change_nothing(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng);
    for (int round = 0; round < 300; round++) {
        enum { N = 200 };
        int64_t times[N];
        int64_t whole[N];
        int64_t parts[N];
        for (uint32_t i = 0; i < N; i++) {
            times[i] = (int64_t)(i * SECOND) - (int64_t)rng_below(&rng, 8) * SECOND;
        }
        struct watermark one;
        struct watermark cut;
        watermark_init(&one, 3 * SECOND, TIME_END);
        watermark_init(&cut, 3 * SECOND, TIME_END);
        watermark_open(&one, 0, 0);
        watermark_open(&cut, 0, 0);
        feed_times(&one, 0, 0, times, N, whole);
        for (uint32_t at = 0; at < N;) {
            uint32_t n = 1 + (uint32_t)rng_below(&rng, N - at);
            feed_times(&cut, 0, 0, times + at, n, parts + at);
            at += n;
        }
        RNG_CHECK(&rng, one.current == cut.current);
        for (uint32_t i = 0; i < N; i++) {
            /* TIME_NONE: the batch promised that no row of it is late. */
            RNG_CHECK(&rng, parts[i] == whole[i] || parts[i] == TIME_NONE);
            RNG_CHECK(&rng, parts[i] != TIME_NONE || whole[i] == TIME_NONE || times[i] >= whole[i]);
        }
        watermark_release(&one);
        watermark_release(&cut);
    }
}

static void test_exact_says_every_row(void **state)
{
    (void)state;
    struct watermark mark;
    int64_t before[2];
    watermark_init(&mark, SECOND, TIME_END);
    mark.is_exact = true;
    watermark_open(&mark, 0, 0);
    feed_times(&mark, 0, 0, (const int64_t[]){10 * SECOND, 20 * SECOND}, 2, before);
    assert_true(before[0] == TIME_NONE);
    assert_int_equal(before[1], 9 * SECOND);
    feed_times(&mark, 0, 0, (const int64_t[]){30 * SECOND}, 1, before);
    assert_int_equal(before[0], 19 * SECOND);
    watermark_release(&mark);
}

/* The rule of language.md §4.2, said row by row. */
struct naive {
    int64_t marks[2];
    int64_t current;
};

static void naive_row(struct naive *naive, const struct watermark *mark, uint32_t split,
                      int64_t time_us)
{
    int64_t limit;
    int64_t moved;
    int64_t base = naive->current > 0 ? naive->current : 0; /* the wall clock stands at 0 */
    if (!__builtin_add_overflow(base, mark->max_future_us, &limit) && time_us > limit) {
        return;
    }
    if (__builtin_sub_overflow(time_us, mark->delay_us, &moved) || moved == TIME_NONE) {
        moved = TIME_NONE + 1;
    }
    naive->marks[split] = moved > naive->marks[split] ? moved : naive->marks[split];
    int64_t least = naive->marks[0] < naive->marks[1] ? naive->marks[0] : naive->marks[1];
    naive->current = least > naive->current ? least : naive->current;
}

static void test_every_row_against_the_rule(void **state)
{
    (void)state;
    enum { N = 40 };
    struct rng rng;
    rng_init(&rng);
    for (int round = 0; round < 2000; round++) {
        struct watermark mark;
        struct naive naive = {{TIME_NONE, TIME_NONE}, TIME_NONE};
        watermark_init(&mark, 3 * SECOND, rng_once_in(&rng, 2) ? TIME_END : US_PER_HOUR);
        mark.is_exact = true;
        watermark_open(&mark, 1, 0);
        bool wild = rng_once_in(&rng, 4);
        for (int batch = 0; batch < 6; batch++) {
            int64_t times[N];
            int64_t before[N];
            uint32_t n = 1 + (uint32_t)rng_below(&rng, N);
            uint32_t split = (uint32_t)rng_below(&rng, 2);
            for (uint32_t i = 0; i < n; i++) {
                times[i] = wild ? rng_i64(&rng) : (int64_t)rng_below(&rng, 200) * 30 * SECOND;
            }
            feed_times(&mark, split, 0, times, n, before);
            for (uint32_t i = 0; i < n; i++) {
                RNG_CHECK(&rng, before[i] == naive.current);
                naive_row(&naive, &mark, split, times[i]);
            }
            RNG_CHECK(&rng, mark.current == naive.current);
        }
        watermark_release(&mark);
    }
}

/* A split that comes under the number of an ended one holds back as any other; what the former had
 * seen still runs on with the clock. */
static void test_number_of_an_ended_split(void **state)
{
    (void)state;
    struct watermark mark;
    int64_t before[1];
    watermark_init(&mark, SECOND, TIME_END);
    watermark_open(&mark, 1, 0);
    feed_times(&mark, 0, 0, (const int64_t[]){50 * SECOND}, 1, before);
    feed_times(&mark, 1, 0, (const int64_t[]){20 * SECOND}, 1, before);
    watermark_end(&mark, 0);
    watermark_open(&mark, 0, SECOND);
    assert_int_equal(mark.n, 2);
    assert_int_equal(watermark_holder(&mark), 0);
    watermark_end(&mark, 1);
    assert_int_equal(mark.current, 19 * SECOND);
    watermark_idle(&mark, 12 * SECOND, 10 * SECOND);
    assert_int_equal(mark.current, (49 + 11) * SECOND);
    watermark_release(&mark);
}

static void test_snapshot(void **state)
{
    (void)state;
    struct watermark mark;
    struct watermark loaded;
    struct bytebuf bytes;
    int64_t before[1];
    bytebuf_init(&bytes);
    watermark_init(&mark, SECOND, TIME_END);
    watermark_init(&loaded, SECOND, TIME_END);
    watermark_open(&mark, 2, 7);
    feed_times(&mark, 1, 9, (const int64_t[]){50 * SECOND}, 1, before);
    watermark_end(&mark, 0);
    watermark_save(&mark, &bytes);
    for (size_t len = 0; len < bytes.len; len++) {
        struct watermark damaged;
        watermark_init(&damaged, SECOND, TIME_END);
        struct reader in = reader_of(slice_of(bytes.at, len));
        assert_false(watermark_load(&damaged, &in));
        watermark_release(&damaged);
    }
    struct reader in = reader_of(bytebuf_slice(&bytes));
    assert_true(watermark_load(&loaded, &in));
    assert_int_equal(loaded.n, 3);
    assert_true(loaded.current == mark.current);
    assert_int_equal(loaded.splits[1].mark, mark.splits[1].mark);
    assert_true(loaded.splits[0].ended);
    watermark_release(&mark);
    watermark_release(&loaded);
    bytebuf_release(&bytes);
}

TEST_MAIN(cmocka_unit_test(test_moves_per_row_and_never_back),
          cmocka_unit_test(test_is_the_minimum_over_splits),
          cmocka_unit_test(test_future_rows_do_not_move_it),
          cmocka_unit_test(test_silence_runs_on_with_the_clock),
          cmocka_unit_test(test_idle_split_holds_nobody_back),
          cmocka_unit_test(test_cuts_change_nothing), cmocka_unit_test(test_exact_says_every_row),
          cmocka_unit_test(test_every_row_against_the_rule),
          cmocka_unit_test(test_number_of_an_ended_split), cmocka_unit_test(test_snapshot))
