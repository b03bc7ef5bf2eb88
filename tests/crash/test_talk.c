/* Queries that come and go while a job runs: kill -9 and power loss at every call that changes a
 * file. What was answered has happened, what was not has happened or not; no row of a query is lost
 * or there twice, and those of the others least of all. */
#include "tests/crash/siege.h"
#include "tests/crash/talk.h"
#include "tests/support/testing.h"

enum {
    KILLS = 4000,
    STATES = 6000,
    DOUBLE_KILLS = 1500,
    FAULTS = 1500,
    SECOND_KILLS = 12,
    UNSYNCED_MAX = 8,
    MUTANT_SCENARIOS = 40
};

/* A prompt begins with no query. In the first three query 0 stays. */
static const struct script {
    uint32_t n;
    struct talk_change changes[TALK_CHANGES_MAX];
} scripts[] = {
    {2, {{0, 0, true}, {6, 1, true}}},
    {3, {{0, 0, true}, {0, 1, true}, {9, 1, false}}},
    {4, {{0, 0, true}, {2, 1, true}, {8, 1, false}, {14, 1, true}}},
    {4, {{0, 1, true}, {3, 0, true}, {9, 0, false}, {12, 0, true}}},
    {3, {{0, 0, true}, {8, 0, false}, {11, 1, true}}},
};
enum { N_SCRIPTS = sizeof scripts / sizeof *scripts, N_LOGGED = 3 };

struct talked {
    struct world *world;
    struct life life;
    struct talk talk;
    uint32_t calls;
    struct mutant mutant; /* in all lives; then violations are counted, not printed */
    uint64_t points;
    uint64_t violations;
};

/* Of logged input the rows of query 1 must be known one by one, in 3 it has no state. */
static struct scenario scenario_of(uint64_t number, uint64_t *script)
{
    struct scenario scenario = siege_scenario(number);
    scenario.dated = false;
    *script = number / 3 % N_SCRIPTS;
    if (scenario.input == INPUT_LOGGED) {
        scenario.query = 3;
        *script = number / 3 % N_LOGGED;
    }
    return scenario;
}

static void talked_begin(struct talked *talked, uint64_t number, const struct mutant *mutant)
{
    uint64_t script;
    const struct scenario scenario = scenario_of(number, &script);
    *talked = (struct talked){.world = world_new(&scenario)};
    talked->life.fs = world_disk(talked->world);
    if (mutant != NULL) {
        talked->mutant = *mutant;
        simfs_set_mutant(talked->life.fs, mutant);
    }
    talked->life.steps_max = scenario.stop_at;
    talked->talk.changes = scripts[script].changes;
    talked->talk.n = scripts[script].n;
    talk_run(talked->world, &talked->life, &talked->talk);
    talked->calls = simfs_n_calls(talked->life.fs);
    if (talked->life.status != OK) {
        print_error("%s: %s\n", world_name(talked->world), talked->life.err.text);
    }
    assert_int_equal(talked->life.status, OK);
}

static void talked_end(struct talked *talked, uint64_t *points)
{
    assert_true(talked->violations == 0 || talked->mutant.kind != MUTANT_NONE);
    *points += talked->points;
    simfs_free(talked->life.fs);
    world_free(talked->world);
}

/* A life behind a crash: it must come out right. */
static bool lives_on(struct talked *talked, struct talk *talk, struct life *life, const char *how,
                     uint32_t calls)
{
    simfs_set_mutant(life->fs, &talked->mutant);
    talk_run(talked->world, life, talk);
    const char *wrong =
        life->status != OK ? life->err.text : talk_check(talked->world, talk, life->fs);
    talked->points++;
    if (wrong != NULL) {
        talked->violations++;
        if (talked->mutant.kind == MUTANT_NONE) {
            print_error("%s %u: %s", how, calls, wrong);
            print_error(" (%s)\n", world_name(talked->world));
        }
    }
    return wrong == NULL;
}

static void survive(struct talked *talked, struct simfs *left, uint32_t calls, const char *how)
{
    struct talk talk = talk_after(&talked->talk, calls);
    struct life life = {.fs = left};
    lives_on(talked, &talk, &life, how, calls);
    simfs_free(left);
}

/* The life behind the first crash is killed, too. */
static void survive_twice(struct talked *talked, uint32_t calls)
{
    struct talk second = talk_after(&talked->talk, calls);
    struct life life = {.fs = simfs_killed(talked->life.fs, calls)};
    bool is_right = lives_on(talked, &second, &life, "killed after call", calls);
    for (uint32_t k = 0; is_right && k < SECOND_KILLS && k <= simfs_n_calls(life.fs); k++) {
        struct talk third = talk_after(&second, k);
        struct life last = {.fs = simfs_killed(life.fs, k), .sent = life.sent, .had = life.had};
        lives_on(talked, &third, &last, "killed again after call", k);
        simfs_free(last.fs);
    }
    simfs_free(life.fs);
}

static void test_kill_after_every_call(void **state)
{
    (void)state;
    uint64_t points = 0;
    for (uint64_t number = 0; points < siege_target(KILLS); number++) {
        struct talked talked;
        talked_begin(&talked, number, NULL);
        for (uint32_t k = 0; k <= talked.calls; k++) {
            survive(&talked, simfs_killed(talked.life.fs, k), k, "killed after call");
        }
        talked_end(&talked, &points);
    }
    print_message("%llu kill points, 0 violations\n", (unsigned long long)points);
}

