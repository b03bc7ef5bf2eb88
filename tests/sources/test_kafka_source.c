/* The Kafka source against librdkafka's mock cluster. */
#include "engine/data/batch.h"
#include "sources/sources.h"
#include "tests/sources/reading.h"
#include "tests/support/mock_cluster.h"
#include "tests/support/testing.h"

struct fixture {
    struct mock_cluster mock;
    struct reading r;
};

static int setup(void **state)
{
    struct fixture *f = mem_zalloc(sizeof *f);
    mock_cluster_init(&f->mock);
    reading_init(&f->r);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    reading_release(&f->r);
    mock_cluster_release(&f->mock);
    mem_free(f);
    return 0;
}

static void open_topic(struct fixture *f, const char *rest)
{
    f->r.config.format = f->r.config.format.at == NULL ? slice_text("line") : f->r.config.format;
    if (reading_open(&f->r, &kafka_source_kind, mock_cluster_uri(&f->mock, rest)) != OK) {
        fail_msg("%s", f->r.err.text);
    }
}

/* How many messages one read brings is up to the brokers: reads of split 0 that follow each other
 * count as one. */
static void join_reads(struct bytebuf *out, struct slice log)
{
    bytebuf_clear(out);
    for (size_t i = 0; i < log.len; i++) {
        bool repeats = i > 0 && i + 1 < log.len && memcmp(log.at + i, "0:", 2) == 0;
        if (repeats && log.at[i - 1] == '\n') {
            i++;
        } else {
            bytebuf_add_byte(out, log.at[i]);
        }
    }
}

/* Like reading_expect, of joined reads. */
static bool says(struct fixture *f, const char *text)
{
    struct bytebuf joined = {0};
    struct reading *r = &f->r;
    bool same = false;
    bytebuf_clear(&r->log);
    for (bool waits = false; !same && joined.len <= strlen(text);
         same = strcmp(bytebuf_text(&joined), text) == 0) {
        if (waits) {
            struct pollfd wanted = {.fd = source_wait_fd(r->source), .events = POLLIN};
            if (poll(&wanted, 1, 100) == 0) {
                int64_t wake_us = source_wake_us(r->source);
                r->clock.at_us = r->clock.at_us > wake_us ? r->clock.at_us : wake_us;
            }
        }
        waits = reading_step(r, 4096) == SOURCE_AGAIN;
        join_reads(&joined, bytebuf_slice(&r->log));
    }
    bytebuf_release(&joined);
    return same;
}

static void test_messages_are_lines(void **state)
{
    struct fixture *f = *state;
    mock_cluster_topic(&f->mock, "t", 1);
    mock_cluster_put(&f->mock, "t", 0, "k", "one");
    mock_cluster_put(&f->mock, "t", 0, NULL, "two\nthree\n");
    mock_cluster_put(&f->mock, "t", 0, "k", NULL); /* a tombstone is no record */
    mock_cluster_put(&f->mock, "t", 0, "k", "");
    f->r.config.once = true;
    open_topic(f, "t");
    assert_true(says(f, "0:one\ntwo\nthree\n\n0.!"));
    assert_string_equal(reading_offsets(&f->r, NULL), "{\"t\":{\"0\":4}}");
    assert_int_equal(source_flags(f->r.source), SOURCE_REPLAYABLE | SOURCE_PARTITIONED |
                                                    SOURCE_MESSAGES | SOURCE_LISTS_SPLITS |
                                                    SOURCE_FINITE);
    assert_string_equal(source_split_name(f->r.source, 0), "t/0");
}

static void test_resumes(void **state)
{
    struct fixture *f = *state;
    mock_cluster_topic(&f->mock, "t", 1);
    mock_cluster_put(&f->mock, "t", 0, NULL, "one");
    mock_cluster_put(&f->mock, "t", 0, NULL, "two");
    open_topic(f, "t");
    assert_true(says(f, "0:one\ntwo\n"));
    char *offsets = mem_text(reading_offsets(&f->r, NULL), strlen(reading_offsets(&f->r, NULL)));
    mock_cluster_put(&f->mock, "t", 0, NULL, "three");
    assert_int_equal(reading_resume(&f->r, &kafka_source_kind, mock_cluster_uri(&f->mock, "t"),
                                    offsets),
                     OK);
    assert_string_equal(reading_offsets(&f->r, NULL), offsets); /* before it has connected */
    assert_true(says(f, "0:three\n"));
    assert_string_equal(reading_offsets(&f->r, NULL), "{\"t\":{\"0\":3}}");
    mem_free(offsets);
}

