/* emission: which rows leave when: EMIT, ORDER BY and LIMIT. What cannot work is refused here, with
 * the reason and a way out (language.md §4.3). */
#include "sql/errors.h"
#include "sql/planning.h"

static enum status refuse(int code, struct span span, struct error *err)
{
    return sql_fail(err, code, span);
}

static struct span emit_span(const struct planning *p)
{
    return p->select->emit.given ? p->select->emit.span : p->select->span;
}

/* A total that is read by another query is right at the end only; what there is of a table at
 * present leaves at once. */
static bool asked_for_trigger(const struct planning *p)
{
    if (p->nested || p->stream->is_table) {
        return false;
    }
    struct slice trigger = catalog_setting(p->catalog, "trigger");
    return !slice_equal_nocase(trigger, slice_text("asap")) &&
           !slice_equal_nocase(trigger, slice_text("once"));
}

static bool emits_rise(const struct planning *p)
{
    return p->plan->emit.kind == EMIT_RISE || p->plan->emit.kind == EMIT_RISE_FALL;
}

static bool emits_changes(const struct planning *p)
{
    return p->plan->emit.kind == EMIT_CHANGES || p->plan->emit.kind == EMIT_EVERY;
}

/* ---- EMIT ------------------------------------------------------------------------------------ */

/* Filters and projections: rows pass through as they come. */
static enum status emit_plain(struct planning *p, struct error *err)
{
    const struct ast_emit *emit = &p->select->emit;
    p->plan->emit.kind = EMIT_CHANGES;
    if (!emit->given || emit->kind == EMIT_CHANGES) {
        return OK;
    }
    switch ((enum emit_kind)emit->kind) {
    case EMIT_CLOSE:
        error_set(err, ERR_SQL, "there is no window that could close");
        error_hint(err, "add WINDOW 30s, or leave EMIT out: rows pass as they arrive");
        break;
    case EMIT_EVERY:
        error_set(err, ERR_SQL, "EMIT EVERY is for aggregates; these rows pass as they arrive");
        error_hint(err, "SET trigger = '2s' lets rows leave every two seconds");
        break;
    case EMIT_COMPLETE:
        error_set(err, ERR_SQL, "EMIT COMPLETE would have to keep every row for ever");
        error_hint(err, "leave EMIT out, or add an aggregate");
        break;
    default:
        error_set(err, ERR_SQL, "EMIT ON RISE needs aggregates and HAVING");
        error_hint(err, "for example GROUP BY card WINDOW 15m SLIDE ROW HAVING count(*) > 2");
        break;
    }
    return refuse(E_EMIT, emit->span, err);
}

static enum status emit_window_rows(struct planning *p, struct error *err)
{
    const struct ast_emit *emit = &p->select->emit;
    p->plan->emit.kind = EMIT_CLOSE;
    if (!emit->given || emit->kind == EMIT_CLOSE) {
        return OK;
    }
    error_set(err, ERR_SQL, "the rows of a window leave when it closes");
    error_hint(err, "leave EMIT out, or add an aggregate");
    return refuse(E_EMIT, emit->span, err);
}

static enum status check_rise(const struct planning *p, struct error *err)
{
    if (!emits_rise(p) || p->having != NULL) {
        return OK;
    }
    error_set(err, ERR_SQL, "EMIT ON RISE needs HAVING: the condition that turns true");
    return refuse(E_EMIT, emit_span(p), err);
}

static enum status emit_over(struct planning *p, struct error *err)
{
    const struct ast_emit *emit = &p->select->emit;
    p->plan->emit.kind = emit->given ? (enum emit_kind)emit->kind : EMIT_CLOSE;
    if (p->plan->emit.kind == EMIT_EVERY || p->plan->emit.kind == EMIT_COMPLETE) {
        error_set(err, ERR_SQL, "SLIDE ROW has one result for each row, not one that changes");
        error_hint(err, "EMIT CHANGES lets each leave at once, EMIT ON RISE only the first of a "
                        "burst");
        return refuse(E_EMIT, emit->span, err);
    }
    return check_rise(p, err);
}

/* EMIT ON WINDOW CLOSE without a window: right for finite input only. */
static enum status emit_total(struct planning *p, struct error *err)
{
    bool asked = p->select->emit.given || asked_for_trigger(p);
    if (p->plan->emit.kind == EMIT_CLOSE) {
        if (!p->stream->finite) {
            error_set(err, ERR_SQL,
                      "without a WINDOW there is no final row: the stream never ends");
            error_hint(err, "add WINDOW 30s, or EMIT CHANGES");
            return refuse(E_EMIT, emit_span(p), err);
        }
        p->plan->at_end = true;
        return OK;
    }
    if (asked) {
        return OK;
    }
    p->plan->at_end = p->stream->finite;
    /* The first n of a result that changes: only the whole of it makes sense. */
    if (!p->plan->at_end && p->limit >= 0) {
        p->plan->emit.kind = EMIT_COMPLETE;
    }
    return OK;
}

