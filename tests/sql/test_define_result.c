/* FROM query, FROM TABLE(query): which name is meant, and what is refused. The keeper is of this
 * test: it has a result of level, n and at for each query but one. */
#include "tests/sql/sql_fixture.h"

static struct fixture f;

static enum status keep_result(void *owner, const struct catalog_entry *query, struct arena *arena,
                               struct stream_def *table, struct error *err)
{
    (void)owner;
    if (slice_equal(query->name, slice_text("gone"))) {
        return error_set(err, ERR_SQL, "it is gone");
    }
    struct field *fields = arena_zalloc(arena, (3 + HIDDEN_OF_BYTES) * sizeof *fields);
    fields[0] = (struct field){.name = slice_text("level"), .type = type_of(TYPE_TEXT)};
    fields[1] = (struct field){slice_text("n"), type_of(TYPE_BIGINT), true, false};
    fields[2] = (struct field){.name = slice_text("at"), .type = type_of(TYPE_TIMESTAMP)};
    for (uint32_t i = 0; i < HIDDEN_OF_BYTES; i++) {
        fields[3 + i] = (struct field){slice_text(hidden_column_name(i)), hidden_column_type(i),
                                       hidden_column_not_null(i), true};
    }
    table->schema = (struct schema){3 + HIDDEN_OF_BYTES, fields};
    table->n_visible = 3;
    table->time_column = 2;
    table->time_origin = TIME_FROM_RESULT;
    table->source = &stdin_kind;
    table->decoder = &line_kind;
    return OK;
}

static int setup(void **state)
{
    (void)state;
    const struct keeper keeper = {.result = keep_result};
    fixture_init(&f);
    catalog_set_keeper(f.catalog, &keeper);
    run(&f, "CREATE QUERY levels AS SELECT ip AS level, count(*) AS n FROM access GROUP BY level");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fixture_release(&f);
    return 0;
}

static const char levels_sorted[] =
    "query → console · append, once, at the end of the input\n"
    "  sort by n desc · 5 rows\n"
    "    project level, n, at\n"
    "      scan TABLE(levels) · query:levels · line · no event time\n";

static void test_a_query_is_a_table(void **state)
{
    (void)state;
    assert_explained(&f, "SELECT * FROM TABLE(levels) ORDER BY n DESC LIMIT 5", levels_sorted);
    assert_explained(&f, "SELECT * FROM LEVELS ORDER BY n DESC LIMIT 5", levels_sorted);
    assert_explained(
        &f, "SELECT levels.n FROM levels WINDOW 10s",
        "query → console · append\n"
        "  project window_start, window_end, n\n"
        "    rows of each window 10s · final rows at window close · state: all rows of "
        "open windows\n"
        "      scan TABLE(levels) · query:levels · line · time at (the result's own), "
        "exact: nothing is late\n");
    assert_explained(&f, "SELECT a.n FROM levels a INTO 'file:x.csv'",
                     "query → file:x.csv · append\n"
                     "  project n\n"
                     "    scan TABLE(levels) · query:levels · line · no event time\n");
    assert_explained(&f, "SELECT m FROM levels",
                     "error[E0104]: no such column \"m\"\n"
                     " --> 1:7\n"
                     "  | SELECT m FROM levels\n"
                     "  |        ^\n"
                     "  = help: there are level, n, at\n");
}

/* How often the results of others leave is nothing to a question. */
static void test_triggers(void **state)
{
    (void)state;
    static const char plan[] =
        "query → console · append, once, at the end of the input\n"
        "  sort by c desc · 2 rows\n"
        "    project level, count(*) AS c\n"
        "      aggregate by level · count(*) · at the end of the input · state 8 B per key\n"
        "        scan TABLE(levels) · query:levels · line · no event time\n";
    run(&f, "SET trigger = '2s'");
    assert_explained(
        &f, "SELECT level, count(*) AS c FROM levels GROUP BY level ORDER BY c DESC LIMIT 2", plan);
}

static void test_names_that_are_none(void **state)
{
    (void)state;
    assert_explained(&f, "SELECT n FROM levls",
                     "error[E0103]: no such stream \"levls\"\n"
                     " --> 1:14\n"
                     "  | SELECT n FROM levls\n"
                     "  |               ^^^^^\n"
                     "  = help: did you mean \"levels\"?\n");
    assert_explained(&f, "SELECT n FROM TABLE(levls)",
                     "error[E0103]: no such stream \"levls\"\n"
                     " --> 1:20\n"
                     "  | SELECT n FROM TABLE(levls)\n"
                     "  |                     ^^^^^\n"
                     "  = help: did you mean \"levels\"?\n");
    run(&f, "CREATE QUERY gone AS SELECT ip FROM access");
    assert_explained(&f, "SELECT n FROM gone",
                     "error: it is gone\n"
                     " --> 1:14\n"
                     "  | SELECT n FROM gone\n"
                     "  |               ^^^^\n");
    assert_explained(&f, "SELECT n FROM levels FORMAT csv",
                     "error[E0115]: the result of query \"levels\" has its columns already\n"
                     " --> 1:14\n"
                     "  | SELECT n FROM levels FORMAT csv\n"
                     "  |               ^^^^^^\n");
}

