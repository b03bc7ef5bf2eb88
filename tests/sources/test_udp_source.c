/* Tests of sources/udp_source.c, over loopback. A datagram that is sent over loopback has arrived
 * when send returns. */
#include "sources/udp_source.h"

#include "sources/sources.h"
#include "tests/sources/far_side.h"

static int sender(const char *host, uint16_t port)
{
    struct socket_address address = address_of(host, port);
    int fd = socket(address.at.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address.at, address.len), 0);
    return fd;
}

static void test_datagrams_are_whole_lines(void **state)
{
    (void)state;
    struct reading r;
    reading_init(&r);
    assert_int_equal(reading_open(&r, &udp_source_kind, "udp-listen://127.0.0.1:0"), OK);
    assert_int_equal(source_flags(r.source), 0);
    int a = sender("127.0.0.1", udp_source_port(r.source));
    int b = sender("127.0.0.1", udp_source_port(r.source));
    test_send(a, "one");
    test_send(b, "two\nthree\n");
    test_send(a, ""); /* nothing */
    test_send(a, "four\nfive");
    assert_true(reading_expect(&r, "0:one\ntwo\nthree\nfour\nfive\n"));
    assert_int_equal(reading_step(&r, 100), SOURCE_AGAIN);
    close(a);
    close(b);
    reading_release(&r);
}

/* A read may be smaller than a datagram. */
static void test_small_reads(void **state)
{
    (void)state;
    struct reading r;
    reading_init(&r);
    assert_int_equal(reading_open(&r, &udp_source_kind, "udp-listen://127.0.0.1:0"), OK);
    int a = sender("127.0.0.1", udp_source_port(r.source));
    test_send(a, "abcdefg");
    test_send(a, "h");
    assert_string_equal(reading_until_again(&r, 3), "0:abc0:def0:g\nh0:\n");
    close(a);
    reading_release(&r);
}

static void test_largest_datagram(void **state)
{
    (void)state;
    enum { LARGEST = 65507 };
    struct reading r;
    reading_init(&r);
    assert_int_equal(reading_open(&r, &udp_source_kind, "udp-listen://127.0.0.1:0"), OK);
    int a = sender("127.0.0.1", udp_source_port(r.source));
    char *bytes = mem_alloc(LARGEST);
    memset(bytes, 'x', LARGEST);
    assert_int_equal(send(a, bytes, LARGEST, 0), LARGEST);
    mem_free(bytes);
    while (reading_step(&r, 1 << 20) == SOURCE_MORE && r.log.len == 0) {
    }
    assert_int_equal(r.log.len, 2 + LARGEST + 1);
    assert_int_equal(r.log.at[r.log.len - 1], '\n');
    close(a);
    reading_release(&r);
}

/* What the system drops is counted: all that was sent is either read or lost. */
static void test_lost_datagrams_are_counted(void **state)
{
    (void)state;
    enum { SENT = 300 };
    struct reading r;
    reading_init(&r);
    assert_int_equal(reading_open(&r, &udp_source_kind,
                                  "udp-listen://127.0.0.1:0?receive_buffer=4k"),
                     OK);
    int a = sender("127.0.0.1", udp_source_port(r.source));
    char text[1001];
    memset(text, 'x', 999);
    text[999] = '\n';
    text[1000] = '\0';
    for (int i = 0; i < SENT; i++) {
        test_send(a, text);
    }
    reading_until_again(&r, 1 << 20);
    test_send(a, "end\n"); /* tells of those before it */
    size_t n_read = (r.log.len - 2) / 1000;
    assert_true(reading_expect(&r, "0:end\n"));
    assert_in_range(n_read, 1, SENT - 1);
    assert_int_equal(source_n_lost(r.source), SENT - n_read);
    close(a);
    reading_release(&r);
}

static void test_once_ends(void **state)
{
    (void)state;
    struct reading r;
    reading_init(&r);
    r.config.once = true;
    assert_int_equal(reading_open(&r, &udp_source_kind, "udp-listen://127.0.0.1:0"), OK);
    assert_int_equal(source_flags(r.source), SOURCE_FINITE);
    int a = sender("127.0.0.1", udp_source_port(r.source));
    test_send(a, "x");
    assert_string_equal(reading_until_again(&r, 100), "0:x\n0.!");
    close(a);
    reading_release(&r);
}

static void test_version_6(void **state)
{
    (void)state;
    struct reading r;
    reading_init(&r);
    if (reading_open(&r, &udp_source_kind, "udp-listen://[::1]:0") != OK) {
        puts("skipped: no ::1 here");
        reading_release(&r);
        skip();
    }
    int a = sender("::1", udp_source_port(r.source));
    test_send(a, "six");
    assert_true(reading_expect(&r, "0:six\n"));
    close(a);
    reading_release(&r);
}

static void test_only_loopback_unless_said(void **state)
{
    (void)state;
    struct reading r;
    reading_init(&r);
    assert_int_equal(reading_open(&r, &udp_source_kind, "udp-listen://0.0.0.0:0"), ERR_OPTION);
    assert_string_equal(r.err.text, "udp-listen://0.0.0.0:0 would listen beyond this machine");
    assert_string_equal(r.err.hint,
                        "say so with bind=0.0.0.0 and allow=, for example allow=10.0.0.0/8");
    assert_int_equal(reading_open(&r, &udp_source_kind, "udp-listen://:0?receive_buffer=0"),
                     ERR_OPTION);
    assert_int_equal(reading_open(&r, &udp_source_kind,
                                  "udp-listen://:0?bind=0.0.0.0&allow=10.0.0.0/8"),
                     OK);
    reading_release(&r);
}

TEST_MAIN(cmocka_unit_test(test_datagrams_are_whole_lines), cmocka_unit_test(test_small_reads),
          cmocka_unit_test(test_largest_datagram),
          cmocka_unit_test(test_lost_datagrams_are_counted), cmocka_unit_test(test_once_ends),
          cmocka_unit_test(test_version_6), cmocka_unit_test(test_only_loopback_unless_said))
