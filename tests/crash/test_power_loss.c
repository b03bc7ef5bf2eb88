/* Power off after every call: of what was not synced, anything may be lost, torn or zero. And the
 * other way round: with any of the syncs that matter taken away, some state must be wrong; a test
 * that cannot tell would prove nothing. */
#include "tests/crash/siege.h"
#include "tests/support/testing.h"

enum { STATES = 10000, MUTANT_STATES_MAX = 6000, RANDOM_LOSSES = 2, UNSYNCED_MAX = 12 };

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

/* True if some state is wrong without that step. */
static bool is_caught(const struct mutant *mutant, uint64_t *states)
{
    struct rng rng;
    rng_init(&rng);
    uint64_t violations = 0;
    *states = 0;
    for (uint64_t number = 0; violations == 0 && *states < MUTANT_STATES_MAX; number++) {
        struct siege siege;
        const struct scenario scenario = siege_scenario(number);
        siege_init(&siege, &scenario);
        siege.mutant = *mutant;
        siege.quiet = true;
        siege_begin(&siege);
        for (uint32_t k = 0; k <= siege.calls && siege.violations == 0; k++) {
            lose_power(&siege, k, &rng);
        }
        violations = siege.violations;
        *states += siege.points;
        siege_release(&siege);
    }
    return violations > 0;
}

static void test_every_sync_matters(void **state)
{
    (void)state;
    static const struct {
        struct mutant mutant;
        const char *name;
    } steps[] = {
        {{MUTANT_NO_SYNC, "state/log."}, "sync of the log"},
        {{MUTANT_NO_SYNC, "state/in."}, "sync of the input log"},
        {{MUTANT_NO_SYNC, "state/snap"}, "sync of a snapshot"},
        {{MUTANT_NO_SYNC, "state/MANIFEST"}, "sync of the MANIFEST"},
        {{MUTANT_NO_DIRECTORY_SYNC, "state"}, "sync of the directory"},
        {{MUTANT_NO_SYNC, ".tmp"}, "sync of what a sink commits"},
    };
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        uint64_t states;
        bool caught = is_caught(&steps[i].mutant, &states);
        print_message("without the %s: %s after %llu states\n", steps[i].name,
                      caught ? "caught" : "NOT CAUGHT", (unsigned long long)states);
        assert_true(caught);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_power_loss),
        cmocka_unit_test(test_every_sync_matters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
