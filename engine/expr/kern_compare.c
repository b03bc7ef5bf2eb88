/* kern_compare: = <> < <= > >= and IS [NOT] DISTINCT FROM for all types. */
#include "engine/base/checked.h"
#include "engine/base/clones.h"
#include "engine/base/hash.h"
#include "engine/base/panic.h"
#include "engine/expr/kernels.h"

/* Any comparison is one of these, or its opposite. */
enum comparison { COMPARE_EQUAL, COMPARE_LESS, COMPARE_MORE };

/* ---- numbers --------------------------------------------------------------------------------- */

#define T          int64_t
#define NAME(op)   i64_##op
#define SAME(a, b) ((a) == (b))
#define LESS(a, b) ((a) < (b))
#include "engine/expr/kern_compare.tmpl.h"

/* NaN equals NaN and is larger than everything else, as in PostgreSQL. */
#define T          double
#define NAME(op)   f64_##op
#define SAME(a, b) (((a) == (b)) | (((a) != (a)) & ((b) != (b))))
#define LESS(a, b) ((!((a) >= (b))) & ((a) == (a)))
#include "engine/expr/kern_compare.tmpl.h"

/* BIGINT and DECIMAL of different scales: exact, for which 64 bits are not enough. */
static void compare_scaled(enum comparison what, const struct column *const *args, uint32_t n,
                           uint8_t *out)
{
    unsigned scale_a = args[0]->type.scale;
    unsigned scale_b = args[1]->type.scale;
    int64_t by_a = scale_a < scale_b ? pow10_i64[scale_b - scale_a] : 1;
    int64_t by_b = scale_b < scale_a ? pow10_i64[scale_a - scale_b] : 1;
    for (uint32_t i = 0; i < n; i++) {
        int128 a = (int128)args[0]->i64[i] * by_a;
        int128 b = (int128)args[1]->i64[i] * by_b;
        out[i] = what == COMPARE_EQUAL ? a == b : what == COMPARE_LESS ? a < b : a > b;
    }
}

/* ---- text ------------------------------------------------------------------------------------ */

