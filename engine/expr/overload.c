/* overload: see overload.h. */
#include "engine/expr/overload.h"

#include "engine/base/panic.h"
#include "engine/expr/function.h"
#include "engine/expr/literal.h"
#include "engine/expr/unify.h"

/* ---- what functions.def says ----------------------------------------------------------------- */

/* Beside the types of the language. */
enum { PARAM_ANY = TYPE_COUNT, PARAM_SAME };

enum { PARAMS_MAX = 8 };

struct params {
    uint32_t n;
    uint32_t n_required;
    bool repeats; /* the last one, any number of times */
    uint8_t types[PARAMS_MAX];
};

static uint8_t param_type(struct slice name)
{
    struct type type;
    if (slice_equal(name, slice_text("any"))) {
        return PARAM_ANY;
    }
    if (slice_equal(name, slice_text("T"))) {
        return PARAM_SAME;
    }
    CHECK(type_parse(name, &type));
    return type.id;
}

static bool is_word(uint8_t c)
{
    return (uint8_t)(ascii_lower(c) - 'a') < 26;
}

/* Words up to a separator are "[name ]type": the last one is the type. */
static struct params params_read(const char *text)
{
    struct params params = {0};
    bool is_optional = false;
    struct slice word = {NULL, 0};
    for (const char *at = text;; at++) {
        if (is_word((uint8_t)*at)) {
            const char *start = at;
            while (is_word((uint8_t)at[1])) {
                at++;
            }
            word = slice_of(start, (size_t)(at - start) + 1);
            continue;
        }
        if (*at != ' ' && word.at != NULL) {
            CHECK(params.n < PARAMS_MAX);
            params.types[params.n++] = param_type(word);
            params.n_required += !is_optional;
            word.at = NULL;
        }
        is_optional |= *at == '[';
        params.repeats |= *at == '.';
        if (*at == '\0') {
            return params;
        }
    }
}

static bool params_take(const struct params *params, uint32_t n_args)
{
    return n_args >= params->n_required && (n_args <= params->n || params->repeats);
}

static uint8_t params_type(const struct params *params, uint32_t i)
{
    return params->types[i < params->n ? i : params->n - 1];
}

/* ---- what an argument costs ------------------------------------------------------------------ */

/* Conversions in order of preference. A text constant is read as a number only where nothing takes
 * it as text. */
enum {
    COST_NULL = 1,
    COST_TO_DECIMAL = 2,
    COST_DECIMAL_TO_DOUBLE = 3,
    COST_TO_DOUBLE = 4,
    COST_TEXT = 16,
    COST_MILLIS = 64,
    COST_NO = 1 << 20,
};

static unsigned number_cost(enum type_id from, uint8_t to)
{
    if (from == to) {
        return 0;
    }
    if (from == TYPE_BIGINT && to == TYPE_DECIMAL) {
        return COST_TO_DECIMAL;
    }
    if (from == TYPE_BIGINT && to == TYPE_DOUBLE) {
        return COST_TO_DOUBLE;
    }
    return from == TYPE_DECIMAL && to == TYPE_DOUBLE ? COST_DECIMAL_TO_DOUBLE : COST_NO;
}

static unsigned text_cost(const struct expr *e, uint8_t to, bool lenient)
{
    struct slice text = text_slice(e->constant.text);
    struct value value;
    unsigned order = to == TYPE_DOUBLE ? COST_TO_DOUBLE : to == TYPE_DECIMAL ? COST_TO_DECIMAL : 0;
    bool reads = to == TYPE_DECIMAL
                     ? literal_number(text, &value) && value.type.id != TYPE_DOUBLE &&
                           literal_digits(value.i64) <= DECIMAL_PRECISION_MAX
                     : literal_read(text, type_of(to), &value);
    return reads || lenient ? COST_TEXT + order : COST_NO;
}

