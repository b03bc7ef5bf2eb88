/* Functions of TIMESTAMP and INTERVAL, and casts of all types, case by case. */
#include "tests/engine/expr/calls.h"

static void test_arithmetic(void **state)
{
    static const struct call_case cases[] = {
        {"+ | TIMESTAMP 2026-01-05T09:00:00Z | INTERVAL 15m", "TIMESTAMP 2026-01-05T09:15:00Z"},
        {"+ | INTERVAL 15m | TIMESTAMP 2026-01-05T09:00:00Z", "TIMESTAMP 2026-01-05T09:15:00Z"},
        {"- | TIMESTAMP 2026-01-05T09:00:00Z | INTERVAL 1d", "TIMESTAMP 2026-01-04T09:00:00Z"},
        {"- | TIMESTAMP 2026-01-05T09:00:00Z | TIMESTAMP 2026-01-05T08:00:00Z", "INTERVAL 1h"},
        {"- | TIMESTAMP 2026-01-05T09:00:00Z | !TEXT '2026-01-05T08:00:00Z'", "INTERVAL 1h"},
        {"- | TIMESTAMP 2026-01-05T09:00:00Z | !TEXT '10 seconds'",
         "TIMESTAMP 2026-01-05T08:59:50Z"},
        {"+ | TIMESTAMP 9999-12-31T23:59:59Z | INTERVAL 1s", "TIMESTAMP NULL error"},
        {"- | TIMESTAMP 0001-01-01T00:00:00Z | INTERVAL 1s", "TIMESTAMP NULL error"},
        {"+ | INTERVAL 1h | INTERVAL 30m", "INTERVAL 1h30m"},
        {"- | INTERVAL 1h | INTERVAL 90m", "INTERVAL -30m"},
        {"* | INTERVAL 10s | BIGINT 3", "INTERVAL 30s"},
        {"* | BIGINT 3 | INTERVAL 10s", "INTERVAL 30s"},
        {"* | INTERVAL 10s | DECIMAL(2,1) 1.5", "INTERVAL 15s"},
        {"* | DOUBLE 0.5 | INTERVAL 10s", "INTERVAL 5s"},
        {"* | INTERVAL 10s | DOUBLE 1e300", "INTERVAL NULL error"},
        {"* | INTERVAL 10d | BIGINT 9223372036854775807", "INTERVAL NULL error"},
        {"/ | INTERVAL 10s | BIGINT 4", "INTERVAL 2s500ms"},
        {"/ | INTERVAL 10s | BIGINT 0", "INTERVAL NULL error"},
        {"/ | INTERVAL 10s | DOUBLE 2.5", "INTERVAL 4s"},
        {"/ | INTERVAL 10s | DOUBLE 0", "INTERVAL NULL error"},
        {"/ | INTERVAL 15m | INTERVAL 10m", "DOUBLE 1.5"},
        {"/ | INTERVAL 15m | INTERVAL 0s", "DOUBLE NULL error"},
        {"neg | INTERVAL 15m", "INTERVAL -15m"},
        {"abs | INTERVAL -15m", "INTERVAL 15m"},
        /* A time beside a number is in milliseconds. */
        {"/ | TIMESTAMP 2021-11-02T19:06:49.999Z | BIGINT 1000", "BIGINT 1635880009"},
        {"- | TIMESTAMP 1970-01-01T00:00:01Z | BIGINT 5", "BIGINT 995"},
        {"* | TIMESTAMP 1970-01-01T00:00:01Z | BIGINT 5", "BIGINT 5000"},
        {"/ | TIMESTAMP 1970-01-01T00:00:01Z | DOUBLE 8", "DOUBLE 125"},
        {"/ | TIMESTAMP 1970-01-01T00:00:01Z | DECIMAL(4,1) 8.0", "DOUBLE 125"},
        {"< | TIMESTAMP 2021-11-02T20:00:08.999Z | BIGINT 1635883209000", "BOOLEAN true"},
        {"< | TIMESTAMP 2021-11-02T20:00:09Z | BIGINT 1635883209000", "BOOLEAN false"},
        {"= | BIGINT 1635883209000 | TIMESTAMP 2021-11-02T20:00:09Z", "BOOLEAN true"},
        {"= | TIMESTAMP 1969-12-31T23:59:59.9995Z | BIGINT -1", "BOOLEAN true"},
        {"in | TIMESTAMP 1970-01-01T00:00:01Z | BIGINT 1 | BIGINT 1000", "BOOLEAN true"},
        {"= | TIMESTAMP 2021-11-02T20:00:09Z | !TEXT '2021-11-02 21:00:09+01:00'", "BOOLEAN true"},
        {"between | TIMESTAMP 2021-11-02T20:00:09Z | !TEXT '2021-11-02' | !TEXT '2021-11-03'",
         "BOOLEAN true"},
    };
    (void)state;
    CHECK_CALLS(cases);
}

