/* agg_distinct: see agg_distinct.h. */
#include "engine/agg/agg_distinct.h"

#include "engine/agg/agg_number.h"
#include "engine/base/panic.h"

static struct bag *bag_at(const struct agg_part *part, uint8_t *cell)
{
    return (struct bag *)(cell + part->offset);
}

/* ---- the state ------------------------------------------------------------------------------- */

AGG_INLINE uint64_t key_of(const struct column *column, uint32_t i, const enum physical physical)
{
    switch (physical) {
    case PHYSICAL_BIT:
        return bits_get(column->bits, i);
    case PHYSICAL_I64:
        return rank_of_i64(column->i64[i]);
    case PHYSICAL_F64:
        return rank_of_f64(column->f64[i]);
    case PHYSICAL_TEXT:
        break;
    }
    PANIC("a text is no number");
}

AGG_INLINE void add_row(const struct agg_part *part, struct bag *bag, const struct column *column,
                        uint32_t i, const enum physical physical)
{
    if (column_is_null(column, i)) {
        return;
    }
    if (physical == PHYSICAL_TEXT) {
        bag_add_text(bag, text_slice(column->text[i]), 1, part->owned_bytes);
    } else {
        bag_add(bag, key_of(column, i, physical), 1, part->owned_bytes);
    }
}

AGG_INLINE void add_rows(const struct agg_part *part, uint8_t *const *cells,
                         const struct agg_rows *rows, const enum physical physical)
{
    for (uint32_t i = 0; i < rows->n; i++) {
        add_row(part, bag_at(part, cells[i]), rows->arg, i, physical);
    }
}

AGG_INLINE void add_rows_to_one(const struct agg_part *part, uint8_t *cell,
                                const struct agg_rows *rows, const enum physical physical)
{
    for (uint32_t i = 0; i < rows->n; i++) {
        add_row(part, bag_at(part, cell), rows->arg, i, physical);
    }
}

AGG_INLINE void take_rows(const struct agg_part *part, uint8_t *const *cells,
                          const struct agg_rows *rows, const enum physical physical)
{
    for (uint32_t i = 0; i < rows->n; i++) {
        struct bag *bag = bag_at(part, cells[i]);
        if (column_is_null(rows->arg, i)) {
            continue;
        }
        if (physical == PHYSICAL_TEXT) {
            bag_take_text(bag, text_slice(rows->arg->text[i]), 1, part->owned_bytes);
        } else {
            bag_take(bag, key_of(rows->arg, i, physical), 1, part->owned_bytes);
        }
    }
}

static void bags_merge_many(const struct agg_part *part, uint8_t *const *into, uint8_t *const *from,
                            uint32_t n)
{
    enum bag_keys keys = agg_bag_keys(part->type);
    for (uint32_t i = 0; i < n; i++) {
        bag_merge(bag_at(part, into[i]), bag_at(part, from[i]), keys, part->owned_bytes);
    }
}

static void bags_inverse_many(const struct agg_part *part, uint8_t *const *into,
                              uint8_t *const *from, uint32_t n)
{
    enum bag_keys keys = agg_bag_keys(part->type);
    for (uint32_t i = 0; i < n; i++) {
        bag_inverse(bag_at(part, into[i]), bag_at(part, from[i]), keys, part->owned_bytes);
    }
}

static void bags_release(const struct agg_part *part, uint8_t *cell)
{
    bag_release(bag_at(part, cell), agg_bag_keys(part->type), part->owned_bytes);
}

static void bags_save(const struct agg_part *part, const uint8_t *cell, struct bytebuf *out)
{
    bag_save((const struct bag *)(cell + part->offset), agg_bag_keys(part->type), out);
}

static bool bags_load(const struct agg_part *part, uint8_t *cell, struct reader *in)
{
    return bag_load(bag_at(part, cell), agg_bag_keys(part->type), in, part->owned_bytes);
}

#define NAME(op) agg_bag_bit_##op
#define PHYSICAL PHYSICAL_BIT
#include "engine/agg/agg_distinct.tmpl.h"

#define NAME(op) agg_bag_i64_##op
#define PHYSICAL PHYSICAL_I64
#include "engine/agg/agg_distinct.tmpl.h"

#define NAME(op) agg_bag_f64_##op
#define PHYSICAL PHYSICAL_F64
#include "engine/agg/agg_distinct.tmpl.h"

#define NAME(op) agg_bag_text_##op
#define PHYSICAL PHYSICAL_TEXT
#include "engine/agg/agg_distinct.tmpl.h"

const struct agg_state *const agg_bag_states[AGG_PHYSICALS] = {
    [PHYSICAL_BIT] = &agg_bag_bit_state,
    [PHYSICAL_I64] = &agg_bag_i64_state,
    [PHYSICAL_F64] = &agg_bag_f64_state,
    [PHYSICAL_TEXT] = &agg_bag_text_state,
};

/* ---- results --------------------------------------------------------------------------------- */

struct value agg_bag_value(const uint64_t *key, struct type type)
{
    struct value value = {.type = type};
    struct slice text;
    switch (agg_physical(type)) {
    case PHYSICAL_BIT:
        value.boolean = *key != 0;
        break;
    case PHYSICAL_I64:
        value.i64 = rank_to_i64(*key);
        break;
    case PHYSICAL_F64:
        value.f64 = rank_to_f64(*key);
        break;
    case PHYSICAL_TEXT:
        text = bag_text(key);
        value.text = (struct text){text.at, (uint32_t)text.len};
        break;
    }
    return value;
}

/* The values of the bag in ascending order. */
static struct column bag_column(struct arena *arena, const struct bag *bag, struct type type)
{
    const struct bag_entry *entries = bag_sorted(arena, bag, agg_bag_keys(type));
    struct column_out out = column_out_new(arena, type, bag->n);
    for (uint32_t i = 0; i < bag->n; i++) {
        struct value value = agg_bag_value(&entries[i].key, type);
        column_out_put(&out, i, bag->n, &value);
    }
    return column_view(&out, bag->n);
}

static void count_bags(const struct agg_result *result, uint8_t *const *cells, uint32_t n,
                       struct column_out *out)
{
    for (uint32_t i = 0; i < n; i++) {
        out->i64[i] = ((const struct bag *)(cells[i] + result->offset))->n;
    }
}

void agg_distinct_emit(const struct agg_result *result, uint8_t *const *cells, uint32_t n,
                       struct column_out *out)
{
    const struct agg_kind *kind = result->call.kind;
    struct type type = result->call.arg_types[0];
    const struct agg_state *state = kind->states[agg_physical(type)];
    if (state == &agg_count_state) {
        count_bags(result, cells, n, out);
        return;
    }
    struct agg_part part = *result->part;
    part.state = state;
    part.offset = 0;
    struct agg_result plain = *result;
    plain.part = &part;
    plain.offset = 0;
    uint8_t **once = arena_alloc(out->arena, n * sizeof *once);
    for (uint32_t i = 0; i < n; i++) {
        struct column values =
            bag_column(out->arena, (const struct bag *)(cells[i] + result->offset), type);
        struct agg_rows rows = {.n = values.n, .arg = &values};
        once[i] = arena_zalloc(out->arena, state->bytes);
        state->add_run(&part, once[i], &rows);
    }
    kind->emit(&plain, once, n, out);
    for (uint32_t i = 0; i < n && state->release != NULL; i++) {
        state->release(&part, once[i]);
    }
}
