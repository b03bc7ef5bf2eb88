/* expr: see expr.h. Calls are made in call.c. */
#include "engine/expr/expr.h"

#include "engine/base/panic.h"
#include "engine/expr/kernel.h"
#include "engine/expr/literal.h"
#include "engine/expr/unify.h"

/* ---- leaves ---------------------------------------------------------------------------------- */

struct expr *expr_constant(struct arena *arena, struct value value)
{
    struct expr *e = arena_zalloc(arena, sizeof *e);
    e->kind = EXPR_CONSTANT;
    e->type = value.type;
    e->not_null = !value.is_null;
    e->depth = 1;
    e->nodes = 1;
    e->at = -1;
    e->constant = value;
    if (value.is_null) { /* kernels may look at the value of a NULL */
        e->constant = value_null(value.type);
        if (type_physical(value.type) == PHYSICAL_TEXT) {
            e->constant.text = text_none();
        }
    }
    return e;
}

struct expr *expr_column(struct arena *arena, uint32_t column, struct type type, bool not_null)
{
    struct expr *e = arena_zalloc(arena, sizeof *e);
    e->kind = EXPR_COLUMN;
    e->type = type;
    e->not_null = not_null;
    e->depth = 1;
    e->nodes = 1;
    e->at = -1;
    e->column = column;
    return e;
}

struct expr *expr_field(struct arena *arena, const struct schema *schema, uint32_t column)
{
    const struct field *field = &schema->fields[column];
    return expr_column(arena, column, field->type, field->not_null);
}

/* ---- nodes ----------------------------------------------------------------------------------- */

void expr_take_args(struct arena *arena, struct expr *e, struct expr *const *args, uint32_t n_args)
{
    uint64_t nodes = 1;
    e->n_args = n_args;
    e->args = arena_alloc(arena, n_args * sizeof(struct expr *));
    e->depth = 0;
    for (uint32_t i = 0; i < n_args; i++) {
        e->args[i] = args[i];
        e->depth = args[i]->depth > e->depth ? args[i]->depth : e->depth;
        nodes += args[i]->nodes;
    }
    e->depth++;
    e->nodes = nodes < UINT32_MAX ? (uint32_t)nodes : UINT32_MAX;
}

enum status expr_check_size(const struct expr *e, struct error *err)
{
    if (e->depth > EXPR_DEPTH_MAX) {
        error_set(err, ERR_LIMIT, "the expression is nested deeper than %d levels", EXPR_DEPTH_MAX);
    } else if (e->nodes > EXPR_NODES_MAX) {
        error_set(err, ERR_LIMIT, "the expression has more than %d parts", EXPR_NODES_MAX);
    } else {
        return OK;
    }
    error_place(err, 0, e->at, 0);
    return ERR_LIMIT;
}

/* ---- casts ----------------------------------------------------------------------------------- */

static struct expr *cast_call(struct arena *arena, struct expr *e, struct type type, bool try_cast,
                              int64_t at)
{
    const struct function *function = try_cast ? &function_try_cast : &function_cast;
    return expr_make_call(arena, function, type, &e, 1, at);
}

enum status expr_cast(struct arena *arena, struct expr *e, struct type type, bool try_cast,
                      int64_t at, struct expr **out, struct error *err)
{
    if (type_equal(e->type, type)) {
        *out = e;
        return OK;
    }
    if (!cast_exists(e->type, type)) {
        char from[TYPE_NAME_BYTES];
        char to[TYPE_NAME_BYTES];
        error_set(err, ERR_SQL, "no cast from %s to %s", type_name(e->type, from),
                  type_name(type, to));
        error_place(err, E_NO_CAST, at, 0);
        return ERR_SQL;
    }
    struct expr *call = cast_call(arena, e, type, try_cast, at);
    TRY(expr_check_size(call, err));
    *out = call;
    return OK;
}

struct expr *expr_bring(struct arena *arena, struct expr *e, struct type type)
{
    if (type_equal(e->type, type)) {
        return e;
    }
    if (e->type.id == TYPE_TIMESTAMP && type_is_numeric(type) && type.id != TYPE_BIGINT) {
        e = expr_bring(arena, e, type_of(TYPE_BIGINT)); /* milliseconds */
    }
    CHECK(cast_exists(e->type, type));
    return cast_call(arena, e, type, false, e->at);
}

/* ---- CASE ------------------------------------------------------------------------------------ */

static struct expr *case_node(struct arena *arena, struct expr *const *args, uint32_t n_args,
                              int64_t at)
{
    struct expr *e = arena_zalloc(arena, sizeof *e);
    e->kind = EXPR_CASE;
    e->function = &function_case;
    e->at = at;
    e->not_null = n_args % 2 == 1;
    expr_take_args(arena, e, args, n_args);
    for (uint32_t i = 0; i < n_args; i++) {
        bool is_value = i % 2 == 1 || i == n_args - 1;
        e->not_null &= !is_value || args[i]->not_null;
    }
    return e;
}

/* Leaves out conditions that are never TRUE, and all that stands behind one that always is. */
static uint32_t case_prune(struct expr *const *args, uint32_t n_args, struct expr **out)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i + 1 < n_args; i += 2) {
        if (args[i]->kind != EXPR_CONSTANT) {
            out[n++] = args[i];
            out[n++] = args[i + 1];
        } else if (!args[i]->constant.is_null && args[i]->constant.boolean) {
            out[n++] = args[i + 1];
            return n;
        }
    }
    if (n_args % 2 == 1) {
        out[n++] = args[n_args - 1];
    }
    return n;
}

