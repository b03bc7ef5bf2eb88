/* review_words: calls and words that may not stand in code; see review.h. */
#include "tests/tidy/review.h"
#include "tests/tidy/scanner.h"

/* The word that ends just before `at` is a function's name and not a member's: "(" follows, and
 * neither "." nor "->" stands in front. */
static bool is_call(struct slice code, struct slice word, size_t at)
{
    size_t next = skip_space(code, at);
    if (next >= code.len || code.at[next] != '(') {
        return false;
    }
    size_t from = (size_t)(word.at - code.at);
    uint8_t before = byte_before(code, from);
    return before != '.' && before != '>';
}

/* `long` is 32 or 64 bits; `long long` is needed where printf prints an int64_t. */
static bool is_lone_long(struct slice before, struct slice word, struct slice after)
{
    return slice_is(word, "long") && !slice_is(before, "long") && !slice_is(after, "long");
}

static bool is_aggregate_word(struct slice word)
{
    return slice_is(word, "struct") || slice_is(word, "union") || slice_is(word, "enum");
}

void review_words(const struct rulebook *book, const struct reviewed *file)
{
    size_t at = 0;
    struct slice before = {0};
    struct slice word;
    while (next_word(file->code, &at, &word)) {
        size_t ahead = at;
        struct slice after;
        (void)next_word(file->code, &ahead, &after);
        if (is_call(file->code, word, at) &&
            rulebook_ban(book, BAN_CALL, word, file->path) != NULL) {
            fault_at(file, "call", at, "%.*s() is not called here", (int)word.len,
                     (const char *)word.at);
        }
        if (rulebook_ban(book, BAN_TOKEN, word, file->path) != NULL) {
            fault_at(file, "token", at, "\"%.*s\" is not used here", (int)word.len,
                     (const char *)word.at);
        }
        if (is_lone_long(before, word, after)) {
            fault_at(file, "long", at, "\"long\" has no fixed size");
        }
        if (slice_is(word, "typedef") && is_aggregate_word(after)) {
            fault_at(file, "typedef", at, "structs, unions and enums have no typedef");
        }
        before = word;
    }
}
