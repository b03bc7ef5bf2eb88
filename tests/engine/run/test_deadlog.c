/* Tests of engine/run/deadlog.h over simulated files. That every row is there once whenever the
 * program ends is tested in tests/crash. */
#include "engine/run/deadlog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
    assert_true(desk.log.has_dropped && oldest > 1);
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

/* ---- each call fails ----------------------------------------------------------------------------
 */

/* Rows from the oldest file on are there once, up to that one. */
static void assert_rows(const struct desk *desk, uint64_t last)
{
    struct bytebuf names = {0};
    struct slice file;
    char path[40];
    const struct fs *fs = simfs_interface(desk->fs);
    assert_int_equal(fs->list(fs, "st", &names, NULL), OK);
    uint64_t row = deadlog_oldest(bytebuf_slice(&names));
    while (snprintf(path, sizeof path, "st/dead.%llu", (unsigned long long)row) > 0 &&
           simfs_file(desk->fs, path, &file)) {
        char line[40];
        for (size_t at = 0; at < file.len; row++) {
            int len = snprintf(line, sizeof line, "{\"row\":%llu,", (unsigned long long)row);
            assert_memory_equal(file.at + at, line, (size_t)len);
            const uint8_t *end = memchr(file.at + at, '\n', file.len - at);
            assert_non_null(end);
            at = (size_t)(end - file.at) + 1;
        }
    }
    assert_int_equal(row, last + 1);
    bytebuf_release(&names);
}

static bool hit(struct desk *desk, enum status status)
{
    bool fired = simfs_fired(desk->fs);
    const struct fault none = {.kind = FAULT_NONE};
    assert_int_equal(status, fired ? ERR_IO : OK);
    assert_int_equal(desk->err.exit_code, fired ? EXIT_IO_FAILED : 0);
    simfs_set_fault(desk->fs, &none);
    return fired;
}

static void set_fault(struct desk *desk, uint32_t at)
{
    const struct fault fault = {.kind = FAULT_IO, .at = at, .reads = true};
    simfs_set_fault(desk->fs, &fault);
}

/* Epochs of 1, 2, … rows. */
static enum status run_epochs(struct desk *desk, uint32_t from, uint32_t to)
{
    enum status status = OK;
    for (uint32_t i = from; i <= to && status == OK; i++) {
        add_many(desk, i);
        status = deadlog_commit(&desk->log, &desk->err);
        desk->mark = status == OK ? deadlog_mark(&desk->log) : desk->mark;
    }
    return status;
}

/* Epochs that begin files, go on with them, have more rows than one file and drop the oldest. After
 * the failure the next start does what was not committed again, and it is there once. */
static void test_each_call_of_commits_fails(void **state)
{
    (void)state;
    enum { EPOCHS = 8, ROWS = EPOCHS * (EPOCHS + 1) / 2 };
    bool fired = true;
    uint32_t at = 0;
    for (; fired; at++) {
        struct desk desk;
        desk_init(&desk, SMALL);
        set_fault(&desk, at);
        fired = hit(&desk, run_epochs(&desk, 1, EPOCHS));
        uint32_t next = 1;
        while (next * (next + 1) / 2 <= desk.mark.rows) {
            next++;
        }
        assert_int_equal(desk_again(&desk, SMALL), OK);
        assert_int_equal(run_epochs(&desk, next, EPOCHS), OK);
        assert_int_equal(desk.mark.rows, ROWS);
        assert_rows(&desk, ROWS);
        desk_release(&desk);
    }
    assert_in_range(at, 50, 200);
}

static void test_each_call_of_a_start_fails(void **state)
{
    (void)state;
    bool fired = true;
    uint32_t at = 0;
    for (; fired; at++) {
        struct desk desk;
        desk_init(&desk, 4 * SMALL);
        assert_int_equal(run_epochs(&desk, 1, 2), OK);
        const struct deadlog_mark mark = desk.mark;
        assert_int_equal(run_epochs(&desk, 3, 7), OK);
        desk.mark = mark; /* those commits are lost */
        set_fault(&desk, at);
        fired = hit(&desk, desk_again(&desk, 4 * SMALL));
        assert_int_equal(desk_again(&desk, 4 * SMALL), OK);
        assert_int_equal(run_epochs(&desk, 3, 7), OK);
        assert_rows(&desk, 28);
        desk_release(&desk);
    }
    assert_in_range(at, 4, 20); /* list, a removal for each file behind, open, truncate; and none */
}

static void test_the_oldest_by_its_number(void **state)
{
    (void)state;
    static const char names[] = "dead.100\0dead.98\0dead.99\0dead.x\0in.1";
    assert_int_equal(deadlog_oldest(slice_of(names, sizeof names)), 98);
    assert_int_equal(deadlog_oldest(slice_of(names + 25, sizeof names - 25)), 0);
    assert_int_equal(deadlog_oldest(slice_of(NULL, 0)), 0);
}

/* Names are in the order of their bytes, files in that of their rows; others are not looked at. */
static void test_files_are_in_order_of_rows(void **state)
{
    (void)state;
    struct desk desk;
    desk_init(&desk, 4 * SMALL);
    simfs_put(desk.fs, "st/aside", slice_text("of a person"));
    for (uint32_t i = 0; i < 40; i++) {
        add(&desk, "x");
        commit(&desk);
    }
    assert_int_equal(desk_again(&desk, 4 * SMALL), OK);
    const struct deadlog_segment *segments = desk.log.segments;
    uint32_t n = desk.log.n_segments;
    assert_true(n > 2 && segments[1].first < 10 && segments[n - 1].first >= 10);
    assert_int_equal(segments[0].first, 1);
    for (uint32_t i = 1; i < n; i++) {
        assert_true(segments[i - 1].first < segments[i].first);
    }
    assert_rows(&desk, 40);
    assert_file(&desk, "aside", "of a person");
    desk_release(&desk);
}

