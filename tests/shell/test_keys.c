/* test_keys: what the keys of a terminal do to the shell: Ctrl-Z and fg, Ctrl-D, another size, and
 * terminals that can do less. */
#include <sys/ioctl.h>

#include "sinks/display_width.h"
#include "tests/shell/typist.h"

/* ---- a shell that started ours --------------------------------------------------------------- */

/* Gives the terminal to a process group, as a shell with job control does. */
static void give_terminal(pid_t group)
{
    assert_int_equal(tcsetpgrp(STDIN_FILENO, group), 0);
}

static void say_to_terminal(const char *text)
{
    assert_int_equal(write(STDOUT_FILENO, text, strlen(text)), strlen(text));
}

/* Says "[stopped]" when its job stops, and brings it back on SIGUSR1. Exits as the job did. */
static void lead_session(int argc, char **argv)
{
    sigset_t asked;
    int status = 0;
    int number;
    sigemptyset(&asked);
    sigaddset(&asked, SIGUSR1);
    sigprocmask(SIG_BLOCK, &asked, NULL);
    signal(SIGTTOU, SIG_IGN);
    pid_t job = fork();
    if (job == 0) {
        setpgid(0, 0);
        give_terminal(getpid());
        signal(SIGTTOU, SIG_DFL);
        sigprocmask(SIG_UNBLOCK, &asked, NULL);
        _exit(shell_main(argc, argv));
    }
    setpgid(job, job);
    while (waitpid(job, &status, WUNTRACED) == job && WIFSTOPPED(status)) {
        give_terminal(getpgrp());
        say_to_terminal(WSTOPSIG(status) == SIGTSTP ? "[stopped]\n"
                                                    : "[stopped by another signal]\n");
        sigwait(&asked, &number);
        give_terminal(job);
        kill(-job, SIGCONT);
    }
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128);
}

static void start_job(struct typist *t)
{
    static char *argv[] = {(char *)(uintptr_t) "tailrace", NULL};
    if (typist_fork(t) == 0) {
        lead_session(1, argv);
    }
    see(t, "tr> ");
}

/* Until Ctrl-Z and back: the line that was being typed is still there. */
static void test_stop_at_the_prompt(void **state)
{
    struct typist t;
    (void)state;
    only_with("readline");
    start_job(&t);
    type(&t, "SHOW SI");
    see(&t, "SHOW SI");
    for (int round = 0; round < 2; round++) {
        type(&t, "\x1a"); /* Ctrl-Z */
        see(&t, "[stopped]");
        assert_int_equal(kill(t.child, SIGUSR1), 0);
        see(&t, "tr> SHOW SI");
    }
    type(&t, "NKS;\n");
    see(&t, "target");
    see(&t, "tr> ");
    type(&t, ".quit\n");
    assert_int_equal(typist_end(&t), 0);
}

/* What the other shell says stays; the table is drawn again below it, and counts on. */
static void test_stop_during_a_query(void **state)
{
    struct typist t;
    (void)state;
    start_job(&t);
    type(&t, "CREATE STREAM r (n BIGINT, value BIGINT) FROM 'gen://rows?rate=200&seed=1' FORMAT "
             "csv;\n");
    see(&t, "tr> ");
    type(&t, "SELECT count(*) AS total FROM r EMIT CHANGES;\n");
    see(&t, "total");
    see(&t, "Ctrl-C stops");
    type(&t, "\x1a");
    see(&t, "\n[stopped]");
    assert_int_equal(kill(t.child, SIGUSR1), 0);
    size_t resumed = t.read;
    see(&t, "┌");
    struct slice between = slice_of(t.seen.at + resumed, t.read - resumed);
    assert_null(slice_find(between, slice_text("A\x1b"))); /* the cursor did not go up */
    size_t drawn = t.read;
    see(&t, "A\x1b[K"); /* from there on it does, and there is one table */
    assert_null(slice_find(slice_of(t.seen.at + drawn, t.read - drawn), slice_text("┌")));
    see(&t, "Ctrl-C stops");
    type(&t, "\x03");
    see(&t, "Processed");
    see(&t, "tr> ");
    type(&t, ".quit\n");
    assert_int_equal(typist_end(&t), 0);
}

/* Keys do not move what is drawn; what was typed is the next command. */
static void test_keys_during_a_query(void **state)
{
    struct typist t;
    (void)state;
    start_shell(&t);
    type(&t,
         "SELECT count(*) AS total FROM 'gen://rows?rows=300&rate=300' FORMAT csv EMIT CHANGES;\n");
    see(&t, "Ctrl-C stops");
    size_t from = t.read;
    type(&t, ".version\n");
    see(&t, "Processed 300 rows");
    assert_null(slice_find(slice_of(t.seen.at + from, t.read - from), slice_text(".version")));
    see(&t, "lines edited by");
    see(&t, "tr> ");
    type(&t, ".quit\n");
    assert_int_equal(typist_end(&t), 0);
}

/* ---- terminals ------------------------------------------------------------------------------- */

