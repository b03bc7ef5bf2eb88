/* test_prompt: the interactive shell on a pseudo-terminal, as a person types at it (typist.h). */
#include <sys/ioctl.h>

#include "tests/shell/typist.h"

static void test_statements_and_commands(void **state)
{
    struct typist t;
    (void)state;
    start_shell(&t);
    type(&t, "SHOW\nSINKS;\n");
    see(&t, " -> "); /* it waits for the semicolon */
    see(&t, "target");
    see(&t, "tr> ");
    type(&t, ".sink\n"); /* a start is enough */
    see(&t, "target");
    type(&t, ".strems\n");
    see(&t, "did you mean \".streams\"");
    type(&t, ".s\n");
    see(&t, "no command \".s\"");
    type(&t, ".help\n");
    see(&t, ".quit");
    see(&t, "tr> ");
    type(&t, "\\dt\n");
    see(&t, "columns");
    type(&t, ".quit\n");
    assert_int_equal(typist_end(&t), 0);
}

/* Who does not know the commands yet finds them, and the way out of a statement without end. */
static void test_bare_words(void **state)
{
    struct typist t;
    (void)state;
    start_shell(&t);
    type(&t, "help\n");
    see(&t, ".describe [NAME]");
    see(&t, "tr> ");
    type(&t, "help windows;\n");
    see(&t, "WINDOW 30s SLIDE 10s");
    see(&t, "tr> ");
    type(&t, "SELECT 1\nexit\n");
    see(&t, "the statement goes on until ; ends it; Ctrl-C gives it up");
    see(&t, " -> ");
    type(&t, "\x03");
    see(&t, "tr> ");
    type(&t, "exit\n");
    assert_int_equal(typist_end(&t), 0);
}

/* The row that SELECT without FROM is computed for is nobody's business. */
static void test_nothing_is_read(void **state)
{
    struct typist t;
    (void)state;
    start_shell(&t);
    type(&t, "SELECT 41 AS a;\n");
    size_t from = t.read;
    see(&t, "│ 41 │");
    see(&t, "tr> ");
    struct slice said = slice_of(t.seen.at + from, t.read - from);
    assert_null(slice_find(said, slice_text("format csv")));
    assert_null(slice_find(said, slice_text("Processed")));
    type(&t, "SELECT n FROM 'gen://rows?rows=1' FORMAT csv;\n");
    see(&t, "format csv: n BIGINT, value BIGINT");
    see(&t, "Processed 1 row, ");
    see(&t, "tr> ");
    type(&t, ".quit\n");
    assert_int_equal(typist_end(&t), 0);
}

static void test_errors_do_not_leave(void **state)
{
    struct typist t;
    (void)state;
    start_shell(&t);
    type(&t, "SELEC 1;\n");
    see(&t, "error[E");
    see(&t, "tr> ");
    type(&t, ".mode csv\nSHOW SINKS;\n");
    see(&t, "name,target,format");
    see(&t, "tr> ");
    type(&t, "\x04"); /* Ctrl-D */
    assert_int_equal(typist_end(&t), 0);
}

static void test_interrupt_gives_up_the_line(void **state)
{
    struct typist t;
    (void)state;
    start_shell(&t);
    type(&t, "SELECT nothing\n");
    see(&t, " -> ");
    type(&t, "\x03"); /* Ctrl-C */
    see(&t, "tr> ");
    type(&t, ".quit\n");
    assert_int_equal(typist_end(&t), 0);
}

/* Ctrl-C ends a query without end and comes back; a second one does the same. */
static void test_interrupt_ends_a_query(void **state)
{
    struct typist t;
    (void)state;
    start_shell(&t);
    type(&t, "CREATE STREAM tx (ts TIMESTAMP, account TEXT, card TEXT, atm TEXT, kind TEXT,\n"
             "amount DECIMAL(12,2), city TEXT) FROM 'gen://atm?rate=2000&start=now' FORMAT csv;\n");
    for (int round = 0; round < 2; round++) {
        type(&t, "SELECT kind, count(*) AS n FROM tx GROUP BY kind EMIT CHANGES;\n");
        see(&t, "│ withdrawal");
        see(&t, "Ctrl-C stops");
        type(&t, "\x03");
        see(&t, "tr> ");
    }
    type(&t, ".quit\n");
    assert_int_equal(typist_end(&t), 0);
}

