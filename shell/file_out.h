/* file_out: a file in the place of standard output, for .output and .once: an fs whose writes to
 * handle 1 go there. */
#ifndef SHELL_FILE_OUT_H
#define SHELL_FILE_OUT_H

#include <stdbool.h>

#include "engine/base/fs.h"

/* Zeroed: no file. */
struct file_out {
    struct fs fs; /* first member */
    const struct fs *under;
    int fd;
    bool is_open;
    bool once; /* closed after the first use */
};

/* Opens and empties the file; an empty path closes the one that is open. */
MUST_CHECK enum status file_out_set(struct file_out *out, const struct fs *under, struct slice path,
                                    bool once, struct error *err);
/* NULL if there is no file. */
const struct fs *file_out_fs(const struct file_out *out);
/* A result has been written. */
void file_out_used(struct file_out *out);
void file_out_release(struct file_out *out);

#endif
