/* Sets of aggregates over small literal columns: layout, sharing, results, runtime errors. The
 * properties that every aggregate must have are in test_agg_registry.c. */
#include "engine/agg/agg.h"
#include "engine/agg/agg_kind.h"
#include "engine/data/schema.h"
#include "tests/support/builders.h"
#include "tests/support/testing.h"

enum { CALLS_MAX = 8 };

/* A query over columns: calls as text, one set, any number of cells. */
struct fixture {
    struct arena arena;
    const struct schema *schema;
    struct agg_call calls[CALLS_MAX];
    uint32_t n_calls;
    struct agg_set *set;
};

static void fixture_init(struct fixture *f, const char *columns)
{
    *f = (struct fixture){0};
    arena_init(&f->arena);
    f->schema = schema_from_text(&f->arena, columns);
}

static void fixture_release(struct fixture *f)
{
    assert_int_equal(agg_set_owned_bytes(f->set), 0);
    agg_set_free(f->set);
    arena_release(&f->arena);
}

/* A call of `name` over the column (NULL: over nothing), with a constant behind it or NULL. */
static struct agg_call *fixture_add_call(struct fixture *f, const char *name, bool distinct,
                                         const char *column, const struct value *param)
{
    struct error err;
    struct agg_call *call = &f->calls[f->n_calls++];
    int col = column == NULL ? -1 : schema_find(f->schema, slice_text(column));
    struct type type = col < 0 ? type_of(TYPE_NULL) : f->schema->fields[col].type;
    enum status status = agg_resolve(&f->arena, slice_text(name), distinct, &type, col >= 0, param,
                                     param != NULL, call, &err);
    assert_int_equal(status, OK);
    call->args[0] = col < 0 ? 0 : (uint32_t)col;
    return call;
}

static struct agg_call *fixture_call(struct fixture *f, const char *name, const char *column)
{
    return fixture_add_call(f, name, false, column, NULL);
}

static struct agg_call *fixture_distinct(struct fixture *f, const char *name, const char *column)
{
    return fixture_add_call(f, name, true, column, NULL);
}

static struct agg_call *fixture_call_with(struct fixture *f, const char *name, const char *column,
                                          struct value param)
{
    return fixture_add_call(f, name, false, column, &param);
}

static void fixture_start(struct fixture *f)
{
    f->set = agg_set_new(&f->arena, f->calls, f->n_calls);
}

static uint8_t *fixture_cell(struct fixture *f)
{
    return arena_zalloc(&f->arena, agg_set_bytes(f->set));
}

/* `first_row`: the arrival number of the first row. */
static void fixture_add_at(struct fixture *f, uint8_t *cell, uint64_t first_row, const char *rows)
{
    struct batch batch;
    uint8_t *cells[BATCH_ROWS];
    batch_from_text(&batch, f->schema, &f->arena, rows);
    for (uint32_t i = 0; i < batch.n; i++) {
        cells[i] = cell;
    }
    batch.first_row = first_row;
    agg_set_add_many(f->set, cells, &batch);
}

static void fixture_add(struct fixture *f, uint8_t *cell, const char *rows)
{
    fixture_add_at(f, cell, 0, rows);
}

/* The results of one cell, separated by " | ". */
static const char *fixture_result(struct fixture *f, uint8_t *cell)
{
    struct column columns[CALLS_MAX];
    struct bytebuf text = {0};
    agg_set_emit(f->set, &cell, 1, &f->arena, columns);
    for (uint32_t c = 0; c < f->n_calls; c++) {
        bytebuf_add_text(&text, c == 0 ? "" : " | ");
        bytebuf_add_text(&text, column_to_text(&f->arena, &columns[c]));
    }
    const char *result = arena_text(&f->arena, bytebuf_text(&text));
    bytebuf_release(&text);
    return result;
}

