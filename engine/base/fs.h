/* fs: the only door to files. Everything durable goes through one struct fs, so that tests can make
 * it fail, cut writes short, or lose what was not synced. Interrupted calls are repeated here;
 * short reads and writes are the caller's business except in fs_write_all. File handles are small
 * integers owned by the fs that gave them. */
#ifndef ENGINE_BASE_FS_H
#define ENGINE_BASE_FS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/bytebuf.h"
#include "engine/base/status.h"

struct fs_stat {
    uint64_t device;
    uint64_t inode;
    int64_t bytes;
    bool is_regular;
    bool is_directory;
    bool is_socket;
};

struct fs_space {
    uint64_t free_bytes;
    uint64_t free_inodes;
};

enum fs_open_flags {
    FS_READ = 1,
    FS_WRITE = 2,
    FS_CREATE = 4,
    FS_APPEND = 8,
    FS_TRUNCATE = 16,
    FS_EXCLUSIVE = 32,
    FS_SEQUENTIAL = 64, /* will be read from start to end: the system reads ahead */
    FS_NO_WAIT = 128,   /* a named pipe opens before its writer has */
};

struct fs {
    /* Errors of all of these are ERR_IO and name the path or handle. New files have mode 0600. */
    enum status (*open)(const struct fs *fs, const char *path, unsigned flags, int *fd,
                        struct error *err);
    /* *n = 0 at the end of the file. */
    enum status (*read)(const struct fs *fs, int fd, void *at, size_t max, size_t *n,
                        struct error *err);
    enum status (*pread)(const struct fs *fs, int fd, void *at, size_t max, int64_t offset,
                         size_t *n, struct error *err);
    enum status (*write)(const struct fs *fs, int fd, const void *at, size_t len, size_t *n,
                         struct error *err);
    enum status (*seek)(const struct fs *fs, int fd, int64_t offset, struct error *err);
    enum status (*sync)(const struct fs *fs, int fd, struct error *err); /* fdatasync */
    enum status (*sync_directory)(const struct fs *fs, const char *path, struct error *err);
    enum status (*truncate)(const struct fs *fs, int fd, int64_t bytes, struct error *err);
    enum status (*rename)(const struct fs *fs, const char *from, const char *to, struct error *err);
    enum status (*unlink)(const struct fs *fs, const char *path, struct error *err);
    enum status (*mkdir)(const struct fs *fs, const char *path, struct error *err); /* mode 0700 */
    enum status (*stat)(const struct fs *fs, const char *path, struct fs_stat *out,
                        struct error *err);
    enum status (*fstat)(const struct fs *fs, int fd, struct fs_stat *out, struct error *err);
    void (*close)(const struct fs *fs, int fd);
    /* Appends the names in a directory, without "." and "..", in bytewise order, a NUL behind each.
     * Appends nothing on failure. */
    enum status (*list)(const struct fs *fs, const char *path, struct bytebuf *names,
                        struct error *err);
    /* Takes the file for this process until the handle is closed or the process ends (flock).
     * ERR_LOCKED if another one has it. */
    enum status (*lock)(const struct fs *fs, int fd, struct error *err);
    /* What is left for us where `path` is. */
    enum status (*space)(const struct fs *fs, const char *path, struct fs_space *out,
                         struct error *err);
};

/* Takes the next of the names that `list` has appended; false behind the last. */
bool names_next(struct slice *names, const char **name);
bool names_have(struct slice names, const char *wanted);

/* The system's files. */
const struct fs *fs_system(void);

/* Hints how many bytes and inodes are free where `path` is, or its folder if there is no such file;
 * `also` follows behind, may be empty. Nothing if the system does not say. */
void fs_hint_space(const struct fs *fs, const char *path, const char *also, struct error *err);

/* Appends the whole file; a longer one than `max` bytes is ERR_LIMIT. Nothing is appended on
 * failure. */
MUST_CHECK enum status fs_read_file(const struct fs *fs, const char *path, size_t max,
                                    struct bytebuf *out, struct error *err);

/* Writes all of `len` bytes, in as many calls as it takes. */
MUST_CHECK enum status fs_write_all(const struct fs *fs, int fd, const void *at, size_t len,
                                    struct error *err);

#endif
