/* Tests of engine/run/image.h: round trips, names, bytes that are none. */
#include "engine/run/image.h"

#include "engine/base/codec.h"
#include "tests/support/testing.h"

static const struct image_head head = {
    .is_complete = true,
    .input = {.segment = 3, .bytes = 99},
    .dead = {.segment = 4, .bytes = 88, .rows = 7},
    .n_feeds = 2,
    .n_queries = 2,
};

static void put_image(struct bytebuf *out)
{
    const struct image_feed feeds[] = {
        {.name = slice_text("s"), .is_replayable = true, .offsets = slice_text("pos=1")},
        {.name = slice_text("t"), .bad = slice_text("bad=2"), .state = slice_text("st")},
    };
    const struct image_query queries[] = {
        {.name = slice_text("q"),
         .plan = slice_text("plan"),
         .state = slice_text("state"),
         .is_whole = true,
         .changes = slice_text("changes"),
         .n_outlets = 2,
         .outlets = {{slice_text("rows"), slice_text("at=4")},
                     {slice_text("late"), slice_text("at=5")}}},
        {.name = slice_text("r")},
    };
    image_begin(out, &head);
    for (size_t i = 0; i < 2; i++) {
        image_put_feed(out, &feeds[i]);
    }
    for (size_t i = 0; i < 2; i++) {
        image_put_query(out, &queries[i]);
    }
}

static void test_it_is_read_as_written(void **state)
{
    (void)state;
    struct arena arena;
    struct bytebuf bytes = {0};
    struct image image;
    arena_init(&arena);
    put_image(&bytes);
    assert_int_equal(image_read(&arena, bytebuf_slice(&bytes), &image, NULL), OK);
    assert_true(image.head.is_complete);
    assert_int_equal(image.head.input.segment, 3);
    assert_int_equal(image.head.input.bytes, 99);
    assert_int_equal(image.head.dead.segment, 4);
    assert_int_equal(image.head.dead.bytes, 88);
    assert_int_equal(image.head.dead.rows, 7);

    const struct image_feed *s = image_feed_find(&image, slice_text("s"));
    const struct image_feed *t = image_feed_find(&image, slice_text("t"));
    assert_true(s == &image.feeds[0] && t == &image.feeds[1]);
    assert_true(s->is_replayable && slice_equal(s->offsets, slice_text("pos=1")));
    assert_true(!t->is_replayable && t->offsets.len == 0);
    assert_true(slice_equal(t->bad, slice_text("bad=2")));
    assert_true(slice_equal(t->state, slice_text("st")));
    assert_null(image_feed_find(&image, slice_text("q")));

    const struct image_query *q = image_query_find(&image, slice_text("q"));
    const struct image_query *r = image_query_find(&image, slice_text("r"));
    assert_true(q == &image.queries[0] && r == &image.queries[1]);
    assert_true(slice_equal(q->plan, slice_text("plan")));
    assert_true(slice_equal(q->state, slice_text("state")));
    assert_true(q->is_whole && !r->is_whole);
    assert_true(slice_equal(q->changes, slice_text("changes")));
    assert_true(slice_equal(image_position(q, "rows"), slice_text("at=4")));
    assert_true(slice_equal(image_position(q, "late"), slice_text("at=5")));
    assert_int_equal(image_position(q, "other").len, 0);
    assert_int_equal(image_position(r, "rows").len, 0);
    assert_null(image_query_find(&image, slice_text("s")));
    bytebuf_release(&bytes);
    arena_release(&arena);
}

static void refuse(struct slice bytes)
{
    struct arena arena;
    struct error err;
    struct image image = {.head = {.n_feeds = 77}};
    arena_init(&arena);
    assert_int_equal(image_read(&arena, bytes, &image, &err), ERR_STATE);
    assert_string_equal(err.text, "the saved state is damaged");
    assert_int_equal(image.head.n_feeds, 77);
    arena_release(&arena);
}

/* Cut short anywhere, or with a byte behind it. */
static void test_another_length(void **state)
{
    (void)state;
    struct bytebuf bytes = {0};
    put_image(&bytes);
    for (size_t len = 0; len < bytes.len; len++) {
        refuse(slice_of(bytes.at, len));
    }
    bytebuf_add_byte(&bytes, 0);
    refuse(bytebuf_slice(&bytes));
    bytebuf_release(&bytes);
}

/* Counts and lengths are checked before they are believed. */
static void test_bytes_that_lie(void **state)
{
    (void)state;
    struct bytebuf bytes = {0};
    image_begin(&bytes, &head);
    /* Of the counts of feeds and queries and of the length of the first name behind them. */
    const size_t high_bytes[] = {bytes.len - 5, bytes.len - 1, bytes.len + 3};
    bytebuf_clear(&bytes);
    put_image(&bytes);
    for (size_t i = 0; i < sizeof high_bytes / sizeof *high_bytes; i++) {
        bytes.at[high_bytes[i]] = 0xff;
        refuse(bytebuf_slice(&bytes));
        bytes.at[high_bytes[i]] = 0;
    }
    bytes.at[0]++; /* its version */
    refuse(bytebuf_slice(&bytes));
    bytebuf_release(&bytes);
}

/* More places of sinks than a query has. */
static void test_too_many_outlets(void **state)
{
    (void)state;
    struct bytebuf bytes = {0};
    struct arena arena;
    struct image image;
    const struct image_head one = {.n_queries = 1};
    struct image_query query = {.name = slice_text("q"), .n_outlets = IMAGE_OUTLETS_MAX};
    arena_init(&arena);
    image_begin(&bytes, &one);
    image_put_query(&bytes, &query);
    size_t outlet_bytes = IMAGE_OUTLETS_MAX * 8;
    size_t count_at = bytes.len - outlet_bytes - 1;
    assert_int_equal(image_read(&arena, bytebuf_slice(&bytes), &image, NULL), OK);
    assert_int_equal(image.queries[0].n_outlets, IMAGE_OUTLETS_MAX);
    bytes.at[count_at]++;
    codec_put_u64(&bytes, 0); /* two empty texts: there is one more */
    refuse(bytebuf_slice(&bytes));
    bytebuf_release(&bytes);
    arena_release(&arena);
}

TEST_MAIN(cmocka_unit_test(test_it_is_read_as_written), cmocka_unit_test(test_another_length),
          cmocka_unit_test(test_bytes_that_lie), cmocka_unit_test(test_too_many_outlets))
