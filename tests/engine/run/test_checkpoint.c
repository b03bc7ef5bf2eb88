/* Tests of engine/run/checkpoint.h over simulated files. */
#include "engine/run/checkpoint.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "engine/run/image.h"
#include "tests/support/simfs.h"
#include "tests/support/testing.h"

struct place {
    struct simfs *fs;
    struct hand_clock clock;
    struct checkpoint *cp;
    struct error err;
};

static void place_init(struct place *place, struct simfs *fs)
{
    *place = (struct place){.fs = fs};
    hand_clock_init(&place->clock, 1000 * US_PER_SECOND);
    error_clear(&place->err);
}

static enum status place_open(struct place *place, bool new_state)
{
    const struct checkpoint_options options = {
        .fs = simfs_interface(place->fs),
        .clock = &place->clock.clock,
        .path = "job",
        .text = slice_text("SELECT 1;"),
        .new_state = new_state,
    };
    return checkpoint_open(&options, &place->cp, &place->err);
}

static void place_close(struct place *place)
{
    checkpoint_close(place->cp);
    place->cp = NULL;
}

static void place_release(struct place *place)
{
    place_close(place);
    simfs_free(place->fs);
}

static bool has_file(const struct place *place, const char *path)
{
    struct slice bytes;
    return simfs_file(place->fs, path, &bytes);
}

#define ASSERT_OK(call_) assert_int_equal((call_), OK)

/* An image of nothing at all. */
static void put_image(struct bytebuf *out, uint64_t segment)
{
    const struct image_head head = {.input = {.segment = segment}};
    bytebuf_clear(out);
    image_begin(out, &head);
}

/* Goes on behind what was found, from the start of the input. */
static enum status place_continue(struct place *place)
{
    const struct inlog_mark start = {0, 0};
    return checkpoint_continue(place->cp, &start, &start, &place->err);
}

/* Generation 2 of a job with input, killed in epoch 4: its INTENT is there. */
static void leave_job(struct place *place)
{
    struct error *err = &place->err;
    place_init(place, simfs_new());
    ASSERT_OK(place_open(place, false));
    assert_true(checkpoint_found(place->cp)->is_fresh);
    ASSERT_OK(checkpoint_start(place->cp, 0, slice_text("image 0"), err));
    ASSERT_OK(checkpoint_input(place->cp, 1, slice_text("input"), err));
    ASSERT_OK(checkpoint_input_sync(place->cp, err));
    ASSERT_OK(checkpoint_intent(place->cp, 1, slice_text("intent 1"), err));
    ASSERT_OK(checkpoint_commit(place->cp, 1, slice_text("image 1"), err));
    ASSERT_OK(checkpoint_snapshot(place->cp, 2, slice_text("image 2"), err));
    ASSERT_OK(checkpoint_intent(place->cp, 3, slice_text("intent 3"), err));
    ASSERT_OK(checkpoint_commit(place->cp, 3, slice_text("image 3"), err));
    ASSERT_OK(checkpoint_intent(place->cp, 4, slice_text("intent 4"), err));
    place_close(place);
}

/* ---- what is found ------------------------------------------------------------------------------
 */

static void test_what_was_left_is_found(void **state)
{
    (void)state;
    struct place place;
    struct slice input;
    leave_job(&place);
    ASSERT_OK(place_open(&place, false));
    const struct checkpoint_found *found = checkpoint_found(place.cp);
    assert_false(found->is_fresh);
    assert_int_equal(found->epoch, 3);
    assert_int_equal(found->generation, 2);
    assert_true(slice_equal(found->snapshot, slice_text("image 2")));
    assert_int_equal(found->n_records, 3);
    assert_true(slice_equal(found->records[2].payload, slice_text("intent 4")));
    assert_true(found->has_intent);
    ASSERT_OK(place_continue(&place));
    assert_true(checkpoint_pending(place.cp, &input));
    assert_true(slice_equal(input, slice_text("input")));
    assert_false(checkpoint_pending(place.cp, &input));
    place_release(&place);
}

