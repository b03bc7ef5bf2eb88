/* Tests of strptime patterns: time_format_init and time_parse (engine/data/timestamp.h). */
#include <string.h>

#include "engine/data/timestamp.h"
#include "tests/support/testing.h"

static void test_specs_that_mean_a_layout(void **state)
{
    (void)state;
    static const struct {
        const char *spec;
        enum time_layout layout;
    } cases[] = {
        {"iso", TIME_ISO},
        {"ISO", TIME_ISO},
        {"epoch_s", TIME_EPOCH_S},
        {"epoch_ms", TIME_EPOCH_MS},
        {"epoch_us", TIME_EPOCH_US},
        {"epoch_ns", TIME_EPOCH_NS},
        {"clf", TIME_CLF},
        {"apache", TIME_CLF},
        {"asctime", TIME_ASCTIME},
        {"syslog", TIME_SYSLOG},
        {"%Y-%m-%dT%H:%M:%S", TIME_ISO},
        {"%d/%b/%Y:%H:%M:%S %z", TIME_CLF},
        {"%a %b %d %H:%M:%S %Y", TIME_ASCTIME},
        {"%b %e %H:%M:%S", TIME_SYSLOG},
        {"%d.%m.%Y", TIME_PATTERN},
    };
    struct arena arena;
    struct error err;
    arena_init(&arena);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct time_format format;
        assert_int_equal(time_format_init(&format, &arena, slice_text(cases[i].spec), NULL, &err),
                         OK);
        assert_int_equal(format.layout, cases[i].layout);
    }
    arena_release(&arena);
}

struct pattern_case {
    const char *pattern;
    const char *text;
    const char *expected; /* as timestamp_print writes it; NULL = no stamp */
};

static void check_pattern(struct arena *arena, const struct pattern_case *c)
{
    struct time_format format;
    struct error err;
    struct time_cache cache = {0};
    int64_t us = 0;
    assert_int_equal(time_format_init(&format, arena, slice_text(c->pattern), NULL, &err), OK);
    struct time_format iso = {.layout = TIME_ISO};
    assert_true(time_parse(&iso, &cache, slice_text("2026-01-05T12:00:00Z"), &cache.now_us));
    bool ok = time_parse(&format, &cache, slice_text(c->text), &us);
    if (ok != (c->expected != NULL)) {
        fail_msg("\"%s\" by \"%s\" gave %d", c->text, c->pattern, ok);
    }
    if (ok) {
        struct bytebuf got = {0};
        timestamp_print(&got, us);
        assert_string_equal(bytebuf_text(&got), c->expected);
        bytebuf_release(&got);
    }
}

