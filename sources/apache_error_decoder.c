/* apache_error_decoder: format apache_error, the error log of Apache 2.2 and 2.4:
 *
 *     [Sun Dec 04 04:47:44 2005] [notice] message
 *     [Fri Sep 09 10:42:29.902022 2011] [core:error] [pid 35708:tid 4328636416]
 * [client 72.15.99.187] message
 *
 * Brackets behind the level are pid, tid and client where they say so; the first one that does not
 * begins the message. */
#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "sources/converter.h"
#include "sources/field_names.h"
#include "sources/line_index.h"
#include "sources/sources.h"

enum error_field {
    ERROR_TS,
    ERROR_LEVEL,
    ERROR_MODULE,
    ERROR_PID,
    ERROR_TID,
    ERROR_CLIENT,
    ERROR_MESSAGE,
    ERROR_FIELDS,
};

static const char *const field_names[] = {"ts",  "level",  "module",  "pid",
                                          "tid", "client", "message", NULL};

struct error_line {
    struct slice text;
    struct text fields[ERROR_FIELDS]; /* null_field(): not there */
};

struct error_decoder {
    struct decoder base;
    struct line_index index;
    struct converter converter;
    uint8_t *field_of; /* by column: enum error_field */
    struct error_line lines[BATCH_ROWS];
};

static struct error_decoder *error_of(struct decoder *decoder)
{
    return (struct error_decoder *)decoder;
}

/* ---- one line ------------------------------------------------------------------------------- */

/* Cuts "[…]" and a space behind it off the front of *rest. */
static bool cut_bracket(struct slice *rest, struct slice *inner)
{
    if (rest->len == 0 || rest->at[0] != '[') {
        return false;
    }
    const uint8_t *close = memchr(rest->at, ']', rest->len);
    if (close == NULL) {
        return false;
    }
    size_t used = (size_t)(close - rest->at) + 1;
    *inner = slice_of(rest->at + 1, used - 2);
    used += used < rest->len && rest->at[used] == ' ';
    *rest = slice_of(rest->at + used, rest->len - used);
    return true;
}

static bool begins_with(struct slice text, const char *word)
{
    size_t len = strlen(word);
    return text.len >= len && memcmp(text.at, word, len) == 0;
}

static struct text text_behind(struct slice text, size_t n)
{
    return (struct text){text.at + n, (uint32_t)(text.len - n)};
}

/* "pid 35708:tid 4328636416", "pid 35708", "client 72.15.99.187:443". False: something else. */
static bool take_bracket(struct error_line *line, struct slice inner)
{
    if (begins_with(inner, "client ")) {
        line->fields[ERROR_CLIENT] = text_behind(inner, 7);
        return true;
    }
    if (!begins_with(inner, "pid ")) {
        return false;
    }
    static const struct slice tid_mark = {(const uint8_t *)":tid ", 5};
    const uint8_t *tid = slice_find(inner, tid_mark);
    size_t pid_end = tid == NULL ? inner.len : (size_t)(tid - inner.at);
    line->fields[ERROR_PID] = (struct text){inner.at + 4, (uint32_t)(pid_end - 4)};
    if (tid != NULL) {
        line->fields[ERROR_TID] = text_behind(inner, pid_end + tid_mark.len);
    }
    return true;
}

/* NULL, or the reason why the line is none. */
static const char *split_line(struct slice text, struct error_line *out)
{
    struct slice rest = text;
    struct slice time;
    struct slice level;
    for (uint32_t i = 0; i < ERROR_FIELDS; i++) {
        out->fields[i] = null_field();
    }
    out->text = text;
    if (!cut_bracket(&rest, &time)) {
        return "no [time]";
    }
    if (!cut_bracket(&rest, &level)) {
        return "no [level]";
    }
    out->fields[ERROR_TS] = text_behind(time, 0);
    const uint8_t *colon = level.len == 0 ? NULL : memchr(level.at, ':', level.len);
    size_t module = colon == NULL ? 0 : (size_t)(colon - level.at);
    if (module > 0) {
        out->fields[ERROR_MODULE] = (struct text){level.at, (uint32_t)module};
    }
    out->fields[ERROR_LEVEL] = text_behind(level, module + (colon != NULL));
    struct slice inner;
    for (struct slice ahead = rest; cut_bracket(&ahead, &inner) && take_bracket(out, inner);) {
        rest = ahead;
    }
    out->fields[ERROR_MESSAGE] = text_behind(rest, 0);
    return NULL;
}

/* ---- the decoder ---------------------------------------------------------------------------- */

static enum status error_setup(struct error_decoder *decoder, const struct decoder_config *config,
                               struct error *err)
{
    decoder->field_of = mem_zalloc(config->schema->n);
    TRY(field_names_map("apache_error", field_names, config->schema, decoder->field_of, err));
    TRY(line_index_init(&decoder->index, config, '\n', '\n', err));
    return converter_init(&decoder->converter, config, "asctime", err);
}

