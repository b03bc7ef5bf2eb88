/* timestamp: text to microseconds since 1970-01-01T00:00:00Z and back, on the proleptic Gregorian
 * calendar, years 0001 to 9999. No locale; month names are English. `:60` is the next second.
 *
 *     struct time_format format;
 *     TRY(time_format_init(&format, slice_text("%d/%b/%Y:%H:%M:%S %z"), &zone_utc…, err));
 *     struct time_cache cache = {0};               // per column: remembers the last minute or day
 *     int64_t us;
 *     if (!time_parse(&format, &cache, text, &us)) { …bad timestamp… }
 *
 * Each common layout has a fast path (cached minute + checked digits, about 3 ns); others are
 * interpreted. Days-from-civil: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms". */
#ifndef ENGINE_DATA_TIMESTAMP_H
#define ENGINE_DATA_TIMESTAMP_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/base/bytebuf.h"
#include "engine/base/slice.h"
#include "engine/base/status.h"
#include "engine/data/column.h"

struct zone; /* zone.h */

enum time_layout {
    TIME_ISO, /* 2026-01-05T09:00:00[.fraction][Z|+02:00|+0200|+02] or with a space; date alone too
               */
    TIME_EPOCH_S, /* integer or decimal */
    TIME_EPOCH_MS,
    TIME_EPOCH_US,
    TIME_EPOCH_NS,
    TIME_CLF,     /* 17/May/2015:10:05:03 +0000 */
    TIME_ASCTIME, /* Sun Dec 04 04:47:44 2005 */
    TIME_SYSLOG,  /* Dec 10 06:55:46, year nearest to `now` of the cache */
    TIME_PATTERN, /* strptime pattern, interpreted */
};

struct time_format {
    enum time_layout layout;
    struct slice pattern;    /* TIME_PATTERN: points into the arena of time_format_init */
    const struct zone *zone; /* for stamps that carry none; NULL = UTC */
};

/* What the last row's stamp was: zero-initialised at the start of a column's life. */
struct time_cache {
    uint8_t prefix[24];
    int64_t prefix_us;
    int64_t shift_us; /* local minus UTC in the prefix's minute, for stamps that carry no zone */
    int64_t now_us;   /* for TIME_SYSLOG: arrival time, set by the caller per batch */
};

/* Understands "iso", "epoch_s|ms|us|ns", "clf"/"apache", "asctime", "syslog" and strptime patterns
 * with %Y %m %d %e %H %M %S %f %L (ms) %b %B %h %a %A %y %j %I %p %z %Z %s %T %F %D %R %n %t %%.
 * Patterns equal to a common layout become that layout. ERR_OPTION names what is not understood. */
MUST_CHECK enum status time_format_init(struct time_format *format, struct arena *query,
                                        struct slice spec, const struct zone *zone,
                                        struct error *err);

/* All of `text` must be the stamp. False if it is not, or lies outside years 1 to 9999. */
bool time_parse(const struct time_format *format, struct time_cache *cache, struct slice text,
                int64_t *us);

/* Reads a stamp at the start of `text` and says in *used how many bytes it took: for lines that
 * begin with their time. Works for ISO, CLF, ASCTIME, SYSLOG and PATTERN. */
bool time_parse_prefix(const struct time_format *format, struct time_cache *cache,
                       struct slice text, int64_t *us, size_t *used);

/* Reads texts[0..n), as far as each is an ISO stamp in UTC with milliseconds within the minute that
 * the cache remembers, into us[], and returns how many: what time_parse (or time_parse_prefix)
 * would say of them, without a call for each. The stamp behind them needs that call. */
uint32_t time_parse_usual(const struct time_format *format, const struct time_cache *cache,
                          const struct text *texts, uint32_t n, int64_t *us);
uint32_t time_parse_usual_prefix(const struct time_format *format, const struct time_cache *cache,
                                 const struct text *texts, uint32_t n, int64_t *us);

/* The same without fast paths: the twin that tests compare with. Leaves the cache as it is. */
bool time_parse_prefix_exact(const struct time_format *format, const struct time_cache *cache,
                             struct slice text, int64_t *us, size_t *used);

/* Tries the layouts that language.md §3 lists on a sample; false if none fits. Digits alone of 10,
 * 13, 16 or 19 places, perhaps with a fraction, are epoch stamps only if `allow_epoch`. */
bool time_guess(struct slice sample, bool allow_epoch, enum time_layout *layout);

/* 2026-01-05T09:00:00Z, with .mmm or .mmmmmm if the fraction is not zero. Always UTC. */
void timestamp_print(struct bytebuf *out, int64_t us);
/* Room for 32 bytes; returns the end. `digits` = fraction digits, 0 to 6. */
uint8_t *timestamp_write(uint8_t *out, int64_t us, unsigned digits);

/* strftime with the directives of time_format_init, for output. */
void timestamp_format(struct bytebuf *out, int64_t us, struct slice pattern,
                      const struct zone *zone);

/* "1h30m", "500ms", "0s": digits and units of language.md §1, largest first. */
void interval_print(struct bytebuf *out, int64_t us);
/* Reads "15m", "1h30m", "500ms", "10 seconds", "-5s"; false if it is none or does not fit. */
bool interval_parse(struct slice text, int64_t *us);

struct civil {
    int32_t year;
    uint8_t month; /* 1 to 12 */
    uint8_t day;   /* 1 to 31 */
    uint8_t hour;
    uint8_t minute;
    uint8_t second;
    uint8_t weekday;  /* 0 = Sunday */
    uint16_t yearday; /* 1 to 366 */
    uint32_t micros;
};

int64_t days_from_civil(int32_t year, unsigned month, unsigned day);
struct civil civil_from_us(int64_t us);
int64_t us_from_civil(const struct civil *civil);

#endif
