/* kern_math: functions of DOUBLE. Outside the domain of a function its value is NULL and a runtime
 * error, as is infinity out of finite arguments. */
#include <float.h>
#include <math.h>

#include "engine/expr/kernels.h"

static const char *const overflow = "overflow";

/* ---- rounding -------------------------------------------------------------------------------- */

void abs_f64_run(struct kernel_call *call, struct column_out *out)
{
    for (uint32_t i = 0; i < call->n; i++) {
        out->f64[i] = fabs(call->args[0]->f64[i]);
    }
}

void sign_f64_run(struct kernel_call *call, struct column_out *out)
{
    const double *x = call->args[0]->f64;
    for (uint32_t i = 0; i < call->n; i++) {
        out->f64[i] = x[i] > 0 ? 1 : x[i] < 0 ? -1 : x[i];
    }
}

void floor_f64_run(struct kernel_call *call, struct column_out *out)
{
    for (uint32_t i = 0; i < call->n; i++) {
        out->f64[i] = floor(call->args[0]->f64[i]);
    }
}

void ceil_f64_run(struct kernel_call *call, struct column_out *out)
{
    for (uint32_t i = 0; i < call->n; i++) {
        out->f64[i] = ceil(call->args[0]->f64[i]);
    }
}

/* At `digits` behind the point: scaled, made whole, scaled back. A number that has no such digits
 * stays as it is; one that is all behind them is 0. */
static double round_at(double x, int64_t digits, double (*whole)(double))
{
    if (digits > DBL_DIG + 308 || !isfinite(x)) {
        return x;
    }
    if (digits < -DBL_MAX_10_EXP) {
        return 0 * x;
    }
    double unit = pow(10, (double)(digits < 0 ? -digits : digits));
    double scaled = digits < 0 ? x / unit : x * unit;
    if (!isfinite(scaled) || !isfinite(unit)) {
        return x;
    }
    double rounded = whole(scaled);
    return digits < 0 ? rounded * unit : rounded / unit;
}

static void round_rows(struct kernel_call *call, struct column_out *out, double (*whole)(double))
{
    const double *x = call->args[0]->f64;
    for (uint32_t i = 0; i < call->n; i++) {
        out->f64[i] =
            call->n_args == 1 ? whole(x[i]) : round_at(x[i], call->args[1]->i64[i], whole);
    }
}

void round_f64_run(struct kernel_call *call, struct column_out *out)
{
    round_rows(call, out, rint);
}

void trunc_f64_run(struct kernel_call *call, struct column_out *out)
{
    round_rows(call, out, trunc);
}

/* ---- powers and logarithms ------------------------------------------------------------------- */

void power_run(struct kernel_call *call, struct column_out *out)
{
    const double *x = call->args[0]->f64;
    const double *y = call->args[1]->f64;
    for (uint32_t i = 0; i < call->n; i++) {
        double value = pow(x[i], y[i]);
        if (isfinite(value) || !isfinite(x[i]) || !isfinite(y[i])) {
            out->f64[i] = value;
        } else if (x[i] == 0) {
            kernel_fail(call, out, i, "zero to a negative power");
        } else if (isnan(value)) {
            kernel_fail(call, out, i, "a negative number to a fractional power");
        } else {
            kernel_fail(call, out, i, overflow);
        }
    }
}

void sqrt_run(struct kernel_call *call, struct column_out *out)
{
    const double *x = call->args[0]->f64;
    for (uint32_t i = 0; i < call->n; i++) {
        if (x[i] < 0) {
            kernel_fail(call, out, i, "square root of a negative number");
        } else {
            out->f64[i] = sqrt(x[i]);
        }
    }
}

void exp_run(struct kernel_call *call, struct column_out *out)
{
    const double *x = call->args[0]->f64;
    for (uint32_t i = 0; i < call->n; i++) {
        double value = exp(x[i]);
        if (isinf(value) && isfinite(x[i])) {
            kernel_fail(call, out, i, overflow);
        } else {
            out->f64[i] = value;
        }
    }
}

static void logarithm_rows(struct kernel_call *call, struct column_out *out, double (*log_)(double))
{
    const double *x = call->args[0]->f64;
    for (uint32_t i = 0; i < call->n; i++) {
        if (x[i] <= 0) {
            kernel_fail(call, out, i, "logarithm of zero or a negative number");
        } else {
            out->f64[i] = log_(x[i]);
        }
    }
}

void ln_run(struct kernel_call *call, struct column_out *out)
{
    logarithm_rows(call, out, log);
}

void log10_run(struct kernel_call *call, struct column_out *out)
{
    logarithm_rows(call, out, log10);
}

void log_base_run(struct kernel_call *call, struct column_out *out)
{
    const double *base = call->args[0]->f64;
    const double *x = call->args[1]->f64;
    for (uint32_t i = 0; i < call->n; i++) {
        if (x[i] <= 0 || base[i] <= 0) {
            kernel_fail(call, out, i, "logarithm of zero or a negative number");
        } else if (base[i] == 1) {
            kernel_fail(call, out, i, "division by zero");
        } else {
            out->f64[i] = log(x[i]) / log(base[i]);
        }
    }
}

/* ---- bars ------------------------------------------------------------------------------------ */

enum { BAR_WIDTH_MAX = 1000, BLOCK_BYTES = 3 };

/* `eighths` of a character: full blocks U+2588, then one of U+2589 (seven) to U+258F (one). */
static struct text write_bar(struct text_room *room, uint64_t eighths)
{
    uint8_t *at = text_room_reserve(room, (size_t)(eighths / 8 + 1) * BLOCK_BYTES);
    for (uint64_t i = 0; i < eighths / 8; i++) {
        memcpy(at, "\u2588", BLOCK_BYTES);
        at += BLOCK_BYTES;
    }
    if (eighths % 8 != 0) {
        memcpy(at, "\u2590", BLOCK_BYTES);
        at[2] = (uint8_t)(at[2] - eighths % 8);
        at += BLOCK_BYTES;
    }
    return text_room_take(room, at);
}

void bar_run(struct kernel_call *call, struct column_out *out)
{
    const double *x = call->args[0]->f64;
    const double *max = call->args[1]->f64;
    const int64_t *width = call->args[2]->i64;
    struct text_room room = text_room_of(call);
    for (uint32_t i = 0; i < call->n; i++) {
        out->text[i] = text_none();
        if (width[i] < 0 || width[i] > BAR_WIDTH_MAX) {
            kernel_fail(call, out, i, "a width outside 0 to 1000");
            continue;
        }
        double part = max[i] > 0 ? x[i] / max[i] : 0;
        if (part > 0) { /* false for NaN */
            part = part < 1 ? part : 1;
            out->text[i] = write_bar(&room, (uint64_t)rint(part * (double)width[i] * 8));
        }
    }
}
