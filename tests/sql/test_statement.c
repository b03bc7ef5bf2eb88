/* Statements prepared and applied: what they say and what they do to the catalog. */
#include "tests/sql/sql_fixture.h"

static struct fixture f;

static int setup(void **state)
{
    (void)state;
    fixture_init(&f);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fixture_release(&f);
    return 0;
}

static struct statement prepared(const char *text)
{
    struct statement statement;
    struct error err;
    arena_clear(&f.arena);
    if (statement_prepare(f.catalog, &f.arena, slice_text(text), &statement, &err) != OK) {
        fail_msg("%s: %s", text, err.text);
    }
    return statement;
}

static void assert_text(struct slice actual, const char *expected)
{
    if (actual.len != strlen(expected) || memcmp(actual.at, expected, actual.len) != 0) {
        fail_msg("\"%.*s\" is not \"%s\"", (int)actual.len, (const char *)actual.at, expected);
    }
}

static void assert_fails(const char *text, int code)
{
    struct statement statement;
    struct error err;
    arena_clear(&f.arena);
    error_clear(&err);
    assert_int_not_equal(statement_prepare(f.catalog, &f.arena, slice_text(text), &statement, &err),
                         OK);
    if (err.code != code) {
        fail_msg("%s: E%04d %s", text, err.code, err.text);
    }
}

static void test_kinds(void **state)
{
    (void)state;
    assert_int_equal(prepared("SELECT ip FROM access").kind, STATEMENT_SELECT);
    assert_int_equal(prepared("SHOW FORMATS").show, SHOW_FORMATS);
    assert_int_equal(prepared("EXPLAIN (FORMAT DOT) SELECT ip FROM access").explain, EXPLAIN_DOT);
    assert_int_equal(prepared("CHECKPOINT").kind, STATEMENT_CHECKPOINT);
    struct statement set = prepared("SET trigger = 100ms");
    assert_int_equal(set.kind, STATEMENT_SET);
    assert_text(set.key, "trigger");
    assert_text(set.value, "100ms");
    struct statement describe = prepared("DESCRIBE tx");
    assert_int_equal(describe.object, CATALOG_STREAM);
    assert_int_equal(describe.stream->n_visible, 5);
    assert_non_null(prepared("DESCRIBE alerts").sink);
}

/* DESCRIBE of what the catalog has no name for. */
static void test_describe_unnamed(void **state)
{
    (void)state;
    struct statement file = prepared("DESCRIBE 'access.csv'");
    assert_int_equal(file.kind, STATEMENT_DESCRIBE);
    assert_int_equal(file.stream->n_visible, 3);
    assert_text(file.stream->schema.fields[1].name, "n");
    assert_int_equal(prepared("DESCRIBE STDIN").stream->n_visible, 3);
    const struct schema *result =
        &prepared("DESCRIBE SELECT card, 1 AS n FROM tx").plan->root->schema;
    assert_int_equal(result->n, 2);
    assert_text(result->fields[1].name, "n");
    assert_null(catalog_find(f.catalog, CATALOG_QUERY, slice_text("query")));
    assert_fails("DESCRIBE SELECT crad FROM tx", 104);
    assert_fails("DESCRIBE nothing", 103);
}

/* Nothing that prepare does can be seen before apply. */
static void test_prepare_changes_nothing(void **state)
{
    (void)state;
    prepared("CREATE STREAM s FROM 'tcp://h:1' FORMAT line");
    assert_null(catalog_find(f.catalog, CATALOG_STREAM, slice_text("s")));
    prepared("DROP STREAM log");
    assert_non_null(catalog_find(f.catalog, CATALOG_STREAM, slice_text("log")));
    prepared("SET trigger = 1s");
    assert_text(catalog_setting(f.catalog, "trigger"), "asap");
}

static void test_queries(void **state)
{
    (void)state;
    struct statement insert = prepared("INSERT INTO alerts SELECT card FROM tx;");
    assert_int_equal(insert.kind, STATEMENT_INSERT);
    assert_text(insert.name, "alerts");
    assert_text(insert.plan->name, "alerts");
    assert_non_null(insert.plan->sink);
    run(&f, "INSERT INTO alerts SELECT card FROM tx;");
    const struct catalog_entry *entry =
        catalog_find(f.catalog, CATALOG_QUERY, slice_text("alerts"));
    assert_text(entry->query, "INSERT INTO alerts SELECT card FROM tx");
    assert_text(entry->reads, "tx");
    assert_text(entry->writes, "alerts");
    assert_text(prepared("INSERT INTO alerts SELECT atm FROM tx").name, "alerts_2");
    run(&f, "CREATE QUERY q AS SELECT ip FROM access INTO 'file:x.csv'");
    entry = catalog_find(f.catalog, CATALOG_QUERY, slice_text("Q"));
    assert_text(entry->query, "SELECT ip FROM access INTO 'file:x.csv'");
    assert_int_equal(entry->writes.len, 0);
    assert_fails("CREATE QUERY q AS SELECT ip FROM access", 106);
    assert_true(prepared("CREATE QUERY IF NOT EXISTS q AS SELECT ip FROM access").skip);
    struct statement explain = prepared("EXPLAIN ANALYZE q");
    assert_int_equal(explain.explain, EXPLAIN_ANALYZE);
    assert_text(explain.name, "q");
    assert_text(plan_scan(explain.plan->root)->stream->name, "access");
    assert_int_equal(prepared("EXPLAIN WHY alerts").explain, EXPLAIN_WHY);
    struct statement why = prepared("EXPLAIN WHY SELECT amount FROM tx WHERE amount > 6");
    assert_int_equal(why.explain, EXPLAIN_WHY);
    assert_non_null(why.plan);
}

