/* CHECKPOINT: when it returns, everything is in a snapshot of its own, so that a kill right behind
 * it loses nothing and leaves nothing to compute again. A stop takes such a snapshot, too: nothing
 * of the input log is left behind it. */
#include <inttypes.h>
#include <stdio.h>

#include "engine/run/state_dir.h"
#include "tests/crash/stage.h"
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

static bool has_input(const struct simfs *fs)
{
    const struct fs *files = simfs_interface(fs);
    struct bytebuf names = {0};
    bool found = false;
    if (files->list(files, "state", &names, NULL) != OK) {
        return false; /* killed before there was a directory */
    }
    struct slice left = bytebuf_slice(&names);
    for (const char *name; names_next(&left, &name);) {
        uint64_t number;
        found |= state_dir_number(name, "in", &number);
    }
    bytebuf_release(&names);
    return found;
}

/* Whether something came since the last snapshot or not. */
static void test_a_stop_leaves_no_input(void **state)
{
    (void)state;
    for (uint32_t at = 3; at < 12; at++) {
        const struct scenario scenario = {.seed = 9, .input = INPUT_LOGGED, .lines = 60};
        struct world *world = world_new(&scenario);
        struct life life = {
            .fs = world_disk(world),
            .steps_max = 11,
            .checkpoint_at = at < 11 ? at : 0,
        };
        bool was_there = false;
        world_run(world, &life);
        assert_int_equal(life.status, OK);
        for (uint32_t k = 0; k < simfs_n_calls(life.fs); k++) {
            struct simfs *left = simfs_killed(life.fs, k);
            was_there |= has_input(left);
            simfs_free(left);
        }
        assert_true(was_there);
        assert_false(has_input(life.fs));
        struct life again = {.fs = life.fs, .sent = life.sent, .had = life.had};
        world_run(world, &again);
        assert_int_equal(again.status, OK);
        assert_null(world_check(world, life.fs));
        assert_false(has_input(life.fs));
        simfs_free(life.fs);
        world_free(world);
    }
}

/* Nobody asks, and none is made while the log is smaller than the last one: what changes is small
 * then. */
static void test_none_is_made_of_a_small_log(void **state)
{
    (void)state;
    enum { KEYS = 300 };
    struct stage stage;
    struct bytebuf rows = {0};
    struct checkpoint_written first;
    struct checkpoint_written second;
    struct simfs *fs = simfs_new();
    stage_init(&stage, fs);
    stage.config.log_bytes_min = 1;
    for (int i = 0; i < KEYS; i++) {
        bytebuf_printf(&rows, "2026-01-05T09:00:01Z,key%d\n", i);
    }
    memory_feed_add(stage_feed(&stage, "s"), 0, bytebuf_slice(&rows));
    assert_int_equal(stage_start(&stage,
                                 "CREATE SINK a TO 'ledger:a'; CREATE STREAM s (ts TIMESTAMP, k "
                                 "TEXT, WATERMARK ts DELAY 1h) FROM 'memory:s' FORMAT csv; INSERT "
                                 "INTO a SELECT k, count(*) FROM s GROUP BY k WINDOW 1m;"),
                     OK);
    assert_int_equal(stage_steps(&stage, 4, US_PER_SECOND), OK);
    assert_int_equal(job_checkpoint_now(stage.job, &first, &stage.err), OK);
    assert_true(first.bytes > KEYS * 10);
    memory_feed_add(stage_feed(&stage, "s"), 0, slice_text("2026-01-05T09:00:02Z,key7\n"));
    assert_int_equal(stage_steps(&stage, 4, US_PER_SECOND), OK);
    assert_int_equal(job_checkpoint_now(stage.job, &second, &stage.err), OK);
    assert_int_equal(second.epoch, first.epoch + 1);
    assert_int_equal(second.generation, first.generation + 1);
    stage_release(&stage);
    simfs_free(fs);
    bytebuf_release(&rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_is_there_when_it_returns),
        cmocka_unit_test(test_it_survives_power_loss),
        cmocka_unit_test(test_a_stop_leaves_no_input),
        cmocka_unit_test(test_none_is_made_of_a_small_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
