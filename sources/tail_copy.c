/* tail_copy: copies that log rotation makes before it cuts a file (copytruncate). See tail_set.h.
 */
#include "engine/base/log.h"
#include "sources/tail_set.h"

/* "access.log.1" and "access-20260105.log" are names for a copy of "access.log". */
static bool is_copy_name(struct slice name, struct slice of)
{
    const uint8_t *dot = of.len == 0 ? NULL : memrchr(of.at, '.', of.len);
    size_t stem = dot == NULL ? of.len : (size_t)(dot - of.at);
    size_t tail = of.len - stem;
    if (name.len <= of.len || stem == 0 || memcmp(name.at, of.at, stem) != 0) {
        return false;
    }
    return memcmp(name.at, of.at, of.len) == 0 ||
           memcmp(name.at + name.len - tail, of.at + stem, tail) == 0;
}

/* N of "access.log.N", -1 for other names. A longer number is a date. */
static int generation_of(const char *name, struct slice of)
{
    size_t n = 0;
    int generation = 0;
    if (strncmp(name, (const char *)of.at, of.len) != 0 || name[of.len] != '.') {
        return -1;
    }
    for (name += of.len + 1; ascii_is_digit((uint8_t)name[n]); n++) {
        generation = n < 4 ? generation * 10 + name[n] - '0' : -1;
    }
    return n > 0 && n <= 4 ? generation : -1;
}

/* By their names, was `a` made after `b`? */
static bool is_newer(const char *a, const char *b, struct slice of)
{
    int generation_a = generation_of(a, of);
    int generation_b = generation_of(b, of);
    if (generation_a >= 0 && generation_b >= 0) {
        return generation_a < generation_b;
    }
    return strlen(a) == strlen(b) && strcmp(a, b) > 0; /* dates */
}

/* The file with that name is followed, and is what it was. */
static enum status is_read(struct tail_set *set, const struct fs_stat *stat, int fd, bool *out,
                           struct error *err)
{
    const struct tail_file *known = tail_set_find(set, stat);
    *out = false;
    if (known != NULL && known->split != TAIL_NO_SPLIT) {
        TRY(file_print_fits(&known->print, set->fs, fd, out, err));
    }
    return OK;
}

static enum status fits_copy(struct tail_set *set, const struct tail_file *file, int fd,
                             struct fs_stat *stat, bool *fits, struct error *err)
{
    const struct fs *fs = set->fs;
    bool is_other;
    TRY(fs->fstat(fs, fd, stat, err));
    TRY(is_read(set, stat, fd, &is_other, err));
    if (is_other || (stat->device == file->device && stat->inode == file->inode)) {
        *fits = false;
        return OK;
    }
    const struct tail_file *known = tail_set_find(set, stat);
    if (known != NULL && known->state == TAIL_HELD && known->copy_of == file) {
        *fits = true; /* it was compared while the file was whole */
        return OK;
    }
    struct file_print print = file->print;
    if ((uint64_t)stat->bytes < print.last_end) {
        print.last_bytes = 0; /* made before the last bytes that were read: its head has to do */
    }
    return file_print_fits(&print, fs, fd, fits, err);
}

/* A copy of that name, open; copy->fd stays -1 if it is none. */
static enum status try_copy(struct tail_set *set, const struct tail_file *file,
                            struct tail_copy *copy, struct error *err)
{
    const struct fs *fs = set->fs;
    const char *path = bytebuf_text(&copy->path);
    bool fits = false;
    int fd;
    if (fs->stat(fs, path, &copy->stat, NULL) != OK || !copy->stat.is_regular ||
        fs->open(fs, path, FS_READ, &fd, NULL) != OK) {
        return OK;
    }
    enum status status = fits_copy(set, file, fd, &copy->stat, &fits, err);
    if (status == OK && fits) {
        copy->fd = fd;
    } else {
        fs->close(fs, fd);
    }
    return status;
}

static enum status find_among(struct tail_set *set, const struct tail_file *file,
                              const struct bytebuf *names, struct tail_copy *copy,
                              struct error *err)
{
    size_t folder = path_folder_length(file->path);
    struct slice base = slice_text(file->path + folder);
    const char *found = NULL;
    for (const char *name = NULL; copy->fd < 0 && (name = path_next(names, name)) != NULL;) {
        if (is_copy_name(slice_text(name), base)) {
            bytebuf_clear(&copy->path);
            bytebuf_printf(&copy->path, "%.*s%s", (int)folder, file->path, name);
            TRY(try_copy(set, file, copy, err));
            found = name;
        }
    }
    copy->is_newest = true;
    for (const char *name = NULL; copy->fd >= 0 && (name = path_next(names, name)) != NULL;) {
        bool is_newer_copy = is_copy_name(slice_text(name), base) && is_newer(name, found, base);
        copy->is_newest = copy->is_newest && !is_newer_copy;
    }
    return OK;
}

