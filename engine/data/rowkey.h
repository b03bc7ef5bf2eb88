/* rowkey: the group key of a row as bytes, such that equal keys are equal bytes and bytewise order
 * is the order of output: ascending by the first column, then the next; NULL last (as PostgreSQL).
 *
 * Encoding of each column: 0x00 and the value, or 0x01 for NULL. Value: i64 big-endian with the
 * sign bit flipped; f64 as the order-preserving transform of its bits (-0.0 becomes 0.0, NaN is
 * largest); boolean one byte; text with 00 escaped as 00 FF and ended by 00 00, except in the last
 * column, where the bytes stand as they are and reach to the end. A key of exactly one NOT
 * NULL-or-NULL TEXT column is *plain*: the bytes themselves, not copied; its NULL is the length
 * ROWKEY_NULL. */
#ifndef ENGINE_DATA_ROWKEY_H
#define ENGINE_DATA_ROWKEY_H

#include "engine/base/arena.h"
#include "engine/base/bytebuf.h"
#include "engine/data/column.h"

#define ROWKEY_NULL UINT32_MAX

/* Keys of n rows of `n_cols` columns (n_cols >= 1). The array and, unless plain, its bytes are in
 * `batch` (plain keys point where the text column points). */
const struct text *rowkey_encode(struct arena *batch, const struct column *cols, uint32_t n_cols,
                                 uint32_t n);

/* hashes[i] = hash of keys[i]. */
void rowkey_hash(const struct text *keys, uint32_t n, uint64_t *hashes);

/* The reverse of rowkey_encode for many keys: fills cols[0..n_cols), each with n rows; text points
 * into `keys` where it was not escaped, else into the column's arena. */
void rowkey_decode(const struct text *keys, uint32_t n, struct column_out *cols, uint32_t n_cols);

/* Order of two keys of the same columns: <0, 0, >0. ROWKEY_NULL sorts last. */
int rowkey_compare(struct text a, struct text b);

#endif
