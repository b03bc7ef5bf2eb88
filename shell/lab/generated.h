/* generated: the rows of FROM 'gen://…?rows=N' in a test, and of SELECT without FROM, which reads
 * one such row. A test cannot feed what has no name, so they come as they are. */
#ifndef SHELL_LAB_GENERATED_H
#define SHELL_LAB_GENERATED_H

#include <stdbool.h>

#include "engine/base/arena.h"
#include "engine/plan/stream.h"

enum { GENERATED_BYTES_MAX = 4 << 20 };

bool generated_is(const struct stream_def *stream);
/* All of them, in the arena; of a stream with a rate, those that are there at once. ERR_LIMIT if
 * there are more than GENERATED_BYTES_MAX bytes. */
MUST_CHECK enum status generated_rows(struct arena *arena, const struct stream_def *stream,
                                      struct slice *out, struct error *err);

#endif