static void test_shared_layout(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "x BIGINT, y DECIMAL(12,2), z DOUBLE");
    fixture_call(&f, "count", "x");
    fixture_call(&f, "sum", "x");
    fixture_call(&f, "avg", "x");
    fixture_start(&f);
    assert_int_equal(agg_set_bytes(f.set), 24);
    assert_true(agg_set_invertible(f.set));
    assert_string_equal(agg_set_eviction(f.set), "exact inverse");

    fixture_call(&f, "min", "x");
    fixture_call(&f, "max", "x");
    fixture_start(&f);
    assert_int_equal(agg_set_bytes(f.set), 40);
    assert_false(agg_set_invertible(f.set));
    assert_false(agg_set_owns_memory(f.set));
    assert_string_equal(agg_set_eviction(f.set), "merge");

    fixture_call(&f, "count", NULL);
    fixture_call(&f, "max", "y");
    fixture_start(&f);
    assert_int_equal(agg_set_bytes(f.set), 40 + 8 + 16);
    fixture_release(&f);
}

static void test_no_calls(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "x BIGINT");
    fixture_start(&f);
    assert_int_equal(agg_set_bytes(f.set), 8);
    uint8_t *cell = fixture_cell(&f);
    fixture_add(&f, cell, "1\n2\n");
    assert_string_equal(fixture_result(&f, cell), "");
    fixture_release(&f);
}

static void test_results(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "x BIGINT, y DECIMAL(12,2), z DOUBLE, t INTERVAL");
    fixture_call(&f, "count", NULL);
    fixture_call(&f, "count", "x");
    fixture_call(&f, "sum", "x");
    fixture_call(&f, "avg", "x");
    fixture_call(&f, "min", "x");
    fixture_call(&f, "max", "y");
    fixture_call(&f, "avg", "y");
    fixture_call(&f, "avg", "t");
    fixture_start(&f);
    uint8_t *cell = fixture_cell(&f);
    assert_string_equal(fixture_result(&f, cell),
                        "0 | 0 | NULL | NULL | NULL | NULL | NULL | NULL");
    fixture_add(&f, cell, "5, 1.50, 2.5, 10s\nNULL, NULL, NULL, NULL\n-2, 2.50, 1, 15s\n");
    assert_string_equal(fixture_result(&f, cell), "3 | 2 | 3 | 1.5 | -2 | 2.50 | 2 | 12s500ms");
    fixture_release(&f);
}

static void test_sum_is_exact_and_checked(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "x BIGINT, y DECIMAL(18,0)");
    fixture_call(&f, "sum", "x");
    fixture_call(&f, "sum", "y");
    fixture_call(&f, "avg", "x");
    fixture_start(&f);
    uint8_t *cell = fixture_cell(&f);
    fixture_add(&f, cell, "9223372036854775807, 999999999999999999\n1, 1\n");
    assert_string_equal(fixture_result(&f, cell), "NULL | NULL | 4.611686018427388e+18");
    assert_int_equal(agg_set_take_errors(f.set), 2);
    assert_int_equal(agg_set_take_errors(f.set), 0);
    /* It comes back into range: nothing was lost on the way. */
    fixture_add(&f, cell, "-1, -1\n");
    assert_string_equal(fixture_result(&f, cell),
                        "9223372036854775807 | 999999999999999999 | 3.0744573456182584e+18");
    assert_int_equal(agg_set_take_errors(f.set), 0);
    fixture_release(&f);
}

static void test_text_and_boolean(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "x TEXT, b BOOLEAN");
    fixture_call(&f, "min", "x");
    fixture_call(&f, "max", "x");
    fixture_call(&f, "min", "b");
    fixture_call(&f, "max", "b");
    fixture_call(&f, "any", "b");
    fixture_call(&f, "every", "b");
    fixture_start(&f);
    assert_true(agg_set_owns_memory(f.set));
    assert_int_equal(agg_set_bytes(f.set), 16 + 16 + 16);
    uint8_t *cell = fixture_cell(&f);
    fixture_add(&f, cell, "pear, true\n'', NULL\na much longer text than the first, false\n");
    assert_string_equal(fixture_result(&f, cell), " | pear | false | true | true | false");
    assert_true(agg_set_owned_bytes(f.set) > 0);
    agg_set_release_many(f.set, &cell, 1);
    assert_string_equal(fixture_result(&f, cell), "NULL | NULL | NULL | NULL | NULL | NULL");
    fixture_release(&f);
}

