/* stamp: the pieces that all written times are made of, shared by the fixed layouts (timestamp.c)
 * and the interpreted patterns (time_pattern.c).
 *
 *     struct stamp_reader in = {text.at, text.at + text.len};
 *     struct stamp stamp = {0};
 *     if (!stamp_number(&in, 4, 4, &stamp.year) || !stamp_byte(&in, '-') …) { …no… }
 *     if (!stamp_to_us(&stamp, zone, now_us, &us)) { …no such day… }
 *
 * Every reader moves `in` only if it succeeds. */
#ifndef ENGINE_DATA_STAMP_H
#define ENGINE_DATA_STAMP_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/slice.h"
#include "engine/data/zone.h"

struct stamp_reader {
    const uint8_t *at;
    const uint8_t *end;
};

/* A time as written. Absent parts are 0; a year of 0 means the one that brings it nearest to now.
 */
struct stamp {
    uint32_t year;
    uint32_t month;
    uint32_t day;
    uint32_t hour;
    uint32_t minute;
    uint32_t second; /* 60 is the next second */
    uint32_t micros;
    bool has_offset;
    int64_t offset_us; /* local minus UTC */
};

static inline bool stamp_byte(struct stamp_reader *in, uint8_t byte)
{
    if (in->at == in->end || *in->at != byte) {
        return false;
    }
    in->at++;
    return true;
}

/* `min` to `max` digits (max <= 9), as many as there are. */
bool stamp_number(struct stamp_reader *in, unsigned min, unsigned max, uint32_t *out);

/* Nothing but digits, perhaps none. */
bool stamp_all_digits(struct slice text);

/* One to nine digits behind the point; what is below a microsecond is cut off. */
bool stamp_fraction(struct stamp_reader *in, uint32_t *micros);

/* Z, +02:00, +0200 or +02. */
bool stamp_offset(struct stamp_reader *in, struct stamp *stamp);

/* "Dec" or "December", any case; *month = 1 to 12. */
bool stamp_month_name(struct stamp_reader *in, uint32_t *month);

/* "Sun" or "Sunday", any case; *weekday = 0 to 6. */
bool stamp_weekday_name(struct stamp_reader *in, uint32_t *weekday);

/* HH:MM:SS and a fraction behind '.' or ',' where there is one. */
bool stamp_clock(struct stamp_reader *in, struct stamp *stamp);

/* The instant. A stamp without offset is local time of `zone` (NULL = UTC). False if there is no
 * such day or time, or it lies outside years 1 to 9999. */
bool stamp_to_us(const struct stamp *stamp, const struct zone *zone, int64_t now_us, int64_t *us);

/* First and last microsecond of years 1 to 9999. */
#define STAMP_US_MIN INT64_C(-62135596800000000)
#define STAMP_US_MAX INT64_C(253402300799999999)

static inline bool stamp_in_range(int64_t us)
{
    return us >= STAMP_US_MIN && us <= STAMP_US_MAX;
}

/* English names for printing: months 1 to 12, weekdays 0 to 6. */
const char *stamp_month_text(unsigned month);
const char *stamp_weekday_text(unsigned weekday);

#endif
