/* state_export: see state_export.h. */
#include "shell/state_export.h"

#include <inttypes.h>
#include <stdio.h>

#include "engine/base/log.h"
#include "engine/plan/fingerprint.h"
#include "engine/run/job_look.h"
#include "engine/run/job_text.h"
#include "shell/complain.h"
#include "shell/export_table.h"
#include "shell/session.h"
#include "shell/stream_sampler.h"
#include "shell/wiring.h"
#include "sources/sources.h"

enum { EXIT_USAGE = 2 };

struct exporting {
    const struct state_export *what;
    struct export_place place;
    struct session *session;
    struct stream_sampler *sampler;
    struct job *job;
    struct job_saved saved;
    /* Of the query that is looked at. */
    struct slice query;
    uint32_t n_tables;
    struct export_table table;
    const uint64_t *kept;
    uint32_t n_columns; /* of the operator's rows */
    uint64_t n_rows;
    struct error *err; /* its status is OK as long as all went well */
};

/* ---- planning job.sql ------------------------------------------------------------------------ */

/* The columns that a stream had are in what was saved of the queries over it. */
static bool saved_columns(void *owner, const struct stream_def *partial, struct arena *arena,
                          struct fingerprint_source *out)
{
    const struct exporting *e = owner;
    struct bytebuf all = {0};
    for (uint32_t i = 0; i < e->saved.image->head.n_queries; i++) {
        const struct slice plan = e->saved.image->queries[i].plan;
        bytebuf_add(&all, plan.at, plan.len);
    }
    bool found = fingerprint_source(bytebuf_slice(&all), &partial->uri, arena, out);
    bytebuf_release(&all);
    return found;
}

/* Of a stream that no query reads they are in its data; files can be looked at. */
static enum status sample_files(void *owner, const struct stream_def *partial, struct arena *arena,
                                struct slice *out, struct error *err)
{
    const struct exporting *e = owner;
    const struct source_kind *kind = partial->source;
    if (kind != &file_source_kind && kind != &tail_source_kind && kind != &dir_source_kind) {
        struct slice uri = partial->uri.text;
        error_set(err, ERR_UNSUPPORTED,
                  "the columns of \"%.*s\" are not declared, and not known from its queries",
                  (int)uri.len, (const char *)uri.at);
        error_hint(err, "declare them in job.sql; tailrace checkpoint show has those of queries");
        return ERR_UNSUPPORTED;
    }
    struct sampler interface = stream_sampler_interface(e->sampler);
    return interface.sample(interface.owner, partial, arena, out, err);
}

static int plan_statements(struct exporting *e, const struct session_config *config)
{
    struct bytebuf text = {0};
    struct bytebuf origin = {0};
    struct state_dir dir;
    int exit_code = 0;
    state_dir_look(&dir, config->fs, config->clock, e->what->dir);
    job_text_look(&dir, e->saved.generation, &text);
    e->session = session_new(config);
    e->sampler = stream_sampler_new(config->fs, config->clock);
    const struct sampler sampler = {.owner = e, .sample = sample_files, .past = saved_columns};
    catalog_set_sampler(session_catalog(e->session), &sampler);
    exit_code =
        session_text(e->session, bytebuf_slice(&text), state_dir_file(&dir, "job.sql", 0, &origin));
    if (exit_code == 0 && !session_has_queries(e->session)) {
        log_line(LOG_WARN, "\"%s\" has no job.sql: there is no state without its statements",
                 dir.path);
    }
    state_dir_close(&dir);
    bytebuf_release(&origin);
    bytebuf_release(&text);
    return exit_code;
}

static enum status load(struct exporting *e, struct error *err)
{
    for (uint32_t i = 0; session_plan(e->session, i) != NULL; i++) {
        struct query *query;
        TRY(job_add_query(e->job, session_plan(e->session, i), NULL, &query, err));
    }
    return job_look_load(e->job, err);
}

/* ---- tables ---------------------------------------------------------------------------------- */

struct column_spec {
    const char *name;
    enum type_id type;
};

static enum status open_table(struct exporting *e, const char *name,
                              const struct column_spec *columns, uint32_t n, struct error *err)
{
    struct field fields[EXPORT_COLUMNS_MAX];
    const struct schema schema = {.n = n, .fields = fields};
    for (uint32_t i = 0; i < n; i++) {
        fields[i] = (struct field){
            .name = slice_text(columns[i].name),
            .type = type_of(columns[i].type),
        };
    }
    return export_table_open(&e->table, &e->place, slice_text(name), &schema, err);
}

static enum status finish_table(struct exporting *e, enum status status, struct error *err)
{
    if (status == OK) {
        status = export_table_finish(&e->table, err);
    }
    export_table_release(&e->table);
    return status;
}

static struct export_cell text_cell(struct slice text)
{
    return (struct export_cell){.is_null = text.len == 0, .text = text};
}

static struct export_cell number_cell(uint64_t number)
{
    return (struct export_cell){.number = (int64_t)number};
}

