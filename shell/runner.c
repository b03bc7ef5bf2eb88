/* runner: see runner.h. */
#include "shell/runner.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "engine/base/log.h"
#include "engine/base/mem.h"
#include "engine/run/loop.h"
#include "shell/complain.h"
#include "shell/console_out.h"
#include "shell/job_settings.h"
#include "shell/live_view.h"
#include "shell/output_sinks.h"
#include "shell/report.h"
#include "shell/terminal.h"

/* A run that is shorter says nothing about its progress. */
#define PROGRESS_AFTER_US (US_PER_SECOND / 2)

struct run {
    struct runner *runner;
    struct job *job;
    struct query *queries[RUNNER_QUERIES_MAX];
    struct sink *views[RUNNER_QUERIES_MAX]; /* of queries that are redrawn; else NULL */
    uint32_t n;
    struct arena arena; /* lifetime: the run */
    struct screen *screen;
    struct above *above;
    struct above own_above; /* where there is no prompt */
    bool rows_on_screen;    /* rows go through the screen, not only the status */
    bool live;              /* some stream has no end */
    bool has_tables;        /* some result is redrawn in place */
    bool pages;             /* what is printed goes through the pager */
    struct row_budget budget;
    uint32_t n_printing; /* queries that print */
    int64_t start_us;
    int64_t status_us; /* steady time of the next status */
    int64_t beside_us; /* and of the next step of the job beside */
    struct report_rate rate;
    struct error failure; /* of a shared job */
    struct interrupt interrupt;
};

/* ---- where rows go -------------------------------------------------------------------------- */

static const char *state_of(const struct runner *runner)
{
    return runner->keeps_state && runner->job == NULL ? runner->args->state : NULL;
}

/* The session's job, or one for this run alone. */
static enum status job_make(struct run *run, struct error *err)
{
    const struct runner *runner = run->runner;
    struct job_config config;
    if (runner->job != NULL) {
        run->job = runner->job;
        return OK;
    }
    TRY(job_settings_read(runner->catalog, runner->fs, runner->clock, &config, err));
    config.state_dir = state_of(runner);
    config.interrupt = &run->interrupt;
    config.new_state = runner->args->new_state;
    config.accept_change = runner->args->accept_change;
    config.replay = runner->args->replay;
    config.text = runner->script;
    config.retention = runner->retention;
    run->job = job_new(&config);
    return job_open(run->job, err);
}

/* Prints rows to standard output, above the screen's tables if there is one. */
static enum status console_make(struct run *run, const struct runner_query *item, struct sink **out,
                                struct error *err)
{
    const char *format = run->runner->args->output;
    if (format == NULL && run->has_tables) {
        format = "plain"; /* a box that goes on would hang open above the tables */
    }
    const struct runner *runner = run->runner;
    if (runner->rows_fs != NULL) {
        format = format == NULL ? "csv" : format;
        return console_out_open(&run->arena, item->plan, format, runner->rows_fs, out, err);
    }
    const struct fs *fs = run->pages            ? pager_fs(runner->pager)
                          : run->rows_on_screen ? screen_fs(run->screen)
                                                : runner->fs;
    return console_out_open(&run->arena, item->plan, format, fs, out, err);
}

static bool prints(const struct runner_query *item)
{
    return item->print || item->plan->sink == NULL;
}

/* Redrawn in place: only where nobody asked for another form. */
static bool shows_table(const struct run *run, const struct runner_query *item)
{
    const struct args *args = run->runner->args;
    return run->rows_on_screen && args->output == NULL && args->live != LIVE_OFF &&
           !item->discard && prints(item) && live_view_fits(item->plan) &&
           !plan_scan(item->plan->root)->stream->is_table;
}

static enum status sink_make(struct run *run, const struct runner_query *item, struct sink **out,
                             struct error *err)
{
    const struct args *args = run->runner->args;
    *out = NULL;
    if (item->discard) {
        *out = discard_sink_new();
        return OK;
    }
    if (!prints(item)) {
        return OK; /* the job opens it */
    }
    run->n_printing++;
    if (shows_table(run, item)) {
        *out = live_view_new(run->screen, item->plan, args->live == LIVE_FULL);
        run->views[run->n] = *out;
    } else {
        TRY(console_make(run, item, out, err));
        bool is_whole = run->pages || plan_scan(item->plan->root)->stream->is_table;
        *out = is_whole ? patient_sink_new(*out) : *out;
    }
    if (args->max_rows > 0) {
        *out = limit_sink_new(*out, &run->budget);
    }
    return OK;
}

