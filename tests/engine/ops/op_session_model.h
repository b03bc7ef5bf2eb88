/* op_session_model: session windows computed the plain way: all rows are kept, and for each one all
 * sessions are looked at.
 *
 *     struct model *model = mem_zalloc(sizeof *model);
 *     model_run(model, &feed, node);
 *     const char *wanted = model_text(&bench, model);
 */
#ifndef TESTS_ENGINE_OPS_OP_SESSION_MODEL_H
#define TESTS_ENGINE_OPS_OP_SESSION_MODEL_H

#include <stdlib.h>

#include "tests/engine/ops/ops_testing.h"

enum { KEY = 1, VALUE = 2, SESSIONS_MAX = 4000, ROWS_MAX = 4000 };

struct model_session {
    int64_t start;
    int64_t last;
    uint32_t first_row; /* any row: for the key */
    bool is_gone;       /* absorbed */
};

struct model {
    const struct batch *rows;
    const struct plan_node *node;
    struct model_session sessions[SESSIONS_MAX]; /* in the order they were begun */
    uint32_t n;
    uint32_t session_of[ROWS_MAX]; /* UINT32_MAX = late or no time */
    uint64_t n_late;
};

static inline int64_t row_time(const struct model *model, uint32_t row)
{
    return model->rows->columns[0].i64[row];
}

static inline bool same_group(const struct model *model, uint32_t a, uint32_t b)
{
    struct value x = column_value(&model->rows->columns[KEY], a);
    struct value y = column_value(&model->rows->columns[KEY], b);
    return model->node->n_keys == 0 || value_equal(&x, &y);
}

static inline bool model_closed(const struct model *model, int64_t last, int64_t watermark)
{
    const struct window_spec *w = &model->node->window;
    return model->node->emit.kind != EMIT_COMPLETE && watermark != TIME_NONE &&
           last + w->size_us + w->grace_us <= watermark;
}

static inline bool model_fits(const struct model *model, int64_t start, int64_t last)
{
    int64_t max_us = model->node->window.session_max_us;
    return max_us == 0 || last - start <= max_us;
}

static inline int64_t min_i64(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static inline int64_t max_i64(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* The open session of the row's group with the smallest start that the row may join. */
static inline uint32_t model_join(const struct model *model, uint32_t row, int64_t watermark)
{
    int64_t t = row_time(model, row);
    int64_t gap = model->node->window.size_us;
    uint32_t best = UINT32_MAX;
    for (uint32_t i = 0; i < model->n; i++) {
        const struct model_session *s = &model->sessions[i];
        if (s->is_gone || !same_group(model, s->first_row, row) ||
            model_closed(model, s->last, watermark) || t < s->start - gap || t > s->last + gap ||
            !model_fits(model, min_i64(s->start, t), max_i64(s->last, t))) {
            continue;
        }
        if (best == UINT32_MAX || s->start < model->sessions[best].start) {
            best = i;
        }
    }
    return best;
}

/* The session takes in the next one of its group if they touch. */
static inline void model_absorb(struct model *model, uint32_t id, int64_t watermark)
{
    struct model_session *session = &model->sessions[id];
    uint32_t next = UINT32_MAX;
    for (uint32_t i = 0; i < model->n; i++) {
        const struct model_session *s = &model->sessions[i];
        if (i != id && !s->is_gone && same_group(model, s->first_row, session->first_row) &&
            !model_closed(model, s->last, watermark) && s->start > session->start &&
            (next == UINT32_MAX || s->start < model->sessions[next].start)) {
            next = i;
        }
    }
    if (next == UINT32_MAX) {
        return;
    }
    struct model_session *other = &model->sessions[next];
    if (other->start - session->last <= model->node->window.size_us &&
        model_fits(model, session->start, max_i64(session->last, other->last))) {
        session->last = max_i64(session->last, other->last);
        other->is_gone = true;
        for (uint32_t i = 0; i < model->rows->n; i++) {
            model->session_of[i] = model->session_of[i] == next ? id : model->session_of[i];
        }
    }
}

static inline void model_run(struct model *model, const struct feed *feed,
                             const struct plan_node *node)
{
    model->rows = &feed->rows;
    model->node = node;
    model->n = 0;
    model->n_late = 0;
    memset(model->session_of, 0xff, sizeof model->session_of);
    for (uint32_t i = 0; i < feed->rows.n; i++) {
        if (column_is_null(&feed->rows.columns[0], i)) {
            continue;
        }
        int64_t t = row_time(model, i);
        uint32_t id = model_join(model, i, feed->watermarks[i]);
        if (id == UINT32_MAX && model_closed(model, t, feed->watermarks[i])) {
            model->n_late++;
            continue;
        }
        if (id == UINT32_MAX) {
            id = model->n++;
            model->sessions[id] = (struct model_session){t, t, i, false};
        }
        struct model_session *session = &model->sessions[id];
        session->start = min_i64(session->start, t);
        session->last = max_i64(session->last, t);
        model->session_of[i] = id;
        model_absorb(model, id, feed->watermarks[i]);
    }
}

static inline int compare_keys(const struct model *model, uint32_t a, uint32_t b)
{
    const struct column *keys = &model->rows->columns[KEY];
    bool null_a = column_is_null(keys, a);
    bool null_b = column_is_null(keys, b);
    if (model->node->n_keys == 0 || null_a || null_b) {
        return model->node->n_keys == 0 ? 0 : null_a - null_b;
    }
    return slice_compare(text_slice(keys->text[a]), text_slice(keys->text[b]));
}

static inline int compare_sessions(const void *a, const void *b, void *owner)
{
    const struct model *model = owner;
    const struct model_session *x = &model->sessions[*(const uint32_t *)a];
    const struct model_session *y = &model->sessions[*(const uint32_t *)b];
    if (x->last != y->last) {
        return x->last < y->last ? -1 : 1;
    }
    if (x->start != y->start) {
        return x->start < y->start ? -1 : 1;
    }
    return compare_keys(model, x->first_row, y->first_row);
}

static inline uint32_t model_order(struct model *model, uint32_t *ids)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < model->n; i++) {
        ids[n] = i;
        n += !model->sessions[i].is_gone;
    }
    qsort_r(ids, n, sizeof *ids, compare_sessions, model);
    return n;
}

