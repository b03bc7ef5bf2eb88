/* line_decoder: format line, the whole line as TEXT. A declared TIMESTAMP column is read from the
 * start of the line, where it may stand in brackets. */
#include "engine/base/mem.h"
#include "sources/converter.h"
#include "sources/line_index.h"
#include "sources/sources.h"

struct line_decoder {
    struct decoder base;
    struct line_index index;
    struct converter converter;
    /* The lines of the batch as texts, once they were asked for: a TEXT column of the whole batch
     * is these, and its stamps are read off them. */
    struct text texts[BATCH_ROWS];
    bool has_texts;
};

static struct line_decoder *line_of(struct decoder *decoder)
{
    return (struct line_decoder *)decoder;
}

static const struct line_decoder *line_const(const struct decoder *decoder)
{
    return (const struct line_decoder *)decoder;
}

/* One TEXT column, whatever its name, and TIMESTAMP columns. */
static enum status check_schema(const struct schema *schema, struct error *err)
{
    uint32_t n_text = 0;
    for (uint32_t i = 0; i < schema->n; i++) {
        const struct field *field = &schema->fields[i];
        n_text += field->type.id == TYPE_TEXT;
        if ((field->type.id != TYPE_TEXT && field->type.id != TYPE_TIMESTAMP) || n_text > 1) {
            error_set(err, ERR_OPTION, "format line cannot fill column \"%.*s\"",
                      (int)field->name.len, (const char *)field->name.at);
            error_hint(err, "it has one TEXT column, the line, and TIMESTAMP columns, its start");
            return ERR_OPTION;
        }
    }
    return OK;
}

static void line_close(struct decoder *decoder)
{
    struct line_decoder *line = line_of(decoder);
    converter_release(&line->converter);
    line_index_release(&line->index);
    mem_free(line);
}

static enum status line_setup(struct line_decoder *line, const struct decoder_config *config,
                              struct error *err)
{
    TRY(check_schema(config->schema, err));
    TRY(line_index_init(&line->index, config, '\n', '\n', err));
    return converter_init(&line->converter, config, "auto", err);
}

static enum status line_open(const struct decoder_config *config, struct decoder **out,
                             struct error *err)
{
    struct line_decoder *line = mem_zalloc(sizeof *line);
    line->base.kind = &line_decoder_kind;
    enum status status = line_setup(line, config, err);
    if (status != OK) {
        line_close(&line->base);
        return status;
    }
    *out = &line->base;
    return OK;
}

static size_t line_block(struct decoder *decoder, struct slice bytes, bool is_final)
{
    return line_index_block(&line_of(decoder)->index, bytes, is_final);
}

static uint32_t line_next(struct decoder *decoder, uint32_t max)
{
    struct line_decoder *line = line_of(decoder);
    line->has_texts = false;
    return line_index_next(&line->index, max);
}

static struct text *batch_texts(struct line_decoder *line)
{
    const uint8_t *bytes = line->index.bytes.at;
    const struct line *lines = line_index_batch(&line->index);
    const uint32_t n = line->index.batch_n;
    for (uint32_t i = 0; !line->has_texts && i < n; i++) {
        line->texts[i] = (struct text){bytes + lines[i].begin, lines[i].end - lines[i].begin};
    }
    line->has_texts = true;
    return line->texts;
}

/* Rows are ascending: as many as there are, and the last, are all of them. */
static bool is_whole_batch(const struct line_decoder *line, const uint32_t *rows, uint32_t n)
{
    return n == line->index.batch_n && (rows == NULL || n == 0 || rows[n - 1] == n - 1);
}

static void line_column(struct decoder *decoder, struct arena *arena, uint32_t col,
                        const uint32_t *rows, uint32_t n, struct column *out, uint64_t *reject)
{
    struct line_decoder *line = line_of(decoder);
    struct text *texts = batch_texts(line);
    bool is_whole = is_whole_batch(line, rows, n);
    if (is_whole && line->converter.readers[col].type.id == TYPE_TEXT) {
        *out = (struct column){.type = line->converter.readers[col].type, .n = n, .text = texts};
        return;
    }
    struct conversion conversion = {
        .decoder = decoder,
        .arena = arena,
        .block = line->index.bytes.at,
        .col = col,
        .rows = rows,
        .n = n,
        .reject = reject,
    };
    converter_begin(&line->converter, &conversion);
    if (is_whole) {
        conversion.fields = texts;
    }
    for (uint32_t i = 0; !is_whole && i < n; i++) {
        conversion.fields[i] = texts[rows == NULL ? i : rows[i]];
    }
    if (line->converter.readers[col].type.id == TYPE_TIMESTAMP) {
        converter_finish_prefix(&line->converter, &conversion);
    } else {
        converter_finish(&line->converter, &conversion);
    }
    *out = column_view(&conversion.out, n);
}

static struct slice line_record(const struct decoder *decoder, uint32_t row)
{
    const struct line_decoder *line = line_const(decoder);
    return line_index_text(&line->index, line_index_batch(&line->index) + row);
}

static enum status line_infer(struct arena *arena, struct options *options, struct slice argument,
                              struct slice sample, struct schema *out, int *time_column,
                              struct error *err)
{
    (void)options;
    (void)argument;
    (void)sample;
    (void)err;
    *out = (struct schema){.n = 1, .fields = arena_zalloc(arena, sizeof *out->fields)};
    out->fields[0] = (struct field){.name = slice_text("line"), .type = type_of(TYPE_TEXT)};
    *time_column = -1;
    return OK;
}

static const struct option_spec line_options[] = {LINE_INDEX_OPTIONS, CONVERTER_OPTIONS, {0}};

static const char *const line_samples[] = {
    "2026-01-05T09:00:00Z ERROR out of paper\n",
    "line=2026-01-05T09:00:00Z ERROR out of paper",
    "with a carriage return\r\n",
    "line=with a carriage return",
    "\n",
    "line=",
    NULL,
};

const struct decoder_kind line_decoder_kind = {
    .name = "line",
    .summary = "whole lines as TEXT column \"line\"",
    .options = line_options,
    .samples = line_samples,
    .infer = line_infer,
    .open = line_open,
    .block = line_block,
    .next = line_next,
    .column = line_column,
    .record = line_record,
    .close = line_close,
};
