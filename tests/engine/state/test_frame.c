/* Tests of engine/state/frame.h: round trips, every cut and every flipped bit. */
#include "engine/state/frame.h"

#include <string.h>

#include "tests/support/rng.h"
#include "tests/support/testing.h"

enum { SALT = 0x5eed };

static void put(struct bytebuf *out, uint64_t seq, const char *payload)
{
    const struct frame frame = {
        .epoch = 7,
        .seq = seq,
        .type = FRAME_COMMIT,
        .flags = 3,
        .version = 0x0102,
        .payload = slice_text(payload),
    };
    frame_put(out, SALT, &frame);
}

static void test_round_trip(void **state)
{
    (void)state;
    struct bytebuf bytes = {0};
    struct frame frame;
    size_t at = 0;
    put(&bytes, 1, "one");
    put(&bytes, 2, "");
    assert_int_equal(frame_next(bytebuf_slice(&bytes), &at, SALT, &frame), FRAME_WHOLE);
    assert_true(slice_equal(frame.payload, slice_text("one")));
    assert_int_equal(frame.epoch, 7);
    assert_int_equal(frame.seq, 1);
    assert_int_equal(frame.type, FRAME_COMMIT);
    assert_int_equal(frame.flags, 3);
    assert_int_equal(frame.version, 0x0102);
    assert_int_equal(frame_next(bytebuf_slice(&bytes), &at, SALT, &frame), FRAME_WHOLE);
    assert_int_equal(frame.payload.len, 0);
    assert_int_equal(frame_next(bytebuf_slice(&bytes), &at, SALT, &frame), FRAME_END);
    at = 0;
    assert_int_equal(frame_next(bytebuf_slice(&bytes), &at, SALT + 1, &frame), FRAME_BAD);
    assert_int_equal(at, 0);
    bytebuf_release(&bytes);
}

/* Nothing but the whole frame as it was is taken for one. */
static void test_damage(void **state)
{
    (void)state;
    struct bytebuf bytes = {0};
    struct frame frame;
    put(&bytes, 1, "some payload");
    for (size_t len = 1; len < bytes.len; len++) {
        size_t at = 0;
        assert_int_equal(frame_next(slice_of(bytes.at, len), &at, SALT, &frame), FRAME_BAD);
    }
    for (size_t bit = 0; bit < bytes.len * 8; bit++) {
        size_t at = 0;
        bytes.at[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(frame_next(bytebuf_slice(&bytes), &at, SALT, &frame), FRAME_BAD);
        bytes.at[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    bytebuf_release(&bytes);
}

static void test_find_behind_damage(void **state)
{
    (void)state;
    struct bytebuf bytes = {0};
    struct frame frame;
    put(&bytes, 1, "damaged");
    size_t second = bytes.len;
    put(&bytes, 2, "whole");
    bytes.at[5] ^= 1;
    size_t at = 0;
    assert_true(frame_find(bytebuf_slice(&bytes), &at, SALT, &frame));
    assert_int_equal(at, second);
    assert_int_equal(frame.seq, 2);
    assert_false(frame_find(bytebuf_slice(&bytes), &at, SALT, &frame));
    bytebuf_release(&bytes);
}

/* What has the head of a frame but not its checksum is passed over, and so is an end that is too
 * short for one. */
static void test_find_behind_what_looks_like_one(void **state)
{
    (void)state;
    struct bytebuf bytes = {0};
    struct frame frame;
    put(&bytes, 1, "damaged");
    put(&bytes, 2, "damaged too");
    bytes.at[bytes.len - 1] ^= 1;
    size_t third = bytes.len;
    put(&bytes, 3, "whole");
    size_t at = 0;
    assert_true(frame_find(bytebuf_slice(&bytes), &at, SALT, &frame));
    assert_int_equal(at, third);
    assert_int_equal(frame.seq, 3);
    for (size_t len = third; len < bytes.len; len++) {
        at = 0;
        assert_false(frame_find(slice_of(bytes.at, len), &at, SALT, &frame));
        assert_int_equal(at, 0);
    }
    bytebuf_release(&bytes);
}

static void test_headers(void **state)
{
    (void)state;
    struct bytebuf bytes = {0};
    struct frame_header header;
    struct error err;
    frame_header_put(&bytes, FRAME_FILE_LOG, 12, SALT);
    assert_int_equal(bytes.len, FRAME_HEADER_BYTES);
    assert_int_equal(frame_header_read(bytebuf_slice(&bytes), FRAME_FILE_LOG, &header, &err), OK);
    assert_int_equal(header.number, 12);
    assert_int_equal(header.salt, SALT);
    assert_int_equal(frame_header_read(bytebuf_slice(&bytes), FRAME_FILE_INPUT, &header, &err),
                     ERR_STATE);
    assert_int_equal(err.exit_code, EXIT_STATE_CORRUPT);
    assert_int_equal(frame_header_read(slice_of(bytes.at, 31), FRAME_FILE_LOG, &header, &err),
                     ERR_STATE);
    bytes.at[20] ^= 1;
    assert_int_equal(frame_header_read(bytebuf_slice(&bytes), FRAME_FILE_LOG, &header, &err),
                     ERR_STATE);
    assert_int_equal(err.exit_code, EXIT_STATE_CORRUPT);
    bytes.at[8] = FRAME_FORMAT + 1; /* who is older does not know the rest */
    assert_int_equal(frame_header_read(bytebuf_slice(&bytes), FRAME_FILE_LOG, &header, NULL),
                     ERR_STATE);
    assert_int_equal(frame_header_read(bytebuf_slice(&bytes), FRAME_FILE_LOG, &header, &err),
                     ERR_STATE);
    assert_int_equal(err.exit_code, EXIT_STATE_NEWER);
    assert_string_equal(err.text, "it is of a newer format");
    bytes.at[8] = FRAME_FORMAT - 1;
    assert_int_equal(frame_header_read(bytebuf_slice(&bytes), FRAME_FILE_LOG, &header, &err),
                     ERR_STATE);
    assert_int_equal(err.exit_code, EXIT_STATE_NEWER);
    assert_string_equal(err.text, "it is of an older format, which this version does not read");
    assert_int_equal(header.number, 12); /* as the one that could be read left it */
    bytebuf_release(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_find_behind_damage),
        cmocka_unit_test(test_find_behind_what_looks_like_one),
        cmocka_unit_test(test_headers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
