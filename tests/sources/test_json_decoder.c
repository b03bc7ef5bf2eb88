/* Tests of sources/json_decoder.c, json_scan.h, key_tree.h and logfmt_decoder.h. */
#include <dirent.h>
#include <stdio.h>

#include "sources/json_scan.h"
#include "sources/json_shape.h"
#include "sources/key_tree.h"
#include "sources/logfmt_decoder.h"
#include "sources/sniff.h"
#include "sources/sources.h"
#include "tests/sources/decoding.h"
#include "tests/support/rng.h"
#include "tests/support/testing.h"

static void expect(const struct decoder_kind *kind, const char *columns, const char *text,
                   const char *rows, const char *rejects)
{
    struct decoding d;
    decoding_init(&d, kind, columns, NULL);
    assert_int_equal(decoding_run(&d, slice_text(text), NULL, 0), OK);
    assert_string_equal(decoding_rows(&d), rows);
    assert_string_equal(decoding_rejects(&d), rejects);
    decoding_release(&d);
}

/* ---- json ----------------------------------------------------------------------------------- */

static void test_members(void **state)
{
    (void)state;
    expect(&json_decoder_kind, "a BIGINT, b TEXT, c BOOLEAN, d DOUBLE, t TIMESTAMP",
           "{\"a\":1,\"b\":\"x\",\"c\":true,\"d\":-1.5e2,\"t\":1767603600000}\n"
           " { \"d\" : 2 , \"zz\" : [1,{\"a\":9}] , \"A\" : \"7\" , \"b\" : null } \n"
           "{}\n"
           "{\"b\":12,\"a\":2,\"a\":3}\n"
           "{\"b\":[1, \"x\"],\"t\":\"2026-01-05 09:00\"}\n",
           "0: 1, x, true, -150, 2026-01-05T09:00:00Z\n"
           "54: 7, NULL, NULL, 2, NULL\n"
           "114: NULL, NULL, NULL, NULL, NULL\n"
           "117: 3, 12, NULL, NULL, NULL\n"
           "138: NULL, [1, \"x\"], NULL, NULL, 2026-01-05T09:00:00Z\n",
           "");
}

static void test_paths(void **state)
{
    (void)state;
    expect(&json_decoder_kind, "user.id BIGINT, user.name TEXT, user TEXT, x TEXT",
           "{\"user\":{\"id\":7,\"name\":\"n\",\"more\":{\"id\":1}},\"x\":1}\n"
           "{\"user\":3}\n"
           "{\"x\":2,\"user\":{\"name\":\"m\"}}\n",
           "0: 7, n, {\"id\":7,\"name\":\"n\",\"more\":{\"id\":1}}, 1\n"
           "51: NULL, NULL, 3, NULL\n"
           "62: NULL, m, {\"name\":\"m\"}, 2\n",
           "");
}

static void test_escapes(void **state)
{
    (void)state;
    expect(&json_decoder_kind, "a TEXT, \xc3\xa9 TEXT",
           "{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"}\n"
           "{\"a\":\"\\u0041\\u00e9\\u20ac\\ud83d\\ude00\",\"\\u00e9\":1}\n"
           "{\"a\":\"\\ud83d\\u0041\\udc00\"}\n",
           "0: \"\\/\b\f\n\r\t, NULL\n"
           "25: A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80, 1\n"
           "75: \xef\xbf\xbd"
           "A\xef\xbf\xbd, NULL\n",
           "");
}

static void test_bad_objects(void **state)
{
    (void)state;
    expect(
        &json_decoder_kind, "a BIGINT",
        "[1]\n{\"a\":1\n{\"a\":1}}\n{\"a\":01}\n\n{'a':1}\n{\"a\":tru}\n{\"a\":1,}\n{\"a\":\"x\"}"
        "\nnull\n{\"a\":1.5}\n",
        "",
        "0 - no JSON object [[1]]\n4 - no JSON object [{\"a\":1]\n"
        "11 - no JSON object [{\"a\":1}}]\n20 - no JSON object [{\"a\":01}]\n"
        "30 - no JSON object [{'a':1}]\n38 - no JSON object [{\"a\":tru}]\n"
        "48 - no JSON object [{\"a\":1,}]\n57 a bad number [{\"a\":\"x\"}]\n"
        "67 - no JSON object [null]\n72 a bad number [{\"a\":1.5}]\n");
}

