/* ops_testing: a chain of operators on the bench. Plan nodes are made by hand, rows come from text
 * or from a seed, what leaves is text.
 *
 *     struct bench bench;
 *     bench_init(&bench, "ts TIMESTAMP, k TEXT, v BIGINT");        // the scan; event time is
 * column 0 struct plan_node *node = bench_node(&bench, PLAN_DISTINCT, "ts TIMESTAMP, …"); …
 *     bench_open(&bench);
 *     bench_push(&bench, "2026-01-05T09:00:00Z, a, 1\n…", TIME_NONE);
 *     bench_advance(&bench, t); bench_trigger(&bench, false);
 *     assert_string_equal(bench_text(&bench), "…");
 *     bench_release(&bench);
 *
 * A *feed* is many seeded rows with their watermarks; feed_run pushes it through the chain in
 * seeded cuts, with advances, triggers and snapshots between them, and gives what came out. */
#ifndef TESTS_ENGINE_OPS_OPS_TESTING_H
#define TESTS_ENGINE_OPS_OPS_TESTING_H

#include "tests/support/testing.h"

#include "engine/base/clock.h"
#include "engine/base/mem.h"
#include "engine/base/textbuf.h"
#include "engine/data/timestamp.h"
#include "engine/data/value.h"
#include "engine/ops/op.h"
#include "engine/ops/ops.h"
#include "tests/engine/ops/saves.h"
#include "tests/support/builders.h"
#include "tests/support/random_rows.h"

struct bench {
    struct arena life;
    struct plan plan;
    struct plan_node *top;
    struct op_context context;
    struct op_output output;
    struct op *first;
    struct bytebuf text; /* rows that left, one a line */
    uint64_t n_rows;
    struct bytebuf late; /* rows that were late */
    struct late_sink late_sink;
    uint64_t first_row;
    struct saves saves;
};

/* ---- rows as text ---------------------------------------------------------------------------- */

/* A comma unless the line begins. */
static inline void line_next(struct bytebuf *line)
{
    bool begins = line->len == 0 || line->at[line->len - 1] == '\n';
    bool has_op = line->len >= 2 && line->at[line->len - 1] == '\t';
    bytebuf_add_text(line, begins || has_op ? "" : ", ");
}

/* A value; control bytes of text as \xNN. */
static inline void line_add(struct bytebuf *line, const struct column *column, uint32_t row)
{
    line_next(line);
    if (column->values == NULL) {
        bytebuf_add_byte(line, '?');
    } else if (column_is_null(column, row)) {
        bytebuf_add_text(line, "NULL");
    } else if (type_physical(column->type) == PHYSICAL_TEXT) {
        bytebuf_add_text(line, column->text[row].len == 0 ? "''" : "");
        textbuf_escaped(line, text_slice(column->text[row]));
    } else {
        column_print(line, column, row);
    }
}

static inline void line_add_i64(struct bytebuf *line, bool is_null, int64_t value)
{
    line_next(line);
    if (is_null) {
        bytebuf_add_text(line, "NULL");
    } else {
        textbuf_i64(line, value);
    }
}

static inline void line_add_time(struct bytebuf *line, int64_t us)
{
    line_next(line);
    timestamp_print(line, us);
}

/* All rows of a batch; with "+" or "-" and a tab in front if it has ops. */
static inline void lines_add(struct bytebuf *lines, const struct batch *batch)
{
    for (uint32_t row = 0; row < batch->n; row++) {
        if (batch->ops != NULL) {
            bytebuf_add_byte(lines, batch->ops[row]);
            bytebuf_add_byte(lines, '\t');
        }
        for (uint32_t c = 0; c < batch->schema->n; c++) {
            line_add(lines, &batch->columns[c], row);
        }
        bytebuf_add_byte(lines, '\n');
    }
}

/* ---- plans ----------------------------------------------------------------------------------- */

/* A node on top of the others. */
static inline struct plan_node *bench_node(struct bench *bench, enum plan_kind kind,
                                           const char *columns)
{
    struct plan_node *node = arena_zalloc(&bench->life, sizeof *node);
    node->kind = kind;
    node->schema = *schema_from_text(&bench->life, columns);
    node->input = bench->top;
    node->time_column = kind == PLAN_SCAN ? 0 : -1;
    node->window_columns[0] = -1;
    node->window_columns[1] = -1;
    node->limit = -1;
    bench->top = node;
    return node;
}

