/* encode: batches as bytes, in the form that people and programs read: csv, tsv, json, jsonl, line,
 * insert.
 *
 *     struct encoder *encoder = encoder_new(&config);
 *     encoder_start(encoder, out);                // names of the columns
 *     encoder_batch(encoder, batch, out);         // any number
 *     encoder_finish(encoder, out);               // what closes the form ("]" of json)
 *     encoder_free(encoder);
 *
 * A block of rows is made column by column into *cells* (cells.h), where the type is looked at once
 * per column; then the cells are glued row by row. Rows of a changing result carry their op in a
 * first column `_op`. Nothing here writes anywhere; tables with borders are table_text.h's. */
#ifndef SINKS_ENCODE_H
#define SINKS_ENCODE_H

#include <stdbool.h>

#include "engine/base/bytebuf.h"
#include "engine/data/batch.h"
#include "sinks/cells.h"

struct encoder;

struct encoder_config {
    const struct encode_format *format;
    const struct schema *schema;
    bool changes;        /* `_op` in front */
    bool for_terminal;   /* control bytes of text are shown escaped (textbuf.h) */
    struct slice target; /* name of the table for insert */
};

/* A form of output: const descriptors, one per form. */
struct encode_format {
    const char *name;
    const char *suffix; /* of files in this form, with the point; NULL = none */
    struct cells_style style;
    /* Appends what stands in front of value `i`, whose column is `name`. */
    void (*before)(struct bytebuf *out, const struct encoder_config *config, uint32_t i,
                   struct slice name);
    const char *row_end;
    bool is_safe; /* escapes control bytes by itself */
    /* The first byte of the first row becomes this one; 0 = stays. */
    uint8_t first_byte;
    /* Names of all columns, before the first row; NULL = none. */
    void (*start)(struct bytebuf *out, const struct encoder_config *config);
    /* After the last row; `any` = there was one. NULL = nothing. */
    void (*finish)(struct bytebuf *out, bool any);
};

extern const struct encode_format encode_csv;
extern const struct encode_format encode_tsv;
extern const struct encode_format encode_json;  /* one array */
extern const struct encode_format encode_jsonl; /* an object a line */
extern const struct encode_format encode_line;  /* a "name = value" a line */
extern const struct encode_format encode_insert;

/* Ends with NULL. */
extern const struct encode_format *const encode_formats[];

/* By name, any case; "ndjson" is jsonl. NULL if there is none. */
const struct encode_format *encode_format_find(struct slice name);
/* By the end of a file's name: "out.csv". NULL if there is none. */
const struct encode_format *encode_format_by_suffix(struct slice path);

/* The schema and target are copied. */
struct encoder *encoder_new(const struct encoder_config *config);
void encoder_free(struct encoder *encoder); /* NULL is fine */
void encoder_start(struct encoder *encoder, struct bytebuf *out);
/* All columns of the batch must be decoded. */
void encoder_batch(struct encoder *encoder, const struct batch *batch, struct bytebuf *out);
void encoder_finish(struct encoder *encoder, struct bytebuf *out);

/* The name of value `i` of a row, `_op` among them. */
struct slice encoder_name(const struct encoder_config *config, uint32_t i);
uint32_t encoder_width(const struct encoder_config *config);

#endif
