/* Tests of engine/run/merge.h over simulated files: snap.1 and log.1 become snap.2. */
#include "engine/run/merge.h"

#include "engine/run/image.h"
#include "engine/run/joblog.h"
#include "engine/run/snapshot_file.h"
#include "engine/state/entries.h"
#include "tests/engine/run/state_place.h"

enum { EPOCHS = 4 };

/* The image of `epoch`: a feed, and a query that has put the number of the epoch. */
static void put_image(struct bytebuf *out, uint64_t epoch)
{
    struct bytebuf changes = {0};
    struct changelog log = {.out = &changes};
    const struct image_head head = {.input = {.segment = 1}, .n_feeds = 1, .n_queries = 1};
    changelog_operator(&log, 0, 1, slice_text("op"));
    changelog_put(&log, 0);
    changelog_put_number(&changes, epoch);
    changelog_value(&log);
    changelog_done(&log);
    changelog_end(&log);
    const struct image_feed feed = {.name = slice_text("s"), .offsets = slice_text("pos=1")};
    const struct image_query query = {.name = slice_text("q"), .changes = bytebuf_slice(&changes)};
    bytebuf_clear(out);
    image_begin(out, &head);
    image_put_feed(out, &feed);
    image_put_query(out, &query);
    bytebuf_release(&changes);
}

/* A snapshot of epoch 0 and a log of epochs 1 … EPOCHS; the image of one epoch may be damaged. */
static void leave_job(struct place *place, uint64_t damaged)
{
    struct bytebuf image = {0};
    struct joblog log;
    place_init(place);
    place_look(place);
    put_image(&image, 0);
    image.len -= damaged == 0;
    assert_int_equal(snapshot_file_write(&place->dir, 1, 0, bytebuf_slice(&image), &place->err),
                     OK);
    assert_int_equal(joblog_create(&log, &place->dir, 1, &place->err), OK);
    for (uint64_t epoch = 1; epoch <= EPOCHS; epoch++) {
        put_image(&image, epoch);
        image.len -= damaged == epoch;
        assert_int_equal(joblog_append(&log, FRAME_INTENT, epoch, slice_text("intent"),
                                       &place->err),
                         OK);
        assert_int_equal(joblog_append(&log, FRAME_COMMIT, epoch, bytebuf_slice(&image),
                                       &place->err),
                         OK);
    }
    assert_int_equal(joblog_sync(&log, &place->err), OK);
    joblog_close(&log);
    bytebuf_release(&image);
}

/* snap.2 is of that epoch and has the entries of all epochs before. */
static void assert_merged(struct place *place, const struct merge *merge, uint64_t epoch)
{
    struct bytebuf state = {0};
    struct arena arena;
    struct image image;
    struct entry entry;
    uint64_t of;
    arena_init(&arena);
    assert_int_equal(snapshot_file_read(&place->dir, 2, &of, &state, &place->err), OK);
    assert_int_equal(of, epoch);
    assert_int_equal(state.len, merge->bytes);
    assert_int_equal(image_read(&arena, bytebuf_slice(&state), &image, &place->err), OK);
    assert_true(slice_equal(image.feeds[0].offsets, slice_text("pos=1")));
    assert_true(image.queries[0].is_whole);
    struct entries *entries = entries_new();
    assert_true(entries_apply(entries, image.queries[0].changes));
    struct entries_walk walk = entries_walk(entries, 0);
    for (uint64_t i = 0; i <= epoch; i++) {
        struct reader in = reader_of(slice_of(NULL, 0));
        assert_true(entries_next(&walk, &entry));
        assert_int_equal(changelog_number(entry.key, &in), i);
    }
    assert_false(entries_next(&walk, &entry));
    entries_free(entries);
    arena_release(&arena);
    bytebuf_release(&state);
}

