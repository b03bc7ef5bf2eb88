/* sink: where results leave. It says what it promises.
 *
 *     TRY(sink_open(kind, &config, &sink, &committed_epoch, err));
 *     for (each epoch n > committed_epoch) {
 *         TRY(sink_begin(sink, n, err));
 *         for (each trigger) {
 *             TRY(sink_write(sink, batch, err)); …
 *             TRY(sink_flush(sink, err));          // at-least-once sinks: rows leave now
 *         }
 *         TRY(sink_commit(sink, n, err));          // transactional sinks: all rows and n,
 * atomically
 *     }
 *     sink_close(sink);
 */
#ifndef ENGINE_IO_SINK_H
#define ENGINE_IO_SINK_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/bytebuf.h"
#include "engine/base/clock.h"
#include "engine/base/fs.h"
#include "engine/base/status.h"
#include "engine/data/batch.h"
#include "engine/io/interrupt.h"
#include "engine/io/options.h"

/* From most to least. */
enum sink_promise { SINK_TRANSACTIONAL, SINK_IDEMPOTENT, SINK_AT_LEAST_ONCE };

struct sink;
struct zone;

/* What a sink is opened with; lives until it is closed. */
struct sink_config {
    const struct uri *uri;
    const struct options *options;
    struct slice format; /* FORMAT of the sink, or empty = by the sink (file name, terminal) */
    const struct schema *schema; /* of the rows that will come */
    bool changes;                /* rows carry ROW_INSERT / ROW_DELETE */
    bool complete;               /* every flush brings the whole result (EMIT COMPLETE) */
    const uint32_t *keys;        /* columns that identify a row of a changing result */
    uint32_t n_keys;
    const struct fs *fs;
    const struct clock *clock;
    const char *query_name;
    const struct zone *zone; /* TIMEZONE of the query's window; NULL = UTC */
    /* Asked while the sink waits for another process; NULL = it waits as long as it takes. If it
     * gives up, its call fails with ERR_LOCKED, and nothing of the epoch is in it. */
    const struct interrupt *interrupt;
    /* A checkpoint stands behind the query: what is committed must survive power loss, so commit
     * syncs. Without one a commit only hands rows to the system. */
    bool durable;
    /* What `position` said at the last epoch that the checkpoint knows to be committed, empty =
     * nothing was committed yet. The sink drops what it holds beyond it. */
    struct slice from;
};

struct sink_kind {
    const char *scheme;
    const char *summary;
    enum sink_promise promise;
    bool takes_changes; /* false: rows with ops are refused when the query is made, unless it has
                           keys */
    const struct option_spec *options;

    /* *committed = newest epoch that is in the sink for good, 0 = none or not known. */
    enum status (*open)(const struct sink_config *config, struct sink **out, uint64_t *committed,
                        struct error *err);
    /* For kinds that are made at run time, which keep rows for a test: called with `owner` in place
     * of `open`. Both are NULL in constant kinds. */
    enum status (*open_of)(void *owner, const struct sink_config *config, struct sink **out,
                           uint64_t *committed, struct error *err);
    void *owner;
    enum status (*begin)(struct sink *sink, uint64_t epoch, struct error *err); /* may be NULL */
    enum status (*write)(struct sink *sink, const struct batch *batch, struct error *err);
    enum status (*flush)(struct sink *sink, struct error *err); /* end of a trigger; may be NULL */
    enum status (*commit)(struct sink *sink, uint64_t epoch, struct error *err); /* may be NULL */
    /* Appends where the sink stands after its last commit, as text that a person can read and that
     * `from` understands (a committed length, a file name). It is kept in the checkpoint's COMMIT.
     * May be NULL: the sink itself remembers its epoch, or remembers nothing. */
    void (*position)(const struct sink *sink, struct bytebuf *out);
    /* COMMIT(epoch) of the checkpoint is on disk: what waited for that (sealing a file under its
     * final name) may happen now. May be NULL. */
    enum status (*settled)(struct sink *sink, uint64_t epoch, struct error *err);
    /* The rows of this epoch are the last: the input has ended. Before its commit. May be NULL. */
    void (*ended)(struct sink *sink);
    void (*abort)(struct sink *sink); /* forgets what was not committed; may be NULL */
    enum status (*reopen)(struct sink *sink, struct error *err); /* SIGHUP; may be NULL */
    void (*close)(struct sink *sink);
};

/* First member of every sink. */
struct sink {
    const struct sink_kind *kind;
    enum sink_promise promise; /* set by open if its options make it less than the kind's */
    uint64_t epoch; /* newest begun or committed; this and the next are kept by the wrappers below,
                       to check calls */
    bool in_epoch;
};

MUST_CHECK enum status sink_open(const struct sink_kind *kind, const struct sink_config *config,
                                 struct sink **out, uint64_t *committed, struct error *err);
enum sink_promise sink_promise(const struct sink *sink);
MUST_CHECK enum status sink_begin(struct sink *sink, uint64_t epoch, struct error *err);
MUST_CHECK enum status sink_write(struct sink *sink, const struct batch *batch, struct error *err);
MUST_CHECK enum status sink_flush(struct sink *sink, struct error *err);
MUST_CHECK enum status sink_commit(struct sink *sink, uint64_t epoch, struct error *err);
/* Appends nothing if the kind has no position. Only between epochs. */
void sink_position(const struct sink *sink, struct bytebuf *out);
MUST_CHECK enum status sink_settled(struct sink *sink, uint64_t epoch, struct error *err);
void sink_ended(struct sink *sink);
void sink_abort(struct sink *sink);
MUST_CHECK enum status sink_reopen(struct sink *sink, struct error *err);
void sink_close(struct sink *sink); /* NULL is fine */

#endif
