/* case_expect: expected rows of a case, which are JSON, as lines of answer.h, spelled by the types
 * of the result that they are compared with: times from milliseconds or ISO text, floats to 6
 * digits.
 *
 *     case_expect_rows(&wanted, rows, schema);              // JSON array of arrays or objects
 *     case_expect_lines(&wanted, golden, schema);           // an object a line
 *     case_expect_result(&line, batch, row, skip);          // the other side */
#ifndef TESTS_DIFFERENTIAL_CASE_EXPECT_H
#define TESTS_DIFFERENTIAL_CASE_EXPECT_H

#include "engine/data/batch.h"
#include "tests/differential/answer.h"
#include "tests/lab/json_tree.h"

/* Columns of a result in front of those that rows of `width` values are compared with:
 * window_start and window_end stand there if the query does not name them. */
uint32_t case_expect_skip(const struct schema *schema, uint32_t width);

/* Number of values of the first row; 0 if there are no rows. */
uint32_t case_expect_width(const struct json *rows);

void case_expect_rows(struct answer *out, const struct json *rows, const struct schema *schema);
void case_expect_lines(struct answer *out, struct slice lines, const struct schema *schema);

/* The table that a log of changes leaves. Entries are ["+", row], ["-", row] or the sign with the
 * values behind it, in batches or not; `key` lists the names, among `columns`, that identify a row
 * which is replaced without a "-" of its own. Both may be NULL. */
void case_expect_log(struct answer *out, const struct json *log, const struct json *columns,
                     const struct json *key, const struct schema *schema);

/* Row `row` of a result without its first `skip` columns, spelled in the same way. */
void case_expect_result(struct bytebuf *line, const struct batch *batch, uint32_t row,
                        uint32_t skip);

#endif
