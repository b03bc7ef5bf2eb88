/* lower: calls that mean the same as others: BETWEEN is two comparisons, NULLIF is a CASE. Also
 * what AND, OR and COALESCE need not evaluate. */
#include "engine/base/panic.h"
#include "engine/expr/kernel.h"
#include "engine/expr/kernels.h"
#include "engine/expr/unify.h"

static enum status call2(struct arena *arena, const char *name, struct expr *a, struct expr *b,
                         int64_t at, struct expr **out, struct error *err)
{
    struct expr *args[2] = {a, b};
    return expr_call(arena, slice_text(name), args, 2, at, out, err);
}

static enum status negated(struct arena *arena, struct expr *e, int64_t at, struct expr **out,
                           struct error *err)
{
    return expr_call(arena, slice_text("not"), &e, 1, at, out, err);
}

/* NOT of the same call by another name. */
static enum status opposite(struct arena *arena, const char *name, const struct expr *call,
                            struct expr **out, struct error *err)
{
    struct expr *e;
    TRY(expr_call(arena, slice_text(name), call->args, call->n_args, call->at, &e, err));
    return negated(arena, e, call->at, out, err);
}

/* ---- comparison ------------------------------------------------------------------------------ */

static enum status lower_between(struct arena *arena, const struct expr *call, struct expr **out,
                                 struct error *err)
{
    struct expr *low;
    struct expr *high;
    TRY(call2(arena, ">=", call->args[0], call->args[1], call->at, &low, err));
    TRY(call2(arena, "<=", call->args[0], call->args[2], call->at, &high, err));
    return call2(arena, "and", low, high, call->at, out, err);
}

const struct function_setup between_setup = {.lower = lower_between};

static enum status lower_not_between(struct arena *arena, const struct expr *call,
                                     struct expr **out, struct error *err)
{
    struct expr *low;
    struct expr *high;
    TRY(call2(arena, "<", call->args[0], call->args[1], call->at, &low, err));
    TRY(call2(arena, ">", call->args[0], call->args[2], call->at, &high, err));
    return call2(arena, "or", low, high, call->at, out, err);
}

const struct function_setup not_between_setup = {.lower = lower_not_between};

static enum status lower_not_in(struct arena *arena, const struct expr *call, struct expr **out,
                                struct error *err)
{
    return opposite(arena, "in", call, out, err);
}

const struct function_setup not_in_setup = {.lower = lower_not_in};

/* ---- logic ----------------------------------------------------------------------------------- */

/* The parts of a chain, those of nested chains of the same kind included. Returns how many there
 * are or would be. */
static uint32_t chain_parts(const struct expr *call, struct expr **parts)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < call->n_args; i++) {
        const struct expr *arg = call->args[i];
        bool is_nested = arg->kind == EXPR_CALL && arg->function == call->function;
        uint32_t n_inner = is_nested ? arg->n_args : 1;
        if (n + n_inner > EXPR_ARGS_MAX) {
            return n + n_inner;
        }
        memcpy(parts + n, is_nested ? arg->args : &call->args[i], n_inner * sizeof parts[0]);
        n += n_inner;
    }
    return n;
}

/* `decisive` decides alone (FALSE in AND); its opposite says nothing and is left out. */
static enum status lower_chain(struct arena *arena, const struct expr *call, bool decisive,
                               struct expr **out)
{
    struct expr *parts[EXPR_ARGS_MAX];
    uint32_t n = chain_parts(call, parts);
    if (n > EXPR_ARGS_MAX) { /* stays nested */
        return OK;
    }
    uint32_t n_kept = 0;
    for (uint32_t i = 0; i < n; i++) {
        struct expr *part = parts[i];
        if (part->kind != EXPR_CONSTANT || part->constant.is_null) {
            parts[n_kept++] = part;
        } else if (part->constant.boolean == decisive) {
            *out = part;
            return OK;
        }
    }
    if (n_kept == call->n_args) {
        return OK;
    }
    if (n_kept == 0) {
        *out = expr_constant(arena, value_boolean(!decisive));
    } else if (n_kept == 1) {
        *out = parts[0];
    } else {
        *out = expr_make_call(arena, call->function, call->type, parts, n_kept, call->at);
    }
    return OK;
}

static enum status lower_and(struct arena *arena, const struct expr *call, struct expr **out,
                             struct error *err)
{
    (void)err;
    return lower_chain(arena, call, false, out);
}

const struct function_setup and_setup = {.lower = lower_and};

static enum status lower_or(struct arena *arena, const struct expr *call, struct expr **out,
                            struct error *err)
{
    (void)err;
    return lower_chain(arena, call, true, out);
}

const struct function_setup or_setup = {.lower = lower_or};

