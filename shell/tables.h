/* tables: what can be asked at any time, FROM TABLE(…): rows of streams that are kept while queries
 * read them (retention.h), and at the prompt the present results of queries (results.h). Answers
 * the catalog and hands the stores to jobs.
 *
 *     struct tables *tables = tables_new(&config);      // and the catalog knows them
 *     TRY(tables_set(tables, err));                     // behind each SET
 *     job_config.retention = tables_retention(tables);
 *     query_keep(query, tables_begin_result(tables, plan));
 *     tables_note(tables, stream);                      // a query asks: is what it reads cut?
 *     tables_forget(tables, stream);                    // DROP STREAM
 *     tables_forget_result(tables, name);               // DROP QUERY
 *     tables_free(tables);                              // behind all jobs
 */
#ifndef SHELL_TABLES_H
#define SHELL_TABLES_H

#include "engine/run/present.h"
#include "engine/run/retention.h"
#include "sql/catalog.h"

struct tables;

struct tables_config {
    struct catalog *catalog;
    const struct clock *clock;
    bool interactive; /* rows are kept though nobody has said so: TABLES_RETAIN_BYTES; and results,
                         which a script could not ask for while its queries run */
    bool check_only;  /* nothing will be read: whatever could be kept counts as there */
};

/* Of each stream and result at the prompt, unless RETAIN or SET retain says something else. */
enum { TABLES_RETAIN_BYTES = 16 << 20, TABLES_LIMIT_BYTES = 256 << 20 };

struct tables *tables_new(const struct tables_config *config);
void tables_free(struct tables *tables); /* NULL is fine */

MUST_CHECK enum status tables_set(struct tables *tables, struct error *err);
struct retention *tables_retention(const struct tables *tables);
void tables_note(const struct tables *tables, const struct stream_def *table);
/* "1.20 k rows, 34 kB since 2026-01-05T09:00:00Z": what of the stream is kept by now; nothing if
 * none of it is or would be. */
void tables_describe(const struct tables *tables, const struct stream_def *stream,
                     struct bytebuf *out);
/* The same of the result of a query. */
void tables_describe_result(const struct tables *tables, struct slice query, struct bytebuf *out);
void tables_forget(struct tables *tables, const struct stream_def *stream);

/* Where the rows of a query that starts are kept; NULL: nowhere. */
struct present *tables_begin_result(struct tables *tables, const struct plan *plan);
void tables_forget_result(struct tables *tables, struct slice query);

#endif