/* Results that come to an end, and are not drawn again until then. */
static void choose_form(struct run *run)
{
    const struct runner *runner = run->runner;
    run->pages = runner->pager != NULL && runner->rows_fs == NULL && pager_pages(runner->pager);
    for (uint32_t i = 0; i < runner->n_queries; i++) {
        const struct runner_query *item = &runner->queries[i];
        run->has_tables = run->has_tables || shows_table(run, item);
        run->pages = run->pages && plan_scan(item->plan->root)->stream->finite;
    }
    run->pages = run->pages && !run->has_tables;
}

static enum status query_make(struct run *run, const struct runner_query *item, struct error *err)
{
    const struct stream_def *stream = plan_scan(item->plan->root)->stream;
    struct sink *sink;
    TRY(sink_make(run, item, &sink, err));
    stream_sampler_hand_over(run->runner->sampler, run->job, stream);
    TRY(job_add_query(run->job, item->plan, sink, &run->queries[run->n], err));
    run->n++;
    run->live = run->live || !stream->finite;
    return OK;
}

static void screen_make(struct run *run)
{
    const struct args *args = run->runner->args;
    struct screen_config config = {
        .fs = run->runner->fs,
        .handle = STDOUT_FILENO,
        .color = terminal_color(args->color, STDOUT_FILENO),
    };
    run->rows_on_screen = terminal_moves(STDOUT_FILENO) && run->runner->rows_fs == NULL;
    if (!run->rows_on_screen) {
        config.handle = STDERR_FILENO;
        config.color = terminal_color(args->color, STDERR_FILENO);
        if (!terminal_moves(STDERR_FILENO) || isatty(STDOUT_FILENO) != 0) {
            return;
        }
    }
    run->screen = screen_new(&config);
    run->above = run->runner->above;
    if (run->above == NULL) { /* nobody else has a terminal here */
        run->above = &run->own_above;
        above_init(run->above, run->runner->fs);
        above_take_log(run->above);
    } else if (run->rows_on_screen) {
        terminal_echo(false); /* keys that mean nothing here do not move what is drawn */
    }
    run->above->screen = run->screen;
}

/* At a prompt, which listens to them again. */
static bool hides_keys(const struct run *run)
{
    return run->runner->above != NULL && run->rows_on_screen;
}

static void screen_end(const struct run *run)
{
    run->above->screen = NULL;
    if (run->above == &run->own_above) {
        above_leave_log();
    }
    if (hides_keys(run)) {
        terminal_echo(true);
    }
    screen_finish(run->screen);
}

/* ---- while it runs -------------------------------------------------------------------------- */

/* The start line: what was taken of a stream that is only named in FROM, and which time is used. A
 * live stream says its time to everybody: there a delay may have been chosen. So does one whose
 * windows go by arrival although it has times of its own. */
static void say_start(const struct run *run)
{
    struct bytebuf line = {0};
    for (uint32_t i = 0; i < run->n; i++) {
        const struct plan *plan = query_plan(run->queries[i]);
        const struct stream_def *stream = plan_scan(plan->root)->stream;
        bytebuf_clear(&line);
        if (stream->name.len == 0 && report_reads(plan) && report_columns(&line, stream)) {
            say_note(report_level(), bytebuf_slice(&line));
        }
        bytebuf_clear(&line);
        if (run->n > 1) {
            bytebuf_printf(&line, "%.*s: ", (int)plan->name.len, (const char *)plan->name.at);
        }
        if (report_time(&line, plan)) {
            bool for_all = !stream->finite || report_passes_over_time(plan);
            say_note(for_all ? LOG_INFO : report_level(), bytebuf_slice(&line));
        }
    }
    bytebuf_release(&line);
}

static bool rows_suffice(struct run *run)
{
    int64_t max_rows = run->runner->args->max_rows;
    if (max_rows == 0) {
        return false;
    }
    if (run->n_printing > 0) {
        return run->budget.left == 0;
    }
    uint64_t rows = 0;
    for (uint32_t i = 0; i < run->n; i++) {
        struct query_progress progress;
        query_measure(run->queries[i], &progress);
        rows += progress.rows_out;
    }
    return rows >= (uint64_t)max_rows;
}

