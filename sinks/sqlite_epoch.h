/* sqlite_epoch: the newest epoch of a sink, in table `_tailrace_epoch` of the file that its rows
 * are in: one row for each query and table.
 *
 *     epoch.query = …; epoch.table = …;
 *     TRY(sqlite_epoch_prepare(&epoch, &link, err));           // in a transaction
 *     TRY(sqlite_epoch_write(&epoch, &link, n, err));          // in the transaction of its rows
 *     sqlite_epoch_release(&epoch);
 */
#ifndef SINKS_SQLITE_EPOCH_H
#define SINKS_SQLITE_EPOCH_H

#include "sinks/sqlite_link.h"

struct sqlite_epoch {
    struct slice query;
    struct slice table;
    uint64_t committed; /* as the file had it when it was asked, 0 = none */
    sqlite3_stmt *write;
};

/* Makes the table if it is missing, and reads. */
MUST_CHECK enum status sqlite_epoch_prepare(struct sqlite_epoch *epoch, struct sqlite_link *link,
                                            struct error *err);
void sqlite_epoch_release(struct sqlite_epoch *epoch); /* zeroed is fine */

/* ERR_STATE with exit code 28 if the file has this epoch already: somebody else writes for the same
 * query. */
MUST_CHECK enum status sqlite_epoch_write(struct sqlite_epoch *epoch, struct sqlite_link *link,
                                          uint64_t number, struct error *err);

#endif
