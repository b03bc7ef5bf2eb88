/* Tokens: every kind, where they begin and end, what is no token. */
#include "tests/support/testing.h"

#include "sql/grammar.h"
#include "sql/lexer.h"

static struct token first_token(const char *text)
{
    struct lexer lexer = {.text = slice_text(text)};
    struct token token;
    struct error err;
    assert_int_equal(lexer_next(&lexer, &token, &err), OK);
    return token;
}

static void assert_kind(const char *text, int kind)
{
    struct token token = first_token(text);
    if (token.kind != kind || token.text.len != strlen(text)) {
        fail_msg("%s: kind %d, %zu bytes", text, token.kind, token.text.len);
    }
}

static void assert_slice_refused(struct slice text, int64_t at, int64_t length, const char *says)
{
    struct lexer lexer = {.text = text};
    struct token token;
    struct error err;
    enum status status;
    do {
        status = lexer_next(&lexer, &token, &err);
    } while (status == OK && token.kind != TOKEN_END);
    assert_int_equal(status, ERR_SQL);
    assert_int_equal(err.code, 101);
    assert_string_equal(err.text, says);
    assert_int_equal(err.at, at);
    assert_int_equal(err.length, length);
}

static void assert_refused(const char *text, int64_t at, int64_t length, const char *says)
{
    assert_slice_refused(slice_text(text), at, length, says);
}

static void test_keywords_are_sorted(void **state)
{
    (void)state;
    const struct keyword *before = keyword_at(0);
    const struct keyword *keyword;
    for (uint32_t i = 1; (keyword = keyword_at(i)) != NULL; i++) {
        assert_true(strcmp(before->text, keyword->text) < 0);
        before = keyword;
    }
    for (uint32_t i = 0; (keyword = keyword_at(i)) != NULL; i++) {
        assert_ptr_equal(keyword_find(slice_text(keyword->text)), keyword);
    }
    assert_non_null(keyword_find(slice_text("SeLeCt")));
    assert_null(keyword_find(slice_text("selec")));
    assert_null(keyword_find(slice_text("selectselectselectselect")));
    assert_null(keyword_find(slice_text("")));
}

static void test_kinds(void **state)
{
    (void)state;
    assert_kind("select", TK_SELECT);
    assert_kind("WHERE", TK_WHERE);
    assert_kind("wherever", TK_ID);
    assert_kind("_arrival", TK_ID);
    assert_kind("größe", TK_ID);
    assert_kind("a$b1", TK_ID);
    assert_kind("\"select\"", TK_ID);
    assert_kind("\"a\"\"b\"", TK_ID);
    assert_kind("`a b`", TK_ID);
    assert_kind("'it''s'", TK_STRING);
    assert_kind("''", TK_STRING);
    assert_kind("12", TK_INTEGER);
    assert_kind("12.5", TK_NUMBER);
    assert_kind(".5", TK_NUMBER);
    assert_kind("1e6", TK_NUMBER);
    assert_kind("1.5E-3", TK_NUMBER);
    assert_kind("Minutes", TK_UNIT);
    assert_kind("!~*", TK_MATCH);
    assert_kind("::", TK_CAST);
    assert_kind("=>", TK_ARROW);
    assert_kind("<>", TK_NE);
    assert_kind("||", TK_CONCAT);
}

static void test_durations_and_sizes(void **state)
{
    (void)state;
    const char *durations[] = {"500ms", "30s", "10m", "15M", "1h30m", "2d", "1w", "5us", "7ns"};
    for (size_t i = 0; i < sizeof durations / sizeof durations[0]; i++) {
        assert_kind(durations[i], TK_DURATION);
    }
    assert_kind("1GB", TK_SIZE_LITERAL);
    assert_kind("64KiB", TK_SIZE_LITERAL);
    /* A dot that begins no fraction is not part of the number before a name. */
    assert_int_equal(first_token("1 .a").text.len, 1);
}

static void test_white_space_and_comments(void **state)
{
    (void)state;
    struct token token = first_token(" \t\r\n-- one\n/* two /* inside */ still */ x -- end");
    assert_int_equal(token.kind, TK_ID);
    assert_int_equal(token.at, 40);
    assert_int_equal(first_token("\xef\xbb\xbf x").at, 4);
    assert_int_equal(first_token("").kind, TOKEN_END);
    assert_int_equal(first_token("-- only a comment").kind, TOKEN_END);
}

static void test_refusals(void **state)
{
    (void)state;
    assert_refused("a 'b", 2, 1, "this string has no end");
    assert_refused("a \"b", 2, 1, "this name has no end");
    assert_refused("a `b", 2, 1, "this name has no end");
    assert_refused("\"\"", 0, 2, "a name must not be empty");
    assert_slice_refused(slice_of("`a\0`", 4), 0, 4, "a name must not hold a NUL byte");
    assert_refused("a /* b /* c */", 2, 2, "this comment has no end");
    assert_refused("3x", 0, 2, "\"3x\" is neither a number, a duration nor a size");
    assert_refused("a ! b", 2, 1, "no token begins with \"!\"");
    assert_refused("a\x01", 1, 1, "no token begins with \"\\x01\"");
    assert_refused("'a''", 0, 1, "this string has no end");
}

TEST_MAIN(cmocka_unit_test(test_keywords_are_sorted), cmocka_unit_test(test_kinds),
          cmocka_unit_test(test_durations_and_sizes),
          cmocka_unit_test(test_white_space_and_comments), cmocka_unit_test(test_refusals))
