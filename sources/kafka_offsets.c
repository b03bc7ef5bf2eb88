/* kafka_offsets: see kafka_offsets.h. */
#include "sources/kafka_offsets.h"

#include "sources/json_scan.h"

static struct slice text_of(const struct json_value *value)
{
    return slice_of(value->at, value->len);
}

/* ---- reading --------------------------------------------------------------------------------- */

static enum status not_offsets(struct slice text, struct error *err)
{
    error_set(err, ERR_OPTION, "\"%.*s\" are no offsets of partitions",
              (int)(text.len < 200 ? text.len : 200), (const char *)text.at);
    error_hint(err, "write {\"topic\":{\"0\":123,\"1\":-2}}; -2 is earliest, -1 is latest");
    return ERR_OPTION;
}

static bool read_entry(const struct json_value *key, const struct json_value *value,
                       int64_t *partition, int64_t *offset)
{
    return slice_to_i64(text_of(key), partition) && *partition >= 0 && *partition <= INT32_MAX &&
           value->kind == JSON_NUMBER && slice_to_i64(text_of(value), offset) &&
           *offset >= KAFKA_OFFSET_EARLIEST;
}

static bool check_topic(struct slice text)
{
    struct json_walk walk;
    struct json_value key;
    struct json_value value;
    if (!json_walk_begin(&walk, text)) {
        return false;
    }
    while (json_walk_next(&walk, &key, &value)) {
        int64_t partition;
        int64_t offset;
        if (!read_entry(&key, &value, &partition, &offset)) {
            return false;
        }
    }
    return !walk.failed;
}

enum status kafka_offsets_check(struct slice text, struct error *err)
{
    struct json_walk walk;
    struct json_value key;
    struct json_value value;
    if (!json_walk_begin(&walk, text)) {
        return not_offsets(text, err);
    }
    while (json_walk_next(&walk, &key, &value)) {
        if (value.kind != JSON_OBJECT || !check_topic(text_of(&value))) {
            return not_offsets(text, err);
        }
    }
    return walk.failed ? not_offsets(text, err) : OK;
}

static bool find_partition(struct slice text, int32_t wanted, int64_t *out)
{
    struct json_walk walk;
    struct json_value key;
    struct json_value value;
    bool found = json_walk_begin(&walk, text);
    while (found && json_walk_next(&walk, &key, &value)) {
        int64_t partition;
        if (read_entry(&key, &value, &partition, out) && partition == wanted) {
            return true;
        }
    }
    return false;
}

bool kafka_offsets_find(struct slice text, struct slice topic, int32_t partition, int64_t *out)
{
    struct json_walk walk;
    struct json_value key;
    struct json_value value;
    int64_t offset;
    bool begun = json_walk_begin(&walk, text);
    while (begun && json_walk_next(&walk, &key, &value)) {
        if (slice_equal(text_of(&key), topic) &&
            find_partition(text_of(&value), partition, &offset)) {
            *out = offset;
            return true;
        }
    }
    return false;
}

/* ---- printing -------------------------------------------------------------------------------- */

void kafka_offsets_begin(struct kafka_offsets_printer *printer, struct bytebuf *out)
{
    *printer = (struct kafka_offsets_printer){.out = out};
    bytebuf_add_byte(out, '{');
}

/* Names of topics are letters, digits, '.', '_' and '-': nothing to escape. */
void kafka_offsets_put(struct kafka_offsets_printer *printer, struct slice topic, int32_t partition,
                       int64_t offset)
{
    if (printer->topic.at == NULL || !slice_equal(printer->topic, topic)) {
        bytebuf_printf(printer->out, "%s\"%.*s\":{", printer->topic.at == NULL ? "" : "},",
                       (int)topic.len, (const char *)topic.at);
        printer->topic = topic;
        printer->comma = false;
    }
    bytebuf_printf(printer->out, "%s\"%d\":%lld", printer->comma ? "," : "", partition,
                   (long long)offset);
    printer->comma = true;
}

void kafka_offsets_end(struct kafka_offsets_printer *printer)
{
    bytebuf_add_text(printer->out, printer->topic.at == NULL ? "}" : "}}");
}
