/* state_place: the directory of a checkpoint, "job", on simulated files.
 *
 *     struct place place;
 *     place_init(&place);
 *     place_put(&place, "job/text", slice_text("before"));
 *     assert_int_equal(place_open(&place, "job"), OK);      // or place_look: no lock
 *     place_fault(&place, FAULT_IO, 3);                     // the fourth call from here fails
 *     …
 *     place_release(&place);
 */
#ifndef TESTS_ENGINE_RUN_STATE_PLACE_H
#define TESTS_ENGINE_RUN_STATE_PLACE_H

#include <string.h>

#include "engine/run/state_dir.h"
#include "engine/state/frame.h"
#include "tests/support/simfs.h"
#include "tests/support/testing.h"

struct place {
    struct simfs *fs;
    struct hand_clock clock;
    struct state_dir dir;
    struct error err;
};

static inline void place_init(struct place *place)
{
    *place = (struct place){.fs = simfs_new(), .dir = {.lock = -1}};
    hand_clock_init(&place->clock, 1000 * US_PER_SECOND);
    error_clear(&place->err);
}

static inline enum status place_open(struct place *place, const char *path)
{
    return state_dir_open(&place->dir, simfs_interface(place->fs), &place->clock.clock, path,
                          &place->err);
}

static inline void place_look(struct place *place)
{
    state_dir_look(&place->dir, simfs_interface(place->fs), &place->clock.clock, "job");
}

static inline void place_release(struct place *place)
{
    state_dir_close(&place->dir);
    simfs_free(place->fs);
}

/* The file has these bytes from now on; not while a fault is set. */
static inline void place_put(struct place *place, const char *path, struct slice bytes)
{
    const struct fs *fs = simfs_interface(place->fs);
    int fd;
    assert_int_equal(fs->open(fs, path, FS_WRITE | FS_CREATE | FS_TRUNCATE, &fd, &place->err), OK);
    assert_int_equal(fs_write_all(fs, fd, bytes.at, bytes.len, &place->err), OK);
    fs->close(fs, fd);
}

/* A file whose header and checksums are right, whatever the frames say. */
static inline void place_forge(struct place *place, const char *path, enum frame_file file,
                               uint64_t number, const struct frame *frames, size_t n)
{
    enum { SALT = 0x5eed };
    struct bytebuf bytes = {0};
    frame_header_put(&bytes, file, number, SALT);
    for (size_t i = 0; i < n; i++) {
        frame_put(&bytes, SALT, &frames[i]);
    }
    place_put(place, path, bytebuf_slice(&bytes));
    bytebuf_release(&bytes);
}

/* Call `at` from here on fails once; reads and opens are calls, too. */
static inline void place_fault(struct place *place, enum fault_kind kind, uint32_t at)
{
    const struct fault fault = {.kind = kind, .at = at, .reads = true};
    simfs_set_fault(place->fs, &fault);
}

static inline void place_heal(struct place *place)
{
    place_fault(place, FAULT_NONE, 0);
}

/* The bytes of a file that is there. */
static inline struct slice place_file(const struct place *place, const char *path)
{
    struct slice file;
    assert_true(simfs_file(place->fs, path, &file));
    return file;
}

static inline bool place_has(const struct place *place, const char *path)
{
    struct slice file;
    return simfs_file(place->fs, path, &file);
}

/* The last call was refused with this exit code; its text has `text` in it. */
static inline void assert_refused(const struct place *place, int exit_code, const char *text)
{
    assert_int_equal(place->err.exit_code, exit_code);
    if (strstr(place->err.text, text) == NULL) {
        fail_msg("\"%s\" is not in \"%s\"", text, place->err.text);
    }
}

/* The last call failed because a file did; nothing is said of a damaged checkpoint. */
static inline void assert_io_failed(const struct place *place)
{
    assert_int_equal(place->err.status, ERR_IO);
    assert_int_equal(place->err.exit_code, EXIT_IO_FAILED);
    assert_non_null(strstr(place->err.hint, "4096 bytes and 7 inodes are free"));
}

#endif
