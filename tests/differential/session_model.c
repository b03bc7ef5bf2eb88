/* session_model: see session_model.h. */
#include "tests/differential/session_model.h"

#include "engine/data/batch.h"

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static bool is_closed(int64_t last_us, int64_t watermark_us, const struct session_rule *rule)
{
    return watermark_us != TIME_NONE && last_us + rule->gap_us + rule->grace_us <= watermark_us;
}

/* Can [start, last] be a part of the session, or the session of it? */
static bool can_join(const struct session_span *span, const struct session_span *other,
                     const struct session_rule *rule)
{
    int64_t start = smaller(span->start_us, other->start_us);
    int64_t last = larger(span->last_us, other->last_us);
    return span->start_us - rule->gap_us <= other->last_us &&
           span->last_us + rule->gap_us >= other->start_us &&
           (rule->max_us == 0 || last - start <= rule->max_us);
}

/* The open session that starts first of those that `span` can join, other than `not_this`. */
static int first_to_join(const struct session_span *spans, int n, const struct session_span *span,
                         int64_t watermark_us, const struct session_rule *rule)
{
    int found = -1;
    for (int i = 0; i < n; i++) {
        const struct session_span *other = &spans[i];
        if (other == span || !other->is_there || other->group != span->group ||
            is_closed(other->last_us, watermark_us, rule) || !can_join(other, span, rule)) {
            continue;
        }
        if (found < 0 || other->start_us < spans[found].start_us) {
            found = i;
        }
    }
    return found;
}

/* The open session that starts next behind `span`. */
static int next_newer(const struct session_span *spans, int n, const struct session_span *span,
                      int64_t watermark_us, const struct session_rule *rule)
{
    int found = -1;
    for (int i = 0; i < n; i++) {
        const struct session_span *other = &spans[i];
        if (other == span || !other->is_there || other->group != span->group ||
            is_closed(other->last_us, watermark_us, rule) || other->start_us < span->start_us) {
            continue;
        }
        if (found < 0 || other->start_us < spans[found].start_us) {
            found = i;
        }
    }
    return found;
}

static void join(struct session_span *into, const struct session_span *span)
{
    into->start_us = smaller(into->start_us, span->start_us);
    into->last_us = larger(into->last_us, span->last_us);
}

void session_model(struct session_row *rows, uint32_t n, const struct session_rule *rule,
                   struct session_span *spans)
{
    int n_spans = 0;
    for (uint32_t r = 0; r < n; r++) {
        struct session_row *row = &rows[r];
        struct session_span own = {row->time_us, row->time_us, row->group, true};
        int to = first_to_join(spans, n_spans, &own, row->watermark_us, rule);
        if (to < 0 && is_closed(row->time_us, row->watermark_us, rule)) {
            row->session = -1;
            continue;
        }
        if (to < 0) {
            spans[n_spans] = own;
            row->session = n_spans++;
            continue;
        }
        join(&spans[to], &own);
        row->session = to;
        int newer = next_newer(spans, n_spans, &spans[to], row->watermark_us, rule);
        if (newer >= 0 && can_join(&spans[to], &spans[newer], rule)) {
            join(&spans[to], &spans[newer]);
            spans[newer].is_there = false;
            for (uint32_t k = 0; k < r; k++) {
                rows[k].session = rows[k].session == newer ? to : rows[k].session;
            }
        }
    }
}
