/* kill -9 after every call that changes a file, and again while the next start recovers: what is
 * left must be enough to go on, and every row must be in every sink once. */
#include "tests/crash/siege.h"
#include "tests/support/testing.h"

enum { KILLS = 10000, DOUBLE_KILLS = 2000, SECOND_KILLS = 12 };

static void test_kill_after_every_call(void **state)
{
    (void)state;
    uint64_t points = 0;
    uint64_t merges = 0;
    for (uint64_t number = 0; points < siege_target(KILLS); number++) {
        struct siege siege;
        const struct scenario scenario = siege_scenario(number);
        siege_init(&siege, &scenario);
        siege_begin(&siege);
        assert_int_equal(siege.first.status, OK);
        merges += siege.first.merges;
        for (uint32_t k = 0; k <= siege.calls; k++) {
            siege_survives(&siege, simfs_killed(siege.first.fs, k), "killed after call", k);
        }
        assert_int_equal(siege.violations, 0);
        points += siege.points;
        siege_release(&siege);
    }
    assert_true(merges > 0);
    print_message("%llu kill points in lives with %llu merges, 0 violations\n",
                  (unsigned long long)points, (unsigned long long)merges);
}

static void test_kill_in_recovery(void **state)
{
    (void)state;
    uint64_t points = 0;
    for (uint64_t number = 0; points < siege_target(DOUBLE_KILLS); number++) {
        struct siege siege;
        const struct scenario scenario = siege_scenario(number);
        siege_init(&siege, &scenario);
        siege_begin(&siege);
        for (uint32_t k = (uint32_t)number % 7; k <= siege.calls; k += 7) {
            siege_survives_twice(&siege, simfs_killed(siege.first.fs, k), k, SECOND_KILLS);
        }
        assert_int_equal(siege.violations, 0);
        points += siege.points;
        siege_release(&siege);
    }
    print_message("%llu double crashes, 0 violations\n", (unsigned long long)points);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kill_after_every_call),
        cmocka_unit_test(test_kill_in_recovery),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
