/* socket: addresses and non-blocking sockets, for the sources that use them. Descriptors are
 * plain ones, owned by whoever asked for them; all are close-on-exec. */
#ifndef SOURCES_SOCKET_H
#define SOURCES_SOCKET_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "engine/base/slice.h"
#include "engine/base/status.h"

enum {
    SOCKET_NAME_BYTES = 64,   /* "[address]:port" with its NUL */
    SOCKET_ADDRESSES_MAX = 8, /* of one host name */
    SOCKET_ALLOWED_MAX = 64,  /* CIDR blocks of one option */
    SOCKET_BACKLOG = 128,     /* connections that wait to be accepted */
};

struct socket_address {
    struct sockaddr_storage at;
    socklen_t len;
};

/* Addresses of a host name or literal, best first. An empty host is the loopback address. Names are
 * looked up by the system, which may take its time; literals are not. Returns how many; 0 = ERR_IO
 * in err. */
uint32_t socket_resolve(const char *host, uint16_t port,
                        struct socket_address out[SOCKET_ADDRESSES_MAX], struct error *err);

bool socket_is_loopback(const struct socket_address *address);
uint16_t socket_port(const struct socket_address *address);

/* "127.0.0.1:9999", "[::1]:9999". */
void socket_name(const struct socket_address *address, char out[SOCKET_NAME_BYTES]);

/* "10.0.0.0/8", "::1", "2001:db8::/32". */
struct socket_block {
    uint8_t bytes[16];
    unsigned bits; /* that must agree */
    bool is_version4;
};

/* Reads a list of blocks with commas between them. Returns how many; ERR_OPTION if one is none. */
MUST_CHECK enum status socket_blocks(struct slice list, struct socket_block out[SOCKET_ALLOWED_MAX],
                                     uint32_t *n, struct error *err);
/* IPv4 addresses in IPv6 clothing (::ffff:a.b.c.d) count as IPv4. */
bool socket_block_has(const struct socket_block *block, const struct socket_address *address);

/* A socket that listens. Says on stderr where, which is news if the address says port 0: *port. */
MUST_CHECK enum status socket_listen(const struct socket_address *address, int *fd, uint16_t *port,
                                     struct error *err);
/* A socket for datagrams that counts what it loses; its buffer is as near to `buffer_bytes` as the
 * system grants. */
MUST_CHECK enum status socket_datagrams(const struct socket_address *address, int buffer_bytes,
                                        int *fd, uint16_t *port, struct error *err);

/* The system asks a silent peer whether it is still there: one that vanished is lost within two
 * minutes. */
void socket_keep_alive(int fd);
bool socket_is_readable(int fd);

/* A socket that is being connected; -1 with errno if that failed at once. */
int socket_connect(const struct socket_address *address);
/* 0 = not yet, 1 = connected, -1 = failed with errno. */
int socket_connected(int fd);

#endif
