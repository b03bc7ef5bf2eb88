/* collector: a query without rows in the background (background.h) that reads a stream which says
 * RETAIN, so that FROM TABLE(s) has something to ask from CREATE STREAM on, though nobody else
 * reads it. Other queries of the stream read along.
 *
 *     if (retention_collects(retention, stream)) {
 *         TRY(collector_start(background, catalog, stream, &running, err));
 *     }
 *
 * Its name is shown as "RETAIN s". The NUL behind it is in no name that SQL can spell, so that a
 * query may be called "RETAIN s", too; the catalog does not know it. */
#ifndef SHELL_COLLECTOR_H
#define SHELL_COLLECTOR_H

#include "engine/run/retention.h"
#include "shell/background.h"
#include "shell/prepared.h"

/* Appended. */
void collector_name(struct bytebuf *out, const struct stream_def *stream);
/* Its statement goes to the end of `running`, where it must stay until it is stopped. */
MUST_CHECK enum status collector_start(struct background *background, struct catalog *catalog,
                                       const struct stream_def *stream,
                                       struct prepared_list *running, struct error *err);

#endif
