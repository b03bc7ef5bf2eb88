/* agg_distinct.tmpl: the bag as a state of one physical type. Parameters, undefined at the end:
 *
 *   NAME(op)     how its functions are called; NAME(state) is the state
 *   PHYSICAL     the physical type of the argument */

static void NAME(add_many)(const struct agg_part *part, uint8_t *const *cells,
                           const struct agg_rows *rows)
{
    add_rows(part, cells, rows, PHYSICAL);
}

static void NAME(add_run)(const struct agg_part *part, uint8_t *cell, const struct agg_rows *rows)
{
    add_rows_to_one(part, cell, rows, PHYSICAL);
}

static void NAME(retract_many)(const struct agg_part *part, uint8_t *const *cells,
                               const struct agg_rows *rows)
{
    take_rows(part, cells, rows, PHYSICAL);
}

const struct agg_state NAME(state) = {
    .name = "bag",
    .bytes = sizeof(struct bag),
    .add_many = NAME(add_many),
    .add_run = NAME(add_run),
    .merge_many = bags_merge_many,
    .inverse_many = bags_inverse_many,
    .retract_many = NAME(retract_many),
    .release = bags_release,
    .save = bags_save,
    .load = bags_load,
};

#undef NAME
#undef PHYSICAL
