/* expr_print: expressions as SQL, for EXPLAIN and error texts. Brackets stand where the grammar
 * needs them. */
#include "engine/base/textbuf.h"
#include "engine/data/timestamp.h"
#include "engine/expr/kernel.h"

/* How tightly operators bind, loosest first (PostgreSQL). */
enum binding {
    BIND_OR = 1,
    BIND_AND,
    BIND_NOT,
    BIND_IS,
    BIND_COMPARE,
    BIND_LIKE,
    BIND_OTHER, /* || ~ */
    BIND_SUM,
    BIND_PRODUCT,
    BIND_SIGN,
    BIND_ATOM,
};

enum shape { SHAPE_INFIX, SHAPE_PREFIX, SHAPE_SUFFIX, SHAPE_LIST, SHAPE_CALL };

struct form {
    const char *name;
    const char *text;
    enum shape shape;
    enum binding binding;
};

static const struct form forms[] = {
    {"or", "OR", SHAPE_INFIX, BIND_OR},
    {"and", "AND", SHAPE_INFIX, BIND_AND},
    {"not", "NOT ", SHAPE_PREFIX, BIND_NOT},
    {"is null", "IS NULL", SHAPE_SUFFIX, BIND_IS},
    {"is not null", "IS NOT NULL", SHAPE_SUFFIX, BIND_IS},
    {"is true", "IS TRUE", SHAPE_SUFFIX, BIND_IS},
    {"is false", "IS FALSE", SHAPE_SUFFIX, BIND_IS},
    {"is not true", "IS NOT TRUE", SHAPE_SUFFIX, BIND_IS},
    {"is not false", "IS NOT FALSE", SHAPE_SUFFIX, BIND_IS},
    {"is distinct from", "IS DISTINCT FROM", SHAPE_INFIX, BIND_IS},
    {"is not distinct from", "IS NOT DISTINCT FROM", SHAPE_INFIX, BIND_IS},
    {"=", "=", SHAPE_INFIX, BIND_COMPARE},
    {"<>", "<>", SHAPE_INFIX, BIND_COMPARE},
    {"<", "<", SHAPE_INFIX, BIND_COMPARE},
    {"<=", "<=", SHAPE_INFIX, BIND_COMPARE},
    {">", ">", SHAPE_INFIX, BIND_COMPARE},
    {">=", ">=", SHAPE_INFIX, BIND_COMPARE},
    {"in", "IN", SHAPE_LIST, BIND_LIKE},
    {"like", "LIKE", SHAPE_INFIX, BIND_LIKE},
    {"ilike", "ILIKE", SHAPE_INFIX, BIND_LIKE},
    {"~", "~", SHAPE_INFIX, BIND_OTHER},
    {"~*", "~*", SHAPE_INFIX, BIND_OTHER},
    {"||", "||", SHAPE_INFIX, BIND_OTHER},
    {"+", "+", SHAPE_INFIX, BIND_SUM},
    {"-", "-", SHAPE_INFIX, BIND_SUM},
    {"*", "*", SHAPE_INFIX, BIND_PRODUCT},
    {"/", "/", SHAPE_INFIX, BIND_PRODUCT},
    {"%", "%", SHAPE_INFIX, BIND_PRODUCT},
    {"neg", "-", SHAPE_PREFIX, BIND_SIGN},
};

static struct form form_of(const struct expr *e)
{
    const char *name = e->function->name;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (strcmp(name, forms[i].name) == 0) {
            return forms[i];
        }
    }
    return (struct form){name, name, SHAPE_CALL, BIND_ATOM};
}

/* ---- leaves ---------------------------------------------------------------------------------- */

static void print_constant(struct bytebuf *out, const struct value *value)
{
    if (value->is_null) {
        bytebuf_add_text(out, "NULL");
        return;
    }
    switch ((enum type_id)value->type.id) {
    case TYPE_TEXT:
        textbuf_quoted(out, text_slice(value->text), '\'');
        return;
    case TYPE_TIMESTAMP:
        bytebuf_add_text(out, "TIMESTAMP '");
        value_print(out, value);
        bytebuf_add_byte(out, '\'');
        return;
    case TYPE_INTERVAL:
        bytebuf_add_text(out, "INTERVAL '");
        value_print(out, value);
        bytebuf_add_byte(out, '\'');
        return;
    case TYPE_DOUBLE:
        textbuf_f64(out, value->f64, true);
        return;
    default:
        value_print(out, value);
    }
}

static bool is_plain_name(struct slice name)
{
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = ascii_lower(name.at[i]);
        bool is_letter = (uint8_t)(c - 'a') < 26 || c == '_' || c >= 0x80;
        if (!is_letter && (i == 0 || (!ascii_is_digit(c) && c != '.'))) {
            return false;
        }
    }
    return name.len > 0;
}

