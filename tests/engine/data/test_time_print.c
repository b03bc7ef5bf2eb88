/* Tests of timestamps and intervals as text (engine/data/timestamp.h). */
#include <stdio.h>

#include "engine/base/clock.h"
#include "engine/data/timestamp.h"
#include "engine/data/zone.h"
#include "tests/support/rng.h"
#include "tests/support/testing.h"

static void assert_printed(int64_t us, const char *expected)
{
    struct bytebuf buf = {0};
    timestamp_print(&buf, us);
    assert_string_equal(bytebuf_text(&buf), expected);
    bytebuf_release(&buf);
}

static void test_print(void **state)
{
    (void)state;
    assert_printed(0, "1970-01-01T00:00:00Z");
    assert_printed(1767603600000000, "2026-01-05T09:00:00Z");
    assert_printed(1767603600500000, "2026-01-05T09:00:00.500Z");
    assert_printed(1767603600000001, "2026-01-05T09:00:00.000001Z");
    assert_printed(-1, "1969-12-31T23:59:59.999999Z");
    assert_printed(-1000, "1969-12-31T23:59:59.999Z");
    assert_printed(-62135596800000000, "0001-01-01T00:00:00Z");
    assert_printed(253402300799999999, "9999-12-31T23:59:59.999999Z");
    /* Outside of the language, but never nonsense. */
    assert_printed(253402300800000000, "+010000-01-01T00:00:00Z");
    assert_printed(INT64_MIN, "-290308-12-21T19:59:05.224192Z");
    assert_printed(INT64_MAX, "+294247-01-10T04:00:54.775807Z");
}

static void test_digits_are_cut(void **state)
{
    (void)state;
    static const char *const expected[] = {"1969-12-31T23:59:59Z",
                                           "1969-12-31T23:59:59.9Z",
                                           "1969-12-31T23:59:59.98Z",
                                           "1969-12-31T23:59:59.987Z",
                                           "1969-12-31T23:59:59.9876Z",
                                           "1969-12-31T23:59:59.98765Z",
                                           "1969-12-31T23:59:59.987654Z"};
    for (unsigned digits = 0; digits <= 6; digits++) {
        uint8_t text[32];
        uint8_t *end = timestamp_write(text, 987654 - US_PER_SECOND, digits);
        assert_int_equal(end - text, strlen(expected[digits]));
        assert_memory_equal(text, expected[digits], (size_t)(end - text));
    }
}

static void assert_formatted(int64_t us, const char *pattern, const struct zone *zone,
                             const char *expected)
{
    struct bytebuf buf = {0};
    timestamp_format(&buf, us, slice_text(pattern), zone);
    assert_string_equal(bytebuf_text(&buf), expected);
    bytebuf_release(&buf);
}

static void test_strftime(void **state)
{
    (void)state;
    int64_t us = 1767603661007008; /* 2026-01-05T09:01:01.007008Z, a Monday */
    assert_formatted(us, "%Y-%m-%d %H:%M:%S.%f", NULL, "2026-01-05 09:01:01.007008");
    assert_formatted(us, "%F %T %R %D %L", NULL, "2026-01-05 09:01:01 09:01 01/05/26 007");
    assert_formatted(us, "%a %A %b %h %B %e %j", NULL, "Mon Monday Jan Jan January  5 005");
    assert_formatted(us, "%I %p %y %s %z %Z", NULL, "09 AM 26 1767603661 +0000 UTC");
    assert_formatted(us, "100%% %n%t%Q%", NULL, "100% \n\t%Q%");
    assert_formatted(us + 12 * US_PER_HOUR, "%I %p", NULL, "09 PM");
    assert_formatted(us + 3 * US_PER_HOUR, "%I %p", NULL, "12 PM");
    assert_formatted(us + 15 * US_PER_HOUR, "%I %p", NULL, "12 AM");
    assert_formatted(-1, "%s.%f", NULL, "-1.999999");
    assert_formatted(INT64_MAX, "%Y", NULL, "+294247");
}

