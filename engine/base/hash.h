/* hash: 64-bit hashes for tables in memory. Not for anything on disk except where a header says so,
 * and not against an attacker who knows the process: tables bound their probe length by growing. */
#ifndef ENGINE_BASE_HASH_H
#define ENGINE_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* 64 x 64 -> 128 multiply, folded: the mixing step of wyhash (public domain). */
static inline uint64_t hash_mix(uint64_t a, uint64_t b)
{
    __extension__ unsigned __int128 r =
        (unsigned __int128)(a ^ 0x2d358dccaa6c78a5ull) * (b ^ 0x8bb84b93962eacc9ull);
    return (uint64_t)r ^ (uint64_t)(r >> 64);
}

static inline uint64_t hash_u64(uint64_t value)
{
    return hash_mix(value, 0x9e3779b97f4a7c15ull);
}

/* XXH3 for long input. */
uint64_t hash_long(const uint8_t *at, size_t len);

/* Loads up to 16 bytes into two words. Two different short strings of the same length never give
 * the same pair, so (pair, length) is an exact key. Bytes beyond `len` are not read. */
static inline void hash_load16(const uint8_t *at, size_t len, uint64_t *a, uint64_t *b)
{
    *a = 0;
    *b = 0;
    if (len >= 8) {
        memcpy(a, at, 8);
        memcpy(b, at + len - 8, 8);
    } else if (len >= 4) {
        uint32_t low;
        uint32_t high;
        memcpy(&low, at, 4);
        memcpy(&high, at + len - 4, 4);
        *a = low;
        *b = high;
    } else if (len > 0) {
        *a = (uint64_t)at[0] | (uint64_t)at[len / 2] << 8 | (uint64_t)at[len - 1] << 16;
    }
}

static inline uint64_t hash_bytes(const uint8_t *at, size_t len)
{
    if (__builtin_expect(len > 16, 0)) {
        return hash_long(at, len);
    }
    uint64_t a;
    uint64_t b;
    hash_load16(at, len, &a, &b);
    return hash_mix(a, b ^ len);
}

#endif
