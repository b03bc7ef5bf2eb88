/* apache_decoder: formats apache and nginx, access logs. Lines are found and their quotes and
 * brackets marked in one vector pass; apache_line.h takes them apart; fields are converted when
 * they are asked for. A declared column means the field of that name. */
#include "engine/base/mem.h"
#include "sources/apache_line.h"
#include "sources/converter.h"
#include "sources/field_names.h"
#include "sources/sources.h"

struct apache_decoder {
    struct decoder base;
    struct line_index index;
    struct converter converter;
    uint8_t *field_of; /* by column: enum apache_field */
    bool has_vhost;
    struct apache_line lines[BATCH_ROWS]; /* the batch */
};

static struct apache_decoder *apache_of(struct decoder *decoder)
{
    return (struct apache_decoder *)decoder;
}

/* ---- open, close ---------------------------------------------------------------------------- */

/* Option variant, or a column vhost, says whether lines begin with the virtual host. */
static enum status read_variant(const struct options *options, bool *has_vhost, struct error *err)
{
    struct slice variant = options_text(options, "variant", "auto");
    *has_vhost = slice_equal_nocase(variant, slice_text("vhost"));
    if (*has_vhost || slice_equal_nocase(variant, slice_text("auto")) ||
        slice_equal_nocase(variant, slice_text("common")) ||
        slice_equal_nocase(variant, slice_text("combined"))) {
        return OK;
    }
    return error_set(err, ERR_OPTION,
                     "option variant = \"%.*s\" is not auto, common, combined or vhost",
                     (int)variant.len, (const char *)variant.at);
}

static enum status apache_setup(struct apache_decoder *apache, const struct decoder_config *config,
                                struct error *err)
{
    TRY(read_variant(config->options, &apache->has_vhost, err));
    apache->field_of = mem_zalloc(config->schema->n);
    TRY(field_names_map(apache->base.kind->name, apache_field_names, config->schema,
                        apache->field_of, err));
    for (uint32_t col = 0; col < config->schema->n; col++) {
        apache->has_vhost = apache->has_vhost || apache->field_of[col] == APACHE_VHOST;
    }
    TRY(line_index_init(&apache->index, config, '"', '[', err));
    return converter_init(&apache->converter, config, "clf", err);
}

static void apache_close(struct decoder *decoder)
{
    struct apache_decoder *apache = apache_of(decoder);
    converter_release(&apache->converter);
    line_index_release(&apache->index);
    mem_free(apache->field_of);
    mem_free(apache);
}

static enum status open_with(const struct decoder_config *config, const struct decoder_kind *kind,
                             struct decoder **out, struct error *err)
{
    struct apache_decoder *apache = mem_zalloc(sizeof *apache);
    apache->base.kind = kind;
    enum status status = apache_setup(apache, config, err);
    if (status != OK) {
        apache_close(&apache->base);
        return status;
    }
    *out = &apache->base;
    return OK;
}

/* ---- blocks and batches --------------------------------------------------------------------- */

static size_t apache_block(struct decoder *decoder, struct slice bytes, bool is_final)
{
    return line_index_block(&apache_of(decoder)->index, bytes, is_final);
}

static uint32_t apache_next(struct decoder *decoder, uint32_t max)
{
    struct apache_decoder *apache = apache_of(decoder);
    struct line_index *index = &apache->index;
    uint32_t n_good = 0;
    uint32_t n;
    while (n_good == 0 && (n = line_index_next(index, max)) > 0) {
        const struct line *lines = line_index_batch(index);
        for (uint32_t i = 0; i < n; i++) {
            const uint32_t *marks = index->marks + lines[i].first_mark;
            const char *reason =
                apache_line_split(index->bytes.at, &lines[i], marks, &apache->lines[n_good]);
            if (reason == NULL) {
                n_good++;
            } else if (lines[i].begin < lines[i].end) { /* a blank line is no row */
                index->reject->reject(index->reject->owner, lines[i].begin,
                                      line_index_text(index, &lines[i]), -1, reason);
            }
        }
    }
    return n_good;
}

static void apache_column(struct decoder *decoder, struct arena *arena, uint32_t col,
                          const uint32_t *rows, uint32_t n, struct column *out, uint64_t *reject)
{
    struct apache_decoder *apache = apache_of(decoder);
    struct conversion conversion = {
        .decoder = decoder,
        .arena = arena,
        .block = apache->index.bytes.at,
        .col = col,
        .rows = rows,
        .n = n,
        .has_null = true,
        .reject = reject,
    };
    converter_begin(&apache->converter, &conversion);
    apache_line_gather(apache->index.bytes.at, apache->lines, rows, n,
                       (enum apache_field)apache->field_of[col], apache->has_vhost,
                       conversion.fields);
    converter_finish(&apache->converter, &conversion);
    *out = column_view(&conversion.out, n);
}

static struct slice apache_record(const struct decoder *decoder, uint32_t row)
{
    const struct apache_decoder *apache = (const struct apache_decoder *)decoder;
    const struct apache_line *line = &apache->lines[row];
    return slice_of(apache->index.bytes.at + line->begin, line->end - line->begin);
}

/* ---- infer ---------------------------------------------------------------------------------- */