/* A stream keeps its name, whatever queries are called. */
static void test_a_query_called_like_a_stream(void **state)
{
    (void)state;
    run(&f, "CREATE QUERY access AS SELECT count(*) AS n FROM log WINDOW 10s");
    assert_explained(&f, "SELECT ip FROM access",
                     "query → console · append\n"
                     "  project ip\n"
                     "    scan access · tcp://127.0.0.1:9998 · csv · time ts (its WATERMARK), "
                     "watermark delay 5s\n");
    assert_explained(&f, "SELECT n FROM TABLE(access)",
                     "error[E0103]: TABLE(access) could be a stream or a query\n"
                     " --> 1:20\n"
                     "  | SELECT n FROM TABLE(access)\n"
                     "  |                     ^^^^^^\n"
                     "  = help: DROP QUERY access, and CREATE it with a name of its own\n");
}

/* INSERT calls its query like the sink. That is one result as long as it is the only one. */
static void test_a_query_called_like_a_sink(void **state)
{
    (void)state;
    run(&f, "INSERT INTO alerts SELECT ip, n FROM past");
    assert_explained(&f, "SELECT n FROM alerts",
                     "query → console · append\n"
                     "  project n\n"
                     "    scan TABLE(alerts) · query:alerts · line · no event time\n");
    run(&f, "INSERT INTO alerts SELECT ip, 2 * n AS n FROM past"); /* alerts_2 */
    assert_explained(&f, "SELECT n FROM alerts",
                     "error[E0103]: \"alerts\" is a query, and a sink with other rows\n"
                     " --> 1:14\n"
                     "  | SELECT n FROM alerts\n"
                     "  |               ^^^^^^\n"
                     "  = help: FROM TABLE(alerts) is the result of the query\n");
    assert_explained(&f, "SELECT n FROM TABLE(alerts)",
                     "query → console · append\n"
                     "  project n\n"
                     "    scan TABLE(alerts) · query:alerts · line · no event time\n");
    assert_explained(&f, "SELECT n FROM alerts_2",
                     "query → console · append\n"
                     "  project n\n"
                     "    scan TABLE(alerts_2) · query:alerts_2 · line · no event time\n");
    run(&f, "CREATE SINK levels TO 'file:levels.csv'");
    assert_explained(&f, "SELECT n FROM levels",
                     "error[E0103]: \"levels\" is a query, and a sink with other rows\n"
                     " --> 1:14\n"
                     "  | SELECT n FROM levels\n"
                     "  |               ^^^^^^\n"
                     "  = help: FROM TABLE(levels) is the result of the query\n");
}

/* They read what the query says as it says it, not its result. */
static void test_queries_that_go_on(void **state)
{
    (void)state;
    assert_explained(&f, "INSERT INTO alerts SELECT n FROM levels",
                     "error[E0118]: rows of \"levels\" are replaced later, and cannot be read on\n"
                     " --> 1:33\n"
                     "  | INSERT INTO alerts SELECT n FROM levels\n"
                     "  |                                  ^^^^^^\n"
                     "  = help: give it a WINDOW whose rows are final, or leave its EMIT out\n");
    assert_explained(
        &f, "CREATE QUERY b AS SELECT n FROM TABLE(levels)",
        "error[E0190]: queries that go on over TABLE(…) of another are not supported yet\n"
        " --> 1:32\n"
        "  | CREATE QUERY b AS SELECT n FROM TABLE(levels)\n"
        "  |                                 ^^^^^^^^^^^^^\n"
        "  = help: FROM levels reads its rows as they leave\n");
}

/* A script, whose SELECT goes on like the others. */
static void test_nobody_keeps_results(void **state)
{
    (void)state;
    const struct keeper nobody = {.owner = NULL};
    catalog_set_keeper(f.catalog, &nobody);
    run(&f, "CREATE QUERY ips AS SELECT ip FROM past WHERE n > 1");
    assert_same(&f, "SELECT ip FROM ips", "SELECT ip FROM past WHERE n > 1");
    assert_explained(&f, "SELECT ip FROM TABLE(ips)",
                     "error[E0190]: queries that go on over TABLE(…) of another are not supported "
                     "yet\n"
                     " --> 1:15\n"
                     "  | SELECT ip FROM TABLE(ips)\n"
                     "  |                ^^^^^^^^^^\n"
                     "  = help: FROM ips reads its rows as they leave\n");
}

#define TEST(name_) cmocka_unit_test_setup_teardown(name_, setup, teardown)

TEST_MAIN(TEST(test_a_query_is_a_table), TEST(test_triggers), TEST(test_names_that_are_none),
          TEST(test_a_query_called_like_a_stream), TEST(test_a_query_called_like_a_sink),
          TEST(test_queries_that_go_on), TEST(test_nobody_keeps_results))
