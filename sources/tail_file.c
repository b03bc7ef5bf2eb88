/* tail_file: see tail_file.h. */
#include "sources/tail_file.h"

#include "engine/base/mem.h"
#include "engine/base/panic.h"

enum { SEEK_BACK_BYTES = 64 << 10 };

/* ---- life ----------------------------------------------------------------------------------- */

struct tail_file *tail_file_new(const char *path, const struct fs_stat *stat)
{
    struct tail_file *file = mem_zalloc(sizeof *file);
    file->state = TAIL_WAITING;
    file->path = mem_text(path, strlen(path));
    file->device = stat->device;
    file->inode = stat->inode;
    file->size = (uint64_t)stat->bytes;
    file->limit = UINT64_MAX;
    file->fd = -1;
    file->rest_fd = -1;
    file->split = TAIL_NO_SPLIT;
    return file;
}

void tail_file_shut(struct tail_file *file, const struct fs *fs)
{
    if (file->fd >= 0) {
        fs->close(fs, file->fd);
    }
    if (file->rest_fd >= 0) {
        fs->close(fs, file->rest_fd);
    }
    file->fd = -1;
    file->rest_fd = -1;
}

void tail_file_free(struct tail_file *file, const struct fs *fs)
{
    if (file != NULL) {
        tail_file_shut(file, fs);
        mem_free(file->path);
        mem_free(file);
    }
}

void tail_file_rename(struct tail_file *file, const char *path)
{
    if (strcmp(file->path, path) != 0) {
        mem_free(file->path);
        file->path = mem_text(path, strlen(path));
    }
}

enum status tail_file_open(struct tail_file *file, const struct fs *fs, struct error *err)
{
    struct fs_stat stat;
    int fd;
    TRY(fs->open(fs, file->path, FS_READ, &fd, err));
    enum status status = fs->fstat(fs, fd, &stat, err);
    if (status == OK && (stat.device != file->device || stat.inode != file->inode)) {
        status = error_set(err, ERR_IO, "\"%s\" is another file already", file->path);
    }
    if (status != OK) {
        fs->close(fs, fd);
        return status;
    }
    file->fd = fd;
    file->state = TAIL_OPEN;
    file->changed = true;
    return OK;
}

/* ---- looking -------------------------------------------------------------------------------- */

enum status tail_file_look(struct tail_file *file, const struct fs *fs, bool *is_cut,
                           struct error *err)
{
    *is_cut = false;
    if (file->rest_fd >= 0) {
        return OK; /* first the rest of what it was */
    }
    struct fs_stat stat;
    bool fits = true;
    TRY(fs->fstat(fs, file->fd, &stat, err));
    uint64_t size = (uint64_t)stat.bytes;
    if (size >= file->at) {
        TRY(file_print_fits(&file->print, fs, file->fd, &fits, err));
    }
    *is_cut = size < file->at || !fits;
    if (!*is_cut) {
        TRY(file_print_head(&file->print, fs, file->fd, size, err));
        file->size = size;
    }
    return OK;
}

static void go_to_start(struct tail_file *file)
{
    file->at = 0;
    file->size = 0;
    file->hole = 0;
    file->print = (struct file_print){0};
    file->changed = true;
}

static void end_rest(struct tail_file *file, const struct fs *fs)
{
    fs->close(fs, file->rest_fd);
    file->rest_fd = -1;
    file->before_at = file->at;
    file->before = file->print;
    go_to_start(file);
}

void tail_file_go_on(struct tail_file *file, const struct fs *fs, int rest_fd, uint64_t rest_end)
{
    CHECK(file->rest_fd < 0 && rest_fd >= 0);
    file->rest_fd = rest_fd;
    file->rest_end = rest_end;
    file->changed = true;
    if (file->at >= rest_end) {
        end_rest(file, fs);
    }
}

void tail_file_restart(struct tail_file *file)
{
    CHECK(file->rest_fd < 0);
    go_to_start(file);
    file->before_at = 0;
    file->split = TAIL_NO_SPLIT;
    file->announced = false;
}

bool tail_file_has_bytes(const struct tail_file *file)
{
    uint64_t end = file->rest_fd >= 0 ? file->rest_end : file->size;
    return file->at < (end < file->limit ? end : file->limit);
}

/* ---- reading -------------------------------------------------------------------------------- */

/* Without the NUL bytes that the file begins with. */
static size_t skip_hole(struct tail_file *file, uint8_t *at, size_t n)
{
    size_t hole = 0;
    while (hole < n && at[hole] == 0) {
        hole++;
    }
    memmove(at, at + hole, n - hole);
    file->hole += hole;
    return n - hole;
}

enum status tail_file_read(struct tail_file *file, const struct fs *fs, void *at, size_t max,
                           size_t *n, struct error *err)
{
    bool from_rest = file->rest_fd >= 0;
    bool in_hole = !from_rest && file->hole == file->at;
    int fd = from_rest ? file->rest_fd : file->fd;
    uint64_t end = from_rest ? file->rest_end : file->size;
    end = end < file->limit ? end : file->limit;
    uint64_t left = end - file->at;
    TRY(fs->pread(fs, fd, at, left < max ? (size_t)left : max, (int64_t)file->at, n, err));
    if (*n > 0) {
        file->at += *n;
        TRY(file_print_last(&file->print, fs, fd, at, *n, file->at, err));
    }
    bool is_over = *n == 0 || file->at == end;
    if (from_rest && is_over) {
        end_rest(file, fs);
    } else if (is_over) {
        file->changed = true;
        file->size = file->at;
    }
    if (in_hole) {
        *n = skip_hole(file, at, *n);
    }
    return OK;
}

enum status tail_file_seek_end(struct tail_file *file, const struct fs *fs, struct error *err)
{
    uint64_t back = file->size < SEEK_BACK_BYTES ? file->size : SEEK_BACK_BYTES;
    uint8_t *bytes = mem_alloc((size_t)back + 1);
    size_t n = 0;
    enum status status = back == 0 ? OK
                                   : fs->pread(fs, file->fd, bytes, (size_t)back,
                                               (int64_t)(file->size - back), &n, err);
    const uint8_t *line_end = n == 0 ? NULL : memrchr(bytes, '\n', n);
    if (status == OK && line_end != NULL) {
        file->at = file->size - back + (uint64_t)(line_end - bytes) + 1;
    } else if (status == OK && back < SEEK_BACK_BYTES) {
        file->at = 0;
    } else if (status == OK) {
        file->at = file->size;
    }
    mem_free(bytes);
    return status;
}

enum status tail_file_same_start(const struct tail_file *a, const struct tail_file *b,
                                 const struct fs *fs, bool *same, struct error *err)
{
    uint8_t bytes[2][FILE_PRINT_BYTES];
    size_t n[2];
    TRY(fs->pread(fs, a->fd, bytes[0], FILE_PRINT_BYTES, 0, &n[0], err));
    TRY(fs->pread(fs, b->fd, bytes[1], FILE_PRINT_BYTES, 0, &n[1], err));
    *same = memcmp(bytes[0], bytes[1], n[0] < n[1] ? n[0] : n[1]) == 0;
    return OK;
}
