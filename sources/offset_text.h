/* offset_text: where a source goes on, as text that a person can read: "inode=131 pos=4096".
 * Several files are several lines, each with its path at the end. */
#ifndef SOURCES_OFFSET_TEXT_H
#define SOURCES_OFFSET_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/bytebuf.h"

/* The number behind "key="; false if it is not there or is none. */
bool offset_text_find(struct slice text, const char *key, uint64_t *out);

/* " path=…" at the end of a line, with control bytes and % as %XX, and the line's end. */
void offset_text_put_path(struct bytebuf *out, const char *path);
/* Splits a line there; false if there is no path. */
bool offset_text_path(struct slice line, struct slice *numbers, struct bytebuf *path);

/* Takes a line off the front of *text, without its end. */
struct slice offset_text_line(struct slice *text);

#endif
