/* Operators and functions of numbers, case by case. */
#include "tests/engine/expr/calls.h"

static void test_bigint(void **state)
{
    static const struct call_case cases[] = {
        {"+ | BIGINT 2 | BIGINT 3", "BIGINT 5"},
        {"+ | BIGINT 9223372036854775807 | BIGINT 1", "BIGINT NULL error"},
        {"+ | BIGINT -9223372036854775808 | BIGINT -1", "BIGINT NULL error"},
        {"+ | BIGINT 9223372036854775807 | BIGINT -1", "BIGINT 9223372036854775806"},
        {"+ | BIGINT NULL | BIGINT 1", "BIGINT NULL"},
        {"+ | NULL | BIGINT 1", "BIGINT NULL"},
        {"- | BIGINT 2 | BIGINT 3", "BIGINT -1"},
        {"- | BIGINT -9223372036854775808 | BIGINT 1", "BIGINT NULL error"},
        {"- | BIGINT 0 | BIGINT -9223372036854775808", "BIGINT NULL error"},
        {"* | BIGINT 4 | BIGINT -3", "BIGINT -12"},
        {"* | BIGINT 4611686018427387904 | BIGINT 2", "BIGINT NULL error"},
        {"* | BIGINT -9223372036854775808 | BIGINT -1", "BIGINT NULL error"},
        {"/ | BIGINT 7 | BIGINT 2", "BIGINT 3"},
        {"/ | BIGINT -7 | BIGINT 2", "BIGINT -3"},
        {"/ | BIGINT 7 | BIGINT 0", "BIGINT NULL error"},
        {"/ | BIGINT 7 | !BIGINT 0", "BIGINT NULL error"},
        {"/ | BIGINT -9223372036854775808 | BIGINT -1", "BIGINT NULL error"},
        {"/ | BIGINT -9223372036854775808 | !BIGINT -1", "BIGINT NULL error"},
        {"/ | BIGINT 7 | !BIGINT -2", "BIGINT -3"},
        {"/ | BIGINT NULL | BIGINT 0", "BIGINT NULL"},
        {"% | BIGINT 7 | BIGINT 3", "BIGINT 1"},
        {"% | BIGINT -7 | BIGINT 3", "BIGINT -1"},
        {"% | BIGINT 7 | BIGINT 0", "BIGINT NULL error"},
        {"% | BIGINT -9223372036854775808 | BIGINT -1", "BIGINT 0"},
        {"mod | BIGINT 7 | BIGINT 3", "BIGINT 1"},
        {"neg | BIGINT 7", "BIGINT -7"},
        {"neg | BIGINT -9223372036854775808", "BIGINT NULL error"},
        {"abs | BIGINT -7", "BIGINT 7"},
        {"abs | BIGINT -9223372036854775808", "BIGINT NULL error"},
        {"sign | BIGINT -7", "BIGINT -1"},
        {"sign | BIGINT 0", "BIGINT 0"},
        {"floor | BIGINT 7", "BIGINT 7"},
        {"ceiling | BIGINT 7", "BIGINT 7"},
        {"round | BIGINT 7", "BIGINT 7"},
        {"round | BIGINT 15 | BIGINT -1", "BIGINT 20"},
        {"round | BIGINT -15 | BIGINT -1", "BIGINT -20"},
        {"round | BIGINT 14 | BIGINT -1", "BIGINT 10"},
        {"round | BIGINT 15 | BIGINT 3", "BIGINT 15"},
        {"round | BIGINT 9223372036854775807 | BIGINT -1", "BIGINT NULL error"},
        {"round | BIGINT 4999999999999999999 | BIGINT -19", "BIGINT 0"},
        {"round | BIGINT 5000000000000000000 | BIGINT -19", "BIGINT NULL error"},
        {"round | BIGINT 5 | BIGINT -9223372036854775808", "BIGINT 0"},
        {"trunc | BIGINT 19 | BIGINT -1", "BIGINT 10"},
        {"trunc | BIGINT -19 | BIGINT -1", "BIGINT -10"},
        {"+ | !TEXT '5' | !BIGINT 3", "BIGINT 8"},
    };
    (void)state;
    CHECK_CALLS(cases);
}

