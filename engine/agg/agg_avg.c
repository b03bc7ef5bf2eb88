/* agg_avg: the result of avg, read off the same state as sum. Of BIGINT, DECIMAL and DOUBLE it is a
 * DOUBLE; of INTERVAL an INTERVAL, rounded half away from zero. Over no rows it is NULL. */
#include "engine/agg/agg_kind.h"
#include "engine/agg/agg_number.h"

static bool avg_interval(const struct sum_i64 *sum, int64_t *out)
{
    int128 total = (int128)sum_i64_get(sum);
    int128 n = (int128)sum->n;
    int128 half = total < 0 ? -(n / 2) : n / 2;
    return !checked_narrow((total + half) / n, out);
}

static void avg_emit_interval(const struct agg_result *result, uint8_t *const *cells, uint32_t n,
                              struct column_out *out)
{
    for (uint32_t i = 0; i < n; i++) {
        const struct sum_i64 *sum = (const struct sum_i64 *)(cells[i] + result->offset);
        int64_t value;
        if (sum->n == 0 || !avg_interval(sum, &value)) {
            column_out_null(out, i, n);
        } else {
            out->i64[i] = value;
        }
    }
}

/* The scale goes into the divisor: n × 10^s is exact where a quotient would be rounded twice. */
static void avg_emit_i64(const struct agg_result *result, uint8_t *const *cells, uint32_t n,
                         struct column_out *out)
{
    double unit = (double)pow10_i64[result->call.arg_types[0].scale];
    for (uint32_t i = 0; i < n; i++) {
        const struct sum_i64 *sum = (const struct sum_i64 *)(cells[i] + result->offset);
        if (sum->n == 0) {
            column_out_null(out, i, n);
        } else {
            out->f64[i] = (double)(int128)sum_i64_get(sum) / ((double)sum->n * unit);
        }
    }
}

static void avg_emit_f64(const struct agg_result *result, uint8_t *const *cells, uint32_t n,
                         struct column_out *out)
{
    for (uint32_t i = 0; i < n; i++) {
        const struct sum_f64 *sum = (const struct sum_f64 *)(cells[i] + result->offset);
        if (sum->n == 0) {
            column_out_null(out, i, n);
        } else {
            out->f64[i] = sum->sum / (double)sum->n;
        }
    }
}

void agg_avg_emit(const struct agg_result *result, uint8_t *const *cells, uint32_t n,
                  struct column_out *out)
{
    if (result->call.arg_types[0].id == TYPE_INTERVAL) {
        avg_emit_interval(result, cells, n, out);
    } else if (agg_physical(result->call.arg_types[0]) == PHYSICAL_I64) {
        avg_emit_i64(result, cells, n, out);
    } else {
        avg_emit_f64(result, cells, n, out);
    }
}
