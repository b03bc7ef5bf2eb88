/* apache_line: see apache_line.h. */
#include "sources/apache_line.h"

#include "engine/base/panic.h"
#include "sources/null_field.h"

#define ALWAYS_INLINE static inline __attribute__((always_inline))

const char *const apache_field_names[] = {
    "vhost",    "host",   "ident", "user",    "ts",    "method",  "path",
    "protocol", "status", "bytes", "referer", "agent", "request", NULL,
};

/* The place of the line's marks where the walk has come to. */
struct mark_walk {
    const uint32_t *next;
    const uint32_t *end;
};

/* "17/May/2015:10:05:03 +0000" */
enum { CLF_BYTES = 26 };

/* The quote at `at` is part of the text: an odd number of backslashes stands in front of it. */
static bool is_escaped(const uint8_t *bytes, uint32_t from, uint32_t at)
{
    uint32_t n = 0;
    while (at - n > from && bytes[at - n - 1] == '\\') {
        n++;
    }
    return n % 2 == 1;
}

/* A quoted part that begins with a quote at `open`. False: no quote there, or it is not closed. */
ALWAYS_INLINE bool walk_quoted(struct mark_walk *walk, const uint8_t *bytes, uint32_t open,
                               uint32_t *begin, uint32_t *end)
{
    while (walk->next < walk->end && *walk->next < open) {
        walk->next++; /* brackets and quotes that mean nothing here */
    }
    if (walk->next == walk->end || *walk->next != open || bytes[open] != '"') {
        return false;
    }
    for (walk->next++; walk->next < walk->end; walk->next++) {
        uint32_t at = *walk->next;
        if (bytes[at] == '"' && !(bytes[at - 1] == '\\' && is_escaped(bytes, open + 1, at))) {
            *begin = open + 1;
            *end = at;
            walk->next++;
            return true;
        }
    }
    return false;
}

/* The same, but a part that is not closed goes on to the end of the line: real logs have lines that
 * were cut off there. */
ALWAYS_INLINE void walk_to_end(struct mark_walk *walk, const uint8_t *bytes, uint32_t open,
                               uint32_t line_end, uint32_t *begin, uint32_t *end)
{
    if (!walk_quoted(walk, bytes, open, begin, end)) {
        *begin = open + 1;
        *end = line_end;
    }
}

ALWAYS_INLINE uint32_t token_end(const uint8_t *bytes, uint32_t from, uint32_t end)
{
    while (from < end && bytes[from] != ' ') {
        from++;
    }
    return from;
}

/* Status and size behind the request: " 200 2326". */
ALWAYS_INLINE bool walk_numbers(const uint8_t *bytes, struct apache_line *line)
{
    uint32_t at = line->request_end + 2;
    if (at >= line->end || bytes[at - 1] != ' ') {
        return false;
    }
    line->status_end = token_end(bytes, at, line->end);
    line->bytes_end = token_end(bytes, line->status_end + 1, line->end);
    return line->status_end > at && line->status_end < line->end &&
           line->bytes_end > line->status_end + 1;
}

/* Space and quote at `at`: a quoted part begins. */
ALWAYS_INLINE bool is_quote_next(const uint8_t *bytes, uint32_t at, uint32_t end)
{
    return at + 1 < end && bytes[at] == ' ' && bytes[at + 1] == '"';
}

const char *apache_line_split(const uint8_t *bytes, const struct line *line, const uint32_t *marks,
                              struct apache_line *out)
{
    struct mark_walk walk = {.next = marks, .end = marks + line->n_marks};
    struct apache_line got = {.begin = line->begin, .end = line->end};
    if (walk.next == walk.end || bytes[*walk.next] != '[' || *walk.next < line->begin + 2) {
        return "no [time]";
    }
    uint32_t open = *walk.next++;
    got.head_end = open - 1;
    got.time = open + 1;
    got.time_end = got.time + CLF_BYTES;
    if (got.time_end >= line->end || bytes[got.time_end] != ']') {
        const uint8_t *close = memchr(bytes + open, ']', line->end - open);
        if (close == NULL) {
            return "no [time]";
        }
        got.time_end = (uint32_t)(close - bytes);
    }
    if (!is_quote_next(bytes, got.time_end + 1, line->end)) {
        return "no quoted request";
    }
    if (!walk_quoted(&walk, bytes, got.time_end + 2, &got.request, &got.request_end)) {
        return "unterminated quote";
    }
    if (!walk_numbers(bytes, &got)) {
        return "no status and size";
    }
    if (is_quote_next(bytes, got.bytes_end, line->end)) {
        walk_to_end(&walk, bytes, got.bytes_end + 1, line->end, &got.referer, &got.referer_end);
        if (is_quote_next(bytes, got.referer_end + 1, line->end)) {
            walk_to_end(&walk, bytes, got.referer_end + 2, line->end, &got.agent, &got.agent_end);
        }
    }
    *out = got;
    return NULL;
}

/* ---- fields --------------------------------------------------------------------------------- */