/* A terminal that cannot move its cursor gets rows, no tables that are drawn again. */
static void test_dumb_terminal(void **state)
{
    static char *argv[] =
        {(char *)(uintptr_t) "tailrace", (char *)(uintptr_t) "-c",
         (char *)(uintptr_t) "SELECT n % 2 AS odd, count(*) AS rows_seen FROM "
                             "'gen://rows?rows=100' FORMAT csv GROUP BY 1 EMIT CHANGES",
         NULL};
    struct typist t;
    (void)state;
    if (typist_fork(&t) == 0) {
        setenv("TERM", "dumb", 1);
        _exit(shell_main(3, argv));
    }
    see(&t, "rows_seen");
    see(&t, "50");
    assert_int_equal(typist_end_keep(&t), 0);
    assert_null(slice_find(bytebuf_slice(&t.seen), slice_text("\x1b")));
    bytebuf_release(&t.seen);
}

static void see_color(const char *no_color, const char *option, bool wanted)
{
    static const char query[] = "SELECT window_end, count(*) AS n FROM "
                                "'gen://atm?rate=500&start=now' FORMAT csv WINDOW 1h EMIT CHANGES";
    char *argv[] = {(char *)(uintptr_t) "tailrace", (char *)(uintptr_t)option,
                    (char *)(uintptr_t) "-c", (char *)(uintptr_t)query, NULL};
    struct typist t;
    if (typist_fork(&t) == 0) {
        if (no_color != NULL) {
            setenv("NO_COLOR", no_color, 1);
        }
        _exit(shell_main(4, argv));
    }
    see(&t, "Ctrl-C stops");
    type(&t, "\x03");
    assert_int_equal(typist_end_keep(&t), 0);
    bool dim = slice_find(bytebuf_slice(&t.seen), slice_text("\x1b[2m")) != NULL;
    bytebuf_release(&t.seen);
    assert_int_equal(dim, wanted);
}

static void test_color(void **state)
{
    (void)state;
    see_color(NULL, "--color=auto", true);
    see_color("1", "--color=auto", false);
    see_color("", "--color=auto", true); /* empty is as good as not set */
    see_color("1", "--color=always", true);
    see_color(NULL, "--color=never", false);
}

/* Ctrl-D deletes in a line that has something, and leaves on an empty one. */
static void test_end_of_file(void **state)
{
    struct typist t;
    (void)state;
    only_with("readline");
    start_shell(&t);
    type(&t, "SHOW SINKSx;\x02\x02\x04\n"); /* back twice, delete the x */
    see(&t, "target");
    see(&t, "tr> ");
    type(&t, "\x04");
    assert_int_equal(typist_end(&t), 0);
}

/* No line of a table is wider than the terminal, before and after it gets narrower. */
static void test_narrow_terminal(void **state)
{
    struct winsize narrow = {.ws_row = 16, .ws_col = 40};
    struct typist t;
    (void)state;
    start_shell(&t);
    type(&t, "CREATE STREAM tx (ts TIMESTAMP, account TEXT, card TEXT, atm TEXT, kind TEXT,\n"
             "amount DECIMAL(12,2), city TEXT) FROM 'gen://atm?rate=2000&start=now' FORMAT csv;\n");
    type(&t, "SELECT kind, min(city) AS a, max(city) AS b, min(atm) AS c, max(atm) AS d, count(*) "
             "AS n FROM tx GROUP BY kind EMIT CHANGES;\n");
    see(&t, "┐\r\n│ kind");
    see(&t, "Ctrl-C stops");
    assert_int_equal(ioctl(t.terminal, TIOCSWINSZ, &narrow), 0);
    see(&t, "batch"); /* a frame may be on its way */
    see(&t, "batch");
    see(&t, "┌");
    size_t start = t.read;
    see(&t, "┐");
    assert_true(display_width(slice_of(t.seen.at + start, t.read - start)) < 40);
    type(&t, "\x03");
    see(&t, "tr> ");
    type(&t, ".quit\n");
    assert_int_equal(typist_end(&t), 0);
}

/* Characters that are two columns wide are counted as such. */
static void test_wide_characters(void **state)
{
    static char *argv[] = {(char *)(uintptr_t) "tailrace", (char *)(uintptr_t) "-c",
                           (char *)(uintptr_t) "SELECT '東京' AS city, n FROM "
                                               "'gen://rows?rows=1' FORMAT csv",
                           NULL};
    struct typist t;
    (void)state;
    typist_start(&t, 3, argv);
    see(&t, "┌──────┬───┐\r\n│ city │ n │\r\n├──────┼───┤\r\n│ 東京 │ ");
    assert_int_equal(typist_end(&t), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stop_at_the_prompt),
        cmocka_unit_test(test_stop_during_a_query),
        cmocka_unit_test(test_keys_during_a_query),
        cmocka_unit_test(test_dumb_terminal),
        cmocka_unit_test(test_color),
        cmocka_unit_test(test_end_of_file),
        cmocka_unit_test(test_narrow_terminal),
        cmocka_unit_test(test_wide_characters),
    };
    return cmocka_run_group_tests(tests, make_home, remove_home);
}
