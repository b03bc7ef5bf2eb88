/* state_dir: see state_dir.h. */
#include "engine/run/state_dir.h"

#include <inttypes.h>
#include <unistd.h>

#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/base/textbuf.h"
#include "engine/state/frame.h"

enum { LOCK_BYTES_MAX = 256 };

/* ---- the lock -----------------------------------------------------------------------------------
 */

/* What the process that has the lock wrote about itself, in one line. */
static void print_holder(const struct fs *fs, const char *path, struct bytebuf *out)
{
    struct bytebuf file = {0};
    (void)!fs_read_file(fs, path, LOCK_BYTES_MAX, &file, NULL);
    struct slice line = slice_trim(bytebuf_slice(&file));
    textbuf_escaped(out, line.len > 0 ? line : slice_text("another process"));
    bytebuf_release(&file);
}

static enum status say_locked(const struct state_dir *dir, const char *path, struct error *err)
{
    struct bytebuf holder = {0};
    print_holder(dir->fs, path, &holder);
    error_set(err, ERR_LOCKED, "\"%s\" is in use by %s", dir->path, bytebuf_text(&holder));
    error_hint(err, "one process at a time may go on from a checkpoint");
    error_exit_code(err, EXIT_LOCKED);
    bytebuf_release(&holder);
    return ERR_LOCKED;
}

/* Who we are, for a person and for say_locked. The lock itself is the system's. */
static enum status write_holder(const struct state_dir *dir, struct error *err)
{
    struct bytebuf text = {0};
    struct bytebuf boot = {0};
    if (fs_read_file(dir->fs, "/proc/sys/kernel/random/boot_id", LOCK_BYTES_MAX, &boot, NULL) !=
        OK) {
        bytebuf_add_text(&boot, "unknown\n");
    }
    bytebuf_printf(&text, "process %d, boot %s", (int)getpid(), bytebuf_text(&boot));
    enum status status = dir->fs->truncate(dir->fs, dir->lock, 0, err);
    if (status == OK) {
        status = fs_write_all(dir->fs, dir->lock, text.at, text.len, err);
    }
    bytebuf_release(&boot);
    bytebuf_release(&text);
    return status;
}

static enum status take_lock(struct state_dir *dir, struct error *err)
{
    struct bytebuf name = {0};
    const char *path = state_dir_file(dir, "LOCK", 0, &name);
    int fd;
    enum status status = dir->fs->open(dir->fs, path, FS_READ | FS_WRITE | FS_CREATE, &fd, err);
    if (status == OK) {
        dir->lock = fd;
        status = dir->fs->lock(dir->fs, fd, err);
        status = status == ERR_LOCKED ? say_locked(dir, path, err) : status;
    }
    if (status == OK) {
        status = write_holder(dir, err);
    }
    bytebuf_release(&name);
    return status;
}

/* ---- life ---------------------------------------------------------------------------------------
 */

void state_dir_look(struct state_dir *dir, const struct fs *fs, const struct clock *clock,
                    const char *path)
{
    size_t len = strlen(path);
    while (len > 1 && path[len - 1] == '/') {
        len--;
    }
    *dir = (struct state_dir){.fs = fs, .clock = clock, .lock = -1};
    dir->path = mem_text(path, len);
}

/* The directory that `dir` lies in must know of it. */
static enum status sync_parent(const struct state_dir *dir, struct error *err)
{
    const char *slash = strrchr(dir->path, '/');
    char *parent = slash == NULL        ? mem_text(".", 1)
                   : slash == dir->path ? mem_text("/", 1)
                                        : mem_text(dir->path, (size_t)(slash - dir->path));
    enum status status = dir->fs->sync_directory(dir->fs, parent, err);
    mem_free(parent);
    return status;
}

enum status state_dir_open(struct state_dir *dir, const struct fs *fs, const struct clock *clock,
                           const char *path, struct error *err)
{
    struct fs_stat stat;
    state_dir_look(dir, fs, clock, path);
    enum status status = OK;
    if (fs->stat(fs, dir->path, &stat, NULL) != OK) {
        status = fs->mkdir(fs, dir->path, err);
    }
    if (status == OK) {
        status = take_lock(dir, err);
    }
    if (status == OK) {
        status = sync_parent(dir, err);
    }
    if (status != OK) {
        state_dir_failed(dir, status, err);
        state_dir_close(dir);
    }
    return status;
}

