/* time_print: timestamps as text; see timestamp.h. */
#include "engine/base/checked.h"
#include "engine/base/clock.h"
#include "engine/base/panic.h"
#include "engine/base/textbuf.h"
#include "engine/data/calendar.h"
#include "engine/data/stamp.h"
#include "engine/data/timestamp.h"

/* An ISO 8601 expanded year, for what lies outside 0 to 9999. */
static uint8_t *write_far_year(uint8_t *out, int32_t year)
{
    *out++ = year < 0 ? '-' : '+';
    return text_write_padded(out, (uint64_t)(year < 0 ? -year : year), 6);
}

/* Two digits and what separates them from the next. */
static inline uint8_t *write_part(uint8_t *out, uint32_t value, uint8_t separator)
{
    out = text_write_two(out, value);
    *out = separator;
    return out + 1;
}

uint8_t *timestamp_write(uint8_t *out, int64_t us, unsigned digits)
{
    DCHECK(digits <= 6);
    int64_t days = floor_div(us, US_PER_DAY);
    uint64_t of_day = (uint64_t)us - (uint64_t)days * (uint64_t)US_PER_DAY;
    uint32_t minutes = (uint32_t)(of_day / US_PER_MINUTE);
    uint32_t in_minute = (uint32_t)(of_day % US_PER_MINUTE);
    uint32_t micros = in_minute % (uint32_t)US_PER_SECOND;
    struct calendar_date date = calendar_date_from_days((int32_t)days);
    if (date.year >= 0 && date.year <= 9999) {
        out = text_write_two(out, (uint32_t)date.year / 100);
        out = text_write_two(out, (uint32_t)date.year % 100);
    } else {
        out = write_far_year(out, date.year);
    }
    *out++ = '-';
    out = write_part(out, date.month, '-');
    out = write_part(out, date.day, 'T');
    out = write_part(out, minutes / 60, ':');
    out = write_part(out, minutes % 60, ':');
    out = write_part(out, in_minute / (uint32_t)US_PER_SECOND, '.');
    /* All six digits: what is not wanted is written over, the point too. */
    text_write_two(out, micros / 10000);
    text_write_two(out + 2, micros / 100 % 100);
    text_write_two(out + 4, micros % 100);
    out += digits == 0 ? -1 : (int)digits;
    *out = 'Z';
    return out + 1;
}

void timestamp_print(struct bytebuf *out, int64_t us)
{
    unsigned digits = 0;
    if (us % US_PER_SECOND != 0) {
        digits = us % US_PER_MS == 0 ? 3 : 6;
    }
    uint8_t *at = bytebuf_reserve(out, TEXTBUF_NUMBER_BYTES);
    out->len += (size_t)(timestamp_write(at, us, digits) - at);
}

/* ---- strftime -------------------------------------------------------------------------------- */

/* What the directives print. */
struct local_time {
    struct civil civil;
    int64_t utc_us;
    int64_t offset_us;
    const struct zone *zone;
};

static void add_padded(struct bytebuf *out, uint64_t value, unsigned width)
{
    uint8_t *at = bytebuf_reserve(out, TEXTBUF_NUMBER_BYTES);
    out->len += (size_t)(text_write_padded(at, value, width) - at);
}

static void add_year(struct bytebuf *out, int32_t year)
{
    if (year >= 0 && year <= 9999) {
        add_padded(out, (uint64_t)year, 4);
        return;
    }
    uint8_t *at = bytebuf_reserve(out, TEXTBUF_NUMBER_BYTES);
    out->len += (size_t)(write_far_year(at, year) - at);
}

static void add_offset(struct bytebuf *out, int64_t offset_us)
{
    int64_t minutes = (offset_us < 0 ? -offset_us : offset_us) / US_PER_MINUTE;
    bytebuf_add_byte(out, offset_us < 0 ? '-' : '+');
    add_padded(out, (uint64_t)(minutes / 60 * 100 + minutes % 60), 4);
}

static void add_pattern(struct bytebuf *out, const struct local_time *time, struct slice pattern);

