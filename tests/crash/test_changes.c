/* What a query may change between two starts (exactly-once.md §6): each change is made to a job
 * with a checkpoint, which then goes on, asks for --accept-change, or refuses with exit code 30. */
#include <string.h>

#include "engine/plan/fingerprint.h"
#include "engine/run/state_dir.h"
#include "tests/crash/stage.h"
#include "tests/support/testing.h"

#define STREAM_OF(columns_, delay_)                                                                \
    "CREATE STREAM s (" columns_ ", WATERMARK ts DELAY " delay_ ") FROM 'memory:s' FORMAT csv;"    \
    "CREATE SINK a TO 'ledger:a'; CREATE SINK b TO 'ledger:b'; CREATE SINK c TO 'ledger:c';"
#define COLUMNS "ts TIMESTAMP, k TEXT, v BIGINT"
#define STREAM  STREAM_OF(COLUMNS, "2s")
#define BASE    "INSERT INTO a SELECT window_start, k, count(*) AS n FROM s GROUP BY k WINDOW 10s;"
#define ROWS    "INSERT INTO b SELECT k, v FROM s WHERE v > 1;"

#define FILTERED(where_)                                                                           \
    "INSERT INTO a SELECT window_start, k, count(*) AS n FROM s WHERE " where_                     \
    " GROUP BY k WINDOW 10s;"

static const struct change {
    const char *what;
    const char *before;
    const char *now;
    enum fingerprint_change change;
} changes[] = {
    {"nothing", STREAM BASE, STREAM BASE, FINGERPRINT_SAME},
    {"the order of queries", STREAM BASE ROWS, STREAM ROWS BASE, FINGERPRINT_SAME},
    {"a query more", STREAM BASE, STREAM BASE ROWS, FINGERPRINT_SAME},
    {"a sink more", STREAM BASE,
     STREAM BASE "CREATE SINK d TO 'ledger:d';"
                 "INSERT INTO d SELECT v FROM s;",
     FINGERPRINT_SAME},
    {"a column of the result", STREAM BASE,
     STREAM "INSERT INTO a SELECT k, count(*) AS n FROM s GROUP BY k WINDOW 10s;",
     FINGERPRINT_FREE},
    {"the name of a column", STREAM BASE,
     STREAM "INSERT INTO a SELECT window_start, k, count(*) AS m FROM s GROUP BY k WINDOW 10s;",
     FINGERPRINT_SAME},
    {"HAVING", STREAM BASE,
     STREAM "INSERT INTO a SELECT window_start, k, count(*) AS n FROM s GROUP BY k WINDOW 10s "
            "HAVING count(*) > 1;",
     FINGERPRINT_FREE},
    {"WHERE of a query without state", STREAM ROWS,
     STREAM "INSERT INTO b SELECT k, v FROM s WHERE v > 2;", FINGERPRINT_FREE},
    {"the trigger", STREAM BASE, "SET trigger = '2s';" STREAM BASE, FINGERPRINT_SAME},
    {"WHERE below the state", STREAM FILTERED("v > 1"), STREAM FILTERED("v > 2"),
     FINGERPRINT_RESULTS},
    {"a WHERE where there was none", STREAM BASE, STREAM FILTERED("v > 1"), FINGERPRINT_RESULTS},
    {"no WHERE any more", STREAM ROWS, STREAM "INSERT INTO b SELECT k, v FROM s;",
     FINGERPRINT_FREE},
    {"the watermark's delay", STREAM BASE, STREAM_OF(COLUMNS, "3s") BASE, FINGERPRINT_RESULTS},
    {"an aggregate", STREAM BASE,
     STREAM "INSERT INTO a SELECT window_start, k, count(*) AS n, sum(v) AS t FROM s GROUP BY k "
            "WINDOW 10s;",
     FINGERPRINT_STATE},
    {"ORDER BY and LIMIT", STREAM BASE,
     STREAM "INSERT INTO a SELECT window_start, k, count(*) AS n FROM s GROUP BY k WINDOW 10s "
            "ORDER BY n LIMIT 2;",
     FINGERPRINT_STATE},
    {"a key", STREAM BASE,
     STREAM "INSERT INTO a SELECT window_start, k, count(*) AS n FROM s GROUP BY k, v WINDOW 10s;",
     FINGERPRINT_REFUSED},
    {"the window", STREAM BASE,
     STREAM "INSERT INTO a SELECT window_start, k, count(*) AS n FROM s GROUP BY k WINDOW 20s;",
     FINGERPRINT_REFUSED},
    {"the slide", STREAM BASE,
     STREAM "INSERT INTO a SELECT window_start, k, count(*) AS n FROM s GROUP BY k "
            "WINDOW 10s SLIDE 5s;",
     FINGERPRINT_REFUSED},
    {"append to changes", STREAM BASE,
     STREAM "INSERT INTO a SELECT window_start, k, count(*) AS n FROM s GROUP BY k WINDOW 10s "
            "EMIT CHANGES;",
     FINGERPRINT_REFUSED},
    {"the type of a column", STREAM BASE, STREAM_OF("ts TIMESTAMP, k TEXT, v DOUBLE", "2s") BASE,
     FINGERPRINT_REFUSED},
    {"a column of the source", STREAM BASE,
     STREAM_OF("ts TIMESTAMP, k TEXT, v BIGINT, w BIGINT", "2s") BASE, FINGERPRINT_REFUSED},
};

/* ---- a job ----------------------------------------------------------------------------------- */

