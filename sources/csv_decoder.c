/* csv_decoder: see csv_decoder.h. */
#include "sources/csv_decoder.h"

#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "sources/converter.h"
#include "sources/csv_header.h"
#include "sources/csv_index.h"

struct csv_decoder {
    struct decoder base;
    struct csv_dialect dialect;
    struct csv_index index;
    struct converter converter;
    const struct schema *schema;
    struct slice bytes;     /* the block */
    struct bytebuf head;    /* header = match: the header */
    int32_t *places;        /* and where columns are, -1: nowhere; NULL: column i is field i */
    const char *lost;       /* why no record can be read: there is no such header */
    bool started;           /* past byte order mark, skipped lines and header */
    bool past_mark;         /* the byte order mark cannot come any more */
    uint32_t lines_to_skip; /* only in the middle of an overlong prelude */
    uint32_t batch_first;   /* first record of the batch */
    uint32_t batch_n;
    uint32_t bads_told; /* of index.bads */
};

static const struct csv_decoder *csv_const(const struct decoder *decoder)
{
    return (const struct csv_decoder *)decoder;
}

static struct csv_decoder *csv_of(struct decoder *decoder)
{
    return (struct csv_decoder *)decoder;
}

/* ---- open, close ---------------------------------------------------------------------------- */

/* From here on fields go by the names of this header; empty: there is none. False: it names no
 * column. */
static bool match_header(struct csv_decoder *csv, struct slice header)
{
    csv->places = mem_alloc(csv->schema->n * sizeof *csv->places);
    bytebuf_add(&csv->head, header.at, header.len);
    uint32_t n =
        header.len == 0 ? 0 : csv_header_places(&csv->dialect, header, csv->schema, csv->places);
    csv->lost = n == 0 ? "no header names the columns" : NULL;
    csv->dialect.n_columns = n == 0 ? csv->schema->n : n;
    return n > 0;
}

static enum status csv_setup(struct csv_decoder *csv, const struct decoder_config *config,
                             uint8_t delimiter, struct error *err)
{
    TRY(csv_dialect_init(&csv->dialect, config->options, delimiter, err));
    TRY(converter_init(&csv->converter, config, "auto", err));
    csv->dialect.n_columns = config->schema->n;
    csv->schema = config->schema;
    csv->started = config->resumed;
    csv->lines_to_skip = csv->dialect.skip_lines;
    csv_index_init(&csv->index, &csv->dialect);
    if (csv->started && csv->dialect.header == CSV_HEADER_MATCH) {
        match_header(csv, config->head);
    }
    return OK;
}

static void csv_close(struct decoder *decoder)
{
    struct csv_decoder *csv = csv_of(decoder);
    converter_release(&csv->converter);
    csv_index_release(&csv->index);
    bytebuf_release(&csv->head);
    mem_free(csv->places);
    mem_free(csv);
}

static enum status open_with(const struct decoder_config *config, const struct decoder_kind *kind,
                             uint8_t delimiter, struct decoder **out, struct error *err)
{
    struct csv_decoder *csv = mem_zalloc(sizeof *csv);
    csv->base.kind = kind;
    enum status status = csv_setup(csv, config, delimiter, err);
    if (status != OK) {
        csv_close(&csv->base);
        return status;
    }
    *out = &csv->base;
    return OK;
}

/* ---- fields --------------------------------------------------------------------------------- */

/* A field that begins with a quote, so it ends with one too: between them, with escapes undone in
 * arena memory where there are any. */
static __attribute__((noinline)) struct text
unquote(const struct csv_decoder *csv, struct arena *arena, const uint8_t *at, uint32_t len)
{
    DCHECK(len >= 2 && at[len - 1] == csv->dialect.quote);
    uint8_t quote = csv->dialect.quote;
    uint8_t escape = csv->dialect.has_escape ? csv->dialect.escape : quote;
    struct text inner = {at + 1, len - 2};
    if (inner.len == 0 || (memchr(inner.at, quote, inner.len) == NULL &&
                           memchr(inner.at, escape, inner.len) == NULL)) {
        return inner;
    }
    uint8_t *copy = arena_alloc(arena, inner.len);
    return (struct text){copy,
                         csv_undo_escapes(&csv->dialect, slice_of(inner.at, inner.len), copy)};
}

/* The last field of a line that ends with CR LF. */
static inline uint32_t strip_return(const uint8_t *at, uint32_t len)
{
    return len - (len > 0 && at[len - 1] == '\r');
}

static inline uint32_t place_of(const struct csv_decoder *csv, uint32_t col)
{
    return csv->places == NULL ? col : (uint32_t)csv->places[col];
}

/* Field text of each row. What is known of the block is constant in each of the four copies that
 * gather_fields makes. Returns true if a field is NULL. */
