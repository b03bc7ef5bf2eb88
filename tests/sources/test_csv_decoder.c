/* Tests of sources/csv_decoder.h and what it is made of. */
#include "sources/csv_decoder.h"

#include <stdio.h>

#include "tests/sources/decoding.h"
#include "tests/support/rng.h"
#include "tests/support/testing.h"

static void expect(const char *columns, const char *options, const char *text, const char *rows,
                   const char *rejects)
{
    struct decoding d;
    decoding_init(&d, &csv_decoder_kind, columns, options);
    assert_int_equal(decoding_run(&d, slice_text(text), NULL, 0), OK);
    assert_string_equal(decoding_rows(&d), rows);
    assert_string_equal(decoding_rejects(&d), rejects);
    decoding_release(&d);
}

static void test_types(void **state)
{
    (void)state;
    expect("a BIGINT, b DOUBLE, c DECIMAL(6,2), d BOOLEAN, e TIMESTAMP, f INTERVAL, g TEXT", NULL,
           "-7,1.5e3,12.345,true,2026-01-05T09:00:00Z,15m,x\n"
           "8,-0.25,1,f,2026-01-05 09:00:00.5,500ms,\"\"\n"
           ",,,,,,\n",
           "0: -7, 1500, 12.35, true, 2026-01-05T09:00:00Z, 15m, x\n"
           "48: 8, -0.25, 1.00, false, 2026-01-05T09:00:00.500Z, 500ms, \n"
           "91: NULL, NULL, NULL, NULL, NULL, NULL, NULL\n",
           "");
}

static void test_stamps_of_any_layout(void **state)
{
    (void)state;
    expect("t TIMESTAMP", NULL,
           "17/May/2015:10:05:03 +0000\n1767603600\n1767603600250\nSun Dec 04 04:47:44 2005\n"
           "17/May/2015:10:05:04 +0200\nyesterday\n",
           "0: 2015-05-17T10:05:03Z\n27: 2026-01-05T09:00:00Z\n38: 2026-01-05T09:00:00.250Z\n"
           "52: 2005-12-04T04:47:44Z\n77: 2015-05-17T08:05:04Z\n",
           "104 t bad timestamp [yesterday]\n");
    expect("t TIMESTAMP", "timestamp=%d.%m.%Y %H:%M;;tz=Europe/Berlin", "05.01.2026 10:00\n",
           "0: 2026-01-05T09:00:00Z\n", "");
}

static void test_bad_fields(void **state)
{
    (void)state;
    expect("a BIGINT, b TIMESTAMP NOT NULL", NULL,
           "1,2026-01-05\nx,2026-01-05\n3,\n 4 , 2026-01-06 \n1.5,never\n99999999999999999999,2026-"
           "01-05\n",
           "0: 1, 2026-01-05T00:00:00Z\n29: 4, 2026-01-06T00:00:00Z\n",
           "13 a bad number [x,2026-01-05]\n26 b NULL in a NOT NULL column [3,]\n"
           "46 a bad number [1.5,never]\n46 b bad timestamp [1.5,never]\n"
           "56 a bad number [99999999999999999999,2026-01-05]\n");
}

static void test_null_on_error_keeps_the_row(void **state)
{
    (void)state;
    struct decoding d;
    decoding_init(&d, &csv_decoder_kind, "a BIGINT, b BIGINT NOT NULL", NULL);
    d.config.null_on_error = true;
    assert_int_equal(decoding_run(&d, slice_text("x,1\n2,y\n"), NULL, 0), OK);
    assert_string_equal(decoding_rows(&d), "0: NULL, 1\n");
    assert_string_equal(decoding_rejects(&d), "4 b bad number [2,y]\n");
    decoding_release(&d);
}

static void test_quotes(void **state)
{
    (void)state;
    expect("a TEXT, b TEXT", NULL,
           "\"x,y\",\"say \"\"hi\"\"\"\r\n\"two\nlines\",\r\n\"\",\"\"\"\"\na\"b,c\"\"d\n",
           "0: x,y, say \"hi\"\n20: two\nlines, NULL\n34: , \"\n42: a\"b, c\"\"d\n", "");
}

