/* What is kept of a stream and what is read of it again: limits, chunks, splits, lines that are
 * cut.
 */
#include "tests/support/testing.h"

#include <stdio.h>

#include "engine/base/mem.h"
#include "engine/data/batch.h"
#include "engine/run/retained_parts.h"
#include "engine/run/retention.h"
#include "tests/support/rng.h"

#define SECOND US_PER_SECOND

struct fixture {
    struct hand_clock clock;
    struct retained *retained;
    struct retained_split *split;
    uint64_t position; /* of split */
};

static void fixture_init(struct fixture *f, int64_t age_us, int64_t bytes)
{
    const struct retain limits = {.age_us = age_us, .bytes = bytes};
    *f = (struct fixture){.position = 0};
    hand_clock_init(&f->clock, 1000 * SECOND);
    f->retained = retained_new(&f->clock.clock, &limits);
    f->split = retained_split_new("one");
}

static void fixture_release(struct fixture *f)
{
    retained_split_drop(f->split);
    retained_free(f->retained);
}

static void add_to(struct fixture *f, struct retained_split *split, uint64_t position,
                   struct slice bytes)
{
    const struct retained_piece piece = {
        .bytes = bytes,
        .arrival_us = f->clock.at_us,
        .position = position,
    };
    retained_add(f->retained, split, &piece);
}

static void add(struct fixture *f, const char *text)
{
    add_to(f, f->split, f->position, slice_text(text));
    f->position += strlen(text);
}

/* ---- reading ----------------------------------------------------------------------------------
 */

static struct source *open_source(struct fixture *f)
{
    struct error err;
    struct source *source;
    struct options options = {0};
    const struct uri uri = {.scheme = slice_text("retained")};
    const struct source_config config = {
        .uri = &uri,
        .options = &options,
        .fs = fs_system(),
        .clock = &f->clock.clock,
    };
    assert_int_equal(source_open(retained_kind(f->retained), &config, &source, &err), OK);
    return source;
}

/* Everything that the source gives, as "name@position+arrival:bytes|", and "name.|" for an end. */
static void read_all(struct source *source, struct bytebuf *out, size_t room)
{
    struct error err;
    uint8_t *at = mem_alloc(room);
    for (;;) {
        uint32_t split;
        enum source_state what;
        size_t n;
        struct source_past past;
        assert_int_equal(source_poll(source, &split, &what, &err), OK);
        if (what == SOURCE_DONE) {
            break;
        }
        const char *name = source_split_name(source, split);
        if (what == SOURCE_ENDED) {
            bytebuf_printf(out, "%s.|", name);
            continue;
        }
        assert_int_equal(what, SOURCE_MORE);
        assert_int_equal(source_read(source, split, at, room, &n, &err), OK);
        assert_true(source_past(source, split, &past));
        bytebuf_printf(out, "%s@%llu+%lld:%.*s|", name,
                       (unsigned long long)source_split_start(source, split),
                       (long long)(past.arrival_us / SECOND), (int)n, (const char *)at);
    }
    mem_free(at);
}

static void expect(struct fixture *f, const char *text)
{
    struct bytebuf got = {0};
    struct source *source = open_source(f);
    read_all(source, &got, 1 << 20);
    assert_string_equal(bytebuf_text(&got), text);
    source_close(source);
    bytebuf_release(&got);
}

/* ---- tests ------------------------------------------------------------------------------------
 */

static void test_nothing_then_something(void **state)
{
    (void)state;
    struct fixture f;
    struct retained_state is;
    fixture_init(&f, 0, 1 << 20);
    expect(&f, "");
    retained_measure(f.retained, &is);
    assert_int_equal(is.since_us, TIME_NONE);
    add(&f, "");
    expect(&f, "");
    add(&f, "a\nb\n");
    f.clock.at_us += SECOND;
    add(&f, "c\n");
    expect(&f, "one@0+1000:a\nb\n|one@0+1001:c\n|one.|");
    retained_measure(f.retained, &is);
    assert_int_equal(is.since_us, 1000 * SECOND);
    assert_false(is.by_bytes);
    retained_clear(f.retained);
    expect(&f, "");
    fixture_release(&f);
}

