/* tail_resume: files that were followed before a restart are found again: by inode and print, under
 * whatever name they have in their folder now. See tail_set.h. */
#include "engine/base/log.h"
#include "engine/base/mem.h"
#include "sources/offset_text.h"
#include "sources/tail_set.h"

/* One line of the offsets. */
struct tail_entry {
    bool has_split;
    bool ended; /* all of it was read */
    uint32_t split;
    uint64_t at;
    uint64_t inode;
    uint64_t device;
    struct file_print print;
    struct bytebuf path;
};

/* ---- reading the text ----------------------------------------------------------------------- */

static bool read_entry(struct slice line, uint64_t n_splits, struct tail_entry *entry)
{
    struct slice numbers;
    uint64_t split = 0;
    if (!offset_text_path(line, &numbers, &entry->path)) {
        return false;
    }
    uint64_t ended = 0;
    entry->has_split = offset_text_find(numbers, "split", &split);
    entry->ended = offset_text_find(numbers, "ended", &ended) && entry->has_split;
    entry->split = (uint32_t)split;
    return (!entry->has_split || split < n_splits) && entry->path.len > 0 &&
           offset_text_find(numbers, "pos", &entry->at) &&
           offset_text_find(numbers, "inode", &entry->inode) &&
           offset_text_find(numbers, "device", &entry->device) &&
           file_print_read(numbers, &entry->print);
}

/* ---- finding the file ----------------------------------------------------------------------- */

static bool is_entry(const struct tail_set *set, const struct tail_entry *entry, const char *path,
                     struct fs_stat *stat)
{
    return set->fs->stat(set->fs, path, stat, NULL) == OK && stat->is_regular &&
           stat->inode == entry->inode && stat->device == entry->device;
}

/* Under its own name, where the pattern finds it, or in its old folder. */
static bool find_entry(struct tail_set *set, const struct tail_entry *entry, struct bytebuf *path,
                       struct fs_stat *stat)
{
    bytebuf_clear(path);
    bytebuf_add(path, entry->path.at, entry->path.len);
    if (is_entry(set, entry, bytebuf_text(path), stat)) {
        return true;
    }
    for (const char *at = NULL; (at = path_next(&set->glob.paths, at)) != NULL;) {
        if (is_entry(set, entry, at, stat)) {
            bytebuf_clear(path);
            bytebuf_add_text(path, at);
            return true;
        }
    }
    struct bytebuf names = {0};
    size_t folder = path_folder_length(bytebuf_text(path));
    bool found = false;
    path->len = folder;
    if (set->fs->list(set->fs, folder == 0 ? "." : bytebuf_text(path), &names, NULL) != OK) {
        names.len = 0;
    }
    for (const char *name = NULL; !found && (name = path_next(&names, name)) != NULL;) {
        path->len = folder;
        bytebuf_add_text(path, name);
        found = is_entry(set, entry, bytebuf_text(path), stat);
    }
    bytebuf_release(&names);
    return found;
}

static struct tail_file *add_entry(struct tail_set *set, const struct tail_entry *entry,
                                   const char *path, const struct fs_stat *stat)
{
    struct tail_file *file = tail_set_add(set, path, stat);
    file->at = entry->at;
    file->print = entry->print;
    file->split = entry->has_split ? entry->split : TAIL_NO_SPLIT;
    file->announced = entry->has_split;
    return file;
}

/* ---- what became of it ---------------------------------------------------------------------- */

/* Its split has ended with what was read of it before. */
static void end_entry(struct tail_set *set, struct tail_entry *entry, const char *why)
{
    const char *path = bytebuf_text(&entry->path);
    if (entry->has_split) {
        log_line(LOG_WARN, "\"%s\" %s; what came in it behind byte %llu was not read", path, why,
                 (unsigned long long)entry->at);
        tail_set_add_ending(set, entry->split, path);
    }
}

