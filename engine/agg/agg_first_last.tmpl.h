/* agg_first_last.tmpl: one state of agg_first_last.c. Parameters, undefined at the end:
 *
 *   NAME(op)     how its functions are called; NAME(state) is the state
 *   PHYSICAL     PHYSICAL_BIT, PHYSICAL_I64 (any eight bytes) or PHYSICAL_TEXT
 *   LAST         false: first, true: last */

static void NAME(add_many)(const struct agg_part *part, uint8_t *const *cells,
                           const struct agg_rows *rows)
{
    for (uint32_t i = 0; i < rows->n; i++) {
        if (!column_is_null(rows->arg, i)) {
            offer_row(part, cells[i], rows, i, PHYSICAL, LAST);
        }
    }
}

static void NAME(add_run)(const struct agg_part *part, uint8_t *cell, const struct agg_rows *rows)
{
    uint32_t i = best_of_run(rows, LAST);
    if (i < rows->n) {
        offer_row(part, cell, rows, i, PHYSICAL, LAST);
    }
}

static void NAME(merge_many)(const struct agg_part *part, uint8_t *const *into,
                             uint8_t *const *from, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        offer_pick(part, into[i], from[i], PHYSICAL, LAST);
    }
}

static void NAME(save)(const struct agg_part *part, const uint8_t *cell, struct bytebuf *out)
{
    pick_save((const struct pick *)(cell + part->offset), out, PHYSICAL);
}

static bool NAME(load)(const struct agg_part *part, uint8_t *cell, struct reader *in)
{
    return pick_load(part, cell, in, PHYSICAL);
}

const struct agg_state NAME(state) = {
    .name = LAST ? "last" : "first",
    .bytes = sizeof(struct pick),
    .reads_time = true,
    .add_many = NAME(add_many),
    .add_run = NAME(add_run),
    .merge_many = NAME(merge_many),
    .release = PHYSICAL == PHYSICAL_TEXT ? pick_release : NULL,
    .save = NAME(save),
    .load = NAME(load),
};

#undef NAME
#undef PHYSICAL
#undef LAST
