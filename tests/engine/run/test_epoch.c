/* Epochs of a job with a checkpoint: when they end, what is on disk then, what is too large for
 * them, and sinks that fail at each of their steps. */
#include "engine/run/job_parts.h"
#include "tests/engine/run/job_fixture.h"
#include "tests/support/simfs.h"

#define LARGE_BYTES ((size_t)9 << 20) /* more than what is kept of room for images */

/* ---- lives --------------------------------------------------------------------------------------
 */

/* A job over `fs` with the files of a checkpoint; `finite` input ends behind what was given. */
static void begin(struct fixture *f, const struct simfs *fs, bool finite)
{
    fixture_init(f, finite, false);
    f->config.fs = simfs_interface(fs);
    f->config.state_dir = "job";
}

static enum status start(struct fixture *f)
{
    f->job = job_new(&f->config);
    TRY(job_open(f->job, &f->err));
    job_feed_opened(f->job, &f->stream, &(struct feed_start){.source = &f->script.source});
    TRY(job_add_query(f->job, &f->plan, text_sink_new(&f->out), &f->query, &f->err));
    return job_start(f->job, &f->err);
}

static void begin_and_start(struct fixture *f, const struct simfs *fs)
{
    begin(f, fs, false);
    assert_int_equal(start(f), OK);
}

/* One row, and the epoch of it ends. */
static void one_epoch(struct fixture *f, const char *row)
{
    uint64_t epoch = f->job->epoch;
    give(f, 0, row);
    run(f);
    f->clock.at_us = f->job->epoch_due_us;
    run(f);
    assert_int_equal(f->job->epoch, epoch + 1);
}

/* What would be found after a power loss that keeps only what was synced. */
static void look_at_disk(const struct simfs *fs, struct checkpoint_found *found)
{
    struct hand_clock clock;
    struct checkpoint *cp;
    struct error err;
    const struct loss everything = {.kind = LOSS_NONE};
    struct simfs *left = simfs_power_loss(fs, simfs_n_calls(fs), &everything);
    hand_clock_init(&clock, SECOND);
    const struct checkpoint_options options = {
        .fs = simfs_interface(left),
        .clock = &clock.clock,
        .path = "job",
    };
    assert_int_equal(checkpoint_open(&options, &cp, &err), OK);
    *found = *checkpoint_found(cp);
    checkpoint_close(cp);
    simfs_free(left);
}

static void assert_on_disk(const struct simfs *fs, uint64_t generation, uint32_t n_records)
{
    struct checkpoint_found found;
    look_at_disk(fs, &found);
    assert_int_equal(found.generation, generation);
    assert_int_equal(found.n_records, n_records);
}

/* ---- when ---------------------------------------------------------------------------------------
 */

static void test_an_epoch_wakes_the_job(void **state)
{
    (void)state;
    struct fixture f;
    struct simfs *fs = simfs_new();
    begin(&f, fs, false);
    f.job = job_new(&f.config);
    assert_int_equal(epoch_wake_us(f.job), INT64_MAX); /* there is no checkpoint */
    assert_int_equal(job_open(f.job, &f.err), OK);
    assert_int_equal(epoch_wake_us(f.job), INT64_MAX); /* it has not started */
    job_free(f.job);
    assert_int_equal(start(&f), OK);
    assert_int_equal(epoch_wake_us(f.job), INT64_MAX); /* nothing came */
    give(&f, 0, "1000,1\n");
    run(&f);
    assert_int_equal(epoch_wake_us(f.job), f.clock.at_us + SECOND);
    f.clock.at_us += SECOND - 1;
    run(&f);
    assert_on_disk(fs, 1, 0);
    f.clock.at_us++;
    run(&f);
    assert_on_disk(fs, 1, 1); /* COMMIT is written, not synced */
    fixture_release(&f);
    simfs_free(fs);
}

/* After an idle second COMMIT is synced, and the source hears of it. */
static void test_a_commit_does_not_wait_for_ever(void **state)
{
    (void)state;
    struct fixture f;
    struct simfs *fs = simfs_new();
    begin_and_start(&f, fs);
    one_epoch(&f, "1000,1\n");
    assert_int_equal(epoch_wake_us(f.job), f.clock.at_us + SECOND);
    assert_int_equal(f.job->settled, 0);
    f.clock.at_us += SECOND - 1;
    run(&f);
    assert_on_disk(fs, 1, 1);
    f.clock.at_us++;
    run(&f);
    assert_on_disk(fs, 1, 2);
    assert_int_equal(f.job->settled, 1);
    assert_int_equal(epoch_wake_us(f.job), INT64_MAX);
    fixture_release(&f);
    simfs_free(fs);
}

