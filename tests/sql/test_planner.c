/* Plans of queries, as EXPLAIN prints them. */
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

/* Windowed aggregates, with the window columns in front. */
static void test_windows(void **state)
{
    (void)state;
    assert_explained(
        &f, "SELECT count(*) FROM log WHERE line LIKE '%ERROR%' WINDOW 30s SLIDE 10s",
        "query → console · append\n"
        "  project window_start, window_end, count(*)\n"
        "    aggregate · window 30s SLIDE 10s · count(*) · final rows at window close · state 8 B "
        "per key and pane of 10s, panes merged for each window · empty windows too\n"
        "      filter line LIKE '%ERROR%'\n"
        "        scan log · tcp://127.0.0.1:9997 · line · time _arrival (arrival)\n");
    assert_explained(
        &f, "SELECT ip, count(*) n FROM access GROUP BY ip WINDOW 1m ORDER BY n DESC LIMIT 3",
        "query → console · append\n"
        "  sort by n desc · 3 rows · within each window\n"
        "    project window_start, window_end, ip, count(*) AS n\n"
        "      aggregate by ip · window 1m · count(*) · final rows at window close · state 8 B per "
        "key and pane of 1m\n"
        "        scan access · tcp://127.0.0.1:9998 · csv · time ts (its WATERMARK), watermark "
        "delay 5s\n");
    assert_explained(&f, "SELECT window_end AS t, count(*) FROM access WINDOW 10s LIMIT 1",
                     "query → console · append\n"
                     "  project t, count(*)\n"
                     "    sort · 1 rows · within each window\n"
                     "      project window_end AS t, count(*), window_start\n"
                     "        aggregate · window 10s · count(*) · final rows at window close · "
                     "state 8 B per key and pane of 10s\n"
                     "          scan access · tcp://127.0.0.1:9998 · csv · time ts (its "
                     "WATERMARK), watermark delay 5s\n");
    assert_explained(&f, "SELECT window_time, count(*) FROM access WINDOW 10s",
                     "query → console · append\n"
                     "  project window_end - INTERVAL '1ms' AS window_time, count(*)\n"
                     "    aggregate · window 10s · count(*) · final rows at window close · state 8 "
                     "B per key and pane of 10s\n"
                     "      scan access · tcp://127.0.0.1:9998 · csv · time ts (its WATERMARK), "
                     "watermark delay 5s\n");
    assert_explained(&f, "SELECT ip FROM access GROUP BY ip WINDOW 10s",
                     "query → console · append\n"
                     "  project window_start, window_end, ip\n"
                     "    aggregate by ip · window 10s · final rows at window close · state 8 B "
                     "per key and pane of 10s\n"
                     "      scan access · tcp://127.0.0.1:9998 · csv · time ts (its WATERMARK), "
                     "watermark delay 5s\n");
    assert_explained(&f, "SELECT DISTINCT ip FROM access WINDOW 10s",
                     "query → console · append\n"
                     "  project window_start, window_end, ip\n"
                     "    aggregate by ip · window 10s · final rows at window close · state 8 B "
                     "per key and pane of 10s\n"
                     "      scan access · tcp://127.0.0.1:9998 · csv · time ts (its WATERMARK), "
                     "watermark delay 5s\n");
}

