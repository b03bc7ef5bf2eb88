/* Tests of engine/data/batch.h. */
#include "engine/data/batch.h"

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

/* A scan of records 0, 1, 2, … whose column c of record r is 1000 × c + r. Records divisible by
 * `bad_every` turn out bad in column 1. */
struct records {
    struct late_columns late;
    uint32_t bad_every; /* 0 = none */
    uint32_t calls[3];
    uint32_t rows_decoded;
};

static void records_fill(struct late_columns *self, struct arena *arena, uint32_t col,
                         const uint32_t *origin, uint32_t n, struct column *out, uint64_t *reject)
{
    struct records *records = (struct records *)self;
    struct column_out values = column_out_new(arena, type_of(TYPE_BIGINT), n);
    for (uint32_t i = 0; i < n; i++) {
        values.i64[i] = 1000 * (int64_t)col + origin[i];
        if (col == 1 && records->bad_every > 0 && origin[i] % records->bad_every == 0) {
            bits_set(reject, i);
        }
    }
    records->calls[col]++;
    records->rows_decoded += n;
    *out = column_view(&values, n);
}

static void records_batch(struct records *records, struct batch *batch, struct arena *arena,
                          uint32_t n)
{
    batch_init(batch, schema_from_text(arena, "a BIGINT, b BIGINT, c BIGINT"), arena);
    records->late.fill = records_fill;
    batch->late = &records->late;
    batch->n = n;
}

static void test_init_is_empty(void **state)
{
    struct arena *arena = *state;
    struct batch batch;
    batch_init(&batch, schema_from_text(arena, "a BIGINT, b TEXT"), arena);
    assert_int_equal(batch.n, 0);
    assert_int_equal(batch.time_column, -1);
    assert_true(batch.watermark == TIME_NONE);
    assert_null(batch.columns[1].values);
    assert_int_equal(batch.columns[1].type.id, TYPE_TEXT);
}

static void test_require_decodes_once(void **state)
{
    struct arena *arena = *state;
    struct records records = {0};
    struct batch batch;
    records_batch(&records, &batch, arena, 3);
    batch_require(&batch, (uint32_t[]){2, 0}, 2);
    assert_string_equal(batch_to_text(arena, &batch), "0, ?, 2000\n1, ?, 2001\n2, ?, 2002\n");
    batch_require(&batch, (uint32_t[]){0, 1, 2}, 3);
    assert_string_equal(batch_to_text(arena, &batch),
                        "0, 1000, 2000\n1, 1001, 2001\n2, 1002, 2002\n");
    for (int c = 0; c < 3; c++) {
        assert_int_equal(records.calls[c], 1);
    }
}

static void test_late_columns_cost_only_what_is_left(void **state)
{
    struct arena *arena = *state;
    struct records records = {0};
    struct batch batch;
    records_batch(&records, &batch, arena, 1000);
    batch_require(&batch, (uint32_t[]){0}, 1);
    batch_select(&batch, (uint32_t[]){10, 500, 999}, 3);
    batch_select(&batch, (uint32_t[]){0, 2}, 2);
    records.rows_decoded = 0;
    batch_require(&batch, (uint32_t[]){1}, 1);
    assert_int_equal(records.rows_decoded, 2);
    assert_string_equal(batch_to_text(arena, &batch), "10, 1010, ?\n999, 1999, ?\n");
}

static void test_rejected_rows_leave(void **state)
{
    struct arena *arena = *state;
    struct records records = {.bad_every = 3};
    struct batch batch;
    records_batch(&records, &batch, arena, 7);
    batch.watermarks = (int64_t[]){10, 11, 12, 13, 14, 15, 16};
    batch.ops = (const uint8_t *)"++--++-";
    batch_require(&batch, (uint32_t[]){0, 1, 2}, 3); /* b is bad before c is decoded */
    assert_string_equal(batch_to_text(arena, &batch),
                        "+ 1, 1001, 2001\n- 2, 1002, 2002\n+ 4, 1004, 2004\n+ 5, 1005, 2005\n");
    assert_int_equal(batch.n, 4);
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(batch.watermarks[i], 10 + batch.columns[0].i64[i]);
        assert_int_equal(batch.origin[i], batch.columns[0].i64[i]);
    }
}

