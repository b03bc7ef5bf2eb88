/* decimal: see decimal.h. */
#include "engine/data/decimal.h"

#include <math.h>

#include "engine/base/checked.h"
#include "engine/base/digits.h"
#include "engine/base/panic.h"
#include "engine/base/textbuf.h"

/* ---- text of any shape ----------------------------------------------------------------------- */

/* A number taken apart: the digits of `whole` and `fraction` are one run, and the point stands
 * `exponent` places to the right of where it was written. */
struct number_text {
    struct slice whole;
    struct slice fraction;
    int64_t exponent;
};

enum { EXPONENT_MAX = 1000000 }; /* beyond any text that is read; keeps sums from overflowing */

static struct slice take_digits(struct slice *rest)
{
    size_t n = 0;
    while (n < rest->len && ascii_is_digit(rest->at[n])) {
        n++;
    }
    struct slice digits = slice_of(rest->at, n);
    *rest = slice_of(rest->at + n, rest->len - n);
    return digits;
}

static bool take_exponent(struct slice rest, int64_t *out)
{
    if (rest.len == 0) {
        *out = 0;
        return true;
    }
    if (ascii_lower(rest.at[0]) != 'e') {
        return false;
    }
    rest = slice_of(rest.at + 1, rest.len - 1);
    bool minus = rest.len > 0 && rest.at[0] == '-';
    if (minus || (rest.len > 0 && rest.at[0] == '+')) {
        rest = slice_of(rest.at + 1, rest.len - 1);
    }
    struct slice digits = take_digits(&rest);
    if (digits.len == 0 || rest.len > 0) {
        return false;
    }
    int64_t exponent = 0;
    for (size_t i = 0; i < digits.len && exponent < EXPONENT_MAX; i++) {
        exponent = exponent * 10 + (digits.at[i] - '0');
    }
    *out = minus ? -exponent : exponent;
    return true;
}

static bool number_split(struct slice text, struct number_text *out)
{
    *out = (struct number_text){.whole = take_digits(&text)};
    if (text.len > 0 && text.at[0] == '.') {
        text = slice_of(text.at + 1, text.len - 1);
        out->fraction = take_digits(&text);
    }
    return out->whole.len + out->fraction.len > 0 && take_exponent(text, &out->exponent);
}

static uint64_t number_digit(const struct number_text *number, size_t i)
{
    uint8_t digit =
        i < number->whole.len ? number->whole.at[i] : number->fraction.at[i - number->whole.len];
    return (uint64_t)(digit - '0');
}

/* The first `keep` digits (zeros beyond the last), rounded by the one that follows. Half away from
 * zero needs no more than that one digit. */
static bool number_scale(const struct number_text *number, int64_t keep, uint64_t limit,
                         uint64_t *out)
{
    int64_t n = (int64_t)(number->whole.len + number->fraction.len);
    uint64_t value = 0;
    for (int64_t i = 0; i < keep; i++) {
        if (value == 0 && i >= n) {
            break; /* zero, however many zeros follow */
        }
        value = value * 10 + (i < n ? number_digit(number, (size_t)i) : 0);
        if (value >= limit) {
            return false;
        }
    }
    if (keep >= 0 && keep < n && number_digit(number, (size_t)keep) >= 5) {
        value++;
    }
    *out = value;
    return value < limit;
}

/* Text behind its sign. Not inlined, so that the usual case saves no registers. */
__attribute__((noinline)) static bool parse_any(struct slice text, bool minus, struct type type,
                                                int64_t *out)
{
    struct number_text number;
    uint64_t value;
    if (!number_split(text, &number)) {
        return false;
    }
    int64_t keep = (int64_t)number.whole.len + number.exponent + type.scale;
    if (!number_scale(&number, keep, (uint64_t)pow10_i64[type.precision], &value)) {
        return false;
    }
    *out = minus ? -(int64_t)value : (int64_t)value;
    return true;
}

/* ---- four to eight bytes: prices ------------------------------------------------------------- */

#define BYTES_OF(byte) ((byte)*0x0101010101010101ull)

/* The text right-aligned in a word, zeros before it. 4 <= len <= 8. */
static inline uint64_t load_aligned(const uint8_t *at, size_t len)
{
    uint64_t word = load_le32(at) | (uint64_t)load_le32(at + len - 4) << (8 * (len - 4));
    unsigned shift = (unsigned)(8 * (8 - len));
    /* In two steps: a shift by 64 has no meaning, and a branch for it is not predictable. */
    return word << shift | BYTES_OF(0x30ull) >> 1 >> (63 - shift);
}

