/* pattern_decoder: formats regex and grok, lines taken apart by a pattern of the user. */
#include "engine/base/mem.h"
#include "sources/fields_decoder.h"
#include "sources/line_pattern.h"
#include "sources/sources.h"

struct pattern_decoder {
    struct fields_decoder fields;
    struct line_pattern pattern;
};

static struct pattern_decoder *pattern_of(struct decoder *base)
{
    return (struct pattern_decoder *)base;
}

static const char *split_line(struct fields_decoder *decoder, struct slice line,
                              struct text *fields)
{
    return line_pattern_match(&pattern_of(&decoder->base)->pattern, line, fields);
}

/* The pattern is the format's argument, or option `pattern` in the long form. */
static enum status read_pattern(struct line_pattern *pattern, const struct decoder_kind *kind,
                                const struct options *options, struct slice argument,
                                struct error *err)
{
    struct slice text = argument.len > 0 ? argument : options_text(options, "pattern", "");
    bool is_grok = kind == &grok_decoder_kind;
    if (text.len == 0) {
        error_set(err, ERR_OPTION, "format %s needs a pattern", kind->name);
        error_hint(err, is_grok ? "FORMAT grok '%%{COMBINEDAPACHELOG}'"
                                : "FORMAT regex '(?<ip>\\S+) (?<bytes__bigint>\\d+)'");
        return ERR_OPTION;
    }
    return is_grok
               ? line_pattern_from_grok(pattern, text, options_text(options, "patterns", ""), err)
               : line_pattern_from_regex(pattern, text, err);
}

/* ---- open, close ---------------------------------------------------------------------------- */

static enum status pattern_setup(struct pattern_decoder *decoder,
                                 const struct decoder_config *config, struct error *err)
{
    decoder->fields.split = split_line;
    TRY(read_pattern(&decoder->pattern, decoder->fields.base.kind, config->options,
                     config->format_argument, err));
    return fields_init(&decoder->fields, config, (const char *const *)decoder->pattern.names,
                       "auto", err);
}

static void pattern_close(struct decoder *base)
{
    fields_release(&pattern_of(base)->fields);
    line_pattern_release(&pattern_of(base)->pattern);
    mem_free(base);
}

static enum status open_with(const struct decoder_config *config, const struct decoder_kind *kind,
                             struct decoder **out, struct error *err)
{
    struct pattern_decoder *decoder = mem_zalloc(sizeof *decoder);
    decoder->fields.base.kind = kind;
    enum status status = pattern_setup(decoder, config, err);
    if (status != OK) {
        pattern_close(&decoder->fields.base);
        return status;
    }
    *out = &decoder->fields.base;
    return OK;
}

static enum status regex_open(const struct decoder_config *config, struct decoder **out,
                              struct error *err)
{
    return open_with(config, &regex_decoder_kind, out, err);
}

static enum status grok_open(const struct decoder_config *config, struct decoder **out,
                             struct error *err)
{
    return open_with(config, &grok_decoder_kind, out, err);
}

/* ---- infer ---------------------------------------------------------------------------------- */

/* The fields of the pattern, in its order; the only TIMESTAMP is the event time. */
static void make_schema(struct arena *arena, const struct line_pattern *pattern, struct schema *out,
                        int *time_column)
{
    uint32_t n_times = 0;
    int time = -1;
    *out = (struct schema){.fields = arena_zalloc(arena, pattern->n_fields * sizeof *out->fields)};
    for (; out->n < pattern->n_fields; out->n++) {
        struct type type = pattern->types[out->n];
        out->fields[out->n] = (struct field){
            .name = arena_copy(arena, slice_text(pattern->names[out->n])),
            .type = type,
        };
        time = type.id == TYPE_TIMESTAMP ? (int)out->n : time;
        n_times += type.id == TYPE_TIMESTAMP;
    }
    *time_column = n_times == 1 ? time : -1;
}

static enum status infer_with(struct arena *arena, const struct decoder_kind *kind,
                              const struct options *options, struct slice argument,
                              struct schema *out, int *time_column, struct error *err)
{
    struct line_pattern pattern = {0};
    enum status status = read_pattern(&pattern, kind, options, argument, err);
    if (status == OK) {
        make_schema(arena, &pattern, out, time_column);
    }
    line_pattern_release(&pattern);
    return status;
}

static enum status regex_infer(struct arena *arena, struct options *options, struct slice argument,
                               struct slice sample, struct schema *out, int *time_column,
                               struct error *err)
{
    (void)sample;
    return infer_with(arena, &regex_decoder_kind, options, argument, out, time_column, err);
}

static enum status grok_infer(struct arena *arena, struct options *options, struct slice argument,
                              struct slice sample, struct schema *out, int *time_column,
                              struct error *err)
{
    (void)sample;
    return infer_with(arena, &grok_decoder_kind, options, argument, out, time_column, err);
}

/* ---- kinds ---------------------------------------------------------------------------------- */

static const struct option_spec regex_options[] = {
    {"pattern", OPTION_TEXT, NULL, "the pattern, if it does not stand behind FORMAT regex"},
    FIELDS_OPTIONS("auto"),
};

static const struct option_spec grok_options[] = {
    {"pattern", OPTION_TEXT, NULL, "the pattern, if it does not stand behind FORMAT grok"},
    {"patterns", OPTION_TEXT, NULL, "patterns of your own: lines of NAME expression"},
    FIELDS_OPTIONS("auto"),
};

static const char *const regex_samples[] = {
    "10.0.0.1 GET /a 200 0.25 2026-01-05 09:00:00\n",
    "ip=10.0.0.1, path=/a, status=200, took=0.25, ts=2026-01-05T09:00:00Z",
    "10.0.0.1 GET /a - 1 05/Jan/2026:09:00:00 +0100\n",
    "ip=10.0.0.1, path=/a, status=NULL, took=1, ts=2026-01-05T08:00:00Z",
    NULL,
};

static const char *const grok_samples[] = {
    "83.149.9.216 - frank [17/May/2015:10:05:03 +0200] \"GET /a?b=c HTTP/1.1\" 200 2326 "
    "\"http://x/\" \"curl/8\"\n",
    "clientip=83.149.9.216, ident=NULL, auth=frank, timestamp=2015-05-17T08:05:03Z, verb=GET, "
    "request=/a?b=c, httpversion=1.1, rawrequest=NULL, response=200, bytes=2326, "
    "referrer=http://x/, agent=curl/8",
    NULL,
};

const struct decoder_kind regex_decoder_kind = {
    .name = "regex",
    .summary = "lines by a regular expression: (?<name>…) and (?<name__bigint>…) are columns",
    .options = regex_options,
    .samples = regex_samples,
    .sample_argument = "^(?<ip>\\S+) \\w+ (?<path>\\S+) (?:-|(?<status__bigint>\\d+)) "
                       "(?<took__double>[\\d.]+) (?<ts__timestamp>.+)$",
    .infer = regex_infer,
    .open = regex_open,
    .block = fields_block,
    .next = fields_next,
    .column = fields_column,
    .record = fields_record,
    .close = pattern_close,
};

const struct decoder_kind grok_decoder_kind = {
    .name = "grok",
    .summary = "lines by a grok pattern: %{NUMBER:bytes:int} is a column",
    .options = grok_options,
    .samples = grok_samples,
    .sample_argument = "^%{COMBINEDAPACHELOG}$",
    .infer = grok_infer,
    .open = grok_open,
    .block = fields_block,
    .next = fields_next,
    .column = fields_column,
    .record = fields_record,
    .close = pattern_close,
};
