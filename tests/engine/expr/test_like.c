/* LIKE against the definition, letter by letter, on random patterns and texts. */
#include "engine/base/utf8.h"
#include "engine/expr/like.h"
#include "tests/support/rng.h"
#include "tests/support/testing.h"

static size_t first_character(struct slice text)
{
    unsigned used;
    (void)utf8_decode(text, &used);
    return used;
}

static struct slice behind(struct slice text, size_t n)
{
    return slice_of(text.at + n, text.len - n);
}

/* The definition: % is any number of characters, _ is one, all else is itself. */
static bool naive_like(struct slice pattern, int escape, struct slice text)
{
    if (pattern.len == 0) {
        return text.len == 0;
    }
    uint8_t c = pattern.at[0];
    if (c == escape) {
        return text.len > 0 && text.at[0] == pattern.at[1] &&
               naive_like(behind(pattern, 2), escape, behind(text, 1));
    }
    if (c == '%') {
        for (;;) {
            if (naive_like(behind(pattern, 1), escape, text)) {
                return true;
            }
            if (text.len == 0) {
                return false;
            }
            text = behind(text, first_character(text));
        }
    }
    if (text.len == 0) {
        return false;
    }
    if (c == '_') {
        return naive_like(behind(pattern, 1), escape, behind(text, first_character(text)));
    }
    return c == text.at[0] && naive_like(behind(pattern, 1), escape, behind(text, 1));
}

/* Up to `max` of the letters, whole characters. */
static size_t random_letters(struct rng *rng, const char *const *letters, size_t n_letters,
                             uint64_t max, uint8_t *out)
{
    size_t len = 0;
    for (uint64_t n = rng_below(rng, max + 1); n > 0; n--) {
        const char *letter = letters[rng_below(rng, n_letters)];
        memcpy(out + len, letter, strlen(letter));
        len += strlen(letter);
    }
    return len;
}

static void test_random(void **state)
{
    static const char *const letters[] = {"a", "b", "a", "b", "ä", "€"};
    static const char *const parts[] = {"a", "b", "ä", "%", "_", "%", "\\%", "\\_", "\\\\", "ab"};
    struct rng rng;
    (void)state;
    rng_init(&rng);
    uint32_t n_matches = 0;
    for (int i = 0; i < 40000; i++) {
        uint8_t text[64];
        uint8_t pattern[64];
        struct arena arena;
        arena_init(&arena);
        struct slice t = slice_of(text, random_letters(&rng, letters, 6, 8, text));
        struct slice p = slice_of(pattern, random_letters(&rng, parts, 10, 6, pattern));
        int escape = rng_once_in(&rng, 4) ? LIKE_NO_ESCAPE : '\\';
        assert_null(like_check(p, escape));
        struct like like = like_compile(&arena, p, escape);
        bool matches = like_matches(&like, t);
        n_matches += matches;
        RNG_CHECK(&rng, matches == naive_like(p, escape, t));
        arena_release(&arena);
    }
    assert_true(n_matches > 1000);
}

/* Literals in texts long enough for the wide search. */
static void test_long_texts(void **state)
{
    struct rng rng;
    (void)state;
    rng_init(&rng);
    for (int i = 0; i < 3000; i++) {
        uint8_t text[400];
        uint8_t pattern[16] = "%";
        size_t len = rng_below(&rng, sizeof text);
        size_t n = 1 + rng_below(&rng, 4);
        struct arena arena;
        arena_init(&arena);
        for (size_t k = 0; k < len; k++) {
            text[k] = (uint8_t)("abc"[rng_below(&rng, 3)]);
        }
        for (size_t k = 0; k < n; k++) {
            pattern[1 + k] = (uint8_t)("abcd"[rng_below(&rng, k == 0 ? 4 : 3)]);
        }
        pattern[1 + n] = '%';
        struct slice literal = slice_of(pattern + 1, n);
        struct like like = like_compile(&arena, slice_of(pattern, n + 2), '\\');
        assert_int_equal(like.kind, LIKE_CONTAINS);
        RNG_CHECK(&rng, like_matches(&like, slice_of(text, len)) ==
                            (slice_find(slice_of(text, len), literal) != NULL));
        arena_release(&arena);
    }
}

static void test_kinds(void **state)
{
    static const struct {
        const char *pattern;
        enum like_kind kind;
    } cases[] = {
        {"", LIKE_EQUAL},      {"abc", LIKE_EQUAL},      {"a\\%", LIKE_EQUAL},
        {"abc%", LIKE_PREFIX}, {"%", LIKE_PREFIX},       {"%%%", LIKE_PREFIX},
        {"%abc", LIKE_SUFFIX}, {"%abc%", LIKE_CONTAINS}, {"%%a%%", LIKE_CONTAINS},
        {"a%b", LIKE_PIECES},  {"%a%b%", LIKE_PIECES},   {"a_", LIKE_GENERAL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct arena arena;
        arena_init(&arena);
        struct like like = like_compile(&arena, slice_text(cases[i].pattern), '\\');
        assert_int_equal(like.kind, cases[i].kind);
        arena_release(&arena);
    }
}

static void test_wrong(void **state)
{
    static uint8_t many[LIKE_PATTERN_MAX + 1];
    (void)state;
    memset(many, 'a', sizeof many);
    assert_null(like_check(slice_of(many, LIKE_PATTERN_MAX), '\\'));
    assert_non_null(like_check(slice_of(many, LIKE_PATTERN_MAX + 1), '\\'));
    assert_non_null(like_check(slice_text("a\\"), '\\'));
    assert_null(like_check(slice_text("a\\\\"), '\\'));
    assert_null(like_check(slice_text("a\\"), LIKE_NO_ESCAPE));
}

TEST_MAIN(cmocka_unit_test(test_random), cmocka_unit_test(test_long_texts),
          cmocka_unit_test(test_kinds), cmocka_unit_test(test_wrong))
