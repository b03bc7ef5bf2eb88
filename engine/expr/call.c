/* call: expr_call: a name and arguments become a call, something simpler that means the same, or a
 * constant. */
#include "engine/base/panic.h"
#include "engine/expr/kernel.h"
#include "engine/expr/overload.h"
#include "engine/expr/unify.h"

/* ---- folding --------------------------------------------------------------------------------- */

static bool all_constant(const struct expr *e)
{
    for (uint32_t i = 0; i < e->n_args; i++) {
        if (e->args[i]->kind != EXPR_CONSTANT) {
            return false;
        }
    }
    return true;
}

static bool is_strict(const struct function *function)
{
    return (function->flags & (OWN_NULLS | NEVER_NULL)) == 0;
}

static bool has_null_argument(const struct expr *e)
{
    for (uint32_t i = 0; i < e->n_args; i++) {
        if (expr_is_null(e->args[i])) {
            return true;
        }
    }
    return false;
}

/* The call as a constant if it is one. A call that has runtime errors stays: they are counted for
 * each row, as its value being NULL for each row must be explained. */
static struct expr *fold(struct arena *arena, struct expr *e)
{
    struct value value;
    if (is_strict(e->function) && has_null_argument(e)) {
        value = value_null(e->type);
    } else if ((e->function->flags & VOLATILE) == 0 && all_constant(e)) {
        struct program_context context = {.now_us = 0};
        value = expr_evaluate(arena, e, &context);
        if (context.errors.count > 0) {
            return e;
        }
    } else {
        return e;
    }
    struct expr *constant = expr_constant(arena, value);
    constant->at = e->at;
    return constant;
}

/* ---- making ---------------------------------------------------------------------------------- */

static bool call_fails(const struct expr *e)
{
    if (e->function == &function_cast || e->function == &function_try_cast) {
        return cast_fails(e->args[0]->type, e->type);
    }
    return (e->function->flags & FAILS) != 0;
}

static bool call_not_null(const struct expr *e)
{
    if (call_fails(e) || (e->function->flags & MAY_NULL) != 0) {
        return false;
    }
    bool not_null = true;
    for (uint32_t i = 0; i < e->n_args; i++) {
        not_null &= e->args[i]->not_null;
    }
    return not_null || (e->function->flags & NEVER_NULL) != 0;
}

static struct expr *call_node(struct arena *arena, const struct function *function,
                              struct expr *const *args, uint32_t n_args, int64_t at)
{
    struct expr *e = arena_zalloc(arena, sizeof *e);
    e->kind = EXPR_CALL;
    e->function = function;
    e->at = at;
    expr_take_args(arena, e, args, n_args);
    return e;
}

struct expr *expr_make_call(struct arena *arena, const struct function *function, struct type type,
                            struct expr *const *args, uint32_t n_args, int64_t at)
{
    struct expr *e = call_node(arena, function, args, n_args, at);
    e->type = type;
    e->not_null = call_not_null(e);
    return fold(arena, e);
}

static enum status finish(struct arena *arena, struct expr *call, struct expr **out,
                          struct error *err)
{
    const struct function_setup *setup = call->function->setup;
    TRY(expr_check_size(call, err));
    if (setup->check != NULL) {
        TRY(setup->check(call, err));
    }
    call->type = overload_result(call);
    call->not_null = call_not_null(call);
    if (setup->lower != NULL) {
        struct expr *lowered = call;
        TRY(setup->lower(arena, call, &lowered, err));
        if (lowered != call) {
            *out = lowered;
            return OK;
        }
    }
    *out = fold(arena, call);
    return OK;
}

/* ---- long lists ------------------------------------------------------------------------------ */

/* AND, OR and IN of more than EXPR_ARGS_MAX: the list in pieces, and the pieces joined. IN repeats
 * its first argument in each piece. */
static enum status call_pieces(struct arena *arena, const struct overload_call *call,
                               const char *join, uint32_t n_repeated, struct expr **out,
                               struct error *err)
{
    struct expr *pieces[EXPR_ARGS_MAX];
    uint32_t n_pieces = 0;
    uint32_t room = EXPR_ARGS_MAX - n_repeated;
    for (uint32_t i = n_repeated; i < call->n_args; i += room) {
        struct expr *args[EXPR_ARGS_MAX];
        uint32_t n = call->n_args - i < room ? call->n_args - i : room;
        if (n_pieces == EXPR_ARGS_MAX) {
            error_set(err, ERR_LIMIT, "a list has more than %d entries",
                      EXPR_ARGS_MAX * (EXPR_ARGS_MAX - 1));
            error_place(err, 0, call->at, 0);
            return ERR_LIMIT;
        }
        memcpy(args, call->args, n_repeated * sizeof args[0]);
        memcpy(args + n_repeated, call->args + i, n * sizeof args[0]);
        if (n_repeated + n == 1) {
            pieces[n_pieces++] = args[0];
            continue;
        }
        TRY(expr_call(arena, call->name, args, n_repeated + n, call->at, &pieces[n_pieces++], err));
    }
    return expr_call(arena, slice_text(join), pieces, n_pieces, call->at, out, err);
}

static enum status call_long(struct arena *arena, const struct overload_call *call,
                             struct expr **out, struct error *err)
{
    static const struct {
        const char *name;
        const char *join;
        uint32_t n_repeated;
    } lists[] = {{"and", "and", 0}, {"or", "or", 0}, {"in", "or", 1}, {"not in", "and", 1}};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        if (slice_equal_nocase(call->name, slice_text(lists[i].name))) {
            return call_pieces(arena, call, lists[i].join, lists[i].n_repeated, out, err);
        }
    }
    error_set(err, ERR_LIMIT, "%.*s has %u arguments, the limit is %d", (int)call->name.len,
              (const char *)call->name.at, call->n_args, EXPR_ARGS_MAX);
    error_place(err, 0, call->at, 0);
    return ERR_LIMIT;
}

enum status expr_call(struct arena *arena, struct slice name, struct expr *const *args,
                      uint32_t n_args, int64_t at, struct expr **out, struct error *err)
{
    struct overload_call call = {.name = name, .args = args, .n_args = n_args, .at = at};
    const struct function *function = function_next(name, NULL);
    if (function != NULL && function->alias != NULL) {
        call.name = slice_text(function->alias);
    }
    if (n_args > EXPR_ARGS_MAX) {
        return call_long(arena, &call, out, err);
    }
    TRY(overload_choose(&call, &function, err));
    struct expr *brought[EXPR_ARGS_MAX];
    overload_bring(arena, function, &call, brought);
    return finish(arena, call_node(arena, function, brought, n_args, at), out, err);
}
