/* floor_output: numbers and times as text, digits by table; see floor.h. */
#include <stdlib.h>
#include <unistd.h>

#include "bench/floor.h"
#include "engine/base/checked.h"

__extension__ typedef unsigned __int128 uint128;

void output_flush(struct output *output)
{
    size_t at = 0;
    while (at < output->n) {
        ssize_t n = write(STDOUT_FILENO, output->bytes + at, output->n - at);
        if (n <= 0) {
            exit(1);
        }
        at += (size_t)n;
    }
    output->n = 0;
}

void output_text(struct output *output, const char *text)
{
    uint8_t *end = write_bytes(output_line(output), text, strlen(text));
    output_advance(output, end);
}

static const char pairs[200] = "00010203040506070809"
                               "10111213141516171819"
                               "20212223242526272829"
                               "30313233343536373839"
                               "40414243444546474849"
                               "50515253545556575859"
                               "60616263646566676869"
                               "70717273747576777879"
                               "80818283848586878889"
                               "90919293949596979899";

static uint8_t *write_pair(uint8_t *out, uint32_t value)
{
    memcpy(out, pairs + 2 * value, 2);
    return out + 2;
}

uint8_t *write_u64(uint8_t *out, uint64_t value)
{
    uint8_t text[20];
    uint32_t from = sizeof text;
    while (value >= 100) {
        from -= 2;
        memcpy(text + from, pairs + 2 * (value % 100), 2);
        value /= 100;
    }
    if (value >= 10) {
        from -= 2;
        memcpy(text + from, pairs + 2 * value, 2);
    } else {
        text[--from] = (uint8_t)('0' + value);
    }
    return write_bytes(out, text + from, sizeof text - from);
}

uint8_t *write_cents(uint8_t *out, int64_t cents)
{
    out = write_u64(out, (uint64_t)cents / 100);
    *out++ = '.';
    return write_pair(out, (uint32_t)((uint64_t)cents % 100));
}

uint8_t *write_ms(uint8_t *out, int64_t ms)
{
    int64_t days = floor_div(ms, 86400000);
    uint32_t rest = (uint32_t)floor_mod(ms, 86400000);
    /* H. Hinnant's civil_from_days for years that begin in March, from 2000 on. */
    uint32_t shifted = (uint32_t)(days - 11017);
    uint32_t era = (4 * shifted + 3) / 146097;
    uint32_t day_of_era = shifted - 146097 * era / 4;
    uint32_t year_of_era = (4 * day_of_era + 3) / 1461;
    uint32_t day_of_year = day_of_era - 1461 * year_of_era / 4;
    uint32_t month = (5 * day_of_year + 2) / 153;
    uint32_t day = day_of_year - (153 * month + 2) / 5 + 1;
    uint32_t year = 2000 + era * 100 + year_of_era + (month >= 10);
    month = month < 10 ? month + 3 : month - 9;
    out = write_pair(write_pair(out, year / 100), year % 100);
    *out++ = '-';
    out = write_pair(out, month);
    *out++ = '-';
    out = write_pair(out, day);
    *out++ = 'T';
    out = write_pair(out, rest / 3600000);
    *out++ = ':';
    out = write_pair(out, rest / 60000 % 60);
    *out++ = ':';
    out = write_pair(out, rest / 1000 % 60);
    if (rest % 1000 != 0) {
        *out++ = '.';
        *out++ = (uint8_t)('0' + rest % 1000 / 100);
        out = write_pair(out, rest % 100);
    }
    *out++ = 'Z';
    return out;
}

/* ---- the shortest decimal -------------------------------------------------------------------- */

/* A double m · 2^-shift and the numbers that are nearer to it than to any other, all in units of
 * 2^-(shift + 2): [low, high], the ends included if m is even. */
struct neighbourhood {
    uint64_t low;
    uint64_t middle;
    uint64_t high;
    uint32_t shift;
    bool closed;
};

static struct neighbourhood neighbourhood_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint64_t fraction = bits & ((UINT64_C(1) << 52) - 1);
    uint64_t m = fraction | UINT64_C(1) << 52;
    uint32_t exponent = (uint32_t)(bits >> 52);
    return (struct neighbourhood){
        .low = 4 * m - (fraction == 0 ? 1 : 2), /* below a power of two they are closer */
        .middle = 4 * m,
        .high = 4 * m + 2,
        .shift = 1075 - exponent + 2,
        .closed = (m & 1) == 0,
    };
}

/* 10^digits, and how many fraction digits are enough for `value`: seventeen places in all. The
 * number then fits 64 bits. */
static uint64_t finest_power(double value, uint32_t *digits)
{
    *digits = value < 1 ? 19 : 16;
    for (double limit = 1000; value >= limit; limit *= 1000) {
        *digits -= 3;
    }
    uint64_t power = 1;
    for (uint32_t i = 0; i < *digits; i++) {
        power *= 10;
    }
    return power;
}

/* Sets *power to the smallest power of ten for which an integer lies in the neighbourhood times it;
 * starts at one that is large enough, 10^digits, and returns what is left of the digits. */
static uint32_t shorten(const struct neighbourhood *near, uint32_t digits, uint64_t *power)
{
    uint128 one = (uint128)1 << near->shift;
    uint128 low = (uint128)near->low * *power + (near->closed ? one - 1 : one);
    uint128 high = (uint128)near->high * *power - (near->closed ? 0 : 1);
    uint64_t first = (uint64_t)(low >> near->shift); /* rounded up; an open end does not count */
    uint64_t last = (uint64_t)(high >> near->shift);
    while (digits > 0 && (first + 9) / 10 <= last / 10) {
        first = (first + 9) / 10;
        last /= 10;
        *power /= 10;
        digits--;
    }
    return digits;
}

static uint64_t nearest(const struct neighbourhood *near, uint64_t power)
{
    uint128 half = (uint128)1 << (near->shift - 1);
    return (uint64_t)(((uint128)near->middle * power + half) >> near->shift);
}

uint8_t *write_average(uint8_t *out, int64_t cents, int64_t n)
{
    if (cents % n == 0) {
        /* At most two fraction digits: the decimal itself. */
        out = write_cents(out, cents / n);
        while (out[-1] == '0') {
            out--;
        }
        return out[-1] == '.' ? out - 1 : out;
    }
    double value = (double)cents / (100.0 * (double)n);
    struct neighbourhood near = neighbourhood_of(value);
    uint32_t digits;
    uint64_t power = finest_power(value, &digits);
    digits = shorten(&near, digits, &power);
    uint64_t decimal = nearest(&near, power);
    out = write_u64(out, decimal / power);
    if (digits == 0) {
        return out;
    }
    *out++ = '.';
    uint64_t fraction = decimal % power;
    uint32_t place = digits;
    for (; place >= 2; place -= 2) {
        write_pair(out + place - 2, (uint32_t)(fraction % 100));
        fraction /= 100;
    }
    if (place == 1) {
        out[0] = (uint8_t)('0' + fraction);
    }
    return out + digits;
}