/* The other kinds of windows, and their options. */
static void test_window_kinds(void **state)
{
    (void)state;
    assert_explained(&f, "SELECT count(*) FROM log WINDOW 30s FILL NONE",
                     "query → console · append\n"
                     "  project window_start, window_end, count(*)\n"
                     "    aggregate · window 30s · count(*) · final rows at window close · state 8 "
                     "B per key and pane of 30s\n"
                     "      scan log · tcp://127.0.0.1:9997 · line · time _arrival (arrival)\n");
    assert_explained(&f, "SELECT count(*) FROM access WINDOW 1h FILL PREVIOUS FOR 5 WINDOWS",
                     "query → console · append\n"
                     "  project window_start, window_end, count(*)\n"
                     "    aggregate · window 1h FILL PREVIOUS FOR 5 WINDOWS · count(*) · final "
                     "rows at window close · state 8 B per key and pane of 1h\n"
                     "      scan access · tcp://127.0.0.1:9998 · csv · time ts (its WATERMARK), "
                     "watermark delay 5s\n");
    assert_explained(
        &f, "SELECT first(ip), last(n) FROM past WINDOW 10s ON ts",
        "query → console · append\n"
        "  project window_start, window_end, first(ip), last(n)\n"
        "    aggregate · window 10s · first(ip), last(n) · final rows at window close · state 64 B "
        "per key and pane of 10s\n"
        "      scan past · file:past.csv · csv · time ts (ON), exact: nothing is late\n");
    assert_explained(&f, "SELECT sum(bytes) FROM access WINDOW CUMULATE 1h TO 1d GRACE 5m",
                     "query → console · append\n"
                     "  project window_start, window_end, sum(bytes)\n"
                     "    aggregate · window CUMULATE 1h TO 1d GRACE 5m · sum(bytes) · final rows "
                     "at window close · state 24 B per key and pane of 1h, tree of merged panes\n"
                     "      scan access · tcp://127.0.0.1:9998 · csv · time ts (its WATERMARK), "
                     "watermark delay 5s\n");
    assert_explained(&f, "SELECT avg(bytes) FROM access GROUP BY ip WINDOW 100 ROWS SLIDE 10 ROWS",
                     "query → console · append\n"
                     "  project window_start, window_end, avg(bytes)\n"
                     "    aggregate by ip · window 100 ROWS SLIDE 10 ROWS · avg(bytes) · final "
                     "rows at window close · state 24 B per key\n"
                     "      scan access · tcp://127.0.0.1:9998 · csv · time ts (its WATERMARK), "
                     "watermark delay 5s\n");
}

static void test_sinks_without_a_name(void **state)
{
    (void)state;
    assert_explained(&f, "SELECT ip FROM access INTO 'file:o.csv'",
                     "query → file:o.csv · append\n"
                     "  project ip\n"
                     "    scan access · tcp://127.0.0.1:9998 · csv · time ts (its "
                     "WATERMARK), watermark delay 5s\n");
    assert_explained(&f, "INSERT INTO 'file:o.csv' SELECT ip FROM access",
                     "query o → file:o.csv · append\n"
                     "  project ip\n"
                     "    scan access · tcp://127.0.0.1:9998 · csv · time ts (its "
                     "WATERMARK), watermark delay 5s\n");
}

/* Windows without aggregates. */
static void test_rows_of_windows(void **state)
{
    (void)state;
    assert_explained(&f, "SELECT * FROM access WINDOW 10s SLIDE 5s",
                     "query → console · append\n"
                     "  project window_start, window_end, ts, ip, status, bytes\n"
                     "    rows of each window 10s SLIDE 5s · final rows at window close · state: "
                     "all rows of open windows\n"
                     "      scan access · tcp://127.0.0.1:9998 · csv · time ts (its WATERMARK), "
                     "watermark delay 5s\n");
    assert_explained(&f,
                     "SELECT ip, window_start FROM access WINDOW 10s ORDER BY bytes DESC LIMIT 2",
                     "query → console · append\n"
                     "  project ip, window_start\n"
                     "    sort by bytes desc · 2 rows · within each window\n"
                     "      project ip, window_start, bytes, window_end\n"
                     "        rows of each window 10s · final rows at window close · state: all "
                     "rows of open windows\n"
                     "          scan access · tcp://127.0.0.1:9998 · csv · time ts (its "
                     "WATERMARK), watermark delay 5s\n");
    assert_explained(&f,
                     "SELECT status, window_end FROM access GROUP BY ip WINDOW SESSION 5m MAX 1h",
                     "query → console · append\n"
                     "  project status, window_end\n"
                     "    rows of each window SESSION 5m MAX 1h by ip · final rows at window close "
                     "· state: all rows of open windows\n"
                     "      scan access · tcp://127.0.0.1:9998 · csv · time ts (its WATERMARK), "
                     "watermark delay 5s\n");
}

