/* fs: the system's files; see fs.h. */
#include "engine/base/fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "engine/base/mem.h"
#include "engine/base/panic.h"

/* Repeats a call that a signal has interrupted. */
#define RETRY(result, call)                                                                        \
    do {                                                                                           \
        (result) = (call);                                                                         \
    } while ((result) < 0 && errno == EINTR)

static enum status system_open(const struct fs *fs, const char *path, unsigned flags, int *fd,
                               struct error *err)
{
    (void)fs;
    CHECK((flags & (FS_READ | FS_WRITE)) != 0);
    int how = O_CLOEXEC;
    if ((flags & FS_WRITE) == 0) {
        how |= O_RDONLY;
    } else {
        how |= (flags & FS_READ) != 0 ? O_RDWR : O_WRONLY;
    }
    how |= (flags & FS_CREATE) != 0 ? O_CREAT : 0;
    how |= (flags & FS_APPEND) != 0 ? O_APPEND : 0;
    how |= (flags & FS_TRUNCATE) != 0 ? O_TRUNC : 0;
    how |= (flags & FS_EXCLUSIVE) != 0 ? O_EXCL : 0;
    how |= (flags & FS_NO_WAIT) != 0 ? O_NONBLOCK : 0;
    int got;
    RETRY(got, open(path, how, 0600));
    if (got < 0) {
        return error_set_errno(err, errno, "cannot open \"%s\"", path);
    }
    if ((flags & FS_SEQUENTIAL) != 0) {
        (void)posix_fadvise(got, 0, 0, POSIX_FADV_SEQUENTIAL); /* advice may be refused */
    }
    *fd = got;
    return OK;
}

static enum status system_read(const struct fs *fs, int fd, void *at, size_t max, size_t *n,
                               struct error *err)
{
    (void)fs;
    ssize_t got;
    RETRY(got, read(fd, at, max));
    if (got < 0) {
        return error_set_errno(err, errno, "cannot read handle %d", fd);
    }
    *n = (size_t)got;
    return OK;
}

static enum status system_pread(const struct fs *fs, int fd, void *at, size_t max, int64_t offset,
                                size_t *n, struct error *err)
{
    (void)fs;
    ssize_t got;
    RETRY(got, pread(fd, at, max, offset));
    if (got < 0) {
        return error_set_errno(err, errno, "cannot read handle %d", fd);
    }
    *n = (size_t)got;
    return OK;
}

static enum status system_write(const struct fs *fs, int fd, const void *at, size_t len, size_t *n,
                                struct error *err)
{
    (void)fs;
    ssize_t put;
    RETRY(put, write(fd, at, len));
    if (put < 0) {
        return error_set_errno(err, errno, "cannot write handle %d", fd);
    }
    *n = (size_t)put;
    return OK;
}

static enum status system_seek(const struct fs *fs, int fd, int64_t offset, struct error *err)
{
    (void)fs;
    if (lseek(fd, offset, SEEK_SET) < 0) {
        return error_set_errno(err, errno, "cannot seek handle %d", fd);
    }
    return OK;
}

static enum status system_sync(const struct fs *fs, int fd, struct error *err)
{
    (void)fs;
    int rc;
    RETRY(rc, fdatasync(fd));
    if (rc < 0) {
        return error_set_errno(err, errno, "cannot sync handle %d", fd);
    }
    return OK;
}

