/* bind: see bind.h. Names, operators and functions; literals are in bind_literal.c, aggregates in
 * bind_aggregate.c, what is not there in bind_unknown.c. */
#include "sql/bind.h"

#include "engine/base/clock.h"
#include "engine/base/panic.h"
#include "engine/base/textbuf.h"
#include "engine/expr/function.h"
#include "sql/bind_parts.h"
#include "sql/errors.h"

enum status sql_fail(struct error *err, int code, struct span span)
{
    error_place(err, code, span.at, span.length);
    return ERR_SQL;
}

enum status sql_place(enum status status, struct span span, struct error *err)
{
    if (status != OK && err != NULL) {
        error_place(err, err->code, span.at, span.length);
    }
    return status;
}

enum status sql_unsupported(const char *what, struct span span, struct error *err)
{
    error_set(err, ERR_SQL, "%s not supported yet", what);
    return sql_fail(err, E_UNSUPPORTED, span);
}

char *shown(struct arena *arena, struct slice name)
{
    struct bytebuf text = {0};
    textbuf_escaped(&text, name.len > 100 ? slice_of(name.at, 100) : name);
    char *copy = arena_text(arena, bytebuf_text(&text));
    bytebuf_release(&text);
    return copy;
}

/* ---- names ----------------------------------------------------------------------------------- */

const struct ast_item *items_find(const struct ast_items *items, struct slice name)
{
    const struct ast_item *item = items != NULL ? items->first : NULL;
    while (item != NULL &&
           !(name_given(&item->alias) && slice_equal_nocase(item->alias.text, name))) {
        item = item->next;
    }
    return item;
}

struct slice bind_unqualified(const struct binder *binder, const struct ast_expr *name)
{
    struct slice prefix = slice_of(name->text.at, name->prefix_bytes);
    if (name->prefix_bytes > 0 && slice_equal_nocase(prefix, binder->qualifier)) {
        return slice_of(name->text.at + prefix.len + 1, name->text.len - prefix.len - 1);
    }
    return name->text;
}

int bind_column(const struct binder *binder, const struct ast_expr *name)
{
    if (binder->schema == NULL) {
        return -1;
    }
    int column = schema_find(binder->schema, bind_unqualified(binder, name));
    return column >= 0 ? column : schema_find(binder->schema, name->text);
}

int bind_window_column(struct slice name)
{
    static const char *const names[] = {"window_start", "window_end", "window_time", "windowstart",
                                        "windowend"};
    for (int i = 0; i < 5; i++) {
        if (slice_equal_nocase(name, slice_text(names[i]))) {
            return i % 3;
        }
    }
    return -1;
}

static struct expr *window_column(struct binder *binder, int which)
{
    if (binder->row_window[which] != NULL) {
        return binder->row_window[which];
    }
    uint32_t column = binder->n_input + (uint32_t)which;
    return expr_column(binder->arena, column, type_of(TYPE_TIMESTAMP), true);
}

enum status bind_time_minus(struct arena *arena, struct expr *time, int64_t us, int64_t at,
                            struct expr **out, struct error *err)
{
    struct expr *args[] = {time, expr_constant(arena, value_i64(type_of(TYPE_INTERVAL), us))};
    return expr_call(arena, slice_text("-"), args, 2, at, out, err);
}

enum status bind_window_time(struct arena *arena, struct expr *end, int64_t at, struct expr **out,
                             struct error *err)
{
    return bind_time_minus(arena, end, US_PER_MS, at, out, err);
}

static enum status bind_window_name(struct binder *binder, int which, const struct ast_expr *name,
                                    struct expr **out, struct error *err)
{
    binder->window_named = true;
    if (which < 2) {
        *out = window_column(binder, which);
        (*out)->at = name->span.at;
        return OK;
    }
    return bind_window_time(binder->arena, window_column(binder, 1), name->span.at, out, err);
}

/* An alias stands for its expression; inside it there are only columns. */
static enum status bind_alias(struct binder *binder, const struct ast_item *item, struct expr **out,
                              struct error *err)
{
    struct binder inner = *binder;
    inner.items = NULL;
    enum status status = bind_expr(&inner, item->expr, out, err);
    binder->window_named |= inner.window_named;
    return status;
}

