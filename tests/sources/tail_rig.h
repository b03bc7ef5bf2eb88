/* tail_rig: a folder with a log, whoever writes and rotates it, and a reader that does what the
 * engine does: joins the bytes of each split to lines, takes the tail of a split that has ended for
 * a line, and forgets half lines over a restart, because the offsets stand in front of them. All
 * polls are driven by hand and time is a hand clock's.
 *
 *     struct tail_rig rig;
 *     rig_init(&rig, "log*", "?rotate_wait=5s");
 *     rig_open(&rig);
 *     rig_write(&rig, "log", "one\ntwo\n");
 *     rig_read(&rig);                                  // until nothing more comes
 *     assert_string_equal(rig_lines(&rig), "one\ntwo\n");
 *     rig_release(&rig);
 */
#ifndef TESTS_SOURCES_TAIL_RIG_H
#define TESTS_SOURCES_TAIL_RIG_H

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sources/sources.h"
#include "tests/sources/reading.h"
#include "tests/support/testing.h"

enum { RIG_SPLITS_MAX = 64, RIG_READ_BYTES = 4096 };

struct tail_rig {
    char folder[64];
    char uri[256];
    struct reading reading;
    struct bytebuf half[RIG_SPLITS_MAX]; /* read, and no line yet */
    bool ended[RIG_SPLITS_MAX];
    struct bytebuf lines;   /* of all splits, in the order they came */
    struct bytebuf offsets; /* of the last rig_stop */
    struct bytebuf text;    /* scratch */
    char path[160];
    bool done;
};

static inline void rig_init(struct tail_rig *rig, const char *pattern, const char *query)
{
    *rig = (struct tail_rig){0};
    strncpy(rig->folder, "/tmp/tailrace-tail-XXXXXX", sizeof rig->folder);
    assert_non_null(mkdtemp(rig->folder));
    snprintf(rig->uri, sizeof rig->uri, "tail:%s/%s%s", rig->folder, pattern, query);
    reading_init(&rig->reading);
}

static inline const char *rig_path(struct tail_rig *rig, const char *name)
{
    snprintf(rig->path, sizeof rig->path, "%s/%s", rig->folder, name);
    return rig->path;
}

static inline enum status rig_try_open(struct tail_rig *rig, const struct source_kind *kind)
{
    rig->done = false;
    return reading_resume(&rig->reading, kind, rig->uri, bytebuf_text(&rig->offsets));
}

static inline void rig_open(struct tail_rig *rig)
{
    enum status status = rig_try_open(rig, &tail_source_kind);
    if (status != OK) {
        fail_msg("%s", rig->reading.err.text);
    }
}

/* ---- reading -------------------------------------------------------------------------------- */

static inline void rig_take(struct tail_rig *rig, uint32_t split, const uint8_t *at, size_t n)
{
    struct bytebuf *half = &rig->half[split];
    assert_false(rig->ended[split]);
    bytebuf_add(half, at, n);
    const uint8_t *end = half->len == 0 ? NULL : memrchr(half->at, '\n', half->len);
    if (end != NULL) {
        size_t whole = (size_t)(end - half->at) + 1;
        bytebuf_add(&rig->lines, half->at, whole);
        memmove(half->at, half->at + whole, half->len - whole);
        half->len -= whole;
    }
}

static inline void rig_end(struct tail_rig *rig, uint32_t split, bool is_cut)
{
    assert_false(rig->ended[split]);
    rig->ended[split] = true;
    if (rig->half[split].len > 0 && is_cut) {
        bytebuf_add_text(&rig->lines, "bad: ");
    }
    if (rig->half[split].len > 0) {
        bytebuf_add(&rig->lines, rig->half[split].at, rig->half[split].len);
        bytebuf_add_byte(&rig->lines, '\n');
        bytebuf_clear(&rig->half[split]);
    }
}

/* One poll, and one read of at most `max` bytes. */
static inline enum source_state rig_step(struct tail_rig *rig, size_t max)
{
    uint8_t bytes[RIG_READ_BYTES];
    struct reading *r = &rig->reading;
    uint32_t split = 0;
    enum source_state what;
    size_t n;
    assert_int_equal(source_poll(r->source, &split, &what, &r->err), OK);
    assert_in_range(split, 0, RIG_SPLITS_MAX - 1);
    if (what == SOURCE_MORE) {
        assert_in_range(split, 0, source_n_splits(r->source) - 1);
        assert_int_equal(source_read(r->source, split, bytes, max, &n, &r->err), OK);
        rig_take(rig, split, bytes, n);
    } else if (what == SOURCE_ENDED || what == SOURCE_CUT) {
        rig_end(rig, split, what == SOURCE_CUT);
    }
    rig->done = what == SOURCE_DONE;
    return what;
}

