/* case_file: see case_file.h. */
#include "tests/differential/case_file.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/fs.h"
#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "engine/base/textbuf.h"
#include "engine/data/timestamp.h"

enum { FILE_BYTES_MAX = 64 << 20, CASES_MAX = 4096, PATH_BYTES = 1000 };

/* ---- files ----------------------------------------------------------------------------------- */

static bool read_file(struct arena *arena, const char *path, struct slice *out)
{
    const struct fs *fs = fs_system();
    struct fs_stat stat;
    struct error err;
    int fd;
    size_t n = 0;
    size_t more = 1;
    if (fs->open(fs, path, FS_READ, &fd, &err) != OK) {
        return false;
    }
    bool ok = fs->fstat(fs, fd, &stat, &err) == OK && stat.bytes <= FILE_BYTES_MAX;
    CHECK(ok);
    uint8_t *bytes = arena_alloc(arena, (size_t)stat.bytes + 1);
    while (ok && n < (size_t)stat.bytes && more > 0) {
        ok = fs->read(fs, fd, bytes + n, (size_t)stat.bytes - n, &more, &err) == OK;
        n += more;
    }
    fs->close(fs, fd);
    *out = slice_of(bytes, n);
    return ok;
}

static bool next_line(struct slice *text, struct slice *line)
{
    if (text->len == 0) {
        return false;
    }
    const uint8_t *end = memchr(text->at, '\n', text->len);
    size_t len = end == NULL ? text->len : (size_t)(end - text->at);
    *line = slice_of(text->at, len);
    len += end != NULL;
    *text = slice_of(text->at + len, text->len - len);
    return true;
}

/* The file of that name, without the folders that it had where it came from. */
static bool read_by_name(struct arena *arena, const char *folder, struct slice path,
                         struct slice *out)
{
    const uint8_t *slash = memrchr(path.at, '/', path.len);
    size_t at = slash == NULL ? 0 : (size_t)(slash + 1 - path.at);
    char *full =
        arena_printf(arena, "%s/%.*s", folder, (int)(path.len - at), (const char *)path.at + at);
    return read_file(arena, full, out);
}

/* ---- columns --------------------------------------------------------------------------------- */

static bool begins(struct slice text, const char *with)
{
    size_t len = strlen(with);
    return text.len >= len && slice_equal_nocase(slice_of(text.at, len), slice_text(with));
}

/* The type that all values of a column have, where the case does not say. */
static enum type_id type_of_values(const struct json *input, uint32_t column)
{
    enum type_id found = TYPE_NULL;
    for (uint32_t b = 0; b < json_length(input); b++) {
        const struct json *batch = &input->items[b];
        bool named = batch->n == 2 && batch->items[0].kind == JSON_STRING;
        const struct json *rows = named ? &batch->items[1] : batch;
        for (uint32_t r = 0; r < json_length(rows); r++) {
            const struct json *row = &rows->items[r];
            if (json_length(row) <= column || row->items[column].kind == JSON_NULL) {
                continue;
            }
            const struct json *value = &row->items[column];
            int64_t whole;
            enum type_id type = value->kind == JSON_STRING          ? TYPE_TEXT
                                : value->kind != JSON_NUMBER        ? TYPE_BOOLEAN
                                : slice_to_i64(value->text, &whole) ? TYPE_BIGINT
                                                                    : TYPE_DOUBLE;
            bool wider = found == TYPE_BIGINT && type == TYPE_DOUBLE;
            found = found == TYPE_NULL || wider ? type : found;
        }
    }
    return found == TYPE_NULL ? TYPE_TEXT : found;
}

static enum type_id type_named(struct slice name, const struct json *input, uint32_t column)
{
    if (begins(name, "TIMESTAMP")) {
        return TYPE_TIMESTAMP;
    }
    if (begins(name, "INT or REAL") || begins(name, "REAL") || begins(name, "DOUBLE") ||
        begins(name, "FLOAT")) {
        return TYPE_DOUBLE;
    }
    if (begins(name, "INT") || begins(name, "BIGINT")) {
        return TYPE_BIGINT;
    }
    if (begins(name, "BOOL")) {
        return TYPE_BOOLEAN;
    }
    if (begins(name, "TEXT") || begins(name, "STRING") || begins(name, "VARCHAR")) {
        return TYPE_TEXT;
    }
    return type_of_values(input, column);
}