static void test_date_trunc(void **state)
{
    static const struct call_case cases[] = {
        {"date_trunc | !TEXT 'hour' | TIMESTAMP 2026-01-05T09:59:59.999999Z",
         "TIMESTAMP 2026-01-05T09:00:00Z"},
        {"date_trunc | !TEXT 'DAY' | TIMESTAMP 2026-01-05T09:59:59Z",
         "TIMESTAMP 2026-01-05T00:00:00Z"},
        {"date_trunc | !TEXT 'week' | TIMESTAMP 2026-01-04T09:59:59Z",
         "TIMESTAMP 2025-12-29T00:00:00Z"},
        {"date_trunc | !TEXT 'month' | TIMESTAMP 2026-02-28T09:59:59Z",
         "TIMESTAMP 2026-02-01T00:00:00Z"},
        {"date_trunc | !TEXT 'quarter' | TIMESTAMP 2026-12-31T09:59:59Z",
         "TIMESTAMP 2026-10-01T00:00:00Z"},
        {"date_trunc | !TEXT 'year' | TIMESTAMP 1969-12-31T09:59:59Z",
         "TIMESTAMP 1969-01-01T00:00:00Z"},
        {"date_trunc | !TEXT 'second' | TIMESTAMP 1969-12-31T23:59:59.5Z",
         "TIMESTAMP 1969-12-31T23:59:59Z"},
        {"date_trunc | !TEXT 'decade' | TIMESTAMP 1969-12-31T23:59:59.5Z",
         "TIMESTAMP 1960-01-01T00:00:00Z"},
        {"date_trunc | !TEXT 'century' | TIMESTAMP 2000-12-31T23:59:59.5Z",
         "TIMESTAMP 1901-01-01T00:00:00Z"},
        {"date_trunc | !TEXT 'week' | TIMESTAMP 0001-01-01T00:00:00Z",
         "TIMESTAMP 0001-01-01T00:00:00Z"},
        {"date_trunc | !TEXT 'day' | TIMESTAMP 2026-07-01T22:30:00Z | !TEXT 'Europe/Berlin'",
         "TIMESTAMP 2026-07-01T22:00:00Z"},
        /* 02:30 happens twice on that night; the second one stays the second one. */
        {"date_trunc | !TEXT 'hour' | TIMESTAMP 2026-10-25T01:30:00Z | !TEXT 'Europe/Berlin'",
         "TIMESTAMP 2026-10-25T01:00:00Z"},
    };
    (void)state;
    CHECK_CALLS(cases);
}