static void test_starts(void **state)
{
    struct fixture *f = *state;
    mock_cluster_topic(&f->mock, "t", 1);
    mock_cluster_put(&f->mock, "t", 0, NULL, "one");
    mock_cluster_put(&f->mock, "t", 0, NULL, "two");
    open_topic(f, "t?start={\"t\":{\"0\":1}}");
    assert_true(says(f, "0:two\n"));
    open_topic(f, "t?scan.startup.mode=earliest-offset");
    assert_true(says(f, "0:one\ntwo\n"));
    open_topic(f, "t?start=latest");
    assert_string_equal(reading_offsets(&f->r, NULL), ""); /* no place was found yet */
    reading_step(&f->r, 4096);
    assert_string_equal(reading_offsets(&f->r, NULL), "{\"t\":{\"0\":2}}");
    mock_cluster_put(&f->mock, "t", 0, NULL, "three");
    assert_true(says(f, "0:three\n"));
}

static void test_offset_that_is_not_there(void **state)
{
    struct fixture *f = *state;
    uint32_t split;
    enum source_state what;
    mock_cluster_topic(&f->mock, "t", 1);
    open_topic(f, "t?start={\"t\":{\"0\":5}}");
    assert_int_equal(source_poll(f->r.source, &split, &what, &f->r.err), ERR_OPTION);
    assert_string_equal(f->r.err.text, "kafka: offset 5 of t/0 is not there: the topic has 0 to 0");
    assert_int_equal(reading_resume(&f->r, &kafka_source_kind, mock_cluster_uri(&f->mock, "t"),
                                    "{\"t\":{\"0\":5}}"),
                     OK);
    assert_int_equal(source_poll(f->r.source, &split, &what, &f->r.err), ERR_STATE);
    assert_int_equal(f->r.err.exit_code, 24);
}

static void test_framing(void **state)
{
    struct fixture *f = *state;
    mock_cluster_topic(&f->mock, "t", 1);
    mock_cluster_put(&f->mock, "t", 0, NULL, "{\"a\":\n1}");
    mock_cluster_put(&f->mock, "t", 0, NULL, "{\"a\":2}");
    f->r.config.once = true;
    f->r.config.format = slice_text("json");
    open_topic(f, "t");
    assert_true(says(f, "0:{\"a\": 1}\n{\"a\":2}\n0.!"));
    mock_cluster_topic(&f->mock, "u", 1);
    mock_cluster_put(&f->mock, "u", 0, NULL, "a,1");
    mock_cluster_put(&f->mock, "u", 0, NULL, "\"b,2");
    mock_cluster_put(&f->mock, "u", 0, NULL, "c\",3");
    mock_cluster_put(&f->mock, "u", 0, NULL, "d,4");
    f->r.config.format = slice_text("csv");
    open_topic(f, "u"); /* a quote that stays open ends with its message */
    assert_true(says(f, "0:a,1\n\"b,2\nc\",3\nd,4\n0.!"));
    assert_non_null(strstr(bytebuf_text(&f->r.log), "\n0:\"b,2\n0:c\",3\n0:d,4\n"));
}

static void test_message_at(void **state)
{
    struct fixture *f = *state;
    struct source_message message;
    mock_cluster_topic(&f->mock, "t", 1);
    mock_cluster_put(&f->mock, "t", 0, NULL, "ab");
    mock_cluster_put(&f->mock, "t", 0, "key", "c\nd");
    f->r.config.once = true;
    open_topic(f, "t");
    assert_true(says(f, "0:ab\nc\nd\n"));
    bool in_one_read = strcmp(bytebuf_text(&f->r.log), "0:ab\nc\nd\n") == 0;
    if (in_one_read) {
        source_message_at(f->r.source, 0, 2, &message);
        assert_int_equal(message.offset, 0);
        assert_null(message.key.at);
    }
    source_message_at(f->r.source, 0, in_one_read ? 5 : 2, &message);
    assert_int_equal(message.offset, 1);
    assert_int_equal(message.partition, 0);
    assert_int_equal(message.time_us, INT64_C(1767603600000000));
    assert_true(slice_equal(message.key, slice_text("key")));
    assert_true(slice_equal(message.topic, slice_text("t")));
    assert_true(slice_equal(message.headers, slice_text("{\"by\":\"test\"}")));
}

