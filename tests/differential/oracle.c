/* oracle: see oracle.h. */
#include "tests/differential/oracle.h"

#include <sqlite3.h>
#include <stdio.h>

#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "engine/data/batch.h"
#include "tests/differential/session_model.h"

struct oracle {
    sqlite3 *db;
    struct bytebuf sql;
};

/* ---- what SQLite does not have -----------------------------------------------------------------
 */

/* Integer arithmetic that overflows becomes a float in SQLite, and NULL here. */
static void whole(sqlite3_context *context, int n, sqlite3_value **args)
{
    (void)n;
    if (sqlite3_value_type(args[0]) == SQLITE_INTEGER) {
        sqlite3_result_int64(context, sqlite3_value_int64(args[0]));
    } else {
        sqlite3_result_null(context);
    }
}

/* SQLite aligns an aggregate's memory to 8 bytes. */
__extension__ typedef __int128 wide __attribute__((aligned(8)));

struct total {
    wide sum;
    int64_t n;
};

static void total_step(sqlite3_context *context, int n, sqlite3_value **args)
{
    (void)n;
    struct total *total = sqlite3_aggregate_context(context, sizeof *total);
    if (sqlite3_value_type(args[0]) != SQLITE_NULL) {
        total->sum += sqlite3_value_int64(args[0]);
        total->n++;
    }
}

static void sum_final(sqlite3_context *context)
{
    const struct total *total = sqlite3_aggregate_context(context, sizeof *total);
    if (total->n == 0 || total->sum > INT64_MAX || total->sum < INT64_MIN) {
        sqlite3_result_null(context);
    } else {
        sqlite3_result_int64(context, (int64_t)total->sum);
    }
}

static void avg_final(sqlite3_context *context)
{
    const struct total *total = sqlite3_aggregate_context(context, sizeof *total);
    if (total->n == 0) {
        sqlite3_result_null(context);
    } else {
        sqlite3_result_double(context, (double)total->sum / (double)total->n);
    }
}

/* ---- running SQL ----------------------------------------------------------------------------- */

static void must(struct oracle *oracle, int rc, const char *sql)
{
    if (rc != SQLITE_OK && rc != SQLITE_ROW && rc != SQLITE_DONE) {
        fprintf(stderr, "oracle: %s\n%s\n", sqlite3_errmsg(oracle->db), sql);
        PANIC("the oracle does not understand its own question");
    }
}

static void run(struct oracle *oracle, const char *sql)
{
    must(oracle, sqlite3_exec(oracle->db, sql, NULL, NULL, NULL), sql);
}

static sqlite3_stmt *prepare(struct oracle *oracle, const char *sql)
{
    sqlite3_stmt *statement;
    must(oracle, sqlite3_prepare_v2(oracle->db, sql, -1, &statement, NULL), sql);
    return statement;
}

static bool step(struct oracle *oracle, sqlite3_stmt *statement)
{
    int rc = sqlite3_step(statement);
    must(oracle, rc, sqlite3_sql(statement));
    return rc == SQLITE_ROW;
}

struct oracle *oracle_open(void)
{
    struct oracle *oracle = mem_zalloc(sizeof *oracle);
    must(oracle, sqlite3_open(":memory:", &oracle->db), "open");
    int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC;
    sqlite3_create_function(oracle->db, "whole", 1, flags, NULL, whole, NULL, NULL);
    sqlite3_create_function(oracle->db, "sum_whole", 1, flags, NULL, NULL, total_step, sum_final);
    sqlite3_create_function(oracle->db, "avg_whole", 1, flags, NULL, NULL, total_step, avg_final);
    run(oracle,
        "PRAGMA case_sensitive_like = ON;"
        "CREATE TABLE s (n INTEGER PRIMARY KEY, wm INTEGER, ts INTEGER, k TEXT, g INTEGER,"
        "  b INTEGER, i INTEGER, d REAL, t TEXT, m INTEGER);"
        /* Row n belongs to window w, which runs from ws to we. */
        "CREATE TABLE win (n INTEGER, w INTEGER, ws INTEGER, we INTEGER);"
        /* Rows that count, numbered within their groups. */
        "CREATE TABLE f (n INTEGER PRIMARY KEY, ts INTEGER, wm INTEGER, grp INTEGER, r INTEGER);"
        "CREATE INDEX win_n ON win (n); CREATE INDEX f_group ON f (grp, r);");
    return oracle;
}

void oracle_close(struct oracle *oracle)
{
    if (oracle != NULL) {
        bytebuf_release(&oracle->sql);
        sqlite3_close(oracle->db);
        mem_free(oracle);
    }
}

