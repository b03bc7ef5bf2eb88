/* characters: text as a row of characters: UTF-8 code points, and bytes that are none, each of
 * which counts as one. Runs of ASCII are skipped eight bytes at a time. */
#ifndef ENGINE_BASE_CHARACTERS_H
#define ENGINE_BASE_CHARACTERS_H

#include "engine/base/slice.h"
#include "engine/base/utf8.h"

/* Bytes of the character at `at` < end. */
static inline size_t character_bytes(const uint8_t *at, const uint8_t *end)
{
    unsigned used = 1;
    if (*at >= 0x80) {
        (void)utf8_decode(slice_of(at, (size_t)(end - at)), &used);
    }
    return used;
}

/* Whether the eight bytes at `at` are ASCII. */
static inline bool characters_ascii8(const uint8_t *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return (word & 0x8080808080808080ull) == 0;
}

/* Whether 32 are. */
static inline bool characters_ascii32(const uint8_t *at)
{
    uint64_t words[4];
    memcpy(words, at, sizeof words);
    return ((words[0] | words[1] | words[2] | words[3]) & 0x8080808080808080ull) == 0;
}

/* True if all bytes are ASCII. */
bool characters_are_ascii(struct slice text);

int64_t characters_count(struct slice text);

/* Behind the first n characters (n >= 0), or the end. */
const uint8_t *characters_skip(struct slice text, int64_t n);

/* Writes a code point (below 0x110000) as UTF-8, one to four bytes; returns the end. */
uint8_t *characters_write(uint8_t *out, uint32_t code);

#endif
