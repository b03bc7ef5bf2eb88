/* sqlite_rows: see sqlite_rows.h. */
#include "sinks/sqlite_rows.h"

#include <math.h>

#include "engine/base/panic.h"
#include "engine/base/textbuf.h"
#include "engine/data/decimal.h"
#include "engine/data/timestamp.h"

enum { STAMP_BYTES = 32 };

/* ---- life ----------------------------------------------------------------------------------- */

static enum status prepare(struct sqlite_rows *rows,
                           void (*say)(const struct sqlite_table *table, struct bytebuf *sql),
                           sqlite3_stmt **out, struct error *err)
{
    struct bytebuf sql = {0};
    say(rows->table, &sql);
    enum status status = sqlite_link_prepare(rows->link, bytebuf_text(&sql), out, err);
    bytebuf_release(&sql);
    return status;
}

enum status sqlite_rows_prepare(struct sqlite_rows *rows, const struct sqlite_table *table,
                                struct sqlite_link *link, struct error *err)
{
    *rows = (struct sqlite_rows){.table = table, .link = link};
    arena_init(&rows->scratch);
    enum status status = prepare(rows, sqlite_table_insert, &rows->insert, err);
    if (status == OK) {
        status = prepare(rows, sqlite_table_clear, &rows->clear, err);
    }
    if (status == OK && table->keyed) {
        status = prepare(rows, sqlite_table_delete, &rows->remove, err);
    }
    if (status != OK) {
        sqlite_rows_release(rows);
    }
    return status;
}

void sqlite_rows_release(struct sqlite_rows *rows)
{
    sqlite3_finalize(rows->insert);
    sqlite3_finalize(rows->remove);
    sqlite3_finalize(rows->clear);
    arena_release(&rows->scratch);
    *rows = (struct sqlite_rows){0};
}

/* ---- values --------------------------------------------------------------------------------- */

static int bind_text(sqlite3_stmt *statement, int at, const void *text, size_t len)
{
    /* A NULL pointer would be NULL, not the empty text. */
    return sqlite3_bind_text64(statement, at, len > 0 ? text : "", len, SQLITE_STATIC, SQLITE_UTF8);
}

static int bind_decimal(struct sqlite_rows *rows, sqlite3_stmt *statement, int at,
                        const struct column *column, uint32_t row)
{
    int64_t value = column->i64[row];
    if (!rows->table->decimal_text) {
        return sqlite3_bind_double(statement, at, decimal_to_f64(value, column->type.scale));
    }
    uint8_t *text = arena_alloc(&rows->scratch, TEXTBUF_NUMBER_BYTES);
    uint8_t *end = text_write_decimal(text, value, column->type.scale);
    return bind_text(statement, at, text, (size_t)(end - text));
}

/* The fraction as timestamp_print has it: none, milliseconds or microseconds. */
static int bind_stamp(struct sqlite_rows *rows, sqlite3_stmt *statement, int at, int64_t us)
{
    uint8_t *text = arena_alloc(&rows->scratch, STAMP_BYTES);
    unsigned digits = us % US_PER_SECOND == 0 ? 0 : us % US_PER_MS == 0 ? 3 : 6;
    uint8_t *end = timestamp_write(text, us, digits);
    return bind_text(statement, at, text, (size_t)(end - text));
}

static int bind_value(struct sqlite_rows *rows, sqlite3_stmt *statement, int at,
                      const struct column *column, uint32_t row)
{
    if (column_is_null(column, row)) {
        return sqlite3_bind_null(statement, at);
    }
    switch ((enum type_id)column->type.id) {
    case TYPE_BOOLEAN:
        return sqlite3_bind_int(statement, at, bits_get(column->bits, row));
    case TYPE_BIGINT:
    case TYPE_INTERVAL:
        return sqlite3_bind_int64(statement, at, column->i64[row]);
    case TYPE_DOUBLE:
        return sqlite3_bind_double(statement, at, column->f64[row]);
    case TYPE_DECIMAL:
        return bind_decimal(rows, statement, at, column, row);
    case TYPE_TIMESTAMP:
        return bind_stamp(rows, statement, at, column->i64[row]);
    default:
        return bind_text(statement, at, column->text[row].at, column->text[row].len);
    }
}

