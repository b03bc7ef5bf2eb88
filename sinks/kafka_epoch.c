/* kafka_epoch: see kafka_epoch.h. */
#include "sinks/kafka_epoch.h"

#include "engine/kafka/kafka_client.h"
#include "engine/kafka/kafka_topics.h"

enum {
    ASK_MS = 5000,
    TAIL_MESSAGES = 1000, /* of each partition: more than one transaction's markers at its end */
    TAIL_WAIT_MS = 5000,
};

static enum status open_reader(struct kafka_client *client, const struct kafka_epoch_config *config,
                               struct error *err)
{
    const struct kafka_property fixed[] = {
        {.name = "enable.auto.commit", .value = "false"},
        {.name = "enable.partition.eof", .value = "true"},
        {.name = "isolation.level", .value = "read_committed"},
        {.name = "allow.auto.create.topics", .value = "false"},
        {.name = "group.id", .value = config->writer},
        {.name = NULL},
    };
    const struct kafka_client_config reader = {
        .role = KAFKA_CONSUMER,
        .uri = config->uri,
        .options = config->options,
        .fs = config->fs,
        .fixed = fixed,
    };
    return kafka_client_open(client, &reader, err);
}

/* ---- the group's offset ---------------------------------------------------------------------- */

static enum status ask_group(struct kafka_client *client, const struct kafka_epoch_config *config,
                             int64_t *offset, bool *known, struct error *err)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_t *item = rd_kafka_topic_partition_list_add(list, config->topic, 0);
    rd_kafka_resp_err_t code = rd_kafka_committed(client->rk, list, ASK_MS);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        code = item->err;
    }
    *offset = item->offset;
    rd_kafka_topic_partition_list_destroy(list);
    *known = code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    if (code == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED ||
        code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED) {
        return kafka_client_fail(client, code, "ask for the committed epoch", err);
    }
    return OK;
}

/* ---- the tail of the topic ------------------------------------------------------------------- */

/* The epoch of a record that `writer` wrote; 0 for others. */
static uint64_t epoch_of(const rd_kafka_message_t *message, const char *writer)
{
    rd_kafka_headers_t *headers;
    const void *value;
    size_t len;
    int64_t epoch = 0;
    if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR ||
        rd_kafka_header_get_last(headers, KAFKA_WRITER_HEADER, &value, &len) !=
            RD_KAFKA_RESP_ERR_NO_ERROR ||
        !slice_equal(slice_of(value, len), slice_text(writer)) ||
        rd_kafka_header_get_last(headers, KAFKA_EPOCH_HEADER, &value, &len) !=
            RD_KAFKA_RESP_ERR_NO_ERROR ||
        !slice_to_i64(slice_of(value, len), &epoch) || epoch < 0) {
        return 0;
    }
    return (uint64_t)epoch;
}

/* Reads what is assigned up to the end of `n` partitions. */
static void read_tail(struct kafka_client *client, uint32_t n, const char *writer, uint64_t *epoch,
                      bool *known)
{
    uint32_t at_end = 0;
    *known = true;
    while (at_end < n && *known) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(client->rk, TAIL_WAIT_MS);
        if (message == NULL) {
            *known = false;
        } else if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
            at_end++;
        } else if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            uint64_t of_message = epoch_of(message, writer);
            *epoch = of_message > *epoch ? of_message : *epoch;
        }
        if (message != NULL) {
            rd_kafka_message_destroy(message);
        }
    }
}

static enum status ask_topic(struct kafka_client *client, const struct kafka_epoch_config *config,
                             uint64_t *epoch, bool *known, struct error *err)
{
    uint32_t n;
    struct kafka_range range;
    *epoch = 0;
    bool exists;
    TRY(kafka_topics_exists(client->rk, config->topic, &exists, known, err));
    if (!*known || !exists) {
        return OK;
    }
    TRY(kafka_topics_partitions(client->rk, config->topic, &n, err));
    *known = n > 0;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)n);
    enum status status = OK;
    for (uint32_t p = 0; p < n && *known && status == OK; p++) {
        status = kafka_topics_range(client->rk, config->topic, (int32_t)p, &range, known, err);
        int64_t from = range.high - TAIL_MESSAGES;
        rd_kafka_topic_partition_list_add(list, config->topic, (int32_t)p)->offset =
            from > range.low ? from : range.low;
    }
    if (status == OK && *known) {
        rd_kafka_poll_set_consumer(client->rk);
        rd_kafka_assign(client->rk, list);
        read_tail(client, n, config->writer, epoch, known);
    }
    rd_kafka_topic_partition_list_destroy(list);
    return status;
}

enum status kafka_epoch_committed(const struct kafka_epoch_config *config, uint64_t *epoch,
                                  bool *known, struct error *err)
{
    struct kafka_client client = {0};
    int64_t offset = 0;
    TRY(open_reader(&client, config, err));
    enum status status = ask_group(&client, config, &offset, known, err);
    if (status == OK && *known && offset >= 0) {
        *epoch = (uint64_t)offset;
    } else if (status == OK && *known) {
        status = ask_topic(&client, config, epoch, known, err);
    }
    kafka_client_close(&client);
    return status;
}
