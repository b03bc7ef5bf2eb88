/* Tests of sources/tail_source.c but for rotation, which has its own matrix. */
#include <errno.h>

#include "engine/base/log.h"
#include "tests/sources/tail_rig.h"

static struct tail_rig *rig_new(const char *pattern, const char *query)
{
    struct tail_rig *rig = mem_alloc(sizeof *rig);
    log_set_level(LOG_QUIET);
    rig_init(rig, pattern, query);
    return rig;
}

static void rig_free(struct tail_rig *rig)
{
    rig_release(rig);
    mem_free(rig);
}

/* ---- following ------------------------------------------------------------------------------ */

static void test_follows_a_file(void **state)
{
    (void)state;
    struct tail_rig *rig = rig_new("log", "");
    rig_write(rig, "log", "one\ntw");
    rig_open(rig);
    assert_int_equal(source_flags(rig->reading.source), SOURCE_REPLAYABLE | SOURCE_PARTITIONED);
    assert_int_equal(source_total_bytes(rig->reading.source), -1);
    rig_read(rig);
    assert_string_equal(rig_lines(rig), "one\n");
    rig_write(rig, "log", "o\nthree\n");
    rig_read(rig);
    assert_string_equal(rig_lines(rig), "one\ntwo\nthree\n");
    assert_string_equal(source_split_name(rig->reading.source, 0), rig_path(rig, "log"));
    rig_free(rig);
}

static bool is_readable(const struct tail_rig *rig)
{
    struct pollfd wanted = {.fd = source_wait_fd(rig->reading.source), .events = POLLIN};
    return wanted.fd >= 0 && poll(&wanted, 1, 0) == 1;
}

/* The descriptor says that there is something; a poll takes note of it. */
static void test_wakes_its_reader(void **state)
{
    (void)state;
    struct tail_rig *rig = rig_new("*.log", "");
    rig_open(rig);
    rig_read(rig);
    assert_false(is_readable(rig));
    rig_write(rig, "a.log", "one\n");
    assert_true(is_readable(rig));
    rig_read(rig);
    assert_false(is_readable(rig));
    rig_write(rig, "a.log", "two\n");
    assert_true(is_readable(rig));
    rig_read(rig);
    assert_string_equal(rig_lines(rig), "one\ntwo\n");
    assert_true(source_wake_us(rig->reading.source) > rig->reading.clock.at_us);
    assert_true(source_wake_us(rig->reading.source) <= rig->reading.clock.at_us + US_PER_SECOND);
    rig_free(rig);
}

static void test_finds_new_files(void **state)
{
    (void)state;
    struct tail_rig *rig = rig_new("*.log", "");
    rig_write(rig, "a.log", "a1\n");
    rig_write(rig, "b.txt", "not this\n");
    rig_open(rig);
    rig_read(rig);
    rig_write(rig, "b.log", "b1\n");
    rig_write(rig, "empty.log", "");
    rig_read(rig);
    assert_string_equal(rig_lines(rig), "a1\nb1\n");
    assert_int_equal(source_n_splits(rig->reading.source), 2); /* not for the empty one */
    rig_write(rig, "a.log", "a2\n");
    rig_write(rig, "b.log", "b2\n");
    rig_write(rig, "empty.log", "e1\n");
    rig_read(rig);
    assert_int_equal(rig->lines.len, strlen("a1\nb1\na2\nb2\ne1\n"));
    assert_int_equal(source_n_splits(rig->reading.source), 3);
    rig_free(rig);
}

/* A folder that the pattern names may come later. */
static void test_finds_new_folders(void **state)
{
    (void)state;
    struct tail_rig *rig = rig_new("*/log", "");
    rig_open(rig);
    rig_read(rig);
    assert_int_equal(mkdir(rig_path(rig, "app"), 0700), 0);
    rig_read(rig);
    rig_write(rig, "app/log", "one\n");
    rig_read(rig);
    assert_string_equal(rig_lines(rig), "one\n");
    rig_free(rig);
}

/* All splits are known before the first byte of one is read, or a watermark would not wait. */
static void test_tells_of_all_files_first(void **state)
{
    (void)state;
    struct tail_rig *rig = rig_new("*.log", "");
    struct reading *r = &rig->reading;
    rig_write(rig, "a.log", "a1\n");
    rig_write(rig, "b.log", "b1\n");
    rig_open(rig);
    bool seen[2] = {false, false};
    for (int i = 0; i < 2; i++) {
        uint8_t bytes[16];
        uint32_t split;
        enum source_state what;
        size_t n = 1;
        assert_int_equal(source_poll(r->source, &split, &what, &r->err), OK);
        assert_int_equal(what, SOURCE_MORE);
        assert_int_equal(source_read(r->source, split, bytes, sizeof bytes, &n, &r->err), OK);
        assert_int_equal(n, 0);
        assert_in_range(split, 0, 1);
        seen[split] = true;
    }
    assert_true(seen[0] && seen[1]);
    rig_free(rig);
}

