/* Tests of engine/data/timestamp.h: reading stamps of every layout. Expected values are written in
 * ISO and read by a plain reader of this file. */
#include "engine/data/timestamp.h"

#include "engine/base/clock.h"
#include "engine/data/zone.h"
#include "tests/support/rng.h"
#include "tests/support/testing.h"

static int64_t number(const char *text, size_t len)
{
    int64_t value = 0;
    assert_true(slice_to_i64(slice_of(text, len), &value));
    return value;
}

/* "2026-01-05 09:00:00" or with six fraction digits, UTC, known to be right. */
static int64_t at(const char *text)
{
    size_t len = strlen(text);
    assert_true(len == 19 || len == 26);
    int64_t days = days_from_civil((int32_t)number(text, 4), (unsigned)number(text + 5, 2),
                                   (unsigned)number(text + 8, 2));
    return days * US_PER_DAY + number(text + 11, 2) * US_PER_HOUR +
           number(text + 14, 2) * US_PER_MINUTE + number(text + 17, 2) * US_PER_SECOND +
           (len == 26 ? number(text + 20, 6) : 0);
}

struct time_case {
    const char *text;
    const char *expected; /* NULL = no stamp */
};

/* Reads each case with a new cache, with one that all cases share (so that fast paths and misses
 * mix), and from an allocation of exactly its length. */
static void check_cases(enum time_layout layout, const struct time_case *cases, size_t n)
{
    struct time_format format = {.layout = layout};
    struct time_cache shared = {.now_us = at("2026-01-05 12:00:00")};
    for (size_t i = 0; i < 2 * n; i++) {
        const struct time_case *c = &cases[i % n];
        struct time_cache fresh = {.now_us = shared.now_us};
        int64_t us[2] = {42, 42};
        size_t len = strlen(c->text);
        uint8_t *exact = test_malloc(len > 0 ? len : 1);
        memcpy(exact, c->text, len);
        bool ok = time_parse(&format, &fresh, slice_of(exact, len), &us[0]);
        bool ok_shared = time_parse(&format, &shared, slice_of(exact, len), &us[1]);
        test_free(exact);
        if (ok != (c->expected != NULL) || ok_shared != ok) {
            fail_msg("\"%s\" gave %d and %d", c->text, ok, ok_shared);
        }
        int64_t expected = c->expected == NULL ? 42 : at(c->expected);
        if (us[0] != expected || us[1] != expected) {
            fail_msg("\"%s\" gave %lld and %lld", c->text, (long long)us[0], (long long)us[1]);
        }
    }
}

#define CHECK_CASES(layout, cases) check_cases(layout, cases, sizeof(cases) / sizeof(cases)[0])

