/* json_tree: see json_tree.h. */
#include "tests/lab/json_tree.h"

#include <string.h>

#include "engine/base/bytebuf.h"

enum { DEPTH_MAX = 200 };

struct parsing {
    struct arena *arena;
    const uint8_t *at;
    const uint8_t *end;
    uint32_t depth;
};

static bool parse_value(struct parsing *p, struct json *out);

static void skip_space(struct parsing *p)
{
    while (p->at < p->end &&
           (*p->at == ' ' || *p->at == '\t' || *p->at == '\n' || *p->at == '\r')) {
        p->at++;
    }
}

static bool take(struct parsing *p, uint8_t byte)
{
    if (p->at == p->end || *p->at != byte) {
        return false;
    }
    p->at++;
    return true;
}

static bool take_word(struct parsing *p, const char *word)
{
    size_t len = strlen(word);
    if ((size_t)(p->end - p->at) < len || memcmp(p->at, word, len) != 0) {
        return false;
    }
    p->at += len;
    return true;
}

/* ---- strings --------------------------------------------------------------------------------- */

static bool parse_hex4(struct parsing *p, uint32_t *out)
{
    uint32_t value = 0;
    for (int i = 0; i < 4; i++) {
        uint8_t c = p->at < p->end ? ascii_lower(*p->at++) : 0;
        uint32_t digit = ascii_is_digit(c)      ? (uint32_t)(c - '0')
                         : c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a') + 10
                                                : 16;
        if (digit == 16) {
            return false;
        }
        value = value << 4 | digit;
    }
    *out = value;
    return true;
}

