/* kern_decimal: DECIMAL arithmetic. + - and % work on scaled integers of one scale (overload.c
 * brings them there), * adds the scales; more than 18 digits are an overflow. Also the result types
 * of all functions that take DECIMAL. */
#include "engine/base/checked.h"
#include "engine/data/decimal.h"
#include "engine/expr/kernels.h"

static const char *const overflow = "overflow";

static unsigned least_of(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* ---- types ----------------------------------------------------------------------------------- */

static struct type capped(unsigned precision, unsigned scale)
{
    precision = precision > scale ? precision : scale;
    precision = precision > 0 ? precision : 1;
    return type_decimal(least_of(precision, DECIMAL_PRECISION_MAX), scale);
}

static unsigned wider(const struct expr *call)
{
    unsigned a = call->args[0]->type.precision;
    unsigned b = call->args[1]->type.precision;
    return a > b ? a : b;
}

static struct type sum_type(const struct expr *call)
{
    return capped(wider(call) + 1, call->args[0]->type.scale);
}

static struct type rest_type(const struct expr *call)
{
    return capped(wider(call), call->args[0]->type.scale);
}

static struct type product_type(const struct expr *call)
{
    struct type a = call->args[0]->type;
    struct type b = call->args[1]->type;
    return capped((unsigned)a.precision + b.precision,
                  least_of((unsigned)a.scale + b.scale, DECIMAL_PRECISION_MAX));
}

static struct type same_type(const struct expr *call)
{
    return call->args[0]->type;
}

/* One digit more than what stands before the point: 9.5 rounds to 10. */
static struct type with_fraction(struct type type, unsigned scale)
{
    return capped(type.precision - (unsigned)type.scale + 1 + scale, scale);
}

static struct type whole_type(const struct expr *call)
{
    return with_fraction(call->args[0]->type, 0);
}

/* round(x, 2) has scale 2; where the digits are no constant, the scale stays. */
static struct type digits_type(const struct expr *call)
{
    struct type type = call->args[0]->type;
    if (call->n_args == 1) {
        return with_fraction(type, 0);
    }
    const struct value *digits = call_constant(call, 1);
    if (digits == NULL || digits->is_null || digits->i64 >= type.scale) {
        return with_fraction(type, type.scale);
    }
    return with_fraction(type, digits->i64 < 0 ? 0 : (unsigned)digits->i64);
}

const struct function_setup decimal_sum_setup = {.type = sum_type};
const struct function_setup decimal_rest_setup = {.type = rest_type};
const struct function_setup decimal_product_setup = {.type = product_type};
const struct function_setup decimal_same_setup = {.type = same_type};
const struct function_setup decimal_whole_setup = {.type = whole_type};
const struct function_setup decimal_digits_setup = {.type = digits_type};

/* ---- + - * ----------------------------------------------------------------------------------- */

/* 19 digits can come of a sum only where both sides may have 18. */
static void check_digits(struct kernel_call *call, struct column_out *out)
{
    if (out->type.precision < DECIMAL_PRECISION_MAX) {
        return;
    }
    bool wrong = false;
    for (uint32_t i = 0; i < call->n; i++) {
        wrong |= decimal_exceeds(out->i64[i], DECIMAL_PRECISION_MAX);
    }
    for (uint32_t i = 0; wrong && i < call->n; i++) {
        if (decimal_exceeds(out->i64[i], DECIMAL_PRECISION_MAX)) {
            kernel_fail(call, out, i, overflow);
        }
    }
}

void add_decimal_run(struct kernel_call *call, struct column_out *out)
{
    add_i64_run(call, out);
    check_digits(call, out);
}

void subtract_decimal_run(struct kernel_call *call, struct column_out *out)
{
    subtract_i64_run(call, out);
    check_digits(call, out);
}

static int128 divide_rounded(int128 value, int64_t by)
{
    int128 quotient = value / by;
    int128 rest = value % by;
    int64_t half = by / 2;
    return quotient + (rest >= half) - (rest <= -half);
}

void multiply_decimal_run(struct kernel_call *call, struct column_out *out)
{
    const int64_t *a = call->args[0]->i64;
    const int64_t *b = call->args[1]->i64;
    unsigned scale = (unsigned)call->args[0]->type.scale + call->args[1]->type.scale;
    unsigned excess = scale - out->type.scale;
    int128 limit = pow10_i64[DECIMAL_PRECISION_MAX];
    for (uint32_t i = 0; i < call->n; i++) {
        int128 product = (int128)a[i] * b[i];
        if (excess > 0) {
            product = divide_rounded(product, pow10_i64[excess]);
        }
        if (product >= limit || product <= -limit) {
            kernel_fail(call, out, i, overflow);
        } else {
            out->i64[i] = (int64_t)product;
        }
    }
}

/* ---- rounding -------------------------------------------------------------------------------- */

enum rounding { ROUND_HALF, ROUND_CUT, ROUND_DOWN, ROUND_UP };

/* `value` / `unit` as a whole number. */
static int64_t divide_by_unit(int64_t value, int64_t unit, enum rounding how)
{
    int64_t quotient = value / unit;
    int64_t rest = value % unit;
    switch (how) {
    case ROUND_HALF:
        return unit == 1 ? value : quotient + (rest >= unit / 2) - (rest <= -(unit / 2));
    case ROUND_CUT:
        return quotient;
    case ROUND_DOWN:
        return quotient - (rest < 0);
    case ROUND_UP:
        return quotient + (rest > 0);
    }
    return quotient;
}

/* Rounds value × 10^-from at `digits` behind the point, as a number of scale `to`, which holds that
 * many. True if it does not fit. */
static bool round_at(int64_t value, unsigned from, int64_t digits, unsigned to, enum rounding how,
                     int64_t *out)
{
    if (digits >= from) {
        return decimal_rescale(value, from, to, out); /* to >= from: nothing is lost */
    }
    int64_t dropped = (int64_t)from - (digits < -64 ? -64 : digits);
    if (dropped > DECIMAL_PRECISION_MAX) { /* 19 digits: half of 10^19 is out of reach only so */
        bool is_half =
            how == ROUND_HALF && dropped == DECIMAL_PRECISION_MAX + 1 &&
            (value >= INT64_C(5000000000000000000) || value <= INT64_C(-5000000000000000000));
        *out = 0;
        return is_half;
    }
    int64_t rounded = divide_by_unit(value, pow10_i64[dropped], how);
    int64_t places = (int64_t)to - ((int64_t)from - dropped);
    return places > DECIMAL_PRECISION_MAX ? rounded != 0
                                          : checked_mul(rounded, pow10_i64[places], out);
}

static void round_rows(struct kernel_call *call, struct column_out *out, enum rounding how)
{
    const struct column *x = call->args[0];
    bool is_bigint = out->type.id == TYPE_BIGINT;
    for (uint32_t i = 0; i < call->n; i++) {
        int64_t digits = call->n_args > 1 ? call->args[1]->i64[i] : 0;
        int64_t value = 0;
        bool wrong = round_at(x->i64[i], x->type.scale, digits, out->type.scale, how, &value);
        if (wrong || (!is_bigint && decimal_exceeds(value, out->type.precision))) {
            kernel_fail(call, out, i, overflow);
        } else {
            out->i64[i] = value;
        }
    }
}

void round_decimal_run(struct kernel_call *call, struct column_out *out)
{
    round_rows(call, out, ROUND_HALF);
}

void trunc_decimal_run(struct kernel_call *call, struct column_out *out)
{
    round_rows(call, out, ROUND_CUT);
}

void floor_decimal_run(struct kernel_call *call, struct column_out *out)
{
    round_rows(call, out, ROUND_DOWN);
}

void ceil_decimal_run(struct kernel_call *call, struct column_out *out)
{
    round_rows(call, out, ROUND_UP);
}

void round_i64_run(struct kernel_call *call, struct column_out *out)
{
    round_rows(call, out, ROUND_HALF);
}

void trunc_i64_run(struct kernel_call *call, struct column_out *out)
{
    round_rows(call, out, ROUND_CUT);
}
