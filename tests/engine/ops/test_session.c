/* op_session and op_session_rows: session windows against a model that keeps all rows. */
#include "tests/engine/ops/op_session_model.h"

static const char input[] = "ts TIMESTAMP, k TEXT, v BIGINT";

/* ---- a changing result ----------------------------------------------------------------------- */

struct held {
    const char *rows[SESSIONS_MAX];
    uint32_t n;
};

/* Length of the first `n_key` values with their commas. */
static size_t key_length(const char *row, uint32_t n_key)
{
    const char *at = row;
    for (; n_key > 0; n_key--) {
        at = strstr(at, ", ") + 2;
    }
    return (size_t)(at - row);
}

static void hold_line(struct rng *rng, struct held *held, const char *line, uint32_t n_key)
{
    const char *row = line + 2;
    size_t key = key_length(row, n_key);
    uint32_t at = 0;
    while (at < held->n && strncmp(held->rows[at], row, key) != 0) {
        at++;
    }
    if (line[0] == '+') {
        held->rows[at] = row;
        held->n += at == held->n;
        return;
    }
    RNG_CHECK(rng, line[0] == '-' && at < held->n); /* only what is held is taken away */
    held->rows[at] = held->rows[--held->n];
}

static int compare_lines(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void split_lines(struct bench *bench, const char *text, const char **lines, uint32_t *n)
{
    char *copy = arena_text(&bench->life, text);
    *n = 0;
    for (char *end = strchr(copy, '\n'); end != NULL; end = strchr(copy, '\n')) {
        *end = '\0';
        lines[(*n)++] = copy;
        copy = end + 1;
    }
}

static void check_changes(struct rng *rng, struct bench *bench, const char *changes,
                          const char *wanted, uint32_t n_key)
{
    enum { LINES_MAX = 100000 };
    const char **lines = mem_alloc(LINES_MAX * sizeof *lines);
    struct held *held = mem_zalloc(sizeof *held);
    uint32_t n;
    split_lines(bench, changes, lines, &n);
    for (uint32_t i = 0; i < n; i++) {
        hold_line(rng, held, lines[i], n_key);
    }
    split_lines(bench, wanted, lines, &n);
    qsort(lines, n, sizeof *lines, compare_lines);
    qsort(held->rows, held->n, sizeof *held->rows, compare_lines);
    RNG_CHECK(rng, n == held->n);
    for (uint32_t i = 0; i < n; i++) {
        RNG_CHECK(rng, strcmp(lines[i], held->rows[i]) == 0);
    }
    mem_free(held);
    mem_free(lines);
}

/* ---- plans ----------------------------------------------------------------------------------- */

static struct plan_node *add_totals_node(struct bench *bench, bool has_keys, enum emit_kind emit)
{
    struct plan_node *node = bench_node(
        bench, PLAN_AGGREGATE,
        has_keys ? "window_start TIMESTAMP, window_end TIMESTAMP, k TEXT, n BIGINT, s BIGINT, "
                   "hi BIGINT"
                 : "window_start TIMESTAMP, window_end TIMESTAMP, n BIGINT, s BIGINT, hi BIGINT");
    node->window = (struct window_spec){.kind = WINDOW_SESSION, .size_us = 5 * US_PER_SECOND};
    node->emit.kind = emit;
    if (has_keys) {
        bench_keys(bench, node, 1, KEY);
    }
    bench_call(bench, node, "count", -1, false);
    bench_call(bench, node, "sum", VALUE, false);
    bench_call(bench, node, "max", VALUE, false);
    return node;
}

static struct plan_node *add_rows_node(struct bench *bench, bool has_keys, enum emit_kind emit)
{
    struct plan_node *node =
        bench_node(bench, PLAN_WINDOW_ROWS,
                   "window_start TIMESTAMP, window_end TIMESTAMP, ts TIMESTAMP, k TEXT, v BIGINT");
    node->window = (struct window_spec){.kind = WINDOW_SESSION, .size_us = 5 * US_PER_SECOND};
    node->emit.kind = emit;
    if (has_keys) {
        bench_keys(bench, node, 1, KEY);
    }
    return node;
}

static void vary_window(struct rng *rng, struct window_spec *window)
{
    window->grace_us = rng_once_in(rng, 2) ? 0 : 2 * US_PER_SECOND;
    window->session_max_us = rng_once_in(rng, 3) ? 12 * US_PER_SECOND : 0;
}

static const struct feed_options sparse = {.n = 600,
                                           .step_us = US_PER_SECOND / 4,
                                           .jitter_us = 12 * US_PER_SECOND,
                                           .delay_us = 2 * US_PER_SECOND,
                                           .gap_once_in = 300};

static void run_model(bool totals, enum emit_kind emit, bool triggers)
{
    struct rng rng;
    rng_init(&rng);
    struct model *model = mem_zalloc(sizeof *model);
    for (uint32_t round = 0; round < 40; round++) {
        struct bench bench;
        struct feed feed;
        struct feed_options options = sparse;
        bool has_keys = round % 4 != 0;
        options.delay_us = round % 5 == 0 ? -1 : options.delay_us;
        bench_init(&bench, input);
        struct plan_node *node = totals ? add_totals_node(&bench, has_keys, emit)
                                        : add_rows_node(&bench, has_keys, emit);
        vary_window(&rng, &node->window);
        if (totals && round % 2 == 0) {
            bench_having(&bench, node, has_keys ? 3 : 2, ">", 2);
        }
        feed_init(&feed, &bench.life, &node->input->schema, &rng, &options);
        model_run(model, &feed, node);
        const char *wanted = model_text(&bench, model);
        const char *got = feed_run(&feed, &bench, round == 39 ? NULL : &rng, triggers);
        if (emit == EMIT_CHANGES) {
            check_changes(&rng, &bench, got, wanted, has_keys ? 3 : 2);
        } else {
            RNG_CHECK(&rng, strcmp(got, wanted) == 0);
        }
        bench_release(&bench);
    }
    mem_free(model);
}

static void test_close(void **state)
{
    (void)state;
    run_model(true, EMIT_CLOSE, true);
}

static void test_changes(void **state)
{
    (void)state;
    run_model(true, EMIT_CHANGES, true);
}

static void test_complete(void **state)
{
    (void)state;
    run_model(true, EMIT_COMPLETE, false);
}

static void test_rows_close(void **state)
{
    (void)state;
    run_model(false, EMIT_CLOSE, true);
}

static void test_rows_complete(void **state)
{
    (void)state;
    run_model(false, EMIT_COMPLETE, false);
}

/* ---- by hand --------------------------------------------------------------------------------- */

static void test_gap_of_exactly_size(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench, input);
    add_totals_node(&bench, true, EMIT_CLOSE);
    bench_open(&bench);
    bench_push(&bench,
               "2026-01-05T09:00:00Z, a, 1\n2026-01-05T09:00:05Z, a, 2\n"
               "2026-01-05T09:00:00Z, b, 1\n2026-01-05T09:00:05.000001Z, b, 2\n",
               TIME_NONE);
    bench_advance(&bench, AT(5) - 1);
    assert_string_equal(bench_take(&bench), "");
    bench_advance(&bench, AT(5));
    assert_string_equal(bench_take(&bench),
                        "2026-01-05T09:00:00Z, 2026-01-05T09:00:05Z, b, 1, 1, 1\n");
    bench_advance(&bench, TIME_END);
    assert_string_equal(bench_take(&bench),
                        "2026-01-05T09:00:00Z, 2026-01-05T09:00:10Z, a, 2, 3, 2\n"
                        "2026-01-05T09:00:05.000001Z, 2026-01-05T09:00:10.000001Z, b, 1, 2, 2\n");
    assert_int_equal(bench_stats(&bench).state_rows, 0);
    bench_release(&bench);
}

