/* csv_dialect: how the records of a CSV stream are written, from the options of the format. */
#ifndef SOURCES_CSV_DIALECT_H
#define SOURCES_CSV_DIALECT_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/io/options.h"

/* What becomes of the first record of a split. */
enum csv_header {
    CSV_HEADER_AUTO, /* skipped if it is the column names, else a row */
    CSV_HEADER_TRUE, /* skipped */
    CSV_HEADER_FALSE,
    CSV_HEADER_MATCH, /* says which field is which column */
};

struct csv_dialect {
    uint8_t delimiter;
    uint8_t quote;
    uint8_t escape;
    uint8_t comment;
    bool has_quote;
    bool has_escape;  /* escape differs from quote */
    bool has_comment; /* a record that begins with `comment` is none */
    enum csv_header header;
    uint32_t skip_lines; /* in front of the header */
    uint32_t n_columns;  /* fields of a record */
    uint32_t record_bytes_max;
    struct slice null_text; /* an unquoted field of this text is NULL; empty by default */
};

/* Options of formats csv and tsv. */
extern const struct option_spec csv_options[];

/* n_columns is left 0. ERR_OPTION if an option cannot be or two contradict each other. */
MUST_CHECK enum status csv_dialect_init(struct csv_dialect *dialect, const struct options *options,
                                        uint8_t delimiter, struct error *err);

/* Copies what stands between two quotes to `out` (room for inner.len), without doubling and
 * escapes. Returns how many bytes. */
uint32_t csv_undo_escapes(const struct csv_dialect *dialect, struct slice inner, uint8_t *out);

#endif
