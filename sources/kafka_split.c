/* kafka_split: see kafka_split.h. */
#include "sources/kafka_split.h"

#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "engine/base/textbuf.h"
#include "engine/data/batch.h"

enum { WAITING_FIRST = 256 };

void kafka_split_init(struct kafka_split *split, struct slice topic, int32_t partition)
{
    struct bytebuf name = {0};
    *split = (struct kafka_split){.topic = topic, .partition = partition, .end = -1};
    bytebuf_printf(&name, "%.*s/%d", (int)topic.len, (const char *)topic.at, partition);
    split->name = mem_text(name.at, name.len);
    bytebuf_release(&name);
}

static void drop_marks(struct kafka_split *split)
{
    for (uint32_t i = 0; i < split->n_marks; i++) {
        rd_kafka_message_destroy(split->marks[i].message);
    }
    split->n_marks = 0;
}

static rd_kafka_message_t *take_first(struct kafka_split *split)
{
    rd_kafka_message_t *message = split->waiting[split->first];
    split->first = (split->first + 1) & (split->cap - 1);
    split->n_waiting--;
    return message;
}

void kafka_split_release(struct kafka_split *split)
{
    drop_marks(split);
    while (split->n_waiting > 0) {
        rd_kafka_message_destroy(take_first(split));
    }
    mem_free(split->waiting);
    mem_free(split->marks);
    mem_free(split->name);
    bytebuf_release(&split->headers);
}

/* ---- adding ---------------------------------------------------------------------------------- */

static void grow(struct kafka_split *split)
{
    uint32_t cap = split->cap == 0 ? WAITING_FIRST : split->cap * 2;
    rd_kafka_message_t **ring = mem_alloc(cap * sizeof *ring);
    for (uint32_t i = 0; i < split->n_waiting; i++) {
        ring[i] = split->waiting[(split->first + i) & (split->cap - 1)];
    }
    mem_free(split->waiting);
    split->waiting = ring;
    split->cap = cap;
    split->first = 0;
}

void kafka_split_reached(struct kafka_split *split, int64_t offset)
{
    split->fetched = offset > split->fetched ? offset : split->fetched;
    if (split->n_waiting == 0) {
        split->next = split->fetched;
    }
    split->ended = split->ended || (split->end >= 0 && split->fetched >= split->end);
}

void kafka_split_add(struct kafka_split *split, rd_kafka_message_t *message)
{
    bool is_beyond = split->end >= 0 && message->offset >= split->end;
    if (split->ended || is_beyond || message->offset < split->fetched) {
        split->ended = split->ended || is_beyond;
        rd_kafka_message_destroy(message);
        return;
    }
    if (split->n_waiting == split->cap) {
        grow(split);
    }
    split->waiting[(split->first + split->n_waiting) & (split->cap - 1)] = message;
    split->n_waiting++;
    kafka_split_reached(split, message->offset + 1);
}

/* ---- reading --------------------------------------------------------------------------------- */

enum kafka_framing kafka_framing_of(struct slice format)
{
    if (slice_equal_nocase(format, slice_text("json"))) {
        return KAFKA_OBJECTS;
    }
    if (slice_equal_nocase(format, slice_text("csv")) ||
        slice_equal_nocase(format, slice_text("tsv"))) {
        return KAFKA_QUOTED;
    }
    return KAFKA_LINES;
}

size_t kafka_split_room(const struct kafka_split *split)
{
    return split->n_waiting == 0 ? 1 : split->waiting[split->first]->len + 1;
}

static void join_lines(uint8_t *at, size_t len)
{
    for (uint8_t *end; len > 0 && (end = memchr(at, '\n', len)) != NULL;) {
        *end = ' ';
        len -= (size_t)(end + 1 - at);
        at = end + 1;
    }
}

static bool quote_stays_open(const uint8_t *at, size_t len)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        n += at[i] == '"';
    }
    return n % 2 == 1;
}

static size_t frame(const rd_kafka_message_t *message, enum kafka_framing framing, uint8_t *at)
{
    memcpy(at, message->payload, message->len);
    if (framing == KAFKA_OBJECTS) {
        join_lines(at, message->len);
    }
    if (message->len > 0 && at[message->len - 1] == '\n') {
        return message->len;
    }
    at[message->len] = '\n';
    return message->len + 1;
}

static void add_mark(struct kafka_split *split, size_t at, rd_kafka_message_t *message)
{
    if (split->n_marks == split->marks_cap) {
        split->marks_cap = split->marks_cap == 0 ? WAITING_FIRST : split->marks_cap * 2;
        split->marks = mem_realloc(split->marks, split->marks_cap * sizeof *split->marks);
    }
    split->marks[split->n_marks++] = (struct kafka_mark){at, message};
}

/* A message without a value says that its key is gone: no record. */
static bool skip_tombstone(struct kafka_split *split)
{
    if (split->waiting[split->first]->payload != NULL) {
        return false;
    }
    split->tombstones++;
    rd_kafka_message_destroy(take_first(split));
    return true;
}

size_t kafka_split_read(struct kafka_split *split, enum kafka_framing framing, uint8_t *at,
                        size_t max)
{
    size_t n = 0;
    drop_marks(split);
    while (split->n_waiting > 0) {
        const rd_kafka_message_t *message = split->waiting[split->first];
        split->next = message->offset + 1;
        if (skip_tombstone(split)) {
            continue;
        }
        bool alone = framing == KAFKA_QUOTED && quote_stays_open(message->payload, message->len);
        if (message->len + 1 > max - n || (alone && n > 0)) {
            split->next = message->offset;
            return n;
        }
        add_mark(split, n, take_first(split));
        n += frame(message, framing, at + n);
        if (alone) {
            return n;
        }
    }
    split->next = split->fetched;
    return n;
}

/* ---- what is known of a message -------------------------------------------------------------- */

static const rd_kafka_message_t *message_at(const struct kafka_split *split, size_t at)
{
    uint32_t low = 0;
    uint32_t high = split->n_marks;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        *(split->marks[middle].at <= at ? &low : &high) = middle;
    }
    CHECK(low < split->n_marks);
    return split->marks[low].message;
}

static struct slice headers_text(struct kafka_split *split, const rd_kafka_message_t *message)
{
    rd_kafka_headers_t *headers;
    const char *name;
    const void *value;
    size_t len;
    if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return slice_of(NULL, 0);
    }
    struct bytebuf *out = &split->headers;
    bytebuf_clear(out);
    for (size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &len) == 0; i++) {
        bytebuf_add_text(out, i == 0 ? "{" : ",");
        textbuf_json(out, slice_text(name));
        bytebuf_add_byte(out, ':');
        if (value == NULL) {
            bytebuf_add_text(out, "null");
        } else {
            textbuf_json(out, slice_of(value, len));
        }
    }
    bytebuf_add_text(out, out->len == 0 ? "{}" : "}");
    return bytebuf_slice(out);
}

void kafka_split_message(struct kafka_split *split, size_t at, struct source_message *out)
{
    const rd_kafka_message_t *message = message_at(split, at);
    rd_kafka_timestamp_type_t type;
    int64_t ms = rd_kafka_message_timestamp(message, &type);
    *out = (struct source_message){
        .offset = message->offset,
        .time_us = type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE || ms > INT64_MAX / US_PER_MS
                       ? TIME_NONE
                       : ms * US_PER_MS,
        .partition = split->partition,
        .topic = split->topic,
        .key = slice_of(message->key, message->key == NULL ? 0 : message->key_len),
        .headers = headers_text(split, message),
    };
}
