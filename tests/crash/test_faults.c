/* Calls that fail: the disk is full, the device does not answer, there are no descriptors left, a
 * write is short; once or from then on. The job stops with exit 4 (or gets by), and the next start,
 * whether the lights went out or not, comes to the same rows. */
#include "tests/crash/siege.h"
#include "tests/support/testing.h"

enum { FAULTS = 10000, FAULTS_AGAIN = 5000 };

static void check_failure(const struct siege *siege)
{
    if (siege->first.status == OK) {
        return;
    }
    assert_int_equal(siege->first.status, ERR_IO);
    assert_non_null(strstr(siege->first.err.text, "simulated"));
}

/* Fault number `at` of its kind in a run of its own. False: the run has no such call any more. */
static bool strike(const struct scenario *scenario, const struct fault *fault, struct rng *rng,
                   uint64_t *points)
{
    struct siege siege;
    siege_init(&siege, scenario);
    simfs_set_fault(siege.first.fs, fault);
    siege_begin(&siege);
    bool fired = simfs_fired(siege.first.fs);
    check_failure(&siege);
    if (fired) {
        const struct loss loss = {.kind = LOSS_RANDOM, .rng = rng};
        struct simfs *left = rng_once_in(rng, 2)
                                 ? simfs_killed(siege.first.fs, siege.calls)
                                 : simfs_power_loss(siege.first.fs, siege.calls, &loss);
        siege_survives(&siege, left, "fault", fault->at);
        (*points)++;
    }
    assert_int_equal(siege.violations, 0);
    siege_release(&siege);
    return fired;
}

static void test_faults(void **state)
{
    (void)state;
    static const enum fault_kind kinds[] = {FAULT_IO, FAULT_NO_SPACE, FAULT_NO_FILES, FAULT_SHORT};
    uint64_t points = 0;
    struct rng rng;
    rng_init(&rng);
    for (uint64_t number = 0; points < siege_target(FAULTS); number++) {
        const struct scenario scenario = siege_scenario(number);
        for (int i = 0; i < 8; i++) {
            struct fault fault = {.kind = kinds[i % 4], .sticky = i >= 4, .reads = i % 4 == 0};
            while (strike(&scenario, &fault, &rng, &points)) {
                fault.at++;
            }
            assert_true(fault.at > 0); /* the first one fired at least */
        }
    }
    print_message("%llu faults that fired, 0 violations\n", (unsigned long long)points);
}

/* The same while a start recovers from a kill. */
static void test_faults_in_recovery(void **state)
{
    (void)state;
    static const enum fault_kind kinds[] = {FAULT_IO, FAULT_NO_SPACE, FAULT_NO_FILES, FAULT_SHORT};
    uint64_t points = 0;
    struct rng rng;
    rng_init(&rng);
    for (uint64_t number = 0; points < siege_target(FAULTS_AGAIN); number++) {
        struct siege siege;
        const struct scenario scenario = siege_scenario(number);
        siege_init(&siege, &scenario);
        siege_begin(&siege);
        uint32_t k = (uint32_t)rng_below(&rng, siege.calls + 1);
        for (int i = 0; i < 8; i++) {
            struct fault fault = {.kind = kinds[i % 4], .sticky = i >= 4, .reads = i % 4 == 0};
            while (siege_survives_fault(&siege, simfs_killed(siege.first.fs, k), &fault)) {
                fault.at++;
                points++;
            }
        }
        assert_int_equal(siege.violations, 0);
        siege_release(&siege);
    }
    print_message("%llu faults while recovering, 0 violations\n", (unsigned long long)points);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_faults),
                                       cmocka_unit_test(test_faults_in_recovery)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
