/* op_aggregate against a model that keeps every row: any window, any cut between batches, any order
 * of rows, snapshots anywhere. The model knows nothing of panes. */
#include "tests/support/testing.h"

#include <stdio.h>
#include <stdlib.h>

#include "engine/base/checked.h"
#include "engine/base/clock.h"
#include "engine/base/mem.h"
#include "engine/ops/op.h"
#include "engine/ops/ops.h"
#include "tests/engine/ops/saves.h"
#include "tests/support/builders.h"
#include "tests/support/rng.h"

enum { ROWS = 400, OUTPUT_MAX = 60000, KEYS = 6 };

struct row {
    int64_t ts;
    int key;        /* KEYS - 1 = NULL */
    int64_t value;  /* INT64_MIN = NULL */
    int64_t before; /* watermark just before the row */
};

struct result {
    int64_t start;
    int64_t end;
    int key;
    uint64_t count;
    bool has_values;
    int64_t sum;
    int64_t min;
    int64_t max;
    bool deleted;
};

struct fixture {
    struct arena life;
    struct plan_node scan;
    struct plan_node node;
    struct op_context context;
    struct op *op;
    struct op last;
    struct result *out;
    uint32_t n_out;
    struct saves saves;
};

static int key_number(const struct column *column, uint32_t row)
{
    return column_is_null(column, row) ? KEYS - 1 : column->text[row].at[1] - '0';
}

static void collect(struct op *op, struct batch *batch)
{
    struct fixture *f = (struct fixture *)(void *)((char *)op - offsetof(struct fixture, last));
    const struct column *c = batch->columns;
    bool windowed = f->node.window.kind != WINDOW_NONE;
    uint32_t key = windowed ? 2 : 0;
    uint32_t call = key + f->node.n_keys;
    for (uint32_t i = 0; i < batch->n; i++) {
        assert_true(f->n_out < OUTPUT_MAX);
        struct result *r = &f->out[f->n_out++];
        *r = (struct result){
            .start = windowed ? c[0].i64[i] : 0,
            .end = windowed ? c[1].i64[i] : 0,
            .key = f->node.n_keys == 0 ? 0 : key_number(&c[key], i),
            .count = (uint64_t)c[call].i64[i],
            .has_values = !column_is_null(&c[call + 1], i),
            .sum = c[call + 1].i64[i],
            .deleted = batch->ops != NULL && batch->ops[i] == ROW_DELETE,
        };
        if (f->node.n_calls > 2) {
            r->min = c[call + 2].i64[i];
            r->max = c[call + 3].i64[i];
        }
    }
}

static const struct op_kind collect_kind = {.name = "collect", .push = collect};

static struct agg_call call_of(struct arena *arena, const char *name, bool has_arg)
{
    struct agg_call call;
    struct type type = type_of(TYPE_BIGINT);
    struct error err;
    error_clear(&err);
    assert_int_equal(agg_resolve(arena, slice_text(name), false, &type, has_arg, NULL, 0, &call,
                                 &err),
                     OK);
    call.args[0] = 2;
    call.time_column = 0;
    return call;
}

