/* over_tree: aggregates over any stretch of a group's rows, for aggregates that have no inverse. A
 * binary tree over row positions: a leaf is the aggregate of 16 rows at an aligned position, a node
 * that of two. A stretch is merged from the few nodes that fill it and the rows at its ends.
 *
 *     over_tree_query(tree, &rows, from, end, cell);      // cell += rows [from, end), in their
 * order over_tree_cut(tree, set, position);                 // rows from here on have moved
 *     over_tree_forget(tree, set, position);              // rows before are gone
 *
 * Nodes are made when they are first asked for and depend on nothing but the rows and their
 * positions, so that sums of DOUBLE are the same whatever was asked before, and need not be saved.
 */
#ifndef ENGINE_OPS_OVER_TREE_H
#define ENGINE_OPS_OVER_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct agg_set;
struct over_tree;

/* Where a tree finds its rows. */
struct tree_rows {
    struct agg_set *set;
    uint64_t first; /* position of the first row that is there */
    void *owner;
    /* Adds the rows [from, end), fewer than 2 × TREE_LEAF_ROWS, to the cell. */
    void (*add)(void *owner, uint64_t from, uint64_t end, uint8_t *cell);
};

enum { TREE_LEAF_ROWS = 16 };

/* True if rows [from, end) fill a node: then over_tree_query wants a tree. */
static inline bool over_tree_is_needed(uint64_t from, uint64_t end)
{
    return (from + TREE_LEAF_ROWS - 1) / TREE_LEAF_ROWS < end / TREE_LEAF_ROWS;
}

struct over_tree *over_tree_new(void);
/* `tree` may be NULL, in the functions below too. */
void over_tree_free(struct over_tree *tree, struct agg_set *set);

void over_tree_query(struct over_tree *tree, const struct tree_rows *rows, uint64_t from,
                     uint64_t end, uint8_t *cell);
void over_tree_cut(struct over_tree *tree, struct agg_set *set, uint64_t position);
void over_tree_forget(struct over_tree *tree, struct agg_set *set, uint64_t position);

size_t over_tree_bytes(const struct over_tree *tree);

#endif