static void test_records_that_are_no_records(void **state)
{
    (void)state;
    expect("a TEXT, b TEXT", NULL, "a\n1,2\n\n\r\n1,2,3\n\"x\"y,2\n4,5\n", "2: 1, 2\n22: 4, 5\n",
           "0 - wrong field count [a]\n9 - wrong field count [1,2,3]\n"
           "15 - text after closing quote [\"x\"y,2]\n");
}

static void test_stray_quote_costs_one_line(void **state)
{
    (void)state;
    expect("a TEXT, b TEXT", "max_line=20", "1,2\n\"3,4\n5,6\n7,8\n9,0\na,b\n",
           "0: 1, 2\n9: 5, 6\n13: 7, 8\n17: 9, 0\n21: a, b\n", "4 - unterminated quote [\"3,4]\n");
    /* The same at the end of the input, within the limit. */
    expect("a TEXT, b TEXT", NULL, "1,\"2\n3,4\n", "5: 3, 4\n", "0 - unterminated quote [1,\"2]\n");
}

static void test_overlong_records(void **state)
{
    (void)state;
    expect("a TEXT, b TEXT", "max_line=8", "1,2\n123456789,0\n12345,78\n3,4",
           "0: 1, 2\n16: 12345, 78\n25: 3, 4\n", "4 - record too long [12345678]\n");
    expect("a TEXT, b TEXT", "max_line=8", "1234567890", "", "0 - record too long [12345678]\n");
}

static void test_bytes_of_all_kinds(void **state)
{
    (void)state;
    const char bytes[] = "a\0b,\"\0,\n\"\n\xff\xfe,\xce\xbb\n";
    struct decoding d;
    decoding_init(&d, &csv_decoder_kind, "a TEXT, b TEXT", NULL);
    assert_int_equal(decoding_run(&d, slice_of(bytes, sizeof bytes - 1), NULL, 0), OK);
    const char rows[] = "0: a\0b, \0,\n\n10: \xff\xfe, \xce\xbb\n";
    assert_int_equal(d.rows.len, sizeof rows - 1);
    assert_memory_equal(d.rows.at, rows, sizeof rows - 1);
    decoding_release(&d);
}

static void test_options(void **state)
{
    (void)state;
    expect("a TEXT, b TEXT", "delimiter=tab", "1,2\t3\n", "0: 1,2, 3\n", "");
    expect("a TEXT, b TEXT", "quote='", "'1,''2',\"3\"\n", "0: 1,'2, \"3\"\n", "");
    expect("a TEXT, b TEXT", "quote=", "\"1,2\"\n", "0: \"1, 2\"\n", "");
    expect("a TEXT, b TEXT", "escape=\\", "\"a\\\"b\\\\\",\"c\\nd\"\n\"\\\",\",\"\"\"\"\n",
           "0: a\"b\\, cnd\n16: \",, \"\n", "");
    expect("a TEXT, b TEXT", "comment=#", "# a \"comment, b\n1,#2\n#\n3,4\n",
           "16: 1, #2\n23: 3, 4\n", "");
    expect("a TEXT, b BIGINT", "null=\\N", "\\N,\\N\n,1\n\"\\N\",2\n",
           "0: NULL, NULL\n6: , 1\n9: \\N, 2\n", "");
    expect("a TEXT", "skip=2", "one\ntwo\nthree\n", "8: three\n", "");
    expect("a TEXT", NULL, "one\n\ntwo\n", "0: one\n4: NULL\n5: two\n", "");
}

static void test_headers(void **state)
{
    (void)state;
    const char *text = "\xef\xbb\xbf\"A\", b\n1,2\n";
    expect("a TEXT, b TEXT", NULL, text, "10: 1, 2\n", "");
    expect("a TEXT, b TEXT", "header=match", text, "10: 1, 2\n", "");
    expect("a TEXT, b TEXT", "header=false", text, "3: A,  b\n10: 1, 2\n", "");
    expect("a TEXT, c TEXT", NULL, text, "3: A,  b\n10: 1, 2\n", "");
    expect("a TEXT, c TEXT", "header=true", text, "10: 1, 2\n", "");
    expect("a TEXT, b TEXT", "header=true", "one\n1,2\n", "4: 1, 2\n", "");
}

