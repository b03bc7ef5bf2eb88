/* Tests of engine/run/joblog.h over simulated files. */
#include "engine/run/joblog.h"

#include "tests/engine/run/state_place.h"

static const char *const path = "job/log.1";

static void begin(struct place *place)
{
    place_init(place);
    place_look(place);
}

/* Record i is of epoch i and has i bytes. */
static enum status append(struct place *place, struct joblog *log, uint32_t i)
{
    uint8_t bytes[64];
    memset(bytes, (int)i, sizeof bytes);
    return joblog_append(log, i % 2 == 1 ? FRAME_INTENT : FRAME_COMMIT, i, slice_of(bytes, i),
                         &place->err);
}

static void leave_log(struct place *place, uint32_t n)
{
    struct joblog log;
    assert_int_equal(joblog_create(&log, &place->dir, 1, &place->err), OK);
    for (uint32_t i = 1; i <= n; i++) {
        assert_int_equal(append(place, &log, i), OK);
    }
    assert_int_equal(joblog_sync(&log, &place->err), OK);
    joblog_close(&log);
}

/* Reads it; there are n records, as append wrote them. */
static void assert_log(struct place *place, uint32_t n)
{
    struct joblog_found found;
    assert_int_equal(joblog_read(&place->dir, 1, &found, &place->err), OK);
    assert_int_equal(found.n, n);
    for (uint32_t i = 1; i <= n; i++) {
        const struct frame *record = &found.records[i - 1];
        assert_int_equal(record->epoch, i);
        assert_int_equal(record->seq, i);
        assert_int_equal(record->type, i % 2 == 1 ? FRAME_INTENT : FRAME_COMMIT);
        assert_int_equal(record->payload.len, i);
        assert_true(record->payload.at[0] == i && record->payload.at[i - 1] == i);
    }
    joblog_found_release(&found);
}

static enum status read_status(struct place *place, uint32_t *n)
{
    struct joblog_found found = {.n = 77};
    enum status status = joblog_read(&place->dir, 1, &found, &place->err);
    *n = found.n; /* untouched on failure */
    assert_true(status == OK || found.n == 77);
    if (status == OK) {
        joblog_found_release(&found);
    }
    return status;
}

static void test_records_are_read_as_written(void **state)
{
    (void)state;
    for (uint32_t n = 0; n <= 9; n++) {
        struct place place;
        begin(&place);
        leave_log(&place, n);
        assert_log(&place, n);
        place_release(&place);
    }
}

static void test_a_log_that_was_never_made(void **state)
{
    (void)state;
    struct place place;
    struct joblog log = {.fd = -1};
    uint32_t n;
    begin(&place);
    joblog_close(&log);
    joblog_close(&log);
    assert_int_equal(read_status(&place, &n), ERR_STATE);
    assert_refused(&place, EXIT_FILE_MISSING, "log.1: it is missing");
    place_release(&place);
}

/* ---- what a crash leaves ------------------------------------------------------------------------
 */

/* Cut at every byte: whole records in front are kept, what is torn is cut off for good, and what is
 * appended then stands where it would have stood. */
static void test_going_on_behind_a_torn_end(void **state)
{
    (void)state;
    struct place whole;
    begin(&whole);
    leave_log(&whole, 3);
    struct slice bytes = place_file(&whole, path);
    for (size_t len = FRAME_HEADER_BYTES; len <= bytes.len; len++) {
        struct place place;
        struct joblog log;
        struct joblog_found found;
        begin(&place);
        place_put(&place, path, slice_of(bytes.at, len));
        assert_int_equal(joblog_read(&place.dir, 1, &found, &place.err), OK);
        assert_in_range(found.valid, FRAME_HEADER_BYTES, len);
        uint32_t n = found.n;
        assert_true(len < bytes.len ? n < 3 : n == 3);
        uint32_t calls = simfs_n_calls(place.fs);
        assert_int_equal(joblog_continue(&log, &place.dir, 1, &found, &place.err), OK);
        assert_int_equal(simfs_n_calls(place.fs) - calls, found.valid < len ? 2 : 1);
        assert_int_equal(place_file(&place, path).len, found.valid);
        assert_memory_equal(place_file(&place, path).at, bytes.at, found.valid);
        joblog_found_release(&found);
        assert_int_equal(append(&place, &log, n + 1), OK);
        assert_int_equal(joblog_sync(&log, &place.err), OK);
        joblog_close(&log);
        assert_log(&place, n + 1);
        place_release(&place);
    }
    place_release(&whole);
}

/* Whatever call fails, the log is closed and can be gone on from. */
static void test_each_call_fails(void **state)
{
    (void)state;
    bool fired = true;
    uint32_t at = 0;
    for (; fired; at++) {
        struct place place;
        struct joblog log;
        uint32_t n;
        begin(&place);
        place_fault(&place, FAULT_IO, at);
        enum status status = joblog_create(&log, &place.dir, 1, &place.err);
        for (uint32_t i = 1; i <= 2 && status == OK; i++) {
            status = append(&place, &log, i);
        }
        status = status == OK ? joblog_sync(&log, &place.err) : status;
        joblog_close(&log);
        fired = simfs_fired(place.fs);
        assert_int_equal(status, fired ? ERR_IO : OK);
        if (fired) {
            assert_io_failed(&place);
        }
        place_heal(&place);
        if (at == 0) { /* it was not made */
            assert_int_equal(read_status(&place, &n), ERR_STATE);
            assert_refused(&place, EXIT_FILE_MISSING, "log.1: it is missing");
        } else if (at == 1) { /* a log without a header was never named by a MANIFEST */
            assert_int_equal(read_status(&place, &n), ERR_STATE);
            assert_refused(&place, EXIT_STATE_CORRUPT, "log.1: its header is damaged");
        } else {
            assert_log(&place, at < 3 ? 0 : at < 5 ? at - 3 : 2);
        }
        place_release(&place);
    }
    assert_int_equal(at, 7); /* open, header, sync, two records, sync; and none */
}

