/* stamp: see stamp.h. */
#include "engine/data/stamp.h"

#include "engine/base/clock.h"
#include "engine/base/panic.h"
#include "engine/data/timestamp.h"

static const char *const month_names[12] = {"January",   "February", "March",    "April",
                                            "May",       "June",     "July",     "August",
                                            "September", "October",  "November", "December"};
static const char *const weekday_names[7] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                             "Thursday", "Friday", "Saturday"};

const char *stamp_month_text(unsigned month)
{
    CHECK(month >= 1 && month <= 12);
    return month_names[month - 1];
}

const char *stamp_weekday_text(unsigned weekday)
{
    CHECK(weekday < 7);
    return weekday_names[weekday];
}

bool stamp_number(struct stamp_reader *in, unsigned min, unsigned max, uint32_t *out)
{
    uint32_t value = 0;
    unsigned n = 0;
    const uint8_t *at = in->at;
    while (n < max && at < in->end && ascii_is_digit(*at)) {
        value = value * 10 + (uint32_t)(*at++ - '0');
        n++;
    }
    if (n < min) {
        return false;
    }
    in->at = at;
    *out = value;
    return true;
}

bool stamp_all_digits(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!ascii_is_digit(text.at[i])) {
            return false;
        }
    }
    return true;
}

bool stamp_fraction(struct stamp_reader *in, uint32_t *micros)
{
    uint32_t value = 0;
    unsigned n = 0;
    const uint8_t *at = in->at;
    for (; at < in->end && ascii_is_digit(*at); at++, n++) {
        value = n < 6 ? value * 10 + (uint32_t)(*at - '0') : value;
    }
    if (n == 0 || n > 9) {
        return false;
    }
    for (; n < 6; n++) {
        value *= 10;
    }
    in->at = at;
    *micros = value;
    return true;
}

bool stamp_offset(struct stamp_reader *in, struct stamp *stamp)
{
    struct stamp_reader ahead = *in;
    if (stamp_byte(&ahead, 'Z') || stamp_byte(&ahead, 'z')) {
        stamp->has_offset = true;
        stamp->offset_us = 0;
        *in = ahead;
        return true;
    }
    bool minus = stamp_byte(&ahead, '-');
    uint32_t hours;
    uint32_t minutes = 0;
    if ((!minus && !stamp_byte(&ahead, '+')) || !stamp_number(&ahead, 2, 2, &hours)) {
        return false;
    }
    struct stamp_reader before_minutes = ahead;
    bool colon = stamp_byte(&ahead, ':');
    if (!stamp_number(&ahead, 2, 2, &minutes)) {
        if (colon) {
            ahead = before_minutes; /* "+02" and a colon that is not ours */
        }
        minutes = 0;
    }
    if (hours > 23 || minutes > 59) {
        return false;
    }
    int64_t offset_us = hours * US_PER_HOUR + minutes * US_PER_MINUTE;
    stamp->has_offset = true;
    stamp->offset_us = minus ? -offset_us : offset_us;
    *in = ahead;
    return true;
}

/* Index of the name that stands here, written out or as its first three letters; -1 if none. */
static int read_name(struct stamp_reader *in, const char *const *names, unsigned n)
{
    size_t left = (size_t)(in->end - in->at);
    for (unsigned i = 0; i < n; i++) {
        struct slice name = slice_text(names[i]);
        if (left < 3 || !slice_equal_nocase(slice_of(in->at, 3), slice_of(name.at, 3))) {
            continue;
        }
        bool is_whole = left >= name.len && slice_equal_nocase(slice_of(in->at, name.len), name);
        in->at += is_whole ? name.len : 3;
        return (int)i;
    }
    return -1;
}

bool stamp_month_name(struct stamp_reader *in, uint32_t *month)
{
    int i = read_name(in, month_names, 12);
    if (i < 0) {
        return false;
    }
    *month = (uint32_t)i + 1;
    return true;
}

bool stamp_weekday_name(struct stamp_reader *in, uint32_t *weekday)
{
    int i = read_name(in, weekday_names, 7);
    if (i < 0) {
        return false;
    }
    *weekday = (uint32_t)i;
    return true;
}

bool stamp_clock(struct stamp_reader *in, struct stamp *stamp)
{
    struct stamp_reader ahead = *in;
    if (!stamp_number(&ahead, 2, 2, &stamp->hour) || !stamp_byte(&ahead, ':') ||
        !stamp_number(&ahead, 2, 2, &stamp->minute) || !stamp_byte(&ahead, ':') ||
        !stamp_number(&ahead, 2, 2, &stamp->second)) {
        return false;
    }
    *in = ahead;
    if (stamp_byte(&ahead, '.') || stamp_byte(&ahead, ',')) {
        if (stamp_fraction(&ahead, &stamp->micros)) {
            *in = ahead;
        }
    }
    return true;
}

static unsigned days_in_month(int32_t year, unsigned month)
{
    static const uint8_t days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 2 && is_leap ? 29 : days[month - 1];
}

static bool is_date(int32_t year, uint32_t month, uint32_t day)
{
    return year >= 1 && year <= 9999 && month >= 1 && month <= 12 && day >= 1 &&
           day <= days_in_month(year, month);
}

/* The year that brings month and day nearest to now, counted in whole days, so that the answer does
 * not depend on the hour. Up to four years away, for 29 February; 0 if there is none. */
static int32_t nearest_year(uint32_t month, uint32_t day, int64_t now_us)
{
    struct civil now = civil_from_us(now_us);
    int64_t today = days_from_civil(now.year, now.month, now.day);
    int64_t best = INT64_MAX;
    int32_t best_year = 0;
    for (int32_t year = now.year - 4; year <= now.year + 4; year++) {
        if (!is_date(year, month, day)) {
            continue;
        }
        int64_t distance = days_from_civil(year, month, day) - today;
        distance = distance < 0 ? -distance : distance;
        if (distance < best) {
            best = distance;
            best_year = year;
        }
    }
    return best_year;
}

bool stamp_to_us(const struct stamp *stamp, const struct zone *zone, int64_t now_us, int64_t *us)
{
    int32_t year = (int32_t)stamp->year;
    if (year == 0) {
        year = nearest_year(stamp->month, stamp->day, now_us);
    }
    if (!is_date(year, stamp->month, stamp->day) || stamp->hour > 23 || stamp->minute > 59 ||
        stamp->second > 60) {
        return false;
    }
    int64_t minutes =
        (days_from_civil(year, stamp->month, stamp->day) * 24 + stamp->hour) * 60 + stamp->minute;
    int64_t local = minutes * US_PER_MINUTE + stamp->second * US_PER_SECOND + stamp->micros;
    int64_t utc = local - stamp->offset_us;
    if (!stamp->has_offset && zone != NULL) {
        utc = zone_to_utc_us(zone, local);
    }
    if (!stamp_in_range(utc)) {
        return false;
    }
    *us = utc;
    return true;
}
