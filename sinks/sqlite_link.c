/* sqlite_link: see sqlite_link.h. */
#include "sinks/sqlite_link.h"

#include "engine/base/log.h"
#include "sinks/disk_error.h"
#include "sinks/lock_holder.h"

enum {
    EXIT_SINK_FAILED = 1, /* exactly-once.md §7 */
    WAIT_MS = 5,          /* between two tries: a commit of somebody else takes about as long */
};

/* A lock that is held as long as this is worth a line, and then one more every ten seconds. */
#define TELL_FIRST_US (1 * US_PER_SECOND)
#define TELL_EVERY_US (10 * US_PER_SECOND)

/* A run that is to end waits for a lock that long: short ones of readers and writers pass. */
#define LAST_WAIT_US (2 * US_PER_SECOND)

/* ---- errors --------------------------------------------------------------------------------- */

static void link_hint(int code, struct error *err)
{
    switch (code & 0xff) {
    case SQLITE_NOTADB:
        error_hint(err, "the file exists and is something else; name another one");
        break;
    case SQLITE_READONLY:
        error_hint(err, "the file and its folder must be writable: SQLite keeps -wal and -shm "
                        "files beside it");
        break;
    case SQLITE_CANTOPEN:
        error_hint(err, "the folder must exist and be writable");
        break;
    case SQLITE_CORRUPT:
        error_hint(err, "sqlite3 FILE 'PRAGMA integrity_check' says more; .recover saves what is "
                        "left");
        break;
    default:
        break;
    }
}

static enum status link_fail(struct sqlite_link *link, int code, struct error *err)
{
    error_set(err, ERR_IO, "sqlite \"%s\": %s", link->config.path, sqlite3_errmsg(link->db));
    link_hint(code, err);
    bool disk = (code & 0xff) == SQLITE_FULL || (code & 0xff) == SQLITE_IOERR;
    return disk ? disk_error(link->config.fs, link->config.path, ERR_IO, err) : ERR_IO;
}

/* ---- waiting -------------------------------------------------------------------------------- */

static bool is_busy(int code)
{
    return (code & 0xff) == SQLITE_BUSY;
}

static void link_tell(struct sqlite_link *link, int64_t now_us)
{
    struct bytebuf who = {0};
    lock_holder_print(&who, link->config.fs, link->config.path);
    log_line(LOG_WARN, "sqlite \"%s\": blocked %lld s by %s, still trying", link->config.path,
             (long long)((now_us - link->waits_since_us) / US_PER_SECOND), bytebuf_text(&who));
    bytebuf_release(&who);
    link->told_us = now_us;
}

/* True if the run is to end and has waited long enough. */
static bool link_gives_up(struct sqlite_link *link, int64_t now_us)
{
    if (!interrupt_is_asked(link->config.interrupt)) {
        return false;
    }
    if (link->hurries_since_us == 0) {
        link->hurries_since_us = now_us;
    }
    return now_us - link->hurries_since_us >= LAST_WAIT_US;
}

static enum status link_give_up(struct sqlite_link *link, int64_t now_us, struct error *err)
{
    struct bytebuf who = {0};
    lock_holder_print(&who, link->config.fs, link->config.path);
    error_set(err, ERR_LOCKED, "sqlite \"%s\": blocked %lld s by %s, given up", link->config.path,
              (long long)((now_us - link->waits_since_us) / US_PER_SECOND), bytebuf_text(&who));
    error_hint(err, "the rows since the last commit are not in the file");
    error_exit_code(err, EXIT_SINK_FAILED);
    bytebuf_release(&who);
    return ERR_LOCKED;
}

static enum status link_wait(struct sqlite_link *link, struct error *err)
{
    int64_t now_us = clock_steady_us(link->config.clock);
    if (!link->waits) {
        link->waits = true;
        link->waits_since_us = now_us;
        link->told_us = now_us;
    }
    bool first = link->told_us == link->waits_since_us;
    if (now_us - link->told_us >= (first ? TELL_FIRST_US : TELL_EVERY_US)) {
        link_tell(link, now_us);
    }
    if (link_gives_up(link, now_us)) {
        return link_give_up(link, now_us, err);
    }
    sqlite3_sleep(WAIT_MS);
    return OK;
}

static void link_goes_on(struct sqlite_link *link)
{
    if (!link->waits) {
        return;
    }
    link->waits = false;
    if (link->told_us != link->waits_since_us) {
        int64_t us = clock_steady_us(link->config.clock) - link->waits_since_us;
        log_line(LOG_WARN, "sqlite \"%s\": goes on after %lld s", link->config.path,
                 (long long)(us / US_PER_SECOND));
    }
}

/* ---- statements ----------------------------------------------------------------------------- */

