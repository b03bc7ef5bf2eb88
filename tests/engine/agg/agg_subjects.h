/* agg_subjects: every aggregate over every type it takes, and columns to run it on. The one table
 * behind the property tests: a new line in agg.def is tested without a new test.
 *
 *     struct subject subject;
 *     for (uint32_t i = 0; subject_at(&arena, i, &subject) != SUBJECTS_END; i++) { … }
 *
 * Column 0 of a batch is the event time, column 1 the argument. */
#ifndef TESTS_ENGINE_AGG_AGG_SUBJECTS_H
#define TESTS_ENGINE_AGG_AGG_SUBJECTS_H

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/agg/agg.h"
#include "engine/agg/agg_kind.h"
#include "tests/support/rng.h"
#include "tests/support/testing.h"

enum { SUBJECT_COLUMNS = 2, SUBJECT_NAME_BYTES = 96 };

struct subject {
    char name[SUBJECT_NAME_BYTES];
    struct agg_call call;
};

enum subject_found { SUBJECT_FOUND, SUBJECT_NONE, SUBJECTS_END };

static const struct type *subject_types(uint32_t *n)
{
    static const struct type types[] = {
        {TYPE_BOOLEAN, 0, 0}, {TYPE_BIGINT, 0, 0},   {TYPE_DECIMAL, 12, 2},  {TYPE_DOUBLE, 0, 0},
        {TYPE_TEXT, 0, 0},    {TYPE_INTERVAL, 0, 0}, {TYPE_TIMESTAMP, 0, 0},
    };
    *n = sizeof types / sizeof types[0];
    return types;
}

static uint32_t subject_param(const struct agg_kind *kind, struct value *param)
{
    switch (kind->param) {
    case AGG_NO_PARAM:
    case AGG_HALF:
        return 0;
    case AGG_FRACTION:
        *param = value_double(0.9);
        return 1;
    case AGG_HOW_MANY:
        *param = value_bigint(5);
        return 1;
    case AGG_SEPARATOR:
        *param = value_text(slice_text(", "));
        return 1;
    }
    return 0;
}

/* Entry `index` of aggregates × types × plain and DISTINCT × with and without event time. Not every
 * entry exists. */
static enum subject_found subject_at(struct arena *arena, uint32_t index, struct subject *out)
{
    uint32_t n_types;
    const struct type *types = subject_types(&n_types);
    bool distinct = index % 2 == 1;
    bool by_time = index / 2 % 2 == 1;
    struct type type = types[index / 4 % n_types];
    const struct agg_kind *kind = agg_kind_at(index / 4 / n_types);
    if (kind == NULL) {
        return SUBJECTS_END;
    }
    struct error err;
    struct value param = {0};
    uint32_t n_params = subject_param(kind, &param);
    enum status status = agg_resolve(arena, slice_text(kind->name), distinct, &type, 1, &param,
                                     n_params, &out->call, &err);
    /* A type that is cast before is tested as what it is cast to. */
    if (status != OK || !type_equal(out->call.arg_types[0], type)) {
        return SUBJECT_NONE;
    }
    bool reads_time = !out->call.distinct && kind->states[type_physical(type)]->reads_time;
    if ((distinct && !out->call.distinct) || (by_time && !reads_time)) {
        return SUBJECT_NONE;
    }
    out->call.args[0] = 1;
    out->call.time_column = by_time ? 0 : -1;
    char type_text[TYPE_NAME_BYTES];
    snprintf(out->name, sizeof out->name, "%s(%s%s)%s", kind->name, distinct ? "DISTINCT " : "",
             type_name(type, type_text), by_time ? " by time" : "");
    return SUBJECT_FOUND;
}

/* ---- columns --------------------------------------------------------------------------------- */

/* TAME: numbers of everyday size, so that sums of doubles can be compared with a tolerance.
 * FEW: a handful of different ones. WILD: limits, infinities, NaN, any bits. */
enum flavour { TAME, FEW, WILD, FLAVOURS };

static int64_t random_i64(struct rng *rng, struct type type, enum flavour flavour)
{
    int64_t few = (int64_t)rng_below(rng, 7) - 3;
    int64_t tame = (int64_t)rng_below(rng, 2000000) - 1000000;
    int64_t value = flavour == FEW ? few : flavour == TAME ? tame : rng_i64(rng);
    return type.id == TYPE_DECIMAL ? value % pow10_i64[type.precision] : value;
}

