/* Tests of engine/run/snapshot_file.h over simulated files. */
#include "engine/run/snapshot_file.h"

#include "tests/engine/run/state_place.h"

enum { BLOCK_BYTES = 64 << 10 };

static const char *const path = "job/snap.2";

static void begin(struct place *place)
{
    place_init(place);
    place_look(place);
}

/* Bytes that differ from block to block. */
static void put_state(struct bytebuf *out, size_t len)
{
    bytebuf_clear(out);
    for (size_t i = 0; i < len; i++) {
        bytebuf_add_byte(out, (uint8_t)(i * 31 + (i >> 16)));
    }
}

/* What is not whole leaves epoch and state as they were. */
static enum status read_status(struct place *place)
{
    struct bytebuf state = {0};
    uint64_t epoch = 5;
    bytebuf_add_text(&state, "before");
    enum status status = snapshot_file_read(&place->dir, 2, &epoch, &state, &place->err);
    if (status != OK) {
        assert_int_equal(epoch, 5);
        assert_true(slice_equal(bytebuf_slice(&state), slice_text("before")));
    }
    bytebuf_release(&state);
    return status;
}

static void test_it_is_read_as_written(void **state)
{
    (void)state;
    static const size_t lengths[] =
        {0, 1, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, 3 * BLOCK_BYTES};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct place place;
        struct bytebuf bytes = {0};
        struct bytebuf back = {0};
        uint64_t epoch;
        begin(&place);
        put_state(&bytes, lengths[i]);
        assert_int_equal(snapshot_file_write(&place.dir, 2, 41, bytebuf_slice(&bytes), &place.err),
                         OK);
        bytebuf_add_text(&back, "before");
        assert_int_equal(snapshot_file_read(&place.dir, 2, &epoch, &back, &place.err), OK);
        assert_int_equal(epoch, 41);
        assert_int_equal(back.len, 6 + bytes.len);
        assert_true(bytes.len == 0 || memcmp(back.at + 6, bytes.at, bytes.len) == 0);
        assert_false(place_has(&place, "job/snap.tmp"));
        bytebuf_release(&back);
        bytebuf_release(&bytes);
        place_release(&place);
    }
}

/* Whatever call fails, there is no snapshot or all of it. */
static void test_each_call_of_writing_fails(void **state)
{
    (void)state;
    bool fired = true;
    uint32_t at = 0;
    for (; fired; at++) {
        struct place place;
        struct bytebuf bytes = {0};
        begin(&place);
        put_state(&bytes, BLOCK_BYTES + 1);
        place_fault(&place, FAULT_NO_SPACE, at);
        enum status status =
            snapshot_file_write(&place.dir, 2, 41, bytebuf_slice(&bytes), &place.err);
        fired = simfs_fired(place.fs);
        assert_int_equal(status, fired ? ERR_IO : OK);
        assert_int_equal(place_has(&place, path), !fired);
        place_heal(&place);
        if (fired) {
            assert_io_failed(&place);
            assert_int_equal(read_status(&place), ERR_STATE);
            assert_refused(&place, EXIT_FILE_MISSING, "snap.2: it is missing");
        } else {
            assert_int_equal(read_status(&place), OK);
        }
        bytebuf_release(&bytes);
        place_release(&place);
    }
    assert_int_equal(at, 7); /* open, two blocks and the end of them, sync, rename; and none */
}

static void test_short_writes_are_gone_on_with(void **state)
{
    (void)state;
    for (uint32_t at = 0; at < 3; at++) {
        struct place place;
        struct bytebuf bytes = {0};
        begin(&place);
        put_state(&bytes, BLOCK_BYTES + 1);
        place_fault(&place, FAULT_SHORT, at);
        assert_int_equal(snapshot_file_write(&place.dir, 2, 41, bytebuf_slice(&bytes), &place.err),
                         OK);
        assert_true(simfs_fired(place.fs));
        place_heal(&place);
        assert_int_equal(read_status(&place), OK);
        bytebuf_release(&bytes);
        place_release(&place);
    }
}