static enum status run_all(struct stage *stage, const char *sql)
{
    /* CHECKPOINT before anything has come: what is new is in it as it is. */
    struct checkpoint_written written;
    TRY(stage_start(stage, sql));
    TRY(job_checkpoint_now(stage->job, &written, &stage->err));
    TRY(stage_steps(stage, 8, 0));
    return job_finish(stage->job, &stage->err);
}

/* Runs what the input has on the files, and stops. The exit code; *plan is the first query's. */
static int run(const struct simfs *fs, const char *sql, bool accept, struct bytebuf *plan)
{
    struct stage stage;
    stage_init(&stage, fs);
    stage.config.accept_change = accept;
    memory_feed_add(stage_feed(&stage, "s"), 0,
                    slice_text("2026-01-05T09:00:01Z,a,1\n2026-01-05T09:00:02Z,b,2\n"));
    enum status status = run_all(&stage, sql);
    if (status != OK && stage.err.exit_code != EXIT_QUERY_CHANGED) {
        print_error("%s\n", stage.err.text);
    }
    fingerprint_print(plan, stage.plan);
    stage_release(&stage);
    return status == OK ? 0 : stage.err.exit_code != 0 ? stage.err.exit_code : -1;
}

/* Runs `now` on what `before` has left. */
static int run_changed(const struct change *change, bool accept, enum fingerprint_change *found)
{
    struct bytebuf before = {0};
    struct bytebuf now = {0};
    struct bytebuf diff = {0};
    struct simfs *fs = simfs_new();
    assert_int_equal(run(fs, change->before, false, &before), 0);
    int exit_code = run(fs, change->now, accept, &now);
    *found = fingerprint_compare(bytebuf_slice(&before), bytebuf_slice(&now), &diff);
    simfs_free(fs);
    bytebuf_release(&before);
    bytebuf_release(&now);
    bytebuf_release(&diff);
    return exit_code;
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void test_each_change(void **state)
{
    (void)state;
    uint32_t n_wrong = 0;
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        const struct change *change = &changes[i];
        enum fingerprint_change found;
        int plainly = run_changed(change, false, &found);
        int accepted = run_changed(change, true, &found);
        bool same_query = strstr(change->what, "order") == NULL;
        if ((same_query && found != change->change) ||
            plainly != (change->change <= FINGERPRINT_FREE ? 0 : EXIT_QUERY_CHANGED) ||
            accepted != (change->change < FINGERPRINT_REFUSED ? 0 : EXIT_QUERY_CHANGED)) {
            print_error("%s: change %d, exit %d, with --accept-change %d\n", change->what,
                        (int)found, plainly, accepted);
            n_wrong++;
        }
    }
    assert_int_equal(n_wrong, 0);
}

static void test_a_query_that_is_gone(void **state)
{
    (void)state;
    enum fingerprint_change found;
    const struct change change = {"a query less", STREAM BASE ROWS, STREAM BASE, FINGERPRINT_SAME};
    assert_int_equal(run_changed(&change, false, &found), EXIT_QUERY_CHANGED);
    assert_int_equal(run_changed(&change, true, &found), 0);
}

/* The second query comes with a run behind `fs`, which it frees. Wherever that was killed, the next
 * one finds its sink where the checkpoint is, though it may have had no row. */
static void come_behind(struct simfs *fs)
{
    struct bytebuf plan = {0};
    struct simfs *with = simfs_killed(fs, simfs_n_calls(fs));
    assert_int_equal(run(with, STREAM BASE ROWS, false, &plan), 0);
    uint32_t calls = simfs_n_calls(with);
    for (uint32_t k = 0; k <= calls; k++) {
        struct simfs *left = simfs_killed(with, k);
        assert_int_equal(run(left, STREAM BASE ROWS, false, &plan), 0);
        simfs_free(left);
    }
    simfs_free(with);
    simfs_free(fs);
    bytebuf_release(&plan);
}

static void test_a_query_that_comes(void **state)
{
    (void)state;
    struct bytebuf plan = {0};
    struct simfs *fs = simfs_new();
    assert_int_equal(run(fs, STREAM BASE, false, &plan), 0);
    come_behind(fs);
    bytebuf_release(&plan);
}

/* Its sink has epochs of the time when it was there. */
static void test_a_query_that_comes_again(void **state)
{
    (void)state;
    struct bytebuf plan = {0};
    struct simfs *fs = simfs_new();
    assert_int_equal(run(fs, STREAM BASE ROWS, false, &plan), 0);
    assert_int_equal(run(fs, STREAM BASE, true, &plan), 0);
    come_behind(fs);
    bytebuf_release(&plan);
}

/* What changed is said line by line, and a line that is there twice counts twice. */
static void test_diff(void **state)
{
    (void)state;
    struct bytebuf diff = {0};
    const char *before = "=source a\n~where x\n.columns k\n";
    const char *now = "=source a\n~where y\n~where y\n.columns k";
    assert_int_equal(fingerprint_compare(slice_text(before), slice_text(now), &diff),
                     FINGERPRINT_RESULTS);
    assert_string_equal(bytebuf_text(&diff), "- where x\n+ where y\n+ where y\n");
    bytebuf_clear(&diff);
    assert_int_equal(fingerprint_compare(slice_text(""), slice_text("\n"), &diff),
                     FINGERPRINT_REFUSED);
    bytebuf_release(&diff);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_change),
        cmocka_unit_test(test_a_query_that_is_gone),
        cmocka_unit_test(test_a_query_that_comes),
        cmocka_unit_test(test_a_query_that_comes_again),
        cmocka_unit_test(test_diff),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
