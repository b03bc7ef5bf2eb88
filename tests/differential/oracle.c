/* oracle: see oracle.h. */
#include "tests/differential/oracle.h"

#include <stdio.h>

#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "engine/data/batch.h"
#include "tests/differential/oracle_functions.h"
#include "tests/differential/oracle_parts.h"

/* ---- running SQL ----------------------------------------------------------------------------- */

static void must(struct oracle *oracle, int rc, const char *sql)
{
    if (rc != SQLITE_OK && rc != SQLITE_ROW && rc != SQLITE_DONE) {
        fprintf(stderr, "oracle: %s\n%s\n", sqlite3_errmsg(oracle->db), sql);
        PANIC("the oracle does not understand its own question");
    }
}

void oracle_run(struct oracle *oracle, const char *sql)
{
    must(oracle, sqlite3_exec(oracle->db, sql, NULL, NULL, NULL), sql);
}

sqlite3_stmt *oracle_prepare(struct oracle *oracle, const char *sql)
{
    sqlite3_stmt *statement;
    must(oracle, sqlite3_prepare_v2(oracle->db, sql, -1, &statement, NULL), sql);
    return statement;
}

bool oracle_step(struct oracle *oracle, sqlite3_stmt *statement)
{
    int rc = sqlite3_step(statement);
    must(oracle, rc, sqlite3_sql(statement));
    return rc == SQLITE_ROW;
}

struct oracle *oracle_open(void)
{
    struct oracle *oracle = mem_zalloc(sizeof *oracle);
    must(oracle, sqlite3_open(":memory:", &oracle->db), "open");
    oracle_functions_register(oracle->db);
    oracle_run(
        oracle,
        "PRAGMA case_sensitive_like = ON;"
        "CREATE TABLE s (n INTEGER PRIMARY KEY, wm INTEGER, ts INTEGER, k TEXT, g INTEGER,"
        "  b INTEGER, i INTEGER, d REAL, t TEXT, m INTEGER);"
        /* Row n belongs to window w, which runs from ws to we. */
        "CREATE TABLE win (n INTEGER, w INTEGER, ws INTEGER, we INTEGER);"
        /* Rows that count, numbered within their groups. */
        "CREATE TABLE f (n INTEGER PRIMARY KEY, ts INTEGER, wm INTEGER, grp INTEGER, r INTEGER);"
        /* Alerts: a row of a window and group, and the one before it there. */
        "CREATE TABLE step (w INTEGER PRIMARY KEY, n INTEGER, win INTEGER, ws INTEGER, we INTEGER,"
        "  grp INTEGER, before INTEGER);"
        "CREATE TABLE so_far (n INTEGER, w INTEGER, ws INTEGER, we INTEGER);"
        "CREATE INDEX win_n ON win (n); CREATE INDEX win_w ON win (w);"
        "CREATE INDEX f_group ON f (grp, r);");
    return oracle;
}

void oracle_misbehave(struct oracle *oracle, enum oracle_fault fault)
{
    oracle->fault = fault;
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
    oracle_run(oracle, "DELETE FROM s; BEGIN");
    sqlite3_stmt *insert = oracle_prepare(oracle, "INSERT INTO s VALUES (?,?,?,?,?,?,?,?,?,?)");
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
        (void)oracle_step(oracle, insert);
        sqlite3_reset(insert);
    }
    sqlite3_finalize(insert);
    oracle_run(oracle, "COMMIT");
    oracle->n = data->n;
    oracle->watermark = watermarks[data->n];
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
    oracle_windows(oracle, question);
    oracle_ask(oracle, question);
    sqlite3_stmt *select = oracle_prepare(oracle, bytebuf_text(&oracle->sql));
    while (oracle_step(oracle, select)) {
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
