/* entries and changelog: against a list of what was put. */
#include "tests/support/testing.h"

#include "engine/base/mem.h"
#include "engine/state/changelog_groups.h"
#include "engine/state/entries.h"
#include "tests/support/rng.h"

enum { OPERATORS = 3, SECTIONS = 4, KEYS = 20, CELLS = OPERATORS * SECTIONS * KEYS, LOGS = 40 };

/* 0 = not there. */
struct model {
    uint32_t values[CELLS];
};

static uint32_t cell_of(uint32_t op, uint32_t section, uint32_t key)
{
    return (op * SECTIONS + section) * KEYS + key;
}

static void put_key(struct bytebuf *out, uint32_t key)
{
    bytebuf_printf(out, key % 2 == 0 ? "%u" : "a key that is longer than those kept inline %u",
                   key);
}

static void change(struct rng *rng, struct changelog *log, uint32_t *values)
{
    uint32_t key = (uint32_t)rng_below(rng, KEYS);
    if (rng_once_in(rng, 3)) {
        changelog_erase(log);
        put_key(log->out, key);
        changelog_done(log);
        values[key] = 0;
        return;
    }
    values[key] = 1 + (uint32_t)rng_below(rng, 1000);
    changelog_put(log, (uint8_t)key);
    put_key(log->out, key);
    changelog_value(log);
    codec_put_u32(log->out, values[key]);
    changelog_done(log);
}

static void change_section(struct rng *rng, struct changelog *log, uint32_t *values)
{
    if (rng_once_in(rng, 5)) {
        changelog_drop(log);
        memset(values, 0, KEYS * sizeof *values);
    }
    for (uint64_t n = rng_below(rng, 8); n > 0; n--) {
        change(rng, log, values);
    }
}

static void make_log(struct rng *rng, struct model *model, struct bytebuf *out)
{
    struct changelog log = {.out = out};
    for (uint32_t op = 0; op < OPERATORS; op++) {
        if (rng_once_in(rng, 4)) {
            continue;
        }
        changelog_operator(&log, op, 3, slice_text(op == 0 ? "first" : "other"));
        change_section(rng, &log, &model->values[cell_of(op, 0, 0)]);
        for (uint64_t n = rng_below(rng, 5); n > 0; n--) {
            uint32_t section = 1 + (uint32_t)rng_below(rng, SECTIONS - 1);
            changelog_number_section(&log, 's', -(int64_t)section);
            change_section(rng, &log, &model->values[cell_of(op, section, 0)]);
        }
    }
    changelog_end(&log);
}

static uint32_t section_of(struct rng *rng, const struct entry *entry)
{
    struct reader in = reader_of(entry->section);
    if (entry->section.len == 0) {
        return 0;
    }
    RNG_CHECK(rng, reader_u8(&in) == 's');
    uint64_t number = changelog_number(reader_raw(&in, reader_left(&in)), &in);
    RNG_CHECK(rng, reader_ok(&in));
    return (uint32_t)(changelog_signed(0) - number);
}

static void check(struct rng *rng, struct entries *entries, struct model model)
{
    uint32_t n = 0;
    for (uint32_t op = 0; op < OPERATORS; op++) {
        struct entries_walk walk = entries_walk(entries, op);
        struct entry entry;
        struct bytebuf key = {0};
        while (entries_next(&walk, &entry)) {
            struct reader in = reader_of(entry.value);
            bytebuf_clear(&key);
            put_key(&key, entry.group);
            RNG_CHECK(rng, slice_equal(bytebuf_slice(&key), entry.key));
            uint32_t *value = &model.values[cell_of(op, section_of(rng, &entry), entry.group)];
            RNG_CHECK(rng, *value != 0 && *value == reader_u32(&in) && reader_left(&in) == 0);
            *value = 0; /* each comes once */
            n++;
        }
        bytebuf_release(&key);
    }
    RNG_CHECK(rng, n == entries_count(entries));
    for (uint32_t i = 0; i < CELLS; i++) {
        RNG_CHECK(rng, model.values[i] == 0);
    }
}

static void test_model(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng);
    for (uint32_t round = 0; round < 30; round++) {
        struct model model = {.values = {0}};
        struct bytebuf logs[LOGS] = {{0}};
        struct entries *entries = entries_new();
        for (uint32_t i = 0; i < LOGS; i++) {
            if (rng_once_in(&rng, 30)) {
                entries_clear(entries);
                model = (struct model){.values = {0}};
            }
            make_log(&rng, &model, &logs[i]);
            RNG_CHECK(&rng, entries_apply(entries, bytebuf_slice(&logs[i])));
            check(&rng, entries, model);
        }
        entries_free(entries);
        for (uint32_t i = 0; i < LOGS; i++) {
            bytebuf_release(&logs[i]);
        }
    }
}

