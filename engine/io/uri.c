/* uri: splits the text behind FROM, TO and INTO; see options.h. */
#include "engine/io/options.h"

enum { E_OPTION = 120, PORT_MAX = 65535 };

static bool is_letter(uint8_t c)
{
    return (uint8_t)(ascii_lower(c) - 'a') < 26;
}

static bool is_scheme_byte(uint8_t c)
{
    return is_letter(c) || ascii_is_digit(c) || c == '+' || c == '-' || c == '.';
}

/* Length of "scheme" in "scheme:…", 0 if the text does not begin so. */
static size_t scheme_length(struct slice text)
{
    size_t len = 0;
    if (text.len == 0 || !is_letter(text.at[0])) {
        return 0;
    }
    while (len < text.len && is_scheme_byte(text.at[len])) {
        len++;
    }
    return len < text.len && text.at[len] == ':' ? len : 0;
}

/* True if `text` begins with "key=". */
static bool begins_with_key(struct slice text)
{
    size_t len = 0;
    while (len < text.len && (is_scheme_byte(text.at[len]) || text.at[len] == '_')) {
        len++;
    }
    return len > 0 && len < text.len && text.at[len] == '=';
}

/* Where the query begins: the first '?' of a URI with an authority; elsewhere the first '?' that
 * "key=" follows, because paths may hold wildcards. text.len if there is none. */
static size_t query_start(struct slice text, bool has_authority)
{
    for (size_t i = 0; i < text.len; i++) {
        struct slice rest = slice_of(text.at + i + 1, text.len - i - 1);
        if (text.at[i] == '?' && (has_authority || begins_with_key(rest))) {
            return i;
        }
    }
    return text.len;
}

