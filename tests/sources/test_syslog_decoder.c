/* Tests of sources/syslog_decoder.c and sources/syslog_data.h. */
#include <stdio.h>

#include "engine/data/timestamp.h"
#include "sources/sources.h"
#include "sources/syslog_data.h"
#include "tests/sources/decoding.h"
#include "tests/support/testing.h"

static const char columns[] = "ts TIMESTAMP, host TEXT, app TEXT, pid TEXT, message TEXT";

/* Rows and rejects of lines that arrived at `arrival` ("iso" text; NULL: 1970). */
static void expect(const char *what, const char *options, const char *arrival, const char *text,
                   const char *rows, const char *rejects)
{
    struct decoding d;
    int64_t arrival_us = 0;
    struct time_format iso = {.layout = TIME_ISO};
    struct time_cache cache = {0};
    decoding_init(&d, &syslog_decoder_kind, what, options);
    assert_true(arrival == NULL || time_parse(&iso, &cache, slice_text(arrival), &arrival_us));
    d.config.arrival_us = &arrival_us;
    assert_int_equal(decoding_run(&d, slice_text(text), NULL, 0), OK);
    assert_string_equal(decoding_rows(&d), rows);
    assert_string_equal(decoding_rejects(&d), rejects);
    decoding_release(&d);
}

static void test_old_messages(void **state)
{
    (void)state;
    expect(columns, NULL, "2026-06-01T00:00:00Z",
           "Dec 10 06:55:46 web1 sshd[24200]: a: b\n"
           "Dec  1 06:55:46.125 web1 kernel: [12.5] oops\r\n"
           "Dec 1 06:55:46 web1 last message repeated 2 times\n"
           "Dec 10 06:55:46 su: 'su root' failed\n"
           "\n"
           "Dec 10 06:55:46 fe80::1 postfix/smtpd[9]: x\n"
           "Dec 10 06:55:46 web1 CRON[7]:\n"
           "2026-01-05T09:00:00.25+01:00 web1 app - no tag\n"
           "Dec 10 06:55:46 web1\n",
           "0: 2025-12-10T06:55:46Z, web1, sshd, 24200, a: b\n"
           "39: 2025-12-01T06:55:46.125Z, web1, kernel, NULL, [12.5] oops\n"
           "85: 2025-12-01T06:55:46Z, web1, NULL, NULL, last message repeated 2 times\n"
           "135: 2025-12-10T06:55:46Z, NULL, su, NULL, 'su root' failed\n"
           "173: 2025-12-10T06:55:46Z, fe80::1, postfix/smtpd, 9, x\n"
           "217: 2025-12-10T06:55:46Z, web1, CRON, 7, \n"
           "247: 2026-01-05T08:00:00.250Z, web1, NULL, NULL, app - no tag\n"
           "294: 2025-12-10T06:55:46Z, web1, NULL, NULL, \n",
           "");
}

static void test_year_is_nearest_to_arrival(void **state)
{
    (void)state;
    expect("ts TIMESTAMP", NULL, "2026-01-01T00:00:05Z",
           "Dec 31 23:59:59 h a: b\nJan  1 00:00:01 h a: b\nFeb 29 00:00:00 h a: b\n",
           "0: 2025-12-31T23:59:59Z\n23: 2026-01-01T00:00:01Z\n46: 2024-02-29T00:00:00Z\n", "");
    expect("ts TIMESTAMP", NULL, "2025-12-31T23:59:58Z", "Jan  1 00:00:01 h a: b\n",
           "0: 2026-01-01T00:00:01Z\n", "");
    expect("ts TIMESTAMP", NULL, "2024-03-01T00:00:00Z", "Feb 29 12:00:60 h a: b\n",
           "0: 2024-02-29T12:01:00Z\n", "");
    /* In local time, the year too. */
    expect("ts TIMESTAMP", "tz=Europe/Berlin", "2026-07-01T00:00:00Z",
           "Jul  1 02:00:00 h a: b\nJan  1 00:30:00 h a: b\n",
           "0: 2026-07-01T00:00:00Z\n23: 2025-12-31T23:30:00Z\n", "");
}