/* style.md, last paragraph: a minimum over a hopping window must forget the pane that has left. */
static void test_min_forgets_when_panes_leave(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "x BIGINT, y TEXT");
    fixture_call(&f, "min", "x");
    fixture_call(&f, "min", "y");
    fixture_start(&f);
    uint8_t *panes[3] = {fixture_cell(&f), fixture_cell(&f), fixture_cell(&f)};
    uint8_t *window = fixture_cell(&f);
    fixture_add(&f, panes[0], "1, apple\n7, pear\n");
    fixture_add(&f, panes[1], "5, mango\n");
    fixture_add(&f, panes[2], "6, melon\n");
    agg_set_merge_many(f.set, &window, &panes[0], 1);
    agg_set_merge_many(f.set, &window, &panes[1], 1);
    assert_string_equal(fixture_result(&f, window), "1 | apple");

    agg_set_release_many(f.set, &window, 1);
    agg_set_merge_many(f.set, &window, &panes[1], 1);
    agg_set_merge_many(f.set, &window, &panes[2], 1);
    assert_string_equal(fixture_result(&f, window), "5 | mango");
    assert_string_equal(fixture_result(&f, panes[0]), "1 | apple");
    agg_set_release_many(f.set, &window, 1);
    agg_set_release_many(f.set, panes, 3);
    fixture_release(&f);
}

static void test_distinct(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "x BIGINT, y TEXT, z DOUBLE");
    struct value comma = value_text(slice_text(","));
    fixture_distinct(&f, "count", "x");
    fixture_distinct(&f, "sum", "x");
    fixture_distinct(&f, "avg", "x");
    fixture_call(&f, "sum", "x");
    fixture_distinct(&f, "count", "z");
    fixture_call(&f, "approx_count_distinct", "z");
    fixture_add_call(&f, "string_agg", true, "y", &comma);
    fixture_start(&f);
    uint8_t *cell = fixture_cell(&f);
    fixture_add(&f, cell, "5, pear, 0.0\n5, apple, -0.0\nNULL, NULL, NULL\n2, pear, 1\n");
    assert_string_equal(fixture_result(&f, cell), "2 | 7 | 3.5 | 12 | 2 | 2 | apple,pear");
    agg_set_release_many(f.set, &cell, 1);
    fixture_release(&f);
}

static void test_bags_and_moments_are_shared(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "x DOUBLE");
    fixture_call_with(&f, "percentile", "x", value_double(0.25));
    fixture_call(&f, "median", "x");
    fixture_call_with(&f, "top_k", "x", value_bigint(2));
    fixture_distinct(&f, "count", "x");
    fixture_start(&f);
    assert_int_equal(agg_set_bytes(f.set), 24);
    assert_true(agg_set_invertible(f.set));
    uint8_t *cell = fixture_cell(&f);
    fixture_add(&f, cell, "4\n1\n3\n2\n2.0\n");
    assert_string_equal(fixture_result(&f, cell), "2 | 2 | [[2,2],[1,1]] | 4");
    agg_set_release_many(f.set, &cell, 1);

    f.n_calls = 0;
    fixture_call(&f, "stddev_pop", "x");
    fixture_call(&f, "var_samp", "x");
    fixture_call(&f, "variance", "x");
    fixture_call(&f, "count", "x");
    fixture_start(&f);
    assert_int_equal(agg_set_bytes(f.set), 24);
    cell = fixture_cell(&f);
    fixture_add(&f, cell, "2\n");
    assert_string_equal(fixture_result(&f, cell), "0 | NULL | NULL | 1");
    fixture_add(&f, cell, "4\n4\n4\n5\n5\n7\n9\n");
    assert_string_equal(fixture_result(&f, cell), "2 | 4.571428571428571 | 4.571428571428571 | 8");
    fixture_release(&f);
}

