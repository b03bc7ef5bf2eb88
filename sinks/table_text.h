/* table_text: rows as a table for people: borders, columns as wide as their content on the screen,
 * numbers to the right, control bytes escaped, cut with "…" to what the terminal has.
 *
 *     struct table_text *table = table_text_new(&config);
 *     table_text_add(table, batch);             // any number; copies what it shows
 *     table_text_fit(table);                    // how wide each column is
 *     table_text_top(table, out);               // border, names, border
 *     table_text_rows(table, 0, table_text_count(table), out);
 *     table_text_bottom(table, out);
 *     table_text_clear(table);                  // forgets the rows, keeps the widths
 *     table_text_free(table);
 *
 * A table that goes on after table_text_clear keeps its widths as long as table_text_fit says so.
 */
#ifndef SINKS_TABLE_TEXT_H
#define SINKS_TABLE_TEXT_H

#include <stdbool.h>

#include "engine/base/bytebuf.h"
#include "engine/data/batch.h"

enum table_look {
    TABLE_BOX,      /* ┌─┬─┐ */
    TABLE_ASCII,    /* +-+-+ */
    TABLE_MARKDOWN, /* | --- | */
    TABLE_PLAIN,    /* columns only: for rows that scroll above something else */
};

struct table_config {
    enum table_look look;
    const struct schema *schema;
    bool changes;       /* `_op` in front */
    uint32_t width_max; /* columns of the terminal, 0 = as wide as it gets */
};

struct table_text;

/* The schema is copied. */
struct table_text *table_text_new(const struct table_config *config);
void table_text_free(struct table_text *table); /* NULL is fine */

void table_text_add(struct table_text *table, const struct batch *batch);
uint32_t table_text_count(const struct table_text *table);
void table_text_clear(struct table_text *table);
/* The terminal is another size now. */
void table_text_set_width(struct table_text *table, uint32_t width_max);

/* Widens columns for the rows that are there, then narrows what does not fit: times that share
 * their day lose it, long texts are cut, the last columns are left out. True if the lines will look
 * other than before. */
bool table_text_fit(struct table_text *table);

void table_text_top(const struct table_text *table, struct bytebuf *out);
/* Rows [from, from + n). */
void table_text_rows(const struct table_text *table, uint32_t from, uint32_t n,
                     struct bytebuf *out);
void table_text_bottom(const struct table_text *table, struct bytebuf *out);

#endif
