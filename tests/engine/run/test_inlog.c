/* Tests of engine/run/inlog.h over simulated files. Record i is the byte i, RECORD_BYTES in its
 * file; a segment that has two is full. */
#include "engine/run/inlog.h"

#include "tests/engine/run/state_place.h"

enum {
    RECORD_BYTES = FRAME_HEAD_BYTES + 1,
    FIRST = FRAME_HEADER_BYTES, /* where the first record of a segment begins */
    SECOND = FIRST + RECORD_BYTES,
    FULL = SECOND + RECORD_BYTES,
};

static void begin(struct place *place)
{
    place_init(place);
    place_look(place);
}

static enum status append(struct place *place, struct inlog *log, uint8_t i)
{
    return inlog_append(log, 1, slice_of(&i, 1), &place->err);
}

/* Records 1 … n, synced. */
static void leave_log(struct place *place, uint8_t n)
{
    struct inlog log;
    inlog_init(&log, &place->dir, FULL);
    for (uint8_t i = 1; i <= n; i++) {
        assert_int_equal(append(place, &log, i), OK);
    }
    assert_int_equal(inlog_sync(&log, &place->err), OK);
    inlog_close(&log);
}

static enum status recover(struct place *place, struct inlog *log, struct inlog_mark from,
                           struct inlog_mark needed)
{
    struct bytebuf names = {0};
    const struct fs *fs = place->dir.fs;
    inlog_init(log, &place->dir, FULL);
    enum status status = fs->list(fs, place->dir.path, &names, &place->err);
    assert_int_equal(status, OK);
    status = inlog_recover(log, bytebuf_slice(&names), &from, &needed, &place->err);
    bytebuf_release(&names);
    return status;
}

/* What is given again is first … last, and nothing else; last < first: nothing is. */
static void assert_replay(struct inlog *log, uint8_t first, uint8_t last)
{
    struct slice payload;
    for (uint8_t i = first; i <= last; i++) {
        assert_true(inlog_replay(log, &payload));
        assert_int_equal(payload.len, 1);
        assert_int_equal(payload.at[0], i);
    }
    assert_false(inlog_replay(log, &payload));
    assert_false(inlog_replay(log, &payload));
}

static void assert_mark(struct inlog_mark mark, uint64_t segment, uint64_t bytes)
{
    assert_int_equal(mark.segment, segment);
    assert_int_equal(mark.bytes, bytes);
}

static struct inlog_mark mark_of(uint64_t segment, uint64_t bytes)
{
    return (struct inlog_mark){segment, bytes};
}

/* The file has its first `len` bytes only, and if there are fewer, zeros behind them. */
static void cut(struct place *place, const char *path, size_t len)
{
    struct bytebuf bytes = {0};
    struct slice file = place_file(place, path);
    bytebuf_add(&bytes, file.at, len < file.len ? len : file.len);
    while (bytes.len < len) {
        bytebuf_add_byte(&bytes, 0);
    }
    place_put(place, path, bytebuf_slice(&bytes));
    bytebuf_release(&bytes);
}

static void flip(struct place *place, const char *path, size_t at)
{
    struct bytebuf bytes = {0};
    struct slice file = place_file(place, path);
    bytebuf_add(&bytes, file.at, file.len);
    bytes.at[at] ^= 1;
    place_put(place, path, bytebuf_slice(&bytes));
    bytebuf_release(&bytes);
}

static void remove_file(struct place *place, const char *path)
{
    const struct fs *fs = place->dir.fs;
    assert_int_equal(fs->unlink(fs, path, &place->err), OK);
}

/* ---- life ---------------------------------------------------------------------------------------
 */