static void test_several_topics_and_partitions(void **state)
{
    struct fixture *f = *state;
    mock_cluster_topic(&f->mock, "a", 2);
    mock_cluster_topic(&f->mock, "b", 1);
    mock_cluster_put(&f->mock, "a", 1, NULL, "a1");
    mock_cluster_put(&f->mock, "b", 0, NULL, "b0");
    f->r.config.once = true;
    open_topic(f, "b,a");
    f->r.log.len = 0;
    while (reading_step(&f->r, 4096) != SOURCE_DONE) {
        struct pollfd wanted = {.fd = source_wait_fd(f->r.source), .events = POLLIN};
        poll(&wanted, f->r.last == SOURCE_AGAIN, 100);
        f->r.clock.at_us += 100 * US_PER_MS;
    }
    const char *log = bytebuf_text(&f->r.log);
    assert_non_null(strstr(log, "0:b0\n"));
    assert_non_null(strstr(log, "3:a1\n"));
    assert_non_null(strstr(log, "1."));
    assert_non_null(strstr(log, "2.")); /* b/1 would have that number */
    assert_string_equal(source_split_name(f->r.source, 3), "a/1");
    assert_string_equal(reading_offsets(&f->r, NULL), "{\"b\":{\"0\":1},\"a\":{\"0\":0,\"1\":1}}");
}

static void set_brokers(const struct fixture *f, bool up)
{
    for (int32_t id = 1; id <= 2; id++) {
        assert_int_equal(up ? rd_kafka_mock_broker_set_up(f->mock.cluster, id)
                            : rd_kafka_mock_broker_set_down(f->mock.cluster, id),
                         0);
    }
}

/* A broker that goes away and comes back: what it has then is read on, nothing twice. */
static void test_broker_goes_and_comes(void **state)
{
    struct fixture *f = *state;
    mock_cluster_topic(&f->mock, "t", 1);
    mock_cluster_put(&f->mock, "t", 0, NULL, "one");
    open_topic(f, "t");
    assert_true(says(f, "0:one\n"));
    set_brokers(f, false);
    reading_step(&f->r, 4096);
    assert_int_equal(f->r.last, SOURCE_AGAIN);
    set_brokers(f, true);
    mock_cluster_put(&f->mock, "t", 0, NULL, "two");
    assert_true(says(f, "0:two\n"));
    assert_string_equal(reading_offsets(&f->r, NULL), "{\"t\":{\"0\":2}}");
}

/* Nobody answers at the start: it waits, and begins when somebody does. */
static void test_broker_comes_late(void **state)
{
    struct fixture *f = *state;
    mock_cluster_topic(&f->mock, "t", 1);
    mock_cluster_put(&f->mock, "t", 0, NULL, "one");
    set_brokers(f, false);
    open_topic(f, "t");
    reading_step(&f->r, 4096);
    assert_int_equal(f->r.last, SOURCE_AGAIN);
    assert_int_equal(source_n_splits(f->r.source), 0);
    set_brokers(f, true);
    assert_true(says(f, "0:one\n"));
}

static void test_errors_that_pass(void **state)
{
    struct fixture *f = *state;
    mock_cluster_topic(&f->mock, "t", 1);
    mock_cluster_put(&f->mock, "t", 0, NULL, "one");
    rd_kafka_mock_push_request_errors(f->mock.cluster, 1 /* Fetch */, 2,
                                      RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
                                      RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH);
    assert_int_equal(rd_kafka_mock_broker_set_rtt(f->mock.cluster, 1, 50), 0);
    open_topic(f, "t");
    assert_true(says(f, "0:one\n"));
}

