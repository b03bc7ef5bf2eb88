/* Where the input is cut into batches changes nothing (language.md §4.2): the same rows as one
 * chunk, one by one, and in random chunks with restarts between give the same append-only rows, the
 * same table where results change, and the same alerts in the same order. No oracle is needed, so
 * this asks more than test_differential. By hand, with what each run says:
 *
 *     build/dev/tests/test_cuts 4711
 */
#include "tests/support/testing.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/differential/trial.h"

enum { CASES = 400, ROWS_MAX = 60 };

/* One way to cut. */
enum cutting { CUT_NOWHERE, CUT_EVERYWHERE, CUT_AT_RANDOM, CUTTINGS };

struct spoken {
    struct outcome outcome;
    struct answer log;
};

static void spoken_release(struct spoken *spoken)
{
    outcome_release(&spoken->outcome);
    answer_release(&spoken->log);
}

static struct trial trial_cut(const struct trial *trial, enum cutting cutting)
{
    struct trial cut = *trial;
    if (cutting == CUT_NOWHERE) {
        cut.n_cuts = 0;
        cut.restarts = 0;
    }
    cut.each_row = cutting == CUT_EVERYWHERE;
    return cut;
}

static void speak(const struct trial *trial, enum cutting cutting, struct spoken *spoken)
{
    struct schema schema;
    struct trial cut = trial_cut(trial, cutting);
    *spoken = (struct spoken){.outcome = {.ours = {.n = 0}}};
    (void)trial_ours(&cut, &spoken->outcome, &schema, &spoken->log);
    answer_sort(&spoken->outcome.ours);
}

/* An alert is said at the row that raises it, so its place among the others is fixed as well. */
static bool is_log_fixed(const struct question *q)
{
    return q->emit == EMIT_AS_RISE || q->emit == EMIT_AS_RISE_FALL;
}

static bool spoken_equal(const struct question *q, const struct spoken *a, const struct spoken *b)
{
    bool both_refuse = a->outcome.refused.len > 0 && b->outcome.refused.len > 0;
    return both_refuse || (a->outcome.refused.len == b->outcome.refused.len &&
                           answer_equal(&a->outcome.ours, &b->outcome.ours) &&
                           (!is_log_fixed(q) || answer_equal(&a->log, &b->log)));
}

static void trial_loose(struct trial *trial, struct arena *arena, uint64_t seed)
{
    struct rng rng = {.seed = seed, .state = seed};
    trial_init(trial, arena, seed);
    trial->question = question_loosen(arena, trial->question, &rng);
    if (trial->data->n > ROWS_MAX) {
        trial->data = dataset_without(arena, trial->data, ROWS_MAX, trial->data->n - ROWS_MAX);
    }
}

static void show(const struct trial *trial, struct spoken *spoken)
{
    static const char *const names[] = {"as one chunk", "row by row", "cut at random"};
    struct bytebuf text = {0};
    question_sql(&text, trial->question);
    dataset_csv(&text, trial->data);
    for (int i = 0; i < CUTTINGS; i++) {
        bytebuf_printf(&text, "-- %s %s\n", names[i], bytebuf_text(&spoken[i].outcome.refused));
        answer_print(&text, &spoken[i].outcome.ours);
        bytebuf_add_text(&text, "-- as it came\n");
        answer_print(&text, &spoken[i].log);
    }
    fputs(bytebuf_text(&text), stderr);
    bytebuf_release(&text);
}

static bool seed_holds(uint64_t seed, bool always_show, bool *refused)
{
    struct arena arena;
    struct trial trial;
    struct spoken spoken[CUTTINGS];
    bool same = true;
    arena_init(&arena);
    trial_loose(&trial, &arena, seed);
    for (int i = 0; i < CUTTINGS; i++) {
        speak(&trial, (enum cutting)i, &spoken[i]);
        same = same && spoken_equal(trial.question, &spoken[0], &spoken[i]);
    }
    *refused = spoken[0].outcome.refused.len > 0;
    if (!same || always_show) {
        fprintf(stderr, "\n==== seed %llu\n", (unsigned long long)seed);
        show(&trial, spoken);
    }
    for (int i = 0; i < CUTTINGS; i++) {
        spoken_release(&spoken[i]);
    }
    arena_release(&arena);
    return same;
}

static void test_cuts_change_nothing(void **state)
{
    (void)state;
    const char *text = getenv("TAILRACE_TEST_SEED");
    uint64_t first = text == NULL ? 1 : strtoull(text, NULL, 10);
    uint32_t differ = 0;
    uint32_t n_refused = 0;
    for (uint64_t seed = first; seed < first + CASES && differ < 3; seed++) {
        bool refused;
        differ += !seed_holds(seed, false, &refused);
        n_refused += refused;
    }
    printf("%d questions from seed %llu, %u refused, %u differ\n", CASES, (unsigned long long)first,
           n_refused, differ);
    assert_int_equal(differ, 0);
    assert_in_range(n_refused, 0, CASES / 10);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cuts_change_nothing),
    };
    if (argc > 1) {
        bool refused;
        return seed_holds(strtoull(argv[1], NULL, 10), true, &refused) ? 0 : 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
