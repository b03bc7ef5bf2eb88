/* time_pattern: strptime patterns, interpreted: for layouts that have no fast path of their own.
 *
 *     TRY(time_pattern_check(pattern, err));           // once, when the stream is made
 *     if (!time_pattern_read(pattern, &in, &stamp)) …  // per stamp; then stamp_to_us
 */
#ifndef ENGINE_DATA_TIME_PATTERN_H
#define ENGINE_DATA_TIME_PATTERN_H

#include "engine/base/slice.h"
#include "engine/base/status.h"
#include "engine/data/stamp.h"

/* ERR_OPTION names a directive that is not understood, or says that there is no date in it. */
MUST_CHECK enum status time_pattern_check(struct slice pattern, struct error *err);

/* Reads a stamp at `in` by a checked pattern and moves `in` behind it. White space in the pattern
 * matches any amount of it. %s fills all parts in UTC. */
bool time_pattern_read(struct slice pattern, struct stamp_reader *in, struct stamp *stamp);

#endif
