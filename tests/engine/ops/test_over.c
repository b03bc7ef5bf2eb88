/* op_over: WINDOW … SLIDE ROW against a model that looks at all rows for each row. */
#include <stdlib.h>

#include "tests/engine/ops/ops_testing.h"

static const char input[] = "ts TIMESTAMP, k TEXT, v BIGINT, d DOUBLE, note TEXT";
enum { INPUT_COLUMNS = 5, KEY = 1, VALUE = 2, ROWS_MAX = 2000, GROUPS_MAX = 100 };

/* Which aggregates, and so which way of over_window.c. */
enum calls { COUNTS, SUMS, EXTREMES };

static const char *const outputs[] = {
    [COUNTS] = "ts TIMESTAMP, k TEXT, v BIGINT, d DOUBLE, note TEXT, n BIGINT, m BIGINT",
    [SUMS] = "ts TIMESTAMP, k TEXT, v BIGINT, d DOUBLE, note TEXT, n BIGINT, s BIGINT",
    [EXTREMES] = "ts TIMESTAMP, k TEXT, v BIGINT, d DOUBLE, note TEXT, n BIGINT, hi BIGINT",
};
static const char *const second_call[] = {[COUNTS] = "count", [SUMS] = "sum", [EXTREMES] = "max"};

static struct plan_node *add_node(struct bench *bench, enum calls calls, enum emit_kind emit,
                                  bool has_keys)
{
    struct plan_node *node = bench_node(bench, PLAN_OVER, outputs[calls]);
    node->window = (struct window_spec){.kind = WINDOW_SLIDE_ROW, .size_us = 5 * US_PER_SECOND};
    node->emit.kind = emit;
    node->time_column = 0;
    if (has_keys) {
        bench_keys(bench, node, 1, KEY);
    }
    bench_call(bench, node, "count", -1, false);
    bench_call(bench, node, second_call[calls], calls == COUNTS ? -1 : VALUE, false);
    return node;
}

/* ---- model ----------------------------------------------------------------------------------- */

struct model_group {
    uint32_t row; /* any of its rows: for the key */
    int64_t newest;
    int64_t from;
    uint32_t last; /* UINT32_MAX = none */
    bool risen;
};

struct model {
    const struct feed *feed;
    const struct plan_node *node;
    struct bytebuf out;
    enum calls calls;
    bool is_late[ROWS_MAX]; /* or without time */
    uint32_t group_of[ROWS_MAX];
    struct model_group groups[GROUPS_MAX];
    uint32_t n_groups;
    uint64_t n_late;
};

static const struct column *model_column(const struct model *model, uint32_t column)
{
    return &model->feed->rows.columns[column];
}

static int64_t row_time(const struct model *model, uint32_t row)
{
    return model_column(model, 0)->i64[row];
}

static uint32_t find_group(struct model *model, uint32_t row)
{
    struct value key = column_value(model_column(model, KEY), row);
    for (uint32_t g = 0; g < model->n_groups; g++) {
        struct value other = column_value(model_column(model, KEY), model->groups[g].row);
        if (model->node->n_keys == 0 || value_equal(&key, &other)) {
            return g;
        }
    }
    assert_true(model->n_groups < GROUPS_MAX);
    model->groups[model->n_groups] = (struct model_group){row, INT64_MIN, 0, UINT32_MAX, false};
    return model->n_groups++;
}

static void model_init(struct model *model, const struct feed *feed, const struct plan_node *node,
                       enum calls calls)
{
    *model = (struct model){.feed = feed, .node = node, .calls = calls};
    for (uint32_t i = 0; i < feed->rows.n; i++) {
        model->is_late[i] = true;
        if (column_is_null(model_column(model, 0), i)) {
            continue;
        }
        int64_t watermark = feed->watermarks[i];
        model->is_late[i] =
            watermark != TIME_NONE && row_time(model, i) + node->window.grace_us < watermark;
        model->n_late += model->is_late[i];
        model->group_of[i] = find_group(model, i);
    }
}

struct answer {
    int64_t n;
    int64_t second;
    bool is_null;
};

/* A late row has no answer of its own, but counts in windows that were open when it came: those
 * that end at its watermark or behind it. EMIT ON RISE leaves late rows out. */
static bool model_counts(const struct model *model, uint32_t i, int64_t to)
{
    bool rises = model->node->emit.kind == EMIT_RISE || model->node->emit.kind == EMIT_RISE_FALL;
    if (column_is_null(model_column(model, 0), i)) {
        return false;
    }
    return !model->is_late[i] ||
           (!rises && to + model->node->window.grace_us >= model->feed->watermarks[i]);
}

