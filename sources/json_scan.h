/* json_scan: steps through JSON text (RFC 8259) without building anything. Strict in grammar; text
 * may be any bytes from 0x20 on, UTF-8 or not. Nesting is limited to JSON_DEPTH_MAX.
 *
 *     struct json_walk walk;
 *     if (json_walk_begin(&walk, line)) {
 *         while (json_walk_next(&walk, &key, &value)) { … }
 *     }
 *     if (walk.failed) { …not an object, or not JSON… }
 *
 * Members are checked as they are passed; what is behind a failure has not been looked at. */
#ifndef SOURCES_JSON_SCAN_H
#define SOURCES_JSON_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/slice.h"

enum { JSON_DEPTH_MAX = 64 };

enum json_kind {
    JSON_ABSENT, /* for who keeps values: none came */
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_NUMBER,
    JSON_STRING, /* text is between the quotes, escapes not undone */
    JSON_ARRAY,  /* text with its brackets */
    JSON_OBJECT,
};

struct json_value {
    const uint8_t *at;
    uint32_t len;
    uint8_t kind;     /* enum json_kind */
    bool has_escapes; /* of a string */
};

/* An object on its way. */
struct json_walk {
    const uint8_t *at;
    const uint8_t *end;
    bool is_first;
    bool failed;
};

/* False: the text does not begin an object. */
bool json_walk_begin(struct json_walk *walk, struct slice text);
/* The next member; false at the end of the object (nothing but blanks may follow) or on failure. */
bool json_walk_next(struct json_walk *walk, struct json_value *key, struct json_value *value);

/* True if all of `text` is one JSON value; *out is it. */
bool json_read(struct slice text, struct json_value *out);

/* True if all of `text` is a number, true, false or null. */
bool json_is_bare(struct slice text);

/* Undoes the escapes of a string that has been read, into `out` with room for value->len bytes.
 * Returns how many there are. A surrogate without its other half becomes U+FFFD. */
uint32_t json_undo_escapes(const struct json_value *value, uint8_t *out);

#endif
