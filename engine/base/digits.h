/* digits: eight ASCII digits at a time in a 64-bit word, the inner step of every number and time
 * parser and of the writers. Byte i of the text is byte i of the word counted from the low end, on
 * any machine.
 *
 *     uint64_t word = load_le64(at);                 // at[0..8) must be readable
 *     if (digits_all(word)) { value = digits_value8(word); }
 *
 * Method: D. Lemire, "Quickly parsing eight digits"; writing is the same backwards. */
#ifndef ENGINE_BASE_DIGITS_H
#define ENGINE_BASE_DIGITS_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/byteorder.h"

/* All eight bytes are '0' to '9': adding 0x46 sets the high bit of what is above, subtracting 0x30
 * that of what is below; borrows and carries start only in bytes that are no digits anyway. */
static inline bool digits_all(uint64_t word)
{
    uint64_t above = word + 0x4646464646464646ull;
    uint64_t below = word - 0x3030303030303030ull;
    return ((above | below) & 0x8080808080808080ull) == 0;
}

/* The value of eight digits, the low byte being the first. */
static inline uint32_t digits_value8(uint64_t word)
{
    word -= 0x3030303030303030ull;
    word = word * 10 + (word >> 8); /* pairs, in every other byte */
    return (uint32_t)((((word & 0x000000ff000000ffull) * 0x000f424000000064ull) +
                       (((word >> 16) & 0x000000ff000000ffull) * 0x0000271000000001ull)) >>
                      32);
}

/* The eight digits of value < 10^8 as numbers 0 to 9, one a byte, the first in the low byte: fields
 * are halved into quotient and remainder, 4 + 4, then 2 + 2, then 1 + 1 digits. The factors are
 * reciprocals: 10486 / 2^20 is 1/100 for what is below 10^4, 103 / 2^10 is 1/10 below 100. */
static inline uint64_t digits_split8(uint32_t value)
{
    uint64_t fours = value / 10000 | (uint64_t)(value % 10000) << 32;
    uint64_t top = ((fours * 10486) >> 20) & 0x0000007f0000007full;
    uint64_t twos = top | (fours - 100 * top) << 16;
    uint64_t tens = ((twos * 103) >> 10) & 0x000f000f000f000full;
    return tens | (twos - 10 * tens) << 8;
}

#endif
