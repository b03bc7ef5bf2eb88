/* slice: see slice.h. */
#include "engine/base/slice.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>

#include "engine/base/checked.h"
#include "engine/base/digits.h"
#include "engine/base/mem.h"

bool slice_equal_nocase(struct slice a, struct slice b)
{
    if (a.len != b.len) {
        return false;
    }
    for (size_t i = 0; i < a.len; i++) {
        if (ascii_lower(a.at[i]) != ascii_lower(b.at[i])) {
            return false;
        }
    }
    return true;
}

int slice_compare(struct slice a, struct slice b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    int order = common == 0 ? 0 : memcmp(a.at, b.at, common);
    if (order != 0) {
        return order;
    }
    return (a.len > b.len) - (a.len < b.len);
}

const uint8_t *slice_find(struct slice hay, struct slice needle)
{
    if (needle.len == 0) {
        return hay.at;
    }
    if (needle.len > hay.len) {
        return NULL;
    }
    return memmem(hay.at, hay.len, needle.at, needle.len);
}

struct slice slice_trim(struct slice s)
{
    while (s.len > 0 && ascii_is_space(s.at[0])) {
        s.at++;
        s.len--;
    }
    while (s.len > 0 && ascii_is_space(s.at[s.len - 1])) {
        s.len--;
    }
    return s;
}

/* Digits [at, end) to a number; false if a byte is no digit. At most 18 digits, so it fits. */
static inline bool digits_to_u64(const uint8_t *at, const uint8_t *end, uint64_t *out)
{
    uint64_t value = 0;
    for (; end - at >= 8; at += 8) {
        uint64_t word = load_le64(at);
        if (!digits_all(word)) {
            return false;
        }
        value = value * 100000000 + digits_value8(word);
    }
    for (; at < end; at++) {
        if (!ascii_is_digit(*at)) {
            return false;
        }
        value = value * 10 + (uint64_t)(*at - '0');
    }
    *out = value;
    return true;
}

/* More than 18 digits: leading zeros, or the last digits before the limit. */
static bool long_digits_to_i64(const uint8_t *at, const uint8_t *end, bool minus, int64_t *out)
{
    int64_t value = 0;
    for (; at < end; at++) {
        int64_t digit = *at - '0';
        if (!ascii_is_digit(*at) || checked_mul(value, 10, &value) ||
            checked_add(value, minus ? -digit : digit, &value)) {
            return false;
        }
    }
    *out = value;
    return true;
}

bool slice_to_i64(struct slice s, int64_t *out)
{
    const uint8_t *at = s.at;
    const uint8_t *end = at + s.len;
    bool minus = false;
    if (s.len > 0 && (*at == '-' || *at == '+')) {
        minus = *at == '-';
        at++;
    }
    if (at == end) {
        return false;
    }
    if (end - at > 18) {
        return long_digits_to_i64(at, end, minus, out);
    }
    uint64_t value;
    if (!digits_to_u64(at, end, &value)) {
        return false;
    }
    *out = minus ? -(int64_t)value : (int64_t)value;
    return true;
}

/* ---- doubles --------------------------------------------------------------------------------- */

/* A decimal number taken apart: digits × 10^exponent. */
struct decimal_parts {
    bool minus;
    bool is_cut; /* more digits than `digits` holds */
    uint64_t digits;
    int64_t exponent;
};

enum { EXPONENT_MAX = 100000 }; /* far beyond any double; keeps the sum from overflowing */

static const uint8_t *read_digits(const uint8_t *at, const uint8_t *end, bool is_fraction,
                                  struct decimal_parts *parts)
{
    for (; at < end && ascii_is_digit(*at); at++) {
        if (parts->digits < UINT64_C(1000000000000000000)) {
            parts->digits = parts->digits * 10 + (uint64_t)(*at - '0');
            parts->exponent -= is_fraction;
        } else {
            parts->is_cut = true;
            parts->exponent += !is_fraction;
        }
    }
    return at;
}

static bool read_exponent(const uint8_t *at, const uint8_t *end, struct decimal_parts *parts)
{
    bool minus = false;
    if (at < end && (*at == '-' || *at == '+')) {
        minus = *at == '-';
        at++;
    }
    if (at == end) {
        return false;
    }
    int64_t exponent = 0;
    for (; at < end; at++) {
        if (!ascii_is_digit(*at)) {
            return false;
        }
        if (exponent < EXPONENT_MAX) {
            exponent = exponent * 10 + (*at - '0');
        }
    }
    parts->exponent += minus ? -exponent : exponent;
    return true;
}

