/* inlog: see inlog.h. */
#include "engine/run/inlog.h"

#include <inttypes.h>
#include <stdio.h>

#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "engine/state/frame.h"

enum { INPUT_VERSION = 1, SEGMENT_NAME_BYTES = 40 };

/* One record may be as large as a block of a source, and stands in a segment that was not full. */
#define SEGMENT_READ_MAX ((size_t)INLOG_SEGMENT_BYTES + ((size_t)2 << 30))

void inlog_init(struct inlog *log, const struct state_dir *dir, uint64_t segment_bytes_max)
{
    *log = (struct inlog){
        .dir = dir,
        .segment_bytes_max = segment_bytes_max != 0 ? segment_bytes_max : INLOG_SEGMENT_BYTES,
        .first = 1,
        .segment = 1,
        .fd = -1,
    };
}

static void found_release(struct inlog *log)
{
    for (uint32_t i = 0; i < log->n_found; i++) {
        bytebuf_release(&log->found[i].bytes);
    }
    mem_free(log->found);
    log->found = NULL;
    log->n_found = 0;
}

void inlog_close(struct inlog *log)
{
    if (log->fd >= 0) {
        log->dir->fs->close(log->dir->fs, log->fd);
    }
    found_release(log);
    bytebuf_release(&log->out);
    *log = (struct inlog){.fd = -1};
}

/* ---- writing ------------------------------------------------------------------------------------
 */

static enum status segment_open(struct inlog *log, unsigned flags, struct error *err)
{
    struct bytebuf path = {0};
    enum status status =
        log->dir->fs->open(log->dir->fs, state_dir_file(log->dir, "in", log->segment, &path),
                           FS_WRITE | flags, &log->fd, err);
    bytebuf_release(&path);
    return state_dir_failed(log->dir, status, err);
}

static enum status segment_write(struct inlog *log, struct error *err)
{
    enum status status = fs_write_all(log->dir->fs, log->fd, log->out.at, log->out.len, err);
    log->bytes += log->out.len;
    log->is_dirty = true;
    bytebuf_clear(&log->out);
    return state_dir_failed(log->dir, status, err);
}

/* All of the newest segment is on disk: the next one begins with the next record. */
static void segment_finish(struct inlog *log)
{
    CHECK(!log->is_dirty && !log->is_new);
    log->dir->fs->close(log->dir->fs, log->fd);
    log->fd = -1;
    log->segment++;
    log->bytes = 0;
    log->seq = 0;
}

enum status inlog_append(struct inlog *log, uint64_t epoch, struct slice payload, struct error *err)
{
    CHECK(log->n_found == 0);
    if (log->bytes >= log->segment_bytes_max) {
        TRY(inlog_sync(log, err));
        segment_finish(log);
    }
    if (log->bytes == 0) {
        TRY(segment_open(log, FS_CREATE | FS_TRUNCATE, err));
        log->is_new = true;
        log->salt = state_dir_salt(log->dir, "in", log->segment);
        frame_header_put(&log->out, FRAME_FILE_INPUT, log->segment, log->salt);
    }
    const struct frame frame = {
        .epoch = epoch,
        .seq = ++log->seq,
        .type = FRAME_INPUT,
        .version = INPUT_VERSION,
        .payload = payload,
    };
    frame_put(&log->out, log->salt, &frame);
    return segment_write(log, err);
}

enum status inlog_sync(struct inlog *log, struct error *err)
{
    if (log->is_dirty) {
        TRY(state_dir_failed(log->dir, log->dir->fs->sync(log->dir->fs, log->fd, err), err));
        log->is_dirty = false;
    }
    if (log->is_new) {
        TRY(state_dir_sync(log->dir, err));
        log->is_new = false;
    }
    return OK;
}

struct inlog_mark inlog_end(const struct inlog *log)
{
    if (log->n_found > 0) {
        const struct inlog_segment *segment = &log->found[log->replay_segment];
        return (struct inlog_mark){segment->number, log->replay_at};
    }
    return (struct inlog_mark){log->segment, log->bytes};
}