static void test_begins_at_the_end(void **state)
{
    (void)state;
    struct tail_rig *rig = rig_new("*.log", "?start=end");
    rig_write(rig, "a.log", "old\nhal");
    rig_open(rig);
    rig_read(rig);
    rig_write(rig, "a.log", "f\n");
    rig_write(rig, "b.log", "new\n");
    rig_read(rig);
    assert_int_equal(rig->lines.len, strlen("half\nnew\n"));
    assert_null(strstr(rig_lines(rig), "old"));
    rig_free(rig);
}

static void test_ends_a_file_that_is_gone(void **state)
{
    (void)state;
    struct tail_rig *rig = rig_new("log", "?rotate_wait=5s");
    rig_write(rig, "log", "one\nhalf");
    rig_open(rig);
    rig_read(rig);
    rig_unlink(rig, "log");
    rig_read_for(rig, 4 * US_PER_SECOND);
    assert_false(rig->ended[0]);
    rig_read_for(rig, 2 * US_PER_SECOND);
    assert_true(rig->ended[0]);
    assert_string_equal(rig_lines(rig), "one\nhalf\n");
    rig_write(rig, "log", "two\n");
    rig_read_for(rig, US_PER_SECOND);
    assert_string_equal(rig_lines(rig), "one\nhalf\ntwo\n");
    rig_free(rig);
}

/* A copy that is never cut from is a file of its own after all. */
static void test_reads_a_copy_that_stays(void **state)
{
    (void)state;
    struct tail_rig *rig = rig_new("log*", "?rotate_wait=2s");
    rig_write(rig, "log", "one\n");
    rig_open(rig);
    rig_read(rig);
    rig_copy(rig, "log", "log.bak");
    rig_read_for(rig, US_PER_SECOND);
    assert_string_equal(rig_lines(rig), "one\n");
    rig_read_for(rig, 2 * US_PER_SECOND);
    assert_string_equal(rig_lines(rig), "one\none\n");
    rig_free(rig);
}

static void test_waits_for_a_place(void **state)
{
    (void)state;
    struct tail_rig *rig = rig_new("*.log", "?max_files=1&rotate_wait=1s");
    rig_write(rig, "a.log", "a1\n");
    rig_write(rig, "b.log", "b1\n");
    rig_open(rig);
    rig_read(rig);
    assert_string_equal(rig_lines(rig), "a1\n");
    rig_unlink(rig, "a.log");
    rig_read_for(rig, 3 * US_PER_SECOND);
    assert_string_equal(rig_lines(rig), "a1\nb1\n");
    rig_free(rig);
}

/* ---- once ----------------------------------------------------------------------------------- */

static void test_once(void **state)
{
    (void)state;
    struct tail_rig *rig = rig_new("*.log", "?max_files=2");
    rig->reading.config.once = true;
    rig_write(rig, "a.log", "a1\nhalf");
    rig_write(rig, "b.log", "b1\n");
    rig_write(rig, "c.log", "c1\n");
    rig_open(rig);
    assert_int_equal(source_total_bytes(rig->reading.source), 13);
    assert_true((source_flags(rig->reading.source) & SOURCE_FINITE) != 0);
    rig_write(rig, "b.log", "after\n"); /* the start was before */
    rig_read(rig);
    assert_true(rig->done);
    assert_int_equal(rig->lines.len, strlen("a1\nhalf\nb1\nc1\n"));
    assert_null(strstr(rig_lines(rig), "after"));
    rig_stop(rig);
    rig_open(rig); /* and again: only what came since */
    bytebuf_clear(&rig->lines);
    rig_read(rig);
    assert_true(rig->done);
    assert_string_equal(rig_lines(rig), "after\n");
    rig_free(rig);
}

static void test_once_without_a_file(void **state)
{
    (void)state;
    struct tail_rig *rig = rig_new("*.log", "");
    rig->reading.config.once = true;
    assert_int_equal(rig_try_open(rig, &tail_source_kind), ERR_IO);
    assert_non_null(strstr(rig->reading.err.text, "no file matches"));
    rig_free(rig);
}

/* ---- what cannot be followed ---------------------------------------------------------------- */

static void refuses(const char *pattern, enum status status, const char *text)
{
    struct tail_rig *rig = rig_new(pattern, "");
    rig_write(rig, "a.gz", "x");
    assert_int_equal(mkdir(rig_path(rig, "folder"), 0700), 0);
    assert_int_equal(mkfifo(rig_path(rig, "pipe"), 0600), 0);
    if (rig_try_open(rig, &tail_source_kind) != status) {
        fail_msg("%s", pattern);
    }
    if (strstr(rig->reading.err.text, text) == NULL) {
        fail_msg("%s", rig->reading.err.text);
    }
    rig_free(rig);
}