static void test_segments(void **state)
{
    (void)state;
    struct place place;
    struct inlog log;
    begin(&place);
    inlog_init(&log, &place.dir, FULL);
    assert_mark(inlog_end(&log), 1, 0);
    assert_int_equal(inlog_sync(&log, &place.err), OK); /* of nothing */
    assert_int_equal(simfs_n_calls(place.fs), 0);
    static const struct inlog_mark ends[] = {{1, SECOND},
                                             {1, FULL},
                                             {2, SECOND},
                                             {2, FULL},
                                             {3, SECOND}};
    for (uint8_t i = 1; i <= 5; i++) {
        assert_int_equal(append(&place, &log, i), OK);
        assert_mark(inlog_end(&log), ends[i - 1].segment, ends[i - 1].bytes);
    }
    inlog_close(&log);
    assert_int_equal(place_file(&place, "job/in.1").len, FULL);
    assert_int_equal(place_file(&place, "job/in.3").len, SECOND);
    inlog_close(&log);
    place_release(&place);
}

/* Without a size of its own a segment takes more than that. */
static void test_segments_are_large(void **state)
{
    (void)state;
    struct place place;
    struct inlog log;
    begin(&place);
    inlog_init(&log, &place.dir, 0);
    for (uint8_t i = 1; i <= 9; i++) {
        assert_int_equal(append(&place, &log, i), OK);
    }
    assert_mark(inlog_end(&log), 1, FIRST + 9 * RECORD_BYTES);
    inlog_close(&log);
    place_release(&place);
}

/* After a turn the next record begins a segment, and all before it can go. */
static void test_turning(void **state)
{
    (void)state;
    struct place place;
    struct inlog log;
    begin(&place);
    inlog_init(&log, &place.dir, FULL);
    inlog_turn(&log); /* there is nothing to turn away from */
    assert_mark(inlog_end(&log), 1, 0);
    assert_int_equal(append(&place, &log, 1), OK);
    assert_int_equal(inlog_sync(&log, &place.err), OK);
    inlog_turn(&log);
    inlog_turn(&log);
    const struct inlog_mark turned = inlog_end(&log);
    assert_mark(turned, 2, 0);
    assert_int_equal(inlog_trim(&log, &turned, &place.err), OK);
    assert_false(place_has(&place, "job/in.1"));
    inlog_close(&log);
    assert_int_equal(recover(&place, &log, turned, turned), OK); /* of no file at all */
    assert_replay(&log, 1, 0);
    assert_int_equal(append(&place, &log, 2), OK);
    assert_mark(inlog_end(&log), 2, SECOND);
    inlog_close(&log);
    place_release(&place);
}

static void test_trimming(void **state)
{
    (void)state;
    struct place place;
    struct inlog log;
    const struct inlog_mark third = {3, FIRST};
    begin(&place);
    inlog_init(&log, &place.dir, FULL);
    for (uint8_t i = 1; i <= 6; i++) {
        assert_int_equal(append(&place, &log, i), OK);
    }
    place_fault(&place, FAULT_IO, 1);
    assert_int_equal(inlog_trim(&log, &third, &place.err), ERR_IO);
    assert_io_failed(&place);
    assert_false(place_has(&place, "job/in.1"));
    assert_true(place_has(&place, "job/in.2"));
    place_heal(&place);
    assert_int_equal(inlog_trim(&log, &third, &place.err), OK); /* where it failed */
    assert_int_equal(inlog_trim(&log, &third, &place.err), OK);
    assert_false(place_has(&place, "job/in.2"));
    assert_true(place_has(&place, "job/in.3"));
    inlog_close(&log);
    place_release(&place);
}