/* Without a MANIFEST only the beginnings of generation 1 may be there; they are removed. What is
 * not of a checkpoint is nobody's business. */
static void test_beginnings_of_a_checkpoint(void **state)
{
    (void)state;
    struct place place;
    place_init(&place, simfs_new());
    static const char *const names[] = {"job/snap.1",    "job/log.1",        "job/snap.tmp",
                                        "job/notes.txt", "job/MANIFEST.tmp", "job/job.sql.tmp"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        simfs_put(place.fs, names[i], slice_text("half of it"));
    }
    ASSERT_OK(place_open(&place, false));
    assert_true(checkpoint_found(place.cp)->is_fresh);
    ASSERT_OK(checkpoint_start(place.cp, 0, slice_text("image 0"), &place.err));
    assert_true(has_file(&place, "job/notes.txt"));
    assert_false(has_file(&place, "job/snap.tmp"));
    assert_false(has_file(&place, "job/MANIFEST.tmp"));
    assert_false(has_file(&place, "job/job.sql.tmp"));
    place_close(&place);
    ASSERT_OK(place_open(&place, false));
    assert_true(slice_equal(checkpoint_found(place.cp)->snapshot, slice_text("image 0")));
    place_release(&place);
}

/* Each call of the first generation fails once; what that leaves is begun anew. */
static void test_a_beginning_that_fails(void **state)
{
    (void)state;
    bool fired = true;
    uint32_t n_failed = 0;
    for (uint32_t at = 0; fired; at++) {
        struct place place;
        const struct fault fault = {.kind = FAULT_IO, .at = at};
        const struct fault none = {.kind = FAULT_NONE};
        place_init(&place, simfs_new());
        simfs_put(place.fs, "job/snap.tmp", slice_text("half of it"));
        ASSERT_OK(place_open(&place, false));
        simfs_set_fault(place.fs, &fault);
        enum status status = checkpoint_start(place.cp, 0, slice_text("image 0"), &place.err);
        fired = simfs_fired(place.fs);
        assert_int_equal(status, fired ? ERR_IO : OK);
        assert_int_equal(place.err.exit_code, fired ? EXIT_IO_FAILED : 0);
        n_failed += fired;
        place_close(&place);
        simfs_set_fault(place.fs, &none);
        ASSERT_OK(place_open(&place, false));
        if (checkpoint_found(place.cp)->is_fresh) {
            ASSERT_OK(checkpoint_start(place.cp, 0, slice_text("image 0"), &place.err));
        } else {
            assert_true(slice_equal(checkpoint_found(place.cp)->snapshot, slice_text("image 0")));
        }
        place_release(&place);
    }
    assert_true(n_failed > 12); /* the stray, job.sql, snap, log, the directory, MANIFEST */
}

/* Anything else without a MANIFEST was a checkpoint once, which is not begun anew unasked. */
static void test_a_manifest_that_is_gone(void **state)
{
    (void)state;
    static const char *const names[] = {"snap.2", "log.2", "in.1", "dead.1"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct place place;
        char path[20];
        char hint[80];
        snprintf(path, sizeof path, "job/%s", names[i]);
        snprintf(hint, sizeof hint, "\"%s\" is there, so it was a checkpoint", names[i]);
        place_init(&place, simfs_new());
        simfs_put(place.fs, path, slice_text("something"));
        assert_int_equal(place_open(&place, false), ERR_STATE);
        assert_int_equal(place.err.exit_code, EXIT_MANIFEST_BAD);
        assert_memory_equal(place.err.hint, hint, strlen(hint));
        assert_true(has_file(&place, path));
        ASSERT_OK(place_open(&place, true));
        assert_false(has_file(&place, path));
        place_release(&place);
    }
}

/* ---- --new-state --------------------------------------------------------------------------------
 */

