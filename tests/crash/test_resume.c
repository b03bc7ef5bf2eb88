/* A start that finds what another job has left: streams and queries more, fewer or other ones, at
 * every call at which the job before can be killed; sinks that were exchanged. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/run/checkpoint_view.h"
#include "engine/run/job_look.h"
#include "engine/state/frame.h"
#include "tests/crash/letters.h"
#include "tests/support/testing.h"

/* ---- other queries ------------------------------------------------------------------------------
 */

/* A job with one stream more is killed at each of its calls. */
static void one_stream_more(bool is_logged)
{
    struct simfs *fs = simfs_new();
    assert_lives(fs, (struct life){.sql = S_TO_A,
                                   .s = "abc",
                                   .is_logged = is_logged,
                                   .goes_on = true,
                                   .steps = 8});
    uint32_t first = simfs_n_calls(fs);
    const struct life second = {.sql = S_TO_A T_TO_B,
                                .s = is_logged ? "defg" : LETTERS,
                                .t = OTHERS,
                                .is_logged = is_logged,
                                .steps = STEPS};
    assert_lives(fs, second);
    assert_letters(fs, "a", LETTERS);
    assert_letters(fs, "b", OTHERS);
    for (uint32_t calls = first; calls <= simfs_n_calls(fs); calls++) {
        struct simfs *left = simfs_killed(fs, calls);
        struct simfs *before = simfs_killed(fs, calls);
        struct life third = second;
        third.s = is_logged ? "" : LETTERS;
        third.t = is_logged ? "" : OTHERS;
        assert_lives(left, third);
        if (is_logged) { /* nobody sends again what had not come in */
            assert_goes_on(before, left, "a", LETTERS);
            assert_goes_on(before, left, "b", OTHERS);
        } else {
            assert_letters(left, "a", LETTERS);
            assert_letters(left, "b", OTHERS);
        }
        simfs_free(before);
        simfs_free(left);
    }
    simfs_free(fs);
}

static void test_a_stream_more(void **state)
{
    (void)state;
    one_stream_more(false);
    one_stream_more(true);
}

/* A job is killed at each of its calls, and goes on without one of its streams. */
static void one_stream_less(bool is_logged)
{
    struct simfs *fs = simfs_new();
    char had[LETTERS_MAX];
    assert_lives(fs, (struct life){.sql = S_TO_A T_TO_B,
                                   .s = LETTERS,
                                   .t = OTHERS,
                                   .is_logged = is_logged,
                                   .steps = STEPS});
    for (uint32_t calls = 0; calls <= simfs_n_calls(fs); calls++) {
        struct simfs *left = simfs_killed(fs, calls);
        struct simfs *before = simfs_killed(fs, calls);
        assert_lives(left, (struct life){.sql = S_TO_A,
                                         .s = is_logged ? "" : LETTERS,
                                         .is_logged = is_logged,
                                         .accepts = true,
                                         .steps = STEPS});
        if (is_logged) {
            assert_goes_on(before, left, "a", LETTERS);
        } else {
            assert_letters(left, "a", LETTERS);
        }
        assert_letters(left, "b", letters_of(before, "b", had));
        simfs_free(before);
        simfs_free(left);
    }
    simfs_free(fs);
}

static void test_a_stream_less(void **state)
{
    (void)state;
    one_stream_less(false);
    one_stream_less(true);
}

/* The epoch that is done again comes to other rows, and that is what was asked for. */
static void test_another_condition(void **state)
{
    (void)state;
    struct simfs *fs = simfs_new();
    uint32_t n_refused = 0;
    struct life life = {.sql = SINKS STREAM("s", "") "INSERT INTO a SELECT max(k) AS k FROM s "
                                                     "WINDOW 3 ROWS;",
                        .s = LETTERS,
                        .steps = STEPS};
    assert_lives(fs, life);
    life.sql = SINKS STREAM("s", "") "INSERT INTO a SELECT max(k) AS k FROM s WHERE k <> 'b' "
                                     "WINDOW 3 ROWS;";
    for (uint32_t calls = 0; calls <= simfs_n_calls(fs); calls++) {
        char letters[LETTERS_MAX];
        struct simfs *left = simfs_killed(fs, calls);
        life.accepts = false;
        n_refused += live(left, &life) != OK;
        life.accepts = true;
        assert_lives(left, life);
        /* Three of abcdefg, or without b from somewhere on. */
        letters_of(left, "a", letters);
        assert_true(strcmp(letters, "cfg") == 0 || strcmp(letters, "dg") == 0 ||
                    strcmp(letters, "dgg") == 0 || strcmp(letters, "cf") == 0);
        simfs_free(left);
    }
    assert_true(n_refused > 10);
    simfs_free(fs);
}