/* A sum of squares would give 0 or less here. */
static void test_variance_far_from_zero(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "x DOUBLE");
    fixture_call(&f, "var_pop", "x");
    fixture_start(&f);
    uint8_t *cells[2] = {fixture_cell(&f), fixture_cell(&f)};
    fixture_add(&f, cells[0], "1000000000000\n1000000000001\n");
    fixture_add(&f, cells[1], "1000000000002\n1000000000003\n");
    agg_set_merge_many(f.set, &cells[0], &cells[1], 1);
    assert_string_equal(fixture_result(&f, cells[0]), "1.25");
    fixture_release(&f);
}

static void test_first_and_last(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "t TIMESTAMP, x TEXT");
    fixture_call(&f, "first", "x")->time_column = 0;
    fixture_call(&f, "last", "x")->time_column = 0;
    fixture_call(&f, "first", "x");
    fixture_call(&f, "last", "x");
    fixture_start(&f);
    uint8_t *panes[2] = {fixture_cell(&f), fixture_cell(&f)};
    fixture_add_at(&f, panes[0], 10,
                   "2026-01-05T09:00:02Z, b\n2026-01-05T09:00:01Z, a\n2026-01-05T09:00:01Z, c\n");
    fixture_add_at(&f, panes[1], 0, "2026-01-05T09:00:02Z, late\n2026-01-05T09:00:09Z, NULL\n");
    assert_string_equal(fixture_result(&f, panes[0]), "a | b | b | c");
    agg_set_merge_many(f.set, &panes[0], &panes[1], 1);
    assert_string_equal(fixture_result(&f, panes[0]), "a | b | late | c");
    agg_set_merge_many(f.set, &panes[1], &panes[0], 1);
    assert_string_equal(fixture_result(&f, panes[1]), "a | b | late | c");
    agg_set_release_many(f.set, panes, 2);
    fixture_release(&f);
}

/* Rows of a union of streams may have equal numbers: the order of merging still decides nothing. */
static void test_first_and_last_of_equal_rows(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "x BIGINT, y TEXT");
    fixture_call(&f, "first", "x");
    fixture_call(&f, "last", "x");
    fixture_call(&f, "first", "y");
    fixture_call(&f, "last", "y");
    fixture_start(&f);
    uint8_t *cells[4];
    for (int i = 0; i < 4; i++) {
        cells[i] = fixture_cell(&f);
        fixture_add_at(&f, cells[i], 5, i % 2 == 0 ? "3, c\n" : "4, d\n");
    }
    agg_set_merge_many(f.set, &cells[0], &cells[1], 1);
    agg_set_merge_many(f.set, &cells[3], &cells[2], 1);
    assert_string_equal(fixture_result(&f, cells[0]), "3 | 4 | c | d");
    assert_string_equal(fixture_result(&f, cells[3]), "3 | 4 | c | d");
    agg_set_release_many(f.set, cells, 4);
    fixture_release(&f);
}

static void test_percentiles(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "x BIGINT, y DECIMAL(12,2), t INTERVAL");
    fixture_call(&f, "median", "x");
    fixture_call_with(&f, "percentile", "x", value_double(0));
    fixture_call_with(&f, "percentile", "x", value_double(1));
    fixture_call_with(&f, "percentile", "x", value_double(0.9));
    fixture_call(&f, "median", "y");
    fixture_call(&f, "median", "t");
    fixture_distinct(&f, "median", "x");
    fixture_start(&f);
    uint8_t *cell = fixture_cell(&f);
    fixture_add(&f, cell, "10, 1.50, 1s\n20, 2.50, 2s\n20, NULL, NULL\n40, 9.00, NULL\n");
    assert_string_equal(fixture_result(&f, cell), "20 | 10 | 40 | 34 | 2.5 | 1s500ms | 20");
    agg_set_release_many(f.set, &cell, 1);
    fixture_release(&f);
}

