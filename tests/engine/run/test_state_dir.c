/* Tests of engine/run/state_dir.h over simulated files. */
#include "engine/run/state_dir.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/engine/run/state_place.h"

static void assert_file(const struct place *place, const char *path, const char *text)
{
    assert_true(slice_equal(place_file(place, path), slice_text(text)));
}

/* ---- the lock -----------------------------------------------------------------------------------
 */

static void test_it_is_made_and_locked(void **state)
{
    (void)state;
    static const char *const paths[] = {"job", "job///", "/var/job", "/job", "/"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct place place;
        struct slice lock;
        place_init(&place);
        assert_int_equal(place_open(&place, paths[i]), OK);
        assert_string_equal(place.dir.path, i == 1 ? "job" : paths[i]);
        struct bytebuf path = {0};
        assert_true(simfs_file(place.fs, state_dir_file(&place.dir, "LOCK", 0, &path), &lock));
        assert_memory_equal(lock.at, "process ", 8);
        bytebuf_release(&path);
        place_release(&place);
    }
}

/* A directory's name is in its parent, which is synced. */
static void test_its_name_survives_power_loss(void **state)
{
    (void)state;
    static const char *const paths[] = {"job", "/job", "/var/job"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct place place;
        struct fs_stat stat;
        const struct loss everything = {.kind = LOSS_NONE};
        place_init(&place);
        assert_int_equal(place_open(&place, paths[i]), OK);
        struct simfs *left = simfs_power_loss(place.fs, simfs_n_calls(place.fs), &everything);
        const struct fs *fs = simfs_interface(left);
        assert_int_equal(fs->stat(fs, paths[i], &stat, &place.err), OK);
        assert_true(stat.is_directory);
        simfs_free(left);
        place_release(&place);
    }
}

/* Who has it is told in the words of LOCK; as little as there may be in it. */
static void refuse_second(const char *boot, const char *lock, const struct fault *fault,
                          const char *holder)
{
    struct place place;
    struct state_dir second;
    char expected[200];
    place_init(&place);
    if (boot != NULL) {
        place_put(&place, "/proc/sys/kernel/random/boot_id", slice_text(boot));
    }
    assert_int_equal(place_open(&place, "job"), OK);
    if (lock != NULL) {
        const struct fs *fs = place.dir.fs;
        assert_int_equal(fs->truncate(fs, place.dir.lock, 0, &place.err), OK);
        assert_int_equal(fs->seek(fs, place.dir.lock, 0, &place.err), OK);
        assert_int_equal(fs_write_all(fs, place.dir.lock, lock, strlen(lock), &place.err), OK);
    }
    if (fault != NULL) {
        simfs_set_fault(place.fs, fault);
    }
    assert_int_equal(state_dir_open(&second, place.dir.fs, place.dir.clock, "job", &place.err),
                     ERR_LOCKED);
    assert_int_equal(place.err.exit_code, EXIT_LOCKED);
    snprintf(expected, sizeof expected, "\"job\" is in use by %s", holder);
    assert_string_equal(place.err.text, expected);
    assert_true(fault == NULL || simfs_fired(place.fs));
    state_dir_close(&place.dir);
    assert_int_equal(place_open(&place, "job"), OK); /* it was not spoilt by the refusal */
    place_release(&place);
}

static void test_a_second_one_is_refused(void **state)
{
    (void)state;
    char holder[100];
    char lines[300];
    const struct fault no_open = {.kind = FAULT_IO, .at = 1, .reads = true};
    const struct fault no_read = {.kind = FAULT_IO, .at = 2, .reads = true};
    snprintf(holder, sizeof holder, "process %d, boot unknown", (int)getpid());
    refuse_second(NULL, NULL, NULL, holder);
    snprintf(holder, sizeof holder, "process %d, boot 12-ab", (int)getpid());
    refuse_second("12-ab\n", NULL, NULL, holder);
    refuse_second(NULL, "", NULL, "another process");
    refuse_second(NULL, "one\ttwo\x1b[1m\n", NULL, "one\\x09two\\x1b[1m");
    refuse_second(NULL, NULL, &no_open, "another process");
    refuse_second(NULL, NULL, &no_read, "another process");
    memset(lines, 'x', sizeof lines - 1);
    lines[sizeof lines - 1] = '\0';
    refuse_second(NULL, lines, NULL, "another process");
}

/* Whatever call of it fails, nothing is held: the next one has the directory. */
static void test_a_start_that_fails(void **state)
{
    (void)state;
    bool fired = true;
    uint32_t at = 0;
    for (; fired; at++) {
        struct place place;
        place_init(&place);
        const struct fault fault = {.kind = FAULT_IO, .at = at};
        simfs_set_fault(place.fs, &fault);
        enum status status = place_open(&place, "job");
        fired = simfs_fired(place.fs);
        assert_int_equal(status, fired ? ERR_IO : OK);
        assert_int_equal(place.err.exit_code, fired ? EXIT_IO_FAILED : 0);
        assert_true(!fired || strstr(place.err.hint, "4096 bytes and 7 inodes are free") != NULL);
        if (fired) {
            assert_int_equal(place_open(&place, "job"), OK);
        }
        place_release(&place);
    }
    assert_int_equal(at, 6); /* mkdir, open, truncate, write, sync of the parent; and none */
}

/* ---- files --------------------------------------------------------------------------------------
 */

