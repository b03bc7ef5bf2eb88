/* Tests of engine/io/options.h: options and URIs. */
#include "engine/io/options.h"

#include "engine/base/bytebuf.h"
#include "engine/base/clock.h"
#include "tests/support/testing.h"

struct fixture {
    struct arena arena;
    struct options options;
    struct error err;
};

static void fixture_init(struct fixture *f)
{
    arena_init(&f->arena);
    options_init(&f->options, &f->arena);
    error_clear(&f->err);
}

static void fixture_release(struct fixture *f)
{
    arena_release(&f->arena);
}

static void put(struct fixture *f, const char *key, const char *value)
{
    assert_int_equal(options_put(&f->options, slice_text(key), slice_text(value), 7, &f->err), OK);
}

static void expect_slice(struct slice got, const char *expected)
{
    assert_int_equal(got.len, strlen(expected));
    assert_memory_equal(got.at, expected, got.len);
}

/* ---- options -------------------------------------------------------------------------------- */

static void test_find_ignores_case(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    put(&f, "Idle_Timeout", "5s");
    assert_non_null(options_find(&f.options, "idle_timeout"));
    assert_null(options_find(&f.options, "idle"));
    expect_slice(options_find(&f.options, "IDLE_TIMEOUT")->key, "idle_timeout");
    expect_slice(options_text(&f.options, "idle_timeout", "x"), "5s");
    expect_slice(options_text(&f.options, "other", "x"), "x");
    assert_null(options_text(&f.options, "other", NULL).at);
    fixture_release(&f);
}

static void test_put_twice(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    put(&f, "a", "1");
    put(&f, "A", "1"); /* the same again is no contradiction */
    assert_int_equal(f.options.n, 1);
    assert_int_equal(options_put(&f.options, slice_text("a"), slice_text("2"), 31, &f.err),
                     ERR_OPTION);
    assert_string_equal(f.err.text, "option \"a\" is given twice: \"1\" and \"2\"");
    assert_int_equal(f.err.at, 31);
    assert_int_equal(f.err.length, 1);
    fixture_release(&f);
}

static void test_put_too_many(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    for (int i = 0; i < OPTIONS_MAX; i++) {
        put(&f, arena_printf(&f.arena, "k%d", i), "v");
    }
    assert_int_equal(options_put(&f.options, slice_text("x"), slice_text("v"), -1, &f.err),
                     ERR_OPTION);
    fixture_release(&f);
}

static void test_values(void **state)
{
    (void)state;
    struct fixture f;
    bool boolean;
    int64_t number;
    fixture_init(&f);
    put(&f, "on", "Yes");
    put(&f, "off", "0");
    put(&f, "n", "42");
    put(&f, "d", "1m30s");
    put(&f, "b", "64KiB");
    put(&f, "junk", "many");
    assert_int_equal(options_boolean(&f.options, "on", false, &boolean, &f.err), OK);
    assert_true(boolean);
    assert_int_equal(options_boolean(&f.options, "off", true, &boolean, &f.err), OK);
    assert_false(boolean);
    assert_int_equal(options_boolean(&f.options, "none", true, &boolean, &f.err), OK);
    assert_true(boolean);
    number = 5;
    assert_int_equal(options_integer(&f.options, "none", 0, 9, &number, &f.err), OK);
    assert_int_equal(number, 5);
    assert_int_equal(options_integer(&f.options, "n", 0, 99, &number, &f.err), OK);
    assert_int_equal(number, 42);
    assert_int_equal(options_duration(&f.options, "d", 0, &number, &f.err), OK);
    assert_int_equal(number, 90 * US_PER_SECOND);
    assert_int_equal(options_duration(&f.options, "none", 3, &number, &f.err), OK);
    assert_int_equal(number, 3);
    assert_int_equal(options_bytes(&f.options, "b", 0, &number, &f.err), OK);
    assert_int_equal(number, 65536);

    assert_int_equal(options_integer(&f.options, "n", 0, 9, &number, &f.err), ERR_OPTION);
    assert_string_equal(f.err.text, "option n = 42 is not between 0 and 9");
    assert_int_equal(f.err.code, 120);
    assert_int_equal(f.err.at, 7);
    assert_int_equal(options_integer(&f.options, "junk", 0, 9, &number, &f.err), ERR_OPTION);
    assert_string_equal(f.err.text, "option junk = \"many\" is not a whole number");
    assert_int_equal(options_boolean(&f.options, "junk", true, &boolean, &f.err), ERR_OPTION);
    assert_int_equal(options_duration(&f.options, "junk", 0, &number, &f.err), ERR_OPTION);
    assert_int_equal(options_bytes(&f.options, "junk", 0, &number, &f.err), ERR_OPTION);
    fixture_release(&f);
}

