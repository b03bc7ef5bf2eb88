/* disk_error: what a sink does when the disk under it is full or fails: the run ends with exit code
 * 4 and says how many bytes and inodes are free. */
#ifndef SINKS_DISK_ERROR_H
#define SINKS_DISK_ERROR_H

#include "engine/base/fs.h"

/* Returns `status`. Of ERR_IO it makes that, unless `err` has an exit code already. */
enum status disk_error(const struct fs *fs, const char *path, enum status status,
                       struct error *err);

#endif