/* A row whose own session is closed is late, unless it joins one that is open. A session that was
 * closed before the row came takes nothing in, even if it has not left yet. */
static void test_late(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench, input);
    add_totals_node(&bench, true, EMIT_CLOSE);
    bench_open(&bench);
    bench_push(&bench, "2026-01-05T09:00:00Z, a, 1\n2026-01-05T09:00:10Z, b, 1", TIME_NONE);
    bench_push(&bench,
               "2026-01-05T09:00:03Z, a, 2\n"   /* [0, 5) is closed, [3, 8) is not */
               "2026-01-05T09:00:01Z, b, 4\n"   /* late: joins nothing */
               "2026-01-05T09:00:00Z, c, 8\n"   /* late */
               "NULL, c, 16\n"                  /* no time */
               "2026-01-05T09:00:05Z, b, 32\n"  /* joins b's session, which is open */
               "2026-01-05T09:00:01Z, b, 64\n", /* and now this one does too */
               AT(6));
    bench_advance(&bench, TIME_END);
    assert_string_equal(bench_take(&bench),
                        "2026-01-05T09:00:00Z, 2026-01-05T09:00:05Z, a, 1, 1, 1\n"
                        "2026-01-05T09:00:03Z, 2026-01-05T09:00:08Z, a, 1, 2, 2\n"
                        "2026-01-05T09:00:01Z, 2026-01-05T09:00:15Z, b, 3, 97, 64\n");
    assert_int_equal(bench_stats(&bench).rows_late, 2);
    assert_int_equal(bench_stats(&bench).rows_no_time, 1);
    assert_string_equal(bytebuf_text(&bench.late), "2026-01-05T09:00:01Z\n2026-01-05T09:00:00Z\n");
    bench_release(&bench);
}