/* In a job that goes on the run is over when its own queries are. */
static bool all_ended(const struct run *run)
{
    for (uint32_t i = 0; i < run->n; i++) {
        if (!query_has_ended(run->queries[i])) {
            return false;
        }
    }
    return true;
}

/* Tables show which windows are still open. */
static void show_time(struct run *run)
{
    for (uint32_t i = 0; i < run->n; i++) {
        if (run->views[i] == NULL) {
            continue;
        }
        struct feed_progress feed;
        const struct plan_node *scan = plan_scan(query_plan(run->queries[i])->root);
        query_feed(run->queries[i], &feed);
        int64_t time_us = scan->time_origin == TIME_FROM_ARRIVAL ? clock_now_us(run->runner->clock)
                                                                 : feed.watermark;
        live_view_set_watermark(run->views[i],
                                query_has_ended(run->queries[i]) ? TIME_END : time_us);
    }
}

/* A table is read by a job of its own: what goes wrong with the one is none of the other's
 * business.
 */
/* It gets as much time as the queries here, at most: its steps may be a hundred times as long. */
static void step_beside(struct run *run)
{
    struct runner *runner = run->runner;
    enum job_state what;
    int64_t now_us = clock_steady_us(clock_system());
    if (runner->beside == NULL || runner->job_failed || now_us < run->beside_us) {
        return;
    }
    runner->job_failed = job_step(runner->beside, &what, &runner->beside_failure) != OK;
    int64_t took_us = clock_steady_us(clock_system()) - now_us;
    run->beside_us = now_us + 2 * took_us;
}

static bool after_step(void *owner)
{
    struct run *run = owner;
    step_beside(run);
    int64_t now_us = clock_steady_us(clock_system());
    bool wants_status = run->live || now_us - run->start_us >= PROGRESS_AFTER_US;
    if (run->screen != NULL && wants_status && now_us >= run->status_us) {
        struct bytebuf status = {0};
        report_status(&status, run->queries, run->n, &run->rate, run->runner->clock);
        screen_set_status(run->screen, bytebuf_slice(&status));
        bytebuf_release(&status);
        show_time(run);
        run->status_us = now_us + SCREEN_INTERVAL_US;
    }
    if (run->screen != NULL) {
        screen_draw(run->screen, false);
    }
    bool is_over = run->runner->job != NULL && (run->runner->job_failed || all_ended(run));
    bool is_full = run->pages && pager_is_full(run->runner->pager);
    return !is_over && !is_full && !rows_suffice(run);
}

/* Nothing goes on before the queries have left. */
static struct job *job_failed(void *owner, const struct error *err)
{
    struct run *run = owner;
    run->failure = *err;
    run->runner->job_failed = true;
    return NULL;
}

/* The watermark's lag goes on also when nothing comes. */
static int64_t wake_us(void *owner)
{
    const struct run *run = owner;
    if (run->screen == NULL) {
        return INT64_MAX;
    }
    int64_t draw_us = screen_wake_us(run->screen);
    int64_t second_us = clock_steady_us(clock_system()) + US_PER_SECOND;
    return draw_us < second_us ? draw_us : second_us;
}

/* Ctrl-Z and fg: what a shell says in between stays where it is. */
static void suspended(void *owner)
{
    const struct run *run = owner;
    screen_begin_anew(run->screen);
    if (hides_keys(run)) {
        terminal_echo(true);
    }
}

static void resumed(void *owner)
{
    const struct run *run = owner;
    screen_begin_anew(run->screen);
    if (hides_keys(run)) {
        terminal_echo(false);
    }
}

static void resized(void *owner)
{
    const struct run *run = owner;
    screen_resize(run->screen);
}

static void status_dump(void *owner)
{
    struct run *run = owner;
    struct bytebuf status = {0};
    report_status(&status, run->queries, run->n, &run->rate, run->runner->clock);
    log_line(LOG_WARN, "%s", bytebuf_text(&status));
    bytebuf_release(&status);
}

/* ---- after it has run ----------------------------------------------------------------------- */

/* Made while the queries are there, said when their sinks have said their last. */
static void add_summary(struct run *run, struct bytebuf *out)
{
    report_warnings(out, run->queries, run->n);
    if (run->runner->args->stats || isatty(STDERR_FILENO) != 0) {
        int64_t took_us = clock_steady_us(clock_system()) - run->start_us;
        report_summary(out, run->queries, run->n, &run->rate, took_us);
    }
}

