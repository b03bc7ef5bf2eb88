/* file_list: see file_list.h. */
#include "sources/file_list.h"

#include "engine/base/log.h"
#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "sources/offset_text.h"

enum { EXIT_INPUT_GAP = 24 }; /* exactly-once.md §7 */

void file_list_init(struct file_list *list, const struct fs *fs)
{
    *list = (struct file_list){.fs = fs};
}

static void free_file(struct listed_file *file)
{
    mem_free(file->path);
    mem_free(file);
}

void file_list_release(struct file_list *list)
{
    packed_file_close(list->open);
    for (uint32_t i = 0; i < list->n; i++) {
        free_file(list->files[i]);
    }
    mem_free(list->files);
    split_names_release(&list->splits);
}

/* ---- files ---------------------------------------------------------------------------------- */

struct listed_file *file_list_add(struct file_list *list, const char *path,
                                  const struct fs_stat *stat)
{
    if (list->n == list->cap) {
        list->cap = list->cap == 0 ? 16 : list->cap * 2;
        list->files = mem_realloc(list->files, list->cap * sizeof(struct listed_file *));
    }
    struct listed_file *file = mem_zalloc(sizeof *file);
    file->path = mem_text(path, strlen(path));
    file->device = stat->device;
    file->inode = stat->inode;
    file->bytes = (uint64_t)stat->bytes;
    list->files[list->n++] = file;
    return file;
}

struct listed_file *file_list_find(const struct file_list *list, const char *path,
                                   const struct fs_stat *stat)
{
    for (uint32_t i = 0; i < list->n; i++) {
        struct listed_file *file = list->files[i];
        if (file->inode == stat->inode && file->device == stat->device &&
            file->state != LISTED_GONE && strcmp(file->path, path) == 0) {
            return file;
        }
    }
    return NULL;
}

void file_list_ready(struct file_list *list, struct listed_file *file)
{
    CHECK(file->state == LISTED_SEEN || file->state == LISTED_DONE);
    file->state = LISTED_READY;
    file->split = list->splits.n;
    file->announced = false;
    split_names_set(&list->splits, file->split, file->path);
    list->n_ready++;
    list->n_unannounced++;
}

void file_list_sweep(struct file_list *list)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < list->n; i++) {
        if (list->files[i]->state == LISTED_GONE) {
            free_file(list->files[i]);
        } else {
            list->files[kept++] = list->files[i];
        }
    }
    list->n = kept;
}

static struct listed_file *find_split(const struct file_list *list, uint32_t split)
{
    for (uint32_t i = 0; i < list->n; i++) {
        if (list->files[i]->state == LISTED_READY && list->files[i]->split == split) {
            return list->files[i];
        }
    }
    return NULL;
}

uint64_t file_list_split_start(const struct file_list *list, uint32_t split)
{
    const struct listed_file *file = find_split(list, split);
    return file == NULL ? 0 : file->at;
}

/* ---- reading -------------------------------------------------------------------------------- */

static enum status input_gap(const struct listed_file *file, const char *why, struct error *err)
{
    error_set(err, ERR_STATE, "cannot go on in \"%s\": %s", file->path, why);
    error_hint(err, "what was read before is gone; --replay-from earliest reads what is there");
    error_exit_code(err, EXIT_INPUT_GAP);
    return ERR_STATE;
}

/* Is it the file that was seen? */
static enum status check_file(struct file_list *list, struct listed_file *file,
                              const struct packed_file *open, struct error *err)
{
    const struct fs_stat *stat = packed_file_stat(open);
    int fd = packed_file_handle(open);
    bool fits = true;
    if (stat->inode != file->inode || stat->device != file->device) {
        return input_gap(file, "it is another file than before", err);
    }
    if (!stat->is_regular) {
        return OK;
    }
    if (!packed_file_is_packed(open) && file->at > (uint64_t)stat->bytes) {
        return input_gap(file, "it is shorter than before", err);
    }
    TRY(file_print_fits(&file->print, list->fs, fd, &fits, err));
    if (!fits) {
        return input_gap(file, "it holds something else than before", err);
    }
    return file_print_head(&file->print, list->fs, fd, (uint64_t)stat->bytes, err);
}

