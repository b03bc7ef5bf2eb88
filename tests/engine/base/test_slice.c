/* Tests of engine/base/slice.h. */
#include "engine/base/slice.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/support/rng.h"
#include "tests/support/testing.h"

static void test_compare_orders_bytes(void **state)
{
    (void)state;
    assert_true(slice_compare(slice_text("a"), slice_text("b")) < 0);
    assert_true(slice_compare(slice_text("ab"), slice_text("a")) > 0);
    assert_true(slice_compare(slice_of("\xff", 1), slice_of("\x01", 1)) > 0);
    assert_int_equal(slice_compare(slice_of("a\0b", 3), slice_of("a\0b", 3)), 0);
    assert_int_equal(slice_compare(slice_of(NULL, 0), slice_text("")), 0);
}

static void test_equal_nocase_is_ascii_only(void **state)
{
    (void)state;
    assert_true(slice_equal_nocase(slice_text("Card_Id"), slice_text("cARD_iD")));
    assert_false(slice_equal_nocase(slice_text("["), slice_text("{"))); /* differ in bit 5 */
    assert_false(slice_equal_nocase(slice_text("\xc4"), slice_text("\xe4")));
    assert_false(slice_equal_nocase(slice_text("a"), slice_text("ab")));
}

static void test_find_and_trim(void **state)
{
    (void)state;
    struct slice hay = slice_text("a ERROR b");
    assert_ptr_equal(slice_find(hay, slice_text("ERROR")), hay.at + 2);
    assert_null(slice_find(hay, slice_text("ERRORS")));
    assert_null(slice_find(slice_text(""), slice_text("x")));
    assert_ptr_equal(slice_find(hay, slice_text("")), hay.at);
    assert_true(slice_equal(slice_trim(slice_text(" \t x y\r\n")), slice_text("x y")));
    assert_int_equal(slice_trim(slice_text(" \n ")).len, 0);
}

struct i64_case {
    const char *text;
    bool ok;
    int64_t value;
};

static void test_to_i64_reads_exactly(void **state)
{
    (void)state;
    static const struct i64_case cases[] = {
        {"0", true, 0},
        {"-0", true, 0},
        {"+5", true, 5},
        {"12345678", true, 12345678},
        {"123456789", true, 123456789},
        {"999999999999999999", true, INT64_C(999999999999999999)},
        {"9223372036854775807", true, INT64_MAX},
        {"-9223372036854775808", true, INT64_MIN},
        {"00000000000000000000007", true, 7},
        {"9223372036854775808", false, 0},
        {"-9223372036854775809", false, 0},
        {"99999999999999999999999", false, 0},
        {"", false, 0},
        {"-", false, 0},
        {"+-1", false, 0},
        {" 1", false, 0},
        {"1 ", false, 0},
        {"1234567/", false, 0},
        {"1234567:", false, 0},
        {"12345678901234567890x", false, 0},
        {"1.0", false, 0},
        {"1234\xb1"
         "678",
         false, 0}, /* a digit with its high bit set */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t value = 42;
        if (slice_to_i64(slice_text(cases[i].text), &value) != cases[i].ok) {
            fail_msg("\"%s\" should %sbe an integer", cases[i].text, cases[i].ok ? "" : "not ");
        }
        assert_int_equal(value, cases[i].ok ? cases[i].value : 42);
    }
}

static void test_to_i64_agrees_with_printf(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng);
    for (int i = 0; i < 20000; i++) {
        int64_t expected = rng_i64(&rng);
        char text[32];
        int64_t got = ~expected;
        int len = snprintf(text, sizeof text, "%lld", (long long)expected);
        RNG_CHECK(&rng, slice_to_i64(slice_of(text, (size_t)len), &got) && got == expected);
    }
}

/* The text stands at the end of its allocation: a load beyond it is found by ASan. */
static bool exact_to_i64(const char *text, int64_t *out)
{
    size_t len = strlen(text);
    uint8_t *copy = test_malloc(len > 0 ? len : 1);
    memcpy(copy, text, len);
    bool ok = slice_to_i64(slice_of(copy, len), out);
    test_free(copy);
    return ok;
}

static void test_to_i64_reads_nothing_beyond(void **state)
{
    (void)state;
    static const char digits[] = "1234567890123456789";
    for (size_t len = 1; len < sizeof digits; len++) {
        char text[sizeof digits];
        int64_t value;
        snprintf(text, len + 1, "%s", digits);
        assert_true(exact_to_i64(text, &value));
        assert_int_equal(value, strtoll(text, NULL, 10));
    }
}

