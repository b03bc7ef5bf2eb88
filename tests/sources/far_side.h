/* far_side: what the tests of sockets do at the other end. Nothing sleeps: descriptors are waited
 * for. */
#ifndef TESTS_SOURCES_FAR_SIDE_H
#define TESTS_SOURCES_FAR_SIDE_H

#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sources/socket.h"
#include "tests/sources/reading.h"
#include "tests/support/testing.h"

static inline struct socket_address address_of(const char *host, uint16_t port)
{
    struct socket_address addresses[SOCKET_ADDRESSES_MAX];
    struct error err;
    assert_int_equal(socket_resolve(host, port, addresses, &err), 1);
    return addresses[0];
}

static inline int test_listen(uint16_t *port)
{
    struct socket_address address = address_of("127.0.0.1", *port);
    struct error err;
    int fd;
    assert_int_equal(socket_listen(&address, &fd, port, &err), OK);
    return fd;
}

static inline void wait_for(int fd, short events)
{
    struct pollfd wanted = {.fd = fd, .events = events};
    assert_int_equal(poll(&wanted, 1, 10000), 1);
}

static inline int test_accept(int listener)
{
    wait_for(listener, POLLIN);
    int fd = accept(listener, NULL, NULL);
    assert_true(fd >= 0);
    return fd;
}

static inline int test_connect(const char *host, uint16_t port)
{
    struct socket_address address = address_of(host, port);
    int fd = socket_connect(&address);
    assert_true(fd >= 0);
    wait_for(fd, POLLOUT);
    return fd;
}

static inline void test_send(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), (int)strlen(text));
}

static inline const char *uri_with_port(struct reading *r, const char *format, uint16_t port)
{
    char text[128];
    snprintf(text, sizeof text, format, port);
    return arena_text(&r->arena, text);
}

/* Ends the connection with a reset instead of an end. */
static inline void test_reset(int fd)
{
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
    close(fd);
}

/* The far side gets exactly this. */
static inline void test_receive(int fd, const char *text)
{
    char got[256];
    size_t n = 0;
    while (n < strlen(text)) {
        wait_for(fd, POLLIN);
        ssize_t some = recv(fd, got + n, strlen(text) - n, 0);
        assert_true(some > 0);
        n += (size_t)some;
    }
    got[n] = '\0';
    assert_string_equal(got, text);
}

/* The far side gets nothing more, ever. */
static inline void test_hung_up(int fd)
{
    char byte;
    wait_for(fd, POLLIN);
    assert_true(recv(fd, &byte, 1, 0) <= 0);
}

#endif
