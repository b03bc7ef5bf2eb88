/* agg_first_last: the value of the earliest or latest row that has one. Rows are ordered by event
 * time where the call has a time column (a NULL time comes before every time), then by arrival
 * number; so the answer is the same however rows were spread over batches and panes. Two rows of
 * equal time and number, which only a union of streams can have, are ordered by value. */
#include "engine/agg/agg_box.h"
#include "engine/agg/agg_kind.h"
#include "engine/base/panic.h"

/* The row that is ahead. */
struct pick {
    int64_t time;
    uint64_t arrival;
    union {
        struct {
            uint64_t bits;
            uint64_t has_value;
        };
        struct text_box box;
    };
};

static struct pick *pick_at(const struct agg_part *part, uint8_t *cell)
{
    return (struct pick *)(cell + part->offset);
}

AGG_INLINE bool pick_is_empty(const struct pick *pick, const enum physical physical)
{
    return physical == PHYSICAL_TEXT ? text_box_is_empty(&pick->box) : pick->has_value == 0;
}

static int64_t row_time(const struct agg_rows *rows, uint32_t i)
{
    if (rows->time == NULL || column_is_null(rows->time, i)) {
        return TIME_NONE;
    }
    return rows->time->i64[i];
}

/* <0: the row (time, arrival) comes before the pick. */
static inline int row_compare(int64_t time, uint64_t arrival, const struct pick *pick)
{
    if (time != pick->time) {
        return time < pick->time ? -1 : 1;
    }
    return (arrival > pick->arrival) - (arrival < pick->arrival);
}

AGG_INLINE void offer_bits(struct pick *pick, int64_t time, uint64_t arrival, uint64_t bits,
                           const bool last)
{
    if (pick->has_value != 0) {
        int order = row_compare(time, arrival, pick);
        order = order != 0 ? order : (bits > pick->bits) - (bits < pick->bits);
        if (last ? order <= 0 : order >= 0) {
            return;
        }
    }
    *pick = (struct pick){.time = time, .arrival = arrival, .bits = bits, .has_value = 1};
}

AGG_INLINE void offer_text(const struct agg_part *part, struct pick *pick, int64_t time,
                           uint64_t arrival, struct slice text, const bool last)
{
    if (!text_box_is_empty(&pick->box)) {
        int order = row_compare(time, arrival, pick);
        order = order != 0 ? order : slice_compare(text, text_box_slice(&pick->box));
        if (last ? order <= 0 : order >= 0) {
            return;
        }
    }
    pick->time = time;
    pick->arrival = arrival;
    text_box_set(&pick->box, text, part->owned_bytes);
}

AGG_INLINE void offer_row(const struct agg_part *part, uint8_t *cell, const struct agg_rows *rows,
                          uint32_t i, const enum physical physical, const bool last)
{
    struct pick *pick = pick_at(part, cell);
    int64_t time = row_time(rows, i);
    uint64_t arrival = rows->first_row + i;
    if (physical == PHYSICAL_TEXT) {
        offer_text(part, pick, time, arrival, text_slice(rows->arg->text[i]), last);
    } else if (physical == PHYSICAL_BIT) {
        offer_bits(pick, time, arrival, bits_get(rows->arg->bits, i), last);
    } else {
        offer_bits(pick, time, arrival, (uint64_t)rows->arg->i64[i], last);
    }
}

AGG_INLINE void offer_pick(const struct agg_part *part, uint8_t *into, uint8_t *from,
                           const enum physical physical, const bool last)
{
    const struct pick *other = pick_at(part, from);
    struct pick *pick = pick_at(part, into);
    if (pick_is_empty(other, physical)) {
        return;
    }
    if (physical == PHYSICAL_TEXT) {
        offer_text(part, pick, other->time, other->arrival, text_box_slice(&other->box), last);
    } else {
        offer_bits(pick, other->time, other->arrival, other->bits, last);
    }
}

/* The row of a run that is ahead of its others; rows->n if all are NULL. Arrival numbers rise
 * within a run, so among equal times the first is the first row and the last the last. */
