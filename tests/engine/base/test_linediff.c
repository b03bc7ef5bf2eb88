/* Tests of engine/base/linediff.h. */
#include "engine/base/linediff.h"
#include "engine/base/mem.h"
#include "tests/support/testing.h"

static void expect(const char *before, const char *now, const char *wanted)
{
    struct bytebuf out = {0};
    linediff(&out, slice_text(before), slice_text(now));
    assert_string_equal(bytebuf_text(&out), wanted);
    bytebuf_release(&out);
}

static void test_same(void **state)
{
    (void)state;
    expect("", "", "");
    expect("a\nb\n", "a\nb\n", "");
    expect("a\nb", "a\nb\n", "");
}

static void test_lines_come_and_go(void **state)
{
    (void)state;
    expect("", "a\n", "+ a\n");
    expect("a\n", "", "- a\n");
    expect("a\nb\nc\n", "a\nx\nc\n", "- b\n+ x\n");
    expect("a\nb\nc\nd\n", "a\nc\nd\ne\n", "- b\n+ e\n");
    expect("a\nb\na\n", "a\n", "- b\n- a\n");
    expect("x\na\nb\nc\ny\n", "1\na\n2\nc\n3\n", "- x\n+ 1\n- b\n+ 2\n- y\n+ 3\n");
}

/* Too long to compare: all of it is said, but for what is the same at both ends. */
static void test_long_texts(void **state)
{
    (void)state;
    struct bytebuf before = {0};
    struct bytebuf now = {0};
    struct bytebuf out = {0};
    uint32_t lines = 0;
    bytebuf_add_text(&before, "same\n");
    bytebuf_add_text(&now, "same\n");
    for (uint32_t i = 0; i < LINEDIFF_LINES_MAX + 1; i++) {
        bytebuf_printf(&before, "a%u\n", i);
        bytebuf_printf(&now, "b%u\n", i);
    }
    linediff(&out, bytebuf_slice(&before), bytebuf_slice(&now));
    for (size_t i = 0; i < out.len; i++) {
        lines += out.at[i] == '\n';
    }
    assert_int_equal(lines, 2 * (LINEDIFF_LINES_MAX + 1));
    bytebuf_release(&out);
    bytebuf_release(&now);
    bytebuf_release(&before);
}

TEST_MAIN(cmocka_unit_test(test_same), cmocka_unit_test(test_lines_come_and_go),
          cmocka_unit_test(test_long_texts))
