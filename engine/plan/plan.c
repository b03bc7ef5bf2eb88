/* plan: see plan.h. What plans are asked: their scan, their panes, whether two are the same. */
#include "engine/plan/plan.h"

#include <string.h>

#include "engine/base/checked.h"
#include "engine/base/panic.h"
#include "engine/data/zone.h"

const struct plan_node *plan_scan(const struct plan_node *node)
{
    while (node->input != NULL) {
        node = node->input;
    }
    CHECK(node->kind == PLAN_SCAN);
    return node;
}

int64_t emit_next_us(const struct emit_spec *emit, int64_t now_us)
{
    return emit->kind == EMIT_EVERY ? (floor_div(now_us, emit->every_us) + 1) * emit->every_us
                                    : TIME_END;
}

int64_t window_pane_us(const struct window_spec *window)
{
    int64_t a = window->size_us;
    int64_t b = window->slide_us;
    CHECK(a > 0 && b > 0);
    while (b != 0) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* ---- equality -------------------------------------------------------------------------------- */

static bool zone_equal(const struct zone *a, const struct zone *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(zone_name(a), zone_name(b)) == 0);
}

static bool window_equal(const struct window_spec *a, const struct window_spec *b)
{
    return a->kind == b->kind && a->size_us == b->size_us && a->slide_us == b->slide_us &&
           a->offset_us == b->offset_us && a->session_max_us == b->session_max_us &&
           a->rows == b->rows && a->rows_slide == b->rows_slide && a->grace_us == b->grace_us &&
           zone_equal(a->zone, b->zone) && a->fill == b->fill &&
           a->fill_windows == b->fill_windows && a->clock_ticks == b->clock_ticks;
}

static bool stream_equal(const struct stream_def *a, const struct stream_def *b)
{
    if (a == NULL || b == NULL || a == b) {
        return a == b;
    }
    return slice_equal_nocase(a->name, b->name) && slice_equal(a->uri.text, b->uri.text) &&
           a->decoder == b->decoder && slice_equal(a->format_argument, b->format_argument) &&
           schema_equal(&a->schema, &b->schema) && a->finite == b->finite;
}

static bool exprs_equal(struct expr *const *a, uint32_t n_a, struct expr *const *b, uint32_t n_b)
{
    if (n_a != n_b) {
        return false;
    }
    for (uint32_t i = 0; i < n_a; i++) {
        if (!expr_equal(a[i], b[i])) {
            return false;
        }
    }
    return true;
}

static bool columns_equal(const uint32_t *a, uint32_t n_a, const uint32_t *b, uint32_t n_b)
{
    return n_a == n_b && (n_a == 0 || memcmp(a, b, n_a * sizeof *a) == 0);
}

static bool call_equal(const struct agg_call *a, const struct agg_call *b)
{
    if (a->kind != b->kind || a->distinct != b->distinct ||
        !columns_equal(a->args, a->n_args, b->args, b->n_args) ||
        !value_equal(&a->param, &b->param) || a->time_column != b->time_column) {
        return false;
    }
    for (uint32_t i = 0; i < a->n_args; i++) {
        if (!type_equal(a->arg_types[i], b->arg_types[i])) {
            return false;
        }
    }
    return type_equal(a->result, b->result);
}

static bool calls_equal(const struct plan_node *a, const struct plan_node *b)
{
    if (a->n_calls != b->n_calls) {
        return false;
    }
    for (uint32_t i = 0; i < a->n_calls; i++) {
        if (!call_equal(&a->calls[i], &b->calls[i])) {
            return false;
        }
    }
    return true;
}

static bool sorts_equal(const struct plan_node *a, const struct plan_node *b)
{
    if (a->n_sort_keys != b->n_sort_keys) {
        return false;
    }
    for (uint32_t i = 0; i < a->n_sort_keys; i++) {
        const struct sort_key *x = &a->sort_keys[i];
        const struct sort_key *y = &b->sort_keys[i];
        if (x->column != y->column || x->descending != y->descending ||
            x->nulls_first != y->nulls_first) {
            return false;
        }
    }
    return a->window_columns[0] == b->window_columns[0] &&
           a->window_columns[1] == b->window_columns[1] && a->limit == b->limit;
}

static bool havings_equal(const struct expr *a, const struct expr *b)
{
    return a == b || (a != NULL && b != NULL && expr_equal(a, b));
}

static bool emit_equal(const struct emit_spec *a, const struct emit_spec *b)
{
    return a->kind == b->kind && a->every_us == b->every_us;
}

static bool node_equal(const struct plan_node *a, const struct plan_node *b)
{
    return a->kind == b->kind && schema_equal(&a->schema, &b->schema) &&
           a->time_column == b->time_column && stream_equal(a->stream, b->stream) &&
           a->delay_us == b->delay_us && a->has_watermark == b->has_watermark &&
           a->time_origin == b->time_origin && slice_equal(a->needle, b->needle) &&
           exprs_equal(a->exprs, a->n_exprs, b->exprs, b->n_exprs) &&
           window_equal(&a->window, &b->window) &&
           columns_equal(a->keys, a->n_keys, b->keys, b->n_keys) && calls_equal(a, b) &&
           havings_equal(a->having, b->having) && emit_equal(&a->emit, &b->emit) &&
           sorts_equal(a, b);
}

static bool sink_equal(const struct sink_def *a, const struct sink_def *b)
{
    return a == b || (a != NULL && b != NULL && a->kind == b->kind &&
                      slice_equal(a->uri.text, b->uri.text) && slice_equal(a->format, b->format));
}

bool plan_equal(const struct plan *a, const struct plan *b)
{
    const struct plan_node *x = a->root;
    const struct plan_node *y = b->root;
    while (x != NULL && y != NULL && node_equal(x, y)) {
        x = x->input;
        y = y->input;
    }
    return x == NULL && y == NULL && sink_equal(a->sink, b->sink) &&
           emit_equal(&a->emit, &b->emit) && a->changes == b->changes && a->at_end == b->at_end &&
           columns_equal(a->keys, a->n_keys, b->keys, b->n_keys);
}