static void test_infer(void **state)
{
    (void)state;
    struct decoding d;
    int time_column = 5;
    struct bytebuf got = {0};
    decoding_init(&d, &json_decoder_kind, NULL, NULL);
    const char *sample =
        "{\"n\":1,\"x\":1.5,\"b\":true,\"t\":\"2026-01-05\",\"s\":\"12\",\"u\":null}\n"
        "{\"n\":2,\"x\":2,\"b\":false,\"t\":\"2026-01-06\",\"o\":{\"p\":1},\"m\":1}\n"
        "broken\n{\"m\":\"x\",\"n\":null}\n";
    assert_int_equal(decoding_infer(&d, slice_text(sample), &time_column), OK);
    assert_int_equal(time_column, -1);
    for (uint32_t i = 0; i < d.schema.n; i++) {
        char type[TYPE_NAME_BYTES];
        bytebuf_printf(&got, "%.*s %s ", (int)d.schema.fields[i].name.len,
                       (const char *)d.schema.fields[i].name.at,
                       type_name(d.schema.fields[i].type, type));
    }
    assert_string_equal(bytebuf_text(&got), "n BIGINT x DOUBLE b BOOLEAN t TIMESTAMP s TEXT u TEXT "
                                            "o TEXT m TEXT ");
    bytebuf_release(&got);
    decoding_release(&d);
    decoding_init(&d, &json_decoder_kind, NULL, NULL);
    assert_int_equal(decoding_infer(&d, slice_text("{}\n"), &time_column), ERR_OPTION);
    decoding_release(&d);
}

static void test_fractions_of_zero(void **state)
{
    (void)state;
    expect(&json_decoder_kind, "a BIGINT",
           "{\"a\":7.0}\n{\"a\":-12.000}\n{\"a\":0.0}\n{\"a\":9223372036854775807.0}\n"
           "{\"a\":7.01}\n{\"a\":7e0}\n{\"a\":\".0\"}\n{\"a\":70}\n",
           "0: 7\n10: -12\n24: 0\n34: 9223372036854775807\n94: 70\n",
           "62 a bad number [{\"a\":7.01}]\n73 a bad number [{\"a\":7e0}]\n"
           "83 a bad number [{\"a\":\".0\"}]\n");
}

static void test_big_numbers_are_exact(void **state)
{
    (void)state;
    expect(&json_decoder_kind, "b BIGINT, d DECIMAL(18,2), t TEXT",
           "{\"b\":9223372036854775807,\"d\":1234567890123456.78,\"t\":123456789012345678901}\n"
           "{\"b\":-9223372036854775808,\"d\":-0.01,\"t\":1.10}\n"
           "{\"b\":9223372036854775808}\n{\"d\":12345678901234567.00}\n{\"d\":0.005}\n",
           "0: 9223372036854775807, 1234567890123456.78, 123456789012345678901\n"
           "76: -9223372036854775808, -0.01, 1.10\n175: NULL, 0.01, NULL\n",
           "122 b bad number [{\"b\":9223372036854775808}]\n"
           "148 d bad number [{\"d\":12345678901234567.00}]\n");
    /* What BIGINT cannot hold is not made a DOUBLE, which would lose digits. */
    struct decoding d;
    int time_column;
    decoding_init(&d, &json_decoder_kind, NULL, NULL);
    assert_int_equal(decoding_infer(&d, slice_text("{\"a\":9223372036854775808,\"b\":-5e30}\n"),
                                    &time_column),
                     OK);
    assert_int_equal(d.schema.fields[0].type.id, TYPE_TEXT);
    assert_int_equal(d.schema.fields[1].type.id, TYPE_DOUBLE);
    decoding_release(&d);
}

static void test_depth_is_limited(void **state)
{
    (void)state;
    struct bytebuf text = {0};
    struct json_value value;
    for (int i = 0; i < JSON_DEPTH_MAX - 1; i++) {
        bytebuf_add_byte(&text, '[');
    }
    bytebuf_add_byte(&text, '1');
    for (int i = 0; i < JSON_DEPTH_MAX - 1; i++) {
        bytebuf_add_byte(&text, ']');
    }
    assert_true(json_read(bytebuf_slice(&text), &value));
    bytebuf_clear(&text);
    for (int i = 0; i < 100000; i++) {
        bytebuf_add_byte(&text, '[');
    }
    assert_false(json_read(bytebuf_slice(&text), &value));
    bytebuf_release(&text);
}