static void error_close(struct decoder *base)
{
    struct error_decoder *decoder = error_of(base);
    converter_release(&decoder->converter);
    line_index_release(&decoder->index);
    mem_free(decoder->field_of);
    mem_free(decoder);
}

static enum status error_open(const struct decoder_config *config, struct decoder **out,
                              struct error *err)
{
    struct error_decoder *decoder = mem_zalloc(sizeof *decoder);
    decoder->base.kind = &apache_error_decoder_kind;
    enum status status = error_setup(decoder, config, err);
    if (status != OK) {
        error_close(&decoder->base);
        return status;
    }
    *out = &decoder->base;
    return OK;
}

static size_t error_block(struct decoder *base, struct slice bytes, bool is_final)
{
    return line_index_block(&error_of(base)->index, bytes, is_final);
}

static uint32_t error_next(struct decoder *base, uint32_t max)
{
    struct error_decoder *decoder = error_of(base);
    struct line_index *index = &decoder->index;
    uint32_t n_good = 0;
    uint32_t n;
    while (n_good == 0 && (n = line_index_next(index, max)) > 0) {
        const struct line *lines = line_index_batch(index);
        for (uint32_t i = 0; i < n; i++) {
            struct slice text = line_index_text(index, &lines[i]);
            const char *reason = split_line(text, &decoder->lines[n_good]);
            if (reason == NULL) {
                n_good++;
            } else if (text.len > 0) { /* a blank line is no row */
                index->reject->reject(index->reject->owner, lines[i].begin, text, -1, reason);
            }
        }
    }
    return n_good;
}

static void error_column(struct decoder *base, struct arena *arena, uint32_t col,
                         const uint32_t *rows, uint32_t n, struct column *out, uint64_t *reject)
{
    struct error_decoder *decoder = error_of(base);
    struct conversion conversion = {
        .decoder = base,
        .arena = arena,
        .block = decoder->index.bytes.at,
        .col = col,
        .rows = rows,
        .n = n,
        .has_null = true,
        .reject = reject,
    };
    converter_begin(&decoder->converter, &conversion);
    uint8_t field = decoder->field_of[col];
    for (uint32_t i = 0; i < n; i++) {
        conversion.fields[i] = decoder->lines[rows == NULL ? i : rows[i]].fields[field];
    }
    converter_finish(&decoder->converter, &conversion);
    *out = column_view(&conversion.out, n);
}

static struct slice error_record(const struct decoder *base, uint32_t row)
{
    return ((const struct error_decoder *)base)->lines[row].text;
}

static enum status error_infer(struct arena *arena, struct options *options, struct slice argument,
                               struct slice sample, struct schema *out, int *time_column,
                               struct error *err)
{
    static const enum type_id types[] = {TYPE_TIMESTAMP, TYPE_TEXT, TYPE_TEXT, TYPE_BIGINT,
                                         TYPE_BIGINT,    TYPE_TEXT, TYPE_TEXT};
    (void)options;
    (void)argument;
    (void)sample;
    (void)err;
    *out = (struct schema){.fields = arena_zalloc(arena, ERROR_FIELDS * sizeof *out->fields)};
    for (; out->n < ERROR_FIELDS; out->n++) {
        out->fields[out->n] =
            (struct field){.name = slice_text(field_names[out->n]), .type = type_of(types[out->n])};
    }
    *time_column = ERROR_TS;
    return OK;
}

static const struct option_spec error_options[] = {
    LINE_INDEX_OPTIONS,
    {"timestamp", OPTION_TEXT, "asctime", "iso, clf, … or a strptime pattern"},
    {"tz", OPTION_TEXT, "UTC", "time zone of the log: its stamps carry none"},
    {0},
};

static const char *const error_samples[] = {
    "[Sun Dec 04 04:47:44 2005] [notice] workerEnv.init() ok /etc/workers2.properties\n",
    "ts=2005-12-04T04:47:44Z, level=notice, module=NULL, pid=NULL, tid=NULL, client=NULL, "
    "message=workerEnv.init() ok /etc/workers2.properties",
    "[Sun Dec 04 05:15:09 2005] [error] [client 222.166.160.184] Directory index forbidden\n",
    "ts=2005-12-04T05:15:09Z, level=error, module=NULL, pid=NULL, tid=NULL, "
    "client=222.166.160.184, message=Directory index forbidden",
    "[Fri Sep 09 10:42:29.902022 2011] [core:error] [pid 35708:tid 4328636416] "
    "[client 72.15.99.187] File does not exist: /favicon.ico\n",
    "ts=2011-09-09T10:42:29.902022Z, level=error, module=core, pid=35708, tid=4328636416, "
    "client=72.15.99.187, message=File does not exist: /favicon.ico",
    NULL,
};

const struct decoder_kind apache_error_decoder_kind = {
    .name = "apache_error",
    .summary = "Apache error logs of 2.2 and 2.4",
    .options = error_options,
    .samples = error_samples,
    .infer = error_infer,
    .open = error_open,
    .block = error_block,
    .next = error_next,
    .column = error_column,
    .record = error_record,
    .close = error_close,
};
