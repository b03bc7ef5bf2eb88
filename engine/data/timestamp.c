/* timestamp: reading stamps of the common layouts; see timestamp.h. The parts of a stamp are read
 * by stamp.h, patterns by time_pattern.h, printing is in time_print.c.
 *
 * Fast paths. Stamps of neighbouring rows differ in seconds and fraction only. The text up to the
 * minute is compared with that of the row before (time_cache); where it is the same, its checked
 * value is known, and what is left are two digits and a fraction. The prefix of a cache holds
 *
 *     ISO       "YYYY-MM-DDTHH:MM"             16 bytes, prefix_us = local time of that minute
 *     CLF       "DD/Mon/YYYY:HH:MM" " +ZZZZ"   17 and 6 bytes, prefix_us in UTC
 *     ASCTIME   "Www Mon DD HH:MM" " YYYY"     16 and 5 bytes, prefix_us = local time
 *     SYSLOG    "Mon DD HH:MM" and 8 bytes of the day that `now` is, prefix_us = local time
 *
 * and is written only after a stamp with that prefix was found good. */
#include "engine/data/timestamp.h"

#include "engine/base/checked.h"
#include "engine/base/clock.h"
#include "engine/base/digits.h"
#include "engine/base/panic.h"
#include "engine/data/stamp.h"
#include "engine/data/time_pattern.h"
#include "engine/data/types.h"
#include "engine/data/zone.h"

enum {
    ISO_PREFIX = 16,
    ISO_USUAL = 24, /* with milliseconds and Z */
    CLF_PREFIX = 17,
    CLF_ZONE = 6,
    CLF_BYTES = 26,
    ASCTIME_PREFIX = 16,
    ASCTIME_YEAR = 5,
    ASCTIME_BYTES = 24,
    SYSLOG_PREFIX = 12,
    SYSLOG_BYTES = 15,
};

/* ---- exact readers: a stamp at the start of the text ----------------------------------------- */

/* YYYY-MM-DD, then perhaps T or a blank, HH:MM, perhaps :SS and a fraction, perhaps a zone. */
static bool read_iso(struct stamp_reader *in, struct stamp *stamp)
{
    if (!stamp_number(in, 4, 4, &stamp->year) || stamp->year == 0 || !stamp_byte(in, '-') ||
        !stamp_number(in, 2, 2, &stamp->month) || !stamp_byte(in, '-') ||
        !stamp_number(in, 2, 2, &stamp->day)) {
        return false;
    }
    struct stamp_reader ahead = *in;
    if (!stamp_byte(&ahead, 'T') && !stamp_byte(&ahead, ' ') && !stamp_byte(&ahead, 't')) {
        return true;
    }
    if (!stamp_clock(&ahead, stamp)) {
        stamp->second = 0;
        if (!stamp_number(&ahead, 2, 2, &stamp->hour) || !stamp_byte(&ahead, ':') ||
            !stamp_number(&ahead, 2, 2, &stamp->minute)) {
            stamp->hour = 0;
            stamp->minute = 0;
            return true; /* a date alone, and something else behind it */
        }
    }
    *in = ahead;
    stamp_offset(in, stamp); /* if there is one */
    return true;
}

static bool read_clf(struct stamp_reader *in, struct stamp *stamp)
{
    if (!stamp_number(in, 2, 2, &stamp->day) || !stamp_byte(in, '/') ||
        !stamp_month_name(in, &stamp->month) || !stamp_byte(in, '/') ||
        !stamp_number(in, 4, 4, &stamp->year) || stamp->year == 0 || !stamp_byte(in, ':') ||
        !stamp_clock(in, stamp)) {
        return false;
    }
    struct stamp_reader ahead = *in;
    if (stamp_byte(&ahead, ' ') && stamp_offset(&ahead, stamp)) {
        *in = ahead;
    }
    return true;
}

/* "Dec 04", "Dec  4" or "Dec 4", and the blank behind it. */
static bool read_month_day(struct stamp_reader *in, struct stamp *stamp)
{
    if (!stamp_month_name(in, &stamp->month) || !stamp_byte(in, ' ')) {
        return false;
    }
    stamp_byte(in, ' ');
    return stamp_number(in, 1, 2, &stamp->day) && stamp_byte(in, ' ');
}

