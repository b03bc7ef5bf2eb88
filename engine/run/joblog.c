/* joblog: see joblog.h. */
#include "engine/run/joblog.h"

#include <inttypes.h>
#include <stdio.h>

#include "engine/base/codec.h"
#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "engine/run/state_file.h"

enum { RECORD_VERSION = 1 };

/* Twice the state, which is what a log is allowed to outgrow, and the last records. */
#define LOG_BYTES_MAX ((size_t)32 << 30)

/* ---- writing ------------------------------------------------------------------------------------
 */

static enum status log_write(struct joblog *log, struct error *err)
{
    TRY(fs_write_all(log->dir->fs, log->fd, log->out.at, log->out.len, err));
    log->bytes += log->out.len;
    bytebuf_clear(&log->out);
    return OK;
}

static enum status log_open(struct joblog *log, unsigned flags, struct error *err)
{
    struct bytebuf path = {0};
    enum status status =
        log->dir->fs->open(log->dir->fs, state_dir_file(log->dir, "log", log->generation, &path),
                           FS_WRITE | flags, &log->fd, err);
    bytebuf_release(&path);
    return status;
}

enum status joblog_create(struct joblog *log, const struct state_dir *dir, uint64_t generation,
                          struct error *err)
{
    *log = (struct joblog){
        .dir = dir,
        .generation = generation,
        .salt = state_dir_salt(dir, "log", generation),
        .fd = -1,
    };
    frame_header_put(&log->out, FRAME_FILE_LOG, generation, log->salt);
    enum status status = log_open(log, FS_CREATE | FS_TRUNCATE, err);
    if (status == OK) {
        status = log_write(log, err);
    }
    if (status == OK) {
        return joblog_sync(log, err);
    }
    return state_dir_failed(dir, status, err);
}

enum status joblog_append(struct joblog *log, enum frame_type type, uint64_t epoch,
                          struct slice payload, struct error *err)
{
    struct bytebuf whole = {0};
    codec_put_u64(&whole, log->synced);
    bytebuf_add(&whole, payload.at, payload.len);
    const struct frame frame = {
        .epoch = epoch,
        .seq = ++log->seq,
        .type = (uint8_t)type,
        .version = RECORD_VERSION,
        .payload = bytebuf_slice(&whole),
    };
    frame_put(&log->out, log->salt, &frame);
    bytebuf_release(&whole);
    return state_dir_failed(log->dir, log_write(log, err), err);
}

enum status joblog_sync(struct joblog *log, struct error *err)
{
    enum status status = log->dir->fs->sync(log->dir->fs, log->fd, err);
    if (status != OK) {
        return state_dir_failed(log->dir, status, err);
    }
    log->synced = log->bytes;
    return OK;
}

void joblog_close(struct joblog *log)
{
    if (log->dir != NULL && log->fd >= 0) {
        log->dir->fs->close(log->dir->fs, log->fd);
    }
    bytebuf_release(&log->out);
    *log = (struct joblog){.fd = -1};
}

/* ---- reading ------------------------------------------------------------------------------------
 */

/* The record without what joblog_append put in front. */
static bool unwrap(struct frame *frame, uint64_t *synced)
{
    struct reader in = reader_of(frame->payload);
    *synced = reader_u64(&in);
    frame->payload = reader_raw(&in, reader_left(&in));
    return reader_ok(&in);
}

static void keep_record(struct joblog_found *found, const struct frame *frame)
{
    if ((found->n & (found->n - 1)) == 0) { /* room is a power of two */
        size_t room = found->n == 0 ? 1 : (size_t)found->n * 2;
        found->records = mem_realloc(found->records, room * sizeof *found->records);
    }
    found->records[found->n++] = *frame;
}

/* Fills in records and valid. False: something that was on disk is damaged. */
static bool take_records(struct joblog_found *found)
{
    struct slice bytes = bytebuf_slice(&found->bytes);
    size_t at = FRAME_HEADER_BYTES;
    uint64_t synced;
    for (;;) {
        struct frame frame;
        size_t before = at;
        found->valid = at;
        if (frame_next(bytes, &at, found->salt, &frame) != FRAME_WHOLE) {
            break;
        }
        if (frame.seq != found->n + 1 || !unwrap(&frame, &synced) || synced > before) {
            return false;
        }
        keep_record(found, &frame);
    }
    struct frame later;
    while (frame_find(bytes, &at, found->salt, &later)) {
        if (unwrap(&later, &synced) && synced > found->valid) {
            return false;
        }
    }
    return true;
}

enum status joblog_read(const struct state_dir *dir, uint64_t generation, struct joblog_found *out,
                        struct error *err)
{
    const struct state_file file = {FRAME_FILE_LOG, generation, LOG_BYTES_MAX};
    struct joblog_found found = {0};
    struct frame_header header;
    TRY(state_file_read(dir, &file, &found.bytes, &header, err));
    found.salt = header.salt;
    if (!take_records(&found)) {
        char why[64];
        snprintf(why, sizeof why, "it is damaged behind byte %" PRIu64, found.valid);
        joblog_found_release(&found);
        return state_file_damaged(dir, &file, why, err);
    }
    *out = found;
    return OK;
}

void joblog_found_release(struct joblog_found *found)
{
    bytebuf_release(&found->bytes);
    mem_free(found->records);
    *found = (struct joblog_found){0};
}

enum status joblog_continue(struct joblog *log, const struct state_dir *dir, uint64_t generation,
                            const struct joblog_found *found, struct error *err)
{
    *log = (struct joblog){
        .dir = dir,
        .generation = generation,
        .salt = found->salt,
        .fd = -1,
        .seq = found->n,
        .bytes = found->valid,
    };
    CHECK(found->valid <= found->bytes.len);
    const struct fs *fs = dir->fs;
    enum status status = log_open(log, 0, err);
    if (status == OK && found->valid < found->bytes.len) {
        status = fs->truncate(fs, log->fd, (int64_t)found->valid, err);
    }
    if (status == OK) {
        status = fs->seek(fs, log->fd, (int64_t)found->valid, err);
    }
    if (status == OK) {
        /* What was read may be in memory only: it is built upon from here on. */
        return joblog_sync(log, err);
    }
    return state_dir_failed(dir, status, err);
}