static enum status add_checkpoint(struct exporting *e, struct error *err)
{
    static const struct column_spec columns[] = {{"generation", TYPE_BIGINT},
                                                 {"epoch", TYPE_BIGINT},
                                                 {"next_is_open", TYPE_BOOLEAN},
                                                 {"is_complete", TYPE_BOOLEAN}};
    const struct export_cell cells[] = {number_cell(e->saved.generation),
                                        number_cell(e->saved.epoch), number_cell(e->saved.is_open),
                                        number_cell(e->saved.image->head.is_complete)};
    enum status status = open_table(e, "checkpoint", columns, 4, err);
    if (status == OK) {
        status = export_table_row(&e->table, cells, err);
    }
    return finish_table(e, status, err);
}

static enum status add_sources(struct exporting *e, struct error *err)
{
    static const struct column_spec columns[] = {{"name", TYPE_TEXT},
                                                 {"can_be_read_again", TYPE_BOOLEAN},
                                                 {"position", TYPE_TEXT}};
    const struct image *image = e->saved.image;
    enum status status = open_table(e, "sources", columns, 3, err);
    for (uint32_t i = 0; status == OK && i < image->head.n_feeds; i++) {
        const struct image_feed *feed = &image->feeds[i];
        const struct export_cell cells[] = {text_cell(feed->name), number_cell(feed->is_replayable),
                                            text_cell(feed->offsets)};
        status = export_table_row(&e->table, cells, err);
    }
    return finish_table(e, status, err);
}

static enum status add_sink(struct exporting *e, struct slice owner, struct slice role,
                            struct slice position, struct error *err)
{
    const struct export_cell cells[] = {text_cell(owner), text_cell(role), text_cell(position)};
    return export_table_row(&e->table, cells, err);
}

static enum status add_sinks(struct exporting *e, struct error *err)
{
    static const struct column_spec columns[] = {{"name", TYPE_TEXT},
                                                 {"takes", TYPE_TEXT},
                                                 {"position", TYPE_TEXT}};
    const struct image *image = e->saved.image;
    enum status status = open_table(e, "sinks", columns, 3, err);
    for (uint32_t i = 0; status == OK && i < image->head.n_queries; i++) {
        const struct image_query *query = &image->queries[i];
        for (uint32_t k = 0; status == OK && k < query->n_outlets; k++) {
            status =
                add_sink(e, query->name, query->outlets[k].role, query->outlets[k].position, err);
        }
    }
    for (uint32_t i = 0; status == OK && i < image->head.n_feeds; i++) {
        const struct image_feed *feed = &image->feeds[i];
        status = feed->bad.len > 0 ? add_sink(e, feed->name, slice_text("bad rows"), feed->bad, err)
                                   : OK;
    }
    return finish_table(e, status, err);
}

static enum status add_query(struct exporting *e, struct query *query, struct error *err)
{
    struct query_progress progress;
    query_measure(query, &progress);
    int64_t watermark = query_watermark_us(query);
    struct export_cell time = {.number = watermark};
    time.is_null = watermark == TIME_NONE || watermark == TIME_END;
    const struct image_query *saved = image_query_find(e->saved.image, query_saved_name(query));
    const struct export_cell cells[] = {
        text_cell(query_saved_name(query)),
        number_cell(progress.rows_in),
        number_cell(progress.rows_late),
        number_cell(progress.rows_out),
        number_cell(progress.state_rows),
        time,
        text_cell(saved != NULL ? saved->plan : slice_of(NULL, 0)),
    };
    return export_table_row(&e->table, cells, err);
}

static enum status add_queries(struct exporting *e, struct error *err)
{
    static const struct column_spec columns[] = {
        {"name", TYPE_TEXT},        {"rows_in", TYPE_BIGINT},    {"rows_late", TYPE_BIGINT},
        {"rows_out", TYPE_BIGINT},  {"state_rows", TYPE_BIGINT}, {"watermark", TYPE_TIMESTAMP},
        {"fingerprint", TYPE_TEXT},
    };
    enum status status = open_table(e, "queries", columns, 7, err);
    struct query *query;
    for (uint32_t i = 0; status == OK && (query = job_query_at(e->job, i)) != NULL; i++) {
        status = add_query(e, query, err);
    }
    return finish_table(e, status, err);
}

/* ---- state ----------------------------------------------------------------------------------- */

static bool is_kept(const uint64_t *kept, uint32_t column)
{
    return kept == NULL || bits_get(kept, column);
}

static void end_state_table(struct exporting *e)
{
    if (e->n_tables > 0) {
        enum status status = finish_table(e, e->err->status, e->err);
        e->err->status = status;
    }
}

/* The operator's table, with the columns that it keeps. */
static void state_columns(void *owner, const struct op *op, const struct schema *schema,
                          const uint64_t *kept)
{
    struct exporting *e = owner;
    struct bytebuf name = {0};
    struct arena arena;
    end_state_table(e);
    if (e->err->status != OK) {
        return;
    }
    (void)op;
    arena_init(&arena);
    struct schema columns = {.fields = arena_zalloc(&arena, schema->n * sizeof(struct field))};
    for (uint32_t i = 0; i < schema->n; i++) {
        if (is_kept(kept, i)) {
            columns.fields[columns.n++] = schema->fields[i];
        }
    }
    e->kept = kept;
    e->n_columns = schema->n;
    bool numbered = e->query.len > 0 && e->query.at[0] == '#';
    bytebuf_printf(&name, "state_%.*s", (int)e->query.len - numbered,
                   (const char *)e->query.at + numbered);
    if (++e->n_tables > 1) {
        bytebuf_printf(&name, "_%u", e->n_tables);
    }
    e->err->status =
        export_table_open(&e->table, &e->place, bytebuf_slice(&name), &columns, e->err);
    arena_release(&arena);
    bytebuf_release(&name);
}

