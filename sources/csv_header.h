/* csv_header: the first record of a split, which names its columns (option header = match).
 *
 *     end = csv_header_find(&dialect, bytes, begin, is_final, &header);
 *     if (header.text.at != NULL && !header.is_bad) {
 *         n_fields = csv_header_places(&dialect, header.text, schema, places);
 *     }
 */
#ifndef SOURCES_CSV_HEADER_H
#define SOURCES_CSV_HEADER_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/data/schema.h"
#include "sources/csv_dialect.h"

struct csv_header_line {
    struct slice text; /* without its line end, at most record_bytes_max; at == NULL: not here */
    bool is_bad;       /* it is no record */
    bool is_cut;       /* its line goes on behind the bytes */
};

/* The first record of bytes[begin…) that is neither blank nor a comment. Returns where the next one
 * begins, or where an incomplete one does. */
uint32_t csv_header_find(const struct csv_dialect *dialect, struct slice bytes, uint32_t begin,
                         bool is_final, struct csv_header_line *out);

/* places[i] = number of the field that column i has in the file, -1 = none. Returns how many fields
 * the header has, 0 if it names no column of the schema. Of two fields of one name the first
 * counts. */
uint32_t csv_header_places(const struct csv_dialect *dialect, struct slice header,
                           const struct schema *schema, int32_t *places);

#endif
