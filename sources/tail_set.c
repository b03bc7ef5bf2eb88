/* tail_set: see tail_set.h. */
#include "sources/tail_set.h"

#include "engine/base/log.h"
#include "engine/base/mem.h"
#include "sources/offset_text.h"
#include "sources/packed_file.h"

void tail_set_init(struct tail_set *set, const struct fs *fs, struct slice pattern)
{
    *set = (struct tail_set){.fs = fs};
    path_glob_init(&set->glob, fs, pattern);
}

void tail_set_release(struct tail_set *set)
{
    for (uint32_t i = 0; i < set->n; i++) {
        tail_file_free(set->files[i], set->fs);
    }
    mem_free(set->files);
    split_names_release(&set->splits);
    path_glob_release(&set->glob);
}

/* ---- files and splits ----------------------------------------------------------------------- */

struct tail_file *tail_set_add(struct tail_set *set, const char *path, const struct fs_stat *stat)
{
    if (set->n == set->cap) {
        set->cap = set->cap == 0 ? 16 : set->cap * 2;
        set->files = mem_realloc(set->files, set->cap * sizeof(struct tail_file *));
    }
    struct tail_file *file = tail_file_new(path, stat);
    set->files[set->n++] = file;
    return file;
}

struct tail_file *tail_set_find(const struct tail_set *set, const struct fs_stat *stat)
{
    for (uint32_t i = 0; i < set->n; i++) {
        struct tail_file *file = set->files[i];
        if (file->inode == stat->inode && file->device == stat->device &&
            file->state != TAIL_GONE) {
            return file;
        }
    }
    return NULL;
}

struct tail_file *tail_set_add_ending(struct tail_set *set, uint32_t split, const char *path)
{
    struct tail_file *file = tail_set_add(set, path, &(struct fs_stat){0}); /* found by no scan */
    file->state = TAIL_ENDING;
    file->split = split;
    file->announced = true;
    return file;
}

void tail_set_drop(struct tail_set *set, struct tail_file *file)
{
    tail_set_free_held(set, file);
    set->n_open -= file->fd >= 0;
    tail_file_shut(file, set->fs);
    file->split = TAIL_NO_SPLIT;
    file->announced = false;
    file->size = file->at;
    file->before_at = 0;
    file->state = file->named ? TAIL_DONE : TAIL_GONE;
}

void tail_set_sweep(struct tail_set *set)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < set->n; i++) {
        if (set->files[i]->state == TAIL_GONE) {
            tail_file_free(set->files[i], set->fs);
        } else {
            set->files[kept++] = set->files[i];
        }
    }
    set->n = kept;
}

bool tail_set_is_restless(const struct tail_set *set)
{
    for (uint32_t i = 0; i < set->n; i++) {
        enum tail_state state = set->files[i]->state;
        bool is_ending = !set->files[i]->named || set->files[i]->moved;
        if (state == TAIL_HELD || (state == TAIL_OPEN && is_ending)) {
            return true;
        }
    }
    return false;
}

/* ---- opening -------------------------------------------------------------------------------- */

enum status tail_set_open(struct tail_set *set, struct tail_file *file, struct error *err)
{
    TRY(tail_file_open(file, set->fs, err));
    set->n_open++;
    if (set->once) {
        file->limit = file->size;
    }
    return OK;
}

/* A file that cannot be opened is an error where the pattern names just that one. */
static enum status open_waiting(struct tail_set *set, struct tail_file *file, int64_t now_us,
                                struct error *err)
{
    struct error why;
    bool is_told = file->state == TAIL_LEFT_OUT;
    if (tail_set_open(set, file, &why) != OK) {
        file->state = TAIL_LEFT_OUT;
        if (!set->started && !path_has_wildcards(set->glob.pattern)) {
            *err = why;
            return why.status;
        }
        if (!is_told) {
            log_line(LOG_WARN, "%s; it is left out until that works", why.text);
        }
        return OK;
    }
    file->quiet_us = now_us;
    if (!set->started && set->from_end) {
        return tail_file_seek_end(file, set->fs, err);
    }
    if (set->started && !set->once) {
        tail_set_hold(set, file, now_us);
    }
    return OK;
}

/* What could not be opened may be opened later; an inode that a compressed file had may have become
 * another file. */
static bool is_to_open(const struct tail_file *file)
{
    return file->state == TAIL_WAITING ||
           (file->state == TAIL_LEFT_OUT && !path_is_packed(file->path));
}

enum status tail_set_open_waiting(struct tail_set *set, int64_t now_us, struct error *err)
{
    for (uint32_t i = 0; i < set->n; i++) {
        struct tail_file *file = set->files[i];
        if (!is_to_open(file)) {
            continue;
        }
        if (set->n_open >= set->open_max) {
            if (!set->told_full) {
                log_line(LOG_WARN,
                         "\"%s\" names more than %u files: \"%s\" and others wait until "
                         "one has ended; max_files= allows more",
                         set->glob.pattern, set->open_max, file->path);
            }
            set->told_full = true;
            return OK;
        }
        TRY(open_waiting(set, file, now_us, err));
    }
    return OK;
}

