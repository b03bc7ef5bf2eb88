/* test_line_diff: what a failed test shows. */
#include <string.h>

#include "shell/lab/line_diff.h"
#include "tests/support/rng.h"
#include "tests/support/testing.h"

static void check(const char *wanted, const char *got, const char *expected)
{
    struct bytebuf out = {0};
    line_diff(&out, slice_text(wanted), slice_text(got), 10);
    assert_string_equal(bytebuf_text(&out), expected);
    bytebuf_release(&out);
}

static void test_equal_texts_say_nothing(void **state)
{
    (void)state;
    check("", "", "");
    check("a\nb\n", "a\nb\n", "");
    check("a\nb", "a\nb\n", "");
    check("a\r\nb\r\n", "a\nb\n", "");
}

static void test_changes_have_their_lines(void **state)
{
    (void)state;
    check("", "a\nb\n", "@@ -10,0 +10,2 @@\n+a\n+b\n");
    check("a\nb\n", "", "@@ -10,2 +10,0 @@\n-a\n-b\n");
    check("a\nb\nc\n", "a\nB\nc\n", "@@ -10,3 +10,3 @@\n a\n-b\n+B\n c\n");
    check("a\nb\nc\nd\n", "b\nc\nx\nd\n", "@@ -10,4 +10,4 @@\n-a\n b\n c\n+x\n d\n");
}

static void test_context_is_three_lines(void **state)
{
    (void)state;
    check("1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n", "x\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\ny\n",
          "@@ -10,4 +10,4 @@\n-1\n+x\n 2\n 3\n 4\n"
          "@@ -18,4 +18,4 @@\n 9\n 10\n 11\n-12\n+y\n");
    check("1\n2\n3\n4\n5\n6\n7\n8\n", "x\n2\n3\n4\n5\n6\n7\ny\n",
          "@@ -10,8 +10,8 @@\n-1\n+x\n 2\n 3\n 4\n 5\n 6\n 7\n-8\n+y\n");
}

static void test_lines_cannot_speak_to_the_terminal(void **state)
{
    (void)state;
    check("\x1b[2J\n", "\xe2\x80\xae\n", "@@ -10,1 +10,1 @@\n-\\x1b[2J\n+\\u{202E}\n");
}

/* Texts of three lines are wholly in the context of a diff. Its lines with ' ' and '-' are one
 * text, those with ' ' and '+' the other. */
static void take(struct bytebuf *text, struct slice diff, char mark)
{
    bool at_start = true;
    bool wanted = false;
    for (size_t i = 0; i < diff.len; i++) {
        if (at_start) {
            wanted = diff.at[i] == ' ' || diff.at[i] == (uint8_t)mark;
        } else if (wanted) {
            bytebuf_add_byte(text, diff.at[i]);
        }
        at_start = diff.at[i] == '\n';
    }
}

static void random_text(struct rng *rng, struct bytebuf *out)
{
    for (uint64_t n = rng_below(rng, 4); n > 0; n--) {
        bytebuf_add_byte(out, (uint8_t)('a' + rng_below(rng, 3)));
        bytebuf_add_byte(out, '\n');
    }
}

static void test_a_diff_holds_both_texts(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng);
    for (int i = 0; i < 2000; i++) {
        struct bytebuf wanted = {0};
        struct bytebuf got = {0};
        struct bytebuf diff = {0};
        struct bytebuf left = {0};
        struct bytebuf right = {0};
        random_text(&rng, &wanted);
        random_text(&rng, &got);
        line_diff(&diff, bytebuf_slice(&wanted), bytebuf_slice(&got), 1);
        take(&left, bytebuf_slice(&diff), '-');
        take(&right, bytebuf_slice(&diff), '+');
        if (diff.len > 0) {
            assert_string_equal(bytebuf_text(&left), bytebuf_text(&wanted));
            assert_string_equal(bytebuf_text(&right), bytebuf_text(&got));
        } else {
            assert_string_equal(bytebuf_text(&wanted), bytebuf_text(&got));
        }
        bytebuf_release(&wanted);
        bytebuf_release(&got);
        bytebuf_release(&diff);
        bytebuf_release(&left);
        bytebuf_release(&right);
    }
}

/* The table would have 25 million cells. */
static void test_texts_without_common_lines_may_be_long(void **state)
{
    (void)state;
    struct bytebuf wanted = {0};
    struct bytebuf got = {0};
    struct bytebuf diff = {0};
    for (int i = 0; i < 5000; i++) {
        bytebuf_printf(&wanted, "w%d\n", i);
        bytebuf_printf(&got, "g%d\n", i);
    }
    line_diff(&diff, bytebuf_slice(&wanted), bytebuf_slice(&got), 1);
    assert_memory_equal(bytebuf_text(&diff), "@@ -1,5000 +1,5000 @@\n-w0\n-w1\n", 30);
    assert_non_null(strstr(bytebuf_text(&diff), "-w399\n… 9600 more lines\n"));
    bytebuf_release(&wanted);
    bytebuf_release(&got);
    bytebuf_release(&diff);
}

TEST_MAIN(cmocka_unit_test(test_equal_texts_say_nothing),
          cmocka_unit_test(test_changes_have_their_lines),
          cmocka_unit_test(test_context_is_three_lines),
          cmocka_unit_test(test_lines_cannot_speak_to_the_terminal),
          cmocka_unit_test(test_a_diff_holds_both_texts),
          cmocka_unit_test(test_texts_without_common_lines_may_be_long))
