/* Tests of engine/base/hash.h, digits.h, byteorder.h and checked.h. */
#include "engine/base/hash.h"

#include "engine/base/checked.h"
#include "engine/base/digits.h"
#include "tests/support/rng.h"
#include "tests/support/testing.h"

/* Two short strings of one length: equal pairs if and only if equal bytes. */
static void test_load16_is_exact(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng);
    for (int i = 0; i < 50000; i++) {
        size_t len = rng_below(&rng, 17);
        uint8_t *x = test_malloc(len > 0 ? len : 1); /* ASan sees a load beyond the end */
        uint8_t *y = test_malloc(len > 0 ? len : 1);
        for (size_t k = 0; k < len; k++) {
            x[k] = (uint8_t)rng_below(&rng, 4);
            y[k] = x[k];
        }
        if (len > 0 && rng_once_in(&rng, 2)) {
            y[rng_below(&rng, len)] ^= 1;
        }
        uint64_t a[2];
        uint64_t b[2];
        hash_load16(x, len, &a[0], &a[1]);
        hash_load16(y, len, &b[0], &b[1]);
        bool same = len == 0 || memcmp(x, y, len) == 0;
        RNG_CHECK(&rng, (a[0] == b[0] && a[1] == b[1]) == same);
        RNG_CHECK(&rng, !same || hash_bytes(x, len) == hash_bytes(y, len));
        test_free(x);
        test_free(y);
    }
}

/* 64 Ki neighbouring keys of each length fill the upper and lower bits evenly. */
static void test_neighbours_spread(void **state)
{
    (void)state;
    enum { KEYS = 65536, CELLS = 256 };
    static const size_t sizes[] = {4, 8, 9, 16, 17, 40};
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        uint32_t low[CELLS] = {0};
        uint32_t high[CELLS] = {0};
        uint8_t key[40] = "card-000000000000000000000000000000000";
        for (uint32_t i = 0; i < KEYS; i++) {
            memcpy(key + sizes[s] - 4, &i, 4);
            uint64_t hash = hash_bytes(key, sizes[s]);
            low[hash % CELLS]++;
            high[hash >> 56]++;
        }
        for (int c = 0; c < CELLS; c++) { /* 256 expected; one multiply is no perfect hash */
            assert_in_range(low[c], 256 / 2, 256 * 3 / 2);
            assert_in_range(high[c], 256 / 2, 256 * 3 / 2);
        }
    }
}

static void test_length_counts(void **state)
{
    (void)state;
    static const uint8_t zeros[40] = {0};
    for (size_t i = 0; i < sizeof zeros; i++) {
        for (size_t k = 0; k < i; k++) {
            assert_true(hash_bytes(zeros, i) != hash_bytes(zeros, k));
        }
    }
}

static void test_digits_in_a_word(void **state)
{
    (void)state;
    assert_int_equal(digits_value8(load_le64((const uint8_t *)"01234567")), 1234567);
    assert_int_equal(digits_value8(load_le64((const uint8_t *)"99999999")), 99999999);
    for (unsigned place = 0; place < 8; place++) {
        for (unsigned byte = 0; byte < 256; byte++) {
            uint8_t text[8] = {'0', '9', '5', '0', '9', '1', '0', '9'};
            text[place] = (uint8_t)byte;
            bool is_digit = byte >= '0' && byte <= '9';
            assert_true(digits_all(load_le64(text)) == is_digit);
        }
    }
}

static void test_byte_orders(void **state)
{
    (void)state;
    static const uint8_t bytes[9] = {0xff, 1, 2, 3, 4, 5, 6, 7, 8};
    uint8_t stored[9] = {0};
    assert_true(load_le64(bytes + 1) == 0x0807060504030201ull);
    assert_true(load_le32(bytes + 1) == 0x04030201u);
    assert_true(load_be64(bytes + 1) == 0x0102030405060708ull);
    store_be64(stored + 1, 0x0102030405060708ull);
    assert_memory_equal(stored + 1, bytes + 1, 8);
}

static void test_checked(void **state)
{
    (void)state;
    int64_t out;
    assert_false(checked_add(INT64_MAX - 1, 1, &out));
    assert_true(out == INT64_MAX);
    assert_true(checked_add(INT64_MAX, 1, &out));
    assert_true(checked_sub(INT64_MIN, 1, &out));
    assert_true(checked_mul(INT64_MIN, -1, &out));
    assert_false(checked_mul(INT64_MIN, 1, &out));
    assert_true(checked_narrow((int128)INT64_MAX + 1, &out));
    assert_false(checked_narrow((int128)INT64_MIN, &out));
    assert_int_equal(floor_div(-1, 10), -1);
    assert_int_equal(floor_div(-10, 10), -1);
    assert_int_equal(floor_div(9, 10), 0);
    assert_int_equal(floor_mod(-1, 10), 9);
    assert_int_equal(floor_mod(-10, 10), 0);
}

TEST_MAIN(cmocka_unit_test(test_load16_is_exact), cmocka_unit_test(test_neighbours_spread),
          cmocka_unit_test(test_length_counts), cmocka_unit_test(test_digits_in_a_word),
          cmocka_unit_test(test_byte_orders), cmocka_unit_test(test_checked))