static unsigned arg_cost(const struct function *function, uint8_t param, const struct expr *e,
                         bool lenient)
{
    if (param == PARAM_ANY || param == PARAM_SAME || e->type.id == param) {
        return 0;
    }
    if (e->type.id == TYPE_NULL) {
        return COST_NULL;
    }
    if (expr_is_text_constant(e)) {
        return text_cost(e, param, lenient);
    }
    if (e->type.id == TYPE_TIMESTAMP && (function->flags & MILLIS) != 0) {
        unsigned cost = number_cost(TYPE_BIGINT, param);
        return cost == COST_NO ? COST_NO : COST_MILLIS + cost;
    }
    return number_cost(e->type.id, param);
}

/* The T arguments, in order; returns how many. */
static uint32_t same_args(const struct params *params, const struct overload_call *call,
                          struct expr **out)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < call->n_args; i++) {
        if (params_type(params, i) == PARAM_SAME) {
            out[n++] = call->args[i];
        }
    }
    return n;
}

/* Whether the T arguments come together; *stray as in unify.h. */
static bool same_fits(const struct function *function, const struct params *params,
                      const struct overload_call *call, const struct expr **stray)
{
    struct expr *same[EXPR_ARGS_MAX];
    struct type common;
    uint32_t n = same_args(params, call, same);
    *stray = NULL;
    if (n == 0) {
        return true;
    }
    return (function->flags & COMPARES) != 0 ? unify_comparable(same, stray)
                                             : unify_common(same, n, &common, stray);
}

static unsigned overload_cost(const struct function *function, const struct overload_call *call,
                              bool lenient)
{
    struct params params = params_read(function->args);
    if (!params_take(&params, call->n_args)) {
        return COST_NO;
    }
    unsigned sum = 0;
    for (uint32_t i = 0; i < call->n_args; i++) {
        unsigned cost = arg_cost(function, params_type(&params, i), call->args[i], lenient);
        if (cost == COST_NO) {
            return COST_NO;
        }
        sum += cost;
    }
    const struct expr *stray;
    return same_fits(function, &params, call, &stray) || (lenient && stray != NULL) ? sum : COST_NO;
}

static const struct function *cheapest(const struct overload_call *call, bool lenient)
{
    const struct function *best = NULL;
    unsigned best_cost = COST_NO;
    for (const struct function *f = function_next(call->name, NULL); f != NULL;
         f = function_next(call->name, f)) {
        unsigned cost = overload_cost(f, call, lenient);
        if (cost < best_cost) {
            best = f;
            best_cost = cost;
        }
    }
    return best;
}

/* ---- what went wrong ------------------------------------------------------------------------- */

enum { NEAR_DISTANCE_MAX = 3 };

static enum status no_function(const struct overload_call *call, struct error *err)
{
    error_set(err, ERR_SQL, "no such function \"%.*s\"", (int)call->name.len,
              (const char *)call->name.at);
    error_place(err, E_NO_FUNCTION, call->at, 0);
    const char *near = NULL;
    unsigned limit =
        call->name.len / 3 < NEAR_DISTANCE_MAX ? (unsigned)call->name.len / 3 : NEAR_DISTANCE_MAX;
    for (uint32_t i = 0; function_at(i) != NULL; i++) {
        const struct function *f = function_at(i);
        unsigned distance = slice_distance(call->name, slice_text(f->name), limit);
        if (distance <= limit && (near == NULL || distance < limit) &&
            (f->flags & OPERATOR_NAME) == 0) {
            near = f->name;
            limit = distance;
        }
    }
    if (near != NULL) {
        error_hint(err, "did you mean \"%s\"?", near);
    }
    return ERR_SQL;
}

