/* agg_minmax: min and max. Numbers and times read the range of agg_summary.c, BOOLEAN the tally of
 * agg_bool.c; the states of TEXT are here and own a copy of the bytes. There is no inverse: what a
 * minimum has forgotten it cannot give back, so panes are merged again. */
#include "engine/agg/agg_box.h"
#include "engine/agg/agg_kind.h"
#include "engine/agg/agg_number.h"

/* ---- TEXT ------------------------------------------------------------------------------------ */

AGG_INLINE void text_keep(const struct agg_part *part, uint8_t *cell, struct slice text,
                          const bool greatest)
{
    struct text_box *box = (struct text_box *)(cell + part->offset);
    if (!text_box_is_empty(box)) {
        int order = slice_compare(text, text_box_slice(box));
        if (greatest ? order <= 0 : order >= 0) {
            return;
        }
    }
    text_box_set(box, text, part->owned_bytes);
}

AGG_INLINE void text_keep_many(const struct agg_part *part, uint8_t *const *cells,
                               const struct agg_rows *rows, const bool greatest)
{
    for (uint32_t i = 0; i < rows->n; i++) {
        if (!column_is_null(rows->arg, i)) {
            text_keep(part, cells[i], text_slice(rows->arg->text[i]), greatest);
        }
    }
}

/* The winner of the run is found without copying. */
AGG_INLINE void text_keep_run(const struct agg_part *part, uint8_t *cell,
                              const struct agg_rows *rows, const bool greatest)
{
    struct slice best = {0};
    bool any = false;
    for (uint32_t i = 0; i < rows->n; i++) {
        if (column_is_null(rows->arg, i)) {
            continue;
        }
        struct slice text = text_slice(rows->arg->text[i]);
        int order = any ? slice_compare(text, best) : 0;
        if (!any || (greatest ? order > 0 : order < 0)) {
            best = text;
            any = true;
        }
    }
    if (any) {
        text_keep(part, cell, best, greatest);
    }
}

AGG_INLINE void text_merge(const struct agg_part *part, uint8_t *const *into, uint8_t *const *from,
                           uint32_t n, const bool greatest)
{
    for (uint32_t i = 0; i < n; i++) {
        const struct text_box *box = (const struct text_box *)(from[i] + part->offset);
        if (!text_box_is_empty(box)) {
            text_keep(part, into[i], text_box_slice(box), greatest);
        }
    }
}

static void text_release(const struct agg_part *part, uint8_t *cell)
{
    text_box_release((struct text_box *)(cell + part->offset), part->owned_bytes);
}

static void text_save(const struct agg_part *part, const uint8_t *cell, struct bytebuf *out)
{
    const struct text_box *box = (const struct text_box *)(cell + part->offset);
    codec_put_u8(out, !text_box_is_empty(box));
    if (!text_box_is_empty(box)) {
        codec_put_bytes(out, text_box_slice(box));
    }
}

static bool text_load(const struct agg_part *part, uint8_t *cell, struct reader *in)
{
    uint8_t has_value = reader_u8(in);
    if (has_value == 1) {
        struct slice text = reader_bytes(in);
        text_box_set((struct text_box *)(cell + part->offset), text, part->owned_bytes);
    }
    return has_value <= 1;
}

static void least_text_add_many(const struct agg_part *part, uint8_t *const *cells,
                                const struct agg_rows *rows)
{
    text_keep_many(part, cells, rows, false);
}

static void least_text_add_run(const struct agg_part *part, uint8_t *cell,
                               const struct agg_rows *rows)
{
    text_keep_run(part, cell, rows, false);
}

static void least_text_merge_many(const struct agg_part *part, uint8_t *const *into,
                                  uint8_t *const *from, uint32_t n)
{
    text_merge(part, into, from, n, false);
}

const struct agg_state agg_least_text_state = {
    .name = "least_text",
    .bytes = sizeof(struct text_box),
    .add_many = least_text_add_many,
    .add_run = least_text_add_run,
    .merge_many = least_text_merge_many,
    .release = text_release,
    .save = text_save,
    .load = text_load,
};

static void greatest_text_add_many(const struct agg_part *part, uint8_t *const *cells,
                                   const struct agg_rows *rows)
{
    text_keep_many(part, cells, rows, true);
}

static void greatest_text_add_run(const struct agg_part *part, uint8_t *cell,
                                  const struct agg_rows *rows)
{
    text_keep_run(part, cell, rows, true);
}

static void greatest_text_merge_many(const struct agg_part *part, uint8_t *const *into,
                                     uint8_t *const *from, uint32_t n)
{
    text_merge(part, into, from, n, true);
}

const struct agg_state agg_greatest_text_state = {
    .name = "greatest_text",
    .bytes = sizeof(struct text_box),
    .add_many = greatest_text_add_many,
    .add_run = greatest_text_add_run,
    .merge_many = greatest_text_merge_many,
    .release = text_release,
    .save = text_save,
    .load = text_load,
};

/* ---- results --------------------------------------------------------------------------------- */

static void emit_text(const struct agg_result *result, uint8_t *const *cells, uint32_t n,
                      struct column_out *out)
{
    for (uint32_t i = 0; i < n; i++) {
        const struct text_box *box = (const struct text_box *)(cells[i] + result->offset);
        if (text_box_is_empty(box)) {
            column_out_null(out, i, n);
        } else {
            struct slice copy = arena_copy(out->arena, text_box_slice(box));
            out->text[i] = (struct text){copy.at, (uint32_t)copy.len};
        }
    }
}

AGG_INLINE void emit_range(const struct agg_result *result, uint8_t *const *cells, uint32_t n,
                           struct column_out *out, const bool greatest)
{
    bool is_double = agg_physical(result->call.result) == PHYSICAL_F64;
    for (uint32_t i = 0; i < n; i++) {
        const struct range *range = (const struct range *)(cells[i] + result->offset);
        uint64_t rank = greatest ? range->greatest : range_least_rank(range);
        if (range_is_empty(range)) {
            column_out_null(out, i, n);
        } else if (is_double) {
            out->f64[i] = rank_to_f64(rank);
        } else {
            out->i64[i] = rank_to_i64(rank);
        }
    }
}

void agg_min_emit(const struct agg_result *result, uint8_t *const *cells, uint32_t n,
                  struct column_out *out)
{
    switch (agg_physical(result->call.result)) {
    case PHYSICAL_BIT: /* the least is true if all are */
        agg_every_emit(result, cells, n, out);
        break;
    case PHYSICAL_TEXT:
        emit_text(result, cells, n, out);
        break;
    case PHYSICAL_I64:
    case PHYSICAL_F64:
        emit_range(result, cells, n, out, false);
        break;
    }
}

void agg_max_emit(const struct agg_result *result, uint8_t *const *cells, uint32_t n,
                  struct column_out *out)
{
    switch (agg_physical(result->call.result)) {
    case PHYSICAL_BIT:
        agg_any_emit(result, cells, n, out);
        break;
    case PHYSICAL_TEXT:
        emit_text(result, cells, n, out);
        break;
    case PHYSICAL_I64:
    case PHYSICAL_F64:
        emit_range(result, cells, n, out, true);
        break;
    }
}
