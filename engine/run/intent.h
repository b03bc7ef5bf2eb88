/* intent: what an INTENT record says of its epoch before anything of it is for good: everything
 * that came from outside (cuts.h), where each source stood at its end, and what the redo must come
 * to. */
#ifndef ENGINE_RUN_INTENT_H
#define ENGINE_RUN_INTENT_H

#include "engine/base/arena.h"
#include "engine/run/cuts.h"
#include "engine/run/inlog.h"

struct intent_feed {
    struct slice name;
    struct slice offsets; /* text; empty: it is in the input log */
};

struct intent_query {
    struct slice name;
    uint64_t rows_out;
    int64_t watermark;
};

struct intent {
    struct inlog_mark input; /* end of the input log */
    uint32_t n_feeds;
    struct intent_feed *feeds; /* by number in the cuts */
    uint32_t n_queries;
    struct intent_query *queries; /* by number in the cuts */
    struct slice cuts;
};

void intent_put(struct bytebuf *out, const struct intent *intent);
/* ERR_STATE if the bytes are none. Slices point into `bytes`. */
MUST_CHECK enum status intent_read(struct arena *arena, struct slice bytes, struct intent *out,
                                   struct error *err);

#endif
