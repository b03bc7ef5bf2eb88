/* Tests of engine/base/textbuf.h and utf8.h. */
#include "engine/base/textbuf.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/base/utf8.h"
#include "tests/support/rng.h"
#include "tests/support/testing.h"

static int setup(void **state)
{
    static struct bytebuf buf;
    bytebuf_init(&buf);
    *state = &buf;
    return 0;
}

static int teardown(void **state)
{
    bytebuf_release(*state);
    return 0;
}

static void test_integers(void **state)
{
    struct bytebuf *buf = *state;
    struct rng rng;
    rng_init(&rng);
    for (int i = 0; i < 20000; i++) {
        int64_t value = rng_i64(&rng);
        char expected[32];
        snprintf(expected, sizeof expected, "%" PRId64, value);
        bytebuf_clear(buf);
        textbuf_i64(buf, value);
        RNG_CHECK(&rng, strcmp(bytebuf_text(buf), expected) == 0);
    }
    /* Each power of ten and its neighbours: where the number of digits is found. */
    uint64_t power = 1;
    for (int digits = 1; digits <= 20; digits++, power *= 10) {
        for (int delta = -1; delta <= 1; delta++) {
            uint64_t value = power + (uint64_t)(int64_t)delta;
            char expected[32];
            uint8_t got[TEXTBUF_NUMBER_BYTES];
            int len = snprintf(expected, sizeof expected, "%" PRIu64, value);
            assert_int_equal(text_write_u64(got, value) - got, len);
            assert_memory_equal(got, expected, (size_t)len);
        }
    }
}

static void test_padded(void **state)
{
    struct bytebuf *buf = *state;
    for (unsigned width = 1; width <= 9; width++) {
        uint8_t *at = bytebuf_reserve(buf, TEXTBUF_NUMBER_BYTES);
        buf->len += (size_t)(text_write_padded(at, 7, width) - at);
    }
    assert_string_equal(bytebuf_text(buf), "707007000700007000007000000700000007000000007");
}

/* Against the integer's digits with a point put in. */
static void test_decimals_of_all_sizes(void **state)
{
    struct bytebuf *buf = *state;
    struct rng rng;
    rng_init(&rng);
    for (int i = 0; i < 20000; i++) {
        int64_t scaled = rng_i64(&rng);
        unsigned scale = (unsigned)rng_below(&rng, 19);
        uint64_t size = scaled < 0 ? 0 - (uint64_t)scaled : (uint64_t)scaled;
        char digits[40];
        char expected[48];
        int len = snprintf(digits, sizeof digits, "%0*" PRIu64, (int)scale + 1, size);
        snprintf(expected, sizeof expected, "%s%.*s%s%s", scaled < 0 ? "-" : "", len - (int)scale,
                 digits, scale > 0 ? "." : "", digits + len - scale);
        bytebuf_clear(buf);
        textbuf_decimal(buf, scaled, scale);
        RNG_CHECK(&rng, strcmp(bytebuf_text(buf), expected) == 0);
    }
}