/* The signatures of all overloads as the hint. */
static void hint_signatures(const struct overload_call *call, struct error *err)
{
    struct bytebuf hint;
    bytebuf_init(&hint);
    for (const struct function *f = function_next(call->name, NULL); f != NULL;
         f = function_next(call->name, f)) {
        bytebuf_printf(&hint, "%s%s", hint.len == 0 ? "" : "; ", f->signature);
    }
    error_hint(err, "%s", bytebuf_text(&hint));
    bytebuf_release(&hint);
}

static void add_types(struct bytebuf *text, const struct overload_call *call, const char *between)
{
    char name[TYPE_NAME_BYTES];
    for (uint32_t i = 0; i < call->n_args; i++) {
        bytebuf_add_text(text, i == 0 ? "" : between);
        bytebuf_add_text(text, call->args[i]->type.id == TYPE_NULL
                                   ? "NULL"
                                   : type_name(call->args[i]->type, name));
    }
}

static enum status wrong_types(const struct overload_call *call, const struct function *function,
                               struct error *err)
{
    struct bytebuf text;
    struct bytebuf between;
    bytebuf_init(&text);
    bytebuf_init(&between);
    if ((function->flags & OPERATOR_NAME) != 0 && call->n_args == 2) {
        bytebuf_printf(&between, " %.*s ", (int)call->name.len, (const char *)call->name.at);
        add_types(&text, call, bytebuf_text(&between));
        error_set(err, ERR_SQL, "no operator %s", bytebuf_text(&text));
    } else {
        add_types(&text, call, ", ");
        error_set(err, ERR_SQL, "%.*s does not take (%s)", (int)call->name.len,
                  (const char *)call->name.at, bytebuf_text(&text));
    }
    bytebuf_release(&text);
    bytebuf_release(&between);
    if ((function->flags & COMPARES) != 0) {
        error_hint(err, "both sides must have one type: CAST one of them to that of the other");
    } else {
        hint_signatures(call, err);
    }
    error_place(err, E_ARGUMENTS, call->at, 0);
    return ERR_SQL;
}

static enum status wrong_number(const struct overload_call *call, struct error *err)
{
    error_set(err, ERR_SQL, "%.*s does not take %u argument%s", (int)call->name.len,
              (const char *)call->name.at, call->n_args, call->n_args == 1 ? "" : "s");
    hint_signatures(call, err);
    error_place(err, E_ARGUMENTS, call->at, 0);
    return ERR_SQL;
}

static enum status wrong_literal(const struct expr *e, const char *type, struct error *err)
{
    struct text text = e->constant.text;
    error_set(err, ERR_SQL, "'%.*s' is no %s", text.len < 100 ? (int)text.len : 100,
              (const char *)text.at, type);
    error_place(err, E_LITERAL, e->at, 0);
    return ERR_SQL;
}

/* `function` would take the call if its text constants read: names the first that does not. */
static enum status stray_literal(const struct overload_call *call, const struct function *function,
                                 struct error *err)
{
    struct params params = params_read(function->args);
    char name[TYPE_NAME_BYTES];
    for (uint32_t i = 0; i < call->n_args; i++) {
        uint8_t param = params_type(&params, i);
        if (arg_cost(function, param, call->args[i], false) == COST_NO) {
            return wrong_literal(call->args[i],
                                 param == TYPE_DECIMAL ? "number" : type_name(type_of(param), name),
                                 err);
        }
    }
    const struct expr *stray;
    CHECK(!same_fits(function, &params, call, &stray) && stray != NULL);
    struct type other = type_of(TYPE_NULL);
    for (uint32_t i = 0; i < call->n_args && other.id == TYPE_NULL; i++) {
        other = expr_is_text_constant(call->args[i]) ? other : call->args[i]->type;
    }
    return wrong_literal(stray, type_is_numeric(other) ? "number" : type_name(other, name), err);
}

