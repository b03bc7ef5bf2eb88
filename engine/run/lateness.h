/* lateness: how far rows come behind the newest row of their split, as a distribution: what SHOW
 * LATENESS says, and which watermark delay would have been enough. Buckets are powers of two cut in
 * eight, so a quantile is at most 1/8 too large, never too small.
 *
 *     struct lateness late = {0};
 *     lateness_rows(&late, newest_us, times);        // per batch, before the watermark takes it
 *     lateness_quantile(&late, 0.999);
 *
 * The first 64 batches are counted whole, then every 16th: the distribution of a long stream does
 * not need more, and the row path does not notice. */
#ifndef ENGINE_RUN_LATENESS_H
#define ENGINE_RUN_LATENESS_H

#include <stdint.h>

#include "engine/base/bytebuf.h"
#include "engine/data/column.h"

enum { LATENESS_SUB = 8, LATENESS_BUCKETS = 64 * LATENESS_SUB };

struct lateness {
    uint64_t batches;
    uint64_t rows; /* counted */
    int64_t max_us;
    uint64_t buckets[LATENESS_BUCKETS];
};

/* `newest_us`: largest event time of the split before the batch, TIME_NONE if it is the first. */
void lateness_rows(struct lateness *late, int64_t newest_us, const struct column *times);

/* The lateness that `share` (0 to 1) of the rows do not exceed, in microseconds; 0 without rows. */
int64_t lateness_quantile(const struct lateness *late, double share);

/* SHOW LATENESS: rows counted, p50, p99, max, and the WATERMARK clause for column `name` that would
 * have kept 99.9 % of the rows in time. */
void lateness_print(const struct lateness *late, struct slice name, struct bytebuf *out);

#endif
