/* zone_rule: see zone_rule.h. */
#include "engine/data/zone_rule.h"

#include "engine/base/checked.h"
#include "engine/base/clock.h"
#include "engine/data/stamp.h"
#include "engine/data/timestamp.h"

enum { SECONDS_PER_DAY = 86400 };

/* ---- reading --------------------------------------------------------------------------------- */

/* "CET" or "<+03>": read and forgotten. */
static bool skip_name(struct stamp_reader *in)
{
    const uint8_t *start = in->at;
    if (stamp_byte(in, '<')) {
        while (in->at < in->end && *in->at != '>') {
            in->at++;
        }
        return stamp_byte(in, '>');
    }
    while (in->at < in->end && (uint8_t)(ascii_lower(*in->at) - 'a') < 26) {
        in->at++;
    }
    return in->at - start >= 3;
}

/* [+-]h[hh][:mm[:ss]] */
static bool read_seconds(struct stamp_reader *in, int32_t *out)
{
    bool minus = stamp_byte(in, '-');
    if (!minus) {
        stamp_byte(in, '+');
    }
    uint32_t hours;
    uint32_t minutes = 0;
    uint32_t seconds = 0;
    if (!stamp_number(in, 1, 3, &hours) || hours > 167 ||
        (stamp_byte(in, ':') && !stamp_number(in, 2, 2, &minutes)) ||
        (stamp_byte(in, ':') && !stamp_number(in, 2, 2, &seconds))) {
        return false;
    }
    int32_t total = (int32_t)(hours * 3600 + minutes * 60 + seconds);
    *out = minus ? -total : total;
    return true;
}

static bool read_day(struct stamp_reader *in, struct zone_rule_change *out)
{
    if (stamp_byte(in, 'M')) {
        out->kind = ZONE_DAY_MONTH;
        return stamp_number(in, 1, 2, &out->month) && stamp_byte(in, '.') &&
               stamp_number(in, 1, 1, &out->week) && stamp_byte(in, '.') &&
               stamp_number(in, 1, 1, &out->day) && out->month >= 1 && out->month <= 12 &&
               out->week >= 1 && out->week <= 5 && out->day <= 6;
    }
    out->kind = stamp_byte(in, 'J') ? ZONE_DAY_JULIAN : ZONE_DAY_ZERO;
    return stamp_number(in, 1, 3, &out->day) && out->day <= 365 &&
           (out->kind == ZONE_DAY_ZERO || out->day >= 1);
}

static bool read_change(struct stamp_reader *in, struct zone_rule_change *out)
{
    *out = (struct zone_rule_change){.seconds = 2 * 3600};
    return stamp_byte(in, ',') && read_day(in, out) &&
           (!stamp_byte(in, '/') || read_seconds(in, &out->seconds));
}

bool zone_rule_parse(struct slice text, struct zone_rule *out)
{
    struct stamp_reader in = {text.at, text.at + text.len};
    struct zone_rule rule = {0};
    int32_t west; /* the language counts offsets westwards */
    if (!skip_name(&in) || !read_seconds(&in, &west)) {
        return false;
    }
    rule.standard = -west;
    if (in.at < in.end) {
        rule.has_summer = true;
        rule.summer = rule.standard + 3600;
        if (!skip_name(&in)) {
            return false;
        }
        if (in.at < in.end && *in.at != ',') {
            if (!read_seconds(&in, &west)) {
                return false;
            }
            rule.summer = -west;
        }
        if (!read_change(&in, &rule.to_summer) || !read_change(&in, &rule.to_standard)) {
            return false;
        }
    }
    if (in.at != in.end) {
        return false;
    }
    *out = rule;
    return true;
}

/* ---- asking ---------------------------------------------------------------------------------- */

/* Days since 1970 of weekday `change->day` in its week of the month. */
static int64_t month_day(const struct zone_rule_change *change, int32_t year)
{
    int64_t first = days_from_civil(year, change->month, 1);
    int64_t weekday = floor_mod(first + 4, 7); /* 1970-01-01 was a Thursday */
    int64_t day = first + floor_mod((int64_t)change->day - weekday, 7) + 7 * (change->week - 1);
    bool is_december = change->month == 12;
    int64_t next =
        days_from_civil(is_december ? year + 1 : year, is_december ? 1 : change->month + 1, 1);
    return day < next ? day : day - 7; /* "the fifth" is the last */
}

/* Seconds since 1970 by the clock that is valid before the change. */
static int64_t change_local(const struct zone_rule_change *change, int32_t year)
{
    int64_t days = days_from_civil(year, 1, 1);
    switch (change->kind) {
    case ZONE_DAY_MONTH:
        days = month_day(change, year);
        break;
    case ZONE_DAY_JULIAN: {
        bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        days += change->day - 1 + (is_leap && change->day >= 60);
        break;
    }
    case ZONE_DAY_ZERO:
        days += change->day;
        break;
    }
    return days * SECONDS_PER_DAY + change->seconds;
}

int32_t zone_rule_offset(const struct zone_rule *rule, int64_t utc)
{
    if (!rule->has_summer) {
        return rule->standard;
    }
    int64_t bound = INT64_MAX / US_PER_SECOND - SECONDS_PER_DAY;
    if (utc > bound || utc < -bound) {
        return rule->standard;
    }
    int32_t year = civil_from_us((utc + rule->standard) * US_PER_SECOND).year;
    int64_t to_summer = change_local(&rule->to_summer, year) - rule->standard;
    int64_t to_standard = change_local(&rule->to_standard, year) - rule->summer;
    /* South of the equator summer lies over the end of the year. */
    bool is_summer = to_summer < to_standard ? utc >= to_summer && utc < to_standard
                                             : utc >= to_summer || utc < to_standard;
    return is_summer ? rule->summer : rule->standard;
}
