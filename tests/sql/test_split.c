/* Statements cut off a text, and what an unfinished one waits for. */
#include "tests/support/testing.h"

#include "sql/statement.h"

static void assert_split(const char *text, enum split_state state, const char *statement,
                         const char *rest)
{
    struct split split;
    assert_int_equal(statement_split(slice_text(text), &split), state == SPLIT_COMPLETE);
    assert_int_equal(split.state, state);
    assert_int_equal(split.text.len, strlen(statement));
    assert_memory_equal(split.text.at, statement, strlen(statement));
    assert_int_equal(split.rest.len, strlen(rest));
    assert_memory_equal(text + split.at, statement, strlen(statement));
}

static void test_one_after_the_other(void **state)
{
    (void)state;
    assert_split("SELECT 1; SELECT 2;", SPLIT_COMPLETE, "SELECT 1;", " SELECT 2;");
    assert_split(" SELECT 2;", SPLIT_COMPLETE, "SELECT 2;", "");
    assert_split("  \n -- nothing\n ", SPLIT_DONE, "", "");
    assert_split("", SPLIT_DONE, "", "");
    assert_split(";;; a;", SPLIT_COMPLETE, "a;", "");
    assert_split(";;", SPLIT_DONE, "", "");
}

static void test_semicolons_inside(void **state)
{
    (void)state;
    assert_split("a ';' b;c", SPLIT_COMPLETE, "a ';' b;", "c");
    assert_split("a 'it''s;' ;", SPLIT_COMPLETE, "a 'it''s;' ;", "");
    assert_split("a \";\" `;` ;", SPLIT_COMPLETE, "a \";\" `;` ;", "");
    assert_split("a -- ;\n b;", SPLIT_COMPLETE, "a -- ;\n b;", "");
    assert_split("a /* ; /* ; */ ; */ b;", SPLIT_COMPLETE, "a /* ; /* ; */ ; */ b;", "");
    assert_split("/* before; */ a;", SPLIT_COMPLETE, "a;", "");
}

static void test_what_it_waits_for(void **state)
{
    (void)state;
    assert_split("SELECT 1", SPLIT_OPEN, "SELECT 1", "");
    assert_split("SELECT 'a;", SPLIT_IN_STRING, "SELECT 'a;", "");
    assert_split("SELECT \"a;", SPLIT_IN_NAME, "SELECT \"a;", "");
    assert_split("SELECT `a;", SPLIT_IN_NAME, "SELECT `a;", "");
    assert_split("SELECT /* a;", SPLIT_IN_COMMENT, "SELECT /* a;", "");
    assert_split("  /* a", SPLIT_IN_COMMENT, "/* a", "");
    assert_split("a - b / c", SPLIT_OPEN, "a - b / c", "");
}

static void test_bytes_that_begin_no_token(void **state)
{
    (void)state;
    assert_split("a ! \x01 ?;b", SPLIT_COMPLETE, "a ! \x01 ?;", "b");
}

TEST_MAIN(cmocka_unit_test(test_one_after_the_other), cmocka_unit_test(test_semicolons_inside),
          cmocka_unit_test(test_what_it_waits_for),
          cmocka_unit_test(test_bytes_that_begin_no_token))