static enum status system_sync_directory(const struct fs *fs, const char *path, struct error *err)
{
    (void)fs;
    int fd;
    RETRY(fd, open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (fd < 0) {
        return error_set_errno(err, errno, "cannot open directory \"%s\"", path);
    }
    int rc;
    RETRY(rc, fsync(fd));
    int errno_value = errno;
    close(fd);
    if (rc < 0) {
        return error_set_errno(err, errno_value, "cannot sync directory \"%s\"", path);
    }
    return OK;
}

static enum status system_truncate(const struct fs *fs, int fd, int64_t bytes, struct error *err)
{
    (void)fs;
    int rc;
    RETRY(rc, ftruncate(fd, bytes));
    if (rc < 0) {
        return error_set_errno(err, errno, "cannot cut handle %d to %lld bytes", fd,
                               (long long)bytes);
    }
    return OK;
}

static enum status system_rename(const struct fs *fs, const char *from, const char *to,
                                 struct error *err)
{
    (void)fs;
    if (rename(from, to) < 0) {
        return error_set_errno(err, errno, "cannot rename \"%s\" to \"%s\"", from, to);
    }
    return OK;
}

static enum status system_unlink(const struct fs *fs, const char *path, struct error *err)
{
    (void)fs;
    if (unlink(path) < 0) {
        return error_set_errno(err, errno, "cannot remove \"%s\"", path);
    }
    return OK;
}

static enum status system_mkdir(const struct fs *fs, const char *path, struct error *err)
{
    (void)fs;
    if (mkdir(path, 0700) < 0) {
        return error_set_errno(err, errno, "cannot make directory \"%s\"", path);
    }
    return OK;
}

static void stat_fill(const struct stat *from, struct fs_stat *out)
{
    *out = (struct fs_stat){
        .device = from->st_dev,
        .inode = from->st_ino,
        .bytes = from->st_size,
        .is_regular = S_ISREG(from->st_mode),
        .is_directory = S_ISDIR(from->st_mode),
        .is_socket = S_ISSOCK(from->st_mode),
    };
}

static enum status system_stat(const struct fs *fs, const char *path, struct fs_stat *out,
                               struct error *err)
{
    (void)fs;
    struct stat got;
    if (stat(path, &got) < 0) {
        return error_set_errno(err, errno, "cannot look at \"%s\"", path);
    }
    stat_fill(&got, out);
    return OK;
}

static enum status system_fstat(const struct fs *fs, int fd, struct fs_stat *out, struct error *err)
{
    (void)fs;
    struct stat got;
    if (fstat(fd, &got) < 0) {
        return error_set_errno(err, errno, "cannot look at handle %d", fd);
    }
    stat_fill(&got, out);
    return OK;
}

static void system_close(const struct fs *fs, int fd)
{
    (void)fs;
    /* Never repeated: Linux has let go of the number even when the call was interrupted. */
    close(fd);
}

static int name_order(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorts the NUL-terminated names behind the first `from` bytes. */
static void sort_names(struct bytebuf *names, size_t from, size_t n)
{
    char *copy = mem_text(names->at + from, names->len - from);
    char **order = mem_alloc(n * sizeof *order);
    char *next = copy;
    for (size_t i = 0; i < n; i++) {
        order[i] = next;
        next += strlen(next) + 1;
    }
    qsort(order, n, sizeof *order, name_order);
    names->len = from;
    for (size_t i = 0; i < n; i++) {
        bytebuf_add(names, order[i], strlen(order[i]) + 1);
    }
    mem_free(order);
    mem_free(copy);
}

static enum status system_list(const struct fs *fs, const char *path, struct bytebuf *names,
                               struct error *err)
{
    (void)fs;
    DIR *directory;
    do {
        directory = opendir(path);
    } while (directory == NULL && errno == EINTR);
    if (directory == NULL) {
        return error_set_errno(err, errno, "cannot list directory \"%s\"", path);
    }
    size_t from = names->len;
    size_t n = 0;
    const struct dirent *entry;
    while (errno = 0, (entry = readdir(directory)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            bytebuf_add(names, entry->d_name, strlen(entry->d_name) + 1);
            n++;
        }
    }
    int errno_value = errno;
    closedir(directory);
    if (errno_value != 0) {
        names->len = from;
        return error_set_errno(err, errno_value, "cannot list directory \"%s\"", path);
    }
    if (n > 1) {
        sort_names(names, from, n);
    }
    return OK;
}

static enum status system_lock(const struct fs *fs, int fd, struct error *err)
{
    (void)fs;
    int rc;
    RETRY(rc, flock(fd, LOCK_EX | LOCK_NB));
    if (rc < 0 && errno == EWOULDBLOCK) {
        return error_set(err, ERR_LOCKED, "handle %d is locked", fd);
    }
    if (rc < 0) {
        return error_set_errno(err, errno, "cannot lock handle %d", fd);
    }
    return OK;
}

static enum status system_space(const struct fs *fs, const char *path, struct fs_space *out,
                                struct error *err)
{
    (void)fs;
    struct statvfs got;
    int rc;
    RETRY(rc, statvfs(path, &got));
    if (rc < 0) {
        return error_set_errno(err, errno, "cannot ask for the space left at \"%s\"", path);
    }
    *out = (struct fs_space){
        .free_bytes = (uint64_t)got.f_bavail * got.f_frsize,
        .free_inodes = got.f_favail,
    };
    return OK;
}

const struct fs *fs_system(void)
{
    static const struct fs system_fs = {
        .open = system_open,
        .read = system_read,
        .pread = system_pread,
        .write = system_write,
        .seek = system_seek,
        .sync = system_sync,
        .sync_directory = system_sync_directory,
        .truncate = system_truncate,
        .rename = system_rename,
        .unlink = system_unlink,
        .mkdir = system_mkdir,
        .stat = system_stat,
        .fstat = system_fstat,
        .close = system_close,
        .list = system_list,
        .lock = system_lock,
        .space = system_space,
    };
    return &system_fs;
}

bool names_next(struct slice *names, const char **name)
{
    if (names->len == 0) {
        return false;
    }
    *name = (const char *)names->at;
    size_t used = strlen(*name) + 1;
    *names = slice_of(names->at + used, names->len - used);
    return true;
}

bool names_have(struct slice names, const char *wanted)
{
    for (const char *name; names_next(&names, &name);) {
        if (strcmp(name, wanted) == 0) {
            return true;
        }
    }
    return false;
}

static bool space_at(const struct fs *fs, const char *path, struct fs_space *out)
{
    const char *slash = strrchr(path, '/');
    if (fs->space(fs, path, out, NULL) == OK) {
        return true;
    }
    char *folder = slash == NULL ? mem_text(".", 1) : mem_text(path, (size_t)(slash - path) + 1);
    enum status status = fs->space(fs, folder, out, NULL);
    mem_free(folder);
    return status == OK;
}

void fs_hint_space(const struct fs *fs, const char *path, const char *also, struct error *err)
{
    struct fs_space space;
    if (space_at(fs, path, &space)) {
        error_hint(err, "%" PRIu64 " bytes and %" PRIu64 " inodes are free at \"%s\"%s",
                   space.free_bytes, space.free_inodes, path, also);
    }
}

enum status fs_write_all(const struct fs *fs, int fd, const void *at, size_t len, struct error *err)
{
    const uint8_t *from = at;
    while (len > 0) {
        size_t n;
        TRY(fs->write(fs, fd, from, len, &n, err));
        if (n == 0) {
            return error_set(err, ERR_IO, "handle %d takes no more bytes", fd);
        }
        CHECK(n <= len);
        from += n;
        len -= n;
    }
    return OK;
}

static enum status read_to_end(const struct fs *fs, int fd, size_t max, struct bytebuf *out,
                               struct error *err)
{
    enum { STEP_BYTES = 64 << 10 };
    size_t start = out->len;
    for (;;) {
        size_t n;
        TRY(fs->read(fs, fd, bytebuf_reserve(out, STEP_BYTES), STEP_BYTES, &n, err));
        if (n == 0) {
            return OK;
        }
        out->len += n;
        if (out->len - start > max) {
            return error_set(err, ERR_LIMIT, "it has more than %zu bytes", max);
        }
    }
}

enum status fs_read_file(const struct fs *fs, const char *path, size_t max, struct bytebuf *out,
                         struct error *err)
{
    int fd;
    size_t start = out->len;
    TRY(fs->open(fs, path, FS_READ, &fd, err));
    enum status status = read_to_end(fs, fd, max, out, err);
    fs->close(fs, fd);
    if (status != OK) {
        out->len = start;
        return err == NULL ? status
                           : error_set(err, status, "cannot read \"%s\": %s", path, err->text);
    }
    return OK;
}
