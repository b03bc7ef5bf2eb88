/* kafka_producer: see kafka_producer.h. */
#include "sinks/kafka_producer.h"

#include "engine/base/log.h"
#include "engine/base/panic.h"
#include "sinks/kafka_epoch.h"

enum {
    STEP_MS = 30 * 1000, /* one step of a transaction waits for the brokers as long */
    PAUSE_MS = 200,
    EPOCH_DIGITS = 24,
};

/* A silence of the brokers is said after this, and again as often. */
#define COMPLAINT_US (5 * US_PER_SECOND)

static struct kafka_producer *producer_of(void *owner)
{
    return owner;
}

/* ---- connection ------------------------------------------------------------------------------ */

static void disconnect(struct kafka_producer *producer)
{
    if (producer->client.rk == NULL) {
        return;
    }
    rd_kafka_purge(producer->client.rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    rd_kafka_flush(producer->client.rk, 0);
    if (producer->topic != NULL) {
        rd_kafka_topic_destroy(producer->topic);
        producer->topic = NULL;
    }
    kafka_client_close(&producer->client);
}

/* ---- verdicts -------------------------------------------------------------------------------- */

static bool is_forbidden(rd_kafka_resp_err_t code)
{
    switch (code) {
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE:
        return true;
    default:
        return false;
    }
}

static bool is_fenced(rd_kafka_resp_err_t code)
{
    return code == RD_KAFKA_RESP_ERR__FENCED || code == RD_KAFKA_RESP_ERR_PRODUCER_FENCED ||
           code == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH;
}

static enum kafka_verdict failed(struct kafka_producer *producer, rd_kafka_resp_err_t code,
                                 const char *words, struct error *err)
{
    error_set(err, ERR_IO, "kafka: topic \"%s\": %s", producer->config.topic, words);
    if (is_fenced(code)) {
        error_hint(err, "another process writes with transactional_id \"%s\"",
                   producer->config.transactional_id);
    } else if (code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE) {
        error_hint(err, "kafka.message.max.bytes and the topic's max.message.bytes limit a row");
    } else if (code == RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT) {
        error_hint(err, "kafka.transaction.timeout.ms must not exceed the brokers' "
                        "transaction.max.timeout.ms");
    }
    return KAFKA_FAILED;
}

/* Destroys the error. */
static enum kafka_verdict verdict_of(struct kafka_producer *producer, rd_kafka_error_t *error,
                                     struct error *err)
{
    if (error == NULL) {
        producer->waits_since_us = 0;
        return KAFKA_DONE;
    }
    rd_kafka_resp_err_t code = rd_kafka_error_code(error);
    enum kafka_verdict verdict = KAFKA_UNKNOWN;
    if (is_fenced(code) || is_forbidden(code)) {
        verdict = failed(producer, code, rd_kafka_error_string(error), err);
    } else if (producer->delivery.status != OK) {
        *err = producer->delivery; /* why the transaction has to be aborted */
        verdict = producer->delivery_is_final ? KAFKA_FAILED : KAFKA_ABORTABLE;
    } else {
        error_set(err, ERR_IO, "kafka: topic \"%s\": %s", producer->config.topic,
                  rd_kafka_error_string(error));
        verdict = rd_kafka_error_txn_requires_abort(error) ? KAFKA_ABORTABLE : KAFKA_UNKNOWN;
    }
    rd_kafka_error_destroy(error);
    return verdict;
}

static void record_delivered(void *owner, rd_kafka_resp_err_t code)
{
    struct kafka_producer *producer = producer_of(owner);
    bool is_purged =
        code == RD_KAFKA_RESP_ERR__PURGE_QUEUE || code == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT;
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR && !is_purged && producer->delivery.status == OK) {
        failed(producer, code, rd_kafka_err2str(code), &producer->delivery);
        producer->delivery_is_final = is_forbidden(code);
    }
}

static enum status connect_now(struct kafka_producer *producer, struct error *err)
{
    const struct kafka_producer_config *config = &producer->config;
    static const struct kafka_property defaults[] = {
        {.name = "client.id", .value = "tailrace"},
        {.name = "linger.ms", .value = "5"},
        {.name = "compression.codec", .value = "lz4"},
        {.name = "partitioner", .value = "murmur2_random"}, /* as Java clients: keys meet */
        {.name = NULL},
    };
    const struct kafka_property fixed[] = {
        {.name = "enable.idempotence", .value = "true"},
        {.name = config->transactional_id == NULL ? NULL : "transactional.id",
         .value = config->transactional_id},
        {.name = NULL},
    };
    const struct kafka_client_config client = {
        .role = KAFKA_PRODUCER,
        .uri = config->uri,
        .options = config->options,
        .fs = config->fs,
        .defaults = defaults,
        .fixed = fixed,
        .owner = producer,
        .delivered = record_delivered,
    };
    TRY(kafka_client_open(&producer->client, &client, err));
    producer->topic = rd_kafka_topic_new(producer->client.rk, config->topic, NULL);
    return producer->topic != NULL
               ? OK
               : error_set(err, ERR_OPTION, "kafka: \"%s\" cannot name a topic", config->topic);
}

