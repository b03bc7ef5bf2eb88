/* file_out: see file_out.h. */
#include "shell/file_out.h"

#include "engine/base/mem.h"

static enum status file_write(const struct fs *fs, int fd, const void *at, size_t len, size_t *n,
                              struct error *err)
{
    const struct file_out *out = (const struct file_out *)(const void *)fs;
    (void)fd;
    return out->under->write(out->under, out->fd, at, len, n, err);
}

void file_out_release(struct file_out *out)
{
    if (out->is_open) {
        out->under->close(out->under, out->fd);
    }
    out->is_open = false;
}

enum status file_out_set(struct file_out *out, const struct fs *under, struct slice path, bool once,
                         struct error *err)
{
    int fd;
    if (path.len == 0) {
        file_out_release(out);
        return OK;
    }
    char *name = mem_text(path.at, path.len);
    enum status status = under->open(under, name, FS_WRITE | FS_CREATE | FS_TRUNCATE, &fd, err);
    mem_free(name);
    TRY(status);
    file_out_release(out);
    *out = (struct file_out){
        .fs = {.write = file_write},
        .under = under,
        .fd = fd,
        .is_open = true,
        .once = once,
    };
    return OK;
}

const struct fs *file_out_fs(const struct file_out *out)
{
    return out->is_open ? &out->fs : NULL;
}

void file_out_used(struct file_out *out)
{
    if (out->once) {
        file_out_release(out);
    }
}
