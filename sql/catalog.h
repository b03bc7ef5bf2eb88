/* catalog: what CREATE has made, by name: streams (with tables and views in one set of names),
 * sinks, queries; and the settings of SET. Lives in memory; the statements themselves are the text
 * in which a catalog is saved.
 *
 *     struct catalog *catalog = catalog_new(kinds, fs_system(), clock_system());
 *     catalog_set_sampler(catalog, &sampler);       // who can look at a stream's first lines
 *     …statement_prepare, statement_apply (statement.h)…
 *     catalog_free(catalog);
 *
 * Definitions live as long as the catalog, also after DROP: plans point to them. It opens nothing
 * and runs nothing. */
#ifndef SQL_CATALOG_H
#define SQL_CATALOG_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "engine/base/fs.h"
#include "engine/base/status.h"
#include "engine/io/kinds.h"
#include "engine/plan/fingerprint.h"
#include "engine/plan/plan.h"

struct catalog;

enum catalog_kind {
    CATALOG_STREAM,
    CATALOG_TABLE,
    CATALOG_VIEW,
    CATALOG_SINK,
    CATALOG_QUERY,
    CATALOG_KINDS,
};

struct catalog_entry {
    enum catalog_kind kind;
    struct slice name;
    struct slice text;                /* the statement that made it */
    const struct stream_def *stream;  /* STREAM */
    const struct sink_def *sink;      /* SINK */
    struct slice query;               /* VIEW, QUERY: the text behind AS (or the INSERT) */
    const struct catalog_entry *from; /* VIEW, QUERY: what it reads (planner.h) */
    struct slice reads;               /* QUERY: name of the stream in FROM, empty for a bare URI */
    struct slice writes;              /* QUERY: name of the sink, empty for a URI or the console */
    struct slice target;              /* QUERY: the URI that it writes to; empty for the console */
    bool stopped;                     /* QUERY: STOP QUERY */
};

/* What FROM stdin has meant (define_stdin.h); def NULL: nothing yet. */
struct catalog_stdin {
    const struct stream_def *def;
    struct slice how; /* its FORMAT and options */
};

/* Looks at the first lines of a stream whose columns are not declared. `partial` has URI, options
 * and source, and `decoder` if the FORMAT is known; its address is that of the finished definition.
 * Gives up to 64 lines in `arena`; *out may be empty if there is nothing to see yet. */
struct sampler {
    void *owner;
    enum status (*sample)(void *owner, const struct stream_def *partial, struct arena *arena,
                          struct slice *out, struct error *err);
    /* What the stream was in another life, so that nobody has to look; false: not known. May be
     * NULL. */
    bool (*past)(void *owner, const struct stream_def *partial, struct arena *arena,
                 struct fingerprint_source *out);
};

/* Who has kept rows of streams and results of queries, for FROM TABLE(…). A table is a definition
 * in `arena` with a source that lives as long as the statement. */
struct keeper {
    void *owner;
    /* The rows of `stream` that were kept: puts its source into *table, which is the rest of the
     * definition already. ERR_SQL, without place, if none are. */
    enum status (*stream)(void *owner, const struct stream_def *stream, struct stream_def *table,
                          struct error *err);
    /* The result of `query` as it is at present: columns, event time, source and decoder, in
     * `arena`. ERR_SQL, without place, if it is not kept. NULL: nobody keeps results. */
    enum status (*result)(void *owner, const struct catalog_entry *query, struct arena *arena,
                          struct stream_def *table, struct error *err);
};

/* All three must live as long as the catalog. */
struct catalog *catalog_new(const struct kinds *kinds, const struct fs *fs,
                            const struct clock *clock);
void catalog_free(struct catalog *catalog);

/* Without one, streams that need a look at their data are refused. Copied. */
void catalog_set_sampler(struct catalog *catalog, const struct sampler *sampler);

/* Without one, nothing is kept. Copied. */
void catalog_set_keeper(struct catalog *catalog, const struct keeper *keeper);
/* Its functions may be NULL. */
const struct keeper *catalog_keeper(const struct catalog *catalog);

const struct kinds *catalog_kinds(const struct catalog *catalog);
const struct fs *catalog_fs(const struct catalog *catalog);
/* For definitions: lives as long as the catalog. */
struct arena *catalog_arena(struct catalog *catalog);
/* *out stays empty without sampler. */
MUST_CHECK enum status catalog_sample(const struct catalog *catalog,
                                      const struct stream_def *partial, struct arena *arena,
                                      struct slice *out, struct error *err);
/* False without sampler. */
bool catalog_past(const struct catalog *catalog, const struct stream_def *partial,
                  struct arena *arena, struct fingerprint_source *out);
/* What kinds->sniff says, for FORMAT auto and FROM without FORMAT; NULL for an empty sample. */
const char *catalog_sniff(const struct catalog *catalog, struct slice sample);

struct catalog_stdin *catalog_stdin(struct catalog *catalog);

/* NULL if there is none. Names are compared without regard to case. */
const struct catalog_entry *catalog_find(const struct catalog *catalog, enum catalog_kind kind,
                                         struct slice name);
/* Walks the entries of one kind in the order they were made: 0, 1, … until NULL. */
const struct catalog_entry *catalog_at(const struct catalog *catalog, enum catalog_kind kind,
                                       uint32_t index);

/* ERR_SQL E0103 'no such stream "lgo"', near names, without place. `kinds` are bits 1 << kind. */
enum status catalog_missing(const struct catalog *catalog, unsigned kinds, struct slice name,
                            struct error *err);
/* "stream", "sink", … */
const char *catalog_kind_name(enum catalog_kind kind);

/* Adds a copy of *entry (what it points to must live in catalog_arena). ERR_SQL E0106 if the name
 * is taken, without place. */
MUST_CHECK enum status catalog_add(struct catalog *catalog, const struct catalog_entry *entry,
                                   struct error *err);
/* ERR_SQL E0123, without place, if a query or view reads it, or a query writes to it. It must be
 * there. */
MUST_CHECK enum status catalog_check_unused(const struct catalog *catalog, enum catalog_kind kind,
                                            struct slice name, struct error *err);
/* ERR_SQL E0123 if it is used, E0103 if it is not there. */
MUST_CHECK enum status catalog_drop(struct catalog *catalog, enum catalog_kind kind,
                                    struct slice name, struct error *err);
/* ERR_SQL E0103 if there is no such query. */
MUST_CHECK enum status catalog_stop(struct catalog *catalog, struct slice query, bool stopped,
                                    struct error *err);

/* ---- settings -------------------------------------------------------------------------------- */

/* What SET can change: names, types, defaults, one sentence each. Ends with a NULL name. */
const struct option_spec *catalog_settings(void);
/* ERR_SQL E0122 for an unknown name (near names) or a value that does not read; without place. */
MUST_CHECK enum status catalog_check_setting(struct slice key, struct slice value,
                                             struct error *err);
/* Checks and sets. */
MUST_CHECK enum status catalog_set(struct catalog *catalog, struct slice key, struct slice value,
                                   struct error *err);
/* The value as written, or the default; empty if there is neither. `key` must be a known name. */
struct slice catalog_setting(const struct catalog *catalog, const char *key);
/* All that were set, for options_duration and friends. */
const struct options *catalog_set_options(const struct catalog *catalog);

#endif
