/* history: see history.h. */
#include "shell/history.h"

#include <string.h>

#include "engine/base/log.h"
#include "engine/base/mem.h"

/* ---- the file -------------------------------------------------------------------------------- */

static void add_escaped(struct bytebuf *out, const char *entry)
{
    for (; *entry != '\0'; entry++) {
        bool is_special = *entry == '\n' || *entry == '\\';
        bytebuf_add(out, "\\", is_special);
        bytebuf_add_byte(out, *entry == '\n' ? 'n' : (uint8_t)*entry);
    }
    bytebuf_add_byte(out, '\n');
}

static const char *unescaped(struct arena *arena, struct slice line)
{
    char *text = arena_alloc(arena, line.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < line.len; i++) {
        bool escapes = line.at[i] == '\\' && i + 1 < line.len;
        i += escapes;
        text[len++] = escapes && line.at[i] == 'n' ? '\n' : (char)line.at[i];
    }
    text[len] = '\0';
    return text;
}

static void keep(struct history *history, const char *entry)
{
    if (history->n == HISTORY_ENTRIES_MAX) {
        memmove(history->entries, history->entries + 1,
                (HISTORY_ENTRIES_MAX - 1) * sizeof *history->entries);
        history->n--;
    }
    history->entries[history->n++] = entry;
}

static uint32_t keep_lines(struct history *history, struct slice text)
{
    uint32_t n = 0;
    const uint8_t *end;
    while (text.len > 0 && (end = memchr(text.at, '\n', text.len)) != NULL) {
        size_t len = (size_t)(end - text.at);
        keep(history, unescaped(&history->arena, slice_of(text.at, len)));
        text = slice_of(end + 1, text.len - len - 1);
        n++;
    }
    return n;
}

/* Every folder in front of the file's name. */
static void make_folders(const struct history *history)
{
    struct error ignored;
    char *path = mem_text(history->path, strlen(history->path));
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void)!history->fs->mkdir(history->fs, path, &ignored); /* it may be there */
        *slash = '/';
    }
    mem_free(path);
}

static enum status write_entries(const struct history *history, int fd, struct error *err)
{
    struct bytebuf out = {0};
    for (uint32_t i = 0; i < history->n; i++) {
        add_escaped(&out, history->entries[i]);
    }
    enum status status = history->fs->truncate(history->fs, fd, 0, err);
    if (status == OK) {
        status = fs_write_all(history->fs, fd, out.at, out.len, err);
    }
    bytebuf_release(&out);
    return status;
}

static enum status read_entries(struct history *history, struct error *err)
{
    int fd;
    const struct fs *fs = history->fs;
    struct bytebuf text = {0};
    TRY(fs->open(fs, history->path, FS_READ | FS_WRITE | FS_CREATE | FS_APPEND, &fd, err));
    enum status status = fs->lock(fs, fd, err);
    size_t n = 1;
    while (status == OK && n > 0 && text.len < HISTORY_BYTES_MAX) {
        status = fs->read(fs, fd, bytebuf_reserve(&text, 1 << 16), 1 << 16, &n, err);
        text.len += status == OK ? n : 0;
    }
    if (status == OK && keep_lines(history, bytebuf_slice(&text)) > 2 * HISTORY_ENTRIES_MAX) {
        status = write_entries(history, fd, err);
    }
    bytebuf_release(&text);
    fs->close(fs, fd);
    return status;
}

/* ---- life ------------------------------------------------------------------------------------ */

static void give_up(struct history *history, const struct error *err)
{
    log_line(LOG_WARN, "history is not kept: %s", err->text);
    history->path = NULL;
}

void history_open(struct history *history, const struct fs *fs, const char *path)
{
    struct error err;
    *history = (struct history){.fs = fs};
    arena_init(&history->arena);
    history->entries = mem_alloc(HISTORY_ENTRIES_MAX * sizeof *history->entries);
    if (path == NULL) {
        return;
    }
    history->path = (const char *)arena_copy(&history->arena, slice_text(path)).at;
    make_folders(history);
    if (read_entries(history, &err) != OK && err.status != ERR_LOCKED) {
        give_up(history, &err);
    }
}

void history_close(struct history *history)
{
    mem_free(history->entries);
    arena_release(&history->arena);
}

static enum status append(const struct history *history, const char *entry, struct error *err)
{
    int fd;
    size_t n;
    struct bytebuf line = {0};
    const struct fs *fs = history->fs;
    TRY(fs->open(fs, history->path, FS_WRITE | FS_CREATE | FS_APPEND, &fd, err));
    add_escaped(&line, entry);
    enum status status = fs->write(fs, fd, line.at, line.len, &n, err);
    bytebuf_release(&line);
    fs->close(fs, fd);
    return status;
}

void history_add(struct history *history, const char *entry)
{
    struct error err;
    bool repeats = history->n > 0 && strcmp(history->entries[history->n - 1], entry) == 0;
    if (entry[0] == '\0' || entry[0] == ' ' || repeats) {
        return;
    }
    keep(history, (const char *)arena_copy(&history->arena, slice_text(entry)).at);
    if (history->path != NULL && append(history, entry, &err) != OK) {
        give_up(history, &err);
    }
}
