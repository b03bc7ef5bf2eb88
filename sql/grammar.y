/* grammar: the statements of the language as an LALR(1) grammar for lemon. Rules say what may stand
 * where and hand the rest to parser_actions.c; what a statement means is decided by the binders.
 *
 * Two kinds of names: `name` is any name, also a word that is a keyword elsewhere (token KW, chosen
 * by parser.c); a bare alias must be a real identifier (token ID), so that `FROM s WINDOW 30s`
 * cannot be read as an alias. The file must have no conflicts: lemon fails the build otherwise. It
 * is long because lemon reads one file. */

%name Grammar
%token_prefix TK_
%token_type {struct token}
%extra_context {struct parser *p}
%stack_size 3000

%include {
#include "sql/grammar.h"

#include "engine/base/panic.h"
#include "engine/io/sink.h"
#include "engine/plan/plan.h"
#include "sql/errors.h"
#include "sql/parser_actions.h"
#include "sql/statement.h"

/* The generated parser is trusted: parser.c asks grammar_accepts before it feeds a token, so there
 * is no error to recover from, and it lives in an arena. */
#define NDEBUG 1
#define YYNOERRORRECOVERY 1
#define Grammar_ENGINEALWAYSONSTACK 1
}

%syntax_error {
    CHECK(false);
    (void)yymajor;
}
%stack_overflow {
    error_set(p->err, ERR_LIMIT, "the statement is nested too deeply");
    parser_fail(p, E_NESTING, (struct span){(uint32_t)p->text.len, 0});
}

/* Binding strength, weakest first (PostgreSQL's). */
%left OR.
%left AND.
%right NOT.
%nonassoc IS.
%left EQ NE LT LE GT GE.
%nonassoc BETWEEN IN LIKE ILIKE.
%nonassoc ESCAPE.
%left CONCAT MATCH.
%left PLUS MINUS.
%left STAR SLASH PERCENT.
%right UNARY.
%left CAST.

%type name {struct ast_name}
%type alias {struct ast_name}
%type dotted {struct ast_expr *}
%type column_name {struct ast_name}
%type text {struct ast_name}
%type expr {struct ast_expr *}
%type call {struct ast_expr *}
%type searched {struct ast_expr *}
%type over {struct ast_over *}
%type frame {struct ast_frame}
%type frame_start {struct ast_frame}
%type args {struct ast_list}
%type arg {struct ast_expr *}
%type exprs {struct ast_list}
%type whens {struct ast_list}
%type otherwise {struct ast_expr *}
%type type {struct span}
%type interval {struct ast_duration}
%type duration {struct ast_duration}
%type select {struct ast_select *}
%type union {struct ast_select *}
%type query {struct ast_select *}
%type distinct {bool}
%type windows_word {struct token}
%type rows_word {struct token}
%type items {struct ast_items}
%type item {struct ast_item}
%type order {struct ast_items}
%type order_key {struct ast_item}
%type from {struct ast_from *}
%type table {struct ast_from *}
%type table_head {struct ast_from *}
%type join_kind {int}
%type join_tail {struct ast_from *}
%type window {struct ast_window *}
%type window_form {struct ast_window *}
%type ksql_options {struct ast_duration}
%type size {struct ast_duration}
%type emit {struct ast_emit}
%type into {struct ast_into *}
%type sink_target {struct ast_into *}
%type sink_place {struct ast_into *}
%type format {struct ast_format}
%type options {struct ast_options}
%type option_list {struct ast_options}
%type option_key {struct ast_name}
%type option_value {struct ast_name}
%type statement {struct ast_statement *}
%type explained {struct ast_statement *}
%type insert {struct ast_statement *}
%type create_query {struct ast_statement *}
%type stream {struct ast_statement *}
%type stream_head {struct ast_statement *}
%type stream_columns {struct ast_statement *}
%type column {struct ast_column}
%type watermark {struct ast_watermark}
%type if_not_exists {bool}
%type if_exists {bool}
%type object {int}
%type show {int}
%type explain {int}

%start_symbol start
start ::= statement(A) end. { p->result = A; }
end ::= .
end ::= SEMICOLON.

/* ---- names ---- */
name(A) ::= ID(T). { A = act_name(p, T); }
name(A) ::= KW(T). { A = act_name(p, T); }

dotted(A) ::= name(N). { A = act_name_expr(p, N, 0); }
dotted(A) ::= dotted(B) DOT name(N). {
    struct ast_name joined = act_name_join(p, (struct ast_name){B->text, B->span}, N);
    A = act_name_expr(p, joined, B->prefix_bytes > 0 ? B->prefix_bytes : (uint32_t)B->text.len);
}
column_name(A) ::= dotted(B). { A = (struct ast_name){B->text, B->span}; }

text(A) ::= STRING(T). { A = act_string(p, T); }

alias(A) ::= . { A = (struct ast_name){0}; }
alias(A) ::= ID(T). { A = act_name(p, T); }
alias(A) ::= AS name(N). { A = N; }

/* ---- durations and types ---- */
interval(A) ::= INTERVAL STRING(T). { A = act_duration(p, T); }
interval(A) ::= INTERVAL(F) STRING(T) UNIT(U). {
    A = act_duration_units(p, T, U, span_tokens(F, U));
}
interval(A) ::= INTERVAL(F) INTEGER(T) UNIT(U). {
    A = act_duration_units(p, T, U, span_tokens(F, U));
}

duration(A) ::= DURATION(T). { A = act_duration(p, T); }
duration(A) ::= STRING(T). { A = act_duration(p, T); }
duration(A) ::= INTEGER(T) UNIT(U). { A = act_duration_units(p, T, U, span_tokens(T, U)); }
duration(A) ::= interval(B). { A = B; }
duration(A) ::= MINUS(T) duration(B). {
    A = act_duration_negative(p, B, span_join(token_span(T), B.span));
}