static void test_decimal(void **state)
{
    static const struct call_case cases[] = {
        {"+ | DECIMAL(12,2) 1.50 | DECIMAL(5,3) 0.125", "DECIMAL(14,3) 1.625"},
        {"+ | DECIMAL(12,2) 1.50 | !BIGINT 2", "DECIMAL(13,2) 3.50"},
        {"+ | !BIGINT 2 | DECIMAL(12,2) 1.50", "DECIMAL(13,2) 3.50"},
        {"+ | DECIMAL(18,0) 999999999999999999 | DECIMAL(1,0) 1", "DECIMAL(18,0) NULL error"},
        {"- | DECIMAL(18,0) -999999999999999999 | DECIMAL(1,0) 1", "DECIMAL(18,0) NULL error"},
        {"- | DECIMAL(4,2) 1.00 | DECIMAL(4,2) 2.50", "DECIMAL(5,2) -1.50"},
        {"+ | BIGINT 9223372036854775807 | DECIMAL(4,2) 1.00", "DECIMAL(18,2) NULL error"},
        {"* | DECIMAL(4,2) 1.50 | DECIMAL(4,2) 2.25", "DECIMAL(8,4) 3.3750"},
        {"* | DECIMAL(12,2) 10.00 | !BIGINT 3", "DECIMAL(13,2) 30.00"},
        {"* | DECIMAL(18,2) 1000000000.00 | DECIMAL(18,2) 1000000000.00",
         "DECIMAL(18,4) NULL error"},
        {"* | DECIMAL(18,10) 1.5 | DECIMAL(18,10) 0.5", "DECIMAL(18,18) 0.750000000000000000"},
        {"* | DECIMAL(18,18) 0.000000000000000005 | DECIMAL(2,1) 0.1",
         "DECIMAL(18,18) 0.000000000000000001"},
        {"* | DECIMAL(18,18) -0.000000000000000005 | DECIMAL(2,1) 0.1",
         "DECIMAL(18,18) -0.000000000000000001"},
        {"/ | DECIMAL(4,2) 1.00 | DECIMAL(4,2) 8.00", "DOUBLE 0.125"},
        {"/ | DECIMAL(4,2) 1.00 | BIGINT 4", "DOUBLE 0.25"},
        {"/ | DECIMAL(4,2) 1.00 | DECIMAL(4,2) 0.00", "DOUBLE NULL error"},
        {"% | DECIMAL(4,2) 5.50 | DECIMAL(2,1) 2.0", "DECIMAL(4,2) 1.50"},
        {"% | DECIMAL(4,2) 5.50 | DECIMAL(2,1) 0.0", "DECIMAL(4,2) NULL error"},
        {"neg | DECIMAL(4,2) 5.50", "DECIMAL(4,2) -5.50"},
        {"abs | DECIMAL(4,2) -5.50", "DECIMAL(4,2) 5.50"},
        {"sign | DECIMAL(4,2) -5.50", "BIGINT -1"},
        {"floor | DECIMAL(4,2) -5.50", "DECIMAL(3,0) -6"},
        {"floor | DECIMAL(4,2) 5.50", "DECIMAL(3,0) 5"},
        {"ceil | DECIMAL(4,2) 5.01", "DECIMAL(3,0) 6"},
        {"ceil | DECIMAL(4,2) -5.99", "DECIMAL(3,0) -5"},
        {"round | DECIMAL(4,2) 2.50", "DECIMAL(3,0) 3"},
        {"round | DECIMAL(4,2) -2.50", "DECIMAL(3,0) -3"},
        {"round | DECIMAL(4,3) 2.675 | !BIGINT 2", "DECIMAL(4,2) 2.68"},
        {"round | DECIMAL(5,2) 155.55 | !BIGINT -1", "DECIMAL(4,0) 160"},
        {"round | DECIMAL(5,2) 155.55 | !BIGINT 5", "DECIMAL(6,2) 155.55"},
        {"round | DECIMAL(5,2) 55.55 | !BIGINT -20", "DECIMAL(4,0) 0"},
        {"trunc | DECIMAL(4,3) 2.679 | !BIGINT 2", "DECIMAL(4,2) 2.67"},
        {"trunc | DECIMAL(4,2) -2.99", "DECIMAL(3,0) -2"},
        {"round | DECIMAL(18,0) 999999999999999999 | !BIGINT -1", "DECIMAL(18,0) NULL error"},
    };
    (void)state;
    CHECK_CALLS(cases);
}

