/* A query that comes to a job that runs, or goes: what it is refused for, and what is left where
 * one of its calls fails. That a kill at any call leaves the job as it was or as it is to be, is
 * shown by test_talk. */
#include <string.h>

#include "engine/base/mem.h"
#include "engine/run/state_dir.h"
#include "tests/crash/ledger_sink.h"
#include "tests/crash/stage.h"
#include "tests/support/testing.h"

#define STEP_US (100 * US_PER_MS)
#define DEFINITIONS                                                                                \
    "CREATE SINK a TO 'ledger:a'; CREATE SINK b TO 'ledger:b'; CREATE STREAM s (ts TIMESTAMP, k "  \
    "TEXT, WATERMARK ts DELAY 2s) FROM 'memory:s' FORMAT csv ON ERROR INTO 'ledger:bad'; CREATE "  \
    "STREAM t (ts TIMESTAMP, k TEXT, WATERMARK ts DELAY 2s) FROM 'memory:t' FORMAT csv;"
#define S_TO_A "INSERT INTO a SELECT k FROM s;"
#define S_TO_B "INSERT INTO b SELECT k FROM s;"
#define T_TO_B "INSERT INTO b SELECT k FROM t;"
#define ROWS                                                                                       \
    "2026-01-05T09:00:01Z,one\nnonsense\n2026-01-05T09:00:01Z,two\n2026-01-05T09:00:01Z,three\n"

static void begin(struct stage *stage, const struct simfs *fs, bool is_logged)
{
    stage_init(stage, fs);
    stage->config.checkpoint_us = 3 * STEP_US;
    memory_feed_add(stage_feed(stage, "s"), 0, slice_text(ROWS));
    memory_feed_add(stage_feed(stage, "t"), 0, slice_text(ROWS));
    if (is_logged) {
        memory_feed_set_flags(stage_feed(stage, "s"), 0);
    }
}

static void assert_rows(const struct simfs *fs, const char *ledger, const char *expected)
{
    struct slice file;
    uint64_t epoch;
    assert_true(simfs_file(fs, ledger, &file));
    assert_true(slice_equal(ledger_rows(file, &epoch), slice_text(expected)));
}

/* ---- what is refused ----------------------------------------------------------------------------
 */

/* What can be read again is read from its start by a query that comes, and its bad rows would come
 * twice. Somebody who reads along of what cannot has none of his own. */
static void test_bad_rows_come_once(void **state)
{
    (void)state;
    for (int is_logged = 0; is_logged < 2; is_logged++) {
        struct stage stage;
        struct simfs *fs = simfs_new();
        begin(&stage, fs, is_logged == 1);
        assert_int_equal(stage_start(&stage, DEFINITIONS), OK);
        assert_int_equal(stage_sql(&stage, S_TO_A T_TO_B), OK);
        assert_int_equal(stage_steps(&stage, 4, STEP_US), OK);
        enum status status = stage_sql(&stage, "CREATE SINK c TO 'ledger:c';"
                                               "INSERT INTO c SELECT k FROM s;");
        if (is_logged == 0) {
            assert_int_equal(status, ERR_UNSUPPORTED);
            assert_string_equal(stage.err.text, "stream \"s\" is being read already");
        } else {
            assert_int_equal(status, OK);
        }
        assert_false(job_has_failed(stage.job));
        assert_int_equal(stage_steps(&stage, 8, STEP_US), OK);
        assert_rows(fs, "a", "one\ntwo\nthree\n");
        assert_rows(fs, "b", "one\ntwo\nthree\n");
        stage_release(&stage);
        simfs_free(fs);
    }
}

static void old_ledger(struct simfs *fs, const char *path, const char *text)
{
    simfs_put(fs, path, slice_text(text));
}

/* A sink that is ahead was written by another job; --new-state begins behind it, which only the
 * first query can ask for. */