static void test_demo_on_a_terminal(void **state)
{
    static char *argv[] = {(char *)(uintptr_t) "tailrace", (char *)(uintptr_t) "demo", NULL};
    struct typist t;
    (void)state;
    typist_start(&t, 2, argv);
    see(&t, "total");
    see(&t, "withdrawal");
    see(&t, "rows/s");
    type(&t, "\x03");
    assert_int_equal(typist_end(&t), 0);
}

/* What a query in the background says goes above the line that is being typed, and the line stays.
 */
static void test_alerts_while_typing(void **state)
{
    struct typist t;
    (void)state;
    only_with("readline libedit");
    start_shell(&t);
    type(
        &t,
        "CREATE STREAM r (n BIGINT, value BIGINT) FROM 'gen://rows?rate=200&seed=1' FORMAT csv;\n");
    see(&t, "tr> ");
    type(&t, "CREATE QUERY alerts AS SELECT n FROM r WHERE n % 50 = 0;\n");
    see(&t, "query alerts runs");
    see(&t, "tr> ");
    type(&t, "SHOW QUE");
    see(&t, "SHOW QUE");
    see(&t, "50");
    see(&t, "tr> SHOW QUE"); /* drawn again below the row */
    type(&t, "RIES;\n");
    see(&t, "started");
    type(&t, ".progress alerts\n");
    see(&t, "alerts: batch");
    type(&t, ".stop alerts\n.queries\n");
    see(&t, "stopped");
    type(&t, ".start alerts\n");
    see(&t, "query alerts runs");
    type(&t, "EXPLAIN WHY alerts;\n");
    see(&t, "verdict");
    type(&t, "DROP QUERY alerts;\n.quit\n");
    assert_int_equal(typist_end(&t), 0);
}

/* A stream that nobody can read twice is read once for the queries behind and before the prompt. */
static void test_foreground_beside_background(void **state)
{
    struct typist t;
    (void)state;
    start_shell(&t);
    type(&t,
         "CREATE STREAM r (n BIGINT, value BIGINT) FROM 'gen://rows?rate=500&seed=1' FORMAT csv;\n"
         "CREATE QUERY all_rows AS SELECT n FROM r WHERE n < 0;\n");
    see(&t, "query all_rows runs");
    type(&t, "SELECT count(*) AS total FROM r EMIT CHANGES;\n");
    see(&t, "total");
    see(&t, "Ctrl-C stops");
    type(&t, "\x03");
    see(&t, "tr> ");
    type(&t, "SHOW QUERIES;\n");
    see(&t, "started");
    type(&t, "SELECT count(*) AS rows_read FROM 'gen://rows?rows=1234' FORMAT csv;\n");
    see(&t, "1234");
    see(&t, "tr> ");
    type(&t, ".quit\n");
    assert_int_equal(typist_end(&t), 0);
}

/* What the background prints meanwhile stands above the table, which is drawn again below it. */
static void test_alerts_above_a_table(void **state)
{
    struct typist t;
    (void)state;
    start_shell(&t);
    type(&t,
         "CREATE STREAM r (n BIGINT, value BIGINT) FROM 'gen://rows?rate=500&seed=1' FORMAT csv;\n"
         "CREATE QUERY alerts AS SELECT 'alert' || n AS name FROM r WHERE n % 250 = 0;\n");
    see(&t, "query alerts runs");
    type(&t, "SELECT count(*) AS total FROM r EMIT CHANGES;\n");
    see(&t, "Ctrl-C stops");
    for (int i = 0; i < 2; i++) {
        see(&t, "\x1b[J\r alert"); /* where the table was … */
        see(&t, "0 \r\n┌");        /* … which begins below the row */
    }
    see(&t, "┤\r\n"); /* a total without groups is one row */
    size_t from = t.read;
    see(&t, "└");
    assert_null(slice_find(slice_of(t.seen.at + from, t.read - from), slice_text("│\r\n│")));
    type(&t, "\x03");
    see(&t, "Processed");
    see(&t, "tr> ");
    type(&t, ".quit\n");
    assert_int_equal(typist_end(&t), 0);
}