static void fixture_init(struct fixture *f, const struct window_spec *window, bool keyed,
                         bool invertible, struct emit_spec emit)
{
    static uint32_t key_column = 1;
    memset(f, 0, sizeof *f);
    arena_init(&f->life);
    f->out = mem_alloc(OUTPUT_MAX * sizeof *f->out);
    f->scan = (struct plan_node){
        .kind = PLAN_SCAN,
        .schema = *schema_from_text(&f->life, "ts TIMESTAMP, k TEXT, v BIGINT"),
        .time_column = 0,
    };
    f->node = (struct plan_node){
        .kind = PLAN_AGGREGATE,
        .input = &f->scan,
        .time_column = -1,
        .window = *window,
        .n_keys = keyed,
        .keys = &key_column,
        .n_calls = invertible ? 2 : 4,
        .emit = emit,
    };
    char columns[200];
    snprintf(columns, sizeof columns, "%s%sn BIGINT, s BIGINT%s",
             window->kind == WINDOW_NONE ? "" : "ws TIMESTAMP, we TIMESTAMP, ",
             keyed ? "k TEXT, " : "", invertible ? "" : ", lo BIGINT, hi BIGINT");
    f->node.schema = *schema_from_text(&f->life, columns);
    f->node.calls = arena_alloc(&f->life, 4 * sizeof(struct agg_call));
    f->node.calls[0] = call_of(&f->life, "count", false);
    f->node.calls[1] = call_of(&f->life, "sum", true);
    f->node.calls[2] = call_of(&f->life, "min", true);
    f->node.calls[3] = call_of(&f->life, "max", true);
    f->context = (struct op_context){.query = &f->life, .state_bytes_max = SIZE_MAX};
    f->op = op_aggregate_new(&f->context, &f->node);
    f->last = (struct op){.kind = &collect_kind, .node = &f->node, .context = &f->context};
    f->op->next = &f->last;
}

static void fixture_release(struct fixture *f)
{
    op_close_all(f->op);
    saves_release(&f->saves);
    mem_free(f->out);
    arena_release(&f->life);
}

/* The operator goes on from its own saved state in a fresh one. */
static void fixture_restart(struct fixture *f)
{
    saves_take(&f->saves, f->op);
    op_close_all(f->op);
    f->op = op_aggregate_new(&f->context, &f->node);
    f->op->next = &f->last;
    saves_load(&f->saves, f->op);
}

static void push_rows(struct fixture *f, const struct row *rows, uint32_t n, int64_t after)
{
    struct arena arena;
    arena_init(&arena);
    struct batch batch;
    batch_init(&batch, &f->scan.schema, &arena);
    struct column_out ts = column_out_new(&arena, type_of(TYPE_TIMESTAMP), n);
    struct column_out k = column_out_new(&arena, type_of(TYPE_TEXT), n);
    struct column_out v = column_out_new(&arena, type_of(TYPE_BIGINT), n);
    int64_t *before = arena_alloc(&arena, n * sizeof *before);
    for (uint32_t i = 0; i < n; i++) {
        char name[8];
        snprintf(name, sizeof name, "k%d", rows[i].key);
        struct slice copy = arena_copy(&arena, slice_text(name));
        ts.i64[i] = rows[i].ts;
        k.text[i] = (struct text){copy.at, (uint32_t)copy.len};
        v.i64[i] = rows[i].value;
        before[i] = rows[i].before;
        if (rows[i].key == KEYS - 1) {
            column_out_null(&k, i, n);
        }
        if (rows[i].value == INT64_MIN) {
            column_out_null(&v, i, n);
        }
    }
    batch.n = n;
    batch.columns[0] = column_view(&ts, n);
    batch.columns[1] = column_view(&k, n);
    batch.columns[2] = column_view(&v, n);
    batch.time_column = 0;
    batch.watermark = after;
    batch.watermarks = before;
    op_push(f->op, &batch);
    arena_release(&arena);
}

/* ---- the model ----------------------------------------------------------------------------------
 */

static int compare_results(const void *a, const void *b)
{
    const struct result *x = a;
    const struct result *y = b;
    if (x->end != y->end) {
        return x->end < y->end ? -1 : 1;
    }
    if (x->start != y->start) {
        return x->start < y->start ? -1 : 1;
    }
    return x->key - y->key;
}

