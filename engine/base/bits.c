/* bits: see bits.h. */
#include "engine/base/bits.h"

#include <string.h>

#include "engine/base/byteorder.h"

void bits_fill(uint64_t *words, uint32_t n)
{
    uint32_t n_words = bits_words(n);
    if (n_words == 0) {
        return;
    }
    memset(words, 0xff, n_words * sizeof *words);
    words[n_words - 1] = bits_tail(n);
}

uint32_t bits_count(const uint64_t *words, uint32_t n)
{
    uint32_t whole = n / 64;
    uint32_t count = 0;
    for (uint32_t i = 0; i < whole; i++) {
        count += (uint32_t)__builtin_popcountll(words[i]);
    }
    if ((n & 63) != 0) {
        count += (uint32_t)__builtin_popcountll(words[whole] & bits_tail(n));
    }
    return count;
}

static uint32_t word_indexes(uint64_t word, uint32_t base, uint32_t *out)
{
    uint32_t n = 0;
    if (word == ~(uint64_t)0) { /* all rows pass: common, and free of the bit loop */
        for (uint32_t i = 0; i < 64; i++) {
            out[i] = base + i;
        }
        return 64;
    }
    while (word != 0) {
        out[n++] = base + (uint32_t)__builtin_ctzll(word);
        word &= word - 1;
    }
    return n;
}

uint32_t bits_indexes(const uint64_t *words, uint32_t n, uint32_t *out)
{
    uint32_t whole = n / 64;
    uint32_t n_out = 0;
    for (uint32_t i = 0; i < whole; i++) {
        n_out += word_indexes(words[i], i * 64, out + n_out);
    }
    if ((n & 63) != 0) {
        n_out += word_indexes(words[whole] & bits_tail(n), whole * 64, out + n_out);
    }
    return n_out;
}

/* Eight bytes of 0 or 1 to eight bits: byte i stands at bit 8i and the multiplier has bit 56 - 7i,
 * so it arrives at bit 56 + i, and no two products meet. */
static inline uint64_t pack8(const uint8_t *bytes)
{
    return (load_le64(bytes) * 0x0102040810204080ull) >> 56;
}

void bits_pack(const uint8_t *bytes, uint32_t n, uint64_t *words)
{
    uint32_t whole = n / 64;
    for (uint32_t i = 0; i < whole; i++, bytes += 64) {
        uint64_t word = 0;
        for (uint32_t k = 0; k < 8; k++) {
            word |= pack8(bytes + 8 * k) << (8 * k);
        }
        words[i] = word;
    }
    uint32_t rest = n & 63;
    if (rest != 0) {
        uint64_t word = 0;
        for (uint32_t k = 0; k < rest; k++) {
            word |= (uint64_t)bytes[k] << k;
        }
        words[whole] = word;
    }
}

void bits_gather(const uint64_t *words, const uint32_t *rows, uint32_t n, uint64_t *out)
{
    for (uint32_t start = 0; start < n; start += 64) {
        uint32_t end = n - start < 64 ? n - start : 64;
        uint64_t word = 0;
        for (uint32_t k = 0; k < end; k++) {
            word |= (uint64_t)bits_get(words, rows[start + k]) << k;
        }
        out[start / 64] = word;
    }
}
