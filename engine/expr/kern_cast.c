/* kern_cast: CAST and TRY_CAST between all types that mean something in each other.
 *
 * TIMESTAMP and BIGINT: milliseconds since 1970, rounded down, as epoch_ms has it. DOUBLE to BIGINT
 * rounds half to even, DECIMAL half away from zero (PostgreSQL). Text: literal.h. */
#include <math.h>

#include "engine/base/checked.h"
#include "engine/base/clock.h"
#include "engine/base/clones.h"
#include "engine/base/panic.h"
#include "engine/base/textbuf.h"
#include "engine/data/decimal.h"
#include "engine/data/stamp.h"
#include "engine/expr/kernels.h"
#include "engine/expr/literal.h"

static const char *const out_of_range = "out of range";

/* ---- from NULL, BOOLEAN ---------------------------------------------------------------------- */

static void null_to_any(struct kernel_call *call, struct column_out *out)
{
    for (uint32_t i = 0; i < call->n; i++) {
        column_out_null(out, i, call->n);
    }
}

static void boolean_to_bigint(struct kernel_call *call, struct column_out *out)
{
    for (uint32_t i = 0; i < call->n; i++) {
        out->i64[i] = bits_get(call->args[0]->bits, i);
    }
}

static void boolean_to_text(struct kernel_call *call, struct column_out *out)
{
    static const struct text names[] = {{(const uint8_t *)"false", 5},
                                        {(const uint8_t *)"true", 4}};
    for (uint32_t i = 0; i < call->n; i++) {
        out->text[i] = names[bits_get(call->args[0]->bits, i)];
    }
}

/* ---- from BIGINT ----------------------------------------------------------------------------- */

static void bigint_to_boolean(struct kernel_call *call, struct column_out *out)
{
    uint8_t bytes[BATCH_ROWS];
    for (uint32_t i = 0; i < call->n; i++) {
        bytes[i] = call->args[0]->i64[i] != 0;
    }
    bits_pack(bytes, call->n, out->bits);
}

HOT_CLONES
static void i64_to_f64(const int64_t *restrict from, uint32_t n, double *restrict to)
{
    for (uint32_t i = 0; i < n; i++) {
        to[i] = (double)from[i];
    }
}

static void bigint_to_double(struct kernel_call *call, struct column_out *out)
{
    i64_to_f64(call->args[0]->i64, call->n, out->f64);
}

static void bigint_to_text(struct kernel_call *call, struct column_out *out)
{
    struct text_room room = text_room_of(call);
    for (uint32_t i = 0; i < call->n; i++) {
        uint8_t *at = text_room_reserve(&room, TEXTBUF_NUMBER_BYTES);
        out->text[i] = text_room_take(&room, text_write_i64(at, call->args[0]->i64[i]));
    }
}

static void bigint_to_timestamp(struct kernel_call *call, struct column_out *out)
{
    for (uint32_t i = 0; i < call->n; i++) {
        int64_t us;
        if (checked_mul(call->args[0]->i64[i], US_PER_MS, &us) || !stamp_in_range(us)) {
            kernel_fail(call, out, i, "a time outside years 1 to 9999");
        } else {
            out->i64[i] = us;
        }
    }
}

/* ---- from DOUBLE ----------------------------------------------------------------------------- */

static void double_to_bigint(struct kernel_call *call, struct column_out *out)
{
    for (uint32_t i = 0; i < call->n; i++) {
        double nearest = rint(call->args[0]->f64[i]);
        if (nearest >= -0x1p63 && nearest < 0x1p63) { /* false for NaN */
            out->i64[i] = (int64_t)nearest;
        } else {
            kernel_fail(call, out, i, out_of_range);
        }
    }
}

static void double_to_decimal(struct kernel_call *call, struct column_out *out)
{
    for (uint32_t i = 0; i < call->n; i++) {
        if (decimal_from_f64(call->args[0]->f64[i], out->type.precision, out->type.scale,
                             &out->i64[i])) {
            kernel_fail(call, out, i, out_of_range);
        }
    }
}

static void double_to_text(struct kernel_call *call, struct column_out *out)
{
    struct text_room room = text_room_of(call);
    for (uint32_t i = 0; i < call->n; i++) {
        uint8_t *at = text_room_reserve(&room, TEXTBUF_NUMBER_BYTES);
        out->text[i] = text_room_take(&room, text_write_f64(at, call->args[0]->f64[i], false));
    }
}