static bool is_null_in_sqlite(const struct column *column, uint32_t row)
{
    return column_is_null(column, row) ||
           (column->type.id == TYPE_DOUBLE && isnan(column->f64[row]));
}

/* ---- rows ----------------------------------------------------------------------------------- */

static enum status run(struct sqlite_rows *rows, sqlite3_stmt *statement, int code,
                       struct error *err)
{
    if (code != SQLITE_OK) { /* a text over SQLITE_LIMIT_LENGTH */
        return error_set(err, ERR_LIMIT, "sqlite \"%s\": %s", rows->table->path,
                         sqlite3_errmsg(rows->link->db));
    }
    bool has_row;
    TRY(sqlite_link_step(rows->link, statement, &has_row, err));
    sqlite3_reset(statement);
    return OK;
}

static enum status insert_row(struct sqlite_rows *rows, const struct batch *batch, uint32_t row,
                              struct error *err)
{
    const struct sqlite_table *table = rows->table;
    int at = 0;
    int code = SQLITE_OK;
    if (table->with_op) {
        bool minus = batch->ops != NULL && batch->ops[row] == ROW_DELETE;
        code |= bind_text(rows->insert, ++at, minus ? "-" : "+", 1);
    }
    for (uint32_t i = 0; i < table->n; i++) {
        const struct column *column = &batch->columns[table->columns[i]];
        code |= bind_value(rows, rows->insert, ++at, column, row);
    }
    return run(rows, rows->insert, code, err);
}

static enum status remove_row(struct sqlite_rows *rows, const struct batch *batch, uint32_t row,
                              struct error *err)
{
    int code = SQLITE_OK;
    for (uint32_t i = 0; i < rows->table->n_keys; i++) {
        const struct column *column = &batch->columns[rows->table->keys[i]];
        code |= bind_value(rows, rows->remove, (int)i + 1, column, row);
    }
    return run(rows, rows->remove, code, err);
}

/* ON CONFLICT finds the row to replace, except where a key is NULL: to a unique index no NULL
 * equals another. Without keys any row there is, is the one. */
static bool conflict_misses(const struct sqlite_rows *rows, const struct batch *batch, uint32_t row)
{
    const struct sqlite_table *table = rows->table;
    bool misses = table->n_keys == 0;
    for (uint32_t i = 0; i < table->n_keys && !misses; i++) {
        misses = is_null_in_sqlite(&batch->columns[table->keys[i]], row);
    }
    return misses;
}

static enum status write_row(struct sqlite_rows *rows, const struct batch *batch, uint32_t row,
                             struct error *err)
{
    if (rows->table->keyed) {
        bool minus = batch->ops != NULL && batch->ops[row] == ROW_DELETE;
        if (minus || conflict_misses(rows, batch, row)) {
            TRY(remove_row(rows, batch, row, err));
        }
        if (minus) {
            return OK;
        }
    }
    return insert_row(rows, batch, row, err);
}

enum status sqlite_rows_clear(struct sqlite_rows *rows, struct error *err)
{
    return run(rows, rows->clear, SQLITE_OK, err);
}

enum status sqlite_rows_write(struct sqlite_rows *rows, const struct batch *batch,
                              struct error *err)
{
    enum status status = OK;
    for (uint32_t row = 0; row < batch->n && status == OK; row++) {
        status = write_row(rows, batch, row, err);
    }
    /* The values' bytes go away now. */
    sqlite3_clear_bindings(rows->insert);
    if (rows->remove != NULL) {
        sqlite3_clear_bindings(rows->remove);
    }
    arena_clear(&rows->scratch);
    return status;
}
