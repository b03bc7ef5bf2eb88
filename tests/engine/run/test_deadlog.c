/* Tests of engine/run/deadlog.h over simulated files. That every row is there once whenever the
 * program ends is tested in tests/crash. */
#include "engine/run/deadlog.h"

#include <stdio.h>
#include <string.h>

#include "engine/base/clock.h"
#include "engine/run/bad_rows.h"
#include "engine/state/frame.h"
#include "tests/support/simfs.h"
#include "tests/support/testing.h"

struct desk {
    struct simfs *fs;
    struct hand_clock clock;
    struct state_dir dir;
    struct deadlog log;
    struct deadlog_mark mark; /* of the last commit */
    struct error err;
};

static void desk_open(struct desk *desk, int64_t bytes_max)
{
    error_clear(&desk->err);
    state_dir_look(&desk->dir, simfs_interface(desk->fs), &desk->clock.clock, "st");
    deadlog_init(&desk->log, &desk->dir, bytes_max);
}

static void desk_init(struct desk *desk, int64_t bytes_max)
{
    *desk = (struct desk){.fs = simfs_new()};
    simfs_put_folder(desk->fs, "st");
    hand_clock_init(&desk->clock, 0);
    desk_open(desk, bytes_max);
}

static void desk_close(struct desk *desk)
{
    deadlog_close(&desk->log);
    state_dir_close(&desk->dir);
}

static void desk_release(struct desk *desk)
{
    desk_close(desk);
    simfs_free(desk->fs);
}

/* As after a restart from the last commit. */
static enum status desk_again(struct desk *desk, int64_t bytes_max)
{
    desk_close(desk);
    desk_open(desk, bytes_max);
    enum status status = deadlog_verify(&desk->dir, &desk->mark, &desk->err);
    return status == OK ? deadlog_recover(&desk->log, &desk->mark, &desk->err) : status;
}

static void add(struct desk *desk, const char *record)
{
    const struct found_bad found = {
        .source = "in.csv",
        .offset = 17,
        .record = slice_text(record),
        .column = slice_text("v"),
        .reason = "bad number",
    };
    deadlog_add(&desk->log, slice_text("s"), &found);
}

static void add_many(struct desk *desk, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        add(desk, "x");
    }
}

static void commit(struct desk *desk)
{
    assert_int_equal(deadlog_commit(&desk->log, &desk->err), OK);
    desk->mark = deadlog_mark(&desk->log);
}

static void assert_file(const struct desk *desk, const char *name, const char *expected)
{
    struct slice file;
    char path[64];
    snprintf(path, sizeof path, "st/%s", name);
    assert_true(simfs_file(desk->fs, path, &file));
    assert_int_equal(file.len, strlen(expected));
    assert_memory_equal(file.at, expected, file.len);
}

static bool is_there(const struct desk *desk, const char *name)
{
    struct slice file;
    char path[64];
    snprintf(path, sizeof path, "st/%s", name);
    return simfs_file(desk->fs, path, &file);
}

#define ROW(number_, text_)                                                                        \
    "{\"row\":" #number_ ",\"time\":\"1970-01-01T00:00:00Z\",\"stream\":\"s\",\"source\":"         \
    "\"in.csv\",\"offset\":17,\"column\":\"v\",\"reason\":\"bad number\",\"text\":" text_ "}\n"

static void test_a_row_is_a_line_of_json(void **state)
{
    (void)state;
    struct desk desk;
    desk_init(&desk, 0);
    add(&desk, "say \"no\"\t");
    add(&desk, "caf\xe9");
    const struct found_bad whole = {.source = "p", .record = slice_text("?"), .reason = "no JSON"};
    deadlog_add(&desk.log, slice_text("t"), &whole);
    assert_false(is_there(&desk, "dead.1")); /* before its commit */
    commit(&desk);
    assert_file(
        &desk, "dead.1",
        ROW(1, "\"say \\\"no\\\"\\u0009\"") ROW(
            2,
            "\"caf\xef\xbf\xbd\",\"hex\":\"636166e9\"") "{\"row\":3,\"time\":\"1970-01-01T00:00:"
                                                        "00Z\",\"stream\":\"t\",\"source\":\"p\","
                                                        "\"offset\":0,\"column\":null,\"reason\":"
                                                        "\"no JSON\",\"text\":\"?\"}\n");
    desk_release(&desk);
}

static void test_an_epoch_without_rows_does_nothing(void **state)
{
    (void)state;
    struct desk desk;
    desk_init(&desk, 0);
    commit(&desk);
    assert_int_equal(simfs_n_calls(desk.fs), 0);
    assert_int_equal(desk.mark.segment, 0);
    add(&desk, "a");
    commit(&desk);
    uint32_t calls = simfs_n_calls(desk.fs);
    commit(&desk);
    assert_int_equal(simfs_n_calls(desk.fs), calls);
    desk_release(&desk);
}

static void test_what_no_commit_knows_of_is_cut(void **state)
{
    (void)state;
    struct desk desk;
    desk_init(&desk, 8 << 20);
    add(&desk, "a");
    commit(&desk);
    struct deadlog_mark first = desk.mark;
    add(&desk, "b");
    commit(&desk);
    desk.mark = first; /* that commit is lost */
    assert_int_equal(desk_again(&desk, 8 << 20), OK);
    assert_file(&desk, "dead.1", ROW(1, "\"a\""));
    add(&desk, "c");
    commit(&desk);
    assert_file(&desk, "dead.1", ROW(1, "\"a\"") ROW(2, "\"c\""));
    desk_release(&desk);
}

