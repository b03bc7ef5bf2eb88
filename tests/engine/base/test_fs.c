/* Tests of engine/base/fs.h and clock.h against the system. */
#include "engine/base/fs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/clock.h"
#include "tests/support/testing.h"

/* A directory of its own for each test; removed with what is known to be in it. */
struct place {
    char directory[64];
    char a[80];
    char b[80];
    char sub[80];
};

static int setup(void **state)
{
    static struct place place;
    snprintf(place.directory, sizeof place.directory, "/tmp/tailrace_test_fs_XXXXXX");
    if (mkdtemp(place.directory) == NULL) {
        return -1;
    }
    snprintf(place.a, sizeof place.a, "%s/a", place.directory);
    snprintf(place.b, sizeof place.b, "%s/b", place.directory);
    snprintf(place.sub, sizeof place.sub, "%s/sub", place.directory);
    *state = &place;
    return 0;
}

static int teardown(void **state)
{
    struct place *place = *state;
    unlink(place->a);
    unlink(place->b);
    rmdir(place->sub);
    return rmdir(place->directory);
}

static void write_file(const char *path, unsigned flags, const char *text)
{
    const struct fs *fs = fs_system();
    struct error err;
    int fd;
    assert_int_equal(fs->open(fs, path, FS_WRITE | flags, &fd, &err), OK);
    assert_int_equal(fs_write_all(fs, fd, text, strlen(text), &err), OK);
    assert_int_equal(fs->sync(fs, fd, &err), OK);
    fs->close(fs, fd);
}

static void assert_file(const char *path, const char *expected)
{
    const struct fs *fs = fs_system();
    struct error err;
    char got[100];
    size_t n;
    int fd;
    assert_int_equal(fs->open(fs, path, FS_READ, &fd, &err), OK);
    assert_int_equal(fs->read(fs, fd, got, sizeof got - 1, &n, &err), OK);
    got[n] = '\0';
    assert_string_equal(got, expected);
    assert_int_equal(fs->read(fs, fd, got, sizeof got, &n, &err), OK);
    assert_int_equal(n, 0); /* the end */
    fs->close(fs, fd);
}

static void test_open_flags(void **state)
{
    struct place *place = *state;
    const struct fs *fs = fs_system();
    struct error err;
    int fd = -7;
    assert_int_equal(fs->open(fs, place->a, FS_READ, &fd, &err), ERR_IO);
    assert_int_equal(fd, -7);
    assert_non_null(strstr(err.text, place->a));
    assert_non_null(strstr(err.text, "No such file"));
    write_file(place->a, FS_CREATE, "hello");
    struct stat got;
    assert_int_equal(stat(place->a, &got), 0);
    assert_int_equal(got.st_mode & 0777, 0600);
    assert_int_equal(fs->open(fs, place->a, FS_WRITE | FS_CREATE | FS_EXCLUSIVE, &fd, &err),
                     ERR_IO);
    write_file(place->a, FS_APPEND, " you");
    assert_file(place->a, "hello you");
    write_file(place->a, 0, "J"); /* neither truncated nor appended */
    assert_file(place->a, "Jello you");
    write_file(place->a, FS_TRUNCATE, "x");
    assert_file(place->a, "x");
}

static void test_places_in_a_file(void **state)
{
    struct place *place = *state;
    const struct fs *fs = fs_system();
    struct error err;
    struct fs_stat stat_out;
    char got[4] = {0};
    size_t n;
    int fd;
    write_file(place->a, FS_CREATE, "0123456789");
    assert_int_equal(fs->open(fs, place->a, FS_READ | FS_WRITE, &fd, &err), OK);
    assert_int_equal(fs->pread(fs, fd, got, 3, 7, &n, &err), OK);
    assert_int_equal(n, 3);
    assert_string_equal(got, "789");
    assert_int_equal(fs->seek(fs, fd, 4, &err), OK);
    assert_int_equal(fs->read(fs, fd, got, 2, &n, &err), OK);
    assert_memory_equal(got, "45", 2);
    assert_int_equal(fs->truncate(fs, fd, 5, &err), OK);
    assert_int_equal(fs->fstat(fs, fd, &stat_out, &err), OK);
    assert_int_equal(stat_out.bytes, 5);
    assert_true(stat_out.is_regular && !stat_out.is_directory);
    fs->close(fs, fd);
    assert_file(place->a, "01234");
    assert_int_equal(fs->read(fs, fd, got, 1, &n, &err), ERR_IO); /* closed */
}

