/* job.sql beside the state: whatever happens it is there whole or not at all, and it never keeps a
 * job from going on. */
#include "tests/crash/siege.h"
#include "tests/support/testing.h"

#include "engine/base/bytebuf.h"
#include "engine/run/job_text.h"

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

/* A job without a text keeps what is there, and has nothing to compare with it. */
static void test_no_text(void **state)
{
    (void)state;
    static const char text[] = "SELECT 1;\n";
    struct simfs *fs = simfs_new();
    struct hand_clock clock;
    struct state_dir dir;
    struct bytebuf diff = {0};
    struct slice file;
    hand_clock_init(&clock, 0);
    state_dir_look(&dir, simfs_interface(fs), &clock.clock, "state");
    assert_int_equal(job_text_keep(&dir, slice_of(NULL, 0), NULL), OK);
    assert_false(simfs_file(fs, "state/job.sql", &file));
    job_text_compare(&dir, slice_text(text), &diff);
    assert_int_equal(diff.len, 0);
    assert_int_equal(job_text_keep(&dir, slice_text(text), NULL), OK);
    assert_int_equal(job_text_keep(&dir, slice_of(NULL, 0), NULL), OK);
    assert_true(simfs_file(fs, "state/job.sql", &file));
    assert_true(slice_equal(file, slice_text(text)));
    job_text_compare(&dir, slice_of(NULL, 0), &diff);
    assert_int_equal(diff.len, 0);
    job_text_compare(&dir, slice_text("SELECT 2;\n"), &diff);
    assert_string_equal(bytebuf_text(&diff), "- SELECT 1;\n+ SELECT 2;\n");
    bytebuf_release(&diff);
    state_dir_close(&dir);
    simfs_free(fs);
}

/* Who only looks has the text of the generation, whether or not it has its name by now. */
static void test_it_is_looked_at(void **state)
{
    (void)state;
    struct simfs *fs = simfs_new();
    struct hand_clock clock;
    struct state_dir dir;
    struct bytebuf text = {0};
    simfs_put(fs, "state/job.sql", slice_text("before"));
    hand_clock_init(&clock, 0);
    state_dir_look(&dir, simfs_interface(fs), &clock.clock, "state");
    assert_int_equal(job_text_prepare(&dir, 3, slice_text("now"), NULL), OK);
    job_text_look(&dir, 2, &text); /* the MANIFEST does not name 3 yet */
    assert_string_equal(bytebuf_text(&text), "before");
    bytebuf_clear(&text);
    job_text_look(&dir, 3, &text);
    assert_string_equal(bytebuf_text(&text), "now");
    assert_int_equal(job_text_take(&dir, 3, NULL), OK);
    job_text_look(&dir, 3, &text);
    assert_string_equal(bytebuf_text(&text), "nownow");
    bytebuf_release(&text);
    state_dir_close(&dir);
    simfs_free(fs);
}

/* Whatever call fails while a text takes the place of another, it is one of the two. */
static void test_each_call_fails(void **state)
{
    (void)state;
    bool fired = true;
    for (uint32_t at = 0; fired; at++) {
        struct simfs *fs = simfs_new();
        struct hand_clock clock;
        struct state_dir dir;
        struct slice file;
        struct error err;
        const struct fault fault = {.kind = FAULT_IO, .at = at};
        simfs_put(fs, "state/job.sql", slice_text("before"));
        hand_clock_init(&clock, 0);
        error_clear(&err);
        state_dir_look(&dir, simfs_interface(fs), &clock.clock, "state");
        simfs_set_fault(fs, &fault);
        enum status status = job_text_prepare(&dir, 3, slice_text("now"), &err);
        status = status == OK ? job_text_take(&dir, 3, &err) : status;
        fired = simfs_fired(fs);
        assert_int_equal(status, fired ? ERR_IO : OK);
        assert_int_equal(err.exit_code, fired ? EXIT_IO_FAILED : 0);
        assert_true(simfs_file(fs, "state/job.sql", &file));
        assert_true(slice_equal(file, slice_text("now")) ||
                    (fired && slice_equal(file, slice_text("before"))));
        state_dir_close(&dir);
        simfs_free(fs);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_is_whole_or_not_there),
        cmocka_unit_test(test_damage_is_mended),
        cmocka_unit_test(test_no_text),
        cmocka_unit_test(test_it_is_looked_at),
        cmocka_unit_test(test_each_call_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