/* The newest file was taken away: the one in front of it is not gone on with. */
static void test_the_newest_is_taken_away(void **state)
{
    (void)state;
    struct desk desk;
    char path[40];
    desk_init(&desk, SMALL);
    for (uint32_t i = 0; i < 5; i++) {
        add(&desk, "x");
        commit(&desk);
    }
    assert_true(desk.mark.segment > 1);
    snprintf(path, sizeof path, "st/dead.%u", (unsigned)desk.mark.segment);
    remove_file(&desk, path);
    assert_int_equal(desk_again(&desk, SMALL), OK);
    add(&desk, "y");
    commit(&desk);
    assert_file(&desk, "dead.6", ROW(6, "\"y\""));
    desk_release(&desk);
}

/* An epoch with rows of megabytes writes them piece by piece into one file that is not full. */
static void test_an_epoch_is_written_in_pieces(void **state)
{
    (void)state;
    enum { RECORD_BYTES = 300 << 10, ROWS = 10 };
    struct desk desk;
    struct bytebuf record = {0};
    desk_init(&desk, 0);
    memset(bytebuf_reserve(&record, RECORD_BYTES), 'x', RECORD_BYTES);
    record.len = RECORD_BYTES;
    for (uint32_t i = 0; i < ROWS; i++) {
        add(&desk, bytebuf_text(&record));
    }
    assert_true(is_there(&desk, "dead.1")); /* ahead of the commit */
    commit(&desk);
    assert_int_equal(desk.log.n_segments, 1);
    assert_rows(&desk, ROWS);
    deadlog_close(&desk.log);
    deadlog_close(&desk.log);
    bytebuf_release(&record);
    desk_release(&desk);
}

/* The oldest, which is to be dropped, was taken away. */
static void test_what_is_dropped_is_gone_already(void **state)
{
    (void)state;
    struct desk desk;
    desk_init(&desk, SMALL);
    add(&desk, "x");
    commit(&desk);
    remove_file(&desk, "st/dead.1");
    for (uint32_t i = 2; i <= 30; i++) {
        add(&desk, "x");
        commit(&desk);
    }
    assert_true(desk.log.has_dropped);
    assert_rows(&desk, 30);
    desk_release(&desk);
}

static void remove_in(const char *folder, const char *name)
{
    char path[64];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(unlink(path), 0);
}

static void link_nowhere(const char *folder, const char *name)
{
    char path[64];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(symlink("nowhere", path), 0);
}

/* As of a file that is taken away while it is looked for: it has no bytes, and is not cut. */
static void test_a_name_without_a_file(void **state)
{
    (void)state;
    char folder[] = "/tmp/tailrace_dead_XXXXXX";
    struct desk desk = {.mark = {.segment = 5, .bytes = 10, .rows = 5}};
    assert_non_null(mkdtemp(folder));
    hand_clock_init(&desk.clock, 0);
    error_clear(&desk.err);
    state_dir_look(&desk.dir, fs_system(), &desk.clock.clock, folder);
    assert_int_equal(state_dir_write(&desk.dir, "dead", 1, slice_text("{}\n"), &desk.err), OK);
    link_nowhere(folder, "dead.3");
    link_nowhere(folder, "dead.5");
    deadlog_init(&desk.log, &desk.dir, SMALL);
    assert_int_equal(deadlog_verify(&desk.dir, &desk.mark, &desk.err), OK);
    assert_int_equal(deadlog_recover(&desk.log, &desk.mark, &desk.err), OK);
    assert_int_equal(desk.log.n_segments, 2);
    assert_int_equal(desk.log.segments[0].first, 1);
    assert_int_equal(desk.log.segments[0].bytes, 3);
    assert_int_equal(desk.log.segments[1].first, 5);
    assert_int_equal(desk.log.segments[1].bytes, 0);
    add(&desk, "x");
    commit(&desk);
    assert_int_equal(desk.mark.segment, 6);
    desk_close(&desk);
    static const char *const left[] = {"dead.1", "dead.3", "dead.5", "dead.6"};
    for (size_t i = 0; i < sizeof left / sizeof *left; i++) {
        remove_in(folder, left[i]);
    }
    assert_int_equal(rmdir(folder), 0);
}

TEST_MAIN(cmocka_unit_test(test_a_row_is_a_line_of_json),
          cmocka_unit_test(test_an_epoch_without_rows_does_nothing),
          cmocka_unit_test(test_what_no_commit_knows_of_is_cut),
          cmocka_unit_test(test_the_oldest_are_dropped),
          cmocka_unit_test(test_a_large_epoch_is_lost),
          cmocka_unit_test(test_files_may_be_taken_away),
          cmocka_unit_test(test_a_file_that_is_too_short_is_refused),
          cmocka_unit_test(test_none_are_kept),
          cmocka_unit_test(test_a_full_disk_is_said_at_the_commit),
          cmocka_unit_test(test_each_call_of_commits_fails),
          cmocka_unit_test(test_each_call_of_a_start_fails),
          cmocka_unit_test(test_the_oldest_by_its_number),
          cmocka_unit_test(test_files_are_in_order_of_rows),
          cmocka_unit_test(test_the_newest_is_taken_away),
          cmocka_unit_test(test_an_epoch_is_written_in_pieces),
          cmocka_unit_test(test_what_is_dropped_is_gone_already),
          cmocka_unit_test(test_a_name_without_a_file))
