/* dataset: random rows of the stream that all differential queries read, in arrival order, and what
 * time makes of them.
 *
 *     struct dataset *data = dataset_random(arena, &rng);
 *     dataset_csv(&csv, data);                      // DATASET_COLUMNS, FORMAT csv WITH
 * (DATASET_WITH) dataset_watermarks(data, &clock, watermarks); // just before each row
 */
#ifndef TESTS_DIFFERENTIAL_DATASET_H
#define TESTS_DIFFERENTIAL_DATASET_H

#include "engine/base/arena.h"
#include "engine/base/bytebuf.h"
#include "engine/data/value.h"
#include "tests/support/rng.h"

#define DATASET_COLUMNS                                                                            \
    "ts TIMESTAMP, k TEXT, g BIGINT, b BOOLEAN, i BIGINT, d DOUBLE, t TEXT, m DECIMAL(12,2)"
#define DATASET_WITH "header = false, null = '\\N'"

enum dataset_column { DATA_TS, DATA_K, DATA_G, DATA_B, DATA_I, DATA_D, DATA_T, DATA_M, DATA_N };

enum { DATA_SPLITS_MAX = 3, DATA_ROWS_OF_SPLITS = 150 };

struct data_row {
    struct value values[DATA_N];
    uint32_t split;
};

struct dataset {
    uint32_t n;
    uint32_t n_splits;
    struct data_row *rows;
};

/* How event time moves (language.md §4.2). */
struct data_clock {
    int64_t delay_us;
    int64_t now_us;        /* wall clock, which stands still */
    int64_t max_future_us; /* TIME_END = no guard */
};

struct dataset *dataset_random(struct arena *arena, struct rng *rng);
/* Without rows [from, from + n). */
struct dataset *dataset_without(struct arena *arena, const struct dataset *data, uint32_t from,
                                uint32_t n);

void dataset_row_csv(struct bytebuf *out, const struct data_row *row);
void dataset_csv(struct bytebuf *out, const struct dataset *data);

/* Where the run of rows of one split that begins at `from` ends; `end` at the latest. */
uint32_t dataset_run(const struct dataset *data, uint32_t from, uint32_t end);

/* The watermark just before each row, TIME_NONE before the first, and behind the last. */
void dataset_watermarks(const struct dataset *data, const struct data_clock *clock, int64_t *out);

#endif