/* Each row with aggregates over its past. */
static void test_slide_row(void **state)
{
    (void)state;
    assert_explained(
        &f,
        "SELECT ts, card, atm, count(*) AS n, sum(amount) AS total FROM tx WHERE kind = "
        "'withdrawal' GROUP BY card, atm WINDOW 15m SLIDE ROW HAVING count(*) > 2 EMIT ON RISE",
        "query → console · append\n"
        "  project ts, card, atm, count(*) AS n, sum(amount) AS total\n"
        "    over each card, atm · window 15m SLIDE ROW · count(*), sum(amount) · having "
        "\"count(*)\" > 2 · when the condition turns true · state 32 B per key and its rows of the "
        "window, exact inverse\n"
        "      filter kind = 'withdrawal'\n"
        "        scan tx · tcp://127.0.0.1:9999 · csv · time ts (its WATERMARK), watermark delay "
        "5s\n");
    assert_explained(
        &f,
        "SELECT ts, card FROM tx GROUP BY card WINDOW 15m SLIDE ROW HAVING count(*) > 2 LIMIT 5 "
        "EMIT CHANGES",
        "query → console · append\n"
        "  limit 5 rows\n"
        "    project ts, card\n"
        "      over each card · window 15m SLIDE ROW · count(*) · having \"count(*)\" > 2 · a row "
        "for each row, at once · state 8 B per key and its rows of the window, exact inverse\n"
        "        scan tx · tcp://127.0.0.1:9999 · csv · time ts (its WATERMARK), watermark delay "
        "5s\n");
    assert_explained(
        &f, "SELECT window_start, window_end, count(*) FROM tx GROUP BY card WINDOW 15m SLIDE ROW",
        "query → console · append\n"
        "  project ts - INTERVAL '15m' AS window_start, ts AS window_end, count(*)\n"
        "    over each card · window 15m SLIDE ROW · count(*) · a row for each row, in event time "
        "· state 8 B per key and its rows of the window, exact inverse\n"
        "      scan tx · tcp://127.0.0.1:9999 · csv · time ts (its WATERMARK), watermark delay "
        "5s\n");
    assert_explained(&f, "SELECT card, max(upper(atm)) FROM tx GROUP BY card WINDOW 15m SLIDE ROW",
                     "query → console · append\n"
                     "  project card, max(upper(atm))\n"
                     "    over each card · window 15m SLIDE ROW · max(upper(atm)) · a row for each "
                     "row, in event time · state 16 B per key and its rows of the window, merge\n"
                     "      extend upper(atm)\n"
                     "        scan tx · tcp://127.0.0.1:9999 · csv · time ts (its WATERMARK), "
                     "watermark delay 5s\n");
}

/* Aggregates without a window. */
static void test_totals(void **state)
{
    (void)state;
    assert_explained(&f, "SELECT count(*) FROM past",
                     "query → console · append, once, at the end of the input\n"
                     "  project count(*)\n"
                     "    aggregate · count(*) · at the end of the input · state 8 B per key\n"
                     "      scan past · file:past.csv · csv · no event time\n");
    assert_explained(
        &f, "SELECT count(*) FROM access GROUP BY ip",
        "query → console · changes keyed by ip\n"
        "  project count(*), ip\n"
        "    aggregate by ip · count(*) · changes at each trigger · state 8 B per key\n"
        "      scan access · tcp://127.0.0.1:9998 · csv · time ts (its WATERMARK), watermark delay "
        "5s\n");
    assert_explained(
        &f, "SELECT ip, count(*) FROM access GROUP BY ip ORDER BY 2 DESC LIMIT 10",
        "query → console · complete\n"
        "  sort by count(*) desc · 10 rows\n"
        "    project ip, count(*)\n"
        "      aggregate by ip · count(*) · the whole result at each trigger · state 8 B per key\n"
        "        scan access · tcp://127.0.0.1:9998 · csv · time ts (its WATERMARK), watermark "
        "delay 5s\n");
    assert_explained(&f, "SELECT upper(ip) AS up, sum(n) FROM past GROUP BY up",
                     "query → console · append, once, at the end of the input\n"
                     "  project up, sum(n)\n"
                     "    aggregate by up · sum(n) · at the end of the input · state 24 B per key\n"
                     "      extend upper(ip) AS up\n"
                     "        scan past · file:past.csv · csv · no event time\n");
}

