/* kafka_start: see kafka_start.h. */
#include "sources/kafka_start.h"

#include "engine/data/timestamp.h"
#include "sources/kafka_offsets.h"

/* exactly-once.md §7: input that a checkpoint needs is gone. */
enum { EXIT_INPUT_GAP = 24 };

static bool names_mode(struct slice text, const char *word, const char *flink)
{
    return slice_equal_nocase(text, slice_text(word)) ||
           slice_equal_nocase(text, slice_text(flink));
}

static bool read_time(struct slice text, int64_t *us)
{
    const struct time_format iso = {.layout = TIME_ISO};
    struct time_cache cache = {0};
    return time_parse(&iso, &cache, text, us);
}

static enum status read_start(struct kafka_start *start, struct slice text, struct error *err)
{
    if (names_mode(text, "earliest", "earliest-offset")) {
        start->mode = KAFKA_EARLIEST;
    } else if (names_mode(text, "latest", "latest-offset")) {
        start->mode = KAFKA_LATEST;
    } else if (text.len > 0 && text.at[0] == '{') {
        start->mode = KAFKA_OFFSETS;
        start->offsets = text;
        return kafka_offsets_check(text, err);
    } else if (read_time(text, &start->since_us)) {
        start->mode = KAFKA_SINCE;
    } else {
        error_set(err, ERR_OPTION, "option start = \"%.*s\" says no place to begin at",
                  (int)(text.len < 80 ? text.len : 80), (const char *)text.at);
        error_hint(err, "write earliest, latest, 2026-01-05T09:00:00Z or {\"topic\":{\"0\":123}}");
        return ERR_OPTION;
    }
    return OK;
}

enum status kafka_start_init(struct kafka_start *start, const struct source_config *config,
                             struct error *err)
{
    *start = (struct kafka_start){.mode = KAFKA_EARLIEST};
    const struct option *flink = options_find(config->options, "scan.startup.mode");
    if (config->from.len > 0) {
        start->mode = KAFKA_OFFSETS;
        start->offsets = config->from;
        start->resumed = true;
        return kafka_offsets_check(config->from, err);
    }
    return read_start(start,
                      options_text(config->options, "start",
                                   flink == NULL ? "earliest" : (const char *)flink->value.at),
                      err);
}

/* ---- offsets --------------------------------------------------------------------------------- */

static enum status out_of_range(const struct kafka_start *start, const struct kafka_place *place,
                                int64_t offset, struct error *err)
{
    error_set(err, start->resumed ? ERR_STATE : ERR_OPTION,
              "kafka: offset %lld of %s/%d is not there: the topic has %lld to %lld",
              (long long)offset, place->topic, place->partition, (long long)place->range.low,
              (long long)place->range.high);
    if (start->resumed) {
        err->exit_code = EXIT_INPUT_GAP;
        error_hint(err, "messages were deleted before they were read; --new-state begins anew "
                        "with what is left, a longer retention.ms prevents it");
    }
    return err->status;
}

static enum status given_offset(const struct kafka_start *start, const struct kafka_place *place,
                                int64_t *offset, struct error *err)
{
    int64_t given = KAFKA_OFFSET_EARLIEST;
    kafka_offsets_find(start->offsets, slice_text(place->topic), place->partition, &given);
    if (given == KAFKA_OFFSET_EARLIEST) {
        *offset = place->range.low;
    } else if (given == KAFKA_OFFSET_LATEST) {
        *offset = place->range.high;
    } else if (given < place->range.low || given > place->range.high) {
        return out_of_range(start, place, given, err);
    } else {
        *offset = given;
    }
    return OK;
}

enum status kafka_start_offset(const struct kafka_start *start, const struct kafka_place *place,
                               int64_t *offset, bool *known, struct error *err)
{
    *known = true;
    switch (start->mode) {
    case KAFKA_EARLIEST:
        *offset = place->range.low;
        return OK;
    case KAFKA_LATEST:
        *offset = place->range.high;
        return OK;
    case KAFKA_SINCE:
        return kafka_topics_since(place->rk, place->topic, place->partition, start->since_us,
                                  offset, known, err);
    case KAFKA_OFFSETS:
        return given_offset(start, place, offset, err);
    }
    return OK;
}
