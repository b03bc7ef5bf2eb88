/* Comparison, three-valued logic and choice, case by case. */
#include "tests/engine/expr/calls.h"

static void test_comparison(void **state)
{
    static const struct call_case cases[] = {
        {"= | BIGINT 1 | BIGINT 1", "BOOLEAN true"},
        {"== | BIGINT 1 | BIGINT 1", "BOOLEAN true"},
        {"<> | BIGINT 1 | BIGINT 1", "BOOLEAN false"},
        {"!= | BIGINT 1 | BIGINT 2", "BOOLEAN true"},
        {"< | BIGINT -1 | BIGINT 1", "BOOLEAN true"},
        {"<= | BIGINT 1 | BIGINT 1", "BOOLEAN true"},
        {"> | BIGINT 1 | BIGINT 1", "BOOLEAN false"},
        {">= | BIGINT 1 | BIGINT 2", "BOOLEAN false"},
        {"= | BIGINT NULL | BIGINT 1", "BOOLEAN NULL"},
        {"= | NULL | NULL", "BOOLEAN NULL"},
        {"< | BOOLEAN false | BOOLEAN true", "BOOLEAN true"},
        {"> | BOOLEAN false | BOOLEAN true", "BOOLEAN false"},
        {"= | BOOLEAN true | !TEXT 'yes'", "BOOLEAN true"},
        {"< | TEXT 'a' | TEXT 'ab'", "BOOLEAN true"},
        {"> | TEXT 'b' | TEXT 'ab'", "BOOLEAN true"},
        {"> | TEXT 'ä' | TEXT 'z'", "BOOLEAN true"},
        {"= | TEXT '' | TEXT ''", "BOOLEAN true"},
        {"= | DOUBLE nan | DOUBLE nan", "BOOLEAN true"},
        {"> | DOUBLE nan | DOUBLE inf", "BOOLEAN true"},
        {"< | DOUBLE nan | DOUBLE nan", "BOOLEAN false"},
        {"<= | DOUBLE nan | DOUBLE nan", "BOOLEAN true"},
        {"= | DOUBLE 0 | DOUBLE -0", "BOOLEAN true"},
        {"< | BIGINT 1 | DOUBLE 1.5", "BOOLEAN true"},
        {"= | DECIMAL(4,2) 1.50 | DECIMAL(4,3) 1.500", "BOOLEAN true"},
        {"< | DECIMAL(4,2) 1.50 | DECIMAL(4,3) 1.501", "BOOLEAN true"},
        {"< | DECIMAL(18,0) 999999999999999999 | DECIMAL(18,18) 0.5", "BOOLEAN false"},
        {"> | BIGINT 9223372036854775807 | DECIMAL(4,2) 1.50", "BOOLEAN true"},
        {"= | DECIMAL(4,2) 2.00 | BIGINT 2", "BOOLEAN true"},
        {"= | BIGINT 2 | DECIMAL(4,2) 2.01", "BOOLEAN false"},
        {"> | BIGINT 6 | !TEXT '5.5'", "BOOLEAN true"},
        {"> | DOUBLE 6 | !TEXT '5.5'", "BOOLEAN true"},
        {"= | INTERVAL 1h | !TEXT '60 minutes'", "BOOLEAN true"},
        {"is distinct from | BIGINT 1 | BIGINT NULL", "BOOLEAN true"},
        {"is distinct from | BIGINT NULL | BIGINT NULL", "BOOLEAN false"},
        {"is not distinct from | TEXT 'a' | TEXT 'a'", "BOOLEAN true"},
        {"is not distinct from | TEXT '' | TEXT NULL", "BOOLEAN false"},
        {"between | BIGINT 2 | BIGINT 1 | BIGINT 3", "BOOLEAN true"},
        {"between | BIGINT 4 | BIGINT 1 | BIGINT 3", "BOOLEAN false"},
        {"between | BIGINT 4 | BIGINT NULL | BIGINT 3", "BOOLEAN false"},
        {"between | BIGINT 2 | BIGINT NULL | BIGINT 3", "BOOLEAN NULL"},
        {"not between | BIGINT 4 | BIGINT NULL | BIGINT 3", "BOOLEAN true"},
    };
    (void)state;
    CHECK_CALLS(cases);
}

