/* Tests of engine/run/state_file.h and of the smallest of these files, the MANIFEST. */
#include "engine/run/state_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/run/manifest.h"
#include "tests/engine/run/state_place.h"

enum { BYTES_MAX = 64 };

static const struct state_file log_3 = {FRAME_FILE_LOG, 3, BYTES_MAX};
static const struct state_file snap_3 = {FRAME_FILE_SNAPSHOT, 3, BYTES_MAX};
static const struct state_file manifest = {FRAME_FILE_MANIFEST, 0, BYTES_MAX};

/* Out parameters are as they were after a failure. */
static enum status try_read(struct place *place, const struct state_file *file)
{
    struct bytebuf bytes = {0};
    struct frame_header header = {.number = 99};
    enum status status = state_file_read(&place->dir, file, &bytes, &header, &place->err);
    assert_true(status == OK || (bytes.at == NULL && bytes.len == 0 && header.number == 99));
    bytebuf_release(&bytes);
    return status;
}

static void put_header(struct place *place, const char *path, enum frame_file file, uint64_t number)
{
    place_forge(place, path, file, number, NULL, 0);
}

/* Writes the same file with another byte at `at`. */
static void change_byte(struct place *place, const char *path, size_t at, uint8_t byte)
{
    struct bytebuf changed = {0};
    struct slice file = place_file(place, path);
    bytebuf_add(&changed, file.at, file.len);
    changed.at[at] = byte;
    place_put(place, path, bytebuf_slice(&changed));
    bytebuf_release(&changed);
}

static void test_all_of_it_is_read(void **state)
{
    (void)state;
    struct place place;
    struct bytebuf bytes = {0};
    struct frame_header header;
    const struct frame frame = {.type = FRAME_INTENT, .payload = slice_text("abc")};
    place_init(&place);
    place_look(&place);
    place_forge(&place, "job/log.3", FRAME_FILE_LOG, 3, &frame, 1);
    assert_int_equal(state_file_read(&place.dir, &log_3, &bytes, &header, &place.err), OK);
    assert_true(slice_equal(bytebuf_slice(&bytes), place_file(&place, "job/log.3")));
    assert_int_equal(header.number, 3);
    bytebuf_release(&bytes);
    place_release(&place);
}

static void test_what_is_missing(void **state)
{
    (void)state;
    struct place place;
    place_init(&place);
    place_look(&place);
    assert_int_equal(try_read(&place, &log_3), ERR_STATE);
    assert_refused(&place, EXIT_FILE_MISSING, "checkpoint \"job\", log.3: it is missing");
    assert_int_equal(try_read(&place, &snap_3), ERR_STATE);
    assert_refused(&place, EXIT_FILE_MISSING, "checkpoint \"job\", snap.3: it is missing");
    assert_int_equal(try_read(&place, &manifest), ERR_STATE);
    assert_refused(&place, EXIT_MANIFEST_BAD, "checkpoint \"job\", MANIFEST: it is missing");
    place_release(&place);
}

static void test_what_cannot_be_read(void **state)
{
    (void)state;
    struct place place;
    place_init(&place);
    place_look(&place);
    put_header(&place, "job/log.3", FRAME_FILE_LOG, 3);
    for (uint32_t at = 0; at < 3; at++) { /* open, read, the read that finds the end */
        place_fault(&place, FAULT_IO, at);
        assert_int_equal(try_read(&place, &log_3), ERR_IO);
        assert_io_failed(&place);
    }
    place_fault(&place, FAULT_IO, 3);
    assert_int_equal(try_read(&place, &log_3), OK);
    place_release(&place);
}

/* Neither the file nor the directory can be asked. */
static void test_nothing_can_be_read(void **state)
{
    (void)state;
    struct place place;
    const struct fault fault = {.kind = FAULT_IO, .sticky = true, .reads = true};
    place_init(&place);
    place_look(&place);
    simfs_set_fault(place.fs, &fault);
    assert_int_equal(try_read(&place, &log_3), ERR_IO);
    assert_io_failed(&place);
    place_release(&place);
}

