/* Tests of engine/data/zone.h: local time of the system's zones, and damaged files from a fs made
 * here. Tests that need the system's zones say so and are skipped where there are none. */
#include "engine/data/zone.h"

#include <stdio.h>
#include <string.h>

#include "engine/base/bytebuf.h"
#include "engine/base/clock.h"
#include "engine/data/timestamp.h"
#include "engine/data/zone_rule.h"
#include "tests/support/rng.h"
#include "tests/support/testing.h"

static int setup(void **state)
{
    static struct arena arena;
    arena_init(&arena);
    *state = &arena;
    return 0;
}

static int teardown(void **state)
{
    arena_release(*state);
    return 0;
}

static int64_t at(const char *text)
{
    struct time_format iso = {.layout = TIME_ISO};
    struct time_cache cache = {0};
    int64_t us = 0;
    assert_true(time_parse(&iso, &cache, slice_text(text), &us));
    return us;
}

static const struct zone *load(struct arena *arena, const char *name)
{
    const struct zone *zone = NULL;
    struct error err;
    if (zone_load(arena, fs_system(), slice_text(name), &zone, &err) != OK) {
        print_message("skipped: no zone %s here\n", name);
        skip();
    }
    return zone;
}

struct local_case {
    const char *local;
    const char *utc;
    int back; /* 1 if utc also gives this local time */
};

static void check_locals(const struct zone *zone, const struct local_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int64_t local = at(cases[i].local);
        int64_t utc = at(cases[i].utc);
        if (zone_to_utc_us(zone, local) != utc) {
            fail_msg("%s %s is not %s", zone_name(zone), cases[i].local, cases[i].utc);
        }
        assert_true((utc + zone_offset_us(zone, utc) == local) == (cases[i].back == 1));
    }
}

#define CHECK_LOCALS(zone, cases) check_locals(zone, cases, sizeof(cases) / sizeof(cases)[0])

static void test_berlin(void **state)
{
    static const struct local_case cases[] = {
        {"2026-01-05T09:00:00", "2026-01-05T08:00:00Z", 1},
        {"2026-07-05T09:00:00", "2026-07-05T07:00:00Z", 1},
        {"2026-03-29T01:59:59.999999", "2026-03-29T00:59:59.999999Z", 1},
        {"2026-03-29T02:00:00", "2026-03-29T01:00:00Z", 0}, /* skipped: 03:00 */
        {"2026-03-29T02:30:00", "2026-03-29T01:30:00Z", 0}, /* skipped: 03:30 */
        {"2026-03-29T03:00:00", "2026-03-29T01:00:00Z", 1},
        {"2026-10-25T01:59:59", "2026-10-24T23:59:59Z", 1},
        {"2026-10-25T02:00:00", "2026-10-25T00:00:00Z", 1}, /* twice: the first */
        {"2026-10-25T02:59:59", "2026-10-25T00:59:59Z", 1},
        {"2026-10-25T03:00:00", "2026-10-25T02:00:00Z", 1},
        {"1893-03-31T12:00:00", "1893-03-31T11:06:32Z", 1}, /* local mean time */
        {"1945-05-24T04:00:00", "1945-05-24T01:00:00Z", 1}, /* double summer time */
        {"2500-01-05T09:00:00", "2500-01-05T08:00:00Z", 1}, /* by the rule */
        {"2500-07-05T09:00:00", "2500-07-05T07:00:00Z", 1},
    };
    const struct zone *zone = load(*state, "Europe/Berlin");
    assert_string_equal(zone_name(zone), "Europe/Berlin");
    CHECK_LOCALS(zone, cases);
}

static int64_t day_hours_x2(const struct zone *zone, const char *day, const char *next)
{
    return (zone_to_utc_us(zone, at(next)) - zone_to_utc_us(zone, at(day))) * 2 / US_PER_HOUR;
}

