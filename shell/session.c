/* session: see session.h. */
#include "shell/session.h"

#include "engine/base/log.h"
#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "engine/run/feed.h"
#include "shell/above.h"
#include "shell/args_settings.h"
#include "shell/background.h"
#include "shell/collector.h"
#include "shell/complain.h"
#include "shell/job_script.h"
#include "shell/pager.h"
#include "shell/report.h"
#include "shell/session_parts.h"
#include "shell/show.h"
#include "shell/take_checkpoint.h"
#include "shell/wiring.h"

enum { EXIT_RUNTIME = 1, EXIT_SQL = 3, EXIT_BAD_INPUT = 5, EXIT_LOCKED = 10 };

/* ---- life ----------------------------------------------------------------------------------- */

void session_set_resumes(struct session *session, bool resumes)
{
    session->resumes = resumes;
}

int session_failed(const struct session *session)
{
    return session->exit_code;
}

bool session_is_terminated(const struct session *session)
{
    return session->terminated || pager_is_terminated(session->pager);
}

void session_set_from_args(struct session *session)
{
    args_settings_apply(session->config.args, session->catalog);
    stream_sampler_set_once(session->sampler, session->config.args->once);
}

static void background_failed_in(void *owner, const struct error *err)
{
    session_background_failed(owner, err);
}

static void script_of(void *owner, struct slice without, struct bytebuf *out)
{
    session_script(owner, without, out);
}

struct session *session_new(const struct session_config *config)
{
    struct session *session = mem_zalloc(sizeof *session);
    session->config = *config;
    session->sampler = stream_sampler_new(config->fs, config->clock);
    session->catalog = catalog_new(wiring_kinds(), config->fs, config->clock);
    struct sampler interface = stream_sampler_interface(session->sampler);
    catalog_set_sampler(session->catalog, &interface);
    session_set_from_args(session);
    session->tables = tables_new(&(struct tables_config){
        .catalog = session->catalog,
        .clock = config->clock,
        .interactive = config->interactive,
        .check_only = config->check_only,
    });
    if (config->interactive) {
        session->background = background_new(&(struct background_config){
            .catalog = session->catalog,
            .fs = config->fs,
            .clock = config->clock,
            .sampler = session->sampler,
            .retention = tables_retention(session->tables),
            .tables = session->tables,
            .above = config->above != NULL ? &config->above->fs : NULL,
            .script = script_of,
            .owner = session,
        });
    }
    session->pager = pager_new(&(struct pager_config){
        .fs = config->fs,
        .background = session->background,
        .owner = session,
        .failed = background_failed_in,
    });
    pager_set_off(session->pager, !config->interactive);
    return session;
}

void session_free(struct session *session)
{
    if (session != NULL) {
        background_free(session->background);
        file_out_release(&session->output);
        pager_free(session->pager);
        session_forget(session);
        inspected_release(&session->last);
        bytebuf_release(&session->defined);
        tables_free(session->tables);
        stream_sampler_free(session->sampler);
        catalog_free(session->catalog);
        mem_free(session);
    }
}

struct catalog *session_catalog(struct session *session)
{
    return session->catalog;
}

struct pager *session_pager(struct session *session)
{
    return session->pager;
}

const struct plan *session_plan(const struct session *session, uint32_t index)
{
    return index < session->queries.n ? session->queries.items[index]->statement.plan : NULL;
}

bool session_has_queries(const struct session *session)
{
    return session->queries.n > 0;
}

void session_forget(struct session *session)
{
    prepared_list_clear(&session->queries);
}

int session_exit_code(const struct error *err)
{
    if (err->exit_code != 0) {
        return err->exit_code;
    }
    switch (err->status) {
    case OK:
        return 0;
    case ERR_SQL:
        return EXIT_SQL;
    case ERR_INPUT:
        return EXIT_BAD_INPUT;
    case ERR_LOCKED:
        return EXIT_LOCKED;
    case ERR_IO:
    case ERR_LIMIT:
    case ERR_OPTION:
    case ERR_STATE:
    case ERR_UNSUPPORTED:
        break;
    }
    return EXIT_RUNTIME;
}