type(A) ::= name(N). { A = N.span; }
type(A) ::= name(N) PRECISION(T). { A = span_join(N.span, token_span(T)); }
type(A) ::= name(N) VARYING(T). { A = span_join(N.span, token_span(T)); }
type(A) ::= name(N) VARYING LP INTEGER RP(T). { A = span_join(N.span, token_span(T)); }
type(A) ::= name(N) LP INTEGER RP(T). { A = span_join(N.span, token_span(T)); }
type(A) ::= name(N) LP INTEGER COMMA INTEGER RP(T). { A = span_join(N.span, token_span(T)); }
type(A) ::= name(N) zone. { A = N.span; }
type(A) ::= name(N) LP INTEGER RP(T) zone. { A = span_join(N.span, token_span(T)); }
/* WITH before TIME or LOCAL: told apart by parser.c, since WITH (…) may follow an expression. */
zone ::= WITH_ZONE TIME ZONE.
zone ::= WITH_ZONE LOCAL TIME ZONE.
zone ::= WITHOUT TIME ZONE.

/* ---- expressions ---- */
expr(A) ::= dotted(B). { A = B; }
expr(A) ::= LP expr(B) RP. { A = B; }
expr(A) ::= LP(F) query(Q) RP(L). {
    A = act_expr(p, AST_QUERY, span_tokens(F, L));
    A->query = Q;
}
expr(A) ::= NULL(T). { A = act_expr(p, AST_NULL, token_span(T)); }
expr(A) ::= TRUE(T). {
    A = act_expr(p, AST_BOOLEAN, token_span(T));
    A->flag = true;
}
expr(A) ::= FALSE(T). { A = act_expr(p, AST_BOOLEAN, token_span(T)); }
expr(A) ::= STRING(T). { A = act_text(p, T); }
expr(A) ::= INTEGER(T). { A = act_number(p, T); }
expr(A) ::= NUMBER(T). { A = act_number(p, T); }
expr(A) ::= DURATION(T). { A = act_interval(p, act_duration(p, T)); }
expr(A) ::= interval(B). { A = act_interval(p, B); }
expr(A) ::= ID(N) STRING(T). { A = act_typed(p, act_name(p, N), T); }

expr(A) ::= MINUS(T) expr(B). [UNARY] { A = act_unary(p, T, "-", B); }
expr(A) ::= PLUS(T) expr(B). [UNARY] { A = act_unary(p, T, "+", B); }
expr(A) ::= expr(B) PLUS expr(C). { A = act_binary(p, "+", B, C); }
expr(A) ::= expr(B) MINUS expr(C). { A = act_binary(p, "-", B, C); }
expr(A) ::= expr(B) STAR expr(C). { A = act_binary(p, "*", B, C); }
expr(A) ::= expr(B) SLASH expr(C). { A = act_binary(p, "/", B, C); }
expr(A) ::= expr(B) PERCENT expr(C). { A = act_binary(p, "%", B, C); }
expr(A) ::= expr(B) CONCAT expr(C). { A = act_binary(p, "||", B, C); }
expr(A) ::= expr(B) MATCH(T) expr(C). { A = act_match(p, T, B, C); }
expr(A) ::= expr(B) EQ expr(C). { A = act_binary(p, "=", B, C); }
expr(A) ::= expr(B) NE expr(C). { A = act_binary(p, "<>", B, C); }
expr(A) ::= expr(B) LT expr(C). { A = act_binary(p, "<", B, C); }
expr(A) ::= expr(B) LE expr(C). { A = act_binary(p, "<=", B, C); }
expr(A) ::= expr(B) GT expr(C). { A = act_binary(p, ">", B, C); }
expr(A) ::= expr(B) GE expr(C). { A = act_binary(p, ">=", B, C); }
expr(A) ::= expr(B) AND expr(C). { A = act_logic(p, AST_AND, B, C); }
expr(A) ::= expr(B) OR expr(C). { A = act_logic(p, AST_OR, B, C); }
expr(A) ::= NOT(T) expr(B). { A = act_not(p, B, span_join(token_span(T), B->span)); }

expr(A) ::= expr(B) IS NULL(T). { A = act_postfix(p, "is null", B, T); }
expr(A) ::= expr(B) IS NOT NULL(T). { A = act_postfix(p, "is not null", B, T); }
expr(A) ::= expr(B) IS TRUE(T). { A = act_postfix(p, "is true", B, T); }
expr(A) ::= expr(B) IS NOT TRUE(T). { A = act_postfix(p, "is not true", B, T); }
expr(A) ::= expr(B) IS FALSE(T). { A = act_postfix(p, "is false", B, T); }
expr(A) ::= expr(B) IS NOT FALSE(T). { A = act_postfix(p, "is not false", B, T); }
expr(A) ::= expr(B) IS UNKNOWN(T). { A = act_postfix(p, "is null", B, T); }
expr(A) ::= expr(B) IS NOT UNKNOWN(T). { A = act_postfix(p, "is not null", B, T); }
expr(A) ::= expr(B) IS DISTINCT FROM expr(C). [IS] {
    A = act_binary(p, "is distinct from", B, C);
}
expr(A) ::= expr(B) IS NOT DISTINCT FROM expr(C). [IS] {
    A = act_not(p, act_binary(p, "is distinct from", B, C), span_join(B->span, C->span));
}