static void read_stream(struct arena *arena, const struct json *json, const struct json *input,
                        struct case_stream *out)
{
    const struct json *columns = json_get(json, "columns");
    const struct json *delay = json_get(json, "delay_ms");
    struct slice time = json_text(json, "time");
    struct slice name = json_text(json, "name");
    *out = (struct case_stream){.name = (char *)arena_copy(arena, name).at, .time = -1};
    for (uint32_t i = 0; i < json_length(columns); i++) {
        struct slice column = columns->items[i].items[0].text;
        if (slice_equal(column, slice_text("..."))) {
            continue; /* "and some more" */
        }
        if (column.len > 2 && column.at[0] == '"') {
            column = slice_of(column.at + 1, column.len - 2);
        }
        CHECK(out->n < CASE_COLUMNS_MAX);
        out->names[out->n] = column;
        bool is_time = time.len > 0 && slice_equal(column, time);
        struct slice type =
            columns->items[i].n > 1 ? columns->items[i].items[1].text : slice_of(NULL, 0);
        out->types[out->n] = type_of(is_time ? TYPE_TIMESTAMP : type_named(type, input, i));
        out->time = is_time ? (int)out->n : out->time;
        out->n++;
    }
    out->has_delay = delay != NULL && slice_to_i64(delay->text, &out->delay_ms);
}

static void quoted_name(struct bytebuf *out, struct slice name)
{
    bytebuf_printf(out, "\"%.*s\"", (int)name.len, (const char *)name.at);
}

void case_streams_sql(struct bytebuf *out, const struct one_case *one)
{
    for (uint32_t s = 0; s < one->n_streams; s++) {
        const struct case_stream *stream = &one->streams[s];
        bytebuf_printf(out, "CREATE STREAM %s (", stream->name);
        for (uint32_t i = 0; i < stream->n; i++) {
            char type[TYPE_NAME_BYTES];
            bytebuf_add_text(out, i == 0 ? "" : ", ");
            quoted_name(out, stream->names[i]);
            bytebuf_printf(out, " %s", type_name(stream->types[i], type));
        }
        if (stream->time >= 0) {
            bytebuf_add_text(out, ", WATERMARK ");
            quoted_name(out, stream->names[stream->time]);
            /* Without a watermark nothing is late: ten years are not to be waited for. */
            bytebuf_printf(out, " DELAY %lldms",
                           stream->has_delay ? (long long)stream->delay_ms : 315360000000LL);
        }
        bytebuf_printf(out,
                       ") FROM 'memory:%s' FORMAT csv"
                       " WITH (header = false, null = '\\N', max_future = '36500d');\n",
                       stream->name);
    }
}

/* ---- input ----------------------------------------------------------------------------------- */

static void put_quoted(struct bytebuf *out, struct slice text)
{
    bytebuf_add_byte(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] == '"') {
            bytebuf_add_byte(out, '"');
        }
        bytebuf_add_byte(out, text.at[i]);
    }
    bytebuf_add_byte(out, '"');
}

static void put_value(struct bytebuf *out, const struct json *value, struct type type)
{
    int64_t ms;
    if (value == NULL || value->kind == JSON_NULL) {
        bytebuf_add_text(out, "\\N");
    } else if (type.id == TYPE_TIMESTAMP && slice_to_i64(value->text, &ms)) {
        timestamp_print(out, ms * US_PER_MS);
    } else if (value->kind == JSON_STRING && type.id == TYPE_TEXT) {
        put_quoted(out, value->text);
    } else if (value->kind == JSON_TRUE || value->kind == JSON_FALSE) {
        bytebuf_add_text(out, value->kind == JSON_TRUE ? "true" : "false");
    } else {
        bytebuf_add(out, value->text.at, value->text.len);
    }
}

/* A row is an array in the order of the columns, an object, or the value of the only column. */
static void put_row(struct bytebuf *out, const struct json *row, const struct case_stream *stream)
{
    for (uint32_t i = 0; i < stream->n; i++) {
        const struct json *value = NULL;
        if (row->kind == JSON_ARRAY) {
            value = i < row->n ? &row->items[i] : NULL;
        } else if (row->kind == JSON_OBJECT) {
            char name[PATH_BYTES];
            CHECK(stream->names[i].len < sizeof name);
            memcpy(name, stream->names[i].at, stream->names[i].len);
            name[stream->names[i].len] = '\0';
            value = json_get(row, name);
        } else {
            value = i == 0 ? row : NULL;
        }
        bytebuf_add_text(out, i == 0 ? "" : ",");
        put_value(out, value, stream->types[i]);
    }
    bytebuf_add_byte(out, '\n');
}

static struct case_chunk chunk_of(struct arena *arena, const struct one_case *one,
                                  const struct json *batch)
{
    struct case_chunk chunk = {0};
    struct bytebuf csv = {0};
    const struct json *rows = batch;
    if (batch->n == 2 && batch->items[0].kind == JSON_STRING) {
        rows = &batch->items[1];
        while (chunk.stream + 1 < one->n_streams &&
               !slice_equal(slice_text(one->streams[chunk.stream].name), batch->items[0].text)) {
            chunk.stream++;
        }
    }
    for (uint32_t r = 0; r < json_length(rows); r++) {
        put_row(&csv, &rows->items[r], &one->streams[chunk.stream]);
    }
    chunk.csv = arena_copy(arena, bytebuf_slice(&csv));
    bytebuf_release(&csv);
    return chunk;
}