/* What a name of a sub-query stands for, said at another place. */
static struct expr *meaning_at(struct arena *arena, const struct expr *e, int64_t at)
{
    struct expr *copy = arena_alloc(arena, sizeof *copy);
    *copy = *e;
    copy->at = at;
    copy->args = arena_alloc(arena, (e->n_args + 1) * sizeof *copy->args);
    for (uint32_t i = 0; i < e->n_args; i++) {
        copy->args[i] = meaning_at(arena, e->args[i], at);
    }
    return copy;
}

struct expr *bind_named(const struct binder *binder, uint32_t column, int64_t at)
{
    if (binder->meanings != NULL) {
        return meaning_at(binder->arena, binder->meanings[column], at);
    }
    struct expr *e = expr_field(binder->arena, binder->schema, column);
    e->at = at;
    return e;
}

/* In HAVING, sum(v) AS v hides the column v unless that is a key. */
static bool alias_hides(const struct binder *binder, int column)
{
    if (binder->keys == NULL) {
        return binder->alias_first;
    }
    const struct expr *named = bind_named(binder, (uint32_t)column, -1);
    for (uint32_t i = 0; i < binder->n_keys; i++) {
        if (expr_equal(binder->keys[i], named)) {
            return false;
        }
    }
    return true;
}

/* `line` is the row as it came, whatever the format was found to be: -1 if that is not meant. */
static int whole_line(const struct binder *binder, const struct ast_expr *name)
{
    bool is_meant = slice_equal_nocase(bind_unqualified(binder, name), slice_text("line"));
    return is_meant && binder->schema != NULL ? schema_find(binder->schema, slice_text("_line"))
                                              : -1;
}

/* The column that payload.user.id looks into, if its stream is JSON and it is a text: payload. */
static int json_column(const struct binder *binder, struct slice name, struct slice *path)
{
    const uint8_t *dot = slice_find(name, slice_of(".", 1));
    if (!binder->json || dot == NULL) {
        return -1;
    }
    struct slice head = slice_of(name.at, (size_t)(dot - name.at));
    int column = schema_find(binder->schema, head);
    *path = slice_of(dot, name.len - head.len);
    bool is_text = column >= 0 && binder->schema->fields[column].type.id == TYPE_TEXT;
    return is_text ? column : -1;
}

static enum status bind_path(const struct binder *binder, int column, struct slice path,
                             const struct ast_expr *name, struct expr **out, struct error *err)
{
    const char *whole = arena_printf(binder->arena, "$%.*s", (int)path.len, (const char *)path.at);
    struct expr *args[2];
    args[0] = bind_named(binder, (uint32_t)column, name->span.at);
    args[1] = expr_constant(binder->arena, value_text(slice_text(whole)));
    return sql_place(expr_call(binder->arena, slice_text("json_value"), args, 2, name->span.at, out,
                               err),
                     name->span, err);
}

static enum status bind_name(struct binder *binder, const struct ast_expr *name, struct expr **out,
                             struct error *err)
{
    int which = bind_window_column(bind_unqualified(binder, name));
    if (binder->windowed && which >= 0) {
        return bind_window_name(binder, which, name, out, err);
    }
    const struct ast_item *alias = items_find(binder->items, name->text);
    int column = bind_column(binder, name);
    if (column >= 0 && (alias == NULL || !alias_hides(binder, column))) {
        *out = bind_named(binder, (uint32_t)column, name->span.at);
        return OK;
    }
    if (alias != NULL) {
        return bind_alias(binder, alias, out, err);
    }
    column = whole_line(binder, name);
    if (column >= 0) {
        *out = bind_named(binder, (uint32_t)column, name->span.at);
        return OK;
    }
    struct slice path;
    column = json_column(binder, bind_unqualified(binder, name), &path);
    if (column >= 0) {
        return bind_path(binder, column, path, name, out, err);
    }
    if (slice_equal_nocase(name->text, slice_text("current_timestamp"))) {
        return expr_call(binder->arena, slice_text("now"), NULL, 0, name->span.at, out, err);
    }
    return bind_no_column(binder, name, err);
}

