/* EMIT, ORDER BY and LIMIT: defaults, and what is refused, with the reason and a way out. */
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

/* What a plan says of its rows, in one line: emit kind, then "changes", "at_end". */
static const char *emission(const char *text)
{
    static const char *const kinds[] = {"close",    "changes", "every",
                                        "complete", "rise",    "rise_fall"};
    arena_clear(&f.arena);
    const struct plan *plan = plan_of(&f, &f.arena, text);
    return arena_printf(&f.arena, "%s%s%s", kinds[plan->emit.kind],
                        plan->changes ? " with ops" : "", plan->at_end ? " at end" : "");
}

static void test_defaults(void **state)
{
    (void)state;
    assert_string_equal(emission("SELECT ip FROM access"), "changes");
    assert_string_equal(emission("SELECT ip FROM past"), "changes");
    assert_string_equal(emission("SELECT DISTINCT ip FROM access"), "changes");
    assert_string_equal(emission("SELECT count(*) FROM access WINDOW 10s"), "close");
    assert_string_equal(emission("SELECT count(*) FROM past WINDOW 10s ON ts"), "close");
    assert_string_equal(emission("SELECT * FROM access WINDOW 10s"), "close");
    assert_string_equal(emission(
                            "SELECT ip, count(*) FROM access GROUP BY ip WINDOW 15m SLIDE ROW"),
                        "close");
    assert_string_equal(emission("SELECT ip, count(*) FROM access GROUP BY ip"),
                        "changes with ops");
    assert_string_equal(emission("SELECT ip, count(*) FROM past GROUP BY ip"), "changes at end");
    assert_string_equal(emission("SELECT ip FROM past ORDER BY n"), "changes at end");
    /* The first n of a result that changes is shown as a whole. */
    assert_string_equal(emission("SELECT ip, count(*) FROM access GROUP BY ip ORDER BY 2 LIMIT 3"),
                        "complete");
}

static void test_asked_for(void **state)
{
    (void)state;
    assert_string_equal(emission("SELECT count(*) FROM past EMIT CHANGES"), "changes with ops");
    assert_string_equal(emission("SELECT count(*) FROM past EMIT FINAL"), "close at end");
    assert_string_equal(emission("SELECT count(*) FROM access WINDOW 10s EMIT CHANGES"),
                        "changes with ops");
    assert_string_equal(emission("SELECT count(*) FROM access WINDOW 10s EMIT COMPLETE"),
                        "complete");
    assert_string_equal(emission("SELECT count(*) FROM access EMIT EVERY 2s"), "every with ops");
    assert_string_equal(emission("SELECT ip, count(*) FROM access GROUP BY ip WINDOW 15m SLIDE ROW "
                                 "EMIT CHANGES"),
                        "changes");
    assert_string_equal(emission("SELECT ip, count(*) FROM access GROUP BY ip WINDOW 15m SLIDE ROW "
                                 "HAVING count(*) > 2 EMIT ON RISE"),
                        "rise");
    assert_string_equal(emission("SELECT ip, count(*) FROM access GROUP BY ip WINDOW 10s HAVING "
                                 "count(*) > 2 EMIT ON RISE AND FALL"),
                        "rise_fall with ops");
}

static void test_trigger_setting(void **state)
{
    (void)state;
    run(&f, "SET trigger = '1s'");
    assert_string_equal(emission("SELECT count(*) FROM past"), "changes with ops");
    run(&f, "SET trigger = once");
    assert_string_equal(emission("SELECT count(*) FROM past"), "changes at end");
}

static void assert_refused(const char *text, const char *says, const char *help)
{
    struct statement statement;
    struct error err;
    arena_clear(&f.arena);
    error_clear(&err);
    assert_int_equal(statement_prepare(f.catalog, &f.arena, slice_text(text), &statement, &err),
                     ERR_SQL);
    assert_string_equal(err.text, says);
    assert_string_equal(err.hint, help);
    assert_true(err.code == 118 || err.code == 119);
    assert_true(err.at >= 0 && err.length > 0);
}

