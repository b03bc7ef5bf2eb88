/* simfs: see simfs.h. */
#include "tests/support/simfs_parts.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/mem.h"
#include "engine/base/panic.h"

enum { ERRNO_IO = 5, ERRNO_NO_SPACE = 28, ERRNO_NO_FILES = 24 };

static struct simfs *of(const struct fs *fs)
{
    return (struct simfs *)fs;
}

/* ---- names and inodes ------------------------------------------------------------------------ */

static char *text_copy(const char *text)
{
    return mem_text(text, strlen(text));
}

int names_find(const struct names *names, const char *path)
{
    for (uint32_t i = 0; i < names->n; i++) {
        if (strcmp(names->at[i].path, path) == 0) {
            return (int)i;
        }
    }
    return -1;
}

void names_remove(struct names *names, const char *path)
{
    int i = names_find(names, path);
    if (i >= 0) {
        mem_free(names->at[i].path);
        names->at[i] = names->at[--names->n];
    }
}

void names_set(struct names *names, const char *path, uint32_t inode, bool is_directory)
{
    names_remove(names, path);
    names->at = mem_realloc(names->at, (names->n + 1) * sizeof *names->at);
    names->at[names->n++] = (struct name){text_copy(path), inode, is_directory};
}

void names_release(struct names *names)
{
    while (names->n > 0) {
        names_remove(names, names->at[0].path);
    }
    mem_free(names->at);
}

uint32_t simfs_inode_new(struct simfs *fs)
{
    fs->inodes = mem_realloc(fs->inodes, (fs->n_inodes + 1) * sizeof *fs->inodes);
    fs->inodes[fs->n_inodes] = (struct inode){.id = ++fs->ids};
    return fs->n_inodes++;
}

void bytes_write(struct bytebuf *file, size_t at, struct slice bytes)
{
    size_t end = at + bytes.len;
    if (end > file->len) {
        uint8_t *to = bytebuf_reserve(file, end - file->len);
        memset(to, 0, end - file->len);
        file->len = end;
    }
    if (bytes.len > 0) {
        memcpy(file->at + at, bytes.at, bytes.len);
    }
}

void bytes_truncate(struct bytebuf *file, size_t len)
{
    if (len > file->len) {
        bytes_write(file, len, slice_of(NULL, 0));
    }
    file->len = len;
}

/* ---- faults ---------------------------------------------------------------------------------- */

static int errno_of(enum fault_kind kind)
{
    return kind == FAULT_IO ? ERRNO_IO : kind == FAULT_NO_SPACE ? ERRNO_NO_SPACE : ERRNO_NO_FILES;
}

/* What a call can suffer from: space by what writes, descriptors by what opens. */
static bool can_fail(const struct fault *fault, enum call_kind call, bool opens)
{
    switch (fault->kind) {
    case FAULT_NONE:
        return false;
    case FAULT_IO:
        return true;
    case FAULT_NO_SPACE:
        return call != CALL_UNLINK && call != CALL_TRUNCATE;
    case FAULT_NO_FILES:
        return opens;
    case FAULT_SHORT:
        return call == CALL_WRITE;
    }
    return false;
}

/* True if this call is the one. */
static bool is_hit(struct simfs *fs, enum call_kind call, bool opens)
{
    if (!can_fail(&fs->fault, call, opens)) {
        return false;
    }
    uint32_t number = fs->n_faultable++;
    bool hit = number == fs->fault.at || (fs->fault.sticky && number > fs->fault.at);
    fs->fired = fs->fired || hit;
    return hit;
}

static enum status fail(const struct simfs *fs, const char *what, struct error *err)
{
    return error_set_errno(err, errno_of(fs->fault.kind), "simulated: cannot %s", what);
}

/* ---- struct fs ------------------------------------------------------------------------------- */

static enum status no_file(const char *path, struct error *err)
{
    return error_set(err, ERR_IO, "cannot open \"%s\": no such file", path);
}

static enum status open_inode(struct simfs *fs, const char *path, unsigned flags, uint32_t *inode,
                              struct error *err)
{
    int i = names_find(&fs->now, path);
    if (i < 0 && (flags & FS_CREATE) == 0) {
        return no_file(path, err);
    }
    bool changes = i < 0 || (flags & FS_TRUNCATE) != 0;
    if (is_hit(fs, i < 0 ? CALL_LINK : CALL_TRUNCATE, true) &&
        (changes || fs->fault.kind != FAULT_NO_SPACE)) {
        return fail(fs, "open", err);
    }
    if (i < 0) {
        *inode = simfs_inode_new(fs);
        names_set(&fs->now, path, *inode, false);
        simfs_trace(fs, CALL_LINK, *inode, path);
        return OK;
    }
    *inode = fs->now.at[i].inode;
    if ((flags & FS_TRUNCATE) != 0 && fs->inodes[*inode].now.len > 0) {
        simfs_trace(fs, CALL_TRUNCATE, *inode, path);
        fs->inodes[*inode].now.len = 0;
    }
    return OK;
}

