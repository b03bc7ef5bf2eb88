/* byteorder: words at any address, in a named byte order whatever the machine's is. The bytes read
 * must exist: nothing here looks beyond them. */
#ifndef ENGINE_BASE_BYTEORDER_H
#define ENGINE_BASE_BYTEORDER_H

#include <stdint.h>
#include <string.h>

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define LITTLE64(word) (word)
#define LITTLE32(word) (word)
#define BIG64(word)    __builtin_bswap64(word)
#else
#define LITTLE64(word) __builtin_bswap64(word)
#define LITTLE32(word) __builtin_bswap32(word)
#define BIG64(word)    (word)
#endif

static inline uint64_t load_le64(const uint8_t *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return LITTLE64(word);
}

static inline uint32_t load_le32(const uint8_t *at)
{
    uint32_t word;
    memcpy(&word, at, sizeof word);
    return LITTLE32(word);
}

static inline uint64_t load_be64(const uint8_t *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return BIG64(word);
}

static inline void store_le32(uint8_t *at, uint32_t word)
{
    word = LITTLE32(word);
    memcpy(at, &word, sizeof word);
}

static inline void store_le64(uint8_t *at, uint64_t word)
{
    word = LITTLE64(word);
    memcpy(at, &word, sizeof word);
}

static inline void store_be64(uint8_t *at, uint64_t word)
{
    word = BIG64(word);
    memcpy(at, &word, sizeof word);
}

#endif
