/* resumption: see resumption.h. */
#include "shell/resumption.h"

#include <inttypes.h>

#include "engine/base/log.h"
#include "shell/background.h"
#include "shell/complain.h"
#include "shell/job_script.h"
#include "shell/kept_job.h"

/* "fraud.state: 2 queries go on behind epoch 41: q1, q2" */
static void say_resumed(const struct background *background, const char *dir)
{
    struct bytebuf line = {0};
    struct bytebuf names = {0};
    const struct job *job = kept_job_job(background_kept(background));
    uint64_t epoch;
    bool redone;
    uint32_t n = 0;
    const struct query *query;
    for (uint32_t i = 0; (query = background_at(background, i)) != NULL; i++) {
        if (!background_collects(background, i)) {
            struct slice name = query_plan(query)->name;
            bytebuf_add_text(&names, n++ > 0 ? ", " : "");
            bytebuf_add(&names, name.at, name.len);
        }
    }
    bytebuf_printf(&line, "%s: ", dir);
    (void)job_resumed(job, &epoch, &redone);
    if (n == 0) {
        bytebuf_add_text(&line, "no query is kept yet; what is started here will be");
    } else {
        bytebuf_printf(&line, "%u quer%s on behind epoch %" PRIu64 "%s: %s", n,
                       n == 1 ? "y goes" : "ies go", epoch,
                       redone ? ", the next one was computed again" : "", bytebuf_text(&names));
    }
    say_note(LOG_INFO, bytebuf_slice(&line));
    bytebuf_release(&names);
    bytebuf_release(&line);
}

/* Does what the last session did. */
static int do_script(struct session *session, struct slice text, const char *dir)
{
    struct bytebuf origin = {0};
    struct error err;
    bytebuf_printf(&origin, "%s/job.sql", dir);
    session_set_resumes(session, true);
    int exit_code = session_text(session, text, bytebuf_text(&origin));
    session_set_resumes(session, false);
    if (exit_code == 0 && session_go_on(session, &err) != OK) {
        complain(&err);
        exit_code = session_exit_code(&err);
    }
    if (exit_code != 0) {
        log_line(LOG_WARN,
                 "the queries of \"%s\" cannot go on, and nothing in it was changed: put \"%s\" "
                 "right, or go on with tailrace run FILE --state %s",
                 dir, bytebuf_text(&origin), dir);
    }
    bytebuf_release(&origin);
    return exit_code;
}

static int begin(struct session *session, const struct args *args, struct bytebuf *text)
{
    struct error err;
    struct background *background = session_background(session);
    enum status status = background_open_state(background, args, text, &err);
    if (status == OK) {
        status = job_script_check(bytebuf_slice(text), args->state, &err);
    }
    int exit_code = status == OK ? do_script(session, bytebuf_slice(text), args->state) : 0;
    if (status == OK && exit_code == 0) {
        status = background_start_state(background, &err);
    }
    if (status == OK && exit_code == 0) {
        status = session_collect(session, &err);
    }
    if (status != OK) {
        complain(&err);
        return session_exit_code(&err);
    }
    return exit_code;
}

int resumption_begin(struct session *session, const struct args *args)
{
    struct bytebuf text = {0};
    int exit_code = begin(session, args, &text);
    if (exit_code == 0) {
        say_resumed(session_background(session), args->state);
    }
    bytebuf_release(&text);
    return exit_code;
}

int resumption_end(struct session *session)
{
    struct error err;
    if (session_failed(session) != 0) {
        return session_failed(session);
    }
    if (background_finish(session_background(session), &err) == OK) {
        return 0;
    }
    complain(&err);
    return session_exit_code(&err);
}