static void test_in(void **state)
{
    static const struct call_case cases[] = {
        {"in | BIGINT 2 | BIGINT 2", "BOOLEAN true"},
        {"in | BIGINT 2 | !BIGINT 1 | !BIGINT 2", "BOOLEAN true"},
        {"in | BIGINT 3 | !BIGINT 1 | !BIGINT 2", "BOOLEAN false"},
        {"in | BIGINT 3 | !BIGINT 1 | !BIGINT NULL", "BOOLEAN NULL"},
        {"in | BIGINT 3 | BIGINT 1 | NULL", "BOOLEAN NULL"},
        {"in | BIGINT 1 | !BIGINT 1 | !BIGINT NULL", "BOOLEAN true"},
        {"in | BIGINT NULL | !BIGINT 1 | !BIGINT 2", "BOOLEAN NULL"},
        {"not in | BIGINT 3 | !BIGINT 1 | !BIGINT 2", "BOOLEAN true"},
        {"not in | BIGINT 3 | !BIGINT 1 | !NULL", "BOOLEAN NULL"},
        {"in | BIGINT 3 | BIGINT 1 | BIGINT 3", "BOOLEAN true"},
        {"in | TEXT 'b' | !TEXT 'a' | !TEXT 'b' | !TEXT 'c'", "BOOLEAN true"},
        {"in | TEXT 'bb' | !TEXT 'a' | !TEXT 'b' | !TEXT 'c'", "BOOLEAN false"},
        {"in | TEXT 'a text of more than sixteen bytes' | !TEXT 'a' | "
         "!TEXT 'a text of more than sixteen bytes'",
         "BOOLEAN true"},
        {"in | DOUBLE nan | !DOUBLE 1 | !DOUBLE nan", "BOOLEAN true"},
        {"in | DOUBLE -0 | !DOUBLE 1 | !DOUBLE 0", "BOOLEAN true"},
        {"in | DECIMAL(4,2) 1.50 | !BIGINT 1 | !DECIMAL(2,1) 1.5", "BOOLEAN true"},
        {"in | DECIMAL(4,2) 1.50 | !DECIMAL(4,3) 1.501 | !DECIMAL(4,3) 1.505", "BOOLEAN false"},
        {"in | BIGINT 2 | !DECIMAL(2,1) 1.5 | !DECIMAL(2,1) 2.0", "BOOLEAN true"},
        {"in | BIGINT 2 | !TEXT '1' | !TEXT '2'", "BOOLEAN true"},
        {"in | BOOLEAN true | !BOOLEAN false | !BOOLEAN true", "BOOLEAN true"},
        {"in | TIMESTAMP 2021-11-02T20:00:09Z | !TEXT '2021-11-02' | "
         "!TEXT '2021-11-02T20:00:09Z'",
         "BOOLEAN true"},
        {"in | NULL | BIGINT 1 | BIGINT 2", "BOOLEAN NULL"},
    };
    (void)state;
    CHECK_CALLS(cases);
}