static void test_sinks_of_another_job(void **state)
{
    (void)state;
    for (int forgets = 0; forgets < 2; forgets++) {
        struct stage stage;
        struct simfs *fs = simfs_new();
        old_ledger(fs, "a", "epoch 9\nold\n");
        old_ledger(fs, "bad", "epoch 12\n");
        old_ledger(fs, "b", "epoch 50\n");
        begin(&stage, fs, false);
        stage.config.new_state = forgets == 1;
        assert_int_equal(stage_start(&stage, DEFINITIONS), OK);
        enum status status = stage_sql(&stage, S_TO_A);
        assert_int_equal(status, forgets == 1 ? OK : ERR_STATE);
        if (forgets == 1) {
            assert_int_equal(stage_steps(&stage, 8, STEP_US), OK);
            assert_rows(fs, "a", "old\none\ntwo\nthree\n");
        } else {
            assert_int_equal(stage.err.exit_code, EXIT_SINK_AHEAD);
            assert_string_equal(stage.err.text,
                                "its sink has epoch 9 of another job; this one is at epoch 0");
        }
        assert_int_equal(stage_sql(&stage, T_TO_B), ERR_STATE);
        assert_int_equal(stage.err.exit_code, EXIT_SINK_AHEAD);
        assert_false(job_has_failed(stage.job));
        assert_rows(fs, "b", "");
        stage_release(&stage);
        simfs_free(fs);
    }
}

/* With --new-state and sinks that are new there is nothing to pass. */
static void test_new_state_and_new_sinks(void **state)
{
    (void)state;
    struct stage stage;
    struct simfs *fs = simfs_new();
    begin(&stage, fs, false);
    stage.config.new_state = true;
    assert_int_equal(stage_start(&stage, DEFINITIONS), OK);
    assert_int_equal(stage_sql(&stage, S_TO_A T_TO_B), OK);
    assert_int_equal(stage_steps(&stage, 8, STEP_US), OK);
    assert_rows(fs, "a", "one\ntwo\nthree\n");
    assert_rows(fs, "b", "one\ntwo\nthree\n");
    stage_release(&stage);
    simfs_free(fs);
}

/* ---- what fails ---------------------------------------------------------------------------------
 */

/* The next life has the queries of the statements that were kept, and a, if it has to come again.
 */
static void begin_again(struct stage *stage, const struct simfs *fs)
{
    struct bytebuf saved = {0};
    begin(stage, fs, false);
    assert_int_equal(stage_open(stage), OK);
    job_saved_text(stage->job, &saved);
    assert_true(saved.len > 0);
    assert_int_equal(stage_sql(stage, bytebuf_text(&saved)), OK);
    assert_int_equal(job_start(stage->job, &stage->err), OK);
    if (strstr(bytebuf_text(&saved), S_TO_A) == NULL) {
        assert_int_equal(stage_sql(stage, S_TO_A), OK);
    }
    bytebuf_release(&saved);
}

static enum status shaky_open(const struct sink_config *config, struct sink **out,
                              uint64_t *committed, struct error *err);

static enum status shaky_begin(struct sink *sink, uint64_t epoch, struct error *err)
{
    (void)sink;
    return error_set(err, ERR_IO, "shaken in epoch %u", (unsigned)epoch);
}

static enum status shaky_write(struct sink *sink, const struct batch *batch, struct error *err)
{
    (void)sink;
    (void)batch;
    (void)err;
    return OK;
}

static void shaky_close(struct sink *sink)
{
    mem_free(sink);
}

static const struct option_spec shaky_options[] = {{.name = NULL}};

static const struct sink_kind shaky_kind = {
    .scheme = "shaky",
    .promise = SINK_AT_LEAST_ONCE,
    .options = shaky_options,
    .open = shaky_open,
    .begin = shaky_begin,
    .write = shaky_write,
    .close = shaky_close,
};

static enum status shaky_open(const struct sink_config *config, struct sink **out,
                              uint64_t *committed, struct error *err)
{
    (void)config;
    (void)err;
    *out = mem_zalloc(sizeof **out);
    (*out)->kind = &shaky_kind;
    *committed = 0;
    return OK;
}

