/* Tests of engine/data/rowkey.h: equal keys are equal bytes, order of bytes is order of output, and
 * decoding gives back what was encoded. */
#include "engine/data/rowkey.h"

#include <math.h>

#include "engine/data/value.h"
#include "tests/support/builders.h"
#include "tests/support/rng.h"
#include "tests/support/testing.h"

static int setup(void **state)
{
    static struct arena arena;
    arena_init(&arena);
    *state = &arena;
    return 0;
}

static int teardown(void **state)
{
    arena_release(*state);
    return 0;
}

enum { COLUMNS_MAX = 4, ROWS = 200 };

struct table {
    struct column columns[COLUMNS_MAX];
    uint32_t n_columns;
    uint32_t n;
};

static struct value random_value(struct rng *rng, struct arena *arena, struct type type)
{
    static const double doubles[] = {0.0, -0.0, 1, -1, 1e300, -1e300, 5e-324, -5e-324};
    struct value value = {.type = type, .is_null = rng_once_in(rng, 6)};
    switch (type_physical(type)) {
    case PHYSICAL_BIT:
        value.boolean = rng_once_in(rng, 2);
        break;
    case PHYSICAL_I64:
        value.i64 = rng_once_in(rng, 2) ? (int64_t)rng_below(rng, 3) - 1 : rng_i64(rng);
        break;
    case PHYSICAL_F64:
        value.f64 = rng_once_in(rng, 3) ? rng_f64(rng) : doubles[rng_below(rng, 8)];
        break;
    case PHYSICAL_TEXT: { /* few different bytes, NUL and FF among them */
        size_t len = rng_below(rng, 5);
        uint8_t *at = arena_alloc(arena, len);
        for (size_t i = 0; i < len; i++) {
            at[i] = (const uint8_t[]){0x00, 0x01, 'a', 0xff}[rng_below(rng, 4)];
        }
        value.text = (struct text){at, (uint32_t)len};
        break;
    }
    }
    return value;
}

static void random_table(struct rng *rng, struct arena *arena, struct table *table)
{
    static const enum type_id ids[] = {TYPE_BOOLEAN, TYPE_BIGINT, TYPE_DOUBLE, TYPE_TEXT,
                                       TYPE_TEXT};
    table->n_columns = 1 + (uint32_t)rng_below(rng, COLUMNS_MAX);
    table->n = 1 + (uint32_t)rng_below(rng, ROWS);
    for (uint32_t c = 0; c < table->n_columns; c++) {
        bool has_nulls = rng_once_in(rng, 2);
        struct column_out out = column_out_new(arena, type_of(ids[rng_below(rng, 5)]), table->n);
        for (uint32_t i = 0; i < table->n; i++) {
            struct value value = random_value(rng, arena, out.type);
            value.is_null &= has_nulls;
            column_out_put(&out, i, table->n, &value);
        }
        table->columns[c] = column_view(&out, table->n);
    }
}

static int compare_f64(double a, double b)
{
    if (isnan(a) || isnan(b)) {
        return isnan(a) - isnan(b);
    }
    return (a > b) - (a < b);
}

/* The order that the language wants, value by value. */
static int compare_values(const struct value *a, const struct value *b)
{
    if (a->is_null || b->is_null) {
        return a->is_null - b->is_null;
    }
    switch (type_physical(a->type)) {
    case PHYSICAL_BIT:
        return a->boolean - b->boolean;
    case PHYSICAL_I64:
        return (a->i64 > b->i64) - (a->i64 < b->i64);
    case PHYSICAL_F64:
        return compare_f64(a->f64, b->f64);
    case PHYSICAL_TEXT:
        return slice_compare(text_slice(a->text), text_slice(b->text));
    }
    return 0;
}

static int compare_rows(const struct table *table, uint32_t i, uint32_t k)
{
    int order = 0;
    for (uint32_t c = 0; c < table->n_columns && order == 0; c++) {
        struct value a = column_value(&table->columns[c], i);
        struct value b = column_value(&table->columns[c], k);
        order = compare_values(&a, &b);
    }
    return order;
}

static int sign(int x)
{
    return (x > 0) - (x < 0);
}