static inline void bench_keys(struct bench *bench, struct plan_node *node, uint32_t n,
                              uint32_t first)
{
    node->n_keys = n;
    node->keys = arena_alloc(&bench->life, n * sizeof *node->keys);
    for (uint32_t i = 0; i < n; i++) {
        node->keys[i] = first + i;
    }
}

/* Adds name(column), or name(*) for -1. */
static inline void bench_call(struct bench *bench, struct plan_node *node, const char *name,
                              int column, bool distinct)
{
    enum { CALLS_MAX = 16 };
    struct agg_call call = {0};
    struct error err = {0};
    struct type type = column < 0 ? type_of(TYPE_BIGINT) : node->input->schema.fields[column].type;
    if (agg_resolve(&bench->life, slice_text(name), distinct, &type, column >= 0, NULL, 0, &call,
                    &err) != OK) {
        fail_msg("%s: %s", name, err.text);
    }
    if (node->calls == NULL) {
        node->calls = arena_zalloc(&bench->life, CALLS_MAX * sizeof *node->calls);
    }
    assert_true(node->n_calls < CALLS_MAX);
    call.args[0] = column < 0 ? 0 : (uint32_t)column;
    call.time_column = node->input->time_column;
    node->calls[node->n_calls++] = call;
}

/* HAVING column `column` of the node's output `op` value. */
static inline void bench_having(struct bench *bench, struct plan_node *node, uint32_t column,
                                const char *op, int64_t value)
{
    const struct field *field = &node->schema.fields[column];
    struct error err = {0};
    struct expr *args[] = {
        expr_column(&bench->life, column, field->type, field->not_null),
        expr_constant(&bench->life, value_bigint(value)),
    };
    if (expr_call(&bench->life, slice_text(op), args, 2, -1, &node->having, &err) != OK) {
        fail_msg("%s", err.text);
    }
}

/* ---- the chain ------------------------------------------------------------------------------- */

static inline void bench_rows(void *owner, struct batch *batch)
{
    struct bench *bench = owner;
    for (uint32_t i = 0; i < batch->schema->n; i++) {
        if (batch->late != NULL) {
            batch_require(batch, &i, 1);
        }
        assert_true(batch->columns[i].values == NULL || batch->columns[i].n == batch->n);
    }
    assert_true(batch->n > 0 && batch->n <= BATCH_ROWS);
    lines_add(&bench->text, batch);
    bench->n_rows += batch->n;
}

static inline void bench_late(void *owner, const struct batch *batch, uint32_t row,
                              int64_t watermark)
{
    struct bench *bench = owner;
    assert_true(watermark > TIME_NONE);
    if (batch->columns[0].values != NULL) {
        column_print(&bench->late, &batch->columns[0], row);
    }
    bytebuf_add_byte(&bench->late, '\n');
}

static inline void bench_init(struct bench *bench, const char *columns)
{
    *bench = (struct bench){0};
    arena_init(&bench->life);
    bench_node(bench, PLAN_SCAN, columns);
}

static inline void bench_build(struct bench *bench)
{
    bench->plan.root = bench->top;
    bench->output = (struct op_output){bench, bench_rows};
    bench->late_sink = (struct late_sink){bench, bench_late};
    bench->context.query = &bench->life;
    bench->context.late = &bench->late_sink;
    bench->first = op_build(&bench->context, &bench->plan, &bench->output);
}

static inline void bench_open(struct bench *bench)
{
    saves_release(&bench->saves);
    bench_build(bench);
}

static inline void bench_close(struct bench *bench)
{
    op_close_all(bench->first);
    bench->first = NULL;
}

static inline void bench_release(struct bench *bench)
{
    if (bench->first != NULL) {
        bench_close(bench);
    }
    bytebuf_release(&bench->text);
    bytebuf_release(&bench->late);
    saves_release(&bench->saves);
    arena_release(&bench->life);
}

/* Goes on with fresh operators that have read the state of the old ones, as it was saved change by
 * change. */
