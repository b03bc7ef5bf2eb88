/* Random questions over random rows, cut into random chunks, with stops and starts in between, give
 * what SQLite gives over all rows at once. Runs the seeds of tests/differential/seeds.txt, which
 * have failed once, and then as many as TAILRACE_CASES says (1300 if it says nothing), beginning
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

enum { CASES_DEFAULT = 1300, FAULT_CASES = 400, FAILURES_SHOWN = 5, SEEDS_MAX = 1000 };
enum { CALL_RULES_MAX = 64, PARTS_OTHER = 19, SEEN_LEAST = 3 };

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

/* A wrong answer does not go by: the oracle is made wrong in one way, and some question tells. */
static void test_faults_are_found(void **state)
{
    (void)state;
    struct oracle *oracle = oracle_open();
    for (int fault = ORACLE_IS_RIGHT + 1; fault < ORACLE_FAULTS; fault++) {
        uint64_t seed = 1;
        oracle_misbehave(oracle, (enum oracle_fault)fault);
        while (seed <= FAULT_CASES && seed_holds(oracle, seed, false)) {
            seed++;
        }
        if (seed > FAULT_CASES) {
            fail_msg("fault %d of the oracle is not found", fault);
        }
    }
    oracle_close(oracle);
}

/* What questions are made of: how often each part was seen. */
struct parts {
    uint32_t shapes[ASK_SHAPES];
    uint32_t emits[EMIT_AS_RISE + 1];
    uint32_t fills[FILL_WITH_PREVIOUS + 1];
    uint32_t calls[CALL_RULES_MAX];
    uint32_t others[PARTS_OTHER];
};

static void count_parts(struct parts *parts, const struct trial *trial)
{
    const struct question *q = trial->question;
    const bool others[PARTS_OTHER] = {
        q->having,
        q->order,
        q->limit >= 0,
        q->distinct,
        q->cumulate,
        q->max_us > 0,
        q->grace_us > 0,
        q->offset_us != 0,
        q->size_us % q->slide_us != 0,
        q->size_us > 8 * q->slide_us,
        q->finite,
        q->has_watermark,
        trial->data->n_splits > 1,
        trial->data->n > BATCH_ROWS,
        trial->n_cuts > 0,
        trial->restarts != 0,
        q->n_keys == 0,
        q->n_keys > 1,
        q->where != NULL,
    };
    parts->shapes[q->shape]++;
    parts->emits[q->emit]++;
    parts->fills[q->fill]++;
    for (uint32_t i = 0; i < q->n_calls; i++) {
        parts->calls[call_number(&q->calls[i])]++;
    }
    for (uint32_t i = 0; i < PARTS_OTHER; i++) {
        parts->others[i] += others[i];
    }
}

static void assert_seen(const char *what, const uint32_t *seen, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        if (seen[i] < SEEN_LEAST) {
            fail_msg("%s %u was asked %u times", what, i, seen[i]);
        }
    }
}

static void test_everything_is_asked(void **state)
{
    (void)state;
    struct parts parts = {0};
    for (uint64_t seed = 1; seed <= CASES_DEFAULT; seed++) {
        struct arena arena;
        struct trial trial;
        arena_init(&arena);
        trial_init(&trial, &arena, seed);
        count_parts(&parts, &trial);
        arena_release(&arena);
    }
    assert_seen("shape", parts.shapes, ASK_SHAPES);
    assert_seen("emit", parts.emits, EMIT_AS_RISE + 1);
    assert_seen("fill", parts.fills, FILL_WITH_PREVIOUS + 1);
    assert_seen("aggregate", parts.calls, call_rules());
    assert_seen("part", parts.others, PARTS_OTHER);
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
        cmocka_unit_test(test_faults_are_found),
        cmocka_unit_test(test_everything_is_asked),
    };
    if (argc > 1 && ascii_is_digit((uint8_t)argv[1][0])) {
        return show_seed(strtoull(argv[1], NULL, 10));
    }
    if (argc > 1) {
        cmocka_set_test_filter(argv[1]);
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
