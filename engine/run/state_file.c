/* state_file: see state_file.h. */
#include "engine/run/state_file.h"

static const char *const names[] = {
    [FRAME_FILE_MANIFEST] = "MANIFEST",
    [FRAME_FILE_LOG] = "log",
    [FRAME_FILE_SNAPSHOT] = "snap",
};

static enum status file_bad(const struct state_dir *dir, const struct state_file *file,
                            int exit_code, const char *why, struct error *err)
{
    struct bytebuf path = {0};
    state_dir_file(dir, names[file->kind], file->number, &path);
    const char *name = strrchr(bytebuf_text(&path), '/') + 1;
    state_dir_bad(dir, name, exit_code, why, err);
    bytebuf_release(&path);
    return ERR_STATE;
}

enum status state_file_damaged(const struct state_dir *dir, const struct state_file *file,
                               const char *why, struct error *err)
{
    bool is_manifest = file->kind == FRAME_FILE_MANIFEST;
    file_bad(dir, file, is_manifest ? EXIT_MANIFEST_BAD : EXIT_STATE_CORRUPT, why, err);
    error_hint(err, "tailrace checkpoint verify says where; --new-state begins anew");
    return ERR_STATE;
}

static enum status missing(const struct state_dir *dir, const struct state_file *file,
                           struct error *err)
{
    bool is_manifest = file->kind == FRAME_FILE_MANIFEST;
    return file_bad(dir, file, is_manifest ? EXIT_MANIFEST_BAD : EXIT_FILE_MISSING, "it is missing",
                    err);
}

/* True if the directory has the name, or does not say: what is there and cannot be opened is not
 * missing. */
static bool is_there(const struct state_dir *dir, const char *path)
{
    const char *wanted = strrchr(path, '/') + 1;
    struct bytebuf listed = {0};
    bool found = dir->fs->list(dir->fs, dir->path, &listed, NULL) != OK ||
                 names_have(bytebuf_slice(&listed), wanted);
    bytebuf_release(&listed);
    return found;
}

static enum status read_bytes(const struct state_dir *dir, const struct state_file *file,
                              const char *path, struct bytebuf *out, struct error *err)
{
    enum status status = fs_read_file(dir->fs, path, file->bytes_max, out, err);
    if (status == ERR_LIMIT) {
        return state_file_damaged(dir, file, "it is too long to be one", err);
    }
    if (status != OK && !is_there(dir, path)) {
        return missing(dir, file, err);
    }
    return state_dir_failed(dir, status, err);
}

static enum status check_header(const struct state_dir *dir, const struct state_file *file,
                                struct slice bytes, struct frame_header *header, struct error *err)
{
    struct error why;
    struct frame_header found;
    if (frame_header_read(bytes, file->kind, &found, &why) != OK) {
        return why.exit_code == EXIT_STATE_NEWER
                   ? file_bad(dir, file, EXIT_STATE_NEWER, why.text, err)
                   : state_file_damaged(dir, file, why.text, err);
    }
    if (file->number != 0 && found.number != file->number) {
        return state_file_damaged(dir, file, "its header is of another file", err);
    }
    *header = found;
    return OK;
}

enum status state_file_read(const struct state_dir *dir, const struct state_file *file,
                            struct bytebuf *out, struct frame_header *header, struct error *err)
{
    struct bytebuf path = {0};
    struct bytebuf bytes = {0};
    state_dir_file(dir, names[file->kind], file->number, &path);
    enum status status = read_bytes(dir, file, bytebuf_text(&path), &bytes, err);
    bytebuf_release(&path);
    if (status == OK) {
        status = check_header(dir, file, bytebuf_slice(&bytes), header, err);
    }
    if (status != OK) {
        bytebuf_release(&bytes);
        return status;
    }
    *out = bytes;
    return OK;
}
