/* json: see json.h. */
#include "engine/expr/json.h"

#include "engine/base/characters.h"

/* ---- paths ----------------------------------------------------------------------------------- */

static const uint8_t *find_byte(const uint8_t *at, const uint8_t *end, uint8_t byte)
{
    while (at < end && *at != byte) {
        at++;
    }
    return at < end ? at : NULL;
}

/* .name or ."name"; *at stands behind the point. */
static bool parse_member(const uint8_t **at, const uint8_t *end, struct json_step *step)
{
    const uint8_t *start = *at;
    if (start < end && *start == '"') {
        const uint8_t *quote = find_byte(start + 1, end, '"');
        if (quote == NULL) {
            return false;
        }
        step->name = slice_of(start + 1, (size_t)(quote - start) - 1);
        *at = quote + 1;
        return true;
    }
    const uint8_t *stop = start;
    while (stop < end && *stop != '.' && *stop != '[') {
        stop++;
    }
    step->name = slice_of(start, (size_t)(stop - start));
    *at = stop;
    return stop > start;
}

/* [n], ['name'] or ["name"]; *at stands behind the bracket. */
static bool parse_subscript(const uint8_t **at, const uint8_t *end, struct json_step *step)
{
    const uint8_t *start = *at;
    const uint8_t *close;
    if (start < end && (*start == '\'' || *start == '"')) {
        const uint8_t *quote = find_byte(start + 1, end, *start);
        if (quote == NULL || quote + 1 == end || quote[1] != ']') {
            return false;
        }
        step->name = slice_of(start + 1, (size_t)(quote - start) - 1);
        *at = quote + 2;
        return true;
    }
    close = find_byte(start, end, ']');
    int64_t index;
    if (close == NULL || !slice_to_i64(slice_of(start, (size_t)(close - start)), &index) ||
        index < 0 || index > INT32_MAX) {
        return false;
    }
    step->is_index = true;
    step->index = (uint32_t)index;
    *at = close + 1;
    return true;
}

const char *json_path_parse(struct arena *arena, struct slice text, struct json_path *out)
{
    const uint8_t *at = text.at;
    const uint8_t *end = at + text.len;
    struct json_path path = {.steps = arena_zalloc(arena, JSON_STEPS_MAX * sizeof *path.steps)};
    if (text.len == 0 || *at++ != '$') {
        return "a path starts with $, as in $.user.tags[0]";
    }
    while (at < end) {
        if (path.n == JSON_STEPS_MAX) {
            return "a path has at most 64 steps";
        }
        struct json_step *step = &path.steps[path.n++];
        uint8_t c = *at++;
        if (!(c == '.' && parse_member(&at, end, step)) &&
            !(c == '[' && parse_subscript(&at, end, step))) {
            return "steps of a path are .name, ['name'] and [0]";
        }
    }
    *out = path;
    return NULL;
}

/* ---- scanning -------------------------------------------------------------------------------- */

/* Not on the path. */
#define OFF_PATH UINT32_MAX

struct scan {
    const uint8_t *at;
    const uint8_t *end;
    const struct json_path *path;
    bool is_found;
    struct json_value found;
};

static void skip_space(struct scan *scan)
{
    while (scan->at < scan->end &&
           (*scan->at == ' ' || *scan->at == '\n' || *scan->at == '\t' || *scan->at == '\r')) {
        scan->at++;
    }
}

static bool take_byte(struct scan *scan, uint8_t byte)
{
    if (scan->at == scan->end || *scan->at != byte) {
        return false;
    }
    scan->at++;
    return true;
}

static bool take_word(struct scan *scan, const char *word)
{
    size_t n = strlen(word);
    if ((size_t)(scan->end - scan->at) < n || memcmp(scan->at, word, n) != 0) {
        return false;
    }
    scan->at += n;
    return true;
}

static bool take_digits(struct scan *scan)
{
    const uint8_t *start = scan->at;
    while (scan->at < scan->end && ascii_is_digit(*scan->at)) {
        scan->at++;
    }
    return scan->at > start;
}

