/* export_table: one table of a SQLite file that is written once, from its first row to its last.
 *
 *     TRY(export_table_open(&table, &place, slice_text("sinks"), &schema, err));
 *     TRY(export_table_row(&table, cells, err));         // or export_table_batch
 *     TRY(export_table_finish(&table, err));
 *     export_table_release(&table);
 */
#ifndef SHELL_EXPORT_TABLE_H
#define SHELL_EXPORT_TABLE_H

#include "engine/base/clock.h"
#include "engine/base/fs.h"
#include "engine/data/batch.h"
#include "engine/io/sink.h"

enum { EXPORT_COLUMNS_MAX = 16 };

struct export_table {
    struct arena arena; /* lifetime: the table */
    struct arena row;   /* lifetime: one row */
    struct schema schema;
    struct options options;
    struct uri uri;
    struct sink_config config;
    struct sink *sink; /* NULL: not open, or it has failed */
};

/* What a cell holds; its type is the column's. */
struct export_cell {
    bool is_null;
    int64_t number;    /* BIGINT, TIMESTAMP, BOOLEAN */
    struct slice text; /* TEXT */
};

/* Where the tables go; all of it outlives them. */
struct export_place {
    const char *path;
    const struct kinds *kinds;
    const struct fs *fs;
    const struct clock *clock;
};

/* Makes the table `name` with the columns of `schema`, which are copied; of columns with one name
 * the later ones get a number. Release it also after a failure. */
MUST_CHECK enum status export_table_open(struct export_table *table,
                                         const struct export_place *place, struct slice name,
                                         const struct schema *schema, struct error *err);
MUST_CHECK enum status export_table_row(struct export_table *table, const struct export_cell *cells,
                                        struct error *err);
/* `columns`: one for each column of the table. */
MUST_CHECK enum status export_table_batch(struct export_table *table, struct column *columns,
                                          uint32_t n, struct error *err);
MUST_CHECK enum status export_table_finish(struct export_table *table, struct error *err);
void export_table_release(struct export_table *table); /* zeroed is fine */

#endif