static void test_refuses(void **state)
{
    (void)state;
    refuses("folder", ERR_IO, "/folder\" is a directory");
    refuses("pipe", ERR_IO, "/pipe\" is no regular file");
    refuses("none/log", ERR_IO, "/none/\"");
    refuses("a.gz", ERR_UNSUPPORTED, "is compressed and cannot be followed");
    refuses("log?start=middle", ERR_OPTION, "is not beginning or end");
    refuses("log?rotate_wait=0s", ERR_OPTION, "rotate_wait is under 1ms");
}

/* The system's files, of which some may not be opened. */
static enum status deny_c(const struct fs *fs, const char *path, unsigned flags, int *fd,
                          struct error *err)
{
    size_t len = strlen(path);
    if (path[len - 1] == 'c') {
        return error_set_errno(err, EACCES, "cannot open \"%s\"", path);
    }
    return fs_system()->open(fs, path, flags, fd, err);
}

/* With wildcards what cannot be followed is left out, and what cannot be read yet is read later. */
static void test_leaves_out(void **state)
{
    (void)state;
    struct tail_rig *rig = rig_new("*", "");
    struct fs denying = *fs_system();
    denying.open = deny_c;
    rig->reading.config.fs = &denying;
    rig_write(rig, "a.gz", "x\n");
    rig_write(rig, "b", "b1\n");
    rig_write(rig, "c", "c1\n");
    assert_int_equal(mkdir(rig_path(rig, "folder"), 0700), 0);
    assert_int_equal(mkfifo(rig_path(rig, "pipe"), 0600), 0);
    rig_open(rig);
    rig_read(rig);
    assert_string_equal(rig_lines(rig), "b1\n");
    denying.open = fs_system()->open;
    rig_read_for(rig, 2 * US_PER_SECOND);
    assert_string_equal(rig_lines(rig), "b1\nc1\n");
    rig_free(rig);
}

static void test_permission_denied(void **state)
{
    (void)state;
    struct tail_rig *rig = rig_new("c", "");
    struct fs denying = *fs_system();
    denying.open = deny_c;
    rig->reading.config.fs = &denying;
    rig_write(rig, "c", "c1\n");
    assert_int_equal(rig_try_open(rig, &tail_source_kind), ERR_IO);
    assert_non_null(strstr(rig->reading.err.text, "Permission denied"));
    rig_free(rig);
}

/* ---- offsets -------------------------------------------------------------------------------- */

static void test_offsets_of_any_name(void **state)
{
    (void)state;
    struct tail_rig *rig = rig_new("*", "");
    rig_write(rig, "a%0A b\n.log", "one\nha");
    rig_open(rig);
    rig_read(rig);
    rig_stop(rig);
    assert_non_null(strstr(bytebuf_text(&rig->offsets), "/a%250A b%0A.log\n"));
    assert_non_null(strstr(bytebuf_text(&rig->offsets), "split=0 pos=4 "));
    rig_write(rig, "a%0A b\n.log", "lf\n");
    rig_open(rig);
    assert_string_equal(source_split_name(rig->reading.source, 0), rig_path(rig, "a%0A b\n.log"));
    rig_read(rig);
    assert_string_equal(rig_lines(rig), "one\nhalf\n");
    rig_free(rig);
}

static void test_refuses_what_is_no_offset(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "x",
        "splits=x\n",
        "splits=99999999999\n",
        "splits=1\npos=1\n",
        "splits=1\nsplit=1 pos=0 inode=1 device=1 head_bytes=0 head_hash=0 last_bytes=0 "
        "last_hash=0 last_end=0 path=/a\n",
        "splits=1\nsplit=0 pos=0 inode=1 device=1 head_bytes=0 head_hash=0 last_bytes=0 "
        "last_hash=0 last_end=0 path=\n",
    };
    struct tail_rig *rig = rig_new("log", "");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        bytebuf_clear(&rig->offsets);
        bytebuf_add_text(&rig->offsets, wrong[i]);
        assert_int_equal(rig_try_open(rig, &tail_source_kind), ERR_STATE);
        assert_non_null(strstr(rig->reading.err.text, "is no offset of files"));
    }
    rig_free(rig);
}

TEST_MAIN(cmocka_unit_test(test_follows_a_file), cmocka_unit_test(test_wakes_its_reader),
          cmocka_unit_test(test_finds_new_files), cmocka_unit_test(test_finds_new_folders),
          cmocka_unit_test(test_tells_of_all_files_first), cmocka_unit_test(test_begins_at_the_end),
          cmocka_unit_test(test_ends_a_file_that_is_gone),
          cmocka_unit_test(test_reads_a_copy_that_stays), cmocka_unit_test(test_waits_for_a_place),
          cmocka_unit_test(test_once), cmocka_unit_test(test_once_without_a_file),
          cmocka_unit_test(test_refuses), cmocka_unit_test(test_leaves_out),
          cmocka_unit_test(test_permission_denied), cmocka_unit_test(test_offsets_of_any_name),
          cmocka_unit_test(test_refuses_what_is_no_offset))
