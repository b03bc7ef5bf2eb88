/* text_file: a whole file, or all of standard input, in memory: scripts. */
#ifndef SHELL_TEXT_FILE_H
#define SHELL_TEXT_FILE_H

#include "engine/base/bytebuf.h"
#include "engine/base/fs.h"

/* A script is written by a person or for one. */
enum { SCRIPT_BYTES_MAX = 16 << 20 };

/* "-" is standard input. ERR_LIMIT if there is more than SCRIPT_BYTES_MAX. */
MUST_CHECK enum status text_file_read(const struct fs *fs, const char *path, struct bytebuf *out,
                                      struct error *err);

#endif