static void assert_begins_anew(struct place *place)
{
    ASSERT_OK(place_open(place, true));
    assert_true(checkpoint_found(place->cp)->is_fresh);
    ASSERT_OK(checkpoint_start(place->cp, 9, slice_text("image 9"), &place->err));
    place_close(place);
    ASSERT_OK(place_open(place, false));
    assert_int_equal(checkpoint_found(place->cp)->epoch, 9);
    assert_int_equal(checkpoint_found(place->cp)->generation, 1);
    assert_false(has_file(place, "job/in.1"));
    assert_false(has_file(place, "job/snap.2"));
    place_close(place);
}

/* What is left in the middle of throwing away is the old checkpoint, none, the new one, or is
 * refused. */
static void check_thrown_away(struct place *place)
{
    enum status status = place_open(place, false);
    if (status != OK) {
        assert_int_equal(place->err.exit_code, EXIT_MANIFEST_BAD);
        assert_non_null(strstr(place->err.hint, "--new-state begins anew"));
    } else if (!checkpoint_found(place->cp)->is_fresh) {
        uint64_t epoch = checkpoint_found(place->cp)->epoch;
        assert_true(epoch == 3 || epoch == 9);
    }
    place_close(place);
    assert_begins_anew(place);
}

static void test_new_state_at_every_call(void **state)
{
    (void)state;
    struct place place;
    leave_job(&place);
    uint32_t before = simfs_n_calls(place.fs);
    assert_begins_anew(&place);
    for (uint32_t calls = before; calls <= simfs_n_calls(place.fs); calls++) {
        struct place again;
        const struct loss nothing = {.kind = LOSS_NONE};
        place_init(&again, simfs_power_loss(place.fs, calls, &nothing));
        check_thrown_away(&again);
        place_release(&again);
    }
    place_release(&place);
}

static void test_new_state_with_a_fault(void **state)
{
    (void)state;
    bool fired = true;
    uint32_t n_failed = 0;
    for (uint32_t at = 0; fired; at++) {
        struct place place;
        const struct fault fault = {.kind = FAULT_IO, .at = at};
        const struct fault none = {.kind = FAULT_NONE};
        leave_job(&place);
        simfs_set_fault(place.fs, &fault);
        enum status status = place_open(&place, true);
        fired = simfs_fired(place.fs);
        assert_int_equal(status, fired ? ERR_IO : OK);
        assert_int_equal(place.err.exit_code, fired ? EXIT_IO_FAILED : 0);
        n_failed += fired;
        place_close(&place);
        simfs_set_fault(place.fs, &none);
        check_thrown_away(&place);
        place_release(&place);
    }
    assert_true(n_failed >= 8); /* lock, MANIFEST, sync, four files of the job, job.sql */
}

/* ---- statements ---------------------------------------------------------------------------------
 */

static void assert_text(const struct place *place, const char *text)
{
    struct slice file;
    assert_true(simfs_file(place->fs, "job/job.sql", &file));
    assert_true(slice_equal(file, slice_text(text)));
}

static enum status place_settle(struct place *place, const char *given)
{
    TRY(place_open(place, false));
    return checkpoint_settle_text(place->cp, slice_text(given), &place->err);
}

/* Generation 3 has other statements; `fault` is of the calls that make it. */
static enum status change_text(struct place *place, const struct fault *fault)
{
    ASSERT_OK(place_open(place, false));
    ASSERT_OK(place_continue(place));
    checkpoint_set_text(place->cp, slice_text("SELECT 1;"));
    assert_false(checkpoint_text_waits(place->cp)); /* they are what is there */
    checkpoint_set_text(place->cp, slice_text("SELECT 2;"));
    assert_true(checkpoint_text_waits(place->cp));
    simfs_set_fault(place->fs, fault);
    return checkpoint_snapshot(place->cp, 4, slice_text("image 4"), &place->err);
}

static const struct fault no_fault = {.kind = FAULT_NONE};

/* The next start has the statements of the generation that counts. */
static void check_text(struct place *place)
{
    ASSERT_OK(place_settle(place, ""));
    assert_text(place, checkpoint_generation(place->cp) == 3 ? "SELECT 2;" : "SELECT 1;");
    ASSERT_OK(place_continue(place));
    assert_false(has_file(place, "job/job.3"));
}

