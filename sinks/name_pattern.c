/* name_pattern: see name_pattern.h. */
#include "sinks/name_pattern.h"

#include "engine/base/clock.h"
#include "engine/base/panic.h"
#include "engine/data/timestamp.h"

#define UNIT_BIT(unit) (1u << (unit))

/* What each directive says of a time. */
static const struct {
    char letter;
    unsigned units;
} directives[] = {
    {'Y', UNIT_BIT(UNIT_YEAR)},
    {'m', UNIT_BIT(UNIT_MONTH)},
    {'d', UNIT_BIT(UNIT_DAY)},
    {'j', UNIT_BIT(UNIT_MONTH) | UNIT_BIT(UNIT_DAY)},
    {'F', UNIT_BIT(UNIT_YEAR) | UNIT_BIT(UNIT_MONTH) | UNIT_BIT(UNIT_DAY)},
    {'H', UNIT_BIT(UNIT_HOUR)},
    {'M', UNIT_BIT(UNIT_MINUTE)},
    {'S', UNIT_BIT(UNIT_SECOND)},
};

static const char *const unit_names[UNIT_COUNT] = {"year", "month",  "day",
                                                   "hour", "minute", "second"};
static const char *const unit_directives[UNIT_COUNT] = {"%Y", "%m", "%d", "%H", "%M", "%S"};

/* ---- reading --------------------------------------------------------------------------------- */

bool name_pattern_is(struct slice text)
{
    for (size_t i = 0; i + 1 < text.len; i++) {
        if (text.at[i] == '%' && (uint8_t)(ascii_lower(text.at[i + 1]) - 'a') < 26) {
            return true;
        }
    }
    return false;
}

static unsigned units_of(uint8_t letter)
{
    for (size_t i = 0; i < sizeof directives / sizeof *directives; i++) {
        if ((uint8_t)directives[i].letter == letter) {
            return directives[i].units;
        }
    }
    return 0;
}

static enum status no_directive(struct slice text, size_t at, struct error *err)
{
    error_set(err, ERR_OPTION, "\"%.*s\": a file cannot be named after %.*s", (int)text.len,
              (const char *)text.at, (int)(text.len - at < 2 ? text.len - at : 2),
              (const char *)text.at + at);
    error_hint(err, "%%Y %%m %%d %%j %%H %%M %%S and %%F (%%Y-%%m-%%d) can be");
    return ERR_OPTION;
}

/* A name that leaves out a longer unit comes again with the next one. */
static enum status check_units(struct name_pattern *pattern, unsigned units, struct error *err)
{
    int unit = UNIT_COUNT - 1;
    while ((units & UNIT_BIT(unit)) == 0) {
        unit--;
    }
    pattern->unit = (enum time_unit)unit;
    for (int longer = 0; longer < unit; longer++) {
        if ((units & UNIT_BIT(longer)) == 0) {
            error_set(err, ERR_OPTION, "\"%.*s\": each %s would have the same names",
                      (int)pattern->text.len, (const char *)pattern->text.at, unit_names[longer]);
            error_hint(err, "add %s", unit_directives[longer]);
            return ERR_OPTION;
        }
    }
    return OK;
}

/* Folders above the one that the names begin in are none of theirs. */
static enum status check_path(const struct name_pattern *pattern, struct error *err)
{
    struct slice rest =
        slice_of(pattern->text.at + pattern->begin, pattern->text.len - pattern->begin);
    bool leaves = slice_find(rest, slice_text("/../")) != NULL ||
                  memchr(pattern->text.at, '\n', pattern->text.len) != NULL;
    if (!leaves) {
        return OK;
    }
    return error_set(err, ERR_OPTION, "\"%.*s\": a file's name may not lead out of its folder",
                     (int)pattern->text.len, (const char *)pattern->text.at);
}

