/* test_tables: what is asked at any time: TABLE(s) of a stream over TCP while queries read it, on a
 * pseudo-terminal (table_rig.h). */
#include "engine/base/mem.h"
#include "tests/shell/table_rig.h"

static const char create[] =
    "CREATE STREAM s (ts TIMESTAMP, k TEXT, n BIGINT, WATERMARK ts DELAY 0s) FROM "
    "'tcp://127.0.0.1:@' FORMAT csv;";

/* What a query in the background says in the end is the same, whatever is asked meanwhile. */
static void test_a_table_while_a_query_runs(void **state)
{
    struct rig rig;
    (void)state;
    start(&rig);
    tell(&rig, create);
    ASK(&rig, "SELECT n FROM TABLE(s);", "no query has read stream \"s\"");
    ASK(&rig, "SELECT n FROM TABLE(sx);", "did you mean \"s\"");
    ASK(&rig, "CREATE QUERY w AS SELECT count(*) AS n FROM s WINDOW 10s INTO 'file:~/w.csv';",
        "query w runs");
    ASK(&rig, "CREATE QUERY seen AS SELECT n FROM s;", "query seen runs");
    send_text(&rig, slice_text("2026-01-05T09:00:01Z,a,101\n2026-01-05T09:00:02Z,b,102\n"
                               "2026-01-05T09:00:11Z,a,103\nbad\n"));
    see(&rig.t, "103");
    ASK(&rig, "SELECT k, sum(n) AS total FROM TABLE(s) GROUP BY k ORDER BY total DESC LIMIT 1;",
        "│ a", "204");
    ASK(&rig, "SELECT _line, n FROM TABLE(s) ORDER BY n DESC LIMIT 2;", "103 │", "102 │");
    /* Of finite input nothing is late, and its windows are whole. */
    ASK(&rig, "SELECT count(*) AS rows_so_far FROM TABLE(s) WINDOW 20s;", "rows_so_far", " 3 │");
    ASK(&rig, "EXPLAIN SELECT n FROM TABLE(s);", "scan TABLE(s)");
    send_text(&rig, slice_text("2026-01-05T09:00:12Z,b,104\n2026-01-05T09:00:21Z,c,105\n"));
    see(&rig.t, "105");
    ASK(&rig, "SELECT count(*) AS many, max(k) AS last FROM TABLE(s) HAVING count(*) > 4;",
        "5 │ c");
    tell(&rig, "STOP QUERY w;");
    tell(&rig, "DROP QUERY seen;");
    ASK(&rig, "SELECT count(*) AS many FROM TABLE(s);", "5 │"); /* kept, though nobody reads */
    finish(&rig);
    expect_file("w.csv", "window_start,window_end,n\n"
                         "2026-01-05T09:00:00Z,2026-01-05T09:00:10Z,2\n"
                         "2026-01-05T09:00:10Z,2026-01-05T09:00:20Z,2\n");
}

/* Lines of 1 MB, and less room than one of them: the newest is there, and no half of one. */
static void test_long_lines_and_little_room(void **state)
{
    enum { LINE_BYTES = 1000000, LINES = 5 };
    struct rig rig;
    (void)state;
    start(&rig);
    tell(&rig, "CREATE STREAM s FROM 'tcp://127.0.0.1:@' FORMAT line RETAIN 64KB;");
    ASK(&rig, "CREATE QUERY seen AS SELECT left(line, 4) AS line FROM s;", "query seen runs");
    char *line = mem_alloc(LINE_BYTES);
    memset(line, 'x', LINE_BYTES);
    line[LINE_BYTES - 1] = '\n';
    for (int i = 0; i < LINES; i++) {
        line[3] = (char)('0' + i);
        send_text(&rig, slice_of((const uint8_t *)line, LINE_BYTES));
        char first[5] = "xxx?";
        first[3] = line[3];
        see(&rig.t, first);
    }
    mem_free(line);
    ASK(&rig, "SELECT 'n' || count(*) || ' ' || min(length(line)) AS it FROM TABLE(s);",
        "TABLE(s): what came since", "n1 999999");
    ASK(&rig, "SELECT left(line, 4) AS it FROM TABLE(s);", "xxx4");
    finish(&rig);
}