static inline __attribute__((always_inline)) bool gather(const struct csv_decoder *csv,
                                                         struct conversion *conversion,
                                                         bool is_regular, bool has_quotes)
{
    const uint32_t place = place_of(csv, conversion->col);
    const uint8_t *bytes = csv->bytes.at;
    const uint32_t *marks = csv->index.marks.at;
    const uint32_t stride = csv->dialect.n_columns;
    const uint8_t quote = csv->dialect.quote;
    const bool is_last = place + 1 == stride;
    const uint32_t *rows = conversion->rows;
    const uint32_t n = conversion->n;
    struct text *fields = conversion->fields;
    bool has_null = false;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t record = csv->batch_first + (rows == NULL ? i : rows[i]);
        uint32_t first = is_regular ? record * stride : csv->index.firsts[record];
        const uint32_t *mark = marks + first + place;
        uint32_t begin = mark[-1] + 1;
        uint32_t len = mark[0] - begin;
        const uint8_t *at = bytes + begin;
        len = is_last ? strip_return(at, len) : len;
        struct text field = {len == 0 ? &null_field_byte : at, len};
        if (has_quotes && len > 0 && *at == quote) {
            field = unquote(csv, conversion->arena, at, len);
        }
        has_null |= field_is_null(field);
        fields[i] = field;
    }
    return has_null;
}

static bool gather_fields(const struct csv_decoder *csv, struct conversion *conversion)
{
    if (csv->index.is_regular) {
        return csv->index.has_quotes ? gather(csv, conversion, true, true)
                                     : gather(csv, conversion, true, false);
    }
    return csv->index.has_quotes ? gather(csv, conversion, false, true)
                                 : gather(csv, conversion, false, false);
}

/* Option `null`: the empty field is text, an unquoted field of that text is NULL. A field that was
 * quoted lies behind its quote, not behind a mark. */
static bool apply_null_text(const struct csv_decoder *csv, struct conversion *conversion)
{
    struct slice null_text = csv->dialect.null_text;
    const int place = (int)place_of(csv, conversion->col);
    bool has_null = false;
    for (uint32_t i = 0; i < conversion->n; i++) {
        struct text *field = &conversion->fields[i];
        uint32_t row = conversion->rows == NULL ? i : conversion->rows[i];
        const uint32_t *mark = csv_index_marks(&csv->index, csv->batch_first + row);
        const uint8_t *begin = csv->bytes.at + (uint32_t)(mark[place - 1] + 1);
        if (field_is_null(*field)) {
            field->at = begin;
        } else if (field->at == begin && slice_equal(text_slice(*field), null_text)) {
            *field = null_field();
            has_null = true;
        }
    }
    return has_null;
}

/* A column that the file does not have. */
static bool gather_nothing(struct conversion *conversion)
{
    for (uint32_t i = 0; i < conversion->n; i++) {
        conversion->fields[i] = null_field();
    }
    return true;
}

static void csv_column(struct decoder *decoder, struct arena *arena, uint32_t col,
                       const uint32_t *rows, uint32_t n, struct column *out, uint64_t *reject)
{
    struct csv_decoder *csv = csv_of(decoder);
    struct conversion conversion = {
        .decoder = decoder,
        .arena = arena,
        .block = csv->bytes.at,
        .col = col,
        .rows = rows,
        .n = n,
        .reject = reject,
    };
    converter_begin(&csv->converter, &conversion);
    if (csv->places != NULL && csv->places[col] < 0) {
        conversion.has_null = gather_nothing(&conversion);
    } else {
        conversion.has_null = gather_fields(csv, &conversion);
        if (csv->dialect.null_text.len > 0) {
            conversion.has_null = apply_null_text(csv, &conversion);
        }
    }
    converter_finish(&csv->converter, &conversion);
    *out = column_view(&conversion.out, n);
}

static struct slice csv_record(const struct decoder *decoder, uint32_t row)
{
    const struct csv_decoder *csv = csv_const(decoder);
    return csv_index_record(&csv->index, csv->bytes, csv->batch_first + row);
}

/* ---- the start of a split ------------------------------------------------------------------- */

/* Whether a prelude that is not all here may wait for more: only as far as a record may. */
static bool may_wait(const struct csv_decoder *csv, struct slice bytes, bool is_final)
{
    return !is_final && bytes.len <= csv->dialect.record_bytes_max;
}

/* Length of the byte order mark at the start; *cut if there may be one but the bytes end. */
static uint32_t mark_length(struct slice bytes, bool *cut)
{
    static const uint8_t byte_order_mark[] = {0xef, 0xbb, 0xbf};
    size_t len = bytes.len < 3 ? bytes.len : 3;
    bool fits = len > 0 && memcmp(bytes.at, byte_order_mark, len) == 0;
    *cut = fits && len < 3;
    return fits && len == 3 ? 3 : 0;
}

