/* command_checkpoint: tailrace checkpoint ls|show|verify DIR, export DIR --sqlite FILE. */
#include <string.h>

#include "engine/io/near.h"
#include "engine/run/checkpoint_view.h"
#include "shell/commands.h"
#include "shell/complain.h"
#include "shell/session.h"
#include "shell/state_export.h"

enum { EXIT_USAGE = 2 };

static const struct {
    const char *name;
    enum status (*run)(const struct fs *fs, const char *path, struct bytebuf *out,
                       struct error *err);
} actions[] = {{"ls", checkpoint_list}, {"show", checkpoint_show}, {"verify", checkpoint_verify}};

static enum status no_action(const char *name, struct error *err)
{
    struct near near;
    const char *const *known = command_at(COMMAND_CHECKPOINT)->operand_word.choices;
    near_init(&near, slice_text(name));
    error_set(err, ERR_OPTION, "checkpoint cannot \"%s\"", name);
    error_hint(err, "ls, show, verify and export are what it can");
    for (; *known != NULL; known++) {
        near_try(&near, *known);
    }
    near_hint(&near, err);
    return ERR_OPTION;
}

static enum status inspect(const struct args *args, const struct fs *fs, struct bytebuf *out,
                           struct error *err)
{
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
        if (strcmp(actions[i].name, args->action) == 0) {
            return actions[i].run(fs, args->operand, out, err);
        }
    }
    return no_action(args->action, err);
}

static int export_state(const struct args *args, const struct fs *fs, const struct clock *clock)
{
    const struct state_export what = {
        .dir = args->operand,
        .file = args->sqlite,
        .overwrite = args->overwrite,
        .fs = fs,
        .clock = clock,
    };
    return state_export(&what);
}

int command_checkpoint(struct args *args, const struct fs *fs, const struct clock *clock)
{
    if (strcmp(args->action, "export") == 0) {
        return export_state(args, fs, clock);
    }
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
