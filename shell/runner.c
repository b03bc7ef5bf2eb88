/* runner: see runner.h. */
#include "shell/runner.h"

#include <stdio.h>
#include <unistd.h>

#include "engine/base/log.h"
#include "engine/base/mem.h"
#include "engine/run/loop.h"
#include "shell/live_view.h"
#include "shell/output_sinks.h"
#include "shell/report.h"
#include "shell/terminal.h"
#include "sinks/console_sink.h"

/* A run that is shorter says nothing about its progress. */
#define PROGRESS_AFTER_US (US_PER_SECOND / 2)

struct run {
    struct runner *runner;
    struct job *job;
    struct query *queries[RUNNER_QUERIES_MAX];
    uint32_t n;
    struct arena arena; /* lifetime: the run */
    struct screen *screen;
    bool rows_on_screen; /* rows go through it, not only the status */
    bool live;           /* some stream has no end */
    bool has_tables;     /* some result is redrawn in place */
    struct row_budget budget;
    uint32_t n_printing; /* queries that print */
    int64_t start_us;
    int64_t status_us; /* steady time of the next status */
    struct report_rate rate;
};

/* ---- where rows go -------------------------------------------------------------------------- */

static enum status setting_trigger(const struct catalog *catalog, int64_t *out, struct error *err)
{
    struct slice value = catalog_setting(catalog, "trigger");
    if (slice_equal_nocase(value, slice_text("asap"))) {
        *out = TRIGGER_ASAP;
        return OK;
    }
    if (slice_equal_nocase(value, slice_text("once"))) {
        *out = TRIGGER_ONCE;
        return OK;
    }
    return options_duration(catalog_set_options(catalog), "trigger", TRIGGER_ASAP, out, err);
}

static enum status job_make(struct run *run, struct error *err)
{
    const struct catalog *catalog = run->runner->catalog;
    const struct options *set = catalog_set_options(catalog);
    struct job_config config = {
        .kinds = catalog_kinds(catalog),
        .fs = run->runner->fs,
        .clock = run->runner->clock,
    };
    int64_t memory = 0;
    TRY(setting_trigger(catalog, &config.trigger_us, err));
    TRY(options_boolean(set, "once", false, &config.once, err));
    TRY(options_boolean(set, "no_flush", false, &config.no_flush, err));
    TRY(options_bytes(set, "memory_limit", STATE_BYTES_MAX_DEFAULT, &memory, err));
    config.state_bytes_max = (size_t)memory;
    run->job = job_new(&config);
    return OK;
}

/* Prints rows to standard output, above the screen's tables if there is one. */
static enum status console_make(struct run *run, const struct runner_query *item, struct sink **out,
                                struct error *err)
{
    const struct plan *plan = item->plan;
    struct arena *arena = &run->arena;
    struct options *options = arena_zalloc(arena, sizeof *options);
    struct uri *uri = arena_zalloc(arena, sizeof *uri);
    struct sink_config *config = arena_zalloc(arena, sizeof *config);
    const char *format = run->runner->args->output;
    uint64_t committed;
    if (format == NULL && run->has_tables) {
        format = "plain"; /* a box that goes on would hang open above the tables */
    }
    options_init(options, arena);
    TRY(uri_parse(arena, slice_text("console:"), uri, options, err));
    *config = (struct sink_config){
        .uri = uri,
        .options = options,
        .format = slice_text(format != NULL ? format : ""),
        .schema = &plan->root->schema,
        .changes = plan->changes,
        .complete = plan->emit.kind == EMIT_COMPLETE,
        .keys = plan->keys,
        .n_keys = plan->n_keys,
        .fs = run->rows_on_screen ? screen_fs(run->screen) : run->runner->fs,
        .clock = run->runner->clock,
        .query_name = (const char *)arena_copy(arena, plan->name).at,
    };
    return sink_open(&console_sink, config, out, &committed, err);
}

/* Redrawn in place: only where nobody asked for another form. */
static bool shows_table(const struct run *run, const struct runner_query *item)
{
    return run->rows_on_screen && run->runner->args->output == NULL && !item->discard &&
           item->plan->sink == NULL && live_view_fits(item->plan);
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
    if (item->plan->sink != NULL) {
        return OK; /* the job opens it */
    }
    run->n_printing++;
    if (shows_table(run, item)) {
        *out = live_view_new(run->screen, item->plan);
    } else {
        TRY(console_make(run, item, out, err));
    }
    if (args->max_rows > 0) {
        *out = limit_sink_new(*out, &run->budget);
    }
    return OK;
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
    run->rows_on_screen = terminal_moves(STDOUT_FILENO);
    if (!run->rows_on_screen) {
        config.handle = STDERR_FILENO;
        config.color = terminal_color(args->color, STDERR_FILENO);
        if (!terminal_moves(STDERR_FILENO) || isatty(STDOUT_FILENO) != 0) {
            return;
        }
    }
    run->screen = screen_new(&config);
}

/* ---- while it runs -------------------------------------------------------------------------- */

static void say_time(const struct run *run)
{
    struct bytebuf line = {0};
    for (uint32_t i = 0; i < run->n; i++) {
        const struct plan *plan = query_plan(run->queries[i]);
        const struct stream_def *stream = plan_scan(plan->root)->stream;
        bool is_live = !stream->finite;
        bytebuf_clear(&line);
        if (run->n > 1) {
            bytebuf_printf(&line, "%.*s: ", (int)plan->name.len, (const char *)plan->name.at);
        }
        if (report_time(&line, plan)) {
            log_line(is_live ? LOG_INFO : LOG_DEBUG, "%s", bytebuf_text(&line));
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

static bool after_step(void *owner)
{
    struct run *run = owner;
    int64_t now_us = clock_steady_us(clock_system());
    bool wants_status = run->live || now_us - run->start_us >= PROGRESS_AFTER_US;
    if (run->screen != NULL && wants_status && now_us >= run->status_us) {
        struct bytebuf status = {0};
        report_status(&status, run->queries, run->n, &run->rate, run->runner->clock);
        screen_set_status(run->screen, bytebuf_slice(&status));
        bytebuf_release(&status);
        run->status_us = now_us + SCREEN_INTERVAL_US;
    }
    if (run->screen != NULL) {
        screen_draw(run->screen, false);
    }
    return !rows_suffice(run);
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
        report_summary(out, run->queries, run->n, took_us);
    }
}

static enum status run_queries(struct run *run, struct error *err)
{
    struct runner *runner = run->runner;
    enum loop_end end;
    TRY(job_make(run, err));
    for (uint32_t i = 0; i < runner->n_queries; i++) {
        run->has_tables = run->has_tables || shows_table(run, &runner->queries[i]);
    }
    for (uint32_t i = 0; i < runner->n_queries; i++) {
        TRY(query_make(run, &runner->queries[i], err));
    }
    say_time(run);
    struct loop_config config = {
        .job = run->job,
        .for_us = runner->for_us != 0 ? runner->for_us : runner->args->for_us,
        .owner = run,
        .after_step = after_step,
        .wake_us = wake_us,
        .status_dump = status_dump,
    };
    TRY(loop_run(&config, &end, err));
    runner->stopped = end == LOOP_STOPPED;
    if (runner->finished != NULL) {
        runner->finished(runner->owner, run->queries);
    }
    return OK;
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
    job_free(run->job); /* closes the sinks */
    if (run->screen != NULL) {
        screen_finish(run->screen);
    }
    fputs(bytebuf_text(&summary), stderr);
    bytebuf_release(&summary);
    screen_free(run->screen);
    arena_release(&run->arena);
    mem_free(run);
    return status;
}
