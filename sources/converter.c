/* converter: see converter.h. One loop per type, no switch in it: a row pays one call that parses
 * and one branch that is never taken for good rows. NULL fields are empty, no parser takes the
 * empty text, so NULL costs the good rows nothing either. */
#include "sources/converter.h"

#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "engine/data/decimal.h"
#include "engine/data/zone.h"

const uint8_t null_field_byte = 0;

#define ALWAYS_INLINE static inline __attribute__((always_inline))

/* ---- setting up ----------------------------------------------------------------------------- */

static enum status load_zone(const struct decoder_config *config, const struct zone **out,
                             struct error *err)
{
    struct slice name = options_text(config->options, "tz", NULL);
    *out = NULL;
    if (name.len == 0) {
        return OK;
    }
    return options_blame(config->options, "tz",
                         zone_load(config->query, config->fs, name, out, err), err);
}

/* What all TIMESTAMP columns of the stream are read with. */
static enum status load_format(const struct decoder_config *config, const char *timestamp,
                               struct field_reader *out, struct error *err)
{
    const struct zone *zone;
    TRY(load_zone(config, &zone, err));
    struct slice spec = options_text(config->options, "timestamp", timestamp);
    out->any_layout = slice_equal_nocase(spec, slice_text("auto"));
    if (out->any_layout) {
        out->format = (struct time_format){.layout = TIME_ISO, .zone = zone};
        return OK;
    }
    return options_blame(config->options, "timestamp",
                         time_format_init(&out->format, config->query, spec, zone, err), err);
}

enum status converter_init(struct converter *converter, const struct decoder_config *config,
                           const char *timestamp, struct error *err)
{
    const struct schema *schema = config->schema;
    converter->reject = config->reject;
    converter->arrival_us = config->arrival_us;
    converter->null_on_error = config->null_on_error;
    converter->n = schema->n;
    struct field_reader stamp = {0};
    TRY(load_format(config, timestamp, &stamp, err));
    /* Not in the query's arena: a stream may open a decoder for each of a million connections. */
    converter->readers = mem_zalloc(schema->n * sizeof *converter->readers);
    for (uint32_t i = 0; i < schema->n; i++) {
        converter->readers[i] = stamp;
        converter->readers[i].type = schema->fields[i].type;
        converter->readers[i].not_null = schema->fields[i].not_null;
    }
    return OK;
}

void converter_release(struct converter *converter)
{
    mem_free(converter->readers);
    converter->readers = NULL;
}

/* ---- bad fields ----------------------------------------------------------------------------- */

static uint32_t row_of(const struct conversion *conversion, uint32_t i)
{
    return conversion->rows == NULL ? i : conversion->rows[i];
}

/* Tells a bad field as what the sink says: a rejected row or a nulled field. */
static void tell(const struct converter *converter, const struct conversion *conversion, uint32_t i,
                 bool is_nulled, const char *reason)
{
    struct slice record =
        conversion->decoder->kind->record(conversion->decoder, row_of(conversion, i));
    const struct reject_sink *sink = converter->reject;
    (is_nulled ? sink->nulled : sink->reject)(sink->owner,
                                              (uint64_t)(record.at - conversion->block), record,
                                              (int)conversion->col, reason);
}

static void reject_row(struct converter *converter, struct conversion *conversion, uint32_t i,
                       const char *reason)
{
    tell(converter, conversion, i, false, reason);
    bits_set(conversion->reject, i);
}

static void set_null(struct converter *converter, struct conversion *conversion, uint32_t i)
{
    column_out_null(&conversion->out, i, conversion->n);
    if (converter->readers[conversion->col].not_null) {
        reject_row(converter, conversion, i, "NULL in a NOT NULL column");
    }
}

void converter_bad(struct converter *converter, struct conversion *conversion, uint32_t i,
                   const char *reason)
{
    bool is_kept = converter->null_on_error && !converter->readers[conversion->col].not_null;
    column_out_null(&conversion->out, i, conversion->n);
    if (!is_kept) {
        reject_row(converter, conversion, i, reason);
    } else if (converter->reject->nulled != NULL) {
        tell(converter, conversion, i, true, reason);
    }
}

/* ---- one value ------------------------------------------------------------------------------ */

/* Reads a value of the reader's type into *out, which is an int64_t, a double or a bool. */
typedef bool read_fn(struct field_reader *reader, struct slice text, void *out);

ALWAYS_INLINE bool read_bigint(struct field_reader *reader, struct slice text, void *out)
{
    (void)reader;
    return slice_to_i64(text, out);
}

/* 7.00 as 7. */
static __attribute__((noinline)) bool read_zero_fraction(struct slice text, void *out)
{
    size_t len = text.len;
    while (len > 0 && text.at[len - 1] == '0') {
        len--;
    }
    bool is_zero = len > 0 && len < text.len && text.at[len - 1] == '.';
    return is_zero && slice_to_i64(slice_of(text.at, len - 1), out);
}

