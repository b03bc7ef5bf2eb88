/* checked: arithmetic on user data. Each returns true if the exact result did not fit; *out then
 * holds something and must not be used. */
#ifndef ENGINE_BASE_CHECKED_H
#define ENGINE_BASE_CHECKED_H

#include <stdbool.h>
#include <stdint.h>

__extension__ typedef __int128 int128;

static inline bool checked_add(int64_t a, int64_t b, int64_t *out)
{
    return __builtin_add_overflow(a, b, out);
}

static inline bool checked_sub(int64_t a, int64_t b, int64_t *out)
{
    return __builtin_sub_overflow(a, b, out);
}

static inline bool checked_mul(int64_t a, int64_t b, int64_t *out)
{
    return __builtin_mul_overflow(a, b, out);
}

static inline bool checked_narrow(int128 a, int64_t *out)
{
    *out = (int64_t)a;
    return *out != a;
}

/* Floor division and the remainder that goes with it (0 <= remainder < d), d > 0. C truncates
 * toward zero, which puts times before 1970 into the wrong window. */
static inline int64_t floor_div(int64_t a, int64_t d)
{
    int64_t q = a / d;
    return q - (a % d < 0);
}

static inline int64_t floor_mod(int64_t a, int64_t d)
{
    int64_t r = a % d;
    return r < 0 ? r + d : r;
}

#endif