static void test_refused_emissions(void **state)
{
    (void)state;
    assert_refused("SELECT ip FROM access EMIT ON WINDOW CLOSE",
                   "there is no window that could close",
                   "add WINDOW 30s, or leave EMIT out: rows pass as they arrive");
    assert_refused("SELECT ip FROM access EMIT EVERY 2s",
                   "EMIT EVERY is for aggregates; these rows pass as they arrive",
                   "SET trigger = '2s' lets rows leave every two seconds");
    assert_refused("SELECT ip FROM access EMIT COMPLETE",
                   "EMIT COMPLETE would have to keep every row for ever",
                   "leave EMIT out, or add an aggregate");
    assert_refused("SELECT ip FROM access EMIT ON RISE", "EMIT ON RISE needs aggregates and HAVING",
                   "for example GROUP BY card WINDOW 15m SLIDE ROW HAVING count(*) > 2");
    assert_refused("SELECT * FROM access WINDOW 10s EMIT CHANGES",
                   "the rows of a window leave when it closes",
                   "leave EMIT out, or add an aggregate");
    assert_refused("SELECT count(*) FROM access WINDOW 10s EMIT ON RISE",
                   "EMIT ON RISE needs HAVING: the condition that turns true", "");
    assert_refused("SELECT count(*) FROM access WINDOW 15m SLIDE ROW EMIT COMPLETE",
                   "SLIDE ROW has one result for each row, not one that changes",
                   "EMIT CHANGES lets each leave at once, EMIT ON RISE only the first of a burst");
    assert_refused("SELECT count(*) FROM access EMIT ON WINDOW CLOSE",
                   "without a WINDOW there is no final row: the stream never ends",
                   "add WINDOW 30s, or EMIT CHANGES");
    assert_refused("SELECT count(*) FROM access WINDOW 10 ROWS EMIT CHANGES",
                   "a count window has one result: when its last row has come", "leave EMIT out");
    assert_refused("SELECT count(*) FROM access EMIT EVERY 0s",
                   "the interval of EMIT EVERY must be positive", "");
    assert_refused("SELECT count(*) FROM access WINDOW 10s FILL 0 EMIT CHANGES",
                   "FILL goes with the final rows of windows", "leave EMIT or FILL out");
}

static void test_refused_orders(void **state)
{
    (void)state;
    assert_refused("SELECT ip FROM access ORDER BY ip",
                   "rows of an endless stream cannot be sorted: the last never comes",
                   "sort within windows (add WINDOW 30s), or leave ORDER BY out: rows come in the "
                   "order they arrive");
    assert_refused("SELECT ip, count(*) FROM access GROUP BY ip EMIT CHANGES LIMIT 3",
                   "LIMIT of a result that changes row by row has no meaning",
                   "EMIT COMPLETE shows the first rows of the whole result at each trigger; with a "
                   "WINDOW each window has its first rows");
    assert_refused("SELECT ip, count(*) FROM access GROUP BY ip HAVING count(*) > 2 ORDER BY ip "
                   "EMIT ON RISE",
                   "alerts leave at once: there is nothing to sort", "leave ORDER BY out");
}

/* What there is of a stream at present ends. */
static void test_tables_end(void **state)
{
    (void)state;
    assert_string_equal(emission("SELECT ip FROM TABLE(past) ORDER BY n"), "changes at end");
    assert_string_equal(emission("SELECT ip, count(*) FROM TABLE(past) GROUP BY ip ORDER BY 2"),
                        "changes at end");
}

static void test_sinks_that_only_append(void **state)
{
    (void)state;
    assert_refused("SELECT ip, count(*) FROM access GROUP BY ip INTO 'file:x.csv'",
                   "sink file can only append, and this result has rows that change",
                   "a WINDOW gives each row once; sqlite can replace rows by key");
    assert_refused("SELECT ip, count(*) FROM access GROUP BY ip WINDOW 10s EMIT CHANGES INTO "
                   "'file:x.csv'",
                   "sink file can only append, and this result has rows that change",
                   "EMIT ON WINDOW CLOSE gives each row once; sqlite can replace rows by key");
    assert_string_equal(emission("SELECT ip, count(*) FROM access GROUP BY ip INTO "
                                 "'sqlite:x.db?table=t&key=ip'"),
                        "changes with ops");
    assert_string_equal(emission("SELECT ip, count(*) FROM past GROUP BY ip INTO 'file:x.csv'"),
                        "changes at end");
}

#define TEST(name_) cmocka_unit_test_setup_teardown(name_, setup, teardown)

TEST_MAIN(TEST(test_defaults), TEST(test_asked_for), TEST(test_trigger_setting),
          TEST(test_refused_emissions), TEST(test_refused_orders), TEST(test_tables_end),
          TEST(test_sinks_that_only_append))