static void model_add(struct result *out, uint32_t *n, int64_t start, int64_t end,
                      const struct row *row, bool keyed)
{
    int key = keyed ? row->key : 0;
    struct result *r = NULL;
    for (uint32_t i = *n; i > 0 && r == NULL; i--) {
        if (out[i - 1].start == start && out[i - 1].end == end && out[i - 1].key == key) {
            r = &out[i - 1];
        }
    }
    if (r == NULL) {
        assert_true(*n < OUTPUT_MAX);
        r = &out[(*n)++];
        *r = (struct result){.start = start, .end = end, .key = key};
    }
    r->count++;
    if (row->value != INT64_MIN) {
        r->min = !r->has_values || row->value < r->min ? row->value : r->min;
        r->max = !r->has_values || row->value > r->max ? row->value : r->max;
        r->sum += row->value;
        r->has_values = true;
    }
}

static void model_hop(struct result *out, uint32_t *n, const struct window_spec *w,
                      const struct row *row, bool keyed)
{
    int64_t local = row->ts - w->offset_us;
    for (int64_t k = floor_div(local, w->slide_us); k * w->slide_us + w->size_us > local; k--) {
        int64_t start = k * w->slide_us + w->offset_us;
        if (row->before == TIME_NONE || start + w->size_us + w->grace_us > row->before) {
            model_add(out, n, start, start + w->size_us, row, keyed);
        }
    }
}

static void model_cumulate(struct result *out, uint32_t *n, const struct window_spec *w,
                           const struct row *row, bool keyed)
{
    int64_t local = row->ts - w->offset_us;
    int64_t start = floor_div(local, w->size_us) * w->size_us;
    for (int64_t end = start + w->slide_us; end <= start + w->size_us; end += w->slide_us) {
        if (end > local &&
            (row->before == TIME_NONE || end + w->offset_us + w->grace_us > row->before)) {
            model_add(out, n, start + w->offset_us, end + w->offset_us, row, keyed);
        }
    }
}

static struct result *model_run(const struct window_spec *w, const struct row *rows, bool keyed,
                                uint32_t *n)
{
    struct result *out = mem_alloc(OUTPUT_MAX * sizeof *out);
    *n = 0;
    for (uint32_t i = 0; i < ROWS; i++) {
        if (w->kind == WINDOW_HOP) {
            model_hop(out, n, w, &rows[i], keyed);
        } else if (w->kind == WINDOW_CUMULATE) {
            model_cumulate(out, n, w, &rows[i], keyed);
        } else {
            model_add(out, n, 0, 0, &rows[i], keyed);
        }
    }
    qsort(out, *n, sizeof *out, compare_results);
    return out;
}

static bool same_result(const struct result *a, const struct result *b, bool with_minmax)
{
    return compare_results(a, b) == 0 && a->count == b->count && a->has_values == b->has_values &&
           a->sum == b->sum &&
           (!with_minmax || !a->has_values || (a->min == b->min && a->max == b->max));
}

/* ---- random jobs --------------------------------------------------------------------------------
 */

static int64_t make_rows(struct rng *rng, struct row *rows, bool has_watermark)
{
    int64_t delay = (int64_t)rng_below(rng, 6) * US_PER_SECOND;
    int64_t now = ((int64_t)rng_below(rng, 400) - 200) * US_PER_SECOND;
    int64_t mark = TIME_NONE;
    for (uint32_t i = 0; i < ROWS; i++) {
        now += (int64_t)rng_below(rng, 3) * US_PER_SECOND;
        now += rng_once_in(rng, 60) ? 100 * US_PER_SECOND : 0;
        rows[i].ts = now - (int64_t)rng_below(rng, 9) * US_PER_SECOND;
        rows[i].ts -= rng_once_in(rng, 40) ? 50 * US_PER_SECOND : 0;
        rows[i].key = (int)rng_below(rng, KEYS);
        rows[i].value = rng_once_in(rng, 8) ? INT64_MIN : (int64_t)rng_below(rng, 2001) - 1000;
        rows[i].before = mark;
        if (has_watermark && (mark == TIME_NONE || rows[i].ts - delay > mark)) {
            mark = rows[i].ts - delay;
        }
    }
    return mark;
}