static void test_parts(void **state)
{
    static const struct call_case cases[] = {
        {"date_part | !TEXT 'year' | TIMESTAMP 2026-01-05T09:08:07.654321Z", "BIGINT 2026"},
        {"extract | !TEXT 'quarter' | TIMESTAMP 2026-05-05T09:08:07Z", "BIGINT 2"},
        {"extract | !TEXT 'month' | TIMESTAMP 2026-05-05T09:08:07Z", "BIGINT 5"},
        {"extract | !TEXT 'day' | TIMESTAMP 2026-01-05T09:08:07Z", "BIGINT 5"},
        {"extract | !TEXT 'hour' | TIMESTAMP 2026-01-05T09:08:07Z", "BIGINT 9"},
        {"extract | !TEXT 'hours' | TIMESTAMP 2026-01-05T09:08:07Z | !TEXT 'Europe/Berlin'",
         "BIGINT 10"},
        {"extract | !TEXT 'minute' | TIMESTAMP 2026-01-05T09:08:07Z", "BIGINT 8"},
        {"extract | !TEXT 'second' | TIMESTAMP 2026-01-05T09:08:07.654321Z", "BIGINT 7"},
        {"extract | !TEXT 'millisecond' | TIMESTAMP 2026-01-05T09:08:07.654321Z", "BIGINT 7654"},
        {"extract | !TEXT 'microsecond' | TIMESTAMP 2026-01-05T09:08:07.654321Z", "BIGINT 7654321"},
        {"extract | !TEXT 'dow' | TIMESTAMP 2026-01-04T09:08:07Z", "BIGINT 0"},
        {"extract | !TEXT 'isodow' | TIMESTAMP 2026-01-04T09:08:07Z", "BIGINT 7"},
        {"extract | !TEXT 'doy' | TIMESTAMP 2024-12-31T09:08:07Z", "BIGINT 366"},
        {"extract | !TEXT 'week' | TIMESTAMP 2026-01-04T09:08:07Z", "BIGINT 1"},
        {"extract | !TEXT 'week' | TIMESTAMP 2027-01-01T09:08:07Z", "BIGINT 53"},
        {"extract | !TEXT 'isoyear' | TIMESTAMP 2027-01-01T09:08:07Z", "BIGINT 2026"},
        {"extract | !TEXT 'week' | TIMESTAMP 2024-12-30T09:08:07Z", "BIGINT 1"},
        {"extract | !TEXT 'isoyear' | TIMESTAMP 2024-12-30T09:08:07Z", "BIGINT 2025"},
        {"extract | !TEXT 'week' | TIMESTAMP 2020-12-31T00:00:00Z", "BIGINT 53"},
        {"extract | !TEXT 'century' | TIMESTAMP 2000-12-31T09:08:07Z", "BIGINT 20"},
        {"extract | !TEXT 'decade' | TIMESTAMP 2009-12-31T09:08:07Z", "BIGINT 200"},
        {"extract | !TEXT 'epoch' | TIMESTAMP 2021-11-02T20:00:09.999Z", "BIGINT 1635883209"},
        {"extract | !TEXT 'epoch' | TIMESTAMP 1969-12-31T23:59:59.5Z", "BIGINT -1"},
        {"extract | !TEXT 'epoch' | INTERVAL 90m", "BIGINT 5400"},
        {"extract | !TEXT 'minute' | INTERVAL 90m", "BIGINT 30"},
        {"extract | !TEXT 'day' | INTERVAL 400d", "BIGINT 400"},
        {"extract | !TEXT 'hour' | INTERVAL 49h", "BIGINT 1"},
        {"epoch_ms | TIMESTAMP 2021-11-02T20:00:09.999Z", "BIGINT 1635883209999"},
        {"epoch_ms | TIMESTAMP 1969-12-31T23:59:59.9995Z", "BIGINT -1"},
        {"epoch_ms | INTERVAL 1s", "BIGINT 1000"},
        {"now", "TIMESTAMP 2023-11-14T22:13:20.123456Z"},
    };
    (void)state;
    CHECK_CALLS(cases);
}

static void test_text_and_time(void **state)
{
    static const struct call_case cases[] = {
        {"to_timestamp | BIGINT 1635883209", "TIMESTAMP 2021-11-02T20:00:09Z"},
        {"to_timestamp | DOUBLE 1635883209.25", "TIMESTAMP 2021-11-02T20:00:09.250Z"},
        {"to_timestamp | DECIMAL(12,2) 1635883209.25", "TIMESTAMP 2021-11-02T20:00:09.250Z"},
        {"to_timestamp | DOUBLE nan", "TIMESTAMP NULL error"},
        {"to_timestamp | BIGINT 999999999999", "TIMESTAMP NULL error"},
        {"to_timestamp | TEXT '2021-11-02 20:00:09'", "TIMESTAMP 2021-11-02T20:00:09Z"},
        {"to_timestamp | TEXT '02/Nov/2021 20:00' | !TEXT '%d/%b/%Y %H:%M'",
         "TIMESTAMP 2021-11-02T20:00:00Z"},
        {"to_timestamp | TEXT '02/Nov/2021 20:00' | !TEXT '%d/%b/%Y %H:%M' | !TEXT "
         "'Europe/Berlin'",
         "TIMESTAMP 2021-11-02T19:00:00Z"},
        {"to_timestamp | TEXT 'x' | !TEXT '%d/%b/%Y %H:%M'", "TIMESTAMP NULL error"},
        {"strftime | TIMESTAMP 2021-11-02T20:00:09Z | TEXT '%Y-%m %H:%M'", "TEXT 2021-11 20:00"},
        {"strftime | TIMESTAMP 2021-11-02T20:00:09Z | TEXT '%H' | !TEXT 'Europe/Berlin'",
         "TEXT 21"},
    };
    (void)state;
    CHECK_CALLS(cases);
}

