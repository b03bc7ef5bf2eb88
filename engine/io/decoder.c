/* decoder: calls through the vtable, with the contract checked; see decoder.h. */
#include "engine/io/decoder.h"

#include "engine/base/panic.h"

enum status decoder_open(const struct decoder_kind *kind, const struct decoder_config *config,
                         struct decoder **out, struct error *err)
{
    CHECK(config->schema != NULL && config->schema->n > 0 && config->options != NULL);
    CHECK(config->query != NULL && config->reject != NULL);
    struct decoder *decoder = NULL;
    TRY(kind->open(config, &decoder, err));
    CHECK(decoder != NULL && decoder->kind != NULL);
    *out = decoder;
    return OK;
}

static void ignore_reject(void *owner, uint64_t offset, struct slice record, int column,
                          const char *reason)
{
    (void)owner, (void)offset, (void)record, (void)column, (void)reason;
}

enum status decoder_try(const struct decoder_kind *kind, const struct decoder_config *config,
                        struct error *err)
{
    const struct reject_sink reject = {.reject = ignore_reject};
    struct decoder_config whole = *config;
    struct arena arena;
    struct decoder *decoder = NULL;
    arena_init(&arena);
    whole.query = &arena;
    whole.reject = &reject;
    enum status status = decoder_open(kind, &whole, &decoder, err);
    decoder_close(decoder);
    arena_release(&arena);
    return status;
}

size_t decoder_block(struct decoder *decoder, struct slice bytes, bool is_final)
{
    CHECK(bytes.len < UINT32_MAX); /* offsets within a block are 32 bits wide */
    decoder->n_batch = 0;
    size_t consumed = decoder->kind->block(decoder, bytes, is_final);
    CHECK(consumed <= bytes.len && (!is_final || consumed == bytes.len));
    return consumed;
}

uint32_t decoder_next(struct decoder *decoder, uint32_t max)
{
    CHECK(max > 0);
    decoder->n_batch = 0;
    uint32_t n = decoder->kind->next(decoder, max);
    CHECK(n <= max);
    decoder->n_batch = n;
    return n;
}

void decoder_column(struct decoder *decoder, struct arena *arena, uint32_t col,
                    const uint32_t *rows, uint32_t n, struct column *out, uint64_t *reject)
{
    CHECK(n <= decoder->n_batch);
    DCHECK(rows == NULL || n == 0 || rows[n - 1] < decoder->n_batch);
    decoder->kind->column(decoder, arena, col, rows, n, out, reject);
}

struct slice decoder_record(const struct decoder *decoder, uint32_t row)
{
    CHECK(row < decoder->n_batch);
    return decoder->kind->record(decoder, row);
}

struct slice decoder_head(const struct decoder *decoder)
{
    return decoder->kind->head == NULL ? (struct slice){0} : decoder->kind->head(decoder);
}

void decoder_close(struct decoder *decoder)
{
    if (decoder != NULL) {
        decoder->kind->close(decoder);
    }
}