static struct window_spec random_window(struct rng *rng)
{
    struct window_spec w = {.kind = WINDOW_HOP, .fill_windows = 1};
    w.slide_us = (1 + (int64_t)rng_below(rng, 12)) * US_PER_SECOND;
    w.size_us = w.slide_us + (int64_t)rng_below(rng, 40) * US_PER_SECOND;
    if (rng_once_in(rng, 3)) {
        w.size_us = w.slide_us;
    }
    if (rng_once_in(rng, 4)) {
        w.kind = WINDOW_CUMULATE;
        w.size_us = w.slide_us * (1 + (int64_t)rng_below(rng, 12));
    }
    w.offset_us = rng_once_in(rng, 3) ? (int64_t)rng_below(rng, 5) * US_PER_SECOND : 0;
    w.grace_us = rng_once_in(rng, 3) ? (int64_t)rng_below(rng, 8) * US_PER_SECOND : 0;
    return w;
}

static void run_rows(struct rng *rng, struct fixture *f, const struct row *rows, int64_t last_mark)
{
    for (uint32_t at = 0; at < ROWS;) {
        uint32_t n = 1 + (uint32_t)rng_below(rng, 60);
        n = n < ROWS - at ? n : ROWS - at;
        int64_t after = at + n < ROWS ? rows[at + n].before : last_mark;
        push_rows(f, rows + at, n, after);
        at += n;
        if (after != TIME_NONE && !rng_once_in(rng, 3)) {
            op_advance(f->op, after, SAY_NOTHING);
        }
        if (!rng_once_in(rng, 3)) {
            op_trigger(f->op, false);
        }
        if (rng_once_in(rng, 6)) {
            fixture_restart(f);
        } else if (rng_once_in(rng, 5)) {
            saves_take(&f->saves, f->op);
        }
    }
    op_advance(f->op, TIME_END, SAY_NOTHING);
    op_trigger(f->op, true);
}

static void test_final_rows_equal_the_model(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng);
    for (int round = 0; round < 400; round++) {
        struct row rows[ROWS];
        struct fixture f;
        struct window_spec w = random_window(&rng);
        bool keyed = !rng_once_in(&rng, 4);
        bool invertible = rng_once_in(&rng, 2);
        int64_t mark = make_rows(&rng, rows, !rng_once_in(&rng, 5));
        fixture_init(&f, &w, keyed, invertible, (struct emit_spec){.kind = EMIT_CLOSE});
        run_rows(&rng, &f, rows, mark);
        uint32_t n;
        struct result *expected = model_run(&w, rows, keyed, &n);
        RNG_CHECK(&rng, f.n_out == n);
        for (uint32_t i = 0; i < n; i++) {
            RNG_CHECK(&rng, same_result(&f.out[i], &expected[i], !invertible));
        }
        op_measure_all(f.op);
        RNG_CHECK(&rng, f.op->stats.state_rows == 0);
        mem_free(expected);
        fixture_release(&f);
    }
}

/* Folding a changelog gives the table: every row once, its newest value. */
static uint32_t fold(struct result *rows, uint32_t n)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t at = 0;
        while (at < kept && compare_results(&rows[at], &rows[i]) != 0) {
            at++;
        }
        rows[at] = rows[i];
        kept = at == kept ? kept + 1 : kept;
    }
    qsort(rows, kept, sizeof *rows, compare_results);
    return kept;
}

static void test_changes_fold_to_the_model(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng);
    for (int round = 0; round < 100; round++) {
        struct row rows[ROWS];
        struct fixture f;
        struct window_spec w = random_window(&rng);
        if (rng_once_in(&rng, 4)) {
            w = (struct window_spec){.kind = WINDOW_NONE};
        }
        bool keyed = !rng_once_in(&rng, 4);
        int64_t mark = make_rows(&rng, rows, !rng_once_in(&rng, 5));
        if (w.kind == WINDOW_NONE) { /* time means nothing there */
            for (uint32_t i = 0; i < ROWS; i++) {
                rows[i].before = mark = TIME_NONE;
            }
        }
        fixture_init(&f, &w, keyed, false, (struct emit_spec){.kind = EMIT_CHANGES});
        run_rows(&rng, &f, rows, mark);
        uint32_t n;
        struct result *expected = model_run(&w, rows, keyed, &n);
        uint32_t folded = fold(f.out, f.n_out);
        RNG_CHECK(&rng, folded == n);
        for (uint32_t i = 0; i < n; i++) {
            RNG_CHECK(&rng, same_result(&f.out[i], &expected[i], true));
        }
        mem_free(expected);
        fixture_release(&f);
    }
}

