/* op_window_rows and op_count_rows: the rows of each window, against a model that knows no panes.
 */
#include <stdlib.h>

#include "engine/base/checked.h"
#include "tests/engine/ops/ops_testing.h"

static const char input[] = "ts TIMESTAMP, k TEXT, v BIGINT, note TEXT";
static const char output[] =
    "window_start TIMESTAMP, window_end TIMESTAMP, ts TIMESTAMP, k TEXT, v BIGINT, note TEXT";
enum { PAIRS_MAX = 40000 };

struct pair {
    int64_t start;
    int64_t end;
    uint32_t row;
};

struct model {
    struct pair pairs[PAIRS_MAX];
    uint32_t n;
    uint64_t n_late; /* pairs */
};

static void add_pair(struct model *model, const struct feed *feed, const struct plan_node *node,
                     uint32_t row, int64_t start, int64_t end)
{
    int64_t watermark = feed->watermarks[row];
    if (node->emit.kind != EMIT_COMPLETE && watermark != TIME_NONE &&
        end + node->window.grace_us <= watermark) {
        model->n_late++;
        return;
    }
    assert_true(model->n < PAIRS_MAX);
    model->pairs[model->n++] = (struct pair){start, end, row};
}

/* All windows that contain the row. */
static void add_row(struct model *model, const struct feed *feed, const struct plan_node *node,
                    uint32_t row)
{
    const struct window_spec *w = &node->window;
    int64_t t = feed->rows.columns[0].i64[row] - w->offset_us;
    if (w->kind == WINDOW_HOP) {
        int64_t start = floor_div(t, w->slide_us) * w->slide_us;
        for (; start + w->size_us > t; start -= w->slide_us) {
            add_pair(model, feed, node, row, start + w->offset_us,
                     start + w->offset_us + w->size_us);
        }
        return;
    }
    int64_t start = floor_div(t, w->size_us) * w->size_us;
    for (int64_t end = start + w->slide_us; end <= start + w->size_us; end += w->slide_us) {
        if (t < end) {
            add_pair(model, feed, node, row, start + w->offset_us, end + w->offset_us);
        }
    }
}

static int compare_pairs(const void *a, const void *b)
{
    const struct pair *x = a;
    const struct pair *y = b;
    if (x->end != y->end) {
        return x->end < y->end ? -1 : 1;
    }
    if (x->start != y->start) {
        return x->start < y->start ? -1 : 1;
    }
    return x->row < y->row ? -1 : x->row > y->row;
}

static const char *model_run(struct bench *bench, struct model *model, const struct feed *feed,
                             const struct plan_node *node)
{
    struct bytebuf out = {0};
    model->n = 0;
    model->n_late = 0;
    for (uint32_t i = 0; i < feed->rows.n; i++) {
        if (!column_is_null(&feed->rows.columns[0], i)) {
            add_row(model, feed, node, i);
        }
    }
    qsort(model->pairs, model->n, sizeof model->pairs[0], compare_pairs);
    for (uint32_t i = 0; i < model->n; i++) {
        line_add_time(&out, model->pairs[i].start);
        line_add_time(&out, model->pairs[i].end);
        for (uint32_t c = 0; c < 4; c++) {
            line_add(&out, &feed->rows.columns[c], model->pairs[i].row);
        }
        bytebuf_add_byte(&out, '\n');
    }
    const char *text = arena_text(&bench->life, bytebuf_text(&out));
    bytebuf_release(&out);
    return text;
}

static void run_model(struct window_spec window, enum emit_kind emit)
{
    struct rng rng;
    rng_init(&rng);
    struct model *model = mem_zalloc(sizeof *model);
    for (uint32_t round = 0; round < 12; round++) {
        struct bench bench;
        struct feed feed;
        struct feed_options options = {.n = 800,
                                       .step_us = US_PER_SECOND / 2,
                                       .jitter_us = 20 * US_PER_SECOND,
                                       .delay_us = round % 4 == 0 ? -1 : 3 * US_PER_SECOND,
                                       .gap_once_in = 200};
        bench_init(&bench, input);
        struct plan_node *node = bench_node(&bench, PLAN_WINDOW_ROWS, output);
        node->window = window;
        node->window.grace_us = round % 2 == 0 ? 0 : 4 * US_PER_SECOND;
        node->window.offset_us = round % 3 == 0 ? 0 : 1234567;
        node->emit.kind = emit;
        feed_init(&feed, &bench.life, &node->input->schema, &rng, &options);
        const char *wanted = model_run(&bench, model, &feed, node);
        const char *got = feed_run(&feed, &bench, round == 11 ? NULL : &rng, emit != EMIT_COMPLETE);
        RNG_CHECK(&rng, strcmp(got, wanted) == 0);
        bench_release(&bench);
    }
    mem_free(model);
}

