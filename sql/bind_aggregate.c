/* bind_aggregate: aggregate calls. The same call twice is one column. */
#include "engine/base/panic.h"
#include "sql/bind_parts.h"
#include "sql/errors.h"

bool ast_has_aggregate(const struct ast_expr *expr)
{
    if (expr->kind == AST_CALL && !expr->is_operator && agg_exists(expr->text)) {
        return true;
    }
    for (const struct ast_expr *arg = expr->args.first; arg != NULL; arg = arg->next) {
        if (ast_has_aggregate(arg)) {
            return true;
        }
    }
    return false;
}

static enum status refuse_place(const struct binder *binder, const struct ast_expr *ast,
                                struct error *err)
{
    error_set(err, ERR_SQL, "aggregate %s(…) cannot stand in %s", shown(binder->arena, ast->text),
              binder->place != NULL ? binder->place : "this place");
    if (binder->place != NULL && strcmp(binder->place, "WHERE") == 0) {
        error_hint(err, "WHERE sees single rows; use HAVING to filter groups");
    }
    return sql_fail(err, E_AGGREGATE_PLACE, ast->span);
}

/* FILTER (WHERE c): the argument is NULL where c is not true. */
static enum status apply_filter(struct binder *binder, const struct ast_expr *ast,
                                struct expr **arg, struct error *err)
{
    struct expr *parts[2];
    TRY(bind_condition(binder, ast->filter, "FILTER", &parts[0], err));
    parts[1] = *arg;
    return sql_place(expr_case(binder->arena, parts, 2, ast->span.at, arg, err), ast->span, err);
}

/* What is written between the brackets, bound and sorted into columns and parameters. */
struct arguments {
    struct expr *columns[AGG_ARGS_MAX];
    uint32_t n_columns;
    struct value params[AGG_ARGS_MAX];
    uint32_t n_params;
};

static enum status too_many(const struct binder *binder, const struct ast_expr *ast,
                            struct error *err)
{
    error_set(err, ERR_SQL, "%s(…) has too many arguments", shown(binder->arena, ast->text));
    return sql_fail(err, E_ARGUMENTS, ast->span);
}

/* The first argument is a column, also if it is constant; constants behind it are parameters. */
static enum status bind_arguments(struct binder *binder, const struct ast_expr *ast,
                                  struct arguments *out, struct error *err)
{
    for (const struct ast_expr *arg = ast->args.first; arg != NULL; arg = arg->next) {
        struct expr *e;
        TRY(bind_expr(binder, arg, &e, err));
        bool is_param = arg != ast->args.first && e->kind == EXPR_CONSTANT;
        if ((is_param ? out->n_params : out->n_columns) == AGG_ARGS_MAX) {
            return too_many(binder, ast, err);
        }
        if (is_param) {
            out->params[out->n_params++] = e->constant;
        } else {
            out->columns[out->n_columns++] = e;
        }
    }
    return OK;
}

static bool call_same(const struct bound_call *a, const struct bound_call *b)
{
    bool same = a->call.kind == b->call.kind && a->call.distinct == b->call.distinct &&
                a->call.n_args == b->call.n_args && value_equal(&a->call.param, &b->call.param);
    for (uint32_t i = 0; same && i < a->call.n_args; i++) {
        same = expr_equal(a->args[i], b->args[i]);
    }
    return same;
}

static uint32_t register_call(struct binder *binder, const struct bound_call *call)
{
    struct bound_calls *calls = binder->calls;
    for (uint32_t i = 0; i < calls->n; i++) {
        if (call_same(&calls->items[i], call)) {
            return i;
        }
    }
    if (calls->n == calls->cap) {
        uint32_t cap = calls->cap == 0 ? 8 : 2 * calls->cap;
        struct bound_call *items = arena_alloc(binder->arena, cap * sizeof *items);
        if (calls->n > 0) {
            memcpy(items, calls->items, calls->n * sizeof *items);
        }
        calls->items = items;
        calls->cap = cap;
    }
    calls->items[calls->n] = *call;
    return calls->n++;
}

static struct slice call_name(struct arena *arena, const struct ast_expr *ast)
{
    struct bytebuf text = {0};
    ast_print(&text, ast);
    struct slice name = arena_copy(arena, bytebuf_slice(&text));
    bytebuf_release(&text);
    return name;
}

/* Chooses the aggregate and brings its arguments to the types it wants. */
static enum status resolve(struct binder *binder, const struct ast_expr *ast,
                           const struct arguments *arguments, struct bound_call *out,
                           struct error *err)
{
    struct type types[AGG_ARGS_MAX];
    for (uint32_t i = 0; i < arguments->n_columns; i++) {
        types[i] = arguments->columns[i]->type;
    }
    TRY(sql_place(agg_resolve(binder->arena, ast->text, ast->distinct, types, arguments->n_columns,
                              arguments->params, arguments->n_params, &out->call, err),
                  ast->span, err));
    for (uint32_t i = 0; i < out->call.n_args; i++) {
        TRY(sql_place(expr_cast(binder->arena, arguments->columns[i], out->call.arg_types[i], false,
                                ast->span.at, &out->args[i], err),
                      ast->span, err));
    }
    return OK;
}

enum status bind_aggregate(struct binder *binder, const struct ast_expr *ast, struct expr **out,
                           struct error *err)
{
    if (binder->calls == NULL) {
        return refuse_place(binder, ast, err);
    }
    CHECK(ast->over == NULL);
    struct binder inner = *binder;
    inner.calls = NULL;
    inner.place = "the argument of an aggregate";
    inner.items = NULL;
    inner.windowed = false;
    inner.window_later = binder->windowed;
    struct arguments arguments = {0};
    TRY(bind_arguments(&inner, ast, &arguments, err));
    if (ast->filter != NULL) {
        if (arguments.n_columns == 0) {
            arguments.columns[arguments.n_columns++] =
                expr_constant(binder->arena, value_bigint(1));
        }
        TRY(apply_filter(&inner, ast, &arguments.columns[0], err));
    }
    struct bound_call call = {
        .name = call_name(binder->arena, ast),
        .by_time = ast_is_call(ast, "first") || ast_is_call(ast, "last"),
    };
    TRY(resolve(binder, ast, &arguments, &call, err));
    uint32_t index = register_call(binder, &call);
    if (index >= SCHEMA_COLUMNS_MAX) {
        error_set(err, ERR_LIMIT, "a query has at most %d aggregates", SCHEMA_COLUMNS_MAX);
        sql_fail(err, E_NESTING, ast->span);
        return ERR_LIMIT;
    }
    *out = expr_column(binder->arena, binder->n_input + VIRTUAL_CALLS + index, call.call.result,
                       call.call.result_not_null);
    (*out)->at = ast->span.at;
    return OK;
}
