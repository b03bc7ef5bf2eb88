/* Tests of engine/data/types.h and schema.h. */
#include "engine/data/types.h"

#include "engine/data/schema.h"
#include "tests/support/builders.h"
#include "tests/support/testing.h"

static void test_parse_knows_synonyms(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *name;
    } cases[] = {
        {"boolean", "BOOLEAN"},
        {"INT", "BIGINT"},
        {"Integer", "BIGINT"},
        {"smallint", "BIGINT"},
        {"bigint", "BIGINT"},
        {"REAL", "DOUBLE"},
        {"float", "DOUBLE"},
        {"double  precision", "DOUBLE"},
        {"decimal", "DECIMAL(18,2)"},
        {"DECIMAL(12,2)", "DECIMAL(12,2)"},
        {" numeric ( 5 ) ", "DECIMAL(5,0)"},
        {"decimal(18 , 18)", "DECIMAL(18,18)"},
        {"varchar(20)", "TEXT"},
        {"String", "TEXT"},
        {"text", "TEXT"},
        {"timestamp(3)", "TIMESTAMP"},
        {"timestamp(3) with time zone", "TIMESTAMP"},
        {"interval", "INTERVAL"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct type type;
        char name[TYPE_NAME_BYTES];
        if (!type_parse(slice_text(cases[i].text), &type)) {
            fail_msg("\"%s\" should be a type", cases[i].text);
        }
        assert_string_equal(type_name(type, name), cases[i].name);
    }
}

static void test_parse_refuses(void **state)
{
    (void)state;
    static const char *const bad[] =
        {"",
         "intt",
         "decimal(19,2)",
         "decimal(0)",
         "decimal(5,6)",
         "decimal(5,",
         "decimal(a)",
         "decimal(1,1,1)",
         "bigint(20)",
         "null",
         "text)",
         "timestamp()",
         "varchar(-1)",
         "decimal(2,-1)",
         "varchar(20) x",
         "(3)",
         "decimal 12,2",
         "a very long word that is no type at all, whatever it may be"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct type type = type_of(TYPE_TEXT);
        if (type_parse(slice_text(bad[i]), &type)) {
            fail_msg("\"%s\" is no type", bad[i]);
        }
        assert_int_equal(type.id, TYPE_TEXT);
    }
}

static void test_names_read_back(void **state)
{
    (void)state;
    for (int id = TYPE_BOOLEAN; id < TYPE_COUNT; id++) {
        struct type type = id == TYPE_DECIMAL ? type_decimal(9, 3) : type_of((enum type_id)id);
        struct type back;
        char name[TYPE_NAME_BYTES];
        assert_true(type_parse(slice_text(type_name(type, name)), &back));
        assert_true(type_equal(type, back));
    }
}

static void test_widths(void **state)
{
    (void)state;
    assert_int_equal(type_width(type_of(TYPE_BOOLEAN)), 0);
    assert_int_equal(type_width(type_of(TYPE_DOUBLE)), sizeof(double));
    assert_int_equal(type_width(type_decimal(12, 2)), sizeof(int64_t));
    assert_int_equal(type_width(type_of(TYPE_NULL)), sizeof(struct text));
    assert_int_equal(type_physical(type_of(TYPE_INTERVAL)), PHYSICAL_I64);
}

static void test_powers(void **state)
{
    (void)state;
    assert_int_equal(pow10_i64[0], 1);
    for (int i = 1; i <= DECIMAL_PRECISION_MAX; i++) {
        assert_int_equal(pow10_i64[i], pow10_i64[i - 1] * 10);
    }
}

static void test_schema_find(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    const struct schema *schema = schema_from_text(&arena, "ts TIMESTAMP, Card TEXT, card BIGINT");
    assert_int_equal(schema_find(schema, slice_text("CARD")), 1);
    assert_int_equal(schema_find(schema, slice_text("ts")), 0);
    assert_int_equal(schema_find(schema, slice_text("cards")), -1);
    arena_release(&arena);
}

static void test_schema_copy_and_equal(void **state)
{
    (void)state;
    struct arena arena;
    struct arena kept;
    arena_init(&arena);
    arena_init(&kept);
    const struct schema *a = schema_from_text(&arena, "ts TIMESTAMP NOT NULL, n DECIMAL(12,2)");
    struct schema copy = schema_copy(&kept, a);
    assert_true(schema_equal(a, &copy));
    assert_true(
        schema_equal(a, schema_from_text(&arena, "TS TIMESTAMP NOT NULL, N DECIMAL(12,2)")));
    static const char *const others[] = {"ts TIMESTAMP, n DECIMAL(12,2)",
                                         "ts TIMESTAMP NOT NULL, n DECIMAL(12,3)",
                                         "ts TIMESTAMP NOT NULL, m DECIMAL(12,2)",
                                         "ts TIMESTAMP NOT NULL"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_false(schema_equal(a, schema_from_text(&arena, others[i])));
    }
    arena_release(&arena); /* the copy stands on its own */
    assert_int_equal(schema_find(&copy, slice_text("n")), 1);
    arena_release(&kept);
}

TEST_MAIN(cmocka_unit_test(test_parse_knows_synonyms), cmocka_unit_test(test_parse_refuses),
          cmocka_unit_test(test_names_read_back), cmocka_unit_test(test_widths),
          cmocka_unit_test(test_powers), cmocka_unit_test(test_schema_find),
          cmocka_unit_test(test_schema_copy_and_equal))