static struct window_spec hop(int64_t size_s, int64_t slide_s)
{
    return (struct window_spec){.kind = WINDOW_HOP,
                                .size_us = size_s * US_PER_SECOND,
                                .slide_us = slide_s * US_PER_SECOND};
}

static void test_tumbling(void **state)
{
    (void)state;
    run_model(hop(10, 10), EMIT_CLOSE);
}

static void test_hopping(void **state)
{
    (void)state;
    run_model(hop(30, 10), EMIT_CLOSE);
    run_model(hop(7, 3), EMIT_CLOSE);
}

static void test_cumulating(void **state)
{
    (void)state;
    struct window_spec window = hop(60, 10);
    window.kind = WINDOW_CUMULATE;
    run_model(window, EMIT_CLOSE);
}

static void test_complete(void **state)
{
    (void)state;
    run_model(hop(30, 10), EMIT_COMPLETE);
}

/* A row that is late for a window that has not left yet is in the next one only. */
static void test_partly_late(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench, input);
    bench_node(&bench, PLAN_WINDOW_ROWS, output)->window = hop(20, 10);
    bench_open(&bench);
    bench_push(&bench,
               "2026-01-05T09:00:05Z, a, 1, x\n2026-01-05T09:00:05Z, b, 2, NULL\n"
               "NULL, c, 3, NULL",
               TIME_NONE);
    bench_push(&bench, "2026-01-05T09:00:06Z, d, 4, NULL\n2026-01-05T08:59:40Z, e, 5, y", AT(10));
    bench_advance(&bench, AT(20));
    assert_string_equal(
        bench_take(&bench),
        "2026-01-05T08:59:50Z, 2026-01-05T09:00:10Z, 2026-01-05T09:00:05Z, a, 1, x\n"
        "2026-01-05T08:59:50Z, 2026-01-05T09:00:10Z, 2026-01-05T09:00:05Z, b, 2, NULL\n"
        "2026-01-05T09:00:00Z, 2026-01-05T09:00:20Z, 2026-01-05T09:00:05Z, a, 1, x\n"
        "2026-01-05T09:00:00Z, 2026-01-05T09:00:20Z, 2026-01-05T09:00:05Z, b, 2, NULL\n"
        "2026-01-05T09:00:00Z, 2026-01-05T09:00:20Z, 2026-01-05T09:00:06Z, d, 4, NULL\n");
    struct op_stats stats = bench_stats(&bench);
    assert_int_equal(stats.rows_late, 3); /* d once, e twice */
    assert_int_equal(stats.rows_no_time, 1);
    assert_int_equal(stats.state_rows, 0);
    assert_int_equal(stats.next_due, TIME_END);
    bench_release(&bench);
}

/* What nobody reads above is not kept. */
static void test_keeps_wanted_columns(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench, input);
    bench_node(&bench, PLAN_WINDOW_ROWS, output)->window = hop(10, 10);
    struct plan_node *sort = bench_node(&bench, PLAN_SORT, output);
    struct sort_key key = {.column = 4};
    sort->sort_keys = &key;
    sort->n_sort_keys = 1;
    bench.plan.root = sort;
    bench_open(&bench);
    char row[40000];
    memset(row, 'x', sizeof row);
    size_t n = strlen("2026-01-05T09:00:05Z, a, 1, ");
    memcpy(row, "2026-01-05T09:00:05Z, a, 1, ", n);
    row[sizeof row - 1] = '\0';
    bench_push(&bench, row, TIME_NONE);
    size_t with_note = bench_stats(&bench).state_bytes;
    bench_release(&bench);

    bench_init(&bench, input);
    bench_node(&bench, PLAN_WINDOW_ROWS, output)->window = hop(10, 10);
    struct plan_node *aggregate =
        bench_node(&bench, PLAN_AGGREGATE,
                   "window_start TIMESTAMP, window_end TIMESTAMP, s BIGINT");
    aggregate->window = (struct window_spec){.kind = WINDOW_ROWS, .rows = 1, .rows_slide = 1};
    ((struct plan_node *)(uintptr_t)aggregate->input)->time_column = 2;
    bench_call(&bench, aggregate, "sum", 4, false);
    bench_open(&bench);
    bench_push(&bench, row, TIME_NONE);
    assert_true(bench_stats(&bench).state_bytes + 30000 < with_note);
    bench_advance(&bench, AT(10));
    assert_string_equal(bench_take(&bench), "2026-01-05T09:00:05Z, 2026-01-05T09:00:05Z, 1\n");
    bench_release(&bench);
}

