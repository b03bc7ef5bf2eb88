/* dated_file: see dated_file.h. */
#include "sinks/dated_file.h"

#include <inttypes.h>

#include "engine/base/log.h"
#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "engine/data/zone.h"
#include "sinks/dated_parts.h"
#include "sinks/disk_error.h"
#include "sinks/encode.h"
#include "sinks/file_position.h"
#include "sinks/name_pattern.h"

/* Begun and not sealed: max_files. */
enum { FILES_MAX_DEFAULT = 10000 };

struct dated {
    struct sink sink;
    struct arena life;
    struct arena batch; /* lifetime: one batch on its way to several files */
    struct name_pattern pattern;
    struct dated_parts parts;
    const struct zone *zone; /* NULL = UTC */
    int time_column;
    bool durable;
    int64_t newest_us; /* local time of the newest row; TIME_NONE = none yet */
    bool ended;        /* no more rows will come */
};

static const struct sink_kind dated_file;

static struct dated *dated_of(struct sink *sink)
{
    CHECK(sink->kind == &dated_file);
    return (struct dated *)(void *)sink;
}

/* ---- rows ------------------------------------------------------------------------------------ */

/* Start of the row's period; TIME_NONE for a row without a time. */
static int64_t row_period(struct dated *dated, const struct column *times, uint32_t row)
{
    if (column_is_null(times, row)) {
        return TIME_NONE;
    }
    int64_t local_us = times->i64[row];
    if (dated->zone != NULL) {
        local_us += zone_offset_us(dated->zone, local_us);
    }
    dated->newest_us = local_us > dated->newest_us ? local_us : dated->newest_us;
    return name_pattern_start(&dated->pattern, local_us);
}

static struct dated_part *period_part(struct dated *dated, int64_t start_us)
{
    struct dated_part *part = dated_parts_find(&dated->parts, start_us);
    if (part != NULL) {
        return part;
    }
    struct bytebuf name = {0};
    int64_t end_us = TIME_END;
    if (start_us == TIME_NONE) {
        name_pattern_null(&dated->pattern, &name);
    } else {
        name_pattern_name(&dated->pattern, start_us, &name);
        end_us = name_pattern_next(&dated->pattern, start_us);
    }
    part = dated_parts_begin(&dated->parts, bytebuf_slice(&name), start_us, end_us);
    bytebuf_release(&name);
    return part;
}

static enum status write_rows(struct dated *dated, int64_t start_us, const struct batch *batch,
                              struct error *err)
{
    struct dated_part *part = period_part(dated, start_us);
    if (part == NULL) {
        error_set(err, ERR_LIMIT, "\"%.*s\": more than %u files are begun and not sealed",
                  (int)dated->pattern.text.len, (const char *)dated->pattern.text.at,
                  dated->parts.n_max);
        error_hint(err, "name them after a longer time, SET checkpoint to a shorter one, or allow "
                        "more: max_files");
        return ERR_LIMIT;
    }
    return dated_parts_write(&dated->parts, part, batch, err);
}

/* rows[0..n) of the batch; the batch stays as it is. */
static enum status write_part_of(struct dated *dated, int64_t start_us, const struct batch *batch,
                                 const uint32_t *rows, uint32_t n, struct error *err)
{
    struct batch part = *batch;
    if (n == batch->n) {
        return write_rows(dated, start_us, batch, err);
    }
    part.arena = &dated->batch;
    part.columns = arena_alloc(&dated->batch, batch->schema->n * sizeof *part.columns);
    memcpy(part.columns, batch->columns, batch->schema->n * sizeof *part.columns);
    batch_select(&part, rows, n);
    enum status status = write_rows(dated, start_us, &part, err);
    arena_clear(&dated->batch);
    return status;
}

static enum status dated_write(struct sink *sink, const struct batch *batch, struct error *err)
{
    struct dated *dated = dated_of(sink);
    const struct column *times = &batch->columns[dated->time_column];
    int64_t periods[BATCH_ROWS];
    uint64_t done[BATCH_WORDS] = {0};
    for (uint32_t i = 0; i < batch->n; i++) {
        periods[i] = row_period(dated, times, i);
    }
    for (uint32_t i = 0; i < batch->n; i++) {
        uint32_t rows[BATCH_ROWS];
        uint32_t n = 0;
        if (bits_get(done, i)) {
            continue;
        }
        for (uint32_t k = i; k < batch->n; k++) {
            if (periods[k] == periods[i]) {
                bits_set(done, k);
                rows[n++] = k;
            }
        }
        TRY(write_part_of(dated, periods[i], batch, rows, n, err));
    }
    return OK;
}

/* ---- epochs ---------------------------------------------------------------------------------- */

static enum status dated_begin(struct sink *sink, uint64_t epoch, struct error *err)
{
    (void)err;
    dated_of(sink)->parts.epoch = epoch;
    return OK;
}

static enum status dated_commit(struct sink *sink, uint64_t epoch, struct error *err)
{
    struct dated *dated = dated_of(sink);
    TRY(dated_parts_commit(&dated->parts, dated->ended ? TIME_END : dated->newest_us, err));
    return dated->durable ? OK : dated_parts_seal(&dated->parts, epoch, err);
}

