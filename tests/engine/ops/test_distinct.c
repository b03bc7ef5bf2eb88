/* op_distinct: the first row of each key, against a list of all keys. */
#include <stdio.h>

#include "tests/engine/ops/ops_testing.h"

static const char columns[] = "ts TIMESTAMP, k TEXT, v BIGINT";

/* True if rows a and b have the same key: columns first … first + n - 1. */
static bool same_key(const struct batch *rows, uint32_t a, uint32_t b, uint32_t first, uint32_t n)
{
    for (uint32_t c = first; c < first + n; c++) {
        struct value x = column_value(&rows->columns[c], a);
        struct value y = column_value(&rows->columns[c], b);
        if (!value_equal(&x, &y)) {
            return false;
        }
    }
    return true;
}

static bool model_late(const struct feed *feed, uint32_t row)
{
    const struct column *times = &feed->rows.columns[0];
    return !column_is_null(times, row) && times->i64[row] < feed->watermarks[row];
}

static const char *model(struct bench *bench, const struct feed *feed, uint32_t first, uint32_t n,
                         uint64_t *n_late)
{
    struct bytebuf out = {0};
    uint32_t *seen = arena_alloc(&bench->life, feed->rows.n * sizeof *seen);
    uint32_t n_seen = 0;
    *n_late = 0;
    for (uint32_t i = 0; i < feed->rows.n; i++) {
        bool is_new = true;
        if (first == 0 && model_late(feed, i)) {
            (*n_late)++;
            continue;
        }
        for (uint32_t j = 0; j < n_seen && is_new; j++) {
            is_new = !same_key(&feed->rows, i, seen[j], first, n);
        }
        if (!is_new) {
            continue;
        }
        seen[n_seen++] = i;
        for (uint32_t c = 0; c < 3; c++) {
            line_add(&out, &feed->rows.columns[c], i);
        }
        bytebuf_add_byte(&out, '\n');
    }
    const char *text = arena_text(&bench->life, bytebuf_text(&out));
    bytebuf_release(&out);
    return text;
}

static void run_model(uint32_t first, uint32_t n_keys)
{
    struct rng rng;
    rng_init(&rng);
    for (uint32_t round = 0; round < 20; round++) {
        struct bench bench;
        struct feed feed;
        struct feed_options options = {.n = 1500,
                                       .step_us = 1,
                                       .jitter_us = 30,
                                       .delay_us = round % 3 == 0 ? -1 : 5};
        bench_init(&bench, columns);
        struct plan_node *node = bench_node(&bench, PLAN_DISTINCT, columns);
        if (n_keys > 0) {
            bench_keys(&bench, node, n_keys, first);
        }
        feed_init(&feed, &bench.life, &node->schema, &rng, &options);
        uint64_t n_late;
        const char *wanted = model(&bench, &feed, first, n_keys == 0 ? 3 : n_keys, &n_late);
        const char *got = feed_run(&feed, &bench, &rng, true);
        RNG_CHECK(&rng, strcmp(got, wanted) == 0);
        uint64_t n_told = 0;
        for (size_t i = 0; i < bench.late.len; i++) {
            n_told += bench.late.at[i] == '\n';
        }
        RNG_CHECK(&rng, n_told == n_late);
        bench_release(&bench);
    }
}

static void test_key_without_time(void **state)
{
    (void)state;
    run_model(1, 2);
}

static void test_one_text_key(void **state)
{
    (void)state;
    run_model(1, 1);
}

static void test_time_in_key(void **state)
{
    (void)state;
    run_model(0, 2);
}

static void test_whole_row(void **state)
{
    (void)state;
    run_model(0, 0);
}

/* Keys older than the watermark are forgotten; those with NULL time are not. */
static void test_forgets(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench, columns);
    bench_keys(&bench, bench_node(&bench, PLAN_DISTINCT, columns), 2, 0);
    bench_open(&bench);
    bench_push(&bench,
               "2026-01-05T09:00:00Z, a, 1\n2026-01-05T09:00:01Z, a, 2\nNULL, a, 3\n"
               "2026-01-05T09:00:00Z, a, 4",
               TIME_NONE);
    assert_int_equal(bench_stats(&bench).state_rows, 3);
    bench_advance(&bench, AT(1));
    assert_int_equal(bench_stats(&bench).state_rows, 2);
    bench_push(&bench, "2026-01-05T09:00:01Z, a, 5\n2026-01-05T09:00:00Z, b, 6\nNULL, a, 7", AT(1));
    assert_int_equal(bench_stats(&bench).rows_late, 1);
    bench_advance(&bench, AT(2));
    assert_int_equal(bench_stats(&bench).state_rows, 1);
    assert_string_equal(bench_text(&bench), "2026-01-05T09:00:00Z, a, 1\n"
                                            "2026-01-05T09:00:01Z, a, 2\nNULL, a, 3\n");
    bench_release(&bench);
}

/* State that cannot be forgotten ends the query when it is too large, and says how to go on. */
static void test_limit_of_state(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench, columns);
    bench_keys(&bench, bench_node(&bench, PLAN_DISTINCT, columns), 1, 2);
    bench.context.state_bytes_max = 100 * 1000;
    bench_open(&bench);
    uint32_t i = 0;
    for (; i < 10000 && bench.context.failure.status == OK; i++) {
        char row[40];
        snprintf(row, sizeof row, "NULL, NULL, %u", i);
        bench_push(&bench, row, TIME_NONE);
    }
    assert_int_equal(bench.context.failure.status, ERR_LIMIT);
    char wanted[80];
    snprintf(wanted, sizeof wanted, "operator \"distinct\" has %u keys and ", i);
    assert_non_null(strstr(bench.context.failure.text, wanted));
    assert_non_null(strstr(bench.context.failure.text, "more than 100000"));
    assert_true(i > 500 && i < 10000);
    uint64_t n = bench.n_rows;
    bench_push(&bench, "NULL, NULL, -1", TIME_NONE);
    assert_int_equal(bench.n_rows, n); /* no more rows are taken */
    bench_release(&bench);
}

static void test_damage(void **state)
{
    (void)state;
    struct bench bench;
    struct rng rng;
    rng_init(&rng);
    bench_init(&bench, columns);
    bench_keys(&bench, bench_node(&bench, PLAN_DISTINCT, columns), 3, 0);
    bench_open(&bench);
    bench_push(&bench, "2026-01-05T09:00:00Z, a, 1\nNULL, NULL, NULL\nNULL, b, 2", TIME_NONE);
    bench_damage(&bench, &rng);
    bench_release(&bench);
}

TEST_MAIN(cmocka_unit_test(test_key_without_time), cmocka_unit_test(test_one_text_key),
          cmocka_unit_test(test_time_in_key), cmocka_unit_test(test_whole_row),
          cmocka_unit_test(test_forgets), cmocka_unit_test(test_limit_of_state),
          cmocka_unit_test(test_damage))
