/* agg_bool: any, every, and min and max of BOOLEAN. The state is how many are true and how many
 * false, which can be taken back exactly, unlike the answer itself. */
#include "engine/agg/agg_kind.h"
#include "engine/agg/agg_number.h"

struct tally {
    uint64_t n_true;
    uint64_t n_false;
};

static struct tally *tally_at(const struct agg_part *part, uint8_t *cell)
{
    return (struct tally *)(cell + part->offset);
}

AGG_INLINE void tally_rows(const struct agg_part *part, uint8_t *const *cells,
                           const struct agg_rows *rows, const uint64_t step)
{
    const uint64_t *bits = rows->arg->bits;
    const uint64_t *valid = rows->arg->valid;
    for (uint32_t i = 0; i < rows->n; i++) {
        uint64_t is_true = agg_mask(bits, i);
        uint64_t counts = valid == NULL ? ~(uint64_t)0 : agg_mask(valid, i);
        struct tally *tally = tally_at(part, cells[i]);
        tally->n_true += step & is_true & counts;
        tally->n_false += step & ~is_true & counts;
    }
}

static void tally_add_many(const struct agg_part *part, uint8_t *const *cells,
                           const struct agg_rows *rows)
{
    tally_rows(part, cells, rows, 1);
}

static void tally_retract_many(const struct agg_part *part, uint8_t *const *cells,
                               const struct agg_rows *rows)
{
    tally_rows(part, cells, rows, (uint64_t)-1);
}

static void tally_add_run(const struct agg_part *part, uint8_t *cell, const struct agg_rows *rows)
{
    const uint64_t *valid = rows->arg->valid;
    uint64_t n_true = 0;
    for (uint32_t w = 0; w < bits_words(rows->n); w++) {
        uint64_t counts = w == rows->n / 64 ? bits_tail(rows->n) : ~(uint64_t)0;
        counts &= valid == NULL ? ~(uint64_t)0 : valid[w];
        n_true += (uint64_t)__builtin_popcountll(rows->arg->bits[w] & counts);
    }
    struct tally *tally = tally_at(part, cell);
    tally->n_true += n_true;
    tally->n_false += (valid == NULL ? rows->n : bits_count(valid, rows->n)) - n_true;
}

static void tally_merge_many(const struct agg_part *part, uint8_t *const *into,
                             uint8_t *const *from, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        tally_at(part, into[i])->n_true += tally_at(part, from[i])->n_true;
        tally_at(part, into[i])->n_false += tally_at(part, from[i])->n_false;
    }
}

static void tally_inverse_many(const struct agg_part *part, uint8_t *const *into,
                               uint8_t *const *from, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        tally_at(part, into[i])->n_true -= tally_at(part, from[i])->n_true;
        tally_at(part, into[i])->n_false -= tally_at(part, from[i])->n_false;
    }
}

static void tally_save(const struct agg_part *part, const uint8_t *cell, struct bytebuf *out)
{
    const struct tally *tally = (const struct tally *)(cell + part->offset);
    codec_put_u64(out, tally->n_true);
    codec_put_u64(out, tally->n_false);
}

static bool tally_load(const struct agg_part *part, uint8_t *cell, struct reader *in)
{
    struct tally *tally = tally_at(part, cell);
    tally->n_true = reader_u64(in);
    tally->n_false = reader_u64(in);
    return tally->n_true <= agg_rows_max && tally->n_false <= agg_rows_max;
}

const struct agg_state agg_tally_state = {
    .name = "tally",
    .bytes = sizeof(struct tally),
    .add_many = tally_add_many,
    .add_run = tally_add_run,
    .merge_many = tally_merge_many,
    .inverse_many = tally_inverse_many,
    .retract_many = tally_retract_many,
    .save = tally_save,
    .load = tally_load,
};

static const struct tally *tally_of(const struct agg_result *result, const uint8_t *cell)
{
    return (const struct tally *)(cell + result->offset);
}

void agg_any_emit(const struct agg_result *result, uint8_t *const *cells, uint32_t n,
                  struct column_out *out)
{
    for (uint32_t i = 0; i < n; i++) {
        const struct tally *tally = tally_of(result, cells[i]);
        bits_put(out->bits, i, tally->n_true > 0);
        if (tally->n_true + tally->n_false == 0) {
            column_out_null(out, i, n);
        }
    }
}

void agg_every_emit(const struct agg_result *result, uint8_t *const *cells, uint32_t n,
                    struct column_out *out)
{
    for (uint32_t i = 0; i < n; i++) {
        const struct tally *tally = tally_of(result, cells[i]);
        bits_put(out->bits, i, tally->n_false == 0);
        if (tally->n_true + tally->n_false == 0) {
            column_out_null(out, i, n);
        }
    }
}
