/* until: SET until = 'n > 100', a condition over the result of each query that ends it. */
#include "sql/bind_parts.h"
#include "sql/errors.h"
#include "sql/parser.h"
#include "sql/planning.h"

/* The expression is read as the only item of a SELECT. */
static enum status parse_condition(struct arena *arena, struct slice text, struct ast_expr **out,
                                   struct error *err)
{
    struct bytebuf select = {0};
    struct ast_statement *statement;
    bytebuf_add_text(&select, "SELECT ");
    bytebuf_add(&select, text.at, text.len);
    struct slice kept = arena_copy(arena, bytebuf_slice(&select));
    bytebuf_release(&select);
    TRY(parse_statement(arena, kept, &statement, err));
    const struct ast_select *query = statement->select;
    if (query->clauses != 0 || query->from->kind != FROM_NOTHING ||
        query->items.first->next != NULL || query->union_all != NULL) {
        return error_set(err, ERR_SQL, "one condition is needed, such as n > 100");
    }
    *out = query->items.first->expr;
    return OK;
}

static enum status bind_until(struct planning *p, struct slice text, struct expr **out,
                              struct error *err)
{
    struct ast_expr *ast = NULL;
    struct binder binder = {.arena = p->arena, .schema = &p->plan->root->schema, .place = "until"};
    TRY(parse_condition(p->arena, text, &ast, err));
    return bind_condition(&binder, ast, "until", out, err);
}

enum status planning_until(struct planning *p, struct error *err)
{
    struct slice text = catalog_setting(p->catalog, "until");
    struct expr *condition;
    if (text.len == 0) {
        return OK;
    }
    if (bind_until(p, text, &condition, err) != OK) {
        struct error reason = *err;
        error_set(err, ERR_SQL, "until = '%s': %s", shown(p->arena, text), reason.text);
        error_hint(err, "%s", reason.hint);
        error_place(err, reason.code, -1, -1);
        return ERR_SQL;
    }
    struct plan_node *node = planning_push(p, PLAN_UNTIL);
    node->n_exprs = 1;
    node->exprs = arena_alloc(p->arena, sizeof(struct expr *));
    node->exprs[0] = condition;
    return OK;
}
