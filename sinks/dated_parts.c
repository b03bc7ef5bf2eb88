/* dated_parts: see dated_parts.h. */
#include "sinks/dated_parts.h"

#include <inttypes.h>

#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "sinks/disk_error.h"
#include "sinks/file_position.h"
#include "sinks/file_sink.h"

/* ---- life ------------------------------------------------------------------------------------ */

void dated_parts_init(struct dated_parts *parts, const struct sink_config *config,
                      size_t folders_from)
{
    *parts = (struct dated_parts){.config = *config, .folders_from = folders_from};
    arena_init(&parts->life);
    options_init(&parts->none, &parts->life);
    parts->uri = *config->uri;
    parts->config.uri = &parts->uri;
    parts->config.options = &parts->none;
}

static void part_free(struct dated_part *part)
{
    sink_close(part->sink);
    bytebuf_release(&part->position);
    mem_free(part->path);
    mem_free(part);
}

void dated_parts_release(struct dated_parts *parts)
{
    for (uint32_t i = 0; i < parts->n; i++) {
        part_free(parts->at[i]);
    }
    mem_free(parts->at);
    arena_release(&parts->life);
}

static struct dated_part *add_part(struct dated_parts *parts, struct slice path)
{
    if (parts->n >= parts->n_max) {
        return NULL;
    }
    if (parts->n == parts->room) {
        parts->room = parts->room == 0 ? 8 : parts->room * 2;
        parts->at = mem_realloc(parts->at, parts->room * sizeof(struct dated_part *));
    }
    struct dated_part *part = mem_zalloc(sizeof *part);
    part->path = mem_text(path.at, path.len);
    parts->at[parts->n++] = part;
    return part;
}

/* ---- names ----------------------------------------------------------------------------------- */

static const char *part_path(struct bytebuf *out, const struct dated_part *part)
{
    bytebuf_clear(out);
    bytebuf_printf(out, "%s.part", part->path);
    return bytebuf_text(out);
}

static bool is_there(const struct dated_parts *parts, const char *path)
{
    struct fs_stat stat;
    struct error ignored;
    return parts->config.fs->stat(parts->config.fs, path, &stat, &ignored) == OK;
}

static bool is_taken(const struct dated_parts *parts, const char *path)
{
    for (uint32_t i = 0; i < parts->n; i++) {
        if (strcmp(parts->at[i]->path, path) == 0) {
            return true;
        }
    }
    return is_there(parts, path);
}

/* "out/2026-01-05.1.csv" */
static void numbered_name(struct bytebuf *out, struct slice name, uint32_t number)
{
    size_t dot = name.len;
    for (size_t i = name.len; i > 0 && name.at[i - 1] != '/'; i--) {
        if (name.at[i - 1] == '.' && i > 1) {
            dot = i - 1;
            break;
        }
    }
    bytebuf_clear(out);
    bytebuf_add(out, name.at, dot);
    bytebuf_printf(out, ".%u", number);
    bytebuf_add(out, name.at + dot, name.len - dot);
}

struct dated_part *dated_parts_begin(struct dated_parts *parts, struct slice name, int64_t start_us,
                                     int64_t end_us)
{
    struct bytebuf path = {0};
    bytebuf_add(&path, name.at, name.len);
    for (uint32_t number = 1; is_taken(parts, bytebuf_text(&path)); number++) {
        numbered_name(&path, name, number);
    }
    struct dated_part *part = add_part(parts, bytebuf_slice(&path));
    if (part != NULL) {
        part->start_us = start_us;
        part->end_us = end_us;
    }
    bytebuf_release(&path);
    return part;
}

struct dated_part *dated_parts_find(const struct dated_parts *parts, int64_t start_us)
{
    for (uint32_t i = parts->n; i > 0; i--) { /* the newest is asked for most */
        struct dated_part *part = parts->at[i - 1];
        if (part->start_us == start_us && part->full_epoch == 0) {
            return part;
        }
    }
    return NULL;
}

/* ---- files ----------------------------------------------------------------------------------- */

/* Its rows are in the file, and its position says so. */
static enum status part_commit(struct dated_part *part, struct error *err)
{
    if (part->sink != NULL && part->sink->in_epoch) {
        TRY(sink_commit(part->sink, part->sink->epoch, err));
        bytebuf_clear(&part->position);
        sink_position(part->sink, &part->position);
    }
    return OK;
}

static void part_shut(struct dated_parts *parts, struct dated_part *part)
{
    if (part->sink != NULL) {
        sink_close(part->sink);
        part->sink = NULL;
        parts->n_open--;
    }
}

