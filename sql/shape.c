/* shape: which of the few forms of plans a SELECT has. */
#include "sql/bind_parts.h"
#include "sql/errors.h"
#include "sql/planning.h"

static bool has_aggregates(const struct ast_select *select)
{
    for (const struct ast_item *item = select->items.first; item != NULL; item = item->next) {
        if (ast_has_aggregate(item->expr)) {
            return true;
        }
    }
    for (const struct ast_item *item = select->order.first; item != NULL; item = item->next) {
        if (ast_has_aggregate(item->expr)) {
            return true;
        }
    }
    return select->having != NULL && ast_has_aggregate(select->having);
}

static enum status choose_over(struct planning *p, bool aggregates, struct error *err)
{
    if (p->select->distinct) {
        return sql_unsupported("SELECT DISTINCT over rows of SLIDE ROW is", p->select->span, err);
    }
    if (!aggregates) {
        error_set(err, ERR_SQL, "WINDOW … SLIDE ROW needs an aggregate over the window");
        error_hint(err, "for example count(*), or sum(x)");
        return sql_fail(err, E_WINDOW, p->select->window.span);
    }
    p->shape = SHAPE_OVER;
    return OK;
}

enum status shape_choose(struct planning *p, struct error *err)
{
    const struct ast_select *select = p->select;
    bool aggregates = has_aggregates(select);
    p->grouped = (select->clauses & 1u << CLAUSE_GROUP) != 0;
    if (p->window.kind == WINDOW_SLIDE_ROW) {
        return choose_over(p, aggregates, err);
    }
    if (aggregates || p->grouped) {
        p->shape = SHAPE_AGGREGATE;
    } else if (p->window.kind != WINDOW_NONE) {
        p->shape = select->distinct ? SHAPE_AGGREGATE : SHAPE_WINDOW_ROWS;
    } else {
        p->shape = select->distinct ? SHAPE_DISTINCT : SHAPE_PLAIN;
    }
    if (select->window.fill_given && p->shape != SHAPE_AGGREGATE) {
        error_set(err, ERR_SQL, "FILL needs an aggregate: an empty window has no rows to show");
        return sql_fail(err, E_WINDOW, select->window.fill_span);
    }
    if (select->having != NULL && p->shape != SHAPE_AGGREGATE) {
        error_set(err, ERR_SQL, "HAVING needs GROUP BY or an aggregate");
        error_hint(err, "WHERE filters rows");
        return sql_fail(err, E_AGGREGATE_PLACE, select->having->span);
    }
    return OK;
}

static bool is_shown(const struct planning *p, const struct expr *e)
{
    for (uint32_t i = 0; i < p->n_outputs; i++) {
        if (expr_equal(p->outputs[i].expr, e)) {
            return true;
        }
    }
    return false;
}

/* Whether the rows of a grouped result differ in what is shown: then DISTINCT has nothing to do.
 * Windows by time differ in their end. */
static bool rows_differ(struct planning *p)
{
    bool differ = p->window.kind != WINDOW_ROWS;
    if (p->window.kind != WINDOW_NONE && p->window_named) {
        differ = differ && is_shown(p, planning_window_expr(p, VIRTUAL_WINDOW_END));
    }
    for (uint32_t i = 0; i < p->n_keys; i++) {
        differ = differ && is_shown(p, p->keys[i]);
    }
    return differ;
}

static enum status check_distinct_groups(struct planning *p, struct error *err)
{
    if (rows_differ(p)) {
        return OK;
    }
    sql_unsupported("SELECT DISTINCT over groups that are not shown is", p->select->span, err);
    error_hint(err, "add what GROUP BY names to the SELECT list, or leave DISTINCT out");
    return ERR_SQL;
}

/* What must be known of all items: DISTINCT makes them keys; GROUP BY without aggregates over
 * sessions or count windows of raw rows keeps a window for each key. */
enum status shape_refine(struct planning *p, struct error *err)
{
    if (p->select->distinct && (p->grouped || p->calls.n > 0)) {
        return check_distinct_groups(p, err);
    }
    if (p->select->distinct) {
        p->keys = arena_alloc(p->arena, (p->n_outputs + 1) * sizeof *p->keys);
        for (uint32_t i = 0; i < p->n_outputs; i++) {
            bool is_window = p->outputs[i].expr->kind == EXPR_COLUMN &&
                             p->outputs[i].expr->column >= p->input->schema.n;
            if (!is_window) {
                p->keys[p->n_keys++] = p->outputs[i].expr;
            }
        }
        return OK;
    }
    bool own_windows = p->window.kind == WINDOW_SESSION || p->window.kind == WINDOW_ROWS;
    if (p->shape != SHAPE_AGGREGATE || p->calls.n > 0 || !own_windows || p->having != NULL) {
        return OK;
    }
    for (uint32_t i = 0; i < p->n_outputs; i++) {
        if (!planning_is_grouped(p, p->outputs[i].expr)) {
            p->shape = SHAPE_WINDOW_ROWS;
        }
    }
    return OK;
}