enum status overload_choose(const struct overload_call *call, const struct function **out,
                            struct error *err)
{
    const struct function *first = function_next(call->name, NULL);
    if (first == NULL) {
        return no_function(call, err);
    }
    const struct function *best = cheapest(call, false);
    if (best != NULL) {
        *out = best;
        return OK;
    }
    best = cheapest(call, true);
    if (best != NULL) {
        return stray_literal(call, best, err);
    }
    for (const struct function *f = first; f != NULL; f = function_next(call->name, f)) {
        struct params params = params_read(f->args);
        if (params_take(&params, call->n_args)) {
            return wrong_types(call, f, err);
        }
    }
    return wrong_number(call, err);
}

/* ---- bringing -------------------------------------------------------------------------------- */

/* The DECIMAL as which an argument is taken. */
static struct type decimal_target(const struct expr *e)
{
    struct value value;
    if (e->type.id == TYPE_DECIMAL) {
        return e->type;
    }
    if (expr_is_text_constant(e) && literal_number(text_slice(e->constant.text), &value)) {
        return value.type.id == TYPE_DECIMAL ? value.type
                                             : type_decimal(literal_digits(value.i64), 0);
    }
    if (e->kind == EXPR_CONSTANT && e->type.id == TYPE_BIGINT && !e->constant.is_null) {
        unsigned digits = literal_digits(e->constant.i64);
        return type_decimal(digits < DECIMAL_PRECISION_MAX ? digits : DECIMAL_PRECISION_MAX, 0);
    }
    return type_decimal(e->type.id == TYPE_NULL ? 1 : DECIMAL_PRECISION_MAX, 0);
}

static struct type with_scale(struct type type, unsigned scale)
{
    unsigned precision = type.precision - (unsigned)type.scale + scale;
    return type_decimal(precision < DECIMAL_PRECISION_MAX ? precision : DECIMAL_PRECISION_MAX,
                        scale);
}

static void bring_same(struct arena *arena, const struct function *function,
                       const struct params *params, const struct overload_call *call,
                       struct expr **brought)
{
    struct expr *same[EXPR_ARGS_MAX];
    struct type common;
    const struct expr *stray;
    uint32_t n = same_args(params, call, same);
    if (n == 0) {
        return;
    }
    if ((function->flags & COMPARES) != 0) {
        unify_compared(arena, same);
    } else {
        CHECK(unify_common(same, n, &common, &stray));
        for (uint32_t i = 0; i < n; i++) {
            same[i] = expr_bring(arena, same[i], common);
        }
    }
    for (uint32_t i = 0, k = 0; i < call->n_args; i++) {
        if (params_type(params, i) == PARAM_SAME) {
            brought[i] = same[k++];
        }
    }
}

void overload_bring(struct arena *arena, const struct function *function,
                    const struct overload_call *call, struct expr **brought)
{
    struct params params = params_read(function->args);
    unsigned scale = 0;
    for (uint32_t i = 0; i < call->n_args; i++) {
        if (params_type(&params, i) == TYPE_DECIMAL &&
            decimal_target(call->args[i]).scale > scale) {
            scale = decimal_target(call->args[i]).scale;
        }
    }
    for (uint32_t i = 0; i < call->n_args; i++) {
        uint8_t param = params_type(&params, i);
        if (param == PARAM_ANY || param == PARAM_SAME) {
            brought[i] = call->args[i];
            continue;
        }
        struct type target = type_of(param);
        if (param == TYPE_DECIMAL) {
            target = decimal_target(call->args[i]);
            target = (function->flags & SCALES) != 0 ? with_scale(target, scale) : target;
        }
        brought[i] = expr_bring(arena, call->args[i], target);
    }
    bring_same(arena, function, &params, call, brought);
}

struct type overload_result(const struct expr *call)
{
    const struct function *function = call->function;
    if (function->setup->type != NULL) {
        return function->setup->type(call);
    }
    struct type type;
    if (slice_equal(slice_text(function->result), slice_text("T"))) {
        return call->args[0]->type;
    }
    CHECK(type_parse(slice_text(function->result), &type));
    return type;
}