/* Makes room for one more descriptor. */
static enum status shut_oldest(struct dated_parts *parts, struct error *err)
{
    struct dated_part *oldest = NULL;
    if (parts->n_open < DATED_FILES_OPEN) {
        return OK;
    }
    for (uint32_t i = 0; i < parts->n; i++) {
        struct dated_part *part = parts->at[i];
        if (part->sink != NULL && (oldest == NULL || part->used < oldest->used)) {
            oldest = part;
        }
    }
    TRY(part_commit(oldest, err));
    part_shut(parts, oldest);
    return OK;
}

static enum status make_folder(const struct dated_parts *parts, const char *path, struct error *err)
{
    const struct fs *fs = parts->config.fs;
    if (is_there(parts, path)) {
        return OK;
    }
    TRY(fs->mkdir(fs, path, err));
    if (!parts->config.durable) {
        return OK;
    }
    struct bytebuf above = {0};
    file_folder(&above, path);
    enum status status = fs->sync_directory(fs, bytebuf_text(&above), err);
    bytebuf_release(&above);
    return status;
}

/* Folders whose names are after the time too: out/%Y/%m-%d.csv. */
static enum status make_folders(const struct dated_parts *parts, const struct dated_part *part,
                                struct error *err)
{
    size_t from = parts->folders_from < strlen(part->path) ? parts->folders_from : 0;
    for (const char *slash = strchr(part->path + from, '/'); slash != NULL;
         slash = strchr(slash + 1, '/')) {
        char *folder = mem_text(part->path, (size_t)(slash - part->path));
        enum status status =
            disk_error(parts->config.fs, ".", make_folder(parts, folder, err), err);
        mem_free(folder);
        TRY(status);
    }
    return OK;
}

static enum status part_open(struct dated_parts *parts, struct dated_part *part, struct error *err)
{
    struct bytebuf path = {0};
    struct sink_config config = parts->config;
    uint64_t committed;
    TRY(shut_oldest(parts, err));
    TRY(make_folders(parts, part, err));
    parts->uri.path = slice_text(part_path(&path, part));
    /* What a part of that name holds behind a checkpoint, was never committed. */
    config.from = part->position.len > 0 ? bytebuf_slice(&part->position)
                                         : slice_text(config.durable ? "inode=0 bytes=0" : "");
    enum status status = sink_open(&file_sink, &config, &part->sink, &committed, err);
    parts->uri.path = slice_of(NULL, 0);
    bytebuf_release(&path);
    parts->n_open += status == OK;
    return status;
}

enum status dated_parts_write(struct dated_parts *parts, struct dated_part *part,
                              const struct batch *batch, struct error *err)
{
    if (part->sink == NULL) {
        TRY(part_open(parts, part, err));
    }
    if (!part->sink->in_epoch) {
        TRY(sink_begin(part->sink, parts->epoch, err));
    }
    part->used = ++parts->used;
    return sink_write(part->sink, batch, err);
}

/* ---- epochs ---------------------------------------------------------------------------------- */

enum status dated_parts_commit(struct dated_parts *parts, int64_t newest_us, struct error *err)
{
    for (uint32_t i = 0; i < parts->n; i++) {
        struct dated_part *part = parts->at[i];
        TRY(part_commit(part, err));
        if (part->full_epoch == 0 && part->end_us <= newest_us) {
            part->full_epoch = parts->epoch;
            part_shut(parts, part);
        }
    }
    return OK;
}

static enum status rename_part(const struct dated_parts *parts, const struct dated_part *part,
                               struct bytebuf *from, struct error *err)
{
    const struct fs *fs = parts->config.fs;
    const char *part_name = part_path(from, part);
    if (!is_there(parts, part_name)) { /* sealed before a crash */
        return is_there(parts, part->path) ? OK : file_lost(part_name, "it is missing", err);
    }
    TRY(fs->rename(fs, part_name, part->path, err));
    if (!parts->config.durable) {
        return OK;
    }
    bytebuf_clear(from);
    file_folder(from, part->path);
    return fs->sync_directory(fs, bytebuf_text(from), err);
}

static enum status seal_part(const struct dated_parts *parts, const struct dated_part *part,
                             struct error *err)
{
    struct bytebuf from = {0};
    enum status status = rename_part(parts, part, &from, err);
    bytebuf_release(&from);
    return disk_error(parts->config.fs, part->path, status, err);
}

enum status dated_parts_seal(struct dated_parts *parts, uint64_t upto, struct error *err)
{
    uint32_t kept = 0;
    enum status status = OK;
    for (uint32_t i = 0; i < parts->n; i++) {
        struct dated_part *part = parts->at[i];
        bool is_due = status == OK && part->full_epoch != 0 && part->full_epoch <= upto;
        status = is_due ? seal_part(parts, part, err) : status;
        if (is_due && status == OK) {
            part_free(part);
        } else {
            parts->at[kept++] = part;
        }
    }
    parts->n = kept;
    return status;
}

