/* sqlite_sink: see sqlite_sink.h. */
#include "sinks/sqlite_sink.h"

#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "sinks/kept_batches.h"
#include "sinks/sqlite_epoch.h"
#include "sinks/sqlite_rows.h"

/* Rows of one epoch. Without a checkpoint an epoch means nothing, and rows may leave before its
 * end; with one it must fit. */
enum { KEPT_BYTES_EARLY = 32 << 20, KEPT_BYTES_MAX = 1 << 30 };

struct sqlite {
    struct sink sink;
    struct arena life;
    bool durable;
    bool complete;
    bool is_whole; /* what is kept is a whole result, and the next row begins another one */
    struct sqlite_link link;
    struct sqlite_table table;
    struct sqlite_epoch epoch;
    struct sqlite_rows rows;
    struct kept_batches kept;
};

static struct sqlite *sqlite_of(struct sink *sink)
{
    CHECK(sink->kind == &sqlite_sink);
    return (struct sqlite *)(void *)sink;
}

/* ---- opening -------------------------------------------------------------------------------- */

static void sqlite_close(struct sink *sink)
{
    struct sqlite *sqlite = sqlite_of(sink);
    sqlite_rows_release(&sqlite->rows);
    sqlite_epoch_release(&sqlite->epoch);
    sqlite_link_close(&sqlite->link);
    kept_batches_release(&sqlite->kept);
    arena_release(&sqlite->life);
    mem_free(sqlite);
}

static enum status check_path(const struct sink_config *config, struct error *err)
{
    struct slice path = config->uri->path;
    bool is_memory = path.len > 0 && path.at[0] == ':';
    if (path.len == 0 || is_memory || config->uri->authority.len > 0 ||
        memchr(path.at, 0, path.len) != NULL) {
        error_set(err, ERR_OPTION, "\"%.*s\" names no file", (int)config->uri->text.len,
                  (const char *)config->uri->text.at);
        error_hint(err, "write sqlite:alerts.db?table=alerts");
        return ERR_OPTION;
    }
    if (config->format.len > 0) {
        return error_set(err, ERR_OPTION, "a table has columns; FORMAT %.*s has no place in it",
                         (int)config->format.len, (const char *)config->format.at);
    }
    return OK;
}

/* Both tables come into being together. Without a checkpoint an epoch's number means nothing. */
static enum status make_tables(struct sqlite *sqlite, struct error *err)
{
    TRY(sqlite_link_run(&sqlite->link, "BEGIN IMMEDIATE", err));
    if (sqlite->durable) {
        TRY(sqlite_epoch_prepare(&sqlite->epoch, &sqlite->link, err));
    }
    TRY(sqlite_table_prepare(&sqlite->table, &sqlite->link, err));
    return sqlite_link_run(&sqlite->link, "COMMIT", err);
}

static enum status open_file(struct sqlite *sqlite, const struct sink_config *config,
                             struct error *err)
{
    struct sqlite_link_config link = {
        .path = sqlite->table.path,
        .fs = config->fs,
        .clock = config->clock,
        .interrupt = config->interrupt,
        .durable = config->durable,
    };
    TRY(sqlite_link_open(&sqlite->link, &link, err));
    sqlite->epoch.query = slice_text(config->query_name != NULL ? config->query_name : "");
    sqlite->epoch.table = sqlite->table.name;
    enum status status = make_tables(sqlite, err);
    if (status != OK) {
        sqlite_link_rollback(&sqlite->link);
        return status;
    }
    return sqlite_rows_prepare(&sqlite->rows, &sqlite->table, &sqlite->link, err);
}

static enum status sqlite_open(const struct sink_config *config, struct sink **out,
                               uint64_t *committed, struct error *err)
{
    TRY(check_path(config, err));
    struct sqlite *sqlite = mem_zalloc(sizeof *sqlite);
    sqlite->sink.kind = &sqlite_sink;
    sqlite->durable = config->durable;
    sqlite->complete = config->complete;
    arena_init(&sqlite->life);
    kept_batches_init(&sqlite->kept, config->schema);
    enum status status = sqlite_table_read(&sqlite->table, &sqlite->life, config, err);
    if (status == OK) {
        status = open_file(sqlite, config, err);
    }
    if (status != OK) {
        sqlite_close(&sqlite->sink);
        return status;
    }
    *out = &sqlite->sink;
    *committed = sqlite->epoch.committed;
    return OK;
}

