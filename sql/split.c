/* split: cuts statements off a text at semicolons outside quotes and comments. Sees tokens as the
 * lexer does, but forgives bytes that no token begins with: their statement will say so. */
#include "sql/lexer.h"
#include "sql/statement.h"

static bool is_quote(uint8_t c)
{
    return c == '\'' || c == '"' || c == '`';
}

static void split_at(struct slice text, size_t begin, size_t end, struct split *split)
{
    split->text = slice_of(text.at + begin, end - begin);
    split->rest = slice_of(text.at + end, text.len - end);
    split->at = begin;
}

/* The place behind the next semicolon, or text.len with the state that the end was met in. */
static size_t statement_end(struct slice text, size_t at, enum split_state *state)
{
    *state = SPLIT_OPEN;
    while (at < text.len) {
        size_t open_at = SIZE_MAX;
        at = lexer_skip(text, at, &open_at);
        if (open_at != SIZE_MAX) {
            *state = SPLIT_IN_COMMENT;
            return text.len;
        }
        if (at == text.len) {
            break;
        }
        uint8_t c = text.at[at];
        if (c == ';') {
            *state = SPLIT_COMPLETE;
            return at + 1;
        }
        if (!is_quote(c)) {
            at++;
            continue;
        }
        at = lexer_quoted_end(text, at);
        if (at == 0) {
            *state = c == '\'' ? SPLIT_IN_STRING : SPLIT_IN_NAME;
            return text.len;
        }
    }
    return text.len;
}

bool statement_split(struct slice text, struct split *split)
{
    size_t begin = 0;
    size_t open_at = SIZE_MAX;
    /* Semicolons without a statement before them are nothing. */
    for (;;) {
        begin = lexer_skip(text, begin, &open_at);
        if (begin == text.len || text.at[begin] != ';') {
            break;
        }
        begin++;
    }
    if (begin == text.len) {
        split->state = open_at != SIZE_MAX ? SPLIT_IN_COMMENT : SPLIT_DONE;
        split_at(text, open_at != SIZE_MAX ? open_at : text.len, text.len, split);
        return false;
    }
    size_t end = statement_end(text, begin, &split->state);
    split_at(text, begin, end, split);
    return split->state == SPLIT_COMPLETE;
}

struct slice statement_trim(struct slice text)
{
    text = slice_trim(text);
    while (text.len > 0 && text.at[text.len - 1] == ';') {
        text = slice_trim(slice_of(text.at, text.len - 1));
    }
    return text;
}
