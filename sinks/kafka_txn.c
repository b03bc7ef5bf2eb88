/* kafka_txn: see kafka_txn.h. */
#include "sinks/kafka_txn.h"

#include "engine/base/panic.h"

static enum kafka_verdict attempt(const struct kafka_port *port, const struct kafka_rows *rows,
                                  uint64_t epoch, struct error *err)
{
    enum kafka_verdict verdict = port->begin(port->owner, err);
    if (verdict == KAFKA_DONE) {
        verdict = port->send(port->owner, rows, epoch, err);
    }
    if (verdict == KAFKA_DONE) {
        verdict = port->commit(port->owner, err);
    }
    if (verdict != KAFKA_ABORTABLE) {
        return verdict;
    }
    struct error why;
    verdict = port->abort(port->owner, &why);
    if (verdict == KAFKA_DONE) {
        return KAFKA_ABORTABLE;
    }
    if (err != NULL) {
        *err = why;
    }
    return verdict == KAFKA_FAILED ? KAFKA_FAILED : KAFKA_UNKNOWN;
}

enum status kafka_txn_recover(const struct kafka_port *port, uint64_t *committed, struct error *err)
{
    struct error why;
    for (;;) {
        error_clear(&why);
        enum kafka_verdict verdict = port->reconnect(port->owner, &why);
        if (verdict == KAFKA_DONE) {
            verdict = port->committed(port->owner, committed, &why);
        }
        if (verdict == KAFKA_DONE) {
            return OK;
        }
        CHECK(why.status != OK);
        if (verdict == KAFKA_FAILED || !port->again(port->owner, &why)) {
            if (err != NULL) {
                *err = why;
            }
            return why.status;
        }
    }
}

enum status kafka_txn_commit(const struct kafka_port *port, const struct kafka_rows *rows,
                             uint64_t epoch, struct error *err)
{
    struct error why;
    for (;;) {
        uint64_t committed = 0;
        error_clear(&why);
        enum kafka_verdict verdict = attempt(port, rows, epoch, &why);
        if (verdict == KAFKA_DONE) {
            return OK;
        }
        CHECK(why.status != OK);
        if (verdict == KAFKA_FAILED || !port->again(port->owner, &why)) {
            if (err != NULL) {
                *err = why;
            }
            return why.status;
        }
        if (verdict == KAFKA_ABORTABLE) {
            continue;
        }
        TRY(kafka_txn_recover(port, &committed, err));
        if (committed >= epoch) {
            return OK;
        }
    }
}
