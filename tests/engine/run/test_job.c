/* A job from bytes to rows. */
#include "tests/engine/run/job_fixture.h"

static void test_windows_close_behind_the_watermark(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, false, false);
    fixture_start(&f);
    give(&f, 0, "1000,1\n1001,2\n10");
    assert_string_equal(run(&f), "");
    give(&f, 0, "11,3\n1012,4\n");
    assert_string_equal(run(&f), "1000 1010 2 3\n");
    give(&f, 0, "1009,5\n1025,6\n"); /* the first one is late */
    assert_string_equal(run(&f), "1010 1020 2 7\n");
    struct query_progress progress;
    query_measure(f.query, &progress);
    assert_int_equal(progress.rows_in, 6);
    assert_int_equal(progress.rows_late, 1);
    assert_int_equal(progress.rows_out, 2);
    const struct late_row *late;
    assert_int_equal(query_late_rows(f.query, &late, 1), 1);
    assert_int_equal(late->watermark, 1010 * SECOND);
    assert_memory_equal(late->text, "1970-01-01T00:16:49Z,5", late->text_len);
    fixture_release(&f);
}

static void test_silence_closes_the_last_window(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, false, false);
    fixture_start(&f);
    give(&f, 0, "1000,1\n");
    assert_string_equal(run(&f), "");
    f.clock.at_us += 9 * SECOND;
    assert_string_equal(run(&f), "commit 1\n");
    /* The watermark stands at 998; after 10 s of silence it runs on and is at 1010 when 12 s have
     * passed. */
    assert_int_equal(job_wake_us(f.job), 1012 * SECOND);
    f.clock.at_us = 1012 * SECOND;
    assert_string_equal(run(&f), "1000 1010 1 1\ncommit 2\n");
    fixture_release(&f);
}

static void test_arrival_time_ticks(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, false, true);
    fixture_start(&f);
    give(&f, 0, "5,1\n6,2\n");
    assert_string_equal(run(&f), "");
    int64_t commit_us = f.clock.at_us + SECOND;
    assert_int_equal(job_wake_us(f.job), commit_us);
    f.clock.at_us = commit_us;
    assert_string_equal(run(&f), "commit 1\n");
    assert_int_equal(job_wake_us(f.job), 1010 * SECOND);
    f.clock.at_us = 1010 * SECOND;
    assert_string_equal(run(&f), "1000 1010 2 3\ncommit 2\n");
    f.clock.at_us = 1020 * SECOND;
    assert_string_equal(run(&f), "1010 1020 0 \ncommit 3\n");
    fixture_release(&f);
}

static void test_end_of_input_flushes(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, true, false);
    fixture_start(&f);
    give(&f, 0, "1000,1\n1031,2"); /* no line end at the end */
    assert_string_equal(run(&f), "1000 1010 1 1\n1030 1040 1 2\ncommit 1\n");
    fixture_release(&f);
    fixture_init(&f, true, false);
    f.config.no_flush = true;
    fixture_start(&f);
    give(&f, 0, "1000,1\n1031,2");
    assert_string_equal(run(&f), "1000 1010 1 1\ncommit 1\n");
    fixture_release(&f);
}

static void test_bad_rows_add_up(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, true, false);
    fixture_start(&f);
    give(&f, 0, "1000,1\nnonsense\n1001,x\ny,3\n1002,4\n");
    assert_string_equal(run(&f), "1000 1010 2 5\ncommit 1\n");
    struct feed_progress feed;
    struct query_progress progress;
    const struct bad_row *bad[5];
    query_feed(f.query, &feed);
    query_measure(f.query, &progress);
    assert_int_equal(feed.rows_in, 5);
    assert_int_equal(feed.rows_bad, 3);
    assert_int_equal(query_bad_rows(f.query, bad, 5), 3);
    assert_string_equal(bad[0]->column, "v");
    assert_int_equal(bad[0]->offset, 16);
    assert_string_equal(bad[1]->column, "ts");
    assert_string_equal(bad[2]->column, "");
    assert_string_equal(bad[2]->reason, "no comma");
    assert_string_equal(bad[2]->source, "zero");
    fixture_release(&f);
}

static void test_on_error_fail(void **state)
{
    (void)state;
    struct fixture f;
    enum job_state what = JOB_WORKED;
    fixture_init(&f, true, false);
    f.stream.on_error = ON_ERROR_FAIL;
    fixture_start(&f);
    give(&f, 0, "1000,1\nnonsense\n");
    assert_int_equal(job_step(f.job, &what, &f.err), ERR_INPUT);
    assert_int_equal(f.err.exit_code, 5);
    assert_non_null(strstr(f.err.text, "no comma"));
    fixture_release(&f);
}