AGG_INLINE uint32_t best_of_run(const struct agg_rows *rows, const bool last)
{
    uint32_t best = rows->n;
    int64_t best_time = 0;
    for (uint32_t i = 0; i < rows->n; i++) {
        if (column_is_null(rows->arg, i)) {
            continue;
        }
        int64_t time = row_time(rows, i);
        if (best == rows->n || (last ? time >= best_time : time < best_time)) {
            best = i;
            best_time = time;
        }
    }
    return best;
}

static void pick_release(const struct agg_part *part, uint8_t *cell)
{
    text_box_release(&pick_at(part, cell)->box, part->owned_bytes);
    *pick_at(part, cell) = (struct pick){0};
}

AGG_INLINE void pick_save(const struct pick *pick, struct bytebuf *out,
                          const enum physical physical)
{
    bool has_value = !pick_is_empty(pick, physical);
    codec_put_u8(out, has_value);
    if (!has_value) {
        return;
    }
    codec_put_i64(out, pick->time);
    codec_put_u64(out, pick->arrival);
    if (physical == PHYSICAL_TEXT) {
        codec_put_bytes(out, text_box_slice(&pick->box));
    } else {
        codec_put_u64(out, pick->bits);
    }
}

AGG_INLINE bool pick_load(const struct agg_part *part, uint8_t *cell, struct reader *in,
                          const enum physical physical)
{
    struct pick *pick = pick_at(part, cell);
    uint8_t has_value = reader_u8(in);
    if (has_value != 1) {
        return has_value == 0;
    }
    pick->time = reader_i64(in);
    pick->arrival = reader_u64(in);
    if (physical == PHYSICAL_TEXT) {
        text_box_set(&pick->box, reader_bytes(in), part->owned_bytes);
        return true;
    }
    pick->bits = reader_u64(in);
    pick->has_value = 1;
    return physical != PHYSICAL_BIT || pick->bits <= 1;
}

#define NAME(op) agg_first_bit_##op
#define PHYSICAL PHYSICAL_BIT
#define LAST     false
#include "engine/agg/agg_first_last.tmpl.h"

#define NAME(op) agg_first_word_##op
#define PHYSICAL PHYSICAL_I64
#define LAST     false
#include "engine/agg/agg_first_last.tmpl.h"

#define NAME(op) agg_first_text_##op
#define PHYSICAL PHYSICAL_TEXT
#define LAST     false
#include "engine/agg/agg_first_last.tmpl.h"

#define NAME(op) agg_last_bit_##op
#define PHYSICAL PHYSICAL_BIT
#define LAST     true
#include "engine/agg/agg_first_last.tmpl.h"

#define NAME(op) agg_last_word_##op
#define PHYSICAL PHYSICAL_I64
#define LAST     true
#include "engine/agg/agg_first_last.tmpl.h"

#define NAME(op) agg_last_text_##op
#define PHYSICAL PHYSICAL_TEXT
#define LAST     true
#include "engine/agg/agg_first_last.tmpl.h"

/* ---- results --------------------------------------------------------------------------------- */

static void put_pick(const struct pick *pick, struct column_out *out, uint32_t i)
{
    struct slice copy;
    switch (agg_physical(out->type)) {
    case PHYSICAL_BIT:
        bits_put(out->bits, i, pick->bits != 0);
        break;
    case PHYSICAL_I64:
    case PHYSICAL_F64: /* kept as the same eight bytes */
        out->i64[i] = (int64_t)pick->bits;
        break;
    case PHYSICAL_TEXT:
        copy = arena_copy(out->arena, text_box_slice(&pick->box));
        out->text[i] = (struct text){copy.at, (uint32_t)copy.len};
        break;
    }
}

void agg_first_last_emit(const struct agg_result *result, uint8_t *const *cells, uint32_t n,
                         struct column_out *out)
{
    enum physical physical = agg_physical(out->type);
    for (uint32_t i = 0; i < n; i++) {
        const struct pick *pick = (const struct pick *)(cells[i] + result->offset);
        if (pick_is_empty(pick, physical)) {
            column_out_null(out, i, n);
        } else {
            put_pick(pick, out, i);
        }
    }
}