/* The oldest pieces go first, each as a whole, and the newest stays whatever the limit is. */
static void test_bytes_are_limited(void **state)
{
    (void)state;
    struct fixture f;
    struct retained_state is;
    fixture_init(&f, 0, (int64_t)(2 * piece_room(4)));
    add(&f, "aaa\n");
    add(&f, "bbb\n");
    expect(&f, "one@0+1000:aaa\n|one@0+1000:bbb\n|one.|");
    add(&f, "ccc\n");
    expect(&f, "one@4+1000:bbb\n|one@4+1000:ccc\n|one.|");
    retained_measure(f.retained, &is);
    assert_true(is.by_bytes);
    assert_int_equal(is.bytes, 2 * piece_room(4));
    add(&f,
        "a line that is longer than what may be kept of them all together, and by a lot more\n");
    expect(&f, "one@12+1000:a line that is longer than what may be kept of them all together, and "
               "by a lot more\n|one.|");
    add(&f, "d\n");
    expect(&f, "one@96+1000:d\n|one.|");
    fixture_release(&f);
}

/* What is too old is not given, though nothing has come since that could have pushed it out. */
static void test_age_is_limited(void **state)
{
    (void)state;
    struct fixture f;
    struct retained_state is;
    fixture_init(&f, 10 * SECOND, 1 << 20);
    add(&f, "a\n");
    f.clock.at_us += 10 * SECOND;
    add(&f, "b\n");
    expect(&f, "one@0+1000:a\n|one@0+1010:b\n|one.|");
    f.clock.at_us += 1;
    expect(&f, "one@2+1010:b\n|one.|");
    add(&f, "c\n");
    retained_measure(f.retained, &is);
    assert_int_equal(is.since_us, 1010 * SECOND);
    assert_false(is.by_bytes);
    f.clock.at_us += 60 * SECOND;
    expect(&f, "");
    fixture_release(&f);
}

/* A source sees what was there when it was opened, also when that is gone. */
static void test_a_source_holds_what_it_reads(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, 0, (int64_t)(2 * piece_room(2)));
    add(&f, "a\n");
    add(&f, "b\n");
    struct source *source = open_source(&f);
    assert_int_equal(source_total_bytes(source), 4);
    for (int i = 0; i < 100; i++) {
        add(&f, "x\n");
    }
    retained_split_drop(f.split);
    retained_free(f.retained);
    struct bytebuf got = {0};
    read_all(source, &got, 1); /* a byte a time */
    assert_string_equal(bytebuf_text(&got),
                        "one@0+1000:a|one@0+1000:\n|one@0+1000:b|one@0+1000:\n|one.|");
    source_close(source);
    bytebuf_release(&got);
}

/* Splits end behind their last piece; each begins where its oldest piece does. */
static void test_splits(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, 0, (int64_t)(4 * piece_room(3)));
    struct retained_split *two = retained_split_new("two");
    add(&f, "1a\n");
    add_to(&f, two, 0, slice_text("2a\n"));
    add(&f, "1b\n");
    add_to(&f, two, 3, slice_text("2b\n"));
    expect(&f, "one@0+1000:1a\n|two@0+1000:2a\n|one@0+1000:1b\n|one.|two@0+1000:2b\n|two.|");
    retained_split_drop(two);
    two = retained_split_new("two"); /* another connection with the same name */
    add_to(&f, two, 0, slice_text("2c\n"));
    expect(&f, "two@0+1000:2a\n|one@3+1000:1b\n|one.|two@0+1000:2b\n|two.|two@0+1000:2c\n|two.|");
    retained_split_drop(two);
    fixture_release(&f);
}

/* What begins within a record is not read without what came before it. */
static void test_cut_lines(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, 0, (int64_t)(3 * piece_room(4)));
    add(&f, "aaaa");
    add(&f, "aaa\n");
    add(&f, "bbb\n");
    expect(&f, "one@0+1000:aaaa|one@0+1000:aaa\n|one@0+1000:bbb\n|one.|");
    add(&f, "ccc\n");
    expect(&f, "one@8+1000:bbb\n|one@8+1000:ccc\n|one.|");
    fixture_release(&f);
}