/* What is logged while the life is refused. */
static void log_of(const struct simfs *fs, struct life *life, char *out, size_t max)
{
    int ends[2];
    int saved = dup(STDERR_FILENO);
    assert_int_equal(pipe(ends), 0);
    dup2(ends[1], STDERR_FILENO);
    enum status status = live(fs, life);
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(ends[1]);
    ssize_t n = read(ends[0], out, max - 1);
    close(ends[0]);
    assert_int_equal(status, ERR_STATE);
    assert_int_equal(life->err.exit_code, EXIT_QUERY_CHANGED);
    out[n > 0 ? n : 0] = '\0';
}

/* A refusal shows what somebody wrote otherwise since. */
static void test_a_refusal_shows_the_text(void **state)
{
    (void)state;
    char said[4096];
    struct simfs *fs = simfs_new();
    struct life life = {.sql = S_TO_A, .s = LETTERS, .steps = STEPS, .text = "one\ntwo\n"};
    assert_lives(fs, life);
    life.sql = SINKS STREAM("s", "") "INSERT INTO b SELECT k, v FROM s;";
    log_of(fs, &life, said, sizeof said);
    assert_null(strstr(said, "the statements differ"));
    assert_non_null(strstr(said, "query a is not asked any more"));
    life.text = "one\nthree\n";
    log_of(fs, &life, said, sizeof said);
    assert_non_null(strstr(said, "the statements differ from those in \"state/job.sql\":\n"));
    assert_non_null(strstr(said, "- two\n+ three\n"));
    simfs_free(fs);
}

/* ---- input that waits ---------------------------------------------------------------------------
 */

/* A power loss may take COMMIT and leave what came behind it: then an epoch is done again while
 * input of the next one waits. It waits still if that start is killed, at whatever call. */
static void test_input_behind_an_epoch_that_is_done_again(void **state)
{
    (void)state;
    struct simfs *fs = simfs_new();
    const struct life none = {.sql = S_TO_A, .s = "", .is_logged = true, .steps = STEPS};
    struct life life = none;
    life.s = "abc";
    life.goes_on = true;
    assert_lives(fs, life);
    for (uint32_t calls = 1; calls <= simfs_n_calls(fs); calls++) {
        struct slice manifest;
        struct simfs *left = simfs_killed(fs, calls);
        if (simfs_file(left, "state/MANIFEST", &manifest)) {
            char expected[LETTERS_MAX];
            log_row(left, 'z');
            struct simfs *traced = simfs_killed(left, simfs_n_calls(left));
            assert_lives(traced, none);
            letters_of(traced, "a", expected);
            assert_int_equal(expected[strlen(expected) - 1], 'z');
            for (uint32_t again = 0; again <= simfs_n_calls(traced); again++) {
                struct simfs *twice = simfs_killed(traced, again);
                assert_lives(twice, none);
                assert_letters(twice, "a", expected);
                simfs_free(twice);
            }
            simfs_free(traced);
        }
        simfs_free(left);
    }
    simfs_free(fs);
}

/* Half a row of a connection that a kill has cut is bad, which ON ERROR FAIL does not bear: not at
 * the next start, and not at the one behind that. */
static void test_half_a_row_may_not_be_lost(void **state)
{
    (void)state;
    struct simfs *fs = simfs_new();
    for (int starts = 0; starts < 3; starts++) {
        struct stage stage;
        stage_init(&stage, fs);
        struct memory_feed *feed = stage_feed(&stage, "s");
        memory_feed_set_flags(feed, 0);
        memory_feed_add(feed, 0, slice_text("2026-01-05T09:0"));
        enum status status =
            stage_start(&stage,
                        SINKS STREAM("s", " ON ERROR FAIL") "INSERT INTO a SELECT k FROM s;");
        if (starts == 0) {
            assert_int_equal(status, OK);
            assert_int_equal(stage_steps(&stage, 4, US_PER_SECOND), OK);
        } else {
            assert_int_equal(status, ERR_INPUT);
            assert_int_equal(stage.err.exit_code, 5);
            assert_non_null(strstr(stage.err.text, "cut off in the middle"));
        }
        stage_release(&stage);
    }
    simfs_free(fs);
}

/* A start that takes up input of a connection that was cut fails at each of its calls; the next one
 * has all of it, and the half row once. */
