/* file_position: see file_position.h. */
#include "sinks/file_position.h"

#include <inttypes.h>

enum { EXIT_FILE_SHORTER = 26 }; /* exactly-once.md §7 */

void file_position_print(struct bytebuf *out, const struct file_position *position)
{
    bytebuf_printf(out, "inode=%" PRIu64 " bytes=%" PRId64, position->inode, position->bytes);
}

static bool take_number(struct slice *text, const char *name, int64_t *out)
{
    size_t len = strlen(name);
    if (text->len < len || memcmp(text->at, name, len) != 0) {
        return false;
    }
    size_t end = len;
    while (end < text->len && text->at[end] != ' ') {
        end++;
    }
    bool ok = slice_to_i64(slice_of(text->at + len, end - len), out) && *out >= 0;
    *text = slice_trim(slice_of(text->at + end, text->len - end));
    return ok;
}

enum status file_position_parse(struct slice text, struct file_position *position,
                                struct error *err)
{
    int64_t inode;
    int64_t bytes;
    struct slice rest = text;
    if (!take_number(&rest, "inode=", &inode) || !take_number(&rest, "bytes=", &bytes) ||
        rest.len > 0) {
        return error_set(err, ERR_STATE, "\"%.*s\" is no position of a file", (int)text.len,
                         (const char *)text.at);
    }
    *position = (struct file_position){(uint64_t)inode, bytes};
    return OK;
}

void file_folder(struct bytebuf *out, const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL) {
        bytebuf_add_byte(out, '.');
    } else {
        bytebuf_add(out, path, slash == path ? 1 : (size_t)(slash - path));
    }
}

/* ---- recovery ------------------------------------------------------------------------------- */

enum status file_lost(const char *path, const char *why, struct error *err)
{
    error_set(err, ERR_STATE, "\"%s\": %s", path, why);
    error_hint(err, "put the file back, or begin anew with --new-state");
    error_exit_code(err, EXIT_FILE_SHORTER);
    return ERR_STATE;
}

static enum status cut(const struct fs *fs, const char *path, int64_t bytes, struct error *err)
{
    int fd;
    TRY(fs->open(fs, path, FS_WRITE, &fd, err));
    enum status status = fs->truncate(fs, fd, bytes, err);
    if (status == OK) {
        status = fs->sync(fs, fd, err);
    }
    fs->close(fs, fd);
    return status;
}

/* A file that is not there, or is no longer than that, stays as it is. */
static enum status cut_to(const struct fs *fs, const char *path, int64_t bytes, struct error *err)
{
    struct fs_stat stat;
    struct error ignored;
    bool is_longer = fs->stat(fs, path, &stat, &ignored) == OK && stat.bytes > bytes;
    return is_longer ? cut(fs, path, bytes, err) : OK;
}

static enum status check_length(const char *path, const struct fs_stat *stat, int64_t bytes,
                                struct error *err)
{
    if (stat->bytes >= bytes) {
        return OK;
    }
    struct bytebuf why = {0};
    bytebuf_printf(&why, "it has %" PRId64 " bytes, %" PRId64 " were committed", stat->bytes,
                   bytes);
    enum status status = file_lost(path, bytebuf_text(&why), err);
    bytebuf_release(&why);
    return status;
}

/* Sets *path to the name in `folder` whose file is `inode`; leaves it empty if there is none. */
static enum status find_moved(const struct fs *fs, struct slice folder, uint64_t inode,
                              struct bytebuf *path, struct fs_stat *stat, struct error *err)
{
    struct bytebuf names = {0};
    struct error ignored; /* a name that went away meanwhile */
    bytebuf_add(path, folder.at, folder.len);
    enum status status = fs->list(fs, bytebuf_text(path), &names, err);
    bool found = false;
    struct slice left = bytebuf_slice(&names);
    for (const char *name; !found && names_next(&left, &name);) {
        bytebuf_clear(path);
        bytebuf_printf(path, "%.*s/%s", (int)folder.len, (const char *)folder.at, name);
        found = fs->stat(fs, bytebuf_text(path), stat, &ignored) == OK && stat->is_regular &&
                stat->inode == inode;
    }
    if (!found) {
        bytebuf_clear(path);
    }
    bytebuf_release(&names);
    return status;
}

/* Sets *found to the path of the file, which may have another name by now; it stays empty if
 * nothing was committed and there is none. */
static enum status find_file(const struct fs *fs, const char *path,
                             const struct file_position *position, struct bytebuf *found,
                             struct error *err)
{
    struct fs_stat stat;
    struct error ignored;
    if (fs->stat(fs, path, &stat, &ignored) == OK && stat.inode == position->inode) {
        bytebuf_add_text(found, path);
    } else {
        struct bytebuf folder = {0};
        file_folder(&folder, path);
        enum status status =
            find_moved(fs, bytebuf_slice(&folder), position->inode, found, &stat, err);
        bytebuf_release(&folder);
        TRY(status);
    }
    if (found->len == 0) {
        return position->bytes == 0
                   ? OK
                   : file_lost(path, "it is missing, or another file than the one that was written",
                               err);
    }
    return check_length(bytebuf_text(found), &stat, position->bytes, err);
}

enum status file_position_check(const struct fs *fs, const char *path,
                                const struct file_position *position, struct error *err)
{
    struct bytebuf found = {0};
    enum status status = find_file(fs, path, position, &found, err);
    bytebuf_release(&found);
    return status;
}

enum status file_position_recover(const struct fs *fs, const char *path,
                                  const struct file_position *position, struct error *err)
{
    struct bytebuf found = {0};
    enum status status = find_file(fs, path, position, &found, err);
    bool was_moved = strcmp(bytebuf_text(&found), path) != 0;
    if (status == OK && found.len > 0) {
        status = cut_to(fs, bytebuf_text(&found), position->bytes, err);
    }
    if (status == OK && was_moved) {
        status = cut_to(fs, path, 0, err);
    }
    bytebuf_release(&found);
    return status;
}
