/* builders: columns, schemas and batches from literals, and back to text, so that a test reads like
 * a table. Values are separated by commas and trimmed; NULL is NULL; text may stand in '…' (then
 * with commas, blanks and '' for a quote inside). A literal that cannot be read fails the test.
 *
 *     struct column amount = column_from_text(&arena, "DECIMAL(12,2)", "1.50, NULL, -3");
 *     assert_string_equal(column_to_text(&arena, &amount), "1.50, NULL, -3.00");
 *
 *     const struct schema *schema = schema_from_text(&arena, "ts TIMESTAMP, card TEXT");
 *     struct batch batch;
 *     batch_from_text(&batch, schema, &arena, "2026-01-05T09:00:00Z, c1\n"
 *                                             "NULL, c2\n");
 */
#ifndef TESTS_SUPPORT_BUILDERS_H
#define TESTS_SUPPORT_BUILDERS_H

#include "engine/data/batch.h"
#include "engine/data/value.h"

/* One value of the type; text points into `arena`. */
struct value value_from_text(struct arena *arena, const char *type, const char *text);

struct column column_from_text(struct arena *arena, const char *type, const char *values);
const char *column_to_text(struct arena *arena, const struct column *column);

/* "name TYPE [NOT NULL], …" */
const struct schema *schema_from_text(struct arena *arena, const char *columns);

/* One line a row, every column decoded. */
void batch_from_text(struct batch *batch, const struct schema *schema, struct arena *arena,
                     const char *rows);
/* The same, and with "+ " or "- " before each row if the batch has ops. Late columns show "?". */
const char *batch_to_text(struct arena *arena, const struct batch *batch);

#endif
