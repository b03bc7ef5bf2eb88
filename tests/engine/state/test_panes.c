/* panes: against a naive table of numbers by pane and key. */
#include "tests/support/testing.h"

#include "engine/base/mem.h"
#include "engine/data/rowkey.h"
#include "engine/state/panes.h"
#include "tests/support/rng.h"

enum { KEYS = 5000, PANES = 12, CELL_BYTES = 24 };

/* What each cell should hold; 0 = the key is not in the pane. */
struct model {
    uint64_t at[PANES][KEYS];
    bool pane_is_there[PANES];
};

static uint32_t id_of(struct table *table, uint64_t number)
{
    struct text key = {(const uint8_t *)&number, sizeof number};
    uint64_t hash;
    uint32_t id;
    rowkey_hash(&key, 1, &hash);
    table_find_or_add_many(table, &key, &hash, 1, &id);
    return id;
}

static uint64_t number_of(const struct table *table, uint32_t id)
{
    uint64_t number;
    memcpy(&number, table_key(table, id).at, sizeof number);
    return number;
}

/* Pane number 0 … PANES - 1 as an index: negative ones too, with gaps. */
static int64_t index_of(uint32_t pane)
{
    return ((int64_t)pane - PANES / 2) * 3;
}

static void touch_many(struct rng *rng, struct model *model, struct panes *panes, uint32_t reach)
{
    uint32_t at = (uint32_t)rng_below(rng, PANES);
    struct pane *pane = panes_get(panes, index_of(at));
    RNG_CHECK(rng, pane->index == index_of(at) && panes_find(panes, index_of(at)) == pane);
    model->pane_is_there[at] = true;
    for (uint32_t i = 0; i < 200; i++) {
        uint64_t number = rng_below(rng, reach);
        uint32_t id = id_of(panes->table, number);
        pane_reserve(panes, pane, table_id_end(panes->table));
        RNG_CHECK(rng, pane_has(pane, id) == (model->at[at][number] != 0));
        uint64_t *cell = (uint64_t *)(void *)pane_touch(panes, pane, id);
        for (uint32_t word = 0; word < CELL_BYTES / 8; word++) {
            RNG_CHECK(rng, cell[word] == model->at[at][number] * (word + 1));
        }
        model->at[at][number] += 1 + number;
        for (uint32_t word = 0; word < CELL_BYTES / 8; word++) {
            cell[word] = model->at[at][number] * (word + 1);
        }
        if (panes->tracks_dirty) {
            pane_mark_dirty(pane, id);
        }
    }
}

static void drop_one(struct rng *rng, struct model *model, struct panes *panes)
{
    uint32_t at = (uint32_t)rng_below(rng, PANES);
    struct pane *pane = panes_find(panes, index_of(at));
    RNG_CHECK(rng, (pane != NULL) == model->pane_is_there[at]);
    if (pane != NULL) {
        panes_drop(panes, pane);
        memset(model->at[at], 0, sizeof model->at[at]);
        model->pane_is_there[at] = false;
    }
}

static void check_pane(struct rng *rng, const uint64_t *wanted, const struct panes *panes,
                       const struct pane *pane)
{
    uint32_t n_wanted = 0;
    for (uint32_t i = 0; i < KEYS; i++) {
        n_wanted += wanted[i] != 0;
    }
    RNG_CHECK(rng, pane->n_touched == n_wanted);
    uint32_t n_seen = 0;
    for (uint32_t word = 0; word < pane->touched_words;) {
        uint32_t ids[100];
        uint32_t n = pane_ids(pane, word, 100, ids, &word);
        for (uint32_t i = 0; i < n; i++) {
            uint64_t cell;
            memcpy(&cell, pane_cell(panes, pane, ids[i]), sizeof cell);
            RNG_CHECK(rng, cell != 0 && cell == wanted[number_of(panes->table, ids[i])]);
        }
        n_seen += n;
    }
    RNG_CHECK(rng, n_seen == n_wanted);
}

/* A key is in the table exactly as long as a pane holds it. */
static void check_keys(struct rng *rng, const struct model *model, struct panes *panes)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < KEYS; i++) {
        uint64_t any = 0;
        for (uint32_t at = 0; at < PANES; at++) {
            any |= model->at[at][i];
        }
        n += any != 0;
    }
    RNG_CHECK(rng, table_used(panes->table) == n);
}

static void check_all(struct rng *rng, const struct model *model, struct panes *panes)
{
    uint32_t n = 0;
    for (uint32_t at = 0; at < PANES; at++) {
        const struct pane *pane = panes_find(panes, index_of(at));
        RNG_CHECK(rng, (pane != NULL) == model->pane_is_there[at]);
        RNG_CHECK(rng, panes_lower(panes, index_of(at)) == n);
        if (pane != NULL) {
            RNG_CHECK(rng, panes->at[n++] == pane);
            check_pane(rng, model->at[at], panes, pane);
        }
        RNG_CHECK(rng, panes_lower(panes, index_of(at) + 1) == n);
    }
    RNG_CHECK(rng, panes->n == n);
    check_keys(rng, model, panes);
}

