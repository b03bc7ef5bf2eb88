/* Bytes of a checkpoint that are wrong behind right checksums, made by damaged memory or by
 * somebody: a start refuses them with exit 21 (or 24 where the input is another one), touches no
 * sink, and never panics. Each case is written through checkpoint.h, which knows no meaning. */
#include <string.h>

#include "engine/run/checkpoint.h"
#include "engine/run/checkpoint_view.h"
#include "engine/run/image.h"
#include "tests/crash/stage.h"
#include "tests/support/testing.h"

#define ROW "2026-01-05T09:00:01Z,a,1\n"

enum { ROW_BYTES = sizeof ROW - 1 };

static const char sql[] =
    "CREATE SINK a TO 'ledger:a'; CREATE STREAM s (ts TIMESTAMP, k TEXT, v BIGINT, "
    "WATERMARK ts DELAY 2s) FROM 'memory:s' FORMAT csv; INSERT INTO a SELECT k, v FROM s;";

struct place {
    struct simfs *fs;
    struct hand_clock clock;
    struct checkpoint *cp;
    uint64_t epoch;          /* of the last COMMIT or snapshot */
    struct inlog_mark input; /* that it has */
    struct error err;
};

static enum status start(const struct simfs *fs, bool is_logged, struct error *err)
{
    struct stage stage;
    stage_init(&stage, fs);
    struct memory_feed *feed = stage_feed(&stage, "s");
    memory_feed_set_flags(feed, is_logged ? 0 : SOURCE_REPLAYABLE | SOURCE_PARTITIONED);
    memory_feed_add(feed, 0, slice_text(ROW));
    memory_feed_add(feed, 0, slice_text(ROW));
    memory_feed_finish(feed);
    enum status status = stage_start(&stage, sql);
    *err = stage.err;
    stage_release(&stage);
    return status;
}

/* A job that has begun and read nothing, and its checkpoint open for what a test puts there. */
static void place_init(struct place *place, bool is_logged)
{
    struct arena arena;
    struct image image;
    *place = (struct place){.fs = simfs_new()};
    assert_int_equal(start(place->fs, is_logged, &place->err), OK);
    hand_clock_init(&place->clock, STAGE_START_US);
    const struct checkpoint_options options = {
        .fs = simfs_interface(place->fs),
        .clock = &place->clock.clock,
        .path = "state",
    };
    assert_int_equal(checkpoint_open(&options, &place->cp, &place->err), OK);
    place->epoch = checkpoint_found(place->cp)->epoch;
    arena_init(&arena);
    assert_int_equal(image_read(&arena, checkpoint_found(place->cp)->snapshot, &image, &place->err),
                     OK);
    place->input = image.head.input;
    arena_release(&arena);
    assert_int_equal(checkpoint_continue(place->cp, &place->input, &place->input, &place->err), OK);
}

/* A start must say this; what it leaves is looked at as it says too. */
static void place_refuses(struct place *place, bool is_logged, int exit_code, const char *why)
{
    struct slice ledger;
    checkpoint_close(place->cp);
    assert_int_equal(start(place->fs, is_logged, &place->err), ERR_STATE);
    if (place->err.exit_code != exit_code || strstr(place->err.text, why) == NULL) {
        print_error("exit %d: %s\n", place->err.exit_code, place->err.text);
    }
    assert_int_equal(place->err.exit_code, exit_code);
    assert_non_null(strstr(place->err.text, why));
    assert_false(simfs_file(place->fs, "a", &ledger));
    simfs_free(place->fs);
}

static void verify_refuses(const struct place *place, const char *why)
{
    struct bytebuf out = {0};
    struct error err;
    error_clear(&err);
    assert_int_equal(checkpoint_verify(simfs_interface(place->fs), "state", &out, &err), ERR_STATE);
    assert_int_equal(err.exit_code, EXIT_STATE_CORRUPT);
    assert_non_null(strstr(err.text, why));
    bytebuf_release(&out);
}

/* ---- images -------------------------------------------------------------------------------------
 */

static void test_images(void **state)
{
    (void)state;
    struct place place;
    place_init(&place, false);
    assert_int_equal(checkpoint_snapshot(place.cp, place.epoch, slice_text("no image"), &place.err),
                     OK);
    verify_refuses(&place, "state: the saved state is damaged");
    place_refuses(&place, false, EXIT_STATE_CORRUPT, "snap: the saved state is damaged");
    place_init(&place, false);
    assert_int_equal(checkpoint_intent(place.cp, place.epoch + 1, slice_text("any"), &place.err),
                     OK);
    assert_int_equal(checkpoint_commit(place.cp, place.epoch + 1, slice_text("none"), &place.err),
                     OK);
    verify_refuses(&place, "state: the saved state is damaged");
    place_refuses(&place, false, EXIT_STATE_CORRUPT, "log: the saved state is damaged");
}

enum part { FEED_STATE, QUERY_STATE };