static void test_directives(void **state)
{
    (void)state;
    static const struct pattern_case cases[] = {
        {"%d.%m.%Y %H:%M:%S", "05.01.2026 09:08:07", "2026-01-05T09:08:07Z"},
        {"%d.%m.%Y %H:%M:%S", "5.1.2026 9:8:7", "2026-01-05T09:08:07Z"},
        {"%d.%m.%Y %H:%M:%S.%f", "05.01.2026 09:08:07.25", "2026-01-05T09:08:07.250Z"},
        {"%d.%m.%Y %H:%M:%S,%L", "05.01.2026 09:08:07,250", "2026-01-05T09:08:07.250Z"},
        {"%e %B %Y", " 5 January 2026", "2026-01-05T00:00:00Z"},
        {"%e %h %Y", "5 jan 2026", "2026-01-05T00:00:00Z"},
        {"%A, %d %b %Y %T %z", "Monday, 05 Jan 2026 09:00:00 +0100", "2026-01-05T08:00:00Z"},
        {"%a, %d %b %Y %T %Z", "Mon, 05 Jan 2026 09:00:00 GMT", "2026-01-05T09:00:00Z"},
        {"%a, %d %b %Y %T %Z", "Mon, 05 Jan 2026 09:00:00 EST", "2026-01-05T14:00:00Z"},
        {"%m/%d/%y %I:%M %p", "01/05/26 12:30 AM", "2026-01-05T00:30:00Z"},
        {"%m/%d/%y %I:%M %p", "01/05/26 12:30 pm", "2026-01-05T12:30:00Z"},
        {"%D %R", "01/05/69 09:00", "1969-01-05T09:00:00Z"},
        {"%F %R", "2026-01-05 09:00", "2026-01-05T09:00:00Z"},
        {"%Y-%j", "2024-060", "2024-02-29T00:00:00Z"},
        {"%Y-%j", "2025-060", "2025-03-01T00:00:00Z"},
        {"%Y%m%d%H%M%S", "20260105090807", "2026-01-05T09:08:07Z"},
        {"%Y-%m", "2026-03", "2026-03-01T00:00:00Z"},
        {"%s", "1700000000", "2023-11-14T22:13:20Z"},
        {"%s.%f", "1700000000.5", "2023-11-14T22:13:20.500Z"},
        {"%s", "-1", "1969-12-31T23:59:59Z"},
        {"%d %b %H:%M", "31 Dec 23:59", "2025-12-31T23:59:00Z"}, /* nearest year */
        {"100%% %Y%n%m%t%d", "100% 2026 \t 01\n05", "2026-01-05T00:00:00Z"},
        {"[%d/%m/%Y]", "[05/01/2026]", "2026-01-05T00:00:00Z"},
        {"%d.%m.%Y %H:%M:%S", "05.01.2026 23:59:60", "2026-01-06T00:00:00Z"},
        {"%d.%m.%Y", "31.02.2026", NULL},
        {"%d.%m.%Y", "05.13.2026", NULL},
        {"%d.%m.%Y", "05.01.0", NULL},
        {"%d.%m.%Y", "05.01.2026 ", NULL},
        {"%d.%m.%Y", "05-01-2026", NULL},
        {"%d.%m.%Y %H", "05.01.2026 24", NULL},
        {"%m/%d/%y %I:%M %p", "01/05/26 13:30 PM", NULL},
        {"%m/%d/%y %I:%M %p", "01/05/26 11:30 XM", NULL},
        {"%Y-%j", "2025-366", NULL},
        {"%Y-%j", "2025-000", NULL},
        {"%d %b %Y %Z", "05 Jan 2026 CEST", NULL}, /* a name with two meanings is refused */
        {"%b %Y", "Foo 2026", NULL},
        {"%s", "99999999999999", NULL},
        {"%a %F", "Mo 2026-01-05", NULL},
    };
    struct arena arena;
    arena_init(&arena);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        check_pattern(&arena, &cases[i]);
    }
    arena_release(&arena);
}

static void test_the_pattern_is_kept(void **state)
{
    (void)state;
    char pattern[] = "%d.%m.%Y";
    struct arena arena;
    struct error err;
    struct time_format format;
    struct time_cache cache = {0};
    int64_t us;
    arena_init(&arena);
    assert_int_equal(time_format_init(&format, &arena, slice_text(pattern), NULL, &err), OK);
    memset(pattern, 'x', sizeof pattern - 1);
    assert_true(time_parse(&format, &cache, slice_text("05.01.2026"), &us));
    arena_release(&arena);
}

static void check_refused(const char *spec, const char *text)
{
    struct arena arena;
    struct error err;
    struct time_format format = {.layout = TIME_CLF};
    arena_init(&arena);
    assert_int_equal(time_format_init(&format, &arena, slice_text(spec), NULL, &err), ERR_OPTION);
    if (strstr(err.text, text) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", err.text, text);
    }
    assert_int_equal(format.layout, TIME_CLF);
    arena_release(&arena);
}

static void test_bad_specs_are_named(void **state)
{
    (void)state;
    check_refused("isoo", "unknown timestamp format \"isoo\"");
    check_refused("", "unknown timestamp format \"\"");
    check_refused("%Y-%m-%d %Q", "unknown directive %Q");
    check_refused("%Y-%m-%d %", "unknown directive %");
    check_refused("%H:%M:%S", "gives no date");
    check_refused("%j", "gives no date");
    check_refused("%d", "gives no date");
}

TEST_MAIN(cmocka_unit_test(test_specs_that_mean_a_layout), cmocka_unit_test(test_directives),
          cmocka_unit_test(test_the_pattern_is_kept), cmocka_unit_test(test_bad_specs_are_named))