static void test_header_match(void **state)
{
    (void)state;
    const char *text = "\n#x,y\nx,\"B \",\"A\",b\r\n1,2,3,4\n5,,,\n1,2\n";
    /* Any order, what is not declared is ignored, what is not there is NULL, the first of two. */
    expect("a BIGINT, c TEXT, b BIGINT", "header=match;;comment=#", text,
           "20: 3, NULL, 2\n28: NULL, NULL, NULL\n", "33 - wrong field count [1,2]\n");
    expect("b TEXT, a TEXT", "header=match;;comment=#;;null=2;;skip=1", text,
           "20: NULL, 3\n28: , \n", "33 - wrong field count [1,2]\n");
    expect("a BIGINT, c TEXT NOT NULL", "header=match;;comment=#;;quote=\"", text, "",
           "20 c NULL in a NOT NULL column [1,2,3,4]\n28 c NULL in a NOT NULL column [5,,,]\n"
           "33 - wrong field count [1,2]\n");
    /* One column of many. */
    expect("c TEXT", "header=match", "a,b,c\n1,2,3\n4,5,6\n", "6: 3\n12: 6\n", "");
    /* No header: nothing can be read. */
    expect("a TEXT", "header=match", "b,c\n1,2\n3\n", "",
           "0 - header has none of the columns [b,c]\n4 - wrong field count [1,2]\n"
           "8 - no header names the columns [3]\n");
    expect("a TEXT", "header=match", "\"a\"x\n1\n", "",
           "0 - header has none of the columns [\"a\"x]\n5 - no header names the columns [1]\n");
    expect("a TEXT", "header=match;;max_line=4", "a,bbb\n1\n", "",
           "0 - header has none of the columns [a,bb]\n6 - no header names the columns [1]\n");
    expect("a TEXT", "header=match", "", "", "");
}

static void test_resumed_split_knows_its_header(void **state)
{
    (void)state;
    struct decoding d;
    struct decoder *decoder;
    decoding_init(&d, &csv_decoder_kind, "a TEXT, b TEXT", "header=match");
    assert_int_equal(decoder_open(d.kind, &d.config, &decoder, &d.err), OK);
    assert_int_equal(decoder_head(decoder).len, 0);
    assert_int_equal(decoder_block(decoder, slice_text("c,b,a\n1,2,3\n"), false), 12);
    d.config.resumed = true;
    d.config.head = arena_copy(&d.arena, decoder_head(decoder));
    decoder_close(decoder);
    assert_int_equal(decoding_run(&d, slice_text("4,5,6\n"), NULL, 0), OK);
    assert_string_equal(decoding_rows(&d), "0: 6, 5\n");
    decoding_clear(&d);
    d.config.head.len = 0;
    assert_int_equal(decoding_run(&d, slice_text("4,5\n"), NULL, 0), OK);
    assert_string_equal(decoding_rejects(&d), "0 - no header names the columns [4,5]\n");
    decoding_release(&d);
}

static void test_resumed_split_has_no_header(void **state)
{
    (void)state;
    struct decoding d;
    decoding_init(&d, &csv_decoder_kind, "a TEXT", "header=true;;skip=1");
    d.config.resumed = true;
    assert_int_equal(decoding_run(&d, slice_text("a\nb\n"), NULL, 0), OK);
    assert_string_equal(decoding_rows(&d), "0: a\n2: b\n");
    decoding_release(&d);
}

static void refuse(const char *options, const char *text)
{
    struct decoding d;
    decoding_init(&d, &csv_decoder_kind, "a TEXT", options);
    assert_int_equal(decoding_run(&d, slice_text(""), NULL, 0), ERR_OPTION);
    assert_string_equal(d.err.text, text);
    decoding_release(&d);
}

static void test_options_that_cannot_be(void **state)
{
    (void)state;
    refuse("delimiter=ab", "option delimiter = \"ab\" is not one byte");
    refuse("delimiter=", "option delimiter = \"\" is not one byte");
    refuse("delimiter=\n", "option delimiter = \"\n\" cannot be a line end or NUL");
    refuse("quote=,", "quote and delimiter are both \",\"");
    refuse("comment=\"", "comment \"\"\" is the delimiter or the quote");
    refuse("header=maybe", "option header = \"maybe\" is not true, false, match or auto");
    refuse("max_line=0", "option max_line = \"0\" is not between 1 and 1GiB");
    refuse("skip=-1", "option skip = -1 is not between 0 and 1000000");
}

