/* "Did you mean": which names are near a word. */
#include "tests/support/testing.h"

#include "sql/suggest.h"

static const char *hint(const char *word, const char *const *names, struct error *err)
{
    error_clear(err);
    struct suggest suggest = suggest_for(slice_text(word));
    for (; *names != NULL; names++) {
        suggest_add(&suggest, slice_text(*names));
    }
    assert_int_equal(suggest_hint(&suggest, err), suggest.n > 0);
    return err->hint;
}

#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})

static void test_nearest_wins(void **state)
{
    (void)state;
    struct error err;
    assert_string_equal(hint("staus", NAMES("state", "status", "ip"), &err),
                        "did you mean \"status\"?");
    assert_string_equal(hint("cart", NAMES("card", "cars", "x"), &err),
                        "did you mean \"card\" or \"cars\"?");
    assert_string_equal(hint("caxd", NAMES("card", "cax", "CARD", "caxe", "caxf"), &err),
                        "did you mean \"card\", \"cax\" or \"caxe\"?");
    assert_string_equal(hint("GRUOP", NAMES("group"), &err), "did you mean \"group\"?");
}

static void test_far_words_say_nothing(void **state)
{
    (void)state;
    struct error err;
    assert_string_equal(hint("x", NAMES("a", "b"), &err), "");
    assert_string_equal(hint("abc", NAMES("xyz", "abxyz"), &err), "");
    assert_string_equal(hint("", NAMES("a"), &err), "");
    assert_string_equal(hint("amount", NAMES("account_number"), &err), "");
}

static void test_names_are_escaped(void **state)
{
    (void)state;
    struct error err;
    assert_string_equal(hint("colour", NAMES("col\x1bur"), &err), "did you mean \"col\\x1bur\"?");
}

TEST_MAIN(cmocka_unit_test(test_nearest_wins), cmocka_unit_test(test_far_words_say_nothing),
          cmocka_unit_test(test_names_are_escaped))
