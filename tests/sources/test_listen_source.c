/* Tests of sources/listen_source.c and server.c, over loopback sockets. Nothing sleeps: the hand
 * clock is moved on to when a source wants to wake, and descriptors are waited for. */
#include "sources/listen_source.h"

#include "sources/sources.h"
#include "tests/sources/far_side.h"

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

static void test_full_house_refuses(void **state)
{
    (void)state;
    struct reading r;
    reading_init(&r);
    assert_int_equal(reading_open(&r, &listen_source_kind,
                                  "tcp-listen://127.0.0.1:0?max_connections=1"),
                     OK);
    uint16_t port = listen_source_port(r.source);
    int a = test_connect("127.0.0.1", port);
    test_send(a, "a");
    assert_true(reading_expect(&r, "0:a"));
    int b = test_connect("127.0.0.1", port);
    test_send(b, "b");
    wait_for(source_wait_fd(r.source), POLLIN);
    assert_int_equal(reading_step(&r, 10), SOURCE_AGAIN);
    test_receive(b, "tailrace: refused, 1 connections are open: the limit max_connections\n");
    test_hung_up(b);
    assert_int_equal(source_n_splits(r.source), 1);
    close(a);
    assert_true(reading_expect(&r, "0."));
    int c = test_connect("127.0.0.1", port);
    test_send(c, "c");
    assert_true(reading_expect(&r, "1:c"));
    close(b);
    close(c);
    reading_release(&r);
}

/* 64 clients that each send a byte of a line at a time beside one that has much to say: it gets
 * every other turn at least, and all of them come through. */
static void test_slow_clients_do_not_hold_back(void **state)
{
    (void)state;
    enum { SLOW = 63 };
    struct reading r;
    reading_init(&r);
    assert_int_equal(reading_open(&r, &listen_source_kind, "tcp-listen://127.0.0.1:0"), OK);
    uint16_t port = listen_source_port(r.source);
    int slow[SLOW];
    for (int i = 0; i < SLOW; i++) {
        slow[i] = test_connect("127.0.0.1", port);
        test_send(slow[i], "s");
    }
    int fast = test_connect("127.0.0.1", port);
    char line[1001];
    memset(line, 'f', 1000);
    line[1000] = '\0';
    for (int i = 0; i < 20; i++) {
        test_send(fast, line);
    }
    size_t from_fast = 0;
    uint32_t turns = 0;
    while (from_fast < 20000) {
        bytebuf_clear(&r.log);
        if (reading_step(&r, 4096) == SOURCE_AGAIN) {
            wait_for(source_wait_fd(r.source), POLLIN);
        }
        turns += r.last == SOURCE_MORE;
        const char *f = strchr(bytebuf_text(&r.log), 'f');
        from_fast += f == NULL ? 0 : strlen(f);
    }
    /* One turn of each slow client, and of the fast one as few as its bytes need. */
    assert_in_range(turns, 5, SLOW + 20 + 2);
    assert_int_equal(source_n_splits(r.source), SLOW + 1);
    int another = test_connect("127.0.0.1", port); /* the 65th */
    wait_for(source_wait_fd(r.source), POLLIN);
    while (reading_step(&r, 10) == SOURCE_MORE) {
    }
    test_receive(another, "tailrace: refused, 64 connections are open");
    close(another);
    for (int i = 0; i < SLOW; i++) {
        close(slow[i]);
    }
    close(fast);
    reading_release(&r);
}

/* Many short connections one after the other are not too many at a time, however late they are
 * read. */
static void test_short_connections_wait(void **state)
{
    (void)state;
    enum { MANY = 60 };
    struct reading r;
    reading_init(&r);
    assert_int_equal(reading_open(&r, &listen_source_kind,
                                  "tcp-listen://127.0.0.1:0?max_connections=4"),
                     OK);
    uint16_t port = listen_source_port(r.source);
    uint32_t n_lines = 0;
    uint32_t n_ends = 0;
    for (int i = 0; i < MANY; i++) {
        int a = test_connect("127.0.0.1", port);
        test_send(a, "x");
        close(a);
    }
    while (n_ends < MANY) {
        bytebuf_clear(&r.log);
        if (reading_step(&r, 10) == SOURCE_AGAIN) {
            wait_for(source_wait_fd(r.source), POLLIN);
        }
        n_lines += strchr(bytebuf_text(&r.log), 'x') != NULL;
        n_ends += r.last == SOURCE_ENDED;
    }
    assert_int_equal(n_lines, MANY);
    reading_release(&r);
}