/* ---- by hand ------------------------------------------------------------------------------------
 */

static struct row row_at(int64_t seconds, int key, int64_t value)
{
    return (
        struct row){.ts = seconds * US_PER_SECOND, .key = key, .value = value, .before = TIME_NONE};
}

static void test_clock_ticks_from_the_first_row_on(void **state)
{
    (void)state;
    struct fixture f;
    struct window_spec w = {.kind = WINDOW_HOP,
                            .size_us = 30 * US_PER_SECOND,
                            .slide_us = 10 * US_PER_SECOND,
                            .clock_ticks = true};
    struct row first = row_at(3, 0, 1);
    struct row second = row_at(13, 0, 1);
    fixture_init(&f, &w, false, false, (struct emit_spec){.kind = EMIT_CLOSE});
    push_rows(&f, &first, 1, TIME_NONE);
    op_advance(f.op, 10 * US_PER_SECOND, SAY_NOTHING);
    push_rows(&f, &second, 1, 10 * US_PER_SECOND);
    op_advance(f.op, 60 * US_PER_SECOND, SAY_NOTHING);
    /* The book's countByWindow: 1, 2, 2, 1, 0, and 0 again. */
    const uint64_t counts[] = {1, 2, 2, 1, 0, 0};
    assert_int_equal(f.n_out, 6);
    for (uint32_t i = 0; i < 6; i++) {
        assert_int_equal(f.out[i].count, counts[i]);
        assert_int_equal(f.out[i].end, (int64_t)(i + 1) * 10 * US_PER_SECOND);
    }
    op_measure_all(f.op);
    assert_int_equal(f.op->stats.next_due, 70 * US_PER_SECOND);
    fixture_release(&f);
}

static void test_fill_zero_forgets_a_group(void **state)
{
    (void)state;
    struct fixture f;
    struct window_spec w = {.kind = WINDOW_HOP,
                            .size_us = 10 * US_PER_SECOND,
                            .slide_us = 10 * US_PER_SECOND,
                            .fill = FILL_ZERO,
                            .fill_windows = 2};
    struct row rows[] = {row_at(1, 0, 5), row_at(2, 1, 7), row_at(11, 1, 9), row_at(51, 1, 1)};
    fixture_init(&f, &w, true, false, (struct emit_spec){.kind = EMIT_CLOSE});
    push_rows(&f, rows, 4, TIME_NONE);
    op_advance(f.op, TIME_END, SAY_NOTHING);
    /* k0: 10 s, filled at 20 and 30. k1: 10 and 20, filled at 30 and 40, there again at 60. */
    const int64_t ends[] = {10, 10, 20, 20, 30, 30, 40, 60};
    const int keys[] = {0, 1, 0, 1, 0, 1, 1, 1};
    const int64_t sums[] = {5, 7, 0, 9, 0, 0, 0, 1};
    assert_int_equal(f.n_out, 8);
    for (uint32_t i = 0; i < 8; i++) {
        assert_int_equal(f.out[i].end, ends[i] * US_PER_SECOND);
        assert_int_equal(f.out[i].key, keys[i]);
        assert_int_equal(f.out[i].sum, sums[i]);
        assert_true(f.out[i].has_values);
    }
    fixture_release(&f);
}

