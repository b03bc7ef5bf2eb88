/* sqlite_link: one connection to a database file that others use as well, opened defensively. A
 * lock of somebody else is waited for, for as long as it takes, and told about: nothing that is
 * asked here fails because the file is busy, unless the run is to end (ERR_LOCKED, interrupt.h).
 *
 *     TRY(sqlite_link_open(&link, &link_config, err));
 *     TRY(sqlite_link_run(&link, "BEGIN IMMEDIATE", err));
 *     TRY(sqlite_link_prepare(&link, "INSERT …", &statement, err));
 *     TRY(sqlite_link_step(&link, statement, &has_row, err));  // until there is no row
 *     TRY(sqlite_link_run(&link, "COMMIT", err));
 *     sqlite_link_close(&link);                                // statements finalized before
 *
 * Errors are ERR_IO and name the file; where the disk refused, their exit code is 4. */
#ifndef SINKS_SQLITE_LINK_H
#define SINKS_SQLITE_LINK_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "engine/base/bytebuf.h"
#include "engine/base/clock.h"
#include "engine/base/fs.h"
#include "engine/base/status.h"
#include "engine/io/interrupt.h"

struct sqlite_link_config {
    const char *path;    /* lives as long as the link */
    const struct fs *fs; /* looks up locks and space; SQLite opens its files itself */
    const struct clock *clock;
    const struct interrupt *interrupt; /* NULL: waits without end */
    bool durable;                      /* COMMIT returns when the rows survive power loss */
};

struct sqlite_link {
    struct sqlite_link_config config;
    sqlite3 *db;
    bool waits;
    int64_t waits_since_us;   /* steady clock */
    int64_t told_us;          /* when it was last told about */
    int64_t hurries_since_us; /* the run is to end since then; 0 = it goes on */
};

/* Creates the file if it is missing. On failure nothing is left open. */
MUST_CHECK enum status sqlite_link_open(struct sqlite_link *link,
                                        const struct sqlite_link_config *config, struct error *err);
void sqlite_link_close(struct sqlite_link *link); /* zeroed is fine */

/* Runs statements that give no rows and take no values. */
MUST_CHECK enum status sqlite_link_run(struct sqlite_link *link, const char *sql,
                                       struct error *err);
/* The statement is the caller's to finalize. */
MUST_CHECK enum status sqlite_link_prepare(struct sqlite_link *link, const char *sql,
                                           sqlite3_stmt **out, struct error *err);
MUST_CHECK enum status sqlite_link_step(struct sqlite_link *link, sqlite3_stmt *statement,
                                        bool *has_row, struct error *err);
/* Gives up the transaction, if there is one. */
void sqlite_link_rollback(struct sqlite_link *link);

/* "name", with every quote doubled. */
void sqlite_add_name(struct bytebuf *out, struct slice name);

#endif
