/* manifest: see manifest.h. */
#include "engine/run/manifest.h"

#include "engine/run/state_file.h"

enum status manifest_write(const struct state_dir *dir, uint64_t generation, struct error *err)
{
    struct bytebuf bytes = {0};
    frame_header_put(&bytes, FRAME_FILE_MANIFEST, generation, 0);
    enum status status = state_dir_replace(dir, "MANIFEST", bytebuf_slice(&bytes), err);
    bytebuf_release(&bytes);
    return status;
}

enum status manifest_read(const struct state_dir *dir, uint64_t *generation, struct error *err)
{
    const struct state_file file = {FRAME_FILE_MANIFEST, 0, FRAME_HEADER_BYTES};
    struct bytebuf bytes = {0};
    struct frame_header header;
    TRY(state_file_read(dir, &file, &bytes, &header, err));
    *generation = header.number;
    bytebuf_release(&bytes);
    return OK;
}