static const struct time_case iso_cases[] = {
    {"2026-01-05T09:00:00Z", "2026-01-05 09:00:00"},
    {"2026-01-05T09:00:00", "2026-01-05 09:00:00"},
    {"2026-01-05 09:00:01", "2026-01-05 09:00:01"},
    {"2026-01-05T09:00:00.123Z", "2026-01-05 09:00:00.123000"},
    {"2026-01-05T09:00:59.999Z", "2026-01-05 09:00:59.999000"},
    {"2026-01-05 09:00:00.123", "2026-01-05 09:00:00.123000"},
    {"2026-01-05 09:00:00,123", "2026-01-05 09:00:00.123000"},
    {"2026-01-05T09:00:00.1", "2026-01-05 09:00:00.100000"},
    {"2026-01-05T09:00:00.123456Z", "2026-01-05 09:00:00.123456"},
    {"2026-01-05T09:00:00.123456789Z", "2026-01-05 09:00:00.123456"},
    {"2026-01-05T09:00:00.999999999", "2026-01-05 09:00:00.999999"},
    {"2026-01-05T09:00:00+02:00", "2026-01-05 07:00:00"},
    {"2026-01-05T09:00:00+0200", "2026-01-05 07:00:00"},
    {"2026-01-05T09:00:00+02", "2026-01-05 07:00:00"},
    {"2026-01-05T09:00:00.500-05:30", "2026-01-05 14:30:00.500000"},
    {"2026-01-05T09:00:00.5-05:30", "2026-01-05 14:30:00.500000"},
    {"2026-01-05T09:00", "2026-01-05 09:00:00"},
    {"2026-01-05T09:00Z", "2026-01-05 09:00:00"},
    {"2026-01-05", "2026-01-05 00:00:00"},
    {"2016-12-31T23:59:60Z", "2017-01-01 00:00:00"},
    {"2016-12-31T23:59:60.250Z", "2017-01-01 00:00:00.250000"},
    {"2024-02-29T00:00:00Z", "2024-02-29 00:00:00"},
    {"2000-02-29T00:00:00Z", "2000-02-29 00:00:00"},
    {"1969-12-31T23:59:59.999999Z", "1969-12-31 23:59:59.999999"},
    {"0001-01-01T00:00:00Z", "0001-01-01 00:00:00"},
    {"9999-12-31T23:59:59.999999Z", "9999-12-31 23:59:59.999999"},
    {"0001-01-01T00:00:00+00:01", NULL}, /* in year 0 */
    {"9999-12-31T23:59:60Z", NULL},      /* in year 10000 */
    {"9999-12-31T23:59:59.500-00:01", NULL},
    {"0000-01-01T00:00:00Z", NULL},
    {"2026-13-05T09:00:00Z", NULL},
    {"2026-00-05T09:00:00Z", NULL},
    {"2026-02-30T09:00:00Z", NULL},
    {"2025-02-29T09:00:00Z", NULL},
    {"1900-02-29T09:00:00Z", NULL},
    {"2026-01-00T09:00:00Z", NULL},
    {"2026-04-31T09:00:00Z", NULL},
    {"2026-01-05T24:00:00Z", NULL},
    {"2026-01-05T09:60:00Z", NULL},
    {"2026-01-05T09:00:61Z", NULL},
    {"2026-01-05T09:00:61.000Z", NULL},
    {"2026-01-05T09:00:0:Z", NULL},
    {"2026-01-05T09:00:/0.000Z", NULL},
    {"2026-01-05T09:00:00.:00Z", NULL},
    {"2026-01-05T09:00:00.00/Z", NULL},
    {"2026-01-05T09:00:00x000Z", NULL},
    {"2026-01-05T09:00x00.000Z", NULL},
    {"2026-01-05T09:00:00.", NULL},
    {"2026-01-05T09:00:00.Z", NULL},
    {"2026-01-05T09:00:00.1234567890Z", NULL},
    {"2026-01-05T09:00:00.123ZZ", NULL},
    {"2026-01-05T09:00:00.123X", NULL},
    {"2026-01-05T09:00:00Z ", NULL},
    {" 2026-01-05T09:00:00Z", NULL},
    {"2026-01-05T09:00:00+24:00", NULL},
    {"2026-01-05T09:00:00+02:60", NULL},
    {"2026-01-05T09:00:00+2", NULL},
    {"2026-01-05T09:00:00+020", NULL},
    {"2026-01-05T09:00:00+02:", NULL},
    {"2026-1-5T09:00:00Z", NULL},
    {"2026/01/05T09:00:00Z", NULL},
    {"2026-01-05T", NULL},
    {"2026-01-05x09:00:00Z", NULL},
    {"2026-01", NULL},
    {"", NULL},
};

static void test_iso(void **state)
{
    (void)state;
    CHECK_CASES(TIME_ISO, iso_cases);
}

/* Each byte of a good stamp replaced by every other: what is accepted is what a reader of single
 * digits accepts. Fast paths must not differ from the exact one. */
static void test_iso_survives_every_byte(void **state)
{
    (void)state;
    static const char good[] = "2026-01-05T09:10:00.123Z";
    struct time_format format = {.layout = TIME_ISO};
    struct time_cache warm = {0};
    int64_t unused;
    for (size_t place = 0; place < sizeof good - 1; place++) {
        for (unsigned byte = 0; byte < 256; byte++) {
            char text[sizeof good];
            memcpy(text, good, sizeof good);
            assert_true(time_parse(&format, &warm, slice_of(text, sizeof good - 1), &unused));
            text[place] = (char)byte;
            struct time_cache cold = {0};
            int64_t us[2] = {0, 0};
            bool ok = time_parse(&format, &warm, slice_of(text, sizeof good - 1), &us[0]);
            size_t used = 0;
            bool exact = time_parse_prefix_exact(&format, &cold, slice_of(text, sizeof good - 1),
                                                 &us[1], &used);
            assert_true(ok == (exact && used == sizeof good - 1));
            assert_true(us[0] == us[1] || !ok);
            int64_t start;
            size_t taken = 0;
            assert_true(exact == time_parse_prefix(&format, &warm, slice_of(text, sizeof good - 1),
                                                   &start, &taken));
            assert_true(!exact || (start == us[1] && taken == used));
        }
    }
}

