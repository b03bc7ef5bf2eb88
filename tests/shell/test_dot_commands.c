/* test_dot_commands: every command of the prompt, by its name and as psql spells it. */
#include "tests/shell/typist.h"

static void put_file(const char *name, const char *content)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", home, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(content, file);
    fclose(file);
}

static void expect_file(const char *name, const char *content)
{
    char path[128];
    char got[256] = "";
    snprintf(path, sizeof path, "%s/%s", home, name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t n = fread(got, 1, sizeof got - 1, file);
    got[n] = '\0';
    fclose(file);
    assert_string_equal(got, content);
}

/* Types a line in which @ is the folder of the test, and waits for the answer and the prompt. */
static void ask(struct typist *t, const char *line, const char *answer)
{
    struct bytebuf text = {0};
    for (const char *c = line; *c != '\0'; c++) {
        if (*c == '@') {
            bytebuf_add_text(&text, home);
        } else {
            bytebuf_add_byte(&text, (uint8_t)*c);
        }
    }
    bytebuf_add_byte(&text, '\n');
    type(t, bytebuf_text(&text));
    bytebuf_release(&text);
    see(t, answer);
    see(t, "tr> ");
}

static const char rows[] = "ts,v\n2026-01-05T09:00:01Z,1\n2026-01-05T09:00:31Z,2\n"
                           "2026-01-05T09:00:02Z,4\nno time,8\n";

static void define(struct typist *t)
{
    put_file("rows.csv", rows);
    start_shell(t);
    ask(t,
        "CREATE STREAM s (ts TIMESTAMP, v BIGINT, WATERMARK ts DELAY 0s) "
        "FROM 'file:@/rows.csv' FORMAT csv WITH (header = true);",
        "header = true);\r\n");
    ask(t, "CREATE STREAM live (n BIGINT, value BIGINT) FROM 'gen://rows?rate=200' FORMAT csv;",
        "FORMAT csv;\r\n");
}

static void leave(struct typist *t, const char *how)
{
    type(t, how);
    assert_int_equal(typist_end(t), 0);
}

static void test_what_there_is(void **state)
{
    struct typist t;
    (void)state;
    define(&t);
    ask(&t, ".streams", "│ live");
    ask(&t, "\\dt", "│ live");
    ask(&t, ".sinks", "target");
    ask(&t, ".describe s", "│ ts");
    ask(&t, "\\d s", "│ TIMESTAMP");
    ask(&t, ".schema live", "CREATE STREAM live (n BIGINT");
    ask(&t, ".schema nothing", "error: there is no \"nothing\"");
    ask(&t, ".show", "trigger");
    ask(&t, ".show functions", "date_trunc");
    ask(&t, ".set trigger 50ms", "trigger 50ms\r\n");
    ask(&t, ".show", "50ms");
    ask(&t, ".set triger 50ms", "did you mean \"trigger\"");
    ask(&t, ".version", "tailrace " TAILRACE_VERSION ", lines edited by ");
    ask(&t, ".help", ".timer [on|off]");
    ask(&t, "\\?", ".timer [on|off]");
    ask(&t, ".help windows", "SLIDE");
    ask(&t, ".history", "CREATE STREAM live");
    leave(&t, "\\q\n");
}

static void test_queries(void **state)
{
    struct typist t;
    (void)state;
    define(&t);
    ask(&t, ".progress", "error: no query has run yet");
    ask(&t, ".why", "error: no query has run yet");
    ask(&t, "SELECT sum(v) AS total FROM s WINDOW 10s;", "Processed 4 rows");
    ask(&t, ".bad", "the newest 1 bad rows, newest first");
    ask(&t, ".late", "2026-01-05T09:00:02Z,4");
    ask(&t, ".progress", "rows in 3");
    ask(&t, "SHOW LATENESS;", "s: rows=3 p50=0s p99=29s max=29s");
    ask(&t, ".explain SELECT v FROM s WHERE v > 1", "filter");
    ask(&t, ".why", "verdict: 2 rows have come out"); /* of the last SELECT */
    ask(&t, ".why nothing", "no such query");
    ask(&t, "CREATE QUERY q AS SELECT n FROM live WHERE n < 0;", "query q runs");
    ask(&t, ".queries", "started");
    ask(&t, ".progress q", "q: batch");
    ask(&t, ".bad q", "q: no bad rows");
    ask(&t, ".late q", "q: no late rows");
    ask(&t, ".why q", "verdict");
    ask(&t, ".explain q", "scan live");
    ask(&t, ".stop q", ".stop q\r\n");
    ask(&t, ".queries", "stopped");
    ask(&t, ".progress q", "error: no query \"q\" runs");
    ask(&t, ".start q", "query q runs");
    ask(&t, ".start nothing", "no such query");
    ask(&t, "DROP QUERY q;", "DROP QUERY q;\r\n");
    ask(&t, ".stop q", "no such query");
    leave(&t, ".exit\n");
}

static void test_results(void **state)
{
    struct typist t;
    (void)state;
    define(&t);
    put_file("two.sql", ".mode csv\nSELECT v FROM s WHERE v > 2;\n.mode\n");
    ask(&t, ".read @/two.sql", "4\r\n");
    ask(&t, "\\i @/two.sql", "4\r\n");
    ask(&t, ".read @/nothing.sql", "nothing.sql");
    ask(&t, ".mode json", ".mode json\r\n");
    ask(&t, "SELECT v FROM s WHERE v > 2;", "{\"v\":4}");
    ask(&t, ".mode jsn", "error: no output format \"jsn\"");
    ask(&t, "\\x", "\\x\r\n");
    ask(&t, "SELECT v FROM s WHERE v > 2;", "v = 4");
    ask(&t, ".mode csv", ".mode csv\r\n");
    ask(&t, ".once @/once.csv", "once.csv\r\n");
    ask(&t, "SELECT v FROM s WHERE v > 2;", "Processed");
    expect_file("once.csv", "v\n4\n");
    ask(&t, ".once", "error: the file is missing");
    ask(&t, "\\o @/all.csv", "all.csv\r\n");
    ask(&t, "SELECT v AS a FROM s WHERE v = 1;", "Processed");
    ask(&t, "SELECT v AS b FROM s WHERE v = 2;", "Processed");
    ask(&t, ".output", ".output\r\n");
    expect_file("all.csv", "a\n1\nb\n2\n");
    ask(&t, ".mode", ".mode\r\n");
    ask(&t, ".timer on", "timer is on");
    ask(&t, "SELECT v FROM s WHERE v > 2;", "took ");
    ask(&t, "\\timing", "timer is off");
    ask(&t, ".live sideways", "error: no such view \"sideways\"");
    ask(&t, ".live off", ".live off\r\n");
    size_t before = t.read;
    ask(&t, "SELECT v, count(*) AS n FROM s GROUP BY v EMIT CHANGES;", "Processed");
    assert_null(slice_find(slice_of(t.seen.at + before, t.read - before), slice_text("\x1b[1A")));
    ask(&t, ".live full", ".live full\r\n");
    ask(&t, ".live on", ".live on\r\n");
    leave(&t, ".quit\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_there_is),
        cmocka_unit_test(test_queries),
        cmocka_unit_test(test_results),
    };
    return cmocka_run_group_tests(tests, make_home, remove_home);
}