/* Digits that are no constant leave the scale as it is. */
static void test_varying_digits(void **state)
{
    (void)state;
    struct call_scene scene;
    scene_open(&scene);
    assert_string_equal(scene_result(&scene, "round | DECIMAL(4,3) 2.675 | BIGINT 2", true),
                        "DECIMAL(5,3) 2.680");
    scene_close(&scene);
    scene_open(&scene);
    assert_string_equal(scene_result(&scene, "round | DECIMAL(4,1) 255.5 | BIGINT -2", true),
                        "DECIMAL(5,1) 300.0");
    scene_close(&scene);
}

static void test_double(void **state)
{
    static const struct call_case cases[] = {
        {"+ | DOUBLE 1.5 | DOUBLE 2", "DOUBLE 3.5"},
        {"+ | DOUBLE 1.5 | BIGINT 2", "DOUBLE 3.5"},
        {"+ | DECIMAL(2,1) 1.5 | DOUBLE 2", "DOUBLE 3.5"},
        {"+ | DOUBLE 1.7e308 | DOUBLE 1.7e308", "DOUBLE NULL error"},
        {"+ | DOUBLE inf | DOUBLE 1", "DOUBLE Infinity"},
        {"+ | DOUBLE nan | DOUBLE 1", "DOUBLE NaN"},
        {"- | DOUBLE inf | DOUBLE inf", "DOUBLE NaN"},
        {"- | DOUBLE -1.7e308 | DOUBLE 1.7e308", "DOUBLE NULL error"},
        {"* | DOUBLE 1e200 | DOUBLE 1e200", "DOUBLE NULL error"},
        {"* | DOUBLE 1.5 | DOUBLE -2", "DOUBLE -3"},
        {"/ | DOUBLE 1 | DOUBLE 4", "DOUBLE 0.25"},
        {"/ | DOUBLE 1 | DOUBLE 0", "DOUBLE NULL error"},
        {"/ | DOUBLE 0 | DOUBLE 0", "DOUBLE NULL error"},
        {"/ | DOUBLE 1e300 | DOUBLE 1e-300", "DOUBLE NULL error"},
        {"/ | BIGINT 1 | DOUBLE 4", "DOUBLE 0.25"},
        {"% | DOUBLE 5.5 | DOUBLE 2", "DOUBLE 1.5"},
        {"% | DOUBLE 5.5 | DOUBLE 0", "DOUBLE NULL error"},
        {"neg | DOUBLE 5.5", "DOUBLE -5.5"},
        {"abs | DOUBLE -5.5", "DOUBLE 5.5"},
        {"sign | DOUBLE -5.5", "DOUBLE -1"},
        {"sign | DOUBLE nan", "DOUBLE NaN"},
        {"floor | DOUBLE -5.5", "DOUBLE -6"},
        {"ceil | DOUBLE 5.2", "DOUBLE 6"},
        {"round | DOUBLE 2.5", "DOUBLE 2"},
        {"round | DOUBLE 3.5", "DOUBLE 4"},
        {"round | DOUBLE 1234.5678 | BIGINT 2", "DOUBLE 1234.57"},
        {"round | DOUBLE 1234.5678 | BIGINT -2", "DOUBLE 1200"},
        {"round | DOUBLE 1e300 | BIGINT 300", "DOUBLE 1e+300"},
        {"round | DOUBLE 5 | BIGINT -9223372036854775808", "DOUBLE 0"},
        {"trunc | DOUBLE -2.9", "DOUBLE -2"},
        {"trunc | DOUBLE 2.99 | BIGINT 1", "DOUBLE 2.9"},
        {"power | DOUBLE 2 | DOUBLE 10", "DOUBLE 1024"},
        {"pow | BIGINT 2 | BIGINT 3", "DOUBLE 8"},
        {"power | DOUBLE 0 | DOUBLE -1", "DOUBLE NULL error"},
        {"power | DOUBLE -8 | DOUBLE 0.5", "DOUBLE NULL error"},
        {"power | DOUBLE 1e300 | DOUBLE 2", "DOUBLE NULL error"},
        {"sqrt | DOUBLE 9", "DOUBLE 3"},
        {"sqrt | DOUBLE -1", "DOUBLE NULL error"},
        {"exp | DOUBLE 0", "DOUBLE 1"},
        {"exp | DOUBLE 1000", "DOUBLE NULL error"},
        {"ln | DOUBLE 1", "DOUBLE 0"},
        {"ln | DOUBLE 0", "DOUBLE NULL error"},
        {"log10 | DOUBLE 1000", "DOUBLE 3"},
        {"log | DOUBLE 100", "DOUBLE 2"},
        {"log | DOUBLE 2 | DOUBLE 8", "DOUBLE 3"},
        {"log | DOUBLE 1 | DOUBLE 8", "DOUBLE NULL error"},
    };
    (void)state;
    CHECK_CALLS(cases);
}