/* A run of stamps is read as far as time_parse says the same of each without a new minute. */
static void test_usual_runs(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "2026-01-05T09:10:00.123Z", "2026-01-05T09:10:59.999Z",      "2026-01-05T09:10:60.000Z",
        "2026-01-05T09:11:00.000Z", "2026-01-05T09:10:00.123Z rest", "2026-01-05T09:10:01Z",
        "2026-01-05T09:10:0x.123Z", "2026-01-05T09:10:00.123+",      "",
    };
    enum { N = sizeof texts / sizeof texts[0] };
    struct time_format format = {.layout = TIME_ISO};
    struct time_format other = {.layout = TIME_CLF};
    struct time_cache cache = {0};
    struct text run[N];
    int64_t us[N];
    for (size_t i = 0; i < N; i++) {
        run[i] = (struct text){(const uint8_t *)texts[i], (uint32_t)strlen(texts[i])};
    }
    assert_int_equal(time_parse_usual(&format, &cache, run, N, us), 0); /* no minute yet */
    int64_t first;
    assert_true(time_parse(&format, &cache, text_slice(run[0]), &first));
    assert_int_equal(time_parse_usual(&format, &cache, run, 0, us), 0);
    assert_int_equal(time_parse_usual(&format, &cache, run, 1, us), 1);
    assert_int_equal(time_parse_usual(&other, &cache, run, N, us), 0);
    assert_int_equal(time_parse_usual(&format, &cache, run, N, us), 2);
    assert_true(us[0] == first && us[1] == first + 59876000);
    for (size_t i = 2; i < N; i++) {
        assert_int_equal(time_parse_usual(&format, &cache, run + i, 1, us), 0);
        assert_int_equal(time_parse_usual_prefix(&format, &cache, run + i, 1, us), i == 4);
    }
    assert_int_equal(time_parse_usual_prefix(&format, &cache, run, N, us), 2);
}

/* What the cache holds before the first stamp is no minute. */
static void test_empty_cache_fits_nothing(void **state)
{
    (void)state;
    struct time_format format = {.layout = TIME_ISO};
    struct time_cache cache = {0};
    struct text nuls = {(const uint8_t *)"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0:00.000Z", 24};
    int64_t us;
    size_t used;
    assert_false(time_parse(&format, &cache, text_slice(nuls), &us));
    assert_false(time_parse_prefix(&format, &cache, text_slice(nuls), &us, &used));
    assert_int_equal(time_parse_usual(&format, &cache, &nuls, 1, &us), 0);
}

static void test_clf(void **state)
{
    (void)state;
    static const struct time_case cases[] = {
        {"17/May/2015:10:05:03 +0000", "2015-05-17 10:05:03"},
        {"17/May/2015:10:05:04 +0000", "2015-05-17 10:05:04"},
        {"17/May/2015:10:05:04 +0200", "2015-05-17 08:05:04"},
        {"17/May/2015:10:05:05 +0200", "2015-05-17 08:05:05"},
        {"17/may/2015:10:05:05 -0930", "2015-05-17 19:35:05"},
        {"17/May/2015:10:05:60 +0000", "2015-05-17 10:06:00"},
        {"17/May/2015:10:05:03", "2015-05-17 10:05:03"},
        {"17/May/2015:10:05:03.250 +0000", "2015-05-17 10:05:03.250000"},
        {"17/December/2015:10:05:03", "2015-12-17 10:05:03"}, /* 26 bytes, another shape */
        {"17/Mai/2015:10:05:03 +0000", NULL},
        {"31/Apr/2015:10:05:03 +0000", NULL},
        {"7/May/2015:10:05:03 +0000", NULL},
        {"17/May/2015:24:05:03 +0000", NULL},
        {"17/May/2015:10:05:61 +0000", NULL},
        {"17/May/2015:10:05:0x +0000", NULL},
        {"17/May/2015:10:05:03 +00000", NULL},
        {"17/May/2015:10:05:03+0000", NULL},
        {"17/May/2015 10:05:03 +0000", NULL},
        {"[17/May/2015:10:05:03 +0000]", NULL},
    };
    CHECK_CASES(TIME_CLF, cases);
}

