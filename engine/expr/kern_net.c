/* kern_net: parts of URLs, and addresses in networks. */
#include <arpa/inet.h>

#include "engine/base/byteorder.h"
#include "engine/base/panic.h"
#include "engine/expr/kernels.h"

/* ---- URLs ------------------------------------------------------------------------------------ */

/* The parts of RFC 3986, as they stand. */
struct url {
    struct slice host; /* at == NULL: none */
    struct slice path;
    struct slice query; /* at == NULL: none */
};

/* The text up to the first of `stops`; *rest is what follows, that byte included. */
static struct slice cut_at(struct slice text, const char *stops, struct slice *rest)
{
    size_t n = 0;
    while (n < text.len && (text.at[n] == '\0' || strchr(stops, text.at[n]) == NULL)) {
        n++;
    }
    *rest = slice_of(text.at + n, text.len - n);
    return slice_of(text.at, n);
}

static struct slice without_first(struct slice text)
{
    return slice_of(text.at + 1, text.len - 1);
}

static bool starts_with(struct slice text, const char *with)
{
    size_t n = strlen(with);
    return text.len >= n && memcmp(text.at, with, n) == 0;
}

/* user:password@host:port: the host alone; [v6] without its brackets. */
static struct slice host_of(struct slice authority)
{
    for (size_t i = authority.len; i > 0; i--) {
        if (authority.at[i - 1] == '@') {
            authority = slice_of(authority.at + i, authority.len - i);
            break;
        }
    }
    struct slice rest;
    if (starts_with(authority, "[")) {
        return cut_at(without_first(authority), "]", &rest);
    }
    return cut_at(authority, ":", &rest);
}

static struct url url_split(struct slice text)
{
    struct url url = {.host = {NULL, 0}, .query = {NULL, 0}};
    struct slice rest = text;
    struct slice scheme = cut_at(text, ":/?#", &rest);
    if (scheme.len > 0 && starts_with(rest, "://")) {
        rest = without_first(rest);
    } else {
        rest = text;
    }
    if (starts_with(rest, "//")) {
        rest = slice_of(rest.at + 2, rest.len - 2);
        url.host = host_of(cut_at(rest, "/?#", &rest));
    }
    url.path = cut_at(rest, "?#", &rest);
    if (starts_with(rest, "?")) {
        url.query = cut_at(without_first(rest), "#", &rest);
    }
    return url;
}

static struct text slice_text_of(struct slice part)
{
    return (struct text){part.at, (uint32_t)part.len};
}

void url_host_run(struct kernel_call *call, struct column_out *out)
{
    for (uint32_t i = 0; i < call->n; i++) {
        struct url url = url_split(text_slice(call->args[0]->text[i]));
        out->text[i] = slice_text_of(url.host);
        if (url.host.len == 0) {
            column_out_null(out, i, call->n);
        }
    }
}

void url_path_run(struct kernel_call *call, struct column_out *out)
{
    for (uint32_t i = 0; i < call->n; i++) {
        out->text[i] = slice_text_of(url_split(text_slice(call->args[0]->text[i])).path);
    }
}

void url_query_run(struct kernel_call *call, struct column_out *out)
{
    for (uint32_t i = 0; i < call->n; i++) {
        struct url url = url_split(text_slice(call->args[0]->text[i]));
        out->text[i] = slice_text_of(url.query);
        if (url.query.at == NULL) {
            column_out_null(out, i, call->n);
        }
    }
}

/* ---- addresses ------------------------------------------------------------------------------- */

/* 128 bits, most significant first; a v4 address is the first 32. */
struct address {
    bool is_v6;
    uint64_t high;
    uint64_t low;
};

struct network {
    struct address address;
    unsigned bits; /* of the prefix */
};

/* Four decimal numbers of one to three digits. */
static bool parse_v4(struct slice text, struct address *out)
{
    uint32_t value = 0;
    const uint8_t *at = text.at;
    const uint8_t *end = at + text.len;
    for (int part = 0; part < 4; part++) {
        unsigned number = 0;
        unsigned digits = 0;
        if (part > 0 && (at == end || *at++ != '.')) {
            return false;
        }
        while (at < end && ascii_is_digit(*at) && digits < 3) {
            number = number * 10 + (unsigned)(*at++ - '0');
            digits++;
        }
        if (digits == 0 || number > 255) {
            return false;
        }
        value = value << 8 | number;
    }
    *out = (struct address){.high = (uint64_t)value << 32};
    return at == end;
}

