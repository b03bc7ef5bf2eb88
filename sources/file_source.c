/* file_source: file:PATH, a file from its start to its end as it is when the end is reached. One
 * split. Regular files can be read again from an offset; a named pipe is read as it comes. It does
 * not follow a file that grows. */
#include <poll.h>

#include "engine/base/mem.h"
#include "sources/offset_text.h"
#include "sources/sources.h"

enum { EXIT_INPUT_GAP = 24 }; /* exactly-once.md §7 */

struct file_source {
    struct source base;
    const struct fs *fs;
    char *path;
    int fd;
    struct fs_stat stat; /* when it was opened */
    uint64_t at;         /* bytes read, those before `from` among them */
    bool at_end;
    bool told_end;
};

static struct file_source *file_of(struct source *source)
{
    return (struct file_source *)source;
}

static const struct file_source *file_const(const struct source *source)
{
    return (const struct file_source *)source;
}

/* ---- open, close ---------------------------------------------------------------------------- */

static enum status input_gap(const struct file_source *file, const char *why, struct error *err)
{
    error_set(err, ERR_STATE, "cannot go on in \"%s\": %s", file->path, why);
    error_hint(err, "what was read before is gone; --replay-from earliest reads what is there");
    if (err != NULL) {
        err->exit_code = EXIT_INPUT_GAP;
    }
    return ERR_STATE;
}

/* Goes to where an earlier run had come. */
static enum status resume(struct file_source *file, struct slice from, struct error *err)
{
    uint64_t inode;
    uint64_t at;
    if (!offset_text_find(from, "pos", &at) || !offset_text_find(from, "inode", &inode)) {
        return error_set(err, ERR_STATE, "\"%.*s\" is no offset of a file", (int)from.len,
                         (const char *)from.at);
    }
    if (inode != file->stat.inode) {
        return input_gap(file, "it is another file than before", err);
    }
    if (at > (uint64_t)file->stat.bytes) {
        return input_gap(file, "it is shorter than before", err);
    }
    TRY(file->fs->seek(file->fs, file->fd, (int64_t)at, err));
    file->at = at;
    return OK;
}

static enum status file_setup(struct file_source *file, const struct source_config *config,
                              struct error *err)
{
    TRY(file->fs->open(file->fs, file->path, FS_READ, &file->fd, err));
    TRY(file->fs->fstat(file->fs, file->fd, &file->stat, err));
    if (file->stat.is_directory) {
        return error_set(err, ERR_IO, "\"%s\" is a directory", file->path);
    }
    return config->from.len == 0 ? OK : resume(file, config->from, err);
}

static void file_close(struct source *source)
{
    struct file_source *file = file_of(source);
    if (file->fd >= 0) {
        file->fs->close(file->fs, file->fd);
    }
    mem_free(file->path);
    mem_free(file);
}

static enum status file_open(const struct source_config *config, struct source **out,
                             struct error *err)
{
    const struct uri *uri = config->uri;
    if (uri->authority.len > 0 || uri->path.len == 0) {
        error_set(err, ERR_OPTION, "\"%.*s\" names no file", (int)uri->text.len,
                  (const char *)uri->text.at);
        error_hint(err, "write file:access.log or file:///var/log/access.log");
        return ERR_OPTION;
    }
    struct file_source *file = mem_zalloc(sizeof *file);
    file->base.kind = &file_source_kind;
    file->fs = config->fs;
    file->fd = -1;
    file->path = mem_text(uri->path.at, uri->path.len);
    enum status status = file_setup(file, config, err);
    if (status != OK) {
        file_close(&file->base);
        return status;
    }
    *out = &file->base;
    return OK;
}

/* ---- reading -------------------------------------------------------------------------------- */

/* A named pipe may have nothing just now; a regular file always has something or is at its end. */
static bool has_bytes(const struct file_source *file)
{
    struct pollfd wanted = {.fd = file->fd, .events = POLLIN};
    return file->stat.is_regular || poll(&wanted, 1, 0) != 0;
}

static enum status file_poll(struct source *source, uint32_t *split, enum source_state *what,
                             struct error *err)
{
    (void)err;
    struct file_source *file = file_of(source);
    *split = 0;
    if (!file->at_end) {
        *what = has_bytes(file) ? SOURCE_MORE : SOURCE_AGAIN;
        return OK;
    }
    *what = file->told_end ? SOURCE_DONE : SOURCE_ENDED;
    file->told_end = true;
    return OK;
}

static enum status file_read(struct source *source, uint32_t split, void *at, size_t max, size_t *n,
                             struct error *err)
{
    (void)split;
    struct file_source *file = file_of(source);
    TRY(file->fs->read(file->fs, file->fd, at, max, n, err));
    file->at += *n;
    file->at_end = *n == 0;
    return OK;
}

/* ---- what it says of itself ------------------------------------------------------------------ */

static unsigned file_flags(const struct source *source)
{
    return SOURCE_FINITE | (file_const(source)->stat.is_regular ? SOURCE_REPLAYABLE : 0);
}

static int file_wait_fd(const struct source *source)
{
    const struct file_source *file = file_const(source);
    return file->stat.is_regular ? -1 : file->fd;
}

static int64_t file_wake_us(const struct source *source)
{
    (void)source;
    return INT64_MAX;
}

static uint32_t file_n_splits(const struct source *source)
{
    (void)source;
    return 1;
}

static const char *file_split_name(const struct source *source, uint32_t split)
{
    (void)split;
    return file_const(source)->path;
}

static int64_t file_total_bytes(const struct source *source)
{
    const struct file_source *file = file_const(source);
    return file->stat.is_regular ? file->stat.bytes : -1;
}

static void file_offsets(const struct source *source, const uint64_t *unused, struct bytebuf *out)
{
    const struct file_source *file = file_const(source);
    uint64_t done = file->at - (unused == NULL ? 0 : unused[0]);
    bytebuf_printf(out, "inode=%llu pos=%llu", (unsigned long long)file->stat.inode,
                   (unsigned long long)done);
}

static const struct option_spec file_options[] = {{0}};

const struct source_kind file_source_kind = {
    .scheme = "file",
    .summary = "a file, read once to its end",
    .flags = SOURCE_REPLAYABLE | SOURCE_FINITE,
    .options = file_options,
    .open = file_open,
    .flags_of = file_flags,
    .poll = file_poll,
    .read = file_read,
    .wait_fd = file_wait_fd,
    .wake_us = file_wake_us,
    .n_splits = file_n_splits,
    .split_name = file_split_name,
    .total_bytes = file_total_bytes,
    .offsets = file_offsets,
    .close = file_close,
};