static void test_asctime(void **state)
{
    (void)state;
    static const struct time_case cases[] = {
        {"Sun Dec 04 04:47:44 2005", "2005-12-04 04:47:44"},
        {"Sun Dec 04 04:47:45 2005", "2005-12-04 04:47:45"},
        {"Sun Dec 04 04:47:45 2006", "2006-12-04 04:47:45"},
        {"Sun Dec  4 04:47:45 2005", "2005-12-04 04:47:45"},
        {"Sun Dec 04 04:47:44.123456 2005", "2005-12-04 04:47:44.123456"},
        {"Sunday December 4 04:47:44 2005", "2005-12-04 04:47:44"},
        {"Xxx Dec 04 04:47:44 2005", NULL},
        {"Sun Dec 32 04:47:44 2005", NULL},
        {"Sun Feb 29 04:47:44 2005", NULL},
        {"Sun Dec 04 04:47:6x 2005", NULL},
        {"Sun Dec 04 04:47:44 05", NULL},
        {"Sun Dec 04 04:47:44 0000", NULL},
    };
    CHECK_CASES(TIME_ASCTIME, cases);
}

static void test_syslog_takes_the_nearest_year(void **state)
{
    (void)state;
    static const struct time_case cases[] = {
        /* now is 2026-01-05 */
        {"Jan  5 06:55:46", "2026-01-05 06:55:46"},
        {"Jan  5 06:55:47", "2026-01-05 06:55:47"},
        {"Dec 31 23:59:59", "2025-12-31 23:59:59"},
        {"Jul  4 00:00:00", "2026-07-04 00:00:00"},
        {"Jul  9 00:00:00", "2025-07-09 00:00:00"},
        {"Feb 29 10:00:00", "2024-02-29 10:00:00"},
        {"Jan 5 06:55:46", "2026-01-05 06:55:46"},
        {"Jan 05 06:55:46", "2026-01-05 06:55:46"},
        {"Jan  5 06:55:46.5", "2026-01-05 06:55:46.500000"},
        {"Feb 30 10:00:00", NULL},
        {"Jan  5 06:55", NULL},
        {"Jan  5 06:55:4x", NULL},
    };
    CHECK_CASES(TIME_SYSLOG, cases);
    /* A cache that lives on sees the year go by. */
    struct time_format format = {.layout = TIME_SYSLOG};
    struct time_cache cache = {.now_us = at("2025-12-10 06:56:00")};
    int64_t us;
    assert_true(time_parse(&format, &cache, slice_text("Dec 10 06:55:46"), &us));
    assert_true(us == at("2025-12-10 06:55:46"));
    cache.now_us = at("2026-12-10 06:56:00");
    assert_true(time_parse(&format, &cache, slice_text("Dec 10 06:55:46"), &us));
    assert_true(us == at("2026-12-10 06:55:46"));
}

struct epoch_case {
    enum time_layout layout;
    const char *text;
    bool ok;
    int64_t us;
};

