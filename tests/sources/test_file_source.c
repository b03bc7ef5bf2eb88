/* Tests of sources/file_source.c and stdin_source.c. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sources/sources.h"
#include "tests/sources/reading.h"
#include "tests/support/testing.h"

struct scratch {
    char directory[64];
    char path[128];
    char uri[160];
};

static void write_file(const struct scratch *scratch, const char *text)
{
    const struct fs *fs = fs_system();
    int fd;
    assert_int_equal(fs->open(fs, scratch->path, FS_WRITE | FS_CREATE | FS_TRUNCATE, &fd, NULL),
                     OK);
    assert_int_equal(fs_write_all(fs, fd, text, strlen(text), NULL), OK);
    fs->close(fs, fd);
}

static void scratch_init(struct scratch *scratch, const char *text)
{
    strncpy(scratch->directory, "/tmp/tailrace-file-XXXXXX", sizeof scratch->directory);
    assert_non_null(mkdtemp(scratch->directory));
    snprintf(scratch->path, sizeof scratch->path, "%s/a.csv", scratch->directory);
    snprintf(scratch->uri, sizeof scratch->uri, "file:%s", scratch->path);
    if (text != NULL) {
        write_file(scratch, text);
    }
}

static void scratch_release(const struct scratch *scratch)
{
    unlink(scratch->path);
    rmdir(scratch->directory);
}

static void test_reads_to_the_end(void **state)
{
    (void)state;
    struct scratch scratch;
    struct reading r;
    scratch_init(&scratch, "a,1\nb,2\n");
    reading_init(&r);
    assert_int_equal(reading_open(&r, &file_source_kind, scratch.uri), OK);
    assert_int_equal(source_flags(r.source), SOURCE_REPLAYABLE | SOURCE_FINITE);
    assert_int_equal(source_total_bytes(r.source), 8);
    assert_string_equal(source_split_name(r.source, 0), scratch.path);
    assert_string_equal(reading_until_again(&r, 5), "0:a,1\nb0:,2\n0.!");
    assert_string_equal(reading_until_again(&r, 5), "!");
    reading_release(&r);
    scratch_release(&scratch);
}

static void test_goes_on_at_an_offset(void **state)
{
    (void)state;
    struct scratch scratch;
    struct reading r;
    scratch_init(&scratch, "0123456789");
    reading_init(&r);
    assert_int_equal(reading_open(&r, &file_source_kind, scratch.uri), OK);
    assert_int_equal(reading_step(&r, 6), SOURCE_MORE);
    const uint64_t unused[] = {2};
    const char *offsets = arena_text(&r.arena, reading_offsets(&r, unused));
    assert_int_equal(reading_resume(&r, &file_source_kind, scratch.uri, offsets), OK);
    assert_string_equal(reading_until_again(&r, 100), "0:4567890.!");
    reading_release(&r);
    scratch_release(&scratch);
}

static void test_refuses_another_or_shorter_file(void **state)
{
    (void)state;
    struct scratch scratch;
    struct reading r;
    scratch_init(&scratch, "0123456789");
    reading_init(&r);
    assert_int_equal(reading_open(&r, &file_source_kind, scratch.uri), OK);
    assert_int_equal(reading_step(&r, 6), SOURCE_MORE);
    const char *offsets = arena_text(&r.arena, reading_offsets(&r, NULL));

    write_file(&scratch, "012");
    assert_int_equal(reading_resume(&r, &file_source_kind, scratch.uri, offsets), ERR_STATE);
    assert_non_null(strstr(r.err.text, "it is shorter than before"));
    assert_int_equal(r.err.exit_code, 24);
    assert_int_equal(reading_resume(&r, &file_source_kind, scratch.uri, "inode=1 pos=0"),
                     ERR_STATE);
    assert_non_null(strstr(r.err.text, "it is another file than before"));
    assert_int_equal(reading_resume(&r, &file_source_kind, scratch.uri, "pos=x"), ERR_STATE);
    reading_release(&r);
    scratch_release(&scratch);
}

static void test_refuses_what_is_no_file(void **state)
{
    (void)state;
    struct reading r;
    reading_init(&r);
    assert_int_equal(reading_open(&r, &file_source_kind, "file:/nowhere/at/all"), ERR_IO);
    assert_int_equal(reading_open(&r, &file_source_kind, "file:/tmp"), ERR_IO);
    assert_string_equal(r.err.text, "\"/tmp\" is a directory");
    assert_int_equal(reading_open(&r, &file_source_kind, "file:"), ERR_OPTION);
    assert_int_equal(reading_open(&r, &file_source_kind, "file://a/b"), ERR_OPTION);
    assert_int_equal(reading_open(&r, &file_source_kind, "file:a?x=1"), ERR_OPTION);
    assert_string_equal(r.err.text, "source has no option \"x\"");
    reading_release(&r);
}

/* A named pipe says AGAIN while nobody has written, and is not read twice. */
static void test_named_pipe(void **state)
{
    (void)state;
    struct scratch scratch;
    struct reading r;
    scratch_init(&scratch, NULL);
    reading_init(&r);
    assert_int_equal(mkfifo(scratch.path, 0600), 0);
    const struct fs *fs = fs_system();
    int writer;
    assert_int_equal(fs->open(fs, scratch.path, FS_READ | FS_WRITE, &writer, NULL), OK);
    assert_int_equal(reading_open(&r, &file_source_kind, scratch.uri), OK);
    assert_int_equal(source_flags(r.source), SOURCE_FINITE);
    assert_true(source_wait_fd(r.source) >= 0);
    assert_string_equal(reading_until_again(&r, 100), "");
    assert_int_equal(fs_write_all(fs, writer, "abc", 3, NULL), OK);
    assert_string_equal(reading_until_again(&r, 100), "0:abc");
    fs->close(fs, writer);
    assert_string_equal(reading_until_again(&r, 100), "0.!");
    reading_release(&r);
    scratch_release(&scratch);
}

