/* json: one value out of a JSON text (RFC 8259), strictly: the whole text is read, and if any of it
 * is no JSON there is no answer. Bytes of strings are not checked to be UTF-8.
 *
 *     struct json_path path;
 *     const char *wrong = json_path_parse(arena, slice_text("$.user.tags[0]"), &path);
 *     struct json_value value;
 *     switch (json_find(text, &path, &value)) {
 *     case JSON_FOUND: … if (value.kind == JSON_STRING) { end = json_unescape(value.raw, out); } …
 *
 * Of equal keys the last one counts, as in PostgreSQL and JavaScript. */
#ifndef ENGINE_EXPR_JSON_H
#define ENGINE_EXPR_JSON_H

#include "engine/base/arena.h"
#include "engine/base/slice.h"

/* Deepest nesting of a text, and longest path. */
enum { JSON_DEPTH_MAX = 256, JSON_STEPS_MAX = 64 };

struct json_step {
    bool is_index;
    uint32_t index;
    struct slice name;
};

struct json_path {
    uint32_t n;
    struct json_step *steps;
};

/* $, then .name, ."any name", ['any name'], ["any name"] or [0], any number of them. Returns what
 * is wrong, or NULL. */
const char *json_path_parse(struct arena *arena, struct slice text, struct json_path *out);

enum json_kind { JSON_NULL, JSON_BOOLEAN, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json_value {
    enum json_kind kind;
    struct slice raw; /* as it stands; of a string without its quotes */
};

enum json_result { JSON_FOUND, JSON_ABSENT, JSON_BAD };

enum json_result json_find(struct slice text, const struct json_path *path, struct json_value *out);

/* The characters of a string; never more bytes than raw.len. Half of a surrogate pair is U+FFFD.
 * Returns the end. */
uint8_t *json_unescape(struct slice raw, uint8_t *out);

#endif
