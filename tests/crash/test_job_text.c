/* job.sql beside the state: whatever happens it is there whole or not at all, and it never keeps a
 * job from going on. */
#include "tests/crash/siege.h"
#include "tests/support/testing.h"

#include "engine/base/bytebuf.h"

static const struct scenario scenario = {.seed = 3, .input = INPUT_MEMORY, .query = 1, .lines = 40};

static bool is_whole(const struct simfs *fs, struct slice wanted)
{
    struct slice text;
    return !simfs_file(fs, "state/job.sql", &text) || slice_equal(text, wanted);
}

static void test_it_is_whole_or_not_there(void **state)
{
    (void)state;
    struct siege siege;
    struct slice text;
    uint32_t with = 0;
    siege_init(&siege, &scenario);
    siege_begin(&siege);
    assert_true(simfs_file(siege.first.fs, "state/job.sql", &text));
    for (uint32_t calls = 0; calls <= siege.calls; calls++) {
        for (enum loss_kind kind = LOSS_NONE; kind <= LOSS_BYTES; kind++) {
            struct simfs *left =
                simfs_power_loss(siege.first.fs, calls, &(struct loss){.kind = kind});
            struct slice found;
            assert_true(is_whole(left, text));
            /* Where a MANIFEST counts, the text is there. */
            bool counts = simfs_file(left, "state/MANIFEST", &found);
            assert_true(!counts || simfs_file(left, "state/job.sql", &found));
            with += counts;
            simfs_free(left);
        }
    }
    assert_true(with > siege.calls);
    siege_release(&siege);
}

/* It is text for people: gone or changed by hand, it is written again. */
static void test_damage_is_mended(void **state)
{
    (void)state;
    struct siege siege;
    struct slice text;
    struct slice again;
    siege_init(&siege, &scenario);
    siege_begin(&siege);
    assert_true(simfs_file(siege.first.fs, "state/job.sql", &text));
    struct simfs *left = simfs_killed(siege.first.fs, siege.calls / 2);
    for (int64_t at = -1; at < 1; at++) {
        struct simfs *changed = simfs_changed(left, "state/job.sql", at);
        struct life life = {.fs = changed};
        world_run(siege.world, &life);
        assert_int_equal(life.status, OK);
        assert_null(world_check(siege.world, changed));
        assert_true(simfs_file(changed, "state/job.sql", &again));
        assert_true(slice_equal(again, text));
        simfs_free(changed);
    }
    simfs_free(left);
    siege_release(&siege);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_is_whole_or_not_there),
        cmocka_unit_test(test_damage_is_mended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
