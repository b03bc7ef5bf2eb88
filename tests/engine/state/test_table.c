/* table: against a naive map of keys. */
#include "tests/support/testing.h"

#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/mem.h"
#include "engine/data/rowkey.h"
#include "engine/state/table.h"
#include "tests/support/rng.h"

enum { UNIVERSE = 3000, BATCH_MAX = 300 };

struct entry {
    struct text key;
    uint32_t id; /* TABLE_NO_ID: not in the table */
    uint32_t users;
};

struct model {
    struct arena arena;
    struct entry entries[UNIVERSE];
    uint32_t n_keys;
};

static bool key_equal(struct text a, struct text b)
{
    return a.len == b.len && (a.len == ROWKEY_NULL || slice_equal(text_slice(a), text_slice(b)));
}

/* Keys that a table might mix up: lengths around 16, common starts, zero bytes at the end, NULL. */
static struct text make_key(struct arena *arena, uint32_t i)
{
    static const uint32_t lengths[] = {1, 3, 4, 7, 8, 9, 15, 16, 17, 24, 40, 300};
    if (i == 0) {
        return (struct text){NULL, ROWKEY_NULL};
    }
    if (i < 20) { /* the empty text and runs of zeros */
        return (struct text){arena_zalloc(arena, i), i - 1};
    }
    uint32_t len = lengths[i % 12] < 4 ? 4 : lengths[i % 12];
    uint8_t *bytes = arena_alloc(arena, len);
    memset(bytes, 'k', len);
    uint32_t where = (i / 12) % 3; /* the number at the start, the end or in the middle */
    uint32_t at = where == 0 ? 0 : where == 1 ? len - 4 : (len - 4) / 2;
    memcpy(bytes + at, &i, sizeof i);
    return (struct text){bytes, len};
}

static struct model *model_new(void)
{
    struct model *model = mem_zalloc(sizeof *model);
    arena_init(&model->arena);
    for (uint32_t i = 0; i < UNIVERSE; i++) {
        model->entries[i] = (struct entry){make_key(&model->arena, i), TABLE_NO_ID, 0};
    }
    return model;
}

static void model_free(struct model *model)
{
    arena_release(&model->arena);
    mem_free(model);
}

static void add_many(struct rng *rng, struct model *model, struct table *table, uint32_t reach)
{
    struct text keys[BATCH_MAX];
    uint64_t hashes[BATCH_MAX];
    uint32_t ids[BATCH_MAX];
    struct entry *entries[BATCH_MAX];
    uint32_t n = (uint32_t)rng_below(rng, BATCH_MAX + 1);
    for (uint32_t i = 0; i < n; i++) {
        entries[i] = &model->entries[rng_below(rng, reach)];
        keys[i] = entries[i]->key;
    }
    rowkey_hash(keys, n, hashes);
    table_find_or_add_many(table, keys, hashes, n, ids);
    for (uint32_t i = 0; i < n; i++) {
        if (entries[i]->id == TABLE_NO_ID) {
            entries[i]->id = ids[i];
            entries[i]->users = 1;
            model->n_keys++;
            table_retain(table, ids[i]);
        }
        RNG_CHECK(rng, entries[i]->id == ids[i]);
        RNG_CHECK(rng, ids[i] < table_id_end(table));
    }
}

static void retain_some(struct rng *rng, struct model *model, struct table *table)
{
    for (uint32_t i = 0; i < 50; i++) {
        struct entry *entry = &model->entries[rng_below(rng, UNIVERSE)];
        if (entry->id != TABLE_NO_ID) {
            entry->users++;
            table_retain(table, entry->id);
        }
    }
}

static void drop_some(struct rng *rng, struct model *model, struct table *table, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        struct entry *entry = &model->entries[rng_below(rng, UNIVERSE)];
        if (entry->id == TABLE_NO_ID) {
            continue;
        }
        table_drop(table, entry->id);
        if (--entry->users == 0) {
            entry->id = TABLE_NO_ID;
            model->n_keys--;
        }
    }
}