static void lose_power(struct talked *talked, uint32_t k, struct rng *rng)
{
    const struct simfs *fs = talked->life.fs;
    uint32_t n = simfs_n_unsynced(fs, k);
    for (int kind = LOSS_NONE; kind <= LOSS_BYTES && n > 0; kind++) {
        const struct loss loss = {.kind = (enum loss_kind)kind};
        survive(talked, simfs_power_loss(fs, k, &loss), k, "power off after call");
    }
    for (int kind = LOSS_ONE; kind <= LOSS_ZERO; kind++) {
        for (uint32_t i = n > UNSYNCED_MAX ? n - UNSYNCED_MAX : 0; i < n; i++) {
            const struct loss loss = {.kind = (enum loss_kind)kind, .which = i};
            survive(talked, simfs_power_loss(fs, k, &loss), k, "power off after call");
        }
    }
    const struct loss loss = {.kind = LOSS_RANDOM, .rng = rng};
    survive(talked, simfs_power_loss(fs, k, &loss), k, "power off after call");
}

static void test_power_loss(void **state)
{
    (void)state;
    uint64_t points = 0;
    struct rng rng;
    uint32_t stride = siege_target(100) < 100 ? 11 : 1; /* of calls: more lives, fewer of each */
    rng_init(&rng);
    for (uint64_t number = 0; points < siege_target(STATES); number++) {
        struct talked talked;
        talked_begin(&talked, number, NULL);
        for (uint32_t k = (uint32_t)number % stride; k <= talked.calls; k += stride) {
            lose_power(&talked, k, &rng);
        }
        talked_end(&talked, &points);
    }
    print_message("%llu states after a power loss, 0 violations\n", (unsigned long long)points);
}

static void test_kill_in_recovery(void **state)
{
    (void)state;
    uint64_t points = 0;
    for (uint64_t number = 0; points < siege_target(DOUBLE_KILLS); number++) {
        struct talked talked;
        talked_begin(&talked, number, NULL);
        for (uint32_t k = (uint32_t)number % 7; k <= talked.calls; k += 7) {
            survive_twice(&talked, k);
        }
        talked_end(&talked, &points);
    }
    print_message("%llu double crashes, 0 violations\n", (unsigned long long)points);
}

/* A call fails in the middle of it all, once or from then on: the job ends, or goes on without the
 * query that could not come; and the next life has all that was answered. */
static bool survive_fault(struct talked *talked, const struct fault *fault)
{
    struct talk first = {.changes = talked->talk.changes, .n = talked->talk.n};
    struct life life = {.fs = world_disk(talked->world)};
    simfs_set_fault(life.fs, fault);
    talk_run(talked->world, &life, &first);
    bool fired = simfs_fired(life.fs);
    assert_true(life.status == OK || fired);
    struct talk talk = first;
    struct life next = {.fs = simfs_killed(life.fs, simfs_n_calls(life.fs))};
    lives_on(talked, &talk, &next, "behind a fault at call", fault->at);
    simfs_free(next.fs);
    simfs_free(life.fs);
    return fired;
}

static void test_faults(void **state)
{
    (void)state;
    uint64_t points = 0;
    for (uint64_t number = 0; points < siege_target(FAULTS); number++) {
        struct talked talked;
        struct fault fault = {
            .kind = number % 2 == 0 ? FAULT_NO_SPACE : FAULT_IO,
            .sticky = number % 4 < 2,
        };
        talked_begin(&talked, number, NULL);
        while (survive_fault(&talked, &fault)) {
            fault.at += 3;
        }
        assert_true(fault.at > 0);
        talked_end(&talked, &points);
    }
    print_message("%llu faults, 0 violations\n", (unsigned long long)points);
}

/* True if some state is wrong with the mutant. */
static bool is_caught(const struct mutant *mutant)
{
    struct rng rng;
    uint64_t violations = 0;
    uint64_t points = 0;
    rng_init(&rng);
    for (uint64_t number = 0; violations == 0 && number < MUTANT_SCENARIOS; number++) {
        struct talked talked;
        talked_begin(&talked, number, mutant);
        for (uint32_t k = 0; k <= talked.calls && talked.violations == 0; k++) {
            survive(&talked, simfs_killed(talked.life.fs, k), k, "killed after call");
            lose_power(&talked, k, &rng);
        }
        violations = talked.violations;
        talked_end(&talked, &points);
    }
    print_message("%s after %llu states\n", violations > 0 ? "caught" : "not caught",
                  (unsigned long long)points);
    return violations > 0;
}

static void test_every_step_matters(void **state)
{
    (void)state;
    static const struct mutant steps[] = {
        /* The statements are not synced; they never get their name. */
        {.kind = MUTANT_WITHOUT, .call = CALL_SYNC, .file = "state/job."},
        {.kind = MUTANT_WITHOUT, .call = CALL_RENAME, .file = "state/job."},
        /* They get it before the MANIFEST counts; the old generation is gone before they have it.
         */
        {MUTANT_LATE, CALL_RENAME, "state/MANIFEST", CALL_RENAME, "state/job."},
        /* A sink joins when the checkpoint has its query already. */
        {MUTANT_LATE, CALL_RENAME, "a.tmp", CALL_RENAME, "state/MANIFEST"},
    };
    if (siege_target(100) < 100) {
        skip(); /* it is this test that is tested: once, in the release build */
    }
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        assert_true(is_caught(&steps[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kill_after_every_call), cmocka_unit_test(test_power_loss),
        cmocka_unit_test(test_kill_in_recovery),      cmocka_unit_test(test_faults),
        cmocka_unit_test(test_every_step_matters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
