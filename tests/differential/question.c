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

static struct question_call call_random(struct arena *arena, struct rng *rng)
{
    struct question_call call = {.function =
                                     (enum question_function)rng_below(rng, CALL_FUNCTIONS)};
    static const enum term_type numbers[] = {TERM_INT, TERM_FLOAT, TERM_MONEY};
    enum term_type type = (enum term_type)rng_below(rng, TERM_TYPES);
    bool is_sum = call.function == CALL_SUM || call.function == CALL_AVG;
    if (is_sum) {
        type = numbers[rng_below(rng, 3)];
    }
    if (call.function == CALL_ANY || call.function == CALL_EVERY) {
        type = TERM_BOOL;
    }
    if (call.function != CALL_COUNT_ROWS) {
        /* Only sums of the column are exact in any order. */
        bool exact = is_sum && type == TERM_FLOAT;
        call.arg = exact ? term_column(arena, rng, type) : term_random(arena, rng, type, DEPTH - 1);
        call.distinct = (is_sum || call.function == CALL_COUNT) && rng_once_in(rng, 4);
    }
    call.filter = rng_once_in(rng, 5) ? term_random(arena, rng, TERM_BOOL, DEPTH - 1) : NULL;
    return call;
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

static void emit_random(struct question *q, struct rng *rng)
{
    static const enum question_emit any[] = {EMIT_AS_USUAL, EMIT_AS_USUAL, EMIT_AS_FINAL,
                                             EMIT_AS_CHANGES, EMIT_AS_COMPLETE};
    q->emit = EMIT_AS_USUAL;
    if (q->shape == ASK_WINDOW || q->shape == ASK_SESSION || q->shape == ASK_TOTAL) {
        q->emit = any[rng_below(rng, 5)];
    }
    if (q->shape == ASK_TOTAL && !q->finite && q->emit == EMIT_AS_FINAL) {
        q->emit = EMIT_AS_CHANGES;
    }
}

static void order_random(struct question *q, struct rng *rng)
{
    bool closes = (q->shape == ASK_WINDOW || q->shape == ASK_SESSION) &&
                  (q->emit == EMIT_AS_USUAL || q->emit == EMIT_AS_FINAL);
    q->limit = -1;
    if ((closes || q->emit == EMIT_AS_COMPLETE) && rng_once_in(rng, 4)) {
        q->order = true;
        q->order_call = (uint32_t)rng_below(rng, q->n_calls);
        q->descending = rng_once_in(rng, 2);
        q->limit = rng_once_in(rng, 4) ? -1 : (int64_t)rng_below(rng, 5);
    }
}

struct question *question_random(struct arena *arena, struct rng *rng)
{
    struct question *q = arena_zalloc(arena, sizeof *q);
    q->shape = shape_random(rng);
    q->finite = rng_once_in(rng, 3);
    q->has_watermark = rng_once_in(rng, 2);
    q->delay_us = q->has_watermark ? (int64_t)rng_below(rng, 8) * US_PER_SECOND : 0;
    window_random(q, rng);
    q->where = rng_once_in(rng, 2) ? term_random(arena, rng, TERM_BOOL, DEPTH) : NULL;
    outputs_random(q, arena, rng);
    q->having = q->n_calls > 0 && rng_once_in(rng, 5);
    q->having_call = q->n_calls > 0 ? (uint32_t)rng_below(rng, q->n_calls) : 0;
    q->having_more = (int64_t)rng_below(rng, 3);
    emit_random(q, rng);
    order_random(q, rng);
    return q;
}

bool question_has_lateness(const struct question *q)
{
    return q->shape != ASK_ROWS && q->shape != ASK_DISTINCT && q->shape != ASK_TOTAL &&
           q->shape != ASK_COUNT && q->emit != EMIT_AS_COMPLETE && (q->has_watermark || !q->finite);
}

/* ---- as text --------------------------------------------------------------------------------- */

void question_call_print(struct bytebuf *out, const struct question_call *call,
                         enum dialect dialect)
{
    static const char *const ours[] = {"count(", "count(", "sum(", "avg(",
                                       "min(",   "max(",   "any(", "every("};
    static const char *const theirs[] = {"count(", "count(", "sum_whole(", "avg_whole(",
                                         "min(",   "max(",   "max(",       "min("};
    bool is_cents = call->function == CALL_AVG && call->arg->type == TERM_MONEY;
    bool is_float = call->arg != NULL && call->arg->type == TERM_FLOAT;
    bool is_ours = dialect == DIALECT_OURS || is_float;
    bytebuf_add_text(out, is_ours ? ours[call->function] : theirs[call->function]);
    bytebuf_add_text(out, call->distinct ? "DISTINCT " : "");
    if (call->arg == NULL) {
        bytebuf_add_text(out, "*");
    } else {
        term_print(out, call->arg, dialect);
    }
    bytebuf_add_text(out, ")");
    if (call->filter != NULL) {
        bytebuf_add_text(out, " FILTER (WHERE ");
        term_print(out, call->filter, dialect);
        bytebuf_add_text(out, ")");
    }
    if (is_cents && dialect == DIALECT_ORACLE) {
        bytebuf_add_text(out, " / 100.0");
    }
}

void question_having_print(struct bytebuf *out, const struct question *q, enum dialect dialect)
{
    const struct question_call *call = &q->calls[q->having_call];
    question_call_print(out, call, dialect);
    if (call->function == CALL_COUNT_ROWS || call->function == CALL_COUNT) {
        bytebuf_printf(out, " > %d", (int)q->having_more);
    } else {
        bytebuf_add_text(out, " IS NOT NULL");
    }
}

static void duration(struct bytebuf *out, const char *before, int64_t us)
{
    bytebuf_printf(out, "%s%s%lldms", before, us < 0 ? "-" : "",
                   (long long)(us < 0 ? -us : us) / US_PER_MS);
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
    bytebuf_add_text(out, q->shape == ASK_DISTINCT ? "SELECT DISTINCT " : "SELECT ");
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
        question_call_print(out, &q->calls[i], DIALECT_OURS);
        bytebuf_printf(out, " AS a%u", i);
        comma = ", ";
    }
    bytebuf_add_text(out, "\nFROM s");
}

static void order_print(struct bytebuf *out, const struct question *q)
{
    if (q->order) {
        bytebuf_printf(out, "\nORDER BY a%u%s", q->order_call, q->descending ? " DESC" : "");
        if (q->emit == EMIT_AS_COMPLETE && is_windowed(q)) {
            bytebuf_add_text(out, ", we, ws");
        }
        for (uint32_t i = 0; i < q->n_keys; i++) {
            bytebuf_printf(out, ", q%u", i);
        }
    }
    if (q->limit >= 0) {
        bytebuf_printf(out, "\nLIMIT %d", (int)q->limit);
    }
}

void question_sql(struct bytebuf *out, const struct question *q)
{
    static const char *const emits[] = {"", "\nEMIT FINAL", "\nEMIT CHANGES", "\nEMIT COMPLETE"};
    bytebuf_add_text(out, q->finite ? "SET once = 'true';\n" : "");
    bytebuf_add_text(out, "CREATE STREAM s (" DATASET_COLUMNS);
    if (q->has_watermark) {
        duration(out, ", WATERMARK ts DELAY ", q->delay_us);
    }
    bytebuf_add_text(out, ") FROM 'memory:s' FORMAT csv WITH (" DATASET_WITH ");\n");
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
    bytebuf_add_text(out, ";\n");
}
