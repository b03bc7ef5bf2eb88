/* test_pager: what is taller than the terminal, 16 lines of 60 columns here, goes through $PAGER.
 */
#include <termios.h>

#include "tests/shell/typist.h"

/* Says where it begins and ends. */
#define MARKING "echo [pager]; cat; echo [end]"

static void start_with(struct typist *t, const char *pager)
{
    static char *argv[] = {(char *)(uintptr_t) "tailrace", NULL};
    if (typist_fork(t) == 0) {
        setenv("PAGER", pager, 1);
        _exit(shell_main(1, argv));
    }
    see(t, "tr> ");
}

static void leave(struct typist *t)
{
    type(t, ".quit\n");
    assert_int_equal(typist_end(t), 0);
}

/* What has come since `from` has `text`, or has not. */
static bool came(const struct typist *t, size_t from, const char *text)
{
    return slice_find(slice_of(t->seen.at + from, t->read - from), slice_text(text)) != NULL;
}

static void test_tall_texts(void **state)
{
    static const char *const lines[] = {".help\n", "SHOW FUNCTIONS;\n", ".show formats\n",
                                        "SELECT n FROM 'gen://rows?rows=15' FORMAT csv;\n"};
    struct typist t;
    (void)state;
    start_with(&t, MARKING);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        type(&t, lines[i]);
        see(&t, "[pager]\r\n");
        see(&t, "[end]\r\n");
        see(&t, "tr> ");
    }
    leave(&t);
}

static void test_rows_are_whole(void **state)
{
    struct typist t;
    (void)state;
    start_with(&t, MARKING);
    type(&t, "SELECT n FROM 'gen://rows?rows=3000' FORMAT csv;\n");
    see(&t, "[pager]\r\n┌──────┐\r\n│    n │\r\n├──────┤\r\n│    0 │\r\n");
    see(&t, "│ 2999 │\r\n└──────┘\r\n[end]\r\n");
    see(&t, "Processed 3.00 k rows");
    see(&t, "tr> ");
    leave(&t);
}

static void test_what_fits_is_not_paged(void **state)
{
    struct typist t;
    (void)state;
    start_with(&t, MARKING);
    type(&t, "SELECT n FROM 'gen://rows?rows=3' FORMAT csv;\n");
    see(&t, "│ 2 │\r\n└───┘\r\n");
    see(&t, "tr> ");
    type(&t, "SHOW SINKS;\n");
    see(&t, "target");
    see(&t, "tr> ");
    assert_false(came(&t, 0, "[pager]"));
    /* A few lines that are too long are many. */
    type(&t, ".mode csv\n");
    type(&t, "SELECT repeat('x', 900) FROM 'gen://rows?rows=1' FORMAT csv;\n");
    see(&t, "[pager]");
    see(&t, "[end]");
    leave(&t);
}

static void test_switch(void **state)
{
    struct typist t;
    (void)state;
    start_with(&t, MARKING);
    type(&t, ".pager\n");
    see(&t, "pager is off\r\n");
    size_t from = t.read;
    type(&t, ".help\n");
    see(&t, "\\x");
    see(&t, "tr> ");
    assert_false(came(&t, from, "[pager]"));
    type(&t, "\\pset pager on\n");
    see(&t, "pager is on\r\n");
    type(&t, ".help\n");
    see(&t, "[end]");
    type(&t, ".pager loud\n");
    see(&t, "the pager cannot be \"loud\"");
    see(&t, "tr> ");
    leave(&t);
}

/* An empty PAGER is none. */
static void test_no_pager(void **state)
{
    struct typist t;
    (void)state;
    start_with(&t, "");
    type(&t, ".help\n");
    see(&t, ".version");
    see(&t, "tr> ");
    leave(&t);
}

/* Neither a pager that is not there nor one that leaves at once takes the prompt along, or rows. */
static void test_pager_that_fails(void **state)
{
    struct typist t;
    (void)state;
    start_with(&t, "tailrace_has_no_such_pager");
    type(&t, "SELECT n FROM 'gen://rows?rows=40' FORMAT csv;\n");
    see(&t, "not found");
    see(&t, "│  0 │");
    see(&t, "│ 39 │");
    see(&t, "tr> ");
    leave(&t);
    start_with(&t, "head -n 2; echo [left]");
    for (int round = 0; round < 2; round++) {
        type(&t, "SELECT n, repeat('x', 40) FROM 'gen://rows?rows=20000' FORMAT csv;\n");
        see(&t, "[left]");
        see(&t, "Processed 20.0 k rows");
        see(&t, "tr> ");
    }
    leave(&t);
}

/* One that is killed leaves the terminal as it needs it. */
static void test_pager_that_is_killed(void **state)
{
    struct termios settings;
    struct typist t;
    (void)state;
    start_with(&t, "stty raw -echo </dev/tty; kill -KILL $$");
    type(&t, ".help\n");
    see(&t, "tr> ");
    type(&t, ".quit\n");
    while (read_more(&t)) {
    }
    assert_int_equal(tcgetattr(t.terminal, &settings), 0);
    assert_true((settings.c_lflag & ICANON) != 0 && (settings.c_lflag & ECHO) != 0);
    assert_int_equal(typist_end(&t), 0);
}