/* The image that is there, but the first `keep` bytes of that part are all of it. */
static void cut_image(struct place *place, enum part part, size_t keep)
{
    struct arena arena;
    struct image image;
    struct bytebuf out = {0};
    struct slice bytes = checkpoint_found(place->cp)->snapshot;
    arena_init(&arena);
    assert_int_equal(image_read(&arena, bytes, &image, &place->err), OK);
    struct slice *cut = part == FEED_STATE ? &image.feeds[0].state : &image.queries[0].state;
    assert_true(keep < cut->len);
    cut->len = keep;
    image_begin(&out, &image.head);
    image_put_feed(&out, &image.feeds[0]);
    image_put_query(&out, &image.queries[0]);
    assert_int_equal(checkpoint_snapshot(place->cp, place->epoch, bytebuf_slice(&out), &place->err),
                     OK);
    bytebuf_release(&out);
    arena_release(&arena);
}

/* Bytes of that part of the first image. */
static size_t part_bytes(enum part part)
{
    struct place place;
    struct arena arena;
    struct image image;
    place_init(&place, false);
    arena_init(&arena);
    assert_int_equal(image_read(&arena, checkpoint_found(place.cp)->snapshot, &image, &place.err),
                     OK);
    size_t bytes = part == FEED_STATE ? image.feeds[0].state.len : image.queries[0].state.len;
    arena_release(&arena);
    checkpoint_close(place.cp);
    simfs_free(place.fs);
    return bytes;
}

/* What feed and query keep, cut short at any byte. */
static void test_states(void **state)
{
    (void)state;
    for (enum part part = FEED_STATE; part <= QUERY_STATE; part++) {
        size_t bytes = part_bytes(part);
        assert_true(bytes > 20);
        for (size_t keep = 0; keep < bytes; keep++) {
            struct place place;
            place_init(&place, false);
            cut_image(&place, part, keep);
            place_refuses(&place, false, EXIT_STATE_CORRUPT, "\"state\", state: saved ");
        }
    }
}

/* ---- INTENT -------------------------------------------------------------------------------------
 */

static void put_intent(struct place *place, const char *feed, const struct intent *more,
                       const struct cut *cuts, uint32_t n)
{
    struct bytebuf bytes = {0};
    struct bytebuf payload = {0};
    struct intent_feed intent_feed = {.name = slice_text(feed)};
    struct intent intent = {
        .input = checkpoint_input_end(place->cp),
        .n_feeds = 1,
        .feeds = &intent_feed,
        .n_queries = more == NULL ? 0 : more->n_queries,
        .queries = more == NULL ? NULL : more->queries,
    };
    for (uint32_t i = 0; i < n; i++) {
        cut_put(&bytes, &cuts[i]);
    }
    intent.cuts = bytebuf_slice(&bytes);
    intent_put(&payload, &intent);
    assert_int_equal(checkpoint_intent(place->cp, place->epoch + 1, bytebuf_slice(&payload),
                                       &place->err),
                     OK);
    bytebuf_release(&payload);
    bytebuf_release(&bytes);
}

static void test_intent_is_none(void **state)
{
    (void)state;
    struct place place;
    place_init(&place, false);
    assert_int_equal(checkpoint_intent(place.cp, place.epoch + 1, slice_text("none"), &place.err),
                     OK);
    verify_refuses(&place, "log: an INTENT record is damaged");
    place_refuses(&place, false, EXIT_STATE_CORRUPT, "log: an INTENT record is damaged");
}

/* Cuts of nothing that there is. */
static void test_intent_of_others(void **state)
{
    (void)state;
    struct intent_query query = {.name = slice_text("a")};
    const struct intent queries = {.n_queries = 1, .queries = &query};
    static const struct {
        const char *feed;
        struct cut cut;
    } wrong[] = {
        {"s", {.kind = CUT_READ, .of = 1}},
        {"s", {.kind = CUT_FEED_DONE, .of = UINT32_MAX}},
        {"other", {.kind = CUT_FEED_DONE, .of = 0}},
        {"s", {.kind = CUT_QUERY_END, .of = 1}},
        {"s", {.kind = (enum cut_kind)0}},
        {"s", {.kind = (enum cut_kind)7}},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct place place;
        place_init(&place, false);
        put_intent(&place, wrong[i].feed, &queries, &wrong[i].cut, 1);
        place_refuses(&place, false, EXIT_STATE_CORRUPT, "log: an INTENT record is damaged");
    }
}

/* The source has less than was read of it. */
static void test_intent_of_more_input(void **state)
{
    (void)state;
    const struct cut more = {.kind = CUT_READ, .of = 0, .split = 0, .bytes = 3 * ROW_BYTES};
    struct place place;
    place_init(&place, false);
    put_intent(&place, "s", NULL, &more, 1);
    place_refuses(&place, false, EXIT_INPUT_GAP, "does not give again what was read of it");
}