enum status session_set_output(struct session *session, struct slice path, bool once,
                               struct error *err)
{
    return file_out_set(&session->output, session->config.fs, path, once, err);
}

/* ---- queries -------------------------------------------------------------------------------- */

/* Behind a failed change of what is kept nothing is left but to leave. */
static void end_if_broken(struct session *session, const struct error *err)
{
    if (session->background != NULL && background_is_broken(session->background)) {
        session->exit_code = session_exit_code(err);
        session_background_failed(session, NULL);
    }
}

/* What its sink cannot take any more is said; the query has stopped all the same. */
static void stop_background(struct session *session, struct slice name)
{
    struct error err;
    if (session->background != NULL && background_stop(session->background, name, &err) != OK) {
        complain(&err);
        end_if_broken(session, &err);
    }
}

/* A plan must outlive its query in the background. */
static void drop_query(struct session *session, struct slice name)
{
    stop_background(session, name);
    prepared_list_remove(&session->queries, name);
}

/* A replay needs what was read before to be there still. */
static enum status check_replay(const struct session *session, const struct plan *plan,
                                struct error *err)
{
    const struct stream_def *stream = plan_scan(plan->root)->stream;
    if (!session->config.replay || (stream->source->flags & SOURCE_REPLAYABLE) != 0) {
        return OK;
    }
    struct slice name = stream_label(stream);
    error_set(err, ERR_UNSUPPORTED, "%.*s cannot be replayed: %s cannot be read again",
              (int)name.len, (const char *)name.at, stream->source->scheme);
    error_hint(err, "files, folders, Kafka and gen can");
    return ERR_UNSUPPORTED;
}

static enum status do_select(struct session *session, struct prepared **prepared, struct error *err)
{
    if (session->resumes) {
        error_set(err, ERR_UNSUPPORTED, "a SELECT without a name does not go on at the prompt");
        error_hint(err, "tailrace run FILE --state DIR goes on with it, with a copy of job.sql");
        return ERR_UNSUPPORTED;
    }
    if (session->config.interactive) {
        return session_run_foreground(session, (*prepared)->statement.plan, err);
    }
    TRY(check_replay(session, (*prepared)->statement.plan, err));
    TRY(prepared_list_take(&session->queries, prepared, err));
    return session->config.check_only ? OK : session_run_collected(session, err);
}

/* The query has stopped; START QUERY makes it run again. */
static void mark_stopped(struct session *session, struct slice name)
{
    struct error ignored;
    (void)!catalog_stop(session->catalog, name, true, &ignored);
}

/* The statement is the last one of session->queries. */
static enum status start_query(struct session *session, const struct statement *statement,
                               struct error *err)
{
    struct slice name = statement->name;
    enum status status = background_start(session->background, statement->plan, err);
    if (status == OK) {
        log_line(LOG_INFO, "query %.*s runs", (int)name.len, (const char *)name.at);
        return OK;
    }
    mark_stopped(session, name);
    end_if_broken(session, err);
    prepared_list_drop(&session->queries);
    return status;
}

/* Its state would begin anew. */
static bool runs_and_is_kept(const struct session *session, struct slice name)
{
    const struct background *background = session->background;
    if (background == NULL || background_kept(background) == NULL ||
        background_find(background, name) == NULL) {
        return false;
    }
    log_line(LOG_INFO, "query %.*s runs already", (int)name.len, (const char *)name.at);
    return true;
}

static enum status do_query(struct session *session, struct prepared **prepared, struct error *err)
{
    const struct statement *statement = &(*prepared)->statement;
    TRY(statement_apply(session->catalog, statement, err));
    if (statement->skip || statement->plan == NULL) {
        return OK;
    }
    job_script_add(&session->defined, statement);
    TRY(check_replay(session, statement->plan, err));
    if (runs_and_is_kept(session, statement->name)) {
        return OK;
    }
    drop_query(session, statement->name); /* START of one that is there already */
    TRY(prepared_list_take(&session->queries, prepared, err));
    bool is_later = !session->config.interactive || session->resumes; /* session_go_on */
    return is_later ? OK : start_query(session, statement, err);
}