static double random_f64(struct rng *rng, enum flavour flavour)
{
    static const double special[] = {0.0, -0.0, 1.0, 1e300, -1e300};
    double few = ((double)rng_below(rng, 7) - 3) / 3;
    double tame = ((double)rng_below(rng, 2000000000) - 1e9) / 1000;
    if (flavour != WILD) {
        return flavour == FEW ? few : tame;
    }
    return rng_once_in(rng, 3) ? special[rng_below(rng, 5)] : rng_f64(rng);
}

static struct text random_text(struct rng *rng, struct arena *arena, enum flavour flavour)
{
    static const uint32_t lengths[] = {0, 1, 6, 7, 8, 9, 15, 16, 17, 40, 200};
    uint32_t len = flavour == FEW ? (uint32_t)rng_below(rng, 3) * 7
                                  : lengths[rng_below(rng, sizeof lengths / sizeof lengths[0])];
    uint8_t *at = arena_alloc(arena, len + 1);
    for (uint32_t i = 0; i < len; i++) {
        at[i] = flavour == WILD ? (uint8_t)rng_u64(rng) : (uint8_t)('a' + rng_below(rng, 2));
    }
    return (struct text){at, len};
}

/* NULL rows hold 0 as a rule, but aggregates do not rely on it. */
static void spoil_null(struct rng *rng, struct column_out *out, uint32_t i)
{
    switch (type_physical(out->type)) {
    case PHYSICAL_BIT:
        bits_put(out->bits, i, true);
        break;
    case PHYSICAL_I64:
        out->i64[i] = rng_i64(rng);
        break;
    case PHYSICAL_F64:
        out->f64[i] = NAN;
        break;
    case PHYSICAL_TEXT:
        break;
    }
}

/* One value in `once` is NULL; 0: none is. */
static struct column random_column(struct rng *rng, struct arena *arena, struct type type,
                                   uint32_t n, enum flavour flavour, uint64_t once)
{
    struct column_out out = column_out_new(arena, type, n);
    for (uint32_t i = 0; i < n; i++) {
        struct value value = {.type = type};
        switch (type_physical(type)) {
        case PHYSICAL_BIT:
            value.boolean = rng_once_in(rng, flavour == FEW ? 50 : 2);
            break;
        case PHYSICAL_I64:
            value.i64 = random_i64(rng, type, flavour);
            break;
        case PHYSICAL_F64:
            value.f64 = random_f64(rng, flavour);
            break;
        case PHYSICAL_TEXT:
            value.text = random_text(rng, arena, flavour);
            break;
        }
        value.is_null = once > 0 && rng_once_in(rng, once);
        column_out_put(&out, i, n, &value);
        if (value.is_null) {
            spoil_null(rng, &out, i);
        }
    }
    return column_view(&out, n);
}

/* Rows of a subject; the schema is not needed to run them. */
static struct batch random_batch(struct rng *rng, struct arena *arena, struct type type, uint32_t n,
                                 enum flavour flavour)
{
    static const uint64_t once[] = {0, 4, 1, 100};
    uint64_t null_once = once[rng_below(rng, sizeof once / sizeof once[0])];
    struct column *columns = arena_zalloc(arena, SUBJECT_COLUMNS * sizeof *columns);
    struct batch batch = {.n = n, .columns = columns, .arena = arena, .time_column = 0};
    columns[0] = random_column(rng, arena, type_of(TYPE_TIMESTAMP), n, FEW, 10);
    columns[1] = random_column(rng, arena, type, n, flavour, null_once);
    batch.first_row = rng_below(rng, 1000);
    return batch;
}

/* Rows [from, to) as a batch of their own. */
static inline struct batch batch_slice(struct arena *arena, const struct batch *batch,
                                       uint32_t from, uint32_t to)
{
    struct batch slice = *batch;
    uint32_t *rows = arena_alloc(arena, (to - from) * sizeof *rows);
    for (uint32_t i = from; i < to; i++) {
        rows[i - from] = i;
    }
    slice.columns = arena_alloc(arena, SUBJECT_COLUMNS * sizeof *slice.columns);
    for (uint32_t c = 0; c < SUBJECT_COLUMNS; c++) {
        slice.columns[c] = column_gather(arena, &batch->columns[c], rows, to - from);
    }
    slice.n = to - from;
    slice.first_row = batch->first_row + from;
    return slice;
}

#endif