static void test_days_of_23_and_25_hours(void **state)
{
    const struct zone *berlin = load(*state, "Europe/Berlin");
    assert_int_equal(day_hours_x2(berlin, "2026-03-29", "2026-03-30"), 46);
    assert_int_equal(day_hours_x2(berlin, "2026-10-25", "2026-10-26"), 50);
    assert_int_equal(day_hours_x2(berlin, "2026-10-26", "2026-10-27"), 48);
    assert_int_equal(day_hours_x2(berlin, "2400-03-26", "2400-03-27"), 46); /* by the rule */
}

static void test_lord_howe_shifts_half_an_hour(void **state)
{
    static const struct local_case cases[] = {
        {"2026-01-05T09:00:00", "2026-01-04T22:00:00Z", 1},
        {"2026-07-05T09:00:00", "2026-07-04T22:30:00Z", 1},
        {"2026-10-04T01:59:59", "2026-10-03T15:29:59Z", 1},
        {"2026-10-04T02:15:00", "2026-10-03T15:45:00Z", 0}, /* skipped: 02:45 */
        {"2026-10-04T02:30:00", "2026-10-03T15:30:00Z", 1},
        {"2026-04-05T01:45:00", "2026-04-04T14:45:00Z", 1}, /* twice: the first */
        {"2026-04-05T02:00:00", "2026-04-04T15:30:00Z", 1},
        {"2300-01-05T09:00:00", "2300-01-04T22:00:00Z", 1},
    };
    const struct zone *zone = load(*state, "Australia/Lord_Howe");
    CHECK_LOCALS(zone, cases);
    assert_int_equal(day_hours_x2(zone, "2026-10-04", "2026-10-05"), 47);
    assert_int_equal(day_hours_x2(zone, "2026-04-05", "2026-04-06"), 49);
}

/* Every instant has a local time; where that time is unique, it leads back. */
static void test_round_trip(void **state)
{
    static const char *const names[] = {"Europe/Berlin",     "America/New_York", "Asia/Kolkata",
                                        "Africa/Casablanca", "Pacific/Apia",     "Europe/Dublin"};
    struct rng rng;
    rng_init(&rng);
    for (size_t k = 0; k < sizeof names / sizeof names[0]; k++) {
        const struct zone *zone = load(*state, names[k]);
        for (int i = 0; i < 3000; i++) {
            int64_t utc = at("1900-01-01T00:00:00Z") +
                          (int64_t)rng_below(&rng, (uint64_t)(400 * 365) * US_PER_DAY);
            int64_t offset = zone_offset_us(zone, utc);
            int64_t back = zone_to_utc_us(zone, utc + offset);
            /* The other reading of a time that exists twice is earlier, by hours at most. */
            RNG_CHECK(&rng, back <= utc && utc - back <= US_PER_DAY);
            RNG_CHECK(&rng, back + zone_offset_us(zone, back) == utc + offset);
        }
    }
}

static void test_fixed_offsets(void **state)
{
    static const struct {
        const char *name;
        int64_t minutes;
    } cases[] = {{"UTC", 0},      {"utc", 0},     {"Z", 0},         {"GMT", 0},
                 {"+02:00", 120}, {"+0530", 330}, {"-03:30", -210}, {"+02", 120}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct zone *zone;
        struct error err;
        struct fs no_files = {0}; /* none is asked for */
        assert_int_equal(zone_load(*state, &no_files, slice_text(cases[i].name), &zone, &err), OK);
        assert_string_equal(zone_name(zone), cases[i].name);
        assert_int_equal(zone_offset_us(zone, 0), cases[i].minutes * US_PER_MINUTE);
        assert_int_equal(zone_to_utc_us(zone, 0), -cases[i].minutes * US_PER_MINUTE);
    }
}

/* ---- a file system of three files ------------------------------------------------------------ */

struct memory_fs {
    struct fs fs;
    struct slice zone; /* the content of …/Test/Zone */
    struct slice list; /* the content of …/tzdata.zi */
    struct slice open;
    unsigned n_open;
};