static void test_a_commit_that_cannot_be_synced(void **state)
{
    (void)state;
    struct fixture f;
    enum job_state what;
    struct simfs *fs = simfs_new();
    begin_and_start(&f, fs);
    one_epoch(&f, "1000,1\n");
    const struct fault fault = {.kind = FAULT_IO, .at = 0};
    const struct fault none = {.kind = FAULT_NONE};
    simfs_set_fault(fs, &fault);
    f.clock.at_us += SECOND;
    assert_int_equal(job_step(f.job, &what, &f.err), ERR_IO);
    assert_int_equal(f.err.exit_code, EXIT_IO_FAILED);
    assert_int_equal(f.job->settled, 0); /* nobody hears that it is safe */
    simfs_set_fault(fs, &none);
    fixture_release(&f);
    begin_and_start(&f, fs);
    assert_int_equal(f.job->resumed_epoch, 1);
    fixture_release(&f);
    simfs_free(fs);
}

/* Somebody looks whether a merge is over, unless something else is due before. */
static void test_a_merge_wakes_the_job(void **state)
{
    (void)state;
    struct fixture f;
    const int64_t look_us = 100 * US_PER_MS;
    struct simfs *fs = simfs_new();
    begin(&f, fs, false);
    f.config.log_bytes_max = f.config.merge_bytes_min = 1;
    f.config.merges_in_place = true;
    assert_int_equal(start(&f), OK);
    one_epoch(&f, "1000,1\n");
    while (!checkpoint_merges(f.job->checkpoint)) {
        one_epoch(&f, "1001,1\n");
    }
    assert_int_equal(epoch_wake_us(f.job), f.clock.at_us + look_us); /* not the sync, in 1 s */
    give(&f, 0, "1002,2\n");
    run(&f);
    f.clock.at_us = f.job->epoch_due_us - 10;
    assert_int_equal(epoch_wake_us(f.job), f.job->epoch_due_us);
    f.clock.at_us = f.job->epoch_due_us;
    run(&f);
    run(&f);
    assert_int_equal(f.job->n_merges, 1);
    assert_false(checkpoint_merges(f.job->checkpoint));
    fixture_release(&f);
    simfs_free(fs);
}

/* The step in which an epoch ends, or the end of the job, fails at each of its calls; the next
 * start has what came in. */
static uint32_t fail_at_each_call(bool at_stop)
{
    bool fired = true;
    uint32_t n_failed = 0;
    for (uint32_t at = 0; fired; at++) {
        struct fixture f;
        enum job_state what;
        struct feed_progress feed;
        const struct fault fault = {.kind = FAULT_IO, .at = at};
        const struct fault none = {.kind = FAULT_NONE};
        struct simfs *fs = simfs_new();
        begin_and_start(&f, fs);
        give(&f, 0, "1000,1\n");
        run(&f);
        f.clock.at_us += at_stop ? 0 : SECOND;
        simfs_set_fault(fs, &fault);
        enum status status = at_stop ? job_finish(f.job, &f.err) : job_step(f.job, &what, &f.err);
        fired = simfs_fired(fs);
        assert_int_equal(status, fired ? ERR_IO : OK);
        assert_int_equal(f.err.exit_code, fired ? EXIT_IO_FAILED : 0);
        n_failed += fired;
        simfs_set_fault(fs, &none);
        fixture_release(&f);
        begin_and_start(&f, fs);
        query_feed(f.query, &feed);
        assert_int_equal(feed.rows_in, 1);
        fixture_release(&f);
        simfs_free(fs);
    }
    return n_failed;
}

static void test_an_epoch_that_cannot_end(void **state)
{
    (void)state;
    /* The input log and its name are synced; INTENT is written, synced; COMMIT is written. */
    assert_int_equal(fail_at_each_call(false), 5);
    assert_true(fail_at_each_call(true) > 12); /* and a snapshot is made */
}

/* ---- what is large ------------------------------------------------------------------------------
 */