void file_list_take(struct file_list *list, struct listed_file *file, struct packed_file *open)
{
    CHECK(list->open == NULL && file->state == LISTED_READY);
    list->open = open;
    list->reading = file;
    list->at_end = false;
    list->is_cut = false;
}

static enum status open_file(struct file_list *list, struct listed_file *file, struct error *err)
{
    struct packed_file *open;
    TRY(packed_file_open(list->fs, file->path, &open, err));
    enum status status = check_file(list, file, open, err);
    if (status == OK && file->at > 0) {
        status = packed_file_skip(open, file->at, err);
    }
    if (status != OK) {
        packed_file_close(open);
        return status;
    }
    file_list_take(list, file, open);
    return OK;
}

/* The end of the split is told. */
static void end_file(struct file_list *list)
{
    struct listed_file *file = list->reading;
    file->state = LISTED_DONE;
    file->bytes = packed_file_is_packed(list->open) ? (uint64_t)packed_file_stat(list->open)->bytes
                                                    : file->at;
    packed_file_close(list->open);
    list->open = NULL;
    list->reading = NULL;
    list->n_ready--;
}

static void warn(const struct file_list *list, const struct error *why, const char *what)
{
    if (list->damage == DAMAGE_WARNS) {
        log_line(LOG_WARN, "%s; %s", why->text, what);
    }
}

/* Nothing of it was read. */
static void leave_file(struct file_list *list, struct listed_file *file, const struct error *why)
{
    warn(list, why, "it is left out");
    file->state = LISTED_DONE;
    list->n_ready--;
}

static struct listed_file *next_ready(const struct file_list *list, bool announced)
{
    for (uint32_t i = 0; i < list->n; i++) {
        struct listed_file *file = list->files[i];
        if (file->state == LISTED_READY && file->announced == announced) {
            return file;
        }
    }
    PANIC("a ready file is not there");
}

enum status file_list_poll(struct file_list *list, uint32_t *split, enum source_state *what,
                           struct error *err)
{
    *what = SOURCE_AGAIN;
    if (list->n_unannounced > 0) {
        *split = next_ready(list, false)->split;
        *what = SOURCE_MORE;
        return OK;
    }
    if (list->n_ready == 0) {
        return OK;
    }
    struct listed_file *file = list->reading == NULL ? next_ready(list, true) : list->reading;
    *split = file->split;
    if (list->open == NULL) {
        struct error why;
        enum status status = open_file(list, file, &why);
        if (status != OK && list->damage != DAMAGE_FAILS && file->at == 0) {
            leave_file(list, file, &why);
            *what = SOURCE_ENDED;
            return OK;
        }
        if (status != OK) {
            *err = why;
            return status;
        }
    }
    if (list->at_end) {
        *what = list->is_cut ? SOURCE_CUT : SOURCE_ENDED;
        end_file(list);
    } else if (packed_file_is_ready(list->open)) {
        *what = SOURCE_MORE;
    }
    return OK;
}

/* Damage is an end, and what is in front of it without a line end is no line. */
static enum status read_some(struct file_list *list, void *at, size_t max, size_t *n,
                             struct error *err)
{
    struct error why;
    enum status status = packed_file_read(list->open, at, max, n, &why);
    if (status == ERR_INPUT && list->damage != DAMAGE_FAILS) {
        warn(list, &why, "the rest is left out");
        list->is_cut = true;
        *n = 0;
        return OK;
    }
    if (status != OK) {
        *err = why;
    }
    return status;
}

enum status file_list_read(struct file_list *list, uint32_t split, void *at, size_t max, size_t *n,
                           struct error *err)
{
    struct listed_file *file = list->reading;
    if (file != NULL && file->split == split && file->announced) {
        TRY(read_some(list, at, max, n, err));
        file->at += *n;
        list->at_end = *n == 0;
        return OK;
    }
    file = find_split(list, split);
    CHECK(file != NULL && !file->announced);
    file->announced = true;
    list->n_unannounced--;
    *n = 0;
    return OK;
}

