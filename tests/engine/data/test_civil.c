/* Tests of the calendar (engine/data/civil.c), against counting day by day. */
#include "engine/base/clock.h"
#include "engine/data/timestamp.h"
#include "tests/support/rng.h"
#include "tests/support/testing.h"

static bool is_leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static unsigned month_days(int year, unsigned month)
{
    static const unsigned days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

static void test_known_days(void **state)
{
    (void)state;
    assert_int_equal(days_from_civil(1970, 1, 1), 0);
    assert_int_equal(days_from_civil(1969, 12, 31), -1);
    assert_int_equal(days_from_civil(2000, 2, 29), 11016);
    assert_int_equal(days_from_civil(1, 1, 1), -719162);
    assert_int_equal(days_from_civil(9999, 12, 31), 2932896);
}

/* Every day of the years 1 to 9999. */
static void test_every_day(void **state)
{
    (void)state;
    int64_t days = days_from_civil(1, 1, 1);
    unsigned weekday = 1; /* 0001-01-01 was a Monday */
    for (int year = 1; year <= 9999; year++) {
        unsigned yearday = 1;
        for (unsigned month = 1; month <= 12; month++) {
            for (unsigned day = 1; day <= month_days(year, month); day++, days++, yearday++) {
                struct civil civil = civil_from_us(days * US_PER_DAY);
                bool ok = days_from_civil(year, month, day) == days && civil.year == year &&
                          civil.month == month && civil.day == day && civil.yearday == yearday &&
                          civil.weekday == weekday;
                assert_true(ok);
                weekday = (weekday + 1) % 7;
            }
        }
    }
    assert_int_equal(days, days_from_civil(10000, 1, 1));
}

static void test_time_of_day_floors(void **state)
{
    (void)state;
    struct civil civil = civil_from_us(-1);
    assert_int_equal(civil.year, 1969);
    assert_int_equal(civil.hour, 23);
    assert_int_equal(civil.minute, 59);
    assert_int_equal(civil.second, 59);
    assert_int_equal(civil.micros, 999999);
}

static void test_round_trip_of_any_time(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng);
    for (int i = 0; i < 100000; i++) {
        int64_t us = rng_i64(&rng) / 2; /* us_from_civil of the last day would overflow */
        struct civil civil = civil_from_us(us);
        RNG_CHECK(&rng, us_from_civil(&civil) == us);
    }
}

TEST_MAIN(cmocka_unit_test(test_known_days), cmocka_unit_test(test_every_day),
          cmocka_unit_test(test_time_of_day_floors), cmocka_unit_test(test_round_trip_of_any_time))
