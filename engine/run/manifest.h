/* manifest: which generation of a checkpoint counts: DIR/MANIFEST, a header of frame.h whose number
 * is the generation. It is replaced as a whole: written aside, synced, renamed, directory synced.
 * Whichever of the two a crash leaves is right. */
#ifndef ENGINE_RUN_MANIFEST_H
#define ENGINE_RUN_MANIFEST_H

#include "engine/run/state_dir.h"

MUST_CHECK enum status manifest_write(const struct state_dir *dir, uint64_t generation,
                                      struct error *err);
/* Exit 20 if it is damaged or missing, 31 if it is of another format. */
MUST_CHECK enum status manifest_read(const struct state_dir *dir, uint64_t *generation,
                                     struct error *err);

#endif
