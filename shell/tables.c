/* tables: see tables.h. */
#include "shell/tables.h"

#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "engine/base/textbuf.h"
#include "engine/data/batch.h"
#include "engine/data/timestamp.h"
#include "shell/complain.h"
#include "shell/human.h"
#include "sql/errors.h"

struct tables {
    struct tables_config config;
    struct retention *retention;
};

static enum status nothing_kept(const struct tables *tables, const struct stream_def *stream,
                                struct error *err)
{
    struct bytebuf name = {0};
    textbuf_escaped(&name, stream->name);
    if (retention_covers(tables->retention, stream)) {
        error_set(err, ERR_SQL, "no query has read stream \"%.100s\" yet", bytebuf_text(&name));
        error_hint(err,
                   "rows are kept while one does: SELECT … FROM %.100s, or at the prompt "
                   "CREATE QUERY q AS SELECT … for one that goes on",
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

struct tables *tables_new(const struct tables_config *config)
{
    struct tables *tables = mem_zalloc(sizeof *tables);
    struct error err;
    tables->config = *config;
    tables->retention = retention_new(config->clock);
    enum status status = tables_set(tables, &err);
    CHECK(status == OK); /* nothing is set yet */
    const struct keeper keeper = {.owner = tables, .stream = keep_stream};
    catalog_set_keeper(config->catalog, &keeper);
    return tables;
}

void tables_free(struct tables *tables)
{
    if (tables != NULL) {
        retention_free(tables->retention);
        mem_free(tables);
    }
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
    return OK;
}

struct retention *tables_retention(const struct tables *tables)
{
    return tables->retention;
}

/* Of what is cut by its size nobody would know since when it is whole. */
void tables_note(const struct tables *tables, const struct stream_def *table)
{
    const struct catalog_entry *entry =
        catalog_find(tables->config.catalog, CATALOG_STREAM, table->name);
    const struct retained *retained =
        entry == NULL ? NULL : retention_find(tables->retention, entry->stream);
    struct retained_state state;
    if (retained == NULL) {
        return;
    }
    retained_measure(retained, &state);
    if (!state.by_bytes || state.since_us == TIME_NONE) {
        return;
    }
    struct bytebuf line = {0};
    bytebuf_printf(&line, "TABLE(%.*s): what came since ", (int)table->name.len,
                   (const char *)table->name.at);
    timestamp_print(&line, state.since_us);
    bytebuf_add_text(&line, ", ");
    human_bytes(&line, state.bytes);
    bytebuf_add_text(&line, "; older rows are gone (RETAIN, SET retain, SET retain_limit)");
    say_note(LOG_INFO, bytebuf_slice(&line));
    bytebuf_release(&line);
}

void tables_forget(struct tables *tables, const struct stream_def *stream)
{
    retention_forget(tables->retention, stream);
}