static inline void bench_reopen(struct bench *bench)
{
    struct bytebuf saved = {0};
    struct bytebuf again = {0};
    saves_take(&bench->saves, bench->first);
    op_save_all(bench->first, true, &saved);
    bench_close(bench);
    bench_build(bench);
    saves_load(&bench->saves, bench->first);
    op_save_all(bench->first, true, &again);
    assert_int_equal(saved.len, again.len); /* bags of values are saved in any order */
    bytebuf_release(&saved);
    bytebuf_release(&again);
}

/* Saved state that is cut short or changed is refused, or read as some other state; nothing worse.
 */
static inline void bench_damage(struct bench *bench, struct rng *rng)
{
    struct bytebuf saved = {0};
    op_save_all(bench->first, true, &saved);
    for (uint32_t i = 0; i < 300 && saved.len > 0; i++) {
        size_t len = i % 3 == 0 ? rng_below(rng, saved.len) : saved.len;
        uint8_t *byte = &saved.at[rng_below(rng, saved.len)];
        uint8_t old = *byte;
        enum status status;
        *byte = i % 3 == 0 ? old : (uint8_t)rng_u64(rng);
        bench_close(bench);
        bench_open(bench);
        bool ok = saves_load_one(slice_of(saved.at, len), bench->first, &status);
        RNG_CHECK(rng, ok || status == ERR_STATE);
        RNG_CHECK(rng, i % 3 != 0 || !ok);
        *byte = old;
    }
    enum status status;
    bench_close(bench);
    bench_open(bench);
    assert_true(saves_load_one(bytebuf_slice(&saved), bench->first, &status));
    bytebuf_release(&saved);
}

/* Rows as text, all with the same watermark before them. */
static inline void bench_push(struct bench *bench, const char *rows, int64_t watermark)
{
    struct arena scratch;
    arena_init(&scratch);
    struct batch batch;
    const struct plan_node *scan = bench->top;
    while (scan->input != NULL) {
        scan = scan->input;
    }
    batch_from_text(&batch, &scan->schema, &scratch, rows);
    batch.time_column = 0;
    batch.watermark = watermark;
    batch.first_row = bench->first_row;
    bench->first_row += batch.n;
    op_push(bench->first, &batch);
    arena_release(&scratch);
}

static inline void bench_advance(struct bench *bench, int64_t watermark)
{
    op_advance(bench->first, watermark, SAY_NOTHING);
}

static inline void bench_trigger(struct bench *bench, bool at_end)
{
    op_trigger(bench->first, at_end);
}

static inline const char *bench_text(struct bench *bench)
{
    return bytebuf_text(&bench->text);
}

/* The text so far, and none from then on. */
static inline const char *bench_take(struct bench *bench)
{
    const char *text = arena_text(&bench->life, bytebuf_text(&bench->text));
    bytebuf_clear(&bench->text);
    return text;
}

static inline struct op_stats bench_stats(struct bench *bench)
{
    op_measure_all(bench->first);
    return bench->first->stats;
}

/* Seconds after 2026-01-05T09:00:00Z. */
#define AT(seconds) (INT64_C(1767603600000000) + (int64_t)(seconds)*US_PER_SECOND)

/* ---- feeds ----------------------------------------------------------------------------------- */

struct feed {
    struct batch rows;
    int64_t *watermarks; /* before each row; rows.n + 1 of them */
};

struct feed_options {
    uint32_t n;
    uint32_t n_keys;      /* different values of each row's key */
    int64_t step_us;      /* time goes on by 0 … 2 steps a row */
    int64_t jitter_us;    /* rows are up to this much back in time */
    int64_t delay_us;     /* of the watermark; -1: there is none */
    uint32_t gap_once_in; /* a long silence, 20 × jitter, once in so many rows; 0 = never */
};