/* ---- stdin ---------------------------------------------------------------------------------- */

static void test_stdin_from_a_pipe(void **state)
{
    (void)state;
    int saved = dup(STDIN_FILENO);
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    dup2(ends[0], STDIN_FILENO);
    close(ends[0]);
    struct reading r;
    reading_init(&r);
    assert_int_equal(reading_open(&r, &stdin_source_kind, "stdin:"), OK);
    assert_int_equal(source_wait_fd(r.source), STDIN_FILENO);
    assert_string_equal(reading_until_again(&r, 100), "");
    assert_int_equal(fs_write_all(fs_system(), ends[1], "x\ny", 3, NULL), OK);
    assert_true(reading_expect(&r, "0:x\ny"));
    assert_int_equal(reading_step(&r, 10), SOURCE_AGAIN);
    close(ends[1]);
    assert_true(reading_expect(&r, "0.!"));
    reading_release(&r);
    dup2(saved, STDIN_FILENO);
    close(saved);
}

static void test_stdin_from_a_file(void **state)
{
    (void)state;
    struct scratch scratch;
    struct reading r;
    scratch_init(&scratch, "x\n");
    int saved = dup(STDIN_FILENO);
    int fd;
    assert_int_equal(fs_system()->open(fs_system(), scratch.path, FS_READ, &fd, NULL), OK);
    dup2(fd, STDIN_FILENO);
    close(fd);
    reading_init(&r);
    assert_int_equal(reading_open(&r, &stdin_source_kind, "stdin:"), OK);
    assert_int_equal(source_wait_fd(r.source), -1);
    assert_int_equal(source_total_bytes(r.source), 2);
    assert_string_equal(reading_until_again(&r, 100), "0:x\n0.!");
    reading_release(&r);
    dup2(saved, STDIN_FILENO);
    close(saved);
    scratch_release(&scratch);
}

TEST_MAIN(cmocka_unit_test(test_reads_to_the_end), cmocka_unit_test(test_goes_on_at_an_offset),
          cmocka_unit_test(test_refuses_another_or_shorter_file),
          cmocka_unit_test(test_refuses_what_is_no_file), cmocka_unit_test(test_named_pipe),
          cmocka_unit_test(test_stdin_from_a_pipe), cmocka_unit_test(test_stdin_from_a_file))
