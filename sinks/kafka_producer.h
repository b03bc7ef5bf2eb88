/* kafka_producer: the port of kafka_txn to real brokers, and plain sending without transactions.
 *
 *     TRY(kafka_producer_open(&producer, &config, err));
 *     kafka_txn_recover(&producer.port, …); kafka_txn_commit(&producer.port, …);   // transactions
 *     TRY(kafka_producer_send(&producer, &rows, err));                             // without
 *     TRY(kafka_producer_settle(&producer, err));      // the brokers have all of it
 *     kafka_producer_close(&producer); */
#ifndef SINKS_KAFKA_PRODUCER_H
#define SINKS_KAFKA_PRODUCER_H

#include "engine/base/clock.h"
#include "engine/kafka/kafka_client.h"
#include "sinks/kafka_txn.h"

struct kafka_producer_config {
    const struct uri *uri;
    const struct options *options;
    const struct fs *fs;
    const struct clock *clock;
    const char *topic;
    const char *transactional_id; /* NULL: no transactions */
    int64_t patience_us;          /* how long it goes on trying when brokers do not answer */
};

struct kafka_producer {
    struct kafka_producer_config config;
    struct kafka_port port;
    struct kafka_client client;
    rd_kafka_topic_t *topic;
    struct error delivery;  /* of the first record that did not arrive; status OK = none */
    bool delivery_is_final; /* sending it again would not help */
    int64_t waits_since_us; /* steady: when the brokers stopped answering; 0 = they answer */
    int64_t told_us;
};

/* The config's pointers must live as long as the producer. With transactions nothing can be sent
 * before kafka_txn_recover. */
MUST_CHECK enum status kafka_producer_open(struct kafka_producer *producer,
                                           const struct kafka_producer_config *config,
                                           struct error *err);
void kafka_producer_close(struct kafka_producer *producer);

/* Hands the records to the library, which copies them. Waits where its queue is full. */
MUST_CHECK enum status kafka_producer_send(struct kafka_producer *producer,
                                           const struct kafka_rows *rows, struct error *err);
/* ERR_IO if a record could not be delivered. */
MUST_CHECK enum status kafka_producer_settle(struct kafka_producer *producer, struct error *err);

#endif
