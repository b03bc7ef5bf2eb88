/* test_stream_sampler: what is read of a stream to see its columns, and where it goes then. */
#include "engine/base/mem.h"
#include "shell/stream_sampler.h"
#include "sources/memory_source.h"
#include "tests/support/testing.h"

struct fixture {
    struct arena arena;
    struct memory_feeds *feeds;
    struct memory_feed *feed;
    struct stream_sampler *sampler;
    struct stream_def stream;
};

static void fixture_init(struct fixture *f, unsigned flags)
{
    struct error err;
    *f = (struct fixture){.feeds = memory_feeds_new()};
    arena_init(&f->arena);
    f->feed = memory_feed_of(f->feeds, slice_text("tx"));
    memory_feed_set_flags(f->feed, flags);
    f->sampler = stream_sampler_new(fs_system(), clock_system());
    options_init(&f->stream.options, &f->arena);
    assert_int_equal(uri_parse(&f->arena, slice_text("memory:tx"), &f->stream.uri,
                               &f->stream.options, &err),
                     OK);
    f->stream.source = memory_feeds_kind(f->feeds);
}

static void fixture_release(struct fixture *f)
{
    stream_sampler_free(f->sampler);
    memory_feeds_free(f->feeds);
    arena_release(&f->arena);
}

static void check_sample(struct fixture *f, const struct stream_def *stream, const char *expected)
{
    struct error err;
    struct slice got;
    struct sampler interface = stream_sampler_interface(f->sampler);
    assert_int_equal(interface.sample(interface.owner, stream, &f->arena, &got, &err), OK);
    assert_int_equal(got.len, strlen(expected));
    assert_memory_equal(got.at, expected, got.len);
}

static void test_whole_lines_only(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, 0);
    memory_feed_add(f.feed, 0, slice_text("a,1\nb,"));
    check_sample(&f, &f.stream, "a,1\n");
    fixture_release(&f);
}

static void test_the_end_ends_the_last_line(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, SOURCE_FINITE);
    memory_feed_add(f.feed, 0, slice_text("a,1\nb,2"));
    memory_feed_finish(f.feed);
    check_sample(&f, &f.stream, "a,1\nb,2");
    fixture_release(&f);
}

static void test_nothing_at_all(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, SOURCE_FINITE);
    memory_feed_finish(f.feed);
    check_sample(&f, &f.stream, "");
    fixture_release(&f);
}

static void test_at_most_so_many_lines(void **state)
{
    (void)state;
    struct fixture f;
    struct bytebuf lines = {0};
    fixture_init(&f, 0);
    for (int i = 0; i < 3 * SAMPLE_LINES; i++) {
        bytebuf_add_text(&lines, "x\n");
    }
    memory_feed_add(f.feed, 0, bytebuf_slice(&lines));
    lines.len = SAMPLE_LINES * 2;
    check_sample(&f, &f.stream, bytebuf_text(&lines));
    bytebuf_release(&lines);
    fixture_release(&f);
}

static void test_a_line_without_end(void **state)
{
    (void)state;
    struct fixture f;
    struct slice got;
    struct error err;
    fixture_init(&f, 0);
    uint8_t *line = mem_zalloc(2 * SAMPLE_BYTES);
    memory_feed_add(f.feed, 0, slice_of(line, 2 * SAMPLE_BYTES));
    struct sampler interface = stream_sampler_interface(f.sampler);
    assert_int_equal(interface.sample(interface.owner, &f.stream, &f.arena, &got, &err), OK);
    assert_int_equal(got.len, SAMPLE_BYTES);
    mem_free(line);
    fixture_release(&f);
}

/* What cannot be read again is kept: a second statement over the same URI sees the same lines. */
static void test_a_pipe_is_looked_at_once(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, 0);
    struct stream_def second = f.stream;
    memory_feed_add(f.feed, 0, slice_text("a,1\n"));
    check_sample(&f, &f.stream, "a,1\n");
    memory_feed_add(f.feed, 0, slice_text("b,2\n"));
    check_sample(&f, &second, "a,1\n");
    fixture_release(&f);
}

static void test_a_file_is_not_kept(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, SOURCE_REPLAYABLE);
    memory_feed_add(f.feed, 0, slice_text("a,1\n"));
    check_sample(&f, &f.stream, "a,1\n");
    stream_sampler_hand_over(f.sampler, NULL, &f.stream); /* there is nothing to give to a job */
    check_sample(&f, &f.stream, "a,1\n");
    fixture_release(&f);
}

TEST_MAIN(cmocka_unit_test(test_whole_lines_only),
          cmocka_unit_test(test_the_end_ends_the_last_line), cmocka_unit_test(test_nothing_at_all),
          cmocka_unit_test(test_at_most_so_many_lines), cmocka_unit_test(test_a_line_without_end),
          cmocka_unit_test(test_a_pipe_is_looked_at_once),
          cmocka_unit_test(test_a_file_is_not_kept))
