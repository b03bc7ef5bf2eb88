/* parser: the text of one statement to its AST.
 *
 *     struct ast_statement *statement;
 *     TRY(parse_statement(arena, text, &statement, err));
 *
 * The grammar is sql/grammar.y (LALR(1), compiled by lemon). Words that are not reserved are names
 * wherever that makes sense: a keyword is taken as one if the grammar accepts it *and* the token
 * behind it; else as a name, if the grammar accepts that. So `count`, `timestamp`, `rows`, `end`
 * or `window` can be columns. Only a bare alias (without AS) must not be a keyword.
 *
 * Errors: ERR_SQL E0100 for a syntax error, with the nearest keyword or what was expected; E0101
 * from the lexer; ERR_LIMIT E0102 for text over 1 MiB or nesting over AST_DEPTH_MAX. */
#ifndef SQL_PARSER_H
#define SQL_PARSER_H

#include "engine/base/arena.h"
#include "engine/base/status.h"
#include "sql/ast.h"
#include "sql/lexer.h"

MUST_CHECK enum status parse_statement(struct arena *arena, struct slice text,
                                       struct ast_statement **out, struct error *err);

/* What may stand at the end of a text: for completion. */
enum { EXPECTED_WORDS_MAX = 160 };

struct expected {
    const char *words[EXPECTED_WORDS_MAX]; /* keywords, upper case in the language, lower here */
    uint32_t n_words;
    bool name;       /* a name of any kind */
    bool expression; /* the start of an expression */
    bool duration;
    bool text; /* a 'string' */
};

/* Parses `text` as the beginning of a statement and says what may follow. False if it is wrong
 * already. */
bool parse_expected(struct arena *arena, struct slice text, struct expected *out);

/* ---- between parser.c, parser_actions.c and grammar.y ---------------------------------------- */

/* Deepest stack of the LALR machine; a little more than AST_DEPTH_MAX levels can use. */
enum { PARSER_STACK_MAX = 3000 };

/* Context of the grammar's actions: they note the first failure and go on. */
struct parser {
    struct arena *arena;
    struct slice text;
    struct error *err;
    enum status status;
    struct ast_statement *result;
};

/* The lemon machine, by grammar.y: its storage, its states (bottom first) and what it would do. */
void *grammar_new(struct arena *arena, struct parser *parser);
void grammar_feed(void *machine, struct token token);
uint32_t grammar_states(const void *machine, uint16_t *out);
/* True if a machine in `states` would take all of tokens[0..n). Changes nothing. */
bool grammar_accepts(const uint16_t *states, uint32_t n_states, const uint16_t *tokens, uint32_t n);
/* Number of token kinds. */
uint32_t grammar_tokens(void);

#endif
