/* oracle_windows: which windows a row belongs to, and for which it was late. */
#include <stdio.h>

#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "engine/data/batch.h"
#include "tests/differential/oracle_parts.h"
#include "tests/differential/session_model.h"

/* ---- windows --------------------------------------------------------------------------------- */

void oracle_add_where(struct oracle *oracle, const struct question *q, const char *before)
{
    if (q->where != NULL) {
        bytebuf_add_text(&oracle->sql, before);
        term_print(&oracle->sql, q->where, DIALECT_ORACLE);
    }
}

static void add_keys(struct oracle *oracle, const struct question *q, const char *before)
{
    for (uint32_t i = 0; i < q->n_keys; i++) {
        bytebuf_add_text(&oracle->sql, i == 0 ? before : ", ");
        term_print(&oracle->sql, q->keys[i], DIALECT_ORACLE);
    }
}

/* Excluded when window_end + grace <= watermark. */
static void add_not_late(struct oracle *oracle, const struct question *q, const char *end)
{
    if (question_has_lateness(q) && oracle->fault != ORACLE_FORGIVES_LATE_ROWS) {
        bytebuf_printf(&oracle->sql, " AND (wm IS NULL OR %s + %lld > wm)", end,
                       (long long)q->grace_us);
    }
}

/* Every hopping window that a row lies in: the one that starts last before it, and those before. */
static void fill_hopping(struct oracle *oracle, const struct question *q)
{
    bytebuf_printf(
        &oracle->sql,
        "WITH RECURSIVE w(n, ts, wm, ws) AS ("
        "  SELECT n, ts, wm, ts - (((ts - %1$lld) %% %2$lld) + %2$lld) %% %2$lld"
        "  FROM s WHERE ts IS NOT NULL"
        "  UNION ALL SELECT n, ts, wm, ws - %2$lld FROM w WHERE ws - %2$lld + %3$lld %4$s ts)"
        "INSERT INTO win SELECT n, ws, ws, ws + %3$lld FROM w WHERE 1",
        (long long)q->offset_us, (long long)q->slide_us, (long long)q->size_us,
        oracle->fault == ORACLE_CLOSES_WINDOWS_LATE ? ">=" : ">");
    char end[40];
    snprintf(end, sizeof end, "(ws + %lld)", (long long)q->size_us);
    add_not_late(oracle, q, end);
}

/* All ends of the period behind the row. */
static void fill_cumulating(struct oracle *oracle, const struct question *q)
{
    bytebuf_printf(&oracle->sql,
                   "WITH RECURSIVE p(n, ts, wm, ws) AS ("
                   "  SELECT n, ts, wm, ts - (((ts - %1$lld) %% %3$lld) + %3$lld) %% %3$lld"
                   "  FROM s WHERE ts IS NOT NULL),"
                   "w(n, wm, ws, we) AS ("
                   "  SELECT n, wm, ws, ws + ((ts - ws) / %2$lld + 1) * %2$lld FROM p"
                   "  UNION ALL SELECT n, wm, ws, we + %2$lld FROM w WHERE we < ws + %3$lld)"
                   "INSERT INTO win SELECT n, we, ws, we FROM w WHERE 1",
                   (long long)q->offset_us, (long long)q->slide_us, (long long)q->size_us);
    add_not_late(oracle, q, "we");
}

/* Rows that pass WHERE, numbered; those with a time if they need one. */
static void fill_numbered(struct oracle *oracle, const struct question *q)
{
    bytebuf_clear(&oracle->sql);
    bytebuf_add_text(&oracle->sql, "INSERT INTO f SELECT n, ts, wm, dense_rank() OVER (");
    add_keys(oracle, q, "ORDER BY ");
    bytebuf_add_text(&oracle->sql, "), row_number() OVER (");
    add_keys(oracle, q, "PARTITION BY ");
    bytebuf_printf(&oracle->sql, " ORDER BY n) FROM s WHERE %s",
                   q->shape == ASK_TOTAL ? "1" : "ts IS NOT NULL");
    oracle_add_where(oracle, q, " AND ");
    oracle_run(oracle, bytebuf_text(&oracle->sql));
    bytebuf_clear(&oracle->sql);
}

static void fill_counted(struct oracle *oracle, const struct question *q)
{
    fill_numbered(oracle, q);
    bytebuf_printf(&oracle->sql,
                   "INSERT INTO win SELECT f.n, e.n, b.ts, e.ts"
                   " FROM f e JOIN f b ON b.grp = e.grp AND b.r = e.r - %1$lld + 1"
                   " JOIN f ON f.grp = e.grp AND f.r BETWEEN b.r AND e.r"
                   " WHERE e.r >= %1$lld AND (e.r - %1$lld) %% %2$lld = 0",
                   (long long)q->rows, (long long)q->rows_slide);
}

/* The window of row e ends with it, inclusively: a row is late for it when e.ts < watermark. A row
 * that is late for its own window says nothing, but counts in those of later rows. */
