/* test_prompt: the interactive shell on a pseudo-terminal, as a person types at it. The shell is a
 * child; what it writes is read until what is expected has come, or until the test gives up. */
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/bytebuf.h"
#include "shell/prompt.h"
#include "shell/shell.h"
#include "tests/support/testing.h"

enum { GIVE_UP_MS = 20000 };

struct typist {
    int terminal;
    pid_t child;
    struct bytebuf seen;
    size_t read; /* of seen: what was expected up to here */
};

/* Starts the program on a terminal of 60 columns. */
static void typist_start(struct typist *t, int argc, char **argv)
{
    struct winsize size = {.ws_row = 16, .ws_col = 60};
    *t = (struct typist){.child = -1};
    t->child = forkpty(&t->terminal, NULL, NULL, &size);
    assert_true(t->child >= 0);
    if (t->child == 0) {
        setenv("TERM", "xterm", 1);
        _exit(shell_main(argc, argv));
    }
}

static void type(const struct typist *t, const char *text)
{
    assert_int_equal(write(t->terminal, text, strlen(text)), strlen(text));
}

/* False at the end of what the child has to say. */
static bool read_more(struct typist *t)
{
    struct pollfd wanted = {.fd = t->terminal, .events = POLLIN};
    if (poll(&wanted, 1, GIVE_UP_MS) <= 0) {
        fail_msg("the shell says nothing more than: %s", bytebuf_text(&t->seen) + t->read);
    }
    uint8_t *at = bytebuf_reserve(&t->seen, 4096);
    ssize_t n = read(t->terminal, at, 4096);
    t->seen.len += n > 0 ? (size_t)n : 0;
    return n > 0;
}

/* Reads on until `text` has come. */
static void see(struct typist *t, const char *text)
{
    for (;;) {
        struct slice rest = slice_of(t->seen.at + t->read, t->seen.len - t->read);
        const uint8_t *at = t->seen.len == 0 ? NULL : slice_find(rest, slice_text(text));
        if (at != NULL) {
            t->read = (size_t)(at - t->seen.at) + strlen(text);
            return;
        }
        if (!read_more(t)) {
            fail_msg("the shell left before it said \"%s\": %s", text,
                     bytebuf_text(&t->seen) + t->read);
        }
    }
}

static int typist_end(struct typist *t)
{
    int status = 0;
    while (read_more(t)) {
    }
    assert_int_equal(waitpid(t->child, &status, 0), t->child);
    close(t->terminal);
    bytebuf_release(&t->seen);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void start_shell(struct typist *t)
{
    static char *argv[] = {(char *)(uintptr_t) "tailrace", NULL};
    typist_start(t, 1, argv);
    see(t, "tr> ");
}

static void test_statements_and_commands(void **state)
{
    struct typist t;
    (void)state;
    start_shell(&t);
    type(&t, "SHOW\nSINKS;\n");
    see(&t, "  > "); /* it waits for the semicolon */
    see(&t, "target");
    see(&t, "tr> ");
    type(&t, ".sink\n"); /* a start is enough */
    see(&t, "target");
    type(&t, ".strems\n");
    see(&t, "did you mean \".streams\"?");
    type(&t, ".s\n");
    see(&t, "no command \".s\"");
    type(&t, ".help\n");
    see(&t, ".quit");
    type(&t, ".run\n");
    see(&t, "there is no query to run");
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
    type(&t, "\x04"); /* Ctrl-D */
    assert_int_equal(typist_end(&t), 0);
}

static void test_interrupt_gives_up_the_line(void **state)
{
    struct typist t;
    (void)state;
    start_shell(&t);
    type(&t, "SELECT nothing\n");
    see(&t, "  > ");
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

TEST_MAIN(cmocka_unit_test(test_statements_and_commands),
          cmocka_unit_test(test_errors_do_not_leave),
          cmocka_unit_test(test_interrupt_gives_up_the_line),
          cmocka_unit_test(test_interrupt_ends_a_query), cmocka_unit_test(test_demo_on_a_terminal))