/* The file is not there: the copy that was made before it went will do. */
static enum status resume_in_copy(struct tail_set *set, struct tail_entry *entry, int64_t now_us,
                                  struct error *err)
{
    struct tail_file gone = {.path = (char *)bytebuf_text(&entry->path),
                             .at = entry->at,
                             .print = entry->print};
    struct tail_copy copy = {.fd = -1};
    enum status status = entry->has_split ? tail_set_find_copy(set, &gone, &copy, err) : OK;
    if (status == OK && copy.fd >= 0) {
        set->fs->close(set->fs, copy.fd);
        struct tail_file *file = add_entry(set, entry, bytebuf_text(&copy.path), &copy.stat);
        file->moved = true;
        file->quiet_us = now_us;
        status = tail_set_open(set, file, err);
    } else if (status == OK) {
        end_entry(set, entry, "is gone");
    }
    bytebuf_release(&copy.path);
    return status;
}

/* The file with that inode is there: is it the same, was it cut, or is it another one that has got
 * the inode? A file that was cut has a copy, or nobody can tell it from another one. */
static enum status resume_in_file(struct tail_set *set, struct tail_entry *entry, const char *path,
                                  const struct fs_stat *stat, int64_t now_us, struct error *err)
{
    bool is_cut;
    bool has_copy = false;
    struct tail_file *file = add_entry(set, entry, path, stat);
    TRY(tail_set_open(set, file, err));
    TRY(tail_file_look(file, set->fs, &is_cut, err));
    if (is_cut && entry->has_split) {
        TRY(tail_set_take_copy(set, file, now_us, &has_copy, err));
    }
    file->quiet_us = now_us;
    if (is_cut && !has_copy) {
        tail_file_restart(file);
        end_entry(set, entry, "was cut or replaced");
    }
    return OK;
}

static enum status resume_entry(struct tail_set *set, struct tail_entry *entry, int64_t now_us,
                                struct error *err)
{
    struct bytebuf path = {0};
    struct fs_stat stat;
    if (entry->has_split) {
        split_names_set(&set->splits, entry->split, bytebuf_text(&entry->path));
    }
    enum status status = OK;
    if (entry->ended) {
        tail_set_add_ending(set, entry->split, bytebuf_text(&entry->path));
    } else if (!find_entry(set, entry, &path, &stat)) {
        status = resume_in_copy(set, entry, now_us, err);
    } else if (tail_set_find(set, &stat) == NULL) {
        status = resume_in_file(set, entry, bytebuf_text(&path), &stat, now_us, err);
    } else { /* it is the copy of another file by now */
        end_entry(set, entry, "was overwritten");
    }
    bytebuf_release(&path);
    return status;
}

/* ---- all of it ------------------------------------------------------------------------------ */

static enum status no_offsets(struct slice text, struct error *err)
{
    int len = text.len < 100 ? (int)text.len : 100;
    return error_set(err, ERR_STATE, "\"%.*s\" is no offset of files that are followed", len,
                     (const char *)text.at);
}

enum status tail_set_resume(struct tail_set *set, struct slice from, int64_t now_us,
                            struct error *err)
{
    uint64_t n_splits;
    struct slice first = offset_text_line(&from);
    if (!offset_text_find(first, "splits", &n_splits) || n_splits > SPLIT_NAMES_MAX) {
        return no_offsets(first, err);
    }
    if (path_glob_look(&set->glob, NULL) != OK) {
        bytebuf_clear(&set->glob.paths); /* the scan that follows tells */
    }
    if (n_splits > 0) {
        split_names_set(&set->splits, (uint32_t)n_splits - 1, "a former file");
    }
    struct tail_entry entry = {0};
    enum status status = OK;
    while (status == OK && from.len > 0) {
        struct slice line = offset_text_line(&from);
        status = read_entry(line, n_splits, &entry) ? resume_entry(set, &entry, now_us, err)
                                                    : no_offsets(line, err);
    }
    bytebuf_release(&entry.path);
    return status;
}