static void run_model(bool tracks_dirty)
{
    struct rng rng;
    rng_init(&rng);
    struct model *model = mem_zalloc(sizeof *model);
    struct panes panes;
    panes_init(&panes, table_new(), CELL_BYTES);
    panes.tracks_dirty = tracks_dirty;
    for (uint32_t round = 0; round < 600; round++) {
        touch_many(&rng, model, &panes, round < 100 ? 500 : KEYS);
        if (rng_once_in(&rng, 4) || panes.n == PANES) {
            drop_one(&rng, model, &panes);
        }
        if (rng_once_in(&rng, 20)) {
            check_all(&rng, model, &panes);
        }
    }
    check_all(&rng, model, &panes);
    struct table *table = panes.table;
    panes_release(&panes);
    assert_int_equal(panes.bytes, 0);
    table_free(table);
    mem_free(model);
}

static void test_model(void **state)
{
    (void)state;
    run_model(false);
}

static void test_model_with_dirty(void **state)
{
    (void)state;
    run_model(true);
}

/* What a slot of a dropped pane held is not seen by the next pane that gets its memory. */
static void test_reused_pane_is_empty(void **state)
{
    (void)state;
    struct panes panes;
    panes_init(&panes, table_new(), 8);
    panes.tracks_dirty = true;
    uint32_t ids[3000];
    struct pane *pane = panes_get(&panes, 1);
    for (uint64_t i = 0; i < 3000; i++) {
        ids[i] = id_of(panes.table, i);
        table_retain(panes.table, ids[i]);
        pane_reserve(&panes, pane, table_id_end(panes.table));
        memset(pane_touch(&panes, pane, ids[i]), 0xee, 8);
        pane_mark_dirty(pane, ids[i]);
    }
    panes_drop(&panes, pane);
    assert_int_equal(table_used(panes.table), 3000); /* retained here */
    struct pane *next = panes_get(&panes, 2);
    pane_reserve(&panes, next, table_id_end(panes.table));
    assert_int_equal(next->n_touched, 0);
    assert_false(next->any_dirty);
    for (uint32_t i = 0; i < 3000; i++) {
        assert_false(pane_has(next, ids[i]));
        assert_false(bits_get(next->dirty, ids[i]));
        uint64_t cell;
        memcpy(&cell, pane_touch(&panes, next, ids[i]), sizeof cell);
        assert_int_equal(cell, 0);
    }
    struct table *table = panes.table;
    panes_release(&panes);
    table_free(table);
}

/* Growth moves no cell. */
static void test_cells_stay(void **state)
{
    (void)state;
    enum { N = 20000 };
    struct panes panes;
    panes_init(&panes, table_new(), 40);
    struct pane *pane = panes_get(&panes, -7);
    uint8_t **cells = mem_alloc(N * sizeof *cells);
    for (uint64_t i = 0; i < N; i++) {
        uint32_t id = id_of(panes.table, i);
        assert_int_equal(id, i);
        pane_reserve(&panes, pane, id + 1);
        cells[i] = pane_touch(&panes, pane, id);
        assert_int_equal((uintptr_t)cells[i] % 8, 0);
    }
    for (uint32_t i = 0; i < N; i++) {
        assert_ptr_equal(pane_cell(&panes, pane, i), cells[i]);
    }
    mem_free(cells);
    struct table *table = panes.table;
    panes_release(&panes);
    table_free(table);
}

/* Only a pane that holds its keys keeps them alive. */
static void test_loose_panes(void **state)
{
    (void)state;
    struct panes panes;
    panes_init(&panes, table_new(), 8);
    uint32_t id = id_of(panes.table, 1);
    struct pane *pane = panes_get(&panes, 0);
    pane_touch(&panes, pane, id);
    struct pane *holds = panes_loose(&panes, true);
    struct pane *borrows = panes_loose(&panes, false);
    pane_touch(&panes, holds, id);
    pane_touch(&panes, borrows, id);
    panes_drop_loose(&panes, borrows);
    panes_drop(&panes, pane);
    assert_int_equal(table_used(panes.table), 1);
    panes_drop_loose(&panes, holds);
    assert_int_equal(table_used(panes.table), 0);
    struct table *table = panes.table;
    panes_release(&panes);
    table_free(table);
}

TEST_MAIN(cmocka_unit_test(test_model), cmocka_unit_test(test_model_with_dirty),
          cmocka_unit_test(test_reused_pane_is_empty), cmocka_unit_test(test_cells_stay),
          cmocka_unit_test(test_loose_panes))
