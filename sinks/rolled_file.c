/* rolled_file: see rolled_file.h. */
#include "sinks/rolled_file.h"

#include <inttypes.h>

#include "engine/base/log.h"
#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "sinks/disk_error.h"
#include "sinks/encode.h"
#include "sinks/file_position.h"
#include "sinks/file_sink.h"

/* A part that is written to its end: epochs first to last. */
struct full_part {
    uint64_t first;
    uint64_t last;
};

struct rolled {
    struct sink sink;
    struct arena life;
    struct sink_config config; /* of the parts */
    struct options none;
    struct uri uri;
    struct slice stem;   /* "out" */
    struct slice suffix; /* ".csv" */
    int64_t roll_bytes;
    struct sink *part;   /* NULL: the next epoch begins one */
    uint64_t first;      /* epoch of the part */
    struct bytebuf full; /* struct full_part: those to be sealed, oldest first */
};

static const struct sink_kind rolled_file;

static struct rolled *rolled_of(struct sink *sink)
{
    CHECK(sink->kind == &rolled_file);
    return (struct rolled *)(void *)sink;
}

/* ---- names ---------------------------------------------------------------------------------- */

static const char *part_path(struct bytebuf *out, const struct rolled *rolled, uint64_t first)
{
    bytebuf_clear(out);
    bytebuf_printf(out, "%.*s.%" PRIu64 "%.*s.part", (int)rolled->stem.len,
                   (const char *)rolled->stem.at, first, (int)rolled->suffix.len,
                   (const char *)rolled->suffix.at);
    return bytebuf_text(out);
}

static const char *sealed_path(struct bytebuf *out, const struct rolled *rolled,
                               const struct full_part *part, uint32_t copy)
{
    bytebuf_clear(out);
    bytebuf_printf(out, "%.*s.%" PRIu64 "-%" PRIu64, (int)rolled->stem.len,
                   (const char *)rolled->stem.at, part->first, part->last);
    if (copy > 0) {
        bytebuf_printf(out, "_%u", copy);
    }
    bytebuf_add(out, rolled->suffix.at, rolled->suffix.len);
    return bytebuf_text(out);
}

static bool is_there(const struct rolled *rolled, const char *path)
{
    struct fs_stat stat;
    struct error ignored;
    return rolled->config.fs->stat(rolled->config.fs, path, &stat, &ignored) == OK;
}

/* ---- sealing -------------------------------------------------------------------------------- */

/* Without a checkpoint epochs begin with 1 in each run: a name may be taken. */
static enum status seal_as(const struct rolled *rolled, const struct full_part *part,
                           struct bytebuf *from, struct bytebuf *to, struct error *err)
{
    const struct fs *fs = rolled->config.fs;
    const char *part_name = part_path(from, rolled, part->first);
    const char *name = sealed_path(to, rolled, part, 0);
    if (!is_there(rolled, part_name)) { /* sealed before a crash */
        return is_there(rolled, name) ? OK : file_lost(part_name, "it is missing", err);
    }
    for (uint32_t copy = 1; !rolled->config.durable && is_there(rolled, name); copy++) {
        name = sealed_path(to, rolled, part, copy);
    }
    TRY(fs->rename(fs, part_name, name, err));
    if (!rolled->config.durable) {
        return OK;
    }
    bytebuf_clear(from);
    file_folder(from, name);
    return fs->sync_directory(fs, bytebuf_text(from), err);
}

/* Seals what ends with epoch `upto` or before. */
static enum status seal_full(struct rolled *rolled, uint64_t upto, struct error *err)
{
    struct bytebuf from = {0};
    struct bytebuf to = {0};
    enum status status = OK;
    struct full_part part;
    while (status == OK && rolled->full.len > 0) {
        memcpy(&part, rolled->full.at, sizeof part);
        if (part.last > upto) {
            break;
        }
        status = seal_as(rolled, &part, &from, &to, err);
        status = disk_error(rolled->config.fs, bytebuf_text(&to), status, err);
        if (status == OK) {
            rolled->full.len -= sizeof part;
            memmove(rolled->full.at, rolled->full.at + sizeof part, rolled->full.len);
        }
    }
    bytebuf_release(&from);
    bytebuf_release(&to);
    return status;
}

