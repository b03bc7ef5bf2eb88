/* shell: see shell.h. */
#include "shell/shell.h"

#include <signal.h>
#include <unistd.h>

#include "engine/base/log.h"
#include "engine/data/batch.h"
#include "shell/commands.h"
#include "shell/complain.h"
#include "shell/prompt.h"

enum { EXIT_USAGE = 2 };

static int command_shell(struct args *args, const struct fs *fs, const struct clock *clock)
{
    if (isatty(STDIN_FILENO) == 0) {
        return command_script(args, fs, clock);
    }
    return prompt_run(fs, clock, args);
}

static int command_version(struct args *args, const struct fs *fs, const struct clock *clock)
{
    struct error err;
    (void)args;
    (void)clock;
    if (say(fs, slice_text("tailrace " TAILRACE_VERSION "\n"), &err) != OK) {
        complain(&err);
        return session_exit_code(&err);
    }
    return 0;
}

static int (*const commands[COMMAND_COUNT])(struct args *args, const struct fs *fs,
                                            const struct clock *clock) = {
    [COMMAND_SHELL] = command_shell,
    [COMMAND_SQL] = command_script,
    [COMMAND_FILE] = command_script,
    [COMMAND_RUN] = command_script,
    [COMMAND_REPLAY] = command_replay,
    [COMMAND_CHECK] = command_check,
    [COMMAND_EXPLAIN] = command_explain,
    [COMMAND_SNIFF] = command_sniff,
    [COMMAND_DEMO] = command_demo,
    [COMMAND_CHECKPOINT] = command_checkpoint,
    [COMMAND_GEN] = command_gen,
    [COMMAND_TEST] = command_test,
    [COMMAND_COMPLETIONS] = command_completions,
    [COMMAND_HELP] = command_help,
    [COMMAND_VERSION] = command_version,
};

int shell_main(int argc, char **argv)
{
    struct args args;
    struct error err;
    struct hand_clock hand;
    const struct clock *clock = clock_system();
    if (args_parse(argc, argv, &args, &err) != OK) {
        complain(&err);
        return EXIT_USAGE;
    }
    /* A reader that goes away ends us quietly, also where a parent ignores the signal. */
    signal(SIGPIPE, SIG_DFL);
    if (args.verbose) {
        log_set_level(LOG_DEBUG);
    }
    if (args.threads > 1) {
        log_line(LOG_WARN, "this version runs on one thread");
    }
    if (args.clock_given) {
        hand_clock_init(&hand, args.clock_us);
        clock = &hand.clock;
    }
    return commands[args.command](&args, fs_system(), clock);
}
