/* Tests of sources/tcp_source.c, listen_source.h and socket.h, over loopback sockets. Nothing
 * sleeps: the hand clock is moved on to when a source wants to wake, and descriptors are waited
 * for. */
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sources/listen_source.h"
#include "sources/peer_names.h"
#include "sources/socket.h"
#include "sources/sources.h"
#include "tests/sources/reading.h"
#include "tests/support/testing.h"

/* ---- the other side ------------------------------------------------------------------------- */

static struct socket_address address_of(const char *host, uint16_t port)
{
    struct socket_address addresses[SOCKET_ADDRESSES_MAX];
    struct error err;
    assert_int_equal(socket_resolve(host, port, addresses, &err), 1);
    return addresses[0];
}

static int test_listen(uint16_t *port)
{
    struct socket_address address = address_of("127.0.0.1", *port);
    struct error err;
    int fd;
    assert_int_equal(socket_listen(&address, &fd, port, &err), OK);
    return fd;
}

static void wait_for(int fd, short events)
{
    struct pollfd wanted = {.fd = fd, .events = events};
    assert_int_equal(poll(&wanted, 1, 10000), 1);
}

static int test_accept(int listener)
{
    wait_for(listener, POLLIN);
    int fd = accept(listener, NULL, NULL);
    assert_true(fd >= 0);
    return fd;
}

static int test_connect(const char *host, uint16_t port)
{
    struct socket_address address = address_of(host, port);
    int fd = socket_connect(&address);
    assert_true(fd >= 0);
    wait_for(fd, POLLOUT);
    return fd;
}

static void test_send(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), (int)strlen(text));
}

static const char *uri_with_port(struct reading *r, const char *format, uint16_t port)
{
    char text[128];
    snprintf(text, sizeof text, format, port);
    return arena_text(&r->arena, text);
}

/* ---- tcp ------------------------------------------------------------------------------------ */

static void test_reads_and_finishes(void **state)
{
    (void)state;
    struct reading r;
    reading_init(&r);
    uint16_t port = 0;
    int listener = test_listen(&port);
    const char *uri = uri_with_port(&r, "tcp://127.0.0.1:%u?eof=finish", port);
    assert_int_equal(reading_open(&r, &tcp_source_kind, uri), OK);
    assert_int_equal(source_flags(r.source), SOURCE_PARTITIONED | SOURCE_FINITE);
    assert_int_equal(source_n_splits(r.source), 0);
    reading_step(&r, 10);
    int peer = test_accept(listener);
    test_send(peer, "one\ntw");
    assert_true(reading_expect(&r, "0:one\ntw"));
    assert_int_equal(source_n_splits(r.source), 1);
    char name[64];
    snprintf(name, sizeof name, "127.0.0.1:%u", port);
    assert_string_equal(source_split_name(r.source, 0), name);
    assert_int_equal(reading_step(&r, 10), SOURCE_AGAIN);
    assert_int_equal(source_wake_us(r.source), INT64_MAX);
    close(peer);
    assert_true(reading_expect(&r, "0.!"));
    close(listener);
    reading_release(&r);
}

/* Another connection is another split: the half line of the first one ends with it. */
static void test_reconnects(void **state)
{
    (void)state;
    struct reading r;
    reading_init(&r);
    uint16_t port = 0;
    int listener = test_listen(&port);
    const char *uri = uri_with_port(&r, "tcp://localhost:%u", port);
    assert_int_equal(reading_open(&r, &tcp_source_kind, uri), OK);
    assert_int_equal(source_flags(r.source), SOURCE_PARTITIONED);
    for (int i = 0; i < 3; i++) {
        reading_step(&r, 10);
        if (source_n_splits(r.source) == (uint32_t)i && r.clock.at_us < source_wake_us(r.source)) {
            r.clock.at_us = source_wake_us(r.source);
        }
        char text[32];
        while (poll(&(struct pollfd){.fd = listener, .events = POLLIN}, 1, 10) == 0) {
            /* localhost may be ::1 first, where nobody listens. */
            reading_step(&r, 10);
        }
        int peer = test_accept(listener);
        test_send(peer, "half a li");
        snprintf(text, sizeof text, "%d:half a li", i);
        assert_true(reading_expect(&r, text));
        close(peer);
        snprintf(text, sizeof text, "%d.", i);
        assert_true(reading_expect(&r, text));
        int64_t delay_us = source_wake_us(r.source) - r.clock.at_us;
        assert_in_range(delay_us, 100000, 125000);
    }
    close(listener);
    reading_release(&r);
}

