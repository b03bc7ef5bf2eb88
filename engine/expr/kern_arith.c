/* kern_arith: + - * / % and unary minus on BIGINT, DOUBLE, TIMESTAMP and INTERVAL. What does not
 * fit is NULL and a runtime error. The loops compute all rows and only gather whether any of them
 * went wrong; if so, a second pass finds which. DECIMAL is in kern_decimal.c. */
#include <float.h>
#include <math.h>

#include "engine/base/checked.h"
#include "engine/base/clones.h"
#include "engine/data/stamp.h"
#include "engine/expr/kernels.h"

static const char *const overflow = "overflow";
static const char *const by_zero = "division by zero";

/* ---- 64-bit integers ------------------------------------------------------------------------- */

/* The sign of what is returned: a sum overflowed iff both operands differ in sign from it. */
HOT_CLONES
static int64_t add_loop(const int64_t *restrict a, const int64_t *restrict b, uint32_t n,
                        int64_t *restrict out)
{
    uint64_t wrong = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint64_t x = (uint64_t)a[i];
        uint64_t y = (uint64_t)b[i];
        uint64_t sum = x + y;
        wrong |= (x ^ sum) & (y ^ sum);
        out[i] = (int64_t)sum;
    }
    return (int64_t)wrong;
}

HOT_CLONES
static int64_t subtract_loop(const int64_t *restrict a, const int64_t *restrict b, uint32_t n,
                             int64_t *restrict out)
{
    uint64_t wrong = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint64_t x = (uint64_t)a[i];
        uint64_t y = (uint64_t)b[i];
        uint64_t difference = x - y;
        wrong |= (x ^ y) & (x ^ difference);
        out[i] = (int64_t)difference;
    }
    return (int64_t)wrong;
}

static void fail_sums(struct kernel_call *call, struct column_out *out)
{
    const int64_t *a = call->args[0]->i64;
    const int64_t *b = call->args[1]->i64;
    int64_t sum;
    for (uint32_t i = 0; i < call->n; i++) {
        if (checked_add(a[i], b[i], &sum)) {
            kernel_fail(call, out, i, overflow);
        }
    }
}

static void fail_differences(struct kernel_call *call, struct column_out *out)
{
    const int64_t *a = call->args[0]->i64;
    const int64_t *b = call->args[1]->i64;
    int64_t difference;
    for (uint32_t i = 0; i < call->n; i++) {
        if (checked_sub(a[i], b[i], &difference)) {
            kernel_fail(call, out, i, overflow);
        }
    }
}

void add_i64_run(struct kernel_call *call, struct column_out *out)
{
    if (add_loop(call->args[0]->i64, call->args[1]->i64, call->n, out->i64) < 0) {
        fail_sums(call, out);
    }
}

void subtract_i64_run(struct kernel_call *call, struct column_out *out)
{
    if (subtract_loop(call->args[0]->i64, call->args[1]->i64, call->n, out->i64) < 0) {
        fail_differences(call, out);
    }
}

void multiply_i64_run(struct kernel_call *call, struct column_out *out)
{
    const int64_t *a = call->args[0]->i64;
    const int64_t *b = call->args[1]->i64;
    bool wrong = false;
    for (uint32_t i = 0; i < call->n; i++) {
        wrong |= checked_mul(a[i], b[i], &out->i64[i]);
    }
    int64_t product;
    for (uint32_t i = 0; wrong && i < call->n; i++) {
        if (checked_mul(a[i], b[i], &product)) {
            kernel_fail(call, out, i, overflow);
        }
    }
}

/* By the same number for all rows, neither 0 nor -1. */
static void divide_by_constant(const int64_t *restrict a, int64_t by, uint32_t n,
                               int64_t *restrict out)
{
    for (uint32_t i = 0; i < n; i++) {
        out[i] = a[i] / by;
    }
}

void divide_i64_run(struct kernel_call *call, struct column_out *out)
{
    const int64_t *a = call->args[0]->i64;
    const int64_t *b = call->args[1]->i64;
    if (call->n > 0 && call->args[1]->is_constant && b[0] != 0 && b[0] != -1) {
        divide_by_constant(a, b[0], call->n, out->i64);
        return;
    }
    for (uint32_t i = 0; i < call->n; i++) {
        if (b[i] == 0) {
            kernel_fail(call, out, i, by_zero);
        } else if (b[i] == -1 && a[i] == INT64_MIN) {
            kernel_fail(call, out, i, overflow);
        } else {
            out->i64[i] = a[i] / b[i];
        }
    }
}