static void test_epoch(void **state)
{
    (void)state;
    static const struct epoch_case cases[] = {
        {TIME_EPOCH_S, "0", true, 0},
        {TIME_EPOCH_S, "1700000000", true, 1700000000000000},
        {TIME_EPOCH_S, "1700000000.5", true, 1700000000500000},
        {TIME_EPOCH_S, "1700000000.1234567", true, 1700000000123456},
        {TIME_EPOCH_S, "-1", true, -1000000},
        {TIME_EPOCH_S, "-1.5", true, -1500000},
        {TIME_EPOCH_S, "-0.0000001", true, -1}, /* down, not to zero */
        {TIME_EPOCH_S, "-0.0000000", true, 0},
        {TIME_EPOCH_MS, "1700000000123", true, 1700000000123000},
        {TIME_EPOCH_MS, "1700000000123.4567", true, 1700000000123456},
        {TIME_EPOCH_US, "1700000000123456", true, 1700000000123456},
        {TIME_EPOCH_US, "-1.5", true, -2},
        {TIME_EPOCH_NS, "1700000000123456789", true, 1700000000123456},
        {TIME_EPOCH_NS, "-1", true, -1},
        {TIME_EPOCH_NS, "-1000", true, -1},
        {TIME_EPOCH_NS, "999", true, 0},
        {TIME_EPOCH_S, "253402300799", true, 253402300799000000},
        {TIME_EPOCH_S, "253402300800", false, 0}, /* year 10000 */
        {TIME_EPOCH_S, "99999999999999999999", false, 0},
        {TIME_EPOCH_S, "9223372036854775807", false, 0},
        {TIME_EPOCH_S, "", false, 0},
        {TIME_EPOCH_S, "-", false, 0},
        {TIME_EPOCH_S, "+1", false, 0},
        {TIME_EPOCH_S, "1.", false, 0},
        {TIME_EPOCH_S, ".5", false, 0},
        {TIME_EPOCH_S, "1.2.3", false, 0},
        {TIME_EPOCH_S, "1e9", false, 0},
        {TIME_EPOCH_S, "2026-01-05", false, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct time_format format = {.layout = cases[i].layout};
        struct time_cache cache = {0};
        int64_t us = 42;
        bool ok = time_parse(&format, &cache, slice_text(cases[i].text), &us);
        if (ok != cases[i].ok || us != (ok ? cases[i].us : 42)) {
            fail_msg("\"%s\" gave %d, %lld", cases[i].text, ok, (long long)us);
        }
    }
}

/* What is printed is read back, by every row's fast path. */
static void test_iso_reads_what_is_written(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng);
    struct time_format format = {.layout = TIME_ISO};
    struct time_cache cache = {0};
    int64_t us = at("2026-01-05 09:00:00");
    for (int i = 0; i < 50000; i++) {
        if (rng_once_in(&rng, 50)) {
            us = (int64_t)rng_below(&rng, 315537897600000000u) + at("0001-01-01 00:00:00");
        }
        us += (int64_t)rng_below(&rng, US_PER_SECOND);
        unsigned digits = (unsigned)rng_below(&rng, 7);
        uint8_t text[32];
        uint8_t *end = timestamp_write(text, us, digits);
        static const int64_t units[7] = {1000000, 100000, 10000, 1000, 100, 10, 1};
        int64_t expected = us - ((us % units[digits]) + units[digits]) % units[digits];
        int64_t got = 0;
        bool ok = time_parse(&format, &cache, slice_of(text, (size_t)(end - text)), &got);
        RNG_CHECK(&rng, ok && got == expected);
    }
}

static void test_stamps_without_zone_are_local(void **state)
{
    (void)state;
    struct arena arena;
    struct error err;
    const struct zone *berlin;
    arena_init(&arena);
    if (zone_load(&arena, fs_system(), slice_text("Europe/Berlin"), &berlin, &err) != OK) {
        print_message("skipped: no zoneinfo\n");
        arena_release(&arena);
        skip();
    }
    static const struct {
        enum time_layout layout;
        const char *text;
        const char *expected;
    } cases[] = {
        {TIME_ISO, "2026-01-05T09:00:00", "2026-01-05 08:00:00"},
        {TIME_ISO, "2026-01-05T09:00:01.250", "2026-01-05 08:00:01.250000"},
        {TIME_ISO, "2026-01-05T09:00:00Z", "2026-01-05 09:00:00"},
        {TIME_ISO, "2026-01-05T09:00:00-01:00", "2026-01-05 10:00:00"},
        {TIME_ISO, "2026-07-05T09:00:00", "2026-07-05 07:00:00"},
        {TIME_ISO, "2026-03-29T01:59:59", "2026-03-29 00:59:59"},
        {TIME_ISO, "2026-03-29T01:59:60", "2026-03-29 01:00:00"}, /* over the change */
        {TIME_ISO, "2026-03-29T03:00:00", "2026-03-29 01:00:00"},
        {TIME_ISO, "2026-01-05", "2026-01-04 23:00:00"},
        {TIME_CLF, "05/Jan/2026:09:00:00 +0000", "2026-01-05 09:00:00"},
        {TIME_CLF, "05/Jan/2026:09:00:00", "2026-01-05 08:00:00"},
        {TIME_ASCTIME, "Mon Jan 05 09:00:00 2026", "2026-01-05 08:00:00"},
        {TIME_ASCTIME, "Mon Jan 05 09:00:01 2026", "2026-01-05 08:00:01"},
        {TIME_SYSLOG, "Jan  5 09:00:00", "2026-01-05 08:00:00"},
        {TIME_SYSLOG, "Jan  5 09:00:01", "2026-01-05 08:00:01"},
    };
    struct time_cache caches[TIME_PATTERN + 1] = {0};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct time_format format = {.layout = cases[i].layout, .zone = berlin};
        struct time_cache *cache = &caches[format.layout];
        cache->now_us = at("2026-01-05 12:00:00");
        int64_t us = 0;
        assert_true(time_parse(&format, cache, slice_text(cases[i].text), &us));
        if (us != at(cases[i].expected)) {
            fail_msg("\"%s\" is not %s", cases[i].text, cases[i].expected);
        }
    }
    arena_release(&arena);
}

