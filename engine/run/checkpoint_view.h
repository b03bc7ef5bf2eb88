/* checkpoint_view: a checkpoint looked at by somebody who does not run it: tailrace checkpoint ls,
 * show, verify. Nothing is locked or changed; of a job that runs meanwhile the last lines may be
 * newer than the first. */
#ifndef ENGINE_RUN_CHECKPOINT_VIEW_H
#define ENGINE_RUN_CHECKPOINT_VIEW_H

#include "engine/base/bytebuf.h"
#include "engine/base/fs.h"

/* A line for each file: name, bytes, what it is. */
MUST_CHECK enum status checkpoint_list(const struct fs *fs, const char *path, struct bytebuf *out,
                                       struct error *err);
/* Sources with their offsets, queries with their plans, sinks with their positions, and what the
 * next start will do. */
MUST_CHECK enum status checkpoint_show(const struct fs *fs, const char *path, struct bytebuf *out,
                                       struct error *err);
/* Reads every byte and checks it; errors have the exit codes that a start would give. */
MUST_CHECK enum status checkpoint_verify(const struct fs *fs, const char *path, struct bytebuf *out,
                                         struct error *err);

#endif