/* The old rows go before the new one comes; NULL is a group. */
static void test_changes_of_a_merge(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench, input);
    add_totals_node(&bench, true, EMIT_CHANGES);
    bench_open(&bench);
    bench_push(&bench, "2026-01-05T09:00:00Z, NULL, 1\n2026-01-05T09:00:10Z, NULL, 2", TIME_NONE);
    bench_trigger(&bench, false);
    assert_string_equal(bench_take(&bench),
                        "+\t2026-01-05T09:00:00Z, 2026-01-05T09:00:05Z, NULL, 1, 1, 1\n"
                        "+\t2026-01-05T09:00:10Z, 2026-01-05T09:00:15Z, NULL, 1, 2, 2\n");
    bench_push(&bench, "2026-01-05T09:00:05Z, NULL, 4", TIME_NONE);
    bench_reopen(&bench);
    bench_trigger(&bench, false);
    assert_string_equal(bench_take(&bench),
                        "-\t2026-01-05T09:00:00Z, 2026-01-05T09:00:05Z, NULL, 3, 7, 4\n"
                        "-\t2026-01-05T09:00:10Z, 2026-01-05T09:00:15Z, NULL, 3, 7, 4\n"
                        "+\t2026-01-05T09:00:00Z, 2026-01-05T09:00:15Z, NULL, 3, 7, 4\n");
    bench_trigger(&bench, false);
    assert_string_equal(bench_take(&bench), "");
    bench_advance(&bench, AT(15));
    bench_trigger(&bench, false);
    assert_string_equal(bench_take(&bench), "");
    assert_int_equal(bench_stats(&bench).state_rows, 0); /* closed and said: forgotten */
    bench_release(&bench);
}

/* A session is not longer than MAX; the row behind it begins the next. */
static void test_max(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench, input);
    add_totals_node(&bench, true, EMIT_CLOSE)->window.session_max_us = 8 * US_PER_SECOND;
    bench_open(&bench);
    bench_push(&bench,
               "2026-01-05T09:00:00Z, a, 1\n2026-01-05T09:00:04Z, a, 1\n"
               "2026-01-05T09:00:08Z, a, 1\n2026-01-05T09:00:09Z, a, 1\n"
               "2026-01-05T09:00:07Z, a, 1\n2026-01-05T09:00:12Z, a, 1\n",
               TIME_NONE);
    bench_advance(&bench, TIME_END);
    assert_string_equal(bench_take(&bench),
                        "2026-01-05T09:00:00Z, 2026-01-05T09:00:13Z, a, 4, 4, 1\n"
                        "2026-01-05T09:00:09Z, 2026-01-05T09:00:17Z, a, 2, 2, 1\n");
    bench_release(&bench);
}

/* A session leaves when its HAVING turns true, not again when it is merged with another that did,
 * and not when it is closed. */
