/* secrets: see secrets.h. */
#include "engine/io/secrets.h"

bool secret_key(struct slice key)
{
    static const char *const parts[] = {"password", "secret", "key.pem", "oauthbearer.config"};
    static const char file[] = "_file";
    static const char allow[] = "allow_";
    bool is_file = key.len > sizeof file - 1 &&
                   memcmp(key.at + key.len - (sizeof file - 1), file, sizeof file - 1) == 0;
    bool allows = key.len > sizeof allow - 1 && memcmp(key.at, allow, sizeof allow - 1) == 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts && !is_file && !allows; i++) {
        if (slice_find(key, slice_text(parts[i])) != NULL) {
            return true;
        }
    }
    return false;
}

static bool is_key_byte(uint8_t c)
{
    uint8_t letter = (uint8_t)(ascii_lower(c) - 'a');
    return letter < 26 || ascii_is_digit(c) || c == '.' || c == '_' || c == '-';
}

/* Places behind a key: where its value begins, or text.len if it has none. A quote may end the key,
 * and blanks may stand around the sign. */
static size_t value_begin(struct slice text, size_t at)
{
    if (at < text.len && (text.at[at] == '\'' || text.at[at] == '"')) {
        at++;
    }
    while (at < text.len && ascii_is_space(text.at[at])) {
        at++;
    }
    if (at == text.len || text.at[at] != '=') {
        return text.len;
    }
    at++;
    while (at < text.len && ascii_is_space(text.at[at])) {
        at++;
    }
    return at;
}

/* Behind the value that begins at `at`: a quoted one ends with its quote, another one where a URI
 * or a list goes on. */
static size_t value_end(struct slice text, size_t at)
{
    bool quoted = at < text.len && text.at[at] == '\'';
    for (at += quoted; at < text.len; at++) {
        uint8_t c = text.at[at];
        bool doubled = quoted && c == '\'' && at + 1 < text.len && text.at[at + 1] == '\'';
        at += doubled;
        if (quoted && c == '\'' && !doubled) {
            return at + 1;
        }
        if (!quoted && (c == '&' || c == '\'' || c == '"' || c == ',' || c == ')' || c == ';' ||
                        ascii_is_space(c))) {
            return at;
        }
    }
    return text.len;
}

static bool names_variable(struct slice value)
{
    bool quoted = value.len >= 2 && value.at[0] == '\'';
    struct slice inner = quoted ? slice_of(value.at + 1, value.len - 2) : value;
    return inner.len > 3 && inner.at[0] == '$' && inner.at[1] == '{' &&
           memchr(inner.at, '}', inner.len) == inner.at + inner.len - 1;
}

static void add_hidden(struct bytebuf *out, struct slice value)
{
    bytebuf_add_text(out, value.at[0] == '\'' ? "'***'" : "***");
}

static void add_covered(struct bytebuf *out, struct slice value)
{
    for (size_t i = 0; i < value.len; i++) {
        bool shown = value.at[i] == '\'' || value.at[i] == '\n';
        bytebuf_add_byte(out, shown ? value.at[i] : '*');
    }
}

static void without_values(struct bytebuf *out, struct slice text,
                           void (*add_value)(struct bytebuf *out, struct slice value))
{
    size_t at = 0;
    while (at < text.len) {
        size_t end = at;
        while (end < text.len && is_key_byte(text.at[end])) {
            end++;
        }
        size_t begin = end;
        if (secret_key(slice_of(text.at + at, end - at))) {
            begin = value_begin(text, end);
        }
        size_t behind = begin > end && begin < text.len ? value_end(text, begin) : begin;
        struct slice value = slice_of(text.at + begin, behind - begin);
        if (value.len == 0 || names_variable(value)) {
            size_t shown = end > at ? end : end + 1;
            bytebuf_add(out, text.at + at, shown - at);
            at = shown;
            continue;
        }
        bytebuf_add(out, text.at + at, begin - at);
        add_value(out, value);
        at = behind;
    }
}

void secrets_hide(struct bytebuf *out, struct slice text)
{
    without_values(out, text, add_hidden);
}

void secrets_cover(struct bytebuf *out, struct slice text)
{
    without_values(out, text, add_covered);
}
