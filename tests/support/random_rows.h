/* random_rows: seeded batches for property tests. */
#ifndef TESTS_SUPPORT_RANDOM_ROWS_H
#define TESTS_SUPPORT_RANDOM_ROWS_H

#include "engine/data/batch.h"
#include "tests/support/rng.h"

/* n rows of any schema in `arena`. Few different values, so that rows share keys; one value in
 * eight is NULL where that is allowed; texts are empty, short, or longer than what tables inline,
 * and may hold zero bytes. */
void batch_random(struct batch *batch, const struct schema *schema, struct arena *arena,
                  struct rng *rng, uint32_t n);

/* Same schema width, values and NULLs in n rows; late columns equal late ones only. */
bool batch_equal(const struct batch *a, const struct batch *b);

#endif