static bool scan_number(struct scan *scan)
{
    (void)take_byte(scan, '-');
    if (!take_byte(scan, '0') && !take_digits(scan)) {
        return false;
    }
    if (take_byte(scan, '.') && !take_digits(scan)) {
        return false;
    }
    if (take_byte(scan, 'e') || take_byte(scan, 'E')) {
        if (!take_byte(scan, '+')) {
            (void)take_byte(scan, '-');
        }
        return take_digits(scan);
    }
    return true;
}

/* The value of a hexadecimal digit, or 16. */
static unsigned hex_value(uint8_t c)
{
    uint8_t lower = ascii_lower(c);
    if (ascii_is_digit(c)) {
        return c - (unsigned)'0';
    }
    return (uint8_t)(lower - 'a') < 6 ? lower - (unsigned)'a' + 10 : 16;
}

static bool scan_escape(struct scan *scan)
{
    if (scan->at == scan->end) {
        return false;
    }
    uint8_t c = *scan->at++;
    if (c != 'u') {
        return c != 0 && strchr("\"\\/bfnrt", c) != NULL;
    }
    for (int i = 0; i < 4; i++) {
        if (scan->at == scan->end || hex_value(*scan->at++) > 15) {
            return false;
        }
    }
    return true;
}

/* True if none of eight bytes is a quote, a backslash or a control byte. */
static bool is_plain8(const uint8_t *at)
{
    const uint64_t ones = 0x0101010101010101ull;
    const uint64_t high = 0x8080808080808080ull;
    uint64_t word;
    memcpy(&word, at, sizeof word);
    uint64_t quote = word ^ (ones * '"');
    uint64_t backslash = word ^ (ones * '\\');
    uint64_t hits = ((quote - ones) & ~quote) | ((backslash - ones) & ~backslash) |
                    ((word - ones * 0x20) & ~word);
    return (hits & high) == 0;
}

/* Behind the opening quote; *raw is what stands up to the closing one. */
static bool scan_string(struct scan *scan, struct slice *raw)
{
    const uint8_t *start = scan->at;
    for (;;) {
        while (scan->end - scan->at >= 8 && is_plain8(scan->at)) {
            scan->at += 8;
        }
        if (scan->at == scan->end) {
            return false;
        }
        uint8_t c = *scan->at++;
        if (c == '"') {
            *raw = slice_of(start, (size_t)(scan->at - start) - 1);
            return true;
        }
        if (c < 0x20 || (c == '\\' && !scan_escape(scan))) {
            return false;
        }
    }
}

static bool key_is(struct slice raw, struct slice name)
{
    if (find_byte(raw.at, raw.at + raw.len, '\\') == NULL) {
        return slice_equal(raw, name);
    }
    enum { KEY_BYTES_MAX = 256 };
    uint8_t key[KEY_BYTES_MAX];
    if (raw.len > KEY_BYTES_MAX) { /* six bytes of it are at most one of a name */
        return false;
    }
    return slice_equal(slice_of(key, (size_t)(json_unescape(raw, key) - key)), name);
}

static bool scan_value(struct scan *scan, unsigned depth, uint32_t step);

static bool scan_member(struct scan *scan, unsigned depth, uint32_t step)
{
    struct slice key;
    skip_space(scan);
    if (!take_byte(scan, '"') || !scan_string(scan, &key)) {
        return false;
    }
    const struct json_step *wanted = step < scan->path->n ? &scan->path->steps[step] : NULL;
    bool is_wanted = wanted != NULL && !wanted->is_index && key_is(key, wanted->name);
    if (is_wanted) { /* what an earlier equal key gave does not count any more */
        scan->is_found = false;
    }
    skip_space(scan);
    return take_byte(scan, ':') && scan_value(scan, depth, is_wanted ? step + 1 : OFF_PATH);
}

static bool scan_object(struct scan *scan, unsigned depth, uint32_t step)
{
    skip_space(scan);
    if (take_byte(scan, '}')) {
        return true;
    }
    do {
        if (!scan_member(scan, depth, step)) {
            return false;
        }
        skip_space(scan);
    } while (take_byte(scan, ','));
    return take_byte(scan, '}');
}