static void test_strftime_in_a_zone(void **state)
{
    (void)state;
    struct arena arena;
    struct error err;
    const struct zone *zone;
    arena_init(&arena);
    assert_int_equal(zone_load(&arena, fs_system(), slice_text("-03:30"), &zone, &err), OK);
    assert_formatted(1767603661000000, "%F %T %z %Z %s", zone,
                     "2026-01-05 05:31:01 -0330 -03:30 1767603661");
    assert_formatted(INT64_MIN, "%Y", zone, "-290308"); /* no overflow */
    arena_release(&arena);
}

static void test_interval_print(void **state)
{
    (void)state;
    static const struct {
        int64_t us;
        const char *text;
    } cases[] = {
        {0, "0s"},
        {1, "1us"},
        {500000, "500ms"},
        {5400000000, "1h30m"},
        {604800000000, "7d"},
        {-5000000, "-5s"},
        {90061001001, "1d1h1m1s1ms1us"},
        {INT64_MIN, "-106751991d4h54s775ms808us"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bytebuf buf = {0};
        interval_print(&buf, cases[i].us);
        assert_string_equal(bytebuf_text(&buf), cases[i].text);
        bytebuf_release(&buf);
    }
}

static void test_interval_parse(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t us;
    } good[] = {
        {"15m", 15 * US_PER_MINUTE},
        {"500ms", 500 * US_PER_MS},
        {"7us", 7},
        {"1500ns", 1},
        {"2h", 2 * US_PER_HOUR},
        {"1w", 7 * US_PER_DAY},
        {"1h30m", 90 * US_PER_MINUTE},
        {"1h 30m", 90 * US_PER_MINUTE},
        {" 10 seconds ", 10 * US_PER_SECOND},
        {"1 HOUR 30 minutes", 90 * US_PER_MINUTE},
        {"3 days", 3 * US_PER_DAY},
        {"-5s", -5 * US_PER_SECOND},
        {"+5s", 5 * US_PER_SECOND},
        {"1.5h", 90 * US_PER_MINUTE},
        {"0.000001s", 1},
        {"0s", 0},
        {"106751991d", 106751991 * US_PER_DAY},
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        int64_t us = 42;
        if (!interval_parse(slice_text(good[i].text), &us) || us != good[i].us) {
            fail_msg("\"%s\" gave %lld", good[i].text, (long long)us);
        }
    }
    static const char *const bad[] = {"",
                                      "5",
                                      "s",
                                      "5 parsecs",
                                      "5m3",
                                      "1 month",
                                      "--5s",
                                      "1..5s",
                                      "1.s",
                                      "5s-3s",
                                      "- 5s",
                                      "106751992d",
                                      "99999999999999999999s",
                                      "9999999999999999h",
                                      "5 m m"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int64_t us = 42;
        if (interval_parse(slice_text(bad[i]), &us)) {
            fail_msg("\"%s\" is no interval", bad[i]);
        }
        assert_int_equal(us, 42);
    }
}

static void test_interval_round_trip(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng);
    for (int i = 0; i < 5000; i++) {
        int64_t us = rng_i64(&rng);
        if (us == INT64_MIN) {
            continue; /* its size is no int64 */
        }
        struct bytebuf buf = {0};
        int64_t back = ~us;
        interval_print(&buf, us);
        RNG_CHECK(&rng, interval_parse(bytebuf_slice(&buf), &back) && back == us);
        bytebuf_release(&buf);
    }
}

TEST_MAIN(cmocka_unit_test(test_print), cmocka_unit_test(test_digits_are_cut),
          cmocka_unit_test(test_strftime), cmocka_unit_test(test_strftime_in_a_zone),
          cmocka_unit_test(test_interval_print), cmocka_unit_test(test_interval_parse),
          cmocka_unit_test(test_interval_round_trip))
