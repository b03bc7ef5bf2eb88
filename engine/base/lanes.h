/* lanes: 64 bytes at a time as one 64-bit mask, bit i standing for byte i. What the byte scanners
 * (separators, quotes, line ends) are made of. There are two sets with the same meaning: *wide*
 * ones on AVX2 and carry-less multiply, and *plain* ones for any machine, eight bytes a step in a
 * 64-bit word. A scanner is written once in a .tmpl.h, built with both, and chosen when it is
 * opened:
 *
 *     LANES_WIDE static uint32_t scan_wide(…)        // may call lanes_…_wide only here
 *     scan = lanes_wide_usable() ? scan_wide : scan_plain;
 *
 * Where the compiler has no such instructions, the wide set is the plain one. Methods: carry-less
 * multiply for quote parity and the flattening of masks, G. Langdale and D. Lemire, "Parsing
 * Gigabytes of JSON per Second"; zero bytes in a word, H. Warren, "Hacker's Delight", 6-1. */
#ifndef ENGINE_BASE_LANES_H
#define ENGINE_BASE_LANES_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "engine/base/digits.h"

enum {
    LANES_BYTES = 64,
    LANES_SLACK = 8, /* entries that lanes_indexes may write behind the last that counts */
};

/* ---- plain ---------------------------------------------------------------------------------- */

struct lanes_plain {
    uint64_t word[8];
};

static inline struct lanes_plain lanes_load_plain(const uint8_t *at)
{
    struct lanes_plain lanes;
    for (int i = 0; i < 8; i++) {
        lanes.word[i] = load_le64(at + 8 * i);
    }
    return lanes;
}

/* Bit i: byte i equals c. */
static inline uint64_t lanes_equal_plain(struct lanes_plain lanes, uint8_t c)
{
    const uint64_t low7 = 0x7f7f7f7f7f7f7f7full;
    const uint64_t pattern = c * 0x0101010101010101ull;
    uint64_t mask = 0;
    for (int i = 0; i < 8; i++) {
        uint64_t x = lanes.word[i] ^ pattern;
        uint64_t zeros = ~(((x & low7) + low7) | x | low7); /* 0x80 in each byte that is 0 */
        mask |= (((zeros >> 7) * 0x0102040810204080ull) >> 56) << (8 * i);
    }
    return mask;
}

/* Bit i = the parity of bits 0 to i: all ones from an opening quote up to before its closing one.
 */
static inline uint64_t lanes_parity_plain(uint64_t mask)
{
    for (int shift = 1; shift < 64; shift *= 2) {
        mask ^= mask << shift;
    }
    return mask;
}

/* base + i for each set bit i, ascending, at `out`; returns the end. */
static inline uint32_t *lanes_indexes_plain(uint32_t *out, uint64_t mask, uint32_t base)
{
    for (; mask != 0; mask &= mask - 1) {
        *out++ = base + (uint32_t)__builtin_ctzll(mask);
    }
    return out;
}

/* The same where masks have seldom more than two bits: lines of text, say. */
static inline uint32_t *lanes_indexes_few_plain(uint32_t *out, uint64_t mask, uint32_t base)
{
    return lanes_indexes_plain(out, mask, base);
}

/* ---- wide ----------------------------------------------------------------------------------- */

#if defined(__x86_64__)

#include <immintrin.h>

#define LANES_WIDE __attribute__((target("avx2,bmi,bmi2,popcnt,pclmul")))

struct lanes_wide {
    __m256i low;
    __m256i high;
};

LANES_WIDE static inline struct lanes_wide lanes_load_wide(const uint8_t *at)
{
    return (struct lanes_wide){_mm256_loadu_si256((const __m256i *)at),
                               _mm256_loadu_si256((const __m256i *)(at + 32))};
}

LANES_WIDE static inline uint64_t lanes_equal_wide(struct lanes_wide lanes, uint8_t c)
{
    __m256i pattern = _mm256_set1_epi8((char)c);
    uint32_t low = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(lanes.low, pattern));
    uint32_t high = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(lanes.high, pattern));
    return (uint64_t)high << 32 | low;
}

LANES_WIDE static inline uint64_t lanes_parity_wide(uint64_t mask)
{
    __m128i all = _mm_set1_epi8(-1);
    __m128i product = _mm_clmulepi64_si128(_mm_set_epi64x(0, (int64_t)mask), all, 0);
    return (uint64_t)_mm_cvtsi128_si64(product);
}

/* Eight at a time whether there are as many or not: how many is what a branch would guess wrong. */
LANES_WIDE static inline uint32_t *lanes_indexes_wide(uint32_t *out, uint64_t mask, uint32_t base)
{
    uint32_t *end = out + __builtin_popcountll(mask);
    do {
#pragma GCC unroll 8
        for (int i = 0; i < 8; i++) {
            out[i] = base + (uint32_t)_tzcnt_u64(mask);
            mask = _blsr_u64(mask);
        }
        out += 8;
    } while (mask != 0);
    return end;
}

/* Two at a time whether there are any or not, as above. */
LANES_WIDE static inline uint32_t *lanes_indexes_few_wide(uint32_t *out, uint64_t mask,
                                                          uint32_t base)
{
    uint32_t *end = out + __builtin_popcountll(mask);
    do {
        out[0] = base + (uint32_t)_tzcnt_u64(mask);
        mask = _blsr_u64(mask);
        out[1] = base + (uint32_t)_tzcnt_u64(mask);
        mask = _blsr_u64(mask);
        out += 2;
    } while (__builtin_expect(mask != 0, 0));
    return end;
}

static inline bool lanes_wide_usable(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
           __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt") &&
           __builtin_cpu_supports("pclmul");
}

#else

#define LANES_WIDE
#define lanes_wide             lanes_plain
#define lanes_load_wide        lanes_load_plain
#define lanes_equal_wide       lanes_equal_plain
#define lanes_parity_wide      lanes_parity_plain
#define lanes_indexes_wide     lanes_indexes_plain
#define lanes_indexes_few_wide lanes_indexes_few_plain

static inline bool lanes_wide_usable(void)
{
    return false;
}

#endif

#endif
