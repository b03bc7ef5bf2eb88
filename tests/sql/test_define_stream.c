/* What CREATE STREAM and FROM 'uri' become: source, format, columns, time, options. */
#include "tests/sql/sql_fixture.h"

static struct fixture f;

static int setup(void **state)
{
    (void)state;
    fixture_init(&f);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fixture_release(&f);
    return 0;
}

static const struct stream_def *define(const char *text)
{
    run(&f, text);
    const struct stream_def *newest = NULL;
    const struct catalog_entry *entry;
    for (uint32_t i = 0; (entry = catalog_at(f.catalog, CATALOG_STREAM, i)) != NULL; i++) {
        newest = entry->stream;
    }
    assert_non_null(newest);
    return newest;
}

static void assert_text(struct slice actual, const char *expected)
{
    assert_int_equal(actual.len, strlen(expected));
    assert_memory_equal(actual.at, expected, actual.len);
}

static void assert_columns(const struct stream_def *def, const char *expected)
{
    struct bytebuf out = {0};
    for (uint32_t i = 0; i < def->schema.n; i++) {
        const struct field *field = &def->schema.fields[i];
        char type[TYPE_NAME_BYTES];
        bytebuf_printf(&out, "%s%.*s %s%s%s", i > 0 ? ", " : "", (int)field->name.len,
                       (const char *)field->name.at, type_name(field->type, type),
                       field->not_null && !field->hidden ? " NOT NULL" : "",
                       field->hidden ? " hidden" : "");
    }
    assert_string_equal(bytebuf_text(&out), expected);
    bytebuf_release(&out);
}

#define HIDDEN                                                                                     \
    ", _arrival TIMESTAMP hidden, _source TEXT hidden, _offset BIGINT hidden, _line TEXT hidden"

static void test_declared_columns(void **state)
{
    (void)state;
    const struct stream_def *def =
        define("CREATE STREAM s (ts TIMESTAMP(3) NOT NULL, Amount DECIMAL(12,2), x DOUBLE "
               "PRECISION, \"my name\" VARCHAR(20), a.b INT, t TIMESTAMP WITH TIME ZONE) FROM "
               "'tcp://h:1' FORMAT csv WITH (delimiter = ';', idle_timeout = 3s)");
    assert_text(def->name, "s");
    assert_columns(def, "ts TIMESTAMP NOT NULL, Amount DECIMAL(12,2), x DOUBLE, my name TEXT, a.b "
                        "BIGINT, t TIMESTAMP" HIDDEN);
    assert_int_equal(def->n_visible, 6);
    assert_false(def->inferred);
    assert_false(def->finite);
    assert_int_equal(def->time_column, -1);
    assert_int_equal(def->time_origin, TIME_FROM_ARRIVAL);
    assert_false(def->watermark_declared);
    assert_int_equal(def->idle_timeout_us, INT64_C(3000000));
    assert_int_equal(def->max_future_us, MAX_FUTURE_DEFAULT_US);
    assert_int_equal(def->on_error, ON_ERROR_SKIP);
    assert_text(options_text(&def->options, "delimiter", ","), ";");
    assert_int_equal(f.n_samples, 0);
}

static void test_clauses(void **state)
{
    (void)state;
    const struct stream_def *def =
        define("CREATE STREAM s (a TEXT) FROM 'tcp://h:1' FORMAT csv ON ERROR INTO "
               "'file:rejects.jsonl' LATE INTO 'file:late.csv' IDLE NEVER RETAIN 1GB");
    assert_int_equal(def->on_error, ON_ERROR_INTO);
    assert_text(def->on_error_uri, "file:rejects.jsonl");
    assert_text(def->late_uri, "file:late.csv");
    assert_int_equal(def->idle_timeout_us, IDLE_NEVER);
    assert_true(def->retain_given);
    assert_int_equal(def->retain.bytes, 1000000000);
    assert_int_equal(def->retain.age_us, 0);
    def = define("CREATE STREAM t (a TEXT) FROM 'tcp://h:1' FORMAT csv ON ERROR NULL IDLE 2m");
    assert_int_equal(def->on_error, ON_ERROR_NULL);
    assert_int_equal(def->idle_timeout_us, INT64_C(120000000));
    assert_int_equal(def->late_uri.len, 0);
}

static void test_inferred_columns(void **state)
{
    (void)state;
    const struct stream_def *def = define("CREATE STREAM s FROM 'x.csv'");
    assert_columns(def, "ts TIMESTAMP, n BIGINT, name TEXT" HIDDEN);
    assert_true(def->inferred && def->finite);
    assert_string_equal(def->decoder->name, "csv");
    assert_int_equal(def->time_column, 0);
    assert_int_equal(def->time_origin, TIME_FROM_SCHEMA);
    assert_false(def->watermark_declared);
    assert_int_equal(f.n_samples, 1);
    /* Two TIMESTAMPs: neither is chosen. */
    f.sample = "ts,ts";
    def = define("CREATE STREAM t FROM 'x.csv' FORMAT csv");
    assert_int_equal(def->time_column, -1);
    /* A byte order mark is no part of the first name. */
    f.sample = "\xef\xbb\xbf"
               "ts,n";
    def = define("CREATE STREAM w FROM 'w.csv' FORMAT csv");
    assert_columns(def, "ts TIMESTAMP, n BIGINT" HIDDEN);
    /* What is no csv is lines. */
    f.sample = "hello\nworld";
    def = define("CREATE STREAM u FROM 'x.log' FORMAT auto");
    assert_string_equal(def->decoder->name, "line");
    assert_columns(def, "line TEXT" HIDDEN);
    /* Unless its name says table. */
    def = define("CREATE STREAM v FROM 'y.csv'");
    assert_string_equal(def->decoder->name, "csv");
}