/* Whatever call fails: what was synced is there, and what was written may be. */
static void test_each_call_fails(void **state)
{
    (void)state;
    bool fired = true;
    uint32_t at = 0;
    for (; fired; at++) {
        struct place place;
        struct inlog log;
        struct inlog_mark synced = {1, 0};
        uint8_t n_synced = 0;
        enum status status = OK;
        begin(&place);
        inlog_init(&log, &place.dir, FULL);
        place_fault(&place, FAULT_IO, at);
        for (uint8_t i = 1; i <= 4 && status == OK; i++) {
            status = append(&place, &log, i);
            status = status == OK ? inlog_sync(&log, &place.err) : status;
            if (status == OK) {
                synced = inlog_end(&log);
                n_synced = i;
            }
        }
        inlog_close(&log);
        fired = simfs_fired(place.fs);
        assert_int_equal(status, fired ? ERR_IO : OK);
        if (fired) {
            assert_io_failed(&place);
        }
        place_heal(&place);
        assert_int_equal(recover(&place, &log, mark_of(0, 0), synced), OK);
        const struct inlog_mark end = {log.segment, log.bytes};
        bool one_more = end.segment > synced.segment || end.bytes > synced.bytes;
        assert_replay(&log, 1, (uint8_t)(n_synced + (one_more && end.bytes > FIRST)));
        inlog_close(&log);
        place_release(&place);
    }
    /* Open, write, sync, sync of the directory; write, sync; both twice; and none. */
    assert_int_equal(at, 13);
}

/* A full segment is synced before the next one begins. */
static void test_the_sync_of_a_full_segment_fails(void **state)
{
    (void)state;
    struct place place;
    struct inlog log;
    begin(&place);
    inlog_init(&log, &place.dir, FULL);
    assert_int_equal(append(&place, &log, 1), OK);
    assert_int_equal(append(&place, &log, 2), OK);
    place_fault(&place, FAULT_IO, 0);
    assert_int_equal(append(&place, &log, 3), ERR_IO);
    assert_io_failed(&place);
    assert_false(place_has(&place, "job/in.2"));
    inlog_close(&log);
    place_release(&place);
}

/* ---- after a crash ------------------------------------------------------------------------------
 */

static void test_nothing_was_left(void **state)
{
    (void)state;
    struct place place;
    struct inlog log;
    begin(&place);
    assert_int_equal(recover(&place, &log, mark_of(0, 0), mark_of(0, 0)), OK);
    assert_replay(&log, 1, 0);
    assert_mark(inlog_end(&log), 1, 0);
    assert_int_equal(append(&place, &log, 1), OK);
    assert_true(place_has(&place, "job/in.1"));
    inlog_close(&log);
    place_release(&place);
}

/* From each border on, what is behind it is given again. */
static void test_what_is_behind_a_mark(void **state)
{
    (void)state;
    static const struct {
        struct inlog_mark from;
        uint8_t first;
    } cases[] = {{{0, 0}, 1},     {{1, 0}, 1},     {{1, FIRST}, 1}, {{1, SECOND}, 2},
                 {{1, FULL}, 3},  {{2, 0}, 3},     {{2, FIRST}, 3}, {{2, SECOND}, 4},
                 {{3, FIRST}, 5}, {{3, SECOND}, 6}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct place place;
        struct inlog log;
        begin(&place);
        leave_log(&place, 5);
        assert_int_equal(recover(&place, &log, cases[i].from, mark_of(3, SECOND)), OK);
        assert_replay(&log, cases[i].first, 5);
        assert_mark(inlog_end(&log), 3, SECOND);
        /* Segments in front are not needed any more. */
        assert_int_equal(place_has(&place, "job/in.1"), cases[i].from.segment <= 1);
        assert_int_equal(place_has(&place, "job/in.2"), cases[i].from.segment <= 2);
        assert_int_equal(append(&place, &log, 6), OK);
        assert_mark(inlog_end(&log), 3, FULL);
        inlog_close(&log);
        assert_int_equal(recover(&place, &log, mark_of(3, SECOND), mark_of(3, FULL)), OK);
        assert_replay(&log, 6, 6);
        inlog_close(&log);
        place_release(&place);
    }
}

