/* Tests of sources/grok.h, its pattern set, and sources/line_pattern.h. */
#include <stdio.h>

#include "sources/grok.h"
#include "sources/line_pattern.h"
#include "tests/support/testing.h"

/* All of `text` is the pattern. */
static bool is_whole(const char *name, const char *text)
{
    char pattern[80];
    struct grok grok;
    struct error err;
    char wrong[REGEX_ERROR_BYTES];
    snprintf(pattern, sizeof pattern, "^(?:%%{%s})$", name);
    grok_init(&grok, (struct slice){0});
    assert_int_equal(grok_expand(&grok, slice_text(pattern), &err), OK);
    struct regex *regex = regex_new(bytebuf_slice(&grok.out), 0, wrong);
    assert_non_null(regex);
    bool matches = regex_match(regex, slice_text(text), 0) == REGEX_MATCH;
    regex_free(regex);
    grok_release(&grok);
    return matches;
}

struct example {
    const char *name;
    const char *yes[8]; /* each is wholly the pattern */
    const char *no[8];
};

static const struct example examples[] = {
    {"WORD", {"abc", "a_1"}, {"", "a b", "a-b"}},
    {"NOTSPACE", {"a-b", "\xc3\xa9"}, {"", "a b"}},
    {"SPACE", {"", " \t "}, {"x"}},
    {"DATA", {"", "any thing"}, {0}},
    {"GREEDYDATA", {"", "any thing"}, {0}},
    {"INT", {"0", "-12", "+7"}, {"", "1.5", "x"}},
    {"POSINT", {"1", "120"}, {"0", "012", "-1"}},
    {"NONNEGINT", {"0", "012"}, {"-1", "1.5"}},
    {"NUMBER", {"1", "-1.5", ".5", "1.", "6e23", "1e-3"}, {"", ".", "1e", "a"}},
    {"BASE10NUM", {"42"}, {"x"}},
    {"BASE16NUM", {"0xff", "FF", "-0X1a"}, {"0x", "g"}},
    {"BOOL", {"true", "NO", "off"}, {"2"}},
    {"QUOTEDSTRING", {"\"a\"", "\"a \\\" b\"", "'x'", "\"\""}, {"\"a", "a", "\"a\"b\""}},
    {"QS", {"\"a\""}, {"a"}},
    {"UUID", {"123e4567-e89b-12d3-a456-426614174000"}, {"123e4567e89b12d3a456426614174000"}},
    {"USERNAME", {"a.b-c_d"}, {"a b", ""}},
    {"USER", {"frank"}, {""}},
    {"EMAILADDRESS", {"a+b@example.com"}, {"a@", "@b"}},
    {"LOGLEVEL", {"INFO", "warning", "err", "Critical"}, {"informal", "verbose"}},
    {"IPV4", {"0.0.0.0", "255.255.255.255", "10.1.2.3"}, {"256.1.1.1", "1.2.3", "1.2.3.4.5"}},
    {"IPV6",
     {"::1", "2001:db8::ff00:42:8329", "::ffff:10.0.0.1", "fe80::1%eth0", "1:2:3:4:5:6:7:8", "::"},
     {"1:2", "10.0.0.1", "12345::", "abc", "09:00:00", "00:1b:44:11:3a:b7"}},
    {"IP", {"10.0.0.1", "::1"}, {"host"}},
    {"HOSTNAME", {"localhost", "a-1.example.com", "x_y", "example.com."}, {"", "-a", "a..b"}},
    {"HOST", {"localhost"}, {""}},
    {"IPORHOST", {"10.0.0.1", "web1", "::1"}, {"", "a b"}},
    {"HOSTPORT", {"web1:80", "10.0.0.1:443"}, {"web1", "web1:"}},
    {"MAC", {"00:1b:44:11:3a:b7", "00-1B-44-11-3A-B7"}, {"00:1b:44"}},
    {"UNIXPATH", {"/", "/var/log/x.log"}, {"", "var/log", "/a b"}},
    {"WINPATH", {"C:\\a\\b c.txt", "\\\\host\\share"}, {"C:", "/a"}},
    {"PATH", {"/a", "C:\\a"}, {"a"}},
    {"URIPROTO", {"http", "svn+ssh"}, {"", "1x"}},
    {"URIHOST", {"example.com", "example.com:8080"}, {":80"}},
    {"URIPATH", {"/", "/a/b.html"}, {"", "a", "/a?b"}},
    {"URIQUERY", {"", "a=b&c"}, {"a#b"}},
    {"URIPARAM", {"?", "?a=b"}, {"a=b"}},
    {"URIPATHPARAM", {"/a?b=c", "/a"}, {"?b"}},
    {"URI", {"https://example.com/a?b=c", "ftp://me:pw@host/", "file:///etc/x"}, {"example.com"}},
    {"MONTH", {"Jan", "december", "MAY", "sept"}, {"Janu", "13"}},
    {"MONTHNUM", {"1", "01", "12"}, {"0", "13"}},
    {"MONTHDAY", {"1", "09", "31"}, {"0", "32"}},
    {"DAY", {"Mon", "sunday"}, {"Mo"}},
    {"YEAR", {"2026"}, {"26"}},
    {"HOUR", {"0", "09", "23"}, {"24"}},
    {"MINUTE", {"00", "59"}, {"60", "5"}},
    {"SECOND", {"0", "59", "60", "01.250", "01,5"}, {"61", "1."}},
    {"TIME", {"09:00", "23:59:60", "09:00:00.25"}, {"24:00", "9"}},
    {"DATE_US", {"12/31/2026", "1-2-26"}, {"31/12/2026"}},
    {"DATE_EU", {"31.12.2026", "31/12/26"}, {"12.31.2026"}},
    {"DATE", {"31.12.2026", "12/31/2026"}, {"2026-12-31"}},
    {"ISO8601_TIMEZONE", {"Z", "+02:00", "-0500", "+02"}, {"02:00"}},
    {"TIMESTAMP_ISO8601",
     {"2026-01-05T09:00:00Z", "2026-01-05 09:00:00,123", "2026-01-05T09:00+02:00"},
     {"2026-01-05", "09:00:00"}},
    {"HTTPDATE", {"17/May/2015:10:05:03 +0000"}, {"17/May/2015:10:05:03"}},
    {"HTTPDERROR_DATE", {"Sun Dec 04 04:47:44 2005", "Fri Sep 09 10:42:29.902022 2011"}, {"Sun"}},
    {"SYSLOGTIMESTAMP", {"Dec 10 06:55:46", "Dec  1 06:55:46"}, {"10 Dec 06:55:46"}},
    {"PROG", {"sshd", "postfix/smtpd"}, {"a b", "a[1]", ""}},
    {"SYSLOGPROG", {"sshd[24200]", "su"}, {"sshd[]"}},
    {"SYSLOGHOST", {"web1", "10.0.0.1"}, {""}},
    {"SYSLOGBASE", {"Dec 10 06:55:46 web1 sshd[1]:"}, {"Dec 10 06:55:46 web1"}},
    {"SYSLOGLINE", {"Dec 10 06:55:46 web1 sshd[1]: hello you"}, {"hello"}},
    {"COMMONAPACHELOG",
     {"::1 - - [17/May/2015:10:05:03 +0000] \"GET / HTTP/1.1\" 200 -",
      "h i u [17/May/2015:10:05:03 +0000] \"\\x16\\x03\" 400 157"},
     {"::1 - - \"GET / HTTP/1.1\" 200 -"}},
    {"COMBINEDAPACHELOG",
     {"::1 - - [17/May/2015:10:05:03 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"say \\\"hi\\\"\""},
     {"::1 - - [17/May/2015:10:05:03 +0000] \"GET / HTTP/1.1\" 200 5"}},
    {"HTTPD_COMMONLOG", {"a - - [17/May/2015:10:05:03 +0000] \"GET /\" 200 5"}, {""}},
    {"HTTPD_COMBINEDLOG",
     {"a - - [17/May/2015:10:05:03 +0000] \"GET /\" 200 5 \"http://x/\" \"\""},
     {""}},
    {"HTTPD_ERRORLOG",
     {"[Sun Dec 04 04:47:44 2005] [notice] workerEnv.init() ok",
      "[Fri Sep 09 10:42:29.902022 2011] [core:error] [pid 35708:tid 4328636416] "
      "[client 72.15.99.187:443] File does not exist"},
     {"[notice] x"}},
};