static void test_live_streams_are_asked_last(void **state)
{
    (void)state;
    const struct stream_def *def = define("CREATE STREAM s FROM 'tcp://h:1' FORMAT line");
    assert_int_equal(f.n_samples, 0);
    assert_int_equal(def->time_origin, TIME_FROM_ARRIVAL);
    def = define("CREATE STREAM t FROM 'tcp://h:1' FORMAT apache");
    assert_int_equal(f.n_samples, 0);
    assert_int_equal(def->time_origin, TIME_FROM_FORMAT);
    assert_int_equal(def->time_column, 1);
    define("CREATE STREAM u FROM 'tcp://h:1' FORMAT csv");
    assert_int_equal(f.n_samples, 1);
    define("CREATE STREAM v FROM 'tcp://h:1'");
    assert_int_equal(f.n_samples, 2);
}

static void test_time_of_the_format(void **state)
{
    (void)state;
    const struct stream_def *def =
        define("CREATE STREAM s (status INT, ts TIMESTAMP) FROM 'tcp://h:1' FORMAT apache");
    assert_int_equal(def->time_origin, TIME_FROM_FORMAT);
    assert_int_equal(def->time_column, 1);
    def = define("CREATE STREAM t (status INT, ts TEXT) FROM 'tcp://h:1' FORMAT apache");
    assert_int_equal(def->time_origin, TIME_FROM_ARRIVAL);
    def = define("CREATE STREAM u FROM 'tcp://h:1' FORMAT apache WATERMARK ts DELAY 9s");
    assert_int_equal(def->time_origin, TIME_FROM_WATERMARK);
    assert_int_equal(def->delay_us, INT64_C(9000000));
}

static void test_what_ends(void **state)
{
    (void)state;
    assert_true(define("CREATE STREAM a FROM 'x.csv' FORMAT line")->finite);
    assert_true(define("CREATE STREAM b FROM stdin FORMAT line")->finite);
    assert_false(define("CREATE STREAM c FROM 'gen://rows' FORMAT line")->finite);
    assert_true(define("CREATE STREAM d FROM 'gen://rows?rows=10' FORMAT line")->finite);
    assert_false(define("CREATE STREAM e FROM 'tcp://h:1' FORMAT line")->finite);
    assert_true(define("CREATE STREAM f FROM 'tcp://h:1?eof=finish' FORMAT line")->finite);
    assert_false(define("CREATE STREAM g FROM 'kafka://h/t' FORMAT line")->finite);
    run(&f, "SET once = true");
    assert_true(define("CREATE STREAM h FROM 'kafka://h/t' FORMAT line")->finite);
}

static void test_connectors(void **state)
{
    (void)state;
    const struct stream_def *def =
        define("CREATE STREAM s (a TEXT) WITH ('connector' = 'kafka', 'topic' = 't', "
               "'properties.bootstrap.servers' = 'h:9092,i', 'format' = 'csv', "
               "'csv.field-delimiter' = ';')");
    assert_text(def->uri.text, "kafka://h:9092,i/t");
    assert_string_equal(def->source->scheme, "kafka");
    assert_string_equal(def->decoder->name, "csv");
    assert_text(options_text(&def->options, "delimiter", ""), ";");
    def = define("CREATE STREAM t WITH ('connector' = 'filesystem', 'path' = '/a/b.csv', 'format' "
                 "= 'csv')");
    assert_text(def->uri.path, "/a/b.csv");
    assert_string_equal(def->source->scheme, "file");
}

