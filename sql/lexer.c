/* lexer: see lexer.h. */
#include "sql/lexer.h"

#include "engine/base/bytebuf.h"
#include "engine/base/textbuf.h"
#include "engine/data/timestamp.h"
#include "engine/io/options.h"
#include "sql/errors.h"
#include "sql/grammar.h"

/* ---- keywords ------------------------------------------------------------------------------- */

enum { OPEN, RESERVED };

static const struct keyword keywords[] = {
#define KEYWORD(token_, text_, class_)                                                             \
    {.text = (text_), .kind = TK_##token_, .reserved = (class_) == RESERVED},
#include "sql/keywords.def"
#undef KEYWORD
};

enum { KEYWORDS = sizeof keywords / sizeof keywords[0], KEYWORD_BYTES_MAX = 16 };

const struct keyword *keyword_at(uint32_t index)
{
    return index < KEYWORDS ? &keywords[index] : NULL;
}

const struct keyword *keyword_find(struct slice word)
{
    uint8_t lower[KEYWORD_BYTES_MAX];
    if (word.len > sizeof lower) {
        return NULL;
    }
    for (size_t i = 0; i < word.len; i++) {
        lower[i] = ascii_lower(word.at[i]);
    }
    uint32_t low = 0;
    uint32_t high = KEYWORDS;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        int order = slice_compare(slice_of(lower, word.len), slice_text(keywords[middle].text));
        if (order == 0) {
            return &keywords[middle];
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return NULL;
}

/* ---- what stands between and inside tokens --------------------------------------------------- */

static size_t block_comment_end(struct slice text, size_t at)
{
    unsigned depth = 0;
    while (at + 1 < text.len) {
        if (text.at[at] == '/' && text.at[at + 1] == '*') {
            depth++;
            at += 2;
        } else if (text.at[at] == '*' && text.at[at + 1] == '/') {
            depth--;
            at += 2;
            if (depth == 0) {
                return at;
            }
        } else {
            at++;
        }
    }
    return 0;
}

size_t lexer_skip(struct slice text, size_t at, size_t *open_at)
{
    if (at == 0 && text.len >= 3 && memcmp(text.at, "\xef\xbb\xbf", 3) == 0) {
        at = 3; /* the byte order mark of a script */
    }
    while (at < text.len) {
        uint8_t c = text.at[at];
        uint8_t next = at + 1 < text.len ? text.at[at + 1] : 0;
        if (ascii_is_space(c)) {
            at++;
        } else if (c == '-' && next == '-') {
            const uint8_t *end = memchr(text.at + at, '\n', text.len - at);
            at = end == NULL ? text.len : (size_t)(end - text.at) + 1;
        } else if (c == '/' && next == '*') {
            size_t end = block_comment_end(text, at);
            if (end == 0) {
                *open_at = at;
                return text.len;
            }
            at = end;
        } else {
            break;
        }
    }
    return at;
}

size_t lexer_quoted_end(struct slice text, size_t at)
{
    uint8_t quote = text.at[at];
    for (at++; at < text.len; at++) {
        if (text.at[at] != quote) {
            continue;
        }
        if (at + 1 < text.len && text.at[at + 1] == quote) {
            at++;
            continue;
        }
        return at + 1;
    }
    return 0;
}

/* Bytes of UTF-8 beyond ASCII are letters: names may be in any language. */
static bool is_name_start(uint8_t c)
{
    return c == '_' || (uint8_t)(ascii_lower(c) - 'a') < 26 || c >= 0x80;
}

static bool is_name_byte(uint8_t c)
{
    return is_name_start(c) || ascii_is_digit(c) || c == '$';
}

static enum status refuse(const struct lexer *lexer, size_t at, size_t length, struct error *err)
{
    (void)lexer;
    error_place(err, E_LEXER, (int64_t)at, (int64_t)length);
    return ERR_SQL;
}

/* ---- tokens ---------------------------------------------------------------------------------- */

static void take(struct lexer *lexer, uint16_t kind, size_t length, struct token *token)
{
    *token = (struct token){.text = slice_of(lexer->text.at + lexer->at, length),
                            .at = (uint32_t)lexer->at,
                            .kind = kind};
    lexer->at += length;
}

static enum status take_quoted(struct lexer *lexer, struct token *token, struct error *err)
{
    size_t at = lexer->at;
    uint8_t quote = lexer->text.at[at];
    size_t end = lexer_quoted_end(lexer->text, at);
    if (end == 0) {
        error_set(err, ERR_SQL, quote == '\'' ? "this string has no end" : "this name has no end");
        error_hint(err, "close it with %c; inside, %c%c stands for one %c", quote, quote, quote,
                   quote);
        return refuse(lexer, at, 1, err);
    }
    if (quote != '\'' && end - at == 2) {
        error_set(err, ERR_SQL, "a name must not be empty");
        return refuse(lexer, at, 2, err);
    }
    if (quote != '\'' && memchr(lexer->text.at + at, 0, end - at) != NULL) {
        error_set(err, ERR_SQL, "a name must not hold a NUL byte");
        return refuse(lexer, at, end - at, err);
    }
    take(lexer, quote == '\'' ? TK_STRING : TK_ID, end - at, token);
    return OK;
}

static void take_word(struct lexer *lexer, struct token *token)
{
    size_t end = lexer->at;
    while (end < lexer->text.len && is_name_byte(lexer->text.at[end])) {
        end++;
    }
    size_t length = end - lexer->at;
    const struct keyword *keyword = keyword_find(slice_of(lexer->text.at + lexer->at, length));
    take(lexer, keyword != NULL ? keyword->kind : TK_ID, length, token);
}

/* Digits glued to letters: 30s, 1h30m, 1.5h, 1GB. */
static enum status take_unit_number(struct lexer *lexer, size_t end, struct token *token,
                                    struct error *err)
{
    while (end < lexer->text.len && is_name_byte(lexer->text.at[end])) {
        end++;
    }
    struct slice text = slice_of(lexer->text.at + lexer->at, end - lexer->at);
    int64_t value;
    if (interval_parse(text, &value)) {
        take(lexer, TK_DURATION, text.len, token);
        return OK;
    }
    if (bytes_parse(text, &value)) {
        take(lexer, TK_SIZE_LITERAL, text.len, token);
        return OK;
    }
    struct bytebuf shown = {0};
    textbuf_escaped(&shown, text);
    error_set(err, ERR_SQL, "\"%s\" is neither a number, a duration nor a size",
              bytebuf_text(&shown));
    bytebuf_release(&shown);
    error_hint(err,
               "durations look like 500ms 30s 15m 1h30m 2d 1w, sizes like 64KB 1GB; names that "
               "begin with a digit need \"quotes\"");
    return refuse(lexer, lexer->at, text.len, err);
}

static size_t digits_end(struct slice text, size_t at)
{
    while (at < text.len && ascii_is_digit(text.at[at])) {
        at++;
    }
    return at;
}

/* The end of an exponent at `at`, or `at` if there is none. */
static size_t exponent_end(struct slice text, size_t at)
{
    if (at >= text.len || ascii_lower(text.at[at]) != 'e') {
        return at;
    }
    size_t digits = at + 1;
    if (digits < text.len && (text.at[digits] == '+' || text.at[digits] == '-')) {
        digits++;
    }
    size_t end = digits_end(text, digits);
    return end > digits ? end : at;
}

static enum status take_number(struct lexer *lexer, struct token *token, struct error *err)
{
    struct slice text = lexer->text;
    uint16_t kind = TK_INTEGER;
    size_t end = digits_end(text, lexer->at);
    if (end < text.len && text.at[end] == '.') {
        kind = TK_NUMBER;
        end = digits_end(text, end + 1);
    }
    size_t exponent = exponent_end(text, end);
    if (exponent > end) {
        kind = TK_NUMBER;
        end = exponent;
    }
    if (end < text.len && is_name_byte(text.at[end])) {
        return take_unit_number(lexer, end, token, err);
    }
    take(lexer, kind, end - lexer->at, token);
    return OK;
}

struct operator_token {
    const char *text;
    uint16_t kind;
};

/* Longest first where one begins another. */
static const struct operator_token operators[] = {
    {"!~*", TK_MATCH},   {"::", TK_CAST}, {"=>", TK_ARROW}, {"==", TK_EQ},     {"<>", TK_NE},
    {"!=", TK_NE},       {"<=", TK_LE},   {">=", TK_GE},    {"||", TK_CONCAT}, {"!~", TK_MATCH},
    {"~*", TK_MATCH},    {"~", TK_MATCH}, {"(", TK_LP},     {")", TK_RP},      {",", TK_COMMA},
    {";", TK_SEMICOLON}, {".", TK_DOT},   {":", TK_COLON},  {"=", TK_EQ},      {"<", TK_LT},
    {">", TK_GT},        {"+", TK_PLUS},  {"-", TK_MINUS},  {"*", TK_STAR},    {"/", TK_SLASH},
    {"%", TK_PERCENT},
};

static enum status take_operator(struct lexer *lexer, struct token *token, struct error *err)
{
    size_t left = lexer->text.len - lexer->at;
    const uint8_t *at = lexer->text.at + lexer->at;
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++) {
        size_t length = strlen(operators[i].text);
        if (length <= left && memcmp(at, operators[i].text, length) == 0) {
            take(lexer, operators[i].kind, length, token);
            return OK;
        }
    }
    struct bytebuf shown = {0};
    textbuf_escaped(&shown, slice_of(at, 1));
    error_set(err, ERR_SQL, "no token begins with \"%s\"", bytebuf_text(&shown));
    bytebuf_release(&shown);
    if (*at == '&' || *at == '|') {
        error_hint(err, "write %s", *at == '&' ? "AND" : "OR; texts are joined with ||");
    }
    return refuse(lexer, lexer->at, 1, err);
}

enum status lexer_next(struct lexer *lexer, struct token *token, struct error *err)
{
    size_t open_at = SIZE_MAX;
    lexer->at = lexer_skip(lexer->text, lexer->at, &open_at);
    if (open_at != SIZE_MAX) {
        error_set(err, ERR_SQL, "this comment has no end");
        error_hint(err, "close it with */; comments nest");
        return refuse(lexer, open_at, 2, err);
    }
    if (lexer->at == lexer->text.len) {
        take(lexer, TOKEN_END, 0, token);
        return OK;
    }
    uint8_t c = lexer->text.at[lexer->at];
    uint8_t next = lexer->at + 1 < lexer->text.len ? lexer->text.at[lexer->at + 1] : 0;
    if (c == '\'' || c == '"' || c == '`') {
        return take_quoted(lexer, token, err);
    }
    if (ascii_is_digit(c) || (c == '.' && ascii_is_digit(next))) {
        return take_number(lexer, token, err);
    }
    if (is_name_start(c)) {
        take_word(lexer, token);
        return OK;
    }
    return take_operator(lexer, token, err);
}