/* Parsing in pieces of eight bytes sees what a loop sees. */
static void test_strings_against_a_loop(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng);
    for (int i = 0; i < 5000; i++) {
        uint8_t text[40];
        size_t len = 2 + rng_below(&rng, 38);
        size_t end = len;
        text[0] = '"';
        for (size_t k = 1; k < len; k++) {
            text[k] = rng_once_in(&rng, 30) ? (uint8_t)rng_below(&rng, 256)
                                            : (uint8_t)(0x20 + rng_below(&rng, 0xe0));
            text[k] = text[k] == '\\' ? '/' : text[k];
        }
        for (size_t k = len; k-- > 1;) {
            end = text[k] == '"' || text[k] < 0x20 ? k : end;
        }
        bool good = end == len - 1 && text[end] == '"';
        struct json_value value;
        uint8_t *exact = mem_alloc(len);
        memcpy(exact, text, len);
        RNG_CHECK(&rng, json_read(slice_of(exact, len), &value) == good);
        RNG_CHECK(&rng, !good || (value.kind == JSON_STRING && value.len == len - 2));
        mem_free(exact);
    }
}

/* ---- the suite of texts that must and must not parse ----------------------------------------- */

static void check_text(const char *name)
{
    const struct fs *fs = fs_system();
    char path[512];
    uint8_t text[1 << 18];
    size_t len = 0;
    size_t n = 1;
    int fd;
    struct json_value value;
    snprintf(path, sizeof path, "../shared/data/json/test_parsing/%s", name);
    assert_int_equal(fs->open(fs, path, FS_READ, &fd, NULL), OK);
    while (n > 0) {
        assert_int_equal(fs->read(fs, fd, text + len, sizeof text - len, &n, NULL), OK);
        len += n;
    }
    fs->close(fs, fd);
    bool parses = json_read(slice_of(text, len), &value);
    if ((name[0] == 'y' && !parses) || (name[0] == 'n' && parses)) {
        fail_msg("%s", name);
    }
}

static void test_json_suite(void **state)
{
    (void)state;
    DIR *directory = opendir("../shared/data/json/test_parsing");
    if (directory == NULL) {
        puts("skipped: no ../shared");
        skip();
    }
    int n = 0;
    for (const struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        if (entry->d_name[1] == '_') {
            check_text(entry->d_name);
            n++;
        }
    }
    closedir(directory);
    assert_true(n > 200);
}

/* ---- keys ----------------------------------------------------------------------------------- */

/* ---- shapes --------------------------------------------------------------------------------- */

static void add_scalar(struct rng *rng, struct bytebuf *out)
{
    static const char *const scalars[] =
        {"1",         "-0.5", "12e3",    "\"\"",           "\"x\"",
         "\"a b c\"", "true", "false",   "null",           "\"null\"",
         "01",        "-",    "tru",     "\"\\n\"",        "\"\t\"",
         "[1,2]",     "{}",   "[\"q\"]", "\"2026-01-05\"", "9999999999"};
    /* Mostly good ones, so that lines of one shape follow one another. */
    size_t n = rng_below(rng, 8) > 0 ? 10 : sizeof scalars / sizeof *scalars;
    bytebuf_add_text(out, scalars[rng_below(rng, n)]);
}

static void add_random_object(struct rng *rng, uint32_t kind, struct bytebuf *out)
{
    static const char *const runs[][6] = {
        {"{\"a\":", ",\"b\":", ",\"c\":{\"d\":", ",\"e\":", "}}", NULL},
        {"{\"b\":", ",\"some key that nobody wants\":", "}", NULL},
        {" {\"c\": {\"d\": ", "}, \"a\": ", "} ", NULL},
        {"{\"c\":", ",\"c\":", ",\"a\":", "}", NULL},
        {"{\"l\":[", ",", ",\"\",", "],\"a\":", "}", NULL},
        {"{\"A\":", ",\"x\":[],\"b\":", "}", NULL},
        {"{\"a\":\"", "\"}", NULL},
        {"{\"a\":", "", "}", NULL},
    };
    for (uint32_t i = 0; runs[kind][i] != NULL; i++) {
        if (i > 0) {
            add_scalar(rng, out);
        }
        bytebuf_add_text(out, runs[kind][i]);
    }
    bytebuf_add_byte(out, '\n');
}