enum status sqlite_link_run(struct sqlite_link *link, const char *sql, struct error *err)
{
    int code;
    while (is_busy(code = sqlite3_exec(link->db, sql, NULL, NULL, NULL))) {
        TRY(link_wait(link, err));
    }
    link_goes_on(link);
    return code == SQLITE_OK ? OK : link_fail(link, code, err);
}

enum status sqlite_link_prepare(struct sqlite_link *link, const char *sql, sqlite3_stmt **out,
                                struct error *err)
{
    int code;
    while (is_busy(
        code = sqlite3_prepare_v3(link->db, sql, -1, SQLITE_PREPARE_PERSISTENT, out, NULL))) {
        TRY(link_wait(link, err));
    }
    link_goes_on(link);
    return code == SQLITE_OK ? OK : link_fail(link, code, err);
}

enum status sqlite_link_step(struct sqlite_link *link, sqlite3_stmt *statement, bool *has_row,
                             struct error *err)
{
    int code;
    while (__builtin_expect(is_busy(code = sqlite3_step(statement)), 0)) {
        sqlite3_reset(statement);
        TRY(link_wait(link, err));
    }
    if (__builtin_expect(code != SQLITE_ROW && code != SQLITE_DONE, 0)) {
        enum status status = link_fail(link, code, err);
        sqlite3_reset(statement);
        return status;
    }
    link_goes_on(link);
    *has_row = code == SQLITE_ROW;
    return OK;
}

void sqlite_link_rollback(struct sqlite_link *link)
{
    if (sqlite3_get_autocommit(link->db) == 0) {
        (void)sqlite3_exec(link->db, "ROLLBACK", NULL, NULL, NULL);
    }
}

/* ---- opening -------------------------------------------------------------------------------- */

/* The file may be anybody's: what its schema says runs nothing that could reach out of it, and
 * nothing attaches a second file. */
static void link_defend(sqlite3 *db)
{
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    (void)sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
    (void)sqlite3_limit(db, SQLITE_LIMIT_WORKER_THREADS, 0);
    (void)sqlite3_limit(db, SQLITE_LIMIT_TRIGGER_DEPTH, 16);
}

/* Text is written as the bytes that came, which only a UTF-8 database keeps. */
static enum status link_check(struct sqlite_link *link, struct error *err)
{
    if (sqlite3_db_readonly(link->db, "main") == 1) {
        error_set(err, ERR_IO, "sqlite \"%s\": the file cannot be written", link->config.path);
        link_hint(SQLITE_READONLY, err);
        return ERR_IO;
    }
    sqlite3_stmt *statement;
    bool has_row = false;
    TRY(sqlite_link_prepare(link, "PRAGMA encoding", &statement, err));
    enum status status = sqlite_link_step(link, statement, &has_row, err);
    if (status == OK && has_row) {
        const char *encoding = (const char *)sqlite3_column_text(statement, 0);
        if (encoding != NULL && strcmp(encoding, "UTF-8") != 0) {
            status = error_set(err, ERR_UNSUPPORTED, "sqlite \"%s\": its text is %s, not UTF-8",
                               link->config.path, encoding);
        }
    }
    sqlite3_finalize(statement);
    return status;
}

/* Write-ahead log: readers go on while we write. Where it cannot be had (a network folder), a
 * commit is as atomic, but readers and we wait for each other. */
static enum status link_set(struct sqlite_link *link, struct error *err)
{
    TRY(sqlite_link_run(link, "PRAGMA journal_mode = WAL", err));
    TRY(sqlite_link_run(link,
                        link->config.durable ? "PRAGMA synchronous = FULL"
                                             : "PRAGMA synchronous = NORMAL",
                        err));
    return link_check(link, err);
}

enum status sqlite_link_open(struct sqlite_link *link, const struct sqlite_link_config *config,
                             struct error *err)
{
    *link = (struct sqlite_link){.config = *config};
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX |
                SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_PRIVATECACHE;
    int code = sqlite3_open_v2(config->path, &link->db, flags, NULL);
    enum status status = OK;
    if (code != SQLITE_OK) {
        status = link_fail(link, code, err);
    } else {
        link_defend(link->db);
        status = link_set(link, err);
    }
    if (status != OK) {
        sqlite_link_close(link);
    }
    return status;
}

void sqlite_link_close(struct sqlite_link *link)
{
    (void)sqlite3_close(link->db);
    link->db = NULL;
}

void sqlite_add_name(struct bytebuf *out, struct slice name)
{
    bytebuf_add_byte(out, '"');
    for (size_t i = 0; i < name.len; i++) {
        if (name.at[i] == '"') {
            bytebuf_add_byte(out, '"');
        }
        bytebuf_add_byte(out, name.at[i]);
    }
    bytebuf_add_byte(out, '"');
}
