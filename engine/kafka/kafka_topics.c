/* kafka_topics: see kafka_topics.h. */
#include "engine/kafka/kafka_topics.h"

#include "engine/base/clock.h"
#include "engine/io/near.h"

/* The brokers may answer later. */
static bool is_transient(rd_kafka_resp_err_t code)
{
    switch (code) {
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__RESOLVE:
    case RD_KAFKA_RESP_ERR__WAIT_COORD:
    case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION:
    case RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE:
        return true;
    default:
        return false;
    }
}

static enum status answer(rd_kafka_resp_err_t code, const char *topic, bool *known,
                          struct error *err)
{
    *known = code == RD_KAFKA_RESP_ERR_NO_ERROR;
    if (*known || is_transient(code)) {
        return OK;
    }
    return error_set(err, ERR_IO, "kafka: topic \"%s\": %s", topic, rd_kafka_err2str(code));
}

/* ---- partitions ------------------------------------------------------------------------------ */

static enum status no_topic(rd_kafka_t *rk, const char *topic, struct error *err)
{
    const struct rd_kafka_metadata *all;
    struct near near;
    error_set(err, ERR_IO, "kafka: no topic \"%s\"", topic);
    if (rd_kafka_metadata(rk, 1, NULL, &all, KAFKA_ASK_MS) == RD_KAFKA_RESP_ERR_NO_ERROR) {
        near_init(&near, slice_text(topic));
        for (int i = 0; i < all->topic_cnt; i++) {
            near_try(&near, all->topics[i].topic);
        }
        near_hint(&near, err);
        rd_kafka_metadata_destroy(all);
    }
    return ERR_IO;
}

static bool is_missing(rd_kafka_resp_err_t code)
{
    return code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
           code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC;
}

/* What the brokers say of the topic: *code, and *n partitions if it is there. */
static enum status describe(rd_kafka_t *rk, const char *topic, uint32_t *n,
                            rd_kafka_resp_err_t *code, bool *known, struct error *err)
{
    const struct rd_kafka_metadata *metadata;
    rd_kafka_topic_t *handle = rd_kafka_topic_new(rk, topic, NULL);
    if (handle == NULL) {
        return error_set(err, ERR_OPTION, "kafka: \"%s\" cannot name a topic", topic);
    }
    rd_kafka_resp_err_t of_call = rd_kafka_metadata(rk, 0, handle, &metadata, KAFKA_ASK_MS);
    rd_kafka_topic_destroy(handle);
    TRY(answer(of_call, topic, known, err));
    if (!*known) {
        return OK;
    }
    bool there = metadata->topic_cnt == 1;
    *code = there ? metadata->topics[0].err : RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC;
    *n = there ? (uint32_t)metadata->topics[0].partition_cnt : 0;
    rd_kafka_metadata_destroy(metadata);
    return OK;
}

enum status kafka_topics_exists(rd_kafka_t *rk, const char *topic, bool *exists, bool *known,
                                struct error *err)
{
    uint32_t n;
    rd_kafka_resp_err_t code;
    TRY(describe(rk, topic, &n, &code, known, err));
    *exists = *known && !is_missing(code);
    return OK;
}

enum status kafka_topics_partitions(rd_kafka_t *rk, const char *topic, uint32_t *n,
                                    struct error *err)
{
    rd_kafka_resp_err_t code;
    bool known;
    *n = 0;
    TRY(describe(rk, topic, n, &code, &known, err));
    if (!known) {
        return OK;
    }
    if (is_missing(code)) {
        return no_topic(rk, topic, err);
    }
    TRY(answer(code, topic, &known, err));
    *n = known ? *n : 0;
    return OK;
}

/* ---- offsets --------------------------------------------------------------------------------- */

enum status kafka_topics_range(rd_kafka_t *rk, const char *topic, int32_t partition,
                               struct kafka_range *out, bool *known, struct error *err)
{
    struct kafka_range range;
    rd_kafka_resp_err_t code = rd_kafka_query_watermark_offsets(rk, topic, partition, &range.low,
                                                                &range.high, KAFKA_ASK_MS);
    TRY(answer(code, topic, known, err));
    if (*known) {
        *out = range;
    }
    return OK;
}

enum status kafka_topics_since(rd_kafka_t *rk, const char *topic, int32_t partition,
                               int64_t time_us, int64_t *offset, bool *known, struct error *err)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_t *item = rd_kafka_topic_partition_list_add(list, topic, partition);
    item->offset = time_us / US_PER_MS;
    rd_kafka_resp_err_t code = rd_kafka_offsets_for_times(rk, list, KAFKA_ASK_MS);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        code = item->err;
    }
    int64_t found = item->offset;
    rd_kafka_topic_partition_list_destroy(list);
    TRY(answer(code, topic, known, err));
    struct kafka_range range;
    if (*known && found < 0) {
        TRY(kafka_topics_range(rk, topic, partition, &range, known, err));
        found = range.high;
    }
    if (*known) {
        *offset = found;
    }
    return OK;
}
