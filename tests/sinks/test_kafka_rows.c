/* Records of an epoch, kept to be sent again. */
#include "sinks/kafka_rows.h"
#include "tests/support/testing.h"

static void test_round_trip(void **state)
{
    (void)state;
    struct kafka_rows rows = {0};
    struct kafka_record record;
    size_t at = 0;
    assert_false(kafka_rows_next(&rows, &at, &record));
    kafka_rows_value(&rows, slice_text("a"));
    kafka_rows_key(&rows, slice_text("k"));
    kafka_rows_value(&rows, slice_text(""));
    kafka_rows_key(&rows, slice_text(""));
    kafka_rows_tombstone(&rows);
    for (int pass = 0; pass < 2; pass++) {
        at = 0;
        assert_true(kafka_rows_next(&rows, &at, &record));
        assert_null(record.key.at);
        assert_true(slice_equal(record.value, slice_text("a")));
        assert_true(kafka_rows_next(&rows, &at, &record));
        assert_true(slice_equal(record.key, slice_text("k")));
        assert_non_null(record.value.at);
        assert_int_equal(record.value.len, 0);
        assert_true(kafka_rows_next(&rows, &at, &record));
        assert_non_null(record.key.at);
        assert_null(record.value.at);
        assert_false(kafka_rows_next(&rows, &at, &record));
    }
    assert_int_equal(rows.n, 3);
    kafka_rows_clear(&rows);
    at = 0;
    assert_false(kafka_rows_next(&rows, &at, &record));
    kafka_rows_release(&rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_round_trip)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
