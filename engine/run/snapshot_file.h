/* snapshot_file: DIR/snap.<generation>, the whole state of a job at the end of an epoch, in blocks
 * of 64 KiB with a checksum each and a last one that says how much there was. */
#ifndef ENGINE_RUN_SNAPSHOT_FILE_H
#define ENGINE_RUN_SNAPSHOT_FILE_H

#include "engine/run/state_dir.h"

/* Written aside, synced, renamed. The directory is not synced: the caller has more to put there. */
MUST_CHECK enum status snapshot_file_write(const struct state_dir *dir, uint64_t generation,
                                           uint64_t epoch, struct slice state, struct error *err);
/* Appends the state. Exit 22 if it is missing, 21 if it is damaged. */
MUST_CHECK enum status snapshot_file_read(const struct state_dir *dir, uint64_t generation,
                                          uint64_t *epoch, struct bytebuf *state,
                                          struct error *err);

#endif