/* Rows 0 … arrived - 1 of the group with times in [from, to]. */
static struct answer model_answer(const struct model *model, uint32_t group, uint32_t arrived,
                                  int64_t from, int64_t to)
{
    struct answer a = {.is_null = true};
    const struct column *values = model_column(model, VALUE);
    for (uint32_t i = 0; i < arrived; i++) {
        if (!model_counts(model, i, to) || model->group_of[i] != group ||
            row_time(model, i) < from || row_time(model, i) > to) {
            continue;
        }
        a.n++;
        if (model->calls == COUNTS || column_is_null(values, i)) {
            continue;
        }
        int64_t v = values->i64[i];
        a.second = model->calls == SUMS ? a.second + v : a.is_null || v > a.second ? v : a.second;
        a.is_null = false;
    }
    if (model->calls == COUNTS) {
        a.second = a.n;
        a.is_null = false;
    }
    return a;
}

static bool model_passes(const struct model *model, struct answer a)
{
    return model->node->having == NULL || a.n > 2;
}

static void model_emit(struct model *model, uint32_t row, struct answer a, enum row_op op)
{
    if (model->node->emit.kind == EMIT_RISE_FALL) {
        bytebuf_add_byte(&model->out, (uint8_t)op);
        bytebuf_add_byte(&model->out, '\t');
    }
    for (uint32_t c = 0; c < INPUT_COLUMNS; c++) {
        line_add(&model->out, model_column(model, c), row);
    }
    line_add_i64(&model->out, false, a.n);
    line_add_i64(&model->out, a.is_null, a.second);
    bytebuf_add_byte(&model->out, '\n');
}

static int compare_by_time(const void *a, const void *b, void *owner)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;
    int64_t t = row_time(owner, x);
    int64_t u = row_time(owner, y);
    return t != u ? (t < u ? -1 : 1) : x < y ? -1 : x > y;
}

static void model_behind(struct model *model)
{
    uint32_t order[ROWS_MAX];
    uint32_t n = 0;
    for (uint32_t i = 0; i < model->feed->rows.n; i++) {
        order[n] = i;
        n += !model->is_late[i];
    }
    qsort_r(order, n, sizeof order[0], compare_by_time, model);
    for (uint32_t i = 0; i < n; i++) {
        int64_t t = row_time(model, order[i]);
        struct answer a = model_answer(model, model->group_of[order[i]], model->feed->rows.n,
                                       t - model->node->window.size_us, t);
        if (model_passes(model, a)) {
            model_emit(model, order[i], a, ROW_INSERT);
        }
    }
}

static void model_arrival(struct model *model)
{
    for (uint32_t i = 0; i < model->feed->rows.n; i++) {
        if (model->is_late[i]) {
            continue;
        }
        int64_t t = row_time(model, i);
        struct answer a =
            model_answer(model, model->group_of[i], i + 1, t - model->node->window.size_us, t);
        if (model_passes(model, a)) {
            model_emit(model, i, a, ROW_INSERT);
        }
    }
}

/* The watermark at which the first row leaves the window of the group's newest row. */
static int64_t model_expiry(const struct model *model, uint32_t group, uint32_t arrived)
{
    int64_t first = INT64_MAX;
    const struct window_spec *w = &model->node->window;
    for (uint32_t i = 0; i < arrived; i++) {
        if (!model->is_late[i] && model->group_of[i] == group &&
            row_time(model, i) >= model->groups[group].from && row_time(model, i) < first) {
            first = row_time(model, i);
        }
    }
    return first == INT64_MAX ? INT64_MAX : first + w->size_us + w->grace_us + 1;
}

static int compare_groups(const struct model *model, uint32_t a, uint32_t b)
{
    const struct column *keys = model_column(model, KEY);
    bool null_a = column_is_null(keys, model->groups[a].row);
    bool null_b = column_is_null(keys, model->groups[b].row);
    if (null_a || null_b) {
        return null_a - null_b;
    }
    return slice_compare(text_slice(keys->text[model->groups[a].row]),
                         text_slice(keys->text[model->groups[b].row]));
}

