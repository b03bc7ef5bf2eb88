/* fingerprint: what a query's saved state depends on, as lines of text: one a part of the plan, its
 * first character says what a change of it means.
 *
 *     =  the state is of no use any more            keys, types, windows, the input's columns
 *     ~  results change from now on                 a filter below the state, a watermark's delay
 *     !  the same, and the state begins anew        the aggregates
 *     .  nothing                                    what is done with results
 *
 * Options of sources and sinks are not in it: they may hold secrets. */
#ifndef ENGINE_PLAN_FINGERPRINT_H
#define ENGINE_PLAN_FINGERPRINT_H

#include "engine/plan/plan.h"

void fingerprint_print(struct bytebuf *out, const struct plan *plan);

/* What a stream was when the fingerprint was printed: the columns in its data and its format. */
struct fingerprint_source {
    struct schema columns;
    struct slice format;
};

/* Finds the source of `uri` in a fingerprint; *out is in `arena`. False if it has none, or has
 * several that are not the same: of a socket only its kind is in a fingerprint. */
bool fingerprint_source(struct slice fingerprint, const struct uri *uri, struct arena *arena,
                        struct fingerprint_source *out);

enum fingerprint_change {
    FINGERPRINT_SAME,
    FINGERPRINT_FREE,
    FINGERPRINT_RESULTS,
    FINGERPRINT_STATE,
    FINGERPRINT_REFUSED,
};

/* The gravest change from `before` to `now`; what changed is appended as lines "- …" and "+ …". */
enum fingerprint_change fingerprint_compare(struct slice before, struct slice now,
                                            struct bytebuf *diff);

#endif
