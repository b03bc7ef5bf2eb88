/* Programs: results, errors and the rows for which they count, filters, inputs. Columns of these
 * tests: a and b BIGINT, t TEXT, c BOOLEAN. */
#include "tests/engine/expr/calls.h"

enum { COLUMN_A, COLUMN_B, COLUMN_T, COLUMN_C, COLUMNS };

struct fixture {
    struct arena arena;
    const struct schema *schema;
    struct batch batch;
    struct program_context context;
    struct expr *columns[COLUMNS];
};

static void fixture_open(struct fixture *f, const char *rows)
{
    *f = (struct fixture){.context = {.now_us = 5}};
    arena_init(&f->arena);
    f->schema = schema_from_text(&f->arena, "a BIGINT, b BIGINT, t TEXT, c BOOLEAN");
    batch_from_text(&f->batch, f->schema, &f->arena, rows);
    for (uint32_t i = 0; i < COLUMNS; i++) {
        f->columns[i] = expr_column(&f->arena, i, f->schema->fields[i].type, false);
    }
}

static void fixture_close(struct fixture *f)
{
    arena_release(&f->arena);
}

/* With as many arguments as are not NULL. */
static struct expr *call(struct fixture *f, const char *name, struct expr *a, struct expr *b)
{
    struct expr *args[2] = {a, b};
    uint32_t n_args = b != NULL ? 2 : a != NULL ? 1 : 0;
    struct expr *e = NULL;
    struct error err = {.text = ""};
    if (expr_call(&f->arena, slice_text(name), args, n_args, -1, &e, &err) != OK) {
        fail_msg("%s: %s", name, err.text);
    }
    return e;
}

static struct expr *bigint(struct fixture *f, int64_t value)
{
    return expr_constant(&f->arena, value_bigint(value));
}

static struct expr *text(struct fixture *f, const char *value)
{
    return expr_constant(&f->arena, value_text(slice_text(value)));
}

static struct expr *when(struct fixture *f, struct expr *condition, struct expr *then,
                         struct expr *otherwise)
{
    struct expr *args[3] = {condition, then, otherwise};
    struct expr *e = NULL;
    struct error err;
    assert_int_equal(expr_case(&f->arena, args, otherwise == NULL ? 2 : 3, -1, &e, &err), OK);
    return e;
}

/* The rows of one expression as text. */
static const char *run(struct fixture *f, struct expr *e)
{
    struct column column;
    struct program *program = program_new(&f->arena, &e, 1, f->schema);
    program_run(program, &f->context, &f->batch, &column);
    const char *rows = column_to_text(&f->arena, &column);
    program_free(program);
    return rows;
}

/* a / b, which fails where b is 0. */
static struct expr *ratio(struct fixture *f)
{
    return call(f, "/", f->columns[COLUMN_A], f->columns[COLUMN_B]);
}

static const char *const rows = "10, 2, x, true\n"
                                "10, 0, y, false\n"
                                "NULL, 0, z, NULL\n"
                                "10, NULL, NULL, true\n"
                                "20, 0, x, true\n";

/* ---- errors ---------------------------------------------------------------------------------- */

static void test_errors(void **state)
{
    struct fixture f;
    (void)state;
    fixture_open(&f, rows);
    assert_string_equal(run(&f, ratio(&f)), "5, NULL, NULL, NULL, NULL");
    assert_int_equal(f.context.errors.count, 2); /* not where an argument is NULL */
    assert_string_equal(f.context.errors.newest, "division by zero in a / b");
    struct expr *cast;
    struct error err;
    assert_int_equal(expr_cast(&f.arena, f.columns[COLUMN_T], type_of(TYPE_BIGINT), false, -1,
                               &cast, &err),
                     OK);
    assert_string_equal(run(&f, cast), "NULL, NULL, NULL, NULL, NULL");
    assert_int_equal(f.context.errors.count, 6);
    assert_string_equal(f.context.errors.newest, "\"x\" is no BIGINT in CAST(t AS BIGINT)");
    fixture_close(&f);
}