enum { N_EXAMPLES = sizeof examples / sizeof *examples };

static void test_every_pattern_has_examples(void **state)
{
    (void)state;
    const struct grok_pattern *pattern;
    for (uint32_t i = 0; (pattern = grok_pattern_at(i)) != NULL; i++) {
        assert_true(i < N_EXAMPLES);
        assert_string_equal(examples[i].name, pattern->name);
        for (const char *const *text = examples[i].yes; *text != NULL; text++) {
            if (!is_whole(pattern->name, *text)) {
                fail_msg("%s should match \"%s\"", pattern->name, *text);
            }
        }
        for (const char *const *text = examples[i].no; *text != NULL; text++) {
            if (is_whole(pattern->name, *text)) {
                fail_msg("%s should not match \"%s\"", pattern->name, *text);
            }
        }
    }
}

/* ---- line patterns -------------------------------------------------------------------------- */

/* "name TYPE, …" and the values of a line, or the error. */
static const char *take(bool is_grok, const char *text, const char *definitions, const char *line,
                        struct bytebuf *out)
{
    struct line_pattern pattern = {0};
    struct error err;
    char type[TYPE_NAME_BYTES];
    struct text fields[LINE_PATTERN_FIELDS_MAX] = {0};
    error_clear(&err);
    bytebuf_clear(out);
    enum status status =
        is_grok ? line_pattern_from_grok(&pattern, slice_text(text), slice_text(definitions), &err)
                : line_pattern_from_regex(&pattern, slice_text(text), &err);
    if (status != OK) {
        bytebuf_printf(out, "%s: %s (%s)", status_name(status), err.text, err.hint);
        line_pattern_release(&pattern);
        return bytebuf_text(out);
    }
    const char *reason = line_pattern_match(&pattern, slice_text(line), fields);
    for (uint32_t i = 0; i < pattern.n_fields; i++) {
        bytebuf_printf(out, "%s%s %s", i == 0 ? "" : ", ", pattern.names[i],
                       type_name(pattern.types[i], type));
        if (reason == NULL) {
            bytebuf_printf(out, "=%.*s", (int)fields[i].len, (const char *)fields[i].at);
        }
    }
    assert_null(pattern.names[pattern.n_fields]);
    bytebuf_printf(out, "%s%s", reason == NULL ? "" : ": ", reason == NULL ? "" : reason);
    line_pattern_release(&pattern);
    return bytebuf_text(out);
}

