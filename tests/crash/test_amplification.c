/* Over a long run the log and the snapshots together have at most twice the bytes of what changed
 * (exactly-once.md §5): a snapshot is written when the log has outgrown the state. */
#include <string.h>

#include "tests/crash/stage.h"
#include "tests/support/testing.h"

enum { EPOCHS = 80, ROWS = 200, KEYS = 1000, LOG_BYTES_MIN = 20000 };

#define STREAM                                                                                     \
    "CREATE STREAM s (ts TIMESTAMP, k TEXT, v BIGINT, WATERMARK ts DELAY 1s) "                     \
    "FROM 'memory:s' FORMAT csv; CREATE SINK a TO 'ledger:a'; INSERT INTO a "

/* Rows of one second, each of another value. */
static void run_epoch(struct stage *stage, uint32_t epoch)
{
    struct bytebuf rows = {0};
    for (uint32_t i = 0; i < ROWS; i++) {
        uint32_t row = epoch * ROWS + i;
        bytebuf_printf(&rows, "2026-01-05T09:%02u:%02uZ,key%06u,%u\n", epoch / 60, epoch % 60,
                       row * 7919 % KEYS, row);
    }
    assert_int_equal(stage_epoch(stage, bytebuf_slice(&rows)), OK);
    bytebuf_release(&rows);
}

static void check_query(const char *sql, bool merges)
{
    struct stage stage;
    struct simfs *fs = simfs_new();
    stage_init(&stage, fs);
    stage.config.log_bytes_min = LOG_BYTES_MIN;
    stage.config.merge_bytes_min = merges ? 1 : 0;
    stage.config.merges_in_place = true;
    stage_feed(&stage, "s");
    assert_int_equal(stage_start(&stage, sql), OK);
    for (uint32_t epoch = 0; epoch < EPOCHS; epoch++) {
        run_epoch(&stage, epoch);
    }
    uint64_t changed = simfs_n_written(fs, "state/log.");
    uint64_t snapshots = simfs_n_written(fs, "state/snap.");
    print_message("%5.2f, %8llu bytes of changes, %8llu of snapshots%s: %s\n",
                  (double)(changed + snapshots) / (double)changed, (unsigned long long)changed,
                  (unsigned long long)snapshots, merges ? ", merged" : "", sql + strlen(STREAM));
    assert_true(snapshots > 0);
    assert_true(changed + snapshots <= 2 * changed);
    stage_release(&stage);
    simfs_free(fs);
}

static void test_nothing_is_written_more_than_twice(void **state)
{
    (void)state;
    static const char *const queries[] = {
        STREAM "SELECT k, count(*), sum(v) FROM s GROUP BY k;",
        STREAM "SELECT window_start, k, count(*), sum(v) FROM s GROUP BY k WINDOW 1m SLIDE 10s;",
        STREAM "SELECT ts, k, sum(v) FROM s GROUP BY k WINDOW 20s SLIDE ROW;",
        STREAM "SELECT window_start, k, sum(v) FROM s GROUP BY k WINDOW SESSION 2s;",
        STREAM "SELECT DISTINCT k, v FROM s;",
        STREAM "SELECT window_start, k, v FROM s WINDOW 30s;",
    };
    for (uint32_t i = 0; i < sizeof queries / sizeof *queries; i++) {
        check_query(queries[i], false);
        check_query(queries[i], true);
    }
}

TEST_MAIN(cmocka_unit_test(test_nothing_is_written_more_than_twice))