static void check_all(struct rng *rng, const struct model *model, struct table *table)
{
    uint8_t *is_used = mem_zalloc((size_t)table_id_end(table) + 1);
    RNG_CHECK(rng, table_count(table) == model->n_keys);
    for (uint32_t i = 0; i < UNIVERSE; i++) {
        const struct entry *entry = &model->entries[i];
        RNG_CHECK(rng, table_find(table, entry->key) == entry->id);
        if (entry->id != TABLE_NO_ID) {
            RNG_CHECK(rng, key_equal(table_key(table, entry->id), entry->key));
            RNG_CHECK(rng, is_used[entry->id] == 0);
            is_used[entry->id] = 1;
        }
    }
    mem_free(is_used);
}

static void check_order(struct rng *rng, const struct model *model, struct table *table)
{
    uint32_t n;
    const uint32_t *order = table_order(table, &n);
    RNG_CHECK(rng, n == model->n_keys);
    for (uint32_t i = 1; i < n; i++) {
        RNG_CHECK(rng,
                  rowkey_compare(table_key(table, order[i - 1]), table_key(table, order[i])) < 0);
    }
}

static void check_sort(struct rng *rng, const struct model *model, struct table *table)
{
    uint32_t ids[BATCH_MAX];
    uint32_t n = 0;
    for (uint32_t i = 0; i < BATCH_MAX; i++) {
        uint32_t id = model->entries[rng_below(rng, UNIVERSE)].id;
        ids[n] = id;
        n += id != TABLE_NO_ID;
    }
    table_sort(table, ids, n);
    for (uint32_t i = 1; i < n; i++) {
        RNG_CHECK(rng, rowkey_compare(table_key(table, ids[i - 1]), table_key(table, ids[i])) <= 0);
    }
}

static void test_model(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng);
    struct model *model = model_new();
    struct table *table = table_new();
    for (uint32_t round = 0; round < 600; round++) {
        uint32_t reach = round % 200 < 100 ? UNIVERSE : 40; /* the table grows and empties */
        add_many(&rng, model, table, reach);
        retain_some(&rng, model, table);
        drop_some(&rng, model, table, round % 200 < 100 ? 200 : 3000);
        if (rng_once_in(&rng, 5)) {
            check_order(&rng, model, table);
        }
        if (rng_once_in(&rng, 5)) {
            check_sort(&rng, model, table);
        }
        if (rng_once_in(&rng, 20)) {
            check_all(&rng, model, table);
        }
    }
    check_all(&rng, model, table);
    check_order(&rng, model, table);
    table_free(table);
    model_free(model);
}

static uint32_t add_number(struct table *table, uint64_t number)
{
    struct text key = {(const uint8_t *)&number, sizeof number};
    uint64_t hash;
    uint32_t id;
    rowkey_hash(&key, 1, &hash);
    table_find_or_add_many(table, &key, &hash, 1, &id);
    return id;
}

/* Keys that come and go for ever need no more ids than are alive at once, twice over. */
static void test_ids_are_reused(void **state)
{
    (void)state;
    enum { ALIVE = 2000, ROUNDS = 50000 };
    struct table *table = table_new();
    uint32_t ids[ALIVE];
    for (uint64_t i = 0; i < ROUNDS; i++) {
        if (i >= ALIVE) {
            table_drop(table, ids[i % ALIVE]);
        }
        ids[i % ALIVE] = add_number(table, i);
        table_retain(table, ids[i % ALIVE]);
        assert_int_equal(table_count(table), i < ALIVE ? i + 1 : ALIVE);
    }
    assert_true(table_id_end(table) <= 2 * ALIVE + 1024 + 1);
    uint32_t n;
    table_order(table, &n);
    assert_int_equal(n, ALIVE);
    table_free(table);
}