enum status tail_set_find_copy(struct tail_set *set, const struct tail_file *file,
                               struct tail_copy *copy, struct error *err)
{
    *copy = (struct tail_copy){.fd = -1};
    if (file->print.head_bytes == 0) {
        return OK; /* nothing to know it by, and nothing that could be missing */
    }
    struct bytebuf names = {0};
    size_t folder = path_folder_length(file->path);
    enum status status = OK;
    bytebuf_add(&copy->path, file->path, folder);
    if (set->fs->list(set->fs, folder == 0 ? "." : bytebuf_text(&copy->path), &names, NULL) == OK) {
        status = find_among(set, file, &names, copy, err);
    }
    bytebuf_release(&names);
    return status;
}

/* ---- a file that was cut -------------------------------------------------------------------- */

/* The copy as a file of the set: where it was another file before, that has ended. */
static struct tail_file *add_copy(struct tail_set *set, struct tail_copy *copy)
{
    struct tail_file *file = tail_set_find(set, &copy->stat);
    if (file == NULL) {
        file = tail_set_add(set, bytebuf_text(&copy->path), &copy->stat);
    } else if (file->split != TAIL_NO_SPLIT) {
        tail_set_add_ending(set, file->split, file->path);
        tail_file_restart(file);
    }
    if (file->fd < 0 && tail_file_open(file, set->fs, NULL) == OK) {
        set->n_open++;
    }
    file->state = file->fd >= 0 ? TAIL_OPEN : TAIL_LEFT_OUT;
    file->copy_of = NULL;
    file->moved = true;
    file->changed = true;
    return file;
}

/* What the copy holds is read as the rest of `file`: only what is written to it from now on is its
 * own. */
static void go_on_in_copy(struct tail_set *set, struct tail_file *file, struct tail_copy *copy,
                          int64_t now_us)
{
    struct tail_file *other = add_copy(set, copy);
    other->quiet_us = now_us;
    if (copy->is_newest || other->fd < 0) {
        other->at = (uint64_t)copy->stat.bytes;
        other->size = other->at;
        tail_file_go_on(file, set->fs, copy->fd, other->at);
        return;
    }
    set->fs->close(set->fs, copy->fd);
    other->at = file->at;
    other->print = file->print;
    other->split = file->split;
    other->announced = file->announced;
    tail_file_restart(file);
}

void tail_set_free_held(struct tail_set *set, const struct tail_file *of)
{
    for (uint32_t i = 0; i < set->n; i++) {
        struct tail_file *file = set->files[i];
        if (file->state == TAIL_HELD && file->copy_of == of) {
            file->state = TAIL_OPEN;
            file->copy_of = NULL;
            file->changed = true;
        }
    }
}

enum status tail_set_take_copy(struct tail_set *set, struct tail_file *file, int64_t now_us,
                               bool *has_copy, struct error *err)
{
    struct tail_copy copy;
    enum status status = tail_set_find_copy(set, file, &copy, err);
    *has_copy = status == OK && copy.fd >= 0;
    if (*has_copy) {
        log_line(LOG_DEBUG, "\"%s\" was cut; the rest of it is read from \"%s\"", file->path,
                 bytebuf_text(&copy.path));
        go_on_in_copy(set, file, &copy, now_us);
        file->quiet_us = now_us;
        tail_set_free_held(set, file);
    }
    bytebuf_release(&copy.path);
    return status;
}

/* ---- a file that may become a copy ---------------------------------------------------------- */

static bool may_be_copied(const struct tail_file *of, const struct tail_file *file)
{
    size_t folder = path_folder_length(file->path);
    return of != file && of->state == TAIL_OPEN && of->named && of->size > 0 &&
           path_folder_length(of->path) == folder && memcmp(of->path, file->path, folder) == 0 &&
           is_copy_name(slice_text(file->path + folder), slice_text(of->path + folder));
}

void tail_set_hold(struct tail_set *set, struct tail_file *file, int64_t now_us)
{
    struct tail_file *of = NULL;
    for (uint32_t i = 0; i < set->n; i++) {
        struct tail_file *other = set->files[i];
        bool is_better = of == NULL || strlen(other->path) < strlen(of->path);
        of = is_better && may_be_copied(other, file) ? other : of;
    }
    if (of != NULL) {
        file->state = TAIL_HELD;
        file->copy_of = of;
        file->quiet_us = now_us;
    }
}

enum status tail_set_look_held(struct tail_set *set, struct tail_file *file, int64_t now_us,
                               struct error *err)
{
    struct tail_file *other = file->copy_of;
    TRY(tail_set_look(set, other, now_us, err));
    if (file->state != TAIL_HELD) {
        return OK; /* the other one was cut */
    }
    struct fs_stat stat;
    bool same;
    TRY(set->fs->fstat(set->fs, file->fd, &stat, err));
    if ((uint64_t)stat.bytes != file->size) {
        file->size = (uint64_t)stat.bytes;
        file->quiet_us = now_us;
    }
    TRY(tail_file_same_start(file, other, set->fs, &same, err));
    bool is_own = !same || other->state != TAIL_OPEN || !other->named || !file->named ||
                  now_us - file->quiet_us >= set->rotate_wait_us;
    file->changed = true; /* look again, as a file of its own or held back for longer */
    if (is_own) {
        file->state = TAIL_OPEN;
        file->copy_of = NULL;
    }
    return OK;
}
