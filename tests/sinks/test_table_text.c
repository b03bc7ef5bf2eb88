/* test_table_text: widths on the screen, what is cut when the terminal is narrow, what is escaped.
 */
#include <string.h>

#include "sinks/display_width.h"
#include "sinks/table_text.h"
#include "tests/support/testing.h"

static void test_width_of_text(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t width;
    } cases[] = {
        {"", 0},
        {"abc", 3},
        {"grün", 4},
        {"u\xcc\x88", 1}, /* u and a combining diaeresis */
        {"東京", 4},
        {"한국", 4},
        {"ｆ", 2},
        {"👍", 2},
        {"a\xe2\x80\x8b"
         "b",
         2}, /* zero width space */
        {"\xff\xfe", 2},
        {"…─│", 3},
        {"\xf0\xa0\x80\x80", 2}, /* U+20000 */
        {"\xef\xbf\xbd", 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(display_width(slice_text(cases[i].text)), cases[i].width);
    }
}

static void test_cut_keeps_characters_whole(void **state)
{
    (void)state;
    uint32_t width;
    assert_int_equal(display_cut(slice_text("東京"), 3, &width), 3);
    assert_int_equal(width, 2);
    assert_int_equal(display_cut(slice_text("u\xcc\x88x"), 1, &width), 3);
    assert_int_equal(width, 1);
    assert_int_equal(display_cut(slice_text("abc"), 0, &width), 0);
    assert_int_equal(display_cut(slice_text("abc"), 9, &width), 3);
}

/* ---- tables --------------------------------------------------------------------------------- */

struct fixture {
    struct arena arena;
    struct schema schema;
    struct batch batch;
};

/* Two windows, a text and a number. */
static void fixture_init(struct fixture *f, const char *const *texts, uint32_t n)
{
    static const char *const names[] = {"window_start", "window_end", "city", "n"};
    static const enum type_id types[] = {TYPE_TIMESTAMP, TYPE_TIMESTAMP, TYPE_TEXT, TYPE_BIGINT};
    arena_init(&f->arena);
    f->schema = (struct schema){4, arena_zalloc(&f->arena, 4 * sizeof(struct field))};
    for (int c = 0; c < 4; c++) {
        f->schema.fields[c].name = slice_text(names[c]);
        f->schema.fields[c].type = type_of(types[c]);
    }
    batch_init(&f->batch, &f->schema, &f->arena);
    struct column_out out[4];
    for (int c = 0; c < 4; c++) {
        out[c] = column_out_new(&f->arena, type_of(types[c]), n);
    }
    for (uint32_t i = 0; i < n; i++) {
        out[0].i64[i] = INT64_C(1767603600000000) + (int64_t)i * 10000000;
        out[1].i64[i] = out[0].i64[i] + 10000000;
        out[3].i64[i] = (int64_t)i * 999 + 1;
        if (texts[i] == NULL) {
            column_out_null(&out[2], i, n);
        } else {
            out[2].text[i] = (struct text){(const uint8_t *)texts[i], (uint32_t)strlen(texts[i])};
        }
    }
    for (int c = 0; c < 4; c++) {
        f->batch.columns[c] = column_view(&out[c], n);
    }
    f->batch.n = n;
}

static void draw(struct table_text *table, const struct batch *batch, struct bytebuf *out)
{
    bytebuf_clear(out);
    table_text_clear(table);
    table_text_add(table, batch);
    table_text_fit(table);
    table_text_top(table, out);
    table_text_rows(table, 0, table_text_count(table), out);
    table_text_bottom(table, out);
}

static void check_table(struct table_config config, const char *const *texts, uint32_t n,
                        const char *expected)
{
    struct fixture f;
    fixture_init(&f, texts, n);
    config.schema = &f.schema;
    struct table_text *table = table_text_new(&config);
    struct bytebuf out = {0};
    draw(table, &f.batch, &out);
    assert_string_equal(bytebuf_text(&out), expected);
    bytebuf_release(&out);
    table_text_free(table);
    arena_release(&f.arena);
}

static const char *const cities[] = {"Berlin", "東京", NULL, "a\x1b[2Jb"};

static void test_box(void **state)
{
    (void)state;
    struct table_config config = {.look = TABLE_BOX};
    check_table(config, cities, 4,
                "┌──────────────────────┬──────────────────────┬───────────┬──────┐\n"
                "│ window_start         │ window_end           │ city      │    n │\n"
                "├──────────────────────┼──────────────────────┼───────────┼──────┤\n"
                "│ 2026-01-05T09:00:00Z │ 2026-01-05T09:00:10Z │ Berlin    │    1 │\n"
                "│ 2026-01-05T09:00:10Z │ 2026-01-05T09:00:20Z │ 東京      │ 1000 │\n"
                "│ 2026-01-05T09:00:20Z │ 2026-01-05T09:00:30Z │ NULL      │ 1999 │\n"
                "│ 2026-01-05T09:00:30Z │ 2026-01-05T09:00:40Z │ a\\x1b[2Jb │ 2998 │\n"
                "└──────────────────────┴──────────────────────┴───────────┴──────┘\n");
}

