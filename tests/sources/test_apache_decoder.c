/* Tests of sources/apache_decoder.c, apache_line.h and apache_error_decoder.c. */
#include <stdio.h>

#include "sources/csv_decoder.h"
#include "sources/sources.h"
#include "tests/sources/decoding.h"
#include "tests/support/testing.h"

static void expect(const struct decoder_kind *kind, const char *columns, const char *options,
                   const char *text, const char *rows, const char *rejects)
{
    struct decoding d;
    decoding_init(&d, kind, columns, options);
    assert_int_equal(decoding_run(&d, slice_text(text), NULL, 0), OK);
    assert_string_equal(decoding_rows(&d), rows);
    assert_string_equal(decoding_rejects(&d), rejects);
    decoding_release(&d);
}

#define HEAD "h - - [17/May/2015:10:05:03 +0000] "

static void test_requests(void **state)
{
    (void)state;
    const char *columns = "method TEXT, path TEXT, protocol TEXT, request TEXT";
    expect(&apache_decoder_kind, columns, NULL,
           HEAD "\"GET /a b HTTP/1.1\" 200 1\n" HEAD "\"get / HTTP/1.1\" 200 1\n" HEAD
                "\"GET /\" 200 1\n" HEAD "\"\" 400 0\n" HEAD "\"GET HTTP/1.1\" 400 0\n" HEAD
                "\"GET / FTP/1.1\" 400 0\n" HEAD "\"M-SEARCH * HTTP/1.1\" 200 0\n",
           "0: GET, /a b, HTTP/1.1, GET /a b HTTP/1.1\n"
           "61: NULL, get / HTTP/1.1, NULL, get / HTTP/1.1\n"
           "119: NULL, GET /, NULL, GET /\n"
           "168: NULL, , NULL, \n"
           "212: NULL, GET HTTP/1.1, NULL, GET HTTP/1.1\n"
           "268: NULL, GET / FTP/1.1, NULL, GET / FTP/1.1\n"
           "325: M-SEARCH, *, HTTP/1.1, M-SEARCH * HTTP/1.1\n",
           "");
}

static void test_heads(void **state)
{
    (void)state;
    const char *tail = " [17/May/2015:10:05:03 +0000] \"GET / HTTP/1.1\" 200 1\n";
    char text[512];
    snprintf(text, sizeof text, "h i u%sh - John Smith%sh%sh -%s", tail, tail, tail, tail);
    expect(&apache_decoder_kind, "host TEXT, ident TEXT, user TEXT", NULL, text,
           "0: h, i, u\n58: h, NULL, John Smith\n125: h, NULL, NULL\n179: h, NULL, NULL\n", "");
    snprintf(text, sizeof text, "v:80 h - u%s", tail);
    expect(&apache_decoder_kind, "host TEXT, user TEXT", "variant=vhost", text, "0: h, u\n", "");
    expect(&apache_decoder_kind, "vhost TEXT, host TEXT, user TEXT", NULL, text, "0: v:80, h, u\n",
           "");
}

static void test_bad_lines(void **state)
{
    (void)state;
    expect(&apache_decoder_kind, "status BIGINT, bytes BIGINT, agent TEXT", NULL,
           "plain text\n\n[17/May/2015:10:05:03 +0000] x\n" HEAD "GET /\n" HEAD
           "\"GET / HTTP/1.1\n" HEAD "\"x\" 200\n" HEAD "\"x\" 200 \n" HEAD "\"x\" 2x0 5\n" HEAD
           "\"x\" 200 5 \"ref\n" HEAD "\"x\" 200 5 \"ref\" \"agent\n" HEAD "\"x\" 200 5 0.3\n" HEAD
           "\"x\" 200 5 \"r\" \"a\" \"more\" 7\n" HEAD "\"x\" - - \"r\" \"back\\\\\"\n",
           "267: 200, 5, NULL\n317: 200, 5, agent\n375: 200, 5, NULL\n424: 200, 5, a\n486: NULL, "
           "NULL, back\\\\\n",
           "0 - no [time] [plain text]\n"
           "12 - no [time] [[17/May/2015:10:05:03 +0000] x]\n"
           "43 - no quoted request [h - - [17/May/2015:10:05:03 +0000] GET /]\n"
           "84 - unterminated quote [h - - [17/May/2015:10:05:03 +0000] \"GET / HTTP/1.1]\n"
           "135 - no status and size [h - - [17/May/2015:10:05:03 +0000] \"x\" 200]\n"
           "178 - no status and size [h - - [17/May/2015:10:05:03 +0000] \"x\" 200 ]\n"
           "222 status bad number [h - - [17/May/2015:10:05:03 +0000] \"x\" 2x0 5]\n");
}