/* Takes the point out of the word by moving what stands before it one byte up. Returns the digits
 * behind it. */
static inline unsigned remove_point(uint64_t *word)
{
    uint64_t x = *word ^ BYTES_OF(0x2eull);
    uint64_t points = (x - BYTES_OF(0x01ull)) & ~x & BYTES_OF(0x80ull);
    if (points == 0) {
        return 0;
    }
    unsigned bit = (unsigned)__builtin_ctzll(points) & ~7u; /* of the first point */
    uint64_t before = ((uint64_t)1 << bit) - 1;
    uint64_t behind = ~before & ~(UINT64_C(0xff) << bit);
    *word = (*word & before) << 8 | '0' | (*word & behind);
    return 7 - bit / 8;
}

/* Eight digits times 10^10 cannot overflow. */
enum { SHORT_SCALE_MAX = 10 };

/* A number of at most `scale` fraction digits that fits, or -1: then parse_any decides. */
static inline int64_t parse_short(struct slice text, unsigned precision, unsigned scale)
{
    uint64_t word = load_aligned(text.at, text.len);
    unsigned more = scale - remove_point(&word);
    if (!digits_all(word) || more > SHORT_SCALE_MAX) { /* also if it wrapped */
        return -1;
    }
    int64_t value = digits_value8(word) * pow10_i64[more];
    return value < pow10_i64[precision] ? value : -1;
}

bool decimal_parse(struct slice text, unsigned precision, unsigned scale, int64_t *out)
{
    DCHECK(precision <= DECIMAL_PRECISION_MAX && scale <= precision);
    bool minus = false;
    if (text.len > 0 && (text.at[0] == '-' || text.at[0] == '+')) {
        minus = text.at[0] == '-';
        text = slice_of(text.at + 1, text.len - 1);
    }
    if (text.len - 4 <= 4) { /* 4 to 8 */
        int64_t value = parse_short(text, precision, scale);
        if (value >= 0) {
            *out = minus ? -value : value;
            return true;
        }
    }
    return parse_any(text, minus, type_decimal(precision, scale), out);
}

/* ---- scales and doubles
 * --------------------------------------------------------------------------- */

bool decimal_rescale(int64_t value, unsigned from, unsigned to, int64_t *out)
{
    CHECK(from <= DECIMAL_PRECISION_MAX && to <= DECIMAL_PRECISION_MAX);
    if (to >= from) {
        return checked_mul(value, pow10_i64[to - from], out);
    }
    int64_t divisor = pow10_i64[from - to];
    int64_t quotient = value / divisor;
    int64_t rest = value % divisor;
    int64_t half = divisor / 2; /* exact: powers of ten from 10 on are even */
    *out = quotient + (rest >= half) - (rest <= -half);
    return false;
}

bool decimal_exceeds(int64_t value, unsigned precision)
{
    CHECK(precision <= DECIMAL_PRECISION_MAX);
    return value >= pow10_i64[precision] || value <= -pow10_i64[precision];
}

enum { DOUBLE_EXACT_BITS = 53 };

double decimal_to_f64(int64_t value, unsigned scale)
{
    CHECK(scale <= DECIMAL_PRECISION_MAX);
    int64_t exact = INT64_C(1) << DOUBLE_EXACT_BITS;
    if (value <= exact && value >= -exact) {
        return (double)value / (double)pow10_i64[scale]; /* both exact: one rounding */
    }
    uint8_t text[TEXTBUF_NUMBER_BYTES + 4];
    uint8_t *end = text_write_i64(text, value);
    *end++ = 'e';
    end = text_write_i64(end, -(int64_t)scale);
    double result = 0;
    CHECK(slice_to_f64(slice_of(text, (size_t)(end - text)), &result));
    return result;
}

bool decimal_from_f64(double value, unsigned precision, unsigned scale, int64_t *out)
{
    CHECK(precision <= DECIMAL_PRECISION_MAX && scale <= precision);
    if (!isfinite(value)) {
        return true;
    }
    /* Usually the double is the nearest one to a decimal of that scale. */
    double power = (double)pow10_i64[scale];
    double scaled = round(value * power);
    if (fabs(scaled) < 1e15 && scaled / power == value) {
        *out = (int64_t)scaled;
        return decimal_exceeds(*out, precision);
    }
    /* Half away from zero is meant of the decimal that people see: 2.675 is 2.68, although the
     * double is a little less (as PostgreSQL). */
    uint8_t text[TEXTBUF_NUMBER_BYTES];
    uint8_t *end = text_write_f64(text, value, false);
    return !decimal_parse(slice_of(text, (size_t)(end - text)), precision, scale, out);
}
