/* over_tree: see over_tree.h. */
#include "engine/ops/over_tree.h"

#include <string.h>

#include "engine/agg/agg.h"
#include "engine/base/mem.h"
#include "engine/base/panic.h"

enum {
    TREE_LEVELS = 28
}; /* the top level's nodes are 2^31 rows wide: all that a series can hold */

/* Nodes base … base + n - 1 of a level. Node k of level l covers rows [k × w, (k + 1) × w) with w =
 * 16 × 2^l. Nodes without holes: what is asked for is made together with what is missing before it.
 */
struct level {
    uint8_t *cells;
    uint64_t base;
    uint32_t head; /* cells in front of the first */
    uint32_t n;
    uint32_t room;
};

struct over_tree {
    struct level levels[TREE_LEVELS];
    size_t bytes;
};

struct over_tree *over_tree_new(void)
{
    struct over_tree *tree = mem_zalloc(sizeof *tree);
    tree->bytes = sizeof *tree;
    return tree;
}

/* log2 of how many rows a node of the level covers. */
static uint32_t level_shift(uint32_t level)
{
    return (uint32_t)__builtin_ctz(TREE_LEAF_ROWS) + level;
}

/* ---- the cells of a level -------------------------------------------------------------------- */

static uint8_t *level_cell(const struct level *level, uint32_t bytes, uint64_t index)
{
    return level->cells + (size_t)(level->head + (index - level->base)) * bytes;
}

static void release_cells(const struct level *level, struct agg_set *set, uint64_t from,
                          uint64_t end)
{
    for (uint64_t index = from; index < end; index++) {
        uint8_t *cell = level_cell(level, agg_set_bytes(set), index);
        agg_set_release_many(set, &cell, 1);
    }
}

/* One more cell at the end, empty. */
static uint8_t *level_add(struct over_tree *tree, struct level *level, uint32_t bytes)
{
    if (level->head + level->n == level->room && level->head > level->n) {
        memcpy(level->cells, level->cells + (size_t)level->head * bytes, (size_t)level->n * bytes);
        level->head = 0;
    }
    if (level->head + level->n == level->room) {
        tree->bytes -= (size_t)level->room * bytes;
        level->room = level->room == 0 ? 4 : level->room * 2;
        level->cells = mem_realloc(level->cells, (size_t)level->room * bytes);
        tree->bytes += (size_t)level->room * bytes;
    }
    uint8_t *cell = level_cell(level, bytes, level->base + level->n);
    level->n++;
    memset(cell, 0, bytes);
    return cell;
}

void over_tree_free(struct over_tree *tree, struct agg_set *set)
{
    if (tree == NULL) {
        return;
    }
    for (uint32_t i = 0; i < TREE_LEVELS; i++) {
        struct level *level = &tree->levels[i];
        release_cells(level, set, level->base, level->base + level->n);
        mem_free(level->cells);
    }
    mem_free(tree);
}

void over_tree_cut(struct over_tree *tree, struct agg_set *set, uint64_t position)
{
    for (uint32_t i = 0; tree != NULL && i < TREE_LEVELS; i++) {
        struct level *level = &tree->levels[i];
        uint64_t end = level->base + level->n;
        uint64_t keep = position >> level_shift(i); /* nodes before this one end before position */
        keep = keep < level->base ? level->base : keep;
        if (keep < end) {
            release_cells(level, set, keep, end);
            level->n = (uint32_t)(keep - level->base);
        }
    }
}

static uint64_t first_whole_node(uint64_t position, uint32_t level)
{
    uint32_t shift = level_shift(level);
    return (position + ((uint64_t)1 << shift) - 1) >> shift;
}

void over_tree_forget(struct over_tree *tree, struct agg_set *set, uint64_t position)
{
    for (uint32_t i = 0; tree != NULL && i < TREE_LEVELS; i++) {
        struct level *level = &tree->levels[i];
        uint64_t end = level->base + level->n;
        uint64_t first = first_whole_node(position, i);
        first = first < end ? first : end;
        if (first > level->base) {
            release_cells(level, set, level->base, first);
            level->head += (uint32_t)(first - level->base);
            level->n = (uint32_t)(end - first);
            level->base = first;
        }
    }
}

/* ---- nodes ----------------------------------------------------------------------------------- */

static void make_nodes(struct over_tree *tree, const struct tree_rows *rows, uint32_t l,
                       uint64_t index);

static uint8_t *get_node(struct over_tree *tree, const struct tree_rows *rows, uint32_t l,
                         uint64_t index)
{
    struct level *level = &tree->levels[l];
    if (level->n == 0 || index >= level->base + level->n) {
        make_nodes(tree, rows, l, index);
    }
    DCHECK(index >= level->base);
    return level_cell(level, agg_set_bytes(rows->set), index);
}

/* Makes what is missing of the level up to node `index`. */
static void make_nodes(struct over_tree *tree, const struct tree_rows *rows, uint32_t l,
                       uint64_t index)
{
    struct level *level = &tree->levels[l];
    uint32_t bytes = agg_set_bytes(rows->set);
    if (level->n == 0) {
        level->base = first_whole_node(rows->first, l);
        level->head = 0;
    }
    for (uint64_t k = level->base + level->n; k <= index; k++) {
        if (l == 0) {
            rows->add(rows->owner, k * TREE_LEAF_ROWS, (k + 1) * TREE_LEAF_ROWS,
                      level_add(tree, level, bytes));
            continue;
        }
        uint8_t *right = get_node(tree, rows, l - 1, 2 * k + 1); /* makes the left one too */
        uint8_t *left = get_node(tree, rows, l - 1, 2 * k);
        uint8_t *cell = level_add(tree, level, bytes);
        agg_set_merge_many(rows->set, &cell, &left, 1);
        agg_set_merge_many(rows->set, &cell, &right, 1);
    }
}

/* The widest node that begins with leaf `leaf` and has no more than `n_leaves` leaves. */
static uint32_t widest_level(uint64_t leaf, uint64_t n_leaves)
{
    uint32_t level = 63u - (uint32_t)__builtin_clzll(n_leaves);
    uint32_t aligned = leaf == 0 ? TREE_LEVELS - 1 : (uint32_t)__builtin_ctzll(leaf);
    level = level < aligned ? level : aligned;
    return level < TREE_LEVELS ? level : TREE_LEVELS - 1;
}

void over_tree_query(struct over_tree *tree, const struct tree_rows *rows, uint64_t from,
                     uint64_t end, uint8_t *cell)
{
    uint64_t leaf = first_whole_node(from, 0);
    uint64_t leaf_end = end / TREE_LEAF_ROWS;
    if (!over_tree_is_needed(from, end)) {
        rows->add(rows->owner, from, end, cell);
        return;
    }
    if (from < leaf * TREE_LEAF_ROWS) {
        rows->add(rows->owner, from, leaf * TREE_LEAF_ROWS, cell);
    }
    while (leaf < leaf_end) {
        uint32_t level = widest_level(leaf, leaf_end - leaf);
        uint8_t *node = get_node(tree, rows, level, leaf >> level);
        agg_set_merge_many(rows->set, &cell, &node, 1);
        leaf += (uint64_t)1 << level;
    }
    if (leaf_end * TREE_LEAF_ROWS < end) {
        rows->add(rows->owner, leaf_end * TREE_LEAF_ROWS, end, cell);
    }
}

size_t over_tree_bytes(const struct over_tree *tree)
{
    return tree == NULL ? 0 : tree->bytes;
}