/* The terminal puts marks around what is pasted: it is one piece of text, and not run before Enter.
 */
static void test_paste_of_many_lines(void **state)
{
    struct typist t;
    struct bytebuf paste = {0};
    (void)state;
    only_with("readline");
    start_shell(&t);
    bytebuf_add_text(&paste, "\x1b[200~SELECT 0\n");
    for (int i = 1; i < 30; i++) {
        bytebuf_printf(&paste, "  + %d\n", i);
    }
    bytebuf_add_text(&paste, "AS total FROM 'gen://rows?rows=1' FORMAT csv;\x1b[201~");
    type(&t, bytebuf_text(&paste));
    see(&t, "rows=1");
    type(&t, "\n");
    see(&t, "435");
    see(&t, "tr> ");
    type(&t, "\x1b[A"); /* up: the whole statement again */
    see(&t, "+ 29");
    type(&t, "\n");
    see(&t, "435");
    type(&t, "\x15.quit\n");
    assert_int_equal(typist_end(&t), 0);
    bytebuf_release(&paste);
}

/* Commands between statements, too. */
static void test_paste_of_commands(void **state)
{
    struct typist t;
    (void)state;
    only_with("readline");
    start_shell(&t);
    type(&t, "\x1b[200~.mode csv\nSELECT n + 40 AS it FROM 'gen://rows?rows=3' FORMAT csv;\n"
             ".mode jsonl\nSHOW SINKS;\nSELECT n + 40 AS it FROM 'gen://rows?rows=3' FORMAT csv;"
             "\x1b[201~\n");
    see(&t, "it\r\n40\r\n41\r\n42\r\n");
    see(&t, "{\"it\":42}");
    see(&t, "tr> ");
    type(&t, ".quit\n");
    assert_int_equal(typist_end(&t), 0);
}

static void test_completion(void **state)
{
    struct typist t;
    (void)state;
    only_with("readline");
    start_shell(&t);
    type(&t,
         "CREATE STREAM payments (amount BIGINT, account TEXT) FROM 'gen://rows' FORMAT csv;\n");
    see(&t, "tr> ");
    type(&t, "SELECT acc\t");
    see(&t, "account ");
    type(&t, "FROM pay\t");
    see(&t, "payments ");
    type(&t, "WIND\t");
    see(&t, "WINDOW ");
    type(&t, "\x03");
    see(&t, "tr> ");
    type(&t, ".prog\t");
    see(&t, ".progress ");
    type(&t, "\x15.quit\n");
    assert_int_equal(typist_end(&t), 0);
}

static void test_resize(void **state)
{
    struct winsize narrow = {.ws_row = 16, .ws_col = 40};
    struct typist t;
    (void)state;
    start_shell(&t);
    type(&t, "SELECT account, amount, ");
    see(&t, "amount, ");
    assert_int_equal(ioctl(t.terminal, TIOCSWINSZ, &narrow), 0);
    type(&t, "kind FROM nothing_at_all;\n");
    see(&t, "no such stream");
    type(&t, ".quit\n");
    assert_int_equal(typist_end(&t), 0);
}

/* Entries outlive the session, but for those that begin with a space. */
static void test_history_stays(void **state)
{
    struct typist t;
    (void)state;
    start_shell(&t);
    type(&t, "SHOW SINKS;\n");
    see(&t, "target");
    see(&t, "tr> ");
    type(&t, " SHOW STREAMS;\n");
    see(&t, "columns");
    type(&t, ".quit\n");
    assert_int_equal(typist_end(&t), 0);
    start_shell(&t);
    type(&t, ".history\n");
    see(&t, "SHOW SINKS;");
    see(&t, ".history");
    struct slice seen = slice_of(t.seen.at, t.seen.len);
    assert_null(slice_find(seen, slice_text("SHOW STREAMS")));
    type(&t, ".quit\n");
    assert_int_equal(typist_end(&t), 0);
}