static uint8_t *put_utf8(uint8_t *out, uint32_t c)
{
    if (c < 0x80) {
        *out++ = (uint8_t)c;
    } else if (c < 0x800) {
        *out++ = (uint8_t)(0xc0 | c >> 6);
        *out++ = (uint8_t)(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
        *out++ = (uint8_t)(0xe0 | c >> 12);
        *out++ = (uint8_t)(0x80 | (c >> 6 & 0x3f));
        *out++ = (uint8_t)(0x80 | (c & 0x3f));
    } else {
        *out++ = (uint8_t)(0xf0 | c >> 18);
        *out++ = (uint8_t)(0x80 | (c >> 12 & 0x3f));
        *out++ = (uint8_t)(0x80 | (c >> 6 & 0x3f));
        *out++ = (uint8_t)(0x80 | (c & 0x3f));
    }
    return out;
}

static bool parse_unicode(struct parsing *p, uint8_t **out)
{
    uint32_t c;
    if (!parse_hex4(p, &c)) {
        return false;
    }
    bool is_high = c >= 0xd800 && c < 0xdc00;
    if (is_high && p->end - p->at >= 6 && p->at[0] == '\\' && p->at[1] == 'u') {
        uint32_t low;
        p->at += 2;
        if (!parse_hex4(p, &low)) {
            return false;
        }
        c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
    }
    *out = put_utf8(*out, c);
    return true;
}

static bool parse_escape(struct parsing *p, uint8_t **out)
{
    static const char names[] = "\"\\/bfnrt";
    static const char bytes[] = "\"\\/\b\f\n\r\t";
    if (p->at == p->end) {
        return false;
    }
    uint8_t c = *p->at++;
    if (c == 'u') {
        return parse_unicode(p, out);
    }
    const char *found = c == 0 ? NULL : strchr(names, c);
    if (found == NULL) {
        return false;
    }
    *(*out)++ = (uint8_t)bytes[found - names];
    return true;
}

static bool parse_string(struct parsing *p, struct slice *text)
{
    if (!take(p, '"')) {
        return false;
    }
    const uint8_t *close = p->at;
    while (close < p->end && *close != '"') {
        close += *close == '\\' && close + 1 < p->end ? 2 : 1;
    }
    /* No escape is longer decoded than written. */
    uint8_t *start = arena_alloc(p->arena, (size_t)(close - p->at) + 4);
    uint8_t *out = start;
    while (p->at < p->end && *p->at != '"') {
        uint8_t c = *p->at++;
        if (c < 0x20 || (c == '\\' && !parse_escape(p, &out))) {
            return false;
        }
        if (c != '\\') {
            *out++ = c;
        }
    }
    *text = slice_of(start, (size_t)(out - start));
    return take(p, '"');
}

/* ---- numbers --------------------------------------------------------------------------------- */

static bool skip_digits(struct parsing *p)
{
    const uint8_t *from = p->at;
    while (p->at < p->end && ascii_is_digit(*p->at)) {
        p->at++;
    }
    return p->at > from;
}

static bool parse_number(struct parsing *p, struct json *out)
{
    const uint8_t *from = p->at;
    (void)take(p, '-');
    bool is_zero = take(p, '0');
    if (!is_zero && !skip_digits(p)) {
        return false;
    }
    if (take(p, '.') && !skip_digits(p)) {
        return false;
    }
    if (take(p, 'e') || take(p, 'E')) {
        (void)(take(p, '-') || take(p, '+'));
        if (!skip_digits(p)) {
            return false;
        }
    }
    out->kind = JSON_NUMBER;
    out->text = slice_of(from, (size_t)(p->at - from));
    return true;
}

/* ---- arrays and objects ---------------------------------------------------------------------- */

/* Items as they come; moved to the arena when their number is known. */
struct items {
    struct bytebuf values;
    struct bytebuf keys;
    uint32_t n;
};

static void items_finish(struct parsing *p, struct items *items, struct json *out)
{
    out->n = items->n;
    out->items = arena_alloc(p->arena, items->values.len + 1);
    out->keys = arena_alloc(p->arena, items->keys.len + 1);
    if (items->n > 0) {
        memcpy(out->items, items->values.at, items->values.len);
    }
    if (items->keys.len > 0) {
        memcpy(out->keys, items->keys.at, items->keys.len);
    }
}

static bool parse_item(struct parsing *p, struct items *items, bool is_object)
{
    struct json value = {.kind = JSON_NULL};
    if (is_object) {
        struct slice key;
        skip_space(p);
        if (!parse_string(p, &key)) {
            return false;
        }
        skip_space(p);
        if (!take(p, ':')) {
            return false;
        }
        bytebuf_add(&items->keys, &key, sizeof key);
    }
    if (!parse_value(p, &value)) {
        return false;
    }
    bytebuf_add(&items->values, &value, sizeof value);
    items->n++;
    skip_space(p);
    return true;
}

static bool parse_items(struct parsing *p, struct items *items, bool is_object)
{
    uint8_t close = is_object ? '}' : ']';
    skip_space(p);
    if (take(p, close)) {
        return true;
    }
    do {
        if (!parse_item(p, items, is_object)) {
            return false;
        }
    } while (take(p, ','));
    return take(p, close);
}

static bool parse_nested(struct parsing *p, struct json *out, bool is_object)
{
    struct items items = {0};
    out->kind = is_object ? JSON_OBJECT : JSON_ARRAY;
    bool ok = p->depth++ < DEPTH_MAX && parse_items(p, &items, is_object);
    p->depth--;
    if (ok) {
        items_finish(p, &items, out);
    }
    bytebuf_release(&items.values);
    bytebuf_release(&items.keys);
    return ok;
}

static bool parse_value(struct parsing *p, struct json *out)
{
    *out = (struct json){.kind = JSON_NULL};
    skip_space(p);
    if (take(p, '{')) {
        return parse_nested(p, out, true);
    }
    if (take(p, '[')) {
        return parse_nested(p, out, false);
    }
    if (p->at < p->end && *p->at == '"') {
        out->kind = JSON_STRING;
        return parse_string(p, &out->text);
    }
    if (take_word(p, "null")) {
        return true;
    }
    if (take_word(p, "true")) {
        out->kind = JSON_TRUE;
        return true;
    }
    if (take_word(p, "false")) {
        out->kind = JSON_FALSE;
        return true;
    }
    return parse_number(p, out);
}

bool json_parse(struct arena *arena, struct slice text, struct json *out)
{
    struct parsing p = {.arena = arena, .at = text.at, .end = text.at + text.len};
    if (!parse_value(&p, out)) {
        return false;
    }
    skip_space(&p);
    return p.at == p.end;
}

/* ---- reading --------------------------------------------------------------------------------- */

const struct json *json_get(const struct json *json, const char *key)
{
    if (json == NULL || json->kind != JSON_OBJECT) {
        return NULL;
    }
    for (uint32_t i = 0; i < json->n; i++) {
        if (slice_equal(json->keys[i], slice_text(key))) {
            return json->items[i].kind == JSON_NULL ? NULL : &json->items[i];
        }
    }
    return NULL;
}

struct slice json_text(const struct json *json, const char *key)
{
    const struct json *member = json_get(json, key);
    return member != NULL && member->kind == JSON_STRING ? member->text : slice_of(NULL, 0);
}

uint32_t json_length(const struct json *json)
{
    return json != NULL && json->kind == JSON_ARRAY ? json->n : 0;
}

bool json_is(const struct json *json, enum json_kind kind)
{
    return json != NULL && json->kind == kind;
}