ALWAYS_INLINE bool read_any_whole(struct field_reader *reader, struct slice text, void *out)
{
    return read_bigint(reader, text, out) || read_zero_fraction(text, out);
}

ALWAYS_INLINE bool read_decimal(struct field_reader *reader, struct slice text, void *out)
{
    return decimal_parse(text, reader->type.precision, reader->type.scale, out);
}

ALWAYS_INLINE bool read_interval(struct field_reader *reader, struct slice text, void *out)
{
    (void)reader;
    return interval_parse(text, out);
}

ALWAYS_INLINE bool read_double(struct field_reader *reader, struct slice text, void *out)
{
    (void)reader;
    return slice_to_f64(text, out);
}

ALWAYS_INLINE bool read_stamp(struct field_reader *reader, struct slice text, void *out)
{
    return time_parse(&reader->format, &reader->cache, text, out);
}

static bool is_epoch(enum time_layout layout)
{
    return layout == TIME_EPOCH_S || layout == TIME_EPOCH_MS || layout == TIME_EPOCH_US ||
           layout == TIME_EPOCH_NS;
}

/* ISO did not fit. The last guess is tried before the next one. Epoch stamps are never remembered:
 * how many digits they have decides their unit, stamp by stamp. */
static bool guess_stamp(struct field_reader *reader, struct slice text, int64_t *out)
{
    if (reader->has_other && time_parse(&reader->other, &reader->other_cache, text, out)) {
        return true;
    }
    struct time_format guess = {.zone = reader->format.zone};
    struct time_cache cache = {.now_us = reader->cache.now_us};
    if (!time_guess(text, true, &guess.layout) || !time_parse(&guess, &cache, text, out)) {
        return false;
    }
    if (!is_epoch(guess.layout)) {
        reader->other = guess;
        reader->other_cache = cache;
        reader->has_other = true;
    }
    return true;
}

ALWAYS_INLINE bool read_any_stamp(struct field_reader *reader, struct slice text, void *out)
{
    return time_parse(&reader->format, &reader->cache, text, out) || guess_stamp(reader, text, out);
}

static struct slice behind_bracket(struct slice text)
{
    bool has_one = text.len > 0 && text.at[0] == '[';
    return slice_of(text.at + has_one, text.len - has_one);
}

static bool read_stamp_prefix(struct field_reader *reader, struct slice text, void *out)
{
    size_t used;
    return time_parse_prefix(&reader->format, &reader->cache, behind_bracket(text), out, &used);
}

/* The layouts that cannot be taken for one another by their first bytes. */
static bool guess_stamp_prefix(struct field_reader *reader, struct slice text, int64_t *out)
{
    static const enum time_layout layouts[] = {TIME_CLF, TIME_ASCTIME, TIME_SYSLOG};
    size_t used;
    if (reader->has_other &&
        time_parse_prefix(&reader->other, &reader->other_cache, text, out, &used)) {
        return true;
    }
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++) {
        struct time_format guess = {.layout = layouts[i], .zone = reader->format.zone};
        struct time_cache cache = {.now_us = reader->cache.now_us};
        if (time_parse_prefix(&guess, &cache, text, out, &used)) {
            reader->other = guess;
            reader->other_cache = cache;
            reader->has_other = true;
            return true;
        }
    }
    return false;
}

static bool read_any_stamp_prefix(struct field_reader *reader, struct slice text, void *out)
{
    return read_stamp_prefix(reader, text, out) ||
           guess_stamp_prefix(reader, behind_bracket(text), out);
}

static bool read_boolean(struct field_reader *reader, struct slice text, void *out)
{
    static const char *const words[] = {"false", "true", "f",   "t",  "no", "yes",
                                        "n",     "y",    "off", "on", "0",  "1"};
    (void)reader;
    for (unsigned i = 0; i < sizeof words / sizeof *words; i++) {
        if (slice_equal_nocase(text, slice_text(words[i]))) {
            *(bool *)out = i % 2 == 1;
            return true;
        }
    }
    return false;
}

/* ---- loops ---------------------------------------------------------------------------------- */

/* Field i did not read at once: NULL, a value with spaces around it, or bad. True if *out is set.
 */
static __attribute__((noinline)) bool read_again(struct converter *converter,
                                                 struct conversion *conversion, uint32_t i,
                                                 read_fn *read, const char *reason, void *out)
{
    struct text field = conversion->fields[i];
    if (field_is_null(field)) {
        set_null(converter, conversion, i);
        return false;
    }
    struct slice trimmed = slice_trim(text_slice(field));
    if (trimmed.len < field.len && read(&converter->readers[conversion->col], trimmed, out)) {
        return true;
    }
    converter_bad(converter, conversion, i, reason);
    return false;
}