%type like {bool}
%type like_word {const char *}
like_word(A) ::= LIKE. { A = "like"; }
like_word(A) ::= ILIKE. { A = "ilike"; }
expr(A) ::= expr(B) like_word(W) expr(C). [LIKE] {
    A = act_like(p, W, act_list(p, act_list(p, (struct ast_list){0}, B), C));
}
expr(A) ::= expr(B) NOT like_word(W) expr(C). [LIKE] {
    A = act_like(p, W, act_list(p, act_list(p, (struct ast_list){0}, B), C));
    A = act_not(p, A, A->span);
}
expr(A) ::= expr(B) like_word(W) expr(C) ESCAPE expr(D). [LIKE] {
    A = act_like(p, W, act_list(p, act_list(p, act_list(p, (struct ast_list){0}, B), C), D));
}
expr(A) ::= expr(B) NOT like_word(W) expr(C) ESCAPE expr(D). [LIKE] {
    A = act_like(p, W, act_list(p, act_list(p, act_list(p, (struct ast_list){0}, B), C), D));
    A = act_not(p, A, A->span);
}

expr(A) ::= expr(B) BETWEEN expr(C) AND expr(D). [BETWEEN] {
    struct ast_list args = act_list(p, act_list(p, (struct ast_list){0}, B), C);
    A = act_group(p, AST_BETWEEN, act_list(p, args, D), span_join(B->span, D->span));
}
expr(A) ::= expr(B) NOT BETWEEN expr(C) AND expr(D). [BETWEEN] {
    struct ast_list args = act_list(p, act_list(p, (struct ast_list){0}, B), C);
    A = act_group(p, AST_BETWEEN, act_list(p, args, D), span_join(B->span, D->span));
    A = act_not(p, A, A->span);
}
expr(A) ::= expr(B) IN LP exprs(L) RP(T). [IN] {
    struct ast_list args = act_list_join(p, act_list(p, (struct ast_list){0}, B), L);
    A = act_group(p, AST_IN, args, span_join(B->span, token_span(T)));
}
expr(A) ::= expr(B) NOT IN LP exprs(L) RP(T). [IN] {
    struct ast_list args = act_list_join(p, act_list(p, (struct ast_list){0}, B), L);
    A = act_group(p, AST_IN, args, span_join(B->span, token_span(T)));
    A = act_not(p, A, A->span);
}
expr(A) ::= expr(B) IN LP(F) query(Q) RP(T). [IN] {
    struct ast_expr *query = act_expr(p, AST_QUERY, span_tokens(F, T));
    query->query = Q;
    struct ast_list args = act_list(p, act_list(p, (struct ast_list){0}, B), query);
    A = act_group(p, AST_IN, args, span_join(B->span, token_span(T)));
}

expr(A) ::= CASE(F) whens(W) otherwise(E) END(L). {
    struct ast_list args = E != NULL ? act_list(p, W, E) : W;
    A = act_group(p, AST_CASE, args, span_tokens(F, L));
}
expr(A) ::= CASE(F) expr(B) whens(W) otherwise(E) END(L). {
    struct ast_list args = act_list_join(p, act_list(p, (struct ast_list){0}, B), W);
    A = act_group(p, AST_CASE, E != NULL ? act_list(p, args, E) : args, span_tokens(F, L));
    A->flag = true;
}
whens(A) ::= WHEN expr(B) THEN expr(C). {
    A = act_list(p, act_list(p, (struct ast_list){0}, B), C);
}
whens(A) ::= whens(W) WHEN expr(B) THEN expr(C). { A = act_list(p, act_list(p, W, B), C); }
otherwise(A) ::= . { A = NULL; }
otherwise(A) ::= ELSE expr(B). { A = B; }

expr(A) ::= expr(B) CAST type(T). { A = act_cast(p, B, T); }

exprs(A) ::= expr(B). { A = act_list(p, (struct ast_list){0}, B); }
exprs(A) ::= exprs(L) COMMA expr(B). { A = act_list(p, L, B); }

expr(A) ::= call(B). { A = B; }
expr(A) ::= call(B) OVER LP over(O) RP(T). {
    A = B;
    A->over = O;
    A->span = span_join(B->span, token_span(T));
}
call(A) ::= name(N) LP RP(T). { A = act_call(p, N, (struct ast_list){0}, T); }
call(A) ::= name(N) LP args(L) RP(T). { A = act_call(p, N, L, T); }
call(A) ::= name(N) LP ALL args(L) RP(T). { A = act_call(p, N, L, T); }
call(A) ::= name(N) LP DISTINCT args(L) RP(T). {
    A = act_call(p, N, L, T);
    A->distinct = true;
}
call(A) ::= name(N) LP STAR RP(T). {
    A = act_call(p, N, (struct ast_list){0}, T);
    A->star = true;
}
call(A) ::= name(N) LP args(L) FROM expr(B) RP(T). {
    A = act_call_from(p, N, act_list(p, L, B), T);
}
call(A) ::= name(N) LP args(L) FROM expr(B) FOR expr(C) RP(T). {
    A = act_call_from(p, N, act_list(p, act_list(p, L, B), C), T);
}
call(A) ::= name(N) LP expr(B) IN searched(C) RP(T). { A = act_call_in(p, N, B, C, T); }
call(A) ::= name(N) LP arg(B) AS type(C) RP(T). { A = act_call_as(p, N, B, C, T); }
call(A) ::= call(B) FILTER LP WHERE expr(C) RP(T). {
    A = act_filter(p, B, C, T);
}
/* What position(part IN text) takes: anything else would read as a list. */
searched(A) ::= dotted(B). { A = B; }
searched(A) ::= STRING(T). { A = act_text(p, T); }
searched(A) ::= call(B). { A = B; }
args(A) ::= arg(B). { A = act_list(p, (struct ast_list){0}, B); }
args(A) ::= args(L) COMMA arg(B). { A = act_list(p, L, B); }
arg(A) ::= expr(B). { A = B; }
arg(A) ::= name(N) ARROW arg(B). {
    A = act_group(p, AST_NAMED, act_list(p, (struct ast_list){0}, B), span_join(N.span, B->span));
    A->text = N.text;
}
arg(A) ::= TABLE(T) column_name(N). {
    A = act_expr(p, AST_TABLE, span_join(token_span(T), N.span));
    A->text = N.text;
}
arg(A) ::= TABLE(T) column_name(N) PARTITION BY column_name(K). {
    A = act_group(p, AST_TABLE, act_list(p, (struct ast_list){0}, act_name_expr(p, K, 0)),
                  span_join(token_span(T), N.span));
    A->text = N.text;
}
arg(A) ::= TABLE(T) column_name(N) PARTITION BY LP exprs(L) RP. {
    A = act_group(p, AST_TABLE, L, span_join(token_span(T), N.span));
    A->text = N.text;
}