/* Goes on where the last run ended, and says so. */
static enum status job_resume(struct run *run, struct error *err)
{
    uint64_t epoch;
    bool redone;
    if (state_of(run->runner) == NULL) {
        return OK;
    }
    TRY(job_start(run->job, err));
    if (job_resumed(run->job, &epoch, &redone)) {
        log_line(LOG_INFO, "goes on behind epoch %" PRIu64 "%s", epoch,
                 redone ? "; the next one was computed again" : "");
        if (all_ended(run)) {
            log_line(LOG_WARN,
                     "an earlier run has read all input to its end and closed all windows; "
                     "with --no-flush a job stays open for more");
        }
    }
    return OK;
}

static enum status run_queries(struct run *run, struct error *err)
{
    struct runner *runner = run->runner;
    enum loop_end end;
    TRY(job_make(run, err));
    choose_form(run);
    for (uint32_t i = 0; i < runner->n_queries; i++) {
        TRY(query_make(run, &runner->queries[i], err));
    }
    report_begin(&run->rate, run->queries, run->n);
    say_start(run);
    TRY(job_resume(run, err));
    struct loop_config config = {
        .job = run->job,
        .lent = &run->interrupt,
        .for_us = runner->for_us != 0 ? runner->for_us : runner->args->for_us,
        .owner = run,
        .after_step = after_step,
        .wake_us = wake_us,
        .status_dump = status_dump,
        .resized = run->screen != NULL ? resized : NULL,
        .suspended = run->screen != NULL ? suspended : NULL,
        .resumed = run->screen != NULL ? resumed : NULL,
        .failed = runner->job != NULL ? job_failed : NULL,
    };
    enum status status = loop_run(&config, &end, err);
    runner->terminated = config.stop_signal == SIGTERM;
    TRY(status);
    if (runner->job != NULL && runner->job_failed) {
        *err = run->failure;
        return err->status;
    }
    show_time(run);
    runner->stopped = end == LOOP_STOPPED;
    if (runner->finished != NULL) {
        runner->finished(runner->owner, run->queries, run->n);
    }
    return OK;
}

/* Closes the sinks, which do not outlive the run; the rest of a shared job is its owner's. */
static enum status queries_end(struct run *run, struct error *err)
{
    enum status status = OK;
    if (run->runner->job == NULL) {
        job_free(run->job);
        return OK;
    }
    for (uint32_t i = 0; i < run->n; i++) {
        struct error why;
        if (run->runner->job_failed) {
            job_drop_query(run->job, run->queries[i]);
        } else if (job_remove_query(run->job, run->queries[i], &why) != OK && status == OK) {
            *err = why;
            status = why.status;
        }
    }
    return status;
}

/* Who stops a query wants the prompt, not a pager. */
static enum status show_pages(const struct run *run, struct error *err)
{
    struct pager *pager = run->runner->pager;
    if (run->runner->stopped && pager_is_tall(pager)) {
        pager_drop(pager);
        log_line(LOG_INFO, "stopped: the rows so far are not shown; with .pager off they scroll");
    }
    return pager_show(pager, err);
}

enum status runner_run(struct runner *runner, struct error *err)
{
    struct run *run = mem_zalloc(sizeof *run);
    run->runner = runner;
    run->budget.left = (uint64_t)runner->args->max_rows;
    run->start_us = clock_steady_us(clock_system());
    run->rate.at_us = run->start_us;
    arena_init(&run->arena);
    screen_make(run);
    struct bytebuf summary = {0};
    enum status status = run_queries(run, err);
    if (status == OK) {
        add_summary(run, &summary);
    }
    struct error at_end;
    if (queries_end(run, &at_end) != OK && status == OK) {
        *err = at_end;
        status = at_end.status;
    }
    if (run->screen != NULL) {
        screen_end(run);
    }
    if (run->pages && show_pages(run, &at_end) != OK && status == OK) {
        *err = at_end;
        status = at_end.status;
    }
    fputs(bytebuf_text(&summary), stderr);
    bytebuf_release(&summary);
    screen_free(run->screen);
    arena_release(&run->arena);
    mem_free(run);
    return status;
}