static void test_order_of_bytes_is_order_of_values(void **state)
{
    struct arena *arena = *state;
    struct rng rng;
    rng_init(&rng);
    for (int round = 0; round < 300; round++) {
        struct table table;
        random_table(&rng, arena, &table);
        const struct text *keys = rowkey_encode(arena, table.columns, table.n_columns, table.n);
        uint64_t hashes[ROWS];
        rowkey_hash(keys, table.n, hashes);
        for (int pair = 0; pair < 300; pair++) {
            uint32_t i = (uint32_t)rng_below(&rng, table.n);
            uint32_t k = (uint32_t)rng_below(&rng, table.n);
            int order = sign(rowkey_compare(keys[i], keys[k]));
            RNG_CHECK(&rng, order == sign(compare_rows(&table, i, k)));
            RNG_CHECK(&rng, order != 0 || hashes[i] == hashes[k]);
        }
    }
}

static void test_decode_gives_back(void **state)
{
    struct arena *arena = *state;
    struct rng rng;
    rng_init(&rng);
    for (int round = 0; round < 300; round++) {
        struct table table;
        random_table(&rng, arena, &table);
        const struct text *keys = rowkey_encode(arena, table.columns, table.n_columns, table.n);
        struct column_out outs[COLUMNS_MAX];
        for (uint32_t c = 0; c < table.n_columns; c++) {
            outs[c] = column_out_new(arena, table.columns[c].type, table.n);
        }
        rowkey_decode(keys, table.n, outs, table.n_columns);
        for (uint32_t c = 0; c < table.n_columns; c++) {
            struct column got = column_view(&outs[c], table.n);
            for (uint32_t i = 0; i < table.n; i++) {
                struct value a = column_value(&got, i);
                struct value b = column_value(&table.columns[c], i);
                RNG_CHECK(&rng, value_equal(&a, &b));
            }
        }
    }
}

static void test_one_text_column_is_not_copied(void **state)
{
    struct arena *arena = *state;
    struct column column = column_from_text(arena, "TEXT", "b, a, ''");
    const struct text *keys = rowkey_encode(arena, &column, 1, 3);
    for (uint32_t i = 0; i < 3; i++) {
        assert_ptr_equal(keys[i].at, column.text[i].at);
        assert_int_equal(keys[i].len, column.text[i].len);
    }
}

static void test_null_text_is_not_the_empty_text(void **state)
{
    struct arena *arena = *state;
    struct column column = column_from_text(arena, "TEXT", "'', NULL, a");
    const struct text *keys = rowkey_encode(arena, &column, 1, 3);
    assert_true(keys[1].len == ROWKEY_NULL);
    assert_true(rowkey_compare(keys[0], keys[2]) < 0);
    assert_true(rowkey_compare(keys[1], keys[2]) > 0); /* NULL last */
    assert_int_equal(rowkey_compare(keys[1], keys[1]), 0);
    uint64_t hashes[3];
    rowkey_hash(keys, 3, hashes);
    assert_true(hashes[0] != hashes[1]);
}

static void test_layout_is_as_documented(void **state)
{
    struct arena *arena = *state;
    struct column columns[] = {column_from_text(arena, "BIGINT", "1"),
                               column_from_text(arena, "TEXT", "ab"),
                               column_from_text(arena, "BOOLEAN", "NULL"),
                               column_from_text(arena, "TEXT", "cd")};
    const struct text *keys = rowkey_encode(arena, columns, 4, 1);
    static const uint8_t expected[] = {0, 0x80, 0,   0, 0, 0, 0, 0,   1,
                                       0, 'a',  'b', 0, 0, 1, 0, 'c', 'd'};
    assert_int_equal(keys[0].len, sizeof expected);
    assert_memory_equal(keys[0].at, expected, sizeof expected);
    keys = rowkey_encode(arena, columns, 1, 1);
    assert_int_equal(keys[0].len, 9);
    assert_memory_equal(keys[0].at, expected, 9);
}

static void test_no_rows(void **state)
{
    struct arena *arena = *state;
    struct column column = column_from_text(arena, "BIGINT", "");
    assert_non_null(rowkey_encode(arena, &column, 1, 0));
    struct column_out out = column_out_new(arena, column.type, 0);
    rowkey_decode(NULL, 0, &out, 1);
    rowkey_hash(NULL, 0, NULL);
    assert_null(out.valid);
}

TEST_MAIN(cmocka_unit_test_setup_teardown(test_order_of_bytes_is_order_of_values, setup, teardown),
          cmocka_unit_test_setup_teardown(test_decode_gives_back, setup, teardown),
          cmocka_unit_test_setup_teardown(test_one_text_column_is_not_copied, setup, teardown),
          cmocka_unit_test_setup_teardown(test_null_text_is_not_the_empty_text, setup, teardown),
          cmocka_unit_test_setup_teardown(test_layout_is_as_documented, setup, teardown),
          cmocka_unit_test_setup_teardown(test_no_rows, setup, teardown))
