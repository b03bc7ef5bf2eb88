/* command_help: --help, help TOPIC. */
#include "shell/commands.h"
#include "shell/complain.h"
#include "shell/help.h"
#include "shell/session.h"

int command_help(struct args *args, const struct fs *fs, const struct clock *clock)
{
    struct bytebuf out = {0};
    struct error err;
    (void)clock;
    enum status status = OK;
    if (args->operand == NULL) {
        help_main(&out);
    } else if (help_topic(&out, slice_text(args->operand), &err) != OK) {
        complain(&err);
        bytebuf_release(&out);
        return 2;
    }
    status = say(fs, bytebuf_slice(&out), &err);
    bytebuf_release(&out);
    if (status != OK) {
        complain(&err);
        return session_exit_code(&err);
    }
    return 0;
}
