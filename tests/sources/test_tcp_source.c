/* Tests of sources/tcp_source.c, socket.h, over loopback sockets. Nothing
 * sleeps: the hand clock is moved on to when a source wants to wake, and descriptors are waited
 * for. */
#include "sources/sources.h"
#include "tests/sources/far_side.h"

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

/* A lost connection is another thing than a closed one. Its number comes back once it is done. */
static void test_a_reset_cuts(void **state)
{
    (void)state;
    struct reading r;
    reading_init(&r);
    uint16_t port = 0;
    int listener = test_listen(&port);
    const char *uri = uri_with_port(&r, "tcp://127.0.0.1:%u", port);
    assert_int_equal(reading_open(&r, &tcp_source_kind, uri), OK);
    reading_step(&r, 10);
    int peer = test_accept(listener);
    test_send(peer, "one\ntw");
    assert_true(reading_expect(&r, "0:one\ntw"));
    test_reset(peer);
    assert_true(reading_expect(&r, "0/"));
    source_done(r.source, 0, 6);
    r.clock.at_us = source_wake_us(r.source);
    reading_step(&r, 10);
    peer = test_accept(listener);
    test_send(peer, "x");
    assert_true(reading_expect(&r, "0:x"));
    close(peer);
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

TEST_MAIN(cmocka_unit_test(test_reads_and_finishes), cmocka_unit_test(test_reconnects),
          cmocka_unit_test(test_a_reset_cuts), cmocka_unit_test(test_backs_off),
          cmocka_unit_test(test_tcp_options), cmocka_unit_test(test_blocks))