%type partition {struct ast_list}
%type over_order {struct ast_item *}
over(A) ::= partition(P) over_order(O) frame(F). {
    A = arena_zalloc(p->arena, sizeof *A);
    A->partition = P;
    A->order = O;
    A->frame = F;
}
partition(A) ::= . { A = (struct ast_list){0}; }
partition(A) ::= PARTITION BY exprs(L). { A = L; }
over_order(A) ::= . { A = NULL; }
over_order(A) ::= ORDER BY order(O). { A = O.first; }
frame(A) ::= . { A = (struct ast_frame){0}; }
frame(A) ::= frame_unit(U) BETWEEN frame_start(S) AND frame_end(B). {
    A = S;
    A.rows = U;
    A.to_current_row = B;
}
frame(A) ::= frame_unit(U) frame_start(S). {
    A = S;
    A.rows = U;
    A.to_current_row = true;
}
%type frame_unit {bool}
frame_unit(A) ::= RANGE. { A = false; }
frame_unit(A) ::= ROWS. { A = true; }
frame_start(A) ::= UNBOUNDED(F) PRECEDING(T). {
    A = (struct ast_frame){.given = true, .start = FRAME_UNBOUNDED, .span = span_tokens(F, T)};
}
frame_start(A) ::= CURRENT(F) ROW(T). {
    A = (struct ast_frame){.given = true, .start = FRAME_CURRENT, .span = span_tokens(F, T)};
}
frame_start(A) ::= duration(D) PRECEDING. {
    A = (struct ast_frame){
        .given = true, .start = FRAME_DURATION, .duration = D, .span = D.span};
}
frame_start(A) ::= INTEGER(F) PRECEDING(T). {
    A = (struct ast_frame){.given = true, .start = FRAME_ROWS, .span = span_tokens(F, T)};
}
%type frame_end {bool}
frame_end(A) ::= CURRENT ROW. { A = true; }
frame_end(A) ::= UNBOUNDED FOLLOWING. { A = false; }
frame_end(A) ::= duration FOLLOWING. { A = false; }

/* ---- SELECT ---- */
query(A) ::= union(B). { A = B; }
query(A) ::= WITH(T) with_list(W) union(B). {
    A = B;
    A->with = W;
    A->span = span_join(token_span(T), B->span);
}
%type with_list {struct ast_with *}
with_list(A) ::= with_item(B). { A = B; }
with_list(A) ::= with_list(L) COMMA with_item(B). {
    A = B;
    A->before = L;
}
%type with_item {struct ast_with *}
with_item(A) ::= name(N) AS LP query(Q) RP. { A = act_with(p, N, Q); }

union(A) ::= select(B). { A = B; }
union(A) ::= union(B) UNION ALL select(C). { A = act_union(p, B, C); }

select(A) ::= SELECT(T) distinct(D) items(I) FROM from(F). {
    A = act_select(p, T);
    A->distinct = D;
    A->items = I;
    A->from = F;
}
select(A) ::= SELECT(T) distinct(D) items(I). {
    A = act_select(p, T);
    A->distinct = D;
    A->items = I;
    A->from = act_from(p, FROM_NOTHING, (struct ast_name){0}, token_span(T));
}
distinct(A) ::= . { A = false; }
distinct(A) ::= ALL. { A = false; }
distinct(A) ::= DISTINCT. { A = true; }

items(A) ::= item(I). { A = act_item(p, (struct ast_items){0}, I); }
items(A) ::= items(L) COMMA item(I). { A = act_item(p, L, I); }
item(A) ::= expr(B) alias(N). { A = (struct ast_item){.expr = B, .alias = N}; }
item(A) ::= STAR(T). {
    A = (struct ast_item){.expr = act_expr(p, AST_STAR, token_span(T))};
}
item(A) ::= dotted(B) DOT STAR(T). {
    A = (struct ast_item){.expr = act_expr(p, AST_STAR, span_join(B->span, token_span(T)))};
    A.expr->text = B->text;
}

from(A) ::= table(B). { A = B; }
from(A) ::= from(B) COMMA table(C). {
    A = B;
    C->join_kind = JOIN_CROSS;
    act_join(p, B, C);
}
from(A) ::= from(B) join_kind(K) table(C) join_tail(T). {
    A = B;
    C->join_kind = (enum ast_join_kind)K;
    if (T != NULL) {
        C->join_on = T->join_on;
        C->join_within = T->join_within;
    }
    act_join(p, B, C);
}
join_kind(A) ::= JOIN. { A = JOIN_INNER; }
join_kind(A) ::= INNER JOIN. { A = JOIN_INNER; }
join_kind(A) ::= LEFT JOIN. { A = JOIN_LEFT; }
join_kind(A) ::= LEFT OUTER JOIN. { A = JOIN_LEFT; }
join_kind(A) ::= RIGHT JOIN. { A = JOIN_RIGHT; }
join_kind(A) ::= RIGHT OUTER JOIN. { A = JOIN_RIGHT; }
join_kind(A) ::= FULL JOIN. { A = JOIN_FULL; }
join_kind(A) ::= FULL OUTER JOIN. { A = JOIN_FULL; }
join_kind(A) ::= CROSS JOIN. { A = JOIN_CROSS; }
join_tail(A) ::= . { A = NULL; }
join_tail(A) ::= ON expr(B). {
    A = arena_zalloc(p->arena, sizeof *A);
    A->join_on = B;
}
join_tail(A) ::= ON expr(B) WITHIN duration(D). {
    A = arena_zalloc(p->arena, sizeof *A);
    A->join_on = B;
    A->join_within = D;
}
join_tail(A) ::= WITHIN duration(D) ON expr(B). {
    A = arena_zalloc(p->arena, sizeof *A);
    A->join_on = B;
    A->join_within = D;
}