static void test_refusals(void **state)
{
    (void)state;
    assert_explained(&f, "CREATE STREAM s (a TEXT)",
                     "error[E0115]: stream \"s\" does not say where its data comes from\n"
                     " --> 1:14\n"
                     "  | CREATE STREAM s (a TEXT)\n"
                     "  |               ^\n"
                     "  = help: add FROM 'tcp://127.0.0.1:9999', FROM 'access.log', FROM stdin, "
                     "…\n");
    assert_explained(&f, "CREATE STREAM s FROM 'tpc://h:1' FORMAT line",
                     "error[E0121]: no source \"tpc\"\n"
                     " --> 1:21\n"
                     "  | CREATE STREAM s FROM 'tpc://h:1' FORMAT line\n"
                     "  |                      ^^^^^^^^^^^\n"
                     "  = help: did you mean \"tcp\"?\n");
    assert_explained(&f, "CREATE STREAM s FROM 'tcp://h:1' FORMAT lnie",
                     "error[E0121]: no format \"lnie\"\n"
                     " --> 1:40\n"
                     "  | CREATE STREAM s FROM 'tcp://h:1' FORMAT lnie\n"
                     "  |                                         ^^^^\n"
                     "  = help: did you mean \"line\"?\n");
    assert_explained(&f, "CREATE STREAM s (a TEXT) FROM 'tcp://h:1' FORMAT csv WITH (delimeter=1)",
                     "error[E0120]: tcp with format csv has no option \"delimeter\"\n"
                     " --> 1:59\n"
                     "  | CREATE STREAM s (a TEXT) FROM 'tcp://h:1' FORMAT csv WITH "
                     "(delimeter=1)\n"
                     "  |                                                            "
                     "^^^^^^^^^\n"
                     "  = help: did you mean \"delimiter\"?\n");
    assert_explained(&f, "CREATE STREAM s (a TEXT, A INT) FROM 'tcp://h:1' FORMAT csv",
                     "error[E0106]: column \"A\" is declared twice\n"
                     " --> 1:25\n"
                     "  | CREATE STREAM s (a TEXT, A INT) FROM 'tcp://h:1' FORMAT csv\n"
                     "  |                          ^\n");
    assert_explained(&f, "CREATE STREAM s (_line TEXT) FROM 'tcp://h:1' FORMAT csv",
                     "error[E0106]: column \"_line\" is one that streams have by themselves\n"
                     " --> 1:17\n"
                     "  | CREATE STREAM s (_line TEXT) FROM 'tcp://h:1' FORMAT csv\n"
                     "  |                  ^^^^^\n");
}

static void test_refused_times_and_formats(void **state)
{
    (void)state;
    assert_explained(&f, "CREATE STREAM s (a TEXT, WATERMARK a DELAY 5s) FROM 'x' FORMAT csv",
                     "error[E0116]: event time must be a TIMESTAMP, and \"a\" is TEXT\n"
                     " --> 1:35\n"
                     "  | CREATE STREAM s (a TEXT, WATERMARK a DELAY 5s) FROM 'x' FORMAT csv\n"
                     "  |                                    ^\n"
                     "  = help: declare it as TIMESTAMP; numbers are read with WITH (timestamp = "
                     "'epoch_ms')\n");
    assert_explained(&f,
                     "CREATE STREAM s (tss TIMESTAMP, WATERMARK ts DELAY 5s) FROM 'x' FORMAT csv",
                     "error[E0104]: no such column \"ts\"\n"
                     " --> 1:42\n"
                     "  | CREATE STREAM s (tss TIMESTAMP, WATERMARK ts DELAY 5s) FROM 'x' FORMAT "
                     "csv\n"
                     "  |                                           ^^\n"
                     "  = help: did you mean \"tss\"?\n");
    assert_explained(
        &f, "CREATE STREAM s (t TIMESTAMP, WATERMARK FOR t AS now()) FROM 'x' FORMAT csv",
        "error[E0116]: a watermark is the time column minus a fixed duration\n"
        " --> 1:49\n"
        "  | CREATE STREAM s (t TIMESTAMP, WATERMARK FOR t AS now()) FROM 'x' FORMAT "
        "csv\n"
        "  |                                                  ^^^^^\n"
        "  = help: write WATERMARK FOR ts AS ts - INTERVAL '5' SECOND, or WATERMARK ts "
        "DELAY 5s\n");
    f.sample = "";
    assert_explained(&f, "CREATE STREAM s FROM 'tcp://h:1'",
                     "error[E0115]: the format is not known, and there are no lines to look at "
                     "yet\n"
                     " --> 1:21\n"
                     "  | CREATE STREAM s FROM 'tcp://h:1'\n"
                     "  |                      ^^^^^^^^^^^\n"
                     "  = help: say it: FORMAT csv, json, line, … (SHOW FORMATS lists all)\n");
    assert_explained(&f, "CREATE STREAM s FROM 'tcp://h:1' FORMAT csv",
                     "error[E0115]: csv needs columns or a sample\n"
                     " --> 1:40\n"
                     "  | CREATE STREAM s FROM 'tcp://h:1' FORMAT csv\n"
                     "  |                                         ^^^\n");
}

/* An empty file has no lines to look at, but a name. */
static void test_empty_files(void **state)
{
    (void)state;
    f.sample = "";
    assert_string_equal(define("CREATE STREAM s (a INT) FROM 'x.csv'")->decoder->name, "csv");
    assert_string_equal(define("CREATE STREAM t FROM 'x.log'")->decoder->name, "line");
}

#define TEST(name_) cmocka_unit_test_setup_teardown(name_, setup, teardown)

TEST_MAIN(TEST(test_declared_columns), TEST(test_clauses), TEST(test_inferred_columns),
          TEST(test_live_streams_are_asked_last), TEST(test_time_of_the_format),
          TEST(test_what_ends), TEST(test_connectors), TEST(test_refusals),
          TEST(test_refused_times_and_formats), TEST(test_empty_files))
