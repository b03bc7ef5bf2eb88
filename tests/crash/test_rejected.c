/* Which rows a job keeps as rejected (engine/run/deadlog.h), and until when. */
#include <stdio.h>
#include <string.h>

#include "tests/crash/rejects.h"
#include "tests/crash/stage.h"
#include "tests/support/testing.h"

static const char two_bad[] = "a,1\nb\nc,three\nd,4\n";

static enum status run(const struct simfs *fs, const char *on_error, bool new_state,
                       const char *rows)
{
    struct stage stage;
    char sql[256];
    stage_init(&stage, fs);
    stage.config.new_state = new_state;
    memory_feed_set_flags(stage_feed(&stage, "s"), 0);
    memory_feed_add(stage_feed(&stage, "s"), 0, slice_text(rows));
    memory_feed_finish(stage_feed(&stage, "s"));
    snprintf(sql, sizeof sql,
             "CREATE STREAM s (k TEXT, v BIGINT) FROM 'memory:s' FORMAT csv %s; "
             "CREATE SINK a TO 'file:a.csv'; INSERT INTO a SELECT k, v FROM s;",
             on_error);
    enum status status = stage_start(&stage, sql);
    if (status == OK) {
        status = stage_steps(&stage, 100, US_PER_SECOND);
    }
    if (status == OK) {
        status = job_finish(stage.job, &stage.err);
    }
    stage_release(&stage);
    return status;
}

static void assert_rejects(const struct simfs *fs, const char *expected)
{
    struct bytebuf rows = {0};
    rejects_read(fs, "state", &rows);
    assert_string_equal(bytebuf_text(&rows), expected);
    bytebuf_release(&rows);
}

#define UNSPLIT  "\"reason\":\"wrong field count\",\"text\":\"b\"}\n"
#define NO_VALUE ",\"column\":\"v\",\"reason\":\"bad number\",\"text\":\"c,three\"}\n"

static void test_what_is_kept(void **state)
{
    (void)state;
    static const struct {
        const char *on_error;
        enum status status;
        const char *kept;
    } cases[] = {
        {"", OK, NO_VALUE ",\"column\":null," UNSPLIT},
        {"ON ERROR SKIP", OK, NO_VALUE ",\"column\":null," UNSPLIT},
        {"ON ERROR NULL", OK, ",\"column\":null," UNSPLIT},
        {"ON ERROR INTO 'file:bad.jsonl'", OK, ""},
        {"ON ERROR FAIL", ERR_INPUT, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct simfs *fs = simfs_new();
        assert_int_equal(run(fs, cases[i].on_error, false, two_bad), cases[i].status);
        assert_rejects(fs, cases[i].kept);
        simfs_free(fs);
    }
}

static void test_a_new_job_has_none(void **state)
{
    (void)state;
    struct simfs *fs = simfs_new();
    assert_int_equal(run(fs, "", false, two_bad), OK);
    assert_int_equal(run(fs, "", true, "e,5\n"), OK);
    assert_rejects(fs, "");
    assert_int_equal(run(fs, "", true, "b\n"), OK);
    assert_rejects(fs, ",\"column\":null," UNSPLIT);
    simfs_free(fs);
}

/* How often a file has the text. */
static uint32_t count(struct slice file, const char *text)
{
    uint32_t n = 0;
    for (const uint8_t *at; (at = slice_find(file, slice_text(text))) != NULL; n++) {
        size_t used = (size_t)(at - file.at) + strlen(text);
        file = slice_of(file.at + used, file.len - used);
    }
    return n;
}

/* A query that comes reads from the start what can be read again: the bad rows are found once more,
 * under the name of the stream that somebody declared. */
static void test_a_stream_that_is_read_twice(void **state)
{
    (void)state;
    struct stage stage;
    struct slice file;
    struct simfs *fs = simfs_new();
    stage_init(&stage, fs);
    stage.config.checkpoint_us = US_PER_SECOND;
    memory_feed_add(stage_feed(&stage, "s"), 0, slice_text(two_bad));
    assert_int_equal(
        stage_start(&stage, "CREATE STREAM s (k TEXT, v BIGINT) FROM 'memory:s' FORMAT csv;"
                            "CREATE SINK a TO 'file:a.csv'; INSERT INTO a SELECT k, v FROM s;"),
        OK);
    assert_int_equal(stage_steps(&stage, 8, US_PER_SECOND), OK);
    assert_true(simfs_file(fs, "state/dead.1", &file));
    assert_int_equal(count(file, "\"stream\":\"s\""), 2);
    assert_int_equal(stage_sql(&stage, "CREATE SINK b TO 'file:b.csv';"
                                       "INSERT INTO b SELECT k, v FROM s;"),
                     OK);
    assert_int_equal(stage_steps(&stage, 8, US_PER_SECOND), OK);
    assert_true(simfs_file(fs, "state/dead.1", &file));
    assert_int_equal(count(file, "\"stream\":\"s\""), 4);
    assert_int_equal(count(file, "\n"), 4);
    stage_release(&stage);
    simfs_free(fs);
}

TEST_MAIN(cmocka_unit_test(test_what_is_kept), cmocka_unit_test(test_a_new_job_has_none),
          cmocka_unit_test(test_a_stream_that_is_read_twice))
