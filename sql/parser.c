/* parser: see parser.h. Drives the LALR machine of grammar.y token by token, decides which words
 * are names, and words syntax errors. */
#include "sql/parser.h"

#include "engine/base/panic.h"
#include "engine/base/textbuf.h"
#include "engine/data/timestamp.h"
#include "sql/errors.h"
#include "sql/grammar.h"
#include "sql/parser_actions.h"
#include "sql/suggest.h"

/* The machine on its way through one text. `states` is its stack now; `before` is what it was
 * before the last name, where a misspelt keyword may have been taken for an alias. */
struct driver {
    struct parser parser;
    struct lexer lexer;
    void *machine;
    struct token token; /* being decided */
    struct token ahead; /* the one behind it */
    uint32_t nesting;
    uint32_t n_states;
    uint32_t n_before;
    struct token last;
    uint16_t states[PARSER_STACK_MAX + 1];
    uint16_t before[PARSER_STACK_MAX + 1];
};

static void driver_init(struct driver *d, struct arena *arena, struct slice text, struct error *err)
{
    d->parser = (struct parser){.arena = arena, .text = text, .err = err};
    d->lexer = (struct lexer){.text = text};
    d->machine = grammar_new(arena, &d->parser);
    d->nesting = 0;
    d->n_states = grammar_states(d->machine, d->states);
    d->n_before = 0;
    d->last = (struct token){0};
}

static bool accepts(const struct driver *d, uint16_t first, uint16_t second)
{
    const uint16_t tokens[] = {first, second};
    return grammar_accepts(d->states, d->n_states, tokens, 2);
}

static bool accepts_one(const struct driver *d, uint16_t token)
{
    return grammar_accepts(d->states, d->n_states, &token, 1);
}

static const struct keyword *open_keyword(const struct token *token)
{
    const struct keyword *keyword = keyword_find(token->text);
    return keyword != NULL && !keyword->reserved ? keyword : NULL;
}

/* True if the grammar takes `kind` and then the token ahead, as whatever that can be read. */
static bool leads_on(const struct driver *d, uint16_t kind)
{
    return accepts(d, kind, d->ahead.kind) ||
           (open_keyword(&d->ahead) != NULL && accepts(d, kind, TK_KW));
}

/* What the token is here: the keyword if the grammar can go on from it, else a name. */
static uint16_t decide(const struct driver *d)
{
    uint16_t kind = d->token.kind;
    if (kind == TK_WITH && leads_on(d, TK_WITH_ZONE)) {
        return TK_WITH_ZONE;
    }
    if (open_keyword(&d->token) == NULL || leads_on(d, kind)) {
        return kind;
    }
    if (leads_on(d, TK_KW)) {
        return TK_KW;
    }
    return accepts_one(d, kind) || !accepts_one(d, TK_KW) ? kind : TK_KW;
}

static enum status check_nesting(struct driver *d, struct error *err)
{
    uint16_t kind = d->token.kind;
    d->nesting += kind == TK_LP || kind == TK_CASE;
    if ((kind == TK_RP || kind == TK_END) && d->nesting > 0) {
        d->nesting--;
    }
    bool too_deep = d->nesting > AST_DEPTH_MAX || d->n_states + 8 > PARSER_STACK_MAX;
    if (!too_deep) {
        return OK;
    }
    error_set(err, ERR_LIMIT, "the statement is nested more than %d levels deep", AST_DEPTH_MAX);
    error_place(err, E_NESTING, d->token.at, (int64_t)d->token.text.len);
    return ERR_LIMIT;
}

/* ---- syntax errors --------------------------------------------------------------------------- */

/* Tokens that a person thinks of as one thing, and where they would be noise: where an expression
 * begins, which they are a part of, or behind one, which may always go on. */
struct token_group {
    uint16_t marks[2]; /* expected together: the group is expected */
    const char *what;
    bool begins_expression;
    bool continues_expression;
};

static const struct token_group groups[] = {
    {{TK_LP, TK_NUMBER}, "an expression", false, false},
    {{TK_ID, TK_KW}, "a name", true, false},
    {{TK_STRING, TK_STRING}, "a 'string'", true, true},
    {{TK_DURATION, TK_DURATION}, "a duration", true, false},
    {{TK_INTEGER, TK_INTEGER}, "a number", true, false},
    {{TK_PLUS, TK_EQ}, "an operator", false, false},
    {{TK_UNIT, TK_UNIT}, "a unit of time", false, false},
    {{TK_COMMA, TK_COMMA}, "\",\"", false, false},
    {{TK_LP, TK_LP}, "\"(\"", true, true},
    {{TK_RP, TK_RP}, "\")\"", false, false},
    {{TK_EQ, TK_EQ}, "\"=\"", false, true},
    {{TK_STAR, TK_STAR}, "\"*\"", false, true},
    {{TOKEN_END, TOKEN_END}, "the end of the statement", false, false},
};

/* Which tokens the grammar would take in `states`. */
static void expected_tokens(const uint16_t *states, uint32_t n_states, bool *out)
{
    for (uint16_t token = 0; token < grammar_tokens(); token++) {
        out[token] = grammar_accepts(states, n_states, &token, 1);
    }
}

