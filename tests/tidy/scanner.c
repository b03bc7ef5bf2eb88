/* scanner: see scanner.h. */
#include "tests/tidy/scanner.h"

#include <string.h>

/* The end of the comment, string or character constant that starts at `at`; `at` if none does. */
static size_t skip_opaque(struct slice text, size_t at)
{
    uint8_t first = text.at[at];
    uint8_t second = at + 1 < text.len ? text.at[at + 1] : 0;
    size_t end = at + 1;
    if (first == '/' && second == '/') {
        while (end < text.len && text.at[end] != '\n') {
            end++;
        }
        return end;
    }
    if (first == '/' && second == '*') {
        end = at + 2;
        while (end + 1 < text.len && (text.at[end] != '*' || text.at[end + 1] != '/')) {
            end++;
        }
        return end + 2 <= text.len ? end + 2 : text.len;
    }
    if (first != '"' && first != '\'') {
        return at;
    }
    while (end < text.len && text.at[end] != first && text.at[end] != '\n') {
        end += text.at[end] == '\\' ? 2 : 1;
    }
    return end + 1 <= text.len ? end + 1 : text.len;
}

static void make_blank(uint8_t *at, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        at[i] = at[i] == '\n' ? '\n' : ' ';
    }
}

struct slice code_only(struct arena *arena, struct slice text)
{
    uint8_t *copy = arena_alloc(arena, text.len + 1);
    memcpy(copy, text.at, text.len);
    size_t at = 0;
    while (at < text.len) {
        size_t end = skip_opaque(text, at);
        if (end == at) {
            at++;
            continue;
        }
        bool keeps_quotes = text.at[at] != '/';
        make_blank(copy, at + keeps_quotes, end - keeps_quotes);
        at = end;
    }
    return slice_of(copy, text.len);
}

struct slice code_without_directives(struct arena *arena, struct slice code)
{
    uint8_t *copy = arena_alloc(arena, code.len + 1);
    memcpy(copy, code.at, code.len);
    size_t at = 0;
    struct slice line;
    bool in_directive = false;
    while (next_line(code, &at, &line)) {
        struct slice trimmed = slice_trim(line);
        if (in_directive || slice_starts(trimmed, "#")) {
            size_t from = (size_t)(line.at - code.at);
            make_blank(copy, from, from + line.len);
            in_directive = slice_ends(trimmed, "\\");
        }
    }
    return slice_of(copy, code.len);
}

bool is_word_byte(uint8_t byte)
{
    return ascii_is_digit(byte) || byte == '_' ||
           (ascii_lower(byte) >= 'a' && ascii_lower(byte) <= 'z');
}

bool next_word(struct slice code, size_t *at, struct slice *word)
{
    size_t from = *at;
    while (from < code.len && !is_word_byte(code.at[from])) {
        from++;
    }
    size_t end = from;
    while (end < code.len && is_word_byte(code.at[end])) {
        end++;
    }
    *at = end;
    *word = slice_of(code.at + from, end - from);
    return end > from;
}

bool next_line(struct slice text, size_t *at, struct slice *line)
{
    if (*at >= text.len) {
        return false;
    }
    const uint8_t *from = text.at + *at;
    const uint8_t *end = memchr(from, '\n', text.len - *at);
    size_t length = end != NULL ? (size_t)(end - from) : text.len - *at;
    *line = slice_of(from, length);
    *at += length + 1;
    return true;
}

size_t skip_space(struct slice text, size_t at)
{
    while (at < text.len && ascii_is_space(text.at[at])) {
        at++;
    }
    return at;
}

uint8_t byte_before(struct slice text, size_t at)
{
    while (at > 0 && ascii_is_space(text.at[at - 1])) {
        at--;
    }
    return at > 0 ? text.at[at - 1] : 0;
}

bool slice_starts(struct slice text, const char *prefix)
{
    size_t len = strlen(prefix);
    return text.len >= len && memcmp(text.at, prefix, len) == 0;
}

bool slice_ends(struct slice text, const char *suffix)
{
    size_t len = strlen(suffix);
    return text.len >= len && memcmp(text.at + text.len - len, suffix, len) == 0;
}

bool slice_is(struct slice text, const char *whole)
{
    return slice_equal(text, slice_text(whole));
}
