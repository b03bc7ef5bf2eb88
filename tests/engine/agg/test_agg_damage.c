/* Saved state that was cut, flipped or made up: every aggregate either refuses it and leaves an
 * empty cell that owns nothing, or takes it for a state that can be used like any other. Run under
 * the sanitizers, that is the point. */
#include "engine/base/mem.h"
#include "tests/engine/agg/agg_subjects.h"

enum { ROWS = 65, FLIPS = 60 };

struct fixture {
    struct arena arena;
    struct rng *rng;
    const struct subject *subject;
    struct agg_set *set;
    uint8_t *cell; /* what was saved */
    struct slice bytes;
};

static void fixture_init(struct fixture *f, struct rng *rng, const struct subject *subject,
                         enum flavour flavour)
{
    struct bytebuf bytes = {0};
    *f = (struct fixture){.rng = rng, .subject = subject};
    arena_init(&f->arena);
    f->set = agg_set_new(&f->arena, &subject->call, 1);
    f->cell = arena_zalloc(&f->arena, agg_set_bytes(f->set));
    struct batch batch = random_batch(rng, &f->arena, subject->call.arg_types[0], ROWS, flavour);
    agg_set_add_run(f->set, f->cell, &batch);
    agg_set_save(f->set, f->cell, &bytes);
    f->bytes = arena_copy(&f->arena, bytebuf_slice(&bytes));
    bytebuf_release(&bytes);
}

static void fixture_release(struct fixture *f)
{
    agg_set_release_many(f->set, &f->cell, 1);
    assert_int_equal(agg_set_owned_bytes(f->set), 0);
    agg_set_free(f->set);
    arena_release(&f->arena);
}

static void use(struct fixture *f, uint8_t *cell)
{
    struct column column;
    struct bytebuf bytes = {0};
    uint8_t *sum = arena_zalloc(&f->arena, agg_set_bytes(f->set));
    agg_set_merge_many(f->set, &sum, &cell, 1);
    agg_set_merge_many(f->set, &sum, &f->cell, 1);
    agg_set_merge_many(f->set, &cell, &sum, 1);
    uint8_t *both[] = {cell, sum};
    agg_set_emit(f->set, both, 2, &f->arena, &column);
    agg_set_save(f->set, cell, &bytes);
    bytebuf_release(&bytes);
    agg_set_release_many(f->set, both, 2);
}

/* Loads the bytes. Returns whether they were taken. */
static bool load(struct fixture *f, struct slice bytes)
{
    size_t owned = agg_set_owned_bytes(f->set);
    uint8_t *cell = arena_zalloc(&f->arena, agg_set_bytes(f->set));
    uint8_t *empty = arena_zalloc(&f->arena, agg_set_bytes(f->set));
    struct reader in = reader_of(bytes);
    struct error err;
    enum status status = agg_set_load(f->set, cell, &in, &err);
    if (status == OK) {
        use(f, cell);
    } else {
        RNG_CHECK(f->rng, status == ERR_STATE);
    }
    RNG_CHECK(f->rng, agg_set_owned_bytes(f->set) == owned);
    RNG_CHECK(f->rng, memcmp(cell, empty, agg_set_bytes(f->set)) == 0);
    return status == OK;
}

static void try_cuts(struct fixture *f)
{
    for (size_t len = 0; len < f->bytes.len; len++) {
        /* An exact copy, so that reading one byte too far is seen. */
        uint8_t *cut = mem_alloc(len);
        memcpy(cut, f->bytes.at, len);
        RNG_CHECK(f->rng, !load(f, slice_of(cut, len)));
        mem_free(cut);
    }
    RNG_CHECK(f->rng, load(f, f->bytes));
}