/* ---- where a block is cut changes nothing --------------------------------------------------- */

static const char *const tricky[] = {
    "\xef\xbb\xbf\x61,b\r\n\"x,\r\ny\",\"q\"\"q\"\r\n,\"\"\r\n1,2\r\n",
    "a,b\n\"unclosed,1\n2,3\n4,5\n6,7\n8,9\n",
    "1,2\n3\n\n4,5,6\n\"a\"b,c\n\"d\"\r,e\n7,8\r",
    "123456789012345678901234567890,1\n2,3\n\"4\n56789012345678901234567890\",5\n6,7",
    "\"\"\"\",\"\"\n\"\"\"a\"\"\",b\n\"a\"\"\",\"\"\"b\"\n",
    "#,\"comment\n1,2\n#3,4\n#5555555555555555555555555555555555555555\n5,6\n",
    "\\,\"\\\"\"\n\"a\\\\\",\"\\\n\"\nx\\,y\n",
    "\r\n\r\r\n,\r\n\r,\r\n\"\"\r,1\n",
};

static const char *const tricky_options[] = {
    NULL,
    "max_line=24",
    "max_line=24;;comment=#",
    "max_line=24;;escape=\\;;header=false",
    "header=true;;skip=1",
    "quote=",
    "header=match;;max_line=24;;comment=#",
};

static void compare_cut(struct decoding *whole, const char *options, struct slice bytes,
                        const size_t *cuts, size_t n_cuts)
{
    struct decoding d;
    decoding_init(&d, &csv_decoder_kind, "a TEXT, b TEXT", options);
    d.batch_rows = 2;
    assert_int_equal(decoding_run(&d, bytes, cuts, n_cuts), OK);
    assert_string_equal(decoding_rows(&d), decoding_rows(whole));
    assert_string_equal(decoding_rejects(&d), decoding_rejects(whole));
    decoding_release(&d);
}

static void test_cut_anywhere(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof tricky / sizeof *tricky; i++) {
        for (size_t j = 0; j < sizeof tricky_options / sizeof *tricky_options; j++) {
            struct slice bytes = slice_text(tricky[i]);
            struct decoding whole;
            decoding_init(&whole, &csv_decoder_kind, "a TEXT, b TEXT", tricky_options[j]);
            assert_int_equal(decoding_run(&whole, bytes, NULL, 0), OK);
            size_t every[256];
            for (size_t cut = 0; cut < bytes.len; cut++) {
                every[cut] = cut;
                compare_cut(&whole, tricky_options[j], bytes, &cut, 1);
            }
            compare_cut(&whole, tricky_options[j], bytes, every, bytes.len);
            decoding_release(&whole);
        }
    }
}

/* ---- csv-spectrum --------------------------------------------------------------------------- */

static bool load(const char *path, struct bytebuf *out)
{
    const struct fs *fs = fs_system();
    int fd;
    size_t n;
    if (fs->open(fs, path, FS_READ, &fd, NULL) != OK) {
        return false;
    }
    do {
        assert_int_equal(fs->read(fs, fd, bytebuf_reserve(out, 65536), 65536, &n, NULL), OK);
        out->len += n;
    } while (n > 0);
    fs->close(fs, fd);
    return true;
}

/* The file's JSON (an array of objects of strings) as this test prints rows. Only what csv-spectrum
 * has: strings with \" \\ and \n, other bytes as they are. */
static void rows_of_json(struct slice json, struct bytebuf *out)
{
    bool in_text = false;
    bool is_value = false;
    bool first = true;
    for (size_t i = 0; i < json.len; i++) {
        uint8_t c = json.at[i];
        if (in_text && c == '\\') {
            i++;
            c = json.at[i] == 'n' ? '\n' : json.at[i] == 'r' ? '\r' : json.at[i];
        } else if (c == '"') {
            in_text = !in_text;
            if (in_text && is_value) {
                bytebuf_add_text(out, first ? "[" : "|");
                first = false;
            }
            is_value = in_text && is_value;
            continue;
        }
        if (in_text && is_value) {
            bytebuf_add_byte(out, c);
        } else if (!in_text && c == ':') {
            is_value = true;
        } else if (!in_text && c == '}') {
            bytebuf_add_text(out, "]\n");
            first = true;
        }
    }
}