static void test_refused(void **state)
{
    static const struct call_case cases[] = {
        {"date_trunc | TEXT 'hou' | TIMESTAMP 2026-01-05T09:00:00Z",
         "E0124 date_trunc has no unit 'hou'"},
        {"date_trunc | TEXT 'dow' | TIMESTAMP 2026-01-05T09:00:00Z",
         "E0124 date_trunc has no unit 'dow'"},
        {"extract | TEXT 'month' | INTERVAL 1h", "E0124 an INTERVAL has no month"},
        {"to_timestamp | TEXT 'x' | TEXT '%Q'", "E0124 "},
        {"date_trunc | TEXT 'day' | TIMESTAMP 2026-01-05T09:00:00Z | TEXT 'Europe/Berlni'",
         "E0124 "},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct call_scene scene;
        scene_open(&scene);
        const char *result = scene_result(&scene, cases[i].call, false);
        if (strncmp(result, cases[i].result, strlen(cases[i].result)) != 0) {
            fail_msg("%s gives %s", cases[i].call, result);
        }
        scene_close(&scene);
    }
}

/* A unit that is no constant. */
static void test_needs_constant(void **state)
{
    struct call_scene scene;
    (void)state;
    scene_open(&scene);
    assert_string_equal(scene_result(&scene,
                                     "date_trunc | TEXT 'hour' | TIMESTAMP 2026-01-05T09:00:00Z",
                                     true),
                        "E0124 the unit of date_trunc must be a constant");
    scene_close(&scene);
}

/* ---- casts ----------------------------------------------------------------------------------- */

struct cast_case {
    const char *value;
    const char *type;
    const char *result; /* as in calls.h; E0112 if there is no such cast */
};

static const char *cast_result(struct call_scene *scene, const struct cast_case *test,
                               bool as_columns, bool try_cast)
{
    struct expr *e;
    struct error err;
    struct type type;
    struct value value = scene_value(scene, arena_text(&scene->arena, test->value));
    struct expr *from =
        as_columns ? scene_column(scene, &value) : expr_constant(&scene->arena, value);
    assert_true(type_parse(slice_text(test->type), &type));
    if (expr_cast(&scene->arena, from, type, try_cast, 3, &e, &err) != OK) {
        assert_int_equal(err.at, 3);
        return arena_printf(&scene->arena, "E0%d", err.code);
    }
    struct column column = scene_run(scene, e);
    assert_true(type_equal(column.type, type));
    struct value result = column_value(&column, CALL_ROWS - 1);
    return scene_print(scene, &result, scene->context.errors.count);
}

/* What TRY_CAST gives where CAST gives this. */
static const char *without_error(struct arena *arena, const char *result)
{
    const char *error = strstr(result, " error");
    return error == NULL ? result : arena_printf(arena, "%.*s", (int)(error - result), result);
}

