/* Fuzz target: a start from a snapshot whose checksums are right and whose bytes are anything. The
 * first byte says which query the job has; behind it stands what the operators of the query have
 * saved, or, if the byte is 128 or more, all of the snapshot. Such a start goes on or is refused
 * with one of the exit codes of docs/checkpoint.md, and what goes on can go on to its end. */
#include <stddef.h>
#include <stdint.h>

#include "engine/base/log.h"
#include "engine/base/panic.h"
#include "engine/run/checkpoint.h"
#include "engine/run/image.h"
#include "tests/crash/stage.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define STREAM                                                                                     \
    "CREATE SINK a TO 'ledger:a'; CREATE STREAM s (ts TIMESTAMP, k TEXT, v BIGINT, d DOUBLE, "     \
    "WATERMARK ts DELAY 2s) FROM 'memory:s' FORMAT csv; INSERT INTO a "

static const char *const statements[] = {
    STREAM "SELECT window_start, k, count(*), sum(v), min(v), max(d), avg(v), stddev(d) FROM s "
           "GROUP BY k WINDOW 10s SLIDE 5s;",
    STREAM "SELECT k, count(DISTINCT v), min(k), max(k), first(v), last(d) FROM s GROUP BY k "
           "WINDOW 10s FILL 0;",
    STREAM "SELECT approx_count_distinct(v), median(v), approx_percentile(d, 0.9), top_k(k, 3), "
           "string_agg(k, '+') FROM s WINDOW 10s;",
    STREAM "SELECT window_start, k, count(*), max(v) FROM s GROUP BY k WINDOW SESSION 3s;",
    STREAM "SELECT k, count(*), sum(v) FROM s GROUP BY k WINDOW 6 ROWS SLIDE 2 ROWS;",
    STREAM "SELECT ts, k, sum(v), max(v) FROM s GROUP BY k WINDOW 5s SLIDE ROW;",
    STREAM "SELECT DISTINCT k, v FROM s;",
    STREAM "SELECT window_start, k, v FROM s WINDOW 5s ORDER BY v, k LIMIT 2;",
    STREAM "SELECT ts, k, v FROM s WINDOW 5s;",
    STREAM "SELECT max(v) FROM s;",
};

enum { STATEMENTS = sizeof statements / sizeof *statements, WHOLE_IMAGE = 128 };

static const char rows[] = "2026-01-05T09:00:01Z,a,1,1.5\n"
                           "2026-01-05T09:00:02Z,b,2,2.5\n"
                           "2026-01-05T09:00:09Z,a,3,3.5\n"
                           "2026-01-05T09:00:30Z,c,4,4.5\n";

static enum status live(const struct simfs *fs, const char *sql, uint32_t steps, struct error *err)
{
    struct stage stage;
    stage_init(&stage, fs);
    stage.config.state_bytes_max = 64 << 20;
    struct memory_feed *feed = stage_feed(&stage, "s");
    memory_feed_set_flags(feed, SOURCE_REPLAYABLE | SOURCE_PARTITIONED);
    memory_feed_add(feed, 0, slice_text(rows));
    memory_feed_finish(feed);
    enum status status = stage_start(&stage, sql);
    if (status == OK) {
        status = stage_steps(&stage, steps, US_PER_SECOND);
    }
    *err = stage.err;
    stage_release(&stage);
    return status;
}

/* ---- the checkpoint -----------------------------------------------------------------------------
 */

static struct checkpoint *open_checkpoint(const struct simfs *fs, struct hand_clock *clock)
{
    struct checkpoint *cp;
    const struct checkpoint_options options = {
        .fs = simfs_interface(fs),
        .clock = &clock->clock,
        .path = "state",
    };
    hand_clock_init(clock, STAGE_START_US);
    CHECK(checkpoint_open(&options, &cp, NULL) == OK);
    return cp;
}

/* A job that has begun and read nothing, but its query has saved `changes`. */
static void leave_changes(const struct simfs *fs, const char *sql, struct slice changes)
{
    struct error err;
    struct hand_clock clock;
    struct arena arena;
    struct image image;
    struct bytebuf out = {0};
    CHECK(live(fs, sql, 0, &err) == OK);
    struct checkpoint *cp = open_checkpoint(fs, &clock);
    const struct checkpoint_found *found = checkpoint_found(cp);
    arena_init(&arena);
    CHECK(image_read(&arena, found->snapshot, &image, NULL) == OK);
    CHECK(image.head.n_feeds == 1 && image.head.n_queries == 1);
    image.queries[0].changes = changes;
    image_begin(&out, &image.head);
    image_put_feed(&out, &image.feeds[0]);
    image_put_query(&out, &image.queries[0]);
    const struct inlog_mark *input = &image.head.input;
    CHECK(checkpoint_continue(cp, input, input, NULL) == OK);
    CHECK(checkpoint_snapshot(cp, found->epoch, bytebuf_slice(&out), NULL) == OK);
    bytebuf_release(&out);
    arena_release(&arena);
    checkpoint_close(cp);
}

static void leave_image(const struct simfs *fs, struct slice image)
{
    struct hand_clock clock;
    struct checkpoint *cp = open_checkpoint(fs, &clock);
    CHECK(checkpoint_start(cp, 0, image, NULL) == OK);
    checkpoint_close(cp);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err;
    if (size == 0) {
        return 0;
    }
    log_set_level(LOG_QUIET); /* what a start says of a query that has changed */
    const char *sql = statements[data[0] % WHOLE_IMAGE % STATEMENTS];
    struct slice bytes = slice_of(data + 1, size - 1);
    struct simfs *fs = simfs_new();
    if (data[0] < WHOLE_IMAGE) {
        leave_changes(fs, sql, bytes);
    } else {
        leave_image(fs, bytes);
    }
    enum status status = live(fs, sql, 20, &err);
    CHECK(status != ERR_IO && (status != ERR_STATE || err.exit_code != 0));
    simfs_free(fs);
    return 0;
}
