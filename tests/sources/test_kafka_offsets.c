/* Offsets of partitions as JSON: what is read, refused and printed. */
#include "sources/kafka_offsets.h"
#include "tests/support/testing.h"

static void test_found(void **state)
{
    (void)state;
    struct slice text = slice_text("{\"a\":{\"0\":7,\"12\":-2}, \"b\":{}}");
    int64_t offset = 99;
    assert_int_equal(kafka_offsets_check(text, NULL), OK);
    assert_true(kafka_offsets_find(text, slice_text("a"), 0, &offset));
    assert_int_equal(offset, 7);
    assert_true(kafka_offsets_find(text, slice_text("a"), 12, &offset));
    assert_int_equal(offset, KAFKA_OFFSET_EARLIEST);
    assert_false(kafka_offsets_find(text, slice_text("a"), 1, &offset));
    assert_false(kafka_offsets_find(text, slice_text("b"), 0, &offset));
    assert_false(kafka_offsets_find(text, slice_text("c"), 0, &offset));
    assert_int_equal(offset, KAFKA_OFFSET_EARLIEST);
}

static void test_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "7",
        "[]",
        "{\"a\":7}",
        "{\"a\":{\"x\":1}}",
        "{\"a\":{",
        "{\"a\":{}} x",
        "{\"a\":{\"0\":-3}}",
        "{\"a\":{\"-1\":1}}",
        "{\"a\":{\"0\":\"1\"}}",
        "{\"a\":{\"0\":1.5}}",
        "{\"a\":{\"99999999999\":1}}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct error err;
        assert_int_equal(kafka_offsets_check(slice_text(bad[i]), &err), ERR_OPTION);
        assert_non_null(strstr(err.hint, "{\"topic\":{\"0\":123"));
    }
}

static void test_printed(void **state)
{
    (void)state;
    struct bytebuf out = {0};
    struct kafka_offsets_printer printer;
    kafka_offsets_begin(&printer, &out);
    kafka_offsets_end(&printer);
    assert_string_equal(bytebuf_text(&out), "{}");
    bytebuf_clear(&out);
    kafka_offsets_begin(&printer, &out);
    kafka_offsets_put(&printer, slice_text("a"), 0, 7);
    kafka_offsets_put(&printer, slice_text("a"), 1, 8);
    kafka_offsets_put(&printer, slice_text("b.c"), 0, INT64_MAX);
    kafka_offsets_end(&printer);
    assert_string_equal(bytebuf_text(&out),
                        "{\"a\":{\"0\":7,\"1\":8},\"b.c\":{\"0\":9223372036854775807}}");
    assert_int_equal(kafka_offsets_check(bytebuf_slice(&out), NULL), OK);
    bytebuf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_found),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_printed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
