/* Making, comparing, changing and printing expressions; what is refused and how. */
#include "tests/engine/expr/calls.h"

/* ---- refused --------------------------------------------------------------------------------- */

struct refused_case {
    const char *call;
    enum status status;
    int code;
    int64_t at;
    const char *text;
    const char *hint;
};

static void test_refused(void **state)
{
    static const struct refused_case cases[] = {
        {"lowr | TEXT 'x'", ERR_SQL, 110, 7, "no such function \"lowr\"",
         "did you mean \"lower\"?"},
        {"frobnicate | TEXT 'x'", ERR_SQL, 110, 7, "no such function \"frobnicate\"", ""},
        {"cast | TEXT 'x'", ERR_SQL, 110, 7, "no such function \"cast\"", ""},
        {"lower | BIGINT 5", ERR_SQL, 111, 7, "lower does not take (BIGINT)", "lower(text) → text"},
        {"lower", ERR_SQL, 111, 7, "lower does not take 0 arguments", "lower(text) → text"},
        {"sqrt | DOUBLE 1 | DOUBLE 2", ERR_SQL, 111, 7, "sqrt does not take 2 arguments",
         "sqrt(x double) → double"},
        {"> | BIGINT 1 | BOOLEAN true", ERR_SQL, 111, 7, "no operator BIGINT > BOOLEAN",
         "both sides must have one type: CAST one of them to that of the other"},
        {"+ | BOOLEAN true | BIGINT 1", ERR_SQL, 111, 7, "no operator BOOLEAN + BIGINT", NULL},
        {"= | BIGINT 1 | !TEXT 'abc'", ERR_SQL, 126, 11, "'abc' is no number", ""},
        {"< | !TEXT 'soon' | TIMESTAMP 2021-11-02T20:00:09Z", ERR_SQL, 126, 10,
         "'soon' is no TIMESTAMP", ""},
        {"+ | BIGINT 1 | !TEXT 'abc'", ERR_SQL, 126, 11, "'abc' is no BIGINT", ""},
        {"coalesce | INTERVAL 1h | !TEXT 'abc'", ERR_SQL, 126, 11, "'abc' is no INTERVAL", ""},
        {"coalesce | BIGINT 1 | BOOLEAN true", ERR_SQL, 111, 7,
         "coalesce does not take (BIGINT, BOOLEAN)", "coalesce(T...) → T"},
        {"in | BIGINT 1 | BIGINT 2 | BOOLEAN true", ERR_SQL, 111, 7, "no operator BIGINT = BOOLEAN",
         NULL},
        {"and | BOOLEAN true | BIGINT 2", ERR_SQL, 111, 7, "no operator BOOLEAN and BIGINT", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct call_scene scene;
        struct expr *e = NULL;
        struct error err;
        scene_open(&scene);
        assert_int_equal(scene_call(&scene, cases[i].call, true, &e, &err), cases[i].status);
        assert_null(e);
        assert_string_equal(err.text, cases[i].text);
        assert_int_equal(err.code, cases[i].code);
        assert_int_equal(err.at, cases[i].at);
        if (cases[i].hint != NULL) {
            assert_string_equal(err.hint, cases[i].hint);
        }
        scene_close(&scene);
    }
}

/* ---- limits ---------------------------------------------------------------------------------- */

static void test_depth(void **state)
{
    struct call_scene scene;
    struct error err;
    enum status status = OK;
    (void)state;
    scene_open(&scene);
    struct value one = value_bigint(1);
    struct expr *e = scene_column(&scene, &one);
    while (status == OK && e->depth < EXPR_DEPTH_MAX + 1) {
        status = expr_call(&scene.arena, slice_text("neg"), &e, 1, 7, &e, &err);
    }
    assert_int_equal(status, ERR_LIMIT);
    assert_int_equal(e->depth, EXPR_DEPTH_MAX);
    struct column column = scene_run(&scene, e);
    assert_int_equal(column.i64[0], -1);
    scene_close(&scene);
}

/* NULLIF doubles its argument: a nest of them is refused before it takes all memory. */
static void test_nodes(void **state)
{
    struct call_scene scene;
    struct error err;
    enum status status = OK;
    (void)state;
    scene_open(&scene);
    struct value one = value_bigint(1);
    struct expr *args[2] = {scene_column(&scene, &one), scene_column(&scene, &one)};
    for (int i = 0; status == OK && i < 100; i++) {
        status = expr_call(&scene.arena, slice_text("nullif"), args, 2, 7, &args[0], &err);
    }
    assert_int_equal(status, ERR_LIMIT);
    scene_close(&scene);
}

/* Long lists are nested; a set is found through them. */
static void test_long_lists(void **state)
{
    enum { LIST = 1000 };
    struct call_scene scene;
    struct error err;
    struct expr *args[LIST + 1];
    struct expr *e;
    (void)state;
    scene_open(&scene);
    struct value value = value_bigint(LIST);
    args[0] = scene_column(&scene, &value);
    for (int i = 1; i <= LIST; i++) {
        args[i] = expr_constant(&scene.arena, value_bigint(i));
    }
    assert_int_equal(expr_call(&scene.arena, slice_text("in"), args, LIST + 1, 7, &e, &err), OK);
    struct column column = scene_run(&scene, e);
    assert_true(bits_get(column.bits, CALL_ROWS - 1));
    assert_int_equal(expr_call(&scene.arena, slice_text("not in"), args, LIST, 7, &e, &err), OK);
    column = scene_run(&scene, e);
    assert_true(bits_get(column.bits, CALL_ROWS - 1));
    for (int i = 0; i <= LIST; i++) {
        args[i] = expr_column(&scene.arena, 1, type_of(TYPE_BOOLEAN), false);
    }
    value = value_boolean(true);
    (void)scene_column(&scene, &value);
    assert_int_equal(expr_call(&scene.arena, slice_text("and"), args, LIST, 7, &e, &err), OK);
    column = scene_run(&scene, e);
    assert_true(bits_get(column.bits, CALL_ROWS - 1));
    assert_int_equal(expr_call(&scene.arena, slice_text("concat"), args, LIST, 7, &e, &err),
                     ERR_LIMIT);
    scene_close(&scene);
}

/* ---- folding --------------------------------------------------------------------------------- */

static struct expr *made(struct call_scene *scene, const char *call)
{
    struct expr *e = NULL;
    struct error err = {.text = ""};
    if (scene_call(scene, call, true, &e, &err) != OK) {
        fail_msg("%s: %s", call, err.text);
    }
    return e;
}

static void test_folding(void **state)
{
    static const struct {
        const char *call;
        enum expr_kind kind;
    } cases[] = {
        {"+ | !BIGINT 1 | !BIGINT 2", EXPR_CONSTANT},
        {"+ | BIGINT 1 | !BIGINT 2", EXPR_CALL},
        {"+ | BIGINT 1 | NULL", EXPR_CONSTANT},
        {"/ | !BIGINT 1 | !BIGINT 0", EXPR_CALL}, /* counts errors for each row */
        {"now", EXPR_CALL},
        {"and | BOOLEAN true | !BOOLEAN false", EXPR_CONSTANT},
        {"and | BOOLEAN true | !BOOLEAN true", EXPR_COLUMN},
        {"or | BOOLEAN true | !BOOLEAN false", EXPR_COLUMN},
        {"or | BOOLEAN true | !BOOLEAN true", EXPR_CONSTANT},
        {"and | BOOLEAN true | !BOOLEAN NULL", EXPR_CALL},
        {"coalesce | NULL | BIGINT 1", EXPR_COLUMN},
        {"coalesce | !BIGINT 2 | BIGINT 1", EXPR_CONSTANT},
        {"typeof | BIGINT 1", EXPR_CONSTANT},
        {"nullif | BIGINT 1 | BIGINT 2", EXPR_CASE},
        {"is null | !BIGINT 1", EXPR_CONSTANT},
        {"floor | BIGINT 1", EXPR_COLUMN},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct call_scene scene;
        scene_open(&scene);
        assert_int_equal(made(&scene, cases[i].call)->kind, cases[i].kind);
        scene_close(&scene);
    }
}

static void test_case_folding(void **state)
{
    struct call_scene scene;
    struct expr *args[5];
    struct expr *e;
    struct error err;
    (void)state;
    scene_open(&scene);
    uint32_t n =
        scene_args(&scene, "!BOOLEAN false | BIGINT 1 | BOOLEAN true | BIGINT 2 | BIGINT 3", true,
                   args);
    assert_int_equal(expr_case(&scene.arena, args, n, 7, &e, &err), OK);
    assert_int_equal(e->kind, EXPR_CASE);
    assert_int_equal(e->n_args, 3);
    args[0] = expr_constant(&scene.arena, value_boolean(true));
    assert_int_equal(expr_case(&scene.arena, args, n, 7, &e, &err), OK);
    assert_ptr_equal(e, args[1]);
    args[0] = expr_constant(&scene.arena, value_boolean(false));
    assert_int_equal(expr_case(&scene.arena, args, 2, 7, &e, &err), OK);
    assert_true(e->kind == EXPR_CONSTANT && e->constant.is_null);
    assert_int_equal(e->type.id, TYPE_BIGINT);
    scene_close(&scene);
}

/* ---- not null -------------------------------------------------------------------------------- */

static void test_not_null(void **state)
{
    struct call_scene scene;
    struct error err;
    struct expr *e;
    (void)state;
    scene_open(&scene);
    struct expr *sure = expr_column(&scene.arena, 0, type_of(TYPE_BIGINT), true);
    struct expr *unsure = expr_column(&scene.arena, 1, type_of(TYPE_BIGINT), false);
    struct expr *args[2] = {sure, sure};
    assert_int_equal(expr_call(&scene.arena, slice_text("="), args, 2, 7, &e, &err), OK);
    assert_true(e->not_null);
    assert_int_equal(expr_call(&scene.arena, slice_text("+"), args, 2, 7, &e, &err), OK);
    assert_false(e->not_null); /* may overflow */
    args[0] = unsure;
    assert_int_equal(expr_call(&scene.arena, slice_text("="), args, 2, 7, &e, &err), OK);
    assert_false(e->not_null);
    assert_int_equal(expr_call(&scene.arena, slice_text("coalesce"), args, 2, 7, &e, &err), OK);
    assert_true(e->not_null);
    assert_int_equal(expr_call(&scene.arena, slice_text("is null"), args, 1, 7, &e, &err), OK);
    assert_true(e->not_null);
    assert_int_equal(expr_cast(&scene.arena, sure, type_of(TYPE_DOUBLE), false, 7, &e, &err), OK);
    assert_true(e->not_null);
    scene_close(&scene);
}

/* ---- types ----------------------------------------------------------------------------------- */

static void test_type_common(void **state)
{
    static const struct {
        const char *a;
        const char *b;
        const char *common; /* NULL: none */
    } cases[] = {
        {"BIGINT", "BIGINT", "BIGINT"},
        {"BIGINT", "DOUBLE", "DOUBLE"},
        {"BIGINT", "DECIMAL(12,2)", "DECIMAL(18,2)"},
        {"DECIMAL(12,2)", "DECIMAL(8,4)", "DECIMAL(14,4)"},
        {"DECIMAL(18,2)", "DECIMAL(18,10)", "DECIMAL(18,10)"},
        {"DECIMAL(12,2)", "DOUBLE", "DOUBLE"},
        {"BIGINT", "TEXT", NULL},
        {"BIGINT", "TIMESTAMP", NULL},
        {"TIMESTAMP", "INTERVAL", NULL},
        {"BOOLEAN", "BIGINT", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct type a;
        struct type b;
        struct type common;
        char name[TYPE_NAME_BYTES];
        assert_true(type_parse(slice_text(cases[i].a), &a));
        assert_true(type_parse(slice_text(cases[i].b), &b));
        for (int turn = 0; turn < 2; turn++) {
            bool has = turn == 0 ? type_common(a, b, &common) : type_common(b, a, &common);
            assert_int_equal(has, cases[i].common != NULL);
            if (has) {
                assert_string_equal(type_name(common, name), cases[i].common);
            }
        }
        assert_true(type_common(type_of(TYPE_NULL), a, &common));
        assert_true(type_equal(common, a));
    }
}

/* ---- walks ----------------------------------------------------------------------------------- */

static void test_equal(void **state)
{
    struct call_scene scene;
    (void)state;
    scene_open(&scene);
    struct expr *a = made(&scene, "+ | BIGINT 1 | !BIGINT 2");
    scene.schema.n = 0;
    struct expr *b = made(&scene, "+ | BIGINT 1 | !BIGINT 2");
    struct expr *other_column = made(&scene, "+ | BIGINT 1 | !BIGINT 2");
    scene.schema.n = 0;
    struct expr *other_constant = made(&scene, "+ | BIGINT 1 | !BIGINT 3");
    scene.schema.n = 0;
    struct expr *other_function = made(&scene, "- | BIGINT 1 | !BIGINT 2");
    assert_true(expr_equal(a, b));
    assert_false(expr_equal(a, other_column));
    assert_false(expr_equal(a, other_constant));
    assert_false(expr_equal(a, other_function));
    assert_false(expr_equal(expr_constant(&scene.arena, value_null(type_of(TYPE_TEXT))),
                            expr_constant(&scene.arena, value_null(type_of(TYPE_BIGINT)))));
    scene_close(&scene);
}

static void test_columns_and_substitute(void **state)
{
    struct call_scene scene;
    uint64_t words[1] = {0};
    (void)state;
    scene_open(&scene);
    struct expr *e = made(&scene, "- | BIGINT 5 | BIGINT 3");
    expr_columns(e, words);
    assert_int_equal(words[0], 3);
    struct expr *replace[2] = {expr_column(&scene.arena, 1, type_of(TYPE_BIGINT), false),
                               made(&scene, "+ | BIGINT 1 | !BIGINT 2")};
    struct expr *changed = expr_substitute(&scene.arena, e, replace);
    assert_int_equal(changed->depth, 3);
    assert_int_equal(changed->nodes, 5);
    struct column column = scene_run(&scene, changed); /* 3 - (1 + 2) */
    assert_int_equal(column.i64[0], 0);
    words[0] = 0;
    expr_columns(changed, words);
    assert_int_equal(words[0], 6);
    column = scene_run(&scene, e); /* untouched */
    assert_int_equal(column.i64[0], 2);
    scene_close(&scene);
}

static void test_cost(void **state)
{
    static const char *const rising[] = {"= | BIGINT 1 | BIGINT 2", "= | TEXT 'a' | TEXT 'b'",
                                         "like | TEXT 'a' | !TEXT '%b%'",
                                         "ilike | TEXT 'a' | !TEXT '%b%'",
                                         "~ | TEXT 'a' | !TEXT 'b+'"};
    (void)state;
    uint32_t last = 0;
    for (size_t i = 0; i < sizeof rising / sizeof rising[0]; i++) {
        struct call_scene scene;
        scene_open(&scene);
        uint32_t cost = expr_cost(made(&scene, rising[i]));
        assert_true(cost > last);
        last = cost;
        scene_close(&scene);
    }
}

/* ---- printing -------------------------------------------------------------------------------- */

static const char *printed(struct call_scene *scene, const struct expr *e)
{
    struct bytebuf text = {0};
    expr_print(&text, e, &scene->schema);
    const char *copy = arena_text(&scene->arena, bytebuf_text(&text));
    bytebuf_release(&text);
    return copy;
}

static void test_print(void **state)
{
    static const struct call_case cases[] = {
        {"+ | BIGINT 1 | !BIGINT -2", "c0 + -2"},
        {"> | DECIMAL(12,2) 1 | !BIGINT 100", "c0 > 100.00"},
        {"= | TEXT 'a' | !TEXT 'it''s'", "c0 = 'it''s'"},
        {"lower | TEXT 'a'", "lower(c0)"},
        {"like | TEXT 'a' | TEXT 'b' | !TEXT '!'", "c0 LIKE c1 ESCAPE '!'"},
        {"not like | TEXT 'a' | !TEXT 'b%'", "NOT c0 LIKE 'b%'"},
        {"in | BIGINT 1 | !BIGINT 2 | !NULL", "c0 IN (2, NULL)"},
        {"between | BIGINT 1 | !BIGINT 2 | !BIGINT 3", "c0 >= 2 AND c0 <= 3"},
        {"is not null | BIGINT 1", "c0 IS NOT NULL"},
        {"is distinct from | BIGINT 1 | BIGINT 2", "c0 IS DISTINCT FROM c1"},
        {"nullif | BIGINT 1 | !BIGINT 2", "CASE WHEN c0 = 2 THEN NULL ELSE c0 END"},
        {"+ | BIGINT 1 | DOUBLE 2", "CAST(c0 AS DOUBLE) + c1"},
        {"+ | TIMESTAMP NULL | !INTERVAL 1h30m", "c0 + INTERVAL '1h30m'"},
        {"< | TIMESTAMP NULL | !TEXT '2021-11-02'", "c0 < TIMESTAMP '2021-11-02T00:00:00Z'"},
        {"* | DOUBLE 1 | !DOUBLE 2", "c0 * 2.0"},
        {"neg | BIGINT 1", "-c0"},
        {"now", "now()"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct call_scene scene;
        scene_open(&scene);
        assert_string_equal(printed(&scene, made(&scene, cases[i].call)), cases[i].result);
        scene_close(&scene);
    }
}

static struct expr *combined(struct call_scene *scene, const char *name, struct expr *a,
                             struct expr *b)
{
    struct expr *args[2] = {a, b};
    struct expr *e = NULL;
    struct error err;
    assert_int_equal(expr_call(&scene->arena, slice_text(name), args, b == NULL ? 1 : 2, 7, &e,
                               &err),
                     OK);
    return e;
}

/* Brackets where they are needed and nowhere else. */
static void test_print_nested(void **state)
{
    struct call_scene scene;
    (void)state;
    scene_open(&scene);
    struct value one = value_bigint(1);
    struct expr *a = scene_column(&scene, &one);
    struct expr *b = scene_column(&scene, &one);
    struct expr *minus = combined(&scene, "-", a, b);
    assert_string_equal(printed(&scene, combined(&scene, "-", minus, b)), "c0 - c1 - c1");
    assert_string_equal(printed(&scene, combined(&scene, "-", a, minus)), "c0 - (c0 - c1)");
    assert_string_equal(printed(&scene, combined(&scene, "*", minus, b)), "(c0 - c1) * c1");
    assert_string_equal(printed(&scene, combined(&scene, "-", combined(&scene, "*", a, b), b)),
                        "c0 * c1 - c1");
    assert_string_equal(printed(&scene, combined(&scene, "neg", minus, NULL)), "-(c0 - c1)");
    struct expr *less = combined(&scene, "<", a, minus);
    struct expr *either = combined(&scene, "or", less, combined(&scene, ">", a, b));
    assert_string_equal(printed(&scene, combined(&scene, "and", either, less)),
                        "(c0 < c0 - c1 OR c0 > c1) AND c0 < c0 - c1");
    assert_string_equal(printed(&scene, combined(&scene, "not", either, NULL)),
                        "NOT (c0 < c0 - c1 OR c0 > c1)");
    assert_string_equal(printed(&scene, combined(&scene, "is true", either, NULL)),
                        "(c0 < c0 - c1 OR c0 > c1) IS TRUE");
    struct expr *chain = combined(&scene, "and", combined(&scene, "and", less, less), less);
    assert_int_equal(chain->n_args, 3);
    struct bytebuf text = {0};
    expr_print(&text, minus, NULL);
    assert_string_equal(bytebuf_text(&text), "$0 - $1");
    bytebuf_release(&text);
    scene.fields[0].name = slice_text("Total amount");
    assert_string_equal(printed(&scene, minus), "\"Total amount\" - c1");
    scene_close(&scene);
}

/* ---- the registry ---------------------------------------------------------------------------- */

static void test_registry(void **state)
{
    (void)state;
    uint32_t n = 0;
    for (const struct function *f; (f = function_at(n)) != NULL; n++) {
        assert_true(function_exists(slice_text(function_name(f))));
        assert_true(strlen(function_signature(f)) > 0);
        assert_true(strlen(function_summary(f)) > 0);
        assert_null(strchr(function_summary(f), '\n'));
        if (function_is_named(f)) { /* the signature is a call of it */
            size_t len = strlen(function_name(f));
            assert_memory_equal(function_signature(f), function_name(f), len);
            assert_int_equal(function_signature(f)[len], '(');
        }
    }
    assert_true(n > 100);
    assert_true(function_exists(slice_text("LOWER")));
    assert_true(function_exists(slice_text("Is Null")));
    assert_false(function_exists(slice_text("cast")));
    assert_false(function_exists(slice_text("")));
}

TEST_MAIN(cmocka_unit_test(test_refused), cmocka_unit_test(test_depth),
          cmocka_unit_test(test_nodes), cmocka_unit_test(test_long_lists),
          cmocka_unit_test(test_folding), cmocka_unit_test(test_case_folding),
          cmocka_unit_test(test_not_null), cmocka_unit_test(test_type_common),
          cmocka_unit_test(test_equal), cmocka_unit_test(test_columns_and_substitute),
          cmocka_unit_test(test_cost), cmocka_unit_test(test_print),
          cmocka_unit_test(test_print_nested), cmocka_unit_test(test_registry))
