/* interval: durations as text; see timestamp.h. Days are the largest unit printed (a day is 24 h,
 * a week is read as 7 d): "8d" says more than "1w1d". */
#include "engine/base/checked.h"
#include "engine/base/clock.h"
#include "engine/base/panic.h"
#include "engine/base/textbuf.h"
#include "engine/data/timestamp.h"
#include "engine/data/types.h"

struct interval_unit {
    const char *name;
    int64_t us;
};

static const struct interval_unit printed_units[] = {
    {"d", US_PER_DAY},    {"h", US_PER_HOUR}, {"m", US_PER_MINUTE},
    {"s", US_PER_SECOND}, {"ms", US_PER_MS},  {"us", 1},
};

void interval_print(struct bytebuf *out, int64_t us)
{
    if (us == 0) {
        bytebuf_add_text(out, "0s");
        return;
    }
    uint64_t left = us < 0 ? 0 - (uint64_t)us : (uint64_t)us;
    if (us < 0) {
        bytebuf_add_byte(out, '-');
    }
    for (size_t i = 0; left > 0; i++) {
        uint64_t unit_us = (uint64_t)printed_units[i].us;
        if (left >= unit_us) {
            uint8_t *at = bytebuf_reserve(out, TEXTBUF_NUMBER_BYTES);
            out->len += (size_t)(text_write_u64(at, left / unit_us) - at);
            bytebuf_add_text(out, printed_units[i].name);
            left %= unit_us;
        }
    }
}

/* ---- reading --------------------------------------------------------------------------------- */

/* 0 stands for a nanosecond, which is no whole number of microseconds. */
static const struct interval_unit read_units[] = {
    {"ns", 0},
    {"nanosecond", 0},
    {"us", 1},
    {"usec", 1},
    {"microsecond", 1},
    {"ms", US_PER_MS},
    {"msec", US_PER_MS},
    {"millisecond", US_PER_MS},
    {"s", US_PER_SECOND},
    {"sec", US_PER_SECOND},
    {"second", US_PER_SECOND},
    {"m", US_PER_MINUTE},
    {"min", US_PER_MINUTE},
    {"minute", US_PER_MINUTE},
    {"h", US_PER_HOUR},
    {"hr", US_PER_HOUR},
    {"hrs", US_PER_HOUR},
    {"hour", US_PER_HOUR},
    {"d", US_PER_DAY},
    {"day", US_PER_DAY},
    {"w", 7 * US_PER_DAY},
    {"week", 7 * US_PER_DAY},
};

static bool unit_find(struct slice name, int64_t *us)
{
    /* Whole words may stand in the plural. */
    bool is_plural = name.len > 3 && ascii_lower(name.at[name.len - 1]) == 's';
    struct slice singular = is_plural ? slice_of(name.at, name.len - 1) : name;
    for (size_t i = 0; i < sizeof read_units / sizeof read_units[0]; i++) {
        if (slice_equal_nocase(singular, slice_text(read_units[i].name))) {
            *us = read_units[i].us;
            return true;
        }
    }
    return false;
}

static struct slice take(struct slice *rest, bool (*accepts)(uint8_t c))
{
    size_t n = 0;
    while (n < rest->len && accepts(rest->at[n])) {
        n++;
    }
    struct slice taken = slice_of(rest->at, n);
    *rest = slice_of(rest->at + n, rest->len - n);
    return taken;
}

static bool is_letter(uint8_t c)
{
    return (uint8_t)(ascii_lower(c) - 'a') < 26;
}

static bool is_space(uint8_t c)
{
    return ascii_is_space(c);
}

static bool is_digit(uint8_t c)
{
    return ascii_is_digit(c);
}

/* whole.fraction of a unit; what is below a microsecond is cut off. True on overflow. */
static bool part_to_us(int64_t whole, struct slice fraction, int64_t unit_us, int64_t *us)
{
    if (unit_us == 0) {
        *us = whole / 1000;
        return false;
    }
    int128 total = (int128)whole * unit_us;
    int64_t scaled = 0;
    if (fraction.len > 0) {
        size_t digits = fraction.len < 9 ? fraction.len : 9;
        CHECK(slice_to_i64(slice_of(fraction.at, digits), &scaled));
        total += (int128)scaled * unit_us / pow10_i64[digits];
    }
    return checked_narrow(total, us);
}

/* One number and its unit: "15m", "1.5 hours". */
static bool part_read(struct slice *rest, int64_t *us)
{
    int64_t whole;
    int64_t unit_us;
    struct slice fraction = {0};
    if (!slice_to_i64(take(rest, is_digit), &whole)) {
        return false;
    }
    if (rest->len > 0 && rest->at[0] == '.') {
        *rest = slice_of(rest->at + 1, rest->len - 1);
        fraction = take(rest, is_digit);
        if (fraction.len == 0) {
            return false;
        }
    }
    take(rest, is_space);
    if (!unit_find(take(rest, is_letter), &unit_us)) {
        return false;
    }
    take(rest, is_space);
    return !part_to_us(whole, fraction, unit_us, us);
}

bool interval_parse(struct slice text, int64_t *us)
{
    struct slice rest = slice_trim(text);
    bool minus = rest.len > 0 && rest.at[0] == '-';
    if (minus || (rest.len > 0 && rest.at[0] == '+')) {
        rest = slice_of(rest.at + 1, rest.len - 1);
    }
    int64_t total = 0;
    do {
        int64_t part;
        if (!part_read(&rest, &part) || checked_add(total, part, &total)) {
            return false;
        }
    } while (rest.len > 0);
    *us = minus ? -total : total;
    return true;
}