/* An id that lost its key and got another stands in the order once, at its new place. */
static void test_order_after_reuse(void **state)
{
    (void)state;
    struct table *table = table_new();
    uint32_t n;
    uint32_t a = add_number(table, 5);
    table_retain(table, a);
    table_order(table, &n);
    assert_int_equal(n, 1);
    table_drop(table, a);
    table_order(table, &n);
    assert_int_equal(n, 0);
    uint32_t b = add_number(table, 3);
    assert_int_equal(b, a); /* given back by the re-ordering */
    table_retain(table, b);
    uint32_t c = add_number(table, 1);
    const uint32_t *order = table_order(table, &n);
    assert_int_equal(n, 2);
    assert_int_equal(order[0], c);
    assert_int_equal(order[1], b);
    table_free(table);
}

/* Nobody has retained it: it stays. */
static void test_unretained_key_stays(void **state)
{
    (void)state;
    struct table *table = table_new();
    uint32_t id = add_number(table, 7);
    assert_int_equal(table_count(table), 1);
    assert_int_equal(add_number(table, 7), id);
    table_retain(table, id);
    table_drop(table, id);
    assert_int_equal(table_count(table), 0);
    table_free(table);
}

/* Memory follows what long keys take. */
static void test_long_keys_are_counted(void **state)
{
    (void)state;
    struct table *table = table_new();
    uint8_t bytes[5000];
    memset(bytes, 'x', sizeof bytes);
    size_t before = table_bytes(table);
    struct text key = {bytes, sizeof bytes};
    uint64_t hash;
    uint32_t id;
    rowkey_hash(&key, 1, &hash);
    table_find_or_add_many(table, &key, &hash, 1, &id);
    table_retain(table, id);
    assert_true(table_bytes(table) >= before + sizeof bytes);
    memset(bytes, 'y', sizeof bytes); /* the table has its own copy */
    assert_int_equal(table_key(table, id).at[4999], 'x');
    size_t with_key = table_bytes(table);
    table_drop(table, id);
    assert_int_equal(table_bytes(table), with_key - sizeof bytes);
    table_free(table);
}

/* A key that every window brings again keeps its id; one that stays away for a generation goes. */
static void test_drop_later(void **state)
{
    (void)state;
    enum { KEYS = 4000, WINDOWS = 20 };
    struct table *table = table_new();
    uint32_t first_id = TABLE_NO_ID;
    for (uint32_t window = 0; window < WINDOWS; window++) {
        uint32_t ids[KEYS];
        for (uint32_t i = 0; i < KEYS; i++) {
            /* Half of the keys come with every window, half are new each time. */
            uint32_t number = i % 2 == 0 ? i : window * KEYS + i;
            struct text key = {(const uint8_t *)&number, sizeof number};
            uint64_t hash;
            rowkey_hash(&key, 1, &hash);
            table_find_or_add_many(table, &key, &hash, 1, &ids[i]);
            table_retain(table, ids[i]);
        }
        first_id = window == 0 ? ids[2] : first_id;
        assert_int_equal(ids[2], first_id);
        assert_int_equal(table_used(table), KEYS);
        assert_true(table_count(table) <= 3 * KEYS);
        for (uint32_t i = 0; i < KEYS; i++) {
            table_drop_later(table, ids[i]);
        }
        table_sweep(table);
        uint32_t n;
        const uint32_t *order = table_order(table, &n);
        assert_int_equal(n, table_count(table));
        for (uint32_t i = 1; i < n; i++) {
            assert_true(rowkey_compare(table_key(table, order[i - 1]), table_key(table, order[i])) <
                        0);
        }
    }
    assert_int_equal(table_used(table), 0);
    table_free(table);
}

TEST_MAIN(cmocka_unit_test(test_drop_later), cmocka_unit_test(test_model),
          cmocka_unit_test(test_ids_are_reused), cmocka_unit_test(test_order_after_reuse),
          cmocka_unit_test(test_unretained_key_stays), cmocka_unit_test(test_long_keys_are_counted))
