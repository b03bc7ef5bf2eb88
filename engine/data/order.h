/* order: numbers as unsigned bits that sort like them, and back. NaN sorts behind all other numbers
 * and both zeros are equal. */
#ifndef ENGINE_DATA_ORDER_H
#define ENGINE_DATA_ORDER_H

#include <math.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t order_i64(int64_t value)
{
    return (uint64_t)value ^ UINT64_C(1) << 63;
}

static inline int64_t order_to_i64(uint64_t bits)
{
    return (int64_t)(bits ^ UINT64_C(1) << 63);
}

/* Positive doubles sort as their bits, negative ones the other way around. */
static inline uint64_t order_f64(double value)
{
    if (isnan(value)) {
        return UINT64_MAX;
    }
    uint64_t bits;
    value += 0.0; /* -0.0 + 0.0 is 0.0 */
    memcpy(&bits, &value, sizeof bits);
    return bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
}

static inline double order_to_f64(uint64_t bits)
{
    if (bits == UINT64_MAX) {
        return (double)NAN;
    }
    bits = bits >> 63 ? bits & ~(UINT64_C(1) << 63) : ~bits;
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

#endif