enum { TOKENS_MAX = 256, HINT_ITEMS_MAX = 12 };

/* Words of operators and expressions would drown the rest. */
static bool is_part(const bool *expected, uint16_t kind)
{
    static const uint16_t infix[] = {TK_AND, TK_OR,   TK_NOT,   TK_IS,    TK_BETWEEN,
                                     TK_IN,  TK_LIKE, TK_ILIKE, TK_ESCAPE};
    static const uint16_t prefix[] = {TK_NOT,  TK_NULL, TK_TRUE,    TK_FALSE,
                                      TK_CASE, TK_UNIT, TK_INTERVAL};
    bool begins = expected[TK_LP] && expected[TK_NUMBER];
    for (size_t i = 0; expected[TK_PLUS] && i < sizeof infix / sizeof infix[0]; i++) {
        if (infix[i] == kind) {
            return true;
        }
    }
    for (size_t i = 0; begins && i < sizeof prefix / sizeof prefix[0]; i++) {
        if (prefix[i] == kind) {
            return true;
        }
    }
    return false;
}

static void hint_add(struct bytebuf *hint, uint32_t *n, const char *what, bool upper)
{
    if (*n >= HINT_ITEMS_MAX) {
        return;
    }
    bytebuf_add_text(hint, *n == 0 ? "expected " : ", ");
    for (const char *c = what; *c != 0; c++) {
        bool is_letter = upper && *c >= 'a' && *c <= 'z';
        bytebuf_add_byte(hint, (uint8_t)(is_letter ? *c - 'a' + 'A' : *c));
    }
    (*n)++;
}

static void hint_groups(const bool *expected, struct bytebuf *hint, uint32_t *n)
{
    bool begins = expected[TK_LP] && expected[TK_NUMBER];
    bool continues = expected[TK_PLUS] && !begins;
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        const struct token_group *group = &groups[i];
        bool is_noise =
            (begins && group->begins_expression) || (continues && group->continues_expression);
        if (!is_noise && expected[group->marks[0]] && expected[group->marks[1]]) {
            hint_add(hint, n, group->what, false);
        }
    }
}

static void hint_expected(const bool *expected, bool is_reserved, struct error *err)
{
    struct bytebuf hint = {0};
    uint32_t n = 0;
    hint_groups(expected, &hint, &n);
    uint16_t last = 0;
    const struct keyword *keyword;
    for (uint32_t i = 0; (keyword = keyword_at(i)) != NULL; i++) {
        bool is_new = keyword->kind != last && keyword->kind != TK_UNIT;
        if (is_new && expected[keyword->kind] && !is_part(expected, keyword->kind)) {
            hint_add(&hint, &n, keyword->text, true);
            last = keyword->kind;
        }
    }
    if (is_reserved && expected[TK_ID]) {
        bytebuf_add_text(&hint, "; a name that is a word of the language stands in \"quotes\"");
    }
    if (n > 0) {
        error_hint(err, "%s", bytebuf_text(&hint));
    }
    bytebuf_release(&hint);
}

/* Did the person mean a keyword that may stand here? */
static struct suggest near_keyword(const struct token *token, const bool *expected)
{
    struct suggest suggest = suggest_for(token->text);
    suggest.upper = true;
    const struct keyword *keyword;
    for (uint32_t i = 0; (keyword = keyword_at(i)) != NULL; i++) {
        if (expected[keyword->kind]) {
            suggest_add(&suggest, slice_text(keyword->text));
        }
    }
    return suggest;
}

static void set_unexpected(const struct token *token, struct error *err)
{
    if (token->kind == TOKEN_END) {
        error_set(err, ERR_SQL, "the statement ends too early");
    } else {
        struct bytebuf shown = {0};
        textbuf_escaped(&shown, token->text);
        error_set(err, ERR_SQL, "syntax error at \"%.60s\"", bytebuf_text(&shown));
        bytebuf_release(&shown);
    }
    error_place(err, E_SYNTAX, token->at, (int64_t)token->text.len);
}

/* The name before the error may have been a keyword with a slip: SELECT a FORM t. */
static bool blame_last(const struct driver *d, struct error *err)
{
    if (d->n_before == 0 || d->last.kind != TK_ID || d->last.text.at[0] == '"') {
        return false;
    }
    bool expected[TOKENS_MAX];
    expected_tokens(d->before, d->n_before, expected);
    struct suggest suggest = near_keyword(&d->last, expected);
    if (suggest.n == 0) {
        return false;
    }
    set_unexpected(&d->last, err);
    return suggest_hint(&suggest, err);
}

/* WINDOW 30 s. */
static bool is_lone_unit(const struct driver *d, const bool *expected)
{
    int64_t us;
    struct bytebuf duration = {0};
    bytebuf_add_byte(&duration, '1');
    bytebuf_add(&duration, d->token.text.at, d->token.text.len);
    bool is_unit = expected[TK_UNIT] && interval_parse(bytebuf_slice(&duration), &us);
    bytebuf_release(&duration);
    return is_unit;
}