/* What was not given again yet is not behind the log's end, and nothing is turned away from. */
static void test_the_end_while_replaying(void **state)
{
    (void)state;
    static const struct inlog_mark ends[] = {{1, SECOND},
                                             {1, FULL},
                                             {2, SECOND},
                                             {2, FULL},
                                             {3, SECOND}};
    struct place place;
    struct inlog log;
    struct slice payload;
    begin(&place);
    leave_log(&place, 5);
    assert_int_equal(recover(&place, &log, mark_of(1, 0), mark_of(3, SECOND)), OK);
    assert_mark(inlog_end(&log), 1, FIRST);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        assert_true(inlog_replay(&log, &payload));
        assert_mark(inlog_end(&log), ends[i].segment, ends[i].bytes);
        inlog_turn(&log);
    }
    assert_false(inlog_replay(&log, &payload));
    assert_mark(inlog_end(&log), 3, SECOND);
    inlog_close(&log);
    place_release(&place);
}

/* Cut at every byte of the last segment: whole records are kept and gone on behind. */
static void test_a_torn_end(void **state)
{
    (void)state;
    for (size_t len = 0; len <= FULL + 3; len++) {
        struct place place;
        struct inlog log;
        begin(&place);
        leave_log(&place, 4);
        cut(&place, "job/in.2", len);
        uint8_t last = len < SECOND ? 2 : len < FULL ? 3 : 4;
        uint64_t valid = len < FIRST ? 0 : len < SECOND ? FIRST : len < FULL ? SECOND : FULL;
        assert_int_equal(recover(&place, &log, mark_of(1, SECOND), mark_of(1, FULL)), OK);
        assert_replay(&log, 2, last);
        assert_mark(inlog_end(&log), 2, valid);
        uint8_t next = last + 1;
        assert_int_equal(append(&place, &log, next), OK);
        assert_int_equal(inlog_sync(&log, &place.err), OK);
        inlog_close(&log);
        assert_int_equal(recover(&place, &log, mark_of(0, 0), mark_of(1, FULL)), OK);
        assert_replay(&log, 1, next);
        inlog_close(&log);
        place_release(&place);
    }
}

/* A segment behind what is valid is removed; what is none of ours stays. */
static void test_strays(void **state)
{
    (void)state;
    struct place place;
    struct inlog log;
    begin(&place);
    leave_log(&place, 4);
    place_put(&place, "job/in.7", slice_text("of another life"));
    place_put(&place, "job/in.x", slice_text("of a person"));
    place_put(&place, "job/log.9", slice_text("of a log"));
    assert_int_equal(recover(&place, &log, mark_of(2, FIRST), mark_of(2, FIRST)), OK);
    assert_replay(&log, 3, 4);
    inlog_close(&log);
    assert_false(place_has(&place, "job/in.1"));
    assert_false(place_has(&place, "job/in.7"));
    assert_true(place_has(&place, "job/in.x"));
    assert_true(place_has(&place, "job/log.9"));
    place_release(&place);
}

/* A start whose call fails can be made again, and comes to the same. */
static void test_each_call_of_recovery_fails(void **state)
{
    (void)state;
    bool fired = true;
    uint32_t at = 0;
    for (; fired; at++) {
        struct place place;
        struct inlog log;
        begin(&place);
        leave_log(&place, 6);
        cut(&place, "job/in.3", FULL - 1);
        place_fault(&place, FAULT_IO, at + 1); /* the list of names is the caller's */
        enum status status = recover(&place, &log, mark_of(2, SECOND), mark_of(2, FULL));
        fired = simfs_fired(place.fs);
        assert_int_equal(status, fired ? ERR_IO : OK);
        if (fired) {
            assert_io_failed(&place);
        }
        inlog_close(&log);
        place_heal(&place);
        assert_int_equal(recover(&place, &log, mark_of(2, SECOND), mark_of(2, FULL)), OK);
        assert_replay(&log, 4, 5);
        assert_mark(inlog_end(&log), 3, SECOND);
        inlog_close(&log);
        place_release(&place);
    }
    /* Open and two reads of two segments; removal; open, truncate, both syncs; and none. */
    assert_int_equal(at, 12);
}

/* ---- what is refused ----------------------------------------------------------------------------
 */