static void test_bytes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t bytes;
    } good[] = {
        {"0", 0},
        {"10B", 10},
        {"64k", 65536},
        {"1MiB", 1048576},
        {"2GB", 2000000000},
        {"3 kb", 3000},
        {"1g", 1073741824},
        {"1TiB", 1099511627776},
    };
    int64_t got;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(bytes_parse(slice_text(good[i].text), &got));
        assert_int_equal(got, good[i].bytes);
    }
    static const char *const bad[] = {"", "k", "-1", "1x", "1.5k", "9999999999999999t"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(bytes_parse(slice_text(bad[i]), &got));
    }
}

static const struct option_spec known[] = {
    {"delimiter", OPTION_TEXT, ",", "between fields"},
    {"header", OPTION_BOOLEAN, NULL, "names"},
    {"kafka.", OPTION_TEXT, NULL, "for the library"},
    {0},
};
static const struct option_spec known_too[] = {{"rows", OPTION_INTEGER, NULL, "how many"}, {0}};
static const struct option_spec *const known_lists[] = {known, known_too};

static enum status check(struct fixture *f)
{
    return options_check(&f->options, known_lists, 2, "format csv", &f->err);
}

static void test_check(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    put(&f, "delimiter", ";");
    put(&f, "KAFKA.group", "g");
    put(&f, "rows", "5");
    assert_int_equal(check(&f), OK);
    put(&f, "delimeter", ";");
    assert_int_equal(check(&f), ERR_OPTION);
    assert_string_equal(f.err.text, "format csv has no option \"delimeter\"");
    assert_string_equal(f.err.hint, "did you mean \"delimiter\"?");
    assert_int_equal(f.err.code, 120);
    assert_int_equal(f.err.at, 7);
    assert_int_equal(f.err.length, 9);

    options_init(&f.options, &f.arena);
    put(&f, "zzzzzz", "1");
    assert_int_equal(check(&f), ERR_OPTION);
    assert_string_equal(f.err.hint, "it has delimiter, header, kafka., rows");
    options_init(&f.options, &f.arena);
    put(&f, "kafka.", "1"); /* the dot wants a name behind it */
    assert_int_equal(check(&f), ERR_OPTION);
    options_init(&f.options, &f.arena);
    put(&f, "header", "perhaps");
    assert_int_equal(check(&f), ERR_OPTION);
    assert_string_equal(f.err.text, "option header = \"perhaps\" is not true or false");
    fixture_release(&f);
}

/* ---- URIs ----------------------------------------------------------------------------------- */

struct uri_case {
    const char *text;
    const char *scheme;
    const char *authority;
    const char *path;
    const char *options; /* "key=value key=value" */
};

static const struct uri_case uri_cases[] = {
    {"tcp://127.0.0.1:9999", "tcp", "127.0.0.1:9999", "", ""},
    {"tcp-listen://[::1]:9999", "tcp-listen", "[::1]:9999", "", ""},
    {"file:access.log", "file", "", "access.log", ""},
    {"file:///var/log/a.log", "file", "", "/var/log/a.log", ""},
    {"access.log", "file", "", "access.log", ""},
    {"/x/12:30.log", "file", "", "/x/12:30.log", ""},
    {"12:30.log", "file", "", "12:30.log", ""},
    {"stdin:", "stdin", "", "", ""},
    {"STDIN:", "stdin", "", "", ""},
    {"gen://bank?rows=10&seed=7", "gen", "bank", "", "rows=10 seed=7"},
    {"gen:bank?rows=10", "gen", "", "bank", "rows=10"},
    {"tail:/x/*", "tail", "", "/x/*", ""},
    {"tail:/x/a?.log", "tail", "", "/x/a?.log", ""},
    {"tail:/x/a?.log?follow=name", "tail", "", "/x/a?.log", "follow=name"},
    {"kafka://h:9092,h2/topic?key=card", "kafka", "h:9092,h2", "/topic", "key=card"},
    {"sqlite:bank.db?table=a%20b&key=card,atm", "sqlite", "", "bank.db", "table=a b key=card,atm"},
    {"file:a%20b.csv", "file", "", "a%20b.csv", ""},
    {"csv:a.csv?delimiter=%3B&quote=", "csv", "", "a.csv", "delimiter=; quote="},
    {"unix:/run/x?&&eof=finish&", "unix", "", "/run/x?&&eof=finish&", ""},
    {"tcp://h:1?&&eof=finish&", "tcp", "h:1", "", "eof=finish"},
};

