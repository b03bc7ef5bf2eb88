/* stream: see stream.h. */
#include "engine/plan/stream.h"

#include "engine/base/panic.h"

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