static void test_backs_off(void **state)
{
    (void)state;
    struct reading r;
    reading_init(&r);
    uint16_t port = 0;
    int listener = test_listen(&port);
    close(listener);
    const char *uri = uri_with_port(&r, "tcp://127.0.0.1:%u", port);
    assert_int_equal(reading_open(&r, &tcp_source_kind, uri), OK);
    int64_t expected_us = 100000;
    for (int i = 0; i < 12; i++) {
        /* A refusal on loopback is there at once or with the next poll. */
        while (reading_step(&r, 10) == SOURCE_AGAIN &&
               source_wake_us(r.source) - r.clock.at_us >= 10 * US_PER_SECOND &&
               expected_us < 5 * US_PER_SECOND) {
            wait_for(source_wait_fd(r.source), POLLIN);
        }
        int64_t delay_us = source_wake_us(r.source) - r.clock.at_us;
        assert_in_range(delay_us, expected_us, expected_us * 5 / 4);
        r.clock.at_us += delay_us;
        expected_us = expected_us * 2 > 10 * US_PER_SECOND ? 10 * US_PER_SECOND : expected_us * 2;
    }
    assert_int_equal(source_n_splits(r.source), 0);
    reading_release(&r);
}

static void test_tcp_options(void **state)
{
    (void)state;
    struct reading r;
    reading_init(&r);
    assert_int_equal(reading_open(&r, &tcp_source_kind, "tcp://127.0.0.1"), ERR_OPTION);
    assert_int_equal(reading_open(&r, &tcp_source_kind, "tcp://127.0.0.1:0"), ERR_OPTION);
    assert_int_equal(reading_open(&r, &tcp_source_kind, "tcp://127.0.0.1:9?eof=never"), ERR_OPTION);
    assert_string_equal(r.err.text, "option eof = \"never\" is not reconnect or finish");
    reading_release(&r);
}

/* ---- tcp-listen ----------------------------------------------------------------------------- */

static void test_each_client_is_a_split(void **state)
{
    (void)state;
    struct reading r;
    reading_init(&r);
    assert_int_equal(reading_open(&r, &listen_source_kind, "tcp-listen://127.0.0.1:0?eof=finish"),
                     OK);
    uint16_t port = listen_source_port(r.source);
    int a = test_connect("127.0.0.1", port);
    test_send(a, "a1");
    assert_true(reading_expect(&r, "0:a1"));
    int b = test_connect("127.0.0.1", port);
    test_send(b, "b1");
    assert_true(reading_expect(&r, "1:b1"));
    assert_int_equal(strncmp(source_split_name(r.source, 1), "127.0.0.1:", 10), 0);
    close(a);
    assert_true(reading_expect(&r, "0."));
    test_send(b, "b2");
    assert_true(reading_expect(&r, "1:b2"));
    close(b);
    assert_true(reading_expect(&r, "1.!"));
    reading_release(&r);
}

/* A client that always has something does not keep others waiting. */
static void test_clients_take_turns(void **state)
{
    (void)state;
    struct reading r;
    reading_init(&r);
    assert_int_equal(reading_open(&r, &listen_source_kind, "tcp-listen://127.0.0.1:0"), OK);
    uint16_t port = listen_source_port(r.source);
    int busy = test_connect("127.0.0.1", port);
    int other = test_connect("127.0.0.1", port);
    test_send(busy, "xxxxxxxxxxxxxxxxxxxx");
    assert_true(reading_expect(&r, "0:xxxxxxxxxxxxxxxxxxxx"));
    test_send(busy, "xxxxxxxxxxxxxxxxxxxx");
    test_send(other, "y");
    bytebuf_clear(&r.log);
    while (strchr(bytebuf_text(&r.log), 'y') == NULL) {
        assert_true(r.log.len < 15); /* at most four pieces of the busy one */
        if (reading_step(&r, 1) == SOURCE_AGAIN) {
            wait_for(source_wait_fd(r.source), POLLIN);
        }
    }
    close(busy);
    close(other);
    reading_release(&r);
}

static void test_full_house_waits(void **state)
{
    (void)state;
    struct reading r;
    reading_init(&r);
    assert_int_equal(reading_open(&r, &listen_source_kind,
                                  "tcp-listen://127.0.0.1:0?max_connections=1"),
                     OK);
    uint16_t port = listen_source_port(r.source);
    int a = test_connect("127.0.0.1", port);
    int b = test_connect("127.0.0.1", port); /* in the system's queue */
    test_send(a, "a");
    test_send(b, "b");
    assert_true(reading_expect(&r, "0:a"));
    assert_int_equal(reading_step(&r, 10), SOURCE_AGAIN);
    assert_int_equal(source_n_splits(r.source), 1);
    close(a);
    assert_true(reading_expect(&r, "0.1:b"));
    close(b);
    reading_release(&r);
}