/* ---- conditions ------------------------------------------------------------------------------ */

struct parts {
    struct expr **items;
    uint32_t n;
};

/* One call, or a tree of calls where there are too many parts for one. */
static enum status join_parts(struct arena *arena, const char *op, struct parts parts,
                              struct expr **out, struct error *err)
{
    while (parts.n > EXPR_ARGS_MAX) {
        uint32_t groups = (parts.n + EXPR_ARGS_MAX - 1) / EXPR_ARGS_MAX;
        for (uint32_t i = 0; i < groups; i++) {
            uint32_t first = i * EXPR_ARGS_MAX;
            uint32_t left = parts.n - first;
            struct parts group = {parts.items + first, left < EXPR_ARGS_MAX ? left : EXPR_ARGS_MAX};
            TRY(join_parts(arena, op, group, &parts.items[i], err));
        }
        parts.n = groups;
    }
    if (parts.n == 1) {
        *out = parts.items[0];
        return OK;
    }
    return expr_call(arena, slice_text(op), parts.items, parts.n, parts.items[0]->at, out, err);
}

enum status bind_condition(struct binder *binder, const struct ast_expr *ast, const char *what,
                           struct expr **out, struct error *err)
{
    struct expr *e;
    TRY(bind_expr(binder, ast, &e, err));
    if (e->type.id == TYPE_NULL) {
        TRY(expr_cast(binder->arena, e, type_of(TYPE_BOOLEAN), false, e->at, &e, err));
    }
    if (e->type.id != TYPE_BOOLEAN) {
        char type[TYPE_NAME_BYTES];
        error_set(err, ERR_SQL, "%s needs a condition, and this is %s", what,
                  type_name(e->type, type));
        return sql_fail(err, E_TYPE, ast->span);
    }
    *out = e;
    return OK;
}

static enum status bind_logic(struct binder *binder, const struct ast_expr *ast, struct expr **out,
                              struct error *err)
{
    const char *op = ast->kind == AST_AND ? "and" : "or";
    struct expr **parts = arena_alloc(binder->arena, ast->args.n * sizeof *parts);
    uint32_t n = 0;
    for (const struct ast_expr *arg = ast->args.first; arg != NULL; arg = arg->next) {
        TRY(bind_condition(binder, arg, ast->kind == AST_AND ? "AND" : "OR", &parts[n++], err));
    }
    return sql_place(join_parts(binder->arena, op, (struct parts){parts, n}, out, err), ast->span,
                     err);
}

/* ---- operators with a form of their own -------------------------------------------------------*/

/* What in a call an error is about: an argument, or all of it. The first argument of an operator
 * begins where the call does: only a text that does not read is certainly meant. */
static struct span blamed(const struct ast_expr *call, const struct error *err)
{
    for (const struct ast_expr *arg = call->args.first; arg != NULL; arg = arg->next) {
        bool is_meant =
            err->at == arg->span.at &&
            (arg->span.at != call->span.at || (err->code == E_LITERAL && arg->kind == AST_TEXT));
        if (is_meant) {
            return arg->span;
        }
    }
    return call->span;
}

/* Calls function or operator `name` with all arguments of `ast`. */
static enum status bind_call(struct binder *binder, const struct ast_expr *ast, struct slice name,
                             struct expr **out, struct error *err)
{
    struct expr *args[EXPR_ARGS_MAX];
    uint32_t n = 0;
    for (const struct ast_expr *arg = ast->args.first; arg != NULL; arg = arg->next) {
        CHECK(n < EXPR_ARGS_MAX);
        TRY(bind_expr(binder, arg, &args[n++], err));
    }
    enum status status = expr_call(binder->arena, name, args, n, ast->span.at, out, err);
    return status == OK || err == NULL ? status : sql_place(status, blamed(ast, err), err);
}

