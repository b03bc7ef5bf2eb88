/* time_unit: the units of date_trunc and date_part on calendar times. */
#ifndef ENGINE_EXPR_TIME_UNIT_H
#define ENGINE_EXPR_TIME_UNIT_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/slice.h"

enum time_unit {
    UNIT_MICROSECOND,
    UNIT_MILLISECOND,
    UNIT_SECOND,
    UNIT_MINUTE,
    UNIT_HOUR,
    UNIT_DAY,
    UNIT_WEEK, /* starts on Monday (ISO 8601) */
    UNIT_MONTH,
    UNIT_QUARTER,
    UNIT_YEAR,
    UNIT_DECADE,
    UNIT_CENTURY,
    /* Parts only. */
    UNIT_ISOYEAR, /* the year to which the week belongs */
    UNIT_DOW,     /* 0 = Sunday */
    UNIT_ISODOW,  /* 1 = Monday, 7 = Sunday */
    UNIT_DOY,     /* 1 to 366 */
    UNIT_EPOCH,   /* whole seconds since 1970 */
    UNIT_COUNT,
};

/* Singular or plural, any case. */
bool time_unit_parse(struct slice name, enum time_unit *out);
const char *time_unit_name(enum time_unit unit);

/* Length of the units that always have the same, microsecond to week; 0 for others. */
int64_t time_unit_us(enum time_unit unit);

/* The start of the unit that holds a local time; unit <= UNIT_CENTURY. */
int64_t time_unit_floor(enum time_unit unit, int64_t local_us);

/* The part of a local time, as PostgreSQL's extract counts it but whole: seconds without fraction,
 * milliseconds and microseconds with the seconds of the minute. */
int64_t time_unit_part(enum time_unit unit, int64_t local_us);

#endif
