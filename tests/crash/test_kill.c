/* kill -9 after every call that changes a file: what is left must be enough to go on, and every row
 * must be in every sink once. */
#include "tests/crash/world.h"
#include "tests/support/testing.h"

#include <stdio.h>

static void run(struct world *world, struct life *life, uint32_t call)
{
    world_run(world, life);
    if (life->status != OK) {
        print_message("after call %u: %s: %s\n", call, world_name(world), life->err.text);
    }
    assert_int_equal(life->status, OK);
}

static uint32_t kill_everywhere(const struct scenario *scenario)
{
    struct world *world = world_new(scenario);
    struct life first = {.fs = world_disk(world), .steps_max = scenario->stop_at};
    run(world, &first, 0);
    uint32_t calls = simfs_n_calls(first.fs);
    for (uint32_t k = 0; k <= calls; k++) {
        struct life again = {.fs = simfs_killed(first.fs, k)};
        run(world, &again, k);
        const char *wrong = world_check(world, again.fs);
        if (wrong != NULL) {
            print_message("after call %u: %s\n", k, wrong);
            print_message("%s\n", world_name(world));
        }
        assert_null(wrong);
        simfs_free(again.fs);
    }
    simfs_free(first.fs);
    world_free(world);
    return calls + 1;
}

static void test_kill(void **state)
{
    (void)state;
    uint32_t points = 0;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        const struct scenario scenario = {
            .seed = seed,
            .input = (enum input_kind)(seed % 3),
            .query = (uint32_t)seed % world_n_queries(),
            .lines = 60,
            .small_files = seed % 2 == 0,
            .stop_at = seed % 4 == 3 ? 12 : 0,
        };
        points += kill_everywhere(&scenario);
    }
    print_message("%u kill points\n", points);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_kill)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