/* By key group the entries are the same, and each stands in the part of its group. */
static void check_grouped(struct rng *rng, struct slice grouped)
{
    struct reader in = reader_of(grouped);
    struct change change;
    const uint8_t *end = in.at;
    int group = -1;
    while (changelog_next(&in, &change) && change.kind != CHANGE_END) {
        if (change.kind == CHANGE_OPERATOR) {
            group = -1;
        } else if (change.kind == CHANGE_GROUP) {
            RNG_CHECK(rng, change.group > group);
            group = change.group;
            end = in.at + change.bytes;
        } else if (change.kind == CHANGE_PUT) {
            RNG_CHECK(rng, change.group == group && in.at <= end);
        } else {
            RNG_CHECK(rng, change.kind == CHANGE_SECTION);
        }
    }
    RNG_CHECK(rng, reader_ok(&in));
}

static void put_all(struct changelog *log, const uint32_t *values)
{
    for (uint32_t key = 0; key < KEYS; key++) {
        if (values[key] != 0) {
            changelog_put(log, (uint8_t)key);
            put_key(log->out, key);
            changelog_value(log);
            codec_put_u32(log->out, values[key]);
            changelog_done(log);
        }
    }
}

static void test_groups(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng);
    for (uint32_t round = 0; round < 100; round++) {
        struct model model;
        struct bytebuf whole = {0};
        struct bytebuf grouped = {0};
        struct changelog log = {.out = &whole, .whole = true};
        struct entries *entries = entries_new();
        for (uint32_t i = 0; i < CELLS; i++) {
            model.values[i] = rng_once_in(&rng, 2) ? 1 + (uint32_t)rng_below(&rng, 1000) : 0;
        }
        for (uint32_t op = 0; op < OPERATORS; op++) {
            changelog_operator(&log, op, 3, slice_text("some"));
            put_all(&log, &model.values[cell_of(op, 0, 0)]);
            for (uint32_t section = 1; section < SECTIONS; section++) {
                changelog_number_section(&log, 's', -(int64_t)section);
                put_all(&log, &model.values[cell_of(op, section, 0)]);
            }
        }
        changelog_end(&log);
        changelog_by_group(bytebuf_slice(&whole), &grouped);
        check_grouped(&rng, bytebuf_slice(&grouped));
        RNG_CHECK(&rng, entries_apply(entries, bytebuf_slice(&grouped)));
        check(&rng, entries, model);
        entries_free(entries);
        bytebuf_release(&whole);
        bytebuf_release(&grouped);
    }
}

static void test_numbers_are_in_order(void **state)
{
    (void)state;
    static const uint64_t numbers[] = {256, 0, UINT64_MAX, 255, 65536, 1};
    static const uint64_t sorted[] = {0, 1, 255, 256, 65536, UINT64_MAX};
    struct bytebuf bytes = {0};
    struct changelog log = {.out = &bytes};
    struct entries *entries = entries_new();
    changelog_operator(&log, 7, 1, slice_text("x"));
    for (uint32_t i = 0; i < 6; i++) {
        changelog_put(&log, 0);
        changelog_put_number(&bytes, numbers[i]);
        changelog_value(&log);
        changelog_done(&log);
    }
    changelog_end(&log);
    assert_true(entries_apply(entries, bytebuf_slice(&bytes)));
    struct entries_walk walk = entries_walk(entries, 7);
    struct entry entry;
    for (uint32_t i = 0; i < 6; i++) {
        struct reader in = reader_of(slice_of(NULL, 0));
        assert_true(entries_next(&walk, &entry));
        assert_true(changelog_number(entry.key, &in) == sorted[i]);
        assert_true(reader_ok(&in));
    }
    assert_false(entries_next(&walk, &entry));
    entries_free(entries);
    bytebuf_release(&bytes);
}

static void test_damage(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng);
    struct model model = {.values = {0}};
    struct bytebuf bytes = {0};
    make_log(&rng, &model, &bytes);
    for (size_t len = 0; len < bytes.len; len++) {
        struct entries *entries = entries_new();
        assert_false(entries_apply(entries, slice_of(bytes.at, len)));
        entries_free(entries);
    }
    for (uint32_t hit = 0; hit < 2000; hit++) {
        uint8_t *byte = &bytes.at[rng_below(&rng, bytes.len)];
        uint8_t old = *byte;
        *byte = (uint8_t)rng_u64(&rng);
        struct entries *entries = entries_new();
        if (entries_apply(entries, bytebuf_slice(&bytes))) {
            RNG_CHECK(&rng, entries_bytes(entries) <= bytes.len);
        }
        entries_free(entries);
        *byte = old;
    }
    bytebuf_release(&bytes);
}

