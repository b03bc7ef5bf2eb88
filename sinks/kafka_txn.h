/* kafka_txn: one epoch into Kafka exactly once. The records and the epoch are one transaction: the
 * epoch is the offset of a private consumer group, so that the broker can be asked which epoch it
 * has. Where an answer is lost nobody knows whether the transaction was committed; then the
 * producer is thrown away, its successor fences it, and the broker is asked.
 *
 *     begin ─▶ send records, send epoch ─▶ commit ─▶ done
 *       ▲            │ abortable              │
 *       ├── abort ◀──┴────────────────────────┤ unknown, fatal
 *       └───────── ask: behind ◀── reconnect ◀┘
 *                       ask: there ─▶ done
 *
 *     TRY(kafka_txn_commit(&port, &rows, epoch, err));
 *
 * Knows nothing of librdkafka: the port is kafka_producer's, or a model of a broker in a test. */
#ifndef SINKS_KAFKA_TXN_H
#define SINKS_KAFKA_TXN_H

#include <stdint.h>

#include "engine/base/status.h"
#include "sinks/kafka_rows.h"

/* What became of a step. */
enum kafka_verdict {
    KAFKA_DONE,
    KAFKA_ABORTABLE, /* nothing of it will be seen: abort, then do it again */
    KAFKA_UNKNOWN,   /* it may have happened, or this producer can do no more */
    KAFKA_FAILED,    /* it can never work (fenced by another process, not authorised): *err says */
};

/* A producer of one transactional id. Every call may wait for the brokers, for a bounded time. */
struct kafka_port {
    void *owner;
    enum kafka_verdict (*begin)(void *owner, struct error *err);
    /* All records, each with the epoch in its header, and the epoch itself. */
    enum kafka_verdict (*send)(void *owner, const struct kafka_rows *rows, uint64_t epoch,
                               struct error *err);
    enum kafka_verdict (*commit)(void *owner, struct error *err);
    enum kafka_verdict (*abort)(void *owner, struct error *err);
    /* A new producer of the same id: what the old one left open is over, aborted or committed.
     * KAFKA_DONE, KAFKA_UNKNOWN (not reachable just now) or KAFKA_FAILED. */
    enum kafka_verdict (*reconnect)(void *owner, struct error *err);
    /* The newest epoch that is in the topic for good; 0 = none. Verdicts as of reconnect. */
    enum kafka_verdict (*committed)(void *owner, uint64_t *epoch, struct error *err);
    /* True: go on trying. Called between attempts; may wait a little and tell somebody. */
    bool (*again)(void *owner, const struct error *why);
};

/* On OK exactly one transaction with these records and this epoch has been committed. ERR_IO with
 * the newest reason if `again` said no: then it is not known. */
MUST_CHECK enum status kafka_txn_commit(const struct kafka_port *port,
                                        const struct kafka_rows *rows, uint64_t epoch,
                                        struct error *err);

/* Reconnects and asks until the brokers answer. */
MUST_CHECK enum status kafka_txn_recover(const struct kafka_port *port, uint64_t *committed,
                                         struct error *err);

#endif
