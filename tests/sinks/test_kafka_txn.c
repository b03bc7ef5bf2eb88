/* Epochs into Kafka exactly once, whatever is lost between us and the brokers. */
#include "sinks/kafka_txn.h"
#include "tests/sinks/broker_model.h"
#include "tests/support/testing.h"

enum { RUNS = 10000, EPOCHS = 12 };

/* Commits epochs 1 to EPOCHS; a process that gave up or died begins again by asking. Returns how
 * many epochs are not there exactly once. */
static uint32_t run(struct broker_model *model, struct rng *rng)
{
    struct kafka_rows rows = {0};
    struct error err;
    uint32_t wrong = 0;
    uint64_t epoch = 1;
    while (epoch <= EPOCHS) {
        bool dies = rng_below(rng, 8) == 0;
        model->patience = dies ? (uint32_t)rng_below(rng, 3) : UINT32_MAX;
        enum status status = kafka_txn_commit(&model->port, &rows, epoch, &err);
        if (status == OK) {
            epoch++;
            continue;
        }
        uint64_t committed;
        model->patience = UINT32_MAX;
        assert_int_equal(kafka_txn_recover(&model->port, &committed, &err), OK);
        epoch = model->forgets ? epoch : committed + 1;
    }
    for (uint64_t i = 1; i <= EPOCHS; i++) {
        wrong += model->n_records[i] != 1;
    }
    kafka_rows_release(&rows);
    return wrong;
}

static void test_every_epoch_once(void **state)
{
    (void)state;
    struct rng rng;
    uint64_t faults = 0;
    uint64_t lost = 0;
    uint64_t aborts = 0;
    rng_init(&rng);
    for (uint32_t i = 0; i < RUNS; i++) {
        struct broker_model model;
        broker_model_init(&model, &rng, (uint32_t)rng_below(&rng, 60));
        assert_int_equal(run(&model, &rng), 0);
        faults += model.n_faults;
        lost += model.n_lost_answers;
        aborts += model.n_aborts;
    }
    assert_true(faults > RUNS && lost > RUNS / 10 && aborts > RUNS / 10);
}

/* Who does not ask writes twice: the model shows it. */
static void test_model_finds_who_does_not_ask(void **state)
{
    (void)state;
    struct rng rng;
    uint32_t wrong = 0;
    rng_init(&rng);
    for (uint32_t i = 0; i < 1000; i++) {
        struct broker_model model;
        broker_model_init(&model, &rng, 20);
        model.forgets = true;
        wrong += run(&model, &rng);
    }
    assert_true(wrong > 0);
}

static enum kafka_verdict fenced(void *owner, struct error *err)
{
    (void)owner;
    error_set(err, ERR_IO, "fenced");
    return KAFKA_FAILED;
}

static void test_failure_is_final(void **state)
{
    (void)state;
    struct rng rng;
    struct broker_model model;
    struct kafka_rows rows = {0};
    struct error err;
    uint64_t committed;
    rng_init(&rng);
    broker_model_init(&model, &rng, 0);
    model.port.commit = fenced;
    assert_int_equal(kafka_txn_commit(&model.port, &rows, 1, &err), ERR_IO);
    assert_string_equal(err.text, "fenced");
    assert_int_equal(model.n_records[1], 0);
    model.port.reconnect = fenced;
    assert_int_equal(kafka_txn_recover(&model.port, &committed, &err), ERR_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_epoch_once),
        cmocka_unit_test(test_model_finds_who_does_not_ask),
        cmocka_unit_test(test_failure_is_final),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
