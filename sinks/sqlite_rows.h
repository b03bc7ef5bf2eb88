/* sqlite_rows: batches into a table, through prepared statements.
 *
 *     TRY(sqlite_rows_prepare(&rows, &table, &link, err));
 *     …BEGIN IMMEDIATE…
 *     TRY(sqlite_rows_clear(&rows, err));              // EMIT COMPLETE
 *     TRY(sqlite_rows_write(&rows, batch, err));       // any number
 *     …COMMIT…
 *     sqlite_rows_release(&rows);
 *
 * Values become: BOOLEAN 0 and 1; BIGINT and INTERVAL (microseconds) integers; DOUBLE the same
 * double, NaN NULL, as SQLite has none; DECIMAL the nearest double or text; TIMESTAMP ISO-8601 text
 * in UTC; TEXT the same bytes as text, also bytes that are zero or not UTF-8. */
#ifndef SINKS_SQLITE_ROWS_H
#define SINKS_SQLITE_ROWS_H

#include "engine/base/arena.h"
#include "engine/data/batch.h"
#include "sinks/sqlite_table.h"

struct sqlite_rows {
    const struct sqlite_table *table;
    struct sqlite_link *link;
    sqlite3_stmt *insert;
    sqlite3_stmt *remove; /* by key; NULL if rows are only appended */
    sqlite3_stmt *clear;
    struct arena scratch; /* of one batch: times as text */
};

/* The table must be there. On failure nothing is held. */
MUST_CHECK enum status sqlite_rows_prepare(struct sqlite_rows *rows,
                                           const struct sqlite_table *table,
                                           struct sqlite_link *link, struct error *err);
void sqlite_rows_release(struct sqlite_rows *rows); /* zeroed is fine */

/* All rows of the table go. */
MUST_CHECK enum status sqlite_rows_clear(struct sqlite_rows *rows, struct error *err);
MUST_CHECK enum status sqlite_rows_write(struct sqlite_rows *rows, const struct batch *batch,
                                         struct error *err);

#endif