static void test_fill_stops_at_its_limit(void **state)
{
    (void)state;
    struct fixture f;
    struct window_spec w = {.kind = WINDOW_HOP,
                            .size_us = US_PER_SECOND,
                            .slide_us = US_PER_SECOND,
                            .clock_ticks = true};
    struct row row = row_at(0, 0, 1);
    fixture_init(&f, &w, false, false, (struct emit_spec){.kind = EMIT_CLOSE});
    push_rows(&f, &row, 1, TIME_NONE);
    op_advance(f.op, 1000000 * US_PER_SECOND, SAY_NOTHING);
    assert_int_equal(f.n_out, 1 + FILL_ROWS_MAX);
    assert_int_equal(f.op->stats.fill_gaps, 1);
    op_advance(f.op, 1000002 * US_PER_SECOND, SAY_NOTHING);
    assert_int_equal(f.n_out, 1 + FILL_ROWS_MAX + 2);
    fixture_release(&f);
}

/* Fluent Bit's MIN over a hopping window never forgets (style.md); ours must. */
static void test_min_over_hop_forgets(void **state)
{
    (void)state;
    struct fixture f;
    struct window_spec w = {.kind = WINDOW_HOP,
                            .size_us = 20 * US_PER_SECOND,
                            .slide_us = 10 * US_PER_SECOND};
    struct row rows[] = {row_at(1, 0, -100), row_at(11, 0, 3), row_at(21, 0, 4), row_at(31, 0, 5)};
    fixture_init(&f, &w, true, false, (struct emit_spec){.kind = EMIT_CLOSE});
    push_rows(&f, rows, 4, TIME_NONE);
    op_advance(f.op, TIME_END, SAY_NOTHING);
    const int64_t mins[] = {-100, -100, 3, 4, 5};
    assert_int_equal(f.n_out, 5);
    for (uint32_t i = 0; i < 5; i++) {
        assert_int_equal(f.out[i].min, mins[i]);
    }
    fixture_release(&f);
}

static void test_total_over_nothing(void **state)
{
    (void)state;
    struct fixture f;
    struct window_spec w = {.kind = WINDOW_NONE};
    fixture_init(&f, &w, false, false, (struct emit_spec){.kind = EMIT_CHANGES});
    op_trigger(f.op, false);
    assert_int_equal(f.n_out, 0);
    op_trigger(f.op, true);
    assert_int_equal(f.n_out, 1);
    assert_int_equal(f.out[0].count, 0);
    assert_false(f.out[0].has_values);
    fixture_release(&f);
}

static void test_damaged_state_is_refused(void **state)
{
    (void)state;
    struct fixture f;
    struct bytebuf bytes;
    struct window_spec w = {.kind = WINDOW_HOP,
                            .size_us = 20 * US_PER_SECOND,
                            .slide_us = 10 * US_PER_SECOND};
    struct row rows[] = {row_at(1, 0, -100), row_at(11, 1, 3)};
    bytebuf_init(&bytes);
    fixture_init(&f, &w, true, false, (struct emit_spec){.kind = EMIT_CLOSE});
    push_rows(&f, rows, 2, TIME_NONE);
    op_save_all(f.op, true, &bytes);
    for (size_t len = 0; len < bytes.len; len++) {
        struct entries *entries = entries_new();
        assert_false(entries_apply(entries, slice_of(bytes.at, len)));
        entries_free(entries);
    }
    bytebuf_release(&bytes);
    fixture_release(&f);
}

TEST_MAIN(cmocka_unit_test(test_final_rows_equal_the_model),
          cmocka_unit_test(test_changes_fold_to_the_model),
          cmocka_unit_test(test_clock_ticks_from_the_first_row_on),
          cmocka_unit_test(test_fill_zero_forgets_a_group),
          cmocka_unit_test(test_fill_stops_at_its_limit),
          cmocka_unit_test(test_min_over_hop_forgets), cmocka_unit_test(test_total_over_nothing),
          cmocka_unit_test(test_damaged_state_is_refused))
