/* parser_actions: see parser_actions.h. */
#include "sql/parser_actions.h"

#include <inttypes.h>

#include "engine/base/checked.h"
#include "engine/base/textbuf.h"
#include "engine/data/schema.h"
#include "engine/data/timestamp.h"
#include "engine/plan/plan.h"
#include "sql/errors.h"
#include "sql/grammar.h"

void parser_fail(struct parser *p, int code, struct span span)
{
    if (p->status == OK) {
        error_place(p->err, code, span.at, span.length);
        p->status = p->err->status;
    }
}

bool parser_is_well(const struct parser *p)
{
    return p->status == OK;
}

struct span token_span(struct token token)
{
    return (struct span){token.at, (uint32_t)token.text.len};
}

struct span span_join(struct span first, struct span last)
{
    if (first.length == 0) {
        return last;
    }
    if (last.length == 0) {
        return first;
    }
    return (struct span){first.at, last.at + last.length - first.at};
}

struct span span_tokens(struct token first, struct token last)
{
    return span_join(token_span(first), token_span(last));
}

struct slice span_text(const struct parser *p, struct span span)
{
    return slice_of(p->text.at + span.at, span.length);
}

/* ---- names and literals ---------------------------------------------------------------------- */

/* The text between quotes, doubled quotes made one. */
static struct slice unquoted(struct parser *p, struct slice quoted)
{
    uint8_t quote = quoted.at[0];
    uint8_t *out = arena_alloc(p->arena, quoted.len);
    size_t n = 0;
    for (size_t i = 1; i + 1 < quoted.len; i++) {
        out[n++] = quoted.at[i];
        i += quoted.at[i] == quote;
    }
    return slice_of(out, n);
}

static bool is_quoted(struct slice text)
{
    return text.len > 0 && (text.at[0] == '"' || text.at[0] == '`' || text.at[0] == '\'');
}

struct ast_name act_name(struct parser *p, struct token token)
{
    struct slice text = is_quoted(token.text) ? unquoted(p, token.text) : token.text;
    return (struct ast_name){text, token_span(token)};
}

struct ast_name act_string(struct parser *p, struct token token)
{
    return (struct ast_name){unquoted(p, token.text), token_span(token)};
}

struct ast_name act_raw(struct parser *p, struct span span)
{
    return (struct ast_name){span_text(p, span), span};
}

struct ast_name act_name_join(struct parser *p, struct ast_name first, struct ast_name second)
{
    size_t length = first.text.len + 1 + second.text.len;
    uint8_t *text = arena_alloc(p->arena, length);
    memcpy(text, first.text.at, first.text.len);
    text[first.text.len] = '.';
    memcpy(text + first.text.len + 1, second.text.at, second.text.len);
    return (struct ast_name){slice_of(text, length), span_join(first.span, second.span)};
}

int64_t act_positive(struct parser *p, struct token token)
{
    int64_t value = 1;
    if ((!slice_to_i64(token.text, &value) || value < 1) && parser_is_well(p)) {
        error_set(p->err, ERR_SQL, "a count from 1 to %" PRId64 " must stand here", INT64_MAX);
        parser_fail(p, E_CONSTANT, token_span(token));
    }
    return value;
}

static void duration_fail(struct parser *p, struct span span)
{
    if (parser_is_well(p)) {
        error_set(p->err, ERR_SQL, "this is no duration");
        error_hint(p->err, "durations look like 500ms 30s 15m 1h30m 2d 1w, INTERVAL '15' MINUTE or "
                           "'10 seconds'");
        parser_fail(p, E_LEXER, span);
    }
}

struct ast_duration act_duration(struct parser *p, struct token token)
{
    struct ast_duration d = {.span = token_span(token)};
    struct slice text = is_quoted(token.text) ? unquoted(p, token.text) : token.text;
    if (!interval_parse(slice_trim(text), &d.us)) {
        duration_fail(p, d.span);
    }
    return d;
}

