/* What every aggregate of agg.def must satisfy, on every type it takes (style.md rule 25):
 *
 *   - adding rows at once, as a run, one by one or in pieces gives the same state, byte for byte;
 *   - the result is what a naive model computes;
 *   - merging is associative and does not touch what is merged;
 *   - where there is an inverse, inverse(add(x)) is the identity, and so is retract;
 *   - what was saved and loaded is as good as the original;
 *   - a released cell is all zero and owns nothing.
 *
 * Where panes are merged, DOUBLE sums add up in another order: results may then differ by rounding,
 * a relative 1e-9 here, and only for aggregates that sum doubles. */
#include "tests/engine/agg/agg_model.h"
#include "tests/engine/agg/agg_subjects.h"

#define MERGE_TOLERANCE 1e-9

/* One subject over one random batch. */
struct trial {
    struct arena arena;
    struct rng *rng;
    const struct subject *subject;
    struct agg_set *set;
    struct batch batch;
    enum flavour flavour;
    uint8_t *made[64]; /* cells to release at the end */
    uint32_t n_made;
};

static uint8_t *new_cell(struct trial *t)
{
    uint8_t *cell = arena_zalloc(&t->arena, agg_set_bytes(t->set));
    assert_true(t->n_made < sizeof t->made / sizeof t->made[0]);
    t->made[t->n_made++] = cell;
    return cell;
}

static void add_many(struct trial *t, uint8_t *cell, const struct batch *batch)
{
    uint8_t *cells[BATCH_ROWS];
    for (uint32_t i = 0; i < batch->n; i++) {
        cells[i] = cell;
    }
    agg_set_add_many(t->set, cells, batch);
}

/* A new cell that holds rows [from, to). */
static uint8_t *cell_of(struct trial *t, uint32_t from, uint32_t to)
{
    uint8_t *cell = new_cell(t);
    struct batch slice = batch_slice(&t->arena, &t->batch, from, to);
    agg_set_add_run(t->set, cell, &slice);
    return cell;
}

static uint8_t *merged(struct trial *t, uint8_t *a, uint8_t *b)
{
    uint8_t *cell = new_cell(t);
    agg_set_merge_many(t->set, &cell, &a, 1);
    agg_set_merge_many(t->set, &cell, &b, 1);
    return cell;
}

static struct slice saved(struct trial *t, const uint8_t *cell)
{
    struct bytebuf bytes = {0};
    agg_set_save(t->set, cell, &bytes);
    struct slice copy = arena_copy(&t->arena, bytebuf_slice(&bytes));
    bytebuf_release(&bytes);
    return copy;
}

static struct value result_of(struct trial *t, uint8_t *cell)
{
    struct column column;
    agg_set_emit(t->set, &cell, 1, &t->arena, &column);
    assert_int_equal(column.n, 1);
    assert_true(type_equal(column.type, t->subject->call.result));
    return column_value(&column, 0);
}

/* ---- comparing ------------------------------------------------------------------------------- */

static bool near(double a, double b, double relative, double absolute)
{
    if (isnan(a) || isnan(b)) {
        return isnan(a) && isnan(b);
    }
    return a == b || fabs(a - b) <= absolute + relative * fmax(fabs(a), fabs(b));
}

static bool values_near(const struct value *a, const struct value *b, double relative,
                        double absolute)
{
    if (a->is_null || b->is_null || a->type.id != TYPE_DOUBLE) {
        return value_equal(a, b);
    }
    return near(a->f64, b->f64, relative, absolute);
}

/* Results that depend on the order in which doubles are added. */
static bool sums_doubles(const struct subject *subject)
{
    agg_emit_fn *emit = subject->call.kind->emit;
    bool sum = emit == agg_sum_emit || emit == agg_avg_emit || emit == agg_var_pop_emit ||
               emit == agg_var_samp_emit || emit == agg_stddev_pop_emit ||
               emit == agg_stddev_samp_emit;
    return sum && subject->call.arg_types[0].id == TYPE_DOUBLE;
}

static void fail_trial(const struct trial *t, const char *what, const struct value *a,
                       const struct value *b)
{
    struct bytebuf text = {0};
    value_print(&text, a);
    bytebuf_add_text(&text, " and ");
    value_print(&text, b);
    print_error("%s, %u rows, flavour %d, first_row %u: %s: %s\n", t->subject->name, t->batch.n,
                (int)t->flavour, (unsigned)t->batch.first_row, what, bytebuf_text(&text));
    bytebuf_release(&text);
    rng_fail(t->rng, __FILE__, __LINE__, what);
}

