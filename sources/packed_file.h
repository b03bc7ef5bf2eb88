/* packed_file: a file, read in order as what it holds, compressed (gzip, zstd) or not. What it is
 * its first bytes say, not its name. Named pipes are read as they are.
 *
 *     TRY(packed_file_open(fs, path, &file, err));
 *     TRY(packed_file_skip(file, at, err));                   // bytes of what it holds
 *     while (packed_file_is_ready(file)) {                    // a pipe may have nothing just now
 *         TRY(packed_file_read(file, at, max, &n, err));      // n == 0: the end
 *     }
 *     packed_file_close(file);
 */
#ifndef SOURCES_PACKED_FILE_H
#define SOURCES_PACKED_FILE_H

#include <stdbool.h>

#include "engine/base/fs.h"

struct packed_file;

/* ERR_IO if there is none, it may not be read, or it is a directory; ERR_INPUT if its name says
 * that it is compressed and it is not. Does not wait for the writer of a pipe. */
MUST_CHECK enum status packed_file_open(const struct fs *fs, const char *path,
                                        struct packed_file **out, struct error *err);
void packed_file_close(struct packed_file *file); /* NULL is fine */

int packed_file_handle(const struct packed_file *file);
const struct fs_stat *packed_file_stat(const struct packed_file *file);
bool packed_file_is_packed(const struct packed_file *file);
bool packed_file_is_ready(const struct packed_file *file);

/* ERR_STATE if it holds less. Unpacks all that is in front. */
MUST_CHECK enum status packed_file_skip(struct packed_file *file, uint64_t at, struct error *err);

/* ERR_INPUT where compressed bytes are damaged or end too soon, after all that is in front was
 * given. */
MUST_CHECK enum status packed_file_read(struct packed_file *file, void *at, size_t max, size_t *n,
                                        struct error *err);

/* Does the name say that it is compressed, in whatever way? */
bool path_is_packed(const char *path);

#endif
