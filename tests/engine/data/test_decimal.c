/* Tests of engine/data/decimal.h. */
#include "engine/data/decimal.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/support/rng.h"
#include "tests/support/testing.h"

struct parse_case {
    const char *text;
    unsigned precision;
    unsigned scale;
    bool ok;
    int64_t value;
};

static const struct parse_case parse_cases[] = {
    {"0", 12, 2, true, 0},
    {"-0.00", 12, 2, true, 0},
    {"1", 12, 2, true, 100},
    {"1.5", 12, 2, true, 150},
    {"123.45", 12, 2, true, 12345},
    {"-123.45", 12, 2, true, -12345},
    {"+99999.99", 12, 2, true, 9999999},
    {"12345.67", 12, 2, true, 1234567},
    {"1234567.89", 12, 2, true, 123456789},
    {".5", 12, 2, true, 50},
    {".1234", 12, 2, true, 12},
    {"5.", 12, 2, true, 500},
    {"1234.", 12, 2, true, 123400},
    {"12345678", 12, 2, true, 1234567800},
    {"0.005", 12, 2, true, 1}, /* half away from zero */
    {"-0.005", 12, 2, true, -1},
    {"0.0049999999999999999999", 12, 2, true, 0},
    {"1.2e3", 12, 2, true, 120000},
    {"15e-1", 12, 2, true, 150},
    {"5e-3", 12, 2, true, 1},
    {"4E-3", 12, 2, true, 0},
    {"5e-1000000000", 12, 2, true, 0},
    {"0e999999999999", 12, 2, true, 0},
    {"9999999999.99", 12, 2, true, 999999999999},
    {"9999999999.994", 12, 2, true, 999999999999},
    {"9999999999.995", 12, 2, false, 0}, /* rounds to 13 digits */
    {"10000000000", 12, 2, false, 0},
    {"999.995", 5, 2, false, 0},
    {"1000", 5, 2, false, 0},
    {"0.999999999999999999", 18, 18, true, 999999999999999999},
    {"1", 18, 18, false, 0},
    {"99999999", 18, 18, false, 0}, /* 10^26: beyond 64 bits */
    {"18446744073709551617", 18, 0, false, 0},
    {"000000000000000000000000000001.5", 3, 1, true, 15},
    {"1e20", 18, 0, false, 0},
    {"", 12, 2, false, 0},
    {"-", 12, 2, false, 0},
    {".", 12, 2, false, 0},
    {"....", 12, 2, false, 0},
    {"1.2.3", 12, 2, false, 0},
    {"12a4", 12, 2, false, 0},
    {"1234/", 12, 2, false, 0},
    {" 123", 12, 2, false, 0},
    {"123 ", 12, 2, false, 0},
    {"--12", 12, 2, false, 0},
    {"1e", 12, 2, false, 0},
    {"1e+", 12, 2, false, 0},
    {"nan", 12, 2, false, 0},
    {"1,234", 12, 2, false, 0},
};

static void test_parse_by_hand(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof parse_cases / sizeof parse_cases[0]; i++) {
        const struct parse_case *c = &parse_cases[i];
        int64_t value = 42;
        bool ok = decimal_parse(slice_text(c->text), c->precision, c->scale, &value);
        if (ok != c->ok || value != (ok ? c->value : 42)) {
            fail_msg("\"%s\" as DECIMAL(%u,%u) gave %d, %" PRId64, c->text, c->precision, c->scale,
                     ok, value);
        }
    }
}

/* Digits with a point put in, in an allocation of exactly their size. */
static void test_parse_against_digits(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng);
    for (int i = 0; i < 50000; i++) {
        unsigned n_digits = 1 + (unsigned)rng_below(&rng, 12);
        unsigned n_fraction = (unsigned)rng_below(&rng, n_digits + 1);
        unsigned scale = n_fraction + (unsigned)rng_below(&rng, 18 - n_digits + 1);
        int64_t digits = (int64_t)(rng_u64(&rng) % (uint64_t)pow10_i64[n_digits]);
        char text[32];
        int len = snprintf(text, sizeof text, "%0*" PRId64, (int)n_digits, digits);
        if (n_fraction > 0 || rng_once_in(&rng, 8)) {
            size_t point = (size_t)len - n_fraction;
            memmove(text + point + 1, text + point, n_fraction);
            text[point] = '.';
            len++;
        }
        uint8_t *exact = test_malloc((size_t)len);
        memcpy(exact, text, (size_t)len);
        int64_t value = -1;
        bool ok = decimal_parse(slice_of(exact, (size_t)len), 18, scale, &value);
        RNG_CHECK(&rng, ok && value == digits * pow10_i64[scale - n_fraction]);
        test_free(exact);
    }
}

