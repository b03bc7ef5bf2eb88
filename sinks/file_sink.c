/* file_sink: see file_sink.h. */
#include "sinks/file_sink.h"

#include "engine/base/bytebuf.h"
#include "engine/base/log.h"
#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "sinks/dated_file.h"
#include "sinks/disk_error.h"
#include "sinks/encode.h"
#include "sinks/file_position.h"
#include "sinks/name_pattern.h"
#include "sinks/rolled_file.h"

/* Rows of an epoch are kept up to this many bytes, then written ahead of its commit. */
enum { AHEAD_BYTES = 1 << 20 };

struct file {
    struct sink sink;
    const struct fs *fs;
    char *path;
    int fd; /* -1 behind a checkpoint, until its first epoch begins */
    bool durable;
    bool is_regular;
    bool is_dirty;     /* bytes were written since the last sync */
    bool wants_reopen; /* with the next epoch: none lies in two files */
    uint64_t inode;
    struct encoder *encoder;
    struct bytebuf out;
    int64_t written;           /* length of the file */
    int64_t committed;         /* length that is in the file for good */
    struct file_position from; /* of the checkpoint */
};

static struct file *file_of(struct sink *sink)
{
    CHECK(sink->kind == &file_sink);
    return (struct file *)(void *)sink;
}

static enum status disk_failed(const struct file *file, enum status status, struct error *err)
{
    return disk_error(file->fs, file->path, status, err);
}

static enum status file_send(struct file *file, struct error *err)
{
    size_t len = file->out.len;
    if (len == 0) {
        return OK;
    }
    TRY(fs_write_all(file->fs, file->fd, file->out.at, len, err));
    file->written += (int64_t)len;
    file->is_dirty = true;
    bytebuf_clear(&file->out);
    return OK;
}

/* ---- opening -------------------------------------------------------------------------------- */

/* A stream of rows has no end, so an array of JSON becomes lines of it. */
static const struct encode_format *file_format(const struct sink_config *config)
{
    const struct encode_format *format = config->format.len > 0
                                             ? encode_format_find(config->format)
                                             : encode_format_by_suffix(config->uri->path);
    if (format == NULL && config->format.len == 0) {
        return &encode_csv;
    }
    return format == &encode_json ? &encode_jsonl : format;
}

static enum status file_check(const struct sink_config *config, struct error *err)
{
    struct slice path = config->uri->path;
    if (path.len == 0 || config->uri->authority.len > 0) {
        error_set(err, ERR_OPTION, "\"%.*s\" names no file", (int)config->uri->text.len,
                  (const char *)config->uri->text.at);
        error_hint(err, "write file:out.csv or file:/var/lib/out.csv");
        return ERR_OPTION;
    }
    if (file_format(config) == NULL) {
        error_set(err, ERR_OPTION, "a file cannot be in format \"%.*s\"", (int)config->format.len,
                  (const char *)config->format.at);
        error_hint(err, "csv, tsv, jsonl, line and insert can");
        return ERR_OPTION;
    }
    return OK;
}

/* The names of the columns stand in front of the first row that is committed. */
static void file_names(struct file *file)
{
    if (file->committed == 0) {
        encoder_start(file->encoder, &file->out);
    }
}

/* A name that is not in its folder for good could be gone after a power failure. */
static enum status sync_folder(const struct file *file, struct error *err)
{
    struct bytebuf folder = {0};
    file_folder(&folder, file->path);
    enum status status = file->fs->sync_directory(file->fs, bytebuf_text(&folder), err);
    bytebuf_release(&folder);
    return status;
}

static enum status file_look(struct file *file, int fd, struct fs_stat *stat, struct error *err)
{
    TRY(file->fs->fstat(file->fs, fd, stat, err));
    return file->durable && stat->is_regular ? sync_folder(file, err) : OK;
}

static enum status file_attach(struct file *file, struct error *err)
{
    int fd;
    struct fs_stat stat;
    TRY(file->fs->open(file->fs, file->path, FS_WRITE | FS_CREATE | FS_APPEND, &fd, err));
    enum status status = disk_failed(file, file_look(file, fd, &stat, err), err);
    if (status != OK) {
        file->fs->close(file->fs, fd);
        return status;
    }
    bytebuf_clear(&file->out);
    file->fd = fd;
    file->is_regular = stat.is_regular;
    file->inode = stat.inode;
    file->written = stat.is_regular ? stat.bytes : 0;
    file->committed = file->written;
    file_names(file);
    return OK;
}

/* What a checkpoint does not know of is cut when the first epoch begins: until then the job may
 * still be refused, and has touched nothing. */
static enum status file_resume(struct file *file, struct slice from, struct error *err)
{
    TRY(file_position_parse(from, &file->from, err));
    TRY(file_position_check(file->fs, file->path, &file->from, err));
    file->fd = -1;
    file->is_regular = true;
    file->inode = file->from.inode;
    file->written = file->committed = file->from.bytes;
    return OK;
}

