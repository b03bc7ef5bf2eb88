/* oracle_question: the question in SQL, over the windows of oracle_windows.c. */
#include "engine/data/batch.h"
#include "tests/differential/oracle_parts.h"

/* ---- the question ---------------------------------------------------------------------------- */

static void add_outputs(struct oracle *oracle, const struct question *q)
{
    for (uint32_t i = 0; i < q->n_keys; i++) {
        bytebuf_add_text(&oracle->sql, ", ");
        term_print(&oracle->sql, q->keys[i], DIALECT_ORACLE);
        bytebuf_printf(&oracle->sql, " AS q%u", i);
    }
    for (uint32_t i = 0; i < q->n_items; i++) {
        bytebuf_add_text(&oracle->sql, ", ");
        term_print(&oracle->sql, q->items[i], DIALECT_ORACLE);
        bytebuf_printf(&oracle->sql, " AS c%u", i);
    }
}

static void add_calls(struct oracle *oracle, const struct question *q)
{
    bool by_arrival = oracle->fault == ORACLE_ORDERS_BY_ARRIVAL;
    enum call_order order = by_arrival ? ORDER_ARRIVAL : question_order(q);
    for (uint32_t i = 0; i < q->n_calls; i++) {
        bytebuf_add_text(&oracle->sql, ", ");
        call_print(&oracle->sql, &q->calls[i], DIALECT_ORACLE, order);
        bytebuf_printf(&oracle->sql, " AS a%u", i);
    }
}

/* By name: GROUP BY 1 would be the first column. */
static void add_groups(struct oracle *oracle, const struct question *q, const char *before)
{
    for (uint32_t i = 0; i < q->n_keys; i++) {
        bytebuf_printf(&oracle->sql, "%sq%u", i == 0 ? before : ", ", i);
    }
}

/* Alerts and filled windows are looked at later. */
static void add_having(struct oracle *oracle, const struct question *q)
{
    if (q->having && q->emit != EMIT_AS_RISE && q->fill == FILL_WITH_NOTHING) {
        bytebuf_add_text(&oracle->sql, " HAVING ");
        question_having_print(&oracle->sql, q, DIALECT_ORACLE);
    }
}

static void add_total(struct oracle *oracle, const struct question *q)
{
    bool steps = q->emit == EMIT_AS_RISE;
    bytebuf_add_text(&oracle->sql, steps ? "SELECT w" : "SELECT 0 AS w");
    add_outputs(oracle, q);
    add_calls(oracle, q);
    bytebuf_add_text(&oracle->sql, steps ? " FROM s JOIN win USING (n)" : " FROM s");
    oracle_add_where(oracle, q, " WHERE ");
    bytebuf_add_text(&oracle->sql, steps ? " GROUP BY w" : "");
    add_groups(oracle, q, steps ? ", " : " GROUP BY ");
    add_having(oracle, q);
}

/* Columns: w, then (ws, we if windowed), keys, items, calls. */
static void add_base(struct oracle *oracle, const struct question *q)
{
    struct bytebuf *sql = &oracle->sql;
    switch (q->shape) {
    case ASK_ROWS:
    case ASK_DISTINCT:
        bytebuf_add_text(sql, q->shape == ASK_ROWS ? "SELECT 0 AS w" : "SELECT DISTINCT 0 AS w");
        add_outputs(oracle, q);
        bytebuf_add_text(sql, " FROM s");
        oracle_add_where(oracle, q, " WHERE ");
        return;
    case ASK_TOTAL:
        add_total(oracle, q);
        return;
    case ASK_WINDOW_ROWS:
        bytebuf_add_text(sql, q->distinct ? "SELECT DISTINCT w, ws, we" : "SELECT w, ws, we");
        add_outputs(oracle, q);
        bytebuf_add_text(sql, " FROM s JOIN win USING (n)");
        oracle_add_where(oracle, q, " WHERE ");
        return;
    case ASK_OVER:
        bytebuf_add_text(sql, "SELECT * FROM (SELECT n AS w");
        add_outputs(oracle, q);
        bytebuf_add_text(sql, " FROM s) JOIN (SELECT w");
        add_calls(oracle, q);
        bytebuf_add_text(sql, " FROM s JOIN win USING (n) GROUP BY w");
        add_having(oracle, q);
        bytebuf_add_text(sql, ") USING (w)");
        return;
    case ASK_WINDOW:
    case ASK_SESSION:
    case ASK_COUNT:
    case ASK_SHAPES:
        break;
    }
    bytebuf_add_text(sql, "SELECT w, ws, we");
    add_outputs(oracle, q);
    add_calls(oracle, q);
    bytebuf_add_text(sql, " FROM s JOIN win USING (n)");
    oracle_add_where(oracle, q, " WHERE ");
    bytebuf_add_text(sql, " GROUP BY w, ws, we");
    add_groups(oracle, q, ", ");
    add_having(oracle, q);
}

