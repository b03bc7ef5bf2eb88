/* Tests of engine/data/column.h and value.h. */
#include "engine/data/column.h"

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

static const struct type all_types[] = {
    {TYPE_BOOLEAN, 0, 0}, {TYPE_BIGINT, 0, 0}, {TYPE_DOUBLE, 0, 0},    {TYPE_DECIMAL, 12, 2},
    {TYPE_TEXT, 0, 0},    {TYPE_NULL, 0, 0},   {TYPE_TIMESTAMP, 0, 0}, {TYPE_INTERVAL, 0, 0},
};
enum { N_TYPES = sizeof all_types / sizeof all_types[0] };

static struct value random_value(struct rng *rng, struct arena *arena, struct type type)
{
    struct value value = {.type = type, .is_null = rng_once_in(rng, 8)};
    switch (type_physical(type)) {
    case PHYSICAL_BIT:
        value.boolean = rng_once_in(rng, 2);
        break;
    case PHYSICAL_I64:
        value.i64 = rng_i64(rng);
        break;
    case PHYSICAL_F64:
        value.f64 = rng_f64(rng);
        break;
    case PHYSICAL_TEXT: {
        const char *text = arena_printf(arena, "t%u", (unsigned)rng_below(rng, 1000));
        value.text = value_text(slice_text(text)).text;
        break;
    }
    }
    return value;
}

static void test_put_and_read_back(void **state)
{
    static const uint32_t lengths[] = EDGE_LENGTHS;
    struct arena *arena = *state;
    struct rng rng;
    rng_init(&rng);
    for (size_t t = 0; t < N_TYPES * sizeof lengths / sizeof lengths[0]; t++) {
        struct type type = all_types[t % N_TYPES];
        uint32_t n = lengths[t / N_TYPES];
        struct value *values = arena_alloc(arena, n * sizeof *values);
        struct column_out out = column_out_new(arena, type, n);
        for (uint32_t i = 0; i < n; i++) {
            values[i] = random_value(&rng, arena, type);
            column_out_put(&out, i, n, &values[i]);
        }
        struct column column = column_view(&out, n);
        for (uint32_t i = 0; i < n; i++) {
            struct value got = column_value(&column, i);
            RNG_CHECK(&rng, value_equal(&got, &values[i]));
            RNG_CHECK(&rng, column_is_null(&column, i) == values[i].is_null);
        }
    }
}

static void test_gather_takes_rows(void **state)
{
    static const uint32_t lengths[] = EDGE_LENGTHS;
    struct arena *arena = *state;
    struct rng rng;
    rng_init(&rng);
    for (size_t t = 0; t < N_TYPES * sizeof lengths / sizeof lengths[0]; t++) {
        struct type type = all_types[t % N_TYPES];
        uint32_t n = lengths[t / N_TYPES];
        struct column_out out = column_out_new(arena, type, BATCH_ROWS);
        for (uint32_t i = 0; i < BATCH_ROWS; i++) {
            struct value value = random_value(&rng, arena, type);
            value.is_null &= t % 2 == 0; /* with a validity bitmap and without */
            column_out_put(&out, i, BATCH_ROWS, &value);
        }
        struct column column = column_view(&out, BATCH_ROWS);
        uint32_t rows[BATCH_ROWS];
        for (uint32_t i = 0; i < n; i++) {
            rows[i] = (uint32_t)rng_below(&rng, BATCH_ROWS);
        }
        struct column gathered = column_gather(arena, &column, rows, n);
        RNG_CHECK(&rng, gathered.n == n && type_equal(gathered.type, type));
        for (uint32_t i = 0; i < n; i++) {
            struct value got = column_value(&gathered, i);
            struct value expected = column_value(&column, rows[i]);
            RNG_CHECK(&rng, value_equal(&got, &expected));
        }
    }
}