static void print_column(struct bytebuf *out, uint32_t column, const struct schema *schema)
{
    if (schema == NULL || column >= schema->n) {
        bytebuf_printf(out, "$%u", column);
        return;
    }
    struct slice name = schema->fields[column].name;
    if (is_plain_name(name)) {
        bytebuf_add(out, name.at, name.len);
    } else {
        textbuf_quoted(out, name, '"');
    }
}

/* ---- calls ----------------------------------------------------------------------------------- */

static void print_bound(struct bytebuf *out, const struct expr *e, const struct schema *schema,
                        enum binding around)
{
    enum binding own = e->kind == EXPR_CALL ? form_of(e).binding : BIND_ATOM;
    if (e->kind == EXPR_CONSTANT && !e->constant.is_null && type_is_numeric(e->type) &&
        (e->type.id == TYPE_DOUBLE ? e->constant.f64 < 0 : e->constant.i64 < 0)) {
        own = BIND_SIGN;
    }
    if (own >= around) {
        expr_print(out, e, schema);
        return;
    }
    bytebuf_add_byte(out, '(');
    expr_print(out, e, schema);
    bytebuf_add_byte(out, ')');
}

static void print_list(struct bytebuf *out, const struct expr *e, uint32_t first,
                       const struct schema *schema)
{
    bytebuf_add_byte(out, '(');
    for (uint32_t i = first; i < e->n_args; i++) {
        bytebuf_add_text(out, i == first ? "" : ", ");
        expr_print(out, e->args[i], schema);
    }
    bytebuf_add_byte(out, ')');
}

/* a OP b OP c; what stands behind the first operator must bind tighter, as a - (b - c) does. Three
 * arguments of LIKE are its ESCAPE. */
static void print_infix(struct bytebuf *out, const struct expr *e, struct form form,
                        const struct schema *schema)
{
    bool is_like = form.binding == BIND_LIKE;
    bool is_chain = form.binding <= BIND_AND;
    bool is_left_chain = form.binding >= BIND_OTHER;
    for (uint32_t i = 0; i < e->n_args; i++) {
        if (i > 0) {
            bytebuf_printf(out, " %s ", is_like && i == 2 ? "ESCAPE" : form.text);
        }
        bool may_be_equal = is_chain || (is_left_chain && i == 0);
        print_bound(out, e->args[i], schema, form.binding + (may_be_equal ? 0 : 1));
    }
}

static void print_call(struct bytebuf *out, const struct expr *e, const struct schema *schema)
{
    struct form form = form_of(e);
    switch (form.shape) {
    case SHAPE_INFIX:
        print_infix(out, e, form, schema);
        break;
    case SHAPE_PREFIX:
        bytebuf_add_text(out, form.text);
        print_bound(out, e->args[0], schema, form.binding + (form.binding == BIND_SIGN ? 1 : 0));
        break;
    case SHAPE_SUFFIX:
        print_bound(out, e->args[0], schema, form.binding + 1);
        bytebuf_printf(out, " %s", form.text);
        break;
    case SHAPE_LIST:
        print_bound(out, e->args[0], schema, form.binding + 1);
        bytebuf_printf(out, " %s ", form.text);
        print_list(out, e, 1, schema);
        break;
    case SHAPE_CALL:
        bytebuf_add_text(out, form.text);
        print_list(out, e, 0, schema);
        break;
    }
}

static void print_cast(struct bytebuf *out, const struct expr *e, const struct schema *schema)
{
    char name[TYPE_NAME_BYTES];
    bytebuf_add_text(out, e->function == &function_cast ? "CAST(" : "TRY_CAST(");
    expr_print(out, e->args[0], schema);
    bytebuf_printf(out, " AS %s)", type_name(e->type, name));
}

static void print_case(struct bytebuf *out, const struct expr *e, const struct schema *schema)
{
    bytebuf_add_text(out, "CASE");
    for (uint32_t i = 0; i + 1 < e->n_args; i += 2) {
        bytebuf_add_text(out, " WHEN ");
        expr_print(out, e->args[i], schema);
        bytebuf_add_text(out, " THEN ");
        expr_print(out, e->args[i + 1], schema);
    }
    if (e->n_args % 2 == 1) {
        bytebuf_add_text(out, " ELSE ");
        expr_print(out, e->args[e->n_args - 1], schema);
    }
    bytebuf_add_text(out, " END");
}

void expr_print(struct bytebuf *out, const struct expr *e, const struct schema *schema)
{
    switch (e->kind) {
    case EXPR_CONSTANT:
        print_constant(out, &e->constant);
        break;
    case EXPR_COLUMN:
        print_column(out, e->column, schema);
        break;
    case EXPR_CALL:
        if (e->function == &function_cast || e->function == &function_try_cast) {
            print_cast(out, e, schema);
        } else {
            print_call(out, e, schema);
        }
        break;
    case EXPR_CASE:
        print_case(out, e, schema);
        break;
    }
}