void inlog_turn(struct inlog *log)
{
    if (log->bytes > 0 && log->n_found == 0) {
        segment_finish(log);
    }
}

enum status inlog_trim(struct inlog *log, const struct inlog_mark *mark, struct error *err)
{
    for (; log->first < mark->segment; log->first++) {
        TRY(state_dir_remove(log->dir, "in", log->first, err));
    }
    return OK;
}

/* ---- after a crash ------------------------------------------------------------------------------
 */

static void segment_name(uint64_t segment, char out[SEGMENT_NAME_BYTES])
{
    snprintf(out, SEGMENT_NAME_BYTES, "in.%" PRIu64, segment);
}

static enum status segment_bad(const struct inlog *log, uint64_t segment, int exit_code,
                               const char *why, struct error *err)
{
    char name[SEGMENT_NAME_BYTES];
    segment_name(segment, name);
    return state_dir_bad(log->dir, name, exit_code, why, err);
}

static bool is_there(struct slice names, uint64_t segment)
{
    char name[SEGMENT_NAME_BYTES];
    segment_name(segment, name);
    return names_have(names, name);
}

/* Removes the segments in front of the first one that is needed and behind the last valid one. */
static enum status remove_strays(struct inlog *log, struct slice names, struct error *err)
{
    for (const char *name; names_next(&names, &name);) {
        uint64_t number;
        if (state_dir_number(name, "in", &number) &&
            (number < log->first || number > log->segment)) {
            TRY(state_dir_remove(log->dir, "in", number, err));
        }
    }
    return OK;
}

/* How many bytes of the segment are whole frames; its records are counted in log->seq. */
static size_t valid_bytes(struct inlog *log, struct slice bytes, uint64_t salt)
{
    struct frame frame;
    size_t at = FRAME_HEADER_BYTES;
    size_t before = at;
    log->seq = 0;
    while (frame_next(bytes, &at, salt, &frame) == FRAME_WHOLE && frame.seq == log->seq + 1 &&
           frame.type == FRAME_INPUT) {
        before = at;
        log->seq++;
    }
    return before;
}

/* Reads segment `segment` behind those found so far; *whole = all of it is valid. */
static enum status take_segment(struct inlog *log, uint64_t segment, bool *whole, struct error *err)
{
    struct bytebuf path = {0};
    struct inlog_segment found = {0};
    struct frame_header header;
    enum status status = fs_read_file(log->dir->fs, state_dir_file(log->dir, "in", segment, &path),
                                      SEGMENT_READ_MAX, &found.bytes, err);
    bytebuf_release(&path);
    if (status != OK) {
        bytebuf_release(&found.bytes);
        return state_dir_failed(log->dir, status, err);
    }
    size_t valid = 0; /* a header that was never synced may be anything: nothing is in it */
    log->seq = 0;
    if (frame_header_read(bytebuf_slice(&found.bytes), FRAME_FILE_INPUT, &header, NULL) == OK &&
        header.number == segment) {
        found.salt = header.salt;
        valid = valid_bytes(log, bytebuf_slice(&found.bytes), header.salt);
    }
    *whole = valid == found.bytes.len && valid > 0;
    found.bytes.len = valid;
    log->segment = segment;
    log->bytes = valid;
    log->salt = found.salt;
    if (valid == 0) {
        bytebuf_release(&found.bytes);
        return OK;
    }
    log->found = mem_realloc(log->found, (log->n_found + 1) * sizeof *log->found);
    found.number = segment;
    log->found[log->n_found++] = found;
    return OK;
}

static bool mark_before(const struct inlog_mark *mark, const struct inlog_mark *other)
{
    return mark->segment < other->segment ||
           (mark->segment == other->segment && mark->bytes < other->bytes);
}