/* ---- scanning ------------------------------------------------------------------------------- */

static enum status add_path(struct tail_set *set, const char *path, const struct fs_stat *stat,
                            struct error *err)
{
    struct tail_file *file = tail_set_add(set, path, stat);
    file->named = true;
    if (!path_is_packed(path)) {
        return OK;
    }
    file->state = TAIL_LEFT_OUT;
    if (!path_has_wildcards(set->glob.pattern)) {
        error_set(err, ERR_UNSUPPORTED, "\"%s\" is compressed and cannot be followed", path);
        error_hint(err, "file: and dir: read .gz and .zst files");
        return ERR_UNSUPPORTED;
    }
    log_line(LOG_WARN, "\"%s\" is compressed and left out; file: and dir: read it", path);
    return OK;
}

/* Names of files that are known; what happened to them by that. */
static void match_known(struct tail_set *set, int64_t now_us)
{
    struct fs_stat stat;
    for (const char *path = NULL; (path = path_next(&set->glob.paths, path)) != NULL;) {
        struct tail_file *file =
            set->fs->stat(set->fs, path, &stat, NULL) == OK ? tail_set_find(set, &stat) : NULL;
        if (file == NULL || file->named) {
            continue;
        }
        file->named = true;
        file->changed = file->changed || (uint64_t)stat.bytes != file->size;
        if (strcmp(file->path, path) != 0) {
            tail_file_rename(file, path);
            file->moved = true;
            file->quiet_us = now_us;
        }
        if (file->state == TAIL_DONE && file->changed && !set->once) {
            file->state = TAIL_WAITING;
        }
    }
}

/* With wildcards what is no file is passed over: "*" matches folders too. */
static enum status refuse_other(const struct tail_set *set, const char *path,
                                const struct fs_stat *stat, struct error *err)
{
    if (set->started || path_has_wildcards(set->glob.pattern)) {
        return OK;
    }
    if (stat->is_directory) {
        error_set(err, ERR_IO, "\"%s\" is a directory", path);
        error_hint(err, "tail:%s/* follows the files in it", path);
    } else {
        error_set(err, ERR_IO, "\"%s\" is no regular file", path);
        error_hint(err, "file: reads named pipes and devices");
    }
    return ERR_IO;
}

static enum status add_unknown(struct tail_set *set, struct error *err)
{
    struct fs_stat stat;
    for (const char *path = NULL; (path = path_next(&set->glob.paths, path)) != NULL;) {
        if (set->fs->stat(set->fs, path, &stat, NULL) != OK) {
            continue; /* gone again */
        }
        if (!stat.is_regular) {
            TRY(refuse_other(set, path, &stat, err));
        } else if (tail_set_find(set, &stat) == NULL) {
            TRY(add_path(set, path, &stat, err));
        }
    }
    return OK;
}

/* The pattern does not find the file any more. */
static void lose_name(struct tail_set *set, struct tail_file *file, bool had_name, int64_t now_us)
{
    switch (file->state) {
    case TAIL_OPEN:
    case TAIL_HELD:
        file->quiet_us = had_name ? now_us : file->quiet_us;
        file->changed = true;
        return;
    case TAIL_WAITING:
        log_line(LOG_WARN, "\"%s\" is gone before it could be read", file->path);
        tail_set_drop(set, file);
        return;
    case TAIL_LEFT_OUT:
        tail_set_drop(set, file);
        return;
    case TAIL_DONE:
        file->state = TAIL_GONE;
        return;
    case TAIL_ENDING:
    case TAIL_GONE:
        return;
    }
}

enum status tail_set_scan(struct tail_set *set, int64_t now_us, struct error *err)
{
    struct error why;
    if (path_glob_look(&set->glob, &why) != OK) {
        if (!set->started) {
            *err = why;
            return why.status;
        }
        return OK; /* what cannot be looked at now is not gone for that */
    }
    bool *had_name = mem_zalloc(set->n + 1);
    uint32_t n = set->n;
    for (uint32_t i = 0; i < n; i++) {
        had_name[i] = set->files[i]->named;
        set->files[i]->named = false;
    }
    match_known(set, now_us);
    for (uint32_t i = 0; i < n; i++) {
        if (!set->files[i]->named) {
            lose_name(set, set->files[i], had_name[i], now_us);
        }
    }
    mem_free(had_name);
    TRY(add_unknown(set, err));
    return tail_set_open_waiting(set, now_us, err);
}

/* ---- looking -------------------------------------------------------------------------------- */

/* A split only where there are bytes: an empty file holds no watermark back. */
static void give_split(struct tail_set *set, struct tail_file *file)
{
    if (file->split == TAIL_NO_SPLIT && tail_file_has_bytes(file)) {
        file->split = set->splits.n;
        split_names_set(&set->splits, file->split, file->path);
    }
}

