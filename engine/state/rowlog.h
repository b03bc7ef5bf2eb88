/* rowlog: rows that are kept for later, numbered in the order they came.
 *
 *     struct rowlog *log = rowlog_new(&layout);                // record.h: which columns
 *     first = rowlog_append(log, batch, rows, n);              // deep copies: first … first + n -
 * 1 … rowlog_read(log, numbers, n, arena, &batch);             // any rows, as a batch
 *     rowlog_drop(log, numbers, n);                            // each row once
 *     rowlog_free(log);
 *
 * Rows lie in chunks of 1024; a chunk's memory goes when its last row is dropped, whatever its
 * neighbours do: one row that waits for years holds one chunk. */
#ifndef ENGINE_STATE_ROWLOG_H
#define ENGINE_STATE_ROWLOG_H

#include "engine/base/status.h"
#include "engine/state/record.h"

struct rowlog;

/* `layout` must outlive the log. */
struct rowlog *rowlog_new(const struct record_layout *layout);
void rowlog_free(struct rowlog *log);

/* Keeps rows[0..n) of the batch (`rows` NULL: 0, 1, 2, …), n <= BATCH_ROWS; returns the number of
 * the first. The kept columns must be decoded. */
uint64_t rowlog_append(struct rowlog *log, const struct batch *batch, const uint32_t *rows,
                       uint32_t n);

/* Rows numbers[0..n), n <= BATCH_ROWS, as a batch. Values are in `arena`; texts stay in the log and
 * are valid until the next append, or until the row's own drop. */
void rowlog_read(const struct rowlog *log, const uint64_t *numbers, uint32_t n, struct arena *arena,
                 struct batch *out);

void rowlog_drop(struct rowlog *log, const uint64_t *numbers, uint32_t n);

/* False once the row is dropped, or if it never was. */
bool rowlog_has(const struct rowlog *log, uint64_t number);

uint64_t rowlog_end(const struct rowlog *log);  /* number of the next row */
uint64_t rowlog_rows(const struct rowlog *log); /* that are there */
size_t rowlog_bytes(const struct rowlog *log);

/* Rows keep their numbers. Load wants an empty log of the same layout; ERR_STATE if the bytes are
 * damaged. */
void rowlog_save(const struct rowlog *log, struct bytebuf *out);
MUST_CHECK enum status rowlog_load(struct rowlog *log, struct reader *in, struct error *err);

#endif