table(A) ::= table_head(B) alias(N). {
    A = B;
    A->alias = N;
}
table_head(A) ::= column_name(N). { A = act_from(p, FROM_NAME, N, N.span); }
/* FROM STREAM:x, as Fluent Bit writes it. */
table_head(A) ::= name(B) COLON name(N). {
    A = act_from(p, FROM_NAME, N, span_join(B.span, N.span));
}
table_head(A) ::= text(T). { A = act_from(p, FROM_URI, T, T.span); }
table_head(A) ::= table_head(B) FORMAT name(N). {
    A = B;
    A->format.name = N;
}
table_head(A) ::= table_head(B) FORMAT name(N) text(T). {
    A = B;
    A->format = (struct ast_format){N, T};
}
table_head(A) ::= table_head(B) options(O). {
    A = B;
    A->options = O;
}
table_head(A) ::= name(N) LP args(L) RP(T). {
    A = act_from(p, FROM_FUNCTION, N, span_join(N.span, token_span(T)));
    A->args = L;
}
table_head(A) ::= TABLE LP name(N) LP args(L) RP RP(T). {
    A = act_from(p, FROM_FUNCTION, N, span_join(N.span, token_span(T)));
    A->args = L;
}
/* What there is of a stream, or of a query's result, at present. */
table_head(A) ::= TABLE(F) LP column_name(N) RP(T). {
    A = act_from(p, FROM_TABLE, N, span_tokens(F, T));
}
table_head(A) ::= LP(F) query(Q) RP(T). {
    A = act_from(p, FROM_QUERY, (struct ast_name){0}, span_tokens(F, T));
    A->query = Q;
}

select(A) ::= select(B) WHERE(T) expr(C). {
    A = B;
    act_clause(p, A, CLAUSE_WHERE, T);
    A->where = C;
}
select(A) ::= select(B) GROUP(T) BY exprs(L). {
    A = B;
    act_clause(p, A, CLAUSE_GROUP, T);
    A->group = L;
}
select(A) ::= select(B) HAVING(T) expr(C). {
    A = B;
    act_clause(p, A, CLAUSE_HAVING, T);
    A->having = C;
}
select(A) ::= select(B) ORDER(T) BY order(O). {
    A = B;
    act_clause(p, A, CLAUSE_ORDER, T);
    A->order = O;
}
select(A) ::= select(B) LIMIT(T) expr(C). {
    A = B;
    act_clause(p, A, CLAUSE_LIMIT, T);
    A->limit = C;
    A->limit_span = span_join(token_span(T), C->span);
}
select(A) ::= select(B) WINDOW(T) window(W). {
    A = B;
    act_clause(p, A, CLAUSE_WINDOW, T);
    A->window = *W;
    A->window.span = span_join(token_span(T), W->span);
}
select(A) ::= select(B) EMIT(T) emit(C). {
    A = B;
    act_clause(p, A, CLAUSE_EMIT, T);
    A->emit = C;
    A->emit.given = true;
    A->emit.span = span_join(token_span(T), C.span);
}
select(A) ::= select(B) INTO(T) into(I). {
    A = B;
    act_clause(p, A, CLAUSE_INTO, T);
    A->into = *I;
}

order(A) ::= order_key(K). { A = act_item(p, (struct ast_items){0}, K); }
order(A) ::= order(L) COMMA order_key(K). { A = act_item(p, L, K); }
%type direction {bool}
%type nulls {int}
order_key(A) ::= expr(B) direction(D) nulls(N). {
    A = (struct ast_item){.expr = B,
                          .descending = D,
                          .nulls_given = N != 0,
                          .nulls_first = N == TK_FIRST};
}
direction(A) ::= . { A = false; }
direction(A) ::= ASC. { A = false; }
direction(A) ::= DESC. { A = true; }
nulls(A) ::= . { A = 0; }
nulls(A) ::= NULLS FIRST. { A = TK_FIRST; }
nulls(A) ::= NULLS LAST. { A = TK_LAST; }

/* ---- WINDOW ---- */
window(A) ::= window_form(B). { A = B; }
window(A) ::= window(B) ON column_name(N). {
    A = B;
    A->on = act_name_expr(p, N, 0);
}
window(A) ::= window(B) OFFSET duration(D). {
    A = B;
    A->offset = D;
}
window(A) ::= window(B) TIMEZONE text(T). {
    A = B;
    A->zone = T;
}
window(A) ::= window(B) GRACE duration(D). {
    A = B;
    A->grace = D;
}
window(A) ::= window(B) GRACE PERIOD duration(D). {
    A = B;
    A->grace = D;
}
window(A) ::= window(B) FILL(F) INTEGER(T). {
    A = B;
    act_fill(p, A, T, FILL_ZERO);
    A->fill_span = span_tokens(F, T);
}
window(A) ::= window(B) FILL(F) NULL(T). {
    A = B;
    act_fill(p, A, T, FILL_NULL);
    A->fill_span = span_tokens(F, T);
}
window(A) ::= window(B) FILL(F) PREVIOUS(T). {
    A = B;
    act_fill(p, A, T, FILL_PREVIOUS);
    A->fill_span = span_tokens(F, T);
}
window(A) ::= window(B) FILL(F) NONE(T). {
    A = B;
    act_fill(p, A, T, FILL_NONE);
    A->fill_span = span_tokens(F, T);
}
window(A) ::= window(B) FOR INTEGER(N) windows_word(T). {
    A = B;
    A->fill_windows = act_positive(p, N);
    A->fill_span = span_join(A->fill_span, token_span(T));
}
windows_word(A) ::= WINDOWS(T). { A = T; }
windows_word(A) ::= WINDOW(T). { A = T; }