/* A line at the very end of a block is always parsed; others may go by their shape. */
static void test_shapes_against_the_parser(void **state)
{
    (void)state;
    enum { ROUNDS = 200, LINES = 60 };
    static const char columns[] = "a TEXT, b DOUBLE, c TEXT, c.d TEXT, c.e BIGINT";
    struct rng rng;
    rng_init(&rng);
    for (int round = 0; round < ROUNDS; round++) {
        struct bytebuf text = {0};
        size_t cuts[LINES];
        uint32_t kind = 0;
        for (int i = 0; i < LINES; i++) {
            kind = rng_below(&rng, 3) == 0 ? (uint32_t)rng_below(&rng, 8) : kind;
            add_random_object(&rng, kind, &text);
            cuts[i] = text.len;
        }
        struct decoding whole;
        struct decoding single;
        decoding_init(&whole, &json_decoder_kind, columns, NULL);
        decoding_init(&single, &json_decoder_kind, columns, NULL);
        whole.batch_rows = 1 + (uint32_t)rng_below(&rng, 80);
        assert_int_equal(decoding_run(&whole, bytebuf_slice(&text), NULL, 0), OK);
        assert_int_equal(decoding_run(&single, bytebuf_slice(&text), cuts, LINES), OK);
        assert_string_equal(decoding_rows(&whole), decoding_rows(&single));
        assert_string_equal(decoding_rejects(&whole), decoding_rejects(&single));
        decoding_release(&whole);
        decoding_release(&single);
        bytebuf_release(&text);
    }
}

/* One byte of a line of a known shape is changed: whatever it is, the verdict is the parser's. */
static void test_changed_lines_of_a_shape(void **state)
{
    (void)state;
    static const char line[] = "{\"ts\":\"2026-01-05\",\"a long key, longer than "
                               "16\":-12.5,\"o\":{\"x\":true},\"z\":null}\n";
    static const char columns[] = "ts TEXT, o TEXT, o.x BOOLEAN, z TEXT";
    enum { LEN = sizeof line - 1 };
    for (size_t at = 0; at < LEN - 1; at++) {
        for (unsigned c = 0; c < 256; c++) {
            uint8_t text[3 * LEN];
            for (size_t i = 0; i < 3; i++) {
                memcpy(text + i * LEN, line, LEN);
            }
            text[LEN + at] = (uint8_t)c;
            const size_t cuts[] = {LEN, 2 * LEN};
            struct decoding whole;
            struct decoding single;
            decoding_init(&whole, &json_decoder_kind, columns, NULL);
            decoding_init(&single, &json_decoder_kind, columns, NULL);
            assert_int_equal(decoding_run(&whole, slice_of(text, sizeof text), NULL, 0), OK);
            assert_int_equal(decoding_run(&single, slice_of(text, sizeof text), cuts, 2), OK);
            assert_string_equal(decoding_rows(&whole), decoding_rows(&single));
            assert_string_equal(decoding_rejects(&whole), decoding_rejects(&single));
            decoding_release(&whole);
            decoding_release(&single);
        }
    }
}

static void test_controls_against_a_loop(void **state)
{
    (void)state;
    static const char *const without[] = {"", "\n", "a\r\nb\n", "\r\n", "\x20\x7f\xff"};
    static const char *const with[] = {"\t", "a\rb\n", "\n\r", "\x1f", "\x01\n", "\r\r\n"};
    for (size_t i = 0; i < sizeof without / sizeof *without; i++) {
        assert_false(json_has_controls(slice_text(without[i])));
    }
    for (size_t i = 0; i < sizeof with / sizeof *with; i++) {
        assert_true(json_has_controls(slice_text(with[i])));
    }
    /* At every place of a block. */
    uint8_t block[200];
    memset(block, 'x', sizeof block);
    for (size_t at = 0; at < sizeof block; at++) {
        block[at] = 0;
        assert_true(json_has_controls(slice_of(block, sizeof block)));
        block[at] = 'x';
    }
    assert_false(json_has_controls(slice_of(block, sizeof block)));
}