/* NULL is the largest value. */
static void add_order(struct oracle *oracle, const struct question *q)
{
    const char *direction = q->descending ? "DESC NULLS FIRST" : "NULLS LAST";
    bool by_item = q->shape == ASK_WINDOW_ROWS;
    bytebuf_printf(&oracle->sql, "ORDER BY %c%u %s", by_item ? 'c' : 'a', q->order_by, direction);
    if (q->emit == EMIT_AS_COMPLETE && q->shape != ASK_TOTAL) {
        bytebuf_add_text(&oracle->sql, ", we, ws");
    }
    for (uint32_t i = 0; i < q->n_keys; i++) {
        bytebuf_printf(&oracle->sql, ", q%u NULLS LAST", i);
    }
    for (uint32_t i = 0; by_item && i < q->n_items; i++) {
        bytebuf_printf(&oracle->sql, ", c%u NULLS LAST", i);
    }
}

/* ---- alerts ---------------------------------------------------------------------------------- */

static void add_names(struct oracle *oracle, const struct question *q)
{
    bytebuf_add_text(&oracle->sql, q->shape == ASK_TOTAL ? "base.w" : "base.w, base.ws, base.we");
    for (uint32_t i = 0; i < q->n_keys; i++) {
        bytebuf_printf(&oracle->sql, ", base.q%u", i);
    }
    for (uint32_t i = 0; i < q->n_calls; i++) {
        bytebuf_printf(&oracle->sql, ", base.a%u", i);
    }
}

/* HAVING is true, and was not at the row before. */
static void add_alerts(struct oracle *oracle, const struct question *q)
{
    bytebuf_add_text(&oracle->sql, "WITH base AS (");
    add_base(oracle, q);
    bytebuf_add_text(&oracle->sql, ") SELECT ");
    add_names(oracle, q);
    bytebuf_printf(&oracle->sql,
                   " FROM base JOIN step USING (w) LEFT JOIN base b ON b.w = step.before"
                   " WHERE base.a%u",
                   q->having_call);
    question_passes_print(&oracle->sql, q);
    if (oracle->fault != ORACLE_REPEATS_ALERTS) {
        bytebuf_printf(&oracle->sql, " AND NOT coalesce(step.before IS NOT NULL AND b.a%u",
                       q->having_call);
        question_passes_print(&oracle->sql, q);
        bytebuf_add_text(&oracle->sql, ", 0)");
    }
}

/* ---- FILL ------------------------------------------------------------------------------------ */

static void add_filled(struct oracle *oracle, const struct question *q, uint32_t call)
{
    static const char *const plain[] = {"", "0", "NULL", ""};
    if (q->fill == FILL_WITH_PREVIOUS) {
        bytebuf_printf(&oracle->sql, ", a%u", call);
        return;
    }
    bool is_zero = call_is_zero(&q->calls[call]);
    bool is_null = q->fill == FILL_WITH_ZERO && !call_is_number(&q->calls[call]);
    bytebuf_printf(&oracle->sql, ", CASE WHEN steps = 0 THEN a%1$u ELSE %2$s END AS a%1$u", call,
                   is_zero   ? "0"
                   : is_null ? "NULL"
                             : plain[q->fill]);
}