/* Steps over byte order mark and skipped lines to *begin, with *lines still to skip where the bytes
 * of a line that is longer than any record end. False: they are not all here, wait. */
static bool skip_prelude(struct csv_decoder *csv, struct slice bytes, bool is_final,
                         uint32_t *begin, uint32_t *lines)
{
    bool wait = may_wait(csv, bytes, is_final);
    bool cut = false;
    uint32_t at = csv->past_mark ? 0 : mark_length(bytes, &cut);
    if (bytes.len == 0 || (cut && wait)) {
        return false;
    }
    for (*lines = csv->lines_to_skip; *lines > 0; --*lines) {
        const uint8_t *line_end =
            at < bytes.len ? memchr(bytes.at + at, '\n', bytes.len - at) : NULL;
        if (line_end == NULL && wait) {
            return false;
        }
        if (line_end == NULL) {
            csv_index_skip_line(&csv->index);
            at = (uint32_t)bytes.len;
            --*lines;
            break;
        }
        at = (uint32_t)(line_end - bytes.at) + 1;
    }
    *begin = at;
    return true;
}

/* The fields of record 0, the only one of a batch, are the names of the schema. */
static bool is_header(struct csv_decoder *csv)
{
    struct arena arena;
    arena_init(&arena);
    bool same = csv->index.n_records > 0;
    csv->batch_first = 0;
    for (uint32_t col = 0; same && col < csv->schema->n; col++) {
        struct text field;
        struct conversion conversion = {.arena = &arena, .col = col, .n = 1, .fields = &field};
        gather_fields(csv, &conversion);
        same = slice_equal_nocase(slice_trim(text_slice(field)), csv->schema->fields[col].name);
    }
    arena_release(&arena);
    return same;
}

/* Skips the first record of the split if it is a header. */
static void take_header(struct csv_decoder *csv)
{
    bool first_is_bad = csv->index.n_bads > 0 && csv->index.bads[0].before == 0;
    bool is_true = csv->dialect.header == CSV_HEADER_TRUE;
    csv->started = true;
    if (csv->dialect.header == CSV_HEADER_FALSE) {
        return;
    }
    if (first_is_bad) {
        csv->bads_told = is_true;
    } else {
        csv->batch_first = is_true || is_header(csv);
    }
}

/* header = match: finds the header at or behind `begin`. Returns where the records begin, or where
 * to go on looking. */
static uint32_t take_match(struct csv_decoder *csv, struct slice bytes, uint32_t begin,
                           bool is_final)
{
    struct csv_header_line header;
    begin = csv_index_end_skip(&csv->index, bytes, begin, is_final);
    begin = csv_header_find(&csv->dialect, bytes, begin, is_final, &header);
    if (header.is_cut) {
        csv_index_skip_line(&csv->index);
    }
    if (header.text.at == NULL) {
        return begin;
    }
    csv->started = true;
    if (!match_header(csv, header.is_bad ? (struct slice){0} : header.text)) {
        const struct reject_sink *sink = csv->converter.reject;
        sink->reject(sink->owner, (uint64_t)(header.text.at - bytes.at), header.text, -1,
                     "header has none of the columns");
    }
    return begin;
}

/* ---- blocks and batches --------------------------------------------------------------------- */

/* A block with the start of the split. Until there is a record or a header nothing is done with,
 * unless that is longer than any record: where it would be, who goes on later must begin again. */
static size_t first_block(struct csv_decoder *csv, struct slice bytes, bool is_final)
{
    uint32_t begin = 0;
    uint32_t lines_left;
    if (!skip_prelude(csv, bytes, is_final, &begin, &lines_left)) {
        return 0;
    }
    bool was_skipping = csv->index.marks.skipping;
    bool is_match = csv->dialect.header == CSV_HEADER_MATCH;
    uint32_t end = is_match ? take_match(csv, bytes, begin, is_final)
                            : csv_index_block(&csv->index, bytes, begin, is_final);
    if (csv->started) {
        return csv_index_block(&csv->index, bytes, end, is_final);
    }
    if (csv->index.n_records == 0 && csv->index.n_bads == 0) {
        if (may_wait(csv, bytes, is_final) && !was_skipping) {
            return 0;
        }
        csv->past_mark = true;
        csv->lines_to_skip = lines_left;
        return end;
    }
    take_header(csv);
    return end;
}