static void rows_of_csv(struct slice csv, struct bytebuf *out)
{
    struct decoding d;
    int time_column;
    decoding_init(&d, &csv_decoder_kind, NULL, "header=true");
    assert_int_equal(decoding_infer(&d, csv, &time_column), OK);
    struct decoder *decoder;
    assert_int_equal(decoder_open(&csv_decoder_kind, &d.config, &decoder, &d.err), OK);
    for (uint32_t col = 0; col < d.schema.n; col++) {
        d.schema.fields[col].type = type_of(TYPE_TEXT);
    }
    decoder_close(decoder);
    assert_int_equal(decoder_open(&csv_decoder_kind, &d.config, &decoder, &d.err), OK);
    assert_int_equal(decoder_block(decoder, csv, true), csv.len);
    uint32_t n = decoder_next(decoder, BATCH_ROWS);
    struct column columns[8];
    uint64_t reject[BATCH_WORDS] = {0};
    for (uint32_t col = 0; col < d.schema.n; col++) {
        decoder_column(decoder, &d.arena, col, NULL, n, &columns[col], reject);
    }
    for (uint32_t row = 0; row < n; row++) {
        for (uint32_t col = 0; col < d.schema.n; col++) {
            struct text text = columns[col].text[row];
            bytebuf_add_text(out, col == 0 ? "[" : "|");
            bytebuf_add(out, text.at, text.len);
        }
        bytebuf_add_text(out, "]\n");
    }
    assert_int_equal(d.n_rejects, 0);
    decoder_close(decoder);
    decoding_release(&d);
}

static void test_csv_spectrum(void **state)
{
    (void)state;
    /* newlines_crlf.csv is stored with LF while its JSON says CRLF, so it is not among them. */
    static const char *const names[] =
        {"comma_in_quotes", "empty",  "empty_crlf",  "escaped_quotes",      "json",
         "newlines",        "simple", "simple_crlf", "quotes_and_newlines", "utf8"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct bytebuf csv = {0};
        struct bytebuf json = {0};
        struct bytebuf expected = {0};
        struct bytebuf got = {0};
        char path[128];
        snprintf(path, sizeof path, "../shared/data/csv/csvs/%s.csv", names[i]);
        bool there = load(path, &csv);
        snprintf(path, sizeof path, "../shared/data/csv/json/%s.json", names[i]);
        there = there && load(path, &json);
        if (!there) {
            puts("skipped: no ../shared");
            skip();
        }
        rows_of_json(bytebuf_slice(&json), &expected);
        rows_of_csv(bytebuf_slice(&csv), &got);
        assert_string_equal(bytebuf_text(&got), bytebuf_text(&expected));
        assert_true(got.len > 0);
        bytebuf_release(&csv);
        bytebuf_release(&json);
        bytebuf_release(&expected);
        bytebuf_release(&got);
    }
}

TEST_MAIN(cmocka_unit_test(test_types), cmocka_unit_test(test_stamps_of_any_layout),
          cmocka_unit_test(test_bad_fields), cmocka_unit_test(test_null_on_error_keeps_the_row),
          cmocka_unit_test(test_quotes), cmocka_unit_test(test_records_that_are_no_records),
          cmocka_unit_test(test_stray_quote_costs_one_line),
          cmocka_unit_test(test_overlong_records), cmocka_unit_test(test_bytes_of_all_kinds),
          cmocka_unit_test(test_options), cmocka_unit_test(test_headers),
          cmocka_unit_test(test_header_match),
          cmocka_unit_test(test_resumed_split_knows_its_header),
          cmocka_unit_test(test_resumed_split_has_no_header),
          cmocka_unit_test(test_options_that_cannot_be), cmocka_unit_test(test_cut_anywhere),
          cmocka_unit_test(test_csv_spectrum))
