/* agg_summary.tmpl: one state of agg_summary.c. Parameters, undefined at the end:
 *
 *   NAME(op)      how its functions are called
 *   NUMBER(op)    the loops it is made of: i64_##op or f64_##op
 *   WHAT          WITH_SUM, WITH_RANGE or both
 *
 * The same loop over a run is compiled twice: the vector lanes of AVX2 have a 64-bit compare, which
 * min and max of integers need. */

static void NAME(add_many)(const struct agg_part *part, uint8_t *const *cells,
                           const struct agg_rows *rows)
{
    NUMBER(add_many)(part, cells, rows, WHAT);
}

LANES_WIDE static void NAME(add_run_wide)(const struct agg_part *part, uint8_t *cell,
                                          const struct agg_rows *rows)
{
    NUMBER(add_run)(cell + part->offset, rows, WHAT);
}

static void NAME(add_run_plain)(const struct agg_part *part, uint8_t *cell,
                                const struct agg_rows *rows)
{
    NUMBER(add_run)(cell + part->offset, rows, WHAT);
}

static void NAME(add_run)(const struct agg_part *part, uint8_t *cell, const struct agg_rows *rows)
{
    if (lanes_wide_usable()) {
        NAME(add_run_wide)(part, cell, rows);
    } else {
        NAME(add_run_plain)(part, cell, rows);
    }
}

static void NAME(merge_many)(const struct agg_part *part, uint8_t *const *into,
                             uint8_t *const *from, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        NUMBER(merge)(into[i] + part->offset, from[i] + part->offset, WHAT);
    }
}

static void NAME(save)(const struct agg_part *part, const uint8_t *cell, struct bytebuf *out)
{
    NUMBER(save)(cell + part->offset, out, WHAT);
}

static bool NAME(load)(const struct agg_part *part, uint8_t *cell, struct reader *in)
{
    return NUMBER(load)(cell + part->offset, in, WHAT);
}

#undef NAME
#undef NUMBER
#undef WHAT
