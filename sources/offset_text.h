/* offset_text: where a source goes on, as text that a person can read: "inode=131 pos=4096". */
#ifndef SOURCES_OFFSET_TEXT_H
#define SOURCES_OFFSET_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/slice.h"

/* The number behind "key="; false if it is not there or is none. */
bool offset_text_find(struct slice text, const char *key, uint64_t *out);

#endif