static bool read_asctime(struct stamp_reader *in, struct stamp *stamp)
{
    uint32_t weekday; /* the date decides */
    return stamp_weekday_name(in, &weekday) && stamp_byte(in, ' ') && read_month_day(in, stamp) &&
           stamp_clock(in, stamp) && stamp_byte(in, ' ') && stamp_number(in, 4, 4, &stamp->year) &&
           stamp->year > 0;
}

static bool read_syslog(struct stamp_reader *in, struct stamp *stamp)
{
    return read_month_day(in, stamp) && stamp_clock(in, stamp);
}

static bool read_stamp(const struct time_format *format, struct stamp_reader *in,
                       struct stamp *stamp)
{
    switch (format->layout) {
    case TIME_ISO:
        return read_iso(in, stamp);
    case TIME_CLF:
        return read_clf(in, stamp);
    case TIME_ASCTIME:
        return read_asctime(in, stamp);
    case TIME_SYSLOG:
        return read_syslog(in, stamp);
    case TIME_PATTERN:
        return time_pattern_read(format->pattern, in, stamp);
    case TIME_EPOCH_S:
    case TIME_EPOCH_MS:
    case TIME_EPOCH_US:
    case TIME_EPOCH_NS:
        break;
    }
    PANIC("an epoch number has no parts");
}

static bool parse_exactly(const struct time_format *format, const struct time_cache *cache,
                          struct slice text, int64_t *us)
{
    struct stamp_reader in = {text.at, text.at + text.len};
    struct stamp stamp = {0};
    return read_stamp(format, &in, &stamp) && in.at == in.end &&
           stamp_to_us(&stamp, format->zone, cache->now_us, us);
}

/* ---- fast paths ------------------------------------------------------------------------------ */

/* Two digits, 0 to 60; more if they are none. */
static inline uint32_t two_digits(const uint8_t *at)
{
    uint32_t tens = (uint32_t)at[0] - '0';
    uint32_t ones = (uint32_t)at[1] - '0';
    return tens > 9 || ones > 9 ? UINT32_MAX : tens * 10 + ones;
}

/* The zone changes its offset within the minute of the prefix (it did by seconds, long ago). */
#define SHIFT_VARIES INT64_MIN

/* Remembers `prefix_us`, the local time of a minute, and its distance from UTC. */
static void cache_minute(struct time_cache *cache, const struct zone *zone, int64_t local)
{
    cache->prefix_us = local;
    cache->shift_us = 0;
    if (zone != NULL) {
        int64_t last = local + US_PER_MINUTE - 1;
        cache->shift_us = local - zone_to_utc_us(zone, local);
        if (last - zone_to_utc_us(zone, last) != cache->shift_us) {
            cache->shift_us = SHIFT_VARIES;
        }
    }
}

/* The instant of a local time in the cached minute; `:60` lies in the next one. */
static inline bool local_to_utc(const struct time_cache *cache, const struct zone *zone,
                                int64_t local, int64_t *us)
{
    bool is_inside = local - cache->prefix_us < US_PER_MINUTE && cache->shift_us != SHIFT_VARIES;
    *us = is_inside || zone == NULL ? local - cache->shift_us : zone_to_utc_us(zone, local);
    return stamp_in_range(*us);
}

/* ":SS.mmm" in the low seven bytes of `word`: milliseconds, or UINT32_MAX if it is anything else.
 */
static inline uint32_t seconds_and_millis(uint64_t word)
{
    uint64_t x = (word ^ 0x003030302e30303aull) & 0x00ffffffffffffffull;
    uint64_t not_digit = (x + 0x0076767676767676ull) | x; /* high bit: above 9 */
    if ((x & 0x00000000ff0000ffull) != 0 || (not_digit & 0x0080808080808080ull) != 0) {
        return UINT32_MAX;
    }
    uint64_t pairs = x * 10 + (x >> 8); /* SS in byte 1, mm in byte 4 */
    return (uint32_t)((pairs >> 8 & 0xff) * 1000 + (pairs >> 32 & 0xff) * 10 + (x >> 48));
}