static void test_all_rows_rejected(void **state)
{
    struct arena *arena = *state;
    struct records records = {.bad_every = 1};
    struct batch batch;
    records_batch(&records, &batch, arena, BATCH_ROWS);
    batch_require(&batch, (uint32_t[]){1}, 1);
    assert_int_equal(batch.n, 0);
    batch_require(&batch, (uint32_t[]){0, 2}, 2); /* nobody is asked about no rows */
    assert_int_equal(records.calls[2], 0);
    assert_non_null(batch.columns[2].values);
    assert_int_equal(batch.columns[2].n, 0);
}

static void test_select_against_a_loop(void **state)
{
    static const uint32_t lengths[] = EDGE_LENGTHS;
    struct arena *arena = *state;
    struct rng rng;
    rng_init(&rng);
    for (size_t k = 0; k < 8 * sizeof lengths / sizeof lengths[0]; k++) {
        struct records records = {0};
        struct batch batch;
        uint32_t rows[BATCH_ROWS];
        uint32_t n = 0;
        records_batch(&records, &batch, arena, lengths[k / 8]);
        for (uint32_t i = 0; i < batch.n; i++) {
            if (rng_below(&rng, 8) < k % 8) {
                rows[n++] = i;
            }
        }
        batch_require(&batch, (uint32_t[]){2}, 1);
        batch_select(&batch, rows, n);
        batch_require(&batch, (uint32_t[]){0}, 1);
        RNG_CHECK(&rng, batch.n == n);
        for (uint32_t i = 0; i < n; i++) {
            RNG_CHECK(&rng, batch.columns[2].i64[i] == 2000 + (int64_t)rows[i]);
            RNG_CHECK(&rng, batch.columns[0].i64[i] == rows[i]);
        }
    }
}

static void test_copy_outlives_its_batch(void **state)
{
    struct arena *kept = *state;
    struct arena gone;
    arena_init(&gone);
    struct batch batch;
    struct batch copy;
    const struct schema *schema =
        schema_from_text(kept, "ts TIMESTAMP, card TEXT, ok BOOLEAN, x DOUBLE, late BIGINT");
    batch_from_text(&batch, schema, &gone,
                    "2026-01-05T09:00:00Z, c1, true, 1.5, 1\n"
                    "NULL, NULL, false, NULL, 2\n"
                    "2026-01-05T09:00:02Z, '', NULL, -1, 3\n");
    batch.time_column = 0;
    batch.watermark = 77;
    batch.ops = arena_copy(&gone, slice_text("+-+")).at;
    batch.columns[4].values = NULL;
    const char *before = batch_to_text(kept, &batch);
    batch_copy(kept, &batch, &copy);
    arena_release(&gone); /* ASan tells if the copy still points there */
    assert_string_equal(batch_to_text(kept, &copy), before);
    assert_int_equal(copy.time_column, 0);
    assert_int_equal(copy.watermark, 77);
    assert_null(copy.late);
    assert_ptr_equal(copy.arena, kept);
}

TEST_MAIN(cmocka_unit_test_setup_teardown(test_init_is_empty, setup, teardown),
          cmocka_unit_test_setup_teardown(test_require_decodes_once, setup, teardown),
          cmocka_unit_test_setup_teardown(test_late_columns_cost_only_what_is_left, setup,
                                          teardown),
          cmocka_unit_test_setup_teardown(test_rejected_rows_leave, setup, teardown),
          cmocka_unit_test_setup_teardown(test_all_rows_rejected, setup, teardown),
          cmocka_unit_test_setup_teardown(test_select_against_a_loop, setup, teardown),
          cmocka_unit_test_setup_teardown(test_copy_outlives_its_batch, setup, teardown))