/* ---- from BIGINT and DECIMAL, which are both scaled ------------------------------------------ */

static void scaled_to_scaled(struct kernel_call *call, struct column_out *out)
{
    const struct column *from = call->args[0];
    bool checks = cast_fails(from->type, out->type);
    if (from->type.scale == out->type.scale && !checks) {
        memcpy(out->i64, from->i64, call->n * sizeof(int64_t));
        return;
    }
    unsigned precision = out->type.precision;
    for (uint32_t i = 0; i < call->n; i++) {
        bool wrong = decimal_rescale(from->i64[i], from->type.scale, out->type.scale, &out->i64[i]);
        if (wrong || (checks && decimal_exceeds(out->i64[i], precision))) {
            kernel_fail(call, out, i, out_of_range);
        }
    }
}

static void decimal_to_double(struct kernel_call *call, struct column_out *out)
{
    for (uint32_t i = 0; i < call->n; i++) {
        out->f64[i] = decimal_to_f64(call->args[0]->i64[i], call->args[0]->type.scale);
    }
}

static void decimal_to_text(struct kernel_call *call, struct column_out *out)
{
    struct text_room room = text_room_of(call);
    unsigned scale = call->args[0]->type.scale;
    for (uint32_t i = 0; i < call->n; i++) {
        uint8_t *at = text_room_reserve(&room, TEXTBUF_NUMBER_BYTES);
        out->text[i] = text_room_take(&room, text_write_decimal(at, call->args[0]->i64[i], scale));
    }
}

/* ---- from TEXT ------------------------------------------------------------------------------- */

static void text_to_boolean(struct kernel_call *call, struct column_out *out)
{
    for (uint32_t i = 0; i < call->n; i++) {
        struct slice text = text_slice(call->args[0]->text[i]);
        bool value;
        if (literal_boolean(text, &value)) {
            bits_put(out->bits, i, value);
        } else {
            kernel_fail_text(call, out, i, "is no BOOLEAN", text);
        }
    }
}

static void text_to_bigint(struct kernel_call *call, struct column_out *out)
{
    for (uint32_t i = 0; i < call->n; i++) {
        struct slice text = text_slice(call->args[0]->text[i]);
        if (!literal_bigint(text, &out->i64[i])) {
            kernel_fail_text(call, out, i, "is no BIGINT", text);
        }
    }
}

static void text_to_double(struct kernel_call *call, struct column_out *out)
{
    for (uint32_t i = 0; i < call->n; i++) {
        struct slice text = text_slice(call->args[0]->text[i]);
        if (!literal_double(text, &out->f64[i])) {
            kernel_fail_text(call, out, i, "is no DOUBLE", text);
        }
    }
}

static void text_to_decimal(struct kernel_call *call, struct column_out *out)
{
    for (uint32_t i = 0; i < call->n; i++) {
        struct slice text = text_slice(call->args[0]->text[i]);
        if (!decimal_parse(slice_trim(text), out->type.precision, out->type.scale, &out->i64[i])) {
            kernel_fail_text(call, out, i, "is no DECIMAL of that precision", text);
        }
    }
}

static void text_to_timestamp(struct kernel_call *call, struct column_out *out)
{
    struct time_cache cache = {0};
    for (uint32_t i = 0; i < call->n; i++) {
        struct slice text = text_slice(call->args[0]->text[i]);
        if (!literal_timestamp(text, &cache, &out->i64[i])) {
            kernel_fail_text(call, out, i, "is no TIMESTAMP", text);
        }
    }
}

static void text_to_interval(struct kernel_call *call, struct column_out *out)
{
    for (uint32_t i = 0; i < call->n; i++) {
        struct slice text = text_slice(call->args[0]->text[i]);
        if (!literal_interval(text, &out->i64[i])) {
            kernel_fail_text(call, out, i, "is no INTERVAL", text);
        }
    }
}

/* ---- from TIMESTAMP and INTERVAL ------------------------------------------------------------- */

static void timestamp_to_bigint(struct kernel_call *call, struct column_out *out)
{
    for (uint32_t i = 0; i < call->n; i++) {
        out->i64[i] = floor_div(call->args[0]->i64[i], US_PER_MS);
    }
}