static void test_statements_come_with_their_snapshot(void **state)
{
    (void)state;
    bool fired = true;
    for (uint32_t at = 0; fired; at++) {
        struct place place;
        const struct fault fault = {.kind = FAULT_IO, .at = at};
        leave_job(&place);
        enum status status = change_text(&place, &fault);
        fired = simfs_fired(place.fs);
        assert_int_equal(status, fired ? ERR_IO : OK);
        assert_int_equal(place.err.exit_code, fired ? EXIT_IO_FAILED : 0);
        assert_true(fired || !checkpoint_text_waits(place.cp));
        place_close(&place);
        simfs_set_fault(place.fs, &no_fault);
        check_text(&place);
        place_release(&place);
    }
}

/* Killed when generation 3 counted and its statements were not in job.sql yet. */
static void leave_between(struct place *place)
{
    struct place whole;
    leave_job(&whole);
    uint32_t calls = simfs_n_calls(whole.fs);
    ASSERT_OK(change_text(&whole, &no_fault));
    bool found = false;
    for (; !found; calls++) {
        assert_true(calls <= simfs_n_calls(whole.fs));
        place_init(place, simfs_killed(whole.fs, calls));
        ASSERT_OK(place_open(place, false));
        found = checkpoint_generation(place->cp) == 3 && has_file(place, "job/job.3");
        place_close(place);
        if (!found) {
            check_text(place);
            place_release(place);
        }
    }
    assert_text(place, "SELECT 1;");
    place_release(&whole);
}

/* They go there with the next start, which is refused if it is given those from before. */
static void test_statements_are_settled(void **state)
{
    (void)state;
    struct place place;
    const struct fault fault = {.kind = FAULT_IO, .at = 1}; /* job.sql is read, then replaced */
    leave_between(&place);
    assert_int_equal(place_settle(&place, "SELECT 1;"), ERR_STATE);
    assert_int_equal(place.err.exit_code, EXIT_QUERY_CHANGED);
    assert_text(&place, "SELECT 2;");
    place_close(&place);
    ASSERT_OK(place_settle(&place, "SELECT 2;"));
    place_release(&place);
    leave_between(&place);
    ASSERT_OK(place_open(&place, false));
    simfs_set_fault(place.fs, &fault);
    assert_int_equal(checkpoint_settle_text(place.cp, slice_text("SELECT 2;"), &place.err), ERR_IO);
    assert_int_equal(place.err.exit_code, EXIT_IO_FAILED);
    simfs_set_fault(place.fs, &no_fault);
    place_close(&place);
    ASSERT_OK(place_settle(&place, "SELECT 2;"));
    assert_text(&place, "SELECT 2;");
    place_release(&place);
}

/* ---- order --------------------------------------------------------------------------------------
 */

static enum status order_of(const struct frame *records, uint32_t n, struct error *err)
{
    struct frame copy[4];
    struct state_dir dir;
    memcpy(copy, records, n * sizeof *records);
    const struct joblog_found found = {.records = copy, .n = n};
    state_dir_look(&dir, NULL, NULL, "job");
    error_clear(err);
    enum status status = checkpoint_order(&dir, 5, &found, err);
    state_dir_close(&dir);
    return status;
}

static void test_order_of_records(void **state)
{
    (void)state;
    struct error err;
    const struct frame right[] = {{.epoch = 6, .type = FRAME_INTENT},
                                  {.epoch = 6, .type = FRAME_COMMIT},
                                  {.epoch = 7, .type = FRAME_INTENT}};
    static const struct {
        uint32_t at;
        struct frame record;
    } wrong[] = {
        {0, {.epoch = 7, .type = FRAME_INTENT}}, {0, {.epoch = 6, .type = FRAME_COMMIT}},
        {0, {.epoch = 6, .type = FRAME_META}},   {1, {.epoch = 6, .type = FRAME_INTENT}},
        {1, {.epoch = 6, .type = FRAME_INPUT}},  {1, {.epoch = 7, .type = FRAME_COMMIT}},
        {2, {.epoch = 6, .type = FRAME_INTENT}}, {2, {.epoch = 7, .type = FRAME_COMMIT}},
    };
    for (uint32_t n = 0; n <= 3; n++) {
        ASSERT_OK(order_of(right, n, &err));
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct frame records[3];
        memcpy(records, right, sizeof right);
        records[wrong[i].at] = wrong[i].record;
        assert_int_equal(order_of(records, 3, &err), ERR_STATE);
        assert_int_equal(err.exit_code, EXIT_EPOCH_GAP);
    }
    assert_string_equal(err.text, "checkpoint \"job\", log: record 3 is of epoch 7, not 7");
}

