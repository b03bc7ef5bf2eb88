/* fields_decoder: the decoder of formats that take a line apart into a fixed list of named fields
 * (apache_error, syslog, regex, grok). A format has its own functions open, infer and close; the
 * rest of its kind is here.
 *
 *     struct my_decoder { struct fields_decoder fields; …; };
 *     my->fields.base.kind = &my_decoder_kind;
 *     my->fields.split = split_my_line;
 *     TRY(fields_init(&my->fields, config, my_field_names, "auto", err));
 *     …
 *     fields_release(&my->fields);
 *
 * A declared column means the field of its name. Lines that `split` refuses are bad rows, blank
 * lines are no rows. */
#ifndef SOURCES_FIELDS_DECODER_H
#define SOURCES_FIELDS_DECODER_H

#include "sources/converter.h"
#include "sources/field_names.h"
#include "sources/line_index.h"

enum { FIELDS_MAX = 256 };

struct fields_decoder {
    struct decoder base;
    struct line_index index;
    struct converter converter;
    uint32_t n_fields;
    uint8_t *field_of;     /* by column */
    struct text *fields;   /* of the batch: n_fields for each record */
    struct slice *records; /* of the batch */

    /* Given before fields_init. Takes a line apart: fields[0 … n_fields) are null_field() and those
     * that are there are set. Returns NULL, or the reason why the line is no record. */
    const char *(*split)(struct fields_decoder *decoder, struct slice line, struct text *fields);
    /* What a field that is not NULL means, when its column is asked for; text that has to be made
     * is in the arena. NULL: fields mean what they are. */
    struct text (*meaning)(struct arena *arena, uint32_t field, struct text text);
};

/* `names` end with NULL, at most FIELDS_MAX; `timestamp` is the default of that option. ERR_OPTION
 * for a column that the format does not have and options that cannot be. */
MUST_CHECK enum status fields_init(struct fields_decoder *decoder,
                                   const struct decoder_config *config, const char *const *names,
                                   const char *timestamp, struct error *err);
/* Also after fields_init failed, if the decoder was zeroed before. */
void fields_release(struct fields_decoder *decoder);

/* Functions of struct decoder_kind. */
size_t fields_block(struct decoder *base, struct slice bytes, bool is_final);
uint32_t fields_next(struct decoder *base, uint32_t max);
void fields_column(struct decoder *base, struct arena *arena, uint32_t col, const uint32_t *rows,
                   uint32_t n, struct column *out, uint64_t *reject);
struct slice fields_record(const struct decoder *base, uint32_t row);

/* A format's own columns, for infer: the first n of names and types, in `arena`. */
void fields_schema(struct arena *arena, const char *const *names, const enum type_id *types,
                   uint32_t n, struct schema *out);

/* Options of every such format; its own stand in front. */
#define FIELDS_OPTIONS(timestamp)                                                                  \
    LINE_INDEX_OPTIONS,                                                                            \
        {"timestamp", OPTION_TEXT, timestamp, "iso, clf, … or a strptime pattern"},                \
        {"tz", OPTION_TEXT, "UTC", "time zone of stamps that carry none"},                         \
    {                                                                                              \
        0                                                                                          \
    }

#endif