void dated_parts_abort(struct dated_parts *parts)
{
    for (uint32_t i = 0; i < parts->n; i++) {
        if (parts->at[i]->sink != NULL && parts->at[i]->sink->in_epoch) {
            sink_abort(parts->at[i]->sink);
        }
    }
}

static bool has_rows(const struct dated_part *part)
{
    struct file_position position;
    struct error ignored;
    return part->position.len > 0 &&
           file_position_parse(bytebuf_slice(&part->position), &position, &ignored) == OK &&
           position.bytes > 0;
}

/* A part of which nothing was committed leaves nothing. */
static void remove_part(const struct dated_parts *parts, const struct dated_part *part)
{
    struct bytebuf path = {0};
    struct error ignored;
    (void)!parts->config.fs->unlink(parts->config.fs, part_path(&path, part), &ignored);
    bytebuf_release(&path);
}

enum status dated_parts_seal_all(struct dated_parts *parts, struct error *err)
{
    dated_parts_abort(parts);
    for (uint32_t i = 0; i < parts->n; i++) {
        struct dated_part *part = parts->at[i];
        part_shut(parts, part);
        part->full_epoch = has_rows(part) ? 1 : 0;
        if (part->full_epoch == 0) {
            remove_part(parts, part);
        }
    }
    return dated_parts_seal(parts, UINT64_MAX, err);
}

/* ---- positions ------------------------------------------------------------------------------- */

void dated_parts_print(const struct dated_parts *parts, struct bytebuf *out)
{
    for (uint32_t i = 0; i < parts->n; i++) {
        const struct dated_part *part = parts->at[i];
        if (part->full_epoch != 0) {
            bytebuf_printf(out, "seal %s\n", part->path);
        } else {
            bytebuf_printf(out, "part start=%" PRId64 " ", part->start_us);
            bytebuf_add(out, part->position.at, part->position.len);
            bytebuf_printf(out, " %s\n", part->path);
        }
    }
}

static bool take_text(struct slice *text, const char *prefix)
{
    size_t len = strlen(prefix);
    bool ok = text->len >= len && memcmp(text->at, prefix, len) == 0;
    *text = ok ? slice_of(text->at + len, text->len - len) : *text;
    return ok;
}

/* Up to the next space, which is skipped. */
static struct slice take_word(struct slice *text)
{
    const uint8_t *end = memchr(text->at, ' ', text->len);
    size_t len = end == NULL ? text->len : (size_t)(end - text->at);
    struct slice word = slice_of(text->at, len);
    *text = slice_of(text->at + len + (end != NULL), text->len - len - (end != NULL));
    return word;
}

static bool read_part(struct dated_parts *parts, struct slice rest)
{
    int64_t start_us;
    struct slice start = take_word(&rest);
    const uint8_t *from = rest.at;
    struct slice inode = take_word(&rest);
    struct slice bytes = take_word(&rest);
    if (!slice_to_i64(start, &start_us) || inode.len == 0 || bytes.len == 0 || rest.len == 0) {
        return false;
    }
    struct dated_part *part = add_part(parts, rest);
    if (part == NULL) {
        return false;
    }
    part->start_us = start_us;
    bytebuf_add(&part->position, from, (size_t)(bytes.at + bytes.len - from));
    return true;
}

bool dated_parts_read(struct dated_parts *parts, struct slice line)
{
    if (take_text(&line, "part start=")) {
        return read_part(parts, line);
    }
    if (!take_text(&line, "seal ") || line.len == 0) {
        return false;
    }
    struct dated_part *part = add_part(parts, line);
    if (part != NULL) {
        part->full_epoch = 1;
    }
    return part != NULL;
}

static enum status recover_part(const struct dated_parts *parts, const struct dated_part *part,
                                struct error *err)
{
    struct file_position position;
    struct bytebuf path = {0};
    TRY(file_position_parse(bytebuf_slice(&part->position), &position, err));
    enum status status =
        file_position_recover(parts->config.fs, part_path(&path, part), &position, err);
    bytebuf_release(&path);
    return disk_error(parts->config.fs, part->path, status, err);
}

enum status dated_parts_resume(struct dated_parts *parts, const struct name_pattern *pattern,
                               struct error *err)
{
    TRY(dated_parts_seal(parts, UINT64_MAX, err));
    for (uint32_t i = 0; i < parts->n; i++) {
        struct dated_part *part = parts->at[i];
        part->end_us =
            part->start_us == TIME_NONE ? TIME_END : name_pattern_next(pattern, part->start_us);
        TRY(recover_part(parts, part, err));
    }
    return OK;
}