static void try_flips(struct fixture *f)
{
    uint8_t *bytes = arena_alloc(&f->arena, f->bytes.len);
    for (int i = 0; i < FLIPS; i++) {
        memcpy(bytes, f->bytes.at, f->bytes.len);
        for (uint64_t n = 1 + rng_below(f->rng, 3); n > 0; n--) {
            uint64_t bit = rng_below(f->rng, 8 * f->bytes.len);
            bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        load(f, slice_of(bytes, f->bytes.len));
    }
}

static void try_noise(struct fixture *f)
{
    uint8_t bytes[64];
    for (int i = 0; i < FLIPS; i++) {
        size_t len = rng_below(f->rng, sizeof bytes);
        bool sparse = rng_once_in(f->rng, 2);
        for (size_t j = 0; j < len; j++) {
            bytes[j] = sparse && !rng_once_in(f->rng, 6) ? 0 : (uint8_t)rng_u64(f->rng);
        }
        load(f, slice_of(bytes, len));
    }
}

static void each_subject(void (*try)(struct fixture *f))
{
    struct rng rng;
    struct arena arena;
    struct subject subject;
    enum subject_found found = SUBJECT_FOUND;
    rng_init(&rng);
    arena_init(&arena);
    for (uint32_t i = 0; found != SUBJECTS_END; i++) {
        found = subject_at(&arena, i, &subject);
        for (int flavour = 0; found == SUBJECT_FOUND && flavour < FLAVOURS; flavour++) {
            struct fixture f;
            fixture_init(&f, &rng, &subject, (enum flavour)flavour);
            try(&f);
            fixture_release(&f);
        }
    }
    arena_release(&arena);
}

static void test_cut(void **state)
{
    (void)state;
    each_subject(try_cuts);
}

static void test_flipped(void **state)
{
    (void)state;
    each_subject(try_flips);
}

static void test_noise(void **state)
{
    (void)state;
    each_subject(try_noise);
}

/* A large HyperLogLog is saved in another form than a small one; 65 rows do not reach it. */
static void test_dense_registers(void **state)
{
    (void)state;
    struct rng rng;
    struct arena arena;
    struct subject subject = {.name = "approx_count_distinct"};
    struct type type = type_of(TYPE_BIGINT);
    struct error err;
    struct fixture f;
    rng_init(&rng);
    arena_init(&arena);
    assert_int_equal(agg_resolve(&arena, slice_text(subject.name), false, &type, 1, NULL, 0,
                                 &subject.call, &err),
                     OK);
    subject.call.args[0] = 1;
    fixture_init(&f, &rng, &subject, TAME);
    struct batch batch = random_batch(&rng, &f.arena, type, BATCH_ROWS, TAME);
    batch.columns[1] = random_column(&rng, &f.arena, type, BATCH_ROWS, TAME, 0);
    agg_set_add_run(f.set, f.cell, &batch);
    struct bytebuf bytes = {0};
    agg_set_save(f.set, f.cell, &bytes);
    assert_int_equal(bytes.len, 1 + 4096);
    f.bytes = bytebuf_slice(&bytes);
    RNG_CHECK(&rng, load(&f, f.bytes));
    RNG_CHECK(&rng, !load(&f, slice_of(bytes.at, bytes.len - 1)));
    try_flips(&f);
    memset(bytes.at + 1, 0, 4096); /* a form that saving would not have chosen */
    RNG_CHECK(&rng, !load(&f, f.bytes));
    bytebuf_release(&bytes);
    fixture_release(&f);
    arena_release(&arena);
}

/* Bytes that have the right form and say something impossible. */
static void test_contradictions(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum type_id type;
        uint32_t n;
        uint8_t bytes[48];
    } cases[] = {
        {"approx_count_distinct", TYPE_BIGINT, 9, {0, 1, 0, 0, 0, 1, 0, 16, 0}}, /* register 4096 */
        {"approx_count_distinct", TYPE_BIGINT, 9, {0, 1, 0, 0, 0, 54, 9, 0, 0}}, /* rank 54 */
        {"approx_count_distinct", TYPE_BIGINT, 9, {0, 1, 0, 0, 0, 0, 9, 0, 0}},  /* rank 0 */
        {"approx_percentile", TYPE_DOUBLE, 24, {0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0,
                                                0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0}}, /* bin 2^18 */
        {"approx_percentile", TYPE_DOUBLE, 8, {7}},            /* seven times coarser */
        {"sum", TYPE_BIGINT, 24, {0, 0, 0, 0, 0, 0, 0, 0, 5}}, /* 5 of no rows */
        {"avg", TYPE_DOUBLE, 16, {0, 0, 0, 0, 0, 0, 0, 0, 1}},
        {"min", TYPE_BIGINT, 16, {1, 0, 0, 0, 0, 0, 0, 0, 1}}, /* least above greatest */
        {"first", TYPE_BOOLEAN, 25, {1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}},
        {"first", TYPE_BIGINT, 25, {2}},
        {"max", TYPE_TEXT, 5, {2}},
        {"count", TYPE_TEXT, 8, {0, 0, 0, 0, 0, 0, 1, 1}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct arena arena;
        struct rng rng;
        struct subject subject = {.name = ""};
        struct type type = type_of(cases[i].type);
        struct value p = value_double(0.5);
        struct error err;
        struct fixture f;
        uint32_t n_params = strcmp(cases[i].name, "approx_percentile") == 0;
        rng_init(&rng);
        arena_init(&arena);
        assert_int_equal(agg_resolve(&arena, slice_text(cases[i].name), false, &type, 1, &p,
                                     n_params, &subject.call, &err),
                         OK);
        subject.call.args[0] = 1;
        fixture_init(&f, &rng, &subject, TAME);
        assert_false(load(&f, slice_of(cases[i].bytes, cases[i].n)));
        fixture_release(&f);
        arena_release(&arena);
    }
}

/* Parts that are fused have to agree. */
static void test_fused_parts_disagree(void **state)
{
    (void)state;
    static const char *const names[] = {"sum", "min"};
    for (uint8_t id = TYPE_BIGINT; id <= TYPE_DOUBLE; id++) {
        struct arena arena;
        struct agg_call calls[2];
        struct error err;
        struct type type = type_of((enum type_id)id);
        arena_init(&arena);
        for (int i = 0; i < 2; i++) {
            assert_int_equal(agg_resolve(&arena, slice_text(names[i]), false, &type, 1, NULL, 0,
                                         &calls[i], &err),
                             OK);
        }
        struct agg_set *set = agg_set_new(&arena, calls, 2);
        uint32_t sum_bytes = id == TYPE_BIGINT ? 24 : 16;
        assert_int_equal(agg_set_bytes(set), sum_bytes + 16);
        uint8_t bytes[40] = {0};
        uint8_t *cell = arena_zalloc(&arena, agg_set_bytes(set));
        bytes[0] = 1; /* one row, and no smallest value */
        struct reader in = reader_of(slice_of(bytes, sum_bytes + 16));
        assert_int_equal(agg_set_load(set, cell, &in, &err), ERR_STATE);
        bytes[0] = 0;
        in = reader_of(slice_of(bytes, sum_bytes + 16));
        assert_int_equal(agg_set_load(set, cell, &in, &err), OK);
        agg_set_free(set);
        arena_release(&arena);
    }
}

TEST_MAIN(cmocka_unit_test(test_cut), cmocka_unit_test(test_flipped), cmocka_unit_test(test_noise),
          cmocka_unit_test(test_dense_registers), cmocka_unit_test(test_contradictions),
          cmocka_unit_test(test_fused_parts_disagree))
