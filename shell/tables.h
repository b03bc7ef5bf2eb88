/* tables: what can be asked at any time, FROM TABLE(s): rows of streams that are kept while queries
 * read them (retention.h). Answers the catalog and hands the store to jobs.
 *
 *     struct tables *tables = tables_new(&config);      // and the catalog knows them
 *     TRY(tables_set(tables, err));                     // behind each SET
 *     job_config.retention = tables_retention(tables);
 *     tables_note(tables, stream);                      // a query asks: is what it reads cut?
 *     tables_forget(tables, stream);                    // DROP STREAM
 *     tables_free(tables);                              // behind all jobs
 */
#ifndef SHELL_TABLES_H
#define SHELL_TABLES_H

#include "engine/run/retention.h"
#include "sql/catalog.h"

struct tables;

struct tables_config {
    struct catalog *catalog;
    const struct clock *clock;
    bool interactive; /* rows are kept though nobody has said so: TABLES_RETAIN_BYTES */
    bool check_only;  /* nothing will be read: whatever could be kept counts as there */
};

/* Of each stream at the prompt, unless RETAIN or SET retain says something else. */
enum { TABLES_RETAIN_BYTES = 16 << 20, TABLES_LIMIT_BYTES = 256 << 20 };

struct tables *tables_new(const struct tables_config *config);
void tables_free(struct tables *tables); /* NULL is fine */

MUST_CHECK enum status tables_set(struct tables *tables, struct error *err);
struct retention *tables_retention(const struct tables *tables);
void tables_note(const struct tables *tables, const struct stream_def *table);
void tables_forget(struct tables *tables, const struct stream_def *stream);

#endif
