/* dir_source: dir:FOLDER?glob=*.csv reads each file that comes into a folder once, when it is
 * whole, one after the other, each a split. Files that are there at the start are whole. A new one
 * is when its writer has closed it or it was moved in; where the system does not tell that
 * (folder_watch.h), when it has not grown for `settle`. What is written to a file that was read
 * already is read too, as a split of its own. With `once` it ends with the files that are there. */
#include "engine/base/log.h"
#include "engine/base/mem.h"
#include "sources/file_list.h"
#include "sources/folder_watch.h"
#include "sources/path_glob.h"
#include "sources/sources.h"

#define LOOK_US   US_PER_SECOND
#define SETTLE_US US_PER_SECOND

struct dir_source {
    struct source base;
    const struct clock *clock;
    bool once;
    int64_t settle_us;
    struct file_list list;
    struct path_glob glob;
    struct folder_watch watch;
    bool started;
    bool scan;      /* names may have changed */
    int64_t due_us; /* steady time of the next scan in any case */
};

static struct dir_source *dir_of(struct source *source)
{
    return (struct dir_source *)source;
}

static const struct dir_source *dir_const(const struct source *source)
{
    return (const struct dir_source *)source;
}

/* ---- which files ---------------------------------------------------------------------------- */

static void see_file(struct dir_source *dir, const char *path, const struct fs_stat *stat,
                     int64_t now_us)
{
    struct listed_file *file = file_list_find(&dir->list, path, stat);
    if (file == NULL) {
        file = file_list_add(&dir->list, path, stat);
        file->quiet_us = now_us;
    }
    file->named = true;
    if (file->state == LISTED_READY) {
        return;
    }
    if (file->bytes != (uint64_t)stat->bytes) {
        file->bytes = (uint64_t)stat->bytes;
        file->quiet_us = now_us;
        file->state = LISTED_SEEN;
    }
    bool is_whole = !dir->started || now_us - file->quiet_us >= dir->settle_us;
    if (file->state == LISTED_SEEN && is_whole) {
        file_list_ready(&dir->list, file);
    }
}

/* A file that has gone was read, or is read to its end if it is open; else it is lost. */
static void forget_gone(struct dir_source *dir)
{
    for (uint32_t i = 0; i < dir->list.n; i++) {
        struct listed_file *file = dir->list.files[i];
        if (!file->named && file->state == LISTED_SEEN) {
            log_line(LOG_WARN, "\"%s\" has gone before it was whole", file->path);
        }
        if (!file->named && file->state != LISTED_READY) {
            file->state = LISTED_GONE;
        }
    }
    file_list_sweep(&dir->list);
}

static enum status look(struct dir_source *dir, int64_t now_us, struct error *err)
{
    struct error why;
    struct fs_stat stat;
    if (path_glob_look(&dir->glob, &why) != OK) {
        if (!dir->started) {
            *err = why;
            return why.status;
        }
        return OK; /* what cannot be looked at now is not gone for that */
    }
    for (uint32_t i = 0; i < dir->list.n; i++) {
        dir->list.files[i]->named = false;
    }
    for (const char *path = NULL; (path = path_next(&dir->glob.paths, path)) != NULL;) {
        if (dir->list.fs->stat(dir->list.fs, path, &stat, NULL) == OK && stat.is_regular) {
            see_file(dir, path, &stat, now_us);
        }
    }
    forget_gone(dir);
    return OK;
}

/* The folders are known once they were looked at, and must be looked at again once they are
 * watched: nothing is missed in between. */
static enum status scan(struct dir_source *dir, int64_t now_us, struct error *err)
{
    TRY(look(dir, now_us, err));
    if (folder_watch_set(&dir->watch, &dir->glob.folders)) {
        TRY(look(dir, now_us, err));
    }
    dir->scan = false;
    dir->due_us = now_us + LOOK_US;
    return OK;
}

static bool is_path_of(const char *path, const struct folder_event *event)
{
    size_t folder = strlen(event->folder);
    return strncmp(path, event->folder, folder) == 0 && strcmp(path + folder, event->name) == 0;
}

/* The writer has closed it, or it was moved in. */
static void take_whole(struct dir_source *dir, const struct folder_event *event)
{
    for (uint32_t i = 0; i < dir->list.n; i++) {
        struct listed_file *file = dir->list.files[i];
        if (file->state == LISTED_SEEN && is_path_of(file->path, event)) {
            file_list_ready(&dir->list, file);
        }
    }
}

static enum status look_around(struct dir_source *dir, int64_t now_us, struct error *err)
{
    struct folder_event event;
    while (folder_watch_next(&dir->watch, &event)) {
        dir->scan = dir->scan || event.names_changed;
        if (event.folder != NULL && (event.closed || event.moved_in)) {
            TRY(look(dir, now_us, err)); /* it may be new, or have grown */
            take_whole(dir, &event);
        }
    }
    return dir->scan || now_us >= dir->due_us ? scan(dir, now_us, err) : OK;
}

/* ---- open, close ---------------------------------------------------------------------------- */

static void dir_close(struct source *source)
{
    struct dir_source *dir = dir_of(source);
    folder_watch_release(&dir->watch);
    path_glob_release(&dir->glob);
    file_list_release(&dir->list);
    mem_free(dir);
}

