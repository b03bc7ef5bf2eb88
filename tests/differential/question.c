/* question: see question.h. */
#include "tests/differential/question.h"

#include "engine/base/clock.h"
#include "engine/data/timestamp.h"
#include "tests/differential/dataset.h"

enum { DEPTH = 3 };

/* ---- at random ------------------------------------------------------------------------------- */

static enum question_shape shape_random(struct rng *rng)
{
    static const enum question_shape shapes[] = {
        ASK_ROWS,   ASK_ROWS,    ASK_DISTINCT, ASK_TOTAL, ASK_TOTAL, ASK_WINDOW,      ASK_WINDOW,
        ASK_WINDOW, ASK_SESSION, ASK_SESSION,  ASK_COUNT, ASK_OVER,  ASK_WINDOW_ROWS,
    };
    return shapes[rng_below(rng, sizeof shapes / sizeof shapes[0])];
}

static int64_t duration_random(struct rng *rng)
{
    static const int64_t units[] = {US_PER_SECOND, US_PER_SECOND, US_PER_SECOND, 500 * US_PER_MS,
                                    US_PER_MINUTE};
    return (1 + (int64_t)rng_below(rng, 12)) * units[rng_below(rng, 5)];
}

static void window_random(struct question *q, struct rng *rng)
{
    q->size_us = duration_random(rng);
    q->slide_us = q->size_us;
    q->rows = 1 + (int64_t)rng_below(rng, 6);
    q->rows_slide = rng_once_in(rng, 2) ? q->rows : 1 + (int64_t)rng_below(rng, (uint64_t)q->rows);
    if (q->shape == ASK_SESSION && rng_once_in(rng, 6)) {
        q->max_us = q->size_us * (1 + (int64_t)rng_below(rng, 4));
    }
    if (q->shape != ASK_WINDOW && q->shape != ASK_WINDOW_ROWS) {
        q->grace_us = q->shape == ASK_SESSION && rng_once_in(rng, 4) ? duration_random(rng) : 0;
        return;
    }
    q->cumulate = rng_once_in(rng, 5);
    if (q->cumulate) {
        q->slide_us = q->size_us;
        q->size_us *= 1 + (int64_t)rng_below(rng, 5);
    } else if (rng_below(rng, 3) > 0) {
        q->slide_us = rng_once_in(rng, 3) ? 700 * US_PER_MS : duration_random(rng);
        q->slide_us = q->slide_us < q->size_us ? q->slide_us : q->size_us;
    }
    q->offset_us = rng_once_in(rng, 4) ? duration_random(rng) - 3 * US_PER_SECOND : 0;
    q->grace_us = rng_once_in(rng, 4) ? duration_random(rng) : 0;
}

static void keys_random(struct question *q, struct arena *arena, struct rng *rng)
{
    static const uint32_t numbers[] = {0, 0, 1, 1, 1, 2, 3};
    static const enum term_type types[] = {TERM_TEXT, TERM_INT, TERM_BOOL, TERM_MONEY};
    q->n_keys = numbers[rng_below(rng, 7)];
    for (uint32_t i = 0; i < q->n_keys; i++) {
        enum term_type type = types[rng_below(rng, 4)];
        q->keys[i] = rng_once_in(rng, 3) ? term_random(arena, rng, type, DEPTH - 1)
                                         : term_column(arena, rng, type);
    }
}

static bool shape_has_calls(enum question_shape shape)
{
    return shape != ASK_ROWS && shape != ASK_DISTINCT && shape != ASK_WINDOW_ROWS;
}

static bool shape_has_items(enum question_shape shape)
{
    return !shape_has_calls(shape) || shape == ASK_OVER;
}

static void outputs_random(struct question *q, struct arena *arena, struct rng *rng)
{
    if (shape_has_calls(q->shape)) {
        keys_random(q, arena, rng);
        q->n_calls = 1 + (uint32_t)rng_below(rng, QUESTION_CALLS);
        for (uint32_t i = 0; i < q->n_calls; i++) {
            q->calls[i] = call_random(arena, rng);
        }
    }
    if (shape_has_items(q->shape)) {
        q->n_items = 1 + (uint32_t)rng_below(rng, QUESTION_ITEMS);
        for (uint32_t i = 0; i < q->n_items; i++) {
            enum term_type type = (enum term_type)rng_below(rng, TERM_TYPES);
            q->items[i] = q->shape == ASK_DISTINCT ? term_random(arena, rng, type, 1)
                                                   : term_random(arena, rng, type, DEPTH);
        }
    }
}