/* Cuts are kept in memory: so many end the epoch, though its time has not come. */
static void test_many_cuts_end_an_epoch(void **state)
{
    (void)state;
    struct fixture f;
    struct simfs *fs = simfs_new();
    begin_and_start(&f, fs);
    give(&f, 0, "1000,1\n");
    run(&f);
    const struct cut cut = {.kind = CUT_TRIGGER, .time_us = f.clock.at_us};
    while (f.job->cuts.len < (16 << 20) - 100) {
        epoch_cut(f.job, &cut);
    }
    run(&f);
    assert_int_equal(f.job->epoch, 1);
    for (int i = 0; i < 100; i++) {
        epoch_cut(f.job, &cut);
    }
    run(&f);
    assert_int_equal(f.job->epoch, 2);
    assert_int_equal(f.job->cuts.len, 0);
    assert_on_disk(fs, 1, 1);
    fixture_release(&f);
    simfs_free(fs);
}

/* Room of usual size is kept from image to image; more is given back. */
static void test_much_room_is_given_back(void **state)
{
    (void)state;
    struct fixture f;
    struct simfs *fs = simfs_new();
    begin_and_start(&f, fs);
    one_epoch(&f, "1000,1\n");
    assert_true(f.job->image.cap > 0);
    (void)bytebuf_reserve(&f.job->image, LARGE_BYTES);
    (void)bytebuf_reserve(&f.job->changes, LARGE_BYTES);
    one_epoch(&f, "1001,1\n");
    assert_true(f.job->image.cap < LARGE_BYTES);
    assert_true(f.job->changes.cap < LARGE_BYTES);
    fixture_release(&f);
    simfs_free(fs);
}

/* What is too large for a record is a snapshot, which has no such limit. */
static void test_a_large_commit_is_a_snapshot(void **state)
{
    (void)state;
    struct fixture f;
    struct simfs *fs = simfs_new();
    begin(&f, fs, false);
    f.config.commit_bytes_max = 10;
    assert_int_equal(start(&f), OK);
    one_epoch(&f, "1000,1\n");
    assert_on_disk(fs, 2, 0);
    one_epoch(&f, "1001,2\n");
    assert_on_disk(fs, 3, 0);
    assert_int_equal(f.job->settled, 2); /* without a second to wait */
    fixture_release(&f);
    begin_and_start(&f, fs);
    assert_int_equal(f.job->resumed_epoch, 2);
    give(&f, 0, "1031,4\n");
    assert_string_equal(run(&f), "1000 1010 2 3\n");
    fixture_release(&f);
    simfs_free(fs);
}

/* A log that is larger than the last snapshot and than the state is followed by a snapshot. */
static void test_a_log_outgrows_the_state(void **state)
{
    (void)state;
    struct fixture f;
    struct query_progress progress;
    struct simfs *fs = simfs_new();
    uint64_t log = 0;
    begin(&f, fs, false);
    f.config.log_bytes_min = 1;
    assert_int_equal(start(&f), OK);
    while (checkpoint_generation(f.job->checkpoint) == 1) {
        log = checkpoint_log_bytes(f.job->checkpoint);
        query_measure(f.query, &progress);
        assert_true(log <= progress.state_bytes || progress.state_bytes == 0);
        f.script.n = f.script.at = 0; /* there is room for so many chunks only */
        one_epoch(&f, "1000,1\n");
    }
    uint64_t snapshot = checkpoint_snapshot_bytes(f.job->checkpoint);
    assert_true(log + 2 * snapshot > progress.state_bytes); /* a COMMIT is about as large */
    assert_true(log > snapshot);
    fixture_release(&f);
    simfs_free(fs);
}

/* It does not wait for the snapshot that is being made of an earlier epoch. */
static void test_a_large_commit_while_merging(void **state)
{
    (void)state;
    struct fixture f;
    struct simfs *fs = simfs_new();
    begin(&f, fs, false);
    f.config.log_bytes_max = f.config.merge_bytes_min = 1;
    f.config.merges_in_place = true;
    assert_int_equal(start(&f), OK);
    one_epoch(&f, "1000,1\n");
    while (!checkpoint_merges(f.job->checkpoint)) {
        one_epoch(&f, "1001,1\n");
    }
    f.job->config.commit_bytes_max = 10;
    one_epoch(&f, "1002,1\n");
    assert_false(checkpoint_merges(f.job->checkpoint));
    assert_int_equal(f.job->n_merges, 0);
    assert_on_disk(fs, 2, 0);
    fixture_release(&f);
    simfs_free(fs);
}

/* ---- sinks that fail ----------------------------------------------------------------------------
 */

enum shaky_step { SHAKY_BEGIN, SHAKY_COMMIT, SHAKY_SETTLED, SHAKY_NONE };

/* Where rejected rows go, and at which call of which step that fails. */
struct shaky {
    struct sink_kind kind; /* first member */
    const struct sink_kind *kinds[2];
    struct kinds all;
    enum shaky_step step;
    uint32_t calls_left;
};

