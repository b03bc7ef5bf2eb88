/* What an INTENT says is read as it was written; cut short or changed anywhere, it is damaged or
 * says something else, but is never read beyond its end. */
#include "engine/run/intent.h"
#include "tests/support/testing.h"

#include <string.h>

#include "engine/run/cuts.h"

static const struct cut all_cuts[] = {
    {.kind = CUT_READ, .of = 1, .split = 2, .bytes = 4711, .time_us = 1},
    {.kind = CUT_SPLIT_ENDED, .of = 1, .split = 3, .time_us = 2},
    {.kind = CUT_SPLIT_LOST, .of = 1, .split = 4, .time_us = 3},
    {.kind = CUT_FEED_DONE, .of = 1, .time_us = 4},
    {.kind = CUT_TRIGGER, .time_us = 5},
    {.kind = CUT_QUERY_END, .of = 2, .bytes = 1, .time_us = 6},
};

enum { CUTS = sizeof all_cuts / sizeof *all_cuts };

static void put_cuts(struct bytebuf *out)
{
    for (size_t i = 0; i < CUTS; i++) {
        cut_put(out, &all_cuts[i]);
    }
}

static void put_intent(struct bytebuf *out)
{
    struct bytebuf cuts = {0};
    struct intent_feed feeds[] = {{slice_text("s"), slice_text("pos=1")},
                                  {slice_text("t"), slice_text("")}};
    struct intent_query queries[] = {{.name = slice_text("q"), .rows_out = 7, .watermark = -1}};
    put_cuts(&cuts);
    const struct intent intent = {
        .input = {.segment = 3, .bytes = 99},
        .n_feeds = 2,
        .feeds = feeds,
        .n_queries = 1,
        .queries = queries,
        .cuts = bytebuf_slice(&cuts),
    };
    intent_put(out, &intent);
    bytebuf_release(&cuts);
}

static void test_cuts_are_read_as_written(void **state)
{
    (void)state;
    struct bytebuf cuts = {0};
    struct cut cut;
    put_cuts(&cuts);
    struct reader in = reader_of(bytebuf_slice(&cuts));
    for (size_t i = 0; i < CUTS; i++) {
        assert_true(cut_next(&in, &cut));
        assert_int_equal(cut.kind, all_cuts[i].kind);
        assert_int_equal(cut.of, all_cuts[i].of);
        assert_int_equal(cut.split, all_cuts[i].split);
        assert_int_equal(cut.bytes, all_cuts[i].bytes);
        assert_int_equal(cut.time_us, all_cuts[i].time_us);
    }
    assert_false(cut_next(&in, &cut));
    assert_true(reader_ok(&in));
    bytebuf_release(&cuts);
}

static void test_cuts_that_are_none(void **state)
{
    (void)state;
    struct cut cut;
    for (int kind = 0; kind <= CUT_QUERY_END + 1; kind += CUT_QUERY_END + 1) {
        const uint8_t bytes[32] = {(uint8_t)kind};
        struct reader in = reader_of(slice_of(bytes, sizeof bytes));
        assert_false(cut_next(&in, &cut));
        assert_false(reader_ok(&in));
        assert_false(cut_next(&in, &cut));
    }
    for (size_t i = 0; i < CUTS; i++) {
        struct bytebuf one = {0};
        cut_put(&one, &all_cuts[i]);
        struct reader in = reader_of(slice_of(one.at, one.len - 1));
        assert_false(cut_next(&in, &cut));
        assert_false(reader_ok(&in));
        bytebuf_release(&one);
    }
}

static void test_cuts_for_a_person(void **state)
{
    (void)state;
    struct bytebuf text = {0};
    for (size_t i = 0; i < CUTS; i++) {
        cut_print(&text, &all_cuts[i]);
    }
    assert_non_null(strstr(bytebuf_text(&text), "  read 1:2 4711 bytes\n"));
    assert_non_null(strstr(bytebuf_text(&text), "  split lost 1:4\n"));
    assert_non_null(strstr(bytebuf_text(&text), "  source done 1\n"));
    assert_non_null(strstr(bytebuf_text(&text), "  trigger\n"));
    assert_non_null(strstr(bytebuf_text(&text), "  query end 2\n"));
    bytebuf_release(&text);
}

static void test_intent_is_read_as_written(void **state)
{
    (void)state;
    struct arena arena;
    struct bytebuf bytes = {0};
    struct intent intent;
    struct error err;
    arena_init(&arena);
    put_intent(&bytes);
    assert_int_equal(intent_read(&arena, bytebuf_slice(&bytes), &intent, &err), OK);
    assert_int_equal(intent.input.segment, 3);
    assert_int_equal(intent.input.bytes, 99);
    assert_int_equal(intent.n_feeds, 2);
    assert_true(slice_equal(intent.feeds[0].offsets, slice_text("pos=1")));
    assert_true(slice_equal(intent.feeds[1].name, slice_text("t")));
    assert_int_equal(intent.n_queries, 1);
    assert_int_equal(intent.queries[0].rows_out, 7);
    assert_int_equal(intent.queries[0].watermark, -1);
    bytebuf_release(&bytes);
    arena_release(&arena);
}

/* Each byte and each length: read to the end, or refused. */
static void test_a_damaged_intent(void **state)
{
    (void)state;
    struct arena arena;
    struct bytebuf bytes = {0};
    struct intent intent;
    struct error err;
    uint32_t refused = 0;
    arena_init(&arena);
    put_intent(&bytes);
    size_t behind = bytes.len;
    assert_int_equal(intent_read(&arena, bytebuf_slice(&bytes), &intent, &err), OK);
    behind -= intent.cuts.len;
    for (size_t len = 0; len < bytes.len; len++) {
        enum status status = intent_read(&arena, slice_of(bytes.at, len), &intent, &err);
        assert_int_equal(status, len < behind ? ERR_STATE : OK);
    }
    for (size_t at = 0; at < behind; at++) {
        bytes.at[at] ^= 0xff;
        enum status status = intent_read(&arena, bytebuf_slice(&bytes), &intent, &err);
        refused += status == ERR_STATE;
        bytes.at[at] ^= 0xff;
    }
    assert_in_range(refused, 10, behind);
    bytebuf_release(&bytes);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cuts_are_read_as_written),
        cmocka_unit_test(test_cuts_that_are_none),
        cmocka_unit_test(test_cuts_for_a_person),
        cmocka_unit_test(test_intent_is_read_as_written),
        cmocka_unit_test(test_a_damaged_intent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
