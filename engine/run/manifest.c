/* manifest: see manifest.h. */
#include "engine/run/manifest.h"

#include "engine/state/frame.h"

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
    struct bytebuf name = {0};
    struct bytebuf bytes = {0};
    struct frame_header header;
    enum status status = fs_read_file(dir->fs, state_dir_file(dir, "MANIFEST", 0, &name),
                                      FRAME_HEADER_BYTES, &bytes, err);
    if (status == ERR_IO) {
        state_dir_failed(dir, status, err);
    } else if (status == OK) {
        status = frame_header_read(bytebuf_slice(&bytes), FRAME_FILE_MANIFEST, &header, err);
        if (status == OK) {
            *generation = header.number;
        }
    }
    if (status != OK && status != ERR_IO) {
        int exit_code = err != NULL && err->exit_code == EXIT_STATE_NEWER ? EXIT_STATE_NEWER
                                                                          : EXIT_MANIFEST_BAD;
        status = state_dir_bad(dir, "MANIFEST", exit_code,
                               exit_code == EXIT_STATE_NEWER
                                   ? "it was written by a newer version of the program"
                                   : "it is damaged",
                               err);
    }
    bytebuf_release(&bytes);
    bytebuf_release(&name);
    return status;
}