static enum status sim_open(const struct fs *base, const char *path, unsigned flags, int *fd,
                            struct error *err)
{
    struct simfs *fs = of(base);
    uint32_t inode = 0;
    TRY(open_inode(fs, path, flags, &inode, err));
    for (int i = 0; i < HANDLES_MAX; i++) {
        if (!fs->handles[i].is_open) {
            fs->handles[i] = (struct handle){
                .is_open = true,
                .appends = (flags & FS_APPEND) != 0,
                .inode = inode,
                .path = text_copy(path),
            };
            *fd = i;
            return OK;
        }
    }
    PANIC("a test has too many files open");
}

static struct handle *handle_of(struct simfs *fs, int fd)
{
    CHECK(fd >= 0 && fd < HANDLES_MAX && fs->handles[fd].is_open);
    return &fs->handles[fd];
}

static enum status sim_pread(const struct fs *base, int fd, void *at, size_t max, int64_t offset,
                             size_t *n, struct error *err)
{
    struct simfs *fs = of(base);
    if (fs->fault.reads && is_hit(fs, CALL_SYNC, false)) {
        return fail(fs, "read", err);
    }
    const struct bytebuf *bytes = &fs->inodes[handle_of(fs, fd)->inode].now;
    size_t from = (size_t)offset < bytes->len ? (size_t)offset : bytes->len;
    *n = bytes->len - from < max ? bytes->len - from : max;
    if (*n > 0) {
        memcpy(at, bytes->at + from, *n);
    }
    return OK;
}

static enum status sim_read(const struct fs *base, int fd, void *at, size_t max, size_t *n,
                            struct error *err)
{
    struct handle *handle = handle_of(of(base), fd);
    TRY(sim_pread(base, fd, at, max, (int64_t)handle->at, n, err));
    handle->at += *n;
    return OK;
}

static enum status sim_write(const struct fs *base, int fd, const void *at, size_t len, size_t *n,
                             struct error *err)
{
    struct simfs *fs = of(base);
    struct handle *handle = handle_of(fs, fd);
    struct bytebuf *file = &fs->inodes[handle->inode].now;
    *n = len;
    if (is_hit(fs, CALL_WRITE, false)) {
        if (fs->fault.kind != FAULT_SHORT) {
            return fail(fs, "write", err);
        }
        *n = len > 1 ? len / 2 : len;
    }
    handle->at = handle->appends ? file->len : handle->at;
    struct call *call = simfs_trace(fs, CALL_WRITE, handle->inode, handle->path);
    call->at = handle->at;
    bytebuf_add(&call->bytes, at, *n);
    bytes_write(file, handle->at, slice_of(at, *n));
    handle->at += *n;
    return OK;
}

static enum status sim_seek(const struct fs *base, int fd, int64_t offset, struct error *err)
{
    (void)err;
    handle_of(of(base), fd)->at = (size_t)offset;
    return OK;
}

static enum status sim_sync(const struct fs *base, int fd, struct error *err)
{
    struct simfs *fs = of(base);
    struct handle *handle = handle_of(fs, fd);
    if (is_hit(fs, CALL_SYNC, false)) {
        return fail(fs, "sync", err);
    }
    if (!simfs_is_mutated(fs, MUTANT_WITHOUT, CALL_SYNC, handle->path)) {
        simfs_trace(fs, CALL_SYNC, handle->inode, handle->path);
    }
    return OK;
}

static enum status sim_sync_directory(const struct fs *base, const char *path, struct error *err)
{
    struct simfs *fs = of(base);
    if (is_hit(fs, CALL_SYNC_DIRECTORY, true)) {
        return fail(fs, "sync a directory", err);
    }
    if (!simfs_is_mutated(fs, MUTANT_WITHOUT, CALL_SYNC_DIRECTORY, path)) {
        simfs_trace(fs, CALL_SYNC_DIRECTORY, 0, path);
    }
    return OK;
}

