/* state_export: tailrace checkpoint export: what is saved in a --state directory as tables of a
 * SQLite file, for a person to ask.
 *
 *     checkpoint      generation and epochs
 *     queries         rows, watermark and fingerprint of each
 *     sources, sinks  where they stand
 *     state_<query>   what the query's operators keep (op.h: look): keys, windows, values
 *
 * The statements are those of job.sql; nothing of them runs. */
#ifndef SHELL_STATE_EXPORT_H
#define SHELL_STATE_EXPORT_H

#include "engine/base/clock.h"
#include "engine/base/fs.h"
#include "engine/base/status.h"

struct state_export {
    const char *dir;
    const char *file;
    bool overwrite; /* else a file that is there is refused */
    const struct fs *fs;
    const struct clock *clock;
};

/* Returns an exit code; errors were printed. The file is there whole or not at all. */
int state_export(const struct state_export *export);

#endif