/* The text up to the minute is that of the row before, if there was one. Two words: memcmp would be
 * a call. */
static inline bool iso_same_minute(const struct time_cache *cache, const uint8_t *at)
{
    return cache->prefix[0] != 0 && ((load_le64(at) ^ load_le64(cache->prefix)) |
                                     (load_le64(at + 8) ^ load_le64(cache->prefix + 8))) == 0;
}

/* 0 if `word` is ":SS.mmmZ" with SS below 60, as for seconds_and_millis; *x = its digits, zeros
 * between them. */
static inline uint64_t usual_seconds_wrong(uint64_t word, uint64_t *x)
{
    *x = word ^ 0x5a3030302e30303aull;
    uint64_t above = (*x + 0x0076767600767a00ull) | *x; /* high bit: above 9, or 5 for the first */
    return (above & 0x0080808000808000ull) | (*x & 0xff000000ff0000ffull);
}

/* What most machines write, within the minute of the row before: …THH:MM:SS.mmmZ, 24 bytes. One
 * branch: all that may be wrong is or-ed together. `first` and `second` are the cache's prefix. */
static inline bool iso_usual_in(uint64_t first, uint64_t second, int64_t prefix_us,
                                const uint8_t *at, int64_t *us)
{
    uint64_t x;
    uint64_t wrong = usual_seconds_wrong(load_le64(at + ISO_PREFIX), &x);
    wrong |= (load_le64(at) ^ first) | (load_le64(at + 8) ^ second);
    uint64_t pairs = x * 10 + (x >> 8); /* SS in byte 1, mm in byte 4 */
    uint64_t millis = (pairs >> 8 & 0xff) * 1000 + (pairs >> 32 & 0xff) * 10 + (x >> 48);
    if (wrong != 0) {
        return false;
    }
    *us = prefix_us + (int64_t)millis * US_PER_MS;
    return true;
}

static inline bool iso_usual(const struct time_cache *cache, const uint8_t *at, int64_t *us)
{
    return cache->prefix[0] != 0 &&
           iso_usual_in(load_le64(cache->prefix), load_le64(cache->prefix + 8), cache->prefix_us,
                        at, us);
}

static bool iso_minute(struct time_cache *cache, const struct zone *zone, const uint8_t *at)
{
    struct stamp_reader in = {at, at + ISO_PREFIX};
    struct stamp stamp = {.has_offset = true};
    int64_t us;
    if (!read_iso(&in, &stamp) || in.at != in.end || !stamp_to_us(&stamp, NULL, 0, &us)) {
        return false;
    }
    memcpy(cache->prefix, at, ISO_PREFIX);
    cache_minute(cache, zone, us);
    return true;
}

/* What follows "…HH:MM:SS[.mmm]": more digits of the fraction, then nothing or a zone. */
static bool iso_rest(const struct time_cache *cache, const struct zone *zone,
                     struct stamp_reader in, int64_t local, int64_t *us)
{
    struct stamp stamp = {0};
    if (in.at != in.end && !stamp_offset(&in, &stamp)) {
        return false;
    }
    if (in.at != in.end) {
        return false;
    }
    if (!stamp.has_offset) {
        return local_to_utc(cache, zone, local, us);
    }
    *us = local - stamp.offset_us;
    return stamp_in_range(*us);
}

