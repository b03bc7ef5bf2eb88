/* CHECKPOINT: when it returns, everything is in a snapshot of its own, so that a kill right behind
 * it loses nothing and leaves nothing to compute again. */
#include <inttypes.h>
#include <stdio.h>

#include "tests/crash/world.h"
#include "tests/support/testing.h"

static struct world *run_with_checkpoint(enum input_kind input, uint32_t at, struct life *life)
{
    const struct scenario scenario = {.seed = 9, .input = input, .query = 0, .lines = 60};
    struct world *world = world_new(&scenario);
    *life = (struct life){.fs = world_disk(world), .checkpoint_at = at};
    world_run(world, life);
    assert_int_equal(life->status, OK);
    assert_null(world_check(world, life->fs));
    return world;
}

static void check_snapshot(const struct simfs *fs, const struct checkpoint_written *written)
{
    char path[40];
    struct slice file;
    snprintf(path, sizeof path, "state/snap.%" PRIu64, written->generation);
    assert_true(simfs_file(fs, path, &file));
    assert_true(file.len > written->bytes);
}

static void test_it_is_there_when_it_returns(void **state)
{
    (void)state;
    for (uint32_t at = 1; at < 12; at++) {
        struct life life;
        struct world *world = run_with_checkpoint(INPUT_MEMORY, at, &life);
        struct simfs *left = simfs_killed(life.fs, life.calls);
        assert_true(life.written.generation >= 2);
        check_snapshot(left, &life.written);
        struct life again = {.fs = left};
        world_run(world, &again);
        assert_int_equal(again.status, OK);
        assert_null(world_check(world, left));
        simfs_free(left);
        simfs_free(life.fs);
        world_free(world);
    }
}

/* Of a power loss only what was synced is left. */
static void test_it_survives_power_loss(void **state)
{
    (void)state;
    struct life life;
    struct world *world = run_with_checkpoint(INPUT_LOGGED, 7, &life);
    const struct loss nothing = {.kind = LOSS_NONE};
    struct simfs *left = simfs_power_loss(life.fs, life.calls, &nothing);
    struct life again = {.fs = left};
    assert_true(life.written.epoch > 0);
    check_snapshot(left, &life.written);
    world_run(world, &again);
    assert_int_equal(again.status, OK);
    assert_null(world_check(world, left));
    simfs_free(left);
    simfs_free(life.fs);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_is_there_when_it_returns),
        cmocka_unit_test(test_it_survives_power_loss),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
