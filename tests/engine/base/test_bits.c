/* Tests of engine/base/bits.h: each function against a loop over single bits. */
#include "engine/base/bits.h"

#include <string.h>

#include "tests/support/rng.h"
#include "tests/support/testing.h"

enum { MAX = 1024, WORDS = MAX / 64 };

static const uint32_t lengths[] = EDGE_LENGTHS;
enum { N_LENGTHS = sizeof lengths / sizeof lengths[0], ROUNDS = 20 };

/* Dense, sparse, all and none. */
static void random_words(struct rng *rng, uint64_t *words)
{
    uint64_t shape = rng_below(rng, 4);
    for (int i = 0; i < WORDS; i++) {
        uint64_t word = rng_u64(rng);
        words[i] = shape == 0 ? word : shape == 1 ? word & rng_u64(rng) & rng_u64(rng) : shape - 2;
        words[i] = shape == 2 ? ~(uint64_t)0 : words[i];
    }
}

static void test_single_bits(void **state)
{
    (void)state;
    uint64_t words[2] = {0};
    bits_set(words, 64);
    bits_put(words, 3, true);
    assert_true(bits_get(words, 64) && bits_get(words, 3) && !bits_get(words, 0));
    bits_clear(words, 64);
    bits_put(words, 3, false);
    assert_int_equal(words[0] | words[1], 0);
    assert_int_equal(bits_words(0), 0);
    assert_int_equal(bits_words(64), 1);
    assert_int_equal(bits_words(65), 2);
    assert_true(bits_tail(128) == ~(uint64_t)0 && bits_tail(65) == 1);
}

static void test_fill_and_count(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng);
    for (int i = 0; i < N_LENGTHS * ROUNDS; i++) {
        uint32_t n = lengths[i % N_LENGTHS];
        uint64_t words[WORDS];
        random_words(&rng, words);
        uint32_t expected = 0;
        for (uint32_t k = 0; k < n; k++) {
            expected += bits_get(words, k);
        }
        RNG_CHECK(&rng, bits_count(words, n) == expected);
        bits_fill(words, n);
        RNG_CHECK(&rng, bits_count(words, bits_words(n) * 64) == n);
    }
}

static void test_indexes(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng);
    for (int i = 0; i < N_LENGTHS * ROUNDS; i++) {
        uint32_t n = lengths[i % N_LENGTHS];
        uint64_t words[WORDS];
        uint32_t got[MAX];
        random_words(&rng, words);
        uint32_t n_got = bits_indexes(words, n, got);
        uint32_t at = 0;
        for (uint32_t k = 0; k < n; k++) {
            if (bits_get(words, k)) {
                RNG_CHECK(&rng, at < n_got && got[at] == k);
                at++;
            }
        }
        RNG_CHECK(&rng, at == n_got);
    }
}

static void test_pack(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng);
    for (int i = 0; i < N_LENGTHS * ROUNDS; i++) {
        uint32_t n = lengths[i % N_LENGTHS];
        uint64_t random[WORDS];
        uint64_t words[WORDS];
        uint8_t bytes[MAX];
        random_words(&rng, random);
        for (uint32_t k = 0; k < n; k++) {
            bytes[k] = bits_get(random, k);
        }
        memset(words, 0xaa, sizeof words);
        bits_pack(bytes, n, words);
        for (uint32_t k = 0; k < bits_words(n) * 64; k++) {
            RNG_CHECK(&rng, bits_get(words, k) == (k < n && bytes[k] == 1));
        }
    }
}

static void test_gather(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng);
    for (int i = 0; i < N_LENGTHS * ROUNDS; i++) {
        uint32_t n = lengths[i % N_LENGTHS];
        uint64_t words[WORDS];
        uint64_t out[WORDS];
        uint32_t rows[MAX];
        random_words(&rng, words);
        for (uint32_t k = 0; k < n; k++) {
            rows[k] = (uint32_t)rng_below(&rng, MAX);
        }
        memset(out, 0xaa, sizeof out);
        bits_gather(words, rows, n, out);
        for (uint32_t k = 0; k < bits_words(n) * 64; k++) {
            RNG_CHECK(&rng, bits_get(out, k) == (k < n && bits_get(words, rows[k])));
        }
    }
}

TEST_MAIN(cmocka_unit_test(test_single_bits), cmocka_unit_test(test_fill_and_count),
          cmocka_unit_test(test_indexes), cmocka_unit_test(test_pack),
          cmocka_unit_test(test_gather))
