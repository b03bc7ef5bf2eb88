/* Tests of engine/plan/fingerprint.h: what a fingerprint tells of the streams. How fingerprints are
 * compared is tested with whole jobs (tests/crash/test_changes.c). */
#include "engine/plan/fingerprint.h"

#include "tests/support/testing.h"

struct asked {
    struct arena arena;
    struct fingerprint_source source;
    bool is_found;
};

static void ask(struct asked *asked, const char *fingerprint, const char *scheme, const char *path)
{
    const struct uri uri = {.scheme = slice_text(scheme), .path = slice_text(path)};
    *asked = (struct asked){.is_found = false};
    arena_init(&asked->arena);
    asked->is_found =
        fingerprint_source(slice_text(fingerprint), &uri, &asked->arena, &asked->source);
}

static void assert_none(const char *fingerprint, const char *scheme, const char *path)
{
    struct asked asked;
    ask(&asked, fingerprint, scheme, path);
    assert_false(asked.is_found);
    arena_release(&asked.arena);
}

static void assert_field(const struct asked *asked, uint32_t i, const char *name, struct type type)
{
    const struct field *field = &asked->source.columns.fields[i];
    assert_true(slice_equal(field->name, slice_text(name)));
    assert_true(type_equal(field->type, type));
}

static void test_the_columns_of_a_stream(void **state)
{
    (void)state;
    struct asked asked;
    ask(&asked,
        ".columns k\n=source file:a.csv (k TEXT) csv\n"
        "=source file:b.csv (at time TIMESTAMP, a, b (c) DECIMAL(12,2), n BIGINT) json\n"
        "=event time at time\n",
        "file", "b.csv");
    assert_true(asked.is_found);
    assert_int_equal(asked.source.columns.n, 3);
    assert_field(&asked, 0, "at time", type_of(TYPE_TIMESTAMP));
    assert_field(&asked, 1, "a, b (c)", type_decimal(12, 2));
    assert_field(&asked, 2, "n", type_of(TYPE_BIGINT));
    assert_true(slice_equal(asked.source.format, slice_text("json")));
    arena_release(&asked.arena);
}

static void test_two_queries_over_one_stream(void **state)
{
    (void)state;
    struct asked asked;
    ask(&asked, "=source tcp: (v BIGINT) csv\n=source tcp: (v BIGINT) csv\n", "tcp", "");
    assert_true(asked.is_found);
    arena_release(&asked.arena);
    assert_none("=source tcp: (v BIGINT) csv\n=source tcp: (v TEXT) csv\n", "tcp", "");
}

static void test_no_such_stream(void **state)
{
    (void)state;
    assert_none("", "tcp", "");
    assert_none("=source file:a.csv (v BIGINT) csv\n", "file", "a");
    assert_none("=source file:a.csv (v BIGINT) csv\n", "file", "a.csvx");
    assert_none("=source file:a.csv (", "file", "a.csv");
    assert_none("=source file:a.csv ()", "file", "a.csv");
    assert_none("=source file:a.csv () csv", "file", "a.csv");
    assert_none("=source file:a.csv (v) csv", "file", "a.csv");
    assert_none("=source file:a.csv (v NOTHING) csv", "file", "a.csv");
    assert_none("=source file:a.csv (v BIGINT, w) csv", "file", "a.csv");
}

/* A name of a file may have any byte. */
static void test_a_path_with_a_nul(void **state)
{
    (void)state;
    static const char fingerprint[] = "=source file:a\0b (v BIGINT) csv\n";
    const struct uri uri = {.scheme = slice_text("file"), .path = slice_of("a\0b", 3)};
    struct fingerprint_source source;
    struct arena arena;
    arena_init(&arena);
    assert_true(
        fingerprint_source(slice_of(fingerprint, sizeof fingerprint - 1), &uri, &arena, &source));
    assert_true(slice_equal(source.format, slice_text("csv")));
    arena_release(&arena);
}

TEST_MAIN(cmocka_unit_test(test_a_path_with_a_nul), cmocka_unit_test(test_the_columns_of_a_stream),
          cmocka_unit_test(test_two_queries_over_one_stream), cmocka_unit_test(test_no_such_stream))
