/* random_rows: see random_rows.h. */
#include "tests/support/random_rows.h"

#include "engine/data/value.h"

static struct text random_text(struct arena *arena, struct rng *rng)
{
    uint32_t kind = (uint32_t)rng_below(rng, 10);
    uint32_t len = kind == 0 ? 0 : kind < 9 ? 1 + (uint32_t)rng_below(rng, 2) : 40;
    uint8_t *bytes = arena_alloc(arena, len);
    for (uint32_t i = 0; i < len; i++) {
        bytes[i] = rng_once_in(rng, 8) ? 0 : (uint8_t)('a' + rng_below(rng, 3));
    }
    return (struct text){bytes, len};
}

static struct value random_value(struct arena *arena, struct type type, struct rng *rng)
{
    struct value value = {.type = type};
    switch (type_physical(type)) {
    case PHYSICAL_BIT:
        value.boolean = rng_once_in(rng, 2);
        break;
    case PHYSICAL_I64:
        value.i64 = (int64_t)rng_below(rng, 21) - 10;
        break;
    case PHYSICAL_F64:
        value.f64 = (double)rng_below(rng, 21) / 4 - 2.5;
        break;
    case PHYSICAL_TEXT:
        value.text = random_text(arena, rng);
        break;
    }
    return value;
}

void batch_random(struct batch *batch, const struct schema *schema, struct arena *arena,
                  struct rng *rng, uint32_t n)
{
    batch_init(batch, schema, arena);
    batch->n = n;
    for (uint32_t c = 0; c < schema->n; c++) {
        const struct field *field = &schema->fields[c];
        struct column_out out = column_out_new(arena, field->type, n);
        for (uint32_t i = 0; i < n; i++) {
            struct value value = random_value(arena, field->type, rng);
            value.is_null = !field->not_null && rng_once_in(rng, 8);
            column_out_put(&out, i, n, &value);
        }
        batch->columns[c] = column_view(&out, n);
    }
}

bool batch_equal(const struct batch *a, const struct batch *b)
{
    if (a->n != b->n || a->schema->n != b->schema->n) {
        return false;
    }
    for (uint32_t c = 0; c < a->schema->n; c++) {
        const struct column *x = &a->columns[c];
        const struct column *y = &b->columns[c];
        if ((x->values == NULL) != (y->values == NULL)) {
            return false;
        }
        for (uint32_t i = 0; x->values != NULL && i < a->n; i++) {
            struct value u = column_value(x, i);
            struct value v = column_value(y, i);
            if (!value_equal(&u, &v)) {
                return false;
            }
        }
    }
    return true;
}