/* ---- offsets -------------------------------------------------------------------------------- */

void file_list_offsets(const struct file_list *list, const uint64_t *unused, struct bytebuf *out)
{
    bytebuf_printf(out, "splits=%u\n", list->splits.n);
    for (uint32_t i = 0; i < list->n; i++) {
        const struct listed_file *file = list->files[i];
        uint64_t at = file->at;
        if (file->state == LISTED_SEEN || file->state == LISTED_GONE) {
            continue;
        }
        if (file->state == LISTED_READY) {
            bytebuf_printf(out, "split=%u ", file->split);
            at -= unused == NULL ? 0 : unused[file->split];
        } else {
            bytebuf_printf(out, "done=1 bytes=%llu ", (unsigned long long)file->bytes);
        }
        bytebuf_printf(out, "pos=%llu inode=%llu device=%llu", (unsigned long long)at,
                       (unsigned long long)file->inode, (unsigned long long)file->device);
        file_print_write(&file->print, out);
        offset_text_put_path(out, file->path);
    }
}

static bool read_line(struct file_list *list, struct slice line, uint64_t n_splits,
                      struct bytebuf *path)
{
    struct slice numbers;
    struct fs_stat stat = {0};
    struct listed_file read = {.state = LISTED_DONE};
    uint64_t done = 0;
    uint64_t split = 0;
    if (!offset_text_path(line, &numbers, path) || !offset_text_find(numbers, "pos", &read.at) ||
        !offset_text_find(numbers, "inode", &stat.inode) ||
        !offset_text_find(numbers, "device", &stat.device) ||
        !file_print_read(numbers, &read.print)) {
        return false;
    }
    bool is_done = offset_text_find(numbers, "done", &done);
    if (is_done ? !offset_text_find(numbers, "bytes", &read.bytes)
                : !offset_text_find(numbers, "split", &split) || split >= n_splits) {
        return false;
    }
    struct listed_file *file = file_list_add(list, bytebuf_text(path), &stat);
    file->state = is_done ? LISTED_DONE : LISTED_READY;
    file->at = read.at;
    file->bytes = read.bytes;
    file->print = read.print;
    if (!is_done) {
        file->split = (uint32_t)split;
        file->announced = true;
        list->n_ready++;
        split_names_set(&list->splits, file->split, file->path);
    }
    return true;
}

static enum status no_offset(struct slice text, struct error *err)
{
    int len = text.len < 100 ? (int)text.len : 100;
    return error_set(err, ERR_STATE, "\"%.*s\" is no offset of files", len, (const char *)text.at);
}

/* What was not read to its end is looked at now: a start that cannot go on says so at once. */
static enum status check_ready(struct file_list *list, struct error *err)
{
    for (uint32_t i = 0; i < list->n; i++) {
        struct listed_file *file = list->files[i];
        if (file->state != LISTED_READY) {
            continue;
        }
        struct packed_file *open;
        TRY(packed_file_open(list->fs, file->path, &open, err));
        enum status status = check_file(list, file, open, err);
        packed_file_close(open);
        TRY(status);
    }
    return OK;
}

enum status file_list_resume(struct file_list *list, struct slice from, struct error *err)
{
    uint64_t n_splits;
    struct bytebuf path = {0};
    struct slice line = offset_text_line(&from);
    if (!offset_text_find(line, "splits", &n_splits) || n_splits > SPLIT_NAMES_MAX) {
        return no_offset(line, err);
    }
    if (n_splits > 0) {
        split_names_set(&list->splits, (uint32_t)n_splits - 1, "a former file");
    }
    enum status status = OK;
    while (status == OK && from.len > 0) {
        line = offset_text_line(&from);
        status = read_line(list, line, n_splits, &path) ? OK : no_offset(line, err);
    }
    bytebuf_release(&path);
    return status == OK ? check_ready(list, err) : status;
}
