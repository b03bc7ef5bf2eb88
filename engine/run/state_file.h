/* state_file: a file of a checkpoint that begins with a header (frame.h), read as a whole.
 *
 *     const struct state_file file = {FRAME_FILE_LOG, generation, LOG_BYTES_MAX};
 *     TRY(state_file_read(&dir, &file, &bytes, &header, err));
 *     …frames from FRAME_HEADER_BYTES on…
 *     return state_file_damaged(&dir, &file, "its last block is missing", err);
 *
 * The input log is not read this way: its last segment may have any header after a crash. */
#ifndef ENGINE_RUN_STATE_FILE_H
#define ENGINE_RUN_STATE_FILE_H

#include "engine/run/state_dir.h"
#include "engine/state/frame.h"

struct state_file {
    enum frame_file kind;
    uint64_t number; /* 0 for the MANIFEST; else the header's must be the same */
    size_t bytes_max;
};

/* All bytes of it, for the caller to release; the header is right. ERR_IO with exit 4 if it cannot
 * be read; ERR_STATE with exit 22 if it is missing, 21 if it is damaged (20 both, if it is the
 * MANIFEST), 31 if it is of another format. */
MUST_CHECK enum status state_file_read(const struct state_dir *dir, const struct state_file *file,
                                       struct bytebuf *out, struct frame_header *header,
                                       struct error *err);

/* What is behind the header is not right: ERR_STATE with exit 21 (20 for the MANIFEST). */
enum status state_file_damaged(const struct state_dir *dir, const struct state_file *file,
                               const char *why, struct error *err);

#endif