struct ast_duration act_duration_units(struct parser *p, struct token number, struct token unit,
                                       struct span span)
{
    struct ast_duration d = {.span = span};
    struct slice digits = is_quoted(number.text) ? unquoted(p, number.text) : number.text;
    struct slice singular = unit.text;
    if (singular.len > 0 && ascii_lower(singular.at[singular.len - 1]) == 's') {
        singular.len--;
    }
    if (slice_equal_nocase(singular, slice_text("month")) ||
        slice_equal_nocase(singular, slice_text("year"))) {
        if (parser_is_well(p)) {
            error_set(p->err, ERR_SQL, "months and years have no fixed length");
            error_hint(p->err, "write days, as in 30d");
            parser_fail(p, E_LEXER, span);
        }
        return d;
    }
    char *text = arena_printf(p->arena, "%.*s %.*s", (int)digits.len, (const char *)digits.at,
                              (int)unit.text.len, (const char *)unit.text.at);
    if (!interval_parse(slice_text(text), &d.us)) {
        duration_fail(p, span);
    }
    return d;
}

struct ast_duration act_duration_negative(struct parser *p, struct ast_duration d, struct span span)
{
    d.span = span;
    if (checked_sub(0, d.us, &d.us)) {
        duration_fail(p, span);
    }
    return d;
}

/* ---- expressions ----------------------------------------------------------------------------- */

struct ast_expr *act_expr(struct parser *p, enum ast_kind kind, struct span span)
{
    struct ast_expr *expr = arena_zalloc(p->arena, sizeof *expr);
    expr->kind = kind;
    expr->span = span;
    return expr;
}

static void depth_fail(struct parser *p, struct span span)
{
    if (parser_is_well(p)) {
        error_set(p->err, ERR_LIMIT, "this expression has more than %d levels", AST_DEPTH_MAX);
        parser_fail(p, E_NESTING, span);
    }
}

/* An inner node: depth comes from the arguments. A node that is too deep loses them, so that what
 * walks the tree before the error comes out cannot run out of stack. */
struct ast_expr *act_group(struct parser *p, enum ast_kind kind, struct ast_list args,
                           struct span span)
{
    struct ast_expr *expr = act_expr(p, kind, span);
    for (struct ast_expr *arg = args.first; arg != NULL; arg = arg->next) {
        if (arg->depth >= expr->depth) {
            expr->depth = (uint16_t)(arg->depth + 1);
        }
    }
    if (expr->depth <= AST_DEPTH_MAX) {
        expr->args = args;
    } else {
        depth_fail(p, span);
    }
    return expr;
}

struct ast_list act_list(struct parser *p, struct ast_list list, struct ast_expr *expr)
{
    (void)p;
    if (list.last == NULL) {
        list.first = expr;
    } else {
        list.last->next = expr;
    }
    list.last = expr;
    list.n++;
    return list;
}

struct ast_list act_list_join(struct parser *p, struct ast_list a, struct ast_list b)
{
    (void)p;
    if (a.last == NULL) {
        return b;
    }
    a.last->next = b.first;
    a.last = b.last != NULL ? b.last : a.last;
    a.n += b.n;
    return a;
}

static struct ast_list pair(struct parser *p, struct ast_expr *a, struct ast_expr *b)
{
    return act_list(p, act_list(p, (struct ast_list){0}, a), b);
}

struct ast_expr *act_name_expr(struct parser *p, struct ast_name name, uint32_t prefix_bytes)
{
    struct ast_expr *expr = act_expr(p, AST_NAME, name.span);
    expr->text = name.text;
    expr->prefix_bytes = prefix_bytes;
    return expr;
}

struct ast_expr *act_text(struct parser *p, struct token token)
{
    struct ast_expr *expr = act_expr(p, AST_TEXT, token_span(token));
    expr->text = unquoted(p, token.text);
    return expr;
}

struct ast_expr *act_number(struct parser *p, struct token token)
{
    struct ast_expr *expr = act_expr(p, AST_NUMBER, token_span(token));
    expr->text = token.text;
    return expr;
}

struct ast_expr *act_interval(struct parser *p, struct ast_duration duration)
{
    struct ast_expr *expr = act_expr(p, AST_INTERVAL, duration.span);
    expr->us = duration.us;
    return expr;
}

static struct ast_expr *operator_call(struct parser *p, const char *name, struct ast_list args,
                                      struct span span)
{
    struct ast_expr *expr = act_group(p, AST_CALL, args, span);
    expr->text = slice_text(name);
    expr->is_operator = true;
    return expr;
}

