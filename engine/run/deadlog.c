/* deadlog: see deadlog.h. */
#include "engine/run/deadlog.h"

#include <inttypes.h>
#include <stdio.h>

#include "engine/base/log.h"
#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "engine/base/textbuf.h"
#include "engine/base/utf8.h"
#include "engine/data/timestamp.h"
#include "engine/run/bad_rows.h"
#include "engine/state/frame.h"

enum {
    SEGMENTS = 8,          /* that what is kept is divided into: an eighth is dropped at a time */
    AHEAD_BYTES = 1 << 20, /* so many are written ahead of their commit */
};

void deadlog_init(struct deadlog *log, const struct state_dir *dir, int64_t bytes_max)
{
    *log = (struct deadlog){
        .dir = dir,
        .bytes_max = bytes_max > 0    ? (uint64_t)bytes_max
                     : bytes_max == 0 ? DEADLOG_BYTES_MAX
                                      : 0,
        .fd = -1,
    };
}

void deadlog_close(struct deadlog *log)
{
    if (log->dir != NULL && log->fd >= 0) {
        log->dir->fs->close(log->dir->fs, log->fd);
    }
    bytebuf_release(&log->out);
    mem_free(log->segments);
    *log = (struct deadlog){.fd = -1};
}

static struct deadlog_segment *newest(const struct deadlog *log)
{
    return log->n_segments > 0 ? &log->segments[log->n_segments - 1] : NULL;
}

struct deadlog_mark deadlog_mark(const struct deadlog *log)
{
    struct deadlog_mark mark = {.rows = log->rows};
    if (log->n_segments > 0) {
        mark.segment = newest(log)->first;
        mark.bytes = newest(log)->bytes;
    }
    return mark;
}

static void keep_segment(struct deadlog *log, const struct deadlog_segment *segment)
{
    log->segments =
        mem_realloc(log->segments, (log->n_segments + 1) * sizeof(struct deadlog_segment));
    log->segments[log->n_segments++] = *segment;
}

/* ---- rows ------------------------------------------------------------------------------------ */

static bool is_utf8(struct slice text)
{
    unsigned used;
    for (size_t at = 0; at < text.len; at += used) {
        if (utf8_decode(slice_of(text.at + at, text.len - at), &used) == UTF8_BAD) {
            return false;
        }
    }
    return true;
}

static void put_text(struct bytebuf *out, const char *name, struct slice value)
{
    bytebuf_printf(out, ",\"%s\":", name);
    textbuf_json(out, value);
}

/* JSON has no bytes: a record that is no UTF-8 stands there a second time, exactly. */
static void put_hex(struct bytebuf *out, struct slice record)
{
    bytebuf_add_text(out, ",\"hex\":\"");
    for (size_t i = 0; i < record.len; i++) {
        bytebuf_printf(out, "%02x", record.at[i]);
    }
    bytebuf_add_byte(out, '"');
}

static void put_row(struct bytebuf *out, uint64_t number, struct slice stream,
                    const struct found_bad *found)
{
    bytebuf_printf(out, "{\"row\":%" PRIu64 ",\"time\":\"", number);
    timestamp_print(out, found->arrival_us);
    bytebuf_add_byte(out, '"');
    put_text(out, "stream", stream);
    put_text(out, "source", slice_text(found->source));
    bytebuf_printf(out, ",\"offset\":%" PRIu64, found->offset);
    if (found->column.len > 0) {
        put_text(out, "column", found->column);
    } else {
        bytebuf_add_text(out, ",\"column\":null");
    }
    put_text(out, "reason", slice_text(found->reason));
    put_text(out, "text", found->record);
    if (!is_utf8(found->record)) {
        put_hex(out, found->record);
    }
    bytebuf_add_text(out, "}\n");
}

/* ---- writing ------------------------------------------------------------------------------------
 */

static uint64_t segment_bytes_max(const struct deadlog *log)
{
    return log->bytes_max / SEGMENTS;
}