static void test_a_start_that_fails(void **state)
{
    (void)state;
    const struct fault none = {.kind = FAULT_NONE};
    bool fired = true;
    uint32_t n_failed = 0;
    for (uint32_t at = 0; fired; at++) {
        struct feed_progress progress;
        struct stage stage;
        struct simfs *fs = simfs_new();
        struct life life = {.sql = S_TO_A, .s = "abc", .is_logged = true, .goes_on = true};
        life.half = "2026-01-05T09:0";
        life.steps = 9;
        assert_lives(fs, life);
        const struct fault fault = {.kind = FAULT_IO, .at = at};
        life.s = life.half = "";
        life.steps = 0;
        simfs_set_fault(fs, &fault);
        enum status status = live(fs, &life);
        fired = simfs_fired(fs);
        n_failed += fired;
        assert_int_equal(status, fired ? ERR_IO : OK);
        simfs_set_fault(fs, &none);
        stage_init(&stage, fs);
        memory_feed_set_flags(stage_feed(&stage, "s"), 0);
        assert_int_equal(stage_start(&stage, S_TO_A), OK);
        assert_int_equal(stage_steps(&stage, STEPS, STEP_US), OK);
        query_feed(stage.query, &progress);
        assert_int_equal(progress.rows_in, 4);
        assert_int_equal(progress.rows_bad, 1);
        assert_letters(fs, "a", "abc");
        stage_release(&stage);
        simfs_free(fs);
    }
    assert_true(n_failed > 15);
}

/* ---- sinks --------------------------------------------------------------------------------------
 */

#define BAD_TO_LEDGER                                                                              \
    SINKS STREAM("s", " ON ERROR INTO 'ledger:bad'") "INSERT INTO a SELECT k, v FROM s;"

/* The files, but `ledger` is at that epoch. */
static struct simfs *with_ledger(const struct simfs *fs, const char *ledger, const char *text)
{
    struct simfs *left = simfs_killed(fs, simfs_n_calls(fs));
    simfs_put(left, ledger, slice_text(text));
    return left;
}

static void refuse_ledger(const struct simfs *fs, const struct life *life, const char *epoch,
                          int exit_code)
{
    struct life again = *life;
    struct simfs *left = with_ledger(fs, "bad", epoch);
    assert_int_equal(live(left, &again), ERR_STATE);
    assert_int_equal(again.err.exit_code, exit_code);
    assert_non_null(strstr(again.err.text, "sink \"bad rows\" is at epoch"));
    simfs_free(left);
}

static void test_the_sink_of_bad_rows(void **state)
{
    (void)state;
    struct simfs *fs = simfs_new();
    struct life life = {.sql = BAD_TO_LEDGER, .s = LETTERS, .goes_on = true, .steps = STEPS};
    refuse_ledger(fs, &life, "epoch 3\n", EXIT_SINK_AHEAD); /* there is no checkpoint */
    assert_lives(fs, life);
    refuse_ledger(fs, &life, "epoch 1\n", EXIT_SINK_BEHIND);
    refuse_ledger(fs, &life, "epoch 99\n", EXIT_SINK_AHEAD);
    life.replays = true;
    refuse_ledger(fs, &life, "epoch 99\n", EXIT_SINK_AHEAD);
    simfs_free(fs);
}

/* The rows that were rejected are part of what was committed. */
static void test_rejected_rows_that_are_gone(void **state)
{
    (void)state;
    struct simfs *fs = simfs_new();
    struct life life = {.sql = S_TO_A, .s = "abc", .half = "nonsense\n", .steps = STEPS};
    assert_lives(fs, life);
    for (int replays = 0; replays < 2; replays++) {
        struct simfs *left = simfs_killed(fs, simfs_n_calls(fs));
        simfs_put(left, "state/dead.1", slice_text("{"));
        life.replays = replays == 1;
        assert_int_equal(live(left, &life), ERR_STATE);
        assert_int_equal(life.err.exit_code, EXIT_STATE_CORRUPT);
        assert_non_null(strstr(life.err.text, "dead.1: it is shorter than what was committed"));
        simfs_free(left);
    }
    simfs_free(fs);
}

/* New sinks come to the epoch that the job is at before it begins. Each call of such a start fails
 * once, and the next start is as it would have been. */
