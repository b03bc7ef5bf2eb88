/* unify: see unify.h. */
#include "engine/expr/unify.h"

#include "engine/base/panic.h"
#include "engine/data/decimal.h"
#include "engine/expr/kernel.h"
#include "engine/expr/literal.h"

/* ---- types alone ----------------------------------------------------------------------------- */

/* BIGINT as the DECIMAL that takes its place beside another. */
static struct type as_decimal(struct type type)
{
    return type.id == TYPE_BIGINT ? type_decimal(DECIMAL_PRECISION_MAX, 0) : type;
}

static struct type common_decimal(struct type a, struct type b)
{
    unsigned scale = a.scale > b.scale ? a.scale : b.scale;
    unsigned whole_a = a.precision - (unsigned)a.scale;
    unsigned whole_b = b.precision - (unsigned)b.scale;
    unsigned precision = (whole_a > whole_b ? whole_a : whole_b) + scale;
    return type_decimal(precision < DECIMAL_PRECISION_MAX ? precision : DECIMAL_PRECISION_MAX,
                        scale);
}

bool type_common(struct type a, struct type b, struct type *out)
{
    if (b.id == TYPE_NULL || type_equal(a, b)) {
        *out = a;
        return true;
    }
    if (a.id == TYPE_NULL) {
        *out = b;
        return true;
    }
    if (type_is_numeric(a) && type_is_numeric(b)) {
        *out = a.id == TYPE_DOUBLE || b.id == TYPE_DOUBLE
                   ? type_of(TYPE_DOUBLE)
                   : common_decimal(as_decimal(a), as_decimal(b));
        return true;
    }
    return false;
}

/* ---- with constants -------------------------------------------------------------------------- */

/* A BIGINT constant needs only its digits as a DECIMAL. */
static struct type needed_type(const struct expr *e)
{
    if (e->kind == EXPR_CONSTANT && e->type.id == TYPE_BIGINT && !e->constant.is_null) {
        unsigned digits = literal_digits(e->constant.i64);
        if (digits <= DECIMAL_PRECISION_MAX) {
            return type_decimal(digits, 0);
        }
    }
    return e->type;
}

/* A text constant reads as `common`, which becomes wider if it is a number of another kind. */
static bool merge_text(struct type *common, const struct expr *e)
{
    struct slice text = text_slice(e->constant.text);
    struct value value;
    if (type_is_numeric(*common)) {
        return literal_number(text, &value) && type_common(*common, value.type, common);
    }
    return literal_read(text, *common, &value);
}

bool unify_common(struct expr *const *args, uint32_t n, struct type *out, const struct expr **stray)
{
    struct type common = type_of(TYPE_NULL);
    bool has_text_constant = false;
    bool has_decimal = false;
    *stray = NULL;
    for (uint32_t i = 0; i < n; i++) {
        has_decimal |= args[i]->type.id == TYPE_DECIMAL;
    }
    for (uint32_t i = 0; i < n; i++) {
        struct type type = has_decimal ? needed_type(args[i]) : args[i]->type;
        if (expr_is_text_constant(args[i])) {
            has_text_constant = true;
        } else if (!type_common(common, type, &common)) {
            return false;
        }
    }
    if (common.id == TYPE_NULL && has_text_constant) {
        common = type_of(TYPE_TEXT);
    }
    for (uint32_t i = 0; i < n && common.id != TYPE_TEXT; i++) {
        if (expr_is_text_constant(args[i]) && !merge_text(&common, args[i])) {
            *stray = args[i];
            *out = common;
            return false;
        }
    }
    *out = common;
    return true;
}

/* ---- comparisons ----------------------------------------------------------------------------- */

static bool is_time_and_number(struct type a, struct type b)
{
    return a.id == TYPE_TIMESTAMP && type_is_numeric(b);
}

bool unify_comparable(struct expr *const args[2], const struct expr **stray)
{
    struct type common;
    *stray = NULL;
    return is_time_and_number(args[0]->type, args[1]->type) ||
           is_time_and_number(args[1]->type, args[0]->type) ||
           unify_common(args, 2, &common, stray);
}

static bool is_scaled(struct type type)
{
    return type.id == TYPE_BIGINT || type.id == TYPE_DECIMAL;
}

/* The constant as a value of scale `scale`, if it is one exactly. */
static bool exact_rescale(const struct value *constant, unsigned scale, int64_t *out)
{
    unsigned from = constant->type.scale;
    if (from > scale && constant->i64 % pow10_i64[from - scale] != 0) {
        return false;
    }
    return !decimal_rescale(constant->i64, from, scale, out);
}

/* Brings a constant to the scale of what it is compared with, so that rows need no arithmetic. */
static struct expr *rescaled(struct arena *arena, struct expr *e, struct type other)
{
    int64_t value;
    if (e->kind != EXPR_CONSTANT || e->constant.is_null || e->type.scale == other.scale ||
        !exact_rescale(&e->constant, other.scale, &value)) {
        return e;
    }
    struct type type =
        other.id == TYPE_BIGINT ? other : type_decimal(DECIMAL_PRECISION_MAX, other.scale);
    struct expr *constant = expr_constant(arena, value_i64(type, value));
    constant->at = e->at;
    return constant;
}

static struct expr *read_number(struct arena *arena, struct expr *e)
{
    struct value value;
    CHECK(literal_number(text_slice(e->constant.text), &value));
    struct expr *constant = expr_constant(arena, value);
    constant->at = e->at;
    return constant;
}

void unify_compared(struct arena *arena, struct expr *args[2])
{
    for (unsigned i = 0; i < 2; i++) {
        const struct expr *other = args[1 - i];
        if (expr_is_text_constant(args[i]) && type_is_numeric(other->type)) {
            args[i] = read_number(arena, args[i]);
        } else if (is_time_and_number(args[i]->type, other->type)) {
            args[i] = expr_bring(arena, args[i], type_of(TYPE_BIGINT));
        }
    }
    if (is_scaled(args[0]->type) && is_scaled(args[1]->type)) {
        args[0] = rescaled(arena, args[0], args[1]->type);
        args[1] = rescaled(arena, args[1], args[0]->type);
        return;
    }
    struct type common;
    const struct expr *stray;
    CHECK(unify_common(args, 2, &common, &stray));
    args[0] = expr_bring(arena, args[0], common);
    args[1] = expr_bring(arena, args[1], common);
}