static uint64_t load_big(const uint8_t *at)
{
    uint64_t word = 0;
    for (int i = 0; i < 8; i++) {
        word = word << 8 | at[i];
    }
    return word;
}

static bool parse_v6(struct slice text, struct address *out)
{
    char copy[INET6_ADDRSTRLEN];
    struct in6_addr bytes;
    if (text.len >= sizeof copy || memchr(text.at, 0, text.len) != NULL) {
        return false;
    }
    memcpy(copy, text.at, text.len);
    copy[text.len] = '\0';
    if (inet_pton(AF_INET6, copy, &bytes) != 1) {
        return false;
    }
    struct address address = {true, load_big(bytes.s6_addr), load_big(bytes.s6_addr + 8)};
    if (address.high == 0 && address.low >> 32 == 0xffff) { /* ::ffff:1.2.3.4 is 1.2.3.4 */
        address = (struct address){.high = address.low << 32};
    }
    *out = address;
    return true;
}

static bool parse_address(struct slice text, struct address *out)
{
    return text.len > 0 && (parse_v4(text, out) || parse_v6(text, out));
}

/* address[/bits]; all bits without it. */
static bool parse_network(struct slice text, struct network *out)
{
    struct slice rest;
    struct slice address = cut_at(text, "/", &rest);
    int64_t bits = -1;
    if (!parse_address(address, &out->address) ||
        (rest.len > 0 && (!slice_to_i64(without_first(rest), &bits) || bits < 0))) {
        return false;
    }
    int64_t most = out->address.is_v6 ? 128 : 32;
    out->bits = (unsigned)(rest.len == 0 ? most : bits);
    return out->bits <= most;
}

static uint64_t prefix_mask(unsigned bits)
{
    return bits == 0 ? 0 : bits >= 64 ? ~(uint64_t)0 : ~(~(uint64_t)0 >> bits);
}

static bool network_has(const struct network *network, struct address address)
{
    uint64_t high = prefix_mask(network->bits);
    uint64_t low = prefix_mask(network->bits > 64 ? network->bits - 64 : 0);
    return network->address.is_v6 == address.is_v6 &&
           ((network->address.high ^ address.high) & high) == 0 &&
           ((network->address.low ^ address.low) & low) == 0;
}

static enum status check_cidr(const struct expr *call, struct error *err)
{
    const struct value *constant = call_constant(call, 1);
    struct network network;
    if (constant == NULL || constant->is_null ||
        parse_network(text_slice(constant->text), &network)) {
        return OK;
    }
    call_refuse(err, E_PATTERN, call, 1, "'%.*s' is no network",
                constant->text.len < 60 ? (int)constant->text.len : 60,
                (const char *)constant->text.at);
    error_hint(err, "a network is an address and a number of bits: 10.0.0.0/8, 2001:db8::/32");
    return ERR_SQL;
}

static void *prepare_cidr(struct arena *query, const struct expr *call)
{
    const struct value *constant = call_constant(call, 1);
    struct network *network = arena_zalloc(query, sizeof *network);
    bool is_known = constant != NULL && !constant->is_null &&
                    parse_network(text_slice(constant->text), network);
    return is_known ? network : NULL;
}

const struct function_setup cidr_setup = {.check = check_cidr, .prepare = prepare_cidr};

void ip_in_cidr_run(struct kernel_call *call, struct column_out *out)
{
    for (uint32_t i = 0; i < call->n; i++) {
        const struct network *network = call->state;
        struct network parsed;
        struct address address;
        if (network == NULL) {
            network = parse_network(text_slice(call->args[1]->text[i]), &parsed) ? &parsed : NULL;
        }
        if (network != NULL && parse_address(text_slice(call->args[0]->text[i]), &address)) {
            bits_put(out->bits, i, network_has(network, address));
        } else {
            column_out_null(out, i, call->n);
        }
    }
}