/* SET says what is kept of streams that say nothing. */
static void test_settings(void **state)
{
    struct rig rig;
    (void)state;
    start(&rig);
    tell(&rig, "SET retain = 'off';");
    tell(&rig, create);
    ASK(&rig, "CREATE QUERY seen AS SELECT n FROM s;", "query seen runs");
    send_text(&rig, slice_text("2026-01-05T09:00:01Z,a,101\n"));
    see(&rig.t, "101");
    ASK(&rig, "SELECT n FROM TABLE(s);", "nothing of stream \"s\" is kept", "RETAIN 1h");
    ASK(&rig, "SET retain = '1x';", "retain is a time such as 1h, a size");
    tell(&rig, "STOP QUERY seen;");
    tell(&rig, "SET retain = '1h';");
    ASK(&rig, "START QUERY seen;", "query seen runs");
    close(rig.peer);
    rig.peer = -1;
    send_text(&rig, slice_text("2026-01-05T09:00:02Z,a,102\n"));
    see(&rig.t, "102");
    ASK(&rig, "SELECT n FROM TABLE(s);", "102 │");
    tell(&rig, "DROP QUERY seen;");
    tell(&rig, "DROP STREAM s;");
    tell(&rig, create);
    ASK(&rig, "SELECT n FROM TABLE(s);", "no query has read"); /* another stream */
    finish(&rig);
}

/* RETAIN alone reads the stream, until it is dropped; queries read along. */
static void test_retain_reads(void **state)
{
    struct rig rig;
    char byte;
    (void)state;
    start(&rig);
    tell(&rig, "CREATE STREAM s (n BIGINT) FROM 'tcp://127.0.0.1:@' FORMAT csv RETAIN 1h;");
    ASK(&rig, "SHOW STREAMS;", "nothing yet");
    send_text(&rig, slice_text("101\n")); /* somebody connects, though there is no query */
    ASK(&rig, "CREATE QUERY seen AS SELECT n FROM s;", "query seen runs");
    send_text(&rig, slice_text("10002\n"));
    see(&rig.t, "10002");
    tell(&rig, "DROP QUERY seen;");
    ASK(&rig, "SELECT 'sum ' || sum(n) AS it FROM TABLE(s);", "sum 10103");
    /* One table, though it came in two pieces. */
    ASK(&rig, "SELECT n FROM TABLE(s);", "│   101 │\r\n│ 10002 │\r\n");
    tell(&rig, ".mode csv;");
    ASK(&rig, "SHOW STREAMS;", "n BIGINT,\"2 rows, ", " B since 20");
    ASK(&rig, ".progress;", "RETAIN s: batch", "rows in 2");
    /* What came before is no work of a query that comes now. */
    say(&rig, "SELECT n FROM s;");
    see(&rig.t, "Ctrl-C stops");
    send_text(&rig, slice_text("7\n"));
    see(&rig.t, "\n7\r\n");
    type(&rig.t, "\x03");
    see(&rig.t, "Processed 1 row, 2 B in");
    see(&rig.t, "tr> ");
    tell(&rig, "DROP STREAM s;");
    assert_int_equal(recv(rig.peer, &byte, 1, 0), 0); /* nobody reads any more */
    finish(&rig);
}

/* …and a query that is called as it is shown is another one. */
static void test_name_of_what_retains(void **state)
{
    struct rig rig;
    (void)state;
    start(&rig);
    tell(&rig, "CREATE STREAM s (n BIGINT) FROM 'tcp://127.0.0.1:@' FORMAT csv RETAIN 1h;");
    ASK(&rig, "CREATE QUERY \"RETAIN s\" AS SELECT n FROM s;", "query RETAIN s runs");
    send_text(&rig, slice_text("101\n"));
    see(&rig.t, "101");
    tell(&rig, ".mode csv;");
    ASK(&rig, ".progress;", "RETAIN s: batch", "RETAIN s: batch");
    ASK(&rig, "SHOW QUERIES;", "RETAIN s,started,");
    tell(&rig, "DROP QUERY \"RETAIN s\";");
    send_text(&rig, slice_text("10002\n")); /* is still read */
    say(&rig, "SELECT n FROM s;");
    see(&rig.t, "Ctrl-C stops");
    send_text(&rig, slice_text("7\n"));
    see(&rig.t, "\n7\r\n");
    type(&rig.t, "\x03");
    see(&rig.t, "tr> ");
    ASK(&rig, "SELECT 'sum ' || sum(n) AS it FROM TABLE(s);", "sum 10110");
    finish(&rig);
}

