/* question_smaller: one thing less at a time, so that a failing question becomes one that a person
 * can read. */
#include "tests/differential/question.h"

#include "engine/base/clock.h"

/* Steps through the ways to be smaller: wants the i-th, counts down. */
struct smaller {
    struct arena *arena;
    const struct question *from;
    struct question *found;
    uint32_t left;
};

/* A copy to change if this way is the one that is wanted; else NULL. */
static struct question *way(struct smaller *s, bool possible)
{
    if (s->found != NULL || !possible || s->left-- > 0) {
        return NULL;
    }
    s->found = arena_alloc(s->arena, sizeof *s->found);
    *s->found = *s->from;
    return s->found;
}

static void drop_clauses(struct smaller *s)
{
    const struct question *from = s->from;
    struct question *q;
    if ((q = way(s, from->where != NULL)) != NULL) {
        q->where = NULL;
    }
    if ((q = way(s, from->having && from->emit != EMIT_AS_RISE)) != NULL) {
        q->having = false;
    }
    if ((q = way(s, from->limit >= 0)) != NULL) {
        q->limit = -1;
    }
    if ((q = way(s, from->order)) != NULL) {
        q->order = false;
        q->limit = -1;
    }
    if ((q = way(s, from->is_nested)) != NULL) {
        q->is_nested = false;
    }
    if ((q = way(s, from->reads_nest)) != NULL) {
        q->reads_nest = false;
    }
    if ((q = way(s, from->distinct)) != NULL) {
        q->distinct = false;
    }
    if ((q = way(s, from->fill != FILL_WITH_NOTHING)) != NULL) {
        q->fill = FILL_WITH_NOTHING;
    }
    if ((q = way(s, from->fill_windows > 1)) != NULL) {
        q->fill_windows = 1;
    }
    if ((q = way(s, from->emit == EMIT_AS_FINAL)) != NULL) {
        q->emit = EMIT_AS_USUAL;
    }
    if ((q = way(s, from->has_watermark)) != NULL) {
        q->has_watermark = false;
        q->finite = true;
    }
    if ((q = way(s, from->max_us != 0)) != NULL) {
        q->max_us = 0;
    }
    if ((q = way(s, from->offset_us != 0)) != NULL) {
        q->offset_us = 0;
    }
    if ((q = way(s, from->grace_us != 0)) != NULL) {
        q->grace_us = 0;
    }
    bool is_time = from->shape == ASK_WINDOW || from->shape == ASK_WINDOW_ROWS;
    is_time = is_time && from->fill == FILL_WITH_NOTHING;
    if ((q = way(s, is_time && from->slide_us != from->size_us)) != NULL) {
        q->slide_us = q->size_us;
        q->cumulate = false;
    }
    if ((q = way(s, from->shape == ASK_COUNT && from->rows_slide != from->rows)) != NULL) {
        q->rows_slide = q->rows;
    }
}

static void drop_keys(struct smaller *s)
{
    for (uint32_t i = 0; i < s->from->n_keys; i++) {
        struct question *q = way(s, true);
        if (q != NULL) {
            q->n_keys--;
            q->keys[i] = q->keys[q->n_keys];
        }
    }
}

static void drop_items(struct smaller *s)
{
    for (uint32_t i = 0; i < s->from->n_items; i++) {
        bool named = s->from->shape == ASK_WINDOW_ROWS && s->from->order && s->from->order_by >= i;
        struct question *q = way(s, s->from->n_items > 1 && !named);
        if (q != NULL) {
            q->n_items--;
            q->items[i] = q->items[q->n_items];
        }
    }
}

/* The calls that HAVING and ORDER BY name stay as long as they are named. */
static void drop_calls(struct smaller *s)
{
    const struct question *from = s->from;
    for (uint32_t i = 0; i < from->n_calls; i++) {
        bool named =
            (from->having && from->having_call >= i) || (from->order && from->order_by >= i);
        struct question *q = way(s, from->n_calls > 1 && !named);
        if (q != NULL) {
            q->n_calls--;
            q->calls[i] = q->calls[q->n_calls];
        }
        q = way(s, from->calls[i].filter != NULL);
        if (q != NULL) {
            q->calls[i].filter = NULL;
        }
        q = way(s, from->calls[i].distinct);
        if (q != NULL) {
            q->calls[i].distinct = false;
        }
        q = way(s, from->calls[i].arg != NULL);
        if (q != NULL) {
            q->calls[i] = call_count_rows();
        }
    }
}

/* One term made smaller; `slot` finds it in the copy. */
static void shrink_term(struct smaller *s, const struct term *term, size_t slot)
{
    if (term == NULL) {
        return;
    }
    struct term *smaller;
    for (uint32_t i = 0; s->found == NULL && (smaller = term_smaller(s->arena, term, i)) != NULL;
         i++) {
        struct question *q = way(s, true);
        if (q != NULL) {
            *(struct term **)((char *)q + slot) = smaller;
        }
    }
}

static size_t slot_of(const struct question *q, struct term *const *term)
{
    return (size_t)((const char *)term - (const char *)q);
}

static void shrink_terms(struct smaller *s)
{
    const struct question *q = s->from;
    shrink_term(s, q->where, slot_of(q, &q->where));
    for (uint32_t i = 0; i < q->n_keys; i++) {
        shrink_term(s, q->keys[i], slot_of(q, &q->keys[i]));
    }
    for (uint32_t i = 0; i < q->n_items; i++) {
        shrink_term(s, q->items[i], slot_of(q, &q->items[i]));
    }
    for (uint32_t i = 0; i < q->n_calls; i++) {
        shrink_term(s, q->calls[i].filter, slot_of(q, &q->calls[i].filter));
        shrink_term(s, q->calls[i].arg, slot_of(q, &q->calls[i].arg));
    }
}

struct question *question_smaller(struct arena *arena, const struct question *question, uint32_t i)
{
    struct smaller s = {.arena = arena, .from = question, .left = i};
    drop_clauses(&s);
    drop_keys(&s);
    drop_items(&s);
    drop_calls(&s);
    shrink_terms(&s);
    return s.found;
}
