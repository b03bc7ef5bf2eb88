/* A COMMIT is as large as what changed in its epoch, not as the state: a hundred thousand keys,
 * then a thousand of them, then one, then none. */
#include "tests/support/testing.h"

#include "engine/base/mem.h"
#include "engine/run/job.h"
#include "engine/state/frame.h"
#include "sources/memory_source.h"
#include "sources/sources.h"
#include "sql/statement.h"
#include "tests/crash/ledger_sink.h"
#include "tests/support/simfs.h"

/* 2026-01-05T09:00:00Z */
#define START_US INT64_C(1767603600000000)

enum { KEYS = 100000, TOUCHED = 1000, ENTRY_BYTES_MIN = 20, ENTRY_BYTES_MAX = 300 };

static const char stream[] =
    "CREATE STREAM s (ts TIMESTAMP, k TEXT, v BIGINT, WATERMARK ts DELAY 1h) "
    "FROM 'memory:s' FORMAT csv; CREATE SINK a TO 'ledger:a';";

struct rig {
    struct simfs *fs;
    struct memory_feeds *feeds;
    struct memory_feed *feed;
    const struct source_kind *sources[2];
    const struct sink_kind *sinks[2];
    struct kinds kinds;
    struct hand_clock clock;
    struct catalog *catalog;
    struct arena arena;
    struct job *job;
    struct error err;
};

static void run_sql(struct rig *rig, const char *sql)
{
    struct slice text = slice_text(sql);
    struct split split;
    while (statement_split(text, &split)) {
        struct statement statement;
        struct query *query;
        assert_int_equal(statement_prepare(rig->catalog, &rig->arena, split.text, &statement,
                                           &rig->err),
                         OK);
        assert_int_equal(statement_apply(rig->catalog, &statement, &rig->err), OK);
        if (statement.kind == STATEMENT_INSERT) {
            assert_int_equal(job_add_query(rig->job, statement.plan, NULL, &query, &rig->err), OK);
        }
        text = split.rest;
    }
}

static void rig_init(struct rig *rig, const char *query)
{
    *rig = (struct rig){.fs = simfs_new(), .feeds = memory_feeds_new()};
    rig->feed = memory_feed_of(rig->feeds, slice_text("s"));
    rig->sources[0] = memory_feeds_kind(rig->feeds);
    rig->sinks[0] = &ledger_sink;
    rig->kinds =
        (struct kinds){.sources = rig->sources, .decoders = decoder_kinds, .sinks = rig->sinks};
    hand_clock_init(&rig->clock, START_US);
    arena_init(&rig->arena);
    rig->catalog = catalog_new(&rig->kinds, simfs_interface(rig->fs), &rig->clock.clock);
    const struct job_config config = {
        .kinds = &rig->kinds,
        .fs = simfs_interface(rig->fs),
        .clock = &rig->clock.clock,
        .state_dir = "state",
    };
    rig->job = job_new(&config);
    assert_int_equal(job_open(rig->job, &rig->err), OK);
    run_sql(rig, stream);
    run_sql(rig, query);
    assert_int_equal(job_start(rig->job, &rig->err), OK);
}

static void rig_release(struct rig *rig)
{
    job_free(rig->job);
    catalog_free(rig->catalog);
    arena_release(&rig->arena);
    memory_feeds_free(rig->feeds);
    simfs_free(rig->fs);
}

/* Bytes of the newest COMMIT. */
static size_t commit_bytes(const struct rig *rig)
{
    struct slice log;
    struct frame_header header;
    struct frame frame;
    size_t bytes = 0;
    size_t at = FRAME_HEADER_BYTES;
    assert_true(simfs_file(rig->fs, "state/log.1", &log));
    assert_int_equal(frame_header_read(log, FRAME_FILE_LOG, &header, NULL), OK);
    while (frame_next(log, &at, header.salt, &frame) == FRAME_WHOLE) {
        bytes = frame.type == FRAME_COMMIT ? frame.payload.len : bytes;
    }
    return bytes;
}

/* One epoch with a row for each of the first n keys. */
static size_t run_epoch(struct rig *rig, uint32_t n, uint32_t second)
{
    struct bytebuf rows = {0};
    enum job_state what;
    for (uint32_t i = 0; i < n; i++) {
        bytebuf_printf(&rows, "2026-01-05T09:00:%02uZ,key%06u,%u\n", second, i, i + second);
    }
    if (n == 0) {
        bytebuf_add_text(&rows, "not a row\n");
    }
    memory_feed_add(rig->feed, 0, bytebuf_slice(&rows));
    bytebuf_release(&rows);
    do {
        assert_int_equal(job_step(rig->job, &what, &rig->err), OK);
    } while (what == JOB_WORKED);
    rig->clock.at_us += 2 * CHECKPOINT_INTERVAL_DEFAULT_US;
    assert_int_equal(job_step(rig->job, &what, &rig->err), OK);
    return commit_bytes(rig);
}

static void test_commit_is_as_large_as_the_change(void **state)
{
    (void)state;
    static const char *const queries[] = {
        "INSERT INTO a SELECT window_start, k, count(*), sum(v) FROM s GROUP BY k WINDOW 1m;",
        "INSERT INTO a SELECT window_start, k, max(v) FROM s GROUP BY k WINDOW 2m SLIDE 1m;",
        "INSERT INTO a SELECT window_start, k, sum(v) FROM s GROUP BY k WINDOW SESSION 1m;",
        "INSERT INTO a SELECT k, count(*), sum(v) FROM s GROUP BY k WINDOW 6 ROWS SLIDE 2 ROWS;",
        "INSERT INTO a SELECT ts, k, sum(v) FROM s GROUP BY k WINDOW 1m SLIDE ROW;",
        "INSERT INTO a SELECT DISTINCT k, v FROM s;",
        "INSERT INTO a SELECT window_start, k, v FROM s WINDOW 1m;",
    };
    for (uint32_t i = 0; i < sizeof queries / sizeof *queries; i++) {
        struct rig rig;
        rig_init(&rig, queries[i]);
        size_t all = run_epoch(&rig, KEYS, 1);
        size_t some = run_epoch(&rig, TOUCHED, 2);
        size_t one = run_epoch(&rig, 1, 3);
        size_t none = run_epoch(&rig, 0, 4);
        print_message("%9zu %7zu %5zu %5zu  %s\n", all, some, one, none, queries[i]);
        assert_true(all >= (size_t)KEYS * ENTRY_BYTES_MIN);
        assert_true(some >= (size_t)TOUCHED * ENTRY_BYTES_MIN);
        assert_true(some <= (size_t)TOUCHED * ENTRY_BYTES_MAX);
        assert_true(one < 2048);
        assert_true(none < 1024);
        rig_release(&rig);
    }
}

TEST_MAIN(cmocka_unit_test(test_commit_is_as_large_as_the_change))