static void test_rise(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench, input);
    struct plan_node *node = add_totals_node(&bench, true, EMIT_RISE_FALL);
    bench_having(&bench, node, 4, ">", 2); /* sum(v) */
    bench_open(&bench);
    bench_push(&bench,
               "2026-01-05T09:00:00Z, a, 1\n2026-01-05T09:00:01Z, a, 2\n"
               "2026-01-05T09:00:02Z, a, 3\n2026-01-05T09:00:10Z, a, 5\n",
               TIME_NONE);
    assert_string_equal(bench_take(&bench),
                        "+\t2026-01-05T09:00:00Z, 2026-01-05T09:00:06Z, a, 2, 3, 2\n"
                        "+\t2026-01-05T09:00:10Z, 2026-01-05T09:00:15Z, a, 1, 5, 5\n");
    bench_reopen(&bench);
    bench_push(&bench, "2026-01-05T09:00:06Z, a, 1\n2026-01-05T09:00:06Z, a, -20", TIME_NONE);
    assert_string_equal(bench_take(&bench),
                        "-\t2026-01-05T09:00:00Z, 2026-01-05T09:00:15Z, a, 6, -8, 5\n");
    bench_advance(&bench, TIME_END);
    bench_trigger(&bench, true);
    assert_string_equal(bench_take(&bench), "");
    assert_int_equal(bench_stats(&bench).state_rows, 0);
    bench_release(&bench);
}

/* EMIT EVERY waits for its clock, and says at the end what is left. */
static void test_every(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench, input);
    add_totals_node(&bench, false, EMIT_EVERY)->emit.every_us = 2 * US_PER_SECOND;
    bench_open(&bench);
    bench.context.program.now_us = AT(1);
    bench_push(&bench, "2026-01-05T09:00:00Z, a, 1", TIME_NONE);
    bench_trigger(&bench, false);
    assert_string_equal(bench_take(&bench),
                        "+\t2026-01-05T09:00:00Z, 2026-01-05T09:00:05Z, 1, 1, 1\n");
    bench_push(&bench, "2026-01-05T09:00:00Z, a, 2", TIME_NONE);
    bench_trigger(&bench, false);
    assert_string_equal(bench_take(&bench), "");
    bench.context.program.now_us = AT(2);
    bench_trigger(&bench, false);
    assert_string_equal(bench_take(&bench),
                        "+\t2026-01-05T09:00:00Z, 2026-01-05T09:00:05Z, 2, 3, 2\n");
    bench_push(&bench, "2026-01-05T09:00:00Z, a, 3", TIME_NONE);
    bench_trigger(&bench, true);
    assert_string_equal(bench_take(&bench),
                        "+\t2026-01-05T09:00:00Z, 2026-01-05T09:00:05Z, 3, 6, 3\n");
    bench_release(&bench);
}

/* Times at the ends of what can be said. */
static void test_extreme_times(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench, input);
    struct plan_node *node = add_totals_node(&bench, false, EMIT_CLOSE);
    node->window.grace_us = INT64_MAX;
    node->window.session_max_us = INT64_MAX;
    bench_open(&bench);
    bench_push(&bench,
               "9223372036854775807, a, 1\n-9223372036854775807, a, 1\n0, a, 1\n"
               "9223372036854775806, a, 1\n",
               AT(0));
    bench_advance(&bench, TIME_END);
    assert_int_equal(bench.n_rows, 2);
    assert_int_equal(bench_stats(&bench).rows_late, 1);
    assert_int_equal(bench_stats(&bench).state_rows, 0);
    bench_release(&bench);
}

static void test_damage(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng);
    for (uint32_t round = 0; round < 3; round++) {
        struct bench bench;
        bench_init(&bench, input);
        if (round < 2) {
            add_totals_node(&bench, true, round == 0 ? EMIT_CLOSE : EMIT_CHANGES);
        } else {
            add_rows_node(&bench, true, EMIT_CLOSE);
        }
        bench_open(&bench);
        bench_push(&bench, "2026-01-05T09:00:00Z, a, 1\n2026-01-05T09:00:10Z, a, 2", TIME_NONE);
        bench_trigger(&bench, false);
        bench_push(&bench, "2026-01-05T09:00:05Z, a, 2\n2026-01-05T09:00:05Z, NULL, 2", TIME_NONE);
        bench_damage(&bench, &rng);
        bench_release(&bench);
    }
}

TEST_MAIN(cmocka_unit_test(test_close), cmocka_unit_test(test_changes),
          cmocka_unit_test(test_complete), cmocka_unit_test(test_rows_close),
          cmocka_unit_test(test_rows_complete), cmocka_unit_test(test_gap_of_exactly_size),
          cmocka_unit_test(test_late), cmocka_unit_test(test_changes_of_a_merge),
          cmocka_unit_test(test_max), cmocka_unit_test(test_rise), cmocka_unit_test(test_every),
          cmocka_unit_test(test_extreme_times), cmocka_unit_test(test_damage))
