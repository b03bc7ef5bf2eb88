/* Sets of aggregates over small literal columns: layout, sharing, results, runtime errors. The
 * properties that every aggregate must have are in test_agg_registry.c. */
#include "engine/agg/agg.h"
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

/* A call of `name` over the column, or over nothing where it is NULL. */
static struct agg_call *fixture_call(struct fixture *f, const char *name, const char *column)
{
    struct error err;
    struct agg_call *call = &f->calls[f->n_calls++];
    bool distinct = false;
    int col = column == NULL ? -1 : schema_find(f->schema, slice_text(column));
    struct type type = col < 0 ? type_of(TYPE_NULL) : f->schema->fields[col].type;
    enum status status =
        agg_resolve(&f->arena, slice_text(name), distinct, &type, col >= 0, NULL, 0, call, &err);
    assert_int_equal(status, OK);
    call->args[0] = col < 0 ? 0 : (uint32_t)col;
    return call;
}

static void fixture_start(struct fixture *f)
{
    f->set = agg_set_new(&f->arena, f->calls, f->n_calls);
}

static uint8_t *fixture_cell(struct fixture *f)
{
    return arena_zalloc(&f->arena, agg_set_bytes(f->set));
}

static void fixture_add(struct fixture *f, uint8_t *cell, const char *rows)
{
    struct batch batch;
    uint8_t *cells[BATCH_ROWS];
    batch_from_text(&batch, f->schema, &f->arena, rows);
    for (uint32_t i = 0; i < batch.n; i++) {
        cells[i] = cell;
    }
    agg_set_add_many(f->set, cells, &batch);
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

TEST_MAIN(cmocka_unit_test(test_shared_layout), cmocka_unit_test(test_no_calls),
          cmocka_unit_test(test_results), cmocka_unit_test(test_sum_is_exact_and_checked),
          cmocka_unit_test(test_text_and_boolean),
          cmocka_unit_test(test_min_forgets_when_panes_leave))