/* Cut anywhere, or with any byte changed or added. */
static void test_damage(void **state)
{
    (void)state;
    struct place place;
    struct bytebuf whole = {0};
    begin(&place);
    assert_int_equal(snapshot_file_write(&place.dir, 2, 41, slice_text("state"), &place.err), OK);
    struct slice file = place_file(&place, path);
    bytebuf_add(&whole, file.at, file.len);
    bytebuf_add_byte(&whole, 0);
    for (size_t len = 0; len <= whole.len; len++) {
        place_put(&place, path, slice_of(whole.at, len));
        bool is_whole = len == whole.len - 1;
        assert_int_equal(read_status(&place), is_whole ? OK : ERR_STATE);
        if (!is_whole) {
            assert_refused(&place, EXIT_STATE_CORRUPT, "checkpoint \"job\", snap.2: it");
            assert_non_null(strstr(place.err.text, "is damaged"));
        }
    }
    for (size_t at = FRAME_HEADER_BYTES; at < whole.len - 1; at++) {
        whole.at[at] ^= 1;
        place_put(&place, path, slice_of(whole.at, whole.len - 1));
        whole.at[at] ^= 1;
        assert_int_equal(read_status(&place), ERR_STATE);
        assert_refused(&place, EXIT_STATE_CORRUPT, "snap.2: it is damaged");
    }
    bytebuf_release(&whole);
    place_release(&place);
}

static void test_it_cannot_be_read(void **state)
{
    (void)state;
    for (uint32_t at = 0; at < 3; at++) { /* open, two reads */
        struct place place;
        begin(&place);
        assert_int_equal(snapshot_file_write(&place.dir, 2, 41, slice_text("state"), &place.err),
                         OK);
        place_fault(&place, FAULT_IO, at);
        assert_int_equal(read_status(&place), ERR_IO);
        assert_io_failed(&place);
        place_release(&place);
    }
}

/* Two blocks of 3 bytes and what says how many bytes there are, behind right checksums. */
struct forged {
    uint64_t seq[3];
    uint8_t total;
    size_t total_bytes;
    uint8_t last_type;
    bool goes_on; /* something stands behind */
};

static enum status read_forged(struct place *place, const struct forged *forged)
{
    uint8_t total[8] = {forged->total};
    struct frame frames[4];
    for (uint32_t i = 0; i < 3; i++) {
        frames[i] = (struct frame){.epoch = 41,
                                   .seq = forged->seq[i],
                                   .type = FRAME_BLOCK,
                                   .version = 1,
                                   .payload = slice_text("abc")};
    }
    frames[2].type = forged->last_type;
    frames[2].payload = slice_of(total, forged->total_bytes);
    frames[3] = frames[2];
    place_forge(place, path, FRAME_FILE_SNAPSHOT, 2, frames, forged->goes_on ? 4 : 3);
    return read_status(place);
}

static void test_forged_blocks(void **state)
{
    (void)state;
    static const struct forged right = {{1, 2, 3}, 6, 8, FRAME_META, false};
    static const struct forged wrong[] = {
        {{1, 3, 4}, 6, 8, FRAME_META, false},  /* a block is missing */
        {{0, 1, 2}, 6, 8, FRAME_META, false},  /* so are they all numbered */
        {{1, 2, 3}, 5, 8, FRAME_META, false},  /* another length */
        {{1, 2, 3}, 6, 7, FRAME_META, false},  /* no length */
        {{1, 2, 3}, 6, 8, FRAME_BLOCK, false}, /* no end */
        {{1, 2, 3}, 6, 8, FRAME_META, true},   /* two */
    };
    struct place place;
    begin(&place);
    assert_int_equal(read_forged(&place, &right), OK);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(read_forged(&place, &wrong[i]), ERR_STATE);
        assert_refused(&place, EXIT_STATE_CORRUPT, "snap.2: it is damaged");
    }
    place_release(&place);
}

TEST_MAIN(cmocka_unit_test(test_it_is_read_as_written),
          cmocka_unit_test(test_each_call_of_writing_fails),
          cmocka_unit_test(test_short_writes_are_gone_on_with), cmocka_unit_test(test_damage),
          cmocka_unit_test(test_it_cannot_be_read), cmocka_unit_test(test_forged_blocks))
