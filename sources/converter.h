/* converter: fields as text to columns of the declared types, for all decoders.
 *
 *     TRY(converter_init(&converter, config, "auto", err));  // reads options timestamp and tz
 *     converter_begin(&converter, &conversion);              // makes conversion.out and .fields
 *     for (i < n) { conversion.fields[i] = …; }              // null_field() is NULL
 *     converter_finish(&converter, &conversion);             // fills in out and reject
 *     converter_release(&converter);
 *
 * A field that is no value of its type is reported with its record and its reject bit is set, or it
 * becomes NULL under ON ERROR NULL. Spaces around numbers and stamps are forgiven. A TIMESTAMP
 * column without option `timestamp` takes any layout of language.md §3, ISO fastest. */
#ifndef SOURCES_CONVERTER_H
#define SOURCES_CONVERTER_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/data/timestamp.h"
#include "engine/io/decoder.h"
#include "sources/null_field.h"

/* How one column is read. */
struct field_reader {
    struct type type;
    bool not_null;
    bool any_layout;           /* TIMESTAMP without option: guess what ISO is not */
    bool has_other;            /* the last guess */
    struct time_format format; /* TIMESTAMP */
    struct time_format other;  /* TIMESTAMP with any_layout: the last guess */
    struct time_cache cache;   /* of format */
    struct time_cache other_cache;
};

struct converter {
    const struct reject_sink *reject;
    const int64_t *arrival_us; /* may be NULL */
    bool null_on_error;
    bool zero_fractions; /* 7.0 is a BIGINT, too: in JSON it is the same number as 7 */
    uint32_t n;
    struct field_reader *readers; /* by column of the schema */
    struct text scratch[BATCH_ROWS];
};

/* One call of decoder_column. */
struct conversion {
    struct decoder *decoder;
    struct arena *arena;
    const uint8_t *block; /* reject offsets count from here */
    uint32_t col;
    const uint32_t *rows; /* NULL = 0..n */
    uint32_t n;
    bool has_null; /* false: no field is NULL */
    struct text *fields;
    struct column_out out;
    uint64_t *reject;
};

/* `timestamp` is how stamps are written if option timestamp does not say: "auto", "clf", … */
MUST_CHECK enum status converter_init(struct converter *converter,
                                      const struct decoder_config *config, const char *timestamp,
                                      struct error *err);
/* Also after converter_init failed, if the converter was zeroed before. */
void converter_release(struct converter *converter);

/* The options that converter_init reads, for lists of options. */
#define CONVERTER_OPTIONS                                                                          \
    {"timestamp", OPTION_TEXT, "auto", "iso, clf, epoch_ms, … or a strptime pattern"},             \
    {                                                                                              \
        "tz", OPTION_TEXT, "UTC", "time zone of stamps that carry none"                            \
    }

/* Makes conversion->out and says where the n <= BATCH_ROWS fields go. */
void converter_begin(struct converter *converter, struct conversion *conversion);
/* Converts the fields; the finished column is column_view(&conversion->out, n). */
void converter_finish(struct converter *converter, struct conversion *conversion);

/* The same for a TIMESTAMP column that is read from the start of lines, where other text follows:
 * an opening bracket in front of it is stepped over. */
void converter_finish_prefix(struct converter *converter, struct conversion *conversion);

/* Record row[i] of the conversion is bad for `reason`, or field i becomes NULL under ON ERROR NULL.
 */
void converter_bad(struct converter *converter, struct conversion *conversion, uint32_t i,
                   const char *reason);

#endif