/* ---- records --------------------------------------------------------------------------------- */

static rd_kafka_resp_err_t produce_one(struct kafka_producer *producer,
                                       const struct kafka_record *record, const char *epoch,
                                       int flags)
{
    const char *id = producer->config.transactional_id;
    if (epoch == NULL) {
        return rd_kafka_producev(producer->client.rk, RD_KAFKA_V_RKT(producer->topic),
                                 RD_KAFKA_V_MSGFLAGS(flags),
                                 RD_KAFKA_V_KEY(record->key.at, record->key.len),
                                 RD_KAFKA_V_VALUE((void *)(uintptr_t)record->value.at,
                                                  record->value.len),
                                 RD_KAFKA_V_END);
    }
    return rd_kafka_producev(producer->client.rk, RD_KAFKA_V_RKT(producer->topic),
                             RD_KAFKA_V_MSGFLAGS(flags),
                             RD_KAFKA_V_KEY(record->key.at, record->key.len),
                             RD_KAFKA_V_VALUE((void *)(uintptr_t)record->value.at,
                                              record->value.len),
                             RD_KAFKA_V_HEADER(KAFKA_EPOCH_HEADER, epoch, (ssize_t)strlen(epoch)),
                             RD_KAFKA_V_HEADER(KAFKA_WRITER_HEADER, id, (ssize_t)strlen(id)),
                             RD_KAFKA_V_END);
}

/* While the library's queue is full it is given time to send. */
static enum kafka_verdict produce_all(struct kafka_producer *producer,
                                      const struct kafka_rows *rows, const char *epoch, int flags,
                                      struct error *err)
{
    struct kafka_record record;
    for (size_t at = 0; kafka_rows_next(rows, &at, &record);) {
        rd_kafka_resp_err_t code = produce_one(producer, &record, epoch, flags);
        while (code == RD_KAFKA_RESP_ERR__QUEUE_FULL && producer->delivery.status == OK) {
            rd_kafka_poll(producer->client.rk, PAUSE_MS);
            code = produce_one(producer, &record, epoch, flags);
        }
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
            failed(producer, code, rd_kafka_err2str(code), err);
            return is_forbidden(code) ? KAFKA_FAILED : KAFKA_ABORTABLE;
        }
    }
    rd_kafka_poll(producer->client.rk, 0);
    return KAFKA_DONE;
}

/* ---- the port -------------------------------------------------------------------------------- */

static enum kafka_verdict port_begin(void *owner, struct error *err)
{
    struct kafka_producer *producer = producer_of(owner);
    producer->delivery.status = OK;
    return verdict_of(producer, rd_kafka_begin_transaction(producer->client.rk), err);
}

static rd_kafka_error_t *send_epoch(struct kafka_producer *producer, uint64_t epoch)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, producer->config.topic, 0)->offset = (int64_t)epoch;
    rd_kafka_consumer_group_metadata_t *group =
        rd_kafka_consumer_group_metadata_new(producer->config.transactional_id);
    rd_kafka_error_t *error =
        rd_kafka_send_offsets_to_transaction(producer->client.rk, list, group, STEP_MS);
    rd_kafka_consumer_group_metadata_destroy(group);
    rd_kafka_topic_partition_list_destroy(list);
    return error;
}

/* The records stay where they are until the transaction is over, so the library need not copy. */
static enum kafka_verdict port_send(void *owner, const struct kafka_rows *rows, uint64_t epoch,
                                    struct error *err)
{
    struct kafka_producer *producer = producer_of(owner);
    struct bytebuf text = {0};
    bytebuf_printf(&text, "%llu", (unsigned long long)epoch);
    enum kafka_verdict verdict = produce_all(producer, rows, bytebuf_text(&text), 0, err);
    bytebuf_release(&text);
    if (verdict != KAFKA_DONE) {
        return verdict;
    }
    return verdict_of(producer, send_epoch(producer, epoch), err);
}

/* A commit whose answer may still come is asked for again: the library knows that it is the same
 * one. */
