/* Random questions over random rows, cut into random chunks, with stops and starts in between, give
 * what SQLite gives over all rows at once. Runs the seeds of tests/differential/seeds.txt, which
 * have failed once, and then as many as TAILRACE_CASES says (2500 if it says nothing), beginning
 * with TAILRACE_TEST_SEED (1). One seed alone, with what both sides say:
 *
 *     build/dev/tests/test_differential 4711
 *     TAILRACE_CASES=100000 build/release/tests/test_differential
 */
#include "tests/support/testing.h"

#include <stdio.h>
#include <stdlib.h>

#include "engine/base/fs.h"
#include "tests/differential/trial.h"

enum { CASES_DEFAULT = 2500, FAILURES_SHOWN = 5, SEEDS_MAX = 1000 };

static uint64_t number_of(const char *variable, uint64_t fallback)
{
    const char *text = getenv(variable);
    return text == NULL ? fallback : strtoull(text, NULL, 10);
}

/* A failure is shrunk and shown. */
static bool seed_holds(struct oracle *oracle, uint64_t seed, bool show)
{
    struct arena arena;
    struct trial trial;
    struct outcome outcome;
    arena_init(&arena);
    trial_init(&trial, &arena, seed);
    bool same = trial_run(&trial, oracle, &outcome);
    outcome_release(&outcome);
    if (!same && show) {
        struct bytebuf report = {0};
        trial_shrink(&trial, oracle);
        bytebuf_printf(&report, "\n==== seed %llu: test_differential %llu\n",
                       (unsigned long long)seed, (unsigned long long)seed);
        trial_print(&report, &trial, oracle);
        fputs(bytebuf_text(&report), stderr);
        bytebuf_release(&report);
    }
    arena_release(&arena);
    return same;
}

/* ---- tests ----------------------------------------------------------------------------------- */

/* One number a line; # begins a comment. */
static uint32_t kept_seeds(uint64_t *seeds)
{
    static char text[1 << 16];
    struct error err;
    int fd;
    size_t n = 0;
    const struct fs *fs = fs_system();
    assert_int_equal(fs->open(fs, "tests/differential/seeds.txt", FS_READ, &fd, &err), OK);
    assert_int_equal(fs->read(fs, fd, text, sizeof text - 1, &n, &err), OK);
    fs->close(fs, fd);
    text[n] = '\0';
    uint32_t n_seeds = 0;
    for (char *at = text; *at != '\0';) {
        if (ascii_is_digit((uint8_t)*at)) {
            assert_true(n_seeds < SEEDS_MAX);
            seeds[n_seeds++] = strtoull(at, &at, 10);
        }
        while (*at != '\0' && *at++ != '\n') {
        }
    }
    return n_seeds;
}

static void test_seeds_that_failed_once(void **state)
{
    (void)state;
    uint64_t seeds[SEEDS_MAX];
    struct oracle *oracle = oracle_open();
    uint32_t n = kept_seeds(seeds);
    uint32_t failures = 0;
    for (uint32_t i = 0; i < n; i++) {
        failures += !seed_holds(oracle, seeds[i], failures < FAILURES_SHOWN);
    }
    oracle_close(oracle);
    assert_int_equal(failures, 0);
}

static void test_random_questions(void **state)
{
    (void)state;
    struct oracle *oracle = oracle_open();
    uint64_t first = number_of("TAILRACE_TEST_SEED", 1);
    uint64_t n = number_of("TAILRACE_CASES", CASES_DEFAULT);
    uint64_t failures = 0;
    for (uint64_t i = 0; i < n; i++) {
        failures += !seed_holds(oracle, first + i, failures < FAILURES_SHOWN);
    }
    printf("%llu questions from seed %llu, %llu differ\n", (unsigned long long)n,
           (unsigned long long)first, (unsigned long long)failures);
    oracle_close(oracle);
    assert_int_equal(failures, 0);
}

/* One seed by hand. */
static int show_seed(uint64_t seed)
{
    struct oracle *oracle = oracle_open();
    struct arena arena;
    struct trial trial;
    struct bytebuf report = {0};
    arena_init(&arena);
    trial_init(&trial, &arena, seed);
    trial_print(&report, &trial, oracle);
    fputs(bytebuf_text(&report), stdout);
    bool same = seed_holds(oracle, seed, true);
    bytebuf_release(&report);
    arena_release(&arena);
    oracle_close(oracle);
    return same ? 0 : 1;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_seeds_that_failed_once),
        cmocka_unit_test(test_random_questions),
    };
    if (argc > 1 && ascii_is_digit((uint8_t)argv[1][0])) {
        return show_seed(strtoull(argv[1], NULL, 10));
    }
    if (argc > 1) {
        cmocka_set_test_filter(argv[1]);
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