static void test_other_stamps(void **state)
{
    (void)state;
    expect(&nginx_decoder_kind, "ts TIMESTAMP", "timestamp=iso",
           "h - - [2015-05-17T10:05:03+02:00] \"x\" 200 5\n", "0: 2015-05-17T08:05:03Z\n", "");
    expect(&apache_decoder_kind, "ts TIMESTAMP", NULL, "h - - [yesterday] \"x\" 200 5\n", "",
           "0 ts bad timestamp [h - - [yesterday] \"x\" 200 5]\n");
}

static void test_columns_go_by_name(void **state)
{
    (void)state;
    struct decoding d;
    decoding_init(&d, &nginx_decoder_kind, "staus BIGINT", NULL);
    assert_int_equal(decoding_run(&d, slice_text(""), NULL, 0), ERR_OPTION);
    assert_string_equal(d.err.text, "format nginx has no column \"staus\"");
    assert_string_equal(d.err.hint, "did you mean \"status\"?");
    decoding_release(&d);
    decoding_init(&d, &apache_decoder_kind, "status BIGINT", "variant=short");
    assert_int_equal(decoding_run(&d, slice_text(""), NULL, 0), ERR_OPTION);
    decoding_release(&d);
}

static void test_infer(void **state)
{
    (void)state;
    struct decoding d;
    int time_column = -1;
    decoding_init(&d, &apache_decoder_kind, NULL, NULL);
    assert_int_equal(decoding_infer(&d, slice_text(""), &time_column), OK);
    assert_int_equal(d.schema.n, 11);
    assert_int_equal(time_column, 3);
    decoding_release(&d);
    decoding_init(&d, &apache_decoder_kind, NULL, NULL);
    struct slice sample = slice_text("v:80 " HEAD "\"x\" 200 5\n");
    assert_int_equal(decoding_infer(&d, sample, &time_column), OK);
    assert_int_equal(d.schema.n, 12);
    assert_int_equal(time_column, 4);
    assert_non_null(options_find(&d.options, "variant"));
    decoding_release(&d);
}

static void test_cut_anywhere(void **state)
{
    (void)state;
    const char *text = HEAD "\"GET / HTTP/1.1\" 200 1 \"a[\\\"]\" \"b\"\r\n" HEAD "\"x\n\n" HEAD
                            "\"y\" 200 - \"-\" \"\"\r\nlast";
    const char *needles[] = {"", "200"};
    for (int k = 0; k < 2; k++) {
        struct decoding whole;
        const char *columns = "path TEXT, bytes BIGINT, referer TEXT, agent TEXT";
        decoding_init(&whole, &apache_decoder_kind, columns, NULL);
        whole.config.needle = slice_text(needles[k]);
        assert_int_equal(decoding_run(&whole, slice_text(text), NULL, 0), OK);
        assert_int_equal(whole.n_rows, 2);
        assert_int_equal(whole.n_rejects, k == 0 ? 2 : 0);
        for (size_t cut = 0; cut < strlen(text); cut++) {
            struct decoding d;
            decoding_init(&d, &apache_decoder_kind, columns, NULL);
            d.config.needle = slice_text(needles[k]);
            d.batch_rows = 1;
            assert_int_equal(decoding_run(&d, slice_text(text), &cut, 1), OK);
            assert_string_equal(decoding_rows(&d), decoding_rows(&whole));
            assert_string_equal(decoding_rejects(&d), decoding_rejects(&whole));
            decoding_release(&d);
        }
        decoding_release(&whole);
    }
}

/* ---- error logs ----------------------------------------------------------------------------- */

static void test_error_lines(void **state)
{
    (void)state;
    expect(&apache_error_decoder_kind,
           "level TEXT, module TEXT, pid BIGINT, tid BIGINT, client TEXT, message TEXT", NULL,
           "[Sun Dec 04 04:47:44 2005] [error] [mod_x] [client 1.2.3.4] hidden\n"
           "[Sun Dec 04 04:47:44 2005] [:notice] [pid 7] [client ::1:80] \n"
           "[Sun Dec 04 04:47:44 2005] [ssl:warn]\n"
           "[Sun Dec 04 04:47:44 2005] no level\n"
           "a continuation\n"
           "\n"
           "[Sun Dec 04 04:47:44 2005] [error] [pid x] y\n",
           "0: error, NULL, NULL, NULL, NULL, [mod_x] [client 1.2.3.4] hidden\n"
           "67: notice, NULL, 7, NULL, ::1:80, \n"
           "129: warn, ssl, NULL, NULL, NULL, \n",
           "167 - no [level] [[Sun Dec 04 04:47:44 2005] no level]\n"
           "203 - no [time] [a continuation]\n"
           "219 pid bad number [[Sun Dec 04 04:47:44 2005] [error] [pid x] y]\n");
}

/* ---- real logs against their truth ---------------------------------------------------------- */

static bool load(const char *path, struct bytebuf *out)
{
    const struct fs *fs = fs_system();
    int fd;
    size_t n;
    if (fs->open(fs, path, FS_READ, &fd, NULL) != OK) {
        return false;
    }
    do {
        assert_int_equal(fs->read(fs, fd, bytebuf_reserve(out, 65536), 65536, &n, NULL), OK);
        out->len += n;
    } while (n > 0);
    fs->close(fs, fd);
    return true;
}

