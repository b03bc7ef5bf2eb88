/* broker_model: what brokers do with the transactions of one writer, and what can go wrong between
 * them and it: a request that never arrives, an answer that never comes back, a transaction that
 * they abort, a process that dies.
 *
 *     broker_model_init(&broker, rng, percent);      // of steps that go wrong
 *     kafka_txn_commit(&broker.port, &rows, epoch, &err);
 *     broker.n_records[epoch] == 1
 */
#ifndef TESTS_SINKS_BROKER_MODEL_H
#define TESTS_SINKS_BROKER_MODEL_H

#include "sinks/kafka_txn.h"
#include "tests/support/rng.h"

enum { MODEL_EPOCHS = 64 };

struct broker_model {
    struct kafka_port port;
    struct rng *rng;
    uint32_t fault_percent;
    uint32_t patience; /* attempts before `again` says no */
    bool forgets;      /* a mutant: never says what is committed */

    uint64_t committed; /* offset of the group */
    uint32_t n_records[MODEL_EPOCHS];
    bool is_open;
    uint64_t staged; /* epoch of the open transaction whose records have arrived; 0 = none */
    bool is_dead;    /* this producer can do no more */
    uint32_t n_faults;
    uint32_t n_lost_answers;
    uint32_t n_aborts;
};

static inline bool model_fault(struct broker_model *model)
{
    bool fault = rng_below(model->rng, 100) < model->fault_percent;
    model->n_faults += fault;
    return fault;
}

static inline enum kafka_verdict model_lost(struct broker_model *model, struct error *err)
{
    error_set(err, ERR_IO, "nobody answers");
    model->is_dead = true;
    return KAFKA_UNKNOWN;
}

static inline enum kafka_verdict model_begin(void *owner, struct error *err)
{
    struct broker_model *model = owner;
    if (model->is_dead || model_fault(model)) {
        return model_lost(model, err);
    }
    model->is_open = true;
    model->staged = 0;
    return KAFKA_DONE;
}

static inline enum kafka_verdict model_send(void *owner, const struct kafka_rows *rows,
                                            uint64_t epoch, struct error *err)
{
    struct broker_model *model = owner;
    (void)rows;
    if (model_fault(model)) {
        if (rng_below(model->rng, 2) == 0) {
            error_set(err, ERR_IO, "a record was refused");
            return KAFKA_ABORTABLE;
        }
        return model_lost(model, err);
    }
    model->staged = epoch;
    return KAFKA_DONE;
}

static inline void model_apply(struct broker_model *model)
{
    model->n_records[model->staged]++;
    model->committed = model->staged;
    model->staged = 0;
    model->is_open = false;
}

/* The commit may be lost on its way there, or on its way back. */
static inline enum kafka_verdict model_commit(void *owner, struct error *err)
{
    struct broker_model *model = owner;
    if (!model_fault(model)) {
        model_apply(model);
        return KAFKA_DONE;
    }
    switch (rng_below(model->rng, 3)) {
    case 0:
        error_set(err, ERR_IO, "the transaction is too old");
        return KAFKA_ABORTABLE;
    case 1:
        model_apply(model);
        model->n_lost_answers++;
        return model_lost(model, err);
    default:
        return model_lost(model, err);
    }
}

static inline enum kafka_verdict model_abort(void *owner, struct error *err)
{
    struct broker_model *model = owner;
    if (model_fault(model)) {
        return model_lost(model, err);
    }
    model->is_open = false;
    model->staged = 0;
    model->n_aborts++;
    return KAFKA_DONE;
}

/* Fences the old producer: its open transaction is aborted. */
static inline enum kafka_verdict model_reconnect(void *owner, struct error *err)
{
    struct broker_model *model = owner;
    if (model_fault(model)) {
        return model_lost(model, err);
    }
    model->is_open = false;
    model->staged = 0;
    model->is_dead = false;
    return KAFKA_DONE;
}

static inline enum kafka_verdict model_committed(void *owner, uint64_t *epoch, struct error *err)
{
    struct broker_model *model = owner;
    if (model_fault(model)) {
        return model_lost(model, err);
    }
    *epoch = model->forgets ? 0 : model->committed;
    return KAFKA_DONE;
}

static inline bool model_again(void *owner, const struct error *why)
{
    struct broker_model *model = owner;
    (void)why;
    return model->patience > 0 && model->patience-- > 0;
}

static inline void broker_model_init(struct broker_model *model, struct rng *rng, uint32_t percent)
{
    *model = (struct broker_model){
        .port =
            {
                .owner = model,
                .begin = model_begin,
                .send = model_send,
                .commit = model_commit,
                .abort = model_abort,
                .reconnect = model_reconnect,
                .committed = model_committed,
                .again = model_again,
            },
        .rng = rng,
        .fault_percent = percent,
        .patience = UINT32_MAX,
    };
}

#endif
