/* key_tree: see key_tree.h. */
#include "sources/key_tree.h"

#include "engine/base/mem.h"

static uint16_t find_child(const struct key_tree *tree, uint16_t node, struct slice key)
{
    uint16_t child = tree->nodes[node].first;
    while (child != KEY_TREE_NONE && !slice_equal_nocase(tree->nodes[child].key, key)) {
        child = tree->nodes[child].sibling;
    }
    return child;
}

static uint16_t add_child(struct key_tree *tree, uint16_t parent, struct slice key)
{
    uint16_t child = find_child(tree, parent, key);
    if (child != KEY_TREE_NONE) {
        return child;
    }
    child = (uint16_t)tree->n++;
    tree->nodes[child] = (struct key_node){
        .key = key,
        .column = -1,
        .first = KEY_TREE_NONE,
        .sibling = tree->nodes[parent].first,
        .follower = KEY_TREE_NONE,
        .last_seen = KEY_TREE_NONE,
    };
    tree->nodes[parent].first = child;
    return child;
}

static void add_column(struct key_tree *tree, struct slice name, int32_t column, bool has_paths)
{
    uint16_t node = KEY_TREE_ROOT;
    const uint8_t *dot;
    while (has_paths && name.len > 0 && (dot = memchr(name.at, '.', name.len)) != NULL) {
        size_t len = (size_t)(dot - name.at);
        node = add_child(tree, node, slice_of(name.at, len));
        name = slice_of(name.at + len + 1, name.len - len - 1);
    }
    tree->nodes[add_child(tree, node, name)].column = column;
}

/* Every dot may make a node. */
static size_t count_nodes(const struct schema *schema)
{
    size_t n = 1;
    for (uint32_t i = 0; i < schema->n; i++) {
        struct slice name = schema->fields[i].name;
        n++;
        for (size_t k = 0; k < name.len; k++) {
            n += name.at[k] == '.';
        }
    }
    return n;
}

enum status key_tree_init(struct key_tree *tree, const struct schema *schema, bool has_paths,
                          struct error *err)
{
    size_t n = count_nodes(schema);
    if (n > KEY_TREE_NODES_MAX) {
        return error_set(err, ERR_LIMIT, "the columns have %zu keys, the limit is %d", n,
                         KEY_TREE_NODES_MAX);
    }
    tree->nodes = mem_alloc(n * sizeof *tree->nodes);
    tree->nodes[KEY_TREE_ROOT] = (struct key_node){
        .column = -1,
        .first = KEY_TREE_NONE,
        .sibling = KEY_TREE_NONE,
        .follower = KEY_TREE_NONE,
        .last_seen = KEY_TREE_NONE,
    };
    tree->n = 1;
    for (uint32_t i = 0; i < schema->n; i++) {
        add_column(tree, schema->fields[i].name, (int32_t)i, has_paths);
    }
    return OK;
}

void key_tree_release(struct key_tree *tree)
{
    mem_free(tree->nodes);
    tree->nodes = NULL;
}

/* A key may have dots of its own ("log.level"): then it goes as many steps at once. Not remembered,
 * as what comes behind a node is one of the same object. */
static uint16_t find_path(const struct key_tree *tree, uint16_t node, struct slice key)
{
    const uint8_t *dot;
    while (node != KEY_TREE_NONE && key.len > 0 && (dot = memchr(key.at, '.', key.len)) != NULL) {
        size_t len = (size_t)(dot - key.at);
        node = find_child(tree, node, slice_of(key.at, len));
        key = slice_of(key.at + len + 1, key.len - len - 1);
    }
    return node == KEY_TREE_NONE ? node : find_child(tree, node, key);
}

uint16_t key_tree_child(struct key_tree *tree, uint16_t node, struct slice key)
{
    struct key_node *parent = &tree->nodes[node];
    uint16_t last = parent->last_seen;
    uint16_t guess = last == KEY_TREE_NONE ? parent->first : tree->nodes[last].follower;
    if (guess != KEY_TREE_NONE && slice_equal(tree->nodes[guess].key, key)) {
        parent->last_seen = guess;
        return guess;
    }
    uint16_t child = find_child(tree, node, key);
    if (child == KEY_TREE_NONE) {
        return find_path(tree, node, key);
    }
    if (last != KEY_TREE_NONE) {
        tree->nodes[last].follower = child;
    }
    parent->last_seen = child;
    return child;
}