/* x IN (…) with more entries than a call has arguments: calls joined by OR, or AND for NOT IN. */
static enum status bind_long_in(struct binder *binder, const struct ast_expr *ast, const char *name,
                                struct expr **out, struct error *err)
{
    struct expr *args[EXPR_ARGS_MAX];
    struct expr *parts[IN_LIST_MAX / (EXPR_ARGS_MAX - 1) + 1];
    uint32_t n_parts = 0;
    uint32_t n = 1;
    TRY(bind_expr(binder, ast->args.first, &args[0], err));
    for (const struct ast_expr *arg = ast->args.first->next; arg != NULL; arg = arg->next) {
        TRY(bind_expr(binder, arg, &args[n++], err));
        if (n == EXPR_ARGS_MAX || arg->next == NULL) {
            TRY(sql_place(expr_call(binder->arena, slice_text(name), args, n, ast->span.at,
                                    &parts[n_parts++], err),
                          ast->span, err));
            n = 1;
        }
    }
    const char *joint = name[0] == 'n' ? "and" : "or";
    return join_parts(binder->arena, joint, (struct parts){parts, n_parts}, out, err);
}

static enum status bind_in(struct binder *binder, const struct ast_expr *ast, const char *name,
                           struct expr **out, struct error *err)
{
    if (ast->args.n <= EXPR_ARGS_MAX) {
        return bind_call(binder, ast, slice_text(name), out, err);
    }
    if (ast->args.n > IN_LIST_MAX) {
        error_set(err, ERR_LIMIT, "a list of IN has at most %d entries", IN_LIST_MAX - 1);
        sql_fail(err, E_NESTING, ast->span);
        return ERR_LIMIT;
    }
    return bind_long_in(binder, ast, name, out, err);
}

/* Operators with a negated form, which says the same with one step less. */
static const char *const negated[][2] = {
    {"like", "not like"},
    {"ilike", "not ilike"},
    {"~", "!~"},
    {"~*", "!~*"},
};

static enum status bind_not(struct binder *binder, const struct ast_expr *ast, struct expr **out,
                            struct error *err)
{
    const struct ast_expr *arg = ast->args.first;
    if (arg->kind == AST_IN) {
        return bind_in(binder, arg, "not in", out, err);
    }
    if (arg->kind == AST_BETWEEN) {
        return bind_call(binder, arg, slice_text("not between"), out, err);
    }
    for (size_t i = 0; arg->is_operator && i < sizeof negated / sizeof negated[0]; i++) {
        if (slice_equal(arg->text, slice_text(negated[i][0]))) {
            return bind_call(binder, arg, slice_text(negated[i][1]), out, err);
        }
    }
    return bind_call(binder, ast, slice_text("not"), out, err);
}

static enum status bind_operator(struct binder *binder, const struct ast_expr *ast,
                                 struct expr **out, struct error *err)
{
    if (slice_equal(ast->text, slice_text("not"))) {
        return bind_not(binder, ast, out, err);
    }
    bool is_sign = ast->args.n == 1 && slice_equal(ast->text, slice_text("-"));
    return bind_call(binder, ast, is_sign ? slice_text("neg") : ast->text, out, err);
}

static enum status bind_case(struct binder *binder, const struct ast_expr *ast, struct expr **out,
                             struct error *err)
{
    uint32_t n = 0;
    struct expr *operand = NULL;
    struct expr *args[EXPR_ARGS_MAX];
    const struct ast_expr *arg = ast->args.first;
    if (ast->args.n > EXPR_ARGS_MAX) {
        error_set(err, ERR_LIMIT, "CASE has at most %d branches", EXPR_ARGS_MAX / 2);
        sql_fail(err, E_NESTING, ast->span);
        return ERR_LIMIT;
    }
    if (ast->flag) {
        TRY(bind_expr(binder, arg, &operand, err));
        arg = arg->next;
    }
    for (; arg != NULL; arg = arg->next, n++) {
        bool is_condition = n % 2 == 0 && arg->next != NULL;
        if (is_condition && operand == NULL) {
            TRY(bind_condition(binder, arg, "WHEN", &args[n], err));
            continue;
        }
        TRY(bind_expr(binder, arg, &args[n], err));
        if (is_condition) {
            struct expr *sides[] = {operand, args[n]};
            TRY(sql_place(expr_call(binder->arena, slice_text("="), sides, 2, arg->span.at,
                                    &args[n], err),
                          arg->span, err));
        }
    }
    return sql_place(expr_case(binder->arena, args, n, ast->span.at, out, err), ast->span, err);
}

