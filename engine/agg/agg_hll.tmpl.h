/* agg_hll.tmpl: the HyperLogLog of one physical type. Parameters, undefined at the end:
 *
 *   NAME(op)     how its functions are called; NAME(state) is the state
 *   PHYSICAL     the physical type of the argument */

static void NAME(add_many)(const struct agg_part *part, uint8_t *const *cells,
                           const struct agg_rows *rows)
{
    hll_add_rows(part, cells, rows, PHYSICAL);
}

static void NAME(add_run)(const struct agg_part *part, uint8_t *cell, const struct agg_rows *rows)
{
    hll_add_rows_to_one(part, cell, rows, PHYSICAL);
}

const struct agg_state NAME(state) = {
    .name = "hll",
    .bytes = sizeof(struct hll),
    .add_many = NAME(add_many),
    .add_run = NAME(add_run),
    .merge_many = hll_merge_many,
    .release = hll_release,
    .save = hll_save,
    .load = hll_load,
};

#undef NAME
#undef PHYSICAL
