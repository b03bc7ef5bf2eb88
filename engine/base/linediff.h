/* linediff: what differs between two texts, line by line, for people.
 *
 *     linediff(&out, before, now);     // "- old line", "+ new line"; nothing for what both have
 */
#ifndef ENGINE_BASE_LINEDIFF_H
#define ENGINE_BASE_LINEDIFF_H

#include "engine/base/bytebuf.h"

/* Appends the fewest lines that tell `now` from `before` (the longest common subsequence), in their
 * order. Above LINEDIFF_LINES_MAX lines that are not the same at both ends it says them all. */
enum { LINEDIFF_LINES_MAX = 1000 };
void linediff(struct bytebuf *out, struct slice before, struct slice now);

#endif
