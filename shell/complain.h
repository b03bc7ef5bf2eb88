/* complain: what the shell itself says: errors and notes to standard error, texts to standard
 * output. Whatever came from outside is shown with control bytes escaped. */
#ifndef SHELL_COMPLAIN_H
#define SHELL_COMPLAIN_H

#include <stddef.h>

#include "engine/base/fs.h"
#include "engine/base/log.h"
#include "engine/base/slice.h"

/* "error: no option …" and its hint. */
void complain(const struct error *err);
/* The same with the place in `text`: err->at counts from byte `from` of it. `origin` is the file's
 * name, NULL = none. */
void complain_about(const struct error *err, struct slice text, size_t from, const char *origin);

/* To standard output: as it is, on a terminal with control bytes escaped but for ends of lines. */
MUST_CHECK enum status say(const struct fs *fs, struct slice text, struct error *err);
/* One line to standard error, escaped. */
void say_note(enum log_level level, struct slice text);

#endif