enum status session_go_on(struct session *session, struct error *err)
{
    for (uint32_t i = 0; i < session->queries.n; i++) {
        TRY(background_start(session->background, session->queries.items[i]->statement.plan, err));
    }
    return OK;
}

struct background *session_background(struct session *session)
{
    return session->background;
}

void session_background_failed(struct session *session, const struct error *err)
{
    if (err != NULL) {
        complain(err);
    }
    bool was_kept = background_kept(session->background) != NULL;
    if (!background_failed(session->background)) {
        return;
    }
    if (was_kept) { /* the next start takes it up */
        int exit_code = err != NULL ? session_exit_code(err) : EXIT_RUNTIME;
        session->exit_code = session->exit_code != 0 ? session->exit_code : exit_code;
        return;
    }
    for (uint32_t i = 0; i < session->queries.n; i++) {
        struct slice name = session->queries.items[i]->statement.name;
        log_line(LOG_WARN, "query %.*s has stopped", (int)name.len, (const char *)name.at);
        mark_stopped(session, name);
    }
    session_forget(session);
}

void session_background_reap(struct session *session)
{
    struct bytebuf name = {0};
    struct error err;
    while (background_reap(session->background, &name, &err)) {
        if (err.status != OK) {
            complain(&err);
            end_if_broken(session, &err);
        }
        log_line(LOG_INFO, "query %s is at the end of its input", bytebuf_text(&name));
        mark_stopped(session, bytebuf_slice(&name));
        drop_query(session, bytebuf_slice(&name));
        bytebuf_clear(&name);
    }
    bytebuf_release(&name);
}

static enum status show_listing(struct session *session, const struct statement *statement,
                                struct error *err)
{
    const struct show show = {
        .catalog = session->catalog,
        .tables = session->tables,
        .args = session->config.args,
        .fs = pager_fs(session->pager),
    };
    TRY((statement->kind == STATEMENT_SHOW ? show_statement : describe_statement)(&show, statement,
                                                                                  err));
    return pager_show(session->pager, err);
}

/* ---- statements ----------------------------------------------------------------------------- */

static enum status do_set(struct session *session, const struct statement *statement,
                          struct error *err)
{
    bool once = false;
    TRY(statement_apply(session->catalog, statement, err));
    job_script_add(&session->defined, statement);
    TRY(options_boolean(catalog_set_options(session->catalog), "once", false, &once, err));
    stream_sampler_set_once(session->sampler, once);
    return tables_set(session->tables, err);
}

/* A stream that says RETAIN is read from now on. */
static enum status start_collector(struct session *session, struct slice name, struct error *err)
{
    const struct stream_def *stream = catalog_find(session->catalog, CATALOG_STREAM, name)->stream;
    bool is_wanted = session->background != NULL &&
                     retention_collects(tables_retention(session->tables), stream);
    return is_wanted ? collector_start(session->background, session->catalog, stream,
                                       &session->queries, err)
                     : OK;
}

enum status session_collect(struct session *session, struct error *err)
{
    const struct catalog_entry *entry;
    for (uint32_t i = 0; (entry = catalog_at(session->catalog, CATALOG_STREAM, i)) != NULL; i++) {
        TRY(start_collector(session, entry->name, err));
    }
    return OK;
}

static void forget_stream(struct session *session, const struct stream_def *stream)
{
    struct bytebuf name = {0};
    collector_name(&name, stream);
    drop_query(session, bytebuf_slice(&name));
    tables_forget(session->tables, stream);
    bytebuf_release(&name);
}

/* What inference took: to a person who looks on, else with -v. */
static void say_columns(const struct statement *statement)
{
    struct bytebuf line = {0};
    if (!statement->skip && report_columns(&line, statement->stream)) {
        say_note(report_level(), bytebuf_slice(&line));
    }
    bytebuf_release(&line);
}

