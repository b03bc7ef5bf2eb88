/* Tests of sources/sniff.h and of what csv_infer.c decides. */
#include "sources/sniff.h"

#include "sources/csv_decoder.h"
#include "sources/sources.h"
#include "tests/sources/decoding.h"
#include "tests/support/testing.h"

static void expect_format(const char *name, const char *sample)
{
    assert_string_equal(sniff_format(slice_text(sample)), name);
}

static void test_samples_are_recognised(void **state)
{
    (void)state;
    static const struct decoder_kind *const kinds[] = {&apache_decoder_kind,
                                                       &apache_error_decoder_kind,
                                                       &syslog_decoder_kind};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        for (const char *const *sample = kinds[i]->samples; *sample != NULL; sample += 2) {
            expect_format(kinds[i]->name, *sample);
        }
    }
}

static void test_logs(void **state)
{
    (void)state;
    expect_format("line", "");
    expect_format("line", "\n\n");
    expect_format("line", "hello, world\n");
    expect_format("line", "2026-01-05 09:00:00,123 INFO the reactor is up and running\n"
                          "2026-01-05 09:00:01,250 WARN the reactor is a bit too warm\n");
    expect_format("line", "2026-01-05T09:00:00Z ERROR reactor: a message like one of syslog\n");
    expect_format("syslog", "Dec 10 06:55:46 LabSZ sshd[24200]: Invalid user a from 1.2.3.4\n"
                            "Dec 10 06:55:48 LabSZ sshd[24200]: Connection closed by 1.2.3.4\n");
    /* journalctl -o short-iso. */
    expect_format("syslog", "2026-01-05T09:00:00+0100 web1 sshd[24200]: Invalid user a\n"
                            "2026-01-05T09:00:01+0100 web1 kernel: [12.5] oops\n"
                            "2026-01-05T09:00:01+0100 web1 systemd[1]: Started it.\n");
    expect_format("line", "2026-01-05 09:00:00 worker[12]: started the reactor\n"
                          "2026-01-05 09:00:01 worker[12]: stopped the reactor\n");
    /* A torn line among good ones. */
    expect_format("apache_error", "[Sun Dec 04 04:47:44 2005] [notice] a\n"
                                  "[Sun Dec 04 04:47:45 2005] [notice] b\n"
                                  "  at line 3\n"
                                  "[Sun Dec 04 04:47:46 2005] [notice] c\n"
                                  "[Sun Dec 04 04:47:47 2005] [notice] d\n");
}

static void test_tables(void **state)
{
    (void)state;
    expect_format("csv", "ts,card,amount\n2026-01-05T09:00:00Z,1,2.50\n");
    /* Stamps with a blank are no hosts. */
    expect_format("csv", "ts,n\n2026-01-05 09:00:00,1\n2026-01-05 09:00:01,2\n"
                         "2026-01-05 09:00:02,3\n2026-01-05 09:00:03,4\n2026-01-05 09:00:04,5\n");
    expect_format("csv", "1;2\n3;4\n");
    expect_format("csv", "a\tb\tc\n1\t2\t3\n");
    expect_format("csv", "name,note\nx,\"this is a note of quite some words\"\n"
                         "y,\"and this is another note of many words\"\n");
}

/* ---- what csv infers ------------------------------------------------------------------------ */

/* Columns as "name TYPE, …", then what was put into the options. */
static void expect_infer(const char *options, const char *sample, const char *expected)
{
    struct decoding d;
    struct bytebuf got = {0};
    int time_column = 7;
    decoding_init(&d, &csv_decoder_kind, NULL, options);
    assert_int_equal(decoding_infer(&d, slice_text(sample), &time_column), OK);
    assert_int_equal(time_column, -1);
    for (uint32_t i = 0; i < d.schema.n; i++) {
        char type[TYPE_NAME_BYTES];
        struct slice name = d.schema.fields[i].name;
        bytebuf_printf(&got, "%s%.*s %s", i == 0 ? "" : ", ", (int)name.len, (const char *)name.at,
                       type_name(d.schema.fields[i].type, type));
    }
    static const char *const keys[] = {"delimiter", "header", "timestamp"};
    for (size_t i = 0; i < 3; i++) {
        struct slice value = options_text(&d.options, keys[i], i == 2 ? "" : "?");
        if (value.len == 0) {
            continue;
        }
        bytebuf_printf(&got, " %s=%.*s", keys[i], (int)value.len, (const char *)value.at);
    }
    assert_string_equal(bytebuf_text(&got), expected);
    bytebuf_release(&got);
    decoding_release(&d);
}

static void test_types(void **state)
{
    (void)state;
    expect_infer(NULL,
                 "a,b,c,d,e,f,g,h\n"
                 "1,1.5,true,2026-01-05,x,,007,+49\n"
                 "-2,3,FALSE,2026-01-05T09:00:00Z,2,,012,+48\n"
                 ",1e3,,,,,,\n",
                 "a BIGINT, b DOUBLE, c BOOLEAN, d TIMESTAMP, e TEXT, f TEXT, g TEXT, h TEXT "
                 "delimiter=, header=true");
    expect_infer("header=false", "x,nan\ny,inf\n", "c1 TEXT, c2 TEXT delimiter=, header=false");
}