/* Whether a record of the first segment begins or ends `bytes` from its start; 0 is before all. */
static bool is_border(const struct inlog *log, uint64_t bytes)
{
    size_t at = 0;
    if (bytes > 0 && log->n_found > 0) {
        const struct inlog_segment *segment = &log->found[0];
        struct frame frame;
        bool more = true;
        for (at = FRAME_HEADER_BYTES; more && at < bytes;) {
            more = frame_next(bytebuf_slice(&segment->bytes), &at, segment->salt, &frame) ==
                   FRAME_WHOLE;
        }
    }
    return at == bytes;
}

/* Appending goes on behind what is valid. */
static enum status segment_continue(struct inlog *log, struct error *err)
{
    if (log->bytes == 0) { /* made anew by the next append */
        return OK;
    }
    const struct fs *fs = log->dir->fs;
    TRY(segment_open(log, 0, err));
    enum status status = fs->truncate(fs, log->fd, (int64_t)log->bytes, err);
    if (status == OK) {
        status = fs->seek(fs, log->fd, (int64_t)log->bytes, err);
    }
    log->is_dirty = true; /* what was read may not be on disk yet, and neither may its name */
    log->is_new = true;
    TRY(state_dir_failed(log->dir, status, err));
    return inlog_sync(log, err);
}

/* Reads the segments from `from` on as far as they are valid. */
static enum status take_segments(struct inlog *log, struct slice names,
                                 const struct inlog_mark *from, const struct inlog_mark *needed,
                                 struct error *err)
{
    bool whole = true;
    log->first = log->segment = from->segment == 0 ? 1 : from->segment;
    uint64_t next = log->first;
    for (; whole && is_there(names, next); next++) {
        TRY(take_segment(log, next, &whole, err));
        if (!whole && is_there(names, next + 1)) { /* it was synced before the next began */
            return segment_bad(log, next, EXIT_STATE_CORRUPT, "it is damaged", err);
        }
    }
    const struct inlog_mark end = {log->segment, log->bytes}; /* not inlog_end: that is replayed */
    if (mark_before(&end, needed)) {
        return needed->segment >= next
                   ? segment_bad(log, next, EXIT_FILE_MISSING, "it is missing", err)
                   : segment_bad(log, log->segment, EXIT_STATE_CORRUPT,
                                 "it is damaged where an epoch needs it", err);
    }
    if (mark_before(needed, from) || !is_border(log, from->bytes)) {
        return segment_bad(log, log->first, EXIT_STATE_CORRUPT,
                           "the state does not end where one of its records does", err);
    }
    return OK;
}

enum status inlog_verify(const struct state_dir *dir, struct slice names,
                         const struct inlog_mark *from, const struct inlog_mark *needed,
                         struct inlog_mark *end, struct error *err)
{
    struct inlog log;
    inlog_init(&log, dir, 0);
    enum status status = take_segments(&log, names, from, needed, err);
    *end = (struct inlog_mark){log.segment, log.bytes};
    inlog_close(&log);
    return status;
}

enum status inlog_recover(struct inlog *log, struct slice names, const struct inlog_mark *from,
                          const struct inlog_mark *needed, struct error *err)
{
    TRY(take_segments(log, names, from, needed, err));
    TRY(remove_strays(log, names, err));
    TRY(segment_continue(log, err));
    log->replay_segment = 0;
    log->replay_at = from->bytes > 0 ? from->bytes : FRAME_HEADER_BYTES;
    return OK;
}

bool inlog_replay(struct inlog *log, struct slice *payload)
{
    while (log->replay_segment < log->n_found) {
        const struct inlog_segment *segment = &log->found[log->replay_segment];
        struct frame frame;
        if (frame_next(bytebuf_slice(&segment->bytes), &log->replay_at, segment->salt, &frame) ==
            FRAME_WHOLE) {
            *payload = frame.payload;
            return true;
        }
        log->replay_segment++;
        log->replay_at = FRAME_HEADER_BYTES;
    }
    found_release(log);
    return false;
}