/* The lines of a file, a hundred a batch. */
static void read_lines(struct arena *arena, struct one_case *one, struct slice text)
{
    struct bytebuf csv = {0};
    struct slice line;
    one->chunks = arena_alloc(arena, (text.len / 100 + 2) * sizeof *one->chunks);
    for (uint32_t n = 1; next_line(&text, &line); n++) {
        struct json row;
        bool ok = json_parse(arena, line, &row);
        CHECK(ok);
        put_row(&csv, &row, &one->streams[0]);
        if (n % 100 == 0 || text.len == 0) {
            one->chunks[one->n_chunks++].csv = arena_copy(arena, bytebuf_slice(&csv));
            one->chunks[one->n_chunks - 1].stream = 0;
            bytebuf_clear(&csv);
        }
    }
    bytebuf_release(&csv);
}

static void read_input(struct arena *arena, const char *folder, struct one_case *one)
{
    const struct json *input = json_get(&one->json, "input");
    const struct json *streams = json_get(&one->json, "streams");
    if (json_is(input, JSON_ARRAY)) {
        one->chunks = arena_alloc(arena, (input->n + 1) * sizeof *one->chunks);
        for (uint32_t b = 0; b < input->n; b++) {
            one->chunks[one->n_chunks++] = chunk_of(arena, one, &input->items[b]);
        }
        return;
    }
    struct slice text;
    struct slice file =
        json_length(streams) > 0 ? json_text(&streams->items[0], "file") : slice_of(NULL, 0);
    char *json_folder = arena_printf(arena, "%s/json", folder);
    if (file.len > 0 && read_by_name(arena, json_folder, file, &text)) {
        read_lines(arena, one, text);
    } else {
        one->missing = arena_printf(arena, "its input \"%.*s\" is not in ../shared", (int)file.len,
                                    (const char *)file.at);
    }
}

/* ---- cases ----------------------------------------------------------------------------------- */

static void read_case(struct arena *arena, const char *folder, struct slice line,
                      struct one_case *one)
{
    *one = (struct one_case){.json = {.kind = JSON_NULL}};
    bool ok = json_parse(arena, line, &one->json);
    CHECK(ok);
    one->id = (char *)arena_copy(arena, json_text(&one->json, "id")).at;
    const struct json *streams = json_get(&one->json, "streams");
    for (uint32_t s = 0; s < json_length(streams) && s < CASE_STREAMS_MAX; s++) {
        read_stream(arena, &streams->items[s], json_get(&one->json, "input"),
                    &one->streams[one->n_streams++]);
    }
    read_input(arena, folder, one);
    struct slice golden = json_text(&one->json, "golden");
    if (golden.len > 0) {
        char *golden_folder = arena_printf(arena, "%s/json/golden", folder);
        ok = read_by_name(arena, golden_folder, golden, &one->golden);
        CHECK(ok);
    }
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Paths of the .jsonl files in order; returns how many. */
static uint32_t list_files(struct arena *arena, const char *folder, char **paths, uint32_t max)
{
    uint32_t n = 0;
    DIR *dir = opendir(arena_printf(arena, "%s/cases", folder));
    if (dir == NULL) {
        return 0;
    }
    const struct dirent *entry;
    while ((entry = readdir(dir)) != NULL) {
        size_t len = strlen(entry->d_name);
        if (len > 6 && strcmp(entry->d_name + len - 6, ".jsonl") == 0) {
            CHECK(n < max);
            paths[n++] = arena_printf(arena, "%s/cases/%s", folder, entry->d_name);
        }
    }
    closedir(dir);
    qsort(paths, n, sizeof *paths, compare_paths);
    return n;
}

bool case_file_read(struct case_file *file, const char *folder)
{
    char *paths[256];
    *file = (struct case_file){.n = 0};
    arena_init(&file->arena);
    uint32_t n = list_files(&file->arena, folder, paths, 256);
    file->cases = arena_alloc(&file->arena, CASES_MAX * sizeof *file->cases);
    for (uint32_t i = 0; i < n; i++) {
        struct slice text;
        struct slice line;
        bool ok = read_file(&file->arena, paths[i], &text);
        CHECK(ok);
        while (next_line(&text, &line)) {
            CHECK(file->n < CASES_MAX);
            read_case(&file->arena, folder, line, &file->cases[file->n++]);
        }
    }
    return n > 0;
}

void case_file_release(struct case_file *file)
{
    arena_release(&file->arena);
}
