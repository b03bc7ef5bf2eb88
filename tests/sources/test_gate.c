/* Tests of sources/gate.c: who may come in. That nobody listens beyond this machine by accident is
 * tested with the servers. */
#include "sources/gate.h"

#include "sources/sources.h"
#include "tests/sources/far_side.h"

static bool lets_in(const char *uri, const char *host)
{
    struct reading r;
    struct gate gate;
    reading_init(&r);
    options_init(&r.options, &r.arena);
    assert_int_equal(uri_parse(&r.arena, slice_text(uri), &r.uri, &r.options, &r.err), OK);
    assert_int_equal(gate_init(&gate, &r.config, &r.err), OK);
    struct socket_address peer = address_of(host, 1);
    bool in = gate_lets_in(&gate, &peer);
    gate_release(&gate);
    reading_release(&r);
    return in;
}

static void test_loopback_only(void **state)
{
    (void)state;
    assert_true(lets_in("tcp-listen://:1", "127.0.0.1"));
    assert_true(lets_in("tcp-listen://:1", "127.8.9.1"));
    assert_true(lets_in("tcp-listen://[::1]:1", "::1"));
    assert_true(lets_in("tcp-listen://[::1]:1", "::ffff:127.0.0.1"));
    assert_false(lets_in("tcp-listen://:1", "10.0.0.1"));
    assert_false(lets_in("tcp-listen://:1", "fe80::1"));
}

static void test_networks(void **state)
{
    (void)state;
    const char *v4 = "udp-listen://:1?bind=0.0.0.0&allow=10.0.0.0/8,192.168.7.0/24";
    assert_true(lets_in(v4, "10.200.3.4"));
    assert_true(lets_in(v4, "192.168.7.9"));
    assert_true(lets_in(v4, "127.0.0.1")); /* always */
    assert_true(lets_in(v4, "::ffff:10.1.1.1"));
    assert_false(lets_in(v4, "192.168.8.9"));
    assert_false(lets_in(v4, "2001:db8::1"));
    const char *v6 = "udp-listen://:1?bind=::&allow=2001:db8:1::/48";
    assert_true(lets_in(v6, "2001:db8:1:ffff::9"));
    assert_false(lets_in(v6, "2001:db8:2::9"));
    assert_false(lets_in(v6, "10.1.1.1"));
}

TEST_MAIN(cmocka_unit_test(test_loopback_only), cmocka_unit_test(test_networks))
