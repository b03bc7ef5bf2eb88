/* sqlite_epoch: see sqlite_epoch.h. */
#include "sinks/sqlite_epoch.h"

#include "engine/base/panic.h"

enum { EXIT_SINK_AHEAD = 28 }; /* exactly-once.md §7 */

static const char make_sql[] = "CREATE TABLE IF NOT EXISTS main._tailrace_epoch (query TEXT NOT "
                               "NULL, sink TEXT NOT NULL, epoch INTEGER NOT NULL, PRIMARY KEY "
                               "(query, sink)) WITHOUT ROWID";
static const char read_sql[] =
    "SELECT epoch FROM main._tailrace_epoch WHERE query = ? AND sink = ?";
static const char write_sql[] = "INSERT INTO main._tailrace_epoch (query, sink, epoch) VALUES (?, "
                                "?, ?) ON CONFLICT (query, sink) DO UPDATE SET epoch = "
                                "excluded.epoch WHERE excluded.epoch > epoch";

static enum status prepare(const struct sqlite_epoch *epoch, struct sqlite_link *link,
                           const char *sql, sqlite3_stmt **out, struct error *err)
{
    TRY(sqlite_link_prepare(link, sql, out, err));
    int code = sqlite3_bind_text(*out, 1, (const char *)epoch->query.at, (int)epoch->query.len,
                                 SQLITE_STATIC);
    code |= sqlite3_bind_text(*out, 2, (const char *)epoch->table.at, (int)epoch->table.len,
                              SQLITE_STATIC);
    CHECK(code == SQLITE_OK);
    return OK;
}

enum status sqlite_epoch_prepare(struct sqlite_epoch *epoch, struct sqlite_link *link,
                                 struct error *err)
{
    sqlite3_stmt *read;
    bool has_row;
    TRY(sqlite_link_run(link, make_sql, err));
    TRY(prepare(epoch, link, read_sql, &read, err));
    enum status status = sqlite_link_step(link, read, &has_row, err);
    int64_t committed = status == OK && has_row ? sqlite3_column_int64(read, 0) : 0;
    sqlite3_finalize(read);
    TRY(status);
    epoch->committed = committed > 0 ? (uint64_t)committed : 0;
    return prepare(epoch, link, write_sql, &epoch->write, err);
}

void sqlite_epoch_release(struct sqlite_epoch *epoch)
{
    sqlite3_finalize(epoch->write);
    epoch->write = NULL;
}

enum status sqlite_epoch_write(struct sqlite_epoch *epoch, struct sqlite_link *link,
                               uint64_t number, struct error *err)
{
    bool has_row;
    int code = sqlite3_bind_int64(epoch->write, 3, (int64_t)number);
    CHECK(code == SQLITE_OK);
    TRY(sqlite_link_step(link, epoch->write, &has_row, err));
    sqlite3_reset(epoch->write);
    if (sqlite3_changes(link->db) == 1) {
        epoch->committed = number;
        return OK;
    }
    error_set(err, ERR_STATE, "sqlite \"%s\": epoch %llu of query \"%.*s\" is there already",
              link->config.path, (unsigned long long)number, (int)epoch->query.len,
              (const char *)epoch->query.at);
    error_hint(err, "another process writes for a query of that name; give one of them another");
    error_exit_code(err, EXIT_SINK_AHEAD);
    return ERR_STATE;
}
