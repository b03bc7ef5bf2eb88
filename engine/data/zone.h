/* zone: local time of a place, from the system's TZif files (RFC 8536); no locale, no TZ variable.
 */
#ifndef ENGINE_DATA_ZONE_H
#define ENGINE_DATA_ZONE_H

#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/base/fs.h"
#include "engine/base/slice.h"
#include "engine/base/status.h"

struct zone;

/* "Europe/Berlin", "UTC", "+02:00". Lives as long as the arena. ERR_OPTION with near names if the
 * system has no such zone; names with ".." or a leading "/" are refused. */
MUST_CHECK enum status zone_load(struct arena *query, const struct fs *fs, struct slice name,
                                 const struct zone **out, struct error *err);

const char *zone_name(const struct zone *zone);

/* Local minus UTC in microseconds at an instant. */
int64_t zone_offset_us(const struct zone *zone, int64_t utc_us);

/* The instant of a local time. A local time that does not exist (spring) gives the instant after
 * the gap by as much; one that exists twice (autumn) gives the first. */
int64_t zone_to_utc_us(const struct zone *zone, int64_t local_us);

#endif