static void state_rows(void *owner, struct batch *batch)
{
    struct exporting *e = owner;
    struct arena arena;
    if (e->err->status != OK) {
        return;
    }
    arena_init(&arena);
    struct column *columns = arena_zalloc(&arena, e->n_columns * sizeof *columns);
    uint32_t n = 0;
    for (uint32_t i = 0; i < e->n_columns; i++) {
        if (is_kept(e->kept, i)) {
            columns[n++] = batch->columns[i];
        }
    }
    e->n_rows += batch->n;
    e->err->status = export_table_batch(&e->table, columns, batch->n, e->err);
    arena_release(&arena);
}

static enum status add_state(struct exporting *e, struct query *query, struct error *err)
{
    const struct op_look look = {.owner = e, .columns = state_columns, .rows = state_rows};
    error_clear(err);
    e->err = err;
    e->query = query_saved_name(query);
    e->n_tables = 0;
    query_look(query, &look);
    end_state_table(e);
    return err->status;
}

static enum status add_states(struct exporting *e, struct error *err)
{
    struct query *query;
    for (uint32_t i = 0; (query = job_query_at(e->job, i)) != NULL; i++) {
        TRY(add_state(e, query, err));
    }
    return OK;
}

/* ---- the file -------------------------------------------------------------------------------- */

static enum status check_free(const struct state_export *what, struct error *err)
{
    struct fs_stat stat;
    struct error ignored;
    if (what->overwrite || what->fs->stat(what->fs, what->file, &stat, &ignored) != OK) {
        return OK;
    }
    error_set(err, ERR_OPTION, "\"%s\" is there already", what->file);
    error_hint(err, "--overwrite replaces it");
    return ERR_OPTION;
}

/* What an earlier export left when it was killed, in whatever state that is. */
static void remove_rest(const struct fs *fs, const char *path)
{
    static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
    struct error ignored;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        struct bytebuf name = {0};
        bytebuf_printf(&name, "%s%s", path, ends[i]);
        (void)!fs->unlink(fs, bytebuf_text(&name), &ignored);
        bytebuf_release(&name);
    }
}

static enum status write_tables(struct exporting *e, struct error *err)
{
    TRY(add_checkpoint(e, err));
    TRY(add_sources(e, err));
    TRY(add_sinks(e, err));
    TRY(add_queries(e, err));
    return add_states(e, err);
}

/* Written aside, so that FILE is never half an export. */
static enum status write_file(struct exporting *e, struct error *err)
{
    const struct fs *fs = e->what->fs;
    struct bytebuf aside = {0};
    bytebuf_printf(&aside, "%s.tmp", e->what->file);
    e->place.path = bytebuf_text(&aside);
    remove_rest(fs, e->place.path);
    enum status status = write_tables(e, err);
    if (status == OK) {
        status = fs->rename(fs, e->place.path, e->what->file, err);
    }
    if (status != OK) {
        remove_rest(fs, e->place.path);
    }
    bytebuf_release(&aside);
    return status;
}

static enum status export_all(struct exporting *e, struct error *err)
{
    TRY(load(e, err));
    TRY(write_file(e, err));
    log_line(LOG_INFO, "%s: epoch %" PRIu64 ", %" PRIu64 " rows of state", e->what->file,
             e->saved.epoch, e->n_rows);
    return OK;
}

int state_export(const struct state_export *what)
{
    const struct args args = {.threads = 1, .rows = -1, .seed = -1, .rate = -1};
    const struct session_config session = {
        .args = &args,
        .fs = what->fs,
        .clock = what->clock,
        .check_only = true,
    };
    const struct job_config config = {
        .kinds = wiring_kinds(),
        .fs = what->fs,
        .clock = what->clock,
        .state_dir = what->dir,
        .looks = true,
        .accept_change = true,
    };
    struct exporting e = {
        .what = what,
        .place = {.kinds = config.kinds, .fs = what->fs, .clock = what->clock},
        .job = job_new(&config),
    };
    struct error err;
    int exit_code = 0;
    error_clear(&err);
    enum status status = check_free(what, &err);
    if (status == OK) {
        status = job_look_open(e.job, &e.saved, &err);
    }
    if (status == OK) {
        exit_code = plan_statements(&e, &session);
    }
    if (status == OK && exit_code == 0) {
        status = export_all(&e, &err);
    }
    if (status != OK) {
        complain(&err);
        exit_code = status == ERR_OPTION ? EXIT_USAGE : session_exit_code(&err);
    }
    job_free(e.job);
    session_free(e.session);
    stream_sampler_free(e.sampler);
    return exit_code;
}
