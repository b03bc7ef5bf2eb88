/* Tests of engine/base/panic.h and log.h: what reaches stderr, seen through a pipe. */
#include "engine/base/panic.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/log.h"
#include "tests/support/testing.h"

struct outcome {
    char text[4096];
    int status;
};

/* Runs `body` in a child and collects its stderr. */
static void run(void (*body)(void), struct outcome *out)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct rlimit no_core = {0, 0};
        setrlimit(RLIMIT_CORE, &no_core);
        signal(SIGABRT, SIG_DFL);
        dup2(ends[1], STDERR_FILENO);
        body();
        _exit(0);
    }
    close(ends[1]);
    size_t len = 0;
    ssize_t n;
    while ((n = read(ends[0], out->text + len, sizeof out->text - 1 - len)) > 0) {
        len += (size_t)n;
    }
    out->text[len] = '\0';
    close(ends[0]);
    assert_int_equal(waitpid(child, &out->status, 0), child);
}

static void check_fails(void)
{
    CHECK(1 + 1 == 2);
    CHECK(1 + 1 == 3);
}

static void test_check_aborts_and_says_where(void **state)
{
    (void)state;
    struct outcome out;
    run(check_fails, &out);
    assert_true(WIFSIGNALED(out.status) && WTERMSIG(out.status) == SIGABRT);
    assert_non_null(strstr(out.text, "tailrace: panic at "));
    assert_non_null(strstr(out.text, "test_panic.c:"));
    assert_non_null(strstr(out.text, ": 1 + 1 == 3\n"));
}

static void log_all_levels(void)
{
    log_line(LOG_DEBUG, "debug %d", 1);
    log_line(LOG_INFO, "info %d", 2);
    log_set_level(LOG_WARN);
    log_line(LOG_INFO, "info %d", 3);
    log_line(LOG_WARN, "warn %d", 4);
    log_set_level(LOG_QUIET);
    log_line(LOG_WARN, "warn %d", 5);
    log_line(LOG_QUIET, "never");
    log_set_level(LOG_DEBUG);
    log_line(LOG_DEBUG, "debug %d", 6);
}

static void test_log_levels(void **state)
{
    (void)state;
    struct outcome out;
    run(log_all_levels, &out);
    assert_int_equal(out.status, 0);
    assert_string_equal(out.text, "tailrace: info 2\ntailrace: warn 4\ntailrace: debug 6\n");
}

static void log_too_long(void)
{
    char text[10000];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    log_line(LOG_WARN, "%s", text);
}

static void test_a_long_line_is_still_one(void **state)
{
    (void)state;
    struct outcome out;
    run(log_too_long, &out);
    size_t len = strlen(out.text);
    assert_in_range(len, 1000, 4000);
    assert_ptr_equal(strchr(out.text, '\n'), out.text + len - 1);
}

TEST_MAIN(cmocka_unit_test(test_check_aborts_and_says_where), cmocka_unit_test(test_log_levels),
          cmocka_unit_test(test_a_long_line_is_still_one))