static enum status segment_open(struct deadlog *log, unsigned flags, struct error *err)
{
    const struct fs *fs = log->dir->fs;
    struct bytebuf path = {0};
    enum status status = fs->open(fs, state_dir_file(log->dir, "dead", newest(log)->first, &path),
                                  FS_WRITE | FS_APPEND | flags, &log->fd, err);
    bytebuf_release(&path);
    return state_dir_failed(log->dir, status, err);
}

/* Bytes of dead.<first>, -1 if it is not there. */
static int64_t segment_stat(const struct state_dir *dir, uint64_t first)
{
    struct fs_stat stat;
    struct bytebuf path = {0};
    enum status status =
        dir->fs->stat(dir->fs, state_dir_file(dir, "dead", first, &path), &stat, NULL);
    bytebuf_release(&path);
    return status == OK ? stat.bytes : -1;
}

/* What was written is on disk. */
static enum status segment_end(struct deadlog *log, struct error *err)
{
    const struct fs *fs = log->dir->fs;
    TRY(state_dir_failed(log->dir, fs->sync(fs, log->fd, err), err));
    fs->close(fs, log->fd);
    log->fd = -1;
    if (log->is_new) {
        TRY(state_dir_sync(log->dir, err));
        log->is_new = false;
    }
    return OK;
}

/* False if the newest is full, or was taken away. */
static bool goes_on(const struct deadlog *log)
{
    const struct deadlog_segment *segment = newest(log);
    return segment != NULL && segment->bytes < segment_bytes_max(log) &&
           (log->fd >= 0 || segment_stat(log->dir, segment->first) == (int64_t)segment->bytes);
}

static enum status segment_begin(struct deadlog *log, struct error *err)
{
    const struct deadlog_segment next = {.first = log->out_first};
    if (log->fd >= 0) {
        TRY(segment_end(log, err));
    }
    keep_segment(log, &next);
    log->is_new = true;
    return segment_open(log, FS_CREATE | FS_TRUNCATE, err);
}

static void say_dropped(const struct deadlog *log)
{
    log_line(LOG_WARN,
             "the rejected rows in \"%s/dead.*\" have more than %" PRIu64
             " bytes (SET dead_limit): from now on the oldest are dropped",
             log->dir->path, log->bytes_max);
}

static enum status drop_oldest(struct deadlog *log, struct error *err)
{
    if (segment_stat(log->dir, log->segments[0].first) >= 0) {
        TRY(state_dir_remove(log->dir, "dead", log->segments[0].first, err));
    }
    if (!log->has_dropped) {
        say_dropped(log);
        log->has_dropped = true;
    }
    log->n_segments--;
    memmove(&log->segments[0], &log->segments[1], log->n_segments * sizeof *log->segments);
    return OK;
}

static uint64_t kept_bytes(const struct deadlog *log)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < log->n_segments; i++) {
        bytes += log->segments[i].bytes;
    }
    return bytes;
}

static enum status write_rows(struct deadlog *log, struct error *err)
{
    if (log->out.len == 0) {
        return OK;
    }
    if (!goes_on(log)) {
        TRY(segment_begin(log, err));
    } else if (log->fd < 0) {
        TRY(segment_open(log, 0, err));
    }
    enum status status = fs_write_all(log->dir->fs, log->fd, log->out.at, log->out.len, err);
    TRY(state_dir_failed(log->dir, status, err));
    newest(log)->bytes += log->out.len;
    bytebuf_clear(&log->out);
    while (log->n_segments > 1 && kept_bytes(log) > log->bytes_max) {
        TRY(drop_oldest(log, err));
    }
    return OK;
}

void deadlog_add(struct deadlog *log, struct slice stream, const struct found_bad *found)
{
    log->rows++;
    if (log->bytes_max == 0 || log->failure.status != OK) {
        return;
    }
    if (log->out.len == 0) {
        log->out_first = log->rows;
    }
    put_row(&log->out, log->rows, stream, found);
    if (log->out.len >= AHEAD_BYTES || log->out.len >= segment_bytes_max(log)) {
        enum status status = write_rows(log, &log->failure);
        CHECK(status == log->failure.status);
    }
}