void remainder_i64_run(struct kernel_call *call, struct column_out *out)
{
    const int64_t *a = call->args[0]->i64;
    const int64_t *b = call->args[1]->i64;
    for (uint32_t i = 0; i < call->n; i++) {
        if (b[i] == 0) {
            kernel_fail(call, out, i, by_zero);
        } else {
            out->i64[i] = b[i] == -1 ? 0 : a[i] % b[i];
        }
    }
}

/* The least integer has no positive. */
static void fail_least(struct kernel_call *call, struct column_out *out)
{
    for (uint32_t i = 0; i < call->n; i++) {
        if (call->args[0]->i64[i] == INT64_MIN) {
            kernel_fail(call, out, i, overflow);
        }
    }
}

void negate_i64_run(struct kernel_call *call, struct column_out *out)
{
    const int64_t *a = call->args[0]->i64;
    bool wrong = false;
    for (uint32_t i = 0; i < call->n; i++) {
        wrong |= a[i] == INT64_MIN;
        out->i64[i] = (int64_t)(0 - (uint64_t)a[i]);
    }
    if (wrong) {
        fail_least(call, out);
    }
}

void abs_i64_run(struct kernel_call *call, struct column_out *out)
{
    const int64_t *a = call->args[0]->i64;
    bool wrong = false;
    for (uint32_t i = 0; i < call->n; i++) {
        uint64_t x = (uint64_t)a[i];
        wrong |= a[i] == INT64_MIN;
        out->i64[i] = (int64_t)(a[i] < 0 ? 0 - x : x);
    }
    if (wrong) {
        fail_least(call, out);
    }
}

void sign_i64_run(struct kernel_call *call, struct column_out *out)
{
    const int64_t *a = call->args[0]->i64;
    for (uint32_t i = 0; i < call->n; i++) {
        out->i64[i] = (a[i] > 0) - (a[i] < 0);
    }
}

/* ---- times and durations --------------------------------------------------------------------- */

static void fail_times(struct kernel_call *call, struct column_out *out)
{
    for (uint32_t i = 0; i < call->n; i++) {
        if (!stamp_in_range(out->i64[i])) {
            kernel_fail(call, out, i, "a time outside years 1 to 9999");
        }
    }
}

static void check_times(struct kernel_call *call, struct column_out *out)
{
    bool wrong = false;
    for (uint32_t i = 0; i < call->n; i++) {
        wrong |= !stamp_in_range(out->i64[i]);
    }
    if (wrong) {
        fail_times(call, out);
    }
}

void add_time_run(struct kernel_call *call, struct column_out *out)
{
    add_i64_run(call, out);
    check_times(call, out);
}

void subtract_time_run(struct kernel_call *call, struct column_out *out)
{
    subtract_i64_run(call, out);
    check_times(call, out);
}

/* To the nearest microsecond. */
static void put_interval(struct kernel_call *call, struct column_out *out, uint32_t row, double us)
{
    double nearest = rint(us);
    if (nearest >= -0x1p63 && nearest < 0x1p63) {
        out->i64[row] = (int64_t)nearest;
    } else {
        kernel_fail(call, out, row, overflow);
    }
}

void scale_interval_run(struct kernel_call *call, struct column_out *out)
{
    bool interval_first = call->args[0]->type.id == TYPE_INTERVAL;
    const int64_t *us = call->args[interval_first ? 0 : 1]->i64;
    const double *by = call->args[interval_first ? 1 : 0]->f64;
    for (uint32_t i = 0; i < call->n; i++) {
        put_interval(call, out, i, (double)us[i] * by[i]);
    }
}

void divide_interval_run(struct kernel_call *call, struct column_out *out)
{
    const int64_t *us = call->args[0]->i64;
    const double *by = call->args[1]->f64;
    for (uint32_t i = 0; i < call->n; i++) {
        if (by[i] == 0) {
            kernel_fail(call, out, i, by_zero);
        } else {
            put_interval(call, out, i, (double)us[i] / by[i]);
        }
    }
}

