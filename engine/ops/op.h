/* op: an operator of a running query. Knows neither files, sockets nor clocks; given the same calls
 * it does the same, whatever the cuts between batches.
 *
 *     open → [load] → { push* → advance(watermark) → trigger → [save] }* → close
 *
 * Batches are pushed down the chain: an operator that lets rows through calls op_push(op->next,
 * batch) any number of times. advance says how far event time has come: what is due leaves in order
 * of (window_end, window_start, group). trigger says that results leave now: what is emitted per
 * trigger (changes, complete results, sorted rows) goes out. Both are handed on to the next
 * operator after what they caused was pushed. A batch lives until the push returns: copy on keep.
 */
#ifndef ENGINE_OPS_OP_H
#define ENGINE_OPS_OP_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/base/bytebuf.h"
#include "engine/base/codec.h"
#include "engine/base/status.h"
#include "engine/data/batch.h"
#include "engine/expr/program.h"
#include "engine/plan/plan.h"
#include "engine/state/changelog.h"
#include "engine/state/entries.h"

struct op;

/* Counters of one operator, for EXPLAIN ANALYZE and EXPLAIN WHY. */
struct op_stats {
    uint64_t rows_in;
    uint64_t rows_out;
    uint64_t rows_bad;      /* of rows_in, dropped for a bad field here or in an operator behind */
    uint64_t rows_late;     /* (row, window) pairs that came after their window was closed */
    uint64_t rows_too_late; /* rows that came too late for all of their windows */
    uint64_t rows_no_time;  /* event time NULL: in no window */
    uint64_t rows_evicted;  /* state rows dropped because time passed them */
    uint64_t fill_gaps;     /* jumps with more than FILL_ROWS_MAX fill rows */
    uint64_t state_rows;    /* now */
    uint64_t state_bytes;   /* now */
    int64_t next_due;       /* event time at which the next window closes, TIME_END = none open */
};

/* A late row, told to whoever wants to keep or sample it. The batch is valid during the call. */
struct late_sink {
    void *owner;
    void (*late)(void *owner, const struct batch *batch, uint32_t row, int64_t watermark);
};

/* What all operators of a query share; owned by the query. */
struct op_context {
    struct arena *query;            /* lives as long as the operators */
    struct program_context program; /* now() and runtime errors */
    const struct late_sink *late;   /* may be NULL */
    size_t state_bytes_max;         /* memory_limit of the query */
    bool finished;                  /* LIMIT reached: no more input is needed */
    bool repeats;                   /* op_repeat: what has left leaves again, and counts nowhere */
    /* An operator that cannot go on says why here and takes no more rows; what it has said until
     * then is right. Whoever pushes looks after each trigger: failure.status is OK or the reason.
     */
    struct error failure;
    /* While operators are built: the columns of the next one's output that are read above it
     * (bits.h); NULL = all. Operators that keep rows keep no others. */
    const uint64_t *wanted;
};

/* Somebody who wants to see what operators keep, as rows. */
struct op_look {
    void *owner;
    /* Comes once for each operator that keeps something a person can read: the columns of what
     * follows are those of `schema` whose bit is set in `kept` (bits.h; NULL = all). */
    void (*columns)(void *owner, const struct op *op, const struct schema *schema,
                    const uint64_t *kept);
    void (*rows)(void *owner, struct batch *batch); /* any number of times */
};