static enum status setup(struct dir_source *dir, const struct source_config *config,
                         struct error *err)
{
    int64_t now_us = clock_steady_us(config->clock);
    TRY(options_duration(config->options, "settle", SETTLE_US, &dir->settle_us, err));
    if (config->from.len > 0) {
        TRY(file_list_resume(&dir->list, config->from, err));
    }
    TRY(config->once ? look(dir, now_us, err) : scan(dir, now_us, err));
    dir->started = true;
    return OK;
}

static enum status check_folder(const struct fs *fs, const char *folder, struct error *err)
{
    struct fs_stat stat;
    TRY(fs->stat(fs, folder, &stat, err));
    if (!stat.is_directory) {
        error_set(err, ERR_IO, "\"%s\" is no directory", folder);
        error_hint(err, "file: reads files, and takes wildcards");
        return ERR_IO;
    }
    return OK;
}

static enum status dir_open(const struct source_config *config, struct source **out,
                            struct error *err)
{
    const struct uri *uri = config->uri;
    if (uri->authority.len > 0 || uri->path.len == 0) {
        error_set(err, ERR_OPTION, "\"%.*s\" names no directory", (int)uri->text.len,
                  (const char *)uri->text.at);
        error_hint(err, "write dir:in or dir:/var/spool/in?glob=*.csv");
        return ERR_OPTION;
    }
    struct bytebuf path = {0};
    bytebuf_add(&path, uri->path.at, uri->path.len);
    enum status status = check_folder(config->fs, bytebuf_text(&path), err);
    if (status != OK) {
        bytebuf_release(&path);
        return status;
    }
    struct slice names = options_text(config->options, "glob", "*");
    bytebuf_printf(&path, "/%.*s", (int)names.len, (const char *)names.at);
    struct dir_source *dir = mem_zalloc(sizeof *dir);
    dir->base.kind = &dir_source_kind;
    dir->clock = config->clock;
    dir->once = config->once;
    file_list_init(&dir->list, config->fs);
    dir->list.damage = config->look ? DAMAGE_ENDS : DAMAGE_WARNS;
    path_glob_init(&dir->glob, config->fs, bytebuf_slice(&path));
    folder_watch_init(&dir->watch);
    bytebuf_release(&path);
    status = setup(dir, config, err);
    if (status != OK) {
        dir_close(&dir->base);
        return status;
    }
    *out = &dir->base;
    return OK;
}

/* ---- reading -------------------------------------------------------------------------------- */

static enum status dir_poll(struct source *source, uint32_t *split, enum source_state *what,
                            struct error *err)
{
    struct dir_source *dir = dir_of(source);
    if (!dir->once) {
        TRY(look_around(dir, clock_steady_us(dir->clock), err));
    }
    TRY(file_list_poll(&dir->list, split, what, err));
    if (*what == SOURCE_AGAIN && dir->once) {
        *what = SOURCE_DONE;
    }
    return OK;
}

static enum status dir_read(struct source *source, uint32_t split, void *at, size_t max, size_t *n,
                            struct error *err)
{
    return file_list_read(&dir_of(source)->list, split, at, max, n, err);
}

/* ---- what it says of itself ------------------------------------------------------------------ */

static unsigned dir_flags(const struct source *source)
{
    return SOURCE_REPLAYABLE | SOURCE_PARTITIONED | (dir_const(source)->once ? SOURCE_FINITE : 0);
}

static int dir_wait_fd(const struct source *source)
{
    return dir_const(source)->watch.fd;
}

static int64_t dir_wake_us(const struct source *source)
{
    const struct dir_source *dir = dir_const(source);
    return dir->once ? INT64_MAX : dir->due_us;
}

static uint32_t dir_n_splits(const struct source *source)
{
    return dir_const(source)->list.splits.n;
}

static const char *dir_split_name(const struct source *source, uint32_t split)
{
    return split_names_get(&dir_const(source)->list.splits, split);
}

static uint64_t dir_split_start(const struct source *source, uint32_t split)
{
    return file_list_split_start(&dir_const(source)->list, split);
}

static int64_t dir_total_bytes(const struct source *source)
{
    const struct dir_source *dir = dir_const(source);
    int64_t total = dir->once ? 0 : -1;
    for (uint32_t i = 0; i < dir->list.n && total >= 0; i++) {
        const struct listed_file *file = dir->list.files[i];
        if (file->state == LISTED_READY) {
            total = path_is_packed(file->path) ? -1 : total + (int64_t)file->bytes;
        }
    }
    return total;
}

static void dir_offsets(const struct source *source, const uint64_t *unused, struct bytebuf *out)
{
    file_list_offsets(&dir_const(source)->list, unused, out);
}

static const struct option_spec dir_options[] = {
    {"glob", OPTION_TEXT, "*", "names of files to read"},
    {"settle", OPTION_DURATION, "1s", "a file is whole when it has not grown for so long"},
    {0},
};

const struct source_kind dir_source_kind = {
    .scheme = "dir",
    .summary = "files that come into a folder, each read once; takes .gz and .zst",
    .flags = SOURCE_REPLAYABLE | SOURCE_PARTITIONED,
    .options = dir_options,
    .open = dir_open,
    .flags_of = dir_flags,
    .poll = dir_poll,
    .read = dir_read,
    .wait_fd = dir_wait_fd,
    .wake_us = dir_wake_us,
    .n_splits = dir_n_splits,
    .split_name = dir_split_name,
    .split_start = dir_split_start,
    .total_bytes = dir_total_bytes,
    .offsets = dir_offsets,
    .close = dir_close,
};