/* Rows of the schema with times in column 0. */
static inline void feed_init(struct feed *feed, struct arena *arena, const struct schema *schema,
                             struct rng *rng, const struct feed_options *options)
{
    uint32_t n = options->n;
    batch_random(&feed->rows, schema, arena, rng, n);
    struct column_out times = column_out_new(arena, type_of(TYPE_TIMESTAMP), n);
    feed->watermarks = arena_alloc(arena, (n + 1) * sizeof *feed->watermarks);
    int64_t now = AT(0);
    int64_t newest = TIME_NONE;
    for (uint32_t i = 0; i <= n; i++) {
        feed->watermarks[i] =
            options->delay_us < 0 || newest == TIME_NONE ? TIME_NONE : newest - options->delay_us;
        if (i == n) {
            break;
        }
        now += (int64_t)rng_below(rng, 3) * options->step_us;
        if (options->gap_once_in > 0 && rng_once_in(rng, options->gap_once_in)) {
            now += 20 * options->jitter_us + options->step_us;
        }
        if (rng_once_in(rng, 50)) {
            column_out_null(&times, i, n);
            continue;
        }
        int64_t back = (int64_t)rng_below(rng, (uint64_t)options->jitter_us + 1);
        times.i64[i] = now - (rng_once_in(rng, 3) ? back : 0);
        newest = times.i64[i] > newest ? times.i64[i] : newest;
    }
    feed->rows.columns[0] = column_view(&times, n);
}

/* Decodes columns of a slice from the whole feed. */
struct feed_late {
    struct late_columns late;
    const struct batch *rows;
    uint32_t first;
};

static inline void feed_fill(struct late_columns *self, struct arena *arena, uint32_t col,
                             const uint32_t *origin, uint32_t n, struct column *out,
                             uint64_t *reject)
{
    const struct feed_late *feed = (const struct feed_late *)self;
    uint32_t *rows = arena_alloc(arena, n * sizeof *rows);
    (void)reject;
    for (uint32_t i = 0; i < n; i++) {
        rows[i] = feed->first + origin[i];
    }
    *out = column_gather(arena, &feed->rows->columns[col], rows, n);
}

/* Pushes rows [first, first + n) of the feed; columns are late. */
static inline void feed_push(const struct feed *feed, struct bench *bench, uint32_t first,
                             uint32_t n)
{
    struct arena scratch;
    arena_init(&scratch);
    struct feed_late late = {{.fill = feed_fill}, &feed->rows, first};
    struct batch batch;
    batch_init(&batch, feed->rows.schema, &scratch);
    batch.n = n;
    batch.late = &late.late;
    batch.time_column = 0;
    batch.first_row = first;
    batch.watermark = feed->watermarks[first + n];
    batch.watermarks = feed->watermarks + first;
    for (uint32_t i = 0; i < batch.schema->n; i++) {
        batch.columns[i].n = n;
    }
    op_push(bench->first, &batch);
    arena_release(&scratch);
}

/* Runs the whole feed through fresh operators; rng NULL: in the largest batches, without snapshots.
 * `triggers`: results may leave between batches. What came out is in the bench's arena. */
static inline const char *feed_run(const struct feed *feed, struct bench *bench, struct rng *rng,
                                   bool triggers)
{
    bench_open(bench);
    bytebuf_clear(&bench->text);
    bytebuf_clear(&bench->late);
    for (uint32_t done = 0; done < feed->rows.n;) {
        uint32_t left = feed->rows.n - done;
        uint32_t n = rng == NULL           ? BATCH_ROWS
                     : rng_once_in(rng, 3) ? 1 + (uint32_t)rng_below(rng, 3)
                                           : 1 + (uint32_t)rng_below(rng, 300);
        n = n < left ? n : left;
        feed_push(feed, bench, done, n);
        done += n;
        if (rng != NULL && rng_once_in(rng, 4)) {
            bench_reopen(bench);
        } else if (rng != NULL && rng_once_in(rng, 4)) {
            saves_take(&bench->saves, bench->first);
        }
        if (rng == NULL || rng_once_in(rng, 2)) {
            if (feed->watermarks[done] != TIME_NONE) {
                bench_advance(bench, feed->watermarks[done]);
            }
            if (triggers) {
                bench_trigger(bench, false);
            }
        }
    }
    if (rng != NULL) {
        bench_reopen(bench);
    }
    bench_advance(bench, TIME_END);
    bench_trigger(bench, true);
    bench_close(bench);
    return bench_take(bench);
}

#endif