static void test_to_f64_refuses(void **state)
{
    (void)state;
    static const char *const bad[] = {"",       ".",     "-",      "e5", "1e", "1e+",
                                      "0x10",   "1.2.3", "1,5",    "1 ", " 1", "infinit",
                                      "nan(1)", "1e999", "-1e400", "1d5"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        double value = 42;
        if (slice_to_f64(slice_text(bad[i]), &value)) {
            fail_msg("\"%s\" is no double", bad[i]);
        }
        assert_true(value == 42);
    }
}

static void test_to_f64_accepts(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double value;
    } cases[] = {
        {"0", 0},
        {".5", 0.5},
        {"5.", 5},
        {"+1.25e-2", 0.0125},
        {"1E5", 1e5},
        {"9007199254740993", 9007199254740992.0}, /* halfway: to even */
        {"1.7976931348623157e308", 1.7976931348623157e308},
        {"5e-324", 5e-324},
        {"1e-999", 0},
        {"0e999999999999", 0},
        {"-Infinity", -(double)INFINITY},
        {"iNf", (double)INFINITY},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double value = 42;
        if (!slice_to_f64(slice_text(cases[i].text), &value) || value != cases[i].value) {
            fail_msg("\"%s\" gave %.17g", cases[i].text, value);
        }
    }
    double nan_value = 0;
    assert_true(slice_to_f64(slice_text("NaN"), &nan_value));
    assert_true(isnan(nan_value));
}

static void test_to_f64_agrees_with_strtod(void **state)
{
    (void)state;
    static const char *const shapes[] = {"%.17g", "%.3f", "%.0f", "%.25e", "%.400f"};
    struct rng rng;
    rng_init(&rng);
    for (int i = 0; i < 20000; i++) {
        double x = rng_f64(&rng);
        const char *shape = shapes[rng_below(&rng, 3)];
        if (rng_once_in(&rng, 20)) {
            shape = shapes[3 + rng_below(&rng, 2)];
        }
        if (!isfinite(x)) {
            continue;
        }
        char text[1024];
        int len = snprintf(text, sizeof text, shape, x);
        double got = 42;
        RNG_CHECK(&rng,
                  slice_to_f64(slice_of(text, (size_t)len), &got) && got == strtod(text, NULL));
    }
}

static void test_to_f64_ignores_the_locale(void **state)
{
    (void)state;
    static const char *const commas[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8"};
    bool found = false;
    for (size_t i = 0; i < sizeof commas / sizeof commas[0] && !found; i++) {
        found = setlocale(LC_ALL, commas[i]) != NULL;
    }
    double value = 0;
    /* More than 19 digits: the slow path, which is the one that could ask the locale. */
    bool ok = slice_to_f64(slice_text("0.12345678901234567890123"), &value);
    setlocale(LC_ALL, "C");
    if (!found) {
        print_message("skipped: no locale with a decimal comma\n");
        skip();
    }
    assert_true(ok && value == 0.12345678901234567890123);
}

static void test_distance_finds_typos(void **state)
{
    (void)state;
    assert_int_equal(slice_distance(slice_text("staus"), slice_text("status"), 3), 1);
    assert_int_equal(slice_distance(slice_text("STATUS"), slice_text("status"), 3), 0);
    assert_int_equal(slice_distance(slice_text("stauts"), slice_text("status"), 3), 1); /* swap */
    assert_int_equal(slice_distance(slice_text("kitten"), slice_text("sitting"), 5), 3);
    assert_int_equal(slice_distance(slice_text(""), slice_text("ab"), 5), 2);
    assert_int_equal(slice_distance(slice_text("kitten"), slice_text("sitting"), 2), 3);
    assert_int_equal(slice_distance(slice_text("a"), slice_text("abcdefgh"), 3), 4);
}

static void test_distance_of_long_names(void **state)
{
    (void)state;
    char a[200];
    memset(a, 'x', sizeof a);
    struct slice name = slice_of(a, sizeof a);
    assert_int_equal(slice_distance(name, name, 3), 0);
    assert_int_equal(slice_distance(name, slice_of(a, sizeof a - 1), 3), 4);
}

TEST_MAIN(cmocka_unit_test(test_compare_orders_bytes),
          cmocka_unit_test(test_equal_nocase_is_ascii_only), cmocka_unit_test(test_find_and_trim),
          cmocka_unit_test(test_to_i64_reads_exactly),
          cmocka_unit_test(test_to_i64_agrees_with_printf),
          cmocka_unit_test(test_to_i64_reads_nothing_beyond), cmocka_unit_test(test_to_f64_refuses),
          cmocka_unit_test(test_to_f64_accepts), cmocka_unit_test(test_to_f64_agrees_with_strtod),
          cmocka_unit_test(test_to_f64_ignores_the_locale),
          cmocka_unit_test(test_distance_finds_typos),
          cmocka_unit_test(test_distance_of_long_names))