static inline bool text_equal(struct text a, struct text b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

static void text_equal_columns(const struct text *a, const struct text *b, uint32_t n, uint8_t *out)
{
    for (uint32_t i = 0; i < n; i++) {
        out[i] = text_equal(a[i], b[i]);
    }
}

/* Up to 16 bytes are two words (hash.h), compared without a loop. Nothing is jumped over where the
 * length differs, which could not be guessed: the constant is compared with itself then. `load` is
 * a literal where this is called, and so the loads are. */
static inline __attribute__((always_inline)) void equal_short(const struct text *a, struct text b,
                                                              uint32_t n, uint8_t *out, size_t load)
{
    uint64_t low;
    uint64_t high;
    hash_load16(b.at, b.len, &low, &high);
    for (uint32_t i = 0; i < n; i++) {
        bool fits = a[i].len == b.len;
        const uint8_t *at = fits ? a[i].at : b.at;
        uint64_t words[2] = {0, 0};
        memcpy(&words[0], at, load);
        memcpy(&words[1], at + b.len - load, load);
        out[i] = fits & (words[0] == low) & (words[1] == high);
    }
}

static void equal_tiny(const struct text *a, struct text b, uint32_t n, uint8_t *out)
{
    uint64_t low;
    uint64_t high;
    hash_load16(b.at, b.len, &low, &high);
    for (uint32_t i = 0; i < n; i++) {
        uint8_t equal = 0;
        if (a[i].len == b.len) {
            uint64_t x;
            uint64_t y;
            hash_load16(a[i].at, b.len, &x, &y);
            equal = (x == low) & (y == high);
        }
        out[i] = equal;
    }
}

static void text_equal_constant(const struct text *a, struct text b, uint32_t n, uint8_t *out)
{
    if (b.len < 4) {
        equal_tiny(a, b, n, out);
    } else if (b.len < 8) {
        equal_short(a, b, n, out, 4);
    } else if (b.len <= 16) {
        equal_short(a, b, n, out, 8);
    } else {
        for (uint32_t i = 0; i < n; i++) {
            out[i] = a[i].len == b.len && memcmp(a[i].at, b.at, b.len) == 0;
        }
    }
}

static void text_less(const struct text *a, const struct text *b, uint32_t n, uint8_t *out)
{
    for (uint32_t i = 0; i < n; i++) {
        out[i] = slice_compare(text_slice(a[i]), text_slice(b[i])) < 0;
    }
}

static void text_compare(enum comparison what, const struct column *const *args, uint32_t n,
                         uint8_t *out)
{
    const struct text *a = args[0]->text;
    const struct text *b = args[1]->text;
    switch (what) {
    case COMPARE_EQUAL:
        if (args[1]->is_constant && n > 0) {
            text_equal_constant(a, b[0], n, out);
        } else {
            text_equal_columns(a, b, n, out);
        }
        break;
    case COMPARE_LESS:
        text_less(a, b, n, out);
        break;
    case COMPARE_MORE:
        text_less(b, a, n, out);
        break;
    }
}

/* ---- booleans -------------------------------------------------------------------------------- */

static void bit_compare(enum comparison what, const uint64_t *a, const uint64_t *b,
                        uint32_t n_words, uint64_t *out)
{
    for (uint32_t i = 0; i < n_words; i++) {
        out[i] = what == COMPARE_EQUAL  ? ~(a[i] ^ b[i])
                 : what == COMPARE_LESS ? ~a[i] & b[i]
                                        : a[i] & ~b[i];
    }
}

/* ---- one comparison -------------------------------------------------------------------------- */

static enum comparison swapped(enum comparison what)
{
    return what == COMPARE_EQUAL ? what : what == COMPARE_LESS ? COMPARE_MORE : COMPARE_LESS;
}

static void compare_numbers(enum comparison what, const struct column *const *args, uint32_t n,
                            uint8_t *out)
{
    if (type_physical(args[0]->type) == PHYSICAL_F64) {
        f64_compare(what, args[0]->f64, args[1], n, out);
    } else if (args[0]->type.scale != args[1]->type.scale) {
        compare_scaled(what, args, n, out);
    } else {
        i64_compare(what, args[0]->i64, args[1], n, out);
    }
}

static void compare(enum comparison what, const struct kernel_call *call, uint64_t *words)
{
    const struct column *args[2] = {call->args[0], call->args[1]};
    enum physical physical = type_physical(args[0]->type);
    uint32_t n = call->n;
    uint8_t bytes[BATCH_ROWS];
    DCHECK(physical == type_physical(args[1]->type));
    if (args[0]->is_constant) { /* a constant stands to the right */
        args[0] = call->args[1];
        args[1] = call->args[0];
        what = swapped(what);
    }
    switch (physical) {
    case PHYSICAL_BIT:
        bit_compare(what, args[0]->bits, args[1]->bits, bits_words(n), words);
        return;
    case PHYSICAL_I64:
    case PHYSICAL_F64:
        compare_numbers(what, args, n, bytes);
        break;
    case PHYSICAL_TEXT:
        text_compare(what, args, n, bytes);
        break;
    }
    bits_pack(bytes, n, words);
}

static void turn(uint64_t *words, uint32_t n)
{
    for (uint32_t i = 0; i < bits_words(n); i++) {
        words[i] = ~words[i];
    }
}

void equal_run(struct kernel_call *call, struct column_out *out)
{
    compare(COMPARE_EQUAL, call, out->bits);
}

void not_equal_run(struct kernel_call *call, struct column_out *out)
{
    compare(COMPARE_EQUAL, call, out->bits);
    turn(out->bits, call->n);
}

void less_run(struct kernel_call *call, struct column_out *out)
{
    compare(COMPARE_LESS, call, out->bits);
}

void less_equal_run(struct kernel_call *call, struct column_out *out)
{
    compare(COMPARE_MORE, call, out->bits);
    turn(out->bits, call->n);
}

void more_run(struct kernel_call *call, struct column_out *out)
{
    compare(COMPARE_MORE, call, out->bits);
}

void more_equal_run(struct kernel_call *call, struct column_out *out)
{
    compare(COMPARE_LESS, call, out->bits);
    turn(out->bits, call->n);
}

/* ---- NULL as a value ------------------------------------------------------------------------- */

void not_distinct_run(struct kernel_call *call, struct column_out *out)
{
    compare(COMPARE_EQUAL, call, out->bits);
    const uint64_t *valid_a = call->args[0]->valid;
    const uint64_t *valid_b = call->args[1]->valid;
    for (uint32_t i = 0; i < bits_words(call->n); i++) {
        uint64_t a = valid_a == NULL ? ~(uint64_t)0 : valid_a[i];
        uint64_t b = valid_b == NULL ? ~(uint64_t)0 : valid_b[i];
        out->bits[i] = (out->bits[i] & a & b) | (~a & ~b);
    }
}

void distinct_run(struct kernel_call *call, struct column_out *out)
{
    not_distinct_run(call, out);
    turn(out->bits, call->n);
}