/* A client that closed its side in order ends a line; one that was reset cuts it. */
static void test_half_open_and_reset(void **state)
{
    (void)state;
    struct reading r;
    reading_init(&r);
    assert_int_equal(reading_open(&r, &listen_source_kind, "tcp-listen://127.0.0.1:0"), OK);
    uint16_t port = listen_source_port(r.source);
    int a = test_connect("127.0.0.1", port);
    test_send(a, "half");
    shutdown(a, SHUT_WR);
    assert_true(reading_expect(&r, "0:half0."));
    test_hung_up(a);
    int b = test_connect("127.0.0.1", port);
    test_send(b, "whole\npie");
    assert_true(reading_expect(&r, "1:whole\npie"));
    test_reset(b);
    assert_true(reading_expect(&r, "1/"));
    close(a);
    reading_release(&r);
}

/* Any bytes are taken as they are. */
static void test_hostile_bytes(void **state)
{
    (void)state;
    struct reading r;
    reading_init(&r);
    assert_int_equal(reading_open(&r, &listen_source_kind, "tcp-listen://127.0.0.1:0"), OK);
    int a = test_connect("127.0.0.1", listen_source_port(r.source));
    const char bytes[] = "\0\xff\x1b[2J\r\n\0\n";
    assert_int_equal(send(a, bytes, sizeof bytes, MSG_NOSIGNAL), (int)sizeof bytes);
    while (r.log.len < 2 + sizeof bytes) {
        if (reading_step(&r, 100) == SOURCE_AGAIN) {
            wait_for(source_wait_fd(r.source), POLLIN);
        }
    }
    assert_memory_equal(r.log.at, "0:", 2);
    assert_memory_equal(r.log.at + 2, bytes, sizeof bytes);
    close(a);
    reading_release(&r);
}

/* An unfinished line that nobody goes on with ends its connection; finished ones may rest. */
static void test_partial_timeout(void **state)
{
    (void)state;
    struct reading r;
    reading_init(&r);
    assert_int_equal(reading_open(&r, &listen_source_kind,
                                  "tcp-listen://127.0.0.1:0?partial_timeout=5s"),
                     OK);
    uint16_t port = listen_source_port(r.source);
    int a = test_connect("127.0.0.1", port);
    test_send(a, "whole\n");
    assert_true(reading_expect(&r, "0:whole\n"));
    assert_int_equal(source_wake_us(r.source), INT64_MAX);
    int b = test_connect("127.0.0.1", port);
    test_send(b, "pie");
    assert_true(reading_expect(&r, "1:pie"));
    assert_int_equal(source_wake_us(r.source), r.clock.at_us + 5 * US_PER_SECOND);
    r.clock.at_us += 4 * US_PER_SECOND;
    test_send(b, "ce");
    assert_true(reading_expect(&r, "1:ce"));
    r.clock.at_us += 5 * US_PER_SECOND - 1;
    assert_int_equal(reading_step(&r, 10), SOURCE_AGAIN);
    r.clock.at_us += 1;
    assert_true(reading_expect(&r, "1/"));
    test_hung_up(b);
    test_send(a, "more\n");
    assert_true(reading_expect(&r, "0:more\n"));
    close(a);
    close(b);
    reading_release(&r);
}

/* Lines are read up to the limit and no further until some are done. */
static void test_bytes_in_flight(void **state)
{
    (void)state;
    struct reading r;
    reading_init(&r);
    assert_int_equal(reading_open(&r, &listen_source_kind,
                                  "tcp-listen://127.0.0.1:0?max_in_flight=8"),
                     OK);
    uint16_t port = listen_source_port(r.source);
    int a = test_connect("127.0.0.1", port);
    test_send(a, "12345678901"); /* no line yet: it may grow */
    assert_true(reading_expect(&r, "0:12345678901"));
    test_send(a, "\n");
    assert_true(reading_expect(&r, "0:\n"));
    test_send(a, "next\n");
    assert_int_equal(source_wait_fd(r.source), -1);
    assert_int_equal(reading_step(&r, 10), SOURCE_AGAIN);
    source_done(r.source, 0, 12);
    assert_true(source_wait_fd(r.source) >= 0);
    assert_true(reading_expect(&r, "0:next\n"));
    close(a);
    reading_release(&r);
}

static void test_lines_are_acknowledged(void **state)
{
    (void)state;
    struct reading r;
    reading_init(&r);
    assert_int_equal(reading_open(&r, &listen_source_kind,
                                  "tcp-listen://127.0.0.1:0?ack=line&eof=finish"),
                     OK);
    int a = test_connect("127.0.0.1", listen_source_port(r.source));
    test_send(a, "one\ntwo\nthr");
    assert_true(reading_expect(&r, "0:one\ntwo\nthr"));
    source_done(r.source, 0, 8);
    test_receive(a, "ok 2\n");
    test_send(a, "ee\nfour");
    assert_true(reading_expect(&r, "0:ee\nfour"));
    shutdown(a, SHUT_WR);
    assert_true(reading_expect(&r, "0."));
    /* It has ended, but waits for its acknowledgements. */
    assert_int_equal(reading_step(&r, 10), SOURCE_AGAIN);
    source_done(r.source, 0, 14);
    test_receive(a, "ok 3\n");
    assert_int_equal(reading_step(&r, 10), SOURCE_AGAIN);
    source_done(r.source, 0, 18);
    test_receive(a, "ok 4\n");
    test_hung_up(a);
    assert_int_equal(reading_step(&r, 10), SOURCE_DONE);
    close(a);
    reading_release(&r);
}