/* 19 bytes or more. False means: ask the exact reader. */
static inline bool iso_fast(const struct time_format *format, struct time_cache *cache,
                            struct slice text, int64_t *us)
{
    const uint8_t *at = text.at;
    if (!iso_same_minute(cache, at) && !iso_minute(cache, format->zone, at)) {
        return false;
    }
    if (text.len >= 24) {
        uint32_t millis = seconds_and_millis(load_le64(at + ISO_PREFIX));
        if (millis < 61000 && !ascii_is_digit(at[23])) {
            struct stamp_reader in = {at + 23, at + text.len};
            int64_t local = cache->prefix_us + (int64_t)millis * US_PER_MS;
            return iso_rest(cache, format->zone, in, local, us);
        }
    }
    uint32_t seconds = two_digits(at + 17);
    if (at[16] != ':' || seconds > 60) {
        return false;
    }
    int64_t local = cache->prefix_us + (int64_t)seconds * US_PER_SECOND;
    struct stamp_reader in = {at + 19, at + text.len};
    if (stamp_byte(&in, '.') || stamp_byte(&in, ',')) {
        uint32_t micros;
        if (!stamp_fraction(&in, &micros)) {
            return false;
        }
        local += micros;
    }
    return iso_rest(cache, format->zone, in, local, us);
}

/* The same for a stamp with something behind it, as read_iso reads it. 19 bytes or more. */
static inline bool iso_prefix_fast(const struct time_format *format, struct time_cache *cache,
                                   struct slice text, int64_t *us, size_t *used)
{
    const uint8_t *at = text.at;
    if (!iso_same_minute(cache, at) && !iso_minute(cache, format->zone, at)) {
        return false;
    }
    uint32_t seconds = two_digits(at + 17);
    if (at[16] != ':' || seconds > 60) {
        return false;
    }
    int64_t local = cache->prefix_us + (int64_t)seconds * US_PER_SECOND;
    struct stamp_reader in = {at + 19, at + text.len};
    struct stamp_reader ahead = in;
    uint32_t micros;
    if ((stamp_byte(&ahead, '.') || stamp_byte(&ahead, ',')) && stamp_fraction(&ahead, &micros)) {
        local += micros;
        in = ahead;
    }
    struct stamp stamp = {0};
    stamp_offset(&in, &stamp); /* if there is one */
    *used = (size_t)(in.at - at);
    if (!stamp.has_offset) {
        return local_to_utc(cache, format->zone, local, us);
    }
    *us = local - stamp.offset_us;
    return stamp_in_range(*us);
}

static inline bool clf_fast(struct time_cache *cache, struct slice text, int64_t *us)
{
    const uint8_t *at = text.at;
    uint32_t seconds = two_digits(at + 18);
    if (memcmp(at, cache->prefix, CLF_PREFIX) != 0 ||
        memcmp(at + 20, cache->prefix + CLF_PREFIX, CLF_ZONE) != 0 || at[17] != ':' ||
        seconds > 60) {
        return false;
    }
    *us = cache->prefix_us + (int64_t)seconds * US_PER_SECOND;
    return stamp_in_range(*us);
}

static bool parse_clf(const struct time_format *format, struct time_cache *cache, struct slice text,
                      int64_t *us)
{
    bool is_usual = text.len == CLF_BYTES;
    if (is_usual && clf_fast(cache, text, us)) {
        return true;
    }
    if (!parse_exactly(format, cache, text, us)) {
        return false;
    }
    /* 26 bytes may also be a full month name without a zone: only the usual shape is remembered. */
    if (is_usual && text.at[2] == '/' && text.at[6] == '/' && text.at[20] == ' ') {
        memcpy(cache->prefix, text.at, CLF_PREFIX);
        memcpy(cache->prefix + CLF_PREFIX, text.at + 20, CLF_ZONE);
        cache->prefix_us = *us - (int64_t)two_digits(text.at + 18) * US_PER_SECOND;
    }
    return true;
}

/* Fast reader for layouts whose prefix is local time: the seconds stand at `at`. */
static inline bool minute_fast(const struct time_format *format, const struct time_cache *cache,
                               const uint8_t *at, int64_t *us)
{
    uint32_t seconds = two_digits(at + 1);
    int64_t local = cache->prefix_us + (int64_t)seconds * US_PER_SECOND;
    return at[0] == ':' && seconds <= 60 && local_to_utc(cache, format->zone, local, us);
}

