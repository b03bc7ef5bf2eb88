/* command_checkpoint: tailrace checkpoint ls|show|verify DIR. */
#include <string.h>

#include "engine/run/checkpoint_view.h"
#include "shell/commands.h"
#include "shell/complain.h"
#include "shell/session.h"

enum { EXIT_USAGE = 2 };

static const struct {
    const char *name;
    enum status (*run)(const struct fs *fs, const char *path, struct bytebuf *out,
                       struct error *err);
} actions[] = {{"ls", checkpoint_list}, {"show", checkpoint_show}, {"verify", checkpoint_verify}};

static enum status inspect(const struct args *args, const struct fs *fs, struct bytebuf *out,
                           struct error *err)
{
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
        if (strcmp(actions[i].name, args->action) == 0) {
            return actions[i].run(fs, args->operand, out, err);
        }
    }
    error_set(err, ERR_OPTION, "checkpoint cannot \"%s\"", args->action);
    error_hint(err, "ls, show and verify are what it can");
    return ERR_OPTION;
}

int command_checkpoint(struct args *args, const struct fs *fs, const struct clock *clock)
{
    (void)clock;
    struct bytebuf out = {0};
    struct error err;
    error_clear(&err);
    enum status status = inspect(args, fs, &out, &err);
    if (status == OK) {
        status = say(fs, bytebuf_slice(&out), &err);
    }
    bytebuf_release(&out);
    if (status == OK) {
        return 0;
    }
    complain(&err);
    return status == ERR_OPTION ? EXIT_USAGE : session_exit_code(&err);
}