static void test_times(void **state)
{
    (void)state;
    expect_infer(NULL, "d,n\n05.01.2026 09:00:00,1\n31.12.2025 23:59:59,2\n",
                 "d TIMESTAMP, n BIGINT delimiter=, header=true timestamp=%d.%m.%Y %H:%M:%S");
    expect_infer(NULL, "01/02/2026,1\n13/02/2026,2\n",
                 "c1 TIMESTAMP, c2 BIGINT delimiter=, header=false timestamp=%d/%m/%Y");
    /* Day and month may be either: nobody is asked. */
    expect_infer(NULL, "01/02/2026,1\n03/04/2026,2\n",
                 "c1 TEXT, c2 BIGINT delimiter=, header=false");
    /* One way to write times a stream. */
    expect_infer(NULL, "05.01.2026,2026-01-05\n06.01.2026,2026-01-06\n",
                 "c1 TEXT, c2 TIMESTAMP delimiter=, header=false");
    expect_infer(NULL, "05.01.2026,2026/01/05\n06.01.2026,2026/01/06\n",
                 "c1 TEXT, c2 TEXT delimiter=, header=false");
    expect_infer("timestamp=iso", "05.01.2026,1\n06.01.2026,2\n",
                 "c1 TEXT, c2 BIGINT delimiter=, header=false timestamp=iso");
    /* Versions and addresses are no dates. */
    expect_infer(NULL, "1.2.3,1\n4.5.6,2\n", "c1 TEXT, c2 BIGINT delimiter=, header=false");
    /* Digits are a time if the name says so and they are of the right size. */
    expect_infer(NULL, "ts,created_at,n,t\n1767603600,1767603600123,1767603600,5\n",
                 "ts TIMESTAMP, created_at TIMESTAMP, n BIGINT, t BIGINT delimiter=, header=true");
    expect_infer(NULL, "ts,n\n1767603600.25,1767603600.25\n1767603601,2\n",
                 "ts TIMESTAMP, n DOUBLE delimiter=, header=true");
}

static void test_headers(void **state)
{
    (void)state;
    expect_infer(NULL, "1,2\n3,4\n", "c1 BIGINT, c2 BIGINT delimiter=, header=false");
    expect_infer("header=true", "1,2\n3,4\n", "1 BIGINT, 2 BIGINT delimiter=, header=true");
    expect_infer("header=false", "a,b\n3,4\n", "c1 TEXT, c2 TEXT delimiter=, header=false");
    expect_infer("header=auto", "a,b\n3,4\n", "a BIGINT, b BIGINT delimiter=, header=auto");
    expect_infer("columns=x,y", "1,2\n", "x BIGINT, y BIGINT delimiter=, header=false");
    expect_infer("columns=x", "a,b\n1,2\n", "x BIGINT, b BIGINT delimiter=, header=true");
    expect_infer("header=true", "a,,A, b ,\n1,2,3,4,5\n",
                 "a BIGINT, c2 BIGINT, A_2 BIGINT, b BIGINT, c5 BIGINT delimiter=, header=true");
    expect_infer(NULL, "a,b,c", "a TEXT, b TEXT, c TEXT delimiter=, header=true");
    /* All text: names do not come again below. */
    expect_infer(NULL, "red,car\nred,bus\n", "c1 TEXT, c2 TEXT delimiter=, header=false");
    /* Names that are missing or come twice, if the types below show what the others are. */
    expect_infer(NULL, ",a,a\n0,1,x\n1,2,y\n",
                 "c1 BIGINT, a BIGINT, a_2 TEXT delimiter=, header=true");
    expect_infer(NULL, "a,a\n1,2\n", "a BIGINT, a_2 BIGINT delimiter=, header=true");
    expect_infer(NULL, ",abc\n1,def\n", "c1 BIGINT, c2 TEXT delimiter=, header=false");
    expect_infer("header=auto", "a,a\n1,2\n", "c1 TEXT, c2 TEXT delimiter=, header=auto");
}

static void test_delimiters(void **state)
{
    (void)state;
    expect_infer(NULL, "a;b\n1,5;2\n3,5;4\n", "a TEXT, b BIGINT delimiter=; header=true");
    expect_infer(NULL, "a|b\n1|2\n", "a BIGINT, b BIGINT delimiter=| header=true");
    expect_infer("delimiter=;", "a,b\n1,2\n", "c1 TEXT delimiter=; header=false");
    expect_infer(NULL, "one\n1\n2\n", "one BIGINT delimiter=, header=true");
    expect_infer("skip=1;;comment=#", "\xef\xbb\xbfjunk\n#x,y,z\na,b\n1,2\n",
                 "a BIGINT, b BIGINT delimiter=, header=true");
}

static void test_nothing_to_infer_from(void **state)
{
    (void)state;
    struct decoding d;
    int time_column;
    decoding_init(&d, &csv_decoder_kind, NULL, NULL);
    assert_int_equal(decoding_infer(&d, slice_text("\n\n"), &time_column), ERR_OPTION);
    assert_non_null(strstr(d.err.hint, "declare them"));
    decoding_release(&d);
}

TEST_MAIN(cmocka_unit_test(test_samples_are_recognised), cmocka_unit_test(test_logs),
          cmocka_unit_test(test_tables), cmocka_unit_test(test_types), cmocka_unit_test(test_times),
          cmocka_unit_test(test_headers), cmocka_unit_test(test_delimiters),
          cmocka_unit_test(test_nothing_to_infer_from))