/* Another broker has the partition from now on: it is read on there, nothing twice. */
static void test_leader_moves(void **state)
{
    struct fixture *f = *state;
    mock_cluster_topic(&f->mock, "t", 1);
    assert_int_equal(rd_kafka_mock_partition_set_leader(f->mock.cluster, "t", 0, 1), 0);
    mock_cluster_put(&f->mock, "t", 0, NULL, "one");
    open_topic(f, "t");
    assert_true(says(f, "0:one\n"));
    assert_int_equal(rd_kafka_mock_partition_set_leader(f->mock.cluster, "t", 0, 2), 0);
    mock_cluster_put(&f->mock, "t", 0, NULL, "two");
    assert_true(says(f, "0:two\n"));
    assert_string_equal(reading_offsets(&f->r, NULL), "{\"t\":{\"0\":2}}");
}

static void test_start_at_a_time(void **state)
{
    struct fixture *f = *state;
    mock_cluster_topic(&f->mock, "t", 1);
    mock_cluster_put(&f->mock, "t", 0, NULL, "one");
    open_topic(f, "t?start=2030-01-01T00:00:00Z");
    reading_step(&f->r, 4096);
    mock_cluster_put(&f->mock, "t", 0, NULL, "two");
    assert_true(says(f, "0:two\n"));
}

static void test_refusals(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *rest;
        const char *text;
        const char *hint;
    } cases[] = {
        {"", "\" names no topics", "kafka://host:9092/topic"},
        {"t?start=soon", "option start = \"soon\" says no place to begin at", "earliest"},
        {"t?kafka.sesion.timeout.ms=4", "librdkafka has no property \"sesion.timeout.ms\"",
         "did you mean \"session.timeout.ms\"?"},
        {"t?kafka.session.timeout.ms=x", "option kafka.session.timeout.ms: ", ""},
        {"t?kafka.enable.auto.commit=true", "kafka.enable.auto.commit is always \"false\" here",
         ""},
        {"t?kafka.bootstrap.servers=x", "the URI names the brokers", "kafka://host:9092"},
        {"t?kafka.sasl.password=${TAILRACE_NOT_THERE}",
         "the environment has no variable \"TAILRACE_NOT_THERE\"", ""},
        {"t?kafka.security.protocol=sasl_plaintext&kafka.sasl.mechanisms=PLAIN"
         "&kafka.sasl.username=u&kafka.sasl.password=p",
         "the password would travel without TLS", "allow_plaintext_password = true"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *uri = mock_cluster_uri(&f->mock, cases[i].rest);
        assert_int_equal(reading_open(&f->r, &kafka_source_kind, uri), ERR_OPTION);
        assert_non_null(strstr(f->r.err.text, cases[i].text));
        assert_non_null(strstr(f->r.err.hint, cases[i].hint));
    }
}

static void test_no_such_topic(void **state)
{
    struct fixture *f = *state;
    uint32_t split;
    enum source_state what;
    mock_cluster_topic(&f->mock, "orders", 1);
    rd_kafka_mock_topic_set_error(f->mock.cluster, "ordres",
                                  RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    open_topic(f, "ordres");
    assert_int_equal(source_poll(f->r.source, &split, &what, &f->r.err), ERR_IO);
    assert_string_equal(f->r.err.text, "kafka: no topic \"ordres\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_messages_are_lines, setup, teardown),
        cmocka_unit_test_setup_teardown(test_resumes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_starts, setup, teardown),
        cmocka_unit_test_setup_teardown(test_offset_that_is_not_there, setup, teardown),
        cmocka_unit_test_setup_teardown(test_framing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_message_at, setup, teardown),
        cmocka_unit_test_setup_teardown(test_several_topics_and_partitions, setup, teardown),
        cmocka_unit_test_setup_teardown(test_broker_goes_and_comes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_broker_comes_late, setup, teardown),
        cmocka_unit_test_setup_teardown(test_errors_that_pass, setup, teardown),
        cmocka_unit_test_setup_teardown(test_leader_moves, setup, teardown),
        cmocka_unit_test_setup_teardown(test_start_at_a_time, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refusals, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_such_topic, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