/* It comes to other rows than those that a sink may have. */
static void test_intent_with_other_rows(void **state)
{
    (void)state;
    const struct cut cut = {.kind = CUT_READ, .of = 0, .split = 0, .bytes = ROW_BYTES};
    const int64_t watermark = INT64_MIN; /* the query needs none */
    struct intent_query wrong[] = {
        {.name = slice_text("a"), .rows_out = 2, .watermark = watermark},
        {.name = slice_text("a"), .rows_out = 1, .watermark = watermark + 1},
    };
    struct intent_query right[] = {
        {.name = slice_text("a"), .rows_out = 1, .watermark = watermark},
        {.name = slice_text("gone"), .rows_out = 5, .watermark = 5},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct place place;
        const struct intent queries = {.n_queries = 1, .queries = &wrong[i]};
        place_init(&place, false);
        put_intent(&place, "s", &queries, &cut, 1);
        place_refuses(&place, false, EXIT_INPUT_GAP, "comes out otherwise than before the restart");
    }
    struct place place;
    const struct intent queries = {.n_queries = 2, .queries = right};
    place_init(&place, false);
    put_intent(&place, "s", &queries, &cut, 1);
    checkpoint_close(place.cp);
    assert_int_equal(start(place.fs, false, &place.err), OK);
    simfs_free(place.fs);
}

/* ---- the input log ------------------------------------------------------------------------------
 */

static void put_input(struct place *place, const char *feed, const struct cut *cut,
                      const char *bytes)
{
    struct bytebuf record = {0};
    codec_put_bytes(&record, slice_text(feed));
    codec_put_bytes(&record, slice_text("0"));
    cut_put(&record, cut);
    bytebuf_add(&record, bytes, strlen(bytes));
    assert_int_equal(checkpoint_input(place->cp, place->epoch + 1, bytebuf_slice(&record),
                                      &place->err),
                     OK);
    assert_int_equal(checkpoint_input_sync(place->cp, &place->err), OK);
    bytebuf_release(&record);
}

static const struct cut one_row = {.kind = CUT_READ, .of = 0, .split = 0, .bytes = ROW_BYTES};

static void test_input_that_is_not_there(void **state)
{
    (void)state;
    struct place place;
    place_init(&place, true);
    put_intent(&place, "s", NULL, &one_row, 1);
    place_refuses(&place, true, EXIT_STATE_CORRUPT, "in: it does not hold what the log says came");
}

/* Records that are none of a feed, with and without an INTENT that speaks of them. */
static void test_input_that_is_none(void **state)
{
    (void)state;
    static const struct {
        struct cut cut;
        const char *bytes;
    } wrong[] = {
        {{.kind = (enum cut_kind)9}, ROW},
        {{.kind = CUT_TRIGGER}, ""},
        {{.kind = CUT_QUERY_END}, ""},
        {{.kind = CUT_READ, .bytes = ROW_BYTES + 1}, ROW},
        {{.kind = CUT_READ, .bytes = 1}, ROW},
        {{.kind = CUT_SPLIT_ENDED}, ROW},
        {{.kind = CUT_READ, .split = UINT32_MAX, .bytes = ROW_BYTES}, ROW},
    };
    for (size_t i = 0; i < 2 * sizeof wrong / sizeof *wrong; i++) {
        struct place place;
        place_init(&place, true);
        put_input(&place, "s", &wrong[i / 2].cut, wrong[i / 2].bytes);
        if (i % 2 == 1) {
            put_intent(&place, "s", NULL, &one_row, 1);
        }
        place_refuses(&place, true, EXIT_STATE_CORRUPT,
                      "in: it does not hold what the log says came");
    }
}

static void test_input_of_another_cut(void **state)
{
    (void)state;
    static const struct {
        const char *feed;
        struct cut cut;
    } wrong[] = {
        {"other", {.kind = CUT_READ, .split = 0, .bytes = ROW_BYTES}},
        {"s", {.kind = CUT_SPLIT_ENDED, .split = 0}},
        {"s", {.kind = CUT_READ, .split = 1, .bytes = ROW_BYTES}},
        {"s", {.kind = CUT_READ, .split = 0, .bytes = 0}},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct place place;
        place_init(&place, true);
        put_input(&place, wrong[i].feed, &wrong[i].cut, wrong[i].cut.bytes > 0 ? ROW : "");
        put_intent(&place, "s", NULL, &one_row, 1);
        place_refuses(&place, true, EXIT_STATE_CORRUPT,
                      "in: it does not hold what the log says came");
    }
}

TEST_MAIN(cmocka_unit_test(test_images), cmocka_unit_test(test_states),
          cmocka_unit_test(test_intent_is_none), cmocka_unit_test(test_intent_of_others),
          cmocka_unit_test(test_intent_of_more_input),
          cmocka_unit_test(test_intent_with_other_rows),
          cmocka_unit_test(test_input_that_is_not_there), cmocka_unit_test(test_input_that_is_none),
          cmocka_unit_test(test_input_of_another_cut))
