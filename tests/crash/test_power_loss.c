/* Power off after every call: of what was not synced, anything may be lost, torn or zero. And the
 * other way round: with any of the syncs that matter taken away, some state must be wrong; a test
 * that cannot tell would prove nothing. */
#include "tests/crash/siege.h"
#include "tests/support/testing.h"

enum {
    STATES = 10000,
    DOUBLE_CRASHES = 10000,
    MUTANT_STATES_MAX = 6000,
    RANDOM_LOSSES = 2,
    UNSYNCED_MAX = 12,
    SECOND_KILLS = 40
};

/* All the ways the lights may go out after call k. */
static void lose_power(struct siege *siege, uint32_t k, struct rng *rng)
{
    const struct simfs *fs = siege->first.fs;
    uint32_t n = simfs_n_unsynced(fs, k);
    for (int kind = LOSS_NONE; kind <= LOSS_BYTES && n > 0; kind++) {
        const struct loss loss = {.kind = (enum loss_kind)kind};
        siege_survives(siege, simfs_power_loss(fs, k, &loss), "power off after call", k);
    }
    for (int kind = LOSS_ONE; kind <= LOSS_ZERO; kind++) {
        /* The newest ones: what is older was as it is after earlier calls, too. */
        for (uint32_t i = n > UNSYNCED_MAX ? n - UNSYNCED_MAX : 0; i < n; i++) {
            const struct loss loss = {.kind = (enum loss_kind)kind, .which = i};
            siege_survives(siege, simfs_power_loss(fs, k, &loss), "power off after call", k);
        }
    }
    for (int i = 0; i < RANDOM_LOSSES && n > 1; i++) {
        const struct loss loss = {.kind = LOSS_RANDOM, .rng = rng};
        siege_survives(siege, simfs_power_loss(fs, k, &loss), "power off after call", k);
    }
}

static void test_power_loss(void **state)
{
    (void)state;
    uint64_t points = 0;
    struct rng rng;
    rng_init(&rng);
    for (uint64_t number = 0; points < siege_target(STATES); number++) {
        struct siege siege;
        const struct scenario scenario = siege_scenario(number);
        siege_init(&siege, &scenario);
        siege_begin(&siege);
        assert_int_equal(siege.first.status, OK);
        for (uint32_t k = 0; k <= siege.calls; k++) {
            lose_power(&siege, k, &rng);
        }
        assert_int_equal(siege.violations, 0);
        points += siege.points;
        siege_release(&siege);
    }
    print_message("%llu states after a power loss, 0 violations\n", (unsigned long long)points);
}

struct step {
    const char *name;
    struct mutant mutant;
    bool is_free;   /* nothing depends on it */
    bool is_cut;    /* shows only when a second crash follows */
    uint64_t first; /* scenario to begin with: one that shows it soon */
};

/* A second crash: what the first one tore is then in front of what came after it. */
static void crash_twice(struct siege *siege, uint32_t k)
{
    const struct simfs *fs = siege->first.fs;
    uint32_t n = simfs_n_unsynced(fs, k);
    for (uint32_t i = n > 2 ? n - 2 : 0; i < n; i++) {
        for (int kind = LOSS_ONE; kind <= LOSS_ZERO; kind++) {
            const struct loss loss = {.kind = (enum loss_kind)kind, .which = i};
            siege_survives_twice(siege, simfs_power_loss(fs, k, &loss), k, SECOND_KILLS);
        }
    }
}

/* A COMMIT is lost, input that came behind it is not: what the next start has taken up must outlive
 * that one's end, too. */
static void test_kill_behind_a_power_loss(void **state)
{
    (void)state;
    uint64_t points = 0;
    uint32_t step = siege_target(100) < 100 ? 10 : 1; /* one life has thousands of these */
    for (uint64_t number = INPUT_LOGGED; points < siege_target(DOUBLE_CRASHES); number += 3) {
        struct siege siege;
        const struct scenario scenario = siege_scenario(number);
        assert_int_equal(scenario.input, INPUT_LOGGED);
        siege_init(&siege, &scenario);
        siege_begin(&siege);
        for (uint32_t k = 0; k <= siege.calls; k += step) {
            uint32_t n = simfs_n_unsynced(siege.first.fs, k);
            const struct loss loss = {.kind = LOSS_ONE, .which = n - 2};
            if (n >= 2) {
                siege_survives_twice(&siege, simfs_power_loss(siege.first.fs, k, &loss), k,
                                     SECOND_KILLS);
            }
        }
        assert_int_equal(siege.violations, 0);
        points += siege.points;
        siege_release(&siege);
    }
    print_message("%llu double crashes, 0 violations\n", (unsigned long long)points);
}

/* True if some state is wrong without that step. */
static bool is_caught(const struct step *step, uint64_t *states)
{
    struct rng rng;
    rng_init(&rng);
    uint64_t violations = 0;
    *states = 0;
    for (uint64_t number = step->first; violations == 0 && *states < MUTANT_STATES_MAX; number++) {
        struct siege siege;
        const struct scenario scenario = siege_scenario(number);
        siege_init(&siege, &scenario);
        siege.mutant = step->mutant;
        siege.quiet = true;
        siege_begin(&siege);
        for (uint32_t k = 0; k <= siege.calls && siege.violations == 0; k++) {
            if (step->is_cut) {
                crash_twice(&siege, k);
            } else {
                siege_survives(&siege, simfs_killed(siege.first.fs, k), "killed after call", k);
                lose_power(&siege, k, &rng);
            }
        }
        violations = siege.violations;
        *states += siege.points;
        siege_release(&siege);
    }
    return violations > 0;
}

