/* Errors as a person sees them, and the catalogue of errors. */
#include "tests/sql/sql_fixture.h"

#include "sql/errors.h"

static void assert_printed(const struct error *err, const char *text, const char *file,
                           uint32_t first_line, const char *expected)
{
    struct bytebuf out = {0};
    sqlerr_print(&out, err, slice_text(text), file, first_line);
    assert_string_equal(bytebuf_text(&out), expected);
    bytebuf_release(&out);
}

static struct error error_at(int64_t at, int64_t length)
{
    struct error err;
    error_set(&err, ERR_SQL, "no");
    error_place(&err, 104, at, length);
    return err;
}

static void test_lines_and_columns(void **state)
{
    (void)state;
    struct error err = error_at(9, 3);
    assert_printed(&err, "SELECT a\nbcd e\nf", NULL, 1,
                   "error[E0104]: no\n --> 2:0\n  | bcd e\n  | ^^^\n");
    err = error_at(10, 2);
    assert_printed(&err, "SELECT a\r\nbcd e\r\nf", "x.sql", 7,
                   "error[E0104]: no\n --> x.sql:8:0\n  | bcd e\n  | ^^\n");
    err = error_at(4, 20);
    assert_printed(&err, "a b c d\ne", NULL, 1,
                   "error[E0104]: no\n --> 1:4\n  | a b c d\n  |     ^^^\n");
}

static void test_end_of_text(void **state)
{
    (void)state;
    struct error err = error_at(12, 0);
    assert_printed(&err, "SELECT a \n ;", NULL, 1,
                   "error[E0104]: no\n --> 1:8\n  | SELECT a \n  |         ^\n");
}

static void test_without_place(void **state)
{
    (void)state;
    struct error err;
    error_set(&err, ERR_IO, "gone");
    error_hint(&err, "come back");
    assert_printed(&err, "SELECT a", NULL, 1, "error: gone\n  = help: come back\n");
    assert_printed(&err, "SELECT a", "x.sql", 7, "error: gone\n --> x.sql\n  = help: come back\n");
}

static void test_wide_and_control_characters(void **state)
{
    (void)state;
    struct error err = error_at(11, 2);
    /* A tab is one place, two bytes of UTF-8 are one, an escape sequence is shown. */
    assert_printed(&err, "SELECT\t'\xc3\xa4' ab", NULL, 1,
                   "error[E0104]: no\n --> 1:10\n  | SELECT '\xc3\xa4' ab\n  |           ^^\n");
    err = error_at(5, 1);
    assert_printed(&err, "a\x1b[31mx", NULL, 1,
                   "error[E0104]: no\n --> 1:5\n  | a\\x1b[31mx\n  |         ^\n");
}

static void test_long_lines_are_cut(void **state)
{
    (void)state;
    char text[501];
    memset(text, 'x', 500);
    text[500] = 0;
    struct error err = error_at(250, 5);
    struct bytebuf out = {0};
    sqlerr_print(&out, &err, slice_text(text), NULL, 1);
    struct bytebuf expected = {0};
    bytebuf_printf(&expected, "error[E0104]: no\n --> 1:250\n  | …%.*s…\n  | %101s^^^^^\n", 205,
                   text, "");
    assert_string_equal(bytebuf_text(&out), bytebuf_text(&expected));
    err = error_at(0, 500);
    bytebuf_clear(&out);
    bytebuf_clear(&expected);
    sqlerr_print(&out, &err, slice_text(text), NULL, 1);
    bytebuf_printf(&expected, "error[E0104]: no\n --> 1:0\n  | %.*s…\n  | ", 200, text);
    for (int i = 0; i < 200; i++) {
        bytebuf_add_byte(&expected, '^');
    }
    bytebuf_add_byte(&expected, '\n');
    assert_string_equal(bytebuf_text(&out), bytebuf_text(&expected));
    bytebuf_release(&expected);
    bytebuf_release(&out);
}

static void test_codes(void **state)
{
    (void)state;
    assert_int_equal(sqlerr_code(slice_text("E0104")), 104);
    assert_int_equal(sqlerr_code(slice_text("e104")), 104);
    assert_int_equal(sqlerr_code(slice_text("104")), 104);
    assert_int_equal(sqlerr_code(slice_text("E")), -1);
    assert_int_equal(sqlerr_code(slice_text("E01x4")), -1);
    assert_int_equal(sqlerr_code(slice_text("99999")), -1);
    assert_int_equal(sqlerr_code(slice_text("")), -1);
}

/* Codes ascend, texts are there, and the example of each entry gives that error. */
static void test_catalogue(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    const struct error_entry *entry;
    int before = 0;
    for (uint32_t i = 0; (entry = errors_at(i)) != NULL; i++) {
        assert_true(entry->code > before);
        before = entry->code;
        assert_true(strlen(entry->title) > 3 && strlen(entry->text) > 40);
        assert_ptr_equal(errors_find(entry->code), entry);
        if (entry->example == NULL) {
            continue;
        }
        struct statement statement;
        struct error err;
        error_clear(&err);
        enum status status =
            statement_prepare(f.catalog, &f.arena, slice_text(entry->example), &statement, &err);
        if (status == OK || err.code != entry->code || err.at < 0) {
            fail_msg("E%04d: %s gives %d: %s", entry->code, entry->example, err.code, err.text);
        }
    }
    assert_null(errors_find(1));
    fixture_release(&f);
}

static void test_explain(void **state)
{
    (void)state;
    struct bytebuf out = {0};
    assert_true(sqlerr_explain(&out, 122));
    assert_string_equal(bytebuf_text(&out), "E0122: unknown or bad setting\n\n"
                                            "SHOW SETTINGS lists what SET can change, with "
                                            "values.\n\nexample:\n\n    SET triger = '1s';\n");
    bytebuf_clear(&out);
    assert_false(sqlerr_explain(&out, 1));
    assert_int_equal(out.len, 0);
    bytebuf_release(&out);
}

TEST_MAIN(cmocka_unit_test(test_lines_and_columns), cmocka_unit_test(test_end_of_text),
          cmocka_unit_test(test_without_place), cmocka_unit_test(test_wide_and_control_characters),
          cmocka_unit_test(test_long_lines_are_cut), cmocka_unit_test(test_codes),
          cmocka_unit_test(test_catalogue), cmocka_unit_test(test_explain))
