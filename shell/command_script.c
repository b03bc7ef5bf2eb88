/* command_script: scripts from -c, -f, run, check and standard input. */
#include <string.h>

#include "shell/commands.h"
#include "shell/complain.h"
#include "shell/session.h"
#include "shell/text_file.h"

enum { EXIT_NO_FILE = 1 };

/* A file, or the text itself. */
static int do_text(struct session *session, const struct fs *fs, const char *text, bool is_file)
{
    struct bytebuf content = {0};
    struct error err;
    int exit_code;
    if (!is_file) {
        return session_text(session, slice_text(text), NULL);
    }
    if (text_file_read(fs, text, &content, &err) != OK) {
        complain(&err);
        exit_code = EXIT_NO_FILE;
    } else {
        const char *origin = strcmp(text, "-") != 0 ? text : NULL;
        exit_code = session_text(session, bytebuf_slice(&content), origin);
    }
    bytebuf_release(&content);
    return exit_code;
}

static int do_all(struct session *session, const struct args *args, const struct fs *fs)
{
    int exit_code = 0;
    for (uint32_t i = 0; i < args->n_texts && exit_code == 0; i++) {
        exit_code = do_text(session, fs, args->texts[i].text, args->texts[i].is_file);
    }
    if (args->n_texts == 0) {
        exit_code = do_text(session, fs, args->operand != NULL ? args->operand : "-", true);
    }
    return exit_code;
}

static int run_script(const struct session_config *config)
{
    struct session *session = session_new(config);
    int exit_code = do_all(session, config->args, config->fs);
    if (exit_code == 0) {
        exit_code = session_run(session);
    }
    session_free(session);
    return exit_code;
}

int command_script(struct args *args, const struct fs *fs, const struct clock *clock)
{
    return run_script(&(struct session_config){.args = args, .fs = fs, .clock = clock});
}

int command_replay(struct args *args, const struct fs *fs, const struct clock *clock)
{
    args->once = true;
    return run_script(
        &(struct session_config){.args = args, .fs = fs, .clock = clock, .replay = true});
}

int command_check(struct args *args, const struct fs *fs, const struct clock *clock)
{
    struct session_config config = {.args = args, .fs = fs, .clock = clock, .check_only = true};
    struct session *session = session_new(&config);
    int exit_code = do_all(session, args, fs);
    if (exit_code == 0) {
        log_line(LOG_INFO, "%s: no errors", args->operand);
    }
    session_free(session);
    return exit_code;
}