/* The sink of bad rows does not begin: the query does not come, and the job goes on without. */
static void test_bad_rows_cannot_begin(void **state)
{
    (void)state;
    struct stage stage;
    struct simfs *fs = simfs_new();
    begin(&stage, fs, false);
    stage_add_sink(&stage, &shaky_kind);
    memory_feed_add(stage_feed(&stage, "u"), 0, slice_text(ROWS));
    assert_int_equal(stage_start(&stage, DEFINITIONS T_TO_B), OK);
    assert_int_equal(stage_sql(&stage, "CREATE STREAM u (ts TIMESTAMP, k TEXT) FROM 'memory:u' "
                                       "FORMAT csv ON ERROR INTO 'shaky:bad';"
                                       "INSERT INTO a SELECT k FROM u;"),
                     ERR_IO);
    assert_string_equal(stage.err.text, "shaken in epoch 1");
    assert_false(job_has_failed(stage.job));
    assert_int_equal(stage_steps(&stage, 8, STEP_US), OK);
    assert_rows(fs, "b", "one\ntwo\nthree\n");
    stage_release(&stage);
    simfs_free(fs);
}

/* t is read by b already, in an epoch that is open, when a comes; a's sinks are new. */
static enum status come(struct stage *stage, const struct simfs *fs, const struct fault *fault)
{
    begin(stage, fs, false);
    stage->config.text = slice_text(DEFINITIONS T_TO_B);
    assert_int_equal(stage_start(stage, DEFINITIONS T_TO_B), OK);
    assert_int_equal(stage_steps(stage, 6, STEP_US), OK);
    job_set_text(stage->job, slice_text(DEFINITIONS T_TO_B S_TO_A));
    simfs_set_fault((struct simfs *)fs, fault);
    return stage_sql(stage, S_TO_A);
}

static void test_coming_fails_at_each_call(void **state)
{
    (void)state;
    const struct fault none = {.kind = FAULT_NONE};
    bool fired = true;
    uint32_t n_failed = 0;
    for (uint32_t at = 0; fired; at++) {
        struct stage stage;
        struct simfs *fs = simfs_new();
        const struct fault fault = {.kind = FAULT_IO, .at = at};
        enum status status = come(&stage, fs, &fault);
        fired = simfs_fired(fs);
        n_failed += status != OK; /* job.sql that cannot be read is in nobody's way */
        assert_true(status == OK || (fired && status == ERR_IO));
        simfs_set_fault(fs, &none);
        stage_release(&stage);
        begin_again(&stage, fs);
        assert_int_equal(stage_steps(&stage, 12, STEP_US), OK);
        assert_rows(fs, "a", "one\ntwo\nthree\n");
        assert_rows(fs, "b", "one\ntwo\nthree\n");
        stage_release(&stage);
        simfs_free(fs);
    }
    assert_true(n_failed > 20);
}

static void test_going_fails_at_each_call(void **state)
{
    (void)state;
    const struct fault none = {.kind = FAULT_NONE};
    bool fired = true;
    uint32_t n_failed = 0;
    for (uint32_t at = 0; fired; at++) {
        struct stage stage;
        struct simfs *fs = simfs_new();
        const struct fault fault = {.kind = FAULT_IO, .at = at};
        assert_int_equal(come(&stage, fs, &none), OK);
        assert_int_equal(stage_steps(&stage, 2, 0), OK);
        job_set_text(stage.job, slice_text(DEFINITIONS S_TO_A));
        simfs_set_fault(fs, &fault);
        enum status status = job_remove_query(stage.job, stage.query, &stage.err);
        fired = simfs_fired(fs);
        n_failed += status != OK;
        assert_true(status == OK || (fired && status == ERR_IO));
        assert_int_equal(job_has_failed(stage.job), status != OK);
        simfs_set_fault(fs, &none);
        stage_release(&stage);
        begin_again(&stage, fs);
        assert_int_equal(stage_steps(&stage, 12, STEP_US), OK);
        assert_rows(fs, "a", "one\ntwo\nthree\n");
        assert_rows(fs, "b", "one\ntwo\nthree\n");
        stage_release(&stage);
        simfs_free(fs);
    }
    assert_true(n_failed > 20);
}

TEST_MAIN(cmocka_unit_test(test_bad_rows_come_once), cmocka_unit_test(test_sinks_of_another_job),
          cmocka_unit_test(test_new_state_and_new_sinks),
          cmocka_unit_test(test_bad_rows_cannot_begin),
          cmocka_unit_test(test_coming_fails_at_each_call),
          cmocka_unit_test(test_going_fails_at_each_call))