/* A long value is cut between characters, control bytes are shown. */
static void test_error_sample(void **state)
{
    struct fixture f;
    struct expr *cast;
    struct error err;
    (void)state;
    fixture_open(&f, "1, 1, ääääääääääääääääääääääääääääääääääääääääääääääääääääää, true\n");
    assert_int_equal(expr_cast(&f.arena, f.columns[COLUMN_T], type_of(TYPE_BIGINT), false, -1,
                               &cast, &err),
                     OK);
    (void)run(&f, cast);
    assert_string_equal(f.context.errors.newest,
                        "\"ääääääääääääääääääääääääääääää…\" is no BIGINT in CAST(t AS BIGINT)");
    struct expr *twice = text(&f, "\x1b[31m");
    for (int i = 0; i < 4; i++) {
        twice = call(&f, "||", call(&f, "||", f.columns[COLUMN_T], twice), f.columns[COLUMN_T]);
    }
    assert_int_equal(expr_cast(&f.arena, twice, type_of(TYPE_BIGINT), false, -1, &cast, &err), OK);
    (void)run(&f, cast);
    assert_null(strchr(f.context.errors.newest, 0x1b));
    assert_true(strlen(f.context.errors.newest) < RUNTIME_SAMPLE_BYTES);
    fixture_close(&f);
}

/* ---- rows that matter ------------------------------------------------------------------------ */

static void check_mask(struct fixture *f, struct expr *e, const char *result, uint64_t errors)
{
    f->context.errors.count = 0;
    assert_string_equal(run(f, e), result);
    assert_int_equal(f->context.errors.count, errors);
}

static void test_and_or(void **state)
{
    struct fixture f;
    (void)state;
    fixture_open(&f, rows);
    struct expr *fails = call(&f, ">", ratio(&f), bigint(&f, 1));
    struct expr *not_zero = call(&f, "<>", f.columns[COLUMN_B], bigint(&f, 0));
    struct expr *zero = call(&f, "=", f.columns[COLUMN_B], bigint(&f, 0));
    check_mask(&f, fails, "true, NULL, NULL, NULL, NULL", 2);
    check_mask(&f, call(&f, "and", not_zero, fails), "true, false, false, NULL, false", 0);
    check_mask(&f, call(&f, "and", fails, not_zero), "true, false, false, NULL, false", 2);
    check_mask(&f, call(&f, "or", zero, fails), "true, true, true, NULL, true", 0);
    check_mask(&f, call(&f, "or", fails, zero), "true, true, true, NULL, true", 2);
    /* A NULL on the left does not decide. */
    check_mask(&f, call(&f, "and", f.columns[COLUMN_C], fails), "true, false, NULL, NULL, NULL", 1);
    fixture_close(&f);
}

static void test_case(void **state)
{
    struct fixture f;
    (void)state;
    fixture_open(&f, rows);
    struct expr *zero = call(&f, "=", f.columns[COLUMN_B], bigint(&f, 0));
    struct expr *e = when(&f, zero, bigint(&f, -1), ratio(&f));
    check_mask(&f, e, "5, -1, -1, NULL, -1", 0);
    check_mask(&f, when(&f, zero, ratio(&f), NULL), "NULL, NULL, NULL, NULL, NULL", 2);
    check_mask(&f, when(&f, f.columns[COLUMN_C], ratio(&f), NULL), "5, NULL, NULL, NULL, NULL", 1);
    /* A CASE inside the value of another: both conditions count. */
    struct expr *inner =
        when(&f, call(&f, "=", f.columns[COLUMN_T], text(&f, "y")), ratio(&f), bigint(&f, 0));
    check_mask(&f, when(&f, f.columns[COLUMN_C], inner, bigint(&f, 7)), "0, 7, 7, 0, 0", 0);
    fixture_close(&f);
}

static void test_coalesce(void **state)
{
    struct fixture f;
    (void)state;
    fixture_open(&f, rows);
    check_mask(&f, call(&f, "coalesce", f.columns[COLUMN_A], ratio(&f)), "10, 10, NULL, 10, 20", 0);
    check_mask(&f, call(&f, "coalesce", f.columns[COLUMN_B], ratio(&f)), "2, 0, 0, NULL, 0", 0);
    check_mask(&f, call(&f, "coalesce", ratio(&f), bigint(&f, 3)), "5, 3, 3, 3, 3", 2);
    fixture_close(&f);
}

