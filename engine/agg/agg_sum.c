/* agg_sum: the result of sum. BIGINT, DECIMAL and INTERVAL are exact in 128 bits and checked here,
 * at output: a sum that does not fit is NULL and one runtime error. Over no rows it is NULL. */
#include "engine/agg/agg_kind.h"
#include "engine/agg/agg_number.h"
#include "engine/data/decimal.h"

static bool sum_fits(const struct sum_i64 *sum, struct type type, int64_t *out)
{
    if (checked_narrow((int128)sum_i64_get(sum), out)) {
        return false;
    }
    return type.id != TYPE_DECIMAL || !decimal_exceeds(*out, type.precision);
}

static void sum_emit_i64(const struct agg_result *result, uint8_t *const *cells, uint32_t n,
                         struct column_out *out)
{
    for (uint32_t i = 0; i < n; i++) {
        const struct sum_i64 *sum = (const struct sum_i64 *)(cells[i] + result->offset);
        int64_t value;
        if (sum->n == 0) {
            column_out_null(out, i, n);
        } else if (!sum_fits(sum, result->call.result, &value)) {
            ++*result->errors;
            column_out_null(out, i, n);
        } else {
            out->i64[i] = value;
        }
    }
}

static void sum_emit_f64(const struct agg_result *result, uint8_t *const *cells, uint32_t n,
                         struct column_out *out)
{
    for (uint32_t i = 0; i < n; i++) {
        const struct sum_f64 *sum = (const struct sum_f64 *)(cells[i] + result->offset);
        out->f64[i] = sum->sum;
        if (sum->n == 0) {
            column_out_null(out, i, n);
        }
    }
}

void agg_sum_emit(const struct agg_result *result, uint8_t *const *cells, uint32_t n,
                  struct column_out *out)
{
    if (agg_physical(result->call.result) == PHYSICAL_F64) {
        sum_emit_f64(result, cells, n, out);
    } else {
        sum_emit_i64(result, cells, n, out);
    }
}
