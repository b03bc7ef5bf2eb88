/* inspect: what is known of a query that runs or has just run, for .bad, .late and .progress. All
 * text that came from outside is escaped. */
#ifndef SHELL_INSPECT_H
#define SHELL_INSPECT_H

#include "engine/run/job.h"

enum { INSPECT_ROWS_MAX = 20 };

/* Newest bad rows: where, why, and their bytes. */
void inspect_bad(struct bytebuf *out, const struct query *query);
/* Newest rows that came too late for a window of theirs. */
void inspect_late(struct bytebuf *out, const struct query *query);
/* Rows in, out, filtered, bad, late; state; watermark. */
void inspect_progress(struct bytebuf *out, struct query *query);

#endif