static size_t csv_block(struct decoder *decoder, struct slice bytes, bool is_final)
{
    struct csv_decoder *csv = csv_of(decoder);
    csv->bytes = bytes;
    csv->batch_first = 0;
    csv->batch_n = 0;
    csv->bads_told = 0;
    csv->index.n_records = 0;
    csv->index.n_bads = 0;
    return csv->started ? csv_index_block(&csv->index, bytes, 0, is_final)
                        : first_block(csv, bytes, is_final);
}

/* Reports the bad records that stand in front of good record number `upto`; all of them at the end.
 */
static void tell_bads(struct csv_decoder *csv, uint32_t upto)
{
    const struct reject_sink *sink = csv->converter.reject;
    bool is_end = upto == csv->index.n_records;
    for (; csv->bads_told < csv->index.n_bads; csv->bads_told++) {
        const struct csv_bad *bad = &csv->index.bads[csv->bads_told];
        if (!is_end && bad->before >= upto) {
            return;
        }
        struct slice record = slice_of(csv->bytes.at + bad->begin, bad->end - bad->begin);
        sink->reject(sink->owner, bad->begin, record, -1, bad->reason);
    }
}

/* Every record is bad for the same reason. */
static void tell_lost(struct csv_decoder *csv)
{
    const struct reject_sink *sink = csv->converter.reject;
    for (; csv->batch_first < csv->index.n_records; csv->batch_first++) {
        struct slice record = csv_index_record(&csv->index, csv->bytes, csv->batch_first);
        sink->reject(sink->owner, (uint64_t)(record.at - csv->bytes.at), record, -1, csv->lost);
    }
}

static uint32_t csv_next(struct decoder *decoder, uint32_t max)
{
    struct csv_decoder *csv = csv_of(decoder);
    csv->batch_first += csv->batch_n;
    if (csv->lost != NULL) {
        tell_lost(csv);
    }
    uint32_t left = csv->index.n_records - csv->batch_first;
    csv->batch_n = left < max ? left : max;
    tell_bads(csv, csv->batch_first + csv->batch_n);
    return csv->batch_n;
}

static struct slice csv_head(const struct decoder *decoder)
{
    return bytebuf_slice(&csv_const(decoder)->head);
}

/* ---- kinds ---------------------------------------------------------------------------------- */

static enum status csv_open(const struct decoder_config *config, struct decoder **out,
                            struct error *err)
{
    return open_with(config, &csv_decoder_kind, ',', out, err);
}

static enum status tsv_open(const struct decoder_config *config, struct decoder **out,
                            struct error *err)
{
    return open_with(config, &tsv_decoder_kind, '\t', out, err);
}

static enum status csv_infer_any(struct arena *arena, struct options *options,
                                 struct slice argument, struct slice sample, struct schema *out,
                                 int *time_column, struct error *err)
{
    (void)argument;
    *time_column = -1;
    return csv_infer(arena, options, 0, sample, out, err);
}

static enum status tsv_infer(struct arena *arena, struct options *options, struct slice argument,
                             struct slice sample, struct schema *out, int *time_column,
                             struct error *err)
{
    (void)argument;
    *time_column = -1;
    return csv_infer(arena, options, '\t', sample, out, err);
}

static const char *const csv_samples[] = {
    "ts,card,amount\n2026-01-05T09:00:00.250Z,4001,12.50\n",
    "ts=2026-01-05T09:00:00.250Z, card=4001, amount=12.5",
    "name,city,note\r\nAda,\"Washington, DC\",\"said \"\"yes\"\"\"\r\n",
    "name=Ada, city=Washington, DC, note=said \"yes\"",
    "a,b\n,\"\"\nx,y\n,\"\"\n",
    "a=NULL, b=",
    "1;true\n2;false\n",
    "c1=2, c2=false",
    NULL,
};

static const char *const tsv_samples[] = {
    "id\tname\n7\tan \"odd\" one\n",
    "id=7, name=an \"odd\" one",
    NULL,
};

const struct decoder_kind csv_decoder_kind = {
    .name = "csv",
    .summary = "comma-separated fields (RFC 4180), with or without a header",
    .options = csv_options,
    .samples = csv_samples,
    .needs_sample = true,
    .infer = csv_infer_any,
    .open = csv_open,
    .block = csv_block,
    .next = csv_next,
    .column = csv_column,
    .record = csv_record,
    .head = csv_head,
    .close = csv_close,
};

const struct decoder_kind tsv_decoder_kind = {
    .name = "tsv",
    .summary = "csv with tabs between the fields",
    .options = csv_options,
    .samples = tsv_samples,
    .needs_sample = true,
    .infer = tsv_infer,
    .open = tsv_open,
    .block = csv_block,
    .next = csv_next,
    .column = csv_column,
    .record = csv_record,
    .head = csv_head,
    .close = csv_close,
};