static void test_prefix_says_what_it_took(void **state)
{
    (void)state;
    static const struct {
        enum time_layout layout;
        const char *text;
        size_t used; /* 0 = none */
    } cases[] = {
        {TIME_ISO, "2026-01-05T09:00:00.123Z rest", 24},
        {TIME_ISO, "2026-01-05 09:00:00,123 INFO", 23},
        {TIME_ISO, "2026-01-05 rest", 10},
        {TIME_ISO, "2026-01-05 09 o'clock", 10},
        {TIME_ISO, "2026-01-05T09:00:00. rest", 19},
        {TIME_ISO, "2026-01-05T09:00:00+02: rest", 22},
        {TIME_ISO, "rest", 0},
        {TIME_CLF, "17/May/2015:10:05:03 +0000] \"GET", 26},
        {TIME_CLF, "17/May/2015:10:05:03 rest", 20},
        {TIME_ASCTIME, "Sun Dec 04 04:47:44 2005] [notice]", 24},
        {TIME_SYSLOG, "Dec 10 06:55:46 LabSZ sshd[1]:", 15},
        {TIME_SYSLOG, "Dec  1 06:55:46 LabSZ sshd[1]:", 15},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct time_format format = {.layout = cases[i].layout};
        struct time_cache cache = {0};
        int64_t us;
        size_t used = 0;
        bool ok = time_parse_prefix(&format, &cache, slice_text(cases[i].text), &us, &used);
        assert_true(ok == (cases[i].used > 0));
        assert_int_equal(used, cases[i].used);
        int64_t exact_us;
        assert_true(ok == time_parse_prefix_exact(&format, &cache, slice_text(cases[i].text),
                                                  &exact_us, &used));
        assert_true(!ok || (us == exact_us && used == cases[i].used));
    }
}

static void test_guess(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool allow_epoch;
        int layout; /* -1 = none */
    } cases[] = {
        {"2026-01-05T09:00:00Z", false, TIME_ISO},
        {"2026-01-05", false, TIME_ISO},
        {"17/May/2015:10:05:03 +0000", false, TIME_CLF},
        {"Sun Dec 04 04:47:44 2005", false, TIME_ASCTIME},
        {"Dec 10 06:55:46", false, TIME_SYSLOG},
        {"Feb 29 06:55:46", false, TIME_SYSLOG},
        {"1700000000", true, TIME_EPOCH_S},
        {"1700000000123", true, TIME_EPOCH_MS},
        {"1700000000123456", true, TIME_EPOCH_US},
        {"1700000000123456789", true, TIME_EPOCH_NS},
        {"1700000000.5", true, TIME_EPOCH_S},
        {"1700000000123.25", true, TIME_EPOCH_MS},
        {"1700000000.", true, -1},
        {"1700000000.5x", true, -1},
        {"17000000.00", true, -1},
        {"1700000000", false, -1},
        {"170000000", true, -1},
        {"1700000000x", true, -1},
        {"hello", true, -1},
        {"", true, -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum time_layout layout = TIME_PATTERN;
        bool ok = time_guess(slice_text(cases[i].text), cases[i].allow_epoch, &layout);
        assert_true(ok == (cases[i].layout >= 0));
        assert_int_equal(layout, ok ? cases[i].layout : TIME_PATTERN);
    }
}

TEST_MAIN(cmocka_unit_test(test_iso), cmocka_unit_test(test_iso_survives_every_byte),
          cmocka_unit_test(test_usual_runs), cmocka_unit_test(test_empty_cache_fits_nothing),
          cmocka_unit_test(test_clf), cmocka_unit_test(test_asctime),
          cmocka_unit_test(test_syslog_takes_the_nearest_year), cmocka_unit_test(test_epoch),
          cmocka_unit_test(test_iso_reads_what_is_written),
          cmocka_unit_test(test_stamps_without_zone_are_local),
          cmocka_unit_test(test_prefix_says_what_it_took), cmocka_unit_test(test_guess))
