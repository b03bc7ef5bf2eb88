/* time_pattern: see time_pattern.h. */
#include "engine/data/time_pattern.h"

#include "engine/base/clock.h"
#include "engine/data/timestamp.h"

/* Parts that only together give a stamp. */
struct pattern_state {
    struct stamp_reader *in;
    struct stamp *stamp;
    bool has_half; /* %p */
    bool is_afternoon;
    bool is_12_hours; /* %I */
    uint32_t yearday; /* %j; 0 = none */
};

static bool read_pattern(struct pattern_state *state, struct slice pattern);

static void skip_space(struct stamp_reader *in)
{
    while (in->at < in->end && ascii_is_space(*in->at)) {
        in->at++;
    }
}

/* %d and %e: "05", "5" or " 5". */
static bool read_day(struct pattern_state *state)
{
    stamp_byte(state->in, ' ');
    return stamp_number(state->in, 1, 2, &state->stamp->day);
}

/* POSIX: 69 to 99 are 1969 to 1999. */
static bool read_short_year(struct pattern_state *state)
{
    uint32_t year;
    if (!stamp_number(state->in, 2, 2, &year)) {
        return false;
    }
    state->stamp->year = year + (year < 69 ? 2000 : 1900);
    return true;
}

static bool read_half(struct pattern_state *state)
{
    struct stamp_reader *in = state->in;
    if (in->end - in->at < 2 || ascii_lower(in->at[1]) != 'm') {
        return false;
    }
    uint8_t first = ascii_lower(in->at[0]);
    if (first != 'a' && first != 'p') {
        return false;
    }
    state->has_half = true;
    state->is_afternoon = first == 'p';
    in->at += 2;
    return true;
}

/* Only names with one meaning (RFC 822): an unknown one makes the stamp bad, never wrong. */
static bool read_zone_name(struct pattern_state *state)
{
    static const struct {
        const char *name;
        int8_t hours;
    } zones[] = {
        {"UTC", 0},  {"GMT", 0},  {"UT", 0},   {"Z", 0},    {"EST", -5}, {"EDT", -4},
        {"CST", -6}, {"CDT", -5}, {"MST", -7}, {"MDT", -6}, {"PST", -8}, {"PDT", -7},
    };
    struct stamp_reader *in = state->in;
    const uint8_t *end = in->at;
    while (end < in->end && (uint8_t)(ascii_lower(*end) - 'a') < 26) {
        end++;
    }
    struct slice name = slice_of(in->at, (size_t)(end - in->at));
    for (size_t i = 0; i < sizeof zones / sizeof zones[0]; i++) {
        if (slice_equal_nocase(name, slice_text(zones[i].name))) {
            state->stamp->has_offset = true;
            state->stamp->offset_us = zones[i].hours * US_PER_HOUR;
            in->at = end;
            return true;
        }
    }
    return false;
}

/* Seconds since 1970: a whole stamp. */
static bool read_epoch(struct pattern_state *state)
{
    struct stamp_reader *in = state->in;
    const uint8_t *end = in->at;
    end += end < in->end && *end == '-';
    while (end < in->end && ascii_is_digit(*end)) {
        end++;
    }
    int64_t seconds;
    if (!slice_to_i64(slice_of(in->at, (size_t)(end - in->at)), &seconds) ||
        seconds < STAMP_US_MIN / US_PER_SECOND || seconds > STAMP_US_MAX / US_PER_SECOND) {
        return false;
    }
    struct civil civil = civil_from_us(seconds * US_PER_SECOND);
    struct stamp *stamp = state->stamp;
    stamp->year = (uint32_t)civil.year;
    stamp->month = civil.month;
    stamp->day = civil.day;
    stamp->hour = civil.hour;
    stamp->minute = civil.minute;
    stamp->second = civil.second;
    stamp->has_offset = true;
    stamp->offset_us = 0;
    in->at = end;
    return true;
}

static bool read_date_part(struct pattern_state *state, uint8_t letter)
{
    uint32_t weekday; /* read and not used: the date decides */
    switch (letter) {
    case 'Y':
        return stamp_number(state->in, 1, 4, &state->stamp->year) && state->stamp->year > 0;
    case 'y':
        return read_short_year(state);
    case 'm':
        return stamp_number(state->in, 1, 2, &state->stamp->month);
    case 'd':
    case 'e':
        return read_day(state);
    case 'j':
        return stamp_number(state->in, 1, 3, &state->yearday) && state->yearday > 0;
    case 'b':
    case 'B':
    case 'h':
        return stamp_month_name(state->in, &state->stamp->month);
    case 'a':
    case 'A':
        return stamp_weekday_name(state->in, &weekday);
    case 'F':
        return read_pattern(state, slice_text("%Y-%m-%d"));
    case 'D':
        return read_pattern(state, slice_text("%m/%d/%y"));
    default:
        return false;
    }
}

