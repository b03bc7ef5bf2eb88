/* commands: what the words of the command line do, one function each. All return an exit code. */
#ifndef SHELL_COMMANDS_H
#define SHELL_COMMANDS_H

#include "engine/base/clock.h"
#include "engine/base/fs.h"
#include "shell/args.h"

/* -c, -f, run, and a script on standard input. */
int command_replay(struct args *args, const struct fs *fs, const struct clock *clock);
int command_script(struct args *args, const struct fs *fs, const struct clock *clock);
int command_check(struct args *args, const struct fs *fs, const struct clock *clock);
int command_explain(struct args *args, const struct fs *fs, const struct clock *clock);
int command_sniff(struct args *args, const struct fs *fs, const struct clock *clock);
int command_gen(struct args *args, const struct fs *fs, const struct clock *clock);
int command_test(struct args *args, const struct fs *fs, const struct clock *clock);
int command_demo(struct args *args, const struct fs *fs, const struct clock *clock);
int command_checkpoint(struct args *args, const struct fs *fs, const struct clock *clock);
int command_completions(struct args *args, const struct fs *fs, const struct clock *clock);
int command_help(struct args *args, const struct fs *fs, const struct clock *clock);

#endif
