/* test_human: numbers as people read them. */
#include "shell/human.h"
#include "tests/support/testing.h"

static void check(void (*print)(struct bytebuf *, uint64_t), uint64_t n, const char *expected)
{
    struct bytebuf out = {0};
    print(&out, n);
    assert_string_equal(bytebuf_text(&out), expected);
    bytebuf_release(&out);
}

static void test_counts(void **state)
{
    (void)state;
    check(human_count, 0, "0");
    check(human_count, 999, "999");
    check(human_count, 1000, "1.00k");
    check(human_count, 1234, "1.23k");
    check(human_count, 12345, "12.3k");
    check(human_count, 123456, "123k");
    check(human_count, 999499, "999k");
    check(human_count, 999500, "1.00M");
    check(human_count, 9994999, "9.99M");
    check(human_count, 9995001, "10.0M");
    check(human_count, UINT64_MAX, "18.4E");
}

static void test_rows_and_bytes(void **state)
{
    (void)state;
    check(human_rows, 1, "1 row");
    check(human_rows, 0, "0 rows");
    check(human_rows, 1000000, "1.00 M rows");
    check(human_bytes, 999, "999 B");
    check(human_bytes, 1200, "1.2 kB");
    check(human_bytes, 98000000, "98 MB");
    check(human_bytes, 1200000000, "1.2 GB");
}

static void check_duration(int64_t us, const char *expected)
{
    struct bytebuf out = {0};
    human_duration(&out, us);
    assert_string_equal(bytebuf_text(&out), expected);
    bytebuf_release(&out);
}

static void test_durations(void **state)
{
    (void)state;
    check_duration(420000, "0.42 s");
    check_duration(12300000, "12.3 s");
    check_duration(65000000, "1 min 5 s");
    check_duration(INT64_C(3725000000), "1 h 2 min");
}

TEST_MAIN(cmocka_unit_test(test_counts), cmocka_unit_test(test_rows_and_bytes),
          cmocka_unit_test(test_durations))
