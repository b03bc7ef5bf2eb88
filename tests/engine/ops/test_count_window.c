/* op_count_window: WINDOW n ROWS SLIDE m ROWS against a model that keeps every row of a group. */
#include "tests/engine/ops/ops_testing.h"

static const char input[] = "ts TIMESTAMP, k TEXT, v BIGINT, d DOUBLE, note TEXT";

/* count(*), sum(v), min(v), max(v) of the last n rows of each group, each m rows. */
static const char *model(struct bench *bench, const struct feed *feed, const struct plan_node *node)
{
    struct bytebuf out = {0};
    const struct batch *rows = &feed->rows;
    uint32_t *group = arena_alloc(&bench->life, rows->n * sizeof *group);
    for (uint32_t i = 0; i < rows->n; i++) {
        if (column_is_null(&rows->columns[0], i)) {
            continue;
        }
        uint32_t n = 0; /* rows of the group up to here */
        struct value key = column_value(&rows->columns[1], i);
        for (uint32_t j = 0; j <= i; j++) {
            struct value other = column_value(&rows->columns[1], j);
            if (!column_is_null(&rows->columns[0], j) &&
                (node->n_keys == 0 || value_equal(&key, &other))) {
                group[n++] = j;
            }
        }
        if (n < node->window.rows || (n - node->window.rows) % node->window.rows_slide != 0) {
            continue;
        }
        int64_t sum = 0;
        int64_t min = INT64_MAX;
        int64_t max = INT64_MIN;
        const struct column *values = &rows->columns[2];
        uint32_t first = n - (uint32_t)node->window.rows;
        for (uint32_t j = first; j < n; j++) {
            if (!column_is_null(values, group[j])) {
                int64_t v = values->i64[group[j]];
                sum += v;
                min = v < min ? v : min;
                max = v > max ? v : max;
            }
        }
        if (node->having != NULL && sum <= 0) {
            continue;
        }
        line_add_time(&out, rows->columns[0].i64[group[first]]);
        line_add_time(&out, rows->columns[0].i64[i]);
        if (node->n_keys > 0) {
            line_add(&out, &rows->columns[1], i);
        }
        line_add_i64(&out, false, node->window.rows);
        line_add_i64(&out, min > max, sum);
        line_add_i64(&out, min > max, min);
        line_add_i64(&out, min > max, max);
        bytebuf_add_byte(&out, '\n');
    }
    const char *text = arena_text(&bench->life, bytebuf_text(&out));
    bytebuf_release(&out);
    return text;
}

static struct plan_node *add_node(struct bench *bench, int64_t rows, int64_t slide, bool has_keys)
{
    struct plan_node *node = bench_node(
        bench, PLAN_AGGREGATE,
        has_keys ? "window_start TIMESTAMP, window_end TIMESTAMP, k TEXT, n BIGINT, s BIGINT, "
                   "lo BIGINT, hi BIGINT"
                 : "window_start TIMESTAMP, window_end TIMESTAMP, n BIGINT, s BIGINT, lo BIGINT, "
                   "hi BIGINT");
    node->window = (struct window_spec){.kind = WINDOW_ROWS, .rows = rows, .rows_slide = slide};
    if (has_keys) {
        bench_keys(bench, node, 1, 1);
    }
    bench_call(bench, node, "count", -1, false);
    bench_call(bench, node, "sum", 2, false);
    bench_call(bench, node, "min", 2, false);
    bench_call(bench, node, "max", 2, false);
    return node;
}

static void run_model(int64_t n_rows, int64_t slide)
{
    struct rng rng;
    rng_init(&rng);
    for (uint32_t round = 0; round < 6; round++) {
        struct bench bench;
        struct feed feed;
        struct feed_options options = {.n = 700, .step_us = 1000, .jitter_us = 5000, .delay_us = 0};
        bool has_keys = round % 3 != 0;
        bench_init(&bench, input);
        struct plan_node *node = add_node(&bench, n_rows, slide, has_keys);
        if (round % 2 == 0) {
            bench_having(&bench, node, has_keys ? 4 : 3, ">", 0);
        }
        feed_init(&feed, &bench.life, &node->input->schema, &rng, &options);
        const char *wanted = model(&bench, &feed, node);
        const char *got = feed_run(&feed, &bench, round == 5 ? NULL : &rng, true);
        RNG_CHECK(&rng, strcmp(got, wanted) == 0);
        bench_release(&bench);
    }
}