static void add_values(struct oracle *oracle, const struct question *q)
{
    add_groups(oracle, q, ", ");
    for (uint32_t i = 0; i < q->n_calls; i++) {
        bytebuf_printf(&oracle->sql, ", a%u", i);
    }
}

/* Where filling ends: at the last window with rows, or the last that the watermark has closed. */
static void add_last(struct oracle *oracle, const struct question *q)
{
    bytebuf_add_text(&oracle->sql, "SELECT max(ws) FROM base");
    if (question_has_lateness(q) && oracle->watermark != TIME_NONE) {
        bytebuf_printf(&oracle->sql, " UNION ALL SELECT %lld",
                       (long long)(oracle->watermark - q->size_us - q->grace_us));
    }
}

/* From each window of a group to the next, slide by slide. */
static void add_fill(struct oracle *oracle, const struct question *q)
{
    struct bytebuf *sql = &oracle->sql;
    int64_t windows = q->fill_windows - (oracle->fault == ORACLE_FILLS_ONE_LESS);
    bytebuf_add_text(sql, "SELECT * FROM (WITH RECURSIVE base AS (");
    add_base(oracle, q);
    bytebuf_add_text(sql, "), ends(ws) AS (");
    add_last(oracle, q);
    bytebuf_add_text(sql, "), runs AS (SELECT *, lead(ws) OVER (");
    add_groups(oracle, q, "PARTITION BY ");
    bytebuf_add_text(sql, " ORDER BY ws) AS next_ws, 0 AS steps FROM base), filled AS ("
                          "SELECT * FROM runs UNION ALL SELECT w");
    bytebuf_printf(sql, ", ws + %1$lld, we + %1$lld", (long long)q->slide_us);
    add_values(oracle, q);
    bytebuf_printf(sql,
                   ", next_ws, steps + 1 FROM filled"
                   " WHERE (next_ws IS NULL OR ws + %1$lld < next_ws)"
                   " AND ws + %1$lld <= (SELECT max(ws) FROM ends)",
                   (long long)q->slide_us);
    if (q->n_keys > 0) {
        bytebuf_printf(sql, " AND steps < %lld", (long long)windows);
    }
    bytebuf_add_text(sql, ") SELECT ws AS w, ws, we");
    add_groups(oracle, q, ", ");
    for (uint32_t i = 0; i < q->n_calls; i++) {
        add_filled(oracle, q, i);
    }
    bytebuf_add_text(sql, " FROM filled)");
    if (q->having) {
        bytebuf_printf(sql, " WHERE a%u", q->having_call);
        question_passes_print(sql, q);
    }
}

/* ---- all of it ------------------------------------------------------------------------------- */

static void add_rows(struct oracle *oracle, const struct question *q)
{
    if (q->emit == EMIT_AS_RISE) {
        add_alerts(oracle, q);
    } else if (q->fill != FILL_WITH_NOTHING) {
        add_fill(oracle, q);
    } else {
        add_base(oracle, q);
    }
}

void oracle_ask(struct oracle *oracle, const struct question *q)
{
    bool by_window = q->emit != EMIT_AS_COMPLETE && q->shape != ASK_TOTAL;
    bytebuf_clear(&oracle->sql);
    if (!q->order) {
        add_rows(oracle, q);
        return;
    }
    bytebuf_add_text(&oracle->sql, "SELECT * FROM (SELECT *, row_number() OVER (");
    bytebuf_add_text(&oracle->sql, by_window ? "PARTITION BY we, ws " : "");
    add_order(oracle, q);
    bytebuf_add_text(&oracle->sql, ") AS place FROM (");
    add_rows(oracle, q);
    bytebuf_printf(&oracle->sql, ")) WHERE place <= %lld ORDER BY %splace",
                   (long long)(q->limit < 0 ? INT64_MAX : q->limit), by_window ? "we, ws, " : "");
}