/* A pattern is not even tried on rows that do not matter, and what it gives there is not used. */
static void test_skipped(void **state)
{
    struct fixture f;
    (void)state;
    fixture_open(&f, "1, 1, aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!, true\n"
                     "2, 2, a, true\n"
                     "3, 3, b, true\n");
    struct expr *slow = call(&f, "~", f.columns[COLUMN_T], text(&f, "^(a|a|a|a)+$"));
    check_mask(&f, slow, "NULL, true, false", 1);
    struct expr *cheap = call(&f, ">", f.columns[COLUMN_A], bigint(&f, 1));
    check_mask(&f, call(&f, "and", cheap, slow), "false, true, false", 0);
    check_mask(&f, call(&f, "or", call(&f, "=", f.columns[COLUMN_A], bigint(&f, 1)), slow),
               "true, true, false", 0);
    struct expr *extract = call(&f, "regexp_extract", f.columns[COLUMN_T], text(&f, "^(a|a)+$"));
    check_mask(&f, when(&f, cheap, extract, f.columns[COLUMN_T]),
               "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!, a, NULL", 0);
    fixture_close(&f);
}

/* ---- computed once --------------------------------------------------------------------------- */

static uint64_t errors_of(struct fixture *f, struct expr **exprs, uint32_t n)
{
    struct column columns[4];
    struct program *program = program_new(&f->arena, exprs, n, f->schema);
    f->context.errors.count = 0;
    program_run(program, &f->context, &f->batch, columns);
    program_free(program);
    return f->context.errors.count;
}

/* Errors tell how often something was computed. */
static void test_common_parts(void **state)
{
    struct fixture f;
    (void)state;
    fixture_open(&f, rows);
    struct expr *exprs[4] = {ratio(&f), ratio(&f), call(&f, "+", ratio(&f), bigint(&f, 1)),
                             call(&f, "+", ratio(&f), ratio(&f))};
    assert_int_equal(errors_of(&f, exprs, 4), 2);
    /* Computed for all rows before: a part that matters for fewer rows needs nothing more. */
    struct expr *guarded = when(&f, f.columns[COLUMN_C], ratio(&f), NULL);
    struct expr *after[2] = {ratio(&f), guarded};
    assert_int_equal(errors_of(&f, after, 2), 2);
    /* The other way round, the first is not enough for the second. */
    struct expr *before[2] = {guarded, ratio(&f)};
    assert_int_equal(errors_of(&f, before, 2), 3);
    struct expr *same[2] = {guarded, when(&f, f.columns[COLUMN_C], ratio(&f), NULL)};
    assert_int_equal(errors_of(&f, same, 2), 1);
    struct expr *apart[2] = {guarded,
                             when(&f, call(&f, "not", f.columns[COLUMN_C], NULL), ratio(&f), NULL)};
    assert_int_equal(errors_of(&f, apart, 2), 2);
    fixture_close(&f);
}

/* Parts that each guard the other, in different expressions. */
static void test_crossed_guards(void **state)
{
    struct fixture f;
    (void)state;
    fixture_open(&f, rows);
    struct expr *p = call(&f, ">", ratio(&f), bigint(&f, 1));
    struct expr *q =
        call(&f, ">", call(&f, "%", f.columns[COLUMN_A], f.columns[COLUMN_B]), bigint(&f, -1));
    struct expr *c = f.columns[COLUMN_C];
    struct expr *d = call(&f, "not", c, NULL);
    struct expr *exprs[2] = {when(&f, c, call(&f, "and", p, q), NULL),
                             when(&f, d, call(&f, "and", q, p), NULL)};
    /* Row 2 (c false): q fails, then p, because q left it open. Row 5 (c true): p, then q. */
    assert_int_equal(errors_of(&f, exprs, 2), 4);
    fixture_close(&f);
}

/* ---- inputs and filters ---------------------------------------------------------------------- */