/* Records that are not lines say themselves that they are whole. */
static void test_whole_pieces(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, 0, (int64_t)(2 * piece_room(4)));
    for (const char *record = "aaaabbbbcccc"; *record != '\0'; record += 4) {
        const struct retained_piece piece = {
            .bytes = slice_of(record, 4),
            .arrival_us = f.clock.at_us,
            .is_whole = true,
        };
        retained_add(f.retained, f.split, &piece);
    }
    expect(&f, "one@0+1000:bbbb|one@0+1000:cccc|one.|");
    fixture_release(&f);
}

static void test_the_head_comes_along(void **state)
{
    (void)state;
    struct fixture f;
    struct source_past past;
    fixture_init(&f, 0, 1 << 20);
    const struct retained_piece piece = {
        .bytes = slice_text("a,b\n1,2\n"),
        .arrival_us = f.clock.at_us,
        .head = slice_text("a,b"),
    };
    retained_add(f.retained, f.split, &piece);
    struct source *source = open_source(&f);
    assert_true(source_past(source, 0, &past));
    assert_true(slice_equal(past.head, slice_text("a,b")));
    source_close(source);
    fixture_release(&f);
}

/* ---- against a plain list ---------------------------------------------------------------------
 */

enum { PIECES = 400, BYTES_MAX = 70000 };

struct model {
    size_t rooms[PIECES];
    int64_t arrivals[PIECES];
    char firsts[PIECES]; /* byte of each */
};

static void add_random(struct fixture *f, struct rng *rng, struct model *model)
{
    uint8_t *bytes = mem_alloc(BYTES_MAX);
    for (int i = 0; i < PIECES; i++) {
        size_t len = 1 + (size_t)rng_below(rng, rng_below(rng, 4) == 0 ? BYTES_MAX : 100);
        memset(bytes, 'a' + i % 26, len);
        bytes[len - 1] = '\n';
        f->clock.at_us += (int64_t)rng_below(rng, 3) * SECOND;
        model->firsts[i] = (char)bytes[0];
        model->rooms[i] = piece_room(len);
        model->arrivals[i] = f->clock.at_us;
        add_to(f, f->split, f->position, slice_of(bytes, len));
        f->position += len;
    }
    mem_free(bytes);
}

/* What came is the model's pieces from `first` on. */
static void expect_pieces(struct fixture *f, const struct model *model, int first)
{
    struct source *source = open_source(f);
    struct bytebuf got = {0};
    int n = first;
    read_all(source, &got, BYTES_MAX);
    struct slice rest = bytebuf_slice(&got);
    for (const uint8_t *at; (at = slice_find(rest, slice_text("one@"))) != NULL; n++) {
        const uint8_t *colon = memchr(at, ':', rest.len - (size_t)(at - rest.at));
        assert_true(n < PIECES);
        assert_int_equal(colon[1], model->firsts[n]);
        rest = slice_of(colon, rest.len - (size_t)(colon - rest.at));
    }
    assert_int_equal(n, PIECES);
    source_close(source);
    bytebuf_release(&got);
}

/* Pieces of many sizes over many chunks, limits of all kinds. */
static void test_random_pieces(void **state)
{
    enum { ROUNDS = 20 };
    struct rng rng;
    (void)state;
    rng_init(&rng);
    for (int round = 0; round < ROUNDS; round++) {
        struct fixture f;
        struct model model;
        struct retained_state is;
        int64_t limit = 1 + (int64_t)rng_below(&rng, 3 << 20);
        int64_t age_us = rng_below(&rng, 2) == 0 ? 0 : (int64_t)rng_below(&rng, 200) * SECOND + 1;
        fixture_init(&f, age_us, limit);
        add_random(&f, &rng, &model);
        int first = PIECES - 1;
        uint64_t total = model.rooms[first];
        while (first > 0 && total + model.rooms[first - 1] <= (uint64_t)limit &&
               (age_us == 0 || model.arrivals[first - 1] >= f.clock.at_us - age_us)) {
            total += model.rooms[--first];
        }
        retained_measure(f.retained, &is);
        assert_int_equal(is.bytes, total);
        assert_int_equal(is.since_us, model.arrivals[first]);
        expect_pieces(&f, &model, first);
        fixture_release(&f);
    }
}