static enum status memory_open(const struct fs *fs, const char *path, unsigned flags, int *fd,
                               struct error *err)
{
    struct memory_fs *memory = (struct memory_fs *)fs;
    (void)flags;
    if (strstr(path, "/Test/Zone") != NULL) {
        memory->open = memory->zone;
    } else if (strstr(path, "/tzdata.zi") != NULL) {
        memory->open = memory->list;
    } else {
        return error_set(err, ERR_IO, "no \"%s\"", path);
    }
    memory->n_open++;
    *fd = 3;
    return OK;
}

/* A few bytes at a time. */
static enum status memory_read(const struct fs *fs, int fd, void *to, size_t max, size_t *n,
                               struct error *err)
{
    struct memory_fs *memory = (struct memory_fs *)fs;
    (void)fd;
    (void)err;
    size_t left = memory->open.len;
    *n = left < max ? left : max;
    *n = *n < 7 ? *n : 7;
    memcpy(to, memory->open.at, *n);
    memory->open = slice_of(memory->open.at + *n, left - *n);
    return OK;
}

static void memory_close(const struct fs *fs, int fd)
{
    (void)fd;
    ((struct memory_fs *)fs)->n_open--;
}

static void memory_init(struct memory_fs *memory, struct slice zone)
{
    static const char list[] = "# version test\n"
                               "R E 1977 1980 - Ap Su>=1 1u 1 S\n"
                               "Z Europe/Berlin 0:53:28 - LMT 1893 Ap\n"
                               "Z America/New_York -4:56:2 - LMT 1883 N 18 17u\n"
                               "L Europe/Berlin Europe/Copenhagen\n";
    *memory = (struct memory_fs){
        .fs = {.open = memory_open, .read = memory_read, .close = memory_close},
        .zone = zone,
        .list = slice_of(list, sizeof list - 1),
    };
}