/* Files of about two rows each. */
enum { SMALL = 8 * 200 };

static void test_the_oldest_are_dropped(void **state)
{
    (void)state;
    struct desk desk;
    struct bytebuf names = {0};
    desk_init(&desk, SMALL);
    for (uint32_t i = 0; i < 100; i++) {
        add(&desk, "x");
        commit(&desk);
    }
    const struct fs *fs = simfs_interface(desk.fs);
    assert_int_equal(fs->list(fs, "st", &names, &desk.err), OK);
    uint64_t oldest = deadlog_oldest(bytebuf_slice(&names));
    assert_int_equal(desk.log.dropped, oldest - 1);
    uint64_t bytes = 0;
    uint64_t row = oldest;
    struct slice file;
    char path[40];
    while (snprintf(path, sizeof path, "st/dead.%llu", (unsigned long long)row) > 0 &&
           simfs_file(desk.fs, path, &file)) {
        for (size_t i = 0; i < file.len; i++) {
            row += file.at[i] == '\n';
        }
        bytes += file.len;
    }
    assert_int_equal(row, 101); /* none is missing behind the oldest */
    assert_in_range(bytes, SMALL / 2, SMALL);
    bytebuf_release(&names);
    desk_release(&desk);
}

/* An epoch that has more rows than there is room for writes them ahead of its commit, and has
 * dropped all that came before. If it is lost, the next start goes on with the right number. */
static void test_a_large_epoch_is_lost(void **state)
{
    (void)state;
    struct desk desk;
    desk_init(&desk, SMALL);
    add(&desk, "a");
    commit(&desk);
    add_many(&desk, 100);
    assert_false(is_there(&desk, "dead.1"));
    assert_int_equal(desk_again(&desk, SMALL), OK);
    assert_int_equal(desk.log.rows, 1);
    add(&desk, "b");
    commit(&desk);
    assert_file(&desk, "dead.2", ROW(2, "\"b\""));
    assert_int_equal(desk.mark.segment, 2);
    desk_release(&desk);
}

static void remove_file(const struct desk *desk, const char *path)
{
    const struct fs *fs = simfs_interface(desk->fs);
    assert_int_equal(fs->unlink(fs, path, NULL), OK);
}

static void shorten(const struct desk *desk, const char *path)
{
    const struct fs *fs = simfs_interface(desk->fs);
    int fd;
    assert_int_equal(fs->open(fs, path, FS_WRITE, &fd, NULL), OK);
    assert_int_equal(fs->truncate(fs, fd, 1, NULL), OK);
    fs->close(fs, fd);
}

static void test_files_may_be_taken_away(void **state)
{
    (void)state;
    struct desk desk;
    desk_init(&desk, 0);
    add(&desk, "a");
    commit(&desk);
    remove_file(&desk, "st/dead.1");
    add(&desk, "b");
    commit(&desk);
    assert_file(&desk, "dead.2", ROW(2, "\"b\""));
    remove_file(&desk, "st/dead.2");
    assert_int_equal(desk_again(&desk, 0), OK);
    add(&desk, "c");
    commit(&desk);
    assert_file(&desk, "dead.3", ROW(3, "\"c\""));
    desk_release(&desk);
}

static void test_a_file_that_is_too_short_is_refused(void **state)
{
    (void)state;
    struct desk desk;
    desk_init(&desk, 0);
    add(&desk, "a");
    commit(&desk);
    shorten(&desk, "st/dead.1");
    assert_int_equal(desk_again(&desk, 0), ERR_STATE);
    assert_int_equal(desk.err.exit_code, EXIT_STATE_CORRUPT);
    assert_string_equal(desk.err.text,
                        "checkpoint \"st\", dead.1: it is shorter than what was committed");
    assert_file(&desk, "dead.1", "{");
    desk_release(&desk);
}

static void test_none_are_kept(void **state)
{
    (void)state;
    struct desk desk;
    desk_init(&desk, -1);
    add_many(&desk, 3);
    commit(&desk);
    assert_int_equal(simfs_n_calls(desk.fs), 0);
    assert_int_equal(desk.mark.rows, 3);
    desk_release(&desk);
}

static void test_a_full_disk_is_said_at_the_commit(void **state)
{
    (void)state;
    struct desk desk;
    const struct fault fault = {.kind = FAULT_NO_SPACE, .sticky = true};
    desk_init(&desk, SMALL);
    simfs_set_fault(desk.fs, &fault);
    add_many(&desk, 20); /* more than are written at the commit */
    assert_int_equal(deadlog_commit(&desk.log, &desk.err), ERR_IO);
    assert_int_equal(desk.err.exit_code, EXIT_IO_FAILED);
    desk_release(&desk);
}

TEST_MAIN(cmocka_unit_test(test_a_row_is_a_line_of_json),
          cmocka_unit_test(test_an_epoch_without_rows_does_nothing),
          cmocka_unit_test(test_what_no_commit_knows_of_is_cut),
          cmocka_unit_test(test_the_oldest_are_dropped),
          cmocka_unit_test(test_a_large_epoch_is_lost),
          cmocka_unit_test(test_files_may_be_taken_away),
          cmocka_unit_test(test_a_file_that_is_too_short_is_refused),
          cmocka_unit_test(test_none_are_kept),
          cmocka_unit_test(test_a_full_disk_is_said_at_the_commit))
