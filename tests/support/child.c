/* child: see child.h. */
#include "tests/support/child.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/testing.h"

enum { GIVE_UP_MS = 20000, WORDS_MAX = 32 };

static void run_main(const struct child *child, const char *const *words)
{
    char *argv[WORDS_MAX + 1];
    int argc = 0;
    for (; words[argc] != NULL && argc < WORDS_MAX; argc++) {
        argv[argc] = (char *)(uintptr_t)words[argc];
    }
    argv[argc] = NULL;
    if (child->typed == NULL) {
        int nothing = open("/dev/null", O_RDONLY);
        dup2(nothing, STDIN_FILENO);
    }
    setenv("TERM", "xterm", 1);
    setenv("INPUTRC", "/dev/null", 1);
    unsetenv("HOME");
    unsetenv("XDG_STATE_HOME");
    unsetenv("XDG_CONFIG_HOME");
    _exit(child->main(argc, argv));
}

/* Returns the end to read from. */
static int start(const struct child *child, const char *const *words, pid_t *pid)
{
    struct winsize size = {.ws_row = 24, .ws_col = child->columns};
    int ends[2] = {-1, -1};
    if (child->columns > 0) {
        *pid = forkpty(&ends[0], NULL, NULL, &size);
    } else {
        assert_int_equal(pipe(ends), 0);
        *pid = fork();
    }
    assert_true(*pid >= 0);
    if (*pid == 0) {
        if (child->columns == 0) {
            dup2(ends[1], STDOUT_FILENO);
        }
        run_main(child, words);
    }
    if (ends[1] >= 0) {
        close(ends[1]);
    }
    return ends[0];
}

int child_run(const struct child *child, struct bytebuf *said, const char *const *words)
{
    pid_t pid;
    int from = start(child, words, &pid);
    const char *typed = child->typed;
    for (;;) {
        struct pollfd wanted = {.fd = from, .events = POLLIN};
        if (poll(&wanted, 1, GIVE_UP_MS) <= 0) {
            kill(pid, SIGKILL);
            fail_msg("the program says nothing more than: %s", bytebuf_text(said));
        }
        uint8_t *at = bytebuf_reserve(said, 4096);
        ssize_t n = read(from, at, 4096);
        if (n <= 0) {
            break; /* a terminal whose other end is closed says EIO */
        }
        said->len += (size_t)n;
        if (typed != NULL) {
            size_t len = strlen(typed);
            assert_int_equal(write(from, typed, len), len);
            typed = NULL;
        }
    }
    close(from);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}
