/* The registry: choosing an aggregate for its arguments, errors, printing. */
#include "engine/agg/agg.h"

#include <math.h>

#include "engine/agg/agg_kind.h"
#include "tests/support/builders.h"
#include "tests/support/testing.h"

struct fixture {
    struct arena arena;
    struct agg_call call;
    struct error err;
};

static enum status resolve(struct fixture *f, const char *name, const char *type,
                           const struct value *param)
{
    struct type arg;
    bool has_arg = type != NULL;
    assert_true(!has_arg || type_parse(slice_text(type), &arg));
    return agg_resolve(&f->arena, slice_text(name), false, &arg, has_arg, param, param != NULL,
                       &f->call, &f->err);
}

static int setup(void **state)
{
    struct fixture *f = test_calloc(1, sizeof *f);
    arena_init(&f->arena);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    arena_release(&f->arena);
    test_free(f);
    return 0;
}

static void test_result_types(void **state)
{
    static const struct {
        const char *name;
        const char *arg;
        const char *result;
    } cases[] = {
        {"count", "TEXT", "BIGINT"},
        {"SUM", "BIGINT", "BIGINT"},
        {"sum", "DECIMAL(12,2)", "DECIMAL(18,2)"},
        {"sum", "DOUBLE", "DOUBLE"},
        {"sum", "INTERVAL", "INTERVAL"},
        {"avg", "BIGINT", "DOUBLE"},
        {"avg", "DECIMAL(12,2)", "DOUBLE"},
        {"avg", "INTERVAL", "INTERVAL"},
        {"min", "DECIMAL(12,2)", "DECIMAL(12,2)"},
        {"max", "TIMESTAMP", "TIMESTAMP"},
        {"min", "BOOLEAN", "BOOLEAN"},
        {"first", "TEXT", "TEXT"},
        {"any", "BOOLEAN", "BOOLEAN"},
        {"stddev", "BIGINT", "DOUBLE"},
        {"median", "DECIMAL(12,2)", "DOUBLE"},
        {"median", "INTERVAL", "INTERVAL"},
        {"approx_count_distinct", "TEXT", "BIGINT"},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char name[TYPE_NAME_BYTES];
        assert_int_equal(resolve(f, cases[i].name, cases[i].arg, NULL), OK);
        assert_string_equal(type_name(f->call.result, name), cases[i].result);
        assert_int_equal(f->call.n_args, 1);
        assert_int_equal(f->call.time_column, -1);
        bool counts = strstr(cases[i].name, "count") != NULL;
        assert_int_equal(f->call.result_not_null, counts);
    }
}

static void test_argument_is_cast(void **state)
{
    struct fixture *f = *state;
    struct value separator = value_text(slice_text(";"));
    assert_int_equal(resolve(f, "variance", "DECIMAL(12,2)", NULL), OK);
    assert_int_equal(f->call.arg_types[0].id, TYPE_DOUBLE);
    assert_int_equal(resolve(f, "string_agg", "BIGINT", &separator), OK);
    assert_int_equal(f->call.arg_types[0].id, TYPE_TEXT);

    struct type none = type_of(TYPE_NULL);
    assert_int_equal(agg_resolve(&f->arena, slice_text("sum"), false, &none, 1, NULL, 0, &f->call,
                                 &f->err),
                     OK);
    assert_int_equal(f->call.arg_types[0].id, TYPE_BIGINT);
}

static void test_separator_is_kept(void **state)
{
    struct fixture *f = *state;
    char text[] = ", ";
    struct value separator = value_text(slice_text(text));
    assert_int_equal(resolve(f, "string_agg", "TEXT", &separator), OK);
    text[0] = 'x';
    assert_true(slice_equal(text_slice(f->call.param.text), slice_text(", ")));

    struct value null = value_null(type_of(TYPE_NULL));
    assert_int_equal(resolve(f, "string_agg", "TEXT", &null), OK);
    assert_int_equal(f->call.param.text.len, 0);
}

static void test_wrong_arguments(void **state)
{
    static const struct {
        const char *name;
        const char *arg;
        const char *text;
    } cases[] = {
        {"sum", "TEXT", "sum does not take TEXT"},
        {"avg", "TIMESTAMP", "avg does not take TIMESTAMP"},
        {"sum", "BOOLEAN", "sum does not take BOOLEAN"},
        {"every", "BIGINT", "every does not take BIGINT"},
        {"stddev", "INTERVAL", "stddev does not take INTERVAL"},
        {"sum", NULL, "sum takes 1 argument, not 0"},
        {"top_k", "TEXT", "top_k takes 2 arguments, not 1"},
        {"nothing", "TEXT", "no such aggregate \"nothing\""},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(resolve(f, cases[i].name, cases[i].arg, NULL), ERR_SQL);
        assert_int_equal(f->err.code, 111);
        assert_int_equal(f->err.at, -1);
        assert_string_equal(f->err.text, cases[i].text);
    }
}

