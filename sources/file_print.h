/* file_print: what a file looked like where it was read, to know it again: a hash of its first KiB
 * and one of the last KiB in front of where reading had come. An inode number alone does not do: a
 * file system gives it to the next file as soon as it is free.
 *
 *     struct file_print print = {0};
 *     TRY(file_print_head(&print, fs, fd, size, err));         // while the head still grows
 *     TRY(file_print_last(&print, fs, fd, at, n, end, err));   // after each read
 *     …
 *     TRY(file_print_fits(&print, fs, fd, &fits, err));        // is it still what was read?
 *
 * Hashes are XXH3 with 63 bits, and may be kept on disk. */
#ifndef SOURCES_FILE_PRINT_H
#define SOURCES_FILE_PRINT_H

#include <stdbool.h>

#include "engine/base/bytebuf.h"
#include "engine/base/fs.h"

enum { FILE_PRINT_BYTES = 1024 };

struct file_print {
    uint64_t head_bytes; /* up to FILE_PRINT_BYTES */
    uint64_t head_hash;
    uint64_t last_bytes; /* in front of last_end */
    uint64_t last_hash;
    uint64_t last_end;
};

/* Takes more of the head, if the file of `size` bytes has more. A head that is not as it was is
 * left as it is: file_print_fits will say so. */
MUST_CHECK enum status file_print_head(struct file_print *print, const struct fs *fs, int fd,
                                       uint64_t size, struct error *err);

/* The n bytes at `at` were read, up to byte `end` of the file. */
MUST_CHECK enum status file_print_last(struct file_print *print, const struct fs *fs, int fd,
                                       const void *at, size_t n, uint64_t end, struct error *err);

/* Has this file the same bytes there? True for a print of nothing. */
MUST_CHECK enum status file_print_fits(const struct file_print *print, const struct fs *fs, int fd,
                                       bool *fits, struct error *err);

/* " head_bytes=… head_hash=… …", as source_offsets has it. */
void file_print_write(const struct file_print *print, struct bytebuf *out);
bool file_print_read(struct slice text, struct file_print *out);

#endif