/* The last byte is gone. */
static void tear(struct place *place)
{
    struct bytebuf bytes = {0};
    struct slice file = place_file(place, path);
    bytebuf_add(&bytes, file.at, file.len - 1);
    place_put(place, path, bytebuf_slice(&bytes));
    bytebuf_release(&bytes);
}

static void test_each_call_of_going_on_fails(void **state)
{
    (void)state;
    bool fired = true;
    uint32_t at = 0;
    for (; fired; at++) {
        struct place place;
        struct joblog log;
        struct joblog_found found;
        begin(&place);
        leave_log(&place, 2);
        tear(&place);
        place_fault(&place, FAULT_IO, at);
        enum status status = joblog_read(&place.dir, 1, &found, &place.err);
        if (status == OK) {
            status = joblog_continue(&log, &place.dir, 1, &found, &place.err);
            joblog_close(&log);
            joblog_found_release(&found);
        }
        fired = simfs_fired(place.fs);
        assert_int_equal(status, fired ? ERR_IO : OK);
        if (fired) {
            assert_io_failed(&place);
        }
        place_heal(&place);
        assert_log(&place, 1);
        place_release(&place);
    }
    assert_int_equal(at, 7); /* open, two reads; open, truncate, sync; and none */
}

/* ---- what is damaged behind a right checksum ----------------------------------------------------
 */

enum { RECORD_BYTES = FRAME_HEAD_BYTES + 8 };

/* The payload of a record that says `synced` bytes were on disk, and no more. */
static struct slice synced_payload(uint8_t (*bytes)[8], uint8_t synced)
{
    memset(bytes, 0, sizeof *bytes);
    (*bytes)[0] = synced;
    return slice_of(bytes, sizeof *bytes);
}

/* A log of three records that say `synced`, with seq `seq` each; `short_at`th has 7 bytes. Of the
 * second one the checksum is wrong if `torn`. */
struct forged {
    uint64_t seq[3];
    uint8_t synced[3];
    uint32_t short_at;
    bool torn;
};

static enum status read_forged(struct place *place, const struct forged *forged, uint32_t *n)
{
    uint8_t payloads[3][8];
    struct frame frames[3];
    for (uint32_t i = 0; i < 3; i++) {
        struct slice payload = synced_payload(&payloads[i], forged->synced[i]);
        payload.len -= forged->short_at == i + 1;
        frames[i] = (struct frame){.epoch = 1,
                                   .seq = forged->seq[i],
                                   .type = FRAME_INTENT,
                                   .version = 1,
                                   .payload = payload};
    }
    place_forge(place, path, FRAME_FILE_LOG, 1, frames, 3);
    if (forged->torn) {
        struct bytebuf bytes = {0};
        struct slice file = place_file(place, path);
        bytebuf_add(&bytes, file.at, file.len);
        bytes.at[FRAME_HEADER_BYTES + RECORD_BYTES] ^= 1;
        place_put(place, path, bytebuf_slice(&bytes));
        bytebuf_release(&bytes);
    }
    return read_status(place, n);
}

static void test_forged_records(void **state)
{
    (void)state;
    enum { FIRST = FRAME_HEADER_BYTES, SECOND = FIRST + RECORD_BYTES };
    static const struct {
        struct forged log;
        const char *why; /* NULL: it is read */
        uint32_t n;
    } cases[] = {
        {{{1, 2, 3}, {0, FIRST, SECOND}, 0, false}, NULL, 3},
        {{{1, 3, 4}, {0, 0, 0}, 0, false}, "it is damaged behind byte 68", 0},
        {{{0, 1, 2}, {0, 0, 0}, 0, false}, "it is damaged behind byte 32", 0},
        /* A record cannot know of bytes on disk that are behind it. */
        {{{1, 2, 3}, {0, SECOND + 1, 0}, 0, false}, "it is damaged behind byte 68", 0},
        {{{1, 2, 3}, {0, 0, 0}, 2, false}, "it is damaged behind byte 68", 0},
        /* Behind a torn one: what says that the torn one was on disk proves damage. */
        {{{1, 2, 3}, {0, 0, SECOND}, 0, true}, NULL, 1},
        {{{1, 2, 3}, {0, 0, SECOND + 1}, 0, true}, "it is damaged behind byte 68", 0},
        {{{1, 2, 3}, {0, 0, SECOND + 1}, 3, true}, NULL, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct place place;
        uint32_t n;
        begin(&place);
        enum status status = read_forged(&place, &cases[i].log, &n);
        if (cases[i].why == NULL) {
            assert_int_equal(status, OK);
            assert_int_equal(n, cases[i].n);
        } else {
            assert_int_equal(status, ERR_STATE);
            assert_refused(&place, EXIT_STATE_CORRUPT, cases[i].why);
            assert_non_null(strstr(place.err.hint, "tailrace checkpoint verify"));
        }
        place_release(&place);
    }
}

TEST_MAIN(cmocka_unit_test(test_records_are_read_as_written),
          cmocka_unit_test(test_a_log_that_was_never_made),
          cmocka_unit_test(test_going_on_behind_a_torn_end), cmocka_unit_test(test_each_call_fails),
          cmocka_unit_test(test_each_call_of_going_on_fails), cmocka_unit_test(test_forged_records))