/* Two queries over one stream: it is read once, and a row that both find bad is counted once. */
static void test_two_queries_share_a_stream(void **state)
{
    (void)state;
    struct fixture f;
    struct query *second;
    struct bytebuf other;
    bytebuf_init(&other);
    fixture_init(&f, true, false);
    fixture_start(&f);
    assert_int_equal(job_add_query(f.job, &f.plan, text_sink_new(&other), &second, &f.err), OK);
    give(&f, 0, "1000,1\n1001,x\n1012,4\n");
    const char *rows = run(&f);
    assert_string_equal(rows, "1000 1010 1 1\n1010 1020 1 4\ncommit 1\n");
    assert_string_equal(bytebuf_text(&other), rows);
    struct feed_progress feed;
    query_feed(second, &feed);
    assert_int_equal(feed.rows_in, 3);
    assert_int_equal(feed.rows_bad, 1);
    assert_int_equal(job_remove_query(f.job, second, &f.err), OK);
    fixture_release(&f);
    bytebuf_release(&other);
}

static void test_slow_split_holds_windows_open(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, false, false);
    f.script.n_splits = 2;
    fixture_start(&f);
    give(&f, 1, "1000,1\n");
    give(&f, 0, "1050,1\n");
    assert_string_equal(run(&f), "");
    struct bytebuf why;
    bytebuf_init(&why);
    query_explain(f.query, true, &why);
    assert_non_null(strstr(bytebuf_text(&why), "held by one"));
    assert_non_null(strstr(bytebuf_text(&why), "when a row >= 1970-01-01T00:16:52Z arrives"));
    bytebuf_release(&why);
    give(&f, 1, "1013,1\n");
    assert_string_equal(run(&f), "1000 1010 1 1\n");
    fixture_release(&f);
}

/* A split that the source lists counts before it has given anything. */
static void test_listed_splits_are_waited_for(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, false, false);
    f.script.n_splits = 2;
    f.script.lists = true;
    fixture_start(&f);
    give(&f, 0, "1000,1\n1050,1\n");
    assert_string_equal(run(&f), "");
    give(&f, 1, "1001,2\n1050,1\n");
    assert_string_equal(run(&f), "1000 1010 2 3\n");
    fixture_release(&f);
}

static void test_trigger_interval(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, false, false);
    f.config.trigger_us = 5 * SECOND;
    fixture_start(&f);
    give(&f, 0, "1000,1\n1020,2\n");
    assert_string_equal(run(&f), "1000 1010 1 1\n");
    give(&f, 0, "1040,3\n");
    assert_string_equal(run(&f), "");
    assert_int_equal(job_wake_us(f.job), 1005 * SECOND);
    f.clock.at_us = 1005 * SECOND;
    assert_string_equal(run(&f), "1020 1030 1 2\ncommit 1\n");
    fixture_release(&f);
}

static void expect_done(struct fixture *f, const char *text)
{
    assert_string_equal(bytebuf_text(&f->script.done), text);
    bytebuf_clear(&f->script.done);
}

/* The source hears of whole records once their trigger has left, and of a split's last byte. */
static void test_source_hears_what_is_done(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, false, false);
    f.config.trigger_us = 5 * SECOND;
    f.script.n_splits = 2;
    fixture_start(&f);
    f.clock.at_us = 1001 * SECOND;
    run(&f);
    give(&f, 0, "1000,1\n10");
    run(&f);
    expect_done(&f, "0:7 ");
    give(&f, 0, "01,1\n");
    give(&f, 1, "1001,2\n100");
    run(&f);
    expect_done(&f, ""); /* the next trigger is not due */
    f.clock.at_us += 5 * SECOND;
    run(&f);
    expect_done(&f, "0:14 1:7 ");
    give(&f, 1, ended);
    f.clock.at_us += 5 * SECOND;
    run(&f);
    expect_done(&f, "1:10 ");
    give(&f, 0, ended); /* nothing is left of it: said all the same */
    f.clock.at_us += 5 * SECOND;
    run(&f);
    expect_done(&f, "0:14 ");
    fixture_release(&f);
}

