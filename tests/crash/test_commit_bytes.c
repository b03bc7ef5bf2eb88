/* A COMMIT is as large as what changed in its epoch, not as the state: a hundred thousand keys,
 * then a thousand of them, then one, then none. */
#include <string.h>

#include "engine/state/frame.h"
#include "tests/crash/stage.h"
#include "tests/support/testing.h"

enum { KEYS = 100000, TOUCHED = 1000, ENTRY_BYTES_MIN = 20, ENTRY_BYTES_MAX = 300 };

#define STREAM                                                                                     \
    "CREATE STREAM s (ts TIMESTAMP, k TEXT, v BIGINT, WATERMARK ts DELAY 1h) "                     \
    "FROM 'memory:s' FORMAT csv; CREATE SINK a TO 'ledger:a'; INSERT INTO a "

/* Bytes of the newest COMMIT. */
static size_t commit_bytes(const struct simfs *fs)
{
    struct slice log;
    struct frame_header header;
    struct frame frame;
    size_t bytes = 0;
    size_t at = FRAME_HEADER_BYTES;
    assert_true(simfs_file(fs, "state/log.1", &log));
    assert_int_equal(frame_header_read(log, FRAME_FILE_LOG, &header, NULL), OK);
    while (frame_next(log, &at, header.salt, &frame) == FRAME_WHOLE) {
        bytes = frame.type == FRAME_COMMIT ? frame.payload.len : bytes;
    }
    return bytes;
}

/* One epoch with a row for each of the first n keys. */
static size_t run_epoch(struct stage *stage, const struct simfs *fs, uint32_t n, uint32_t second)
{
    struct bytebuf rows = {0};
    for (uint32_t i = 0; i < n; i++) {
        bytebuf_printf(&rows, "2026-01-05T09:00:%02uZ,key%06u,%u\n", second, i, i + second);
    }
    if (n == 0) {
        bytebuf_add_text(&rows, "not a row\n");
    }
    assert_int_equal(stage_epoch(stage, bytebuf_slice(&rows)), OK);
    bytebuf_release(&rows);
    return commit_bytes(fs);
}

static void test_commit_is_as_large_as_the_change(void **state)
{
    (void)state;
    static const char *const queries[] = {
        STREAM "SELECT window_start, k, count(*), sum(v) FROM s GROUP BY k WINDOW 1m;",
        STREAM "SELECT window_start, k, max(v) FROM s GROUP BY k WINDOW 2m SLIDE 1m;",
        STREAM "SELECT window_start, k, sum(v) FROM s GROUP BY k WINDOW SESSION 1m;",
        STREAM "SELECT k, count(*), sum(v) FROM s GROUP BY k WINDOW 6 ROWS SLIDE 2 ROWS;",
        STREAM "SELECT ts, k, sum(v) FROM s GROUP BY k WINDOW 1m SLIDE ROW;",
        STREAM "SELECT DISTINCT k, v FROM s;",
        STREAM "SELECT window_start, k, v FROM s WINDOW 1m;",
    };
    for (uint32_t i = 0; i < sizeof queries / sizeof *queries; i++) {
        struct stage stage;
        struct simfs *fs = simfs_new();
        stage_init(&stage, fs);
        stage_feed(&stage, "s");
        assert_int_equal(stage_start(&stage, queries[i]), OK);
        size_t all = run_epoch(&stage, fs, KEYS, 1);
        size_t some = run_epoch(&stage, fs, TOUCHED, 2);
        size_t one = run_epoch(&stage, fs, 1, 3);
        size_t none = run_epoch(&stage, fs, 0, 4);
        print_message("%9zu %7zu %5zu %5zu  %s\n", all, some, one, none,
                      queries[i] + strlen(STREAM));
        assert_true(all >= (size_t)KEYS * ENTRY_BYTES_MIN);
        assert_true(some >= (size_t)TOUCHED * ENTRY_BYTES_MIN);
        assert_true(some <= (size_t)TOUCHED * ENTRY_BYTES_MAX);
        assert_true(one < 2048);
        assert_true(none < 1024);
        stage_release(&stage);
        simfs_free(fs);
    }
}

TEST_MAIN(cmocka_unit_test(test_commit_is_as_large_as_the_change))