/* All nine pairs of TRUE, FALSE, NULL. */
static void test_truth_tables(void **state)
{
    static const char *const values[] = {"true", "false", "NULL"};
    static const char *const and_table[3][3] = {{"true", "false", "NULL"},
                                                {"false", "false", "false"},
                                                {"NULL", "false", "NULL"}};
    static const char *const or_table[3][3] = {{"true", "true", "true"},
                                               {"true", "false", "NULL"},
                                               {"true", "NULL", "NULL"}};
    (void)state;
    for (int i = 0; i < 9; i++) {
        const char *a = values[i / 3];
        const char *b = values[i % 3];
        struct arena arena;
        arena_init(&arena);
        struct call_case cases[] = {
            {arena_printf(&arena, "and | BOOLEAN %s | BOOLEAN %s", a, b),
             arena_printf(&arena, "BOOLEAN %s", and_table[i / 3][i % 3])},
            {arena_printf(&arena, "or | BOOLEAN %s | BOOLEAN %s", a, b),
             arena_printf(&arena, "BOOLEAN %s", or_table[i / 3][i % 3])},
            {arena_printf(&arena, "and | BOOLEAN %s | BOOLEAN true | BOOLEAN %s", a, b),
             arena_printf(&arena, "BOOLEAN %s", and_table[i / 3][i % 3])},
            {arena_printf(&arena, "or | BOOLEAN %s | BOOLEAN false | BOOLEAN %s", a, b),
             arena_printf(&arena, "BOOLEAN %s", or_table[i / 3][i % 3])},
            {arena_printf(&arena, "and | !BOOLEAN %s | BOOLEAN %s", a, b),
             arena_printf(&arena, "BOOLEAN %s", and_table[i / 3][i % 3])},
            {arena_printf(&arena, "or | BOOLEAN %s | !BOOLEAN %s", a, b),
             arena_printf(&arena, "BOOLEAN %s", or_table[i / 3][i % 3])},
        };
        CHECK_CALLS(cases);
        arena_release(&arena);
    }
}

static void test_is(void **state)
{
    static const struct call_case cases[] = {
        {"not | BOOLEAN true", "BOOLEAN false"},
        {"not | BOOLEAN false", "BOOLEAN true"},
        {"not | BOOLEAN NULL", "BOOLEAN NULL"},
        {"not | NULL", "BOOLEAN NULL"},
        {"is null | TEXT NULL", "BOOLEAN true"},
        {"is null | TEXT ''", "BOOLEAN false"},
        {"is not null | TEXT NULL", "BOOLEAN false"},
        {"is not null | BIGINT 0", "BOOLEAN true"},
        {"is true | BOOLEAN true", "BOOLEAN true"},
        {"is true | BOOLEAN false", "BOOLEAN false"},
        {"is true | BOOLEAN NULL", "BOOLEAN false"},
        {"is false | BOOLEAN true", "BOOLEAN false"},
        {"is false | BOOLEAN false", "BOOLEAN true"},
        {"is false | BOOLEAN NULL", "BOOLEAN false"},
        {"is not true | BOOLEAN true", "BOOLEAN false"},
        {"is not true | BOOLEAN false", "BOOLEAN true"},
        {"is not true | BOOLEAN NULL", "BOOLEAN true"},
        {"is not false | BOOLEAN true", "BOOLEAN true"},
        {"is not false | BOOLEAN false", "BOOLEAN false"},
        {"is not false | BOOLEAN NULL", "BOOLEAN true"},
    };
    (void)state;
    CHECK_CALLS(cases);
}