static enum status dated_settled(struct sink *sink, uint64_t epoch, struct error *err)
{
    return dated_parts_seal(&dated_of(sink)->parts, epoch, err);
}

static void dated_ended(struct sink *sink)
{
    dated_of(sink)->ended = true;
}

static void dated_abort(struct sink *sink)
{
    dated_parts_abort(&dated_of(sink)->parts);
}

static void dated_position(const struct sink *sink, struct bytebuf *out)
{
    const struct dated *dated = dated_of((struct sink *)(uintptr_t)sink);
    if (dated->newest_us != TIME_NONE) {
        bytebuf_printf(out, "newest=%" PRId64 "\n", dated->newest_us);
    }
    dated_parts_print(&dated->parts, out);
}

static void dated_free(struct dated *dated)
{
    dated_parts_release(&dated->parts);
    arena_release(&dated->batch);
    arena_release(&dated->life);
    mem_free(dated);
}

/* Without a checkpoint nobody goes on with the parts. */
static void dated_close(struct sink *sink)
{
    struct dated *dated = dated_of(sink);
    struct error err;
    if (!dated->durable && dated_parts_seal_all(&dated->parts, &err) != OK) {
        log_line(LOG_WARN, "%s", err.text);
    }
    dated_free(dated);
}

/* ---- opening --------------------------------------------------------------------------------- */

static enum status find_time(const struct sink_config *config, int *out, struct error *err)
{
    const struct schema *schema = config->schema;
    int column = schema_find(schema, slice_text("window_end"));
    if (column >= 0 && schema->fields[column].type.id != TYPE_TIMESTAMP) {
        column = -1;
    }
    for (uint32_t i = 0; column < 0 && i < schema->n; i++) {
        column = schema->fields[i].type.id == TYPE_TIMESTAMP ? (int)i : -1;
    }
    if (column < 0) {
        struct slice path = config->uri->path;
        error_set(err, ERR_OPTION, "\"%.*s\": the rows have no time to name a file after",
                  (int)path.len, (const char *)path.at);
        error_hint(err, "SELECT a TIMESTAMP column or window_end too, or name one file without %%");
        return ERR_OPTION;
    }
    *out = column;
    return OK;
}

static enum status no_position(struct slice text, struct error *err)
{
    return error_set(err, ERR_STATE, "\"%.*s\" is no position of files named after the time",
                     (int)text.len, (const char *)text.at);
}

/* What the checkpoint knows. */
static enum status dated_resume(struct dated *dated, struct slice from, struct error *err)
{
    static const char newest[] = "newest=";
    struct slice rest = from;
    while (rest.len > 0) {
        const uint8_t *end = memchr(rest.at, '\n', rest.len);
        size_t len = end == NULL ? rest.len : (size_t)(end - rest.at);
        struct slice line = slice_of(rest.at, len);
        size_t skip = sizeof newest - 1;
        if (line.len > skip && memcmp(line.at, newest, skip) == 0) {
            if (!slice_to_i64(slice_of(line.at + skip, line.len - skip), &dated->newest_us)) {
                return no_position(from, err);
            }
        } else if (!dated_parts_read(&dated->parts, line)) {
            return no_position(from, err);
        }
        rest = slice_of(rest.at + len + (end != NULL), rest.len - len - (end != NULL));
    }
    return dated_parts_resume(&dated->parts, &dated->pattern, err);
}

static void keep_format(struct dated *dated, struct sink_config *config)
{
    if (config->format.len == 0) { /* the name of a part ends in .part */
        const struct encode_format *format = encode_format_by_suffix(dated->pattern.text);
        config->format = slice_text(format != NULL ? format->name : "csv");
    }
}

enum status dated_file_open(const struct sink_config *config, struct sink **out, struct error *err)
{
    struct name_pattern pattern;
    int time_column;
    int64_t files_max = FILES_MAX_DEFAULT;
    TRY(options_integer(config->options, "max_files", 1, INT32_MAX, &files_max, err));
    TRY(name_pattern_read(config->uri->path, &pattern, err));
    TRY(find_time(config, &time_column, err));
    struct dated *dated = mem_zalloc(sizeof *dated);
    struct sink_config parts = *config;
    arena_init(&dated->life);
    arena_init(&dated->batch);
    dated->sink.kind = &dated_file;
    dated->pattern = pattern;
    dated->pattern.text = arena_copy(&dated->life, pattern.text);
    dated->time_column = time_column;
    dated->zone = config->zone;
    dated->durable = config->durable;
    dated->newest_us = TIME_NONE;
    keep_format(dated, &parts);
    dated_parts_init(&dated->parts, &parts, pattern.begin);
    dated->parts.n_max = (uint32_t)files_max;
    enum status status = dated_resume(dated, config->from, err);
    if (status != OK) {
        dated_free(dated);
        return status;
    }
    *out = &dated->sink;
    return OK;
}

static const struct sink_kind dated_file = {
    .scheme = "file",
    .summary = "rows into files named after their time",
    .promise = SINK_TRANSACTIONAL,
    .takes_changes = true,
    .begin = dated_begin,
    .write = dated_write,
    .commit = dated_commit,
    .position = dated_position,
    .settled = dated_settled,
    .ended = dated_ended,
    .abort = dated_abort,
    .close = dated_close,
};