static void test_unknown_names_get_near_ones(void **state)
{
    static const struct {
        const char *name;
        const char *hint;
    } cases[] = {
        {"Europe/Berln", "did you mean Europe/Berlin?"},
        {"europe/berlin", "did you mean Europe/Berlin?"},
        {"Berlin", "did you mean Europe/Berlin?"},
        {"Copenhage", "did you mean Europe/Copenhagen?"},
        {"New_York", "did you mean America/New_York?"},
        {"Mars/Olympus", "a name such as Europe/Berlin or an offset such as +02:00"},
        {"../../etc/passwd", "a name such as Europe/Berlin or an offset such as +02:00"},
        {"/etc/localtime", "a name such as Europe/Berlin or an offset such as +02:00"},
        {"", "a name such as Europe/Berlin or an offset such as +02:00"},
        {"+25:00", "a name such as Europe/Berlin or an offset such as +02:00"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct memory_fs memory;
        const struct zone *zone = NULL;
        struct error err;
        memory_init(&memory, slice_of(NULL, 0));
        assert_int_equal(zone_load(*state, &memory.fs, slice_text(cases[i].name), &zone, &err),
                         ERR_OPTION);
        assert_null(zone);
        assert_non_null(strstr(err.text, cases[i].name));
        assert_string_equal(err.hint, cases[i].hint);
        assert_int_equal(memory.n_open, 0);
    }
}

static void put_be(struct bytebuf *buf, uint64_t value, unsigned bytes)
{
    while (bytes-- > 0) {
        bytebuf_add_byte(buf, (uint8_t)(value >> (8 * bytes)));
    }
}

static void put_header(struct bytebuf *buf, uint32_t n_transitions, uint32_t n_types)
{
    bytebuf_add(buf, "TZif2", 5);
    for (int i = 0; i < 15; i++) {
        bytebuf_add_byte(buf, 0);
    }
    put_be(buf, 0, 4);
    put_be(buf, 0, 4);
    put_be(buf, 0, 4);
    put_be(buf, n_transitions, 4);
    put_be(buf, n_types, 4);
    put_be(buf, 4, 4);
}

/* One hour east; two from 1000 s on; then the rule: three hours, four in January. */
static void put_zone(struct bytebuf *buf)
{
    put_header(buf, 0, 1); /* the block of version 1, to be skipped */
    put_be(buf, 0, 6);
    bytebuf_add(buf, "UTC", 4);
    put_header(buf, 2, 2);
    put_be(buf, 1000, 8);
    put_be(buf, 2000, 8);
    bytebuf_add(buf, "\1\0", 2);
    put_be(buf, 3600, 4);
    put_be(buf, 0, 2);
    put_be(buf, 7200, 4);
    put_be(buf, 0, 2);
    bytebuf_add(buf, "ABC", 4);
    bytebuf_add_text(buf, "\n<X>-3<Y>,0/0,J31/24\n");
}

static void test_table_then_rule(void **state)
{
    struct bytebuf file = {0};
    struct memory_fs memory;
    const struct zone *zone;
    struct error err;
    put_zone(&file);
    memory_init(&memory, bytebuf_slice(&file));
    assert_int_equal(zone_load(*state, &memory.fs, slice_text("Test/Zone"), &zone, &err), OK);
    bytebuf_release(&file); /* nothing points there */
    assert_int_equal(zone_offset_us(zone, 999 * US_PER_SECOND), US_PER_HOUR);
    assert_int_equal(zone_offset_us(zone, 1000 * US_PER_SECOND - 1), US_PER_HOUR);
    assert_int_equal(zone_offset_us(zone, 1000 * US_PER_SECOND), 2 * US_PER_HOUR);
    assert_int_equal(zone_offset_us(zone, INT64_MIN), US_PER_HOUR);
    assert_int_equal(zone_offset_us(zone, at("1970-01-05T00:00:00Z")), 4 * US_PER_HOUR);
    assert_int_equal(zone_offset_us(zone, at("1980-02-05T00:00:00Z")), 3 * US_PER_HOUR);
    assert_int_equal(memory.n_open, 0);
}

/* Cut anywhere, or with any byte changed: an error or a zone, never a crash. */
static void test_damaged_files(void **state)
{
    struct bytebuf file = {0};
    struct memory_fs memory;
    const struct zone *zone;
    struct error err;
    put_zone(&file);
    for (size_t len = 0; len < file.len; len++) {
        memory_init(&memory, slice_of(file.at, len));
        assert_int_equal(zone_load(*state, &memory.fs, slice_text("Test/Zone"), &zone, &err),
                         ERR_OPTION);
    }
    for (size_t i = 0; i < file.len; i++) {
        uint8_t byte = file.at[i];
        for (unsigned flip = 1; flip < 256; flip = flip * 3 + 1) {
            file.at[i] = byte ^ (uint8_t)flip;
            memory_init(&memory, bytebuf_slice(&file));
            if (zone_load(*state, &memory.fs, slice_text("Test/Zone"), &zone, &err) == OK) {
                int64_t offset = zone_offset_us(zone, at("2026-01-05T00:00:00Z"));
                assert_in_range(offset + 8 * US_PER_DAY, US_PER_DAY, 15 * US_PER_DAY);
            }
        }
        file.at[i] = byte;
    }
    bytebuf_release(&file);
}

/* ---- rules
 * ---------------------------------------------------------------------------------------- */

static int32_t rule_offset(const char *rule, const char *time)
{
    struct zone_rule parsed;
    if (!zone_rule_parse(slice_text(rule), &parsed)) {
        fail_msg("\"%s\" should be a rule", rule);
    }
    return zone_rule_offset(&parsed, at(time) / US_PER_SECOND) / 60;
}

static void test_rules(void **state)
{
    (void)state;
    static const char berlin[] = "CET-1CEST,M3.5.0,M10.5.0/3";
    assert_int_equal(rule_offset(berlin, "2026-03-29T00:59:59Z"), 60);
    assert_int_equal(rule_offset(berlin, "2026-03-29T01:00:00Z"), 120);
    assert_int_equal(rule_offset(berlin, "2026-10-25T00:59:59Z"), 120);
    assert_int_equal(rule_offset(berlin, "2026-10-25T01:00:00Z"), 60);
    static const char sydney[] = "AEST-10AEDT,M10.1.0,M4.1.0/3";
    assert_int_equal(rule_offset(sydney, "2026-01-01T00:00:00Z"), 660);
    assert_int_equal(rule_offset(sydney, "2026-06-01T00:00:00Z"), 600);
    assert_int_equal(rule_offset(sydney, "2025-12-31T20:00:00Z"), 660);
    assert_int_equal(rule_offset("<-03>3", "2026-06-01T00:00:00Z"), -180);
    assert_int_equal(rule_offset("IST-5:30", "2026-06-01T00:00:00Z"), 330);
    /* Summer by negative shift, hours below zero and above a day (RFC 8536 §3.3.1). */
    assert_int_equal(rule_offset("IST-1GMT0,M10.5.0,M3.5.0/1", "2026-01-05T00:00:00Z"), 0);
    assert_int_equal(rule_offset("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2026-03-29T01:00:00Z"), -60);
    assert_int_equal(rule_offset("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2026-03-29T00:59:59Z"), -120);
    /* J60 is 1 March in every year, 59 is in common years only. */
    assert_int_equal(rule_offset("AAA0BBB,J60/0,J365", "2024-02-29T23:59:59Z"), 0);
    assert_int_equal(rule_offset("AAA0BBB,J60/0,J365", "2024-03-01T00:00:00Z"), 60);
    assert_int_equal(rule_offset("AAA0BBB,59/0,J365", "2024-02-29T00:00:00Z"), 60);
    assert_int_equal(rule_offset("AAA0BBB,59/0,J365", "2026-02-28T23:59:59Z"), 0);
    /* Summer all year. */
    assert_int_equal(rule_offset("EST5EDT,0/0,J365/25", "2026-12-31T23:30:00Z"), -240);
    assert_int_equal(rule_offset("EST5EDT,0/0,J365/25", "2026-01-01T05:00:00Z"), -240);
}

static void test_bad_rules(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "CET",
                                      "CE-1",
                                      "CET-1CEST",
                                      "CET-1CEST,M3.5.0",
                                      "CET-1CEST,M13.5.0,M10.5.0",
                                      "CET-1CEST,M3.6.0,M10.5.0",
                                      "CET-1CEST,M3.5.7,M10.5.0",
                                      "CET-1CEST,J0,J5",
                                      "CET-1CEST,366,5",
                                      "<X-1",
                                      "CET-1 ",
                                      "CET-168",
                                      "CET-1CEST,M3.5.0,M10.5.0,"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct zone_rule rule;
        if (zone_rule_parse(slice_text(bad[i]), &rule)) {
            fail_msg("\"%s\" is no rule", bad[i]);
        }
    }
}

TEST_MAIN(cmocka_unit_test_setup_teardown(test_berlin, setup, teardown),
          cmocka_unit_test_setup_teardown(test_days_of_23_and_25_hours, setup, teardown),
          cmocka_unit_test_setup_teardown(test_lord_howe_shifts_half_an_hour, setup, teardown),
          cmocka_unit_test_setup_teardown(test_round_trip, setup, teardown),
          cmocka_unit_test_setup_teardown(test_fixed_offsets, setup, teardown),
          cmocka_unit_test_setup_teardown(test_unknown_names_get_near_ones, setup, teardown),
          cmocka_unit_test_setup_teardown(test_table_then_rule, setup, teardown),
          cmocka_unit_test_setup_teardown(test_damaged_files, setup, teardown),
          cmocka_unit_test(test_rules), cmocka_unit_test(test_bad_rules))