static enum status sim_truncate(const struct fs *base, int fd, int64_t bytes, struct error *err)
{
    struct simfs *fs = of(base);
    const struct handle *handle = handle_of(fs, fd);
    if (is_hit(fs, CALL_TRUNCATE, false)) {
        return fail(fs, "truncate", err);
    }
    if (simfs_is_mutated(fs, MUTANT_WITHOUT, CALL_TRUNCATE, handle->path)) {
        return OK;
    }
    simfs_trace(fs, CALL_TRUNCATE, handle->inode, handle->path)->at = (size_t)bytes;
    bytes_truncate(&fs->inodes[handle->inode].now, (size_t)bytes);
    return OK;
}

static enum status sim_rename(const struct fs *base, const char *from, const char *to,
                              struct error *err)
{
    struct simfs *fs = of(base);
    int i = names_find(&fs->now, from);
    if (i < 0) {
        return no_file(from, err);
    }
    if (is_hit(fs, CALL_RENAME, false)) {
        return fail(fs, "rename", err);
    }
    if (simfs_is_mutated(fs, MUTANT_WITHOUT, CALL_RENAME, from)) {
        return OK;
    }
    if (simfs_is_mutated(fs, MUTANT_COPY, CALL_RENAME, from)) {
        simfs_copy(fs, from, to);
        return OK;
    }
    uint32_t inode = fs->now.at[i].inode;
    simfs_trace(fs, CALL_RENAME, inode, from)->to = text_copy(to);
    names_remove(&fs->now, from);
    names_set(&fs->now, to, inode, false);
    return OK;
}

static enum status sim_unlink(const struct fs *base, const char *path, struct error *err)
{
    struct simfs *fs = of(base);
    if (names_find(&fs->now, path) < 0) {
        return no_file(path, err);
    }
    if (is_hit(fs, CALL_UNLINK, false)) {
        return fail(fs, "remove", err);
    }
    if (simfs_is_mutated(fs, MUTANT_WITHOUT, CALL_UNLINK, path)) {
        return OK;
    }
    simfs_trace(fs, CALL_UNLINK, 0, path);
    names_remove(&fs->now, path);
    return OK;
}

static enum status sim_mkdir(const struct fs *base, const char *path, struct error *err)
{
    struct simfs *fs = of(base);
    if (is_hit(fs, CALL_MKDIR, false)) {
        return fail(fs, "make a directory", err);
    }
    simfs_trace(fs, CALL_MKDIR, 0, path);
    names_set(&fs->now, path, 0, true);
    return OK;
}

static void stat_inode(const struct simfs *fs, uint32_t inode, struct fs_stat *out)
{
    *out = (struct fs_stat){
        .device = 1,
        .inode = fs->inodes[inode].id,
        .bytes = (int64_t)fs->inodes[inode].now.len,
        .is_regular = true,
    };
}

static enum status sim_stat(const struct fs *base, const char *path, struct fs_stat *out,
                            struct error *err)
{
    const struct simfs *fs = of(base);
    int i = names_find(&fs->now, path);
    if (i < 0) {
        return no_file(path, err);
    }
    if (fs->now.at[i].is_directory) {
        *out = (struct fs_stat){.device = 1, .is_directory = true};
    } else {
        stat_inode(fs, fs->now.at[i].inode, out);
    }
    return OK;
}

static enum status sim_fstat(const struct fs *base, int fd, struct fs_stat *out, struct error *err)
{
    (void)err;
    stat_inode(of(base), handle_of(of(base), fd)->inode, out);
    return OK;
}

static void sim_close(const struct fs *base, int fd)
{
    struct handle *handle = handle_of(of(base), fd);
    mem_free(handle->path);
    *handle = (struct handle){.is_open = false};
}

/* Bytes of the directory in front of the last slash; 0 if there is none. */
static size_t parent_len(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? 0 : (size_t)(slash - path);
}