window_form(A) ::= duration(S). { A = act_window(p, AST_WINDOW_TIME, S, S.span); }
window_form(A) ::= duration(S) SLIDE duration(L). {
    A = act_window(p, AST_WINDOW_TIME, S, span_join(S.span, L.span));
    A->slide = L;
}
window_form(A) ::= duration(S) SLIDE ROW(T). {
    A = act_window(p, AST_WINDOW_SLIDE_ROW, S, span_join(S.span, token_span(T)));
}
window_form(A) ::= SESSION duration(S). { A = act_window(p, AST_WINDOW_SESSION, S, S.span); }
window_form(A) ::= SESSION duration(S) MAX duration(M). {
    A = act_window(p, AST_WINDOW_SESSION, S, span_join(S.span, M.span));
    A->session_max = M;
}
window_form(A) ::= INTEGER(N) rows_word(T). {
    A = act_window(p, AST_WINDOW_ROWS, (struct ast_duration){0}, span_tokens(N, T));
    A->rows = act_positive(p, N);
}
window_form(A) ::= INTEGER(N) rows_word SLIDE INTEGER(M) rows_word(T). {
    A = act_window(p, AST_WINDOW_ROWS, (struct ast_duration){0}, span_tokens(N, T));
    A->rows = act_positive(p, N);
    A->rows_slide = act_positive(p, M);
}
rows_word(A) ::= ROWS(T). { A = T; }
rows_word(A) ::= ROW(T). { A = T; }
window_form(A) ::= CUMULATE duration(S) TO duration(L). {
    A = act_window(p, AST_WINDOW_CUMULATE, L, span_join(S.span, L.span));
    A->slide = S;
}
/* ksqlDB and Fluent Bit. */
window_form(A) ::= TUMBLING(F) LP size(S) ksql_options(G) RP(T). {
    A = act_window(p, AST_WINDOW_TIME, S, span_tokens(F, T));
    A->grace = G;
}
window_form(A) ::= HOPPING(F) LP size(S) COMMA ADVANCE BY duration(L) ksql_options(G) RP(T). {
    A = act_window(p, AST_WINDOW_TIME, S, span_tokens(F, T));
    A->slide = L;
    A->grace = G;
}
window_form(A) ::= SESSION(F) LP duration(S) ksql_options(G) RP(T). {
    A = act_window(p, AST_WINDOW_SESSION, S, span_tokens(F, T));
    A->grace = G;
}
size(A) ::= duration(D). { A = D; }
size(A) ::= SIZE duration(D). { A = D; }
ksql_options(A) ::= . { A = (struct ast_duration){0}; }
ksql_options(A) ::= ksql_options COMMA GRACE PERIOD duration(D). { A = D; }
ksql_options(A) ::= ksql_options(B) COMMA RETENTION duration. { A = B; }

/* ---- EMIT, INTO, FORMAT, WITH ---- */
emit(A) ::= ON WINDOW CLOSE(T). {
    A = (struct ast_emit){.kind = EMIT_CLOSE, .span = token_span(T)};
}
emit(A) ::= AFTER WINDOW CLOSE(T). {
    A = (struct ast_emit){.kind = EMIT_CLOSE, .span = token_span(T)};
}
emit(A) ::= FINAL(T). { A = (struct ast_emit){.kind = EMIT_CLOSE, .span = token_span(T)}; }
emit(A) ::= CHANGES(T). { A = (struct ast_emit){.kind = EMIT_CHANGES, .span = token_span(T)}; }
emit(A) ::= EVERY duration(D). {
    A = (struct ast_emit){.kind = EMIT_EVERY, .every = D, .span = D.span};
}
emit(A) ::= PERIODIC duration(D). {
    A = (struct ast_emit){.kind = EMIT_EVERY, .every = D, .span = D.span};
}
emit(A) ::= COMPLETE(T). { A = (struct ast_emit){.kind = EMIT_COMPLETE, .span = token_span(T)}; }
emit(A) ::= ON RISE(T). { A = (struct ast_emit){.kind = EMIT_RISE, .span = token_span(T)}; }
emit(A) ::= ON RISE AND FALL(T). {
    A = (struct ast_emit){.kind = EMIT_RISE_FALL, .span = token_span(T)};
}

into(A) ::= name(N). {
    A = arena_zalloc(p->arena, sizeof *A);
    A->target = N;
}
into(A) ::= sink_target(B). { A = B; }
sink_target(A) ::= text(T). {
    A = arena_zalloc(p->arena, sizeof *A);
    A->is_uri = true;
    A->target = T;
}
sink_target(A) ::= sink_target(B) format(F). {
    A = B;
    A->format = F;
}
sink_target(A) ::= sink_target(B) options(O). {
    A = B;
    A->options = O;
}

format(A) ::= FORMAT name(N). { A = (struct ast_format){.name = N}; }
format(A) ::= FORMAT name(N) text(T). { A = (struct ast_format){N, T}; }