static void bind_value(sqlite3_stmt *statement, int at, const struct value *value)
{
    if (value->is_null) {
        sqlite3_bind_null(statement, at);
        return;
    }
    switch (type_physical(value->type)) {
    case PHYSICAL_BIT:
        sqlite3_bind_int(statement, at, value->boolean);
        return;
    case PHYSICAL_I64:
        sqlite3_bind_int64(statement, at, value->i64);
        return;
    case PHYSICAL_F64:
        sqlite3_bind_double(statement, at, value->f64);
        return;
    case PHYSICAL_TEXT:
        sqlite3_bind_text(statement, at, (const char *)value->text.at, (int)value->text.len,
                          SQLITE_STATIC);
        return;
    }
}

void oracle_load(struct oracle *oracle, const struct dataset *data, const int64_t *watermarks)
{
    run(oracle, "DELETE FROM s; BEGIN");
    sqlite3_stmt *insert = prepare(oracle, "INSERT INTO s VALUES (?,?,?,?,?,?,?,?,?,?)");
    for (uint32_t r = 0; r < data->n; r++) {
        sqlite3_bind_int64(insert, 1, r);
        if (watermarks[r] == TIME_NONE) {
            sqlite3_bind_null(insert, 2);
        } else {
            sqlite3_bind_int64(insert, 2, watermarks[r]);
        }
        for (int c = 0; c < DATA_N; c++) {
            bind_value(insert, 3 + c, &data->rows[r].values[c]);
        }
        (void)step(oracle, insert);
        sqlite3_reset(insert);
    }
    sqlite3_finalize(insert);
    run(oracle, "COMMIT");
}

/* ---- windows --------------------------------------------------------------------------------- */

static const char *sql_text(struct oracle *oracle)
{
    return bytebuf_text(&oracle->sql);
}

static void add_where(struct oracle *oracle, const struct question *q, const char *before)
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
    if (question_has_lateness(q)) {
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
        "  UNION ALL SELECT n, ts, wm, ws - %2$lld FROM w WHERE ws - %2$lld + %3$lld > ts)"
        "INSERT INTO win SELECT n, ws, ws, ws + %3$lld FROM w WHERE 1",
        (long long)q->offset_us, (long long)q->slide_us, (long long)q->size_us);
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