/* Rows leave windows, one group at a time. */
static void model_pass_time(struct model *model, uint32_t arrived, int64_t watermark)
{
    for (;;) {
        uint32_t first = UINT32_MAX;
        int64_t due = INT64_MAX;
        for (uint32_t g = 0; g < model->n_groups; g++) {
            if (!model->groups[g].risen) {
                continue;
            }
            int64_t expiry = model_expiry(model, g, arrived);
            if (expiry < due ||
                (expiry == due && first != UINT32_MAX && compare_groups(model, g, first) < 0)) {
                first = g;
                due = expiry;
            }
        }
        if (first == UINT32_MAX || due > watermark) {
            return;
        }
        struct model_group *group = &model->groups[first];
        const struct window_spec *w = &model->node->window;
        group->from = due - w->size_us - w->grace_us; /* behind the row that leaves */
        struct answer a = model_answer(model, first, arrived, group->from, group->newest);
        if (!model_passes(model, a)) {
            if (model->node->emit.kind == EMIT_RISE_FALL) {
                model_emit(model, group->last, a, ROW_DELETE);
            }
            group->risen = false;
            group->last = UINT32_MAX;
        }
    }
}

static void model_rise_row(struct model *model, uint32_t row)
{
    struct model_group *group = &model->groups[model->group_of[row]];
    int64_t t = row_time(model, row);
    bool is_newest = t >= group->newest;
    struct answer a =
        model_answer(model, model->group_of[row], row + 1, t - model->node->window.size_us, t);
    if (is_newest) {
        group->newest = t;
        group->from = t - model->node->window.size_us;
    }
    if (model_passes(model, a)) {
        if (!group->risen) {
            model_emit(model, row, a, ROW_INSERT);
        }
        group->risen = true;
    } else if (group->risen && is_newest) {
        group->risen = false;
        group->last = UINT32_MAX;
        if (model->node->emit.kind == EMIT_RISE_FALL) {
            model_emit(model, row, a, ROW_DELETE);
        }
    }
    if (group->risen && (is_newest || group->last == UINT32_MAX)) {
        group->last = row;
    }
}

static void model_rise(struct model *model)
{
    uint32_t n = model->feed->rows.n;
    for (uint32_t i = 0; i < n; i++) {
        if (!model->is_late[i]) {
            model_pass_time(model, i, model->feed->watermarks[i]);
            model_rise_row(model, i);
        }
    }
    model_pass_time(model, n, INT64_MAX);
}

static const char *model_run(struct bench *bench, struct model *model)
{
    switch (model->node->emit.kind) {
    case EMIT_CLOSE:
        model_behind(model);
        break;
    case EMIT_RISE:
    case EMIT_RISE_FALL:
        model_rise(model);
        break;
    default:
        model_arrival(model);
        break;
    }
    const char *text = arena_text(&bench->life, bytebuf_text(&model->out));
    bytebuf_release(&model->out);
    return text;
}

/* ---- against the model ----------------------------------------------------------------------- */

static struct feed_options random_feed(struct rng *rng)
{
    static const int64_t delays[] = {-1, 0, 1, 3, 10};
    static const int64_t steps[] = {US_PER_SECOND / 20, US_PER_SECOND / 4, US_PER_SECOND};
    struct feed_options options = {.n = 500, .jitter_us = 6 * US_PER_SECOND};
    int64_t delay_s = delays[rng_below(rng, 5)];
    options.delay_us = delay_s < 0 ? -1 : delay_s * US_PER_SECOND;
    options.step_us = steps[rng_below(rng, 3)];
    options.gap_once_in = rng_once_in(rng, 2) ? 100 : 0;
    return options;
}

static void run_model(enum calls calls, enum emit_kind emit)
{
    struct rng rng;
    rng_init(&rng);
    struct model *model = mem_zalloc(sizeof *model);
    for (uint32_t round = 0; round < 30; round++) {
        struct bench bench;
        struct feed feed;
        struct feed_options options = random_feed(&rng);
        bool rises = emit == EMIT_RISE || emit == EMIT_RISE_FALL;
        bench_init(&bench, input);
        struct plan_node *node = add_node(&bench, calls, emit, round % 4 != 0);
        node->window.grace_us = rng_once_in(&rng, 3) ? 2 * US_PER_SECOND : 0;
        if (rises || round % 2 == 0) {
            bench_having(&bench, node, INPUT_COLUMNS, ">", 2);
        }
        feed_init(&feed, &bench.life, &node->input->schema, &rng, &options);
        if (rng_once_in(&rng, 2)) { /* many rows of equal times */
            int64_t *times = (int64_t *)(uintptr_t)feed.rows.columns[0].i64;
            for (uint32_t i = 0; i < feed.rows.n; i++) {
                times[i] -= times[i] % US_PER_SECOND;
            }
        }
        model_init(model, &feed, node, calls);
        const char *wanted = model_run(&bench, model);
        const char *got = feed_run(&feed, &bench, round == 29 ? NULL : &rng, true);
        RNG_CHECK(&rng, strcmp(got, wanted) == 0);
        bench_release(&bench);
    }
    mem_free(model);
}

