/* sqlite_table: the table that a query's rows go to: made with the types of the result if it is not
 * there, compared column by column if it is, and the statements that change it. All names are
 * quoted, all values bound.
 *
 *     TRY(sqlite_table_read(&table, arena, &config, err));   // options
 *     TRY(sqlite_table_prepare(&table, &link, err));         // inside of a transaction
 *     sqlite_table_insert(&table, &sql);                     // parameters: `_op`, then columns
 *     sqlite_table_delete(&table, &sql);                     // parameters: keys
 */
#ifndef SINKS_SQLITE_TABLE_H
#define SINKS_SQLITE_TABLE_H

#include "engine/base/arena.h"
#include "engine/io/sink.h"
#include "sinks/sqlite_link.h"

struct sqlite_table {
    struct slice name;
    const char *path; /* of the file, for errors */
    const struct schema *schema;
    bool with_op; /* a column `_op` in front: rows that change are appended as they come */
    bool keyed;   /* a row replaces the one with its keys; without keys there is only one row */
    bool decimal_text;
    uint32_t n;
    const uint32_t *columns; /* of the schema, those that are written */
    uint32_t n_keys;
    const uint32_t *keys; /* of the schema */
};

/* ERR_OPTION for options that do not fit the result. What is kept lies in `arena` or in `config`.
 */
MUST_CHECK enum status sqlite_table_read(struct sqlite_table *table, struct arena *arena,
                                         const struct sink_config *config, struct error *err);

/* ERR_OPTION if the table that is there does not fit the rows; the hint is what would help. */
MUST_CHECK enum status sqlite_table_prepare(const struct sqlite_table *table,
                                            struct sqlite_link *link, struct error *err);

void sqlite_table_insert(const struct sqlite_table *table, struct bytebuf *sql);
void sqlite_table_delete(const struct sqlite_table *table, struct bytebuf *sql);
void sqlite_table_clear(const struct sqlite_table *table, struct bytebuf *sql);

#endif