/* FILL between windows with rows; a slide of 5 s keeps that below the limit of 10 000 rows. */
static void fill_random(struct question *q, struct rng *rng)
{
    static const enum question_fill fills[] = {FILL_WITH_ZERO, FILL_WITH_NULL, FILL_WITH_PREVIOUS};
    if (q->shape == ASK_WINDOW && !q->cumulate && rng_once_in(rng, 4)) {
        int64_t least_us = 5 * US_PER_SECOND;
        q->fill = fills[rng_below(rng, 3)];
        q->fill_windows = 1 + (int64_t)rng_below(rng, 4);
        q->slide_us = q->slide_us > least_us ? q->slide_us : least_us;
        q->size_us = q->size_us > q->slide_us ? q->size_us : q->slide_us;
    }
}

static void emit_random(struct question *q, struct rng *rng)
{
    static const enum question_emit any[] = {EMIT_AS_USUAL,   EMIT_AS_USUAL,    EMIT_AS_FINAL,
                                             EMIT_AS_CHANGES, EMIT_AS_COMPLETE, EMIT_AS_EVERY,
                                             EMIT_AS_RISE};
    q->emit = EMIT_AS_USUAL;
    if (q->shape == ASK_WINDOW || q->shape == ASK_SESSION || q->shape == ASK_TOTAL) {
        q->emit = any[rng_below(rng, 7)];
    }
    if (q->fill != FILL_WITH_NOTHING) {
        q->emit = rng_once_in(rng, 2) ? EMIT_AS_USUAL : EMIT_AS_FINAL;
    }
    if (q->shape == ASK_TOTAL && !q->finite && q->emit == EMIT_AS_FINAL) {
        q->emit = EMIT_AS_CHANGES;
    }
    /* When an alert of sessions leaves is a matter of tests/engine/ops/test_session.c. */
    if (q->shape == ASK_SESSION && q->emit == EMIT_AS_RISE) {
        q->emit = EMIT_AS_CHANGES;
    }
    q->having = q->having || q->emit == EMIT_AS_RISE;
    /* A complete result that has become empty cannot be told from none. */
    bool grows = q->n_calls > 0 && call_counts(&q->calls[q->having_call]);
    q->having = q->having && (q->emit != EMIT_AS_COMPLETE || grows);
}

static bool question_closes(const struct question *q)
{
    return (q->shape == ASK_WINDOW || q->shape == ASK_SESSION || q->shape == ASK_WINDOW_ROWS) &&
           (q->emit == EMIT_AS_USUAL || q->emit == EMIT_AS_FINAL);
}

static void order_random(struct question *q, struct rng *rng)
{
    q->limit = -1;
    q->distinct = q->shape == ASK_WINDOW_ROWS && rng_once_in(rng, 4);
    bool can = question_closes(q) || q->emit == EMIT_AS_COMPLETE;
    if (can && !q->distinct && rng_once_in(rng, 4)) {
        uint32_t n = q->shape == ASK_WINDOW_ROWS ? q->n_items : q->n_calls;
        q->order = true;
        q->order_by = (uint32_t)rng_below(rng, n);
        q->descending = rng_once_in(rng, 2);
        q->limit = rng_once_in(rng, 4) ? -1 : (int64_t)rng_below(rng, 5);
    }
}

/* Rows that are replaced later cannot be read by another SELECT. */
static bool can_be_nested(const struct question *q)
{
    bool is_final = q->emit == EMIT_AS_USUAL || q->emit == EMIT_AS_FINAL;
    return is_final && (q->shape != ASK_TOTAL || q->finite);
}

struct question *question_random(struct arena *arena, struct rng *rng)
{
    struct question *q = arena_zalloc(arena, sizeof *q);
    q->shape = shape_random(rng);
    q->finite = rng_once_in(rng, 3);
    q->has_watermark = rng_below(rng, 3) > 0;
    bool delays = q->has_watermark && rng_once_in(rng, 2);
    q->delay_us = delays ? (int64_t)rng_below(rng, 8) * US_PER_SECOND : 0;
    window_random(q, rng);
    fill_random(q, rng);
    q->where = rng_once_in(rng, 2) ? term_random(arena, rng, TERM_BOOL, DEPTH) : NULL;
    outputs_random(q, arena, rng);
    q->having = q->n_calls > 0 && rng_once_in(rng, 5);
    q->having_call = q->n_calls > 0 ? (uint32_t)rng_below(rng, q->n_calls) : 0;
    q->having_more = (int64_t)rng_below(rng, 3);
    emit_random(q, rng);
    order_random(q, rng);
    q->is_nested = rng_once_in(rng, 3) && can_be_nested(q);
    q->reads_nest = rng_once_in(rng, 4);
    return q;
}