static enum kafka_verdict port_commit(void *owner, struct error *err)
{
    struct kafka_producer *producer = producer_of(owner);
    rd_kafka_error_t *error = rd_kafka_commit_transaction(producer->client.rk, STEP_MS);
    if (error != NULL && rd_kafka_error_is_retriable(error)) {
        rd_kafka_error_destroy(error);
        error = rd_kafka_commit_transaction(producer->client.rk, STEP_MS);
    }
    return verdict_of(producer, error, err);
}

static enum kafka_verdict port_abort(void *owner, struct error *err)
{
    struct kafka_producer *producer = producer_of(owner);
    producer->delivery.status = OK;
    return verdict_of(producer, rd_kafka_abort_transaction(producer->client.rk, STEP_MS), err);
}

static enum kafka_verdict port_reconnect(void *owner, struct error *err)
{
    struct kafka_producer *producer = producer_of(owner);
    disconnect(producer);
    producer->delivery.status = OK;
    if (connect_now(producer, err) != OK) {
        return KAFKA_FAILED;
    }
    return verdict_of(producer, rd_kafka_init_transactions(producer->client.rk, STEP_MS), err);
}

static enum kafka_verdict port_committed(void *owner, uint64_t *epoch, struct error *err)
{
    struct kafka_producer *producer = producer_of(owner);
    const struct kafka_epoch_config config = {
        .uri = producer->config.uri,
        .options = producer->config.options,
        .fs = producer->config.fs,
        .topic = producer->config.topic,
        .writer = producer->config.transactional_id,
    };
    bool known = false;
    enum status status = kafka_epoch_committed(&config, epoch, &known, err);
    if (status == OK && !known) {
        error_set(err, ERR_IO, "kafka: topic \"%s\": nobody says which epoch is committed",
                  producer->config.topic);
        return KAFKA_UNKNOWN;
    }
    return status == OK ? KAFKA_DONE : KAFKA_FAILED;
}

static bool port_again(void *owner, const struct error *why)
{
    struct kafka_producer *producer = producer_of(owner);
    int64_t now_us = clock_steady_us(producer->config.clock);
    if (producer->waits_since_us == 0) {
        producer->waits_since_us = now_us;
        producer->told_us = now_us;
    }
    int64_t waited_us = now_us - producer->waits_since_us;
    if (now_us - producer->told_us >= COMPLAINT_US) {
        log_line(LOG_WARN, "kafka sink blocked %lld s by: %s",
                 (long long)(waited_us / US_PER_SECOND), why->text);
        producer->told_us = now_us;
    }
    rd_kafka_poll(producer->client.rk, PAUSE_MS);
    return waited_us < producer->config.patience_us;
}

/* ---- life, and sending without transactions -------------------------------------------------- */

enum status kafka_producer_open(struct kafka_producer *producer,
                                const struct kafka_producer_config *config, struct error *err)
{
    *producer = (struct kafka_producer){
        .config = *config,
        .port =
            {
                .owner = producer,
                .begin = port_begin,
                .send = port_send,
                .commit = port_commit,
                .abort = port_abort,
                .reconnect = port_reconnect,
                .committed = port_committed,
                .again = port_again,
            },
    };
    enum status status = connect_now(producer, err);
    if (status != OK) {
        disconnect(producer);
    }
    return status;
}

void kafka_producer_close(struct kafka_producer *producer)
{
    disconnect(producer);
}

enum status kafka_producer_send(struct kafka_producer *producer, const struct kafka_rows *rows,
                                struct error *err)
{
    CHECK(producer->config.transactional_id == NULL);
    enum kafka_verdict verdict = produce_all(producer, rows, NULL, RD_KAFKA_MSG_F_COPY, err);
    return verdict == KAFKA_DONE ? OK : ERR_IO;
}

enum status kafka_producer_settle(struct kafka_producer *producer, struct error *err)
{
    struct error why;
    const char *problem = producer->client.problem;
    error_set(&why, ERR_IO, "kafka: topic \"%s\": the brokers do not answer%s%s",
              producer->config.topic, problem[0] == '\0' ? "" : ": ", problem);
    while (producer->delivery.status == OK &&
           rd_kafka_flush(producer->client.rk, PAUSE_MS) == RD_KAFKA_RESP_ERR__TIMED_OUT) {
        if (!port_again(producer, &why)) {
            *err = why;
            return err->status;
        }
    }
    producer->waits_since_us = 0;
    if (producer->delivery.status != OK) {
        *err = producer->delivery;
        return err->status;
    }
    return OK;
}