struct op_kind {
    const char *name;
    uint8_t version; /* of its saved entries */
    void (*push)(struct op *op, struct batch *batch);
    /* The watermark is now `watermark`; TIME_END at the end of finite input. May be NULL: nothing
     * to do. */
    void (*advance)(struct op *op, int64_t watermark);
    /* Results leave now; `at_end` = the last trigger of finite input. May be NULL. */
    void (*trigger)(struct op *op, bool at_end);
    /* Writes the entries that have changed since the last save or load, and which are gone; all of
     * them if log->whole. The operator itself has been begun in the log. load takes the entries
     * into a fresh operator of the same plan node, and returns ERR_STATE if they are damaged. May
     * both be NULL: no state. */
    void (*save)(struct op *op, struct changelog *log);
    enum status (*load)(struct op *op, struct entries_walk *in, struct error *err);
    /* Tells `look` what is kept: open windows as they would leave now, whatever HAVING says; for
     * operators without windows, their groups. May be NULL: nothing is. */
    void (*look)(struct op *op, const struct op_look *look);
    /* Pushes what EMIT COMPLETE would say now, as new rows, for who has lost a result that changes;
     * to everybody else nothing has been said. May be NULL: what was said has no later form. */
    void (*repeat)(struct op *op);
    /* Fills in state_rows, state_bytes and next_due. May be NULL. */
    void (*measure)(struct op *op);
    void (*close)(struct op *op);
};

/* First member of every operator. */
struct op {
    const struct op_kind *kind;
    const struct plan_node *node;
    struct op *next; /* NULL only in the last one */
    struct op_context *context;
    struct op_stats stats;
    /* The state was saved or loaded: what changes from here on is remembered for the next save.
     * Without a checkpoint it never is. */
    bool is_saved;
};

/* The last operator: hands every batch to its owner. */
struct op_output {
    void *owner;
    void (*rows)(void *owner, struct batch *batch);
};

/* The chain for `plan`, from the operator above the scan (*first, which is pushed to) to `output`.
 * Never fails: what cannot run was refused when the plan was made. Operators are in context->query.
 */
struct op *op_build(struct op_context *context, const struct plan *plan,
                    const struct op_output *output);

void op_push(struct op *op, struct batch *batch);
/* Rows that this operator itself has dropped because a field that it needs did not convert. */
uint64_t op_rows_bad(const struct op *op);

/* What sub-queries do when time passes. */
enum op_say {
    SAY_NOTHING,
    SAY_RESULTS, /* their results leave: this is a trigger */
    SAY_LAST,    /* the last one, at the end of finite input */
};

/* Event time is now `watermark`; TIME_NONE: it has not begun. Query by query, the innermost first:
 * what one says is there before time passes for the one that reads it. */
void op_advance(struct op *op, int64_t watermark, enum op_say say);
/* The results of the outermost query leave; those of the others have, in op_advance. */
void op_trigger(struct op *op, bool at_end);
/* The present rows of a result that changes leave once more; counters do not notice. */
void op_repeat(struct op *op);
/* The watermark of the operators behind `op`, if its own is `watermark`. */
int64_t op_watermark_behind(const struct op *op, int64_t watermark);

/* Counters of what happened, of all operators of a chain; those of what is there now are measured
 * again. Where the plan has changed, so that the saved ones are of other operators, they begin
 * anew. */
void op_save_stats(const struct op *first, struct bytebuf *out);
void op_load_stats(struct op *first, struct reader *in);

/* A changelog of all operators of a chain that keep state, numbered from 0: of what changed since
 * the last, or `whole`. */
void op_save_all(struct op *first, bool whole, struct bytebuf *out);
MUST_CHECK enum status op_load_all(struct op *first, struct entries *entries, struct error *err);

/* The entry "" of section "": what is not by key. */
void op_save_head(struct changelog *log);
/* It must come first in the walk. */
MUST_CHECK enum status op_load_head(const struct op *op, struct entries_walk *in,
                                    struct reader *out, struct error *err);
MUST_CHECK enum status op_damaged(const struct op *op, struct error *err);
/* The key or section name that changelog_number wrote behind `kind`. */
bool op_section_is(const struct entry *entry, char kind, int64_t *number);
/* All operators of a loaded chain, first to last; it can only be closed afterwards. */
void op_look_all(struct op *first, const struct op_look *look);
/* Refreshes the state counters of a chain. */
void op_measure_all(struct op *first);
void op_close_all(struct op *first);

#endif