enum { GROUPS_MAX = 1000 };

struct group {
    int64_t start_s;
    struct slice key;
    int64_t n;
};

static void count_row(struct group *groups, uint32_t *n_groups, int64_t start_s, struct slice key)
{
    uint32_t i = 0;
    while (i < *n_groups && (groups[i].start_s != start_s || !slice_equal(groups[i].key, key))) {
        i++;
    }
    if (i == *n_groups) {
        assert_true(i < GROUPS_MAX);
        groups[(*n_groups)++] = (struct group){.start_s = start_s, .key = key};
    }
    groups[i].n++;
}

/* Counts rows by window and TEXT column of the whole log. */
static uint32_t count_log(struct decoding *d, struct slice log, int64_t window_s,
                          struct group *groups)
{
    uint32_t n_groups = 0;
    uint32_t n;
    struct decoder *decoder;
    assert_int_equal(decoder_open(d->kind, &d->config, &decoder, &d->err), OK);
    assert_int_equal(decoder_block(decoder, log, true), log.len);
    while ((n = decoder_next(decoder, BATCH_ROWS)) > 0) {
        struct column ts;
        struct column key;
        uint64_t reject[BATCH_WORDS] = {0};
        decoder_column(decoder, &d->arena, 0, NULL, n, &ts, reject);
        decoder_column(decoder, &d->arena, 1, NULL, n, &key, reject);
        for (uint32_t i = 0; i < n; i++) {
            int64_t second = ts.i64[i] / US_PER_SECOND;
            count_row(groups, &n_groups, second - second % window_s, text_slice(key.text[i]));
        }
    }
    assert_string_equal(decoding_rejects(d), "");
    decoder_close(decoder);
    return n_groups;
}

static void compare_with_truth(struct group *groups, uint32_t n_groups, struct slice truth)
{
    struct decoding d;
    struct decoder *decoder;
    decoding_init(&d, &csv_decoder_kind, "window_start BIGINT, key TEXT, n BIGINT", "header=true");
    assert_int_equal(decoder_open(d.kind, &d.config, &decoder, &d.err), OK);
    assert_int_equal(decoder_block(decoder, truth, true), truth.len);
    assert_int_equal(decoder_next(decoder, BATCH_ROWS), n_groups);
    struct column columns[3];
    uint64_t reject[BATCH_WORDS] = {0};
    for (uint32_t col = 0; col < 3; col++) {
        decoder_column(decoder, &d.arena, col, NULL, n_groups, &columns[col], reject);
    }
    for (uint32_t i = 0; i < n_groups; i++) {
        int64_t found = 0;
        for (uint32_t j = 0; j < n_groups; j++) {
            if (groups[j].start_s == columns[0].i64[i] &&
                slice_equal(groups[j].key, text_slice(columns[1].text[i]))) {
                found = groups[j].n;
            }
        }
        assert_int_equal(found, columns[2].i64[i]);
    }
    decoder_close(decoder);
    decoding_release(&d);
}

static void check_log(const struct decoder_kind *kind, const char *columns, int64_t window_s,
                      const char *log_path, const char *truth_path)
{
    struct bytebuf log = {0};
    struct bytebuf truth = {0};
    if (!load(log_path, &log) || !load(truth_path, &truth)) {
        bytebuf_release(&log);
        puts("skipped: no ../shared");
        skip();
    }
    struct decoding d;
    struct group *groups = mem_zalloc(GROUPS_MAX * sizeof *groups);
    decoding_init(&d, kind, columns, NULL);
    uint32_t n_groups = count_log(&d, bytebuf_slice(&log), window_s, groups);
    compare_with_truth(groups, n_groups, bytebuf_slice(&truth));
    decoding_release(&d);
    mem_free(groups);
    bytebuf_release(&log);
    bytebuf_release(&truth);
}

static void test_access_log(void **state)
{
    (void)state;
    check_log(&apache_decoder_kind, "ts TIMESTAMP, status TEXT", 3600,
              "../shared/data/logs/access_10k.log",
              "../shared/data/truth/access_log_tumble_1h_by_status.csv");
}

static void test_error_log(void **state)
{
    (void)state;
    check_log(&apache_error_decoder_kind, "ts TIMESTAMP, level TEXT", 600,
              "../shared/data/logs/Apache_2k.log",
              "../shared/data/truth/apache_error_log_tumble_10m_by_level.csv");
}

TEST_MAIN(cmocka_unit_test(test_requests), cmocka_unit_test(test_heads),
          cmocka_unit_test(test_bad_lines), cmocka_unit_test(test_other_stamps),
          cmocka_unit_test(test_columns_go_by_name), cmocka_unit_test(test_infer),
          cmocka_unit_test(test_cut_anywhere), cmocka_unit_test(test_error_lines),
          cmocka_unit_test(test_access_log), cmocka_unit_test(test_error_log))