static const struct cast_case casts[] = {
    {"BOOLEAN true", "BIGINT", "BIGINT 1"},
    {"BOOLEAN true", "TEXT", "TEXT true"},
    {"BOOLEAN true", "DOUBLE", "E0112"},
    {"BOOLEAN NULL", "TEXT", "TEXT NULL"},
    {"BIGINT 5", "BIGINT", "BIGINT 5"},
    {"BIGINT 5", "BOOLEAN", "BOOLEAN true"},
    {"BIGINT 0", "BOOLEAN", "BOOLEAN false"},
    {"BIGINT 5", "DOUBLE", "DOUBLE 5"},
    {"BIGINT 5", "DECIMAL(5,2)", "DECIMAL(5,2) 5.00"},
    {"BIGINT 1000", "DECIMAL(5,2)", "DECIMAL(5,2) NULL error"},
    {"BIGINT 9223372036854775807", "DECIMAL(18,0)", "DECIMAL(18,0) NULL error"},
    {"BIGINT -9223372036854775808", "TEXT", "TEXT -9223372036854775808"},
    {"BIGINT 1635883209001", "TIMESTAMP", "TIMESTAMP 2021-11-02T20:00:09.001Z"},
    {"BIGINT 9223372036854775807", "TIMESTAMP", "TIMESTAMP NULL error"},
    {"BIGINT 5", "INTERVAL", "E0112"},
    {"DOUBLE 2.5", "BIGINT", "BIGINT 2"},
    {"DOUBLE -3.5", "BIGINT", "BIGINT -4"},
    {"DOUBLE nan", "BIGINT", "BIGINT NULL error"},
    {"DOUBLE 9223372036854775808", "BIGINT", "BIGINT NULL error"},
    {"DOUBLE -9223372036854775808", "BIGINT", "BIGINT -9223372036854775808"},
    {"DOUBLE 2.675", "DECIMAL(5,2)", "DECIMAL(5,2) 2.68"},
    {"DOUBLE 1000", "DECIMAL(5,2)", "DECIMAL(5,2) NULL error"},
    {"DOUBLE 0.1", "TEXT", "TEXT 0.1"},
    {"DOUBLE 1e100", "TEXT", "TEXT 1e+100"},
    {"DOUBLE 1", "BOOLEAN", "E0112"},
    {"DECIMAL(4,2) 2.50", "BIGINT", "BIGINT 3"},
    {"DECIMAL(4,2) -2.50", "BIGINT", "BIGINT -3"},
    {"DECIMAL(4,2) 2.25", "DOUBLE", "DOUBLE 2.25"},
    {"DECIMAL(4,2) 2.25", "DECIMAL(3,1)", "DECIMAL(3,1) 2.3"},
    {"DECIMAL(4,2) 99.95", "DECIMAL(3,1)", "DECIMAL(3,1) NULL error"},
    {"DECIMAL(4,2) 99.95", "DECIMAL(6,3)", "DECIMAL(6,3) 99.950"},
    {"DECIMAL(4,2) 99.95", "DECIMAL(5,4)", "DECIMAL(5,4) NULL error"},
    {"DECIMAL(4,2) 99.95", "DECIMAL(6,2)", "DECIMAL(6,2) 99.95"},
    {"DECIMAL(4,2) 99.95", "DECIMAL(3,2)", "DECIMAL(3,2) NULL error"},
    {"DECIMAL(4,2) -0.05", "TEXT", "TEXT -0.05"},
    {"TEXT ' 42 '", "BIGINT", "BIGINT 42"},
    {"TEXT '4x'", "BIGINT", "BIGINT NULL error"},
    {"TEXT ''", "BIGINT", "BIGINT NULL error"},
    {"TEXT '9223372036854775808'", "BIGINT", "BIGINT NULL error"},
    {"TEXT '1e3'", "DOUBLE", "DOUBLE 1000"},
    {"TEXT 'x'", "DOUBLE", "DOUBLE NULL error"},
    {"TEXT '2.675'", "DECIMAL(5,2)", "DECIMAL(5,2) 2.68"},
    {"TEXT '1000'", "DECIMAL(5,2)", "DECIMAL(5,2) NULL error"},
    {"TEXT 'Yes'", "BOOLEAN", "BOOLEAN true"},
    {"TEXT 'off'", "BOOLEAN", "BOOLEAN false"},
    {"TEXT 'maybe'", "BOOLEAN", "BOOLEAN NULL error"},
    {"TEXT '2021-11-02T20:00:09Z'", "TIMESTAMP", "TIMESTAMP 2021-11-02T20:00:09Z"},
    {"TEXT 'soon'", "TIMESTAMP", "TIMESTAMP NULL error"},
    {"TEXT '90 seconds'", "INTERVAL", "INTERVAL 1m30s"},
    {"TEXT 'long'", "INTERVAL", "INTERVAL NULL error"},
    {"TEXT NULL", "BIGINT", "BIGINT NULL"},
    {"TIMESTAMP 2021-11-02T20:00:09.001Z", "BIGINT", "BIGINT 1635883209001"},
    {"TIMESTAMP 2021-11-02T20:00:09.001Z", "TEXT", "TEXT 2021-11-02T20:00:09.001Z"},
    {"TIMESTAMP 2021-11-02T20:00:09.001Z", "BOOLEAN", "E0112"},
    {"INTERVAL 90s", "TEXT", "TEXT 1m30s"},
    {"INTERVAL 90s", "BIGINT", "E0112"},
    {"NULL", "DECIMAL(5,2)", "DECIMAL(5,2) NULL"},
};

static void test_casts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof casts / sizeof casts[0]; i++) {
        for (int way = 0; way < 4; way++) {
            struct call_scene scene;
            scene_open(&scene);
            bool try_cast = way >= 2;
            const char *wanted =
                try_cast ? without_error(&scene.arena, casts[i].result) : casts[i].result;
            const char *result = cast_result(&scene, &casts[i], way % 2 == 1, try_cast);
            if (strcmp(result, wanted) != 0) {
                fail_msg("CAST(%s AS %s), way %d, gives %s, not %s", casts[i].value, casts[i].type,
                         way, result, wanted);
            }
            scene_close(&scene);
        }
    }
}

TEST_MAIN(cmocka_unit_test(test_arithmetic), cmocka_unit_test(test_date_trunc),
          cmocka_unit_test(test_parts), cmocka_unit_test(test_text_and_time),
          cmocka_unit_test(test_refused), cmocka_unit_test(test_needs_constant),
          cmocka_unit_test(test_casts))