bool path_is_in(const char *path, const char *directory)
{
    size_t len = parent_len(path);
    if (len == 0) {
        return strcmp(directory, path[0] == '/' ? "/" : ".") == 0;
    }
    return strlen(directory) == len && memcmp(path, directory, len) == 0;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static enum status sim_list(const struct fs *base, const char *path, struct bytebuf *names,
                            struct error *err)
{
    struct simfs *fs = of(base);
    const char **found = mem_alloc((fs->now.n + 1) * sizeof *found);
    size_t n = 0;
    if (fs->fault.reads && is_hit(fs, CALL_SYNC, true)) {
        mem_free(found);
        return fail(fs, "list", err);
    }
    for (uint32_t i = 0; i < fs->now.n; i++) {
        if (path_is_in(fs->now.at[i].path, path)) {
            found[n++] = fs->now.at[i].path + parent_len(fs->now.at[i].path) + 1;
        }
    }
    qsort(found, n, sizeof *found, compare_names);
    for (size_t i = 0; i < n; i++) {
        bytebuf_add(names, found[i], strlen(found[i]) + 1);
    }
    mem_free(found);
    return OK;
}

static enum status sim_lock(const struct fs *base, int fd, struct error *err)
{
    struct simfs *fs = of(base);
    const struct handle *mine = handle_of(fs, fd);
    for (int i = 0; i < HANDLES_MAX; i++) {
        const struct handle *other = &fs->handles[i];
        if (i != fd && other->is_open && other->inode == mine->inode) {
            return error_set(err, ERR_LOCKED, "\"%s\" is locked", mine->path);
        }
    }
    return OK;
}

static enum status sim_space(const struct fs *base, const char *path, struct fs_space *out,
                             struct error *err)
{
    (void)base;
    (void)path;
    (void)err;
    *out = (struct fs_space){.free_bytes = 4096, .free_inodes = 7};
    return OK;
}

struct simfs *simfs_new(void)
{
    struct simfs *fs = mem_zalloc(sizeof *fs);
    fs->fs = (struct fs){
        .open = sim_open,
        .read = sim_read,
        .pread = sim_pread,
        .write = sim_write,
        .seek = sim_seek,
        .sync = sim_sync,
        .sync_directory = sim_sync_directory,
        .truncate = sim_truncate,
        .rename = sim_rename,
        .unlink = sim_unlink,
        .mkdir = sim_mkdir,
        .stat = sim_stat,
        .fstat = sim_fstat,
        .close = sim_close,
        .list = sim_list,
        .lock = sim_lock,
        .space = sim_space,
    };
    return fs;
}

void simfs_free(struct simfs *fs)
{
    if (fs == NULL) {
        return;
    }
    for (uint32_t i = 0; i < fs->n_calls; i++) {
        call_release(&fs->calls[i]);
    }
    if (fs->holds) {
        call_release(&fs->held);
    }
    for (uint32_t i = 0; i < fs->n_inodes; i++) {
        bytebuf_release(&fs->inodes[i].first);
        bytebuf_release(&fs->inodes[i].now);
    }
    for (int i = 0; i < HANDLES_MAX; i++) {
        mem_free(fs->handles[i].path);
    }
    names_release(&fs->first);
    names_release(&fs->now);
    mem_free(fs->calls);
    mem_free(fs->inodes);
    mem_free(fs);
}

const struct fs *simfs_interface(const struct simfs *fs)
{
    return &fs->fs;
}

uint32_t simfs_n_calls(const struct simfs *fs)
{
    return fs->n_calls;
}

uint64_t simfs_n_written(const struct simfs *fs, const char *file)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < fs->n_calls; i++) {
        const struct call *call = &fs->calls[i];
        bool counts = call->kind == CALL_WRITE && strstr(call->path, file) != NULL;
        bytes += counts ? call->bytes.len : 0;
    }
    return bytes;
}

void simfs_set_fault(struct simfs *fs, const struct fault *fault)
{
    fs->fault = *fault;
    fs->n_faultable = 0;
    fs->fired = false;
}

bool simfs_fired(const struct simfs *fs)
{
    return fs->fired;
}

uint32_t simfs_n_faultable(const struct simfs *fs)
{
    return fs->n_faultable;
}

void simfs_set_mutant(struct simfs *fs, const struct mutant *mutant)
{
    fs->mutant = *mutant;
}

bool simfs_file(const struct simfs *fs, const char *path, struct slice *out)
{
    int i = names_find(&fs->now, path);
    if (i < 0) {
        return false;
    }
    *out = bytebuf_slice(&fs->inodes[fs->now.at[i].inode].now);
    return true;
}

/* Puts a file there as if it had always been. */
void simfs_add_file(struct simfs *fs, const char *path, struct slice bytes)
{
    uint32_t inode = simfs_inode_new(fs);
    bytebuf_add(&fs->inodes[inode].first, bytes.at, bytes.len);
    bytebuf_add(&fs->inodes[inode].now, bytes.at, bytes.len);
    names_set(&fs->first, path, inode, false);
    names_set(&fs->now, path, inode, false);
}

void simfs_put_folder(struct simfs *fs, const char *path)
{
    names_set(&fs->first, path, 0, true);
    names_set(&fs->now, path, 0, true);
}

void simfs_put(struct simfs *fs, const char *path, struct slice bytes)
{
    CHECK(fs->n_calls == 0);
    simfs_add_file(fs, path, bytes);
}