/* Aliases, expressions and conditions of groups. */
static void test_group_expressions(void **state)
{
    (void)state;
    assert_explained(&f, "SELECT ip, sum(n) AS n FROM past GROUP BY ip HAVING n > 10",
                     "query → console · append, once, at the end of the input\n"
                     "  project ip, sum(n) AS n\n"
                     "    aggregate by ip · sum(n) · having \"sum(n)\" > 10 · at the end of the "
                     "input · state 24 B per key\n"
                     "      scan past · file:past.csv · csv · no event time\n");
    assert_explained(&f, "SELECT upper(ip) AS ip, sum(n) FROM past GROUP BY ip HAVING ip = 'a'",
                     "query → console · append, once, at the end of the input\n"
                     "  project upper(ip) AS ip, sum(n)\n"
                     "    aggregate by ip · sum(n) · having ip = 'a' · at the end of the input · "
                     "state 24 B per key\n"
                     "      scan past · file:past.csv · csv · no event time\n");
    assert_explained(&f,
                     "SELECT ip, sum(n) / count(*) AS mean FROM past GROUP BY ip ORDER BY mean "
                     "DESC, count(*), 1 NULLS FIRST",
                     "query → console · append, once, at the end of the input\n"
                     "  project ip, mean\n"
                     "    sort by mean desc, count(*), ip nulls first\n"
                     "      project ip, \"sum(n)\" / \"count(*)\" AS mean, count(*)\n"
                     "        aggregate by ip · sum(n), count(*) · at the end of the input · state "
                     "32 B per key\n"
                     "          scan past · file:past.csv · csv · no event time\n");
    assert_explained(
        &f,
        "SELECT sum(n) FILTER (WHERE ip = 'a') AS a, count(*) FILTER (WHERE n > 3), count(*) FROM "
        "past",
        "query → console · append, once, at the end of the input\n"
        "  project sum(n) filter (where ip = 'a') AS a, count(*) filter (where n > 3), count(*)\n"
        "    aggregate · sum(CASE WHEN ip = 'a' THEN n END), count(CASE WHEN n > 3 THEN 1 END), "
        "count(*) · at the end of the input · state 40 B per key\n"
        "      extend CASE WHEN ip = 'a' THEN n END, CASE WHEN n > 3 THEN 1 END\n"
        "        scan past · file:past.csv · csv · no event time\n");
    assert_explained(
        &f,
        "SELECT status, count(*) FROM access GROUP BY ip, status EMIT CHANGES ORDER BY count(*) "
        "DESC",
        "query → console · changes keyed by ip, status\n"
        "  sort by count(*) desc\n"
        "    project status, count(*), ip\n"
        "      aggregate by ip, status · count(*) · changes at each trigger · state 8 B per key\n"
        "        scan access · tcp://127.0.0.1:9998 · csv · time ts (its WATERMARK), watermark "
        "delay 5s\n");
}