static void test_string_agg(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "x TEXT");
    fixture_call_with(&f, "string_agg", "x", value_text(slice_text("; ")));
    fixture_start(&f);
    uint8_t *panes[2] = {fixture_cell(&f), fixture_cell(&f)};
    assert_string_equal(fixture_result(&f, panes[0]), "NULL");
    fixture_add_at(&f, panes[0], 100, "third\n''\nNULL\nfourth\n");
    fixture_add_at(&f, panes[1], 1, "first\nsecond\n");
    agg_set_merge_many(f.set, &panes[0], &panes[1], 1);
    assert_string_equal(fixture_result(&f, panes[0]), "first; second; third; ; fourth");
    agg_set_release_many(f.set, panes, 2);
    fixture_release(&f);
}

static void test_text_result_has_a_limit(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "x TEXT");
    fixture_call_with(&f, "string_agg", "x", value_text(slice_text("")));
    fixture_start(&f);
    uint8_t *cell = fixture_cell(&f);
    struct text half = {arena_zalloc(&f.arena, AGG_TEXT_BYTES_MAX / 2), AGG_TEXT_BYTES_MAX / 2};
    struct column column = {.type = type_of(TYPE_TEXT), .n = 1, .text = &half};
    struct batch batch = {.n = 1, .columns = &column, .time_column = -1};
    struct column result;
    agg_set_add_run(f.set, cell, &batch);
    agg_set_add_run(f.set, cell, &batch);
    agg_set_emit(f.set, &cell, 1, &f.arena, &result);
    assert_int_equal(result.text[0].len, AGG_TEXT_BYTES_MAX);
    assert_int_equal(agg_set_take_errors(f.set), 0);
    half.len = 1;
    agg_set_add_run(f.set, cell, &batch);
    agg_set_emit(f.set, &cell, 1, &f.arena, &result);
    assert_true(column_is_null(&result, 0));
    assert_int_equal(agg_set_take_errors(f.set), 1);
    agg_set_release_many(f.set, &cell, 1);
    fixture_release(&f);
}

static void test_top_k(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "x TEXT, y DECIMAL(12,2), b BOOLEAN, t TIMESTAMP, z DOUBLE");
    const char *columns[] = {"x", "y", "b", "t", "z"};
    for (int i = 0; i < 5; i++) {
        fixture_call_with(&f, "top_k", columns[i], value_bigint(2));
    }
    fixture_start(&f);
    uint8_t *cell = fixture_cell(&f);
    fixture_add(&f, cell,
                "'say \"no\"', 1.5, true, 2026-01-05T09:00:00Z, 0.5\n"
                "a, 1.5, false, 2026-01-05T09:00:00Z, inf\n"
                "'say \"no\"', 2, NULL, NULL, NULL\n"
                "b, NULL, true, NULL, NULL\n");
    assert_string_equal(fixture_result(&f, cell),
                        "[[\"say \\\"no\\\"\",2],[\"a\",1]] | [[1.50,2],[2.00,1]] | "
                        "[[true,2],[false,1]] | [[\"2026-01-05T09:00:00Z\",2]] | "
                        "[[0.5,1],[\"Infinity\",1]]");
    agg_set_release_many(f.set, &cell, 1);
    fixture_release(&f);
}

TEST_MAIN(cmocka_unit_test(test_shared_layout), cmocka_unit_test(test_no_calls),
          cmocka_unit_test(test_results), cmocka_unit_test(test_sum_is_exact_and_checked),
          cmocka_unit_test(test_text_and_boolean),
          cmocka_unit_test(test_min_forgets_when_panes_leave), cmocka_unit_test(test_distinct),
          cmocka_unit_test(test_bags_and_moments_are_shared),
          cmocka_unit_test(test_variance_far_from_zero), cmocka_unit_test(test_first_and_last),
          cmocka_unit_test(test_first_and_last_of_equal_rows), cmocka_unit_test(test_percentiles),
          cmocka_unit_test(test_string_agg), cmocka_unit_test(test_text_result_has_a_limit),
          cmocka_unit_test(test_top_k))