static void test_null_rows_hold_zero(void **state)
{
    struct arena *arena = *state;
    for (size_t t = 0; t < N_TYPES; t++) {
        struct column_out out = column_out_new(arena, all_types[t], 70);
        column_out_null(&out, 66, 70);
        struct column column = column_view(&out, 70);
        assert_true(column_is_null(&column, 66));
        assert_false(column_is_null(&column, 65));
        switch (type_physical(column.type)) {
        case PHYSICAL_BIT:
            assert_false(bits_get(column.bits, 66));
            break;
        case PHYSICAL_I64:
            assert_int_equal(column.i64[66], 0);
            break;
        case PHYSICAL_F64:
            assert_true(column.f64[66] == 0.0);
            break;
        case PHYSICAL_TEXT:
            assert_int_equal(column.text[66].len, 0);
            break;
        }
    }
}

static void test_values_of_one_row_may_change(void **state)
{
    struct arena *arena = *state;
    struct column_out out = column_out_new(arena, type_of(TYPE_BIGINT), 1);
    struct value value = value_bigint(5);
    column_out_null(&out, 0, 1);
    column_out_put(&out, 0, 1, &value);
    struct column column = column_view(&out, 1);
    assert_string_equal(column_to_text(arena, &column), "5");
}

static void test_equality(void **state)
{
    (void)state;
    struct value one = value_bigint(1);
    struct value real = value_double(1);
    struct value nan_a = value_double((double)NAN);
    struct value null_a = value_null(type_of(TYPE_BIGINT));
    struct value cents = value_i64(type_decimal(12, 2), 150);
    struct value mills = value_i64(type_decimal(18, 3), 1500);
    struct value more = value_i64(type_decimal(18, 3), 1501);
    struct value text = value_text(slice_text("1"));
    assert_true(value_equal(&one, &one));
    assert_false(value_equal(&one, &real));
    assert_false(value_equal(&one, &text));
    assert_false(value_equal(&one, &null_a));
    assert_true(value_equal(&null_a, &null_a));
    assert_true(value_equal(&nan_a, &nan_a));
    assert_true(value_equal(&cents, &mills));
    assert_false(value_equal(&cents, &more));
}

static void test_printing(void **state)
{
    static const struct {
        const char *type;
        const char *in;
        const char *out;
    } cases[] = {
        {"BOOLEAN", "true, NULL, false", "true, NULL, false"},
        {"BIGINT", "-9223372036854775808, 0", "-9223372036854775808, 0"},
        {"DOUBLE", "1, 0.1, 1e300, nan", "1, 0.1, 1e+300, NaN"},
        {"DECIMAL(12,2)", "1.5, -0.005, 10", "1.50, -0.01, 10.00"},
        {"TEXT", "a, 'b, ''c''', ''", "a, b, 'c', "},
        {"TIMESTAMP", "2026-01-05 09:00:00.5, 1969-12-31T23:59:59.999999Z",
         "2026-01-05T09:00:00.500Z, 1969-12-31T23:59:59.999999Z"},
        {"INTERVAL", "90m, 10 seconds, -1d", "1h30m, 10s, -1d"},
    };
    struct arena *arena = *state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct column column = column_from_text(arena, cases[i].type, cases[i].in);
        assert_string_equal(column_to_text(arena, &column), cases[i].out);
    }
}

static void test_null_prints_as_nothing(void **state)
{
    struct arena *arena = *state;
    struct column column = column_from_text(arena, "BIGINT", "1, NULL, 2");
    struct bytebuf buf = {0};
    for (uint32_t i = 0; i < column.n; i++) {
        column_print(&buf, &column, i);
        bytebuf_add_byte(&buf, '|');
    }
    assert_string_equal(bytebuf_text(&buf), "1||2|");
    bytebuf_release(&buf);
}

TEST_MAIN(cmocka_unit_test_setup_teardown(test_put_and_read_back, setup, teardown),
          cmocka_unit_test_setup_teardown(test_gather_takes_rows, setup, teardown),
          cmocka_unit_test_setup_teardown(test_null_rows_hold_zero, setup, teardown),
          cmocka_unit_test_setup_teardown(test_values_of_one_row_may_change, setup, teardown),
          cmocka_unit_test(test_equality),
          cmocka_unit_test_setup_teardown(test_printing, setup, teardown),
          cmocka_unit_test_setup_teardown(test_null_prints_as_nothing, setup, teardown))