enum status deadlog_commit(struct deadlog *log, struct error *err)
{
    if (log->failure.status != OK) {
        *err = log->failure;
        return err->status;
    }
    TRY(write_rows(log, err));
    return log->fd >= 0 ? segment_end(log, err) : OK;
}

/* ---- after a restart ----------------------------------------------------------------------------
 */

uint64_t deadlog_oldest(struct slice names)
{
    uint64_t oldest = 0;
    for (const char *name; names_next(&names, &name);) {
        uint64_t first;
        if (state_dir_number(name, "dead", &first) && (oldest == 0 || first < oldest)) {
            oldest = first;
        }
    }
    return oldest;
}

enum status deadlog_verify(const struct state_dir *dir, const struct deadlog_mark *mark,
                           struct error *err)
{
    char name[40];
    int64_t bytes = mark->segment == 0 ? -1 : segment_stat(dir, mark->segment);
    if (bytes < 0 || (uint64_t)bytes >= mark->bytes) {
        return OK;
    }
    snprintf(name, sizeof name, "dead.%" PRIu64, mark->segment);
    state_dir_bad(dir, name, EXIT_STATE_CORRUPT, "it is shorter than what was committed", err);
    error_hint(err, "take it away to go on without those rejected rows");
    return ERR_STATE;
}

/* Keeps the segment in its place by number, unless it was taken away since it was listed. */
static void find_segment(struct deadlog *log, uint64_t first)
{
    int64_t bytes = segment_stat(log->dir, first);
    if (bytes < 0) {
        return;
    }
    const struct deadlog_segment segment = {.first = first, .bytes = (uint64_t)bytes};
    keep_segment(log, &segment);
    for (uint32_t i = log->n_segments - 1; i > 0 && log->segments[i - 1].first > first; i--) {
        log->segments[i] = log->segments[i - 1];
        log->segments[i - 1] = segment;
    }
}

/* Those behind the mark are of an epoch without COMMIT: it is done again. */
static enum status find_segments(struct deadlog *log, struct slice names, uint64_t last,
                                 struct error *err)
{
    for (const char *name; names_next(&names, &name);) {
        uint64_t first;
        if (state_dir_number(name, "dead", &first) && first > last) {
            TRY(state_dir_remove(log->dir, "dead", first, err));
        } else if (state_dir_number(name, "dead", &first)) {
            find_segment(log, first);
        }
    }
    return OK;
}

static enum status cut_newest(struct deadlog *log, uint64_t bytes, struct error *err)
{
    const struct fs *fs = log->dir->fs;
    if (newest(log)->bytes == bytes) {
        return OK;
    }
    TRY(segment_open(log, 0, err));
    enum status status = fs->truncate(fs, log->fd, (int64_t)bytes, err);
    fs->close(fs, log->fd);
    log->fd = -1;
    newest(log)->bytes = bytes;
    return state_dir_failed(log->dir, status, err);
}

enum status deadlog_recover(struct deadlog *log, const struct deadlog_mark *mark, struct error *err)
{
    const struct fs *fs = log->dir->fs;
    struct bytebuf names = {0};
    log->rows = mark->rows;
    enum status status = fs->list(fs, log->dir->path, &names, err);
    if (status == OK) {
        status = find_segments(log, bytebuf_slice(&names), mark->segment, err);
    }
    bytebuf_release(&names);
    TRY(state_dir_failed(log->dir, status, err));
    if (log->n_segments > 0 && newest(log)->first == mark->segment) {
        return cut_newest(log, mark->bytes, err);
    }
    if (mark->segment > 0) { /* taken away: it is not gone on with an older one */
        const struct deadlog_segment gone = {.first = mark->segment};
        keep_segment(log, &gone);
    }
    return OK;
}