/* Written as one whole changelog and by group they are the same, and so is what that writes. */
static void test_writing(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng);
    for (uint32_t round = 0; round < 20; round++) {
        struct model model = {.values = {0}};
        struct bytebuf logs[4] = {{0}};
        struct bytebuf written[3] = {{0}};
        struct entries *entries = entries_new();
        for (uint32_t i = 0; i < 4; i++) {
            make_log(&rng, &model, &logs[i]);
            RNG_CHECK(&rng, entries_apply(entries, bytebuf_slice(&logs[i])));
        }
        entries_write(entries, &written[0]);
        changelog_by_group(bytebuf_slice(&written[0]), &written[1]);
        for (uint32_t i = 0; i < 2; i++) {
            struct entries *again = entries_new();
            RNG_CHECK(&rng, entries_apply(again, bytebuf_slice(&written[i])));
            check(&rng, again, model);
            bytebuf_clear(&written[2]);
            entries_write(again, &written[2]);
            RNG_CHECK(&rng, slice_equal(bytebuf_slice(&written[2]), bytebuf_slice(&written[0])));
            entries_free(again);
        }
        entries_free(entries);
        for (uint32_t i = 0; i < 4; i++) {
            bytebuf_release(&logs[i]);
        }
        for (uint32_t i = 0; i < 3; i++) {
            bytebuf_release(&written[i]);
        }
    }
}

/* More entries and sections than there is room for at first. */
static void test_many(void **state)
{
    (void)state;
    enum { MANY_SECTIONS = 70, MANY_KEYS = 40 };
    struct bytebuf bytes = {0};
    struct bytebuf grouped = {0};
    struct changelog log = {.out = &bytes, .whole = true};
    struct entries *entries = entries_new();
    struct entry entry;
    changelog_operator(&log, 0, 1, slice_text("x"));
    for (int64_t section = 0; section < MANY_SECTIONS; section++) {
        changelog_number_section(&log, 's', section);
        for (uint64_t key = 0; key < MANY_KEYS; key++) {
            changelog_put(&log, (uint8_t)(key * 7));
            changelog_put_number(&bytes, key);
            changelog_value(&log);
            codec_put_u64(&bytes, (uint64_t)section * MANY_KEYS + key);
            changelog_done(&log);
        }
    }
    changelog_end(&log);
    changelog_by_group(bytebuf_slice(&bytes), &grouped);
    assert_true(entries_apply(entries, bytebuf_slice(&grouped)));
    assert_int_equal(entries_count(entries), MANY_SECTIONS * MANY_KEYS);
    assert_int_equal(entries_bytes(entries), MANY_SECTIONS * MANY_KEYS * 16);
    struct entries_walk walk = entries_walk(entries, 0);
    for (uint64_t i = 0; i < MANY_SECTIONS * MANY_KEYS; i++) {
        assert_true(entries_next(&walk, &entry));
        struct reader in = reader_of(entry.value);
        assert_int_equal(reader_u64(&in), i);
    }
    assert_false(entries_next(&walk, &entry));
    entries_free(entries);
    entries_free(NULL);
    bytebuf_release(&grouped);
    bytebuf_release(&bytes);
}

/* What belongs to no operator belongs nowhere. */
static void test_changes_of_no_operator(void **state)
{
    (void)state;
    for (uint32_t kind = CHANGE_SECTION; kind <= CHANGE_GROUP; kind++) {
        struct bytebuf bytes = {0};
        struct changelog log = {.out = &bytes};
        struct entries *entries = entries_new();
        switch (kind) {
        case CHANGE_SECTION:
            changelog_section(&log, slice_text("s"));
            break;
        case CHANGE_DROP:
            changelog_drop(&log);
            break;
        case CHANGE_PUT:
            changelog_put(&log, 0);
            changelog_value(&log);
            changelog_done(&log);
            break;
        case CHANGE_ERASE:
            changelog_erase(&log);
            changelog_done(&log);
            break;
        case CHANGE_GROUP:
            codec_put_u8(&bytes, CHANGE_GROUP);
            codec_put_u8(&bytes, 0);
            codec_put_u32(&bytes, 0);
            break;
        default: /* an end, which needs none */
            break;
        }
        changelog_end(&log);
        assert_int_equal(entries_apply(entries, bytebuf_slice(&bytes)), kind == CHANGE_END);
        assert_int_equal(entries_count(entries), 0);
        entries_free(entries);
        bytebuf_release(&bytes);
    }
}

static void test_numbers_that_are_none(void **state)
{
    (void)state;
    static const uint8_t bytes[9] = {0};
    for (size_t len = 0; len <= sizeof bytes; len++) {
        struct reader of = reader_of(slice_of(NULL, 0));
        assert_int_equal(changelog_number(slice_of(bytes, len), &of), 0);
        assert_int_equal(reader_ok(&of), len == 8);
    }
}

TEST_MAIN(cmocka_unit_test(test_model), cmocka_unit_test(test_groups),
          cmocka_unit_test(test_numbers_are_in_order), cmocka_unit_test(test_damage),
          cmocka_unit_test(test_writing), cmocka_unit_test(test_many),
          cmocka_unit_test(test_changes_of_no_operator),
          cmocka_unit_test(test_numbers_that_are_none))
