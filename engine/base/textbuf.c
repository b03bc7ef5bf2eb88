/* textbuf: see textbuf.h. */
#include "engine/base/textbuf.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/digits.h"
#include "engine/base/float_digits.h"
#include "engine/base/panic.h"
#include "engine/base/utf8.h"

const char text_digit_pairs[200] = "00010203040506070809"
                                   "10111213141516171819"
                                   "20212223242526272829"
                                   "30313233343536373839"
                                   "40414243444546474849"
                                   "50515253545556575859"
                                   "60616263646566676869"
                                   "70717273747576777879"
                                   "80818283848586878889"
                                   "90919293949596979899";

static const uint64_t powers_of_10[20] = {
    UINT64_C(1),
    UINT64_C(10),
    UINT64_C(100),
    UINT64_C(1000),
    UINT64_C(10000),
    UINT64_C(100000),
    UINT64_C(1000000),
    UINT64_C(10000000),
    UINT64_C(100000000),
    UINT64_C(1000000000),
    UINT64_C(10000000000),
    UINT64_C(100000000000),
    UINT64_C(1000000000000),
    UINT64_C(10000000000000),
    UINT64_C(100000000000000),
    UINT64_C(1000000000000000),
    UINT64_C(10000000000000000),
    UINT64_C(100000000000000000),
    UINT64_C(1000000000000000000),
    UINT64_C(10000000000000000000),
};

/* 1233 / 4096 is log10(2): the number of bits gives the digits or one less. */
static unsigned count_digits(uint64_t value)
{
    unsigned bits = 64 - (unsigned)__builtin_clzll(value | 1);
    unsigned digits = (bits * 1233) >> 12;
    return digits + (value >= powers_of_10[digits]) + (value == 0);
}

/* Writes `value` so that it ends before `end`, two digits a step. `width` digits. */
static void write_backwards(uint8_t *end, uint64_t value, unsigned width)
{
    for (; width >= 2; width -= 2) {
        end -= 2;
        memcpy(end, text_digit_pairs + 2 * (value % 100), 2);
        value /= 100;
    }
    if (width > 0) {
        end[-1] = (uint8_t)('0' + value % 10);
    }
}

/* All eight digits are made and the leading zeros shifted out: no branch on the number of digits,
 * which nobody can predict. Writes 8 bytes. */
static inline uint8_t *write_short_u64(uint8_t *out, uint32_t value)
{
    uint64_t digits = digits_split8(value);
    unsigned zeros = (unsigned)__builtin_ctzll(digits | UINT64_C(1) << 56) / 8;
    store_le64(out, (digits | UINT64_C(0x3030303030303030)) >> (8 * zeros));
    return out + 8 - zeros;
}

uint8_t *text_write_u64(uint8_t *out, uint64_t value)
{
    if (value < 100000000) {
        return write_short_u64(out, (uint32_t)value);
    }
    unsigned width = count_digits(value);
    write_backwards(out + width, value, width);
    return out + width;
}

static uint64_t magnitude(int64_t value)
{
    return value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
}

uint8_t *text_write_i64(uint8_t *out, int64_t value)
{
    *out = '-';
    return text_write_u64(out + (value < 0), magnitude(value));
}

uint8_t *text_write_padded(uint8_t *out, uint64_t value, unsigned width)
{
    DCHECK(width >= 20 || value < powers_of_10[width]);
    write_backwards(out + width, value, width);
    return out + width;
}

void textbuf_i64(struct bytebuf *buf, int64_t value)
{
    uint8_t *at = bytebuf_reserve(buf, TEXTBUF_NUMBER_BYTES);
    buf->len += (size_t)(text_write_i64(at, value) - at);
}

static uint8_t *write_decimal(uint8_t *out, bool minus, uint64_t scaled, unsigned scale)
{
    *out = '-';
    out += minus;
    if (scale == 0) {
        return text_write_u64(out, scaled);
    }
    if (scale == 2) { /* money: divided by a constant, 3 ns less */
        out = text_write_u64(out, scaled / 100);
        *out = '.';
        memcpy(out + 1, text_digit_pairs + 2 * (scaled % 100), 2);
        return out + 3;
    }
    out = text_write_u64(out, scaled / powers_of_10[scale]);
    *out++ = '.';
    return text_write_padded(out, scaled % powers_of_10[scale], scale);
}

uint8_t *text_write_decimal(uint8_t *out, int64_t scaled, unsigned scale)
{
    DCHECK(scale <= 18);
    return write_decimal(out, scaled < 0, magnitude(scaled), scale);
}

void textbuf_decimal(struct bytebuf *buf, int64_t scaled, unsigned scale)
{
    CHECK(scale <= 18);
    uint8_t *at = bytebuf_reserve(buf, TEXTBUF_NUMBER_BYTES);
    buf->len += (size_t)(text_write_decimal(at, scaled, scale) - at);
}

/* ---- doubles --------------------------------------------------------------------------------- */

/* Numbers with at most four fraction digits and 15 digits in all: prices, averages of cents. The
 * integer and the power of ten are exact, so the quotient is the double nearest to that decimal; if
 * it is `value`, the decimal reads back as `value`, and without its trailing zeros it is the
 * shortest that does. */
static uint8_t *write_short_f64(uint8_t *out, double value, bool keep_point)
{
    static const double powers[] = {1, 10, 100, 1000, 10000};
    double a = fabs(value);
    unsigned scale = a < 1e11 ? 4 : a < 1e13 ? 2 : 0;
    double scaled = a * powers[scale];
    if (!(scaled < 1e15)) {
        return NULL;
    }
    uint64_t rounded = (uint64_t)(scaled + 0.5);
    if ((double)rounded / powers[scale] != a) {
        return NULL;
    }
    for (; scale >= 2 && rounded % 100 == 0; scale -= 2) {
        rounded /= 100;
    }
    if (scale >= 1 && rounded % 10 == 0) {
        rounded /= 10;
        scale--;
    }
    out = write_decimal(out, signbit(value) != 0, rounded, scale);
    if (scale == 0 && keep_point) {
        memcpy(out, ".0", 2);
        out += 2;
    }
    return out;
}

