/* agg_model: what aggregates ought to give, computed the slow and obvious way over a list of rows.
 * Nothing here is shared with engine/agg except the table of kinds.
 *
 *     struct model model = {.call = &call, .column = &x, .time = &t, .n = n, .first_row = 7};
 *     struct value expected = model_result(&arena, &model);
 */
#ifndef TESTS_ENGINE_AGG_AGG_MODEL_H
#define TESTS_ENGINE_AGG_AGG_MODEL_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/agg/agg.h"
#include "engine/agg/agg_kind.h"
#include "engine/base/checked.h"
#include "engine/base/textbuf.h"
#include "engine/data/decimal.h"

struct model {
    const struct agg_call *call;
    const struct column *column; /* NULL for count(*) */
    const struct column *time;   /* NULL: arrival order */
    uint32_t n;
};

/* The values that count, in order of arrival or, for DISTINCT, each once in ascending order. */
struct model_values {
    struct value *at;
    uint32_t n;
};

static int model_compare(const void *left, const void *right)
{
    const struct value *a = left;
    const struct value *b = right;
    switch (type_physical(a->type)) {
    case PHYSICAL_BIT:
        return a->boolean - b->boolean;
    case PHYSICAL_I64:
        return (a->i64 > b->i64) - (a->i64 < b->i64);
    case PHYSICAL_F64:
        if (isnan(a->f64) || isnan(b->f64)) { /* NaN is the largest */
            return (isnan(a->f64) != 0) - (isnan(b->f64) != 0);
        }
        return (a->f64 > b->f64) - (a->f64 < b->f64);
    case PHYSICAL_TEXT:
        return slice_compare(text_slice(a->text), text_slice(b->text));
    }
    return 0;
}

static struct model_values model_distinct(struct model_values values)
{
    struct model_values once = {.at = values.at, .n = 0};
    if (values.n > 0) {
        qsort(values.at, values.n, sizeof *values.at, model_compare);
    }
    for (uint32_t i = 0; i < values.n; i++) {
        if (once.n == 0 || model_compare(&once.at[once.n - 1], &values.at[i]) != 0) {
            once.at[once.n++] = values.at[i];
        }
    }
    return once;
}

static struct model_values model_values_of(struct arena *arena, const struct model *model)
{
    struct model_values values = {.at = arena_alloc(arena, model->n * sizeof *values.at)};
    for (uint32_t i = 0; i < model->n; i++) {
        if (!column_is_null(model->column, i)) {
            values.at[values.n++] = column_value(model->column, i);
        }
    }
    return model->call->distinct ? model_distinct(values) : values;
}

static struct model_values model_sorted(struct arena *arena, struct model_values values)
{
    struct model_values sorted = {arena_alloc(arena, values.n * sizeof *values.at), values.n};
    if (values.n > 0) {
        memcpy(sorted.at, values.at, values.n * sizeof *values.at);
        qsort(sorted.at, sorted.n, sizeof *sorted.at, model_compare);
    }
    return sorted;
}

static double model_f64(const struct value *value)
{
    return value->type.id == TYPE_DOUBLE ? value->f64
                                         : decimal_to_f64(value->i64, value->type.scale);
}

static struct value model_sum(const struct model *model, struct model_values values)
{
    int128 exact = 0;
    double plain = 0;
    for (uint32_t i = 0; i < values.n; i++) {
        bool is_double = values.at[i].type.id == TYPE_DOUBLE;
        plain += is_double ? values.at[i].f64 : 0;
        exact += is_double ? 0 : values.at[i].i64;
    }
    struct type type = model->call->result;
    if (type.id == TYPE_DOUBLE) {
        return value_double(plain);
    }
    int128 limit = type.id == TYPE_DECIMAL ? (int128)1000000000 * 1000000000 : (int128)1 << 63;
    bool fits = exact < limit && exact >= -limit + (type.id == TYPE_DECIMAL);
    return fits ? value_i64(type, (int64_t)exact) : value_null(type);
}