ALWAYS_INLINE struct text part(const uint8_t *bytes, uint32_t begin, uint32_t end)
{
    return (struct text){bytes + begin, end - begin};
}

ALWAYS_INLINE struct text unless_dash(struct text text)
{
    return text.len == 1 && text.at[0] == '-' ? null_field() : text;
}

/* Word number `i` of the head, or all from there on if `rest`. */
ALWAYS_INLINE struct text head_word(const uint8_t *bytes, const struct apache_line *line,
                                    unsigned i, bool rest)
{
    uint32_t begin = line->begin;
    for (; i > 0; i--) {
        begin = token_end(bytes, begin, line->head_end) + 1;
        if (begin > line->head_end) {
            return null_field();
        }
    }
    uint32_t end = rest ? line->head_end : token_end(bytes, begin, line->head_end);
    return end > begin ? part(bytes, begin, end) : null_field();
}

/* "GET /path HTTP/1.1": a method of capitals, something, a protocol. */
struct request_parts {
    struct text method;
    struct text path;
    struct text protocol;
};

static struct request_parts split_request(struct text request)
{
    struct request_parts whole = {null_field(), request, null_field()};
    uint32_t method = 0;
    while (method < request.len && ((uint8_t)(request.at[method] - 'A') < 26 ||
                                    request.at[method] == '-' || request.at[method] == '_')) {
        method++;
    }
    const uint8_t *last = request.len == 0 ? NULL : memrchr(request.at, ' ', request.len);
    if (method == 0 || method == request.len || request.at[method] != ' ' ||
        last <= request.at + method) {
        return whole;
    }
    uint32_t protocol = (uint32_t)(last - request.at) + 1;
    if (request.len - protocol < 6 || memcmp(request.at + protocol, "HTTP/", 5) != 0) {
        return whole;
    }
    return (struct request_parts){
        .method = {request.at, method},
        .path = {request.at + method + 1, protocol - method - 2},
        .protocol = {request.at + protocol, request.len - protocol},
    };
}

ALWAYS_INLINE struct text field_of(const uint8_t *bytes, const struct apache_line *line,
                                   enum apache_field field, bool has_vhost)
{
    switch (field) {
    case APACHE_VHOST:
        return has_vhost ? head_word(bytes, line, 0, false) : null_field();
    case APACHE_HOST:
        return head_word(bytes, line, has_vhost, false);
    case APACHE_IDENT:
        return unless_dash(head_word(bytes, line, has_vhost + 1u, false));
    case APACHE_USER:
        return unless_dash(head_word(bytes, line, has_vhost + 2u, true));
    case APACHE_TS:
        return part(bytes, line->time, line->time_end);
    case APACHE_METHOD:
        return split_request(part(bytes, line->request, line->request_end)).method;
    case APACHE_PATH:
        return split_request(part(bytes, line->request, line->request_end)).path;
    case APACHE_PROTOCOL:
        return split_request(part(bytes, line->request, line->request_end)).protocol;
    case APACHE_STATUS:
        return unless_dash(part(bytes, line->request_end + 2, line->status_end));
    case APACHE_BYTES:
        return unless_dash(part(bytes, line->status_end + 1, line->bytes_end));
    case APACHE_REFERER:
        return line->referer == 0 ? null_field()
                                  : unless_dash(part(bytes, line->referer, line->referer_end));
    case APACHE_AGENT:
        return line->agent == 0 ? null_field() : part(bytes, line->agent, line->agent_end);
    case APACHE_REQUEST:
        return part(bytes, line->request, line->request_end);
    case APACHE_FIELDS:
        break;
    }
    PANIC("access log field");
}

ALWAYS_INLINE void gather(const uint8_t *bytes, const struct apache_line *lines,
                          const uint32_t *rows, uint32_t n, enum apache_field field, bool has_vhost,
                          struct text *out)
{
    for (uint32_t i = 0; i < n; i++) {
        out[i] = field_of(bytes, &lines[rows == NULL ? i : rows[i]], field, has_vhost);
    }
}

#define GATHER(field_)                                                                             \
    case field_:                                                                                   \
        gather(bytes, lines, rows, n, field_, has_vhost, out);                                     \
        return

void apache_line_gather(const uint8_t *bytes, const struct apache_line *lines, const uint32_t *rows,
                        uint32_t n, enum apache_field field, bool has_vhost, struct text *out)
{
    switch (field) {
        GATHER(APACHE_VHOST);
        GATHER(APACHE_HOST);
        GATHER(APACHE_IDENT);
        GATHER(APACHE_USER);
        GATHER(APACHE_TS);
        GATHER(APACHE_METHOD);
        GATHER(APACHE_PATH);
        GATHER(APACHE_PROTOCOL);
        GATHER(APACHE_STATUS);
        GATHER(APACHE_BYTES);
        GATHER(APACHE_REFERER);
        GATHER(APACHE_AGENT);
        GATHER(APACHE_REQUEST);
    case APACHE_FIELDS:
        break;
    }
    PANIC("access log field");
}
