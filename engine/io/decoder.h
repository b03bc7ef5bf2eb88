/* decoder: whole records in, columns out; no memory from one block to the next beyond caches. One
 * decoder serves one split.
 *
 *     TRY(decoder_open(kind, &config, &decoder, err));
 *     for (each block: bytes that begin at a record start) {
 *         consumed = decoder_block(decoder, bytes, is_final);   // all whole records of it
 *         while ((n = decoder_next(decoder, BATCH_ROWS)) > 0) { // the next n good records
 *             decoder_column(decoder, arena, col, rows, n_rows, &column, reject);   // any columns,
 * any time
 *         }
 *         keep bytes[consumed…] in front of what is read next
 *     }
 *     decoder_close(decoder);
 *
 * The bytes stay where they are until the next decoder_block: text columns point into them. Cutting
 * into records is a pure function of the bytes: where a block ends changes nothing. With is_final
 * an incomplete last record counts as whole. A block longer than max_line is never left wholly
 * unconsumed, so a caller needs room for max_line and what one read brings. A record that cannot be
 * split (wrong field count, over the length limit) is reported to config->reject and skipped by
 * decoder_next; one whose column does not convert is reported by decoder_column, which sets its
 * reject bit. A decoder never fails a query. */
#ifndef ENGINE_IO_DECODER_H
#define ENGINE_IO_DECODER_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/base/fs.h"
#include "engine/base/slice.h"
#include "engine/base/status.h"
#include "engine/data/column.h"
#include "engine/data/schema.h"
#include "engine/io/options.h"

/* RECORD_BYTES_MAX: default of option max_line. A longer record is a bad row. */
enum { RECORD_BYTES_MAX = 1 << 20 };

/* Where bad records go. Reasons are static text in lower case: "wrong field count", "bad number".
 */
struct reject_sink {
    void *owner;
    /* `offset` is within the block given to decoder_block; `column` is -1 where the whole record is
     * bad; `record` is valid during the call only. */
    void (*reject)(void *owner, uint64_t offset, struct slice record, int column,
                   const char *reason);
    /* The same for a field that is NULL now because of null_on_error; the row goes on. May be NULL:
     * nobody counts them. */
    void (*nulled)(void *owner, uint64_t offset, struct slice record, int column,
                   const char *reason);
};

struct decoder;

struct decoder_config {
    const struct schema *schema;   /* the stream's visible columns, in order */
    const struct options *options; /* WITH and URI options, the format's own among them */
    struct slice format_argument;  /* FORMAT regex '…': the pattern; empty otherwise */
    const struct fs *fs;           /* for time zones */
    struct arena *query;           /* lives as long as the decoder */
    const struct reject_sink *reject;
    /* Arrival time of the block that is being decoded, kept current by the caller: for stamps
     * without a year. NULL = 1970. */
    const int64_t *arrival_us;
    /* The first block does not begin where the split begins: there is no header, byte order mark or
     * skipped line in front of it. */
    bool resumed;
    struct slice head;  /* with `resumed`: what decoder_head of the one before said */
    bool null_on_error; /* ON ERROR NULL: a field that does not convert is NULL, no reject */
    /* Only records that contain this literal can pass the query's filters and nobody needs the
     * others, not even their time: a decoder may skip records without it. Empty = none. */
    struct slice needle;
};

struct decoder_kind {
    const char *name;
    const char *summary;
    const struct option_spec *options;
    /* Lines in this format with what they mean: run as tests, shown by help. Pairs of a text (one
     * or more lines) and the columns of its last record as "name=value, name=value", with
     * NULL for the null value; ends with a NULL pointer. */
    const char *const *samples;
    const char *sample_argument; /* of the FORMAT clause the samples are read with; NULL = none */
    bool needs_sample;           /* infer knows no columns without lines of the data */

    /* The columns of this format if the stream declares none, from options and up to 64 lines of
     * sample (which may be empty). *time_column = index of the format's own event time, -1 = none.
     * Names and fields are in `arena`. ERR_OPTION if a declaration is needed. Option `header` etc.
     * may be put into *options where the sample decided something ("it says what it took"). */
    enum status (*infer)(struct arena *arena, struct options *options, struct slice argument,
                         struct slice sample, struct schema *out, int *time_column,
                         struct error *err);
    enum status (*open)(const struct decoder_config *config, struct decoder **out,
                        struct error *err);
    size_t (*block)(struct decoder *decoder, struct slice bytes, bool is_final);
    uint32_t (*next)(struct decoder *decoder, uint32_t max);
    /* Column `col` of records rows[0..n) of the current batch (rows NULL = 0..n), dense. */
    void (*column)(struct decoder *decoder, struct arena *arena, uint32_t col, const uint32_t *rows,
                   uint32_t n, struct column *out, uint64_t *reject);
    /* The bytes of record `row` of the current batch, without its line end. */
    struct slice (*record)(const struct decoder *decoder, uint32_t row);
    /* What one that goes on in the middle of the split must know of its start, to be saved with the
     * place: a header. Valid until close. May be NULL, meaning nothing. */
    struct slice (*head)(const struct decoder *decoder);
    void (*close)(struct decoder *decoder);
};

/* First member of every decoder. */
struct decoder {
    const struct decoder_kind *kind;
    uint32_t n_batch; /* records of the current batch: kept by decoder_next, to check calls */
};

MUST_CHECK enum status decoder_open(const struct decoder_kind *kind,
                                    const struct decoder_config *config, struct decoder **out,
                                    struct error *err);

/* The errors that decoder_open would find in the first four of the configuration (schema, options,
 * format_argument, fs), when a stream is made and not when it is read. The rest may be empty. */
MUST_CHECK enum status decoder_try(const struct decoder_kind *kind,
                                   const struct decoder_config *config, struct error *err);

size_t decoder_block(struct decoder *decoder, struct slice bytes, bool is_final);
uint32_t decoder_next(struct decoder *decoder, uint32_t max);
void decoder_column(struct decoder *decoder, struct arena *arena, uint32_t col,
                    const uint32_t *rows, uint32_t n, struct column *out, uint64_t *reject);
struct slice decoder_record(const struct decoder *decoder, uint32_t row);
struct slice decoder_head(const struct decoder *decoder);
void decoder_close(struct decoder *decoder); /* NULL is fine */

#endif