static int hex_value(uint8_t c)
{
    if (ascii_is_digit(c)) {
        return c - '0';
    }
    uint8_t lower = ascii_lower(c);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

static enum status percent_decode(struct arena *arena, struct slice text, struct slice *out,
                                  struct error *err)
{
    uint8_t *to = arena_alloc(arena, text.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++, len++) {
        to[len] = text.at[i];
        if (text.at[i] != '%') {
            continue;
        }
        int high = i + 2 < text.len ? hex_value(text.at[i + 1]) : -1;
        int low = i + 2 < text.len ? hex_value(text.at[i + 2]) : -1;
        if (high < 0 || low < 0) {
            error_set(err, ERR_OPTION, "\"%.*s\" has a %% that two hex digits do not follow",
                      (int)text.len, (const char *)text.at);
            error_hint(err, "write %%25 for the sign itself");
            return ERR_OPTION;
        }
        to[len] = (uint8_t)(high * 16 + low);
        i += 2;
    }
    *out = slice_of(to, len);
    return OK;
}

static enum status put_item(struct arena *arena, struct slice item, struct options *options,
                            struct error *err)
{
    const uint8_t *equals = item.len == 0 ? NULL : memchr(item.at, '=', item.len);
    if (item.len == 0) {
        return OK;
    }
    if (equals == NULL || equals == item.at) {
        return error_set(err, ERR_OPTION, "\"%.*s\" in the URI is not key=value", (int)item.len,
                         (const char *)item.at);
    }
    size_t key_len = (size_t)(equals - item.at);
    struct slice value;
    TRY(percent_decode(arena, slice_of(equals + 1, item.len - key_len - 1), &value, err));
    return options_put(options, slice_of(item.at, key_len), value, -1, err);
}

static enum status put_query(struct arena *arena, struct slice query, struct options *options,
                             struct error *err)
{
    while (query.len > 0) {
        const uint8_t *end = memchr(query.at, '&', query.len);
        size_t len = end == NULL ? query.len : (size_t)(end - query.at);
        TRY(put_item(arena, slice_of(query.at, len), options, err));
        len += end != NULL;
        query = slice_of(query.at + len, query.len - len);
    }
    return OK;
}

static struct slice scheme_copy(struct arena *arena, struct slice text)
{
    uint8_t *copy = arena_alloc(arena, text.len + 1);
    for (size_t i = 0; i < text.len; i++) {
        copy[i] = ascii_lower(text.at[i]);
    }
    copy[text.len] = 0;
    return slice_of(copy, text.len);
}

enum status uri_parse(struct arena *arena, struct slice text, struct uri *uri,
                      struct options *options, struct error *err)
{
    if (text.len == 0) {
        return error_set(err, ERR_OPTION, "the URI is empty");
    }
    if (memchr(text.at, 0, text.len) != NULL) {
        return error_set(err, ERR_OPTION, "the URI has a NUL byte");
    }
    struct uri got = {.text = arena_copy(arena, text), .scheme = slice_text("file")};
    struct slice rest = got.text;
    size_t scheme = scheme_length(text);
    if (scheme > 0) {
        got.scheme = scheme_copy(arena, slice_of(text.at, scheme));
        rest = slice_of(rest.at + scheme + 1, rest.len - scheme - 1);
    }
    bool has_authority = scheme > 0 && rest.len >= 2 && memcmp(rest.at, "//", 2) == 0;
    if (has_authority) {
        rest = slice_of(rest.at + 2, rest.len - 2);
    }
    size_t query = query_start(rest, has_authority);
    if (query < rest.len) {
        struct slice items = slice_of(rest.at + query + 1, rest.len - query - 1);
        TRY(put_query(arena, items, options, err));
        rest = slice_of(rest.at, query);
    }
    if (has_authority) {
        const uint8_t *slash = rest.len == 0 ? NULL : memchr(rest.at, '/', rest.len);
        size_t len = slash == NULL ? rest.len : (size_t)(slash - rest.at);
        got.authority = arena_copy(arena, slice_of(rest.at, len));
        rest = slice_of(rest.at + len, rest.len - len);
    }
    got.path = arena_copy(arena, rest);
    *uri = got;
    return OK;
}

/* ---- host and port -------------------------------------------------------------------------- */

static enum status bad_authority(struct slice authority, const char *why, struct error *err)
{
    error_set(err, ERR_OPTION, "\"%.*s\" is no host:port: %s", (int)authority.len,
              (const char *)authority.at, why);
    error_place(err, E_OPTION, -1, -1);
    error_hint(err, "write 127.0.0.1:9999, localhost:9999 or [::1]:9999");
    return ERR_OPTION;
}

/* Splits off "[…]" or what stands before the last colon. *rest begins at the colon. */
static const char *split_host(struct slice authority, struct slice *host, struct slice *rest)
{
    if (authority.len > 0 && authority.at[0] == '[') {
        const uint8_t *end = memchr(authority.at, ']', authority.len);
        if (end == NULL) {
            return "the ] is missing";
        }
        size_t used = (size_t)(end - authority.at) + 1;
        *host = slice_of(authority.at + 1, used - 2);
        *rest = slice_of(authority.at + used, authority.len - used);
        return rest->len > 0 && rest->at[0] != ':' ? "a colon must follow the ]" : NULL;
    }
    const uint8_t *colon = authority.len == 0 ? NULL : memchr(authority.at, ':', authority.len);
    size_t len = colon == NULL ? authority.len : (size_t)(colon - authority.at);
    *host = slice_of(authority.at, len);
    *rest = slice_of(authority.at + len, authority.len - len);
    if (rest->len > 1 && memchr(rest->at + 1, ':', rest->len - 1) != NULL) {
        return "an IPv6 address needs [ ]";
    }
    return NULL;
}

enum status uri_host_port(struct arena *arena, struct slice authority, char **host, uint16_t *port,
                          struct error *err)
{
    struct slice name;
    struct slice rest;
    const char *why = split_host(authority, &name, &rest);
    if (why != NULL) {
        return bad_authority(authority, why, err);
    }
    if (rest.len < 2) {
        return bad_authority(authority, "the port is missing", err);
    }
    struct slice digits = slice_of(rest.at + 1, rest.len - 1);
    int64_t number;
    if (!ascii_is_digit(digits.at[0]) || !slice_to_i64(digits, &number) || number > PORT_MAX) {
        return bad_authority(authority, "the port is not a number up to 65535", err);
    }
    *host = (char *)arena_copy(arena, name).at;
    *port = (uint16_t)number;
    return OK;
}