static void end_quiet(struct tail_set *set, struct tail_file *file, int64_t now_us)
{
    bool is_rotated = !file->named || file->moved;
    bool is_quiet = now_us - file->quiet_us >= set->rotate_wait_us;
    bool is_over = set->once || (is_rotated && is_quiet);
    file->changed = file->changed || (is_rotated && !is_over); /* look again */
    if (!is_over || tail_file_has_bytes(file)) {
        return;
    }
    if (file->split == TAIL_NO_SPLIT) {
        tail_set_drop(set, file);
    } else {
        file->state = TAIL_ENDING;
    }
}

/* The file was cut. Who has no copy of what it was throws it away and begins anew. */
static enum status begin_anew(struct tail_set *set, struct tail_file *file, int64_t now_us,
                              struct error *err)
{
    bool has_copy;
    TRY(tail_set_take_copy(set, file, now_us, &has_copy, err));
    if (has_copy) {
        return OK;
    }
    if (file->at < file->size) {
        log_line(LOG_WARN, "\"%s\" was cut before its bytes %llu to %llu were read", file->path,
                 (unsigned long long)file->at, (unsigned long long)file->size);
    }
    if (file->split != TAIL_NO_SPLIT) {
        struct tail_file *before = tail_set_add_ending(set, file->split, file->path);
        before->at = file->at;
        before->size = file->at;
        before->print = file->print;
    }
    tail_file_restart(file);
    tail_set_free_held(set, file);
    tail_set_hold(set, file, now_us); /* another one may have been copied over it */
    return OK;
}

static enum status look_open(struct tail_set *set, struct tail_file *file, int64_t now_us,
                             struct error *err)
{
    bool is_cut;
    uint64_t size = file->size;
    TRY(tail_file_look(file, set->fs, &is_cut, err));
    if (is_cut && set->once) {
        file->size = file->at; /* what it held at the start is gone */
    } else if (is_cut) {
        TRY(begin_anew(set, file, now_us, err));
        TRY(tail_file_look(file, set->fs, &is_cut, err));
    }
    file->quiet_us = file->size != size ? now_us : file->quiet_us;
    if (file->state == TAIL_OPEN) {
        give_split(set, file);
        end_quiet(set, file, now_us);
    }
    return OK;
}

enum status tail_set_look(struct tail_set *set, struct tail_file *file, int64_t now_us,
                          struct error *err)
{
    file->changed = false;
    if (file->state == TAIL_HELD) {
        return tail_set_look_held(set, file, now_us, err);
    }
    return file->state == TAIL_OPEN ? look_open(set, file, now_us, err) : OK;
}

/* ---- start ---------------------------------------------------------------------------------- */

enum status tail_set_start(struct tail_set *set, struct slice from, int64_t now_us,
                           struct error *err)
{
    if (from.len > 0) {
        set->started = true;
        TRY(tail_set_resume(set, from, now_us, err));
    }
    TRY(tail_set_scan(set, now_us, err));
    if (set->n == 0 && !set->started) {
        if (set->once) {
            return error_set(err, ERR_IO, "no file matches \"%s\"", set->glob.pattern);
        }
        log_line(LOG_INFO, "no file matches \"%s\" yet; waiting for one", set->glob.pattern);
    }
    set->started = true;
    return OK;
}

/* ---- offsets -------------------------------------------------------------------------------- */

/* The last `back` bytes that were read are not done: where they begin, in what the file is or in
 * what it was before it was cut, and how to know that. */
static uint64_t find_back(const struct tail_file *file, uint64_t back,
                          const struct file_print **print)
{
    uint64_t here = file->rest_fd >= 0 ? file->at : file->at - file->hole;
    *print = &file->print;
    if (back == 0 && here == 0) {
        return 0; /* in the hole, or nothing read */
    }
    if (back <= here || file->before_at == 0) {
        return file->at - (back < here ? back : here);
    }
    *print = &file->before;
    back -= here;
    return file->before_at - (back < file->before_at ? back : file->before_at);
}

static void write_file(const struct tail_set *set, const struct tail_file *file,
                       const uint64_t *unused, struct bytebuf *out)
{
    const struct file_print *print;
    uint64_t back = 0;
    if (file->split != TAIL_NO_SPLIT) {
        bytebuf_printf(out, "split=%u ", file->split);
        back = unused == NULL ? 0 : unused[file->split];
    }
    uint64_t at = find_back(file, back, &print);
    bytebuf_printf(out, "pos=%llu inode=%llu device=%llu", (unsigned long long)at,
                   (unsigned long long)file->inode, (unsigned long long)file->device);
    file_print_write(print, out);
    bytebuf_add_text(out, file->state == TAIL_ENDING && back == 0 ? " ended=1" : "");
    offset_text_put_path(out, file->split == TAIL_NO_SPLIT
                                  ? file->path
                                  : split_names_get(&set->splits, file->split));
}

void tail_set_offsets(const struct tail_set *set, const uint64_t *unused, struct bytebuf *out)
{
    bytebuf_printf(out, "splits=%u\n", set->splits.n);
    for (uint32_t i = 0; i < set->n; i++) {
        const struct tail_file *file = set->files[i];
        if (file->state == TAIL_OPEN || file->state == TAIL_ENDING || file->state == TAIL_DONE) {
            write_file(set, file, unused, out);
        }
    }
}
