/* A checkpoint that cannot be gone on from is refused with the exit code of exactly-once.md §7, and
 * nothing is guessed: each case damages, removes or exchanges something between two lives. */
#include "tests/crash/ledger_sink.h"
#include "tests/crash/siege.h"
#include "tests/support/testing.h"

#include "engine/base/bytebuf.h"

/* What is left of a run that was killed before its end, so that there is something to go on from.
 */
static struct simfs *leave(struct siege *siege, bool logged, bool small_files)
{
    const struct scenario scenario = {
        .seed = 5,
        .input = logged ? INPUT_LOGGED : INPUT_MEMORY,
        .query = 1,
        .lines = 60,
        .small_files = small_files,
    };
    siege_init(siege, &scenario);
    siege_begin(siege);
    return simfs_killed(siege->first.fs, siege->calls * 2 / 3);
}

/* Runs again after `file` was changed: `how` flips byte `at` if at >= 0, else the file is gone. */
static int exit_after(bool logged, const char *file, int64_t at)
{
    struct siege siege;
    struct simfs *left = leave(&siege, logged, false);
    struct simfs *changed = simfs_changed(left, file, at);
    assert_non_null(changed);
    struct life again = {.fs = changed};
    world_run(siege.world, &again);
    int exit_code = again.status == OK ? 0 : again.err.exit_code;
    simfs_free(changed);
    simfs_free(left);
    siege_release(&siege);
    return exit_code;
}

static void test_damage_is_refused(void **state)
{
    (void)state;
    assert_int_equal(exit_after(false, "state/MANIFEST", 10), 31); /* its format */
    assert_int_equal(exit_after(false, "state/MANIFEST", 20), 20);
    assert_int_equal(exit_after(false, "state/snap.1", 50), 21);
    assert_int_equal(exit_after(false, "state/log.1", 20), 21);
    assert_int_equal(exit_after(false, "state/log.1", 100), 21);
    assert_int_equal(exit_after(true, "state/in.1", 100), 21);
}

static void test_missing_files_are_refused(void **state)
{
    (void)state;
    assert_int_equal(exit_after(false, "state/snap.1", -1), 22);
    assert_int_equal(exit_after(false, "state/log.1", -1), 22);
    assert_int_equal(exit_after(false, "a", -1), 27);
}

/* The state directory of an earlier moment behind sinks that have gone on. */
static void test_old_checkpoint_is_refused(void **state)
{
    (void)state;
    struct siege siege;
    struct simfs *left = leave(&siege, false, false);
    struct simfs *early = simfs_killed(siege.first.fs, siege.calls / 4);
    struct slice ledger;
    assert_true(simfs_file(left, "a", &ledger));
    simfs_put(early, "a", ledger);
    struct life again = {.fs = early};
    world_run(siege.world, &again);
    assert_int_equal(again.err.exit_code, 28);
    simfs_free(early);
    simfs_free(left);
    siege_release(&siege);
}

/* A sink that has epochs, and no checkpoint: its epochs would be taken for those of the new job and
 * dropped. It has to be said that a new job is meant; then its rows come behind. */
static void test_new_job_behind_an_old_sink(void **state)
{
    (void)state;
    struct siege siege;
    struct slice ledger;
    struct slice grown;
    uint64_t epoch;
    uint64_t grown_epoch;
    simfs_free(leave(&siege, false, false));
    assert_true(simfs_file(siege.first.fs, "a", &ledger));
    struct simfs *fs = simfs_new();
    simfs_put(fs, "a", ledger);
    struct life again = {.fs = fs};
    world_run(siege.world, &again);
    assert_int_equal(again.err.exit_code, 28);
    assert_non_null(strstr(again.err.hint, "--new-state"));
    struct life fresh = {.fs = fs, .new_state = true};
    world_run(siege.world, &fresh);
    assert_int_equal(fresh.status, OK);
    assert_true(simfs_file(fs, "a", &grown));
    struct slice rows = ledger_rows(ledger, &epoch);
    struct slice grown_rows = ledger_rows(grown, &grown_epoch);
    assert_int_equal(grown_epoch, 2 * epoch);
    assert_int_equal(grown_rows.len, 2 * rows.len);
    assert_memory_equal(grown_rows.at + rows.len, rows.at, rows.len);
    simfs_free(fs);
    siege_release(&siege);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_damage_is_refused),
        cmocka_unit_test(test_missing_files_are_refused),
        cmocka_unit_test(test_old_checkpoint_is_refused),
        cmocka_unit_test(test_new_job_behind_an_old_sink),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
