/* kafka_client: one connection to a cluster, consumer or producer: what a Kafka source and a Kafka
 * sink share. Properties come from options, secrets from the environment or a file, and what the
 * library says goes to the log.
 *
 *     static const struct kafka_property fixed[] = {{"enable.auto.commit", "false"}, {0}};
 *     struct kafka_client_config config = {.role = …, .uri = …, .options = …, .fixed = fixed};
 *     TRY(kafka_client_open(&client, &config, err));
 *     rd_kafka_…(client.rk, …);                      // whoever polls it gets client.problem set
 *     kafka_client_close(&client);
 *
 * Knows nothing of topics, offsets or transactions. */
#ifndef ENGINE_KAFKA_KAFKA_CLIENT_H
#define ENGINE_KAFKA_KAFKA_CLIENT_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdint.h>

#include "engine/base/fs.h"
#include "engine/base/status.h"
#include "engine/io/options.h"

enum kafka_role { KAFKA_CONSUMER, KAFKA_PRODUCER };

enum { KAFKA_PROBLEM_BYTES = 256 };

/* A property of librdkafka (its CONFIGURATION.md lists them). Lists end with a NULL name. */
struct kafka_property {
    const char *name;
    const char *value;
    bool if_known; /* newer than the oldest librdkafka we build with */
};

struct kafka_client_config {
    enum kafka_role role;
    const struct uri *uri; /* authority: the brokers, "host:port,host:port" */
    const struct options *options;
    const struct fs *fs;
    const struct kafka_property *defaults; /* an option kafka.NAME wins over these; may be NULL */
    const struct kafka_property *fixed;    /* tailrace depends on these; may be NULL */
    /* Producers: what became of each record, told while the client is polled. */
    void *owner;
    void (*delivered)(void *owner, rd_kafka_resp_err_t code);
};

struct kafka_client {
    rd_kafka_t *rk;
    /* Newest thing that went wrong between us and the brokers, empty = none since the last
     * kafka_client_clear. Written in the thread that polls. */
    char problem[KAFKA_PROBLEM_BYTES];
    void *owner;
    void (*delivered)(void *owner, rd_kafka_resp_err_t code);
};

/* Options that every Kafka source and sink understands: kafka.NAME, properties.NAME,
 * password_file, allow_plaintext_password. To be put into a kind's own list. */
#define KAFKA_CLIENT_OPTIONS                                                                       \
    {"kafka.", OPTION_TEXT, NULL, "kafka.NAME: any property of librdkafka"},                       \
        {"properties.", OPTION_TEXT, NULL, "the same in Flink's spelling"},                        \
        {"password_file", OPTION_TEXT, NULL, "file whose first line is sasl.password"},            \
    {                                                                                              \
        "allow_plaintext_password", OPTION_BOOLEAN, "false", "send a password without TLS"         \
    }

/* ERR_OPTION for a property that librdkafka does not know (with near names) or whose value it
 * refuses (with its own words), one that is fixed, or a password that would travel without TLS.
 * Values of secrets are in no error. Connects in the background. */
MUST_CHECK enum status kafka_client_open(struct kafka_client *client,
                                         const struct kafka_client_config *config,
                                         struct error *err);
/* Drops what is queued. Fine on a zeroed client. */
void kafka_client_close(struct kafka_client *client);
void kafka_client_clear(struct kafka_client *client);

/* ERR_IO "cannot …: <librdkafka's words> (<newest problem>)". */
enum status kafka_client_fail(const struct kafka_client *client, rd_kafka_resp_err_t code,
                              const char *what, struct error *err);

#endif
