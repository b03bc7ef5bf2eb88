/* socket: see socket.h. */
#include "sources/socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "engine/base/log.h"
#include "engine/base/panic.h"

/* When a silent peer is asked, how often, and how many answers may fail. */
enum { ALIVE_IDLE_S = 60, ALIVE_INTERVAL_S = 10, ALIVE_PROBES = 6 };

/* ---- addresses ------------------------------------------------------------------------------ */

static bool literal_address(const char *host, uint16_t port, struct socket_address *out)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)&out->at;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&out->at;
    *out = (struct socket_address){0};
    if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        out->len = sizeof *v4;
        return true;
    }
    if (inet_pton(AF_INET6, host, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(port);
        out->len = sizeof *v6;
        return true;
    }
    return false;
}

static void set_port(struct socket_address *address, uint16_t port)
{
    if (address->at.ss_family == AF_INET) {
        ((struct sockaddr_in *)&address->at)->sin_port = htons(port);
    } else {
        ((struct sockaddr_in6 *)&address->at)->sin6_port = htons(port);
    }
}

static uint32_t look_up(const char *host, uint16_t port, struct socket_address *out,
                        struct error *err)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *list;
    int rc = getaddrinfo(host, NULL, &hints, &list);
    if (rc != 0) {
        error_set(err, ERR_IO, "cannot find host \"%s\": %s", host, gai_strerror(rc));
        return 0;
    }
    uint32_t n = 0;
    for (const struct addrinfo *i = list; i != NULL && n < SOCKET_ADDRESSES_MAX; i = i->ai_next) {
        bool is_inet = i->ai_family == AF_INET || i->ai_family == AF_INET6;
        if (is_inet && i->ai_addrlen <= sizeof out->at) {
            out[n] = (struct socket_address){.len = i->ai_addrlen};
            memcpy(&out[n].at, i->ai_addr, i->ai_addrlen);
            set_port(&out[n++], port);
        }
    }
    freeaddrinfo(list);
    if (n == 0) {
        error_set(err, ERR_IO, "host \"%s\" has no address", host);
    }
    return n;
}

uint32_t socket_resolve(const char *host, uint16_t port,
                        struct socket_address out[SOCKET_ADDRESSES_MAX], struct error *err)
{
    if (*host == 0) {
        host = "127.0.0.1";
    }
    return literal_address(host, port, &out[0]) ? 1 : look_up(host, port, out, err);
}

/* The address as 16 bytes, an IPv4 address at their start. */
static void address_bytes(const struct socket_address *address, uint8_t out[16], bool *is_version4)
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    memset(out, 0, 16);
    *is_version4 = address->at.ss_family == AF_INET;
    if (*is_version4) {
        memcpy(out, &((const struct sockaddr_in *)&address->at)->sin_addr, 4);
        return;
    }
    memcpy(out, &((const struct sockaddr_in6 *)&address->at)->sin6_addr, 16);
    if (memcmp(out, mapped, sizeof mapped) == 0) {
        *is_version4 = true;
        memmove(out, out + 12, 4);
        memset(out + 4, 0, 12);
    }
}

bool socket_is_loopback(const struct socket_address *address)
{
    static const uint8_t loopback6[16] = {[15] = 1};
    uint8_t bytes[16];
    bool is_version4;
    address_bytes(address, bytes, &is_version4);
    return is_version4 ? bytes[0] == 127 : memcmp(bytes, loopback6, 16) == 0;
}

uint16_t socket_port(const struct socket_address *address)
{
    if (address->at.ss_family == AF_INET) {
        return ntohs(((const struct sockaddr_in *)&address->at)->sin_port);
    }
    return ntohs(((const struct sockaddr_in6 *)&address->at)->sin6_port);
}

void socket_name(const struct socket_address *address, char out[SOCKET_NAME_BYTES])
{
    char host[INET6_ADDRSTRLEN] = "?";
    bool is_inet = address->at.ss_family == AF_INET;
    const void *at = is_inet ? (const void *)&((const struct sockaddr_in *)&address->at)->sin_addr
                             : &((const struct sockaddr_in6 *)&address->at)->sin6_addr;
    inet_ntop(address->at.ss_family, at, host, sizeof host);
    snprintf(out, SOCKET_NAME_BYTES, is_inet ? "%s:%u" : "[%s]:%u", host, socket_port(address));
}

/* ---- blocks of addresses -------------------------------------------------------------------- */

static bool block_parse(struct slice text, struct socket_block *out)
{
    char host[INET6_ADDRSTRLEN];
    const uint8_t *slash = text.len == 0 ? NULL : memchr(text.at, '/', text.len);
    size_t len = slash == NULL ? text.len : (size_t)(slash - text.at);
    struct socket_address address;
    if (len == 0 || len >= sizeof host) {
        return false;
    }
    memcpy(host, text.at, len);
    host[len] = 0;
    if (!literal_address(host, 0, &address)) {
        return false;
    }
    address_bytes(&address, out->bytes, &out->is_version4);
    int64_t bits_max = out->is_version4 ? 32 : 128;
    int64_t bits = bits_max;
    if (slash != NULL &&
        (!slice_to_i64(slice_of(slash + 1, text.len - len - 1), &bits) || bits < 0)) {
        return false;
    }
    out->bits = (unsigned)bits;
    return bits <= bits_max;
}