options(A) ::= WITH LP option_list(L) RP. { A = L; }
option_list(A) ::= option_key(K) EQ option_value(V). {
    A = act_option(p, (struct ast_options){0}, K, V);
}
option_list(A) ::= option_list(L) COMMA option_key(K) EQ option_value(V). {
    A = act_option(p, L, K, V);
}
option_key(A) ::= column_name(N). { A = N; }
option_key(A) ::= text(T). { A = T; }
option_key(A) ::= NULL(T). { A = act_name(p, T); } /* csv has an option of this name */
option_value(A) ::= text(T). { A = T; }
option_value(A) ::= name(N). { A = N; }
option_value(A) ::= INTEGER(T). { A = act_raw(p, token_span(T)); }
option_value(A) ::= NUMBER(T). { A = act_raw(p, token_span(T)); }
option_value(A) ::= DURATION(T). { A = act_raw(p, token_span(T)); }
option_value(A) ::= SIZE_LITERAL(T). { A = act_raw(p, token_span(T)); }
option_value(A) ::= TRUE(T). { A = act_raw(p, token_span(T)); }
option_value(A) ::= FALSE(T). { A = act_raw(p, token_span(T)); }
option_value(A) ::= NULL(T). { A = act_raw(p, token_span(T)); }
option_value(A) ::= MINUS(F) INTEGER(T). { A = act_raw(p, span_tokens(F, T)); }
option_value(A) ::= MINUS(F) NUMBER(T). { A = act_raw(p, span_tokens(F, T)); }
option_value(A) ::= MINUS(F) DURATION(T). { A = act_raw(p, span_tokens(F, T)); }

/* ---- statements ---- */
statement(A) ::= query(Q). {
    A = arena_zalloc(p->arena, sizeof *A);
    A->kind = AST_SELECT;
    A->select = Q;
    A->span = Q->span;
}
statement(A) ::= insert(B). { A = B; }
insert(A) ::= INSERT(T) INTO name(N) query(Q). {
    A = act_statement(p, AST_INSERT, T);
    A->name = N;
    A->select = Q;
}
insert(A) ::= INSERT(T) INTO(F) sink_target(I) query(Q). {
    A = act_statement(p, AST_INSERT, T);
    act_clause(p, Q, CLAUSE_INTO, F);
    Q->into = *I;
    A->select = Q;
}
statement(A) ::= create_query(B). { A = B; }
create_query(A) ::= CREATE(T) QUERY if_not_exists(I) name(N) AS query(Q). {
    A = act_statement(p, AST_CREATE_QUERY, T);
    A->object = OBJECT_QUERY;
    A->if_exists = I;
    A->name = N;
    A->select = Q;
}
statement(A) ::= CREATE(T) VIEW if_not_exists(I) name(N) AS query(Q). {
    A = act_statement(p, AST_CREATE_VIEW, T);
    A->object = OBJECT_VIEW;
    A->if_exists = I;
    A->name = N;
    A->select = Q;
}
statement(A) ::= CREATE(T) SINK if_not_exists(I) name(N) sink_place(S). {
    A = act_statement(p, AST_CREATE_SINK, T);
    A->object = OBJECT_SINK;
    A->if_exists = I;
    A->name = N;
    A->sink = *S;
}
sink_place(A) ::= TO sink_target(B). { A = B; }
/* WITH ('connector' = …), as Flink writes it. */
sink_place(A) ::= options(O). {
    A = arena_zalloc(p->arena, sizeof *A);
    A->is_uri = true;
    A->options = O;
}
if_not_exists(A) ::= . { A = false; }
if_not_exists(A) ::= IF NOT EXISTS. { A = true; }
if_exists(A) ::= . { A = false; }
if_exists(A) ::= IF EXISTS. { A = true; }

statement(A) ::= stream(B). { A = B; }
stream_head(A) ::= CREATE(T) STREAM if_not_exists(I) name(N). {
    A = act_statement(p, AST_CREATE_STREAM, T);
    A->object = OBJECT_STREAM;
    A->if_exists = I;
    A->name = N;
}
stream_head(A) ::= CREATE(T) TABLE if_not_exists(I) name(N). {
    A = act_statement(p, AST_CREATE_TABLE, T);
    A->object = OBJECT_TABLE;
    A->if_exists = I;
    A->name = N;
}
stream(A) ::= stream_head(B). { A = B; }
stream(A) ::= stream_head(B) LP stream_columns(C) RP. {
    A = B;
    A->stream = C->stream;
}
stream_columns(A) ::= column(C). {
    A = arena_zalloc(p->arena, sizeof *A);
    act_column(p, &A->stream, C);
}
stream_columns(A) ::= stream_columns(B) COMMA column(C). {
    A = B;
    act_column(p, &A->stream, C);
}
stream_columns(A) ::= stream_columns(B) COMMA watermark(W). {
    A = B;
    act_watermark(p, &A->stream, W);
}
column(A) ::= column_name(N) type(T). {
    A = (struct ast_column){.name = N, .type = span_text(p, T), .type_span = T};
}
column(A) ::= column_name(N) type(T) NULL. {
    A = (struct ast_column){.name = N, .type = span_text(p, T), .type_span = T};
}
column(A) ::= column_name(N) type(T) NOT NULL. {
    A = (struct ast_column){
        .name = N, .type = span_text(p, T), .type_span = T, .not_null = true};
}
watermark(A) ::= WATERMARK FOR column_name(N) AS expr(B). {
    A = (struct ast_watermark){.column = N, .expr = B};
}
watermark(A) ::= WATERMARK column_name(N) DELAY duration(D). {
    A = (struct ast_watermark){.column = N, .delay = D};
}

