/* Tests of sources/file_print.c. */
#include "sources/file_print.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/base/mem.h"
#include "tests/support/testing.h"

enum { LONG_BYTES = 5000 };

struct file {
    int fd;
    uint8_t bytes[LONG_BYTES];
};

static int file_setup(void **state)
{
    char path[] = "/tmp/tailrace-print-XXXXXX";
    struct file *file = mem_zalloc(sizeof *file);
    file->fd = mkstemp(path);
    assert_true(file->fd >= 0);
    unlink(path);
    for (int i = 0; i < LONG_BYTES; i++) {
        file->bytes[i] = (uint8_t)(i * 7 + i / 256);
    }
    *state = file;
    return 0;
}

static int file_teardown(void **state)
{
    close(((struct file *)*state)->fd);
    mem_free(*state);
    return 0;
}

static void put(const struct file *file, size_t len)
{
    assert_int_equal(ftruncate(file->fd, 0), 0);
    assert_int_equal(pwrite(file->fd, file->bytes, len, 0), (ssize_t)len);
}

static bool fits(const struct file *file, const struct file_print *print)
{
    bool out = false;
    assert_int_equal(file_print_fits(print, fs_system(), file->fd, &out, NULL), OK);
    return out;
}

/* As if `len` bytes had been read in reads of `step`. */
static void print_of(const struct file *file, struct file_print *print, size_t len, size_t step)
{
    const struct fs *fs = fs_system();
    *print = (struct file_print){0};
    for (size_t at = 0; at < len; at += step) {
        size_t n = step < len - at ? step : len - at;
        assert_int_equal(file_print_head(print, fs, file->fd, at + n, NULL), OK);
        assert_int_equal(file_print_last(print, fs, file->fd, file->bytes + at, n, at + n, NULL),
                         OK);
    }
}

static void test_of_nothing_fits_all(void **state)
{
    struct file *file = *state;
    struct file_print print = {0};
    assert_true(fits(file, &print));
    put(file, 100);
    assert_true(fits(file, &print));
}

/* The print of a file depends on what was read, not on how. */
static void test_steps_do_not_matter(void **state)
{
    static const size_t lengths[] = {1, 1023, 1024, 1025, 4000};
    struct file *file = *state;
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct file_print whole;
        struct file_print steps;
        put(file, lengths[i]);
        print_of(file, &whole, lengths[i], lengths[i]);
        print_of(file, &steps, lengths[i], 100);
        assert_memory_equal(&whole, &steps, sizeof whole);
        assert_true(fits(file, &whole));
    }
}

static void test_sees_changes(void **state)
{
    struct file *file = *state;
    struct file_print print;
    put(file, 3000);
    print_of(file, &print, 3000, 700);
    put(file, LONG_BYTES);
    assert_true(fits(file, &print)); /* it has grown */
    put(file, 2999);
    assert_false(fits(file, &print));
    file->bytes[1023] ^= 1; /* in the head */
    put(file, LONG_BYTES);
    assert_false(fits(file, &print));
    file->bytes[1023] ^= 1;
    file->bytes[2000] ^= 1; /* in front of what was read last */
    put(file, LONG_BYTES);
    assert_false(fits(file, &print));
    file->bytes[2000] ^= 1;
    file->bytes[3000] ^= 1; /* behind it */
    put(file, LONG_BYTES);
    assert_true(fits(file, &print));
}

/* A head that has changed under way is not taken for what was read. */
static void test_head_keeps_what_it_was(void **state)
{
    struct file *file = *state;
    struct file_print print;
    put(file, 10);
    print_of(file, &print, 10, 10);
    file->bytes[3] ^= 1;
    put(file, 2000);
    assert_int_equal(file_print_head(&print, fs_system(), file->fd, 2000, NULL), OK);
    assert_int_equal(print.head_bytes, 10);
    assert_false(fits(file, &print));
}

static void test_text(void **state)
{
    struct file *file = *state;
    struct file_print print;
    struct file_print read = {0};
    struct bytebuf text = {0};
    put(file, 3000);
    print_of(file, &print, 3000, 3000);
    file_print_write(&print, &text);
    assert_true(file_print_read(bytebuf_slice(&text), &read));
    assert_memory_equal(&print, &read, sizeof print);
    static const char *const wrong[] = {
        "",
        "head_bytes=1 head_hash=1 last_bytes=0 last_hash=0",
        "head_bytes=1025 head_hash=1 last_bytes=0 last_hash=0 last_end=0",
        "head_bytes=1 head_hash=1 last_bytes=9 last_hash=0 last_end=8",
        "head_bytes=-1 head_hash=1 last_bytes=0 last_hash=0 last_end=0",
        "head_bytes=1 head_hash=99999999999999999999 last_bytes=0 last_hash=0 last_end=0",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_false(file_print_read(slice_text(wrong[i]), &read));
    }
    bytebuf_release(&text);
}

#define WITH_FILE(test) cmocka_unit_test_setup_teardown(test, file_setup, file_teardown)

TEST_MAIN(WITH_FILE(test_of_nothing_fits_all), WITH_FILE(test_steps_do_not_matter),
          WITH_FILE(test_sees_changes), WITH_FILE(test_head_keeps_what_it_was),
          WITH_FILE(test_text))