static bool read_decimal(struct slice s, struct decimal_parts *parts)
{
    const uint8_t *at = s.at;
    const uint8_t *end = at + s.len;
    const uint8_t *start = at;
    at = read_digits(at, end, false, parts);
    size_t n_digits = (size_t)(at - start);
    if (at < end && *at == '.') {
        start = ++at;
        at = read_digits(at, end, true, parts);
        n_digits += (size_t)(at - start);
    }
    if (n_digits == 0) {
        return false;
    }
    return at == end || ((*at | 0x20) == 'e' && read_exponent(at + 1, end, parts));
}

static bool read_special(struct slice s, bool minus, double *out)
{
    if (slice_equal_nocase(s, slice_text("inf")) || slice_equal_nocase(s, slice_text("infinity"))) {
        *out = minus ? -(double)INFINITY : (double)INFINITY;
        return true;
    }
    if (slice_equal_nocase(s, slice_text("nan"))) {
        *out = (double)NAN;
        return true;
    }
    return false;
}

/* The text is known to be a number; strtod rounds it correctly. */
static bool slow_to_f64(struct slice s, double *out)
{
    enum { SHORT_BYTES = 128 };
    char near[SHORT_BYTES];
    char *far = NULL;
    char *copy = near;
    if (s.len >= SHORT_BYTES) {
        far = mem_text(s.at, s.len);
        copy = far;
    } else {
        memcpy(near, s.at, s.len);
        near[s.len] = '\0';
    }
    /* glibc keeps one "C" locale and hands it out: nothing is allocated here. */
    locale_t c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    double value = strtod_l(copy, NULL, c_locale);
    freelocale(c_locale);
    mem_free(far);
    if (isinf(value)) {
        return false;
    }
    *out = value;
    return true;
}

bool slice_to_f64(struct slice s, double *out)
{
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                    1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    struct decimal_parts parts = {0};
    struct slice number = s;
    if (s.len > 0 && (s.at[0] == '-' || s.at[0] == '+')) {
        parts.minus = s.at[0] == '-';
        number = slice_of(s.at + 1, s.len - 1);
    }
    if (!read_decimal(number, &parts)) {
        return read_special(number, parts.minus, out);
    }
    /* Both operands are exact, so one correctly rounded operation gives the nearest double
     * (W. Clinger, "How to Read Floating Point Numbers Accurately"). */
    if (!parts.is_cut && parts.digits <= UINT64_C(1) << DBL_MANT_DIG && parts.exponent >= -22 &&
        parts.exponent <= 22) {
        double value = (double)parts.digits;
        value =
            parts.exponent < 0 ? value / powers[-parts.exponent] : value * powers[parts.exponent];
        *out = parts.minus ? -value : value;
        return true;
    }
    return slow_to_f64(s, out);
}

/* ---- names ----------------------------------------------------------------------------------- */

/* Longer names are compared for equality only: a typo in them is not worth a matrix. */
enum { DISTANCE_BYTES_MAX = 64 };

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
    unsigned m = a < b ? a : b;
    return m < c ? m : c;
}

/* Optimal string alignment: three rows of the edit matrix. */
static unsigned edit_distance(struct slice a, struct slice b)
{
    unsigned rows[3][DISTANCE_BYTES_MAX + 1];
    for (unsigned j = 0; j <= b.len; j++) {
        rows[0][j] = j;
    }
    for (unsigned i = 1; i <= a.len; i++) {
        unsigned *row = rows[i % 3];
        const unsigned *above = rows[(i + 2) % 3];
        const unsigned *second = rows[(i + 1) % 3];
        uint8_t c = ascii_lower(a.at[i - 1]);
        row[0] = i;
        for (unsigned j = 1; j <= b.len; j++) {
            uint8_t d = ascii_lower(b.at[j - 1]);
            row[j] = min3(above[j] + 1, row[j - 1] + 1, above[j - 1] + (c != d));
            if (i > 1 && j > 1 && c == ascii_lower(b.at[j - 2]) && d == ascii_lower(a.at[i - 2])) {
                row[j] = min3(row[j], second[j - 2] + 1, row[j]);
            }
        }
    }
    return rows[a.len % 3][b.len];
}

unsigned slice_distance(struct slice a, struct slice b, unsigned limit)
{
    size_t difference = a.len > b.len ? a.len - b.len : b.len - a.len;
    if (difference > limit) {
        return limit + 1;
    }
    if (a.len > DISTANCE_BYTES_MAX || b.len > DISTANCE_BYTES_MAX) {
        return slice_equal_nocase(a, b) ? 0 : limit + 1;
    }
    unsigned distance = edit_distance(a, b);
    return distance <= limit ? distance : limit + 1;
}
