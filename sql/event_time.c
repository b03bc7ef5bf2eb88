/* event_time: which column holds the time of rows, and whether a watermark follows it. */
#include "sql/bind_parts.h"
#include "sql/errors.h"
#include "sql/planning.h"

static enum status no_time(const struct planning *p, const struct ast_expr *name, struct type found,
                           struct error *err)
{
    char type[TYPE_NAME_BYTES];
    error_set(err, ERR_SQL, "event time must be a TIMESTAMP, and \"%s\" is %s",
              shown(p->arena, name->text), type_name(found, type));
    error_hint(err, "declare it as TIMESTAMP; numbers are read with WITH (timestamp = 'epoch_ms')");
    return sql_fail(err, E_TIME, name->span);
}

/* Event time is in this column of the stream. */
static void set_time(struct planning *p, int column)
{
    struct plan_node *scan = p->scan;
    bool is_own = column == p->stream->time_column;
    bool declared = p->stream->watermark_declared && is_own;
    scan->time_origin = is_own ? p->stream->time_origin : TIME_FROM_QUERY;
    scan->time_column = column;
    scan->has_watermark = declared || !p->stream->finite;
    if (scan->has_watermark) {
        scan->delay_us = declared ? p->stream->delay_us : WATERMARK_DELAY_DEFAULT_US;
    }
}

static enum status no_inner_time(const struct planning *p, const struct ast_expr *on,
                                 struct error *err)
{
    int time = p->inner->time_output;
    error_set(err, ERR_SQL, "no watermark of the sub-query follows \"%s\"",
              shown(p->arena, on->text));
    if (time >= 0) {
        struct slice name = p->input->schema.fields[time].name;
        error_hint(err, "its event time is %s: leave ON out",
                   name.len > 0 ? shown(p->arena, name) : "window_time");
    }
    return sql_fail(err, E_TIME, on->span);
}

/* The column that ON names; -1 if it names none. */
static enum status bind_on(const struct planning *p, int *column, struct error *err)
{
    const struct ast_expr *on = p->select->window.on;
    *column = -1;
    if (on == NULL) {
        return OK;
    }
    struct expr *bound;
    struct binder binder = p->binder;
    binder.json = false;
    TRY(bind_expr(&binder, on, &bound, err));
    if (bound->type.id != TYPE_TIMESTAMP) {
        return no_time(p, on, bound->type, err);
    }
    if (bound->kind != EXPR_COLUMN) {
        error_set(err, ERR_SQL,
                  "event time must be a column that comes with the rows, and \"%s\" is "
                  "computed",
                  shown(p->arena, on->text));
        return sql_fail(err, E_TIME, on->span);
    }
    *column = (int)bound->column;
    return OK;
}

/* Event time of a stream: what ON says, else what the stream says, else arrival. Arrival time needs
 * no watermark: nothing is late, and the clock closes windows. Finite input without a declaration
 * is exact. */
static enum status bind_scan_time(struct planning *p, struct error *err)
{
    int on;
    TRY(bind_on(p, &on, err));
    int column = on >= 0 ? on : p->stream->time_column;
    int arrival = (int)p->stream->n_visible + HIDDEN_ARRIVAL;
    if (column >= 0 && column != arrival) {
        set_time(p, column);
        return OK;
    }
    p->scan->time_origin = on == arrival ? TIME_FROM_ARRIVAL : p->stream->time_origin;
    p->scan->time_column = p->window.kind != WINDOW_NONE ? arrival : -1;
    return OK;
}

/* Of a sub-query: that of its rows. */
static enum status bind_inner_time(struct planning *p, struct error *err)
{
    int on;
    TRY(bind_on(p, &on, err));
    if (on >= 0 && on != p->inner->time_output) {
        return no_inner_time(p, p->select->window.on, err);
    }
    if (p->input->time_column >= 0 || p->window.kind == WINDOW_NONE) {
        return OK;
    }
    error_set(err, ERR_SQL, "the rows of the sub-query have no event time to be windowed by");
    error_hint(err, "rows that pass have it, those of a WINDOW when it closes, and of SLIDE ROW "
                    "without EMIT");
    return sql_fail(err, E_TIME, p->select->window.span);
}

enum status planning_time(struct planning *p, struct error *err)
{
    return p->inner != NULL ? bind_inner_time(p, err) : bind_scan_time(p, err);
}
