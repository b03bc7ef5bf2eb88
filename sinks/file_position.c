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
    if (err != NULL) {
        err->exit_code = EXIT_FILE_SHORTER;
    }
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

static enum status cut_to(const struct fs *fs, const char *path, const struct fs_stat *stat,
                          int64_t bytes, struct error *err)
{
    if (stat->bytes < bytes) {
        struct bytebuf why = {0};
        bytebuf_printf(&why, "it has %" PRId64 " bytes, %" PRId64 " were committed", stat->bytes,
                       bytes);
        enum status status = file_lost(path, bytebuf_text(&why), err);
        bytebuf_release(&why);
        return status;
    }
    return stat->bytes == bytes ? OK : cut(fs, path, bytes, err);
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
    for (size_t at = 0; at < names.len && !found;) {
        const char *name = (const char *)names.at + at;
        bytebuf_clear(path);
        bytebuf_printf(path, "%.*s/%s", (int)folder.len, (const char *)folder.at, name);
        found = fs->stat(fs, bytebuf_text(path), stat, &ignored) == OK && stat->is_regular &&
                stat->inode == inode;
        at += strlen(name) + 1;
    }
    if (!found) {
        bytebuf_clear(path);
    }
    bytebuf_release(&names);
    return status;
}

static enum status recover_moved(const struct fs *fs, const char *path,
                                 const struct file_position *position, struct error *err)
{
    struct bytebuf folder = {0};
    struct bytebuf moved = {0};
    struct fs_stat stat;
    file_folder(&folder, path);
    enum status status =
        find_moved(fs, bytebuf_slice(&folder), position->inode, &moved, &stat, err);
    if (status == OK && moved.len > 0) {
        status = cut_to(fs, bytebuf_text(&moved), &stat, position->bytes, err);
    } else if (status == OK && position->bytes > 0) {
        status =
            file_lost(path, "it is missing, or another file than the one that was written", err);
    }
    bytebuf_release(&folder);
    bytebuf_release(&moved);
    return status;
}

enum status file_position_recover(const struct fs *fs, const char *path,
                                  const struct file_position *position, struct error *err)
{
    struct fs_stat stat;
    struct error ignored;
    bool is_there = fs->stat(fs, path, &stat, &ignored) == OK;
    if (is_there && stat.inode == position->inode) {
        return cut_to(fs, path, &stat, position->bytes, err);
    }
    TRY(recover_moved(fs, path, position, err));
    return is_there && stat.bytes > 0 ? cut(fs, path, 0, err) : OK;
}