static enum status syntax_error(const struct driver *d, struct error *err)
{
    bool expected[TOKENS_MAX];
    expected_tokens(d->states, d->n_states, expected);
    const struct keyword *keyword = keyword_find(d->token.text);
    struct suggest suggest = near_keyword(&d->token, expected);
    bool is_word = d->token.kind == TK_ID || keyword != NULL;
    if (is_word && suggest.n > 0 && suggest.distance > 0) {
        set_unexpected(&d->token, err);
        suggest_hint(&suggest, err);
    } else if (is_lone_unit(d, expected)) {
        set_unexpected(&d->token, err);
        error_hint(err, "a number and its unit are one word, such as 30s");
    } else if (!blame_last(d, err)) {
        set_unexpected(&d->token, err);
        hint_expected(expected, keyword != NULL && keyword->reserved, err);
        if (keyword != NULL && !keyword->reserved && expected[TK_ID]) {
            error_hint(err,
                       "\"%.*s\" is a word of the language: as a name, write it in double "
                       "quotes; as an alias, write AS before it",
                       (int)d->token.text.len, (const char *)d->token.text.at);
        }
    }
    return ERR_SQL;
}

/* ---- the loop -------------------------------------------------------------------------------- */

/* Feeds d->token, which the grammar accepts, as `kind`. */
static void feed(struct driver *d, uint16_t kind)
{
    if (kind == TK_ID) {
        memcpy(d->before, d->states, d->n_states * sizeof d->before[0]);
        d->n_before = d->n_states;
    }
    d->last = d->token;
    d->last.kind = kind;
    d->token.kind = kind;
    grammar_feed(d->machine, d->token);
    if (kind != TOKEN_END) {
        d->n_states = grammar_states(d->machine, d->states);
    }
}

static enum status drive(struct driver *d, struct error *err)
{
    TRY(lexer_next(&d->lexer, &d->token, err));
    for (;;) {
        d->ahead = (struct token){0};
        if (d->token.kind != TOKEN_END) {
            TRY(lexer_next(&d->lexer, &d->ahead, err));
        }
        TRY(check_nesting(d, err));
        uint16_t kind = decide(d);
        if (!accepts_one(d, kind)) {
            return syntax_error(d, err);
        }
        feed(d, kind);
        if (d->parser.status != OK) {
            return d->parser.status;
        }
        if (kind == TOKEN_END) {
            return OK;
        }
        d->token = d->ahead;
    }
}

enum status parse_statement(struct arena *arena, struct slice text, struct ast_statement **out,
                            struct error *err)
{
    CHECK(grammar_tokens() <= TOKENS_MAX);
    struct error ignored;
    err = err != NULL ? err : &ignored;
    if (text.len > STATEMENT_BYTES_MAX) {
        error_set(err, ERR_LIMIT, "the statement has %zu bytes, the limit is %d", text.len,
                  STATEMENT_BYTES_MAX);
        error_place(err, E_NESTING, 0, 0);
        return ERR_LIMIT;
    }
    struct driver *d = arena_alloc(arena, sizeof *d);
    driver_init(d, arena, text, err);
    TRY(drive(d, err));
    *out = d->parser.result;
    return OK;
}

/* ---- completion ------------------------------------------------------------------------------ */

/* Feeds all tokens of a text that is not finished. */
static bool drive_prefix(struct driver *d, struct error *err)
{
    if (lexer_next(&d->lexer, &d->token, err) != OK) {
        return false;
    }
    while (d->token.kind != TOKEN_END) {
        if (lexer_next(&d->lexer, &d->ahead, err) != OK || check_nesting(d, err) != OK) {
            return false;
        }
        /* The last token has nothing behind it yet. */
        bool is_last = d->ahead.kind == TOKEN_END;
        uint16_t kind = d->token.kind;
        if (!is_last || !accepts_one(d, kind)) {
            kind = decide(d);
        }
        if (!accepts_one(d, kind)) {
            return false;
        }
        feed(d, kind);
        if (d->parser.status != OK) {
            return false;
        }
        d->token = d->ahead;
    }
    return true;
}

bool parse_expected(struct arena *arena, struct slice text, struct expected *out)
{
    struct error err;
    if (text.len > STATEMENT_BYTES_MAX) {
        return false;
    }
    struct driver *d = arena_alloc(arena, sizeof *d);
    driver_init(d, arena, text, &err);
    if (!drive_prefix(d, &err)) {
        return false;
    }
    bool expected[TOKENS_MAX];
    expected_tokens(d->states, d->n_states, expected);
    *out = (struct expected){.name = expected[TK_ID] && expected[TK_KW],
                             .expression = expected[TK_LP] && expected[TK_NUMBER],
                             .duration = expected[TK_DURATION],
                             .text = expected[TK_STRING]};
    const struct keyword *keyword;
    for (uint32_t i = 0; (keyword = keyword_at(i)) != NULL; i++) {
        if (expected[keyword->kind] && out->n_words < EXPECTED_WORDS_MAX) {
            out->words[out->n_words++] = keyword->text;
        }
    }
    return true;
}