static void test_names(void **state)
{
    struct place *place = *state;
    const struct fs *fs = fs_system();
    struct error err;
    struct fs_stat stat_out;
    write_file(place->a, FS_CREATE, "a");
    assert_int_equal(fs->rename(fs, place->a, place->b, &err), OK);
    assert_int_equal(fs->sync_directory(fs, place->directory, &err), OK);
    assert_int_equal(fs->stat(fs, place->a, &stat_out, &err), ERR_IO);
    assert_int_equal(fs->stat(fs, place->b, &stat_out, &err), OK);
    assert_int_equal(fs->unlink(fs, place->b, &err), OK);
    assert_int_equal(fs->unlink(fs, place->b, &err), ERR_IO);
    assert_int_equal(fs->mkdir(fs, place->sub, &err), OK);
    assert_int_equal(fs->mkdir(fs, place->sub, &err), ERR_IO);
    assert_int_equal(fs->stat(fs, place->sub, &stat_out, &err), OK);
    assert_true(stat_out.is_directory && !stat_out.is_regular);
    assert_int_equal(fs->sync_directory(fs, place->b, &err), ERR_IO);
}

static void test_list(void **state)
{
    struct place *place = *state;
    const struct fs *fs = fs_system();
    struct error err;
    struct bytebuf names = {0};
    assert_int_equal(fs->list(fs, place->directory, &names, &err), OK);
    assert_int_equal(names.len, 0);
    assert_int_equal(fs->mkdir(fs, place->sub, &err), OK);
    write_file(place->b, FS_CREATE, "");
    write_file(place->a, FS_CREATE, "");
    bytebuf_add_text(&names, "before");
    assert_int_equal(fs->list(fs, place->directory, &names, &err), OK);
    assert_int_equal(names.len, sizeof "beforea\0b\0sub");
    assert_memory_equal(names.at, "beforea\0b\0sub", names.len);
    assert_int_equal(fs->list(fs, place->a, &names, &err), ERR_IO);
    assert_non_null(strstr(err.text, "Not a directory"));
    assert_int_equal(names.len, sizeof "beforea\0b\0sub");
    bytebuf_release(&names);
}

static void test_names_one_by_one(void **state)
{
    (void)state;
    static const char listed[] = "a\0bcd\0e";
    struct slice names = slice_of(listed, sizeof listed);
    const char *name = NULL;
    assert_true(names_have(names, "bcd"));
    assert_true(names_have(names, "e"));
    assert_false(names_have(names, "bc"));
    assert_true(names_next(&names, &name));
    assert_string_equal(name, "a");
    assert_false(names_have(names, "a"));
    assert_true(names_next(&names, &name));
    assert_string_equal(name, "bcd");
    assert_true(names_next(&names, &name));
    assert_string_equal(name, "e");
    assert_false(names_next(&names, &name));
    names = slice_of(NULL, 0);
    assert_false(names_next(&names, &name));
}

/* A disk that takes at most three bytes a call, and none after `room`. */
struct slow_fs {
    struct fs fs;
    char got[32];
    size_t len;
    size_t room;
};

static enum status slow_write(const struct fs *fs, int fd, const void *at, size_t len, size_t *n,
                              struct error *err)
{
    struct slow_fs *slow = (struct slow_fs *)fs;
    (void)fd;
    (void)err;
    *n = len < 3 ? len : 3;
    *n = *n < slow->room ? *n : slow->room;
    memcpy(slow->got + slow->len, at, *n);
    slow->len += *n;
    slow->room -= *n;
    return OK;
}

static void test_write_all_repeats(void **state)
{
    (void)state;
    struct slow_fs slow = {.fs = {.write = slow_write}, .room = 8};
    struct error err;
    assert_int_equal(fs_write_all(&slow.fs, 1, "abcdefgh", 8, &err), OK);
    assert_string_equal(slow.got, "abcdefgh");
    assert_int_equal(fs_write_all(&slow.fs, 1, "", 0, &err), OK);
    assert_int_equal(fs_write_all(&slow.fs, 1, "x", 1, &err), ERR_IO); /* no endless loop */
}

static void test_clocks(void **state)
{
    (void)state;
    const struct clock *system_clock = clock_system();
    assert_true(clock_now_us(system_clock) > INT64_C(1700000000) * US_PER_SECOND);
    int64_t before = clock_steady_us(system_clock);
    assert_true(clock_steady_us(system_clock) >= before);
    struct hand_clock hand;
    hand_clock_init(&hand, 5);
    assert_int_equal(clock_now_us(&hand.clock), 5);
    hand.at_us += 10;
    assert_int_equal(clock_steady_us(&hand.clock), 15);
}

TEST_MAIN(cmocka_unit_test_setup_teardown(test_open_flags, setup, teardown),
          cmocka_unit_test_setup_teardown(test_places_in_a_file, setup, teardown),
          cmocka_unit_test_setup_teardown(test_names, setup, teardown),
          cmocka_unit_test_setup_teardown(test_list, setup, teardown),
          cmocka_unit_test(test_names_one_by_one), cmocka_unit_test(test_write_all_repeats),
          cmocka_unit_test(test_clocks))
