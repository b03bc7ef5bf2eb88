/* A job beside one that keeps a checkpoint (job_config.host): it reads along what nobody can read
 * twice, and streams go from one to the other without a row lost or read twice. */
#include "tests/crash/ledger_sink.h"
#include "tests/crash/stage.h"
#include "tests/support/testing.h"

#define DEFINITIONS                                                                                \
    "CREATE SINK a TO 'ledger:a'; CREATE SINK b TO 'ledger:b';"                                    \
    "CREATE STREAM s (v BIGINT) FROM 'memory:s' FORMAT csv;"
#define S_TO_A "INSERT INTO a SELECT v FROM s;"
#define S_TO_B "INSERT INTO b SELECT v FROM s;"

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
    stage_init(&pair->stage, pair->fs);
    pair->stage.config.grows = true;
    memory_feed_set_flags(stage_feed(&pair->stage, "s"), 0);
    assert_int_equal(stage_start(&pair->stage, DEFINITIONS), OK);
    struct job_config config = pair->stage.config;
    config.state_dir = NULL;
    config.host = pair->stage.job;
    pair->guest = job_new(&config);
}

static void pair_release(struct pair *pair)
{
    job_free(pair->guest);
    stage_release(&pair->stage);
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

static const struct stream_def *stream_of(const struct query *query)
{
    return plan_scan(query_plan(query)->root)->stream;
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
    job_leave_feeds(pair.stage.job, pair.guest);
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
    job_take_feed(pair.stage.job, pair.guest, stream_of(pair.in_guest));
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
        cmocka_unit_test(test_a_guest_with_an_interval),
        cmocka_unit_test(test_a_host_that_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