static void check_same_result(struct trial *t, uint8_t *a, uint8_t *b, const char *what)
{
    struct value x = result_of(t, a);
    struct value y = result_of(t, b);
    bool inexact = sums_doubles(t->subject) && !t->subject->call.distinct;
    if (inexact && t->flavour == WILD) {
        return; /* sums near the end of the range of doubles have no tolerance */
    }
    bool same =
        inexact ? values_near(&x, &y, MERGE_TOLERANCE, MERGE_TOLERANCE * 1e6) : value_equal(&x, &y);
    if (!same) {
        fail_trial(t, what, &x, &y);
    }
}

static void check_same_bytes(struct trial *t, struct slice a, struct slice b, const char *what)
{
    if (!slice_equal(a, b)) {
        struct value x = value_bigint((int64_t)a.len);
        struct value y = value_bigint((int64_t)b.len);
        fail_trial(t, what, &x, &y);
    }
}

/* ---- properties ------------------------------------------------------------------------------ */

static void check_ways_of_adding(struct trial *t)
{
    uint32_t n = t->batch.n;
    uint8_t *many = new_cell(t);
    uint8_t *run = new_cell(t);
    uint8_t *single = new_cell(t);
    uint8_t *pieces = new_cell(t);
    add_many(t, many, &t->batch);
    agg_set_add_run(t->set, run, &t->batch);
    for (uint32_t i = 0; i < n; i++) {
        struct batch row = batch_slice(&t->arena, &t->batch, i, i + 1);
        add_many(t, single, &row);
    }
    for (uint32_t from = 0; from < n;) {
        uint32_t to = from + 1 + (uint32_t)rng_below(t->rng, n - from);
        struct batch piece = batch_slice(&t->arena, &t->batch, from, to);
        agg_set_add_run(t->set, pieces, &piece);
        from = to;
    }
    struct slice bytes = saved(t, many);
    check_same_bytes(t, bytes, saved(t, run), "add_many and add_run");
    check_same_bytes(t, bytes, saved(t, single), "add_many and one by one");
    check_same_bytes(t, bytes, saved(t, pieces), "add_many and in pieces");
}

/* Rows go to cells of their own choice: each cell gets exactly its rows. */
static void check_groups(struct trial *t)
{
    enum { GROUPS = 3 };
    uint8_t *groups[GROUPS] = {new_cell(t), new_cell(t), new_cell(t)};
    uint8_t *apart[GROUPS] = {new_cell(t), new_cell(t), new_cell(t)};
    uint8_t *cells[BATCH_ROWS];
    for (uint32_t i = 0; i < t->batch.n; i++) {
        uint64_t g = rng_below(t->rng, GROUPS);
        cells[i] = groups[g];
        struct batch row = batch_slice(&t->arena, &t->batch, i, i + 1);
        agg_set_add_run(t->set, apart[g], &row);
    }
    agg_set_add_many(t->set, cells, &t->batch);
    for (int g = 0; g < GROUPS; g++) {
        check_same_bytes(t, saved(t, groups[g]), saved(t, apart[g]), "groups");
    }
}

static void check_model(struct trial *t)
{
    agg_emit_fn *emit = t->subject->call.kind->emit;
    struct model model = {.call = &t->subject->call,
                          .column = &t->batch.columns[1],
                          .n = t->batch.n};
    model.time = t->subject->call.time_column < 0 ? NULL : &t->batch.columns[0];
    struct value expected = model_result(&t->arena, &model);
    struct value actual = result_of(t, cell_of(t, 0, t->batch.n));
    bool same;
    if (emit == agg_approx_count_emit) {
        double tolerance = fmax(2, 4 * 0.01625 * (double)expected.i64);
        same = fabs((double)actual.i64 - (double)expected.i64) <= tolerance;
    } else if (emit == agg_approx_percentile_emit) {
        bool denormal = fabs(expected.f64) < 0x1p-1022 && expected.f64 != 0;
        same = denormal || values_near(&actual, &expected, 0.01, 0);
    } else if (emit == agg_var_pop_emit || emit == agg_var_samp_emit ||
               emit == agg_stddev_pop_emit || emit == agg_stddev_samp_emit) {
        same = t->flavour == WILD || values_near(&actual, &expected, 1e-9, 0);
    } else {
        same = value_equal(&actual, &expected);
    }
    if (!same) {
        fail_trial(t, "result and model", &actual, &expected);
    }
}