static void test_tumbling(void **state)
{
    (void)state;
    run_model(1, 1);
    run_model(7, 7);
    run_model(100, 100);
}

static void test_sliding(void **state)
{
    (void)state;
    run_model(5, 1);
    run_model(10, 3); /* panes of one row */
    run_model(12, 8); /* panes of four */
    run_model(100, 10);
    run_model(64, 63);
}

/* Aggregates that own memory, and sums of DOUBLE: the same to the bit whatever the cuts. */
static void test_cuts_do_not_show(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng);
    for (uint32_t round = 0; round < 10; round++) {
        struct bench bench;
        struct feed feed;
        struct feed_options options = {.n = 3000, .step_us = 1000, .delay_us = 0};
        bench_init(&bench, input);
        struct plan_node *node = bench_node(
            &bench, PLAN_AGGREGATE,
            "window_start TIMESTAMP, window_end TIMESTAMP, k TEXT, s DOUBLE, u BIGINT, t TEXT, "
            "m TEXT");
        node->window =
            (struct window_spec){.kind = WINDOW_ROWS, .rows = 20, .rows_slide = 1 + round};
        bench_keys(&bench, node, 1, 1);
        bench_call(&bench, node, "sum", 3, false);
        bench_call(&bench, node, "count", 2, true);
        bench_call(&bench, node, "last", 4, false);
        bench_call(&bench, node, "max", 4, false);
        feed_init(&feed, &bench.life, &node->input->schema, &rng, &options);
        double *doubles = (double *)(uintptr_t)feed.rows.columns[3].f64;
        for (uint32_t i = 0; i < feed.rows.n; i++) {
            doubles[i] *= 0.1;
        }
        const char *wanted = feed_run(&feed, &bench, NULL, false);
        RNG_CHECK(&rng, bench.n_rows > 100);
        for (uint32_t again = 0; again < 3; again++) {
            RNG_CHECK(&rng, strcmp(feed_run(&feed, &bench, &rng, true), wanted) == 0);
        }
        bench_release(&bench);
    }
}

static void test_by_hand(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench, input);
    add_node(&bench, 3, 2, true);
    bench_open(&bench);
    bench_push(&bench,
               "2026-01-05T09:00:05Z, a, 1, NULL, NULL\n"
               "2026-01-05T09:00:01Z, a, 2, NULL, NULL\n" /* arrival counts, not time */
               "NULL, a, 100, NULL, NULL\n"               /* in no window */
               "2026-01-05T09:00:02Z, NULL, 7, NULL, NULL\n"
               "2026-01-05T09:00:03Z, a, NULL, NULL, NULL\n",
               AT(100));
    assert_string_equal(bench_take(&bench),
                        "2026-01-05T09:00:05Z, 2026-01-05T09:00:03Z, a, 3, 3, 1, 2\n");
    bench_push(&bench, "2026-01-05T09:00:06Z, a, 5, NULL, NULL", AT(100));
    assert_string_equal(bench_take(&bench), "");
    bench_push(&bench, "2026-01-05T09:00:07Z, a, 6, NULL, NULL", AT(100));
    assert_string_equal(bench_take(&bench),
                        "2026-01-05T09:00:03Z, 2026-01-05T09:00:07Z, a, 3, 11, 5, 6\n");
    bench_advance(&bench, TIME_END);
    bench_trigger(&bench, true);
    assert_string_equal(bench_take(&bench), ""); /* windows that are not full stay unsaid */
    assert_int_equal(bench_stats(&bench).rows_no_time, 1);
    bench_release(&bench);
}

static void test_damage(void **state)
{
    (void)state;
    struct bench bench;
    struct rng rng;
    rng_init(&rng);
    bench_init(&bench, input);
    add_node(&bench, 3, 1, true);
    bench_open(&bench);
    bench_push(&bench,
               "2026-01-05T09:00:05Z, a, 1, NULL, NULL\n2026-01-05T09:00:05Z, b, 1, NULL, NULL\n"
               "2026-01-05T09:00:05Z, a, 1, NULL, NULL\n2026-01-05T09:00:05Z, a, 2, NULL, NULL\n",
               AT(100));
    bench_damage(&bench, &rng);
    bench_release(&bench);
}

TEST_MAIN(cmocka_unit_test(test_tumbling), cmocka_unit_test(test_sliding),
          cmocka_unit_test(test_cuts_do_not_show), cmocka_unit_test(test_by_hand),
          cmocka_unit_test(test_damage))