/* "www.example.com:80 10.0.0.1 - - [": four words, the first of which has a port. */
static bool line_has_vhost(struct slice line)
{
    const uint8_t *open = line.len == 0 ? NULL : memchr(line.at, '[', line.len);
    size_t head = open == NULL ? 0 : (size_t)(open - line.at);
    const uint8_t *space = head == 0 ? NULL : memchr(line.at, ' ', head);
    uint32_t n_spaces = 0;
    for (size_t i = 0; i < head; i++) {
        n_spaces += line.at[i] == ' ';
    }
    if (space == NULL || n_spaces < 4) {
        return false;
    }
    const uint8_t *colon = memrchr(line.at, ':', (size_t)(space - line.at));
    return colon != NULL && colon + 1 < space && ascii_is_digit(colon[1]);
}

static enum status infer_vhost(struct options *options, struct slice sample, bool *has_vhost,
                               struct error *err)
{
    TRY(read_variant(options, has_vhost, err));
    if (!*has_vhost && options_find(options, "variant") == NULL && line_has_vhost(sample)) {
        *has_vhost = true;
        return options_put(options, slice_text("variant"), slice_text("vhost"), -1, err);
    }
    return OK;
}

static enum status apache_infer(struct arena *arena, struct options *options, struct slice argument,
                                struct slice sample, struct schema *out, int *time_column,
                                struct error *err)
{
    bool has_vhost;
    (void)argument;
    TRY(infer_vhost(options, sample, &has_vhost, err));
    *out = (struct schema){.fields = arena_zalloc(arena, APACHE_FIELDS * sizeof *out->fields)};
    for (unsigned i = has_vhost ? APACHE_VHOST : APACHE_HOST; i <= APACHE_AGENT; i++) {
        enum type_id type = i == APACHE_TS                            ? TYPE_TIMESTAMP
                            : i == APACHE_STATUS || i == APACHE_BYTES ? TYPE_BIGINT
                                                                      : TYPE_TEXT;
        *time_column = i == APACHE_TS ? (int)out->n : *time_column;
        out->fields[out->n++] =
            (struct field){.name = slice_text(apache_field_names[i]), .type = type_of(type)};
    }
    return OK;
}

/* ---- kinds ---------------------------------------------------------------------------------- */

static enum status apache_open(const struct decoder_config *config, struct decoder **out,
                               struct error *err)
{
    return open_with(config, &apache_decoder_kind, out, err);
}

static enum status nginx_open(const struct decoder_config *config, struct decoder **out,
                              struct error *err)
{
    return open_with(config, &nginx_decoder_kind, out, err);
}

static const struct option_spec apache_options[] = {
    {"variant", OPTION_TEXT, "auto",
     "common, combined, or vhost: the virtual host stands in front"},
    LINE_INDEX_OPTIONS,
    {"timestamp", OPTION_TEXT, "clf", "iso, epoch_ms, … or a strptime pattern"},
    {"tz", OPTION_TEXT, "UTC", "time zone of stamps that carry none"},
    {0},
};

static const char *const apache_samples[] = {
    "83.149.9.216 - frank [17/May/2015:10:05:03 +0200] \"GET /a?b=c HTTP/1.1\" 200 2326\n",
    "host=83.149.9.216, ident=NULL, user=frank, ts=2015-05-17T08:05:03Z, method=GET, path=/a?b=c, "
    "protocol=HTTP/1.1, status=200, bytes=2326, referer=NULL, agent=NULL",
    "::1 - - [17/May/2015:10:05:03 +0000] \"POST / HTTP/2.0\" 304 - \"-\" \"say \\\"hi\\\" [x]\"\n",
    "host=::1, ident=NULL, user=NULL, ts=2015-05-17T10:05:03Z, method=POST, path=/, "
    "protocol=HTTP/2.0, status=304, bytes=NULL, referer=NULL, agent=say \\\"hi\\\" [x]",
    "www.example.com:80 10.0.0.1 - - [17/May/2015:10:05:03 +0000] \"-\" 408 0 \"http://x/\" "
    "\"-\"\n",
    "vhost=www.example.com:80, host=10.0.0.1, ident=NULL, user=NULL, ts=2015-05-17T10:05:03Z, "
    "method=NULL, path=-, protocol=NULL, status=408, bytes=0, referer=http://x/, agent=-",
    NULL,
};

static const char *const nginx_samples[] = {
    "10.0.0.1 - - [05/Jan/2026:09:00:00 +0000] \"\\x16\\x03\\x01\" 400 157 \"-\" \"-\"\n",
    "host=10.0.0.1, ident=NULL, user=NULL, ts=2026-01-05T09:00:00Z, method=NULL, "
    "path=\\x16\\x03\\x01, protocol=NULL, status=400, bytes=157, referer=NULL, agent=-",
    NULL,
};

const struct decoder_kind apache_decoder_kind = {
    .name = "apache",
    .summary = "Apache access logs: common, combined and with virtual host",
    .options = apache_options,
    .samples = apache_samples,
    .infer = apache_infer,
    .open = apache_open,
    .block = apache_block,
    .next = apache_next,
    .column = apache_column,
    .record = apache_record,
    .close = apache_close,
};

const struct decoder_kind nginx_decoder_kind = {
    .name = "nginx",
    .summary = "nginx access logs in its combined format",
    .options = apache_options,
    .samples = nginx_samples,
    .infer = apache_infer,
    .open = nginx_open,
    .block = apache_block,
    .next = apache_next,
    .column = apache_column,
    .record = apache_record,
    .close = apache_close,
};