static void test_behind(void **state)
{
    (void)state;
    run_model(COUNTS, EMIT_CLOSE);
    run_model(SUMS, EMIT_CLOSE);
    run_model(EXTREMES, EMIT_CLOSE);
}

static void test_arrival(void **state)
{
    (void)state;
    run_model(COUNTS, EMIT_CHANGES);
    run_model(SUMS, EMIT_CHANGES);
    run_model(EXTREMES, EMIT_CHANGES);
}

static void test_rise(void **state)
{
    (void)state;
    run_model(COUNTS, EMIT_RISE);
    run_model(SUMS, EMIT_RISE);
    run_model(EXTREMES, EMIT_RISE);
}

static void test_rise_and_fall(void **state)
{
    (void)state;
    run_model(COUNTS, EMIT_RISE_FALL);
    run_model(SUMS, EMIT_RISE_FALL);
    run_model(EXTREMES, EMIT_RISE_FALL);
}

/* ---- cuts ------------------------------------------------------------------------------------ */

/* Aggregates that own memory, and sums of DOUBLE: the same to the bit whatever the cuts. */
static void run_cuts(enum emit_kind emit)
{
    struct rng rng;
    rng_init(&rng);
    for (uint32_t round = 0; round < 6; round++) {
        struct bench bench;
        struct feed feed;
        struct feed_options options = {.n = 2000,
                                       .step_us = US_PER_SECOND / 100,
                                       .jitter_us = US_PER_SECOND,
                                       .delay_us = US_PER_SECOND / 2,
                                       .gap_once_in = 150};
        bench_init(&bench, input);
        struct plan_node *node = bench_node(
            &bench, PLAN_OVER,
            "ts TIMESTAMP, k TEXT, v BIGINT, d DOUBLE, note TEXT, s DOUBLE, u BIGINT, l TEXT, "
            "m TEXT");
        node->window = (struct window_spec){.kind = WINDOW_SLIDE_ROW, .size_us = 3 * US_PER_SECOND};
        node->emit.kind = emit;
        if (round % 2 == 0) {
            bench_keys(&bench, node, 1, KEY);
        }
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
        RNG_CHECK(&rng, bench.n_rows > 1000);
        for (uint32_t again = 0; again < 3; again++) {
            RNG_CHECK(&rng, strcmp(feed_run(&feed, &bench, &rng, true), wanted) == 0);
        }
        bench_release(&bench);
    }
}

static void test_cuts_do_not_show(void **state)
{
    (void)state;
    run_cuts(EMIT_CLOSE);
    run_cuts(EMIT_CHANGES);
}

/* More rows of one time than a batch holds are peers all the same. */
static void test_many_peers(void **state)
{
    (void)state;
    for (enum calls calls = COUNTS; calls <= EXTREMES; calls++) {
        struct bench bench;
        bench_init(&bench, input);
        add_node(&bench, calls, EMIT_CLOSE, true);
        bench_open(&bench);
        for (uint32_t i = 0; i < 3000; i++) {
            bench_push(&bench, "2026-01-05T09:00:00Z, a, 1, NULL, NULL", TIME_NONE);
        }
        bench_push(&bench, "2026-01-05T09:00:01Z, a, 1, NULL, NULL", TIME_NONE);
        bench_advance(&bench, AT(1));
        assert_int_equal(bench.n_rows, 3000);
        static const char *const wanted[] =
            {[COUNTS] = "3000, 3000", [SUMS] = "3000, 3000", [EXTREMES] = "3000, 1"};
        char line[100] = "2026-01-05T09:00:00Z, a, 1, NULL, NULL, ";
        strncat(line, wanted[calls], 20);
        assert_non_null(strstr(bench_text(&bench), line));
        assert_null(strstr(bench_text(&bench), "NULL, 2999"));
        bench_release(&bench);
    }
}

/* ---- by hand --------------------------------------------------------------------------------- */

