/* since: SET since = '2026-01-05T09:00:00Z', only results of that time and later. Rows before it
 * are read all the same where a window that ends later has them. */
#include "engine/data/timestamp.h"
#include "sql/bind_parts.h"
#include "sql/errors.h"
#include "sql/planning.h"

bool planning_has_since(const struct planning *p)
{
    return !p->nested && catalog_setting(p->catalog, "since").len > 0;
}

static enum status refuse_since(struct planning *p, const char *why, struct error *err)
{
    error_set(err, ERR_SQL, "since = '%s': %s",
              shown(p->arena, catalog_setting(p->catalog, "since")), why);
    error_place(err, E_SETTING, -1, -1);
    return ERR_SQL;
}

/* `time` compared with the setting. */
static enum status since_condition(struct planning *p, struct expr *time, const char *operator,
                                   struct expr ** out, struct error *err)
{
    static const struct time_format iso = {.layout = TIME_ISO};
    struct time_cache cache = {.prefix_us = 0};
    int64_t us;
    if (!time_parse(&iso, &cache, catalog_setting(p->catalog, "since"), &us)) {
        return refuse_since(p, "this is no time such as 2026-01-05T09:00:00Z", err);
    }
    struct expr *args[] = {time, expr_constant(p->arena, value_i64(type_of(TYPE_TIMESTAMP), us))};
    return expr_call(p->arena, slice_text(operator), args, 2, -1, out, err);
}

/* Rows of windows and of windows that end with each row are computed first. */
static bool is_late_filter(const struct planning *p)
{
    return planning_windowed(p) || p->shape == SHAPE_OVER;
}

enum status planning_since_rows(struct planning *p, struct error *err)
{
    if (!planning_has_since(p) || is_late_filter(p)) {
        return OK;
    }
    if (p->input->time_column < 0) {
        return refuse_since(p, "the rows have no event time", err);
    }
    struct expr **conditions = arena_alloc(p->arena, (p->n_conditions + 1) * sizeof(struct expr *));
    struct expr *time = expr_field(p->arena, &p->input->schema, (uint32_t)p->input->time_column);
    TRY(since_condition(p, time, ">=", &conditions[0], err));
    for (uint32_t i = 0; i < p->n_conditions; i++) {
        conditions[i + 1] = p->conditions[i];
    }
    p->conditions = conditions;
    p->n_conditions++;
    return OK;
}

enum status planning_since_results(struct planning *p, struct error *err)
{
    enum { WINDOW_END = 1 };
    if (!planning_has_since(p) || !is_late_filter(p)) {
        return OK;
    }
    bool windowed = planning_windowed(p);
    const struct plan_node *below = p->plan->root;
    struct expr *condition;
    uint32_t column = windowed ? WINDOW_END : (uint32_t)below->time_column;
    struct expr *time = expr_field(p->arena, &below->schema, column);
    TRY(since_condition(p, time, windowed ? ">" : ">=", &condition, err));
    struct plan_node *node = planning_push(p, PLAN_FILTER);
    node->n_exprs = 1;
    node->exprs = arena_alloc(p->arena, sizeof(struct expr *));
    node->exprs[0] = condition;
    return OK;
}