/* Filters and projections. */
static void test_rows(void **state)
{
    (void)state;
    assert_explained(&f, "SELECT p.*, p.ip, _line FROM past p",
                     "query → console · append\n"
                     "  project ts, ip, n, ip, _line\n"
                     "    scan past · file:past.csv · csv · no event time\n");
    assert_explained(&f,
                     "SELECT ip || ':' || status FROM access WHERE status BETWEEN 200 AND 299 OR "
                     "ip IN ('a', 'b')",
                     "query → console · append\n"
                     "  project ip || ':' || CAST(status AS TEXT) AS (ip || ':') || status\n"
                     "    filter status >= 200 AND status <= 299 OR ip IN ('a', 'b')\n"
                     "      scan access · tcp://127.0.0.1:9998 · csv · time ts (its WATERMARK), "
                     "watermark delay 5s\n");
    assert_explained(&f,
                     "SELECT 1 + 1 AS two, 'x' || 'y', TIMESTAMP '2026-01-05' AS t, 1.50, 1e3, -5, "
                     "true FROM access",
                     "query → console · append\n"
                     "  project 2 AS two, 'xy' AS 'x' || 'y', TIMESTAMP '2026-01-05T00:00:00Z' AS "
                     "t, 1.50, 1000.0 AS 1e3, -5, true\n"
                     "    scan access · tcp://127.0.0.1:9998 · csv · time ts (its WATERMARK), "
                     "watermark delay 5s\n");
    assert_explained(&f, "SELECT DISTINCT ip, status + 1 FROM access",
                     "query → console · append\n"
                     "  project ip, status + 1\n"
                     "    distinct ip, status + 1 · state: every key for ever\n"
                     "      extend status + 1\n"
                     "        scan access · tcp://127.0.0.1:9998 · csv · time ts (its WATERMARK), "
                     "watermark delay 5s\n");
    assert_explained(&f, "SELECT ip FROM past ORDER BY n DESC, ip LIMIT 3",
                     "query → console · append, once, at the end of the input\n"
                     "  project ip\n"
                     "    sort by n desc, ip · 3 rows\n"
                     "      project ip, n\n"
                     "        scan past · file:past.csv · csv · no event time\n");
    assert_explained(&f, "SELECT ip FROM access WHERE true LIMIT 2 + 3",
                     "query → console · append\n"
                     "  limit 5 rows\n"
                     "    project ip\n"
                     "      scan access · tcp://127.0.0.1:9998 · csv · time ts (its WATERMARK), "
                     "watermark delay 5s\n");
}

/* Literals that decoders may search for, and where they must not. */
static void test_needles(void **state)
{
    (void)state;
    assert_explained(&f,
                     "SELECT line FROM log WHERE line LIKE '%ERROR%' AND line LIKE '%disk full%'",
                     "query → console · append\n"
                     "  project line\n"
                     "    filter line LIKE '%ERROR%' AND line LIKE '%disk full%'\n"
                     "      scan log · tcp://127.0.0.1:9997 · line · no event time · only records "
                     "with \"disk full\"\n");
    assert_explained(&f, "SELECT count(*) FROM past WHERE ip LIKE '%abc%' WINDOW 10s ON ts",
                     "query → console · append\n"
                     "  project window_start, window_end, count(*)\n"
                     "    aggregate · window 10s · count(*) · final rows at window close · state 8 "
                     "B per key and pane of 10s\n"
                     "      filter ip LIKE '%abc%'\n"
                     "        scan past · file:past.csv · csv · time ts (ON), exact: nothing is "
                     "late · only records with \"abc\"\n");
    assert_explained(&f, "SELECT count(*) FROM past WHERE ip LIKE '%abc%' WINDOW 10s ON _arrival",
                     "query → console · append\n"
                     "  project window_start, window_end, count(*)\n"
                     "    aggregate · window 10s · count(*) · final rows at window close · state 8 "
                     "B per key and pane of 10s · empty windows too\n"
                     "      filter ip LIKE '%abc%'\n"
                     "        scan past · file:past.csv · csv · time _arrival (arrival)\n");
    assert_explained(&f, "SELECT ip FROM access WHERE ip LIKE '%abc%'",
                     "query → console · append\n"
                     "  project ip\n"
                     "    filter ip LIKE '%abc%'\n"
                     "      scan access · tcp://127.0.0.1:9998 · csv · time ts (its WATERMARK), "
                     "watermark delay 5s\n");
    assert_explained(&f,
                     "SELECT n FROM past WHERE ip LIKE 'a%' AND ip LIKE '%a\"b%' AND ip LIKE "
                     "'%a_b%' AND _source LIKE '%abc%' AND ip NOT LIKE '%xyz%'",
                     "query → console · append\n"
                     "  project n\n"
                     "    filter ip LIKE 'a%' AND ip LIKE '%a\"b%' AND ip LIKE '%a_b%' AND _source "
                     "LIKE '%abc%' AND NOT ip LIKE '%xyz%'\n"
                     "      scan past · file:past.csv · csv · no event time\n");
}

