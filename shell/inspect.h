/* inspect: what is known of a query that runs or has just run, for .bad, .late, .progress, .why and
 * SHOW LATENESS. All text that came from outside is escaped.
 *
 *     inspect_query(&out, query, INSPECT_BAD);
 *     inspected_keep(&kept, queries, n);             // before the queries go
 *     …kept.texts[INSPECT_BAD]…
 *     inspected_release(&kept);
 */
#ifndef SHELL_INSPECT_H
#define SHELL_INSPECT_H

#include "engine/run/job.h"

enum { INSPECT_ROWS_MAX = 20 };

enum inspect_view {
    INSPECT_BAD,      /* newest bad rows: where, why, and their bytes */
    INSPECT_LATE,     /* newest rows that came too late for a window of theirs */
    INSPECT_PROGRESS, /* rows in, out, filtered, bad, late; state; watermark */
    INSPECT_LATENESS, /* how late rows came, and the WATERMARK clause that would do */
    INSPECT_WHY,      /* EXPLAIN WHY */
    INSPECT_VIEWS,
};

/* Appends lines that begin with the query's name. */
void inspect_query(struct bytebuf *out, struct query *query, enum inspect_view view);

/* What was seen of queries that are gone. All zero bytes: of none. */
struct inspected {
    struct bytebuf texts[INSPECT_VIEWS];
};

/* Behind what was kept before. */
void inspected_keep(struct inspected *kept, struct query *const *queries, uint32_t n);
void inspected_clear(struct inspected *kept);
void inspected_release(struct inspected *kept);

#endif