/* ---- rows ----------------------------------------------------------------------------------- */

static enum status write_kept(struct sqlite *sqlite, struct error *err)
{
    if (sqlite->complete && sqlite->is_whole) {
        TRY(sqlite_rows_clear(&sqlite->rows, err));
    }
    for (uint32_t i = 0; i < sqlite->kept.n; i++) {
        TRY(sqlite_rows_write(&sqlite->rows, kept_batches_at(&sqlite->kept, i), err));
    }
    return OK;
}

static enum status write_epoch(struct sqlite *sqlite, uint64_t epoch, struct error *err)
{
    TRY(sqlite_link_run(&sqlite->link, "BEGIN IMMEDIATE", err));
    TRY(write_kept(sqlite, err));
    if (sqlite->durable) {
        TRY(sqlite_epoch_write(&sqlite->epoch, &sqlite->link, epoch, err));
    }
    return sqlite_link_run(&sqlite->link, "COMMIT", err);
}

/* One transaction. */
static enum status send_epoch(struct sqlite *sqlite, uint64_t epoch, struct error *err)
{
    enum status status = write_epoch(sqlite, epoch, err);
    if (status != OK) {
        sqlite_link_rollback(&sqlite->link);
        return status;
    }
    kept_batches_clear(&sqlite->kept);
    sqlite->is_whole = false;
    return OK;
}

static enum status sqlite_write(struct sink *sink, const struct batch *batch, struct error *err)
{
    struct sqlite *sqlite = sqlite_of(sink);
    if (batch->n == 0) {
        return OK;
    }
    if (sqlite->is_whole) {
        kept_batches_clear(&sqlite->kept);
        sqlite->is_whole = false;
    }
    kept_batches_add(&sqlite->kept, batch);
    if (!sqlite->durable && !sqlite->complete && sqlite->kept.bytes > KEPT_BYTES_EARLY) {
        return send_epoch(sqlite, sink->epoch, err);
    }
    if (sqlite->kept.bytes > KEPT_BYTES_MAX) {
        error_set(err, ERR_LIMIT, "sqlite \"%s\": one epoch has more than %d MiB of rows",
                  sqlite->table.path, KEPT_BYTES_MAX >> 20);
        error_hint(err, "SET checkpoint to a shorter time");
        return ERR_LIMIT;
    }
    return OK;
}

/* Under EMIT COMPLETE every trigger brings the whole result; only the last one is written. */
static enum status sqlite_flush(struct sink *sink, struct error *err)
{
    (void)err;
    struct sqlite *sqlite = sqlite_of(sink);
    if (sqlite->complete) {
        if (sqlite->is_whole) {
            kept_batches_clear(&sqlite->kept); /* a result without rows */
        }
        sqlite->is_whole = true;
    }
    return OK;
}

static enum status sqlite_commit(struct sink *sink, uint64_t epoch, struct error *err)
{
    struct sqlite *sqlite = sqlite_of(sink);
    bool idle = sqlite->kept.n == 0 && !sqlite->is_whole;
    return idle && !sqlite->durable ? OK : send_epoch(sqlite, epoch, err);
}

static void sqlite_abort(struct sink *sink)
{
    struct sqlite *sqlite = sqlite_of(sink);
    kept_batches_clear(&sqlite->kept);
    sqlite->is_whole = false;
}

static const struct option_spec sqlite_options[] = {
    {"table", OPTION_TEXT, "name of the query", "made if it is not there"},
    {"key", OPTION_TEXT, NULL, "columns, by commas: a row replaces the one with the same"},
    {"mode", OPTION_TEXT, NULL, "append or upsert; upsert if rows change or there is a key"},
    {"decimals", OPTION_TEXT, "number", "DECIMAL as number (exact to 15 digits) or text"},
    {.name = NULL},
};

const struct sink_kind sqlite_sink = {
    .scheme = "sqlite",
    .summary = "a table of a SQLite file, appended to or replaced by key",
    .promise = SINK_TRANSACTIONAL,
    .takes_changes = true,
    .options = sqlite_options,
    .open = sqlite_open,
    .write = sqlite_write,
    .flush = sqlite_flush,
    .commit = sqlite_commit,
    .abort = sqlite_abort,
    .close = sqlite_close,
};