struct shaky_sink {
    struct sink sink;
    struct shaky *shaky;
};

static enum status shake(struct sink *sink, enum shaky_step step, struct error *err)
{
    struct shaky *shaky = ((struct shaky_sink *)sink)->shaky;
    bool fails = shaky->step == step && shaky->calls_left-- == 0;
    return fails ? error_set(err, ERR_IO, "shaken at step %d", (int)step) : OK;
}

static enum status shaky_begin(struct sink *sink, uint64_t epoch, struct error *err)
{
    (void)epoch;
    return shake(sink, SHAKY_BEGIN, err);
}

static enum status shaky_write(struct sink *sink, const struct batch *batch, struct error *err)
{
    (void)sink;
    (void)batch;
    (void)err;
    return OK;
}

static enum status shaky_commit(struct sink *sink, uint64_t epoch, struct error *err)
{
    (void)epoch;
    return shake(sink, SHAKY_COMMIT, err);
}

static enum status shaky_settled(struct sink *sink, uint64_t epoch, struct error *err)
{
    (void)epoch;
    return shake(sink, SHAKY_SETTLED, err);
}

static enum status shaky_open(void *owner, const struct sink_config *config, struct sink **out,
                              uint64_t *committed, struct error *err)
{
    (void)config;
    (void)err;
    struct shaky_sink *sink = mem_zalloc(sizeof *sink);
    sink->shaky = owner;
    sink->sink.kind = &sink->shaky->kind;
    *committed = 0;
    *out = &sink->sink;
    return OK;
}

static const struct option_spec shaky_options[] = {{.name = NULL}};

static void shaky_init(struct shaky *shaky, enum shaky_step step, uint32_t calls_left)
{
    *shaky = (struct shaky){
        .kind = {.scheme = "shaky",
                 .promise = SINK_AT_LEAST_ONCE,
                 .options = shaky_options,
                 .open_of = shaky_open,
                 .owner = shaky,
                 .begin = shaky_begin,
                 .write = shaky_write,
                 .commit = shaky_commit,
                 .settled = shaky_settled,
                 .close = text_close},
        .step = step,
        .calls_left = calls_left,
    };
    shaky->kinds[0] = &shaky->kind;
    shaky->all = test_kinds;
    shaky->all.sinks = shaky->kinds;
}

static void begin_shaky(struct fixture *f, const struct simfs *fs, struct shaky *shaky)
{
    begin(f, fs, true);
    f->config.kinds = &shaky->all;
    f->stream.on_error = ON_ERROR_INTO;
    f->stream.on_error_uri = slice_text("shaky:bad");
}

static enum status run_all(struct fixture *f)
{
    enum job_state what = JOB_WORKED;
    TRY(start(f));
    while (what != JOB_DONE) {
        TRY(job_step(f->job, &what, &f->err));
    }
    return job_finish(f->job, &f->err);
}

/* The job fails with what the sink says, and the next start has all rows. */
static void test_the_sink_of_bad_rows_fails(void **state)
{
    (void)state;
    for (enum shaky_step step = SHAKY_BEGIN; step < SHAKY_NONE; step++) {
        for (uint32_t call = 0; call < (step == SHAKY_BEGIN ? 2 : 1); call++) {
            struct fixture f;
            struct shaky shaky;
            char expected[40];
            struct simfs *fs = simfs_new();
            shaky_init(&shaky, step, call);
            begin_shaky(&f, fs, &shaky);
            give(&f, 0, "1000,1\nnonsense\n");
            assert_int_equal(run_all(&f), ERR_IO);
            snprintf(expected, sizeof expected, "shaken at step %d", (int)step);
            assert_string_equal(f.err.text, expected);
            fixture_release(&f);
            shaky_init(&shaky, SHAKY_NONE, 0);
            begin_shaky(&f, fs, &shaky);
            if (step == SHAKY_BEGIN && call == 0) { /* nothing had come in yet */
                give(&f, 0, "1000,1\nnonsense\n");
            }
            assert_int_equal(run_all(&f), OK);
            struct feed_progress feed;
            query_feed(f.query, &feed);
            assert_int_equal(feed.rows_in, 2);
            assert_int_equal(feed.rows_bad, 1);
            fixture_release(&f);
            simfs_free(fs);
        }
    }
}