/* Any byte anywhere: accepted if and only if it reads as digits with at most one point. */
static void test_parse_refuses_every_other_byte(void **state)
{
    (void)state;
    for (size_t len = 1; len <= 10; len++) {
        for (size_t place = 0; place < len; place++) {
            for (unsigned byte = 0; byte < 256; byte++) {
                uint8_t text[10] = {'1', '2', '3', '4', '5', '6', '7', '8', '9', '1'};
                text[place] = (uint8_t)byte;
                bool is_sign = place == 0 && len > 1 && (byte == '-' || byte == '+');
                bool is_point = byte == '.' && len > 1;
                bool is_exponent = (byte | 0x20) == 'e' && place > 0 && place + 1 < len;
                bool expected = (byte >= '0' && byte <= '9') || is_sign || is_point;
                int64_t value;
                bool ok = decimal_parse(slice_of(text, len), 18, 4, &value);
                assert_true(is_exponent || ok == expected);
            }
        }
    }
}

static void test_rescale(void **state)
{
    (void)state;
    int64_t out;
    assert_false(decimal_rescale(15, 1, 3, &out));
    assert_int_equal(out, 1500);
    assert_false(decimal_rescale(-15, 1, 0, &out));
    assert_int_equal(out, -2);
    assert_false(decimal_rescale(14, 1, 0, &out));
    assert_int_equal(out, 1);
    assert_false(decimal_rescale(-149, 2, 0, &out));
    assert_int_equal(out, -1);
    assert_false(decimal_rescale(INT64_MIN, 18, 0, &out));
    assert_int_equal(out, -9);
    assert_false(decimal_rescale(7, 2, 2, &out));
    assert_int_equal(out, 7);
    assert_true(decimal_rescale(INT64_MAX, 0, 1, &out));
}

static void test_exceeds(void **state)
{
    (void)state;
    assert_false(decimal_exceeds(99999, 5));
    assert_false(decimal_exceeds(-99999, 5));
    assert_true(decimal_exceeds(100000, 5));
    assert_true(decimal_exceeds(-100000, 5));
    assert_true(decimal_exceeds(INT64_MIN, 18));
}

/* The nearest double, as strtod finds it. */
static void test_to_f64(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng);
    for (int i = 0; i < 20000; i++) {
        int64_t value = rng_i64(&rng);
        unsigned scale = (unsigned)rng_below(&rng, 19);
        char text[48];
        snprintf(text, sizeof text, "%" PRId64 "e-%u", value, scale);
        RNG_CHECK(&rng, decimal_to_f64(value, scale) == strtod(text, NULL));
    }
}

static void test_from_f64_by_hand(void **state)
{
    (void)state;
    static const struct {
        double value;
        unsigned scale;
        bool fails;
        int64_t out;
    } cases[] = {
        {1.5, 2, false, 150},
        {2.675, 2, false, 268}, /* the decimal that people see, not the double just below */
        {-2.675, 2, false, -268},
        {0.1, 1, false, 1},
        {1e-30, 2, false, 0},
        {9999999999.99, 2, false, 999999999999},
        {1e10, 2, true, 0},
        {-1e300, 2, true, 0},
        {(double)INFINITY, 2, true, 0},
        {(double)NAN, 2, true, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t out = 0;
        assert_true(decimal_from_f64(cases[i].value, 12, cases[i].scale, &out) == cases[i].fails);
        assert_true(cases[i].fails || out == cases[i].out);
    }
}

static void test_from_f64_reverses_to_f64(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng);
    for (int i = 0; i < 20000; i++) {
        int64_t value = (int64_t)(rng_u64(&rng) % 2000000000000000u) - 1000000000000000;
        unsigned scale = (unsigned)rng_below(&rng, 16);
        int64_t back = value + 1;
        double as_double = decimal_to_f64(value, scale);
        RNG_CHECK(&rng, !decimal_from_f64(as_double, 18, scale, &back) && back == value);
    }
}

TEST_MAIN(cmocka_unit_test(test_parse_by_hand), cmocka_unit_test(test_parse_against_digits),
          cmocka_unit_test(test_parse_refuses_every_other_byte), cmocka_unit_test(test_rescale),
          cmocka_unit_test(test_exceeds), cmocka_unit_test(test_to_f64),
          cmocka_unit_test(test_from_f64_by_hand), cmocka_unit_test(test_from_f64_reverses_to_f64))