static enum status do_ddl(struct session *session, const struct statement *statement,
                          struct error *err)
{
    const struct catalog_entry *entry =
        statement->kind == STATEMENT_DROP
            ? catalog_find(session->catalog, statement->object, statement->name)
            : NULL;
    const struct catalog_entry dropped =
        entry != NULL ? *entry : (struct catalog_entry){.stream = NULL};
    TRY(statement_apply(session->catalog, statement, err));
    if (!statement->skip) {
        job_script_add(&session->defined, statement);
    }
    job_script_drop(&session->defined, &dropped);
    if (statement->kind == STATEMENT_CREATE_STREAM) {
        say_columns(statement);
        bool is_later = statement->skip || session->resumes; /* session_collect */
        return is_later ? OK : start_collector(session, statement->name, err);
    }
    if (dropped.stream != NULL) {
        forget_stream(session, dropped.stream);
    }
    bool drops_query = statement->kind == STATEMENT_DROP && statement->object == CATALOG_QUERY;
    if (drops_query || statement->kind == STATEMENT_STOP) {
        drop_query(session, statement->name);
    }
    if (drops_query) { /* one that was stopped keeps its last result */
        tables_forget_result(session->tables, statement->name);
    }
    return OK;
}

static enum status do_statement(struct session *session, struct prepared **prepared,
                                struct error *err)
{
    const struct statement *statement = &(*prepared)->statement;
    const struct args *args = session->config.args;
    switch (statement->kind) {
    case STATEMENT_SELECT:
        return do_select(session, prepared, err);
    case STATEMENT_INSERT:
    case STATEMENT_CREATE_QUERY:
    case STATEMENT_START:
        return do_query(session, prepared, err);
    case STATEMENT_CREATE_STREAM:
    case STATEMENT_CREATE_VIEW:
    case STATEMENT_CREATE_SINK:
    case STATEMENT_DROP:
    case STATEMENT_STOP:
        return do_ddl(session, statement, err);
    case STATEMENT_SET:
        return do_set(session, statement, err);
    case STATEMENT_SHOW:
        if (statement->show == SHOW_LATENESS) {
            return session_show_lateness(session, err);
        }
        return show_listing(session, statement, err);
    case STATEMENT_DESCRIBE:
        return show_listing(session, statement, err);
    case STATEMENT_EXPLAIN:
        return session_explain_statement(session, statement, err);
    case STATEMENT_CHECKPOINT:
        break;
    }
    enum status status = take_checkpoint(session->background, statement->name, args->state, err);
    end_if_broken(session, err);
    return status;
}

static enum status one_statement(struct session *session, struct slice text, struct error *err)
{
    struct prepared *prepared = prepared_new();
    error_clear(err);
    enum status status =
        statement_prepare(session->catalog, &prepared->arena, text, &prepared->statement, err);
    if (session_says_again(session, &prepared->statement, text)) {
        status = OK;
    } else if (status != OK) {
        /* Whatever is wrong before anything runs is the statement's fault, but for a file that
         * cannot be read when its columns are wanted. */
        if (err->exit_code == 0 && status != ERR_IO) {
            err->exit_code = EXIT_SQL;
        }
    } else {
        status = do_statement(session, &prepared, err);
    }
    prepared_free(prepared);
    return status;
}

int session_text(struct session *session, struct slice text, const char *origin)
{
    struct split split;
    struct slice rest = text;
    int exit_code = 0;
    while (exit_code == 0 && !session_is_terminated(session)) {
        bool complete = statement_split(rest, &split);
        if (!complete && split.text.len == 0) {
            return exit_code;
        }
        struct error err;
        if (one_statement(session, split.text, &err) != OK) {
            complain_about(&err, text, (size_t)(split.text.at - text.at), origin);
            exit_code = session_exit_code(&err);
        }
        if (!complete) {
            return exit_code;
        }
        rest = split.rest;
    }
    return exit_code;
}