/* The log has gone on since the merge began: what is behind its epoch is not in it. */
static void test_up_to_an_epoch(void **state)
{
    (void)state;
    for (uint64_t epoch = 0; epoch <= EPOCHS; epoch++) {
        struct place place;
        struct merge merge = {0};
        leave_job(&place, UINT64_MAX);
        assert_false(merge_has_ended(&merge));
        merge_begin(&merge, &place.dir, 1, epoch, true);
        assert_false(merge_has_ended(&merge));
        merge_work_now(&merge);
        assert_true(merge_has_ended(&merge));
        uint32_t calls = simfs_n_calls(place.fs);
        merge_work_now(&merge); /* it is made once */
        assert_int_equal(simfs_n_calls(place.fs), calls);
        assert_int_equal(merge_take(&merge, &place.err), OK);
        assert_false(merge_has_ended(&merge));
        assert_merged(&place, &merge, epoch);
        place_release(&place);
    }
}

static void test_by_a_thread(void **state)
{
    (void)state;
    struct place place;
    struct merge merge = {0};
    leave_job(&place, UINT64_MAX);
    merge_begin(&merge, &place.dir, 1, EPOCHS, false);
    merge_release(&merge); /* waits for it */
    assert_merged(&place, &merge, EPOCHS);
    place_release(&place);
}

/* Whatever call fails, there is no new snapshot, and the old one is as it was. */
static void test_each_call_fails(void **state)
{
    (void)state;
    bool fired = true;
    uint32_t at = 0;
    for (; fired; at++) {
        struct place place;
        struct merge merge = {0};
        leave_job(&place, UINT64_MAX);
        place_fault(&place, FAULT_IO, at);
        merge_begin(&merge, &place.dir, 1, EPOCHS, true);
        merge_work_now(&merge);
        enum status status = merge_take(&merge, at % 2 == 0 ? &place.err : NULL);
        fired = simfs_fired(place.fs);
        assert_int_equal(status, fired ? ERR_IO : OK);
        assert_int_equal(place_has(&place, "job/snap.2"), !fired);
        if (fired && at % 2 == 0) {
            assert_io_failed(&place);
        }
        place_heal(&place);
        struct merge again = {0};
        merge_begin(&again, &place.dir, 1, EPOCHS, true);
        merge_work_now(&again);
        assert_int_equal(merge_take(&again, &place.err), OK);
        assert_merged(&place, &again, EPOCHS);
        place_release(&place);
    }
    assert_in_range(at, 10, 15);
}

static void assert_refuses(struct place *place, uint64_t epoch, int exit_code, const char *text)
{
    struct merge merge = {0};
    merge_begin(&merge, &place->dir, 1, epoch, true);
    merge_work_now(&merge);
    assert_int_equal(merge_take(&merge, &place->err), ERR_STATE);
    assert_refused(place, exit_code, text);
    assert_false(place_has(place, "job/snap.2"));
    place_release(place);
}

/* Files that have changed under the job. */
static void test_what_is_damaged(void **state)
{
    (void)state;
    struct place place;
    for (uint64_t epoch = 0; epoch <= EPOCHS; epoch++) {
        leave_job(&place, epoch);
        assert_refuses(&place, EPOCHS, EXIT_STATE_CORRUPT,
                       epoch == 0 ? "snap: the saved state is damaged"
                                  : "log: the saved state is damaged");
    }
    leave_job(&place, UINT64_MAX);
    assert_refuses(&place, EPOCHS + 1, EXIT_EPOCH_GAP, "log: it ends too early");
    leave_job(&place, UINT64_MAX);
    place_put(&place, "job/log.1", slice_text("none"));
    assert_refuses(&place, EPOCHS, EXIT_STATE_CORRUPT, "log.1: its header is damaged");
}

TEST_MAIN(cmocka_unit_test(test_up_to_an_epoch), cmocka_unit_test(test_by_a_thread),
          cmocka_unit_test(test_each_call_fails), cmocka_unit_test(test_what_is_damaged))
