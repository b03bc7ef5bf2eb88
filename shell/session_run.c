/* session_run: what a session runs while everybody waits: in a script the queries that it has
 * collected, as one job; at a prompt a SELECT, beside those in the background. See session_parts.h.
 */
#include "shell/background.h"
#include "shell/complain.h"
#include "shell/pager.h"
#include "shell/session_parts.h"

struct runner session_runner(struct session *session)
{
    return (struct runner){
        .args = session->config.args,
        .catalog = session->catalog,
        .fs = session->config.fs,
        .clock = session->config.clock,
        .sampler = session->sampler,
        .retention = tables_retention(session->tables),
        .above = session->config.above,
    };
}

/* A script is looked at as a whole; a person means what ran last. */
static void keep_views(void *owner, struct query *const *queries, uint32_t n)
{
    struct session *session = owner;
    if (session->config.interactive) {
        inspected_clear(&session->last);
    }
    inspected_keep(&session->last, queries, n);
}

/* The state is that of one job: queries that run one after the other would take each other's. */
static enum status take_state(struct session *session, struct error *err)
{
    if (session->has_kept) {
        error_set(err, ERR_UNSUPPORTED, "with --state all queries run together, and some have run");
        error_hint(err, "a SELECT runs at once: let it be the last, or give it a name with CREATE "
                        "QUERY, or INSERT INTO");
        return ERR_UNSUPPORTED;
    }
    session->has_kept = session->config.args->state != NULL && !session->config.replay;
    return OK;
}

enum status session_run_collected(struct session *session, struct error *err)
{
    struct runner_query queries[RUNNER_QUERIES_MAX] = {{.plan = NULL}};
    struct runner runner = session_runner(session);
    struct bytebuf script = {0};
    if (session->queries.n == 0) {
        return OK;
    }
    TRY(take_state(session, err));
    session_script(session, slice_of(NULL, 0), &script);
    for (uint32_t i = 0; i < session->queries.n; i++) {
        queries[i].plan = session->queries.items[i]->statement.plan;
        queries[i].print = session->config.replay;
    }
    runner.script = bytebuf_slice(&script);
    runner.queries = queries;
    runner.n_queries = session->queries.n;
    runner.keeps_state = !session->config.replay;
    runner.finished = keep_views;
    runner.owner = session;
    enum status status = runner_run(&runner, err);
    session->terminated = runner.stopped;
    bytebuf_release(&script);
    session_forget(session);
    return status;
}

/* Beside the queries in the background, which go on. */
enum status session_run_foreground(struct session *session, const struct plan *plan,
                                   struct error *err)
{
    struct runner_query query = {.plan = plan};
    struct runner runner = session_runner(session);
    const struct stream_def *stream = plan_scan(plan->root)->stream;
    if (stream->is_table) {
        tables_note(session->tables, stream);
        runner.beside = background_job(session->background);
    } else {
        TRY(background_open_job(session->background, &runner.job, err));
    }
    runner.queries = &query;
    runner.n_queries = 1;
    runner.finished = keep_views;
    runner.owner = session;
    runner.rows_fs = file_out_fs(&session->output);
    runner.pager = session->pager;
    enum status status = runner_run(&runner, err);
    session->terminated = runner.terminated;
    if (runner.job_failed) {
        const struct error *beside = runner.beside != NULL ? &runner.beside_failure : NULL;
        if (background_is_broken(session->background)) {
            session->exit_code = session_exit_code(beside != NULL ? beside : err);
        }
        session_background_failed(session, beside);
    }
    file_out_used(&session->output);
    return status;
}

int session_run(struct session *session)
{
    struct error err;
    if (session->terminated || session_run_collected(session, &err) == OK) {
        return 0;
    }
    complain(&err);
    return session_exit_code(&err);
}