static bool parse_asctime(const struct time_format *format, struct time_cache *cache,
                          struct slice text, int64_t *us)
{
    const uint8_t *at = text.at;
    if (text.len != ASCTIME_BYTES) {
        return parse_exactly(format, cache, text, us);
    }
    if (memcmp(at, cache->prefix, ASCTIME_PREFIX) == 0 &&
        memcmp(at + 19, cache->prefix + ASCTIME_PREFIX, ASCTIME_YEAR) == 0) {
        return minute_fast(format, cache, at + ASCTIME_PREFIX, us);
    }
    struct time_format utc = {.layout = TIME_ASCTIME};
    int64_t local;
    if (!parse_exactly(format, cache, text, us) || !parse_exactly(&utc, cache, text, &local)) {
        return false;
    }
    if (at[13] == ':' && at[16] == ':' && at[19] == ' ') { /* short names and two-digit day */
        memcpy(cache->prefix, at, ASCTIME_PREFIX);
        memcpy(cache->prefix + ASCTIME_PREFIX, at + 19, ASCTIME_YEAR);
        int64_t minute = local - (int64_t)two_digits(at + 17) * US_PER_SECOND;
        cache_minute(cache, format->zone, minute);
    }
    return true;
}

static bool parse_syslog(const struct time_format *format, struct time_cache *cache,
                         struct slice text, int64_t *us)
{
    const uint8_t *at = text.at;
    if (text.len != SYSLOG_BYTES) {
        return parse_exactly(format, cache, text, us);
    }
    int64_t today = floor_div(cache->now_us, US_PER_DAY);
    if (memcmp(at, cache->prefix, SYSLOG_PREFIX) == 0 &&
        memcmp(&today, cache->prefix + SYSLOG_PREFIX, sizeof today) == 0) {
        return minute_fast(format, cache, at + SYSLOG_PREFIX, us);
    }
    struct time_format utc = {.layout = TIME_SYSLOG};
    int64_t local;
    if (!parse_exactly(format, cache, text, us) || !parse_exactly(&utc, cache, text, &local)) {
        return false;
    }
    if (at[9] == ':' && at[12] == ':') {
        memcpy(cache->prefix, at, SYSLOG_PREFIX);
        memcpy(cache->prefix + SYSLOG_PREFIX, &today, sizeof today);
        int64_t minute = local - (int64_t)two_digits(at + 13) * US_PER_SECOND;
        cache_minute(cache, format->zone, minute);
    }
    return true;
}

/* ---- epoch numbers --------------------------------------------------------------------------- */

/* The fraction's first `n` digits as a number of n digits; *is_inexact if others are not zero. */
static int64_t fraction_digits(struct slice fraction, unsigned n, bool *is_inexact)
{
    int64_t value = 0;
    for (unsigned i = 0; i < n; i++) {
        value = value * 10 + (i < fraction.len ? fraction.at[i] - '0' : 0);
    }
    for (size_t i = n; i < fraction.len; i++) {
        *is_inexact |= fraction.at[i] != '0';
    }
    return value;
}

/* A number of units of 10^-digits seconds, cut to microseconds towards the past. */
static bool parse_epoch(struct slice text, unsigned digits, int64_t *us)
{
    bool minus = text.len > 0 && text.at[0] == '-';
    if (minus) {
        text = slice_of(text.at + 1, text.len - 1);
    }
    const uint8_t *point = slice_find(text, slice_of(".", 1));
    struct slice whole = slice_of(text.at, point == NULL ? text.len : (size_t)(point - text.at));
    struct slice fraction = {0};
    if (point != NULL) {
        fraction = slice_of(point + 1, text.len - whole.len - 1);
    }
    int64_t value;
    bool is_cut = point != NULL && fraction.len == 0;
    if (is_cut || !stamp_all_digits(whole) || !stamp_all_digits(fraction) ||
        !slice_to_i64(whole, &value)) {
        return false;
    }
    bool is_inexact = false;
    unsigned more = digits < 6 ? 6 - digits : 0;
    int64_t added = fraction_digits(fraction, more, &is_inexact);
    if (checked_mul(value, pow10_i64[more], &value) || checked_add(value, added, &value)) {
        return false;
    }
    if (digits > 6) {
        int64_t divisor = pow10_i64[digits - 6];
        is_inexact |= value % divisor != 0;
        value /= divisor;
    }
    value = minus ? -value - is_inexact : value;
    if (!stamp_in_range(value)) {
        return false;
    }
    *us = value;
    return true;
}

