/* batch: see batch.h. */
#include "engine/data/batch.h"

#include <string.h>

#include "engine/base/panic.h"

void batch_init(struct batch *batch, const struct schema *schema, struct arena *arena)
{
    *batch = (struct batch){
        .schema = schema,
        .arena = arena,
        .columns = arena_zalloc(arena, schema->n * sizeof(struct column)),
        .time_column = -1,
        .watermark = TIME_NONE,
    };
    for (uint32_t i = 0; i < schema->n; i++) {
        batch->columns[i].type = schema->fields[i].type;
    }
}

/* ---- selecting rows -------------------------------------------------------------------------- */

static const uint32_t *origin_identity(struct arena *arena, uint32_t n)
{
    uint32_t *origin = arena_alloc(arena, n * sizeof *origin);
    for (uint32_t i = 0; i < n; i++) {
        origin[i] = i;
    }
    return origin;
}

static const uint32_t *origin_gather(struct arena *arena, const uint32_t *origin,
                                     const uint32_t *rows, uint32_t n)
{
    uint32_t *out = arena_alloc(arena, n * sizeof *out);
    if (origin == NULL) {
        memcpy(out, rows, n * sizeof *out); /* record i is row i */
        return out;
    }
    for (uint32_t i = 0; i < n; i++) {
        out[i] = origin[rows[i]];
    }
    return out;
}

static const int64_t *watermarks_gather(struct arena *arena, const int64_t *watermarks,
                                        const uint32_t *rows, uint32_t n)
{
    int64_t *out = arena_alloc(arena, n * sizeof *out);
    for (uint32_t i = 0; i < n; i++) {
        out[i] = watermarks[rows[i]];
    }
    return out;
}

static const uint8_t *ops_gather(struct arena *arena, const uint8_t *ops, const uint32_t *rows,
                                 uint32_t n)
{
    uint8_t *out = arena_alloc(arena, n);
    for (uint32_t i = 0; i < n; i++) {
        out[i] = ops[rows[i]];
    }
    return out;
}

void batch_select(struct batch *batch, const uint32_t *rows, uint32_t n)
{
    CHECK(n <= batch->n);
    if (n == batch->n) { /* ascending, so these are all rows */
        return;
    }
    DCHECK(n == 0 || rows[n - 1] < batch->n);
    for (uint32_t i = 0; i < batch->schema->n; i++) {
        struct column *column = &batch->columns[i];
        if (column->values != NULL) {
            *column = column_gather(batch->arena, column, rows, n);
        } else {
            column->n = n;
        }
    }
    batch->origin = origin_gather(batch->arena, batch->origin, rows, n);
    if (batch->watermarks != NULL) {
        batch->watermarks = watermarks_gather(batch->arena, batch->watermarks, rows, n);
    }
    if (batch->ops != NULL) {
        batch->ops = ops_gather(batch->arena, batch->ops, rows, n);
    }
    batch->n = n;
}

/* ---- decoding late --------------------------------------------------------------------------- */

static void fill_late(struct batch *batch, uint32_t col, uint64_t *reject)
{
    struct column *column = &batch->columns[col];
    if (batch->n == 0) {
        struct column_out empty = column_out_new(batch->arena, column->type, 0);
        *column = column_view(&empty, 0);
        return;
    }
    CHECK(batch->late != NULL);
    if (batch->origin == NULL) {
        batch->origin = origin_identity(batch->arena, batch->n);
    }
    batch->late->fill(batch->late, batch->arena, col, batch->origin, batch->n, column, reject);
    CHECK(column->values != NULL && column->n == batch->n);
}

static void drop_rejected(struct batch *batch, uint64_t *reject)
{
    uint32_t n_words = bits_words(batch->n);
    uint64_t any = 0;
    for (uint32_t i = 0; i < n_words; i++) {
        any |= reject[i];
        reject[i] = ~reject[i];
    }
    if (any == 0) {
        return;
    }
    uint32_t rows[BATCH_ROWS];
    uint32_t n = bits_indexes(reject, batch->n, rows);
    batch->late->n_dropped += batch->n - n;
    batch_select(batch, rows, n);
}

void batch_require(struct batch *batch, const uint32_t *cols, uint32_t n_cols)
{
    CHECK(batch->n <= BATCH_ROWS);
    uint64_t reject[BATCH_WORDS] = {0};
    for (uint32_t i = 0; i < n_cols; i++) {
        CHECK(cols[i] < batch->schema->n);
        if (batch->columns[cols[i]].values == NULL) {
            fill_late(batch, cols[i], reject);
        }
    }
    drop_rejected(batch, reject);
}

/* ---- keeping rows ---------------------------------------------------------------------------- */

static const void *bytes_copy(struct arena *arena, const void *from, size_t bytes)
{
    void *to = arena_alloc(arena, bytes);
    if (bytes > 0) {
        memcpy(to, from, bytes);
    }
    return to;
}

static const struct text *text_copy(struct arena *arena, const struct text *from, uint32_t n)
{
    struct text *to = arena_alloc(arena, n * sizeof *to);
    size_t bytes = 0;
    for (uint32_t i = 0; i < n; i++) {
        bytes += from[i].len;
    }
    uint8_t *at = arena_alloc(arena, bytes);
    for (uint32_t i = 0; i < n; i++) {
        to[i] = (struct text){at, from[i].len};
        if (from[i].len > 0) {
            memcpy(at, from[i].at, from[i].len);
            at += from[i].len;
        }
    }
    return to;
}

static struct column column_copy(struct arena *arena, const struct column *from, uint32_t n)
{
    struct column to = *from;
    size_t words_bytes = bits_words(n) * sizeof(uint64_t);
    to.n = n;
    if (from->values == NULL) {
        return to;
    }
    switch (type_physical(from->type)) {
    case PHYSICAL_BIT:
        to.values = bytes_copy(arena, from->values, words_bytes);
        break;
    case PHYSICAL_I64:
    case PHYSICAL_F64:
        to.values = bytes_copy(arena, from->values, n * sizeof(int64_t));
        break;
    case PHYSICAL_TEXT:
        to.text = text_copy(arena, from->text, n);
        break;
    }
    if (from->valid != NULL) {
        to.valid = bytes_copy(arena, from->valid, words_bytes);
    }
    return to;
}

void batch_copy(struct arena *arena, const struct batch *from, struct batch *to)
{
    struct batch copy = *from;
    copy.arena = arena;
    copy.late = NULL; /* what nobody has decoded by now stays unknown: its records go away */
    copy.columns = arena_alloc(arena, from->schema->n * sizeof *copy.columns);
    for (uint32_t i = 0; i < from->schema->n; i++) {
        copy.columns[i] = column_copy(arena, &from->columns[i], from->n);
    }
    if (from->ops != NULL) {
        copy.ops = bytes_copy(arena, from->ops, from->n);
    }
    if (from->watermarks != NULL) {
        copy.watermarks = bytes_copy(arena, from->watermarks, from->n * sizeof(int64_t));
    }
    if (from->origin != NULL) {
        copy.origin = bytes_copy(arena, from->origin, from->n * sizeof(uint32_t));
    }
    *to = copy;
}