/* ---- parts ---------------------------------------------------------------------------------- */

static enum status part_open(struct rolled *rolled, uint64_t first, struct slice from,
                             struct error *err)
{
    struct bytebuf path = {0};
    struct sink_config config = rolled->config;
    uint64_t committed;
    part_path(&path, rolled, first);
    rolled->uri.path = bytebuf_slice(&path);
    config.from = from;
    enum status status = sink_open(&file_sink, &config, &rolled->part, &committed, err);
    status = disk_error(config.fs, bytebuf_text(&path), status, err);
    rolled->uri.path = slice_of(NULL, 0);
    bytebuf_release(&path);
    if (status == OK) {
        rolled->first = first;
    }
    return status;
}

static int64_t part_bytes(const struct rolled *rolled)
{
    struct bytebuf text = {0};
    struct file_position position = {0};
    struct error err;
    sink_position(rolled->part, &text);
    enum status status = file_position_parse(bytebuf_slice(&text), &position, &err);
    CHECK(status == OK);
    bytebuf_release(&text);
    return position.bytes;
}

static void part_end(struct rolled *rolled, uint64_t last)
{
    struct full_part part = {rolled->first, last};
    bytebuf_add(&rolled->full, &part, sizeof part);
    sink_close(rolled->part);
    rolled->part = NULL;
}

/* ---- as a sink ------------------------------------------------------------------------------ */

static enum status rolled_begin(struct sink *sink, uint64_t epoch, struct error *err)
{
    struct rolled *rolled = rolled_of(sink);
    return rolled->part != NULL ? sink_begin(rolled->part, epoch, err) : OK;
}

/* Epochs without rows begin no part. */
static enum status rolled_write(struct sink *sink, const struct batch *batch, struct error *err)
{
    struct rolled *rolled = rolled_of(sink);
    if (batch->n == 0) {
        return OK;
    }
    if (rolled->part == NULL) {
        /* What a part of that name holds behind a checkpoint, was never committed. */
        const char *from = rolled->config.durable ? "inode=0 bytes=0" : "";
        TRY(part_open(rolled, sink->epoch, slice_text(from), err));
        TRY(sink_begin(rolled->part, sink->epoch, err));
    }
    return sink_write(rolled->part, batch, err);
}

static enum status rolled_commit(struct sink *sink, uint64_t epoch, struct error *err)
{
    struct rolled *rolled = rolled_of(sink);
    if (rolled->part == NULL) {
        return OK;
    }
    TRY(sink_commit(rolled->part, epoch, err));
    if (part_bytes(rolled) < rolled->roll_bytes) {
        return OK;
    }
    part_end(rolled, epoch);
    return rolled->config.durable ? OK : seal_full(rolled, epoch, err);
}

static enum status rolled_settled(struct sink *sink, uint64_t epoch, struct error *err)
{
    return seal_full(rolled_of(sink), epoch, err);
}

static void rolled_abort(struct sink *sink)
{
    struct rolled *rolled = rolled_of(sink);
    if (rolled->part != NULL) {
        sink_abort(rolled->part);
    }
}

static void rolled_position(const struct sink *sink, struct bytebuf *out)
{
    const struct rolled *rolled = rolled_of((struct sink *)(uintptr_t)sink);
    const char *space = "";
    struct full_part part;
    for (size_t at = 0; at < rolled->full.len; at += sizeof part) {
        memcpy(&part, rolled->full.at + at, sizeof part);
        bytebuf_printf(out, "%sseal=%" PRIu64 "-%" PRIu64, space, part.first, part.last);
        space = " ";
    }
    if (rolled->part != NULL) {
        bytebuf_printf(out, "%sfirst=%" PRIu64 " ", space, rolled->first);
        sink_position(rolled->part, out);
    }
}

static void rolled_free(struct rolled *rolled)
{
    sink_close(rolled->part);
    bytebuf_release(&rolled->full);
    arena_release(&rolled->life);
    mem_free(rolled);
}