static enum status bind_cast(struct binder *binder, const struct ast_expr *ast, struct expr **out,
                             struct error *err)
{
    struct type type;
    struct expr *arg;
    TRY(bind_type(ast->type, ast->type_span, &type, err));
    TRY(bind_expr(binder, ast->args.first, &arg, err));
    return sql_place(expr_cast(binder->arena, arg, type, ast->flag, ast->span.at, out, err),
                     ast->span, err);
}

/* ---- functions ------------------------------------------------------------------------------- */

static enum status refuse_aggregate_words(const struct binder *binder, const struct ast_expr *ast,
                                          struct error *err)
{
    error_set(err, ERR_SQL, "%s(…) is no aggregate, so it takes no %s",
              shown(binder->arena, ast->text),
              ast->over != NULL     ? "OVER"
              : ast->filter != NULL ? "FILTER"
              : ast->star           ? "*"
                                    : "DISTINCT");
    return sql_fail(err, E_ARGUMENTS, ast->span);
}

static enum status bind_function(struct binder *binder, const struct ast_expr *ast,
                                 struct expr **out, struct error *err)
{
    if (!function_exists(ast->text)) {
        return bind_no_function(ast, binder->arena, err);
    }
    if (ast->star || ast->distinct || ast->filter != NULL || ast->over != NULL) {
        return refuse_aggregate_words(binder, ast, err);
    }
    if (ast->args.n > EXPR_ARGS_MAX) {
        error_set(err, ERR_LIMIT, "a function has at most %d arguments", EXPR_ARGS_MAX);
        sql_fail(err, E_NESTING, ast->span);
        return ERR_LIMIT;
    }
    return bind_call(binder, ast, ast->text, out, err);
}

static enum status refuse_kind(const struct ast_expr *ast, struct error *err)
{
    if (ast->kind == AST_QUERY) {
        return sql_unsupported("sub-queries in expressions are", ast->span, err);
    }
    if (ast->kind == AST_STAR) {
        error_set(err, ERR_SQL, "* can only stand alone in the SELECT list or in count(*)");
        return sql_fail(err, E_SYNTAX, ast->span);
    }
    error_set(err, ERR_SQL, "%s belongs to the window functions in FROM",
              ast->kind == AST_TABLE ? "TABLE" : "name => value");
    return sql_fail(err, E_SYNTAX, ast->span);
}

enum status bind_expr(struct binder *binder, const struct ast_expr *ast, struct expr **out,
                      struct error *err)
{
    switch (ast->kind) {
    case AST_NULL:
    case AST_BOOLEAN:
    case AST_NUMBER:
    case AST_TEXT:
    case AST_INTERVAL:
    case AST_TYPED:
        return bind_literal(binder->arena, ast, out, err);
    case AST_NAME:
        return bind_name(binder, ast, out, err);
    case AST_CALL:
        if (ast->is_operator) {
            return bind_operator(binder, ast, out, err);
        }
        return agg_exists(ast->text) ? bind_aggregate(binder, ast, out, err)
                                     : bind_function(binder, ast, out, err);
    case AST_AND:
    case AST_OR:
        return bind_logic(binder, ast, out, err);
    case AST_BETWEEN:
        return bind_call(binder, ast, slice_text("between"), out, err);
    case AST_IN:
        return bind_in(binder, ast, "in", out, err);
    case AST_CASE:
        return bind_case(binder, ast, out, err);
    case AST_CAST:
        return bind_cast(binder, ast, out, err);
    case AST_STAR:
    case AST_TABLE:
    case AST_NAMED:
    case AST_QUERY:
        break;
    }
    return refuse_kind(ast, err);
}
