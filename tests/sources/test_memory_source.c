/* Tests of sources/memory_source.h. */
#include "sources/memory_source.h"

#include "tests/sources/reading.h"
#include "tests/support/testing.h"

static void test_a_piece_is_a_batch(void **state)
{
    (void)state;
    struct memory_feeds *feeds = memory_feeds_new();
    struct memory_feed *feed = memory_feed_of(feeds, slice_text("tx"));
    struct reading r;
    reading_init(&r);
    assert_int_equal(reading_open(&r, memory_feeds_kind(feeds), "memory:tx"), OK);
    assert_string_equal(reading_until_again(&r, 100), "");
    memory_feed_add(feed, 0, slice_text("ab"));
    memory_feed_add(feed, 1, slice_text("cdef"));
    memory_feed_end_split(feed, 1);
    memory_feed_finish(feed);
    assert_string_equal(reading_until_again(&r, 100), "0:ab");
    assert_string_equal(reading_until_again(&r, 3), "1:cde1:f");
    assert_string_equal(source_split_name(r.source, 0), "tx");
    assert_string_equal(source_split_name(r.source, 1), "tx#1");
    assert_string_equal(reading_until_again(&r, 100), "1.0.!");
    reading_release(&r);
    memory_feeds_free(feeds);
}

static void test_hold_and_allow(void **state)
{
    (void)state;
    struct memory_feeds *feeds = memory_feeds_new();
    struct memory_feed *feed = memory_feed_of(feeds, slice_text("tx"));
    struct reading r;
    reading_init(&r);
    memory_feed_hold(feed);
    memory_feed_add(feed, 0, slice_text("a"));
    memory_feed_add(feed, 0, slice_text("b"));
    memory_feed_finish(feed);
    assert_int_equal(reading_open(&r, memory_feeds_kind(feeds), "memory:tx"), OK);
    assert_string_equal(reading_until_again(&r, 100), "");
    memory_feed_allow(feed, 1);
    assert_string_equal(reading_until_again(&r, 100), "0:a");
    assert_string_equal(reading_until_again(&r, 100), "");
    memory_feed_allow(feed, 1);
    assert_string_equal(reading_until_again(&r, 100), "0:b");
    assert_string_equal(reading_until_again(&r, 100), "0.!");
    reading_release(&r);
    memory_feeds_free(feeds);
}

static void test_goes_on_at_an_offset(void **state)
{
    (void)state;
    struct memory_feeds *feeds = memory_feeds_new();
    struct memory_feed *feed = memory_feed_of(feeds, slice_text("tx"));
    struct reading r;
    reading_init(&r);
    memory_feed_add(feed, 0, slice_text("abcd"));
    memory_feed_add(feed, 1, slice_text("xy"));
    memory_feed_add(feed, 0, slice_text("efgh"));
    assert_int_equal(reading_open(&r, memory_feeds_kind(feeds), "memory:tx"), OK);
    assert_string_equal(reading_until_again(&r, 100), "0:abcd");
    assert_string_equal(reading_until_again(&r, 100), "1:xy");
    const uint64_t unused[] = {3, 0};
    const char *offsets = arena_text(&r.arena, reading_offsets(&r, unused));
    assert_string_equal(offsets, "0=1 1=2");
    assert_int_equal(reading_resume(&r, memory_feeds_kind(feeds), "memory:tx", offsets), OK);
    assert_string_equal(reading_until_again(&r, 100), "0:bcd");
    assert_string_equal(reading_until_again(&r, 100), "0:efgh");
    assert_string_equal(reading_offsets(&r, NULL), "0=8 1=2");
    reading_release(&r);
    memory_feeds_free(feeds);
}

static void test_unknown_feed(void **state)
{
    (void)state;
    struct memory_feeds *feeds = memory_feeds_new();
    struct reading r;
    reading_init(&r);
    assert_int_equal(reading_open(&r, memory_feeds_kind(feeds), "memory:tx"), ERR_IO);
    assert_string_equal(r.err.text, "no feed \"tx\"");
    reading_release(&r);
    memory_feeds_free(feeds);
    memory_feeds_free(NULL);
}

TEST_MAIN(cmocka_unit_test(test_a_piece_is_a_batch), cmocka_unit_test(test_hold_and_allow),
          cmocka_unit_test(test_goes_on_at_an_offset), cmocka_unit_test(test_unknown_feed))
