/* ast_print: expressions as text, for the names of columns without an alias. Canonical: case,
 * spaces and redundant brackets of the statement do not show. */
#include "engine/data/timestamp.h"
#include "sql/ast.h"

static void print_lower(struct bytebuf *out, struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        bytebuf_add_byte(out, ascii_lower(text.at[i]));
    }
}

static void print_quoted(struct bytebuf *out, struct slice text)
{
    bytebuf_add_byte(out, '\'');
    for (size_t i = 0; i < text.len; i++) {
        bytebuf_add_byte(out, text.at[i]);
        if (text.at[i] == '\'') {
            bytebuf_add_byte(out, '\'');
        }
    }
    bytebuf_add_byte(out, '\'');
}

static bool is_compound(const struct ast_expr *expr)
{
    return expr->is_operator || expr->kind == AST_AND || expr->kind == AST_OR ||
           expr->kind == AST_BETWEEN || expr->kind == AST_IN;
}

/* As part of an operator: in brackets unless it is simple. */
static void print_part(struct bytebuf *out, const struct ast_expr *expr)
{
    bool brackets = is_compound(expr);
    bytebuf_add_text(out, brackets ? "(" : "");
    ast_print(out, expr);
    bytebuf_add_text(out, brackets ? ")" : "");
}

static void print_list(struct bytebuf *out, const struct ast_expr *first, const char *between)
{
    for (const struct ast_expr *arg = first; arg != NULL; arg = arg->next) {
        bytebuf_add_text(out, arg == first ? "" : between);
        ast_print(out, arg);
    }
}

static void print_operator(struct bytebuf *out, const struct ast_expr *expr)
{
    const struct ast_expr *arg = expr->args.first;
    bool is_word = expr->text.at[0] >= 'a';
    if (arg == NULL) { /* too deep: the parser has refused it */
        return;
    }
    if (expr->args.n == 1 && !slice_equal(slice_of(expr->text.at, 2), slice_text("is"))) {
        bytebuf_add(out, expr->text.at, expr->text.len);
        bytebuf_add_text(out, is_word ? " " : "");
        print_part(out, arg);
        return;
    }
    print_part(out, arg);
    bytebuf_add_byte(out, ' ');
    bytebuf_add(out, expr->text.at, expr->text.len);
    if (arg->next != NULL) {
        bytebuf_add_byte(out, ' ');
        print_part(out, arg->next);
    }
    if (expr->args.n == 3) {
        bytebuf_add_text(out, " escape ");
        print_part(out, arg->next->next);
    }
}

static void print_call(struct bytebuf *out, const struct ast_expr *expr)
{
    print_lower(out, expr->text);
    bytebuf_add_byte(out, '(');
    bytebuf_add_text(out, expr->star ? "*" : expr->distinct ? "distinct " : "");
    print_list(out, expr->args.first, ", ");
    bytebuf_add_byte(out, ')');
    if (expr->filter != NULL) {
        bytebuf_add_text(out, " filter (where ");
        ast_print(out, expr->filter);
        bytebuf_add_byte(out, ')');
    }
}

static void print_logic(struct bytebuf *out, const struct ast_expr *expr)
{
    for (const struct ast_expr *arg = expr->args.first; arg != NULL; arg = arg->next) {
        bytebuf_add_text(out, arg == expr->args.first ? ""
                              : expr->kind == AST_AND ? " and "
                                                      : " or ");
        print_part(out, arg);
    }
}

static void print_between(struct bytebuf *out, const struct ast_expr *expr)
{
    const struct ast_expr *arg = expr->args.first;
    if (arg == NULL) {
        return;
    }
    print_part(out, arg);
    bytebuf_add_text(out, " between ");
    print_part(out, arg->next);
    bytebuf_add_text(out, " and ");
    print_part(out, arg->next->next);
}

static void print_in(struct bytebuf *out, const struct ast_expr *expr)
{
    const struct ast_expr *arg = expr->args.first;
    if (arg == NULL) {
        return;
    }
    print_part(out, arg);
    bytebuf_add_text(out, " in (");
    print_list(out, arg->next, ", ");
    bytebuf_add_byte(out, ')');
}

static void print_case(struct bytebuf *out, const struct ast_expr *expr)
{
    const struct ast_expr *arg = expr->args.first;
    bytebuf_add_text(out, "case");
    if (expr->flag && arg != NULL) {
        bytebuf_add_byte(out, ' ');
        ast_print(out, arg);
        arg = arg->next;
    }
    while (arg != NULL) {
        bytebuf_add_text(out, arg->next != NULL ? " when " : " else ");
        ast_print(out, arg);
        if (arg->next != NULL) {
            arg = arg->next;
            bytebuf_add_text(out, " then ");
            ast_print(out, arg);
        }
        arg = arg->next;
    }
    bytebuf_add_text(out, " end");
}

static void print_cast(struct bytebuf *out, const struct ast_expr *expr)
{
    bytebuf_add_text(out, expr->flag ? "try_cast(" : "cast(");
    print_list(out, expr->args.first, "");
    bytebuf_add_text(out, " as ");
    print_lower(out, expr->type);
    bytebuf_add_byte(out, ')');
}

static void print_leaf(struct bytebuf *out, const struct ast_expr *expr)
{
    switch (expr->kind) {
    case AST_NULL:
        bytebuf_add_text(out, "null");
        break;
    case AST_BOOLEAN:
        bytebuf_add_text(out, expr->flag ? "true" : "false");
        break;
    case AST_NUMBER:
        bytebuf_add_text(out, expr->flag ? "-" : "");
        print_lower(out, expr->text);
        break;
    case AST_TYPED:
        print_lower(out, expr->type);
        bytebuf_add_byte(out, ' ');
        print_quoted(out, expr->text);
        break;
    case AST_TEXT:
        print_quoted(out, expr->text);
        break;
    case AST_INTERVAL:
        interval_print(out, expr->us);
        break;
    case AST_STAR:
        bytebuf_add_byte(out, '*');
        break;
    default:
        print_lower(out, expr->text);
        break;
    }
}

void ast_print(struct bytebuf *out, const struct ast_expr *expr)
{
    switch (expr->kind) {
    case AST_CALL:
        if (expr->is_operator) {
            print_operator(out, expr);
        } else {
            print_call(out, expr);
        }
        break;
    case AST_AND:
    case AST_OR:
        print_logic(out, expr);
        break;
    case AST_BETWEEN:
        print_between(out, expr);
        break;
    case AST_IN:
        print_in(out, expr);
        break;
    case AST_CASE:
        print_case(out, expr);
        break;
    case AST_CAST:
        print_cast(out, expr);
        break;
    default:
        print_leaf(out, expr);
        break;
    }
}

bool ast_is_call(const struct ast_expr *expr, const char *name)
{
    return expr->kind == AST_CALL && !expr->is_operator &&
           slice_equal_nocase(expr->text, slice_text(name));
}

bool ast_is_name(const struct ast_expr *expr, const char *name)
{
    return expr->kind == AST_NAME && slice_equal_nocase(expr->text, slice_text(name));
}