void state_dir_close(struct state_dir *dir)
{
    if (dir->lock >= 0) {
        dir->fs->close(dir->fs, dir->lock);
    }
    mem_free(dir->path);
    *dir = (struct state_dir){.lock = -1};
}

/* ---- files --------------------------------------------------------------------------------------
 */

const char *state_dir_file(const struct state_dir *dir, const char *name, uint64_t number,
                           struct bytebuf *buf)
{
    bytebuf_clear(buf);
    bytebuf_printf(buf, "%s/%s", dir->path, name);
    if (number != 0) {
        bytebuf_printf(buf, ".%" PRIu64, number);
    }
    return bytebuf_text(buf);
}

bool state_dir_number(const char *entry, const char *name, uint64_t *number)
{
    size_t len = strlen(name);
    int64_t got;
    if (strncmp(entry, name, len) != 0 || entry[len] != '.' ||
        !slice_to_i64(slice_text(entry + len + 1), &got) || got <= 0) {
        return false;
    }
    *number = (uint64_t)got;
    return true;
}

uint64_t state_dir_salt(const struct state_dir *dir, const char *name, uint64_t number)
{
    uint64_t salt = hash_bytes((const uint8_t *)name, strlen(name));
    salt = hash_mix(salt, (uint64_t)clock_now_us(dir->clock));
    salt = hash_mix(salt, (uint64_t)clock_steady_us(dir->clock));
    return hash_mix(salt, number ^ (uint64_t)getpid() << 32);
}

enum status state_dir_sync(const struct state_dir *dir, struct error *err)
{
    return state_dir_failed(dir, dir->fs->sync_directory(dir->fs, dir->path, err), err);
}

static enum status write_synced(const struct state_dir *dir, const char *path, struct slice bytes,
                                struct error *err)
{
    int fd;
    TRY(dir->fs->open(dir->fs, path, FS_WRITE | FS_CREATE | FS_TRUNCATE, &fd, err));
    enum status status = fs_write_all(dir->fs, fd, bytes.at, bytes.len, err);
    if (status == OK) {
        status = dir->fs->sync(dir->fs, fd, err);
    }
    dir->fs->close(dir->fs, fd);
    return status;
}

enum status state_dir_write(const struct state_dir *dir, const char *name, uint64_t number,
                            struct slice bytes, struct error *err)
{
    struct bytebuf path = {0};
    enum status status = write_synced(dir, state_dir_file(dir, name, number, &path), bytes, err);
    bytebuf_release(&path);
    return state_dir_failed(dir, status, err);
}

enum status state_dir_replace(const struct state_dir *dir, const char *name, struct slice bytes,
                              struct error *err)
{
    struct bytebuf aside = {0};
    struct bytebuf path = {0};
    const char *to = state_dir_file(dir, name, 0, &path);
    bytebuf_printf(&aside, "%s.tmp", to);
    enum status status = write_synced(dir, bytebuf_text(&aside), bytes, err);
    if (status == OK) {
        status = dir->fs->rename(dir->fs, bytebuf_text(&aside), to, err);
    }
    if (status == OK) {
        status = dir->fs->sync_directory(dir->fs, dir->path, err);
    }
    bytebuf_release(&path);
    bytebuf_release(&aside);
    return state_dir_failed(dir, status, err);
}

enum status state_dir_remove(const struct state_dir *dir, const char *name, uint64_t number,
                             struct error *err)
{
    struct bytebuf path = {0};
    enum status status = dir->fs->unlink(dir->fs, state_dir_file(dir, name, number, &path), err);
    bytebuf_release(&path);
    return state_dir_failed(dir, status, err);
}

/* ---- errors -------------------------------------------------------------------------------------
 */

enum status state_dir_failed(const struct state_dir *dir, enum status status, struct error *err)
{
    if (status == ERR_IO) {
        error_exit_code(err, EXIT_IO_FAILED);
        fs_hint_space(dir->fs, dir->path,
                      "; nothing is lost: the next start goes on from the checkpoint", err);
    }
    return status;
}

enum status state_dir_damaged(const struct state_dir *dir, const char *file, enum status status,
                              struct error *err)
{
    return status == ERR_STATE && err != NULL
               ? state_dir_bad(dir, file, EXIT_STATE_CORRUPT, err->text, err)
               : status;
}

enum status state_dir_bad(const struct state_dir *dir, const char *file, int exit_code,
                          const char *why, struct error *err)
{
    error_set(err, ERR_STATE, "checkpoint \"%s\", %s: %s", dir->path, file, why);
    error_exit_code(err, exit_code);
    return ERR_STATE;
}