static enum status emit_aggregate(struct planning *p, struct error *err)
{
    const struct ast_emit *emit = &p->select->emit;
    bool windowed = p->window.kind != WINDOW_NONE;
    p->plan->emit.kind = emit->given ? (enum emit_kind)emit->kind
                         : windowed  ? EMIT_CLOSE
                                     : EMIT_CHANGES;
    p->plan->emit.every_us = emit->every.us;
    if (p->plan->emit.kind == EMIT_EVERY && emit->every.us <= 0) {
        error_set(err, ERR_SQL, "the interval of EMIT EVERY must be positive");
        return refuse(E_EMIT, emit->span, err);
    }
    if (p->window.kind == WINDOW_ROWS && p->plan->emit.kind != EMIT_CLOSE) {
        error_set(err, ERR_SQL, "a count window has one result: when its last row has come");
        error_hint(err, "leave EMIT out");
        return refuse(E_EMIT, emit->span, err);
    }
    if (p->window.fill != FILL_NONE && p->plan->emit.kind != EMIT_CLOSE) {
        error_set(err, ERR_SQL, "FILL goes with the final rows of windows");
        error_hint(err, "leave EMIT or FILL out");
        return refuse(E_EMIT, emit->span, err);
    }
    TRY(check_rise(p, err));
    return windowed ? OK : emit_total(p, err);
}

static enum status decide_emit(struct planning *p, struct error *err)
{
    switch (p->shape) {
    case SHAPE_PLAIN:
    case SHAPE_DISTINCT:
        return emit_plain(p, err);
    case SHAPE_WINDOW_ROWS:
        return emit_window_rows(p, err);
    case SHAPE_OVER:
        return emit_over(p, err);
    case SHAPE_AGGREGATE:
        break;
    }
    return emit_aggregate(p, err);
}

/* ---- ORDER BY, LIMIT ------------------------------------------------------------------------- */

/* Rows that only pass: they can be sorted where they end. */
static enum status order_rows(struct planning *p, struct error *err)
{
    if (p->n_order == 0) {
        p->limits = p->limit >= 0;
        return OK;
    }
    if (!p->stream->finite) {
        error_set(err, ERR_SQL, "rows of an endless stream cannot be sorted: the last never comes");
        error_hint(err, "sort within windows (add WINDOW 30s), or leave ORDER BY out: rows come in "
                        "the order they arrive");
        return refuse(E_ORDER, p->select->order.first->expr->span, err);
    }
    p->plan->at_end = true;
    p->sorts = true;
    return OK;
}

static enum status order_aggregate(struct planning *p, struct error *err)
{
    if (emits_rise(p)) {
        p->limits = p->limit >= 0;
        if (p->n_order == 0) {
            return OK;
        }
        error_set(err, ERR_SQL, "alerts leave at once: there is nothing to sort");
        error_hint(err, "leave ORDER BY out");
        return refuse(E_ORDER, p->select->order.first->expr->span, err);
    }
    if (p->plan->at_end && p->n_order == 0) {
        p->limits = p->limit >= 0;
        return OK;
    }
    if (emits_changes(p) && !p->plan->at_end && p->limit >= 0) {
        error_set(err, ERR_SQL, "LIMIT of a result that changes row by row has no meaning");
        error_hint(err, "EMIT COMPLETE shows the first rows of the whole result at each trigger; "
                        "with a WINDOW each window has its first rows");
        return refuse(E_ORDER, p->select->limit_span, err);
    }
    p->sorts = p->n_order > 0 || p->limit >= 0;
    p->sort_windows = p->sorts && p->plan->emit.kind == EMIT_CLOSE && planning_windowed(p);
    return OK;
}

static enum status decide_order(struct planning *p, struct error *err)
{
    switch (p->shape) {
    case SHAPE_PLAIN:
    case SHAPE_DISTINCT:
    case SHAPE_OVER:
        return order_rows(p, err);
    case SHAPE_WINDOW_ROWS:
        p->sorts = p->n_order > 0 || p->limit >= 0;
        p->sort_windows = p->sorts;
        return OK;
    case SHAPE_AGGREGATE:
        break;
    }
    return order_aggregate(p, err);
}

/* ---- sinks ----------------------------------------------------------------------------------- */

enum status emission_check_sink(const struct planning *p, struct error *err)
{
    const struct sink_def *sink = p->plan->sink;
    if (sink == NULL || !p->plan->changes || sink->kind->takes_changes ||
        options_find(&sink->options, "key") != NULL) {
        return OK;
    }
    error_set(err, ERR_SQL, "sink %s can only append, and this result has rows that change",
              sink->kind->scheme);
    error_hint(err, "%s",
               planning_windowed(p)
                   ? "EMIT ON WINDOW CLOSE gives each row once; sqlite can replace rows "
                     "by key"
                   : "a WINDOW gives each row once; sqlite can replace rows by key");
    return refuse(E_EMIT, emit_span(p), err);
}

enum status emission_decide(struct planning *p, struct error *err)
{
    TRY(decide_emit(p, err));
    /* What a total says at the end, others say no earlier. */
    p->plan->at_end = p->plan->at_end || (p->inner != NULL && p->inner->plan->at_end);
    TRY(decide_order(p, err));
    bool alternates = p->plan->emit.kind == EMIT_RISE_FALL;
    bool replaces = p->shape == SHAPE_AGGREGATE && emits_changes(p) && !p->plan->at_end;
    p->plan->changes = alternates || replaces;
    return OK;
}