/* The fraud rule: one alert for a burst, not eight. */
static void test_one_alert_a_burst(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench, input);
    struct plan_node *node = add_node(&bench, SUMS, EMIT_RISE, true);
    node->window.size_us = 15 * US_PER_MINUTE;
    bench_having(&bench, node, INPUT_COLUMNS, ">", 2);
    bench_open(&bench);
    bench_push(&bench,
               "2026-01-05T09:00:00Z, a, 10, NULL, NULL\n2026-01-05T09:01:00Z, a, 20, NULL, NULL\n"
               "2026-01-05T09:02:00Z, b, 20, NULL, NULL\n2026-01-05T09:15:00Z, a, 30, NULL, NULL\n"
               "2026-01-05T09:15:00Z, a, 40, NULL, NULL\n2026-01-05T09:15:30Z, a, 50, NULL, NULL\n",
               TIME_NONE);
    /* both ends are included: 09:00 and 09:15 are in one window */
    assert_string_equal(bench_take(&bench), "2026-01-05T09:15:00Z, a, 30, NULL, NULL, 3, 60\n");
    bench_push(&bench,
               "2026-01-05T09:40:00Z, a, 1, NULL, NULL\n2026-01-05T09:41:00Z, a, 2, NULL, NULL\n"
               "2026-01-05T09:42:00Z, a, 3, NULL, NULL\n",
               AT(15 * 60));
    assert_string_equal(bench_take(&bench), "2026-01-05T09:42:00Z, a, 3, NULL, NULL, 3, 6\n");
    bench_release(&bench);
}

/* A fall is said when time has passed, in the order of time and key, with what remains. */
static void test_fall_by_time(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench, input);
    struct plan_node *node = add_node(&bench, SUMS, EMIT_RISE_FALL, true);
    bench_having(&bench, node, INPUT_COLUMNS, ">", 1);
    bench_open(&bench);
    bench_push(&bench,
               "2026-01-05T09:00:00Z, b, 1, NULL, x\n2026-01-05T09:00:01Z, b, 2, NULL, y\n"
               "2026-01-05T09:00:00Z, a, 4, NULL, z\n2026-01-05T09:00:01Z, a, 8, NULL, w\n"
               "2026-01-05T09:00:00Z, NULL, 1, NULL, u\n2026-01-05T09:00:02Z, NULL, 2, NULL, v\n",
               TIME_NONE);
    assert_string_equal(bench_take(&bench), "+\t2026-01-05T09:00:01Z, b, 2, NULL, y, 2, 3\n"
                                            "+\t2026-01-05T09:00:01Z, a, 8, NULL, w, 2, 12\n"
                                            "+\t2026-01-05T09:00:02Z, NULL, 2, NULL, v, 2, 3\n");
    bench_advance(&bench, AT(5));
    assert_string_equal(bench_take(&bench), ""); /* [0, 5] holds both ends */
    bench_reopen(&bench);
    bench_advance(&bench, AT(5) + 1);
    assert_string_equal(bench_take(&bench), "-\t2026-01-05T09:00:01Z, a, 8, NULL, w, 1, 8\n"
                                            "-\t2026-01-05T09:00:01Z, b, 2, NULL, y, 1, 2\n"
                                            "-\t2026-01-05T09:00:02Z, NULL, 2, NULL, v, 1, 2\n");
    bench_advance(&bench, AT(10));
    assert_string_equal(bench_take(&bench), "");
    assert_int_equal(bench_stats(&bench).state_rows, 0);
    bench_release(&bench);
}

/* A row is late if its time plus grace is below the watermark; one at the watermark is not. */
static void test_late(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench, input);
    add_node(&bench, COUNTS, EMIT_CLOSE, true)->window.grace_us = US_PER_SECOND;
    bench_open(&bench);
    bench_push(&bench,
               "2026-01-05T09:00:09Z, a, 1, NULL, NULL\n2026-01-05T09:00:08.999999Z, a, 2, NULL, "
               "NULL\nNULL, a, 3, NULL, NULL",
               AT(10));
    bench_advance(&bench, AT(10));
    assert_string_equal(bench_take(&bench), ""); /* a peer may still come */
    bench_advance(&bench, AT(10) + 1);
    /* The late row has no answer, but the window of the other one was open when it came. */
    assert_string_equal(bench_take(&bench), "2026-01-05T09:00:09Z, a, 1, NULL, NULL, 2, 2\n");
    assert_int_equal(bench_stats(&bench).rows_late, 1);
    assert_int_equal(bench_stats(&bench).rows_no_time, 1);
    assert_string_equal(bytebuf_text(&bench.late), "2026-01-05T09:00:08.999999Z\n");
    bench_release(&bench);
}

TEST_MAIN(cmocka_unit_test(test_behind), cmocka_unit_test(test_arrival),
          cmocka_unit_test(test_rise), cmocka_unit_test(test_rise_and_fall),
          cmocka_unit_test(test_cuts_do_not_show), cmocka_unit_test(test_many_peers),
          cmocka_unit_test(test_one_alert_a_burst), cmocka_unit_test(test_fall_by_time),
          cmocka_unit_test(test_late))