static void test_regex_groups(void **state)
{
    (void)state;
    struct bytebuf out = {0};
    assert_string_equal(take(false, "(?<ip>\\S+) (\\w+) (?<n__bigint>\\d+)?(?<d__decimal_12_2>x)?",
                             "", "a b 7", &out),
                        "ip TEXT=a, n BIGINT=7, d DECIMAL(12,2)=");
    assert_string_equal(take(false, "(?J)(?:a(?<v__int>\\d)|b(?<v>\\d))", "", "b5", &out),
                        "v BIGINT=5");
    assert_string_equal(take(false, "^(?<at__timestamp>\\d)$", "", "ab", &out),
                        "at TIMESTAMP: pattern does not match");
    /* A name may hold single underscores and begin with two. */
    assert_string_equal(take(false, "(?<__a>x)(?<b_c__text>y)", "", "xy", &out),
                        "__a TEXT=x, b_c TEXT=y");
    assert_string_equal(take(false, "(?<a>(x+x+)+y)", "", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx zy",
                             &out),
                        "a TEXT: pattern over match limit");
    bytebuf_release(&out);
}

static void test_wrong_patterns(void **state)
{
    (void)state;
    struct bytebuf out = {0};
    assert_string_equal(take(false, "(?<a>x", "", "", &out),
                        "option: no regular expression: missing closing parenthesis at character 7 "
                        "()");
    assert_string_equal(take(false, "(x)", "", "", &out),
                        "option: the pattern has no named group (name a group: "
                        "(?<bytes__bigint>\\d+))");
    assert_string_equal(take(false, "(?<a__bigit>x)", "", "", &out),
                        "option: field \"a\" of the pattern has the unknown type \"bigit\" "
                        "(did you mean \"bigint\"?)");
    assert_string_equal(take(true, "%{IPV5:a}", "", "", &out),
                        "option: no grok pattern \"IPV5\" (did you mean \"IPV4\", \"IPV6\" or "
                        "\"IP\"?)");
    assert_string_equal(take(true, "%{WORD:a", "", "", &out),
                        "option: grok pattern has \"%{\" without \"}\" ()");
    assert_string_equal(take(true, "%{WORD}", "", "", &out),
                        "option: the pattern has no named group (name a field: "
                        "%{NUMBER:bytes:int})");
    assert_string_equal(take(true, "%{A:x}", "A %{B}\nB %{A}\n", "", &out),
                        "limit: grok patterns are nested deeper than 16 at \"A\" ()");
    assert_string_equal(take(true, "%{A:x}",
                             "A %{B}%{B}%{B}%{B}%{B}%{B}%{B}%{B}%{B}\n"
                             "B %{C}%{C}%{C}%{C}%{C}%{C}%{C}%{C}%{C}\n"
                             "C %{D}%{D}%{D}%{D}%{D}%{D}%{D}%{D}%{D}\n"
                             "D %{E}%{E}%{E}%{E}%{E}%{E}%{E}%{E}%{E}\n"
                             "E %{WORD}%{WORD}%{WORD}%{WORD}\n",
                             "", &out),
                        "limit: grok pattern becomes longer than 32768 bytes ()");
    bytebuf_release(&out);
}

static void test_grok_fields(void **state)
{
    (void)state;
    struct bytebuf out = {0};
    assert_string_equal(take(true, "%{WORD:a} %{NUMBER:b:float} (?<c__int>\\d+)", "", "x 1.5 7",
                             &out),
                        "a TEXT=x, b DOUBLE=1.5, c BIGINT=7");
    /* Own patterns come first and may use others; fields of one name are one field. */
    assert_string_equal(take(true, "(?:%{WORD:v:text}=%{PAIR}|%{PAIR})",
                             "# mine\n\nPAIR <%{INT:v}>\nINT [a-z]+\n", "<abc>", &out),
                        "v TEXT=abc");
    assert_string_equal(take(true, "%{SYSLOGLINE}", "", "Dec 10 06:55:46 web1 sshd[7]: hi", &out),
                        "timestamp TIMESTAMP=Dec 10 06:55:46, logsource TEXT=web1, "
                        "program TEXT=sshd, pid BIGINT=7, message TEXT=hi");
    bytebuf_release(&out);
}

TEST_MAIN(cmocka_unit_test(test_every_pattern_has_examples), cmocka_unit_test(test_regex_groups),
          cmocka_unit_test(test_wrong_patterns), cmocka_unit_test(test_grok_fields))
