/* stream: see stream.h. */
#include "engine/plan/stream.h"

#include "engine/base/panic.h"
#include "engine/data/timestamp.h"

static const struct {
    const char *name;
    enum type_id type;
    bool not_null;
} hidden[HIDDEN_COUNT] = {
    [HIDDEN_ARRIVAL] = {"_arrival", TYPE_TIMESTAMP, true},
    [HIDDEN_SOURCE] = {"_source", TYPE_TEXT, true},
    [HIDDEN_OFFSET] = {"_offset", TYPE_BIGINT, true},
    [HIDDEN_LINE] = {"_line", TYPE_TEXT, true},
    [HIDDEN_KEY] = {"_key", TYPE_TEXT, false},
    [HIDDEN_TOPIC] = {"_topic", TYPE_TEXT, true},
    [HIDDEN_PARTITION] = {"_partition", TYPE_BIGINT, true},
    [HIDDEN_TIMESTAMP] = {"_timestamp", TYPE_TIMESTAMP, false},
    [HIDDEN_HEADERS] = {"_headers", TYPE_TEXT, false},
};

const char *hidden_column_name(enum hidden_column which)
{
    CHECK(which < HIDDEN_COUNT);
    return hidden[which].name;
}

struct type hidden_column_type(enum hidden_column which)
{
    CHECK(which < HIDDEN_COUNT);
    return type_of(hidden[which].type);
}

bool hidden_column_not_null(enum hidden_column which)
{
    CHECK(which < HIDDEN_COUNT);
    return hidden[which].not_null;
}

bool retain_parse(struct slice text, struct retain *out)
{
    int64_t number;
    if (slice_equal_nocase(text, slice_text("off"))) {
        *out = (struct retain){0};
        return true;
    }
    if (interval_parse(text, &number) && number > 0) {
        *out = (struct retain){.age_us = number};
        return true;
    }
    if (bytes_parse(text, &number) && number > 0) {
        *out = (struct retain){.bytes = number};
        return true;
    }
    return false;
}

bool stream_keeps_itself(const struct stream_def *stream)
{
    unsigned flags = stream->source->flags;
    if ((flags & SOURCE_REPLAYABLE) == 0) {
        return false;
    }
    if (stream->finite || (flags & SOURCE_MESSAGES) != 0) {
        return true;
    }
    /* A kind that ends only if it is told to (gen with rows) does not end when asked for a table.
     */
    return !stream->retain_given && (flags & SOURCE_FINITE) == 0;
}