struct ast_expr *act_unary(struct parser *p, struct token op, const char *name, struct ast_expr *a)
{
    struct span span = span_join(token_span(op), a->span);
    if (name[0] == '+') {
        a->span = span;
        return a;
    }
    /* A sign belongs to its number: -9223372036854775808 is one. */
    if (a->kind == AST_NUMBER && !a->flag) {
        a->flag = true;
        a->span = span;
        return a;
    }
    return operator_call(p, name, act_list(p, (struct ast_list){0}, a), span);
}

struct ast_expr *act_binary(struct parser *p, const char *name, struct ast_expr *a,
                            struct ast_expr *b)
{
    return operator_call(p, name, pair(p, a, b), span_join(a->span, b->span));
}

struct ast_expr *act_postfix(struct parser *p, const char *name, struct ast_expr *a,
                             struct token last)
{
    struct ast_list args = act_list(p, (struct ast_list){0}, a);
    return operator_call(p, name, args, span_join(a->span, token_span(last)));
}

/* ~ ~* !~ !~* */
struct ast_expr *act_match(struct parser *p, struct token op, struct ast_expr *a,
                           struct ast_expr *b)
{
    bool negated = op.text.at[0] == '!';
    bool nocase = op.text.at[op.text.len - 1] == '*';
    struct ast_expr *expr = act_binary(p, nocase ? "~*" : "~", a, b);
    return negated ? act_not(p, expr, expr->span) : expr;
}

struct ast_expr *act_like(struct parser *p, const char *name, struct ast_list args)
{
    return operator_call(p, name, args, span_join(args.first->span, args.last->span));
}

struct ast_expr *act_logic(struct parser *p, enum ast_kind kind, struct ast_expr *a,
                           struct ast_expr *b)
{
    struct span span = span_join(a->span, b->span);
    struct ast_list none = {0};
    struct ast_list left = a->kind == kind ? a->args : act_list(p, none, a);
    struct ast_list right = b->kind == kind ? b->args : act_list(p, none, b);
    int right_depth = b->kind == kind ? b->depth - 1 : b->depth;
    /* A long chain is one node that grows, without looking at its parts again. */
    if (a->kind == kind && right_depth < a->depth) {
        a->args = act_list_join(p, left, right);
        a->span = span;
        return a;
    }
    return act_group(p, kind, act_list_join(p, left, right), span);
}

struct ast_expr *act_not(struct parser *p, struct ast_expr *a, struct span span)
{
    return operator_call(p, "not", act_list(p, (struct ast_list){0}, a), span);
}

struct ast_expr *act_call(struct parser *p, struct ast_name name, struct ast_list args,
                          struct token end)
{
    struct ast_expr *expr = act_group(p, AST_CALL, args, span_join(name.span, token_span(end)));
    expr->text = name.text;
    return expr;
}

/* name(a FROM b [FOR c]): EXTRACT, SUBSTRING and TRIM of the standard. */
struct ast_expr *act_call_from(struct parser *p, struct ast_name name, struct ast_list args,
                               struct token end)
{
    struct ast_expr *first = args.first;
    if (slice_equal_nocase(name.text, slice_text("extract")) && args.n == 2) {
        if (first->kind == AST_NAME) {
            first->kind = AST_TEXT;
        }
        return act_call(p, name, args, end);
    }
    if (slice_equal_nocase(name.text, slice_text("substring")) ||
        slice_equal_nocase(name.text, slice_text("substr"))) {
        return act_call(p, name, args, end);
    }
    if (slice_equal_nocase(name.text, slice_text("trim")) && args.n == 2) {
        return act_trim(p, name, first, args.last, end);
    }
    if (parser_is_well(p)) {
        error_set(p->err, ERR_SQL, "FROM inside %.*s(…) is not understood", (int)name.text.len,
                  (const char *)name.text.at);
        error_hint(p->err,
                   "extract(unit FROM x), substring(x FROM n FOR m) and trim(both 'a' FROM x) are; "
                   "other functions take their arguments separated by commas");
        parser_fail(p, E_SYNTAX, name.span);
    }
    return act_call(p, name, args, end);
}

