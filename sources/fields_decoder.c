/* fields_decoder: see fields_decoder.h. */
#include "sources/fields_decoder.h"

#include "engine/base/mem.h"
#include "engine/base/panic.h"

static struct fields_decoder *fields_of(struct decoder *base)
{
    return (struct fields_decoder *)base;
}

enum status fields_init(struct fields_decoder *decoder, const struct decoder_config *config,
                        const char *const *names, const char *timestamp, struct error *err)
{
    CHECK(decoder->split != NULL);
    while (names[decoder->n_fields] != NULL) {
        decoder->n_fields++;
    }
    CHECK(decoder->n_fields <= FIELDS_MAX);
    decoder->field_of = mem_zalloc(config->schema->n);
    TRY(field_names_map(decoder->base.kind->name, names, config->schema, decoder->field_of, err));
    TRY(line_index_init(&decoder->index, config, '\n', '\n', err));
    TRY(converter_init(&decoder->converter, config, timestamp, err));
    size_t n = (size_t)decoder->n_fields * BATCH_ROWS;
    decoder->fields = mem_alloc(n * sizeof *decoder->fields);
    decoder->records = mem_alloc(BATCH_ROWS * sizeof *decoder->records);
    return OK;
}

void fields_release(struct fields_decoder *decoder)
{
    converter_release(&decoder->converter);
    line_index_release(&decoder->index);
    mem_free(decoder->field_of);
    mem_free(decoder->fields);
    mem_free(decoder->records);
}

size_t fields_block(struct decoder *base, struct slice bytes, bool is_final)
{
    return line_index_block(&fields_of(base)->index, bytes, is_final);
}

static const char *take_line(struct fields_decoder *decoder, struct slice line, uint32_t row)
{
    struct text *fields = decoder->fields + (size_t)row * decoder->n_fields;
    for (uint32_t i = 0; i < decoder->n_fields; i++) {
        fields[i] = null_field();
    }
    decoder->records[row] = line;
    return decoder->split(decoder, line, fields);
}

uint32_t fields_next(struct decoder *base, uint32_t max)
{
    struct fields_decoder *decoder = fields_of(base);
    struct line_index *index = &decoder->index;
    uint32_t n_good = 0;
    uint32_t n;
    while (n_good == 0 && (n = line_index_next(index, max)) > 0) {
        const struct line *lines = line_index_batch(index);
        for (uint32_t i = 0; i < n; i++) {
            struct slice line = line_index_text(index, &lines[i]);
            const char *reason = line.len == 0 ? NULL : take_line(decoder, line, n_good);
            if (reason != NULL) {
                index->reject->reject(index->reject->owner, lines[i].begin, line, -1, reason);
            } else {
                n_good += line.len > 0; /* a blank line is no row */
            }
        }
    }
    return n_good;
}

void fields_column(struct decoder *base, struct arena *arena, uint32_t col, const uint32_t *rows,
                   uint32_t n, struct column *out, uint64_t *reject)
{
    struct fields_decoder *decoder = fields_of(base);
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
    uint32_t field = decoder->field_of[col];
    converter_begin(&decoder->converter, &conversion);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t row = rows == NULL ? i : rows[i];
        struct text text = decoder->fields[(size_t)row * decoder->n_fields + field];
        if (decoder->meaning != NULL && !field_is_null(text)) {
            text = decoder->meaning(arena, field, text);
        }
        conversion.fields[i] = text;
    }
    converter_finish(&decoder->converter, &conversion);
    *out = column_view(&conversion.out, n);
}

struct slice fields_record(const struct decoder *base, uint32_t row)
{
    return ((const struct fields_decoder *)base)->records[row];
}

void fields_schema(struct arena *arena, const char *const *names, const enum type_id *types,
                   uint32_t n, struct schema *out)
{
    *out = (struct schema){.fields = arena_zalloc(arena, n * sizeof *out->fields)};
    for (; out->n < n; out->n++) {
        out->fields[out->n] =
            (struct field){.name = slice_text(names[out->n]), .type = type_of(types[out->n])};
    }
}