/* ---- windows of n rows ----------------------------------------------------------------------- */

static const char *model_counts(struct bench *bench, const struct feed *feed,
                                const struct plan_node *node)
{
    struct bytebuf out = {0};
    const struct batch *rows = &feed->rows;
    uint32_t *group = arena_alloc(&bench->life, rows->n * sizeof *group);
    for (uint32_t i = 0; i < rows->n; i++) {
        uint32_t n = 0;
        struct value key = column_value(&rows->columns[1], i);
        for (uint32_t j = 0; j <= i && !column_is_null(&rows->columns[0], i); j++) {
            struct value other = column_value(&rows->columns[1], j);
            if (!column_is_null(&rows->columns[0], j) && value_equal(&key, &other)) {
                group[n++] = j;
            }
        }
        if (n < node->window.rows || (n - node->window.rows) % node->window.rows_slide != 0) {
            continue;
        }
        for (uint32_t j = n - (uint32_t)node->window.rows; j < n; j++) {
            line_add_time(&out, rows->columns[0].i64[group[n - (uint32_t)node->window.rows]]);
            line_add_time(&out, rows->columns[0].i64[i]);
            for (uint32_t c = 0; c < 4; c++) {
                line_add(&out, &rows->columns[c], group[j]);
            }
            bytebuf_add_byte(&out, '\n');
        }
    }
    const char *text = arena_text(&bench->life, bytebuf_text(&out));
    bytebuf_release(&out);
    return text;
}

static void test_count_windows(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng);
    for (uint32_t round = 0; round < 8; round++) {
        struct bench bench;
        struct feed feed;
        struct feed_options options = {.n = 900, .step_us = 1000, .jitter_us = 5000, .delay_us = 0};
        bench_init(&bench, input);
        struct plan_node *node = bench_node(&bench, PLAN_WINDOW_ROWS, output);
        node->window = (struct window_spec){.kind = WINDOW_ROWS,
                                            .rows = 1 + round * 2,
                                            .rows_slide = 1 + round / 2};
        bench_keys(&bench, node, 1, 1);
        feed_init(&feed, &bench.life, &node->input->schema, &rng, &options);
        const char *wanted = model_counts(&bench, &feed, node);
        const char *got = feed_run(&feed, &bench, round == 7 ? NULL : &rng, true);
        RNG_CHECK(&rng, strcmp(got, wanted) == 0);
        bench_release(&bench);
    }
}

static void test_damage(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng);
    for (uint32_t round = 0; round < 2; round++) {
        struct bench bench;
        bench_init(&bench, input);
        struct plan_node *node = bench_node(&bench, PLAN_WINDOW_ROWS, output);
        node->window = hop(20, 10);
        if (round == 1) {
            node->window = (struct window_spec){.kind = WINDOW_ROWS, .rows = 5, .rows_slide = 2};
            bench_keys(&bench, node, 1, 1);
        }
        bench_open(&bench);
        bench_push(&bench,
                   "2026-01-05T09:00:05Z, a, 1, x\n2026-01-05T09:00:15Z, b, 2, NULL\n"
                   "2026-01-05T09:00:06Z, a, 2, NULL",
                   TIME_NONE);
        bench_damage(&bench, &rng);
        bench_release(&bench);
    }
}

TEST_MAIN(cmocka_unit_test(test_tumbling), cmocka_unit_test(test_hopping),
          cmocka_unit_test(test_cumulating), cmocka_unit_test(test_complete),
          cmocka_unit_test(test_partly_late), cmocka_unit_test(test_keeps_wanted_columns),
          cmocka_unit_test(test_count_windows), cmocka_unit_test(test_damage))