static enum status case_conditions(struct arena *arena, struct expr **args, uint32_t n_args,
                                   struct error *err)
{
    struct type boolean = type_of(TYPE_BOOLEAN);
    for (uint32_t i = 0; i + 1 < n_args; i += 2) {
        const struct expr *stray;
        struct expr *pair[2] = {args[i], expr_constant(arena, value_boolean(true))};
        struct type type;
        if (!unify_common(pair, 2, &type, &stray)) {
            char name[TYPE_NAME_BYTES];
            error_set(err, ERR_SQL, "a condition of CASE is %s, not BOOLEAN",
                      type_name(args[i]->type, name));
            error_place(err, E_ARGUMENTS, args[i]->at, 0);
            return ERR_SQL;
        }
        args[i] = expr_bring(arena, args[i], boolean);
    }
    return OK;
}

static enum status case_values(struct arena *arena, struct expr **args, uint32_t n_args, int64_t at,
                               struct type *type, struct error *err)
{
    struct expr *values[EXPR_ARGS_MAX];
    uint32_t n = 0;
    for (uint32_t i = 0; i < n_args; i++) {
        if (i % 2 == 1 || i == n_args - 1) {
            values[n++] = args[i];
        }
    }
    const struct expr *stray;
    if (!unify_common(values, n, type, &stray)) {
        error_set(err, ERR_SQL, "the values of CASE have no common type");
        for (uint32_t i = 1; i < n && stray == NULL; i++) {
            struct expr *pair[2] = {values[0], values[i]};
            struct type common;
            if (!unify_common(pair, 2, &common, &stray)) {
                char a[TYPE_NAME_BYTES];
                char b[TYPE_NAME_BYTES];
                error_set(err, ERR_SQL, "values of CASE are %s and %s",
                          type_name(values[0]->type, a), type_name(values[i]->type, b));
                at = values[i]->at >= 0 ? values[i]->at : at;
                break;
            }
        }
        error_place(err, E_ARGUMENTS, at, 0);
        return ERR_SQL;
    }
    for (uint32_t i = 0; i < n_args; i++) {
        if (i % 2 == 1 || i == n_args - 1) {
            args[i] = expr_bring(arena, args[i], *type);
        }
    }
    return OK;
}

enum status expr_case(struct arena *arena, struct expr *const *args, uint32_t n_args, int64_t at,
                      struct expr **out, struct error *err)
{
    CHECK(n_args >= 2);
    if (n_args > EXPR_ARGS_MAX) {
        error_set(err, ERR_LIMIT, "CASE has %u parts, the limit is %d", n_args, EXPR_ARGS_MAX);
        error_place(err, 0, at, 0);
        return ERR_LIMIT;
    }
    struct expr *brought[EXPR_ARGS_MAX];
    struct expr *kept[EXPR_ARGS_MAX];
    struct type type;
    memcpy(brought, args, n_args * sizeof brought[0]);
    TRY(case_conditions(arena, brought, n_args, err));
    TRY(case_values(arena, brought, n_args, at, &type, err));
    uint32_t n = case_prune(brought, n_args, kept);
    if (n <= 1) {
        *out = n == 1 ? kept[0] : expr_constant(arena, value_null(type));
        return OK;
    }
    struct expr *e = case_node(arena, kept, n, at);
    e->type = type;
    TRY(expr_check_size(e, err));
    *out = e;
    return OK;
}

/* ---- walks ----------------------------------------------------------------------------------- */

static bool constant_equal(const struct value *a, const struct value *b)
{
    return type_equal(a->type, b->type) && value_equal(a, b);
}

bool expr_equal(const struct expr *a, const struct expr *b)
{
    if (a == b) {
        return true;
    }
    if (a->kind != b->kind || !type_equal(a->type, b->type) || a->function != b->function ||
        a->n_args != b->n_args) {
        return false;
    }
    if (a->kind == EXPR_CONSTANT) {
        return constant_equal(&a->constant, &b->constant);
    }
    if (a->kind == EXPR_COLUMN) {
        return a->column == b->column;
    }
    for (uint32_t i = 0; i < a->n_args; i++) {
        if (!expr_equal(a->args[i], b->args[i])) {
            return false;
        }
    }
    return true;
}

void expr_columns(const struct expr *e, uint64_t *words)
{
    if (e->kind == EXPR_COLUMN) {
        bits_set(words, e->column);
    }
    for (uint32_t i = 0; i < e->n_args; i++) {
        expr_columns(e->args[i], words);
    }
}

struct expr *expr_substitute(struct arena *arena, const struct expr *e, struct expr *const *replace)
{
    if (e->kind == EXPR_COLUMN) {
        return replace[e->column];
    }
    struct expr *copy = arena_alloc(arena, sizeof *copy);
    *copy = *e;
    if (e->n_args == 0) {
        return copy;
    }
    struct expr *args[EXPR_ARGS_MAX];
    for (uint32_t i = 0; i < e->n_args; i++) {
        args[i] = expr_substitute(arena, e->args[i], replace);
    }
    expr_take_args(arena, copy, args, e->n_args);
    return copy;
}

uint32_t expr_cost(const struct expr *e)
{
    if (e->kind == EXPR_CONSTANT || e->kind == EXPR_COLUMN) {
        return 0;
    }
    uint32_t cost = e->function->cost;
    if (e->n_args > 0 && (e->function->flags & COMPARES) != 0 && e->args[0]->type.id == TYPE_TEXT) {
        cost++;
    }
    for (uint32_t i = 0; i < e->n_args; i++) {
        cost += expr_cost(e->args[i]);
    }
    return cost;
}