static void any_to_text(struct kernel_call *call, struct column_out *out)
{
    struct text_room room = text_room_of(call);
    for (uint32_t i = 0; i < call->n; i++) {
        struct value value = value_i64(call->args[0]->type, call->args[0]->i64[i]);
        bytebuf_clear(call->scratch);
        value_print(call->scratch, &value);
        out->text[i] = text_room_copy(&room, bytebuf_slice(call->scratch));
    }
}

/* ---- which there are ------------------------------------------------------------------------- */

static kernel_fn *const casts[TYPE_COUNT][TYPE_COUNT] = {
    [TYPE_BOOLEAN] = {[TYPE_BIGINT] = boolean_to_bigint, [TYPE_TEXT] = boolean_to_text},
    [TYPE_BIGINT] = {[TYPE_BOOLEAN] = bigint_to_boolean,
                     [TYPE_DOUBLE] = bigint_to_double,
                     [TYPE_DECIMAL] = scaled_to_scaled,
                     [TYPE_TEXT] = bigint_to_text,
                     [TYPE_TIMESTAMP] = bigint_to_timestamp},
    [TYPE_DOUBLE] = {[TYPE_BIGINT] = double_to_bigint,
                     [TYPE_DECIMAL] = double_to_decimal,
                     [TYPE_TEXT] = double_to_text},
    [TYPE_DECIMAL] = {[TYPE_BIGINT] = scaled_to_scaled,
                      [TYPE_DOUBLE] = decimal_to_double,
                      [TYPE_DECIMAL] = scaled_to_scaled,
                      [TYPE_TEXT] = decimal_to_text},
    [TYPE_TEXT] = {[TYPE_BOOLEAN] = text_to_boolean,
                   [TYPE_BIGINT] = text_to_bigint,
                   [TYPE_DOUBLE] = text_to_double,
                   [TYPE_DECIMAL] = text_to_decimal,
                   [TYPE_TIMESTAMP] = text_to_timestamp,
                   [TYPE_INTERVAL] = text_to_interval},
    [TYPE_TIMESTAMP] = {[TYPE_BIGINT] = timestamp_to_bigint, [TYPE_TEXT] = any_to_text},
    [TYPE_INTERVAL] = {[TYPE_TEXT] = any_to_text},
};

bool cast_exists(struct type from, struct type to)
{
    return type_equal(from, to) || from.id == TYPE_NULL || casts[from.id][to.id] != NULL;
}

/* Digits before the point that a value can have after it was brought to scale `to`. */
static unsigned whole_digits(struct type from, struct type to)
{
    unsigned rounds_up = to.scale < from.scale;
    return from.precision - (unsigned)from.scale + rounds_up;
}

bool cast_fails(struct type from, struct type to)
{
    if (from.id == TYPE_TEXT) {
        return to.id != TYPE_TEXT;
    }
    switch ((enum type_id)to.id) {
    case TYPE_DECIMAL:
        return from.id != TYPE_NULL && (from.id != TYPE_DECIMAL ||
                                        whole_digits(from, to) > to.precision - (unsigned)to.scale);
    case TYPE_BIGINT:
        return from.id == TYPE_DOUBLE;
    case TYPE_TIMESTAMP:
        return from.id == TYPE_BIGINT;
    default:
        return false;
    }
}

static void cast_run(struct kernel_call *call, struct column_out *out)
{
    struct type from = call->args[0]->type;
    kernel_fn *run = from.id == TYPE_NULL ? null_to_any : casts[from.id][out->type.id];
    CHECK(run != NULL);
    run(call, out);
}

const struct function function_cast = {.name = "cast",
                                       .signature = "CAST(x AS type) → type",
                                       .summary = "x as another type",
                                       .run = cast_run,
                                       .setup = &no_setup,
                                       .flags = FAILS | HIDDEN,
                                       .cost = 4};

const struct function function_try_cast = {.name = "try_cast",
                                           .signature = "TRY_CAST(x AS type) → type",
                                           .summary = "x as another type; NULL if it is none",
                                           .run = cast_run,
                                           .setup = &no_setup,
                                           .flags = FAILS | QUIET | MAY_NULL | HIDDEN,
                                           .cost = 4};
