/* command_explain: the plan of a statement or of all queries of a script; what an error code means.
 */
#include "shell/commands.h"
#include "shell/complain.h"
#include "shell/session.h"
#include "shell/text_file.h"
#include "sql/sqlerr.h"

enum { EXIT_USAGE = 2 };

static int explain_code(int code, const struct fs *fs)
{
    struct error err;
    struct bytebuf out = {0};
    int exit_code = 0;
    if (!sqlerr_explain(&out, code)) {
        error_set(&err, ERR_OPTION, "no error E%04d", code);
        complain(&err);
        exit_code = EXIT_USAGE;
    } else if (say(fs, bytebuf_slice(&out), &err) != OK) {
        complain(&err);
        exit_code = session_exit_code(&err);
    }
    bytebuf_release(&out);
    return exit_code;
}

static int explain_text(struct args *args, const struct fs *fs, const struct clock *clock)
{
    struct session_config config = {.args = args, .fs = fs, .clock = clock, .check_only = true};
    struct session *session = session_new(&config);
    struct bytebuf content = {0};
    struct fs_stat stat;
    struct error err;
    enum status status = OK;
    bool is_file = fs->stat(fs, args->operand, &stat, &err) == OK && stat.is_regular;
    int exit_code = 0;
    if (is_file) {
        status = text_file_read(fs, args->operand, &content, &err);
    } else {
        bytebuf_add_text(&content, args->operand);
    }
    if (status == OK) {
        exit_code = session_text(session, bytebuf_slice(&content), is_file ? args->operand : NULL);
    } else {
        complain(&err);
        exit_code = session_exit_code(&err);
    }
    if (exit_code == 0) {
        session_explain(session);
    }
    bytebuf_release(&content);
    session_free(session);
    return exit_code;
}

int command_explain(struct args *args, const struct fs *fs, const struct clock *clock)
{
    int code = sqlerr_code(slice_text(args->operand));
    return code >= 0 ? explain_code(code, fs) : explain_text(args, fs, clock);
}