struct ast_expr *act_call_as(struct parser *p, struct ast_name name, struct ast_expr *arg,
                             struct span type, struct token end)
{
    bool is_try = slice_equal_nocase(name.text, slice_text("try_cast"));
    if (!is_try && !slice_equal_nocase(name.text, slice_text("cast")) && parser_is_well(p)) {
        error_set(p->err, ERR_SQL, "AS inside %.*s(…) is not understood", (int)name.text.len,
                  (const char *)name.text.at);
        error_hint(p->err, "cast(x AS type) and try_cast(x AS type) are");
        parser_fail(p, E_SYNTAX, name.span);
    }
    struct ast_expr *expr = act_cast(p, arg, type);
    expr->span = span_join(name.span, token_span(end));
    expr->flag = is_try;
    return expr;
}

struct ast_expr *act_filter(struct parser *p, struct ast_expr *call, struct ast_expr *condition,
                            struct token end)
{
    call->span = span_join(call->span, token_span(end));
    if (condition->depth >= AST_DEPTH_MAX) {
        depth_fail(p, call->span);
        return call;
    }
    if (condition->depth >= call->depth) {
        call->depth = (uint16_t)(condition->depth + 1);
    }
    call->filter =
        call->filter == NULL ? condition : act_logic(p, AST_AND, call->filter, condition);
    return call;
}

struct ast_expr *act_cast(struct parser *p, struct ast_expr *arg, struct span type)
{
    struct ast_expr *expr =
        act_group(p, AST_CAST, act_list(p, (struct ast_list){0}, arg), span_join(arg->span, type));
    expr->type = span_text(p, type);
    expr->type_span = type;
    return expr;
}

struct ast_expr *act_typed(struct parser *p, struct ast_name type, struct token text)
{
    struct ast_expr *expr = act_text(p, text);
    expr->kind = AST_TYPED;
    expr->type = type.text;
    expr->type_span = type.span;
    expr->span = span_join(type.span, token_span(text));
    return expr;
}

/* ---- clauses --------------------------------------------------------------------------------- */

struct ast_items act_item(struct parser *p, struct ast_items items, struct ast_item item)
{
    struct ast_item *kept = arena_alloc(p->arena, sizeof *kept);
    *kept = item;
    if (items.last == NULL) {
        items.first = kept;
    } else {
        items.last->next = kept;
    }
    items.last = kept;
    items.n++;
    if (items.n > SCHEMA_COLUMNS_MAX && parser_is_well(p)) {
        error_set(p->err, ERR_LIMIT, "a list has at most %d entries", SCHEMA_COLUMNS_MAX);
        parser_fail(p, E_NESTING, item.expr->span);
    }
    return items;
}

static const char *const clause_names[] = {
    [CLAUSE_WHERE] = "WHERE",    [CLAUSE_GROUP] = "GROUP BY", [CLAUSE_HAVING] = "HAVING",
    [CLAUSE_ORDER] = "ORDER BY", [CLAUSE_LIMIT] = "LIMIT",    [CLAUSE_WINDOW] = "WINDOW",
    [CLAUSE_EMIT] = "EMIT",      [CLAUSE_INTO] = "INTO",
};

void act_clause(struct parser *p, struct ast_select *select, enum ast_clause clause,
                struct token token)
{
    unsigned bit = 1u << clause;
    unsigned ordered = (1u << (CLAUSE_LIMIT + 1)) - 1;
    unsigned later = clause <= CLAUSE_LIMIT ? select->clauses & ordered & ~(2 * bit - 1) : 0;
    bool twice = (select->clauses & bit) != 0;
    select->clauses |= bit;
    if (!parser_is_well(p) || (!twice && later == 0)) {
        return;
    }
    if (twice) {
        error_set(p->err, ERR_SQL, "%s is given twice", clause_names[clause]);
    } else {
        error_set(p->err, ERR_SQL, "%s must stand before %s", clause_names[clause],
                  clause_names[__builtin_ctz(later)]);
    }
    parser_fail(p, E_CLAUSE, token_span(token));
}

struct ast_select *act_select(struct parser *p, struct token token)
{
    struct ast_select *select = arena_zalloc(p->arena, sizeof *select);
    select->span = token_span(token);
    return select;
}

