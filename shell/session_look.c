/* session_look: what a session says of its queries: how they run, how late rows come, their plans.
 * See session_parts.h. */
#include "shell/background.h"
#include "shell/complain.h"
#include "shell/explain_statement.h"
#include "shell/pager.h"
#include "shell/session_parts.h"

enum status session_inspect(struct session *session, enum inspect_view view, struct slice name,
                            struct bytebuf *out, struct error *err)
{
    struct query *query;
    if (name.len > 0) {
        query = background_find(session->background, name);
        if (query == NULL) {
            return error_set(err, ERR_OPTION, "no query \"%.*s\" runs", (int)name.len,
                             (const char *)name.at);
        }
        inspect_query(out, query, view);
        return OK;
    }
    bool asks_all = session->background != NULL && view != INSPECT_WHY;
    for (uint32_t i = 0; asks_all && (query = background_at(session->background, i)) != NULL; i++) {
        inspect_query(out, query, view);
    }
    bytebuf_add(out, session->last.texts[view].at, session->last.texts[view].len);
    if (out->len == 0) {
        return error_set(err, ERR_OPTION,
                         view == INSPECT_LATENESS ? "no query with a watermark has run yet"
                                                  : "no query has run yet");
    }
    return OK;
}

enum status session_explain_statement(struct session *session, const struct statement *statement,
                                      struct error *err)
{
    struct bytebuf out = {0};
    struct runner runner = session_runner(session);
    struct query *running = session->background == NULL || statement->name.len == 0
                                ? NULL
                                : background_find(session->background, statement->name);
    bool may_run = !session->config.check_only;
    if (session->background != NULL && running == NULL && explain_runs(statement)) {
        TRY(background_open_job(session->background, &runner.job, err));
    }
    enum status status = explain_statement(&out, statement, running, may_run ? &runner : NULL, err);
    session->terminated = runner.terminated;
    if (runner.job_failed) {
        session_background_failed(session, NULL);
    }
    if (status == OK && !session->terminated) {
        status = pager_say(session->pager, bytebuf_slice(&out), err);
    }
    bytebuf_release(&out);
    return status;
}

void session_explain(struct session *session)
{
    struct bytebuf out = {0};
    struct error err;
    for (uint32_t i = 0; i < session->queries.n; i++) {
        bytebuf_add_text(&out, i > 0 ? "\n" : "");
        plan_print(&out, session->queries.items[i]->statement.plan);
    }
    if (say(session->config.fs, bytebuf_slice(&out), &err) != OK) {
        complain(&err);
    }
    bytebuf_release(&out);
}

/* Of the queries in the background and the last one in the foreground; in a script of all so far,
 * which run now. */
enum status session_show_lateness(struct session *session, struct error *err)
{
    struct bytebuf out = {0};
    if (session->config.check_only) {
        return OK;
    }
    if (!session->config.interactive) {
        TRY(session_run_collected(session, err));
    }
    enum status status = session_inspect(session, INSPECT_LATENESS, slice_of(NULL, 0), &out, err);
    if (status == OK) {
        status = pager_say(session->pager, bytebuf_slice(&out), err);
    }
    bytebuf_release(&out);
    return status;
}