static struct value model_avg(const struct model *model, struct model_values values)
{
    int128 exact = 0;
    double plain = 0;
    for (uint32_t i = 0; i < values.n; i++) {
        bool is_double = values.at[i].type.id == TYPE_DOUBLE;
        plain += is_double ? values.at[i].f64 : 0;
        exact += is_double ? 0 : values.at[i].i64;
    }
    if (model->call->result.id == TYPE_INTERVAL) {
        int128 doubled = 2 * (exact < 0 ? -exact : exact);
        int128 rounded = (doubled + values.n) / (2 * (int128)values.n);
        return value_i64(model->call->result, (int64_t)(exact < 0 ? -rounded : rounded));
    }
    struct type type = values.at[0].type;
    if (type.id == TYPE_DOUBLE) {
        return value_double(plain / values.n);
    }
    return value_double((double)exact / ((double)values.n * (double)pow10_i64[type.scale]));
}

/* Two passes. */
static struct value model_variance(const char *name, struct model_values values)
{
    bool sample = strstr(name, "pop") == NULL;
    if (values.n <= (sample ? 1 : 0)) {
        return value_null(type_of(TYPE_DOUBLE));
    }
    double sum = 0;
    double squares = 0;
    for (uint32_t i = 0; i < values.n; i++) {
        sum += values.at[i].f64;
    }
    for (uint32_t i = 0; i < values.n; i++) {
        double distance = values.at[i].f64 - sum / values.n;
        squares += distance * distance;
    }
    double variance = (double)(squares / (values.n - (sample ? 1 : 0)));
    return value_double(strncmp(name, "stddev", 6) == 0 ? sqrt(variance) : variance);
}

static struct value model_percentile(struct arena *arena, const struct model *model,
                                     struct model_values values)
{
    struct model_values sorted = model_sorted(arena, values);
    double position = model->call->param.f64 * (sorted.n - 1);
    uint32_t i = (uint32_t)position;
    double fraction = position - i;
    struct value low = sorted.at[i];
    struct value high = sorted.at[i + 1 < sorted.n ? i + 1 : i];
    if (low.type.id == TYPE_INTERVAL) {
        double step = round(fraction * (double)((int128)high.i64 - low.i64));
        int128 between = low.i64 + (int128)step;
        return value_i64(low.type, between > high.i64 ? high.i64 : (int64_t)between);
    }
    double a = model_f64(&low);
    double b = model_f64(&high);
    bool same = a == b || (isnan(a) && isnan(b)) || fraction == 0;
    return value_double(same ? a : a + fraction * (b - a));
}

/* The value of the row that is first or last by (time, arrival). */
static struct value model_first_last(const struct model *model, bool last)
{
    struct value best = value_null(model->call->result);
    int64_t best_time = 0;
    for (uint32_t i = 0; i < model->n; i++) {
        if (column_is_null(model->column, i)) {
            continue;
        }
        bool timeless = model->time == NULL || column_is_null(model->time, i);
        int64_t time = timeless ? TIME_NONE : model->time->i64[i];
        if (best.is_null || (last ? time >= best_time : time < best_time)) {
            best = column_value(model->column, i);
            best_time = time;
        }
    }
    return best;
}

static struct value model_text(struct arena *arena, struct bytebuf *text)
{
    struct slice copy = arena_copy(arena, bytebuf_slice(text));
    bytebuf_release(text);
    return value_text(copy);
}

static struct value model_string_agg(struct arena *arena, const struct model *model,
                                     struct model_values values)
{
    struct bytebuf text = {0};
    for (uint32_t i = 0; i < values.n; i++) {
        struct slice separator = text_slice(model->call->param.text);
        struct slice value = text_slice(values.at[i].text);
        bytebuf_add(&text, separator.at, i == 0 ? 0 : separator.len);
        bytebuf_add(&text, value.at, value.len);
    }
    return model_text(arena, &text);
}

struct model_count {
    struct value value;
    uint32_t count;
};

static int model_compare_counts(const void *left, const void *right)
{
    const struct model_count *a = left;
    const struct model_count *b = right;
    return a->count != b->count ? (a->count < b->count ? 1 : -1)
                                : model_compare(&a->value, &b->value);
}