/* ---- any layout ------------------------------------------------------------------------------ */

/* Not inlined, so that the usual case saves no registers. */
__attribute__((noinline)) static bool parse_any(const struct time_format *format,
                                                struct time_cache *cache, struct slice text,
                                                int64_t *us)
{
    int64_t value;
    bool ok = false;
    switch (format->layout) {
    case TIME_ISO:
        ok = (text.len >= 19 && iso_fast(format, cache, text, &value)) ||
             parse_exactly(format, cache, text, &value);
        break;
    case TIME_EPOCH_S:
        ok = parse_epoch(text, 0, &value);
        break;
    case TIME_EPOCH_MS:
        ok = parse_epoch(text, 3, &value);
        break;
    case TIME_EPOCH_US:
        ok = parse_epoch(text, 6, &value);
        break;
    case TIME_EPOCH_NS:
        ok = parse_epoch(text, 9, &value);
        break;
    case TIME_CLF:
        ok = parse_clf(format, cache, text, &value);
        break;
    case TIME_ASCTIME:
        ok = parse_asctime(format, cache, text, &value);
        break;
    case TIME_SYSLOG:
        ok = parse_syslog(format, cache, text, &value);
        break;
    case TIME_PATTERN:
        ok = parse_exactly(format, cache, text, &value);
        break;
    }
    if (ok) {
        *us = value;
    }
    return ok;
}

bool time_parse(const struct time_format *format, struct time_cache *cache, struct slice text,
                int64_t *us)
{
    if (format->layout == TIME_ISO && text.len == ISO_USUAL && iso_usual(cache, text.at, us)) {
        return true;
    }
    return parse_any(format, cache, text, us);
}

bool time_parse_prefix_exact(const struct time_format *format, const struct time_cache *cache,
                             struct slice text, int64_t *us, size_t *used)
{
    struct stamp_reader in = {text.at, text.at + text.len};
    struct stamp stamp = {0};
    if (!read_stamp(format, &in, &stamp) || !stamp_to_us(&stamp, format->zone, cache->now_us, us)) {
        return false;
    }
    *used = (size_t)(in.at - text.at);
    return true;
}

bool time_parse_prefix(const struct time_format *format, struct time_cache *cache,
                       struct slice text, int64_t *us, size_t *used)
{
    if (format->layout == TIME_ISO && text.len >= ISO_USUAL && iso_usual(cache, text.at, us)) {
        *used = ISO_USUAL;
        return true;
    }
    if (format->layout == TIME_ISO && text.len >= 19 &&
        iso_prefix_fast(format, cache, text, us, used)) {
        return true;
    }
    return time_parse_prefix_exact(format, cache, text, us, used);
}

static inline __attribute__((always_inline)) uint32_t
parse_usual(const struct time_format *format, const struct time_cache *cache,
            const struct text *texts, uint32_t n, int64_t *us, bool is_prefix)
{
    const uint64_t first = load_le64(cache->prefix);
    const uint64_t second = load_le64(cache->prefix + 8);
    const int64_t prefix_us = cache->prefix_us;
    if (format->layout != TIME_ISO || cache->prefix[0] == 0) {
        return 0;
    }
    uint32_t i = 0;
    while (i < n && (is_prefix ? texts[i].len >= ISO_USUAL : texts[i].len == ISO_USUAL) &&
           iso_usual_in(first, second, prefix_us, texts[i].at, &us[i])) {
        i++;
    }
    return i;
}

uint32_t time_parse_usual(const struct time_format *format, const struct time_cache *cache,
                          const struct text *texts, uint32_t n, int64_t *us)
{
    return parse_usual(format, cache, texts, n, us, false);
}

uint32_t time_parse_usual_prefix(const struct time_format *format, const struct time_cache *cache,
                                 const struct text *texts, uint32_t n, int64_t *us)
{
    return parse_usual(format, cache, texts, n, us, true);
}