static void test_priorities(void **state)
{
    (void)state;
    expect("facility TEXT, severity TEXT, facility_code BIGINT, severity_code BIGINT", NULL, NULL,
           "<0>Dec 10 06:55:46 h a: b\n<191>1 - - - - - -\n<34>Dec 10 06:55:46 h a: b\n"
           "Dec 10 06:55:46 h a: b\n<192>1 - - - - - -\n<01>1 - - - - - -\n<>1 - - - - - -\n<\n"
           "<1234>1 - - - - - -\n<12",
           "0: kern, emerg, 0, 0\n26: local7, debug, 23, 7\n45: auth, crit, 4, 2\n"
           "72: NULL, NULL, NULL, NULL\n",
           "95 - bad priority [<192>1 - - - - - -]\n114 - bad priority [<01>1 - - - - - -]\n"
           "132 - bad priority [<>1 - - - - - -]\n148 - bad priority [<]\n"
           "150 - bad priority [<1234>1 - - - - - -]\n170 - bad priority [<12]\n");
}

static void test_new_messages(void **state)
{
    (void)state;
    expect("ts TIMESTAMP, host TEXT, app TEXT, pid TEXT, msgid TEXT, data TEXT, message TEXT", NULL,
           NULL,
           "<34>1 2003-10-11T22:14:15.003Z m.example.com su - ID47 - \xef\xbb\xbf'su root' failed\n"
           "<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - %% It's time\n"
           "<165>1 2003-10-11T22:14:15Z h evntslog - ID47 "
           "[a@1 iut=\"3\" s=\"\\\"\\\\\\]\\n\"][b@1] An event\n"
           "<165>1 2003-10-11T22:14:15Z h a - - [a@1]\n"
           "<165>1 - - - - - -\n",
           "0: 2003-10-11T22:14:15.003Z, m.example.com, su, NULL, ID47, NULL, 'su root' failed\n"
           "77: 2003-08-24T12:14:15.000003Z, 192.0.2.1, myproc, 8710, NULL, NULL, %% It's time\n"
           "156: 2003-10-11T22:14:15Z, h, evntslog, NULL, ID47, "
           "{\"a@1\":{\"iut\":\"3\",\"s\":\"\\\"\\\\]\\\\n\"},\"b@1\":{}}, An event\n"
           "243: 2003-10-11T22:14:15Z, h, a, NULL, NULL, {\"a@1\":{}}, NULL\n"
           "285: NULL, NULL, NULL, NULL, NULL, NULL, NULL\n",
           "");
}

static void test_bad_messages(void **state)
{
    (void)state;
    expect("ts TIMESTAMP, message TEXT", NULL, NULL,
           "no time at all\nDec\nDec 10\n<34>1 - - - -\n<34>1 - - - - - [x\n<34>1 - - - - - [] m\n"
           "<34>1 - - - - - [a b=c] m\n<34>1 - - - - - -m\n<34>1 2003-99-11T22:14:15Z - - - - -\n"
           "Dec 10 06:55:46\n<34>1 - - - - - m\n",
           "",
           "0 - no time [no time at all]\n15 - no time [Dec]\n19 - no time [Dec 10]\n"
           "26 - header too short [<34>1 - - - -]\n40 - bad structured data [<34>1 - - - - - [x]\n"
           "59 - bad structured data [<34>1 - - - - - [] m]\n"
           "80 - bad structured data [<34>1 - - - - - [a b=c] m]\n"
           "106 - bad structured data [<34>1 - - - - - -m]\n"
           "125 ts bad timestamp [<34>1 2003-99-11T22:14:15Z - - - - -]\n"
           "162 - no host [Dec 10 06:55:46]\n"
           "178 - bad structured data [<34>1 - - - - - m]\n");
}

static void test_columns_go_by_name(void **state)
{
    (void)state;
    struct decoding d;
    decoding_init(&d, &syslog_decoder_kind, "message TEXT, sverity TEXT", NULL);
    assert_int_equal(decoding_run(&d, slice_text(""), NULL, 0), ERR_OPTION);
    assert_string_equal(d.err.text, "format syslog has no column \"sverity\"");
    assert_string_equal(d.err.hint, "did you mean \"severity\"?");
    decoding_release(&d);
}

TEST_MAIN(cmocka_unit_test(test_old_messages), cmocka_unit_test(test_year_is_nearest_to_arrival),
          cmocka_unit_test(test_priorities), cmocka_unit_test(test_new_messages),
          cmocka_unit_test(test_bad_messages), cmocka_unit_test(test_columns_go_by_name))
