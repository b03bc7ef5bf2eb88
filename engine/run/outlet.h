/* outlet: a sink as the epochs of a job see it. A transactional sink that remembers its own epoch
 * may have committed one more than the checkpoint knows of; then that epoch is computed again for
 * its state, and its rows are dropped here.
 *
 *     outlet_init(&outlet, sink, committed);
 *     TRY(outlet_resume(&outlet, "alerts", last, next, err));   // only behind a checkpoint
 *     for (each epoch n) {
 *         TRY(outlet_begin(&outlet, n, err));
 *         … outlet_write, outlet_flush …
 *         TRY(outlet_commit(&outlet, err));
 *         TRY(outlet_settled(&outlet, n, err));                 // COMMIT(n) is on disk
 *     }
 *     outlet_close(&outlet); */
#ifndef ENGINE_RUN_OUTLET_H
#define ENGINE_RUN_OUTLET_H

#include "engine/io/sink.h"
#include "engine/run/present.h"

struct outlet {
    struct sink *sink;   /* NULL: there is none, and nothing happens */
    uint64_t committed;  /* newest epoch that was in it when it was opened */
    uint64_t skip_until; /* these epochs are said, though the sink may not know */
    uint64_t epoch;      /* that is open, or was last */
    bool is_open;
    bool skips;              /* the open epoch is in it already */
    struct bytebuf position; /* where it stands after its last commit (sink_position) */
    struct present *present; /* is written, too; NULL = nobody asks for it */
};

/* The outlet closes the sink. */
void outlet_init(struct outlet *outlet, struct sink *sink, uint64_t committed);
void outlet_close(struct outlet *outlet);

/* Checks what the sink has against the checkpoint, whose last COMMIT is `last`; `next` is true if
 * INTENT(last + 1) is there. Exit 27 if the sink is behind, 28 if it is ahead. */
MUST_CHECK enum status outlet_resume(const struct outlet *outlet, const char *name, uint64_t last,
                                     bool next, struct error *err);

/* Is there before its first epoch, last + 1: a sink that remembers its epochs and is behind has
 * those up to `last` without rows, so that a start behind `last` finds it where the job is. */
MUST_CHECK enum status outlet_join(struct outlet *outlet, uint64_t last, struct error *err);

MUST_CHECK enum status outlet_begin(struct outlet *outlet, uint64_t epoch, struct error *err);
MUST_CHECK enum status outlet_write(struct outlet *outlet, const struct batch *batch,
                                    struct error *err);
MUST_CHECK enum status outlet_flush(struct outlet *outlet, struct error *err);
MUST_CHECK enum status outlet_commit(struct outlet *outlet, struct error *err);
/* The open epoch is the last one with rows. */
void outlet_ended(struct outlet *outlet);
MUST_CHECK enum status outlet_settled(struct outlet *outlet, uint64_t epoch, struct error *err);
MUST_CHECK enum status outlet_reopen(struct outlet *outlet, struct error *err);
#endif