/* Polls, and reads, until there is nothing more now. */
static inline void rig_read(struct tail_rig *rig)
{
    enum source_state what = SOURCE_MORE;
    while (what != SOURCE_AGAIN && what != SOURCE_DONE) {
        what = rig_step(rig, RIG_READ_BYTES);
    }
}

/* Goes on reading while time passes, in steps of 100 ms. */
static inline void rig_read_for(struct tail_rig *rig, int64_t us)
{
    for (int64_t at_us = 0; at_us < us; at_us += 100 * US_PER_MS) {
        rig->reading.clock.at_us += 100 * US_PER_MS;
        rig_read(rig);
    }
}

static inline const char *rig_lines(struct tail_rig *rig)
{
    return bytebuf_text(&rig->lines);
}

/* The process ends: half lines are forgotten, offsets are kept. */
static inline void rig_stop(struct tail_rig *rig)
{
    uint64_t unused[RIG_SPLITS_MAX];
    for (uint32_t i = 0; i < RIG_SPLITS_MAX; i++) {
        unused[i] = rig->half[i].len;
        bytebuf_clear(&rig->half[i]);
    }
    bytebuf_clear(&rig->offsets);
    source_offsets(rig->reading.source, unused, &rig->offsets);
    source_close(rig->reading.source);
    rig->reading.source = NULL;
}

/* ---- writing and rotating ------------------------------------------------------------------- */

static inline int rig_writer(struct tail_rig *rig, const char *name, int flags)
{
    int fd = open(rig_path(rig, name), O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0600);
    assert_true(fd >= 0);
    return fd;
}

static inline void rig_put(int fd, const char *text)
{
    assert_int_equal(fs_write_all(fs_system(), fd, text, strlen(text), NULL), OK);
}

/* Appends to a file, that may be new. */
static inline void rig_write(struct tail_rig *rig, const char *name, const char *text)
{
    int fd = rig_writer(rig, name, O_APPEND);
    rig_put(fd, text);
    close(fd);
}

static inline void rig_rename(struct tail_rig *rig, const char *from, const char *to)
{
    char old[sizeof rig->path];
    snprintf(old, sizeof old, "%s", rig_path(rig, from));
    assert_int_equal(rename(old, rig_path(rig, to)), 0);
}

static inline void rig_unlink(struct tail_rig *rig, const char *name)
{
    assert_int_equal(unlink(rig_path(rig, name)), 0);
}

static inline void rig_copy(struct tail_rig *rig, const char *from, const char *to)
{
    uint8_t bytes[RIG_READ_BYTES];
    ssize_t n;
    int in = open(rig_path(rig, from), O_RDONLY | O_CLOEXEC);
    int out = rig_writer(rig, to, O_TRUNC);
    assert_true(in >= 0);
    while ((n = read(in, bytes, sizeof bytes)) > 0) {
        assert_int_equal(write(out, bytes, (size_t)n), n);
    }
    close(in);
    close(out);
}

static inline void rig_cut(struct tail_rig *rig, const char *name)
{
    assert_int_equal(truncate(rig_path(rig, name), 0), 0);
}

static inline void rig_clean_folder(const char *folder)
{
    struct bytebuf path = {0};
    DIR *open_folder = opendir(folder);
    assert_non_null(open_folder);
    for (struct dirent *entry; (entry = readdir(open_folder)) != NULL;) {
        bytebuf_clear(&path);
        bytebuf_printf(&path, "%s/%s", folder, entry->d_name);
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            unlink(bytebuf_text(&path)) != 0) {
            rig_clean_folder(bytebuf_text(&path));
        }
    }
    bytebuf_release(&path);
    closedir(open_folder);
    rmdir(folder);
}

static inline void rig_release(struct tail_rig *rig)
{
    reading_release(&rig->reading);
    for (uint32_t i = 0; i < RIG_SPLITS_MAX; i++) {
        bytebuf_release(&rig->half[i]);
    }
    bytebuf_release(&rig->lines);
    bytebuf_release(&rig->offsets);
    bytebuf_release(&rig->text);
    rig_clean_folder(rig->folder);
}

#endif
