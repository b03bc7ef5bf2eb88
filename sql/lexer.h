/* lexer: statement text to tokens. Tokens are slices of the text; nothing is copied or unescaped.
 *
 *     struct lexer lexer = {.text = text};
 *     struct token token;
 *     do {
 *         TRY(lexer_next(&lexer, &token, err));        // ERR_SQL E0101 with place
 *         …
 *     } while (token.kind != TOKEN_END);
 *
 * Token kinds are the TK_ codes of the grammar. A duration (30s, 1h30m) and a size (1GB) are single
 * tokens; keywords are found whatever their case, and whether an open one is a name is the parser's
 * decision. */
#ifndef SQL_LEXER_H
#define SQL_LEXER_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/slice.h"
#include "engine/base/status.h"

/* A statement longer than this is refused. */
enum { STATEMENT_BYTES_MAX = 1 << 20 };

/* What lemon calls the end of input. */
enum { TOKEN_END = 0 };

struct token {
    struct slice text; /* as written */
    uint32_t at;       /* byte offset in the statement */
    uint16_t kind;     /* TK_… or TOKEN_END */
};

struct lexer {
    struct slice text;
    size_t at;
};

/* The next token behind white space and comments. */
MUST_CHECK enum status lexer_next(struct lexer *lexer, struct token *token, struct error *err);

/* Skips white space and comments from `at`; returns where something else begins. A block comment
 * (they nest, as in PostgreSQL) that has no end gives text.len and sets *open_at to where it
 * began. */
size_t lexer_skip(struct slice text, size_t at, size_t *open_at);

/* `at` points to a quote (' " `); returns the place behind the closing one, 0 if there is none. A
 * doubled quote is part of the text. */
size_t lexer_quoted_end(struct slice text, size_t at);

/* One entry of keywords.def. */
struct keyword {
    const char *text;
    uint16_t kind;
    bool reserved;
};

/* NULL if `word` is none. */
const struct keyword *keyword_find(struct slice word);
/* Walks the list: 0, 1, … until NULL. */
const struct keyword *keyword_at(uint32_t index);

#endif
