/* json_scan: see json_scan.h. Every step takes where it is and the end, and returns where it has
 * come to, or NULL if the text is not JSON there. */
#include "sources/json_scan.h"

#include "engine/base/characters.h"
#include "engine/base/digits.h"

static const uint8_t *skip_blanks(const uint8_t *at, const uint8_t *end)
{
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r')) {
        at++;
    }
    return at;
}

static const uint8_t *expect_word(const uint8_t *at, const uint8_t *end, const char *word)
{
    size_t len = strlen(word);
    return (size_t)(end - at) >= len && memcmp(at, word, len) == 0 ? at + len : NULL;
}

/* ---- strings -------------------------------------------------------------------------------- */

static int hex_digit(uint8_t c)
{
    if (ascii_is_digit(c)) {
        return c - '0';
    }
    uint8_t lower = ascii_lower(c);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* Behind a backslash. */
static const uint8_t *pass_escape(const uint8_t *at, const uint8_t *end)
{
    if (at == end || *at == 0 || strchr("\"\\/bfnrtu", *at) == NULL) {
        return NULL;
    }
    if (*at++ != 'u') {
        return at;
    }
    for (int i = 0; i < 4; i++, at++) {
        if (at == end || hex_digit(*at) < 0) {
            return NULL;
        }
    }
    return at;
}

/* High bits mark the bytes of `word` that a string cannot pass over: quote, backslash, controls.
 * The lowest mark is always right. */
static inline uint64_t telling_bytes(uint64_t word)
{
    const uint64_t ones = 0x0101010101010101ull;
    const uint64_t highs = 0x8080808080808080ull;
    uint64_t quote = word ^ ones * '"';
    uint64_t backslash = word ^ ones * '\\';
    return (((quote - ones) & ~quote) | ((backslash - ones) & ~backslash) |
            ((word - ones * 0x20) & ~word)) &
           highs;
}

static inline const uint8_t *pass_plain(const uint8_t *at, const uint8_t *end)
{
    while (end - at >= 8) {
        uint64_t telling = telling_bytes(load_le64(at));
        if (telling != 0) {
            return at + __builtin_ctzll(telling) / 8;
        }
        at += 8;
    }
    while (at < end && *at != '"' && *at != '\\' && *at >= 0x20) {
        at++;
    }
    return at;
}

/* From behind the opening quote to behind the closing one. */
static const uint8_t *pass_string(const uint8_t *at, const uint8_t *end, struct json_value *out)
{
    *out = (struct json_value){.at = at, .kind = JSON_STRING};
    for (;;) {
        at = pass_plain(at, end);
        if (at == end || *at < 0x20) {
            return NULL;
        }
        if (*at == '"') {
            out->len = (uint32_t)(at - out->at);
            return at + 1;
        }
        out->has_escapes = true;
        at = pass_escape(at + 1, end);
        if (at == NULL) {
            return NULL;
        }
    }
}

static uint32_t four_hex(const uint8_t *at)
{
    uint32_t code = 0;
    for (int i = 0; i < 4; i++) {
        code = code * 16 + (uint32_t)hex_digit(at[i]);
    }
    return code;
}

/* At the four digits behind \u; steps over a second half too. */
static uint32_t read_code(const uint8_t **at, const uint8_t *end)
{
    uint32_t code = four_hex(*at);
    *at += 4;
    if (code < 0xd800 || code > 0xdfff) {
        return code;
    }
    const uint8_t *ahead = *at;
    if (code < 0xdc00 && end - ahead >= 6 && ahead[0] == '\\' && ahead[1] == 'u') {
        uint32_t low = four_hex(ahead + 2);
        if (low >= 0xdc00 && low <= 0xdfff) {
            *at += 6;
            return 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        }
    }
    return 0xfffd;
}

uint32_t json_undo_escapes(const struct json_value *value, uint8_t *out)
{
    static const char letters[] = "bfnrt";
    static const char meanings[] = "\b\f\n\r\t";
    const uint8_t *at = value->at;
    const uint8_t *end = at + value->len;
    uint32_t n = 0;
    while (at < end) {
        if (*at != '\\') {
            out[n++] = *at++;
            continue;
        }
        uint8_t c = at[1];
        at += 2;
        const char *letter = strchr(letters, c);
        if (c == 'u') {
            n = (uint32_t)(characters_write(out + n, read_code(&at, end)) - out);
        } else {
            out[n++] = letter == NULL ? c : (uint8_t)meanings[letter - letters];
        }
    }
    return n;
}

/* ---- values --------------------------------------------------------------------------------- */

static const uint8_t *pass_digits(const uint8_t *at, const uint8_t *end)
{
    const uint8_t *from = at;
    while (at < end && ascii_is_digit(*at)) {
        at++;
    }
    return at == from ? NULL : at;
}

static const uint8_t *pass_number(const uint8_t *at, const uint8_t *end)
{
    at += at < end && *at == '-';
    if (at < end && *at == '0') {
        at++;
    } else if ((at = pass_digits(at, end)) == NULL) {
        return NULL;
    }
    if (at < end && *at == '.' && (at = pass_digits(at + 1, end)) == NULL) {
        return NULL;
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
        at++;
        at += at < end && (*at == '+' || *at == '-');
        return pass_digits(at, end);
    }
    return at;
}

static const uint8_t *pass_value(const uint8_t *at, const uint8_t *end, unsigned depth,
                                 struct json_value *out);

/* Behind '[': elements up to behind ']'. */
static const uint8_t *pass_array(const uint8_t *at, const uint8_t *end, unsigned depth)
{
    struct json_value element;
    at = skip_blanks(at, end);
    if (at < end && *at == ']') {
        return at + 1;
    }
    for (;;) {
        at = pass_value(skip_blanks(at, end), end, depth, &element);
        if (at == NULL || (at = skip_blanks(at, end)) == end) {
            return NULL;
        }
        if (*at == ']') {
            return at + 1;
        }
        if (*at++ != ',') {
            return NULL;
        }
    }
}

/* Key, colon and value. */
static const uint8_t *pass_member(const uint8_t *at, const uint8_t *end, unsigned depth,
                                  struct json_value *key, struct json_value *value)
{
    at = skip_blanks(at, end);
    if (at == end || *at != '"' || (at = pass_string(at + 1, end, key)) == NULL) {
        return NULL;
    }
    at = skip_blanks(at, end);
    if (at == end || *at != ':') {
        return NULL;
    }
    return pass_value(skip_blanks(at + 1, end), end, depth, value);
}

/* Behind '{': members up to behind '}'. */
static const uint8_t *pass_object(const uint8_t *at, const uint8_t *end, unsigned depth)
{
    struct json_value key;
    struct json_value value;
    at = skip_blanks(at, end);
    if (at < end && *at == '}') {
        return at + 1;
    }
    for (;;) {
        at = pass_member(at, end, depth, &key, &value);
        if (at == NULL || (at = skip_blanks(at, end)) == end) {
            return NULL;
        }
        if (*at == '}') {
            return at + 1;
        }
        if (*at++ != ',') {
            return NULL;
        }
    }
}

/* A value of which the end is known. */
static const uint8_t *found(const uint8_t *from, const uint8_t *to, enum json_kind kind,
                            struct json_value *out)
{
    if (to != NULL) {
        *out = (struct json_value){.at = from, .len = (uint32_t)(to - from), .kind = (uint8_t)kind};
    }
    return to;
}

static const uint8_t *pass_value(const uint8_t *at, const uint8_t *end, unsigned depth,
                                 struct json_value *out)
{
    if (at == end || depth == 0) {
        return NULL;
    }
    switch (*at) {
    case '"':
        return pass_string(at + 1, end, out);
    case '{':
        return found(at, pass_object(at + 1, end, depth - 1), JSON_OBJECT, out);
    case '[':
        return found(at, pass_array(at + 1, end, depth - 1), JSON_ARRAY, out);
    case 't':
        return found(at, expect_word(at, end, "true"), JSON_TRUE, out);
    case 'f':
        return found(at, expect_word(at, end, "false"), JSON_FALSE, out);
    case 'n':
        return found(at, expect_word(at, end, "null"), JSON_NULL, out);
    default:
        return found(at, pass_number(at, end), JSON_NUMBER, out);
    }
}

bool json_is_bare(struct slice text)
{
    const uint8_t *end = text.at + text.len;
    struct json_value value;
    if (text.len == 0) {
        return false;
    }
    if (text.at[0] == '-' || ascii_is_digit(text.at[0])) {
        return pass_number(text.at, end) == end;
    }
    return text.at[0] != '"' && pass_value(text.at, end, 1, &value) == end;
}

bool json_read(struct slice text, struct json_value *out)
{
    const uint8_t *end = text.at + text.len;
    const uint8_t *at = pass_value(skip_blanks(text.at, end), end, JSON_DEPTH_MAX, out);
    return at != NULL && skip_blanks(at, end) == end;
}

/* ---- objects member by member --------------------------------------------------------------- */

bool json_walk_begin(struct json_walk *walk, struct slice text)
{
    const uint8_t *end = text.at + text.len;
    const uint8_t *at = skip_blanks(text.at, end);
    bool is_object = at < end && *at == '{';
    *walk = (struct json_walk){
        .at = is_object ? at + 1 : at,
        .end = end,
        .is_first = true,
        .failed = !is_object,
    };
    return is_object;
}

/* At what follows a member: a comma is stepped over. False: the object has ended. */
static bool walk_on(struct json_walk *walk)
{
    const uint8_t *at = skip_blanks(walk->at, walk->end);
    if (at < walk->end && *at == '}') {
        walk->at = at + 1;
        walk->failed = skip_blanks(walk->at, walk->end) != walk->end;
        return false;
    }
    if (walk->is_first) {
        walk->is_first = false;
        return true;
    }
    walk->failed = at == walk->end || *at != ',';
    walk->at = at + 1;
    return !walk->failed;
}

bool json_walk_next(struct json_walk *walk, struct json_value *key, struct json_value *value)
{
    if (walk->failed || !walk_on(walk)) {
        return false;
    }
    const uint8_t *at = pass_member(walk->at, walk->end, JSON_DEPTH_MAX - 1, key, value);
    walk->failed = at == NULL;
    walk->at = walk->failed ? walk->at : at;
    return !walk->failed;
}