/* Directives that print a date part; false if `letter` is none of them. */
static bool add_date_part(struct bytebuf *out, const struct local_time *time, uint8_t letter)
{
    const struct civil *civil = &time->civil;
    switch (letter) {
    case 'Y':
        add_year(out, civil->year);
        return true;
    case 'y':
        add_padded(out, (uint64_t)floor_mod(civil->year, 100), 2);
        return true;
    case 'm':
        add_padded(out, civil->month, 2);
        return true;
    case 'd':
        add_padded(out, civil->day, 2);
        return true;
    case 'e':
        bytebuf_printf(out, "%2d", civil->day);
        return true;
    case 'j':
        add_padded(out, civil->yearday, 3);
        return true;
    case 'b':
    case 'h':
        bytebuf_add(out, stamp_month_text(civil->month), 3);
        return true;
    case 'B':
        bytebuf_add_text(out, stamp_month_text(civil->month));
        return true;
    case 'a':
        bytebuf_add(out, stamp_weekday_text(civil->weekday), 3);
        return true;
    case 'A':
        bytebuf_add_text(out, stamp_weekday_text(civil->weekday));
        return true;
    case 'F':
        add_pattern(out, time, slice_text("%Y-%m-%d"));
        return true;
    case 'D':
        add_pattern(out, time, slice_text("%m/%d/%y"));
        return true;
    default:
        return false;
    }
}

/* Directives that print a time of day or zone part; false if `letter` is none of them. */
static bool add_clock_part(struct bytebuf *out, const struct local_time *time, uint8_t letter)
{
    const struct civil *civil = &time->civil;
    switch (letter) {
    case 'H':
        add_padded(out, civil->hour, 2);
        return true;
    case 'I':
        add_padded(out, (uint64_t)((civil->hour + 11) % 12 + 1), 2);
        return true;
    case 'M':
        add_padded(out, civil->minute, 2);
        return true;
    case 'S':
        add_padded(out, civil->second, 2);
        return true;
    case 'f':
        add_padded(out, civil->micros, 6);
        return true;
    case 'L':
        add_padded(out, civil->micros / 1000, 3);
        return true;
    case 'p':
        bytebuf_add_text(out, civil->hour < 12 ? "AM" : "PM");
        return true;
    case 's':
        textbuf_i64(out, floor_div(time->utc_us, US_PER_SECOND));
        return true;
    case 'z':
        add_offset(out, time->offset_us);
        return true;
    case 'Z':
        bytebuf_add_text(out, time->zone == NULL ? "UTC" : zone_name(time->zone));
        return true;
    case 'T':
        add_pattern(out, time, slice_text("%H:%M:%S"));
        return true;
    case 'R':
        add_pattern(out, time, slice_text("%H:%M"));
        return true;
    default:
        return false;
    }
}

static void add_directive(struct bytebuf *out, const struct local_time *time, uint8_t letter)
{
    if (add_date_part(out, time, letter) || add_clock_part(out, time, letter)) {
        return;
    }
    if (letter == 'n' || letter == 't') {
        bytebuf_add_byte(out, letter == 'n' ? '\n' : '\t');
        return;
    }
    if (letter != '%') {
        bytebuf_add_byte(out, '%'); /* an unknown directive stands for itself, as in glibc */
    }
    bytebuf_add_byte(out, letter);
}

static void add_pattern(struct bytebuf *out, const struct local_time *time, struct slice pattern)
{
    for (size_t i = 0; i < pattern.len; i++) {
        if (pattern.at[i] == '%' && i + 1 < pattern.len) {
            i++;
            add_directive(out, time, pattern.at[i]);
        } else {
            bytebuf_add_byte(out, pattern.at[i]);
        }
    }
}

void timestamp_format(struct bytebuf *out, int64_t us, struct slice pattern,
                      const struct zone *zone)
{
    struct local_time time = {.utc_us = us, .zone = zone};
    if (zone != NULL) {
        time.offset_us = zone_offset_us(zone, us);
    }
    int64_t local = us;
    if (checked_add(us, time.offset_us, &local)) {
        local = us; /* 290 000 years away, where no zone has a rule */
    }
    time.civil = civil_from_us(local);
    add_pattern(out, &time, pattern);
}