/* Without a checkpoint nobody goes on with the part. */
static void seal_last(struct rolled *rolled)
{
    struct error err;
    uint64_t last = rolled->sink.in_epoch ? rolled->sink.epoch - 1 : rolled->sink.epoch;
    sink_abort(rolled->part);
    if (part_bytes(rolled) > 0) {
        part_end(rolled, last < rolled->first ? rolled->first : last);
        if (seal_full(rolled, UINT64_MAX, &err) != OK) {
            log_line(LOG_WARN, "%s", err.text);
        }
    }
}

static void rolled_close(struct sink *sink)
{
    struct rolled *rolled = rolled_of(sink);
    if (rolled->part != NULL && !rolled->config.durable) {
        seal_last(rolled);
    }
    rolled_free(rolled);
}

/* ---- opening -------------------------------------------------------------------------------- */

static bool take_text(struct slice *text, const char *prefix)
{
    size_t len = strlen(prefix);
    bool ok = text->len >= len && memcmp(text->at, prefix, len) == 0;
    *text = ok ? slice_of(text->at + len, text->len - len) : *text;
    return ok;
}

static bool take_epoch(struct slice *text, uint64_t *out)
{
    size_t len = 0;
    int64_t value;
    while (len < text->len && ascii_is_digit(text->at[len])) {
        len++;
    }
    bool ok = slice_to_i64(slice_of(text->at, len), &value);
    *text = slice_of(text->at + len, text->len - len);
    *out = ok ? (uint64_t)value : 0;
    return ok;
}

/* What the checkpoint knows: parts to be sealed, and the one to go on with. */
static enum status rolled_resume(struct rolled *rolled, struct slice from, struct error *err)
{
    struct slice rest = from;
    bool ok = true;
    while (ok && take_text(&rest, "seal=")) {
        struct full_part part;
        ok = take_epoch(&rest, &part.first) && take_text(&rest, "-") &&
             take_epoch(&rest, &part.last);
        bytebuf_add(&rolled->full, &part, sizeof part);
        rest = slice_trim(rest);
    }
    uint64_t first = 0;
    bool is_open = ok && take_text(&rest, "first=");
    if (!ok || (is_open ? !take_epoch(&rest, &first) || rest.len == 0 : rest.len > 0)) {
        return error_set(err, ERR_STATE, "\"%.*s\" is no position of a rolled file", (int)from.len,
                         (const char *)from.at);
    }
    TRY(seal_full(rolled, UINT64_MAX, err));
    return is_open ? part_open(rolled, first, slice_trim(rest), err) : OK;
}

static void split_name(struct rolled *rolled, struct slice path)
{
    struct slice copy = arena_copy(&rolled->life, path);
    size_t dot = copy.len;
    for (size_t i = copy.len; i > 0 && copy.at[i - 1] != '/'; i--) {
        if (copy.at[i - 1] == '.' && i > 1) {
            dot = i - 1;
            break;
        }
    }
    rolled->stem = slice_of(copy.at, dot);
    rolled->suffix = slice_of(copy.at + dot, copy.len - dot);
}

enum status rolled_file_open(const struct sink_config *config, int64_t roll_bytes,
                             struct sink **out, struct error *err)
{
    struct rolled *rolled = mem_zalloc(sizeof *rolled);
    arena_init(&rolled->life);
    options_init(&rolled->none, &rolled->life);
    rolled->sink.kind = &rolled_file;
    rolled->roll_bytes = roll_bytes;
    rolled->config = *config;
    rolled->config.options = &rolled->none;
    rolled->uri = *config->uri;
    rolled->config.uri = &rolled->uri;
    split_name(rolled, config->uri->path);
    if (config->format.len == 0) { /* the name of a part ends in .part */
        const struct encode_format *format = encode_format_by_suffix(config->uri->path);
        rolled->config.format = slice_text(format != NULL ? format->name : "csv");
    }
    enum status status = rolled_resume(rolled, config->from, err);
    if (status != OK) {
        rolled_free(rolled);
        return status;
    }
    *out = &rolled->sink;
    return OK;
}

static const struct sink_kind rolled_file = {
    .scheme = "file",
    .summary = "rows into files of about the same size",
    .promise = SINK_TRANSACTIONAL,
    .takes_changes = true,
    .begin = rolled_begin,
    .write = rolled_write,
    .commit = rolled_commit,
    .position = rolled_position,
    .settled = rolled_settled,
    .abort = rolled_abort,
    .close = rolled_close,
};
