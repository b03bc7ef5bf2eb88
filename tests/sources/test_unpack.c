/* Tests of sources/unpack.c. */
#include "sources/unpack.h"

#include "engine/base/mem.h"
#include "tests/sources/packing.h"
#include "tests/support/testing.h"

enum { PLAIN_BYTES = 300000 };

typedef void pack_function(struct bytebuf *out, struct slice bytes);

/* What comes out with input and room in these steps; *status of the last one. */
static bool unpack_in_steps(struct slice packed, size_t in_step, size_t out_step,
                            struct bytebuf *out, enum status *status)
{
    struct unpack *unpack = unpack_new(packed);
    assert_non_null(unpack);
    struct error err;
    size_t n = out_step;
    *status = OK;
    bytebuf_clear(out);
    while (*status == OK && (packed.len > 0 || n == out_step)) {
        size_t len = packed.len < in_step ? packed.len : in_step;
        uint8_t *copy = mem_alloc(len + 1); /* of exactly that size, for the sanitizer */
        memcpy(copy, packed.at, len);
        struct slice input = slice_of(copy, len);
        *status = unpack_step(unpack, &input, bytebuf_reserve(out, out_step), out_step, &n, &err);
        out->len += n;
        packed = slice_of(packed.at + (len - input.len), packed.len - (len - input.len));
        mem_free(copy);
    }
    bool is_whole = unpack_is_whole(unpack);
    unpack_free(unpack);
    return is_whole;
}

static void round_trip(pack_function *pack, const char *name)
{
    static const size_t steps[] = {1, 7, 4096, 1 << 20};
    struct bytebuf plain = {0};
    struct bytebuf packed = {0};
    struct bytebuf out = {0};
    enum status status;
    pack_lines(&plain, PLAIN_BYTES);
    pack(&packed, bytebuf_slice(&plain));
    pack(&packed, slice_text("a second member\n")); /* as "cat a.gz b.gz" makes it */
    pack(&packed, slice_text(""));
    bytebuf_add(&packed, "\0\0\0", 3); /* padding */
    bytebuf_add_text(&plain, "a second member\n");
    struct unpack *unpack = unpack_new(bytebuf_slice(&packed));
    assert_string_equal(unpack_name(unpack), name);
    unpack_free(unpack);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        assert_true(unpack_in_steps(bytebuf_slice(&packed), steps[i], 5000, &out, &status));
        assert_int_equal(status, OK);
        assert_int_equal(out.len, plain.len);
        assert_memory_equal(out.at, plain.at, plain.len);
    }
    bytebuf_release(&plain);
    bytebuf_release(&packed);
    bytebuf_release(&out);
}

static void test_gzip(void **state)
{
    (void)state;
    round_trip(pack_gzip, "gzip");
}

static void test_zstd(void **state)
{
    (void)state;
    round_trip(pack_zstd, "zstd");
}

static void cut_short(pack_function *pack)
{
    struct bytebuf plain = {0};
    struct bytebuf packed = {0};
    struct bytebuf out = {0};
    enum status status;
    pack_lines(&plain, PLAIN_BYTES);
    pack(&packed, bytebuf_slice(&plain));
    for (size_t cut = 1; cut < 6; cut++) {
        struct slice part = slice_of(packed.at, packed.len - cut);
        assert_false(unpack_in_steps(part, 4096, 5000, &out, &status));
        assert_int_equal(status, OK); /* what is there is good */
        assert_memory_equal(out.at, plain.at, out.len);
        assert_true(out.len > PLAIN_BYTES / 2);
    }
    bytebuf_release(&plain);
    bytebuf_release(&packed);
    bytebuf_release(&out);
}

static void test_cut_short(void **state)
{
    (void)state;
    cut_short(pack_gzip);
    cut_short(pack_zstd);
}

static void damaged(pack_function *pack, size_t from_end)
{
    struct bytebuf plain = {0};
    struct bytebuf packed = {0};
    struct bytebuf out = {0};
    enum status status;
    pack_lines(&plain, PLAIN_BYTES);
    pack(&packed, bytebuf_slice(&plain));
    packed.at[packed.len - from_end] ^= 0xff;
    unpack_in_steps(bytebuf_slice(&packed), 4096, 5000, &out, &status);
    assert_int_equal(status, ERR_INPUT);
    bytebuf_release(&plain);
    bytebuf_release(&packed);
    bytebuf_release(&out);
}

static void test_damaged(void **state)
{
    (void)state;
    damaged(pack_gzip, 6); /* of the checksum */
    struct bytebuf packed = {0};
    struct bytebuf out = {0};
    enum status status;
    pack_gzip(&packed, slice_text("good\n"));
    bytebuf_add_text(&packed, "garbage");
    unpack_in_steps(bytebuf_slice(&packed), 4096, 5000, &out, &status);
    assert_int_equal(status, ERR_INPUT);
    assert_string_equal(bytebuf_text(&out), "good\n");
    bytebuf_clear(&packed);
    pack_zstd(&packed, slice_text("good\n"));
    bytebuf_add_text(&packed, "garbage");
    unpack_in_steps(bytebuf_slice(&packed), 4096, 5000, &out, &status);
    assert_int_equal(status, ERR_INPUT);
    assert_string_equal(bytebuf_text(&out), "good\n");
    bytebuf_release(&packed);
    bytebuf_release(&out);
}

static void test_what_is_not_packed(void **state)
{
    (void)state;
    assert_null(unpack_new(slice_text("a,b\n")));
    assert_null(unpack_new(slice_text("")));
    assert_null(unpack_new(slice_of("\x1f", 1)));
    assert_null(unpack_new(slice_of("\x28\xb5\x2f", 3)));
    unpack_free(NULL);
}

TEST_MAIN(cmocka_unit_test(test_gzip), cmocka_unit_test(test_zstd),
          cmocka_unit_test(test_cut_short), cmocka_unit_test(test_damaged),
          cmocka_unit_test(test_what_is_not_packed))