/* Nobody has to wait for lines that would show the columns. */
static void test_interrupt_of_a_look(void **state)
{
    struct rig rig;
    (void)state;
    start(&rig);
    say(&rig, "CREATE STREAM s FROM 'tcp://127.0.0.1:@' FORMAT csv;");
    see(&rig.t, "waiting for the first lines");
    type(&rig.t, "\x03");
    see(&rig.t, "]: interrupted");
    see(&rig.t, "tr> ");
    tell(&rig, "SHOW STREAMS;");
    finish(&rig);
}

/* What is said of a connection does not disturb what is typed, nor a table that is drawn. */
static void test_news_of_a_connection(void **state)
{
    struct rig rig;
    (void)state;
    only_with("readline libedit");
    start(&rig);
    tell(&rig, "CREATE STREAM s (n BIGINT) FROM 'tcp://127.0.0.1:@' FORMAT csv RETAIN 1h;");
    send_text(&rig, slice_text("1\n"));
    type(&rig.t, "SELECT sum(n)");
    see(&rig.t, "SELECT sum(n)");
    shutdown(rig.listener, SHUT_RDWR); /* nobody is there any more … */
    shutdown(rig.peer, SHUT_RDWR);
    see(&rig.t, "cannot connect to tcp://127.0.0.1:");
    see(&rig.t, "tr> SELECT sum(n)"); /* … and the line is */
    type(&rig.t, " AS total FROM s EMIT CHANGES;\n");
    see(&rig.t, "Ctrl-C stops");
    type(&rig.t, "\x03");
    see(&rig.t, "tr> ");
    finish(&rig);
}

/* EXPLAIN WHY of a SELECT reads along, too: nobody connects a second time. */
static void test_why_reads_along(void **state)
{
    struct rig rig;
    (void)state;
    start(&rig);
    tell(&rig, "CREATE STREAM s (n BIGINT) FROM 'tcp://127.0.0.1:@' FORMAT csv RETAIN 1h;");
    send_text(&rig, slice_text("1\n"));
    say(&rig, "EXPLAIN WHY SELECT n FROM s WHERE n > 1;");
    see(&rig.t, "Ctrl-C stops");
    send_text(&rig, slice_text("0\n"));
    type(&rig.t, "\x03");
    see(&rig.t, "verdict: ");
    see(&rig.t, "filter in=");
    see(&rig.t, "tr> ");
    struct pollfd another = {.fd = rig.listener, .events = POLLIN};
    assert_int_equal(poll(&another, 1, 0), 0);
    finish(&rig);
}

/* What only retains does not keep others from what SET says; its name is no query's. */
static void test_retain_is_nobodys_query(void **state)
{
    struct rig rig;
    (void)state;
    start(&rig);
    tell(&rig, "SET trigger = '1h';");
    tell(&rig, "CREATE STREAM s (n BIGINT) FROM 'tcp://127.0.0.1:@' FORMAT csv RETAIN 1h;");
    tell(&rig, "SET trigger = 'asap';");
    ASK(&rig, "CREATE QUERY s AS SELECT n FROM s;", "query s runs");
    send_text(&rig, slice_text("101\n"));
    see(&rig.t, "101");
    ASK(&rig, "DROP STREAM s;", "query \"s\" reads this stream");
    tell(&rig, "DROP QUERY s;");
    tell(&rig, "DROP STREAM s;");
    finish(&rig);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_table_while_a_query_runs),
        cmocka_unit_test(test_long_lines_and_little_room),
        cmocka_unit_test(test_settings),
        cmocka_unit_test(test_retain_reads),
        cmocka_unit_test(test_name_of_what_retains),
        cmocka_unit_test(test_news_of_a_connection),
        cmocka_unit_test(test_interrupt_of_a_look),
        cmocka_unit_test(test_why_reads_along),
        cmocka_unit_test(test_retain_is_nobodys_query),
    };
    if (argc > 1) {
        cmocka_set_test_filter(argv[1]);
    }
    return cmocka_run_group_tests(tests, make_home, remove_home);
}
