/* apache_error_decoder: format apache_error, the error log of Apache 2.2 and 2.4:
 *
 *     [Sun Dec 04 04:47:44 2005] [notice] message
 *     [Fri Sep 09 10:42:29.902022 2011] [core:error] [pid 35708:tid 4328636416]
 * [client 72.15.99.187] message
 *
 * Brackets behind the level are pid, tid and client where they say so; the first one that does not
 * begins the message. */
#include "engine/base/mem.h"
#include "sources/fields_decoder.h"
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
static bool take_bracket(struct text *fields, struct slice inner)
{
    if (begins_with(inner, "client ")) {
        fields[ERROR_CLIENT] = text_behind(inner, 7);
        return true;
    }
    if (!begins_with(inner, "pid ")) {
        return false;
    }
    static const struct slice tid_mark = {(const uint8_t *)":tid ", 5};
    const uint8_t *tid = slice_find(inner, tid_mark);
    size_t pid_end = tid == NULL ? inner.len : (size_t)(tid - inner.at);
    fields[ERROR_PID] = (struct text){inner.at + 4, (uint32_t)(pid_end - 4)};
    if (tid != NULL) {
        fields[ERROR_TID] = text_behind(inner, pid_end + tid_mark.len);
    }
    return true;
}

static const char *split_line(struct fields_decoder *decoder, struct slice line,
                              struct text *fields)
{
    struct slice rest = line;
    struct slice time;
    struct slice level;
    (void)decoder;
    if (!cut_bracket(&rest, &time)) {
        return "no [time]";
    }
    if (!cut_bracket(&rest, &level)) {
        return "no [level]";
    }
    fields[ERROR_TS] = text_behind(time, 0);
    const uint8_t *colon = level.len == 0 ? NULL : memchr(level.at, ':', level.len);
    size_t module = colon == NULL ? 0 : (size_t)(colon - level.at);
    if (module > 0) {
        fields[ERROR_MODULE] = (struct text){level.at, (uint32_t)module};
    }
    fields[ERROR_LEVEL] = text_behind(level, module + (colon != NULL));
    struct slice inner;
    for (struct slice ahead = rest; cut_bracket(&ahead, &inner) && take_bracket(fields, inner);) {
        rest = ahead;
    }
    fields[ERROR_MESSAGE] = text_behind(rest, 0);
    return NULL;
}

/* ---- the decoder ---------------------------------------------------------------------------- */

static void error_close(struct decoder *base)
{
    fields_release((struct fields_decoder *)base);
    mem_free(base);
}

static enum status error_open(const struct decoder_config *config, struct decoder **out,
                              struct error *err)
{
    struct fields_decoder *decoder = mem_zalloc(sizeof *decoder);
    decoder->base.kind = &apache_error_decoder_kind;
    decoder->split = split_line;
    enum status status = fields_init(decoder, config, field_names, "asctime", err);
    if (status != OK) {
        error_close(&decoder->base);
        return status;
    }
    *out = &decoder->base;
    return OK;
}

static enum status error_infer(struct arena *arena, struct options *options, struct slice argument,
                               struct slice sample, struct schema *out, int *time_column,
                               struct error *err)
{
    static const enum type_id types[ERROR_FIELDS] = {TYPE_TIMESTAMP, TYPE_TEXT,   TYPE_TEXT,
                                                     TYPE_BIGINT,    TYPE_BIGINT, TYPE_TEXT,
                                                     TYPE_TEXT};
    (void)options;
    (void)argument;
    (void)sample;
    (void)err;
    fields_schema(arena, field_names, types, ERROR_FIELDS, out);
    *time_column = ERROR_TS;
    return OK;
}

static const struct option_spec error_options[] = {FIELDS_OPTIONS("asctime")};

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
    .block = fields_block,
    .next = fields_next,
    .column = fields_column,
    .record = fields_record,
    .close = error_close,
};