struct ast_with *act_with(struct parser *p, struct ast_name name, struct ast_select *query)
{
    struct ast_with *with = arena_zalloc(p->arena, sizeof *with);
    with->name = name;
    with->query = query;
    return with;
}

struct ast_select *act_union(struct parser *p, struct ast_select *first, struct ast_select *next)
{
    (void)p;
    struct ast_select *last = first->union_last != NULL ? first->union_last : first;
    last->union_all = next;
    first->union_last = next;
    return first;
}

struct ast_from *act_from(struct parser *p, enum ast_from_kind kind, struct ast_name name,
                          struct span span)
{
    struct ast_from *from = arena_zalloc(p->arena, sizeof *from);
    from->kind = kind;
    from->name = name;
    from->span = span;
    return from;
}

void act_join(struct parser *p, struct ast_from *first, struct ast_from *next)
{
    (void)p;
    struct ast_from *last = first->join_last != NULL ? first->join_last : first;
    last->join = next;
    first->join_last = next;
}

struct ast_options act_option(struct parser *p, struct ast_options options, struct ast_name key,
                              struct ast_name value)
{
    struct ast_option *option = arena_zalloc(p->arena, sizeof *option);
    uint8_t *lower = arena_alloc(p->arena, key.text.len);
    for (size_t i = 0; i < key.text.len; i++) {
        lower[i] = ascii_lower(key.text.at[i]);
    }
    *option = (struct ast_option){.key = slice_of(lower, key.text.len),
                                  .value = value.text,
                                  .key_span = key.span,
                                  .value_span = value.span};
    if (options.last == NULL) {
        options.first = option;
    } else {
        options.last->next = option;
    }
    options.last = option;
    return options;
}

struct ast_window *act_window(struct parser *p, enum ast_window_kind kind, struct ast_duration size,
                              struct span span)
{
    struct ast_window *window = arena_zalloc(p->arena, sizeof *window);
    window->kind = kind;
    window->size = size;
    window->span = span;
    return window;
}

void act_fill(struct parser *p, struct ast_window *window, struct token value, uint8_t kind)
{
    window->fill_given = true;
    window->fill = kind;
    int64_t number;
    if (kind == FILL_ZERO && (!slice_to_i64(value.text, &number) || number != 0) &&
        parser_is_well(p)) {
        error_set(p->err, ERR_SQL, "empty windows can be filled with 0, NULL or PREVIOUS");
        parser_fail(p, E_WINDOW, token_span(value));
    }
}

/* ---- statements ------------------------------------------------------------------------------ */

struct ast_statement *act_statement(struct parser *p, enum ast_statement_kind kind,
                                    struct token token)
{
    struct ast_statement *statement = arena_zalloc(p->arena, sizeof *statement);
    statement->kind = kind;
    statement->span = token_span(token);
    return statement;
}

void act_column(struct parser *p, struct ast_stream *stream, struct ast_column column)
{
    struct ast_column *kept = arena_alloc(p->arena, sizeof *kept);
    *kept = column;
    if (stream->last == NULL) {
        stream->first = kept;
    } else {
        stream->last->next = kept;
    }
    stream->last = kept;
    stream->n_columns++;
    if (stream->n_columns > SCHEMA_COLUMNS_MAX && parser_is_well(p)) {
        error_set(p->err, ERR_LIMIT, "a stream has at most %d columns", SCHEMA_COLUMNS_MAX);
        parser_fail(p, E_NESTING, column.name.span);
    }
}

void act_watermark(struct parser *p, struct ast_stream *stream, struct ast_watermark watermark)
{
    if (name_given(&stream->watermark.column) && parser_is_well(p)) {
        error_set(p->err, ERR_SQL, "WATERMARK is given twice");
        parser_fail(p, E_CLAUSE, watermark.column.span);
    }
    stream->watermark = watermark;
}

void act_once(struct parser *p, bool given, const char *clause, struct token token)
{
    if (given && parser_is_well(p)) {
        error_set(p->err, ERR_SQL, "%s is given twice", clause);
        parser_fail(p, E_CLAUSE, token_span(token));
    }
}