static void test_start_and_stop(void **state)
{
    (void)state;
    run(&f, "CREATE QUERY q AS SELECT ip FROM access");
    run(&f, "STOP QUERY q");
    assert_true(catalog_find(f.catalog, CATALOG_QUERY, slice_text("q"))->stopped);
    assert_non_null(prepared("START QUERY q").plan);
    run(&f, "START QUERY q");
    assert_false(catalog_find(f.catalog, CATALOG_QUERY, slice_text("q"))->stopped);
    assert_fails("STOP QUERY r", 103);
    run(&f, "DROP QUERY q");
    assert_fails("START QUERY q", 103);
}

static void test_drop_of_what_is_used(void **state)
{
    (void)state;
    run(&f, "INSERT INTO alerts SELECT card FROM tx");
    assert_fails("DROP STREAM tx", 123);
    assert_fails("DROP SINK alerts", 123);
    run(&f, "DROP STREAM log");
    run(&f, "DROP QUERY alerts");
    run(&f, "DROP STREAM tx");
    run(&f, "DROP SINK alerts");
    assert_fails("DROP SINK alerts", 103);
    run(&f, "DROP SINK IF EXISTS alerts");
}

static void test_names_are_shared(void **state)
{
    (void)state;
    run(&f, "CREATE VIEW v AS SELECT ip FROM access");
    assert_text(catalog_find(f.catalog, CATALOG_VIEW, slice_text("v"))->query,
                "SELECT ip FROM access");
    assert_fails("CREATE STREAM v FROM 'tcp://h:1' FORMAT line", 106);
    assert_fails("CREATE STREAM Access FROM 'tcp://h:1' FORMAT line", 106);
    assert_true(prepared("CREATE STREAM IF NOT EXISTS access FROM 'tcp://h:1' FORMAT line").skip);
    run(&f, "CREATE SINK access TO 'file:x.csv'");
    assert_fails("SELECT port FROM v", 104);
    assert_fails("CREATE VIEW w AS SELECT no FROM access", 104);
}

static void test_tables_are_not_there_yet(void **state)
{
    (void)state;
    assert_fails("CREATE TABLE cards (card TEXT) FROM 'csv:cards.csv'", 190);
    assert_fails("CREATE STREAM s AS SELECT ip FROM access", 190);
}

/* Streams live as long as the catalog: plans point to them. */
static void test_definitions_outlive_drop(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    const struct plan *plan = plan_of(&f, &arena, "SELECT line FROM log");
    run(&f, "DROP STREAM log");
    run(&f, "CREATE STREAM log FROM 'tcp://h:1' FORMAT apache");
    assert_string_equal(plan_scan(plan->root)->stream->decoder->name, "line");
    plan_check(plan);
    arena_release(&arena);
}

static void test_settings(void **state)
{
    (void)state;
    run(&f, "SET trigger = '100ms'");
    assert_text(catalog_setting(f.catalog, "trigger"), "100ms");
    run(&f, "SET TRIGGER TO once");
    assert_text(catalog_setting(f.catalog, "trigger"), "once");
    assert_fails("SET trigger = 'soon'", 122);
    assert_fails("SET trigger = 0s", 122);
    assert_fails("SET triger = 1s", 122);
    assert_fails("SET threads = many", 122);
    assert_fails("SET memory_limit = 1XB", 101);
    run(&f, "SET memory_limit = 2GiB");
    int64_t bytes = 0;
    struct error err;
    assert_int_equal(options_bytes(catalog_set_options(f.catalog), "memory_limit", 0, &bytes, &err),
                     OK);
    assert_int_equal(bytes, INT64_C(2) << 30);
}

#define TEST(name_) cmocka_unit_test_setup_teardown(name_, setup, teardown)

TEST_MAIN(TEST(test_kinds), TEST(test_describe_unnamed), TEST(test_prepare_changes_nothing),
          TEST(test_queries), TEST(test_start_and_stop), TEST(test_drop_of_what_is_used),
          TEST(test_names_are_shared), TEST(test_tables_are_not_there_yet),
          TEST(test_definitions_outlive_drop), TEST(test_settings))