/* A line that is cut is not acknowledged; those before it are, though the connection is over. */
static void test_pieces_are_not_acknowledged(void **state)
{
    (void)state;
    struct reading r;
    reading_init(&r);
    assert_int_equal(reading_open(&r, &listen_source_kind, "tcp-listen://127.0.0.1:0?ack=line"),
                     OK);
    int a = test_connect("127.0.0.1", listen_source_port(r.source));
    test_send(a, "one\npie");
    assert_true(reading_expect(&r, "0:one\npie"));
    r.clock.at_us += 60 * US_PER_SECOND;
    assert_true(reading_expect(&r, "0/"));
    source_done(r.source, 0, 7);
    test_receive(a, "ok 1\n");
    test_hung_up(a);
    close(a);
    reading_release(&r);
}

/* Who does not wait for its acknowledgements is no trouble. */
static void test_sender_that_does_not_wait(void **state)
{
    (void)state;
    struct reading r;
    reading_init(&r);
    assert_int_equal(reading_open(&r, &listen_source_kind,
                                  "tcp-listen://127.0.0.1:0?ack=line&eof=finish"),
                     OK);
    int a = test_connect("127.0.0.1", listen_source_port(r.source));
    test_send(a, "one\ntwo\n");
    assert_true(reading_expect(&r, "0:one\ntwo\n"));
    close(a);
    assert_true(reading_expect(&r, "0."));
    source_done(r.source, 0, 8);
    assert_true(reading_expect(&r, "!"));
    reading_release(&r);
}

/* Connections come and go under few numbers, as long as the engine says what is done. */
static void test_numbers_come_back(void **state)
{
    (void)state;
    struct reading r;
    reading_init(&r);
    assert_int_equal(reading_open(&r, &listen_source_kind, "tcp-listen://127.0.0.1:0"), OK);
    uint16_t port = listen_source_port(r.source);
    for (int i = 0; i < 2000; i++) {
        int a = test_connect("127.0.0.1", port);
        test_send(a, "line\n");
        assert_true(reading_expect(&r, "0:line\n"));
        close(a);
        assert_true(reading_expect(&r, "0."));
        source_done(r.source, 0, 5);
    }
    assert_int_equal(source_n_splits(r.source), 1);
    reading_release(&r);
}

static void test_listen_options(void **state)
{
    (void)state;
    static const char *const wrong[][2] = {
        {"max_connections=0", "option max_connections"},
        {"max_connections=1025", "option max_connections"},
        {"partial_timeout=0s", "option partial_timeout must be positive"},
        {"max_in_flight=0", "option max_in_flight must be positive"},
        {"ack=all", "option ack = \"all\" is not none or line"},
        {"eof=never", "option eof = \"never\" is not wait or finish"},
        {"ak=line", "source has no option \"ak\""},
    };
    struct reading r;
    reading_init(&r);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char *uri = arena_printf(&r.arena, "tcp-listen://:0?%s", wrong[i][0]);
        assert_int_equal(reading_open(&r, &listen_source_kind, uri), ERR_OPTION);
        assert_int_equal(strncmp(r.err.text, wrong[i][1], strlen(wrong[i][1])), 0);
    }
    reading_release(&r);
}

TEST_MAIN(cmocka_unit_test(test_each_client_is_a_split), cmocka_unit_test(test_clients_take_turns),
          cmocka_unit_test(test_version_6), cmocka_unit_test(test_only_loopback_unless_said),
          cmocka_unit_test(test_full_house_refuses),
          cmocka_unit_test(test_slow_clients_do_not_hold_back),
          cmocka_unit_test(test_short_connections_wait), cmocka_unit_test(test_half_open_and_reset),
          cmocka_unit_test(test_hostile_bytes), cmocka_unit_test(test_partial_timeout),
          cmocka_unit_test(test_bytes_in_flight), cmocka_unit_test(test_lines_are_acknowledged),
          cmocka_unit_test(test_pieces_are_not_acknowledged),
          cmocka_unit_test(test_sender_that_does_not_wait),
          cmocka_unit_test(test_numbers_come_back), cmocka_unit_test(test_listen_options))
