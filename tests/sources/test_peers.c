/* Tests of sources/peers.c. */
#include "sources/peers.h"

#include "tests/support/testing.h"

static void test_numbers_come_back_when_done(void **state)
{
    (void)state;
    struct peers peers = {0};
    assert_int_equal(peers_add(&peers, "a"), 0);
    assert_int_equal(peers_add(&peers, "b"), 1);
    peers_read(&peers, 0, slice_text("12\n4"));
    peers_end(&peers, 0);
    peers_done(&peers, 0, 3);
    assert_int_equal(peers_add(&peers, "c"), 2); /* a byte of the first one is not done */
    assert_string_equal(peers_at(&peers, 0)->name, "a");
    peers_done(&peers, 0, 4);
    peers_done(&peers, 0, 4);
    assert_int_equal(peers_add(&peers, "d"), 0);
    assert_int_equal(peers_add(&peers, "e"), 3);
    assert_int_equal(peers_at(&peers, 0)->read, 0);
    assert_int_equal(peers.n_added, 5);
    peers_done(&peers, 1, 0);
    peers_end(&peers, 1); /* one that said nothing is over when the engine has heard so */
    assert_int_equal(peers_add(&peers, "f"), 4);
    peers_done(&peers, 1, 0);
    assert_int_equal(peers_add(&peers, "g"), 1);
    peers_release(&peers);
}

static void test_bytes_in_flight(void **state)
{
    (void)state;
    struct peers peers = {0};
    peers_add(&peers, "a");
    peers_add(&peers, "b");
    peers_read(&peers, 0, slice_text("12\n4"));
    peers_read(&peers, 1, slice_text("1234567"));
    assert_int_equal(peers.in_flight, 3); /* unfinished lines do not count */
    assert_true(peer_has_partial(peers_at(&peers, 0)));
    peers_read(&peers, 0, slice_text("\n"));
    assert_false(peer_has_partial(peers_at(&peers, 0)));
    assert_int_equal(peers.in_flight, 5);
    peers_done(&peers, 0, 3);
    assert_int_equal(peers.in_flight, 2);
    peers_done(&peers, 1, 7); /* a line too long for the decoder is done before its end */
    assert_int_equal(peers.in_flight, 2);
    peers_read(&peers, 1, slice_text("8\n"));
    assert_int_equal(peers.in_flight, 4);
    peers_done(&peers, 1, 9);
    peers_done(&peers, 0, 5);
    assert_int_equal(peers.in_flight, 0);
    peers_release(&peers);
}

static void test_long_names_are_cut(void **state)
{
    (void)state;
    struct peers peers = {0};
    char name[200];
    memset(name, 'x', sizeof name);
    name[199] = '\0';
    peers_add(&peers, name);
    assert_int_equal(strlen(peers_at(&peers, 0)->name), PEER_NAME_BYTES - 1);
    peers_release(&peers);
}

TEST_MAIN(cmocka_unit_test(test_numbers_come_back_when_done),
          cmocka_unit_test(test_bytes_in_flight), cmocka_unit_test(test_long_names_are_cut))
