/* kept_batches: see kept_batches.h. */
#include "sinks/kept_batches.h"

#include "engine/base/panic.h"

void kept_batches_init(struct kept_batches *kept, const struct schema *schema)
{
    *kept = (struct kept_batches){.schema = schema};
    arena_init(&kept->rows);
}

void kept_batches_release(struct kept_batches *kept)
{
    bytebuf_release(&kept->batches);
    arena_release(&kept->rows);
}

void kept_batches_clear(struct kept_batches *kept)
{
    kept->n = 0;
    kept->bytes = 0;
    bytebuf_clear(&kept->batches);
    arena_clear(&kept->rows);
}

static size_t bytes_of(const struct batch *batch)
{
    size_t bytes = 0;
    for (uint32_t c = 0; c < batch->schema->n; c++) {
        const struct column *column = &batch->columns[c];
        bytes += (size_t)type_width(column->type) * batch->n;
        for (uint32_t i = 0; type_physical(column->type) == PHYSICAL_TEXT && i < batch->n; i++) {
            bytes += column->text[i].len;
        }
    }
    return bytes;
}

void kept_batches_add(struct kept_batches *kept, const struct batch *batch)
{
    struct batch *copy = arena_zalloc(&kept->rows, sizeof *copy);
    batch_copy(&kept->rows, batch, copy);
    copy->schema = kept->schema;
    bytebuf_add(&kept->batches, &copy, sizeof(struct batch *));
    kept->n++;
    kept->bytes += bytes_of(batch);
}

const struct batch *kept_batches_at(const struct kept_batches *kept, uint32_t i)
{
    CHECK(i < kept->n);
    struct batch *batch;
    memcpy(&batch, kept->batches.at + (size_t)i * sizeof batch, sizeof batch);
    return batch;
}
