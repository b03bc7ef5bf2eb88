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
#include "engine/state/changelog.h"
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

/* ---- saving: rows keep their numbers, so what is new are those behind the last save. */

/* Begins a save: unless it is `whole`, erases in `out` what the last one had and is gone. Returns
 * the number from which on rows are to be saved. */
uint64_t rowlog_begin_save(struct rowlog *log, struct changelog *out);
/* One row, as part of an entry's value. */
void rowlog_save_row(const struct rowlog *log, uint64_t number, struct bytebuf *out);
/* All rows so far are saved. */
void rowlog_end_save(struct rowlog *log);
/* The numbers of rows that are there, from `from` on: fills numbers[0..max), returns how many. */
uint32_t rowlog_numbers(const struct rowlog *log, uint64_t from, uint64_t *numbers, uint32_t max);

/* Into a log of the same layout, behind all rows that it has. False if the bytes are damaged. */
bool rowlog_load_row(struct rowlog *log, uint64_t number, struct reader *in);
/* Behind the last: the number of the next row to come. False if there is one behind it. */
bool rowlog_end_load(struct rowlog *log, uint64_t end);

#endif