/* Rows with a time that pass WHERE, numbered. */
static void fill_numbered(struct oracle *oracle, const struct question *q)
{
    bytebuf_clear(&oracle->sql);
    bytebuf_add_text(&oracle->sql, "INSERT INTO f SELECT n, ts, wm, dense_rank() OVER (");
    add_keys(oracle, q, "ORDER BY ");
    bytebuf_add_text(&oracle->sql, "), row_number() OVER (");
    add_keys(oracle, q, "PARTITION BY ");
    bytebuf_add_text(&oracle->sql, " ORDER BY n) FROM s WHERE ts IS NOT NULL");
    add_where(oracle, q, " AND ");
    run(oracle, sql_text(oracle));
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
    sqlite3_stmt *insert = prepare(oracle, "INSERT INTO win VALUES (?,?,?,?)");
    for (uint32_t r = 0; r < n; r++) {
        if (rows[r].session < 0) {
            continue;
        }
        const struct session_span *span = &spans[rows[r].session];
        sqlite3_bind_int64(insert, 1, rows[r].number);
        sqlite3_bind_int64(insert, 2, rows[r].session);
        sqlite3_bind_int64(insert, 3, span->start_us);
        sqlite3_bind_int64(insert, 4, span->last_us + gap_us);
        (void)step(oracle, insert);
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
    sqlite3_stmt *select = prepare(oracle, "SELECT n, ts, wm, grp FROM f ORDER BY n");
    uint32_t n = 0;
    for (; step(oracle, select); n++) {
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

static uint32_t count_rows(struct oracle *oracle)
{
    sqlite3_stmt *select = prepare(oracle, "SELECT count(*) FROM s");
    (void)step(oracle, select);
    uint32_t n = (uint32_t)sqlite3_column_int64(select, 0);
    sqlite3_finalize(select);
    return n;
}

static void fill_windows(struct oracle *oracle, const struct question *q)
{
    run(oracle, "DELETE FROM win; DELETE FROM f");
    bytebuf_clear(&oracle->sql);
    switch (q->shape) {
    case ASK_ROWS:
    case ASK_DISTINCT:
    case ASK_TOTAL:
    case ASK_SHAPES:
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
        fill_sessions(oracle, q, count_rows(oracle));
        return;
    }
    run(oracle, sql_text(oracle));
}

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
    for (uint32_t i = 0; i < q->n_calls; i++) {
        bytebuf_add_text(&oracle->sql, ", ");
        question_call_print(&oracle->sql, &q->calls[i], DIALECT_ORACLE);
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

static void add_having(struct oracle *oracle, const struct question *q)
{
    if (q->having) {
        bytebuf_add_text(&oracle->sql, " HAVING ");
        question_having_print(&oracle->sql, q, DIALECT_ORACLE);
    }
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
        add_where(oracle, q, " WHERE ");
        return;
    case ASK_TOTAL:
        bytebuf_add_text(sql, "SELECT 0 AS w");
        add_outputs(oracle, q);
        add_calls(oracle, q);
        bytebuf_add_text(sql, " FROM s");
        add_where(oracle, q, " WHERE ");
        add_groups(oracle, q, " GROUP BY ");
        add_having(oracle, q);
        return;
    case ASK_WINDOW_ROWS:
        bytebuf_add_text(sql, "SELECT w, ws, we");
        add_outputs(oracle, q);
        bytebuf_add_text(sql, " FROM s JOIN win USING (n)");
        add_where(oracle, q, " WHERE ");
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
    add_where(oracle, q, " WHERE ");
    bytebuf_add_text(sql, " GROUP BY w, ws, we");
    add_groups(oracle, q, ", ");
    add_having(oracle, q);
}

/* NULL is the largest value. */
static void add_order(struct oracle *oracle, const struct question *q)
{
    const char *direction = q->descending ? "DESC NULLS FIRST" : "NULLS LAST";
    bytebuf_printf(&oracle->sql, "ORDER BY a%u %s", q->order_call, direction);
    if (q->emit == EMIT_AS_COMPLETE && q->shape != ASK_TOTAL) {
        bytebuf_add_text(&oracle->sql, ", we, ws");
    }
    for (uint32_t i = 0; i < q->n_keys; i++) {
        bytebuf_printf(&oracle->sql, ", q%u NULLS LAST", i);
    }
}

static void add_question(struct oracle *oracle, const struct question *q)
{
    bool by_window = q->emit != EMIT_AS_COMPLETE && q->shape != ASK_TOTAL;
    bytebuf_clear(&oracle->sql);
    if (!q->order) {
        add_base(oracle, q);
        return;
    }
    bytebuf_add_text(&oracle->sql, "SELECT * FROM (SELECT *, row_number() OVER (");
    bytebuf_add_text(&oracle->sql, by_window ? "PARTITION BY we, ws " : "");
    add_order(oracle, q);
    bytebuf_add_text(&oracle->sql, ") AS place FROM (");
    add_base(oracle, q);
    bytebuf_printf(&oracle->sql, ")) WHERE place <= %lld ORDER BY %splace",
                   (long long)(q->limit < 0 ? INT64_MAX : q->limit), by_window ? "we, ws, " : "");
}

/* ---- the answer ------------------------------------------------------------------------------ */

static void add_column(struct bytebuf *line, sqlite3_stmt *statement, int at, struct type type)
{
    int found = sqlite3_column_type(statement, at);
    struct value value = {.type = type, .is_null = found == SQLITE_NULL};
    bool fits = found == SQLITE_NULL || type.id == TYPE_DOUBLE ||
                (found == SQLITE_TEXT) == (type.id == TYPE_TEXT);
    if (!fits || (found == SQLITE_FLOAT && type.id != TYPE_DOUBLE)) {
        bytebuf_printf(line, "%s of another type",
                       (const char *)sqlite3_column_text(statement, at));
        return;
    }
    switch (type_physical(type)) {
    case PHYSICAL_BIT:
        value.boolean = sqlite3_column_int(statement, at) != 0;
        break;
    case PHYSICAL_I64:
        value.i64 = sqlite3_column_int64(statement, at);
        break;
    case PHYSICAL_F64:
        value.f64 = sqlite3_column_double(statement, at);
        break;
    case PHYSICAL_TEXT:
        value.text.at = sqlite3_column_text(statement, at);
        value.text.len = (uint32_t)sqlite3_column_bytes(statement, at);
        break;
    }
    answer_value(line, &value);
}

void oracle_answer(struct oracle *oracle, const struct question *question,
                   const struct schema *schema, struct answer *out)
{
    struct bytebuf line = {0};
    fill_windows(oracle, question);
    add_question(oracle, question);
    sqlite3_stmt *select = prepare(oracle, sql_text(oracle));
    while (step(oracle, select)) {
        bytebuf_clear(&line);
        for (uint32_t c = 0; c < schema->n; c++) {
            bytebuf_add_text(&line, c == 0 ? "" : " | ");
            add_column(&line, select, (int)c + 1, schema->fields[c].type);
        }
        answer_add(out, bytebuf_slice(&line));
    }
    sqlite3_finalize(select);
    bytebuf_release(&line);
}
