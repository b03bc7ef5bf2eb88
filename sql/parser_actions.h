/* parser_actions: what the rules of grammar.y do, as functions: they build the AST in the
 * parser's arena and note the first error in the parser. None returns NULL. */
#ifndef SQL_PARSER_ACTIONS_H
#define SQL_PARSER_ACTIONS_H

#include "sql/parser.h"

/* True if an error may be set: only the first one counts. */
bool parser_is_well(const struct parser *p);
/* Notes an error at `span` unless there is one already. The text of *parser->err must be set. */
void parser_fail(struct parser *p, int code, struct span span);

struct span token_span(struct token token);
struct span span_tokens(struct token first, struct token last);
struct slice span_text(const struct parser *p, struct span span);

/* ---- names and literals ---- */
struct ast_name act_name(struct parser *p, struct token token);   /* quotes removed */
struct ast_name act_string(struct parser *p, struct token token); /* '…' */
struct ast_name act_raw(struct parser *p, struct span span);      /* as written */
struct ast_name act_name_join(struct parser *p, struct ast_name first, struct ast_name second);
/* A count of at least 1. */
int64_t act_positive(struct parser *p, struct token token);
struct ast_duration act_duration(struct parser *p, struct token token);
struct ast_duration act_duration_units(struct parser *p, struct token number, struct token unit,
                                       struct span span);
struct ast_duration act_duration_negative(struct parser *p, struct ast_duration d,
                                          struct span span);

/* ---- expressions ---- */
struct ast_expr *act_expr(struct parser *p, enum ast_kind kind, struct span span);
struct ast_expr *act_name_expr(struct parser *p, struct ast_name name, uint32_t prefix_bytes);
struct ast_expr *act_text(struct parser *p, struct token token);
struct ast_expr *act_number(struct parser *p, struct token token);
struct ast_expr *act_interval(struct parser *p, struct ast_duration duration);
struct ast_expr *act_unary(struct parser *p, struct token op, const char *name, struct ast_expr *a);
struct ast_expr *act_binary(struct parser *p, const char *name, struct ast_expr *a,
                            struct ast_expr *b);
struct ast_expr *act_postfix(struct parser *p, const char *name, struct ast_expr *a,
                             struct token last);
struct ast_expr *act_match(struct parser *p, struct token op, struct ast_expr *a,
                           struct ast_expr *b);
struct ast_expr *act_like(struct parser *p, const char *name, struct ast_list args);
struct ast_expr *act_logic(struct parser *p, enum ast_kind kind, struct ast_expr *a,
                           struct ast_expr *b);
struct ast_expr *act_not(struct parser *p, struct ast_expr *a, struct span span);
struct ast_expr *act_call(struct parser *p, struct ast_name name, struct ast_list args,
                          struct token end);
struct ast_expr *act_call_from(struct parser *p, struct ast_name name, struct ast_list args,
                               struct token end);
/* trim([side] [characters] FROM text) and position(part IN text). */
struct ast_expr *act_trim(struct parser *p, struct ast_name name, struct ast_expr *what,
                          struct ast_expr *text, struct token end);
struct ast_expr *act_call_in(struct parser *p, struct ast_name name, struct ast_expr *part,
                             struct ast_expr *text, struct token end);
struct ast_expr *act_call_as(struct parser *p, struct ast_name name, struct ast_expr *arg,
                             struct span type, struct token end);
struct ast_expr *act_filter(struct parser *p, struct ast_expr *call, struct ast_expr *condition,
                            struct token end);
struct ast_expr *act_cast(struct parser *p, struct ast_expr *arg, struct span type);
struct ast_expr *act_typed(struct parser *p, struct ast_name type, struct token text);
struct ast_expr *act_group(struct parser *p, enum ast_kind kind, struct ast_list args,
                           struct span span);
struct ast_list act_list(struct parser *p, struct ast_list list, struct ast_expr *expr);
struct ast_list act_list_join(struct parser *p, struct ast_list a, struct ast_list b);

/* ---- clauses ---- */
struct ast_items act_item(struct parser *p, struct ast_items items, struct ast_item item);
void act_clause(struct parser *p, struct ast_select *select, enum ast_clause clause,
                struct token token);
struct ast_select *act_select(struct parser *p, struct token token);
struct ast_with *act_with(struct parser *p, struct ast_name name, struct ast_select *query);
struct ast_select *act_union(struct parser *p, struct ast_select *first, struct ast_select *next);
struct ast_from *act_from(struct parser *p, enum ast_from_kind kind, struct ast_name name,
                          struct span span);
void act_join(struct parser *p, struct ast_from *first, struct ast_from *next);
struct ast_options act_option(struct parser *p, struct ast_options options, struct ast_name key,
                              struct ast_name value);
struct ast_window *act_window(struct parser *p, enum ast_window_kind kind, struct ast_duration size,
                              struct span span);
void act_fill(struct parser *p, struct ast_window *window, struct token value, uint8_t kind);

/* ---- statements ---- */
struct ast_statement *act_statement(struct parser *p, enum ast_statement_kind kind,
                                    struct token token);
void act_column(struct parser *p, struct ast_stream *stream, struct ast_column column);
void act_watermark(struct parser *p, struct ast_stream *stream, struct ast_watermark watermark);
void act_once(struct parser *p, bool given, const char *clause, struct token token);

#endif