struct question *question_loosen(struct arena *arena, const struct question *question,
                                 struct rng *rng)
{
    static const enum question_emit emits[] = {EMIT_AS_CHANGES, EMIT_AS_RISE, EMIT_AS_RISE_FALL};
    struct question *q = arena_alloc(arena, sizeof *q);
    *q = *question;
    bool can = q->shape == ASK_OVER || q->shape == ASK_SESSION || q->emit == EMIT_AS_RISE;
    if (can && !q->order && rng_below(rng, 4) > 0) {
        q->emit = emits[rng_below(rng, 3)];
        q->is_nested = false;
        q->having = q->having || q->emit != EMIT_AS_CHANGES;
    }
    return q;
}

bool question_has_lateness(const struct question *q)
{
    return q->shape != ASK_ROWS && q->shape != ASK_DISTINCT && q->shape != ASK_TOTAL &&
           q->shape != ASK_COUNT && q->emit != EMIT_AS_COMPLETE && (q->has_watermark || !q->finite);
}

/* ---- as text --------------------------------------------------------------------------------- */

enum call_order question_order(const struct question *q)
{
    if (q->shape == ASK_OVER) {
        return ORDER_ALL_BY_TIME;
    }
    return q->has_watermark || q->shape >= ASK_WINDOW ? ORDER_TIME : ORDER_ARRIVAL;
}

void question_having_print(struct bytebuf *out, const struct question *q, enum dialect dialect)
{
    const struct question_call *call = &q->calls[q->having_call];
    call_print(out, call, dialect, question_order(q));
    question_passes_print(out, q);
}

void question_passes_print(struct bytebuf *out, const struct question *q)
{
    const struct question_call *call = &q->calls[q->having_call];
    if (call_counts(call)) {
        bytebuf_printf(out, " > %d", (int)q->having_more);
    } else if (q->having_more > 0 && call_is_number(call)) {
        bytebuf_add_text(out, " > 0");
    } else {
        bytebuf_add_text(out, " IS NOT NULL");
    }
}

static void duration(struct bytebuf *out, const char *before, int64_t us)
{
    bytebuf_printf(out, "%s%s%lldms", before, us < 0 ? "-" : "",
                   (long long)(us < 0 ? -us : us) / US_PER_MS);
}

static void fill_print(struct bytebuf *out, const struct question *q)
{
    static const char *const fills[] = {"", " FILL 0", " FILL NULL", " FILL PREVIOUS"};
    bytebuf_add_text(out, fills[q->fill]);
    if (q->fill != FILL_WITH_NOTHING && q->n_keys > 0) {
        bytebuf_printf(out, " FOR %d WINDOWS", (int)q->fill_windows);
    }
}

static void window_print(struct bytebuf *out, const struct question *q)
{
    switch (q->shape) {
    case ASK_ROWS:
    case ASK_DISTINCT:
    case ASK_TOTAL:
    case ASK_SHAPES:
        return;
    case ASK_SESSION:
        duration(out, "\nWINDOW SESSION ", q->size_us);
        if (q->max_us > 0) {
            duration(out, " MAX ", q->max_us);
        }
        break;
    case ASK_COUNT:
        bytebuf_printf(out, "\nWINDOW %d ROWS SLIDE %d ROWS", (int)q->rows, (int)q->rows_slide);
        break;
    case ASK_OVER:
        duration(out, "\nWINDOW ", q->size_us);
        bytebuf_add_text(out, " SLIDE ROW");
        break;
    case ASK_WINDOW:
    case ASK_WINDOW_ROWS:
        duration(out, q->cumulate ? "\nWINDOW CUMULATE " : "\nWINDOW ",
                 q->cumulate ? q->slide_us : q->size_us);
        duration(out, q->cumulate ? " TO " : " SLIDE ", q->cumulate ? q->size_us : q->slide_us);
        break;
    }
    if (q->offset_us != 0) {
        duration(out, " OFFSET ", q->offset_us);
    }
    if (q->grace_us != 0) {
        duration(out, " GRACE ", q->grace_us);
    }
    fill_print(out, q);
    /* Without a declared watermark, the event-time column must be named. */
    bytebuf_add_text(out, q->has_watermark ? "" : " ON ts");
}

