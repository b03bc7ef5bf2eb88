/* mock_cluster: librdkafka's own imitation of brokers on loopback ports, with a producer that
 * writes into it.
 *
 *     struct mock_cluster mock;
 *     mock_cluster_init(&mock);
 *     mock_cluster_topic(&mock, "t", 2);
 *     mock_cluster_put(&mock, "t", 0, "key", "value");       // returns when the broker has it
 *     mock_cluster_uri(&mock, "t?start=latest");             // kafka://127.0.0.1:…/t?start=latest
 *     mock_cluster_release(&mock); */
#ifndef TESTS_SUPPORT_MOCK_CLUSTER_H
#define TESTS_SUPPORT_MOCK_CLUSTER_H

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <string.h>

#include "engine/base/bytebuf.h"
#include "engine/base/panic.h"

struct mock_cluster {
    rd_kafka_t *producer;
    rd_kafka_mock_cluster_t *cluster;
    struct bytebuf uri;
};

static inline void mock_cluster_init(struct mock_cluster *mock)
{
    char words[512];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    *mock = (struct mock_cluster){0};
    CHECK(rd_kafka_conf_set(conf, "test.mock.num.brokers", "2", words, sizeof words) ==
          RD_KAFKA_CONF_OK);
    CHECK(rd_kafka_conf_set(conf, "linger.ms", "0", words, sizeof words) == RD_KAFKA_CONF_OK);
    mock->producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, words, sizeof words);
    CHECK(mock->producer != NULL);
    mock->cluster = rd_kafka_handle_mock_cluster(mock->producer);
    CHECK(mock->cluster != NULL);
}

static inline void mock_cluster_topic(struct mock_cluster *mock, const char *topic, int n)
{
    CHECK(rd_kafka_mock_topic_create(mock->cluster, topic, n, 1) == RD_KAFKA_RESP_ERR_NO_ERROR);
}

/* `key` and `value` may be NULL. */
static inline void mock_cluster_put(struct mock_cluster *mock, const char *topic, int32_t partition,
                                    const char *key, const char *value)
{
    rd_kafka_resp_err_t code =
        rd_kafka_producev(mock->producer, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(partition),
                          RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                          RD_KAFKA_V_KEY(key, key ? strlen(key) : 0),
                          RD_KAFKA_V_VALUE((void *)(uintptr_t)value, value ? strlen(value) : 0),
                          RD_KAFKA_V_TIMESTAMP(1767603600000), RD_KAFKA_V_HEADER("by", "test", 4),
                          RD_KAFKA_V_END);
    CHECK(code == RD_KAFKA_RESP_ERR_NO_ERROR);
    CHECK(rd_kafka_flush(mock->producer, 10000) == RD_KAFKA_RESP_ERR_NO_ERROR);
}

static inline const char *mock_cluster_uri(struct mock_cluster *mock, const char *rest)
{
    bytebuf_clear(&mock->uri);
    bytebuf_printf(&mock->uri, "kafka://%s/%s", rd_kafka_mock_cluster_bootstraps(mock->cluster),
                   rest);
    return bytebuf_text(&mock->uri);
}

/* What a reader of committed messages finds in partition 0 of the topic, up to its end, as lines
 * "key=value [epoch header]"; "-" for what is absent. */
static inline const char *mock_cluster_content(struct mock_cluster *mock, const char *topic,
                                               struct bytebuf *out)
{
    char words[512];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    bytebuf_clear(out);
    rd_kafka_conf_set(conf, "bootstrap.servers", rd_kafka_mock_cluster_bootstraps(mock->cluster),
                      words, sizeof words);
    rd_kafka_conf_set(conf, "group.id", "content", words, sizeof words);
    rd_kafka_conf_set(conf, "enable.partition.eof", "true", words, sizeof words);
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, words, sizeof words);
    CHECK(rk != NULL);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, topic, 0)->offset = RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_assign(rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    for (bool at_end = false; !at_end;) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(rk, 1000);
        rd_kafka_headers_t *headers;
        const void *epoch;
        size_t len;
        if (message == NULL) {
            continue;
        }
        at_end = message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF;
        if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            bytebuf_printf(out, "%.*s=%.*s", message->key == NULL ? 1 : (int)message->key_len,
                           message->key == NULL ? "-" : (const char *)message->key,
                           message->payload == NULL ? 1 : (int)message->len,
                           message->payload == NULL ? "-" : (const char *)message->payload);
            if (rd_kafka_message_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR &&
                rd_kafka_header_get_last(headers, "tailrace-epoch", &epoch, &len) ==
                    RD_KAFKA_RESP_ERR_NO_ERROR) {
                bytebuf_printf(out, " [%.*s]", (int)len, (const char *)epoch);
            }
            bytebuf_add_byte(out, '\n');
        }
        rd_kafka_message_destroy(message);
    }
    rd_kafka_consumer_close(rk);
    rd_kafka_destroy(rk);
    return bytebuf_text(out);
}

static inline void mock_cluster_release(struct mock_cluster *mock)
{
    rd_kafka_destroy(mock->producer);
    bytebuf_release(&mock->uri);
}

#endif
