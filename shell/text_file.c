/* text_file: see text_file.h. */
#include "shell/text_file.h"

#include <string.h>

enum { STDIN_HANDLE = 0, READ_BYTES = 64 * 1024 };

static enum status read_all(const struct fs *fs, int fd, const char *path, struct bytebuf *out,
                            struct error *err)
{
    for (;;) {
        size_t n;
        uint8_t *at = bytebuf_reserve(out, READ_BYTES);
        TRY(fs->read(fs, fd, at, READ_BYTES, &n, err));
        if (n == 0) {
            return OK;
        }
        out->len += n;
        if (out->len > SCRIPT_BYTES_MAX) {
            return error_set(err, ERR_LIMIT, "\"%s\" has more than %d MiB, no script is that long",
                             path, SCRIPT_BYTES_MAX >> 20);
        }
    }
}

enum status text_file_read(const struct fs *fs, const char *path, struct bytebuf *out,
                           struct error *err)
{
    int fd;
    if (strcmp(path, "-") == 0) {
        return read_all(fs, STDIN_HANDLE, "standard input", out, err);
    }
    TRY(fs->open(fs, path, FS_READ, &fd, err));
    enum status status = read_all(fs, fd, path, out, err);
    fs->close(fs, fd);
    return status;
}
