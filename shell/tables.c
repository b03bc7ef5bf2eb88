/* tables: see tables.h. */
#include "shell/tables.h"

#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "engine/base/textbuf.h"
#include "engine/data/batch.h"
#include "engine/data/timestamp.h"
#include "shell/complain.h"
#include "shell/human.h"
#include "shell/results.h"
#include "sql/errors.h"

struct tables {
    struct tables_config config;
    struct retention *retention;
    struct results *results;
    struct retain of_results; /* bytes 0: they are not kept */
};

static enum status nothing_kept(const struct tables *tables, const struct stream_def *stream,
                                struct error *err)
{
    struct bytebuf name = {0};
    textbuf_escaped(&name, stream->name);
    if (retention_covers(tables->retention, stream)) {
        error_set(err, ERR_SQL, "no query has read stream \"%.100s\" yet", bytebuf_text(&name));
        error_hint(err,
                   "rows are kept while one does: SELECT … FROM %.100s; RETAIN 1h behind "
                   "CREATE STREAM at the prompt keeps them from then on",
                   bytebuf_text(&name));
    } else {
        error_set(err, ERR_SQL, "nothing of stream \"%.100s\" is kept", bytebuf_text(&name));
        error_hint(err, "RETAIN 1h or RETAIN 64MB behind CREATE STREAM keeps what a query reads "
                        "of it; SET retain = '64MB' is for all streams");
    }
    bytebuf_release(&name);
    error_place(err, E_NO_TABLE, -1, -1);
    return ERR_SQL;
}

static enum status keep_stream(void *owner, const struct stream_def *stream,
                               struct stream_def *table, struct error *err)
{
    const struct tables *tables = owner;
    struct retained *retained = retention_find(tables->retention, stream);
    if (retained != NULL) {
        table->source = retained_kind(retained);
        return OK;
    }
    bool is_fine = tables->config.check_only && retention_covers(tables->retention, stream);
    return is_fine ? OK : nothing_kept(tables, stream, err);
}

static void no_result(const struct tables *tables, const char *query, struct error *err)
{
    if (tables->of_results.bytes == 0) {
        error_set(err, ERR_SQL, "the result of query \"%.100s\" is not kept", query);
        error_hint(err, "SET retain = '16MB', then STOP QUERY and START QUERY %.100s", query);
    } else {
        error_set(err, ERR_SQL, "nothing of the result of query \"%.100s\" is kept", query);
        error_hint(err, "it is kept from its start on: STOP QUERY %.100s, then START QUERY %.100s",
                   query, query);
    }
}

static enum status keep_result(void *owner, const struct catalog_entry *query, struct arena *arena,
                               struct stream_def *table, struct error *err)
{
    const struct tables *tables = owner;
    const struct present *present = results_find(tables->results, query->name);
    if (present != NULL) {
        present_define(present, arena, table);
        return OK;
    }
    struct bytebuf name = {0};
    textbuf_escaped(&name, query->name);
    no_result(tables, bytebuf_text(&name), err);
    bytebuf_release(&name);
    error_place(err, E_NO_TABLE, -1, -1);
    return ERR_SQL;
}

struct tables *tables_new(const struct tables_config *config)
{
    struct tables *tables = mem_zalloc(sizeof *tables);
    struct error err;
    tables->config = *config;
    tables->retention = retention_new(config->clock);
    tables->results = results_new(config->clock);
    enum status status = tables_set(tables, &err);
    CHECK(status == OK); /* nothing is set yet */
    const struct keeper keeper = {
        .owner = tables,
        .stream = keep_stream,
        .result = config->interactive ? keep_result : NULL,
    };
    catalog_set_keeper(config->catalog, &keeper);
    return tables;
}

void tables_free(struct tables *tables)
{
    if (tables != NULL) {
        retention_free(tables->retention);
        results_free(tables->results);
        mem_free(tables);
    }
}

static void set_results(struct tables *tables, const struct retain *retain, int64_t limit)
{
    bool is_off = retain->age_us == 0 && retain->bytes == 0;
    bool says_bytes = retain->bytes > 0 && retain->bytes < limit;
    tables->of_results = *retain;
    tables->of_results.bytes = is_off ? 0 : says_bytes ? retain->bytes : limit;
}