static void test_inputs(void **state)
{
    struct fixture f;
    struct column columns[3];
    uint32_t n;
    (void)state;
    fixture_open(&f, rows);
    struct expr *exprs[3] = {call(&f, "=", f.columns[COLUMN_T], text(&f, "x")), f.columns[COLUMN_A],
                             bigint(&f, 7)};
    struct program *program = program_new(&f.arena, exprs, 3, f.schema);
    const uint32_t *inputs = program_inputs(program, &n);
    assert_int_equal(n, 2);
    assert_int_equal(inputs[0], COLUMN_A);
    assert_int_equal(inputs[1], COLUMN_T);
    f.batch.columns[COLUMN_B].values = NULL; /* late: nobody reads it */
    program_run(program, &f.context, &f.batch, columns);
    assert_ptr_equal(columns[1].values, f.batch.columns[COLUMN_A].values);
    assert_true(columns[2].is_constant);
    assert_int_equal(columns[2].n, 5);
    assert_string_equal(column_to_text(&f.arena, &columns[2]), "7, 7, 7, 7, 7");
    f.batch.n = 2; /* a shorter batch */
    program_run(program, &f.context, &f.batch, columns);
    assert_string_equal(column_to_text(&f.arena, &columns[0]), "true, false");
    assert_int_equal(columns[1].n, 2);
    f.batch.n = 0;
    program_run(program, &f.context, &f.batch, columns);
    assert_int_equal(columns[0].n, 0);
    program_free(program);
    program_free(NULL);
    fixture_close(&f);
}

static void check_filter(struct fixture *f, struct expr *e, uint32_t n_wanted,
                         const uint32_t *wanted)
{
    uint32_t found[BATCH_ROWS];
    struct program *program = program_new(&f->arena, &e, 1, f->schema);
    uint32_t n = program_filter(program, &f->context, &f->batch, found);
    assert_int_equal(n, n_wanted);
    assert_memory_equal(found, wanted, n * sizeof *found);
    program_free(program);
}

static void test_filter(void **state)
{
    struct fixture f;
    (void)state;
    fixture_open(&f, rows);
    check_filter(&f, f.columns[COLUMN_C], 3, (const uint32_t[]){0, 3, 4});
    check_filter(&f, call(&f, "not", f.columns[COLUMN_C], NULL), 1, (const uint32_t[]){1});
    check_filter(&f, call(&f, "is null", f.columns[COLUMN_B], NULL), 1, (const uint32_t[]){3});
    check_filter(&f, expr_constant(&f.arena, value_boolean(true)), 5,
                 (const uint32_t[]){0, 1, 2, 3, 4});
    check_filter(&f, expr_constant(&f.arena, value_boolean(false)), 0, NULL);
    check_filter(&f, expr_constant(&f.arena, value_null(type_of(TYPE_NULL))), 0, NULL);
    fixture_close(&f);
}

/* ---- evaluate -------------------------------------------------------------------------------- */

static void test_evaluate(void **state)
{
    struct fixture f;
    (void)state;
    fixture_open(&f, rows);
    struct value value =
        expr_evaluate(&f.arena, call(&f, "epoch_ms", call(&f, "now", NULL, NULL), NULL),
                      &f.context);
    assert_int_equal(value.i64, 0);
    struct expr *bad = call(&f, "/", bigint(&f, 1), bigint(&f, 0));
    value = expr_evaluate(&f.arena, bad, &f.context);
    assert_true(value.is_null);
    assert_int_equal(f.context.errors.count, 1);
    assert_string_equal(f.context.errors.newest, "division by zero in 1 / 0");
    fixture_close(&f);
}

/* Limits on what texts can grow to. */
static void test_text_limits(void **state)
{
    struct fixture f;
    (void)state;
    fixture_open(&f, "1048576, 0, x, true\n"
                     "1048577, 0, x, true\n");
    struct expr *e = call(&f, "repeat", f.columns[COLUMN_T], f.columns[COLUMN_A]);
    e = call(&f, "length", e, NULL);
    check_mask(&f, e, "1048576, NULL", 1);
    assert_string_equal(f.context.errors.newest, "text over 1 MiB in repeat(t, a)");
    fixture_close(&f);
}

TEST_MAIN(cmocka_unit_test(test_errors), cmocka_unit_test(test_error_sample),
          cmocka_unit_test(test_and_or), cmocka_unit_test(test_case),
          cmocka_unit_test(test_coalesce), cmocka_unit_test(test_skipped),
          cmocka_unit_test(test_common_parts), cmocka_unit_test(test_crossed_guards),
          cmocka_unit_test(test_inputs), cmocka_unit_test(test_filter),
          cmocka_unit_test(test_evaluate), cmocka_unit_test(test_text_limits))
