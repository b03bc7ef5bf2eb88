/* kafka_bare: the yardstick of the Kafka source: librdkafka alone. Reads partition 0 of a topic
 * from its start to its end and counts messages and bytes.
 *
 *     kafka_bare BROKERS TOPIC
 */
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>

enum { BATCH = 4096, WAIT_MS = 1000 };

static rd_kafka_t *consumer_new(const char *brokers)
{
    const char *const settings[][2] = {
        {"bootstrap.servers", brokers},
        {"group.id", "bare"},
        {"enable.auto.commit", "false"},
        {"enable.partition.eof", "true"},
    };
    char error[512];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        if (rd_kafka_conf_set(conf, settings[i][0], settings[i][1], error, sizeof error) !=
            RD_KAFKA_CONF_OK) {
            fprintf(stderr, "kafka_bare: %s\n", error);
            exit(1);
        }
    }
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, error, sizeof error);
    if (rk == NULL) {
        fprintf(stderr, "kafka_bare: %s\n", error);
        exit(1);
    }
    rd_kafka_poll_set_consumer(rk);
    return rk;
}

static void assign(rd_kafka_t *rk, const char *topic)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, topic, 0)->offset = RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_assign(rk, list);
    rd_kafka_topic_partition_list_destroy(list);
}

int main(int argc, char **argv)
{
    rd_kafka_message_t *batch[BATCH];
    unsigned long long messages = 0;
    unsigned long long bytes = 0;
    if (argc != 3) {
        fputs("usage: kafka_bare BROKERS TOPIC\n", stderr);
        return 2;
    }
    rd_kafka_t *rk = consumer_new(argv[1]);
    assign(rk, argv[2]);
    rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(rk);
    for (int at_end = 0; !at_end;) {
        ssize_t n = rd_kafka_consume_batch_queue(queue, WAIT_MS, batch, BATCH);
        for (ssize_t i = 0; i < n; i++) {
            at_end |= batch[i]->err == RD_KAFKA_RESP_ERR__PARTITION_EOF;
            messages += batch[i]->err == RD_KAFKA_RESP_ERR_NO_ERROR;
            bytes += batch[i]->err == RD_KAFKA_RESP_ERR_NO_ERROR ? batch[i]->len : 0;
            rd_kafka_message_destroy(batch[i]);
        }
    }
    printf("%llu messages, %llu bytes\n", messages, bytes);
    rd_kafka_queue_destroy(queue);
    rd_kafka_consumer_close(rk);
    rd_kafka_destroy(rk);
    return 0;
}