/* ---- streams ----------------------------------------------------------------------------------
 */

static const struct source_kind live_kind = {.scheme = "live"};
static const struct source_kind log_kind = {.scheme = "log", .flags = SOURCE_REPLAYABLE};

static void test_streams(void **state)
{
    (void)state;
    struct hand_clock clock;
    int feed;
    int other;
    const struct stream_def live = {.name = slice_text("live"), .source = &live_kind};
    const struct stream_def unnamed = {.source = &live_kind};
    const struct stream_def log = {.name = slice_text("log"), .source = &log_kind};
    const struct stream_def log_of_1h = {
        .name = slice_text("log"),
        .source = &log_kind,
        .retain_given = true,
        .retain.age_us = US_PER_HOUR,
    };
    const struct stream_def off = {
        .name = slice_text("off"),
        .source = &live_kind,
        .retain_given = true,
    };
    hand_clock_init(&clock, 0);
    assert_null(retention_claim(NULL, &live, &feed));
    struct retention *retention = retention_new(&clock.clock);
    assert_null(retention_claim(retention, &live, &feed));
    const struct retain all = {.bytes = 1000};
    retention_set_default(retention, &all, 500);
    assert_null(retention_claim(retention, &unnamed, &feed));
    assert_null(retention_claim(retention, &log, &feed)); /* its source has it */
    assert_null(retention_claim(retention, &off, &feed));
    assert_null(retention_find(retention, &live));
    struct retained *retained = retention_claim(retention, &live, &feed);
    assert_ptr_equal(retention_find(retention, &live), retained);
    assert_null(retention_claim(retention, &live, &other)); /* one writes */
    struct retained_split *split = retained_split_new("one");
    const struct retained_piece piece = {.bytes = slice_text("a\n")};
    retained_add(retained, split, &piece);
    retained_leave(retained, &feed);
    struct retained_state is;
    assert_ptr_equal(retention_claim(retention, &live, &other), retained);
    retained_measure(retained, &is);
    assert_int_equal(is.bytes, piece_room(2)); /* what came before is still there */

    /* A log that is read again from its start begins anew. */
    retained = retention_claim(retention, &log_of_1h, &feed);
    retained_add(retained, split, &piece);
    retained_leave(retained, &feed);
    assert_ptr_equal(retention_claim(retention, &log_of_1h, &other), retained);
    retained_measure(retained, &is);
    assert_int_equal(is.bytes, 0);
    retained_split_drop(split);
    retention_forget(retention, &live);
    assert_null(retention_find(retention, &live));
    retention_free(retention);
}

static void test_retain_texts(void **state)
{
    (void)state;
    struct retain retain;
    assert_true(retain_parse(slice_text("1h"), &retain));
    assert_int_equal(retain.age_us, US_PER_HOUR);
    assert_int_equal(retain.bytes, 0);
    assert_true(retain_parse(slice_text("64MB"), &retain));
    assert_int_equal(retain.age_us, 0);
    assert_int_equal(retain.bytes, 64000000);
    assert_true(retain_parse(slice_text("OFF"), &retain));
    assert_int_equal(retain.age_us + retain.bytes, 0);
    static const char *const wrong[] = {"", "0", "0s", "0MB", "-1h", "1x", "offf"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        if (retain_parse(slice_text(wrong[i]), &retain)) {
            fail_msg("\"%s\" is read", wrong[i]);
        }
    }
}

TEST_MAIN(cmocka_unit_test(test_nothing_then_something), cmocka_unit_test(test_bytes_are_limited),
          cmocka_unit_test(test_age_is_limited),
          cmocka_unit_test(test_a_source_holds_what_it_reads), cmocka_unit_test(test_splits),
          cmocka_unit_test(test_cut_lines), cmocka_unit_test(test_whole_pieces),
          cmocka_unit_test(test_the_head_comes_along), cmocka_unit_test(test_random_pieces),
          cmocka_unit_test(test_streams), cmocka_unit_test(test_retain_texts))