enum status socket_blocks(struct slice list, struct socket_block out[SOCKET_ALLOWED_MAX],
                          uint32_t *n, struct error *err)
{
    *n = 0;
    while (list.len > 0) {
        const uint8_t *comma = memchr(list.at, ',', list.len);
        size_t len = comma == NULL ? list.len : (size_t)(comma - list.at);
        struct slice item = slice_trim(slice_of(list.at, len));
        if (*n == SOCKET_ALLOWED_MAX) {
            return error_set(err, ERR_OPTION, "option allow has more than %d addresses",
                             SOCKET_ALLOWED_MAX);
        }
        if (!block_parse(item, &out[*n])) {
            error_set(err, ERR_OPTION, "option allow: \"%.*s\" is no address block", (int)item.len,
                      (const char *)item.at);
            error_hint(err, "write 10.0.0.0/8 or 2001:db8::/32");
            return ERR_OPTION;
        }
        ++*n;
        len += comma != NULL;
        list = slice_of(list.at + len, list.len - len);
    }
    return OK;
}

bool socket_block_has(const struct socket_block *block, const struct socket_address *address)
{
    uint8_t bytes[16];
    bool is_version4;
    address_bytes(address, bytes, &is_version4);
    if (is_version4 != block->is_version4) {
        return false;
    }
    unsigned whole = block->bits / 8;
    unsigned rest = block->bits % 8;
    if (memcmp(bytes, block->bytes, whole) != 0) {
        return false;
    }
    unsigned mask = 0xff00u >> rest & 0xff;
    return rest == 0 || ((bytes[whole] ^ block->bytes[whole]) & mask) == 0;
}

/* ---- sockets -------------------------------------------------------------------------------- */

static int new_socket(const struct socket_address *address, int type)
{
    return socket(address->at.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

static bool start_listening(int fd, const struct socket_address *address)
{
    int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    return bind(fd, (const struct sockaddr *)&address->at, address->len) == 0 &&
           listen(fd, SOCKET_BACKLOG) == 0;
}

static bool start_receiving(int fd, const struct socket_address *address, int buffer_bytes)
{
    int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer_bytes, sizeof buffer_bytes);
    return setsockopt(fd, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on) == 0 &&
           bind(fd, (const struct sockaddr *)&address->at, address->len) == 0;
}

/* `buffer_bytes` is for datagrams. */
static enum status open_server(const struct socket_address *address, int type, int buffer_bytes,
                               int *fd, struct error *err)
{
    char name[SOCKET_NAME_BYTES];
    socket_name(address, name);
    int got = new_socket(address, type);
    if (got < 0) {
        return error_set_errno(err, errno, "cannot make a socket for %s", name);
    }
    bool ok = type == SOCK_DGRAM ? start_receiving(got, address, buffer_bytes)
                                 : start_listening(got, address);
    if (!ok) {
        int errno_value = errno;
        close(got);
        return error_set_errno(err, errno_value, "cannot listen at %s", name);
    }
    *fd = got;
    return OK;
}

static uint16_t say_bound(int fd, const char *protocol)
{
    char name[SOCKET_NAME_BYTES];
    struct socket_address bound = {.len = sizeof bound.at};
    int rc = getsockname(fd, (struct sockaddr *)&bound.at, &bound.len);
    CHECK(rc == 0);
    socket_name(&bound, name);
    log_line(LOG_INFO, "listening at %s %s", protocol, name);
    return socket_port(&bound);
}

enum status socket_listen(const struct socket_address *address, int *fd, uint16_t *port,
                          struct error *err)
{
    TRY(open_server(address, SOCK_STREAM, 0, fd, err));
    *port = say_bound(*fd, "tcp");
    return OK;
}

enum status socket_datagrams(const struct socket_address *address, int buffer_bytes, int *fd,
                             uint16_t *port, struct error *err)
{
    TRY(open_server(address, SOCK_DGRAM, buffer_bytes, fd, err));
    *port = say_bound(*fd, "udp");
    return OK;
}

void socket_keep_alive(int fd)
{
    int on = 1;
    int idle_s = ALIVE_IDLE_S;
    int interval_s = ALIVE_INTERVAL_S;
    int probes = ALIVE_PROBES;
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof interval_s);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
}

bool socket_is_readable(int fd)
{
    struct pollfd wanted = {.fd = fd, .events = POLLIN};
    return poll(&wanted, 1, 0) > 0;
}

int socket_connect(const struct socket_address *address)
{
    int fd = new_socket(address, SOCK_STREAM);
    if (fd < 0) {
        return -1;
    }
    if (connect(fd, (const struct sockaddr *)&address->at, address->len) != 0 &&
        errno != EINPROGRESS && errno != EINTR) {
        int errno_value = errno;
        close(fd);
        errno = errno_value;
        return -1;
    }
    return fd;
}

int socket_connected(int fd)
{
    struct pollfd wanted = {.fd = fd, .events = POLLOUT};
    if (poll(&wanted, 1, 0) <= 0) {
        return 0;
    }
    int error = 0;
    socklen_t len = sizeof error;
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
    if (error != 0) {
        errno = error;
        return -1;
    }
    return 1;
}