static void test_choice(void **state)
{
    static const struct call_case cases[] = {
        {"coalesce | BIGINT NULL | BIGINT 2 | BIGINT 3", "BIGINT 2"},
        {"coalesce | BIGINT 1", "BIGINT 1"},
        {"coalesce | BIGINT NULL | DOUBLE 2.5", "DOUBLE 2.5"},
        {"coalesce | TEXT NULL | TEXT NULL", "TEXT NULL"},
        {"coalesce | NULL | TEXT 'x'", "TEXT x"},
        {"coalesce | BOOLEAN NULL | BOOLEAN true", "BOOLEAN true"},
        {"nullif | BIGINT 1 | BIGINT 1", "BIGINT NULL"},
        {"nullif | BIGINT 1 | BIGINT 2", "BIGINT 1"},
        {"nullif | BIGINT NULL | BIGINT 2", "BIGINT NULL"},
        {"nullif | BIGINT 1 | BIGINT NULL", "BIGINT 1"},
        {"nullif | TEXT 'a' | TEXT '-'", "TEXT a"},
        {"greatest | BIGINT 1 | BIGINT 3 | BIGINT 2", "BIGINT 3"},
        {"greatest | BIGINT NULL | BIGINT 3 | BIGINT NULL", "BIGINT 3"},
        {"greatest | BIGINT NULL | BIGINT NULL", "BIGINT NULL"},
        {"greatest | DOUBLE inf | DOUBLE nan", "DOUBLE NaN"},
        {"greatest | TEXT 'a' | TEXT 'b'", "TEXT b"},
        {"greatest | BOOLEAN false | BOOLEAN true", "BOOLEAN true"},
        {"least | BIGINT 1 | DECIMAL(4,2) 0.50", "DECIMAL(18,2) 0.50"},
        {"least | TIMESTAMP 2021-11-02T20:00:09Z | TIMESTAMP 2020-11-02T20:00:09Z",
         "TIMESTAMP 2020-11-02T20:00:09Z"},
        {"least | BIGINT NULL | BIGINT 3", "BIGINT 3"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct call_scene scene;
        scene_open(&scene);
        assert_string_equal(scene_result(&scene, cases[i].call, true), cases[i].result);
        scene_close(&scene);
    }
}

/* CASE has no name: "condition | value | … [| else]". */
static const char *case_result(struct call_scene *scene, const char *args, bool as_columns)
{
    struct expr *parts[CALL_ARGS_MAX];
    struct expr *e;
    struct error err;
    uint32_t n = scene_args(scene, args, as_columns, parts);
    if (expr_case(&scene->arena, parts, n, 7, &e, &err) != OK) {
        return arena_printf(&scene->arena, "E0%d %s", err.code, err.text);
    }
    struct column column = scene_run(scene, e);
    struct value value = column_value(&column, CALL_ROWS - 1);
    return scene_print(scene, &value, scene->context.errors.count);
}

static void test_case(void **state)
{
    static const struct call_case cases[] = {
        {"BOOLEAN true | BIGINT 1 | BIGINT 2", "BIGINT 1"},
        {"BOOLEAN false | BIGINT 1 | BIGINT 2", "BIGINT 2"},
        {"BOOLEAN NULL | BIGINT 1 | BIGINT 2", "BIGINT 2"},
        {"BOOLEAN false | BIGINT 1", "BIGINT NULL"},
        {"BOOLEAN false | TEXT 'a' | BOOLEAN true | TEXT 'b' | TEXT 'c'", "TEXT b"},
        {"BOOLEAN true | TEXT 'a' | BOOLEAN true | TEXT 'b' | TEXT 'c'", "TEXT a"},
        {"BOOLEAN true | BIGINT 1 | DOUBLE 2.5", "DOUBLE 1"},
        {"BOOLEAN true | NULL | DOUBLE 2.5", "DOUBLE NULL"},
        {"BOOLEAN true | BOOLEAN false | BOOLEAN true", "BOOLEAN false"},
        {"BOOLEAN true | INTERVAL 1h | !TEXT '2 hours'", "INTERVAL 1h"},
        {"BIGINT 1 | BIGINT 1 | BIGINT 2", "E0111 a condition of CASE is BIGINT, not BOOLEAN"},
        {"BOOLEAN true | BIGINT 1 | BOOLEAN true", "E0111 values of CASE are BIGINT and BOOLEAN"},
    };
    (void)state;
    for (size_t i = 0; i < 2 * sizeof cases / sizeof cases[0]; i++) {
        struct call_scene scene;
        scene_open(&scene);
        assert_string_equal(case_result(&scene, cases[i / 2].call, i % 2 == 1),
                            cases[i / 2].result);
        scene_close(&scene);
    }
}

TEST_MAIN(cmocka_unit_test(test_comparison), cmocka_unit_test(test_in),
          cmocka_unit_test(test_truth_tables), cmocka_unit_test(test_is),
          cmocka_unit_test(test_choice), cmocka_unit_test(test_case))