static void test_a_gap_is_refused(void **state)
{
    (void)state;
    struct place place;
    leave_job(&place);
    ASSERT_OK(place_open(&place, false));
    ASSERT_OK(place_continue(&place));
    ASSERT_OK(checkpoint_commit(place.cp, 4, slice_text("image 4"), &place.err));
    ASSERT_OK(checkpoint_intent(place.cp, 6, slice_text("intent 6"), &place.err));
    place_close(&place);
    assert_int_equal(place_open(&place, false), ERR_STATE);
    assert_int_equal(place.err.exit_code, EXIT_EPOCH_GAP);
    assert_non_null(strstr(place.err.text, "record 5 is of epoch 6, not 5"));
    place_release(&place);
}

/* ---- merging ------------------------------------------------------------------------------------
 */

static void one_epoch(struct place *place, uint64_t epoch, struct bytebuf *image)
{
    put_image(image, epoch);
    ASSERT_OK(checkpoint_intent(place->cp, epoch, slice_text("intent"), &place->err));
    ASSERT_OK(checkpoint_commit(place->cp, epoch, bytebuf_slice(image), &place->err));
}

/* A thread makes the snapshot; what is logged meanwhile is in the next generation's log. */
static void test_a_merge_beside(void **state)
{
    (void)state;
    struct place place;
    struct bytebuf image = {0};
    struct bytebuf expected = {0};
    place_init(&place, simfs_new());
    ASSERT_OK(place_open(&place, false));
    put_image(&image, 0);
    ASSERT_OK(checkpoint_start(place.cp, 0, bytebuf_slice(&image), &place.err));
    one_epoch(&place, 1, &image);
    assert_false(checkpoint_has_merged(place.cp));
    checkpoint_merge(place.cp, 1, false);
    assert_true(checkpoint_merges(place.cp));
    while (!checkpoint_has_merged(place.cp)) { /* the files are not for two threads */
        sched_yield();
    }
    one_epoch(&place, 2, &image);
    ASSERT_OK(checkpoint_take_merged(place.cp, &place.err));
    assert_false(checkpoint_merges(place.cp));
    assert_int_equal(checkpoint_generation(place.cp), 2);
    place_close(&place);
    ASSERT_OK(place_open(&place, false));
    const struct checkpoint_found *found = checkpoint_found(place.cp);
    put_image(&expected, 1);
    assert_true(slice_equal(found->snapshot, bytebuf_slice(&expected)));
    assert_int_equal(found->n_records, 2);
    assert_true(slice_equal(found->records[1].payload, bytebuf_slice(&image)));
    assert_int_equal(found->epoch, 2);
    bytebuf_release(&expected);
    bytebuf_release(&image);
    place_release(&place);
}

TEST_MAIN(cmocka_unit_test(test_what_was_left_is_found),
          cmocka_unit_test(test_beginnings_of_a_checkpoint),
          cmocka_unit_test(test_a_beginning_that_fails),
          cmocka_unit_test(test_a_manifest_that_is_gone),
          cmocka_unit_test(test_new_state_at_every_call),
          cmocka_unit_test(test_new_state_with_a_fault),
          cmocka_unit_test(test_statements_come_with_their_snapshot),
          cmocka_unit_test(test_statements_are_settled), cmocka_unit_test(test_order_of_records),
          cmocka_unit_test(test_a_gap_is_refused), cmocka_unit_test(test_a_merge_beside))
