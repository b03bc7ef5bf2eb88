/* cuts: what came from outside in an epoch, in order: how much was read of which split and when,
 * where splits ended, when results left. Given the same bytes again, doing the same cuts again
 * gives the same rows: an INTENT holds the cuts of its epoch, and redo follows them.
 *
 *     cut_put(&cuts, &cut);
 *     …
 *     struct reader in = reader_of(cuts);
 *     while (cut_next(&in, &cut)) { …do it… }
 *     if (!reader_ok(&in)) { …damaged… } */
#ifndef ENGINE_RUN_CUTS_H
#define ENGINE_RUN_CUTS_H

#include "engine/base/bytebuf.h"
#include "engine/base/codec.h"

enum cut_kind {
    CUT_READ = 1,    /* `bytes` bytes of `split` of feed `of` came */
    CUT_SPLIT_ENDED, /* what is left of the split is a whole record */
    CUT_SPLIT_LOST,  /* what is left of it is a piece of one */
    CUT_FEED_DONE,   /* feed `of` has given everything */
    CUT_TRIGGER,     /* results leave, of all queries that run */
    CUT_QUERY_END,   /* query `of` has ended; bytes = 1: its open windows are said */
};

struct cut {
    enum cut_kind kind;
    uint32_t of;
    uint32_t split;
    uint32_t bytes;
    int64_t time_us; /* wall clock: arrival and trigger time */
};

void cut_put(struct bytebuf *out, const struct cut *cut);
/* False at the end, or if what is there is no cut: then the reader has failed. */
bool cut_next(struct reader *in, struct cut *out);

/* One line for a person. */
void cut_print(struct bytebuf *out, const struct cut *cut);

#endif