static uint8_t *write_run(uint8_t *out, const char *digits, int n)
{
    memcpy(out, digits, (size_t)n);
    return out + n;
}

static uint8_t *write_exponent_form(uint8_t *out, const struct float_digits *d)
{
    *out++ = (uint8_t)d->digits[0];
    if (d->n > 1) {
        *out++ = '.';
        out = write_run(out, d->digits + 1, d->n - 1);
    }
    *out++ = 'e';
    *out++ = d->exponent < 0 ? '-' : '+';
    unsigned size = (unsigned)abs(d->exponent);
    return text_write_padded(out, size, size < 100 ? 2 : 3);
}

/* Exponent -4 to 14, and a fraction: integers of that size went another way. */
static uint8_t *write_plain_form(uint8_t *out, const struct float_digits *d)
{
    int before = d->exponent + 1; /* digits before the point */
    if (before <= 0) {
        *out++ = '0';
        *out++ = '.';
        for (int i = before; i < 0; i++) {
            *out++ = '0';
        }
        return write_run(out, d->digits, d->n);
    }
    CHECK(before < d->n);
    out = write_run(out, d->digits, before);
    *out++ = '.';
    return write_run(out, d->digits + before, d->n - before);
}

static uint8_t *write_special(uint8_t *out, double value)
{
    const char *name = isnan(value) ? "NaN" : value < 0 ? "-Infinity" : "Infinity";
    size_t len = strlen(name);
    memcpy(out, name, len);
    return out + len;
}

uint8_t *text_write_f64(uint8_t *out, double value, bool keep_point)
{
    uint8_t *end = write_short_f64(out, value, keep_point);
    if (end != NULL) {
        return end;
    }
    if (!isfinite(value)) {
        return write_special(out, value);
    }
    struct float_digits d;
    float_digits_find(fabs(value), &d);
    *out = '-';
    out += signbit(value) != 0;
    return d.exponent < -4 || d.exponent >= 15 ? write_exponent_form(out, &d)
                                               : write_plain_form(out, &d);
}

void textbuf_f64(struct bytebuf *buf, double value, bool keep_point)
{
    uint8_t *at = bytebuf_reserve(buf, TEXTBUF_NUMBER_BYTES);
    buf->len += (size_t)(text_write_f64(at, value, keep_point) - at);
}

/* ---- text ------------------------------------------------------------------------------------ */

/* Bytes from `at` that stand for themselves in both JSON and on a terminal. */
static size_t plain_run(const uint8_t *at, size_t len)
{
    size_t i = 0;
    while (i < len && at[i] >= 0x20 && at[i] < 0x7f && at[i] != '"' && at[i] != '\\') {
        i++;
    }
    return i;
}

/* Marks that turn the direction of text around, and what a terminal may take for a line end. */
static bool is_hidden_mark(uint32_t code)
{
    return (code >= 0x80 && code < 0xa0) || code == 0x061c || code == 0x200e || code == 0x200f ||
           (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

static void json_special(struct bytebuf *buf, struct slice rest, unsigned *used)
{
    uint32_t code = utf8_decode(rest, used);
    if (code == UTF8_BAD) {
        bytebuf_add_text(buf, "\xef\xbf\xbd");
    } else if (code < 0x20 || code == 0x7f || is_hidden_mark(code)) {
        bytebuf_printf(buf, "\\u%04" PRIx32, code);
    } else {
        if (code == '"' || code == '\\') {
            bytebuf_add_byte(buf, '\\');
        }
        bytebuf_add(buf, rest.at, *used);
    }
}

void textbuf_quoted(struct bytebuf *buf, struct slice text, uint8_t quote)
{
    bytebuf_add_byte(buf, quote);
    for (size_t i = 0; i < text.len; i++) {
        bytebuf_add(buf, &quote, text.at[i] == quote);
        bytebuf_add_byte(buf, text.at[i]);
    }
    bytebuf_add_byte(buf, quote);
}

void textbuf_json(struct bytebuf *buf, struct slice text)
{
    bytebuf_add_byte(buf, '"');
    while (text.len > 0) {
        unsigned used = 0;
        size_t run = plain_run(text.at, text.len);
        bytebuf_add(buf, text.at, run);
        text = slice_of(text.at + run, text.len - run);
        if (text.len > 0) {
            json_special(buf, text, &used);
            text = slice_of(text.at + used, text.len - used);
        }
    }
    bytebuf_add_byte(buf, '"');
}

static void escaped_special(struct bytebuf *buf, struct slice rest, unsigned *used)
{
    uint32_t code = utf8_decode(rest, used);
    if (code == UTF8_BAD || code < 0x20 || code == 0x7f) {
        bytebuf_printf(buf, "\\x%02x", rest.at[0]);
    } else if (is_hidden_mark(code)) {
        bytebuf_printf(buf, "\\u{%04" PRIX32 "}", code);
    } else {
        bytebuf_add(buf, rest.at, *used);
    }
}

void textbuf_escaped(struct bytebuf *buf, struct slice text)
{
    while (text.len > 0) {
        unsigned used = 0;
        size_t run = plain_run(text.at, text.len);
        bytebuf_add(buf, text.at, run);
        text = slice_of(text.at + run, text.len - run);
        if (text.len > 0) {
            escaped_special(buf, text, &used);
            text = slice_of(text.at + used, text.len - used);
        }
    }
}