/* A start settles the epoch that was committed last, and fails where that does. */
static void test_the_sink_of_bad_rows_fails_at_the_start(void **state)
{
    (void)state;
    struct fixture f;
    struct shaky shaky;
    struct simfs *fs = simfs_new();
    shaky_init(&shaky, SHAKY_NONE, 0);
    begin_shaky(&f, fs, &shaky);
    f.stream.finite = f.script.finite = false;
    assert_int_equal(start(&f), OK);
    one_epoch(&f, "1000,1\nnonsense\n");
    fixture_release(&f);
    for (int life = 0; life < 2; life++) {
        shaky_init(&shaky, life == 0 ? SHAKY_SETTLED : SHAKY_NONE, 0);
        begin_shaky(&f, fs, &shaky);
        assert_int_equal(start(&f), life == 0 ? ERR_IO : OK);
        assert_int_equal(f.job->resumed_epoch, 1);
        assert_true(life == 1 || strcmp(f.err.text, "shaken at step 2") == 0);
        fixture_release(&f);
    }
    simfs_free(fs);
}

/* ---- the end ------------------------------------------------------------------------------------
 */

/* Windows that --no-flush leaves open wait for what a later run finds at the end. */
static void test_the_end_without_a_flush(void **state)
{
    (void)state;
    struct simfs *fs = simfs_new();
    static const char *const said[] = {"commit 1\n", "1000 1010 1 1\ncommit 2\n", ""};
    for (int life = 0; life < 3; life++) {
        struct fixture f;
        begin(&f, fs, true);
        f.config.no_flush = life == 0;
        if (life == 0) {
            give(&f, 0, "1000,1\n");
        }
        assert_int_equal(run_all(&f), OK);
        assert_string_equal(bytebuf_text(&f.out), said[life]);
        fixture_release(&f);
    }
    simfs_free(fs);
}

/* Statements that wait for a snapshot get one when the job stops, though nothing came. */
static void test_the_end_with_other_statements(void **state)
{
    (void)state;
    struct fixture f;
    struct slice text;
    struct simfs *fs = simfs_new();
    begin_and_start(&f, fs);
    assert_int_equal(job_finish(f.job, &f.err), OK);
    uint64_t generation = checkpoint_generation(f.job->checkpoint);
    fixture_release(&f);
    for (int life = 0; life < 2; life++) {
        begin_and_start(&f, fs);
        if (life == 1) {
            checkpoint_set_text(f.job->checkpoint, slice_text("SELECT 2;"));
        }
        assert_int_equal(epoch_finish(f.job, &f.err), OK);
        assert_int_equal(checkpoint_generation(f.job->checkpoint), generation + (uint64_t)life);
        fixture_release(&f);
    }
    assert_true(simfs_file(fs, "job/job.sql", &text));
    assert_true(slice_equal(text, slice_text("SELECT 2;")));
    simfs_free(fs);
}

/* Whoever asks a job for a checkpoint asks the one that it reads from, too. */
static void test_a_checkpoint_is_asked_of_the_host(void **state)
{
    (void)state;
    struct fixture host;
    struct fixture guest;
    struct simfs *fs = simfs_new();
    begin_and_start(&host, fs);
    fixture_init(&guest, false, false);
    guest.config.host = host.job;
    guest.job = job_new(&guest.config);
    job_checkpoint(guest.job);
    assert_true(host.job->wants_snapshot);
    assert_false(guest.job->wants_snapshot); /* it has nothing to keep it in */
    fixture_release(&guest);
    fixture_release(&host);
    simfs_free(fs);
}

TEST_MAIN(cmocka_unit_test(test_an_epoch_wakes_the_job),
          cmocka_unit_test(test_a_commit_does_not_wait_for_ever),
          cmocka_unit_test(test_a_commit_that_cannot_be_synced),
          cmocka_unit_test(test_a_merge_wakes_the_job),
          cmocka_unit_test(test_an_epoch_that_cannot_end),
          cmocka_unit_test(test_many_cuts_end_an_epoch),
          cmocka_unit_test(test_much_room_is_given_back),
          cmocka_unit_test(test_a_large_commit_is_a_snapshot),
          cmocka_unit_test(test_a_log_outgrows_the_state),
          cmocka_unit_test(test_a_large_commit_while_merging),
          cmocka_unit_test(test_the_sink_of_bad_rows_fails),
          cmocka_unit_test(test_the_sink_of_bad_rows_fails_at_the_start),
          cmocka_unit_test(test_the_end_without_a_flush),
          cmocka_unit_test(test_the_end_with_other_statements),
          cmocka_unit_test(test_a_checkpoint_is_asked_of_the_host))
