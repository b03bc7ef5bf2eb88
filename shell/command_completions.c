/* command_completions: tailrace completions bash|zsh|fish. */
#include "engine/io/near.h"
#include "shell/commands.h"
#include "shell/complain.h"
#include "shell/completions.h"
#include "shell/session.h"

enum { EXIT_USAGE = 2 };

static void no_shell(const char *name)
{
    struct error err;
    struct near near;
    const char *const *known = command_at(COMMAND_COMPLETIONS)->operand_word.choices;
    near_init(&near, slice_text(name));
    error_set(&err, ERR_OPTION, "no completions for \"%s\"", name);
    error_hint(&err, "there are some for %s", command_at(COMMAND_COMPLETIONS)->operand);
    for (; *known != NULL; known++) {
        near_try(&near, *known);
    }
    near_hint(&near, &err);
    complain(&err);
}

int command_completions(struct args *args, const struct fs *fs, const struct clock *clock)
{
    struct bytebuf out = {0};
    struct error err;
    int exit_code = 0;
    (void)clock;
    if (!completions_print(&out, args->operand)) {
        no_shell(args->operand);
        exit_code = EXIT_USAGE;
    } else if (say(fs, bytebuf_slice(&out), &err) != OK) {
        complain(&err);
        exit_code = session_exit_code(&err);
    }
    bytebuf_release(&out);
    return exit_code;
}