static void file_free(struct file *file)
{
    encoder_free(file->encoder);
    bytebuf_release(&file->out);
    mem_free(file->path);
    mem_free(file);
}

static enum status file_open(const struct sink_config *config, struct sink **out,
                             uint64_t *committed, struct error *err)
{
    int64_t roll_bytes;
    TRY(file_check(config, err));
    TRY(options_bytes(config->options, "roll", 0, &roll_bytes, err));
    *committed = 0;
    if (name_pattern_is(config->uri->path)) {
        return roll_bytes > 0
                   ? error_set(err, ERR_OPTION, "roll has no place with files named after the time")
                   : dated_file_open(config, out, err);
    }
    if (roll_bytes > 0) {
        return rolled_file_open(config, roll_bytes, out, err);
    }
    struct encoder_config encoder = {
        .format = file_format(config),
        .schema = config->schema,
        .changes = config->changes,
        .target = slice_text(config->query_name != NULL ? config->query_name : "result"),
    };
    struct file *file = mem_zalloc(sizeof *file);
    file->sink.kind = &file_sink;
    file->fs = config->fs;
    file->path = mem_text(config->uri->path.at, config->uri->path.len);
    file->encoder = encoder_new(&encoder);
    file->durable = config->durable;
    enum status status =
        config->from.len > 0 ? file_resume(file, config->from, err) : file_attach(file, err);
    if (status != OK) {
        file_free(file);
        return status;
    }
    *out = &file->sink;
    return OK;
}

/* ---- rows ----------------------------------------------------------------------------------- */

static enum status file_begin(struct sink *sink, uint64_t epoch, struct error *err)
{
    (void)epoch;
    struct file *file = file_of(sink);
    int old = file->fd;
    if (old >= 0 && !file->wants_reopen) {
        return OK;
    }
    if (old < 0) {
        TRY(disk_failed(file, file_position_recover(file->fs, file->path, &file->from, err), err));
    }
    TRY(disk_failed(file, file_attach(file, err), err));
    if (old >= 0) {
        file->fs->close(file->fs, old);
    }
    file->wants_reopen = false;
    return OK;
}

static enum status file_write(struct sink *sink, const struct batch *batch, struct error *err)
{
    struct file *file = file_of(sink);
    encoder_batch(file->encoder, batch, &file->out);
    return file->out.len >= AHEAD_BYTES ? disk_failed(file, file_send(file, err), err) : OK;
}

static enum status file_make_durable(struct file *file, struct error *err)
{
    TRY(file_send(file, err));
    bool syncs = file->durable && file->is_regular && file->is_dirty;
    return syncs ? file->fs->sync(file->fs, file->fd, err) : OK;
}

static enum status file_commit(struct sink *sink, uint64_t epoch, struct error *err)
{
    (void)epoch;
    struct file *file = file_of(sink);
    TRY(disk_failed(file, file_make_durable(file, err), err));
    file->is_dirty = false;
    file->committed = file->written;
    return OK;
}

static void file_position(const struct sink *sink, struct bytebuf *out)
{
    const struct file *file = file_of((struct sink *)(uintptr_t)sink);
    if (file->is_regular) {
        struct file_position position = {file->inode, file->committed};
        file_position_print(out, &position);
    }
}

static void file_abort(struct sink *sink)
{
    struct file *file = file_of(sink);
    struct error err;
    if (file->fd < 0) {
        return;
    }
    bytebuf_clear(&file->out);
    file_names(file);
    if (!file->is_regular || file->written == file->committed) {
        return;
    }
    if (file->fs->truncate(file->fs, file->fd, file->committed, &err) != OK) {
        log_line(LOG_WARN, "%s: rows that were not committed could not be cut: %s", file->path,
                 err.text);
        return;
    }
    file->written = file->committed;
}

static enum status file_reopen(struct sink *sink, struct error *err)
{
    (void)err;
    file_of(sink)->wants_reopen = true;
    return OK;
}

static void file_close(struct sink *sink)
{
    struct file *file = file_of(sink);
    if (file->fd >= 0) {
        file->fs->close(file->fs, file->fd);
    }
    file_free(file);
}

static const struct option_spec file_options[] = {
    {"roll", OPTION_BYTES, NULL, "a new file after so many bytes: 64MiB"},
    {"max_files", OPTION_INTEGER, "10000", "named after the time: begun and not sealed at a time"},
    {.name = NULL},
};

const struct sink_kind file_sink = {
    .scheme = "file",
    .summary = "rows at the end of a file: .csv, .tsv, .jsonl",
    .promise = SINK_TRANSACTIONAL,
    .takes_changes = true,
    .options = file_options,
    .open = file_open,
    .begin = file_begin,
    .write = file_write,
    .commit = file_commit,
    .position = file_position,
    .abort = file_abort,
    .reopen = file_reopen,
    .close = file_close,
};
