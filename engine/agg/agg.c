/* agg: the registry of aggregates (agg.def), choosing one for its arguments, printing a call. What
 * runs them is agg_set.c. */
#include "engine/agg/agg.h"

#include "engine/agg/agg_kind.h"
#include "engine/base/panic.h"
#include "engine/data/decimal.h"

#define STATES(bit_, i64_, f64_, text_)                                                            \
    {                                                                                              \
        [PHYSICAL_BIT] = (bit_), [PHYSICAL_I64] = (i64_), [PHYSICAL_F64] = (f64_),                 \
        [PHYSICAL_TEXT] = (text_)                                                                  \
    }

#define AGG(name_, accepts_, param_, distinct_, gives_, emit_, states_, signature_, summary_)      \
    {.name = #name_,                                                                               \
     .signature = (signature_),                                                                    \
     .summary = (summary_),                                                                        \
     .accepts = (accepts_),                                                                        \
     .param = (param_),                                                                            \
     .distinct = (distinct_),                                                                      \
     .result = (gives_),                                                                           \
     .states = states_,                                                                            \
     .emit = (emit_)},

static const struct agg_kind agg_kinds[] = {
#include "engine/agg/agg.def"
};

#undef AGG
#undef STATES

enum { AGG_KINDS = sizeof agg_kinds / sizeof agg_kinds[0] };

const struct agg_kind *agg_kind_at(uint32_t index)
{
    return index < AGG_KINDS ? &agg_kinds[index] : NULL;
}

static const struct agg_kind *kind_find(struct slice name)
{
    for (uint32_t i = 0; i < AGG_KINDS; i++) {
        if (slice_equal_nocase(name, slice_text(agg_kinds[i].name))) {
            return &agg_kinds[i];
        }
    }
    return NULL;
}

bool agg_exists(struct slice name)
{
    return kind_find(name) != NULL;
}

bool agg_at(uint32_t index, const char **name, const char **signature, const char **summary)
{
    if (index >= AGG_KINDS) {
        return false;
    }
    *name = agg_kinds[index].name;
    *signature = agg_kinds[index].signature;
    *summary = agg_kinds[index].summary;
    return true;
}

/* ---- choosing -------------------------------------------------------------------------------- */

enum { E_ARGUMENTS = 111, E_CONSTANT = 113 };

static enum status fail(struct error *err, int code)
{
    error_place(err, code, -1, 0);
    return ERR_SQL;
}

/* Whether an argument of type `from` is taken, and what it is cast to before. A bare NULL has no
 * type: it becomes one that is taken. */
static bool argument_fits(enum agg_accepts accepts, struct type from, struct type *to)
{
    *to = from;
    switch (accepts) {
    case AGG_ANY:
        *to = from.id == TYPE_NULL ? type_of(TYPE_TEXT) : from;
        return true;
    case AGG_SUMMABLE:
        *to = from.id == TYPE_NULL ? type_of(TYPE_BIGINT) : from;
        return type_is_numeric(*to) || to->id == TYPE_INTERVAL;
    case AGG_DOUBLE:
        *to = type_of(TYPE_DOUBLE);
        return type_is_numeric(from) || from.id == TYPE_NULL;
    case AGG_BOOLEAN:
        *to = type_of(TYPE_BOOLEAN);
        return from.id == TYPE_BOOLEAN || from.id == TYPE_NULL;
    case AGG_TEXT:
        *to = type_of(TYPE_TEXT);
        return true;
    }
    return false;
}

static bool takes_param(const struct agg_kind *kind)
{
    return kind->param != AGG_NO_PARAM && kind->param != AGG_HALF;
}

static enum status check_number(const struct agg_kind *kind, bool distinct, uint32_t n_args,
                                uint32_t n_params, struct error *err)
{
    uint32_t wanted_params = takes_param(kind) ? 1 : 0;
    if (n_args == 1 && n_params == wanted_params) {
        return OK;
    }
    bool is_count = kind->emit == agg_count_emit;
    if (is_count && n_args == 0 && n_params == 0 && !distinct) {
        return OK;
    }
    if (wanted_params == 1 && n_args == 2 && n_params == 0) {
        error_set(err, ERR_SQL, "the second argument of %s must be a constant", kind->name);
        error_hint(err, "%s", kind->signature);
        return fail(err, E_CONSTANT);
    }
    error_set(err, ERR_SQL, "%s takes %u argument%s, not %u", kind->name, 1 + wanted_params,
              wanted_params == 0 ? "" : "s", n_args + n_params);
    error_hint(err, "%s", kind->signature);
    return fail(err, E_ARGUMENTS);
}

static enum status take_argument(const struct agg_kind *kind, struct type from,
                                 struct agg_call *call, struct error *err)
{
    if (argument_fits(kind->accepts, from, &call->arg_types[0])) {
        call->n_args = 1;
        return OK;
    }
    char name[TYPE_NAME_BYTES];
    error_set(err, ERR_SQL, "%s does not take %s", kind->name, type_name(from, name));
    if (from.id == TYPE_BOOLEAN) {
        error_hint(err, "count(*) FILTER (WHERE …) counts the rows where something is true");
    } else if (from.id == TYPE_TEXT) {
        error_hint(err, "%s; CAST(x AS DOUBLE) reads numbers from text", kind->signature);
    } else {
        error_hint(err, "%s", kind->signature);
    }
    return fail(err, E_ARGUMENTS);
}