static void test_wrong_constants(void **state)
{
    struct fixture *f = *state;
    struct value p = value_double(1.5);
    struct type types[2] = {type_of(TYPE_DOUBLE), type_of(TYPE_DOUBLE)};
    assert_int_equal(resolve(f, "percentile", "DOUBLE", &p), ERR_SQL);
    assert_int_equal(f->err.code, 113);
    assert_string_equal(f->err.text,
                        "the second argument of percentile must be a number from 0 to 1");
    p = value_double((double)NAN);
    assert_int_equal(resolve(f, "approx_percentile", "DOUBLE", &p), ERR_SQL);
    p = value_null(type_of(TYPE_DOUBLE));
    assert_int_equal(resolve(f, "percentile", "DOUBLE", &p), ERR_SQL);
    p = value_text(slice_text("0.5"));
    assert_int_equal(resolve(f, "percentile", "DOUBLE", &p), ERR_SQL);
    p = value_i64(type_decimal(3, 2), 95);
    assert_int_equal(resolve(f, "percentile", "DOUBLE", &p), OK);
    assert_true(f->call.param.f64 == 0.95);

    struct value k = value_bigint(0);
    assert_int_equal(resolve(f, "top_k", "TEXT", &k), ERR_SQL);
    assert_string_equal(f->err.text,
                        "the second argument of top_k must be an integer from 1 to 1000");
    k = value_bigint(AGG_TOP_K_MAX + 1);
    assert_int_equal(resolve(f, "top_k", "TEXT", &k), ERR_SQL);
    k = value_bigint(AGG_TOP_K_MAX);
    assert_int_equal(resolve(f, "top_k", "TEXT", &k), OK);

    assert_int_equal(agg_resolve(&f->arena, slice_text("percentile"), false, types, 2, NULL, 0,
                                 &f->call, &f->err),
                     ERR_SQL);
    assert_int_equal(f->err.code, 113);
    assert_string_equal(f->err.text, "the second argument of percentile must be a constant");
}

static void test_distinct(void **state)
{
    struct fixture *f = *state;
    struct type type = type_of(TYPE_BIGINT);
    struct value k = value_bigint(3);
    assert_int_equal(agg_resolve(&f->arena, slice_text("sum"), true, &type, 1, NULL, 0, &f->call,
                                 &f->err),
                     OK);
    assert_true(f->call.distinct);
    assert_int_equal(agg_resolve(&f->arena, slice_text("max"), true, &type, 1, NULL, 0, &f->call,
                                 &f->err),
                     OK);
    assert_false(f->call.distinct); /* it makes no difference, so it costs nothing */
    assert_int_equal(agg_resolve(&f->arena, slice_text("top_k"), true, &type, 1, &k, 1, &f->call,
                                 &f->err),
                     ERR_SQL);
    assert_string_equal(f->err.text, "top_k does not take DISTINCT");
    assert_int_equal(agg_resolve(&f->arena, slice_text("count"), true, NULL, 0, NULL, 0, &f->call,
                                 &f->err),
                     ERR_SQL);
}

static const char *printed(struct fixture *f, const struct schema *schema)
{
    struct bytebuf text = {0};
    agg_call_print(&text, &f->call, schema);
    const char *copy = arena_text(&f->arena, bytebuf_text(&text));
    bytebuf_release(&text);
    return copy;
}

static void test_print(void **state)
{
    struct fixture *f = *state;
    const struct schema *schema = schema_from_text(&f->arena, "ts TIMESTAMP, city TEXT, x DOUBLE");
    struct type text = type_of(TYPE_TEXT);
    struct value p = value_double(0.9);
    struct value separator = value_text(slice_text("'; "));
    assert_int_equal(resolve(f, "count", NULL, NULL), OK);
    assert_string_equal(printed(f, schema), "count(*)");
    assert_int_equal(agg_resolve(&f->arena, slice_text("COUNT"), true, &text, 1, NULL, 0, &f->call,
                                 &f->err),
                     OK);
    f->call.args[0] = 1;
    assert_string_equal(printed(f, schema), "count(DISTINCT city)");
    assert_int_equal(resolve(f, "percentile", "DOUBLE", &p), OK);
    f->call.args[0] = 2;
    assert_string_equal(printed(f, schema), "percentile(x, 0.9)");
    assert_int_equal(resolve(f, "median", "DOUBLE", NULL), OK);
    f->call.args[0] = 2;
    assert_string_equal(printed(f, schema), "median(x)");
    assert_int_equal(resolve(f, "string_agg", "TEXT", &separator), OK);
    f->call.args[0] = 1;
    assert_string_equal(printed(f, schema), "string_agg(city, '''; ')");
}

static void test_registry(void **state)
{
    (void)state;
    const char *name;
    const char *signature;
    const char *summary;
    uint32_t n = 0;
    for (; agg_at(n, &name, &signature, &summary); n++) {
        assert_true(agg_exists(slice_text(name)));
        assert_memory_equal(signature, name, strlen(name));
        assert_true(summary[0] != '\0');
        for (uint32_t i = 0; i < n; i++) {
            assert_string_not_equal(agg_kind_at(i)->name, name);
        }
    }
    assert_null(agg_kind_at(n));
    assert_true(agg_exists(slice_text("Stddev_Pop")));
    assert_false(agg_exists(slice_text("coun")));
    /* Everything that language.md §5 lists. */
    static const char *const listed[] = {
        "count",
        "sum",
        "avg",
        "min",
        "max",
        "stddev_samp",
        "stddev_pop",
        "var_samp",
        "var_pop",
        "first",
        "last",
        "median",
        "percentile",
        "approx_count_distinct",
        "approx_percentile",
        "string_agg",
        "top_k",
        "any",
        "every",
    };
    for (size_t i = 0; i < sizeof listed / sizeof listed[0]; i++) {
        assert_true(agg_exists(slice_text(listed[i])));
    }
}

TEST_MAIN(cmocka_unit_test_setup_teardown(test_result_types, setup, teardown),
          cmocka_unit_test_setup_teardown(test_argument_is_cast, setup, teardown),
          cmocka_unit_test_setup_teardown(test_separator_is_kept, setup, teardown),
          cmocka_unit_test_setup_teardown(test_wrong_arguments, setup, teardown),
          cmocka_unit_test_setup_teardown(test_wrong_constants, setup, teardown),
          cmocka_unit_test_setup_teardown(test_distinct, setup, teardown),
          cmocka_unit_test_setup_teardown(test_print, setup, teardown),
          cmocka_unit_test(test_registry))