/* ---- choice ---------------------------------------------------------------------------------- */

/* Without NULLs, and nothing behind what is never NULL. */
static enum status lower_coalesce(struct arena *arena, const struct expr *call, struct expr **out,
                                  struct error *err)
{
    (void)err;
    struct expr *kept[EXPR_ARGS_MAX];
    uint32_t n = 0;
    bool not_null = false;
    for (uint32_t i = 0; i < call->n_args && !not_null; i++) {
        if (!expr_is_null(call->args[i])) {
            kept[n++] = call->args[i];
            not_null = call->args[i]->not_null;
        }
    }
    if (n == 0) {
        *out = expr_constant(arena, value_null(call->type));
        return OK;
    }
    if (n == 1) {
        *out = kept[0];
        return OK;
    }
    struct expr *e = expr_make_call(arena, call->function, call->type, kept, n, call->at);
    e->not_null = not_null;
    *out = e;
    return OK;
}

const struct function_setup coalesce_setup = {.lower = lower_coalesce};

static enum status lower_nullif(struct arena *arena, const struct expr *call, struct expr **out,
                                struct error *err)
{
    struct expr *args[3];
    TRY(call2(arena, "=", call->args[0], call->args[1], call->at, &args[0], err));
    args[1] = expr_constant(arena, value_null(call->args[0]->type));
    args[2] = call->args[0];
    return expr_case(arena, args, 3, call->at, out, err);
}

const struct function_setup nullif_setup = {.lower = lower_nullif};

static enum status lower_typeof(struct arena *arena, const struct expr *call, struct expr **out,
                                struct error *err)
{
    (void)err;
    char name[TYPE_NAME_BYTES];
    const char *text = arena_text(arena, type_name(call->args[0]->type, name));
    *out = expr_constant(arena, value_text(slice_text(text)));
    return OK;
}

const struct function_setup typeof_setup = {.lower = lower_typeof};

static enum status lower_to_string(struct arena *arena, const struct expr *call, struct expr **out,
                                   struct error *err)
{
    return expr_cast(arena, call->args[0], type_of(TYPE_TEXT), false, call->at, out, err);
}

const struct function_setup to_string_setup = {.lower = lower_to_string};

static enum status lower_first_argument(struct arena *arena, const struct expr *call,
                                        struct expr **out, struct error *err)
{
    (void)arena;
    (void)err;
    *out = call->args[0];
    return OK;
}

const struct function_setup first_argument_setup = {.lower = lower_first_argument};

/* ---- text ------------------------------------------------------------------------------------ */

static enum status as_texts(struct arena *arena, const struct expr *call, struct expr **texts,
                            struct error *err)
{
    for (uint32_t i = 0; i < call->n_args; i++) {
        TRY(expr_cast(arena, call->args[i], type_of(TYPE_TEXT), false, call->at, &texts[i], err));
    }
    return OK;
}

static enum status lower_join_any(struct arena *arena, const struct expr *call, struct expr **out,
                                  struct error *err)
{
    struct expr *texts[2];
    TRY(as_texts(arena, call, texts, err));
    return call2(arena, "||", texts[0], texts[1], call->at, out, err);
}

const struct function_setup join_any_setup = {.lower = lower_join_any};

static enum status lower_concat(struct arena *arena, const struct expr *call, struct expr **out,
                                struct error *err)
{
    struct expr *texts[EXPR_ARGS_MAX];
    TRY(as_texts(arena, call, texts, err));
    if (memcmp(texts, call->args, call->n_args * sizeof texts[0]) != 0) {
        *out = expr_make_call(arena, call->function, call->type, texts, call->n_args, call->at);
    }
    return OK;
}

const struct function_setup concat_setup = {.lower = lower_concat};

static enum status lower_not_like(struct arena *arena, const struct expr *call, struct expr **out,
                                  struct error *err)
{
    return opposite(arena, "like", call, out, err);
}

const struct function_setup not_like_setup = {.lower = lower_not_like};

static enum status lower_not_ilike(struct arena *arena, const struct expr *call, struct expr **out,
                                   struct error *err)
{
    return opposite(arena, "ilike", call, out, err);
}

const struct function_setup not_ilike_setup = {.lower = lower_not_ilike};

static enum status lower_not_regex(struct arena *arena, const struct expr *call, struct expr **out,
                                   struct error *err)
{
    return opposite(arena, "~", call, out, err);
}

const struct function_setup not_regex_setup = {.lower = lower_not_regex};

static enum status lower_not_regex_nocase(struct arena *arena, const struct expr *call,
                                          struct expr **out, struct error *err)
{
    return opposite(arena, "~*", call, out, err);
}

const struct function_setup not_regex_nocase_setup = {.lower = lower_not_regex_nocase};