static bool param_to_f64(const struct value *param, double *out)
{
    switch (param->type.id) {
    case TYPE_BIGINT:
        *out = (double)param->i64;
        return !param->is_null;
    case TYPE_DECIMAL:
        *out = decimal_to_f64(param->i64, param->type.scale);
        return !param->is_null;
    case TYPE_DOUBLE:
        *out = param->f64;
        return !param->is_null;
    default:
        return false;
    }
}

static enum status take_fraction(const struct agg_kind *kind, const struct value *param,
                                 struct agg_call *call, struct error *err)
{
    double p;
    if (!param_to_f64(param, &p) || !(p >= 0 && p <= 1)) {
        error_set(err, ERR_SQL, "the second argument of %s must be a number from 0 to 1",
                  kind->name);
        error_hint(err, "%s(x, 0.95) is the 95th percentile", kind->name);
        return fail(err, E_CONSTANT);
    }
    call->param = value_double(p);
    return OK;
}

static enum status take_param(struct arena *arena, const struct agg_kind *kind,
                              const struct value *param, struct agg_call *call, struct error *err)
{
    switch (kind->param) {
    case AGG_NO_PARAM:
        return OK;
    case AGG_HALF:
        call->param = value_double(0.5);
        return OK;
    case AGG_FRACTION:
        return take_fraction(kind, param, call, err);
    case AGG_HOW_MANY:
        if (param->is_null || param->type.id != TYPE_BIGINT || param->i64 < 1 ||
            param->i64 > AGG_TOP_K_MAX) {
            error_set(err, ERR_SQL, "the second argument of %s must be an integer from 1 to %d",
                      kind->name, AGG_TOP_K_MAX);
            return fail(err, E_CONSTANT);
        }
        call->param = *param;
        return OK;
    case AGG_SEPARATOR:
        if (!param->is_null && param->type.id != TYPE_TEXT) {
            error_set(err, ERR_SQL, "the second argument of %s must be text", kind->name);
            return fail(err, E_CONSTANT);
        }
        /* A NULL separator separates by nothing, as in PostgreSQL. */
        call->param = value_text(param->is_null ? slice_text("")
                                                : arena_copy(arena, text_slice(param->text)));
        return OK;
    }
    return OK;
}

static enum status take_distinct(const struct agg_kind *kind, bool distinct, struct agg_call *call,
                                 struct error *err)
{
    if (distinct && kind->distinct == AGG_DISTINCT_REFUSED) {
        error_set(err, ERR_SQL, "%s does not take DISTINCT", kind->name);
        return fail(err, E_ARGUMENTS);
    }
    call->distinct = distinct && kind->distinct == AGG_DISTINCT_COUNTS;
    return OK;
}

static struct type result_type(const struct agg_kind *kind, struct type arg)
{
    switch (kind->result) {
    case AGG_GIVES_COUNT:
        return type_of(TYPE_BIGINT);
    case AGG_GIVES_SAME:
        return arg;
    case AGG_GIVES_SUM:
        return arg.id == TYPE_DECIMAL ? type_decimal(DECIMAL_PRECISION_MAX, arg.scale) : arg;
    case AGG_GIVES_MEAN:
        return arg.id == TYPE_INTERVAL ? arg : type_of(TYPE_DOUBLE);
    case AGG_GIVES_DOUBLE:
        return type_of(TYPE_DOUBLE);
    case AGG_GIVES_TEXT:
        return type_of(TYPE_TEXT);
    }
    return arg;
}

enum status agg_resolve(struct arena *arena, struct slice name, bool distinct,
                        const struct type *arg_types, uint32_t n_args, const struct value *params,
                        uint32_t n_params, struct agg_call *out, struct error *err)
{
    const struct agg_kind *kind = kind_find(name);
    if (kind == NULL) {
        error_set(err, ERR_SQL, "no such aggregate \"%.*s\"", (int)name.len, (const char *)name.at);
        return fail(err, E_ARGUMENTS);
    }
    struct agg_call call = {.kind = kind, .time_column = -1};
    TRY(check_number(kind, distinct, n_args, n_params, err));
    if (n_args > 0) {
        TRY(take_argument(kind, arg_types[0], &call, err));
    }
    TRY(take_param(arena, kind, params, &call, err));
    TRY(take_distinct(kind, distinct, &call, err));
    call.result = result_type(kind, call.arg_types[0]);
    call.result_not_null = kind->result == AGG_GIVES_COUNT;
    *out = call;
    return OK;
}

/* ---- printing -------------------------------------------------------------------------------- */

static void print_text(struct bytebuf *out, struct slice text)
{
    bytebuf_add_byte(out, '\'');
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] == '\'') {
            bytebuf_add_byte(out, '\'');
        }
        bytebuf_add_byte(out, text.at[i]);
    }
    bytebuf_add_byte(out, '\'');
}

void agg_call_print(struct bytebuf *out, const struct agg_call *call, const struct schema *schema)
{
    bytebuf_printf(out, "%s(%s", call->kind->name, call->distinct ? "DISTINCT " : "");
    if (call->n_args == 0) {
        bytebuf_add_byte(out, '*');
    } else {
        CHECK(call->args[0] < schema->n);
        struct slice name = schema->fields[call->args[0]].name;
        bytebuf_add(out, name.at, name.len);
    }
    if (takes_param(call->kind)) {
        bytebuf_add_text(out, ", ");
        if (call->param.type.id == TYPE_TEXT) {
            print_text(out, text_slice(call->param.text));
        } else {
            value_print(out, &call->param);
        }
    }
    bytebuf_add_byte(out, ')');
}