static void join_with_faults(const struct simfs *fs, const struct life *life, const char *expected)
{
    const struct fault none = {.kind = FAULT_NONE};
    bool fired = true;
    for (uint32_t at = 0; fired; at++) {
        const struct fault fault = {.kind = FAULT_IO, .at = at};
        struct simfs *left = simfs_killed(fs, simfs_n_calls(fs));
        struct life start = *life;
        start.steps = 0;
        simfs_set_fault(left, &fault);
        enum status status = live(left, &start);
        fired = simfs_fired(left);
        assert_int_equal(status, fired ? ERR_IO : OK);
        simfs_set_fault(left, &none);
        assert_lives(left, *life);
        assert_letters(left, "a", expected);
        assert_letters(left, "b", OTHERS);
        simfs_free(left);
    }
}

#define U_TO_B STREAM("t", " ON ERROR INTO 'ledger:bad'") "INSERT INTO b SELECT k, v FROM t;"

static void test_new_sinks(void **state)
{
    (void)state;
    struct slice ledger;
    struct simfs *fs = simfs_new();
    struct simfs *other = simfs_new();
    assert_lives(fs, (struct life){.sql = S_TO_A, .s = LETTERS, .goes_on = true, .steps = STEPS});
    struct life life = {.sql = S_TO_A U_TO_B, .s = LETTERS, .t = OTHERS, .steps = STEPS};
    join_with_faults(fs, &life, LETTERS);
    life.replays = true;
    join_with_faults(fs, &life, LETTERS LETTERS);
    life.replays = false;
    life.forgets = true;
    assert_true(simfs_file(fs, "a", &ledger));
    simfs_put(other, "a", ledger);
    join_with_faults(other, &life, LETTERS LETTERS);
    simfs_free(other);
    simfs_free(fs);
}

/* Statements that the run before did not bring to job.sql: a start with those from before is
 * refused once; whoever only looks changes nothing. */
static void test_statements_of_the_last_moment(void **state)
{
    (void)state;
    struct stage stage;
    struct job_saved saved;
    struct slice text;
    struct bytebuf shown = {0};
    struct simfs *fs = simfs_new();
    struct life life = {.sql = S_TO_A,
                        .s = LETTERS,
                        .goes_on = true,
                        .steps = STEPS,
                        .text = "before"};
    assert_lives(fs, life);
    struct simfs *left = simfs_killed(fs, simfs_n_calls(fs));
    simfs_put(left, "state/job.1", slice_text("now"));
    stage_init(&stage, left);
    stage.config.looks = true;
    stage.job = job_new(&stage.config);
    assert_int_equal(job_look_open(stage.job, &saved, &stage.err), OK);
    assert_int_equal(saved.generation, 1);
    stage_release(&stage);
    assert_int_equal(checkpoint_show(simfs_interface(left), "state", &shown, &stage.err), OK);
    assert_non_null(strstr(bytebuf_text(&shown), "job.sql\n    now\n"));
    bytebuf_release(&shown);
    assert_true(simfs_file(left, "state/job.1", &text));
    assert_int_equal(live(left, &life), ERR_STATE);
    assert_int_equal(life.err.exit_code, EXIT_QUERY_CHANGED);
    assert_true(simfs_file(left, "state/job.sql", &text));
    assert_true(slice_equal(text, slice_text("now")));
    life.text = "now";
    assert_lives(left, life);
    simfs_free(left);
    simfs_free(fs);
}

/* Without a directory there is nothing to resume. */
static void test_no_directory(void **state)
{
    (void)state;
    struct simfs *fs = simfs_new();
    struct stage stage;
    struct checkpoint_written written;
    stage_init(&stage, fs);
    stage.config.state_dir = NULL;
    stage.job = job_new(&stage.config);
    assert_int_equal(job_open(stage.job, &stage.err), OK);
    assert_false(job_has_checkpoint(stage.job));
    assert_int_equal(job_checkpoint_now(stage.job, &written, &stage.err), ERR_OPTION);
    assert_int_equal(simfs_n_calls(fs), 0);
    stage_release(&stage);
    simfs_free(fs);
}

TEST_MAIN(cmocka_unit_test(test_a_stream_more), cmocka_unit_test(test_a_stream_less),
          cmocka_unit_test(test_another_condition), cmocka_unit_test(test_a_refusal_shows_the_text),
          cmocka_unit_test(test_input_behind_an_epoch_that_is_done_again),
          cmocka_unit_test(test_half_a_row_may_not_be_lost),
          cmocka_unit_test(test_a_start_that_fails), cmocka_unit_test(test_the_sink_of_bad_rows),
          cmocka_unit_test(test_rejected_rows_that_are_gone), cmocka_unit_test(test_new_sinks),
          cmocka_unit_test(test_statements_of_the_last_moment), cmocka_unit_test(test_no_directory))