static void test_keys_in_any_order(void **state)
{
    (void)state;
    struct field fields[] = {{.name = slice_text("a")},
                             {.name = slice_text("b.c")},
                             {.name = slice_text("B.d")},
                             {.name = slice_text("e")}};
    struct schema schema = {.n = 4, .fields = fields};
    struct key_tree tree;
    struct rng rng;
    rng_init(&rng);
    assert_int_equal(key_tree_init(&tree, &schema, true, NULL), OK);
    assert_int_equal(tree.n, 6);
    for (int i = 0; i < 1000; i++) {
        static const char *const keys[] = {"a", "E", "x", "b"};
        size_t k = rng_below(&rng, 4);
        uint16_t node = key_tree_child(&tree, KEY_TREE_ROOT, slice_text(keys[k]));
        RNG_CHECK(&rng, (node == KEY_TREE_NONE) == (k == 2));
        RNG_CHECK(&rng, k != 0 || tree.nodes[node].column == 0);
        RNG_CHECK(&rng, k != 1 || tree.nodes[node].column == 3);
        if (k == 3) {
            RNG_CHECK(&rng, tree.nodes[node].column == -1);
            uint16_t inner = key_tree_child(&tree, node, slice_text("D"));
            RNG_CHECK(&rng, tree.nodes[inner].column == 2);
        }
    }
    key_tree_release(&tree);
}

/* ---- logfmt --------------------------------------------------------------------------------- */

static void test_logfmt(void **state)
{
    (void)state;
    expect(&logfmt_decoder_kind, "a BIGINT, b.c TEXT, d TEXT, ok BOOLEAN",
           "a=1 b.c=x d=\"y z\" ok\n  d=\"\" a=2 d=\"\\\"q\\\"\\n\" ok=false x=9  \n"
           "a= d=a=b\n\nno pairs here\na=\"1\na=x\n=5\n",
           "0: 1, x, y z, true\n21: 2, NULL, \"q\"\n, false\n59: NULL, NULL, a=b, NULL\n",
           "69 - no key=value [no pairs here]\n83 - unterminated quote [a=\"1]\n"
           "88 a bad number [a=x]\n92 - no key=value [=5]\n");
}

static void test_sniff(void **state)
{
    (void)state;
    assert_string_equal(sniff_format(slice_text("{\"a\":1}\n{\"a\":2}\n")), "json");
    assert_string_equal(sniff_format(slice_text("level=info msg=\"x y\" took=3\n")), "logfmt");
    assert_string_equal(sniff_format(slice_text(
                            "2026-01-05T09:00:00Z INFO [a] card verified user=u1 took=3ms\n")),
                        "line");
    assert_int_equal(logfmt_fit(slice_text("a=1 b=2\n\nno pairs\n")), 50);
}

static void test_cut_anywhere(void **state)
{
    (void)state;
    static const struct decoder_kind *const kinds[] = {&json_decoder_kind, &logfmt_decoder_kind};
    const char *text =
        "{\"a\":\"x\\\"y\",\"b\":1}\r\n\r\n{\"a\":1\na=1 b=\"2 3\"\n a=\"\r\n{\"b\":2}";
    for (int i = 0; i < 2; i++) {
        struct decoding whole;
        decoding_init(&whole, kinds[i], "a TEXT, b TEXT", NULL);
        assert_int_equal(decoding_run(&whole, slice_text(text), NULL, 0), OK);
        assert_true(whole.n_rows > 0 && whole.n_rejects > 0);
        for (size_t cut = 0; cut < strlen(text); cut++) {
            struct decoding d;
            decoding_init(&d, kinds[i], "a TEXT, b TEXT", NULL);
            d.batch_rows = 1;
            assert_int_equal(decoding_run(&d, slice_text(text), &cut, 1), OK);
            assert_string_equal(decoding_rows(&d), decoding_rows(&whole));
            assert_string_equal(decoding_rejects(&d), decoding_rejects(&whole));
            decoding_release(&d);
        }
        decoding_release(&whole);
    }
}

TEST_MAIN(cmocka_unit_test(test_members), cmocka_unit_test(test_paths),
          cmocka_unit_test(test_escapes), cmocka_unit_test(test_bad_objects),
          cmocka_unit_test(test_infer), cmocka_unit_test(test_fractions_of_zero),
          cmocka_unit_test(test_big_numbers_are_exact), cmocka_unit_test(test_depth_is_limited),
          cmocka_unit_test(test_shapes_against_the_parser),
          cmocka_unit_test(test_changed_lines_of_a_shape),
          cmocka_unit_test(test_controls_against_a_loop),
          cmocka_unit_test(test_strings_against_a_loop), cmocka_unit_test(test_json_suite),
          cmocka_unit_test(test_keys_in_any_order), cmocka_unit_test(test_logfmt),
          cmocka_unit_test(test_sniff), cmocka_unit_test(test_cut_anywhere))