static bool is_windowed(const struct question *q)
{
    return q->shape >= ASK_WINDOW && q->shape != ASK_OVER;
}

static void select_print(struct bytebuf *out, const struct question *q)
{
    const char *comma = "";
    bytebuf_add_text(out, q->shape == ASK_DISTINCT || q->distinct ? "SELECT DISTINCT " : "SELECT ");
    if (is_windowed(q)) {
        bytebuf_add_text(out, "window_start AS ws, window_end AS we");
        comma = ", ";
    }
    for (uint32_t i = 0; i < q->n_keys; i++) {
        bytebuf_add_text(out, comma);
        term_print(out, q->keys[i], DIALECT_OURS);
        bytebuf_printf(out, " AS q%u", i);
        comma = ", ";
    }
    for (uint32_t i = 0; i < q->n_items; i++) {
        bytebuf_add_text(out, comma);
        term_print(out, q->items[i], DIALECT_OURS);
        bytebuf_printf(out, " AS c%u", i);
        comma = ", ";
    }
    for (uint32_t i = 0; i < q->n_calls; i++) {
        bytebuf_add_text(out, comma);
        call_print(out, &q->calls[i], DIALECT_OURS, question_order(q));
        bytebuf_printf(out, " AS a%u", i);
        comma = ", ";
    }
    bytebuf_add_text(out, q->reads_nest ? "\nFROM (SELECT * FROM s)" : "\nFROM s");
}

static void order_print(struct bytebuf *out, const struct question *q)
{
    if (q->order) {
        bytebuf_printf(out, "\nORDER BY %c%u%s", q->shape == ASK_WINDOW_ROWS ? 'c' : 'a',
                       q->order_by, q->descending ? " DESC" : "");
        if (q->emit == EMIT_AS_COMPLETE && is_windowed(q)) {
            bytebuf_add_text(out, ", we, ws");
        }
        for (uint32_t i = 0; i < q->n_keys; i++) {
            bytebuf_printf(out, ", q%u", i);
        }
        for (uint32_t i = 0; q->shape == ASK_WINDOW_ROWS && i < q->n_items; i++) {
            bytebuf_printf(out, ", c%u", i);
        }
    }
    if (q->limit >= 0) {
        bytebuf_printf(out, "\nLIMIT %d", (int)q->limit);
    }
}

void question_sql(struct bytebuf *out, const struct question *q)
{
    static const char *const emits[] = {"",
                                        "\nEMIT FINAL",
                                        "\nEMIT CHANGES",
                                        "\nEMIT COMPLETE",
                                        "\nEMIT EVERY 2s",
                                        "\nEMIT ON RISE",
                                        "\nEMIT ON RISE AND FALL"};
    bytebuf_add_text(out, q->finite ? "SET once = 'true';\n" : "");
    bytebuf_add_text(out, "CREATE STREAM s (" DATASET_COLUMNS);
    if (q->has_watermark) {
        duration(out, ", WATERMARK ts DELAY ", q->delay_us);
    }
    bytebuf_add_text(out, ") FROM 'memory:s' FORMAT csv WITH (" DATASET_WITH ");\n");
    bytebuf_add_text(out, q->is_nested ? "SELECT * FROM (" : "");
    select_print(out, q);
    if (q->where != NULL) {
        bytebuf_add_text(out, "\nWHERE ");
        term_print(out, q->where, DIALECT_OURS);
    }
    for (uint32_t i = 0; i < q->n_keys; i++) {
        bytebuf_add_text(out, i == 0 ? "\nGROUP BY " : ", ");
        bytebuf_printf(out, "q%u", i);
    }
    if (q->having) {
        bytebuf_add_text(out, "\nHAVING ");
        question_having_print(out, q, DIALECT_OURS);
    }
    window_print(out, q);
    order_print(out, q);
    bytebuf_add_text(out, emits[q->emit]);
    bytebuf_add_text(out, q->is_nested ? ");\n" : ";\n");
}