/* What identifies a row of a result that changes is part of it, seen or not. */
static void test_keys_of_changes(void **state)
{
    (void)state;
    arena_clear(&f.arena);
    const struct plan *plan =
        plan_of(&f, &f.arena,
                "SELECT status, count(*) FROM access GROUP BY ip, status WINDOW 10s EMIT CHANGES");
    const struct schema *schema = &plan->root->schema;
    assert_int_equal(schema->n, 5);
    assert_int_equal(plan->n_keys, 4);
    assert_int_equal(plan->keys[0], 0);
    assert_int_equal(plan->keys[1], 1);
    assert_int_equal(plan->keys[2], 4);
    assert_int_equal(plan->keys[3], 2);
    assert_false(schema->fields[2].hidden || schema->fields[3].hidden);
    assert_true(schema->fields[4].hidden);
}

/* GROUP BY finds its expressions in the SELECT list, and columns that only look alike are not. */
static void test_grouped_expressions_are_found(void **state)
{
    (void)state;
    assert_same(&f, "SELECT n + 1, count(*) FROM past GROUP BY n + 1",
                "SELECT n + 1, count(*) FROM past GROUP BY 1");
    assert_same(&f, "SELECT (n + 1) * 2 AS x, count(*) FROM past GROUP BY n + 1",
                "SELECT (past.n + 1) * 2 AS x, count(*) FROM past GROUP BY N + 1");
    assert_same(&f, "SELECT count(*), sum(n) FROM past", "SELECT COUNT( * ), Sum(n) FROM past");
}

/* The same aggregate twice is computed once. */
static void test_equal_aggregates_are_one(void **state)
{
    (void)state;
    arena_clear(&f.arena);
    const struct plan *plan = plan_of(&f, &f.arena,
                                      "SELECT sum(n), sum(n) + 1, sum(DISTINCT n) FROM past HAVING "
                                      "sum(n) > 2 ORDER BY sum(n)");
    const struct plan_node *node = plan->root;
    while (node->kind != PLAN_AGGREGATE) {
        node = node->input;
    }
    assert_int_equal(node->n_calls, 2);
}

#define TEST(name_) cmocka_unit_test_setup_teardown(name_, setup, teardown)

/* What there is at present is finite and exact, whatever the stream has declared. */
static void test_tables(void **state)
{
    (void)state;
    run(&f, "CREATE STREAM marked (ts TIMESTAMP, n BIGINT, WATERMARK ts DELAY 5s) FROM 'past.csv' "
            "FORMAT csv RETAIN 1h");
    assert_explained(&f, "SELECT n FROM TABLE(marked) WINDOW 10s ORDER BY n LIMIT 1",
                     "query → console · append\n"
                     "  sort by n · 1 rows · within each window\n"
                     "    project window_start, window_end, n\n"
                     "      rows of each window 10s · final rows at window close · state: all rows "
                     "of open windows\n"
                     "        scan TABLE(marked) · file:past.csv · csv · time ts (its WATERMARK), "
                     "exact: nothing is late\n");
    assert_explained(&f, "SELECT ip FROM TABLE(access)",
                     "error[E0127]: nothing of stream \"access\" is kept\n"
                     " --> 1:21\n"
                     "  | SELECT ip FROM TABLE(access)\n"
                     "  |                      ^^^^^^\n");
    assert_explained(&f, "SELECT ip FROM TABLE(acess)",
                     "error[E0103]: no such stream \"acess\"\n"
                     " --> 1:21\n"
                     "  | SELECT ip FROM TABLE(acess)\n"
                     "  |                      ^^^^^\n"
                     "  = help: did you mean \"access\"?\n");
}

TEST_MAIN(TEST(test_tables), TEST(test_windows), TEST(test_window_kinds),
          TEST(test_sinks_without_a_name), TEST(test_rows_of_windows), TEST(test_slide_row),
          TEST(test_totals), TEST(test_group_expressions), TEST(test_rows), TEST(test_needles),
          TEST(test_keys_of_changes), TEST(test_grouped_expressions_are_found),
          TEST(test_equal_aggregates_are_one))