static enum status verify(struct place *place, struct inlog_mark from, struct inlog_mark needed,
                          struct inlog_mark *end)
{
    struct bytebuf names = {0};
    const struct fs *fs = place->dir.fs;
    enum status status = fs->list(fs, place->dir.path, &names, &place->err);
    assert_int_equal(status, OK);
    status = inlog_verify(&place->dir, bytebuf_slice(&names), &from, &needed, end, &place->err);
    bytebuf_release(&names);
    return status;
}

/* To look and to go on come to the same, and neither has changed anything. */
static void assert_both_refuse(struct place *place, struct inlog_mark from,
                               struct inlog_mark needed, int exit_code, const char *text)
{
    struct inlog log;
    struct inlog_mark end;
    uint32_t calls = simfs_n_calls(place->fs);
    assert_int_equal(verify(place, from, needed, &end), ERR_STATE);
    assert_refused(place, exit_code, text);
    assert_int_equal(recover(place, &log, from, needed), ERR_STATE);
    assert_refused(place, exit_code, text);
    inlog_close(&log);
    assert_int_equal(simfs_n_calls(place->fs), calls);
}

static void test_looking_changes_nothing(void **state)
{
    (void)state;
    struct place place;
    struct inlog_mark end;
    begin(&place);
    leave_log(&place, 5);
    cut(&place, "job/in.3", FULL - 1);
    uint32_t calls = simfs_n_calls(place.fs);
    assert_int_equal(verify(&place, mark_of(2, SECOND), mark_of(3, SECOND), &end), OK);
    assert_mark(end, 3, SECOND);
    assert_int_equal(simfs_n_calls(place.fs), calls);
    place_release(&place);
}

static void test_what_is_missing(void **state)
{
    (void)state;
    struct place place;
    begin(&place);
    leave_log(&place, 6);
    remove_file(&place, "job/in.2");
    assert_both_refuse(&place, mark_of(2, FIRST), mark_of(2, SECOND), EXIT_FILE_MISSING,
                       "checkpoint \"job\", in.2: it is missing");
    assert_both_refuse(&place, mark_of(1, FIRST), mark_of(3, SECOND), EXIT_FILE_MISSING,
                       "in.2: it is missing");
    remove_file(&place, "job/in.3");
    assert_both_refuse(&place, mark_of(1, FIRST), mark_of(3, SECOND), EXIT_FILE_MISSING,
                       "in.2: it is missing");
    place_release(&place);
}

static void test_what_is_damaged(void **state)
{
    (void)state;
    struct place place;
    begin(&place);
    leave_log(&place, 6);
    cut(&place, "job/in.3", SECOND); /* whole records, but fewer */
    assert_both_refuse(&place, mark_of(2, FIRST), mark_of(3, FULL), EXIT_STATE_CORRUPT,
                       "in.3: it is damaged where an epoch needs it");
    flip(&place, "job/in.3", 0);
    assert_both_refuse(&place, mark_of(2, FIRST), mark_of(3, SECOND), EXIT_STATE_CORRUPT,
                       "in.3: it is damaged where an epoch needs it");
    flip(&place, "job/in.1", FULL - 1); /* there is a next one: it had been synced */
    assert_both_refuse(&place, mark_of(1, FIRST), mark_of(1, FIRST), EXIT_STATE_CORRUPT,
                       "in.1: it is damaged");
    place_release(&place);
}

/* A state that ends within a record, in front of the first, or behind what its own epoch needs: no
 * program has written that. */
