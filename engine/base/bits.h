/* bits: bitmaps in 64-bit words. Bit i is bit (i & 63) of word i / 64. Bits beyond the length in
 * the last word are undefined unless a function says otherwise. */
#ifndef ENGINE_BASE_BITS_H
#define ENGINE_BASE_BITS_H

#include <stdbool.h>
#include <stdint.h>

static inline uint32_t bits_words(uint32_t n)
{
    return (n + 63) / 64;
}

static inline bool bits_get(const uint64_t *words, uint32_t i)
{
    return (words[i >> 6] >> (i & 63)) & 1;
}

static inline void bits_set(uint64_t *words, uint32_t i)
{
    words[i >> 6] |= (uint64_t)1 << (i & 63);
}

static inline void bits_clear(uint64_t *words, uint32_t i)
{
    words[i >> 6] &= ~((uint64_t)1 << (i & 63));
}

static inline void bits_put(uint64_t *words, uint32_t i, bool value)
{
    words[i >> 6] = (words[i >> 6] & ~((uint64_t)1 << (i & 63))) | (uint64_t)value << (i & 63);
}

/* The bits of the last word of an n-bit map that count; all ones if n is a multiple of 64. */
static inline uint64_t bits_tail(uint32_t n)
{
    return (n & 63) == 0 ? ~(uint64_t)0 : ((uint64_t)1 << (n & 63)) - 1;
}

/* Sets the first n bits (and clears the rest of the last word). */
void bits_fill(uint64_t *words, uint32_t n);

/* How many of the first n bits are set. */
uint32_t bits_count(const uint64_t *words, uint32_t n);

/* Indexes of the set bits among the first n, ascending, into `out` (room for n). Returns how many.
 */
uint32_t bits_indexes(const uint64_t *words, uint32_t n, uint32_t *out);

/* Packs n bytes of 0 or 1 into bits; clears the rest of the last word. */
void bits_pack(const uint8_t *bytes, uint32_t n, uint64_t *words);

/* out[j] = bit rows[j] of words, for j < n; clears the rest of the last word of out. */
void bits_gather(const uint64_t *words, const uint32_t *rows, uint32_t n, uint64_t *out);

#endif