static void check_merge(struct trial *t)
{
    uint32_t n = t->batch.n;
    uint32_t i = (uint32_t)rng_below(t->rng, n + 1);
    uint32_t j = i + (uint32_t)rng_below(t->rng, n - i + 1);
    uint8_t *a = cell_of(t, 0, i);
    uint8_t *b = cell_of(t, i, j);
    uint8_t *c = cell_of(t, j, n);
    struct slice before = saved(t, b);
    uint8_t *whole = cell_of(t, 0, n);
    uint8_t *left = merged(t, merged(t, a, b), c);
    uint8_t *right = merged(t, a, merged(t, b, c));
    uint8_t *backwards = merged(t, c, merged(t, b, a));
    check_same_result(t, left, whole, "merged and whole");
    check_same_result(t, left, right, "(a + b) + c and a + (b + c)");
    check_same_result(t, left, backwards, "(a + b) + c and c + (b + a)");
    check_same_bytes(t, before, saved(t, b), "before and after being merged");

    /* A merged cell goes on like any other. */
    agg_set_add_run(t->set, left, &t->batch);
    agg_set_add_run(t->set, whole, &t->batch);
    check_same_result(t, left, whole, "merged and whole, continued");
}

static void check_inverse(struct trial *t)
{
    if (!agg_set_invertible(t->set)) {
        return;
    }
    uint32_t n = t->batch.n;
    uint32_t i = (uint32_t)rng_below(t->rng, n + 1);
    uint8_t *a = cell_of(t, 0, i);
    uint8_t *b = cell_of(t, i, n);
    uint8_t *window = merged(t, a, b);
    agg_set_inverse_many(t->set, &window, &b, 1);
    check_same_result(t, window, a, "a + b - b and a");
    agg_set_inverse_many(t->set, &window, &a, 1);

    uint8_t *rows = cell_of(t, 0, n);
    uint8_t *cells[BATCH_ROWS];
    for (uint32_t r = 0; r < n; r++) {
        cells[r] = rows;
    }
    struct batch front = batch_slice(&t->arena, &t->batch, 0, i);
    struct batch back = batch_slice(&t->arena, &t->batch, i, n);
    agg_set_retract_many(t->set, cells, &front);
    check_same_result(t, rows, b, "all without the front and the back");
    agg_set_retract_many(t->set, cells, &back);

    uint8_t *empty = new_cell(t);
    assert_memory_equal(window, empty, agg_set_bytes(t->set));
    assert_memory_equal(rows, empty, agg_set_bytes(t->set));
}

static void check_saved(struct trial *t)
{
    uint32_t middle = (uint32_t)rng_below(t->rng, t->batch.n + 1);
    uint8_t *cell = cell_of(t, 0, middle);
    uint8_t *rest = cell_of(t, middle, t->batch.n);
    uint8_t *loaded = new_cell(t);
    struct slice bytes = saved(t, cell);
    struct reader in = reader_of(bytes);
    struct error err;
    assert_int_equal(agg_set_load(t->set, loaded, &in, &err), OK);
    assert_int_equal(reader_left(&in), 0);
    check_same_result(t, cell, loaded, "saved and loaded");
    assert_int_equal(saved(t, loaded).len, bytes.len);
    check_same_result(t, merged(t, cell, rest), merged(t, loaded, rest), "loaded and merged");
}

static void check_release(struct trial *t)
{
    uint8_t *empty = arena_zalloc(&t->arena, agg_set_bytes(t->set));
    agg_set_release_many(t->set, t->made, t->n_made);
    for (uint32_t i = 0; i < t->n_made; i++) {
        assert_memory_equal(t->made[i], empty, agg_set_bytes(t->set));
    }
    assert_int_equal(agg_set_owned_bytes(t->set), 0);
    agg_set_free(t->set);
}

static void run_trial(struct rng *rng, const struct subject *subject, uint32_t n,
                      enum flavour flavour)
{
    struct trial t = {.rng = rng, .subject = subject, .flavour = flavour};
    arena_init(&t.arena);
    t.batch = random_batch(rng, &t.arena, subject->call.arg_types[0], n, flavour);
    t.set = agg_set_new(&t.arena, &subject->call, 1);
    check_ways_of_adding(&t);
    check_groups(&t);
    check_model(&t);
    check_merge(&t);
    check_inverse(&t);
    check_saved(&t);
    check_release(&t);
    arena_release(&t.arena);
}

static void test_properties(void **state)
{
    (void)state;
    static const uint32_t lengths[] = EDGE_LENGTHS;
    struct rng rng;
    struct arena arena;
    struct subject subject;
    enum subject_found found = SUBJECT_FOUND;
    uint32_t n_subjects = 0;
    rng_init(&rng);
    arena_init(&arena);
    for (uint32_t i = 0; found != SUBJECTS_END; i++) {
        found = subject_at(&arena, i, &subject);
        if (found != SUBJECT_FOUND) {
            continue;
        }
        n_subjects++;
        for (size_t l = 0; l < sizeof lengths / sizeof lengths[0]; l++) {
            for (int flavour = 0; flavour < FLAVOURS; flavour++) {
                run_trial(&rng, &subject, lengths[l], (enum flavour)flavour);
            }
        }
    }
    assert_true(n_subjects > 100);
    arena_release(&arena);
}

TEST_MAIN(cmocka_unit_test(test_properties))