static void test_ascii_with_ops(void **state)
{
    (void)state;
    struct table_config config = {.look = TABLE_ASCII, .changes = true};
    check_table(config, cities, 1,
                "+-----+----------------------+----------------------+--------+---+\n"
                "| _op | window_start         | window_end           | city   | n |\n"
                "+-----+----------------------+----------------------+--------+---+\n"
                "| +   | 2026-01-05T09:00:00Z | 2026-01-05T09:00:10Z | Berlin | 1 |\n"
                "+-----+----------------------+----------------------+--------+---+\n");
}

static void test_markdown(void **state)
{
    (void)state;
    static const char *const texts[] = {"a|b|"};
    struct table_config config = {.look = TABLE_MARKDOWN};
    check_table(config, texts, 1,
                "| window_start         | window_end           | city   | n |\n"
                "|----------------------|----------------------|--------|--:|\n"
                "| 2026-01-05T09:00:00Z | 2026-01-05T09:00:10Z | a\\|b\\| | 1 |\n");
}

/* Times of one day lose the day before anything else gives way. */
static void test_60_columns(void **state)
{
    (void)state;
    static const char *const texts[] = {"Llanfairpwllgwyngyll", "東京都千代田区丸の内"};
    struct table_config config = {.look = TABLE_BOX, .width_max = 60};
    check_table(config, texts, 2,
                "┌──────────────┬────────────┬──────────────────────┬──────┐\n"
                "│ window_start │ window_end │ city                 │    n │\n"
                "├──────────────┼────────────┼──────────────────────┼──────┤\n"
                "│ 09:00:00Z    │ 09:00:10Z  │ Llanfairpwllgwyngyll │    1 │\n"
                "│ 09:00:10Z    │ 09:00:20Z  │ 東京都千代田区丸の内 │ 1000 │\n"
                "└──────────────┴────────────┴──────────────────────┴──────┘\n");
    config.width_max = 50; /* names go first, then texts; numbers and times last */
    check_table(config, texts, 2,
                "┌───────────┬───────────┬─────────────────┬──────┐\n"
                "│ window_s… │ window_e… │ city            │    n │\n"
                "├───────────┼───────────┼─────────────────┼──────┤\n"
                "│ 09:00:00Z │ 09:00:10Z │ Llanfairpwllgw… │    1 │\n"
                "│ 09:00:10Z │ 09:00:20Z │ 東京都千代田区… │ 1000 │\n"
                "└───────────┴───────────┴─────────────────┴──────┘\n");
}

static void test_columns_are_left_out_at_last(void **state)
{
    (void)state;
    struct table_config config = {.look = TABLE_BOX, .width_max = 20};
    check_table(config, cities, 1,
                "┌──────┬──────┬───┐\n"
                "│ win… │ win… │ … │\n"
                "├──────┼──────┼───┤\n"
                "│ 09:… │ 09:… │ … │\n"
                "└──────┴──────┴───┘\n");
}

/* No line is ever wider than the terminal, whatever the terminal. */
static void test_lines_fit(void **state)
{
    (void)state;
    static const char *const texts[] = {"Llanfairpwllgwyngyll", "東京都千代田区丸の内", "x"};
    struct fixture f;
    fixture_init(&f, texts, 3);
    struct bytebuf out = {0};
    for (uint32_t width = 12; width < 90; width++) {
        struct table_config config = {.look = TABLE_BOX, .schema = &f.schema, .width_max = width};
        struct table_text *table = table_text_new(&config);
        draw(table, &f.batch, &out);
        uint32_t first = 0;
        struct slice rest = bytebuf_slice(&out);
        while (rest.len > 0) {
            const uint8_t *end = memchr(rest.at, '\n', rest.len);
            size_t len = (size_t)(end - rest.at);
            uint32_t shown = display_width(slice_of(rest.at, len));
            first = first == 0 ? shown : first;
            assert_int_equal(shown, first);
            assert_true(shown <= width);
            rest = slice_of(end + 1, rest.len - len - 1);
        }
        table_text_free(table);
    }
    bytebuf_release(&out);
    arena_release(&f.arena);
}

static void test_widths_stay_while_they_do(void **state)
{
    (void)state;
    struct fixture narrow;
    struct fixture wide;
    static const char *const longer[] = {"Llanfairpwllgwyngyll"};
    fixture_init(&narrow, cities, 4);
    fixture_init(&wide, longer, 1);
    struct table_config config = {.look = TABLE_BOX, .schema = &narrow.schema};
    struct table_text *table = table_text_new(&config);
    table_text_add(table, &narrow.batch);
    assert_true(table_text_fit(table));
    table_text_clear(table);
    table_text_add(table, &narrow.batch);
    assert_false(table_text_fit(table));
    table_text_clear(table);
    table_text_add(table, &wide.batch);
    assert_true(table_text_fit(table));
    table_text_clear(table);
    table_text_add(table, &narrow.batch);
    assert_false(table_text_fit(table)); /* columns do not shrink again */
    table_text_free(table);
    arena_release(&narrow.arena);
    arena_release(&wide.arena);
}

TEST_MAIN(cmocka_unit_test(test_width_of_text), cmocka_unit_test(test_cut_keeps_characters_whole),
          cmocka_unit_test(test_box), cmocka_unit_test(test_ascii_with_ops),
          cmocka_unit_test(test_markdown), cmocka_unit_test(test_60_columns),
          cmocka_unit_test(test_columns_are_left_out_at_last), cmocka_unit_test(test_lines_fit),
          cmocka_unit_test(test_widths_stay_while_they_do))