/* Ctrl-C is the pager's. */
static void test_interrupt_of_the_pager(void **state)
{
    struct typist t;
    (void)state;
    start_with(&t, "trap 'echo [heard]; exit 1' INT; echo [pager]; read line </dev/tty");
    type(&t, ".help\n");
    see(&t, "[pager]");
    type(&t, "\x03");
    type(&t, "\n"); /* ends the read if the signal came just before it */
    see(&t, "[heard]");
    see(&t, "tr> ");
    type(&t, "SHOW SINKS;\n");
    see(&t, "target");
    see(&t, "tr> ");
    leave(&t);
}

/* SIGTERM ends the pager and the prompt. Neither leaves a process behind. */
static void test_pager_that_is_terminated(void **state)
{
    char path[128];
    char command[160];
    struct typist t;
    (void)state;
    snprintf(path, sizeof path, "%s/pager.sh", home);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("trap '' HUP; echo [pager $$]; exec sleep 60\n", file);
    fclose(file);
    snprintf(command, sizeof command, "sh %s", path);
    start_with(&t, command);
    type(&t, ".help\n");
    see(&t, "[pager ");
    size_t from = t.read;
    see(&t, "]");
    int pid = (int)strtol((const char *)t.seen.at + from, NULL, 10);
    assert_true(pid > 1);
    assert_int_equal(kill(t.child, SIGTERM), 0);
    assert_int_equal(typist_end(&t), 0);
    assert_int_equal(kill(pid, SIGKILL), -1);
}

/* Who stops a query wants the prompt. */
static void test_interrupt_of_the_query(void **state)
{
    struct typist t;
    (void)state;
    start_with(&t, MARKING);
    type(&t, "SELECT n FROM 'gen://rows?rows=1000000&rate=2000' FORMAT csv;\n");
    see(&t, "Ctrl-C stops");
    type(&t, "\x03");
    see(&t, "stopped: the rows so far are not shown");
    see(&t, "tr> ");
    assert_false(came(&t, 0, "[pager]"));
    leave(&t);
}

static void test_live_views_are_not_paged(void **state)
{
    struct typist t;
    (void)state;
    start_with(&t, MARKING);
    type(&t, "SELECT n, count(*) AS times FROM 'gen://rows?rate=500' FORMAT csv GROUP BY n "
             "EMIT CHANGES;\n");
    see(&t, "times");
    see(&t, "Ctrl-C stops");
    type(&t, "\x03");
    see(&t, "Processed");
    see(&t, "tr> ");
    assert_false(came(&t, 0, "[pager]"));
    leave(&t);
}

/* This pager stays until a query in the background has written a file. What others print waits. */
static void test_background_goes_on(void **state)
{
    char text[256];
    struct typist t;
    (void)state;
    snprintf(text, sizeof text, "echo [pager]; until [ -s %s/out.csv ]; do :; done; echo [end]",
             home);
    start_with(&t, text);
    type(&t, "CREATE STREAM r (n BIGINT, value BIGINT) FROM 'gen://rows?rate=5000' FORMAT csv;\n");
    snprintf(text, sizeof text,
             "CREATE QUERY kept AS SELECT n FROM r WHERE n > 2000 INTO 'file:%s/out.csv';\n"
             "CREATE QUERY shown AS SELECT n, 'row' || n AS name FROM r WHERE n = 1000;\n.help\n",
             home);
    type(&t, text);
    see(&t, "[pager]\r\n");
    size_t from = t.read;
    see(&t, "[end]\r\n");
    assert_false(came(&t, from, "row1000"));
    see(&t, "row1000");
    see(&t, "tr> ");
    type(&t, ".quit\n");
    assert_int_equal(typist_end(&t), 0);
}

/* What stands in rows does not reach the terminal as it is. */
static void test_hostile_rows(void **state)
{
    struct typist t;
    char path[128];
    (void)state;
    snprintf(path, sizeof path, "%s/hostile.log", home);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (int i = 0; i < 40; i++) {
        fputs("a \x1b]52;c;AAAA\x07 b\n", file);
    }
    fclose(file);
    start_with(&t, MARKING);
    char text[256];
    snprintf(text, sizeof text, "SELECT line FROM '%s' FORMAT line;\n", path);
    type(&t, text);
    see(&t, "[pager]");
    see(&t, "52;c;AAAA");
    see(&t, "[end]");
    assert_false(came(&t, 0, "\x1b]52"));
    see(&t, "tr> ");
    leave(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tall_texts),
        cmocka_unit_test(test_rows_are_whole),
        cmocka_unit_test(test_what_fits_is_not_paged),
        cmocka_unit_test(test_switch),
        cmocka_unit_test(test_no_pager),
        cmocka_unit_test(test_pager_that_fails),
        cmocka_unit_test(test_pager_that_is_killed),
        cmocka_unit_test(test_pager_that_is_terminated),
        cmocka_unit_test(test_interrupt_of_the_pager),
        cmocka_unit_test(test_interrupt_of_the_query),
        cmocka_unit_test(test_live_views_are_not_paged),
        cmocka_unit_test(test_background_goes_on),
        cmocka_unit_test(test_hostile_rows),
    };
    return cmocka_run_group_tests(tests, make_home, remove_home);
}