static void test_decimals(void **state)
{
    struct bytebuf *buf = *state;
    static const struct {
        int64_t scaled;
        unsigned scale;
        const char *text;
    } cases[] = {
        {0, 0, "0"},
        {0, 2, "0.00"},
        {5, 2, "0.05"},
        {-5, 2, "-0.05"},
        {-12345, 2, "-123.45"},
        {12345, 0, "12345"},
        {999999999999999999, 18, "0.999999999999999999"},
        {INT64_MIN, 18, "-9.223372036854775808"},
        {INT64_MIN, 0, "-9223372036854775808"},
        {1000, 3, "1.000"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bytebuf_clear(buf);
        textbuf_decimal(buf, cases[i].scaled, cases[i].scale);
        assert_string_equal(bytebuf_text(buf), cases[i].text);
    }
}

static void test_doubles_by_hand(void **state)
{
    struct bytebuf *buf = *state;
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        {0, "0"},
        {-0.0, "-0"},
        {1, "1"},
        {-1.5, "-1.5"},
        {0.1, "0.1"},
        {0.1 + 0.2, "0.30000000000000004"},
        {99999.99, "99999.99"},
        {0.0001, "0.0001"},
        {0.00012345, "0.00012345"},
        {0.00001, "1e-05"},
        {1.0 / 3, "0.3333333333333333"},
        {999999999999999, "999999999999999"},
        {1e15, "1e+15"},
        {1e14 + 0.5, "100000000000000.5"},
        {1.2345678901234568e17, "1.2345678901234568e+17"},
        {1e22, "1e+22"},
        {1e100, "1e+100"},
        {5e-324, "5e-324"},
        {1.7976931348623157e308, "1.7976931348623157e+308"},
        {0x1p-44, "5.684341886080802e-14"}, /* a power of two: nearest of 16 digits is too low */
        {9007199254740992, "9.007199254740992e+15"},
        {(double)INFINITY, "Infinity"},
        {-(double)INFINITY, "-Infinity"},
        {(double)NAN, "NaN"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bytebuf_clear(buf);
        textbuf_f64(buf, cases[i].value, false);
        assert_string_equal(bytebuf_text(buf), cases[i].text);
    }
    bytebuf_clear(buf);
    textbuf_f64(buf, 3, true);
    textbuf_f64(buf, -0.0, true);
    textbuf_f64(buf, 2.5, true);
    assert_string_equal(bytebuf_text(buf), "3.0-0.02.5");
}

static unsigned count_significant(const char *text)
{
    unsigned n = 0;
    unsigned zeros = 0;
    for (; *text != '\0' && *text != 'e'; text++) {
        if (*text < '0' || *text > '9') {
            continue;
        }
        if (*text == '0') {
            zeros += n > 0;
        } else {
            n += zeros + 1;
            zeros = 0;
        }
    }
    return n;
}

/* Digits of the shortest "%.*e" that reads back. */
static unsigned shortest_digits(double value)
{
    char text[64];
    for (int n = 1; n < 17; n++) {
        snprintf(text, sizeof text, "%.*e", n - 1, value);
        if (strtod(text, NULL) == value) {
            return count_significant(text);
        }
    }
    return 17;
}

static void test_doubles_read_back_and_are_shortest(void **state)
{
    struct bytebuf *buf = *state;
    struct rng rng;
    rng_init(&rng);
    for (int i = 0; i < 20000; i++) {
        double value = rng_f64(&rng);
        if (rng_once_in(&rng, 2)) { /* numbers as people write them */
            value = (double)rng_i64(&rng) / (double)(rng_once_in(&rng, 2) ? 100 : 3);
        }
        if (!isfinite(value)) {
            continue;
        }
        bytebuf_clear(buf);
        textbuf_f64(buf, value, false);
        double back = 42;
        RNG_CHECK(&rng, slice_to_f64(bytebuf_slice(buf), &back) && back == value);
        RNG_CHECK(&rng, signbit(back) == signbit(value));
        RNG_CHECK(&rng, count_significant(bytebuf_text(buf)) <= shortest_digits(value));
        RNG_CHECK(&rng, buf->len <= TEXTBUF_NUMBER_BYTES);
    }
}

static void test_json(void **state)
{
    struct bytebuf *buf = *state;
    textbuf_json(buf, slice_text("a\"b\\c\n\x1b\x7f \xc3\xa4\xf0\x9f\x98\x80"));
    assert_string_equal(bytebuf_text(buf),
                        "\"a\\\"b\\\\c\\u000a\\u001b\\u007f \xc3\xa4\xf0\x9f\x98\x80\"");
    bytebuf_clear(buf);
    textbuf_json(buf, slice_of("\0\xff\xc3", 3));
    assert_string_equal(bytebuf_text(buf), "\"\\u0000\xef\xbf\xbd\xef\xbf\xbd\"");
    bytebuf_clear(buf);
    textbuf_json(buf, slice_text(""));
    assert_string_equal(bytebuf_text(buf), "\"\"");
    bytebuf_clear(buf);
    textbuf_json(buf, slice_text("\xc2\x9b\xe2\x80\xae")); /* harmless on a terminal */
    assert_string_equal(bytebuf_text(buf), "\"\\u009b\\u202e\"");
}

static void test_escaped(void **state)
{
    struct bytebuf *buf = *state;
    textbuf_escaped(buf, slice_text("ok \xc3\xa4 \"\\"));
    assert_string_equal(bytebuf_text(buf), "ok \xc3\xa4 \"\\");
    bytebuf_clear(buf);
    textbuf_escaped(buf, slice_text("\x1b[31m\r\n\t\x7f"));
    assert_string_equal(bytebuf_text(buf), "\\x1b[31m\\x0d\\x0a\\x09\\x7f");
    bytebuf_clear(buf);
    textbuf_escaped(buf, slice_text("\xc2\x9b\xe2\x80\xae\xe2\x81\xa6\xff\xc0\x80"));
    assert_string_equal(bytebuf_text(buf), "\\u{009B}\\u{202E}\\u{2066}\\xff\\xc0\\x80");
}

static uint32_t decode(const char *bytes, unsigned *used)
{
    return utf8_decode(slice_text(bytes), used);
}

static void test_utf8(void **state)
{
    (void)state;
    unsigned used;
    assert_true(decode("a", &used) == 'a' && used == 1);
    assert_true(decode("\xc3\xa4", &used) == 0xe4 && used == 2);
    assert_true(decode("\xe2\x82\xac", &used) == 0x20ac && used == 3);
    assert_true(decode("\xf4\x8f\xbf\xbf", &used) == 0x10ffff && used == 4);
    static const char *const bad[] = {
        "\x80", "\xc1\xbf", "\xe0\x80\x80", "\xed\xa0\x80",     "\xf4\x90\x80\x80",
        "\xf5", "\xe2\x82", "\xc3z",        "\xf0\x80\x80\x80",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_true(decode(bad[i], &used) == UTF8_BAD);
        assert_int_equal(used, 1);
    }
}

TEST_MAIN(cmocka_unit_test_setup_teardown(test_integers, setup, teardown),
          cmocka_unit_test_setup_teardown(test_padded, setup, teardown),
          cmocka_unit_test_setup_teardown(test_decimals, setup, teardown),
          cmocka_unit_test_setup_teardown(test_decimals_of_all_sizes, setup, teardown),
          cmocka_unit_test_setup_teardown(test_doubles_by_hand, setup, teardown),
          cmocka_unit_test_setup_teardown(test_doubles_read_back_and_are_shortest, setup, teardown),
          cmocka_unit_test_setup_teardown(test_json, setup, teardown),
          cmocka_unit_test_setup_teardown(test_escaped, setup, teardown),
          cmocka_unit_test(test_utf8))