static void test_marks_that_cannot_be(void **state)
{
    (void)state;
    static const struct {
        struct inlog_mark from;
        struct inlog_mark needed;
    } cases[] = {
        {{1, 1}, {2, FULL}},        {{1, FIRST - 1}, {2, FULL}}, {{1, FIRST + 1}, {2, FULL}},
        {{1, FULL - 1}, {2, FULL}}, {{1, FULL + 1}, {2, FULL}},  {{2, SECOND}, {2, FIRST}},
        {{2, SECOND}, {1, SECOND}}, {{9, 0}, {2, FULL}},         {{9, FIRST}, {2, FULL}},
        {{UINT64_MAX, 5}, {0, 0}},  {{0, 7}, {2, FULL}},
    };
    struct place place;
    begin(&place);
    leave_log(&place, 4);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_both_refuse(&place, cases[i].from, cases[i].needed, EXIT_STATE_CORRUPT,
                           "the state does not end where one of its records does");
    }
    place_release(&place);
}

/* A segment without a header that is right has nothing in it, whatever a state says of it. */
static void test_a_mark_in_an_empty_segment(void **state)
{
    (void)state;
    struct place place;
    struct inlog log;
    begin(&place);
    leave_log(&place, 1);
    flip(&place, "job/in.1", 3);
    assert_both_refuse(&place, mark_of(0, SECOND), mark_of(0, SECOND), EXIT_STATE_CORRUPT,
                       "in.1: the state does not end where one of its records does");
    assert_int_equal(recover(&place, &log, mark_of(1, 0), mark_of(1, 0)), OK);
    assert_replay(&log, 1, 0);
    assert_int_equal(append(&place, &log, 7), OK); /* it is made anew */
    inlog_close(&log);
    assert_int_equal(recover(&place, &log, mark_of(1, 0), mark_of(1, SECOND)), OK);
    assert_replay(&log, 7, 7);
    inlog_close(&log);
    place_release(&place);
}

/* Behind right checksums: records that do not follow each other, or are none of input, end what is
 * valid; so does a header of another segment. */
static void test_forged_records(void **state)
{
    (void)state;
    static const struct {
        uint64_t number;
        uint64_t seq;
        uint8_t type;
        uint64_t valid;
    } cases[] = {{1, 2, FRAME_INPUT, FULL},
                 {1, 3, FRAME_INPUT, SECOND},
                 {1, 1, FRAME_INPUT, SECOND},
                 {1, 2, FRAME_INTENT, SECOND},
                 {2, 2, FRAME_INPUT, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct place place;
        struct inlog_mark end;
        const struct frame frames[] = {
            {.epoch = 1, .seq = 1, .type = FRAME_INPUT, .payload = slice_text("a")},
            {.epoch = 1, .seq = cases[i].seq, .type = cases[i].type, .payload = slice_text("b")},
        };
        begin(&place);
        place_forge(&place, "job/in.1", FRAME_FILE_INPUT, cases[i].number, frames, 2);
        assert_int_equal(verify(&place, mark_of(1, 0), mark_of(1, 0), &end), OK);
        assert_mark(end, 1, cases[i].valid);
        if (cases[i].valid < FULL) {
            assert_both_refuse(&place, mark_of(1, 0), mark_of(1, FULL), EXIT_STATE_CORRUPT,
                               "in.1: it is damaged where an epoch needs it");
        }
        place_release(&place);
    }
}

TEST_MAIN(cmocka_unit_test(test_segments), cmocka_unit_test(test_segments_are_large),
          cmocka_unit_test(test_turning), cmocka_unit_test(test_trimming),
          cmocka_unit_test(test_each_call_fails),
          cmocka_unit_test(test_the_sync_of_a_full_segment_fails),
          cmocka_unit_test(test_nothing_was_left), cmocka_unit_test(test_what_is_behind_a_mark),
          cmocka_unit_test(test_the_end_while_replaying), cmocka_unit_test(test_a_torn_end),
          cmocka_unit_test(test_strays), cmocka_unit_test(test_each_call_of_recovery_fails),
          cmocka_unit_test(test_looking_changes_nothing), cmocka_unit_test(test_what_is_missing),
          cmocka_unit_test(test_what_is_damaged), cmocka_unit_test(test_marks_that_cannot_be),
          cmocka_unit_test(test_a_mark_in_an_empty_segment), cmocka_unit_test(test_forged_records))