ALWAYS_INLINE void convert_i64(struct converter *converter, struct conversion *conversion,
                               read_fn *read, const char *reason)
{
    struct field_reader *reader = &converter->readers[conversion->col];
    const struct text *fields = conversion->fields;
    int64_t *values = conversion->out.i64;
    for (uint32_t i = 0; i < conversion->n; i++) {
        int64_t value;
        if (__builtin_expect(read(reader, text_slice(fields[i]), &value), 1) ||
            read_again(converter, conversion, i, read, reason, &value)) {
            values[i] = value;
        }
    }
}

/* Reads as many of texts[0..n) as it can at once. */
typedef uint32_t read_usual_fn(const struct time_format *format, const struct time_cache *cache,
                               const struct text *texts, uint32_t n, int64_t *us);

/* The same as convert_i64, with runs of usual stamps in one go. */
ALWAYS_INLINE void convert_stamps(struct converter *converter, struct conversion *conversion,
                                  read_usual_fn *read_usual, read_fn *read)
{
    struct field_reader *reader = &converter->readers[conversion->col];
    const struct text *fields = conversion->fields;
    int64_t *values = conversion->out.i64;
    uint32_t n = conversion->n;
    for (uint32_t i = 0; i < n; i++) {
        i += read_usual(&reader->format, &reader->cache, fields + i, n - i, values + i);
        int64_t value;
        if (i < n && (read(reader, text_slice(fields[i]), &value) ||
                      read_again(converter, conversion, i, read, "bad timestamp", &value))) {
            values[i] = value;
        }
    }
}

static void convert_f64(struct converter *converter, struct conversion *conversion)
{
    double *values = conversion->out.f64;
    for (uint32_t i = 0; i < conversion->n; i++) {
        double value;
        if (__builtin_expect(read_double(NULL, text_slice(conversion->fields[i]), &value), 1) ||
            read_again(converter, conversion, i, read_double, "bad number", &value)) {
            values[i] = value;
        }
    }
}

static void convert_bits(struct converter *converter, struct conversion *conversion)
{
    for (uint32_t i = 0; i < conversion->n; i++) {
        bool value;
        if (read_boolean(NULL, text_slice(conversion->fields[i]), &value) ||
            read_again(converter, conversion, i, read_boolean, "bad boolean", &value)) {
            bits_put(conversion->out.bits, i, value);
        }
    }
}

static void convert_text(struct converter *converter, struct conversion *conversion)
{
    if (!conversion->has_null) {
        return;
    }
    for (uint32_t i = 0; i < conversion->n; i++) {
        if (field_is_null(conversion->fields[i])) {
            set_null(converter, conversion, i);
        }
    }
}

static struct field_reader *stamp_reader(struct converter *converter,
                                         const struct conversion *conversion)
{
    struct field_reader *reader = &converter->readers[conversion->col];
    reader->cache.now_us = converter->arrival_us == NULL ? 0 : *converter->arrival_us;
    reader->other_cache.now_us = reader->cache.now_us;
    return reader;
}

void converter_finish_prefix(struct converter *converter, struct conversion *conversion)
{
    if (stamp_reader(converter, conversion)->any_layout) {
        convert_stamps(converter, conversion, time_parse_usual_prefix, read_any_stamp_prefix);
    } else {
        convert_stamps(converter, conversion, time_parse_usual_prefix, read_stamp_prefix);
    }
}

static void convert_stamp(struct converter *converter, struct conversion *conversion)
{
    if (stamp_reader(converter, conversion)->any_layout) {
        convert_stamps(converter, conversion, time_parse_usual, read_any_stamp);
    } else {
        convert_stamps(converter, conversion, time_parse_usual, read_stamp);
    }
}

void converter_begin(struct converter *converter, struct conversion *conversion)
{
    CHECK(conversion->col < converter->n && conversion->n <= BATCH_ROWS);
    struct type type = converter->readers[conversion->col].type;
    conversion->out = column_out_new(conversion->arena, type, conversion->n);
    bool is_text = type_physical(type) == PHYSICAL_TEXT;
    conversion->fields = is_text ? conversion->out.text : converter->scratch;
}

void converter_finish(struct converter *converter, struct conversion *conversion)
{
    switch ((enum type_id)converter->readers[conversion->col].type.id) {
    case TYPE_NULL:
    case TYPE_TEXT:
        convert_text(converter, conversion);
        return;
    case TYPE_BOOLEAN:
        convert_bits(converter, conversion);
        return;
    case TYPE_DOUBLE:
        convert_f64(converter, conversion);
        return;
    case TYPE_BIGINT:
        if (converter->zero_fractions) {
            convert_i64(converter, conversion, read_any_whole, "bad number");
        } else {
            convert_i64(converter, conversion, read_bigint, "bad number");
        }
        return;
    case TYPE_DECIMAL:
        convert_i64(converter, conversion, read_decimal, "bad number");
        return;
    case TYPE_INTERVAL:
        convert_i64(converter, conversion, read_interval, "bad interval");
        return;
    case TYPE_TIMESTAMP:
        convert_stamp(converter, conversion);
        return;
    case TYPE_COUNT:
        break;
    }
    PANIC("column type");
}
