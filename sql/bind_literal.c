/* bind_literal: constants as they are written, and type names. */
#include "engine/base/panic.h"
#include "engine/data/decimal.h"
#include "sql/bind_parts.h"
#include "sql/errors.h"
#include "sql/suggest.h"

static const char *const type_names[] = {
    "boolean", "bool",   "bigint", "int",       "integer",  "smallint",
    "double",  "real",   "float",  "decimal",   "numeric",  "text",
    "varchar", "string", "char",   "timestamp", "interval",
};

enum status bind_type(struct slice text, struct span span, struct type *out, struct error *err)
{
    if (type_parse(text, out)) {
        return OK;
    }
    struct slice word = text;
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] == '(' || ascii_is_space(text.at[i])) {
            word.len = i;
            break;
        }
    }
    struct suggest suggest = suggest_for(word);
    for (size_t i = 0; i < sizeof type_names / sizeof type_names[0]; i++) {
        suggest_add(&suggest, slice_text(type_names[i]));
    }
    int shown_bytes = text.len < 80 ? (int)text.len : 80;
    error_set(err, ERR_SQL, "no such type \"%.*s\"", shown_bytes, (const char *)text.at);
    if (suggest.distance == 0) {
        error_hint(err, "DECIMAL(p,s) takes a precision from 1 to %d and a scale up to it",
                   DECIMAL_PRECISION_MAX);
    } else if (!suggest_hint(&suggest, err)) {
        error_hint(err, "types are BOOLEAN, BIGINT, DOUBLE, DECIMAL(p,s), TEXT, TIMESTAMP and "
                        "INTERVAL");
    }
    return sql_fail(err, E_NO_TYPE, span);
}

static struct slice signed_text(struct arena *arena, const struct ast_expr *ast)
{
    if (!ast->flag) {
        return ast->text;
    }
    uint8_t *text = arena_alloc(arena, ast->text.len + 1);
    text[0] = '-';
    memcpy(text + 1, ast->text.at, ast->text.len);
    return slice_of(text, ast->text.len + 1);
}

/* 12.50 is DECIMAL(4,2), as in the standard; what has more than 18 digits or an exponent is DOUBLE.
 */
static bool read_decimal(struct slice text, struct value *out)
{
    unsigned digits = 0;
    unsigned scale = 0;
    bool is_fraction = false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] == '.') {
            is_fraction = true;
        } else if (ascii_is_digit(text.at[i])) {
            digits += digits > 0 || text.at[i] != '0';
            scale += is_fraction;
        } else if (text.at[i] != '-') {
            return false;
        }
    }
    unsigned precision = digits > scale ? digits : scale;
    precision = precision > 0 ? precision : 1;
    int64_t scaled;
    if (precision > DECIMAL_PRECISION_MAX || !decimal_parse(text, precision, scale, &scaled)) {
        return false;
    }
    *out = value_i64(type_decimal(precision, scale), scaled);
    return true;
}

static enum status bind_number(struct arena *arena, const struct ast_expr *ast, struct expr **out,
                               struct error *err)
{
    struct slice text = signed_text(arena, ast);
    bool is_integer = true;
    for (size_t i = 0; i < ast->text.len; i++) {
        is_integer = is_integer && ascii_is_digit(ast->text.at[i]);
    }
    struct value value;
    int64_t integer;
    double real;
    if (is_integer && slice_to_i64(text, &integer)) {
        value = value_bigint(integer);
    } else if (!is_integer && read_decimal(text, &value)) {
        *out = expr_constant(arena, value);
        (*out)->at = ast->span.at;
        return OK;
    } else if (!is_integer && slice_to_f64(text, &real)) {
        value = value_double(real);
    } else {
        error_set(err, ERR_SQL, "this number does not fit into %s",
                  is_integer ? "BIGINT" : "DOUBLE");
        return sql_fail(err, E_LEXER, ast->span);
    }
    *out = expr_constant(arena, value);
    (*out)->at = ast->span.at;
    return OK;
}

/* TIMESTAMP '2026-01-05 09:00:00': a cast that must succeed now. DATE is the same type. */
static enum status bind_typed(struct arena *arena, const struct ast_expr *ast, struct expr **out,
                              struct error *err)
{
    struct type type = type_of(TYPE_TIMESTAMP);
    if (!slice_equal_nocase(ast->type, slice_text("date"))) {
        TRY(bind_type(ast->type, ast->type_span, &type, err));
    }
    struct expr *text = expr_constant(arena, value_text(ast->text));
    struct expr *cast;
    TRY(sql_place(expr_cast(arena, text, type, false, ast->span.at, &cast, err), ast->span, err));
    if (cast->kind != EXPR_CONSTANT || cast->constant.is_null) {
        char name[TYPE_NAME_BYTES];
        error_set(err, ERR_SQL, "'%s' does not read as %s", shown(arena, ast->text),
                  type_name(type, name));
        return sql_fail(err, E_TYPE, ast->span);
    }
    *out = cast;
    return OK;
}

enum status bind_literal(struct arena *arena, const struct ast_expr *ast, struct expr **out,
                         struct error *err)
{
    struct value value = {0};
    switch (ast->kind) {
    case AST_NUMBER:
        return bind_number(arena, ast, out, err);
    case AST_TYPED:
        return bind_typed(arena, ast, out, err);
    case AST_BOOLEAN:
        value = value_boolean(ast->flag);
        break;
    case AST_TEXT:
        value = value_text(ast->text);
        break;
    case AST_INTERVAL:
        value = value_i64(type_of(TYPE_INTERVAL), ast->us);
        break;
    default:
        CHECK(ast->kind == AST_NULL);
        value = value_null(type_of(TYPE_NULL));
        break;
    }
    *out = expr_constant(arena, value);
    (*out)->at = ast->span.at;
    return OK;
}
