/* slice: bytes that somebody else owns. A slice is a value; copying it copies no bytes. */
#ifndef ENGINE_BASE_SLICE_H
#define ENGINE_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice {
    const uint8_t *at;
    size_t len;
};

static inline struct slice slice_of(const void *at, size_t len)
{
    return (struct slice){(const uint8_t *)at, len};
}

static inline struct slice slice_text(const char *text)
{
    return slice_of(text, strlen(text));
}

static inline bool slice_equal(struct slice a, struct slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

/* ASCII only, whatever the locale. */
static inline uint8_t ascii_lower(uint8_t c)
{
    return (uint8_t)(c - 'A') < 26 ? (uint8_t)(c | 0x20) : c;
}

static inline bool ascii_is_digit(uint8_t c)
{
    return (uint8_t)(c - '0') < 10;
}

static inline bool ascii_is_space(uint8_t c)
{
    return c == ' ' || (uint8_t)(c - '\t') < 5;
}

/* Equal without regard to ASCII case. */
bool slice_equal_nocase(struct slice a, struct slice b);

/* Bytewise order, shorter first where one is a prefix: the order of TEXT. Returns <0, 0 or >0. */
int slice_compare(struct slice a, struct slice b);

/* First place of `needle` in `hay`, or NULL. An empty needle is found at the start. */
const uint8_t *slice_find(struct slice hay, struct slice needle);

/* Without ASCII white space at both ends. */
struct slice slice_trim(struct slice s);

/* Reads an optional sign and decimal digits that fill all of `s`. False if anything else is there
 * or the value does not fit; *out is untouched then. */
bool slice_to_i64(struct slice s, int64_t *out);

/* Reads a decimal or exponent number, or inf/nan in any case, that fills all of `s`; the nearest
 * double, in the C locale whatever the process locale is. */
bool slice_to_f64(struct slice s, double *out);

/* Number of single-byte edits (insert, delete, change, swap of neighbours) between two names, ASCII
 * case ignored; stops counting at `limit` + 1. For "did you mean". */
unsigned slice_distance(struct slice a, struct slice b, unsigned limit);

#endif