static void test_numbers_of_names(void **state)
{
    (void)state;
    uint64_t number = 7;
    static const char *const others[] = {"log",   "log.", "log.x",     "log.0", "log.-1", "logs.1",
                                         "lag.1", "in.1", "log.1.tmp", "",      "log1",   "log. 1"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_false(state_dir_number(others[i], "log", &number));
    }
    assert_int_equal(number, 7);
    assert_true(state_dir_number("log.12", "log", &number));
    assert_int_equal(number, 12);
}

/* Whatever call fails, the file is what it was or what it is to be; without a place for the error,
 * too. */
static void test_replacing_a_file(void **state)
{
    (void)state;
    bool fired = true;
    for (uint32_t at = 0; fired; at++) {
        struct place place;
        place_init(&place);
        place_put(&place, "job/text", slice_text("before"));
        assert_int_equal(place_open(&place, "job"), OK);
        const struct fault fault = {.kind = FAULT_NO_SPACE, .at = at};
        simfs_set_fault(place.fs, &fault);
        enum status status = state_dir_replace(&place.dir, "text", slice_text("now"),
                                               at % 2 == 0 ? &place.err : NULL);
        struct slice text;
        fired = simfs_fired(place.fs);
        assert_int_equal(status, fired ? ERR_IO : OK);
        assert_true(simfs_file(place.fs, "job/text", &text));
        assert_true(slice_equal(text, slice_text("now")) ||
                    (fired && slice_equal(text, slice_text("before"))));
        assert_int_equal(place.err.exit_code, fired && at % 2 == 0 ? EXIT_IO_FAILED : 0);
        place_release(&place);
    }
}

static void test_removing_a_file(void **state)
{
    (void)state;
    struct place place;
    struct slice text;
    place_init(&place);
    place_put(&place, "job/log.3", slice_text("3"));
    place_put(&place, "job/log.4", slice_text("4"));
    assert_int_equal(place_open(&place, "job"), OK);
    assert_int_equal(state_dir_remove(&place.dir, "log", 3, &place.err), OK);
    assert_false(simfs_file(place.fs, "job/log.3", &text));
    assert_file(&place, "job/log.4", "4");
    assert_int_equal(state_dir_remove(&place.dir, "log", 3, &place.err), ERR_IO);
    assert_int_equal(place.err.exit_code, EXIT_IO_FAILED);
    place_release(&place);
}

static void test_bad_is_told(void **state)
{
    (void)state;
    struct place place;
    place_init(&place);
    state_dir_look(&place.dir, simfs_interface(place.fs), &place.clock.clock, "job/");
    assert_int_equal(state_dir_bad(&place.dir, "snap.2", EXIT_FILE_MISSING, "it is missing", NULL),
                     ERR_STATE);
    assert_int_equal(state_dir_bad(&place.dir, "snap.2", EXIT_FILE_MISSING, "it is missing",
                                   &place.err),
                     ERR_STATE);
    assert_string_equal(place.err.text, "checkpoint \"job\", snap.2: it is missing");
    assert_int_equal(place.err.exit_code, EXIT_FILE_MISSING);
    place_release(&place); /* it was only looked at */
}

/* Bytes that nobody understands are damage; a file that cannot be read is not. */
static void test_damage_is_told(void **state)
{
    (void)state;
    struct place place;
    place_init(&place);
    place_look(&place);
    assert_int_equal(state_dir_damaged(&place.dir, "log", OK, &place.err), OK);
    assert_int_equal(place.err.exit_code, 0);
    error_set(&place.err, ERR_IO, "no such file");
    assert_int_equal(state_dir_damaged(&place.dir, "log", ERR_IO, &place.err), ERR_IO);
    assert_string_equal(place.err.text, "no such file");
    assert_int_equal(state_dir_damaged(&place.dir, "log", ERR_STATE, NULL), ERR_STATE);
    error_set(&place.err, ERR_STATE, "it is of no kind");
    assert_int_equal(state_dir_damaged(&place.dir, "log", ERR_STATE, &place.err), ERR_STATE);
    assert_string_equal(place.err.text, "checkpoint \"job\", log: it is of no kind");
    assert_int_equal(place.err.exit_code, EXIT_STATE_CORRUPT);
    place_release(&place);
}

/* Files of one name have different salts, and so have files of one time. */
static void test_salts_differ(void **state)
{
    (void)state;
    struct place place;
    place_init(&place);
    assert_int_equal(place_open(&place, "job"), OK);
    uint64_t salt = state_dir_salt(&place.dir, "log", 1);
    assert_true(salt != state_dir_salt(&place.dir, "log", 2));
    assert_true(salt != state_dir_salt(&place.dir, "in", 1));
    place.clock.at_us++;
    assert_true(salt != state_dir_salt(&place.dir, "log", 1));
    place_release(&place);
}

TEST_MAIN(cmocka_unit_test(test_it_is_made_and_locked),
          cmocka_unit_test(test_its_name_survives_power_loss),
          cmocka_unit_test(test_a_second_one_is_refused), cmocka_unit_test(test_a_start_that_fails),
          cmocka_unit_test(test_numbers_of_names), cmocka_unit_test(test_replacing_a_file),
          cmocka_unit_test(test_removing_a_file), cmocka_unit_test(test_bad_is_told),
          cmocka_unit_test(test_damage_is_told), cmocka_unit_test(test_salts_differ))