static bool read_clock_part(struct pattern_state *state, uint8_t letter)
{
    switch (letter) {
    case 'H':
        return stamp_number(state->in, 1, 2, &state->stamp->hour);
    case 'I':
        state->is_12_hours = true;
        return stamp_number(state->in, 1, 2, &state->stamp->hour) && state->stamp->hour >= 1 &&
               state->stamp->hour <= 12;
    case 'M':
        return stamp_number(state->in, 1, 2, &state->stamp->minute);
    case 'S':
        return stamp_number(state->in, 1, 2, &state->stamp->second);
    case 'f':
    case 'L':
        return stamp_fraction(state->in, &state->stamp->micros);
    case 'p':
        return read_half(state);
    case 's':
        return read_epoch(state);
    case 'z':
        return stamp_offset(state->in, state->stamp);
    case 'Z':
        return read_zone_name(state);
    case 'T':
        return read_pattern(state, slice_text("%H:%M:%S"));
    case 'R':
        return read_pattern(state, slice_text("%H:%M"));
    default:
        return false;
    }
}

static const char date_letters[] = "YymdejbBhaAFD";
static const char clock_letters[] = "HIMSfLpszZTR";

static bool is_letter_of(const char *letters, uint8_t letter)
{
    return letter != 0 && strchr(letters, letter) != NULL;
}

static bool read_directive(struct pattern_state *state, uint8_t letter)
{
    if (is_letter_of(date_letters, letter)) {
        return read_date_part(state, letter);
    }
    if (letter == 'n' || letter == 't') {
        skip_space(state->in);
        return true;
    }
    if (letter == '%') {
        return stamp_byte(state->in, '%');
    }
    return read_clock_part(state, letter);
}

static bool read_pattern(struct pattern_state *state, struct slice pattern)
{
    for (size_t i = 0; i < pattern.len; i++) {
        uint8_t c = pattern.at[i];
        if (c == '%' && i + 1 < pattern.len) {
            i++;
            if (!read_directive(state, pattern.at[i])) {
                return false;
            }
        } else if (ascii_is_space(c)) {
            skip_space(state->in);
        } else if (!stamp_byte(state->in, c)) {
            return false;
        }
    }
    return true;
}

/* Turns %I with %p, and %j, into hour, month and day. */
static bool finish(struct pattern_state *state)
{
    struct stamp *stamp = state->stamp;
    if (state->is_12_hours) {
        stamp->hour = stamp->hour % 12 + (state->is_afternoon ? 12 : 0);
    }
    if (state->yearday > 0 && stamp->year > 0) {
        int64_t days = days_from_civil((int32_t)stamp->year, 1, 1) + state->yearday - 1;
        struct civil civil = civil_from_us(days * US_PER_DAY);
        if (civil.year != (int32_t)stamp->year) {
            return false; /* day 366 of a common year */
        }
        stamp->month = civil.month;
        stamp->day = civil.day;
    }
    /* "%Y-%m" is the first of the month. */
    stamp->month += stamp->month == 0;
    stamp->day += stamp->day == 0;
    return true;
}

bool time_pattern_read(struct slice pattern, struct stamp_reader *in, struct stamp *stamp)
{
    struct pattern_state state = {.in = in, .stamp = stamp};
    return read_pattern(&state, pattern) && finish(&state);
}

enum status time_pattern_check(struct slice pattern, struct error *err)
{
    bool has_date = false;
    bool has_year = false;
    bool has_yearday = false;
    for (size_t i = 0; i < pattern.len; i++) {
        if (pattern.at[i] != '%') {
            continue;
        }
        uint8_t letter = i + 1 < pattern.len ? pattern.at[++i] : 0;
        if (!is_letter_of(date_letters, letter) && !is_letter_of(clock_letters, letter) &&
            !is_letter_of("nt%", letter)) {
            return error_set(err, ERR_OPTION,
                             "timestamp format \"%.*s\" has an unknown directive %%%.*s",
                             (int)pattern.len, (const char *)pattern.at, letter != 0,
                             (const char *)&pattern.at[i]);
        }
        has_date |= is_letter_of("YymjbBhsFD", letter);
        has_year |= is_letter_of("YysFD", letter);
        has_yearday |= letter == 'j';
    }
    if (!has_date || (has_yearday && !has_year)) {
        return error_set(err, ERR_OPTION, "timestamp format \"%.*s\" gives no date",
                         (int)pattern.len, (const char *)pattern.at);
    }
    return OK;
}