/* A step that is left out, a rename that is a copy, and a step behind a later one. */
#define WITHOUT(c_, f_) .mutant = {.kind = MUTANT_WITHOUT, .call = CALL_##c_, .file = (f_)}
#define COPY(f_)        .mutant = {.kind = MUTANT_COPY, .call = CALL_RENAME, .file = (f_)}
#define LATE(c_, f_)    .mutant.kind = MUTANT_LATE, .mutant.call = CALL_##c_, .mutant.file = (f_)
#define UNTIL(c_, f_)   .mutant.until = CALL_##c_, .mutant.until_file = (f_)

static void check_steps(const struct step *steps, size_t n)
{
    if (siege_target(100) < 100) {
        skip(); /* it is this test that is tested: once, in the release build */
    }
    for (size_t i = 0; i < n; i++) {
        uint64_t states;
        bool caught = is_caught(&steps[i], &states);
        print_message("%s: %s after %llu states\n", steps[i].name, caught ? "caught" : "not caught",
                      (unsigned long long)states);
        assert_int_equal(caught, !steps[i].is_free);
    }
}

static void test_every_sync_matters(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {"no sync of the log", WITHOUT(SYNC, "state/log.")},
        {"no sync of the input log", WITHOUT(SYNC, "state/in.")},
        {"no sync of a snapshot", WITHOUT(SYNC, "state/snap")},
        {"no sync of the MANIFEST", WITHOUT(SYNC, "state/MANIFEST")},
        {"no sync of the directory", WITHOUT(SYNC_DIRECTORY, "state")},
        {"no sync of what a sink writes aside", WITHOUT(SYNC, ".tmp")},
        {"no sync of a file that a sink appends to", WITHOUT(SYNC, "b.csv")},
        {"no sync of rejected rows", WITHOUT(SYNC, "state/dead.")},
        {"no sync of the sinks' folder", WITHOUT(SYNC_DIRECTORY, ".")},
    };
    check_steps(steps, sizeof steps / sizeof *steps);
}

static void test_every_rename_and_cut_matters(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {"no rename of the MANIFEST", WITHOUT(RENAME, "state/MANIFEST")},
        {"no rename of a snapshot", WITHOUT(RENAME, "state/snap")},
        {"no rename by a sink", WITHOUT(RENAME, "a.tmp")},
        {"the MANIFEST is written over", COPY("state/MANIFEST")},
        {"a snapshot is written in its place", COPY("state/snap"), .is_free = true},
        {"a sink's file is written over", COPY("a.tmp")},
        {"a torn input log is not cut", WITHOUT(TRUNCATE, "state/in."), .is_cut = true, .first = 2},
        {"a sink's file is not cut", WITHOUT(TRUNCATE, "b.csv")},
        {"rejected rows are not cut", WITHOUT(TRUNCATE, "state/dead.")},
        {"strays stay", WITHOUT(UNLINK, "state/"), .is_free = true},
    };
    check_steps(steps, sizeof steps / sizeof *steps);
}

static void test_every_order_matters(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {"the input log is synced behind INTENT", LATE(SYNC, "state/in."),
         UNTIL(SYNC, "state/log.")},
        {"INTENT is synced behind a sink's commit", LATE(SYNC, "state/log."),
         UNTIL(RENAME, "a.tmp")},
        {"a sink commits behind COMMIT", LATE(RENAME, "a.tmp"), UNTIL(WRITE, "state/log.")},
        {"rejected rows are synced behind COMMIT", LATE(SYNC, "state/dead."),
         UNTIL(SYNC, "state/log.")},
        {"COMMIT is synced behind the trimming of input", LATE(SYNC, "state/log."),
         UNTIL(UNLINK, "state/in.")},
        {"a snapshot gets its name behind the MANIFEST", LATE(RENAME, "state/snap"),
         UNTIL(RENAME, "state/MANIFEST")},
        {"a log is made behind the MANIFEST", LATE(LINK, "state/log."),
         UNTIL(RENAME, "state/MANIFEST")},
        {"the directory is synced behind the MANIFEST", LATE(SYNC_DIRECTORY, "state"),
         UNTIL(RENAME, "state/MANIFEST")},
        {"the MANIFEST is synced behind its rename", LATE(SYNC, "state/MANIFEST"),
         UNTIL(RENAME, "state/MANIFEST")},
        {"the MANIFEST is renamed behind the removal of the old log",
         LATE(RENAME, "state/MANIFEST"), UNTIL(UNLINK, "state/log.")},
        {"a snapshot is synced behind its rename", LATE(SYNC, "state/snap"),
         UNTIL(RENAME, "state/snap"), .is_free = true},
    };
    check_steps(steps, sizeof steps / sizeof *steps);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_power_loss),
        cmocka_unit_test(test_kill_behind_a_power_loss),
        cmocka_unit_test(test_every_sync_matters),
        cmocka_unit_test(test_every_rename_and_cut_matters),
        cmocka_unit_test(test_every_order_matters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
