/* manifest: see manifest.h. */
#include "engine/run/manifest.h"

#include "engine/state/frame.h"

static enum status write_aside(const struct state_dir *dir, const char *path, uint64_t generation,
                               struct error *err)
{
    int fd;
    struct bytebuf bytes = {0};
    frame_header_put(&bytes, FRAME_FILE_MANIFEST, generation, 0);
    enum status status = dir->fs->open(dir->fs, path, FS_WRITE | FS_CREATE | FS_TRUNCATE, &fd, err);
    if (status == OK) {
        status = fs_write_all(dir->fs, fd, bytes.at, bytes.len, err);
        if (status == OK) {
            status = dir->fs->sync(dir->fs, fd, err);
        }
        dir->fs->close(dir->fs, fd);
    }
    bytebuf_release(&bytes);
    return status;
}

enum status manifest_write(const struct state_dir *dir, uint64_t generation, struct error *err)
{
    struct bytebuf aside = {0};
    struct bytebuf name = {0};
    const char *from = state_dir_file(dir, "MANIFEST.tmp", 0, &aside);
    const char *to = state_dir_file(dir, "MANIFEST", 0, &name);
    enum status status = write_aside(dir, from, generation, err);
    if (status == OK) {
        status = dir->fs->rename(dir->fs, from, to, err);
    }
    if (status == OK) {
        status = dir->fs->sync_directory(dir->fs, dir->path, err);
    }
    bytebuf_release(&name);
    bytebuf_release(&aside);
    return state_dir_failed(dir, status, err);
}

enum status manifest_read(const struct state_dir *dir, uint64_t *generation, struct error *err)
{
    struct bytebuf name = {0};
    struct bytebuf bytes = {0};
    struct frame_header header;
    enum status status = fs_read_file(dir->fs, state_dir_file(dir, "MANIFEST", 0, &name),
                                      FRAME_HEADER_BYTES, &bytes, err);
    if (status == ERR_IO) {
        state_dir_failed(dir, status, err);
    } else if (status == OK) {
        status = frame_header_read(bytebuf_slice(&bytes), FRAME_FILE_MANIFEST, &header, err);
        if (status == OK) {
            *generation = header.number;
        }
    }
    if (status != OK && status != ERR_IO) {
        int exit_code = err != NULL && err->exit_code == EXIT_STATE_NEWER ? EXIT_STATE_NEWER
                                                                          : EXIT_MANIFEST_BAD;
        status = state_dir_bad(dir, "MANIFEST", exit_code,
                               exit_code == EXIT_STATE_NEWER
                                   ? "it was written by a newer version of the program"
                                   : "it is damaged",
                               err);
    }
    bytebuf_release(&bytes);
    bytebuf_release(&name);
    return status;
}
