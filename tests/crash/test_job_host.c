/* A job beside one that keeps a checkpoint (job_config.host): it reads along what nobody can read
 * twice, and streams go from one to the other without a row lost or read twice. */
#include "engine/run/state_dir.h"
#include "tests/crash/ledger_sink.h"
#include "tests/crash/stage.h"
#include "tests/support/testing.h"

#define DEFINITIONS                                                                                \
    "CREATE SINK a TO 'ledger:a'; CREATE SINK b TO 'ledger:b'; CREATE SINK c TO 'ledger:c';"       \
    "CREATE SINK other TO 'ledger:other';"                                                         \
    "CREATE STREAM s (v BIGINT) FROM 'memory:s' FORMAT csv;"                                       \
    "CREATE STREAM t (v BIGINT) FROM 'memory:t' FORMAT csv;"
#define S_TO_A     "INSERT INTO a SELECT v FROM s;"
#define S_TO_B     "INSERT INTO b SELECT v FROM s;"
#define S_TO_OTHER "INSERT INTO other SELECT v FROM s;"
#define T_TO_C     "INSERT INTO c SELECT v FROM t;"

enum { STEPS = 8 };

/* The host, whose statements are the guest's, too. */
struct pair {
    struct simfs *fs;
    struct stage stage;
    struct job *guest;
    struct query *in_host;
    struct query *in_guest;
};

static void pair_init(struct pair *pair)
{
    *pair = (struct pair){.fs = simfs_new()};
    simfs_put(pair->fs, "other", slice_text("epoch 900\nold\n"));
    stage_init(&pair->stage, pair->fs);
    pair->stage.config.grows = true;
    memory_feed_set_flags(stage_feed(&pair->stage, "s"), 0);
    memory_feed_add(stage_feed(&pair->stage, "t"), 0, slice_text("7\n8\n"));
    assert_int_equal(stage_start(&pair->stage, DEFINITIONS), OK);
    struct job_config config = pair->stage.config;
    config.state_dir = NULL;
    config.host = pair->stage.job;
    pair->guest = job_new(&config);
}

/* As kill -9: the files stay as they are. */
static void pair_end(struct pair *pair)
{
    job_free(pair->guest);
    stage_release(&pair->stage);
}

static void pair_release(struct pair *pair)
{
    pair_end(pair);
    simfs_free(pair->fs);
}

/* Adds a query to either job. */
static struct query *add(struct pair *pair, struct job *to, const char *insert)
{
    struct job *host = pair->stage.job;
    pair->stage.job = to;
    pair->stage.query = NULL;
    assert_int_equal(stage_sql(&pair->stage, insert), OK);
    pair->stage.job = host;
    return pair->stage.query;
}

/* The next piece of input comes, and both jobs are done with it. */
static void come(struct pair *pair, const char *rows)
{
    struct error err;
    enum job_state what;
    memory_feed_add(stage_feed(&pair->stage, "s"), 0, slice_text(rows));
    for (int i = 0; i < STEPS; i++) {
        assert_int_equal(job_step(pair->guest, &what, &err), OK);
        pair->stage.clock.at_us += 200 * US_PER_MS;
    }
    assert_int_equal(what, JOB_IDLE);
}

static void check(const struct pair *pair, const char *ledger, const char *expected)
{
    struct slice file;
    uint64_t epoch;
    assert_true(simfs_file(pair->fs, ledger, &file));
    assert_true(slice_equal(ledger_rows(file, &epoch), slice_text(expected)));
}

/* The next life, with what was kept. */
static void start_again(struct pair *pair)
{
    struct stage *stage = &pair->stage;
    stage_init(stage, pair->fs);
    memory_feed_add(stage_feed(stage, "t"), 0, slice_text("7\n8\n"));
    assert_int_equal(stage_start(stage, DEFINITIONS T_TO_C), OK);
    assert_int_equal(stage_steps(stage, STEPS, 200 * US_PER_MS), OK);
    check(pair, "c", "7\n8\n");
    stage_release(stage);
}

/* Who comes later has what comes later; who is left alone goes on. */
static void test_a_guest_reads_along(void **state)
{
    (void)state;
    struct pair pair;
    struct error err;
    pair_init(&pair);
    pair.in_host = add(&pair, pair.stage.job, S_TO_A);
    come(&pair, "1\n2\n");
    pair.in_guest = add(&pair, pair.guest, S_TO_B);
    come(&pair, "3\n4"); /* half a line is nobody's yet */
    assert_int_equal(job_remove_query(pair.stage.job, pair.in_host, &err), OK);
    come(&pair, "5\n6\n");
    check(&pair, "a", "1\n2\n3\n");
    check(&pair, "b", "3\n45\n6\n");
    pair_release(&pair);
}

