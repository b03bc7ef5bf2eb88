/* time_unit: see time_unit.h. */
#include "engine/expr/time_unit.h"

#include "engine/base/checked.h"
#include "engine/base/clock.h"
#include "engine/base/panic.h"
#include "engine/data/timestamp.h"

static const char *const names[UNIT_COUNT] = {
    [UNIT_MICROSECOND] = "microsecond",
    [UNIT_MILLISECOND] = "millisecond",
    [UNIT_SECOND] = "second",
    [UNIT_MINUTE] = "minute",
    [UNIT_HOUR] = "hour",
    [UNIT_DAY] = "day",
    [UNIT_WEEK] = "week",
    [UNIT_MONTH] = "month",
    [UNIT_QUARTER] = "quarter",
    [UNIT_YEAR] = "year",
    [UNIT_DECADE] = "decade",
    [UNIT_CENTURY] = "century",
    [UNIT_ISOYEAR] = "isoyear",
    [UNIT_DOW] = "dow",
    [UNIT_ISODOW] = "isodow",
    [UNIT_DOY] = "doy",
    [UNIT_EPOCH] = "epoch",
};

const char *time_unit_name(enum time_unit unit)
{
    return names[unit];
}

bool time_unit_parse(struct slice name, enum time_unit *out)
{
    struct slice singular = name;
    if (name.len > 3 && ascii_lower(name.at[name.len - 1]) == 's') {
        singular.len--;
    }
    for (unsigned i = 0; i < UNIT_COUNT; i++) {
        if (slice_equal_nocase(singular, slice_text(names[i]))) {
            *out = (enum time_unit)i;
            return true;
        }
    }
    return false;
}

int64_t time_unit_us(enum time_unit unit)
{
    switch (unit) {
    case UNIT_MICROSECOND:
        return 1;
    case UNIT_MILLISECOND:
        return US_PER_MS;
    case UNIT_SECOND:
        return US_PER_SECOND;
    case UNIT_MINUTE:
        return US_PER_MINUTE;
    case UNIT_HOUR:
        return US_PER_HOUR;
    case UNIT_DAY:
        return US_PER_DAY;
    case UNIT_WEEK:
        return 7 * US_PER_DAY;
    default:
        return 0;
    }
}

/* ---- starts ---------------------------------------------------------------------------------- */

/* 1970-01-05 was the first Monday. */
#define FIRST_MONDAY_US (4 * US_PER_DAY)

/* The first year of a decade or century: centuries begin with year 1. */
static int32_t first_year(enum time_unit unit, int32_t year)
{
    if (unit == UNIT_DECADE) {
        return (int32_t)floor_div(year, 10) * 10;
    }
    return unit == UNIT_CENTURY ? (int32_t)floor_div((int64_t)year - 1, 100) * 100 + 1 : year;
}

int64_t time_unit_floor(enum time_unit unit, int64_t local_us)
{
    CHECK(unit <= UNIT_CENTURY);
    int64_t unit_us = time_unit_us(unit);
    if (unit == UNIT_WEEK) {
        return local_us - floor_mod(local_us - FIRST_MONDAY_US, unit_us);
    }
    if (unit_us > 0) {
        return local_us - floor_mod(local_us, unit_us);
    }
    struct civil civil = civil_from_us(local_us);
    unsigned month = unit == UNIT_MONTH     ? civil.month
                     : unit == UNIT_QUARTER ? (civil.month - 1U) / 3 * 3 + 1
                                            : 1;
    return days_from_civil(first_year(unit, civil.year), month, 1) * US_PER_DAY;
}

/* ---- parts ----------------------------------------------------------------------------------- */

static int64_t iso_weekday(const struct civil *civil)
{
    return civil->weekday == 0 ? 7 : civil->weekday;
}

static bool is_leap(int64_t year)
{
    return floor_mod(year, 4) == 0 && (floor_mod(year, 100) != 0 || floor_mod(year, 400) == 0);
}

/* A year has week 53 if it starts on a Thursday, or on a Wednesday and is a leap year. */
static int64_t weeks_of_year(int32_t year)
{
    int64_t first = floor_mod(days_from_civil(year, 1, 1) + 3, 7); /* 0 = Monday */
    return first == 3 || (first == 2 && is_leap(year)) ? 53 : 52;
}

/* The week holding the year's first Thursday is week 1. */
static int64_t iso_week(const struct civil *civil, int32_t *year)
{
    int64_t week = (civil->yearday - iso_weekday(civil) + 10) / 7;
    *year = civil->year;
    if (week < 1) {
        *year = civil->year - 1;
        return weeks_of_year(*year);
    }
    if (week > weeks_of_year(civil->year)) {
        *year = civil->year + 1;
        return 1;
    }
    return week;
}

int64_t time_unit_part(enum time_unit unit, int64_t local_us)
{
    struct civil civil = civil_from_us(local_us);
    int64_t minute_us = civil.second * US_PER_SECOND + civil.micros;
    int32_t iso_year;
    switch (unit) {
    case UNIT_MICROSECOND:
        return minute_us;
    case UNIT_MILLISECOND:
        return minute_us / US_PER_MS;
    case UNIT_SECOND:
        return civil.second;
    case UNIT_MINUTE:
        return civil.minute;
    case UNIT_HOUR:
        return civil.hour;
    case UNIT_DAY:
        return civil.day;
    case UNIT_WEEK:
        return iso_week(&civil, &iso_year);
    case UNIT_MONTH:
        return civil.month;
    case UNIT_QUARTER:
        return (civil.month - 1) / 3 + 1;
    case UNIT_YEAR:
        return civil.year;
    case UNIT_DECADE:
        return floor_div(civil.year, 10);
    case UNIT_CENTURY:
        return floor_div((int64_t)civil.year - 1, 100) + 1;
    case UNIT_ISOYEAR:
        (void)iso_week(&civil, &iso_year);
        return iso_year;
    case UNIT_DOW:
        return civil.weekday;
    case UNIT_ISODOW:
        return iso_weekday(&civil);
    case UNIT_DOY:
        return civil.yearday;
    case UNIT_EPOCH:
        return floor_div(local_us, US_PER_SECOND);
    case UNIT_COUNT:
        break;
    }
    PANIC("no such unit");
}
