/* packed_file: see packed_file.h. */
#include "sources/packed_file.h"

#include <poll.h>

#include "engine/base/mem.h"
#include "sources/unpack.h"

enum { PACKED_BYTES = 64 << 10 };

struct packed_file {
    const struct fs *fs;
    char *path;
    int fd;
    struct fs_stat stat;   /* when it was opened */
    struct unpack *unpack; /* NULL = it is read as it is */
    uint64_t at;           /* bytes of what it holds that were read */
    bool at_end;           /* of the bytes on disk */
    struct error damage;   /* told once what is in front of it was given */
    struct slice input;    /* what is left in `packed` */
    uint8_t *packed;
};

/* ---- open, close ---------------------------------------------------------------------------- */

static bool has_suffix(const char *path, const char *suffix)
{
    size_t len = strlen(path);
    size_t suffix_len = strlen(suffix);
    return len > suffix_len && strcmp(path + len - suffix_len, suffix) == 0;
}

bool path_is_packed(const char *path)
{
    static const char *const suffixes[] = {".gz", ".zst", ".bz2", ".xz", ".lz4", ".zip", ".Z"};
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        if (has_suffix(path, suffixes[i])) {
            return true;
        }
    }
    return false;
}

static enum status look_at_head(struct packed_file *file, struct error *err)
{
    uint8_t head[UNPACK_MAGIC_BYTES];
    size_t n;
    TRY(file->fs->pread(file->fs, file->fd, head, sizeof head, 0, &n, err));
    file->unpack = unpack_new(slice_of(head, n));
    if (file->unpack == NULL && n > 0 && path_is_packed(file->path)) {
        error_set(err, ERR_INPUT, "\"%s\" holds neither gzip nor zstd data", file->path);
        error_hint(err, "unpack it with a tool of its own, or give it another name");
        return ERR_INPUT;
    }
    if (file->unpack != NULL) {
        file->packed = mem_alloc(PACKED_BYTES);
    }
    return OK;
}

static enum status setup(struct packed_file *file, struct error *err)
{
    const struct fs *fs = file->fs;
    TRY(fs->stat(fs, file->path, &file->stat, err));
    if (file->stat.is_directory) {
        error_set(err, ERR_IO, "\"%s\" is a directory", file->path);
        error_hint(err, "dir:%s reads the files in it", file->path);
        return ERR_IO;
    }
    unsigned how = file->stat.is_regular ? FS_SEQUENTIAL : FS_NO_WAIT;
    TRY(fs->open(fs, file->path, FS_READ | how, &file->fd, err));
    TRY(fs->fstat(fs, file->fd, &file->stat, err));
    return file->stat.is_regular ? look_at_head(file, err) : OK;
}

enum status packed_file_open(const struct fs *fs, const char *path, struct packed_file **out,
                             struct error *err)
{
    struct packed_file *file = mem_zalloc(sizeof *file);
    file->fs = fs;
    file->fd = -1;
    file->path = mem_text(path, strlen(path));
    enum status status = setup(file, err);
    if (status != OK) {
        packed_file_close(file);
        return status;
    }
    *out = file;
    return OK;
}

void packed_file_close(struct packed_file *file)
{
    if (file == NULL) {
        return;
    }
    if (file->fd >= 0) {
        file->fs->close(file->fs, file->fd);
    }
    unpack_free(file->unpack);
    mem_free(file->packed);
    mem_free(file->path);
    mem_free(file);
}

int packed_file_handle(const struct packed_file *file)
{
    return file->fd;
}

const struct fs_stat *packed_file_stat(const struct packed_file *file)
{
    return &file->stat;
}

bool packed_file_is_packed(const struct packed_file *file)
{
    return file->unpack != NULL;
}

bool packed_file_is_ready(const struct packed_file *file)
{
    struct pollfd wanted = {.fd = file->fd, .events = POLLIN};
    return file->stat.is_regular || poll(&wanted, 1, 0) != 0;
}

/* ---- reading -------------------------------------------------------------------------------- */

static enum status fill_input(struct packed_file *file, struct error *err)
{
    size_t n = 0;
    if (file->input.len > 0 || file->at_end) {
        return OK;
    }
    TRY(file->fs->read(file->fs, file->fd, file->packed, PACKED_BYTES, &n, err));
    file->input = slice_of(file->packed, n);
    file->at_end = n == 0;
    return OK;
}

static void keep_damage(struct packed_file *file, uint64_t at, const char *why)
{
    error_set(&file->damage, ERR_INPUT, "\"%s\" is damaged behind byte %llu of what it holds: %s",
              file->path, (unsigned long long)at, why);
    error_hint(&file->damage, "%s -dc FILE | tailrace … reads stdin up to there",
               unpack_name(file->unpack));
}

/* One step; *is_over when nothing more comes. */
static enum status unpack_some(struct packed_file *file, uint8_t *at, size_t max, size_t *n,
                               bool *is_over, struct error *err)
{
    struct error why;
    TRY(fill_input(file, err));
    if (unpack_step(file->unpack, &file->input, at, max, n, &why) != OK) {
        keep_damage(file, file->at + *n, why.text);
    } else if (file->at_end && *n == 0 && !unpack_is_whole(file->unpack)) {
        keep_damage(file, file->at, "it ends too soon");
    }
    *is_over = file->damage.status != OK || (file->at_end && *n == 0);
    return OK;
}

static enum status read_packed(struct packed_file *file, uint8_t *at, size_t max, size_t *n,
                               struct error *err)
{
    bool is_over = file->damage.status != OK;
    if (is_over) {
        *err = file->damage;
        return err->status;
    }
    *n = 0;
    while (*n < max && !is_over) {
        size_t got = 0;
        TRY(unpack_some(file, at + *n, max - *n, &got, &is_over, err));
        *n += got;
        file->at += got;
    }
    if (*n == 0 && file->damage.status != OK) {
        *err = file->damage;
        return err->status;
    }
    return OK;
}

enum status packed_file_read(struct packed_file *file, void *at, size_t max, size_t *n,
                             struct error *err)
{
    if (file->unpack != NULL) {
        return read_packed(file, at, max, n, err);
    }
    TRY(file->fs->read(file->fs, file->fd, at, max, n, err));
    file->at += *n;
    return OK;
}

static enum status too_short(const struct packed_file *file, struct error *err)
{
    return error_set(err, ERR_STATE, "\"%s\" is shorter than before", file->path);
}

enum status packed_file_skip(struct packed_file *file, uint64_t at, struct error *err)
{
    if (file->unpack == NULL) {
        if (at > (uint64_t)file->stat.bytes) {
            return too_short(file, err);
        }
        file->at = at;
        return file->fs->seek(file->fs, file->fd, (int64_t)at, err);
    }
    uint8_t *room = mem_alloc(PACKED_BYTES);
    enum status status = OK;
    size_t n = 1;
    while (status == OK && n > 0 && file->at < at) {
        uint64_t left = at - file->at;
        status = packed_file_read(file, room, left < PACKED_BYTES ? (size_t)left : PACKED_BYTES, &n,
                                  err);
    }
    mem_free(room);
    return status == OK && file->at < at ? too_short(file, err) : status;
}
