/* dot_commands: what a line that begins with a point does, and psql's spellings of it.
 *
 *     dot_command_run(&commands, line);
 *
 * Names may be cut to a start that only one of them has. */
#ifndef SHELL_DOT_COMMANDS_H
#define SHELL_DOT_COMMANDS_H

#include "shell/complete.h"
#include "shell/history.h"
#include "shell/session.h"

enum { READ_DEPTH_MAX = 8 };

/* What the commands act on. */
struct dot_commands {
    struct session *session;
    const struct fs *fs;
    struct args *args;
    struct history *history;
    bool quit;
    bool timer;
    uint32_t depth; /* of .read within .read */
    char mode[16];  /* what args->output points to */
};

/* True for a line that is a command: it begins with a point or a backslash. */
bool dot_command_is(struct slice line);
void dot_command_run(struct dot_commands *commands, struct slice line);
/* Runs the lines that are commands at the front of `text`, and takes them out. */
void dot_commands_lead(struct dot_commands *commands, struct slice *text);
/* All statements and commands of a file; stops at the first error, which is said. */
bool dot_commands_read(struct dot_commands *commands, const char *path);
/* Names that begin with found->word. */
void dot_commands_complete(struct candidates *found);
/* One line each, for help. */
void dot_commands_help(struct bytebuf *out);

#endif
