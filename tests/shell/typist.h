/* typist: the program on a pseudo-terminal, and somebody who types at it. The program is a child;
 * what it writes is read until what is expected has come, or until the test gives up. HOME is a
 * folder of the test's own.
 *
 *     start_shell(&t);
 *     type(&t, "SHOW SINKS;\n");
 *     see(&t, "target");
 *     type(&t, ".quit\n");
 *     assert_int_equal(typist_end(&t), 0);
 *     …
 *     cmocka_run_group_tests(tests, make_home, remove_home);
 */
#ifndef TESTS_SHELL_TYPIST_H
#define TESTS_SHELL_TYPIST_H

#include <ftw.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/bytebuf.h"
#include "shell/line_editor.h"
#include "shell/shell.h"
#include "tests/support/testing.h"

enum { GIVE_UP_MS = 20000 };

/* Of this run: history and configuration. */
static char home[] = "/tmp/tailrace_prompt_XXXXXX";

struct typist {
    int terminal;
    pid_t child;
    struct bytebuf seen;
    size_t read; /* of seen: what was expected up to here */
};

static inline void typist_environment(void)
{
    setenv("TERM", "xterm", 1);
    setenv("HOME", home, 1);
    setenv("INPUTRC", "/dev/null", 1);
    setenv("PAGER", "", 1);
    unsetenv("XDG_STATE_HOME");
    unsetenv("XDG_CONFIG_HOME");
    unsetenv("NO_COLOR");
}

/* Forks onto a terminal of 60 columns: 0 in the child, whose environment is as it should be. */
static inline pid_t typist_fork(struct typist *t)
{
    struct winsize size = {.ws_row = 16, .ws_col = 60};
    *t = (struct typist){.child = -1};
    t->child = forkpty(&t->terminal, NULL, NULL, &size);
    assert_true(t->child >= 0);
    if (t->child == 0) {
        typist_environment();
    }
    return t->child;
}

static inline void typist_start(struct typist *t, int argc, char **argv)
{
    if (typist_fork(t) == 0) {
        _exit(shell_main(argc, argv));
    }
}

static inline void type(const struct typist *t, const char *text)
{
    assert_int_equal(write(t->terminal, text, strlen(text)), strlen(text));
}

/* False at the end of what the child has to say. */
static inline bool read_more(struct typist *t)
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
static inline void see(struct typist *t, const char *text)
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

/* Its exit code; what was seen stays, to be released by the test. */
static inline int typist_end_keep(struct typist *t)
{
    int status = 0;
    while (read_more(t)) {
    }
    assert_int_equal(waitpid(t->child, &status, 0), t->child);
    close(t->terminal);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static inline int typist_end(struct typist *t)
{
    int exit_code = typist_end_keep(t);
    bytebuf_release(&t->seen);
    return exit_code;
}

static inline void start_shell(struct typist *t)
{
    static char *argv[] = {(char *)(uintptr_t) "tailrace", NULL};
    typist_start(t, 1, argv);
    see(t, "tr> ");
}

/* What not every editor of lines can do is left out where the program has another one. */
static inline void only_with(const char *editors)
{
    if (strstr(editors, line_editor_name()) == NULL) {
        skip();
    }
}

static inline int remove_one(const char *path, const struct stat *stat, int kind, struct FTW *ftw)
{
    (void)stat;
    (void)kind;
    (void)ftw;
    return remove(path);
}

static inline int make_home(void **state)
{
    (void)state;
    return mkdtemp(home) == NULL;
}

static inline int remove_home(void **state)
{
    (void)state;
    return nftw(home, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

#endif
