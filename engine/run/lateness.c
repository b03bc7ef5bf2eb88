/* lateness: see lateness.h. */
#include "engine/run/lateness.h"

#include "engine/base/checked.h"
#include "engine/base/clock.h"
#include "engine/data/batch.h"
#include "engine/data/timestamp.h"

enum { WHOLE_BATCHES = 64, SAMPLED_BATCH = 16 };

/* Values below 8 have a bucket each; above, the three bits behind the leading one choose. */
static uint32_t bucket_of(uint64_t us)
{
    if (us < LATENESS_SUB) {
        return (uint32_t)us;
    }
    uint32_t exponent = 63u - (uint32_t)__builtin_clzll(us);
    return (exponent - 2) * LATENESS_SUB + (uint32_t)(us >> (exponent - 3) & (LATENESS_SUB - 1));
}

/* The largest value that falls into a bucket. */
static int64_t bucket_top(uint32_t bucket)
{
    if (bucket < LATENESS_SUB) {
        return bucket;
    }
    uint32_t exponent = bucket / LATENESS_SUB + 2;
    uint64_t width = (uint64_t)1 << (exponent - 3);
    uint64_t top = ((LATENESS_SUB + bucket % LATENESS_SUB) * width) + width - 1;
    return top > INT64_MAX ? INT64_MAX : (int64_t)top;
}

void lateness_rows(struct lateness *late, int64_t newest_us, const struct column *times)
{
    if (late->batches++ >= WHOLE_BATCHES && late->batches % SAMPLED_BATCH != 0) {
        return;
    }
    for (uint32_t i = 0; i < times->n; i++) {
        if (column_is_null(times, i)) {
            continue;
        }
        int64_t behind = 0;
        if (times->i64[i] >= newest_us) {
            newest_us = times->i64[i];
        } else if (checked_sub(newest_us, times->i64[i], &behind)) {
            behind = INT64_MAX;
        }
        late->rows++;
        late->buckets[bucket_of((uint64_t)behind)]++;
        late->max_us = behind > late->max_us ? behind : late->max_us;
    }
}

int64_t lateness_quantile(const struct lateness *late, double share)
{
    double wanted = share * (double)late->rows;
    uint64_t seen = 0;
    for (uint32_t i = 0; i < LATENESS_BUCKETS; i++) {
        seen += late->buckets[i];
        if (late->buckets[i] > 0 && (double)seen >= wanted) {
            int64_t top = bucket_top(i);
            return top < late->max_us ? top : late->max_us;
        }
    }
    return late->max_us;
}

static void print_quantile(struct bytebuf *out, const char *name, int64_t us)
{
    bytebuf_printf(out, " %s=", name);
    interval_print(out, us);
}

void lateness_print(const struct lateness *late, struct slice name, struct bytebuf *out)
{
    bytebuf_printf(out, "rows=%llu", (unsigned long long)late->rows);
    print_quantile(out, "p50", lateness_quantile(late, 0.5));
    print_quantile(out, "p99", lateness_quantile(late, 0.99));
    print_quantile(out, "max", late->max_us);
    /* A delay is given in whole milliseconds, upward: one that is rounded down keeps less. */
    int64_t keeps = lateness_quantile(late, 0.999);
    int64_t delay =
        keeps > INT64_MAX - US_PER_MS ? keeps : (keeps + US_PER_MS - 1) / US_PER_MS * US_PER_MS;
    bytebuf_printf(out, "\nWATERMARK %.*s DELAY ", (int)name.len, (const char *)name.at);
    interval_print(out, delay);
    bytebuf_add_text(out, " would have kept 99.9 % of the rows in time\n");
}