static inline void add_times(struct bytebuf *out, const struct model *model, uint32_t id)
{
    const struct model_session *session = &model->sessions[id];
    line_add_time(out, session->start);
    line_add_time(out, session->last + model->node->window.size_us);
}

/* window_start, window_end[, k], count(*), sum(v), max(v) */
static inline void add_totals(struct bytebuf *out, const struct model *model, uint32_t id)
{
    const struct column *values = &model->rows->columns[VALUE];
    int64_t n = 0;
    int64_t sum = 0;
    int64_t max = INT64_MIN;
    for (uint32_t i = 0; i < model->rows->n; i++) {
        if (model->session_of[i] == id) {
            n++;
            sum += column_is_null(values, i) ? 0 : values->i64[i];
            max = column_is_null(values, i) ? max : max_i64(max, values->i64[i]);
        }
    }
    if (model->node->having != NULL && n <= 2) {
        return;
    }
    add_times(out, model, id);
    if (model->node->n_keys > 0) {
        line_add(out, &model->rows->columns[KEY], model->sessions[id].first_row);
    }
    line_add_i64(out, false, n);
    line_add_i64(out, max == INT64_MIN, sum);
    line_add_i64(out, max == INT64_MIN, max);
    bytebuf_add_byte(out, '\n');
}

/* window_start, window_end, the rows */
static inline void add_rows(struct bytebuf *out, const struct model *model, uint32_t id)
{
    for (uint32_t i = 0; i < model->rows->n; i++) {
        if (model->session_of[i] == id) {
            add_times(out, model, id);
            for (uint32_t c = 0; c < 3; c++) {
                line_add(out, &model->rows->columns[c], i);
            }
            bytebuf_add_byte(out, '\n');
        }
    }
}

static const char *model_text(struct bench *bench, struct model *model)
{
    struct bytebuf out = {0};
    uint32_t ids[SESSIONS_MAX];
    uint32_t n = model_order(model, ids);
    for (uint32_t i = 0; i < n; i++) {
        if (model->node->kind == PLAN_AGGREGATE) {
            add_totals(&out, model, ids[i]);
        } else {
            add_rows(&out, model, ids[i]);
        }
    }
    const char *text = arena_text(&bench->life, bytebuf_text(&out));
    bytebuf_release(&out);
    return text;
}

#endif