/* A checkpoint that nobody keeps and a status that nobody shows are no reason to leave. */
static void test_signals_of_a_job_at_the_prompt(void **state)
{
    struct typist t;
    (void)state;
    start_shell(&t);
    assert_int_equal(kill(t.child, SIGUSR2), 0);
    assert_int_equal(kill(t.child, SIGUSR1), 0);
    assert_int_equal(kill(t.child, SIGHUP), 0);
    type(&t, "SHOW SINKS;\n");
    see(&t, "target");
    type(&t, ".quit\n");
    assert_int_equal(typist_end(&t), 0);
}

/* Whoever closes the window leaves nothing behind. */
static void test_terminal_goes_away(void **state)
{
    struct typist t;
    int status = 0;
    (void)state;
    start_shell(&t);
    close(t.terminal);
    assert_int_equal(waitpid(t.child, &status, 0), t.child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    bytebuf_release(&t.seen);
}

static void test_configuration_and_files(void **state)
{
    struct typist t;
    char path[128];
    (void)state;
    snprintf(path, sizeof path, "%s/.config", home);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof path, "%s/.config/tailrace", home);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof path, "%s/.config/tailrace/tailracerc", home);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(".mode csv\nSET trigger = '1s';\nCREATE SINK from_config TO 'file:/dev/null';\n", file);
    fclose(file);
    start_shell(&t);
    type(&t, "SHOW SINKS;\n");
    see(&t, "from_config,file:/dev/null");
    see(&t, "tr> ");
    snprintf(path, sizeof path, ".once %s/out.csv\n", home);
    type(&t, path);
    type(&t, "SELECT n FROM 'gen://rows?rows=2' FORMAT csv;\n");
    see(&t, "tr> ");
    type(&t, ".quit\n");
    assert_int_equal(typist_end(&t), 0);
    snprintf(path, sizeof path, "%s/out.csv", home);
    file = fopen(path, "r");
    assert_non_null(file);
    char line[64] = "";
    assert_non_null(fgets(line, sizeof line, file));
    assert_string_equal(line, "n\n");
    fclose(file);
}

/* The command line goes before the environment, and that before tailracerc: of the test above. */
static void test_options_go_before_configuration(void **state)
{
    static char *argv[] = {(char *)(uintptr_t) "tailrace", (char *)(uintptr_t) "--output",
                           (char *)(uintptr_t) "jsonl", NULL};
    struct typist t;
    (void)state;
    for (int n_words = 1; n_words <= 3; n_words += 2) {
        if (typist_fork(&t) == 0) {
            setenv("TAILRACE_OUTPUT", "tsv", 1);
            setenv("TAILRACE_TRIGGER", "2s", 1);
            _exit(shell_main(n_words, argv));
        }
        see(&t, "tr> ");
        type(&t, "SHOW SINKS;\n");
        see(&t, n_words == 1 ? "from_config\tfile:" : "{\"name\":\"from_config\"");
        see(&t, "tr> ");
        type(&t, "SHOW SETTINGS;\n");
        see(&t, n_words == 1 ? "trigger\t2s" : "\"name\":\"trigger\",\"value\":\"2s\"");
        see(&t, "tr> ");
        type(&t, ".quit\n");
        assert_int_equal(typist_end(&t), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_statements_and_commands),
        cmocka_unit_test(test_bare_words),
        cmocka_unit_test(test_nothing_is_read),
        cmocka_unit_test(test_errors_do_not_leave),
        cmocka_unit_test(test_interrupt_gives_up_the_line),
        cmocka_unit_test(test_interrupt_ends_a_query),
        cmocka_unit_test(test_demo_on_a_terminal),
        cmocka_unit_test(test_alerts_while_typing),
        cmocka_unit_test(test_foreground_beside_background),
        cmocka_unit_test(test_alerts_above_a_table),
        cmocka_unit_test(test_paste_of_many_lines),
        cmocka_unit_test(test_paste_of_commands),
        cmocka_unit_test(test_completion),
        cmocka_unit_test(test_resize),
        cmocka_unit_test(test_history_stays),
        cmocka_unit_test(test_configuration_and_files),
        cmocka_unit_test(test_options_go_before_configuration),
        cmocka_unit_test(test_signals_of_a_job_at_the_prompt),
        cmocka_unit_test(test_terminal_goes_away),
    };
    return cmocka_run_group_tests(tests, make_home, remove_home);
}
