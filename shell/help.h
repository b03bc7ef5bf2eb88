/* help: what --help, the help command and .help say. */
#ifndef SHELL_HELP_H
#define SHELL_HELP_H

#include "engine/base/bytebuf.h"
#include "engine/base/slice.h"

/* At most 24 lines of 80 columns: one screen. */
void help_main(struct bytebuf *out);
/* The commands of the interactive shell. */
void help_prompt(struct bytebuf *out);
/* Ends with NULL. */
extern const char *const help_topics[];
/* A topic, or the name of a command: its options. ERR_OPTION with near names if it is neither. */
MUST_CHECK enum status help_topic(struct bytebuf *out, struct slice topic, struct error *err);

#endif
