/* agg_count: count(*) and count(x), eight bytes. Where another state of the same argument begins
 * with its own n, the set reads that instead (agg_set.c). */
#include "engine/agg/agg_kind.h"
#include "engine/agg/agg_number.h"

static uint64_t *count_at(const struct agg_part *part, uint8_t *cell)
{
    return (uint64_t *)(cell + part->offset);
}

static const uint64_t *rows_valid(const struct agg_rows *rows)
{
    return rows->arg == NULL ? NULL : rows->arg->valid;
}

AGG_INLINE void count_rows(const struct agg_part *part, uint8_t *const *restrict cells,
                           const struct agg_rows *rows, const uint64_t step)
{
    const uint64_t *valid = rows_valid(rows);
    if (valid == NULL) {
        for (uint32_t i = 0; i < rows->n; i++) {
            *count_at(part, cells[i]) += step;
        }
        return;
    }
    for (uint32_t i = 0; i < rows->n; i++) {
        *count_at(part, cells[i]) += step & agg_mask(valid, i);
    }
}

static void count_add_many(const struct agg_part *part, uint8_t *const *cells,
                           const struct agg_rows *rows)
{
    count_rows(part, cells, rows, 1);
}

static void count_retract_many(const struct agg_part *part, uint8_t *const *cells,
                               const struct agg_rows *rows)
{
    count_rows(part, cells, rows, (uint64_t)-1);
}

static void count_add_run(const struct agg_part *part, uint8_t *cell, const struct agg_rows *rows)
{
    const uint64_t *valid = rows_valid(rows);
    *count_at(part, cell) += valid == NULL ? rows->n : bits_count(valid, rows->n);
}

static void count_merge_many(const struct agg_part *part, uint8_t *const *into,
                             uint8_t *const *from, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        *count_at(part, into[i]) += *count_at(part, from[i]);
    }
}

static void count_inverse_many(const struct agg_part *part, uint8_t *const *into,
                               uint8_t *const *from, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        *count_at(part, into[i]) -= *count_at(part, from[i]);
    }
}

static void count_save(const struct agg_part *part, const uint8_t *cell, struct bytebuf *out)
{
    codec_put_u64(out, *(const uint64_t *)(cell + part->offset));
}

static bool count_load(const struct agg_part *part, uint8_t *cell, struct reader *in)
{
    *count_at(part, cell) = reader_u64(in);
    return *count_at(part, cell) <= agg_rows_max;
}

const struct agg_state agg_count_state = {
    .name = "count",
    .bytes = sizeof(uint64_t),
    .add_many = count_add_many,
    .add_run = count_add_run,
    .merge_many = count_merge_many,
    .inverse_many = count_inverse_many,
    .retract_many = count_retract_many,
    .save = count_save,
    .load = count_load,
};

void agg_count_emit(const struct agg_result *result, uint8_t *const *cells, uint32_t n,
                    struct column_out *out)
{
    for (uint32_t i = 0; i < n; i++) {
        out->i64[i] = (int64_t) * (const uint64_t *)(cells[i] + result->offset);
    }
}
