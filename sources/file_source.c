/* file_source: file:PATH, files from their starts to their ends as they are when these are reached:
 * one, or all that a pattern with wildcards names, one after the other, each a split. What is
 * compressed is unpacked (packed_file.h), and its offsets count what it holds. Regular files can be
 * read again from an offset; a named pipe is read as it comes. It does not follow a file that
 * grows.
 */
#include "engine/base/mem.h"
#include "sources/file_list.h"
#include "sources/path_glob.h"
#include "sources/sources.h"

struct file_source {
    struct source base;
    struct file_list list;
    bool is_regular;     /* all of them */
    int64_t total_bytes; /* -1 = not known */
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

static void file_close(struct source *source)
{
    file_list_release(&file_of(source)->list);
    mem_free(source);
}

static void count_bytes(struct file_source *file, const struct packed_file *open)
{
    const struct fs_stat *stat = packed_file_stat(open);
    bool is_known = file->total_bytes >= 0 && stat->is_regular && !packed_file_is_packed(open);
    file->total_bytes = is_known ? file->total_bytes + stat->bytes : -1;
}

/* Opens each file for a moment: what cannot be read says so before anything is read. */
static enum status add_file(struct file_source *file, const char *path, struct error *err)
{
    struct packed_file *open;
    TRY(packed_file_open(file->list.fs, path, &open, err));
    count_bytes(file, open);
    struct listed_file *listed = file_list_add(&file->list, path, packed_file_stat(open));
    file_list_ready(&file->list, listed);
    if (packed_file_stat(open)->is_regular) {
        packed_file_close(open);
    } else { /* a pipe's writer would notice */
        file->is_regular = false;
        file_list_take(&file->list, listed, open);
    }
    return OK;
}

/* Folders and pipes are passed over. */
static enum status add_matches(struct file_source *file, struct path_glob *glob, struct error *err)
{
    struct fs_stat stat;
    TRY(path_glob_look(glob, err));
    for (const char *path = NULL; (path = path_next(&glob->paths, path)) != NULL;) {
        if (glob->fs->stat(glob->fs, path, &stat, NULL) == OK && stat.is_regular) {
            TRY(add_file(file, path, err));
        }
    }
    return file->list.n > 0 ? OK : error_set(err, ERR_IO, "no file matches \"%s\"", glob->pattern);
}

/* A name that is there is meant as it is, whatever characters it has. */
static enum status add_files(struct file_source *file, const char *path, struct error *err)
{
    const struct fs *fs = file->list.fs;
    struct fs_stat stat;
    if (!path_has_wildcards(path) || fs->stat(fs, path, &stat, NULL) == OK) {
        return add_file(file, path, err);
    }
    struct path_glob glob;
    path_glob_init(&glob, fs, slice_text(path));
    enum status status = add_matches(file, &glob, err);
    path_glob_release(&glob);
    return status;
}

static enum status resume(struct file_source *file, struct slice from, struct error *err)
{
    TRY(file_list_resume(&file->list, from, err));
    for (uint32_t i = 0; i < file->list.n; i++) {
        const struct listed_file *listed = file->list.files[i];
        struct packed_file *open;
        if (listed->state == LISTED_READY) {
            TRY(packed_file_open(file->list.fs, listed->path, &open, err));
            count_bytes(file, open);
            packed_file_close(open);
        }
    }
    return OK;
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
    file->is_regular = true;
    file_list_init(&file->list, config->fs);
    file->list.damage = config->look ? DAMAGE_ENDS : DAMAGE_FAILS;
    char *path = mem_text(uri->path.at, uri->path.len);
    enum status status =
        config->from.len > 0 ? resume(file, config->from, err) : add_files(file, path, err);
    mem_free(path);
    if (status != OK) {
        file_close(&file->base);
        return status;
    }
    *out = &file->base;
    return OK;
}

/* ---- reading -------------------------------------------------------------------------------- */

static enum status file_poll(struct source *source, uint32_t *split, enum source_state *what,
                             struct error *err)
{
    struct file_list *list = &file_of(source)->list;
    *split = 0;
    TRY(file_list_poll(list, split, what, err));
    if (*what == SOURCE_AGAIN && list->n_ready == 0) {
        *what = SOURCE_DONE;
    }
    return OK;
}

static enum status file_read(struct source *source, uint32_t split, void *at, size_t max, size_t *n,
                             struct error *err)
{
    return file_list_read(&file_of(source)->list, split, at, max, n, err);
}

/* ---- what it says of itself ------------------------------------------------------------------ */

static unsigned file_flags(const struct source *source)
{
    const struct file_source *file = file_const(source);
    return SOURCE_FINITE | (file->is_regular ? SOURCE_REPLAYABLE : 0) |
           (file->list.splits.n > 1 ? SOURCE_PARTITIONED : 0);
}

static int file_wait_fd(const struct source *source)
{
    const struct file_source *file = file_const(source);
    return file->is_regular || file->list.open == NULL ? -1 : packed_file_handle(file->list.open);
}

static int64_t file_wake_us(const struct source *source)
{
    (void)source;
    return INT64_MAX;
}

static uint32_t file_n_splits(const struct source *source)
{
    return file_const(source)->list.splits.n;
}

static const char *file_split_name(const struct source *source, uint32_t split)
{
    return split_names_get(&file_const(source)->list.splits, split);
}

static int64_t file_total_bytes(const struct source *source)
{
    return file_const(source)->total_bytes;
}

static void file_offsets(const struct source *source, const uint64_t *unused, struct bytebuf *out)
{
    file_list_offsets(&file_const(source)->list, unused, out);
}

static const struct option_spec file_options[] = {{0}};

const struct source_kind file_source_kind = {
    .scheme = "file",
    .summary = "files, read once to their ends; takes wildcards, .gz and .zst",
    .flags = SOURCE_REPLAYABLE | SOURCE_PARTITIONED | SOURCE_FINITE,
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
