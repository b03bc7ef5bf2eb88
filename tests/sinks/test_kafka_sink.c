/* The Kafka sink against librdkafka's mock cluster: what a reader of committed messages finds. */
#include "sinks/kafka_sink.h"

#include "engine/base/mem.h"
#include "tests/support/builders.h"
#include "tests/support/mock_cluster.h"
#include "tests/support/testing.h"

struct fixture {
    struct mock_cluster mock;
    struct arena arena;
    struct uri uri;
    struct options options;
    struct sink_config config;
    struct sink *sink;
    struct error err;
    uint64_t committed;
    struct bytebuf content;
};

static int setup(void **state)
{
    struct fixture *f = mem_zalloc(sizeof *f);
    mock_cluster_init(&f->mock);
    mock_cluster_topic(&f->mock, "out", 1);
    arena_init(&f->arena);
    f->config = (struct sink_config){
        .uri = &f->uri,
        .options = &f->options,
        .schema = schema_from_text(&f->arena, "card TEXT, n BIGINT"),
        .fs = fs_system(),
        .clock = clock_system(),
        .query_name = "alerts",
        .durable = true,
    };
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    sink_close(f->sink);
    mock_cluster_release(&f->mock);
    bytebuf_release(&f->content);
    arena_release(&f->arena);
    mem_free(f);
    return 0;
}

static enum status open_sink(struct fixture *f, const char *rest)
{
    const char *uri = mock_cluster_uri(&f->mock, rest);
    sink_close(f->sink);
    f->sink = NULL;
    options_init(&f->options, &f->arena);
    TRY(uri_parse(&f->arena, slice_text(uri), &f->uri, &f->options, &f->err));
    TRY(options_check(&f->options, &kafka_sink.options, 1, "sink kafka", &f->err));
    return sink_open(&kafka_sink, &f->config, &f->sink, &f->committed, &f->err);
}

static void write_epoch(struct fixture *f, uint64_t epoch, const char *rows, const uint8_t *ops)
{
    struct batch batch;
    assert_int_equal(sink_begin(f->sink, epoch, &f->err), OK);
    batch_from_text(&batch, f->config.schema, &f->arena, rows);
    batch.ops = ops;
    assert_int_equal(sink_write(f->sink, &batch, &f->err), OK);
    assert_int_equal(sink_flush(f->sink, &f->err), OK);
    if (sink_commit(f->sink, epoch, &f->err) != OK) {
        fail_msg("%s", f->err.text);
    }
}

static void has(struct fixture *f, const char *wanted)
{
    assert_string_equal(mock_cluster_content(&f->mock, "out", &f->content), wanted);
}

static void test_transactions(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(open_sink(f, "out"), OK);
    assert_int_equal(f->committed, 0);
    assert_int_equal(sink_promise(f->sink), SINK_TRANSACTIONAL);
    write_epoch(f, 1, "c1, 1\n'c \"2\"', NULL\n", NULL);
    write_epoch(f, 2, "c3, 3\n", NULL);
    has(f, "-={\"card\":\"c1\",\"n\":1} [1]\n-={\"card\":\"c \\\"2\\\"\",\"n\":null} [1]\n"
           "-={\"card\":\"c3\",\"n\":3} [2]\n");
}

static void test_keys(void **state)
{
    struct fixture *f = *state;
    f->config.durable = false;
    assert_int_equal(open_sink(f, "out?key=card"), OK);
    write_epoch(f, 1, "c1, 1\nNULL, 2\n", NULL);
    assert_int_equal(open_sink(f, "out?key=n, card"), OK);
    assert_int_equal(sink_promise(f->sink), SINK_AT_LEAST_ONCE);
    write_epoch(f, 1, "c1, 1\n", NULL);
    has(f, "c1={\"card\":\"c1\",\"n\":1}\n{\"card\":null}={\"card\":null,\"n\":2}\n"
           "{\"n\":\"1\",\"card\":\"c1\"}={\"card\":\"c1\",\"n\":1}\n");
}

static void test_changes_are_upserts_and_tombstones(void **state)
{
    struct fixture *f = *state;
    static const uint32_t keys[] = {0};
    static const uint8_t ops[] = {ROW_INSERT, ROW_INSERT, ROW_DELETE};
    f->config.changes = true;
    f->config.keys = keys;
    f->config.n_keys = 1;
    assert_int_equal(open_sink(f, "out"), OK);
    write_epoch(f, 1, "c1, 1\nc2, 2\nc1, 1\n", ops);
    has(f, "c1={\"card\":\"c1\",\"n\":1} [1]\nc2={\"card\":\"c2\",\"n\":2} [1]\nc1=- [1]\n");
}