/* A query takes over what was read for somebody else; what it has is kept from there on. */
static void test_a_host_takes_over(void **state)
{
    (void)state;
    struct pair pair;
    struct error err;
    struct query_progress progress;
    pair_init(&pair);
    pair.in_guest = add(&pair, pair.guest, S_TO_B);
    come(&pair, "1\n2");
    pair.in_host = add(&pair, pair.stage.job, S_TO_A);
    come(&pair, "3\n4\n");
    assert_int_equal(job_remove_query(pair.guest, pair.in_guest, &err), OK);
    come(&pair, "5\n");
    query_measure(pair.in_host, &progress);
    assert_int_equal(progress.rows_in, 3);
    check(&pair, "a", "23\n4\n5\n");
    check(&pair, "b", "1\n23\n4\n");
    pair_release(&pair);
}

/* The sink of a query of the host is another job's, while an epoch is open; the guest goes on. */
static void refuse(struct pair *pair)
{
    struct error err;
    enum job_state what;
    pair->in_guest = add(pair, pair->guest, S_TO_B);
    come(pair, "1\n2");
    pair->in_host = add(pair, pair->stage.job, T_TO_C);
    assert_int_equal(job_step(pair->guest, &what, &err), OK);
    assert_int_equal(stage_sql(&pair->stage, S_TO_OTHER), ERR_STATE);
    assert_int_equal(pair->stage.err.exit_code, EXIT_SINK_AHEAD);
    assert_false(job_has_failed(pair->stage.job));
}

/* A query that does not come leaves the guest what the guest reads: wherever the process ends
 * behind it, the host starts again. */
static void test_a_query_that_does_not_come(void **state)
{
    (void)state;
    const struct fault none = {.kind = FAULT_NONE};
    bool fired = true;
    for (uint32_t at = 0; fired; at++) {
        struct pair pair;
        struct error err;
        enum job_state what;
        enum status status = OK;
        const struct fault fault = {.kind = FAULT_IO, .at = at, .sticky = true};
        pair_init(&pair);
        refuse(&pair);
        simfs_set_fault(pair.fs, &fault);
        memory_feed_add(stage_feed(&pair.stage, "s"), 0, slice_text("3\n"));
        for (int i = 0; i < STEPS && status == OK; i++) {
            status = job_step(pair.guest, &what, &err);
            pair.stage.clock.at_us += 200 * US_PER_MS;
        }
        fired = simfs_fired(pair.fs);
        assert_int_equal(status, fired ? ERR_IO : OK);
        simfs_set_fault(pair.fs, &none);
        if (!fired) {
            check(&pair, "b", "1\n23\n");
        }
        pair_end(&pair);
        start_again(&pair);
        simfs_free(pair.fs);
    }
}

/* Its results leave at its own interval; epochs of the host end when they are over. */
static void test_a_guest_with_an_interval(void **state)
{
    (void)state;
    struct pair pair;
    struct error err;
    enum job_state what;
    pair_init(&pair);
    struct job_config config = pair.stage.config;
    config.trigger_us = 30 * US_PER_SECOND;
    job_follow(pair.guest, &config);
    pair.in_host = add(&pair, pair.stage.job, S_TO_A);
    pair.in_guest = add(&pair, pair.guest, S_TO_B);
    come(&pair, "1\n");
    memory_feed_add(stage_feed(&pair.stage, "s"), 0, slice_text("2\n"));
    for (int i = 0; i < 2; i++) {
        assert_int_equal(job_step(pair.guest, &what, &err), OK);
    }
    int64_t epoch_us = job_wake_us(pair.stage.job) - clock_steady_us(&pair.stage.clock.clock);
    assert_in_range(epoch_us, 1, US_PER_SECOND);
    assert_int_equal(job_wake_us(pair.guest), job_wake_us(pair.stage.job));
    pair_release(&pair);
}

/* The host has failed, not the guest: it says so. */
static void test_a_host_that_fails(void **state)
{
    (void)state;
    struct pair pair;
    struct error err;
    enum job_state what;
    const struct fault fault = {.kind = FAULT_IO, .sticky = true};
    pair_init(&pair);
    pair.in_host = add(&pair, pair.stage.job, S_TO_A);
    pair.in_guest = add(&pair, pair.guest, S_TO_B);
    come(&pair, "1\n");
    assert_false(job_host_has_failed(pair.guest));
    simfs_set_fault(pair.fs, &fault);
    job_checkpoint(pair.guest);
    assert_int_equal(job_step(pair.guest, &what, &err), ERR_IO);
    assert_true(job_host_has_failed(pair.guest));
    assert_false(job_has_failed(pair.guest));
    job_drop_query(pair.guest, pair.in_guest);
    pair_release(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_guest_reads_along),
        cmocka_unit_test(test_a_host_takes_over),
        cmocka_unit_test(test_a_query_that_does_not_come),
        cmocka_unit_test(test_a_guest_with_an_interval),
        cmocka_unit_test(test_a_host_that_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