/* A number comes back as another split: from byte 0, and the half record is not glued to it. */
static void test_split_numbers_come_back(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, false, false);
    fixture_start(&f);
    give(&f, 0, "1000,1\n1001,2");
    give(&f, 0, ended);
    run(&f);
    expect_done(&f, "0:7 0:13 ");
    give(&f, 0, "1012,3\n1013,");
    give(&f, 0, broken);
    assert_string_equal(run(&f), "1000 1010 2 3\n");
    expect_done(&f, "0:7 0:12 ");
    struct feed_progress feed;
    const struct bad_row *bad[2];
    query_feed(f.query, &feed);
    assert_int_equal(feed.rows_in, 4);
    assert_int_equal(query_bad_rows(f.query, bad, 2), 1);
    assert_int_equal(bad[0]->offset, 7);
    assert_string_equal(bad[0]->reason, "cut off in the middle");
    assert_int_equal(feed.n_splits, 1);
    give(&f, 0, "1023,4\n");
    assert_string_equal(run(&f), "1010 1020 1 3\n");
    fixture_release(&f);
}

/* Saved after any chunk and loaded into a fresh job, the rest of the input gives the same rows. */
static void test_snapshot_goes_on(void **state)
{
    (void)state;
    static const char *const chunks[] = {"1000,1\n10", "05,2\n1013,", "3\n1009,9\n",
                                         "1029,5\n1041,1\n"};
    struct fixture f;
    for (uint32_t cut = 0; cut <= 4; cut++) {
        struct bytebuf saved;
        struct bytebuf all;
        bytebuf_init(&saved);
        bytebuf_init(&all);
        fixture_init(&f, true, false);
        f.script.finite = false;
        fixture_start(&f);
        for (uint32_t i = 0; i < 4; i++) {
            if (i == cut) {
                job_save(f.job, true, &saved);
                struct slice save = bytebuf_slice(&saved);
                job_free(f.job);
                f.job = job_new(&f.config);
                job_feed_opened(f.job, &f.stream, &(struct feed_start){.source = &f.script.source});
                assert_int_equal(job_add_query(f.job, &f.plan, text_sink_new(&f.out), &f.query,
                                               &f.err),
                                 OK);
                assert_int_equal(job_load(f.job, &save, 1, &f.err), OK);
                bytebuf_add_text(&all, run(&f));
                expect_done(&f, ""); /* this source has not given a byte of it */
            }
            give(&f, 0, chunks[i]);
            bytebuf_add_text(&all, run(&f));
        }
        f.script.finite = true;
        bytebuf_add_text(&all, run(&f));
        assert_string_equal(bytebuf_text(&all), "1000 1010 2 3\n1010 1020 1 3\n1020 1030 1 5\n"
                                                "1040 1050 1 1\ncommit 1\n");
        fixture_release(&f);
        bytebuf_release(&saved);
        bytebuf_release(&all);
    }
}

static void test_damaged_snapshot(void **state)
{
    (void)state;
    struct fixture f;
    struct bytebuf saved;
    bytebuf_init(&saved);
    fixture_init(&f, false, false);
    fixture_start(&f);
    give(&f, 0, "1000,1\n1005,2\n10");
    run(&f);
    job_save(f.job, true, &saved);
    for (size_t len = 0; len < saved.len; len++) {
        struct fixture g;
        fixture_init(&g, false, false);
        fixture_start(&g);
        struct slice cut = slice_of(saved.at, len);
        assert_int_equal(job_load(g.job, &cut, 1, &g.err), ERR_STATE);
        fixture_release(&g);
    }
    bytebuf_release(&saved);
    fixture_release(&f);
}

TEST_MAIN(cmocka_unit_test(test_windows_close_behind_the_watermark),
          cmocka_unit_test(test_silence_closes_the_last_window),
          cmocka_unit_test(test_arrival_time_ticks), cmocka_unit_test(test_end_of_input_flushes),
          cmocka_unit_test(test_bad_rows_add_up), cmocka_unit_test(test_on_error_fail),
          cmocka_unit_test(test_two_queries_share_a_stream),
          cmocka_unit_test(test_slow_split_holds_windows_open),
          cmocka_unit_test(test_listed_splits_are_waited_for),
          cmocka_unit_test(test_trigger_interval), cmocka_unit_test(test_snapshot_goes_on),
          cmocka_unit_test(test_source_hears_what_is_done),
          cmocka_unit_test(test_split_numbers_come_back), cmocka_unit_test(test_damaged_snapshot))