static void test_bar(void **state)
{
    static const struct call_case cases[] = {
        {"bar | BIGINT 4 | BIGINT 8 | BIGINT 4", "TEXT ██"},
        {"bar | DOUBLE 0.5 | BIGINT 8 | BIGINT 4", "TEXT ▎"},
        {"bar | BIGINT 9 | BIGINT 8 | BIGINT 2", "TEXT ██"},
        {"bar | BIGINT -1 | BIGINT 8 | BIGINT 2", "TEXT "},
        {"bar | BIGINT 1 | BIGINT 0 | BIGINT 2", "TEXT "},
        {"bar | BIGINT 1 | BIGINT 1 | BIGINT 1001", "TEXT NULL error"},
    };
    (void)state;
    CHECK_CALLS(cases);
}

static void test_spark(void **state)
{
    static const struct call_case cases[] = {
        {"spark | BIGINT 0", "TEXT ▁"},
        {"spark | DOUBLE 0.5", "TEXT ▅"},
        {"spark | DOUBLE 7.5", "TEXT █"},
        {"spark | DOUBLE nan", "TEXT ▁"},
        {"spark | TEXT 1,2,3,4,5,6,7,8", "TEXT ▁▂▃▄▅▆▇█"},
        {"spark | TEXT [ -1.5; x 1e1 ]", "TEXT ▁ █"},
        {"spark | TEXT 5 5", "TEXT ▁▁"},
        {"spark | TEXT -inf 1 2", "TEXT  ▁█"},
        {"spark | TEXT ", "TEXT "},
        {"spark | TEXT NULL", "TEXT NULL"},
    };
    (void)state;
    CHECK_CALLS(cases);
}

TEST_MAIN(cmocka_unit_test(test_bigint), cmocka_unit_test(test_decimal),
          cmocka_unit_test(test_varying_digits), cmocka_unit_test(test_double),
          cmocka_unit_test(test_bar), cmocka_unit_test(test_spark))
