/* Random questions over random rows, asked of a job with a checkpoint that is stopped or killed at
 * random calls to its files and started again, give what SQLite gives over all rows at once. As
 * many as TAILRACE_CASES says (150 if it says nothing), beginning with TAILRACE_TEST_SEED (1). One
 * by hand:
 *
 *     build/dev/tests/test_restarts 4711
 *     TAILRACE_CASES=10000 build/release/tests/test_restarts
 */
#include "tests/support/testing.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/differential/lives.h"

enum { CASES_DEFAULT = 150, FAILURES_SHOWN = 3, LIVES_MAX = 5 };

/* What all cases together have gone through. */
struct tally {
    struct lives lives;
    uint64_t cases;
    uint64_t failures;
};

static void show(const struct trial *trial, struct oracle *oracle, const struct outcome *outcome)
{
    struct bytebuf text = {0};
    bytebuf_printf(&text, "\n==== seed %llu: test_restarts %llu %s\n",
                   (unsigned long long)trial->seed, (unsigned long long)trial->seed,
                   outcome->refused.len > 0 ? (const char *)outcome->refused.at : "");
    bytebuf_add_text(&text, "-- with crashes:\n");
    answer_print(&text, &outcome->ours);
    trial_print(&text, trial, oracle);
    fputs(bytebuf_text(&text), stderr);
    bytebuf_release(&text);
}

static void run_seed(struct oracle *oracle, uint64_t seed, struct tally *tally)
{
    struct arena arena;
    struct trial trial;
    struct schema schema;
    struct outcome outcome = {.ours = {.n = 0}};
    arena_init(&arena);
    trial_init(&trial, &arena, seed);
    struct rng rng = {.seed = seed, .state = ~seed};
    struct lives lives = {.n_max = 2 + (uint32_t)rng_below(&rng, LIVES_MAX - 1)};
    bool right = lives_run(&trial, &rng, &outcome, &schema, &lives) &&
                 trial_is_right(&trial, oracle, &schema, &outcome);
    if (!right && tally->failures < FAILURES_SHOWN) {
        show(&trial, oracle, &outcome);
    }
    tally->cases++;
    tally->failures += !right;
    tally->lives.n += lives.n;
    tally->lives.kills += lives.kills;
    tally->lives.resumed += lives.resumed;
    tally->lives.redone += lives.redone;
    outcome_release(&outcome);
    arena_release(&arena);
}

static uint64_t number_of(const char *variable, uint64_t fallback)
{
    const char *text = getenv(variable);
    return text == NULL ? fallback : strtoull(text, NULL, 10);
}

static void test_restarts_change_nothing(void **state)
{
    (void)state;
    struct oracle *oracle = oracle_open();
    struct tally tally = {.cases = 0};
    uint64_t first = number_of("TAILRACE_TEST_SEED", 1);
    uint64_t n = number_of("TAILRACE_CASES", CASES_DEFAULT);
    for (uint64_t i = 0; i < n; i++) {
        run_seed(oracle, first + i, &tally);
    }
    printf("%llu questions in %u lives: %u killed, %u went on from a checkpoint, %u did an epoch "
           "again; %llu differ\n",
           (unsigned long long)tally.cases, tally.lives.n, tally.lives.kills, tally.lives.resumed,
           tally.lives.redone, (unsigned long long)tally.failures);
    oracle_close(oracle);
    assert_int_equal(tally.failures, 0);
    assert_true(tally.lives.kills > n && tally.lives.resumed > n && tally.lives.redone > n / 10);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_restarts_change_nothing),
    };
    if (argc > 1) {
        struct oracle *oracle = oracle_open();
        struct tally tally = {.cases = 0};
        run_seed(oracle, strtoull(argv[1], NULL, 10), &tally);
        oracle_close(oracle);
        return tally.failures == 0 ? 0 : 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