enum status tables_set(struct tables *tables, struct error *err)
{
    const struct options *set = catalog_set_options(tables->config.catalog);
    const struct option *option = options_find(set, "retain");
    struct retain retain = {.bytes = tables->config.interactive ? TABLES_RETAIN_BYTES : 0};
    int64_t limit = 0;
    TRY(options_bytes(set, "retain_limit", TABLES_LIMIT_BYTES, &limit, err));
    if (option != NULL) {
        bool reads = retain_parse(option->value, &retain);
        CHECK(reads); /* the catalog has checked it */
    }
    retention_set_default(tables->retention, &retain, limit);
    set_results(tables, &retain, limit);
    return OK;
}

struct retention *tables_retention(const struct tables *tables)
{
    return tables->retention;
}

struct present *tables_begin_result(struct tables *tables, const struct plan *plan)
{
    if (!tables->config.interactive || tables->of_results.bytes == 0) {
        results_forget(tables->results, plan->name);
        return NULL;
    }
    return results_begin(tables->results, plan, &tables->of_results);
}

void tables_forget_result(struct tables *tables, struct slice query)
{
    results_forget(tables->results, query);
}

/* What is kept for a table. False if that is nothing. */
static bool measure(const struct tables *tables, const struct stream_def *table, bool *is_stream,
                    struct retained_state *state)
{
    const struct catalog_entry *entry =
        catalog_find(tables->config.catalog, CATALOG_STREAM, table->name);
    *is_stream = entry != NULL;
    if (entry != NULL) {
        const struct retained *retained = retention_find(tables->retention, entry->stream);
        if (retained != NULL) {
            retained_measure(retained, state);
        }
        return retained != NULL;
    }
    const struct present *present = results_find(tables->results, table->name);
    if (present != NULL) {
        present_measure(present, state);
    }
    return present != NULL;
}

/* Of what is cut by its size nobody would know since when it is whole. */
void tables_note(const struct tables *tables, const struct stream_def *table)
{
    struct retained_state state;
    bool is_stream;
    if (!measure(tables, table, &is_stream, &state) || !state.by_bytes ||
        state.since_us == TIME_NONE) {
        return;
    }
    struct bytebuf line = {0};
    bytebuf_printf(&line, "TABLE(%.*s): what %s since ", (int)table->name.len,
                   (const char *)table->name.at, is_stream ? "came" : "left or changed");
    timestamp_print(&line, state.since_us);
    bytebuf_add_text(&line, ", ");
    human_bytes(&line, state.bytes);
    bytebuf_printf(&line, "; older rows are gone (%sSET retain, SET retain_limit)",
                   is_stream ? "RETAIN, " : "");
    say_note(LOG_INFO, bytebuf_slice(&line));
    bytebuf_release(&line);
}

void tables_forget(struct tables *tables, const struct stream_def *stream)
{
    retention_forget(tables->retention, stream);
}

/* False if there is nothing to say. */
static bool describe(struct bytebuf *out, const struct retained_state *state)
{
    if (state->since_us == TIME_NONE) {
        return false;
    }
    human_rows(out, state->rows);
    bytebuf_add_text(out, ", ");
    human_bytes(out, state->bytes);
    bytebuf_add_text(out, " since ");
    timestamp_print(out, state->since_us);
    return true;
}

void tables_describe_result(const struct tables *tables, struct slice query, struct bytebuf *out)
{
    const struct present *present = results_find(tables->results, query);
    struct retained_state state = {.since_us = TIME_NONE};
    if (present != NULL) {
        present_measure(present, &state);
    }
    (void)describe(out, &state);
}

void tables_describe(const struct tables *tables, const struct stream_def *stream,
                     struct bytebuf *out)
{
    const struct retained *retained = retention_find(tables->retention, stream);
    struct retained_state state = {.since_us = TIME_NONE};
    if (retained != NULL) {
        retained_measure(retained, &state);
    }
    bool is_said = describe(out, &state);
    if (!is_said && retention_collects(tables->retention, stream)) {
        bytebuf_add_text(out, "nothing yet");
    }
}