void interval_ratio_run(struct kernel_call *call, struct column_out *out)
{
    const int64_t *a = call->args[0]->i64;
    const int64_t *b = call->args[1]->i64;
    for (uint32_t i = 0; i < call->n; i++) {
        if (b[i] == 0) {
            kernel_fail(call, out, i, by_zero);
        } else {
            out->f64[i] = (double)a[i] / (double)b[i];
        }
    }
}

/* ---- DOUBLE ---------------------------------------------------------------------------------- */

/* Infinity out of finite operands is an overflow; infinity that came in is a value. */
static void fail_infinite(struct kernel_call *call, struct column_out *out)
{
    const double *a = call->args[0]->f64;
    const double *b = call->args[1]->f64;
    for (uint32_t i = 0; i < call->n; i++) {
        if (isinf(out->f64[i]) && isfinite(a[i]) && isfinite(b[i])) {
            kernel_fail(call, out, i, overflow);
        }
    }
}

HOT_CLONES
static bool add_f64_loop(const double *restrict a, const double *restrict b, uint32_t n,
                         double *restrict out)
{
    uint64_t wrong = 0;
    for (uint32_t i = 0; i < n; i++) {
        out[i] = a[i] + b[i];
        wrong |= !(fabs(out[i]) <= DBL_MAX);
    }
    return wrong != 0;
}

HOT_CLONES
static bool subtract_f64_loop(const double *restrict a, const double *restrict b, uint32_t n,
                              double *restrict out)
{
    uint64_t wrong = 0;
    for (uint32_t i = 0; i < n; i++) {
        out[i] = a[i] - b[i];
        wrong |= !(fabs(out[i]) <= DBL_MAX);
    }
    return wrong != 0;
}

HOT_CLONES
static bool multiply_f64_loop(const double *restrict a, const double *restrict b, uint32_t n,
                              double *restrict out)
{
    uint64_t wrong = 0;
    for (uint32_t i = 0; i < n; i++) {
        out[i] = a[i] * b[i];
        wrong |= !(fabs(out[i]) <= DBL_MAX);
    }
    return wrong != 0;
}

void add_f64_run(struct kernel_call *call, struct column_out *out)
{
    if (add_f64_loop(call->args[0]->f64, call->args[1]->f64, call->n, out->f64)) {
        fail_infinite(call, out);
    }
}

void subtract_f64_run(struct kernel_call *call, struct column_out *out)
{
    if (subtract_f64_loop(call->args[0]->f64, call->args[1]->f64, call->n, out->f64)) {
        fail_infinite(call, out);
    }
}

void multiply_f64_run(struct kernel_call *call, struct column_out *out)
{
    if (multiply_f64_loop(call->args[0]->f64, call->args[1]->f64, call->n, out->f64)) {
        fail_infinite(call, out);
    }
}

void divide_f64_run(struct kernel_call *call, struct column_out *out)
{
    const double *a = call->args[0]->f64;
    const double *b = call->args[1]->f64;
    bool wrong = false;
    for (uint32_t i = 0; i < call->n; i++) {
        double by = b[i] == 0 ? 1 : b[i];
        out->f64[i] = a[i] / by;
        wrong |= (b[i] == 0) | !(fabs(out->f64[i]) <= DBL_MAX);
    }
    if (!wrong) {
        return;
    }
    for (uint32_t i = 0; i < call->n; i++) {
        if (b[i] == 0) {
            kernel_fail(call, out, i, by_zero);
        }
    }
    fail_infinite(call, out);
}

void remainder_f64_run(struct kernel_call *call, struct column_out *out)
{
    const double *a = call->args[0]->f64;
    const double *b = call->args[1]->f64;
    for (uint32_t i = 0; i < call->n; i++) {
        if (b[i] == 0) {
            kernel_fail(call, out, i, by_zero);
        } else {
            out->f64[i] = fmod(a[i], b[i]);
        }
    }
}

void negate_f64_run(struct kernel_call *call, struct column_out *out)
{
    for (uint32_t i = 0; i < call->n; i++) {
        out->f64[i] = -call->args[0]->f64[i];
    }
}