static void test_version_6(void **state)
{
    (void)state;
    struct reading r;
    reading_init(&r);
    if (reading_open(&r, &listen_source_kind, "tcp-listen://[::1]:0") != OK) {
        puts("skipped: no ::1 here");
        reading_release(&r);
        skip();
    }
    int client = test_connect("::1", listen_source_port(r.source));
    test_send(client, "six");
    assert_true(reading_expect(&r, "0:six"));
    assert_int_equal(strncmp(source_split_name(r.source, 0), "[::1]:", 6), 0);
    close(client);
    reading_release(&r);
}

static void refuse_listen(struct reading *r, const char *uri, const char *text)
{
    assert_int_equal(reading_open(r, &listen_source_kind, uri), ERR_OPTION);
    assert_string_equal(r->err.text, text);
}

static void test_only_loopback_unless_said(void **state)
{
    (void)state;
    struct reading r;
    reading_init(&r);
    refuse_listen(&r, "tcp-listen://0.0.0.0:0",
                  "tcp-listen://0.0.0.0:0 would listen beyond this machine");
    assert_string_equal(r.err.hint,
                        "say so with bind=0.0.0.0 and allow=, for example allow=10.0.0.0/8");
    refuse_listen(&r, "tcp-listen://0.0.0.0:0?allow=10.0.0.0/8",
                  "tcp-listen://0.0.0.0:0?allow=10.0.0.0/8 would listen beyond this machine");
    refuse_listen(&r, "tcp-listen://:0?bind=0.0.0.0",
                  "tcp-listen://:0?bind=0.0.0.0 would listen beyond this machine");
    refuse_listen(&r, "tcp-listen://:0?allow=10.0.0.0/33",
                  "option allow: \"10.0.0.0/33\" is no address block");
    assert_int_equal(reading_open(&r, &listen_source_kind,
                                  "tcp-listen://:0?bind=0.0.0.0&allow=10.0.0.0/8"),
                     OK);
    assert_int_equal(reading_open(&r, &listen_source_kind, "tcp-listen://:0"), OK);
    reading_release(&r);
}

/* ---- addresses ------------------------------------------------------------------------------ */

static bool block_has(const char *block, const char *host)
{
    struct socket_block blocks[SOCKET_ALLOWED_MAX];
    struct socket_address address = address_of(host, 1);
    struct error err;
    uint32_t n;
    assert_int_equal(socket_blocks(slice_text(block), blocks, &n, &err), OK);
    for (uint32_t i = 0; i < n; i++) {
        if (socket_block_has(&blocks[i], &address)) {
            return true;
        }
    }
    return false;
}

static void test_blocks(void **state)
{
    (void)state;
    assert_true(block_has("10.0.0.0/8", "10.255.3.4"));
    assert_false(block_has("10.0.0.0/8", "11.0.0.0"));
    assert_true(block_has("192.168.4.0/22", "192.168.7.255"));
    assert_false(block_has("192.168.4.0/22", "192.168.8.0"));
    assert_true(block_has("1.2.3.4", "1.2.3.4"));
    assert_false(block_has("1.2.3.4", "1.2.3.5"));
    assert_true(block_has("0.0.0.0/0", "8.8.8.8"));
    assert_false(block_has("0.0.0.0/0", "::1"));
    assert_true(block_has("10.0.0.0/8", "::ffff:10.1.1.1"));
    assert_true(block_has("1.1.1.1, 2001:db8::/33", "2001:db8:7fff::1"));
    assert_false(block_has("2001:db8::/33", "2001:db8:8000::1"));
}

static void test_names_are_bounded(void **state)
{
    (void)state;
    struct peer_names names = {0};
    for (uint32_t i = 0; i < PEER_NAMES_KEPT + 2; i++) {
        struct socket_address address = address_of("::1", (uint16_t)(i + 1));
        assert_int_equal(peer_names_add(&names, &address), i);
    }
    assert_string_equal(peer_names_of(&names, 1), "a former connection");
    assert_string_equal(peer_names_of(&names, 2), "[::1]:3");
    assert_string_equal(peer_names_of(&names, PEER_NAMES_KEPT + 1), "[::1]:1026");
    peer_names_release(&names);
}

TEST_MAIN(cmocka_unit_test(test_reads_and_finishes), cmocka_unit_test(test_reconnects),
          cmocka_unit_test(test_backs_off), cmocka_unit_test(test_tcp_options),
          cmocka_unit_test(test_each_client_is_a_split), cmocka_unit_test(test_clients_take_turns),
          cmocka_unit_test(test_full_house_waits), cmocka_unit_test(test_version_6),
          cmocka_unit_test(test_only_loopback_unless_said), cmocka_unit_test(test_blocks),
          cmocka_unit_test(test_names_are_bounded))
