/* bytescan: is there a byte of some kind in a short text? Eight bytes at a time in a 64-bit word;
 * exact as to whether there is one, not as to where ("Determine if a word has a zero byte",
 * S. E. Anderson, Bit Twiddling Hacks).
 *
 *     static inline uint64_t odd(uint64_t word)        // not 0 if a byte of the word is odd
 *     {
 *         return bytes_equal(word, '"') | bytes_below(word, 0x20);
 *     }
 *     if (bytes_any(text, odd)) { …
 */
#ifndef SINKS_BYTESCAN_H
#define SINKS_BYTESCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/digits.h"
#include "engine/data/column.h"

#define BYTES_ONE  UINT64_C(0x0101010101010101)
#define BYTES_HIGH UINT64_C(0x8080808080808080)

/* `limit` <= 0x80. */
static inline uint64_t bytes_below(uint64_t word, uint8_t limit)
{
    return (word - BYTES_ONE * limit) & ~word & BYTES_HIGH;
}

static inline uint64_t bytes_equal(uint64_t word, uint8_t byte)
{
    return bytes_below(word ^ (BYTES_ONE * byte), 1);
}

/* All bytes of a text of one to seven bytes, some of them twice; the rest is its first byte, so
 * that nothing comes in that was not there. */
static inline uint64_t bytes_load_short(const uint8_t *at, uint32_t len)
{
    if (len >= 4) {
        return load_le32(at) | (uint64_t)load_le32(at + len - 4) << 32;
    }
    uint64_t first = at[0];
    return first * BYTES_ONE ^ ((first ^ at[len / 2]) << 8) ^ ((first ^ at[len - 1]) << 16);
}

/* True if test(word) is not 0 for some word of the text's bytes; reads no other byte. Inlined with
 * its test, so that the call costs nothing. */
static inline __attribute__((always_inline)) bool bytes_any(struct text text,
                                                            uint64_t (*test)(uint64_t word))
{
    if (text.len < 8) {
        return text.len > 0 && test(bytes_load_short(text.at, text.len)) != 0;
    }
    uint64_t found = test(load_le64(text.at + text.len - 8));
    for (uint32_t i = 0; i + 8 < text.len; i += 8) {
        found |= test(load_le64(text.at + i));
    }
    return found != 0;
}

#endif