/* A total is one row, whose key has no column. */
static void test_total(void **state)
{
    struct fixture *f = *state;
    static const uint8_t ops[] = {ROW_INSERT, ROW_DELETE};
    f->config.changes = true;
    assert_int_equal(open_sink(f, "out"), OK);
    write_epoch(f, 1, "c1, 1\nc1, 1\n", ops);
    has(f, "{}={\"card\":\"c1\",\"n\":1} [1]\n{}=- [1]\n");
}

static void test_csv(void **state)
{
    struct fixture *f = *state;
    f->config.format = slice_text("csv");
    f->config.durable = false;
    assert_int_equal(open_sink(f, "out"), OK);
    write_epoch(f, 1, "'a\nb, \"c\"', 1\nd, 2\n", NULL);
    has(f, "-=\"a\nb, \"\"c\"\"\",1\n-=d,2\n");
}

static void test_abort_forgets(void **state)
{
    struct fixture *f = *state;
    struct batch batch;
    assert_int_equal(open_sink(f, "out"), OK);
    assert_int_equal(sink_begin(f->sink, 1, &f->err), OK);
    batch_from_text(&batch, f->config.schema, &f->arena, "lost, 1\n");
    assert_int_equal(sink_write(f->sink, &batch, &f->err), OK);
    sink_abort(f->sink);
    write_epoch(f, 1, "kept, 1\n", NULL);
    has(f, "-={\"card\":\"kept\",\"n\":1} [1]\n");
}

/* An answer that says "not now" is not the end: the same epoch is tried again, and is there once.
 */
static void test_errors_on_the_way(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(open_sink(f, "out"), OK);
    write_epoch(f, 1, "c1, 1\n", NULL);
    rd_kafka_mock_push_request_errors(f->mock.cluster, 26 /* EndTxn */, 2,
                                      RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE,
                                      RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS);
    write_epoch(f, 2, "c2, 2\n", NULL);
    rd_kafka_mock_push_request_errors(f->mock.cluster, 0 /* Produce */, 1,
                                      RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION);
    write_epoch(f, 3, "c3, 3\n", NULL);
    has(f, "-={\"card\":\"c1\",\"n\":1} [1]\n-={\"card\":\"c2\",\"n\":2} [2]\n"
           "-={\"card\":\"c3\",\"n\":3} [3]\n");
}

static void test_fenced(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(open_sink(f, "out"), OK);
    rd_kafka_mock_push_request_errors(f->mock.cluster, 26 /* EndTxn */, 1,
                                      RD_KAFKA_RESP_ERR_PRODUCER_FENCED);
    assert_int_equal(sink_begin(f->sink, 1, &f->err), OK);
    struct batch batch;
    batch_from_text(&batch, f->config.schema, &f->arena, "c1, 1\n");
    assert_int_equal(sink_write(f->sink, &batch, &f->err), OK);
    assert_int_equal(sink_commit(f->sink, 1, &f->err), ERR_IO);
    assert_string_equal(f->err.hint,
                        "another process writes with transactional_id \"tailrace.out.alerts\"");
}

static void test_refusals(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(open_sink(f, ""), ERR_OPTION);
    assert_non_null(strstr(f->err.text, "names no topic"));
    assert_int_equal(open_sink(f, "a,b"), ERR_OPTION);
    assert_int_equal(open_sink(f, "out?key=crad"), ERR_OPTION);
    assert_string_equal(f->err.text, "key: the result has no column \"crad\"");
    assert_int_equal(open_sink(f, "out?kafka.linger.mss=1"), ERR_OPTION);
    assert_string_equal(f->err.hint, "did you mean \"linger.ms\"?");
    assert_int_equal(open_sink(f, "out?kafka.enable.idempotence=false"), ERR_OPTION);
    f->config.format = slice_text("insert");
    assert_int_equal(open_sink(f, "out"), ERR_OPTION);
    assert_string_equal(f->err.hint, "json, csv and tsv can");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_transactions, setup, teardown),
        cmocka_unit_test_setup_teardown(test_keys, setup, teardown),
        cmocka_unit_test_setup_teardown(test_changes_are_upserts_and_tombstones, setup, teardown),
        cmocka_unit_test_setup_teardown(test_total, setup, teardown),
        cmocka_unit_test_setup_teardown(test_csv, setup, teardown),
        cmocka_unit_test_setup_teardown(test_abort_forgets, setup, teardown),
        cmocka_unit_test_setup_teardown(test_errors_on_the_way, setup, teardown),
        cmocka_unit_test_setup_teardown(test_fenced, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refusals, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