static void test_uri_forms(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof uri_cases / sizeof *uri_cases; i++) {
        const struct uri_case *c = &uri_cases[i];
        struct fixture f;
        struct uri uri;
        struct bytebuf options = {0};
        fixture_init(&f);
        assert_int_equal(uri_parse(&f.arena, slice_text(c->text), &uri, &f.options, &f.err), OK);
        expect_slice(uri.scheme, c->scheme);
        expect_slice(uri.authority, c->authority);
        expect_slice(uri.path, c->path);
        expect_slice(uri.text, c->text);
        for (uint32_t k = 0; k < f.options.n; k++) {
            const struct option *option = &f.options.items[k];
            bytebuf_printf(&options, "%s%.*s=%.*s", k == 0 ? "" : " ", (int)option->key.len,
                           (const char *)option->key.at, (int)option->value.len,
                           (const char *)option->value.at);
            assert_int_equal(option->at, -1);
        }
        assert_string_equal(bytebuf_text(&options), c->options);
        bytebuf_release(&options);
        fixture_release(&f);
    }
}

static void refuse_uri(const char *text, const char *why)
{
    struct fixture f;
    struct uri uri;
    fixture_init(&f);
    assert_int_equal(uri_parse(&f.arena, slice_text(text), &uri, &f.options, &f.err), ERR_OPTION);
    assert_string_equal(f.err.text, why);
    fixture_release(&f);
}

static void test_uri_errors(void **state)
{
    (void)state;
    refuse_uri("", "the URI is empty");
    refuse_uri("tcp://h:1?eof", "\"eof\" in the URI is not key=value");
    refuse_uri("tcp://h:1?=x", "\"=x\" in the URI is not key=value");
    refuse_uri("tcp://h:1?a=%4", "\"%4\" has a % that two hex digits do not follow");
    refuse_uri("tcp://h:1?a=%zz", "\"%zz\" has a % that two hex digits do not follow");
    refuse_uri("tcp://h:1?a=1&a=2", "option \"a\" is given twice: \"1\" and \"2\"");
    struct fixture f;
    struct uri uri;
    fixture_init(&f);
    assert_int_equal(uri_parse(&f.arena, slice_of("a\0b", 3), &uri, &f.options, &f.err),
                     ERR_OPTION);
    fixture_release(&f);
}

static void expect_host_port(const char *authority, const char *host, int port)
{
    struct fixture f;
    char *got_host;
    uint16_t got_port;
    fixture_init(&f);
    enum status status =
        uri_host_port(&f.arena, slice_text(authority), &got_host, &got_port, &f.err);
    if (host == NULL) {
        assert_int_equal(status, ERR_OPTION);
    } else {
        assert_int_equal(status, OK);
        assert_string_equal(got_host, host);
        assert_int_equal(got_port, port);
    }
    fixture_release(&f);
}

static void test_host_port(void **state)
{
    (void)state;
    expect_host_port("127.0.0.1:9999", "127.0.0.1", 9999);
    expect_host_port("[::1]:80", "::1", 80);
    expect_host_port(":514", "", 514);
    expect_host_port("h:0", "h", 0);
    expect_host_port("h:65535", "h", 65535);
    static const char *const bad[] = {"",     "h",     "h:",     "h:65536", "h:-1", "h:+1",
                                      "h:9x", "::1:9", "[::1:9", "[::1]9",  "[::1]"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        expect_host_port(bad[i], NULL, 0);
    }
}

TEST_MAIN(cmocka_unit_test(test_find_ignores_case), cmocka_unit_test(test_put_twice),
          cmocka_unit_test(test_put_too_many), cmocka_unit_test(test_values),
          cmocka_unit_test(test_bytes), cmocka_unit_test(test_check),
          cmocka_unit_test(test_uri_forms), cmocka_unit_test(test_uri_errors),
          cmocka_unit_test(test_host_port))