static void fill_over(struct oracle *oracle, const struct question *q)
{
    const char *not_late = "AND (e.wm IS NULL OR e.ts >= e.wm) AND (f.wm IS NULL OR e.ts >= f.wm)";
    fill_numbered(oracle, q);
    bytebuf_printf(&oracle->sql,
                   "INSERT INTO win SELECT f.n, e.n, e.ts, e.ts FROM f e"
                   " JOIN f ON f.grp = e.grp AND f.ts BETWEEN e.ts - %lld AND e.ts %s",
                   (long long)q->size_us, question_has_lateness(q) ? not_late : "");
}

static void put_sessions(struct oracle *oracle, const struct session_row *rows, uint32_t n,
                         const struct session_span *spans, int64_t gap_us)
{
    sqlite3_stmt *insert = oracle_prepare(oracle, "INSERT INTO win VALUES (?,?,?,?)");
    for (uint32_t r = 0; r < n; r++) {
        if (rows[r].session < 0) {
            continue;
        }
        const struct session_span *span = &spans[rows[r].session];
        sqlite3_bind_int64(insert, 1, rows[r].number);
        sqlite3_bind_int64(insert, 2, rows[r].session);
        sqlite3_bind_int64(insert, 3, span->start_us);
        sqlite3_bind_int64(insert, 4, span->last_us + gap_us);
        (void)oracle_step(oracle, insert);
        sqlite3_reset(insert);
    }
    sqlite3_finalize(insert);
}

static void fill_sessions(struct oracle *oracle, const struct question *q, uint32_t n_max)
{
    fill_numbered(oracle, q);
    struct session_row *rows = mem_zalloc((n_max + 1) * sizeof *rows);
    struct session_span *spans = mem_zalloc((n_max + 1) * sizeof *spans);
    struct session_rule rule = {q->size_us, q->grace_us, q->max_us};
    sqlite3_stmt *select = oracle_prepare(oracle, "SELECT n, ts, wm, grp FROM f ORDER BY n");
    uint32_t n = 0;
    for (; oracle_step(oracle, select); n++) {
        CHECK(n < n_max);
        bool can_be_late =
            question_has_lateness(q) && sqlite3_column_type(select, 2) != SQLITE_NULL;
        rows[n] = (struct session_row){
            .number = sqlite3_column_int64(select, 0),
            .time_us = sqlite3_column_int64(select, 1),
            .watermark_us = can_be_late ? sqlite3_column_int64(select, 2) : TIME_NONE,
            .group = sqlite3_column_int64(select, 3),
        };
    }
    sqlite3_finalize(select);
    session_model(rows, n, &rule, spans);
    put_sessions(oracle, rows, n, spans, q->size_us);
    mem_free(rows);
    mem_free(spans);
}

/* EMIT ON RISE looks at each window and group again at each of their rows: what has come so far is
 * a window of its own. */
static void fill_steps(struct oracle *oracle, const struct question *q)
{
    if (q->shape == ASK_TOTAL) {
        oracle_run(oracle, "INSERT INTO win SELECT n, 0, NULL, NULL FROM s");
    }
    fill_numbered(oracle, q);
    oracle_run(oracle,
               "DELETE FROM step;"
               "INSERT INTO step"
               "  SELECT id, n, win, ws, we, grp, lag(id) OVER (PARTITION BY win, grp ORDER BY n)"
               "  FROM (SELECT row_number() OVER (ORDER BY f.n, win.w) AS id, f.n AS n,"
               "        win.w AS win, win.ws AS ws, win.we AS we, f.grp AS grp"
               "        FROM win JOIN f USING (n));"
               "INSERT INTO so_far SELECT f.n, step.w, step.ws, step.we FROM step"
               "  JOIN win ON win.w = step.win"
               "  JOIN f ON f.n = win.n AND f.grp = step.grp AND f.n <= step.n;"
               "DELETE FROM win;"
               "INSERT INTO win SELECT * FROM so_far;"
               "DELETE FROM so_far");
}

void oracle_windows(struct oracle *oracle, const struct question *q)
{
    oracle_run(oracle, "DELETE FROM win; DELETE FROM f");
    bytebuf_clear(&oracle->sql);
    switch (q->shape) {
    case ASK_ROWS:
    case ASK_DISTINCT:
    case ASK_SHAPES:
        return;
    case ASK_TOTAL:
        if (q->emit == EMIT_AS_RISE) {
            fill_steps(oracle, q);
        }
        return;
    case ASK_WINDOW:
    case ASK_WINDOW_ROWS:
        if (q->cumulate) {
            fill_cumulating(oracle, q);
        } else {
            fill_hopping(oracle, q);
        }
        break;
    case ASK_COUNT:
        fill_counted(oracle, q);
        break;
    case ASK_OVER:
        fill_over(oracle, q);
        break;
    case ASK_SESSION:
        fill_sessions(oracle, q, oracle->n);
        return;
    }
    oracle_run(oracle, bytebuf_text(&oracle->sql));
    if (q->emit == EMIT_AS_RISE) {
        fill_steps(oracle, q);
    }
}