static bool scan_array(struct scan *scan, unsigned depth, uint32_t step)
{
    const struct json_step *wanted = step < scan->path->n ? &scan->path->steps[step] : NULL;
    skip_space(scan);
    if (take_byte(scan, ']')) {
        return true;
    }
    uint32_t index = 0;
    do {
        bool is_wanted = wanted != NULL && wanted->is_index && wanted->index == index;
        if (!scan_value(scan, depth, is_wanted ? step + 1 : OFF_PATH)) {
            return false;
        }
        index++;
        skip_space(scan);
    } while (take_byte(scan, ','));
    return take_byte(scan, ']');
}

static bool scan_by_first(struct scan *scan, unsigned depth, uint32_t step,
                          struct json_value *value)
{
    switch (*scan->at) {
    case '{':
        scan->at++;
        value->kind = JSON_OBJECT;
        return scan_object(scan, depth + 1, step);
    case '[':
        scan->at++;
        value->kind = JSON_ARRAY;
        return scan_array(scan, depth + 1, step);
    case '"':
        scan->at++;
        value->kind = JSON_STRING;
        return scan_string(scan, &value->raw);
    case 't':
        value->kind = JSON_BOOLEAN;
        return take_word(scan, "true");
    case 'f':
        value->kind = JSON_BOOLEAN;
        return take_word(scan, "false");
    case 'n':
        value->kind = JSON_NULL;
        return take_word(scan, "null");
    default:
        value->kind = JSON_NUMBER;
        return scan_number(scan);
    }
}

/* `step` steps of the path lead here, or OFF_PATH. */
static bool scan_value(struct scan *scan, unsigned depth, uint32_t step)
{
    struct json_value value = {.raw = {NULL, 0}};
    skip_space(scan);
    const uint8_t *start = scan->at;
    if (scan->at == scan->end || depth > JSON_DEPTH_MAX ||
        !scan_by_first(scan, depth, step, &value)) {
        return false;
    }
    if (step == scan->path->n) {
        if (value.kind != JSON_STRING) {
            value.raw = slice_of(start, (size_t)(scan->at - start));
        }
        scan->found = value;
        scan->is_found = true;
    }
    return true;
}

enum json_result json_find(struct slice text, const struct json_path *path, struct json_value *out)
{
    struct scan scan = {.at = text.at, .end = text.at + text.len, .path = path};
    if (!scan_value(&scan, 0, 0)) {
        return JSON_BAD;
    }
    skip_space(&scan);
    if (scan.at != scan.end) {
        return JSON_BAD;
    }
    if (!scan.is_found) {
        return JSON_ABSENT;
    }
    *out = scan.found;
    return JSON_FOUND;
}

/* ---- strings --------------------------------------------------------------------------------- */

static uint32_t read_hex4(const uint8_t *at)
{
    uint32_t code = 0;
    for (int i = 0; i < 4; i++) {
        code = code << 4 | hex_value(at[i]);
    }
    return code;
}

/* \uXXXX, and the second half of a pair; *at stands behind the u. */
static uint32_t read_unicode(const uint8_t **at, const uint8_t *end)
{
    enum { HIGH_FIRST = 0xd800, LOW_FIRST = 0xdc00, LOW_LAST = 0xdfff, REPLACEMENT = 0xfffd };
    uint32_t code = read_hex4(*at);
    *at += 4;
    if (code < HIGH_FIRST || code > LOW_LAST) {
        return code;
    }
    if (code < LOW_FIRST && end - *at >= 6 && (*at)[0] == '\\' && (*at)[1] == 'u') {
        uint32_t low = read_hex4(*at + 2);
        if (low >= LOW_FIRST && low <= LOW_LAST) {
            *at += 6;
            return 0x10000 + ((code - HIGH_FIRST) << 10) + (low - LOW_FIRST);
        }
    }
    return REPLACEMENT;
}

uint8_t *json_unescape(struct slice raw, uint8_t *out)
{
    static const char letters[] = "bfnrt";
    static const char meanings[] = "\b\f\n\r\t";
    const uint8_t *at = raw.at;
    const uint8_t *end = at + raw.len;
    while (at < end) {
        uint8_t c = *at++;
        if (c != '\\') {
            *out++ = c;
            continue;
        }
        c = *at++;
        const char *letter = strchr(letters, c);
        if (c == 'u') {
            out = characters_write(out, read_unicode(&at, end));
        } else {
            *out++ = letter != NULL ? (uint8_t)meanings[letter - letters] : c;
        }
    }
    return out;
}