enum status name_pattern_read(struct slice text, struct name_pattern *out, struct error *err)
{
    struct name_pattern pattern = {.text = text};
    unsigned units = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] != '%') {
            continue;
        }
        unsigned more = i + 1 < text.len ? units_of(text.at[i + 1]) : 0;
        if (more == 0) {
            return no_directive(text, i, err);
        }
        pattern.begin = units == 0 ? i : pattern.begin;
        pattern.end = i + 2;
        units |= more;
        i++;
    }
    TRY(check_units(&pattern, units, err));
    TRY(check_path(&pattern, err));
    *out = pattern;
    return OK;
}

/* ---- periods --------------------------------------------------------------------------------- */

int64_t name_pattern_start(const struct name_pattern *pattern, int64_t local_us)
{
    struct civil civil = civil_from_us(local_us);
    civil.micros = 0;
    civil.second = pattern->unit < UNIT_SECOND ? 0 : civil.second;
    civil.minute = pattern->unit < UNIT_MINUTE ? 0 : civil.minute;
    civil.hour = pattern->unit < UNIT_HOUR ? 0 : civil.hour;
    civil.day = pattern->unit < UNIT_DAY ? 1 : civil.day;
    civil.month = pattern->unit < UNIT_MONTH ? 1 : civil.month;
    return us_from_civil(&civil);
}

int64_t name_pattern_next(const struct name_pattern *pattern, int64_t start_us)
{
    static const int64_t spans[UNIT_COUNT] = {
        [UNIT_DAY] = 24 * 3600 * US_PER_SECOND,
        [UNIT_HOUR] = 3600 * US_PER_SECOND,
        [UNIT_MINUTE] = 60 * US_PER_SECOND,
        [UNIT_SECOND] = US_PER_SECOND,
    };
    if (pattern->unit >= UNIT_DAY) {
        return start_us + spans[pattern->unit];
    }
    struct civil civil = civil_from_us(start_us);
    bool new_year = pattern->unit == UNIT_YEAR || civil.month == 12;
    civil.year += new_year;
    civil.month = new_year ? 1 : (uint8_t)(civil.month + 1);
    return us_from_civil(&civil);
}

/* ---- names ----------------------------------------------------------------------------------- */

static void put_directive(struct bytebuf *out, uint8_t letter, const struct civil *civil)
{
    switch (letter) {
    case 'Y':
        bytebuf_printf(out, "%04d", civil->year);
        break;
    case 'm':
        bytebuf_printf(out, "%02u", civil->month);
        break;
    case 'd':
        bytebuf_printf(out, "%02u", civil->day);
        break;
    case 'j':
        bytebuf_printf(out, "%03u", civil->yearday);
        break;
    case 'F':
        bytebuf_printf(out, "%04d-%02u-%02u", civil->year, civil->month, civil->day);
        break;
    case 'H':
        bytebuf_printf(out, "%02u", civil->hour);
        break;
    case 'M':
        bytebuf_printf(out, "%02u", civil->minute);
        break;
    case 'S':
        bytebuf_printf(out, "%02u", civil->second);
        break;
    default:
        PANIC("a directive that was not read");
    }
}

static void put_range(const struct name_pattern *pattern, size_t from, size_t to,
                      const struct civil *civil, struct bytebuf *out)
{
    for (size_t i = from; i < to; i++) {
        if (pattern->text.at[i] == '%') {
            put_directive(out, pattern->text.at[++i], civil);
        } else {
            bytebuf_add_byte(out, pattern->text.at[i]);
        }
    }
}

void name_pattern_name(const struct name_pattern *pattern, int64_t start_us, struct bytebuf *out)
{
    struct civil civil = civil_from_us(start_us);
    put_range(pattern, 0, pattern->text.len, &civil, out);
}

void name_pattern_null(const struct name_pattern *pattern, struct bytebuf *out)
{
    const struct civil none = {0};
    put_range(pattern, 0, pattern->begin, &none, out);
    bytebuf_add_text(out, "null");
    put_range(pattern, pattern->end, pattern->text.len, &none, out);
}
