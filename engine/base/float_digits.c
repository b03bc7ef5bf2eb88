/* float_digits: see float_digits.h.
 *
 * A double is m × 2^-s, and the numbers that read back as it reach half a unit of m to either side
 * (G. Steele and J. White, "How to Print Floating-Point Numbers Accurately"). From 10^-5 to 10^15,
 * where most numbers are, m × 10^k with 17 digits before the binary point fits into 128 bits, so
 * that all of this is plain arithmetic without error. The few others go through printf and back. */
#include "engine/base/float_digits.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/checked.h"
#include "engine/base/panic.h"
#include "engine/base/textbuf.h"

__extension__ typedef unsigned __int128 uint128;

/* ---- exact ----------------------------------------------------------------------------------- */

enum { DIGITS_MAX = 17 }; /* are always enough (IEEE 754) */

/* value × 10^power = (whole << shift | below) / 2^shift, and what to either side reads back as it:
 * distances of at most reach / 2 (below a power of two reach / 4), in the same unit. */
struct scaled_float {
    uint64_t whole; /* 17 digits */
    uint128 below;
    unsigned shift;
    uint128 reach;
    bool is_even; /* then the ends of the reach belong to it: ties go to even */
    bool is_power_of_2;
};

static uint128 power_of_10(unsigned power)
{
    static const uint64_t powers[] = {1,         10,         100,         1000,
                                      10000,     100000,     1000000,     10000000,
                                      100000000, 1000000000, 10000000000, 100000000000};
    return power < 12 ? powers[power] : (uint128)powers[11] * powers[power - 11];
}

/* DIGITS_MAX minus the number of digits before the point, or one more, of a value in
 * [2^(exponent - 1), 2^exponent). */
static int estimate_power(int exponent)
{
    /* 1233 / 4096 is log10(2); floor division also of negative exponents. */
    return DIGITS_MAX - 1 - (int)floor_div((exponent - 1) * 1233, 4096);
}

static void scale_by(uint64_t mantissa, int power, struct scaled_float *out)
{
    out->reach = power_of_10((unsigned)power);
    uint128 scaled = mantissa * out->reach;
    out->whole = (uint64_t)(scaled >> out->shift);
    out->below = scaled & (((uint128)1 << out->shift) - 1);
}

/* False if the value is outside of the range that fits. */
static bool scale(double value, struct scaled_float *out, int *power)
{
    if (!(value >= 1e-5 && value < 1e15)) {
        return false;
    }
    int exponent;
    double fraction = frexp(value, &exponent);
    uint64_t mantissa = (uint64_t)ldexp(fraction, DBL_MANT_DIG);
    out->shift = (unsigned)(DBL_MANT_DIG - exponent); /* 3 to 69 */
    out->is_even = mantissa % 2 == 0;
    out->is_power_of_2 = mantissa == UINT64_C(1) << (DBL_MANT_DIG - 1);
    *power = estimate_power(exponent);
    scale_by(mantissa, *power, out);
    if (out->whole >= UINT64_C(100000000000000000)) {
        scale_by(mantissa, --*power, out);
    }
    return true;
}

static bool reads_back(const struct scaled_float *scaled, uint128 distance, bool is_lower)
{
    uint128 twice = distance << (is_lower && scaled->is_power_of_2 ? 2 : 1);
    return twice < scaled->reach || (twice == scaled->reach && scaled->is_even);
}

/* The multiple of `unit` next to the value that reads back as it, the nearer one first; 0 if there
 * is none. */
static uint64_t try_unit(const struct scaled_float *scaled, uint64_t unit)
{
    uint64_t rest = scaled->whole % unit;
    uint64_t lower = scaled->whole - rest;
    /* The distances to the multiples below and above. */
    uint128 down = ((uint128)rest << scaled->shift) + scaled->below;
    uint128 up = ((uint128)unit << scaled->shift) - down;
    bool down_ok = reads_back(scaled, down, true);
    bool up_ok = reads_back(scaled, up, false);
    if (down_ok && (!up_ok || down <= up)) {
        return lower;
    }
    return up_ok ? lower + unit : 0;
}

static bool find_exactly(double value, struct float_digits *out)
{
    struct scaled_float scaled;
    int power;
    if (!scale(value, &scaled, &power)) {
        return false;
    }
    /* A decimal of 15 digits survives in a double, so fewer are found as 15 with zeros behind. */
    uint64_t digits = try_unit(&scaled, 100);
    digits = digits != 0 ? digits : try_unit(&scaled, 10);
    digits = digits != 0 ? digits : try_unit(&scaled, 1);
    CHECK(digits != 0);
    while (digits % 10 == 0) {
        digits /= 10;
        power--;
    }
    uint8_t *start = (uint8_t *)out->digits;
    out->n = (int)(text_write_u64(start, digits) - start);
    out->exponent = out->n - 1 - power;
    return true;
}

/* ---- by printf ------------------------------------------------------------------------------- */

/* The last digit of d.ddde±xx one higher; false if it is a 9, where the nearest decimal is no
 * worse. */
static bool last_digit_up(char *text)
{
    char *last = strchr(text, 'e') - 1;
    if (*last == '9') {
        return false;
    }
    (*last)++;
    return true;
}

static bool try_digits(double value, int n, struct float_digits *out)
{
    char text[40];
    snprintf(text, sizeof text, "%.*e", n - 1, value);
    /* Below a power of two doubles lie twice as close: the nearest decimal may fall into the next
     * one's reach while its upper neighbour does not. Both calls use the process locale, so they
     * agree on the point. */
    if (strtod(text, NULL) != value && (!last_digit_up(text) || strtod(text, NULL) != value)) {
        return false;
    }
    const char *e = strchr(text, 'e');
    out->n = 0;
    for (const char *c = text; c < e; c++) {
        if (*c >= '0' && *c <= '9') {
            out->digits[out->n++] = *c;
        }
    }
    while (out->n > 1 && out->digits[out->n - 1] == '0') {
        out->n--;
    }
    out->exponent = (int)strtol(e + 1, NULL, 10);
    return true;
}

void float_digits_find(double value, struct float_digits *out)
{
    CHECK(value > 0 && isfinite(value));
    if (find_exactly(value, out)) {
        return;
    }
    int n = value < DBL_MIN ? 1 : 15; /* subnormal numbers hold fewer digits */
    while (!try_digits(value, n, out)) {
        n++;
        CHECK(n <= DIGITS_MAX);
    }
}