static void model_json(struct bytebuf *out, const struct value *value)
{
    struct bytebuf text = {0};
    value_print(&text, value);
    uint8_t id = value->type.id;
    bool plain = id == TYPE_BIGINT || id == TYPE_DECIMAL || id == TYPE_BOOLEAN ||
                 (id == TYPE_DOUBLE && isfinite(value->f64));
    if (plain) {
        bytebuf_add(out, text.at, text.len);
    } else {
        textbuf_json(out, bytebuf_slice(&text));
    }
    bytebuf_release(&text);
}

static struct value model_top_k(struct arena *arena, const struct model *model,
                                struct model_values values)
{
    struct model_values sorted = model_sorted(arena, values);
    struct model_count *counts = arena_alloc(arena, sorted.n * sizeof *counts);
    uint32_t n = 0;
    for (uint32_t i = 0; i < sorted.n; i++) {
        if (n == 0 || model_compare(&counts[n - 1].value, &sorted.at[i]) != 0) {
            counts[n++] = (struct model_count){sorted.at[i], 0};
        }
        counts[n - 1].count++;
    }
    qsort(counts, n, sizeof *counts, model_compare_counts);
    struct bytebuf text = {0};
    bytebuf_add_byte(&text, '[');
    for (uint32_t i = 0; i < n && i < model->call->param.i64; i++) {
        bytebuf_add_text(&text, i == 0 ? "[" : ",[");
        if (counts[i].value.type.id == TYPE_DOUBLE && counts[i].value.f64 == 0) {
            counts[i].value.f64 = 0; /* not -0.0 */
        }
        model_json(&text, &counts[i].value);
        bytebuf_printf(&text, ",%u]", counts[i].count);
    }
    bytebuf_add_byte(&text, ']');
    return model_text(arena, &text);
}

static struct value model_any(struct model_values values, bool wanted)
{
    for (uint32_t i = 0; i < values.n; i++) {
        if (values.at[i].boolean == wanted) {
            return value_boolean(wanted);
        }
    }
    return value_boolean(!wanted);
}

/* The value at the position that approx_percentile stands for. */
static struct value model_rank(struct arena *arena, const struct model *model,
                               struct model_values values)
{
    struct model_values sorted = model_sorted(arena, values);
    return sorted.at[(uint32_t)(model->call->param.f64 * (sorted.n - 1))];
}

static struct value model_result_of(struct arena *arena, const struct model *model,
                                    struct model_values values)
{
    const char *name = model->call->kind->name;
    agg_emit_fn *emit = model->call->kind->emit;
    if (emit == agg_sum_emit) {
        return model_sum(model, values);
    }
    if (emit == agg_avg_emit) {
        return model_avg(model, values);
    }
    if (emit == agg_min_emit) {
        return model_sorted(arena, values).at[0];
    }
    if (emit == agg_max_emit) {
        return model_sorted(arena, values).at[values.n - 1];
    }
    if (emit == agg_any_emit || emit == agg_every_emit) {
        return model_any(values, emit == agg_any_emit);
    }
    if (strstr(name, "var") == name || strstr(name, "stddev") == name) {
        return model_variance(name, values);
    }
    if (emit == agg_first_last_emit) {
        return model_first_last(model, strcmp(name, "last") == 0);
    }
    if (emit == agg_percentile_emit) {
        return model_percentile(arena, model, values);
    }
    if (emit == agg_approx_percentile_emit) {
        return model_rank(arena, model, values);
    }
    return emit == agg_top_k_emit ? model_top_k(arena, model, values)
                                  : model_string_agg(arena, model, values);
}

/* approx_count_distinct and approx_percentile: the exact answer. */
static struct value model_result(struct arena *arena, const struct model *model)
{
    if (model->column == NULL) {
        return value_bigint(model->n);
    }
    struct model_values values = model_values_of(arena, model);
    if (model->call->kind->emit == agg_count_emit) {
        return value_bigint(values.n);
    }
    if (model->call->kind->emit == agg_approx_count_emit) {
        return value_bigint(model_distinct(values).n);
    }
    return values.n == 0 ? value_null(model->call->result) : model_result_of(arena, model, values);
}

#endif
