/* file_position: where a file sink stands, as text that a checkpoint keeps: "inode=8231
 * bytes=4096", the bytes that are in the file for good. At recovery it says what to keep of which
 * file.
 *
 *     file_position_print(&out, &position);
 *     TRY(file_position_parse(text, &position, err));
 *     TRY(file_position_check(fs, path, &position, err));     // touches nothing
 *     TRY(file_position_recover(fs, path, &position, err));   // before the file is opened
 */
#ifndef SINKS_FILE_POSITION_H
#define SINKS_FILE_POSITION_H

#include "engine/base/bytebuf.h"
#include "engine/base/fs.h"

struct file_position {
    uint64_t inode;
    int64_t bytes;
};

void file_position_print(struct bytebuf *out, const struct file_position *position);
/* ERR_STATE if it is no position. */
MUST_CHECK enum status file_position_parse(struct slice text, struct file_position *position,
                                           struct error *err);

/* Whether file_position_recover would find what it needs; the same errors. */
MUST_CHECK enum status file_position_check(const struct fs *fs, const char *path,
                                           const struct file_position *position, struct error *err);

/* Cuts the file at `path` to its committed bytes. If it was moved to another name in its folder and
 * a new one begun (logrotate, SIGHUP), the moved one is cut and the new one emptied: what it holds
 * was never committed. ERR_STATE with exit code 26 if committed bytes are missing or the file is
 * another one. */
MUST_CHECK enum status file_position_recover(const struct fs *fs, const char *path,
                                             const struct file_position *position,
                                             struct error *err);

/* Committed bytes are not there: ERR_STATE with exit code 26. */
enum status file_lost(const char *path, const char *why, struct error *err);

/* The folder that `path` is in, "." for a bare name. */
void file_folder(struct bytebuf *out, const char *path);

#endif