/* Its name is there, so nobody has removed it. */
static void test_a_name_without_a_file(void **state)
{
    (void)state;
    char folder[] = "/tmp/tailrace_state_XXXXXX";
    char path[64];
    struct place place = {.clock = {.at_us = 0}};
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/log.3", folder);
    assert_int_equal(symlink("nowhere", path), 0);
    state_dir_look(&place.dir, fs_system(), &place.clock.clock, folder);
    assert_int_equal(try_read(&place, &log_3), ERR_IO);
    assert_refused(&place, EXIT_IO_FAILED, "log.3");
    assert_int_equal(try_read(&place, &snap_3), ERR_STATE);
    assert_refused(&place, EXIT_FILE_MISSING, "snap.3: it is missing");
    state_dir_close(&place.dir);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

static void test_another_file_under_its_name(void **state)
{
    (void)state;
    struct place place;
    place_init(&place);
    place_look(&place);
    put_header(&place, "job/log.3", FRAME_FILE_LOG, 2);
    assert_int_equal(try_read(&place, &log_3), ERR_STATE);
    assert_refused(&place, EXIT_STATE_CORRUPT, "log.3: its header is of another file");
    put_header(&place, "job/log.3", FRAME_FILE_SNAPSHOT, 3);
    assert_int_equal(try_read(&place, &log_3), ERR_STATE);
    assert_refused(&place, EXIT_STATE_CORRUPT, "log.3: its header is damaged");
    put_header(&place, "job/MANIFEST", FRAME_FILE_LOG, 3);
    assert_int_equal(try_read(&place, &manifest), ERR_STATE);
    assert_refused(&place, EXIT_MANIFEST_BAD, "MANIFEST: its header is damaged");
    assert_non_null(strstr(place.err.hint, "--new-state"));
    place_release(&place);
}

/* Which of the two it is, is said: an older one needs another version of the program, too. */
static void test_another_format(void **state)
{
    (void)state;
    enum { FORMAT_AT = 8 };
    static const struct state_file *const files[] = {&log_3, &snap_3, &manifest};
    static const char *const paths[] = {"job/log.3", "job/snap.3", "job/MANIFEST"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct place place;
        place_init(&place);
        place_look(&place);
        put_header(&place, paths[i], files[i]->kind, 3);
        change_byte(&place, paths[i], FORMAT_AT, FRAME_FORMAT + 1);
        assert_int_equal(try_read(&place, files[i]), ERR_STATE);
        assert_refused(&place, EXIT_STATE_NEWER, ": it is of a newer format");
        change_byte(&place, paths[i], FORMAT_AT, FRAME_FORMAT - 1);
        assert_int_equal(try_read(&place, files[i]), ERR_STATE);
        assert_refused(&place, EXIT_STATE_NEWER, ": it is of an older format");
        place_release(&place);
    }
}

static void test_more_than_it_can_be(void **state)
{
    (void)state;
    struct place place;
    uint8_t payload[BYTES_MAX] = {0};
    const struct frame frame = {.type = FRAME_INTENT, .payload = slice_of(payload, sizeof payload)};
    place_init(&place);
    place_look(&place);
    place_forge(&place, "job/log.3", FRAME_FILE_LOG, 3, &frame, 1);
    assert_int_equal(try_read(&place, &log_3), ERR_STATE);
    assert_refused(&place, EXIT_STATE_CORRUPT, "log.3: it is too long to be one");
    place_release(&place);
}

/* ---- the MANIFEST -------------------------------------------------------------------------------
 */

static void test_manifest_round_trip(void **state)
{
    (void)state;
    struct place place;
    uint64_t generation = 0;
    place_init(&place);
    place_look(&place);
    for (uint64_t wanted = 1; wanted <= 3; wanted++) {
        assert_int_equal(manifest_write(&place.dir, wanted, &place.err), OK);
        assert_int_equal(manifest_read(&place.dir, &generation, &place.err), OK);
        assert_int_equal(generation, wanted);
    }
    place_release(&place);
}

/* Cut anywhere or with any byte changed it is refused, and the generation is not touched. */
static void test_manifest_is_damaged(void **state)
{
    (void)state;
    struct place place;
    uint64_t generation = 7;
    place_init(&place);
    place_look(&place);
    assert_int_equal(manifest_write(&place.dir, 0x0102030405060708, &place.err), OK);
    uint8_t whole[FRAME_HEADER_BYTES + 1] = {0};
    memcpy(whole, place_file(&place, "job/MANIFEST").at, FRAME_HEADER_BYTES);
    for (size_t len = 0; len <= sizeof whole; len++) {
        place_put(&place, "job/MANIFEST", slice_of(whole, len));
        enum status status = manifest_read(&place.dir, &generation, &place.err);
        if (len == FRAME_HEADER_BYTES) {
            assert_int_equal(status, OK);
            generation = 7;
        } else {
            assert_int_equal(status, ERR_STATE);
            assert_int_equal(generation, 7);
            assert_refused(&place, EXIT_MANIFEST_BAD, "MANIFEST: ");
        }
    }
    for (size_t at = 0; at < FRAME_HEADER_BYTES; at++) {
        place_put(&place, "job/MANIFEST", slice_of(whole, FRAME_HEADER_BYTES));
        change_byte(&place, "job/MANIFEST", at, whole[at] ^ 0x10);
        generation = 7;
        assert_int_equal(manifest_read(&place.dir, &generation, &place.err), ERR_STATE);
        assert_int_equal(generation, 7);
        bool is_format = at >= 8 && at < 12;
        assert_int_equal(place.err.exit_code, is_format ? EXIT_STATE_NEWER : EXIT_MANIFEST_BAD);
    }
    place_release(&place);
}

TEST_MAIN(cmocka_unit_test(test_all_of_it_is_read), cmocka_unit_test(test_what_is_missing),
          cmocka_unit_test(test_what_cannot_be_read), cmocka_unit_test(test_nothing_can_be_read),
          cmocka_unit_test(test_a_name_without_a_file),
          cmocka_unit_test(test_another_file_under_its_name), cmocka_unit_test(test_another_format),
          cmocka_unit_test(test_more_than_it_can_be), cmocka_unit_test(test_manifest_round_trip),
          cmocka_unit_test(test_manifest_is_damaged))
