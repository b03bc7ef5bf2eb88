/* key_tree: which column a key of a record means, for formats whose fields have names: json and
 * logfmt. A column "user.id" of a tree with paths is key "id" of the object at key "user", or key
 * "user.id". Keys are compared without regard to ASCII case, as columns are.
 *
 *     key_tree_init(&tree, schema, true);
 *     node = key_tree_child(&tree, KEY_TREE_ROOT, key);     // KEY_TREE_NONE: no column wants it
 *     if (tree.nodes[node].column >= 0) { … }
 *     key_tree_release(&tree);
 *
 * Records of a stream have their keys in the same order nearly always: which child came behind
 * which is remembered, so that a look-up is one comparison. */
#ifndef SOURCES_KEY_TREE_H
#define SOURCES_KEY_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/data/schema.h"

enum { KEY_TREE_ROOT = 0, KEY_TREE_NONE = UINT16_MAX, KEY_TREE_NODES_MAX = UINT16_MAX - 1 };

struct key_node {
    struct slice key;   /* points into the schema */
    int32_t column;     /* -1: only on the way to others */
    uint16_t first;     /* child */
    uint16_t sibling;   /* next child of the same node */
    uint16_t follower;  /* the child that came after this one last time */
    uint16_t last_seen; /* the child of this node that was found last */
};

struct key_tree {
    struct key_node *nodes; /* mem.h */
    uint32_t n;
};

/* The schema must outlive the tree. ERR_LIMIT if there are too many keys. */
MUST_CHECK enum status key_tree_init(struct key_tree *tree, const struct schema *schema,
                                     bool has_paths, struct error *err);
void key_tree_release(struct key_tree *tree);

uint16_t key_tree_child(struct key_tree *tree, uint16_t node, struct slice key);

#endif