stream(A) ::= stream(B) FROM(T) text(N). {
    A = B;
    act_once(p, name_given(&A->stream.uri), "FROM", T);
    A->stream.uri = N;
}
stream(A) ::= stream(B) FROM(T) name(N). {
    A = B;
    act_once(p, name_given(&A->stream.uri), "FROM", T);
    A->stream.uri = N;
}
stream(A) ::= stream(B) format(F). {
    A = B;
    A->stream.format = F;
}
stream(A) ::= stream(B) options(O). {
    A = B;
    A->stream.options = O;
}
stream(A) ::= stream(B) watermark(W). {
    A = B;
    act_watermark(p, &A->stream, W);
}
stream(A) ::= stream(B) RETAIN duration(D). {
    A = B;
    A->stream.retain = act_raw(p, D.span);
    A->stream.retain_us = D.us;
}
stream(A) ::= stream(B) RETAIN SIZE_LITERAL(T). {
    A = B;
    A->stream.retain = act_raw(p, token_span(T));
}
stream(A) ::= stream(B) ON ERROR FAIL. {
    A = B;
    A->stream.on_error = ON_ERROR_FAIL;
}
stream(A) ::= stream(B) ON ERROR SKIP. {
    A = B;
    A->stream.on_error = ON_ERROR_SKIP;
}
stream(A) ::= stream(B) ON ERROR NULL. {
    A = B;
    A->stream.on_error = ON_ERROR_NULL;
}
stream(A) ::= stream(B) ON ERROR INTO text(T). {
    A = B;
    A->stream.on_error = ON_ERROR_INTO;
    A->stream.on_error_uri = T;
}
stream(A) ::= stream(B) LATE INTO text(T). {
    A = B;
    A->stream.late_uri = T;
}
stream(A) ::= stream(B) IDLE NEVER. {
    A = B;
    A->stream.idle_given = true;
    A->stream.idle_never = true;
}
stream(A) ::= stream(B) IDLE duration(D). {
    A = B;
    A->stream.idle_given = true;
    A->stream.idle = D;
}
stream(A) ::= stream(B) REFRESH duration(D). {
    A = B;
    A->stream.refresh = D;
}
/* CREATE STREAM … AS SELECT (ksqlDB, Fluent Bit): understood, so that it can be refused with a way
 * out. */
statement(A) ::= stream(B) AS query(Q). {
    A = B;
    A->has_as = true;
    A->select = Q;
}

object(A) ::= STREAM. { A = OBJECT_STREAM; }
object(A) ::= TABLE. { A = OBJECT_TABLE; }
object(A) ::= VIEW. { A = OBJECT_VIEW; }
object(A) ::= SINK. { A = OBJECT_SINK; }
object(A) ::= QUERY. { A = OBJECT_QUERY; }
statement(A) ::= DROP(T) object(O) if_exists(I) name(N). {
    A = act_statement(p, AST_DROP, T);
    A->object = (enum ast_object)O;
    A->if_exists = I;
    A->name = N;
}
statement(A) ::= START(T) QUERY name(N). {
    A = act_statement(p, AST_START, T);
    A->name = N;
}
statement(A) ::= STOP(T) QUERY name(N). {
    A = act_statement(p, AST_STOP, T);
    A->name = N;
}
statement(A) ::= CHECKPOINT(T). { A = act_statement(p, AST_CHECKPOINT, T); }
statement(A) ::= CHECKPOINT(T) name(N). {
    A = act_statement(p, AST_CHECKPOINT, T);
    A->name = N;
}
statement(A) ::= SET(T) option_key(K) EQ option_value(V). {
    A = act_statement(p, AST_SET, T);
    A->setting = act_option(p, (struct ast_options){0}, K, V).first;
}
statement(A) ::= SET(T) option_key(K) TO option_value(V). {
    A = act_statement(p, AST_SET, T);
    A->setting = act_option(p, (struct ast_options){0}, K, V).first;
}
statement(A) ::= SHOW(T) show(S). {
    A = act_statement(p, AST_SHOW, T);
    A->show = (uint8_t)S;
}
show(A) ::= STREAMS. { A = SHOW_STREAMS; }
show(A) ::= TABLES. { A = SHOW_TABLES; }
show(A) ::= VIEWS. { A = SHOW_VIEWS; }
show(A) ::= SINKS. { A = SHOW_SINKS; }
show(A) ::= QUERIES. { A = SHOW_QUERIES; }
show(A) ::= FUNCTIONS. { A = SHOW_FUNCTIONS; }
show(A) ::= FORMATS. { A = SHOW_FORMATS; }
show(A) ::= LATENESS. { A = SHOW_LATENESS; }
show(A) ::= SETTINGS. { A = SHOW_SETTINGS; }
statement(A) ::= DESCRIBE(T) name(N). {
    A = act_statement(p, AST_DESCRIBE, T);
    A->name = N;
}
/* A SELECT without items stands for what it reads. */
statement(A) ::= DESCRIBE(T) text(N). {
    A = act_statement(p, AST_DESCRIBE, T);
    A->select = act_select(p, T);
    A->select->from = act_from(p, FROM_URI, N, N.span);
}
statement(A) ::= DESCRIBE(T) query(Q). {
    A = act_statement(p, AST_DESCRIBE, T);
    A->select = Q;
}
statement(A) ::= EXPLAIN(T) explain(E) explained(B). {
    A = act_statement(p, AST_EXPLAIN, T);
    A->explain = (uint8_t)E;
    A->inner = B;
    A->name = B->name;
}
explain(A) ::= . { A = EXPLAIN_TEXT; }
explain(A) ::= ANALYZE. { A = EXPLAIN_ANALYZE; }
explain(A) ::= WHY. { A = EXPLAIN_WHY; }
explain(A) ::= LP FORMAT JSON RP. { A = EXPLAIN_JSON; }
explain(A) ::= LP FORMAT DOTFORMAT RP. { A = EXPLAIN_DOT; }
explained(A) ::= query(Q). {
    A = arena_zalloc(p->arena, sizeof *A);
    A->kind = AST_SELECT;
    A->select = Q;
    A->span = Q->span;
}
explained(A) ::= insert(B). { A = B; }
explained(A) ::= create_query(B). { A = B; }
explained(A) ::= name(N). {
    A = arena_zalloc(p->arena, sizeof *A);
    A->kind = AST_DESCRIBE;
    A->name = N;
    A->span = N.span;
}

/* What parser.c asks the machine needs the tables that lemon makes. */
%code {
#include "sql/machine.tmpl.h"
}
