/* feed_bad: records that a decoder refuses, each counted and kept once: see feed_parts.h. */
#include "engine/base/panic.h"
#include "engine/run/bad_rows.h"
#include "engine/run/feed_parts.h"

enum { EXIT_BAD_INPUT = 5 };

static uint64_t record_begin(const struct feed_split *split, uint32_t row)
{
    return (uint64_t)(decoder_record(split->decoder, row).at - split->block);
}

/* How many of the first n records of the batch begin before byte `offset` of the block. */
static uint32_t records_before(const struct feed_split *split, uint32_t n, uint64_t offset)
{
    uint32_t low = 0;
    uint32_t high = n;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        bool is_before = record_begin(split, middle) < offset;
        low = is_before ? middle + 1 : low;
        high = is_before ? high : middle;
    }
    return low;
}

/* Number of the record at byte `offset` of the block in the batch that is being pushed; -1: it is
 * in none, because it could not even be split. Records of a batch are in the order of the block. */
static int pushed_row(const struct feed_split *split, uint64_t offset)
{
    uint32_t n = split->feed->n_pushed;
    uint32_t row = records_before(split, n, offset);
    return row < n && record_begin(split, row) == offset ? (int)row : -1;
}

uint32_t feed_before_failure(const struct feed_split *split, uint32_t n)
{
    uint64_t offset = split->feed->fails_at;
    return offset == UINT64_MAX ? n : records_before(split, n, offset);
}

static struct found_bad found_in(const struct feed_split *split, uint64_t offset,
                                 struct slice record, int column, const char *reason)
{
    const struct feed *feed = split->feed;
    return (struct found_bad){
        .source = feed_split_name(feed, split->number),
        .offset = split->position + offset,
        .record = record,
        .column = column < 0 ? slice_text("") : feed->stream->schema.fields[column].name,
        .reason = reason,
        .arrival_us = feed->arrival_us,
    };
}

static void fail_on(struct feed *feed, const struct found_bad *found)
{
    error_set(&feed->failure, ERR_INPUT, "bad row in stream \"%.*s\" at byte %llu: %s%s%.*s",
              (int)feed->stream->name.len, (const char *)feed->stream->name.at,
              (unsigned long long)found->offset, found->reason,
              found->column.len == 0 ? "" : " in column ", (int)found->column.len,
              (const char *)found->column.at);
    error_hint(&feed->failure, "the stream says ON ERROR FAIL");
    feed->failure.exit_code = EXIT_BAD_INPUT;
}

static void tell_rejected(struct feed *feed, const struct found_bad *found)
{
    enum on_error on_error = feed->stream->on_error;
    if (feed->tap.owner != NULL && (on_error == ON_ERROR_SKIP || on_error == ON_ERROR_NULL)) {
        feed->tap.rejected(feed->tap.owner, feed, found);
    }
}

/* A record is counted once, however many columns are bad and whichever query has found it. Queries
 * that do not need the column never know. */
void feed_reject(void *owner, uint64_t offset, struct slice record, int column, const char *reason)
{
    struct feed_split *split = owner;
    struct feed *feed = split->feed;
    if (split->late.peeks) {
        return;
    }
    int row = pushed_row(split, offset);
    if (row >= 0 && bits_get(feed->rejected, (uint32_t)row)) {
        return;
    }
    if (row >= 0) {
        bits_set(feed->rejected, (uint32_t)row);
    } else {
        feed->progress.rows_unsplit++;
    }
    feed->progress.rows_bad++;
    struct found_bad found = found_in(split, offset, record, column, reason);
    bad_rows_add(feed->bad, &found);
    tell_rejected(feed, &found);
    if (feed->stream->on_error == ON_ERROR_FAIL && offset < feed->fails_at) {
        feed->fails_at = offset; /* columns are decoded one after the other, not rows */
        fail_on(feed, &found);
    }
}

/* ON ERROR NULL: the row goes on without the field. Rows are counted, not fields. */
void feed_nulled(void *owner, uint64_t offset, struct slice record, int column, const char *reason)
{
    struct feed_split *split = owner;
    struct feed *feed = split->feed;
    if (split->late.peeks) {
        return;
    }
    int row = pushed_row(split, offset);
    CHECK(row >= 0);
    if (!bits_get(feed->nulled, (uint32_t)row)) {
        bits_set(feed->nulled, (uint32_t)row);
        feed->progress.rows_nulled++;
        struct found_bad found = found_in(split, offset, record, column, reason);
        found.is_kept = true;
        bad_rows_add(feed->bad, &found);
    }
}

uint32_t feed_bad_rows(const struct feed *feed, const struct bad_row **out, uint32_t max)
{
    return bad_rows_newest(feed->bad, out, max);
}

enum status feed_flush(struct feed *feed, struct error *err)
{
    return bad_rows_flush(feed->bad, err);
}

struct outlet *feed_outlet(struct feed *feed)
{
    return bad_rows_outlet(feed->bad);
}
