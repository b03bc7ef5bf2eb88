/* Tests of engine/base/codec.h and bytebuf.h. */
#include "engine/base/codec.h"

#include "tests/support/rng.h"
#include "tests/support/testing.h"

static void put_one_of_each(struct bytebuf *buf)
{
    codec_put_u8(buf, 0xab);
    codec_put_u32(buf, 0x01020304);
    codec_put_u64(buf, UINT64_MAX - 1);
    codec_put_i64(buf, INT64_MIN);
    codec_put_f64(buf, -2.5);
    codec_put_bytes(buf, slice_of("a\0b", 3));
    codec_put_bytes(buf, slice_of(NULL, 0));
}

static void test_round_trip(void **state)
{
    (void)state;
    struct bytebuf buf = {0};
    put_one_of_each(&buf);
    assert_memory_equal(buf.at, "\xab\x04\x03\x02\x01", 5); /* little-endian on any machine */
    struct reader r = reader_of(bytebuf_slice(&buf));
    assert_int_equal(reader_u8(&r), 0xab);
    assert_int_equal(reader_u32(&r), 0x01020304);
    assert_true(reader_u64(&r) == UINT64_MAX - 1);
    assert_true(reader_i64(&r) == INT64_MIN);
    assert_true(reader_f64(&r) == -2.5);
    assert_true(slice_equal(reader_bytes(&r), slice_of("a\0b", 3)));
    assert_int_equal(reader_bytes(&r).len, 0);
    assert_int_equal(reader_left(&r), 0);
    assert_true(reader_ok(&r));
    bytebuf_release(&buf);
}

static void test_every_cut_is_noticed(void **state)
{
    (void)state;
    struct bytebuf buf = {0};
    put_one_of_each(&buf);
    for (size_t len = 0; len < buf.len; len++) {
        struct reader r = reader_of(slice_of(buf.at, len));
        reader_u8(&r);
        reader_u32(&r);
        reader_u64(&r);
        reader_i64(&r);
        reader_f64(&r);
        reader_bytes(&r);
        reader_bytes(&r);
        assert_false(reader_ok(&r));
        assert_int_equal(reader_u64(&r), 0); /* and stays so */
        assert_int_equal(reader_raw(&r, 0).len, 0);
    }
    bytebuf_release(&buf);
}

static void test_a_lying_length_gives_nothing(void **state)
{
    (void)state;
    struct reader r = reader_of(slice_of("\xff\xff\xff\xff"
                                         "abc",
                                         7));
    assert_int_equal(reader_bytes(&r).len, 0);
    assert_false(reader_ok(&r));
    r = reader_of(slice_of("abc", 3));
    assert_int_equal(reader_raw(&r, SIZE_MAX).len, 0);
    assert_false(reader_ok(&r));
}

/* Also where there is no memory at all: an empty buffer has none. */
static void test_nothing_is_read_from_nothing(void **state)
{
    (void)state;
    struct reader r = reader_of(slice_of(NULL, 0));
    assert_int_equal(reader_left(&r), 0);
    assert_int_equal(reader_raw(&r, 0).len, 0);
    assert_true(reader_ok(&r));
    assert_int_equal(reader_u8(&r), 0);
    assert_false(reader_ok(&r));
    assert_int_equal(reader_bytes(&r).len, 0);
}

static void test_bytebuf_grows(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng);
    struct bytebuf buf;
    bytebuf_init(&buf);
    bytebuf_add(&buf, NULL, 0);
    assert_string_equal(bytebuf_text(&buf), "");
    uint8_t next = 0;
    size_t expected = 0;
    while (expected < 100000) {
        uint8_t bytes[300];
        size_t n = rng_below(&rng, sizeof bytes);
        for (size_t i = 0; i < n; i++) {
            bytes[i] = next++;
        }
        bytebuf_add(&buf, bytes, n);
        expected += n;
    }
    assert_int_equal(buf.len, expected);
    for (size_t i = 0; i < expected; i++) {
        RNG_CHECK(&rng, buf.at[i] == (uint8_t)i);
    }
    bytebuf_clear(&buf);
    bytebuf_add_text(&buf, "n=");
    bytebuf_printf(&buf, "%05d", 42);
    bytebuf_add_byte(&buf, '!');
    assert_string_equal(bytebuf_text(&buf), "n=00042!");
    assert_int_equal(buf.len, 8); /* the NUL is not counted */
    bytebuf_release(&buf);
    bytebuf_release(NULL);
}

TEST_MAIN(cmocka_unit_test(test_round_trip), cmocka_unit_test(test_every_cut_is_noticed),
          cmocka_unit_test(test_a_lying_length_gives_nothing),
          cmocka_unit_test(test_nothing_is_read_from_nothing), cmocka_unit_test(test_bytebuf_grows))
