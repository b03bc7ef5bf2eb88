/* json_tree: a JSON text as a tree, for tests that read cases and expected results. Strict (RFC
 * 8259), small and slow.
 *
 *     struct json json;
 *     if (!json_parse(&arena, text, &json)) …
 *     const struct json *streams = json_get(&json, "streams");     // NULL if there is none
 *     for (uint32_t i = 0; i < json_length(streams); i++) { … streams->items[i] … }
 *
 * Nodes and texts live in the arena. */
#ifndef TESTS_LAB_JSON_TREE_H
#define TESTS_LAB_JSON_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/arena.h"

enum json_kind {
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT
};

struct json {
    enum json_kind kind;
    struct slice text; /* STRING: decoded; NUMBER: as written */
    uint32_t n;        /* ARRAY, OBJECT */
    struct json *items;
    struct slice *keys; /* OBJECT: one per item */
};

/* All of `text` must be one value. */
bool json_parse(struct arena *arena, struct slice text, struct json *out);

/* The member, NULL if it is not there, null, or `json` is NULL or no object. */
const struct json *json_get(const struct json *json, const char *key);
/* The text of a string member; empty if there is none. */
struct slice json_text(const struct json *json, const char *key);
/* Number of items; 0 for NULL and for what is no array. */
uint32_t json_length(const struct json *json);
bool json_is(const struct json *json, enum json_kind kind);

#endif
