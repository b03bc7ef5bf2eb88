/* like: see like.h. */
#include "engine/expr/like.h"

#include "engine/base/characters.h"
#include "engine/base/panic.h"

/* ---- compiling ------------------------------------------------------------------------------- */

const char *like_check(struct slice pattern, int escape)
{
    if (pattern.len > LIKE_PATTERN_MAX) {
        return "pattern of LIKE over 4096 bytes";
    }
    for (size_t i = 0; i < pattern.len; i++) {
        if (pattern.at[i] == escape && ++i == pattern.len) {
            return "pattern of LIKE ends with its escape character";
        }
    }
    return NULL;
}

/* The pattern without escapes. Several % in a row are one. */
static uint32_t tokenize(struct slice pattern, int escape, uint16_t *tokens)
{
    uint32_t n = 0;
    for (size_t i = 0; i < pattern.len; i++) {
        uint8_t c = pattern.at[i];
        if (c == escape) {
            tokens[n++] = pattern.at[++i];
        } else if (c == '_') {
            tokens[n++] = LIKE_TOKEN_ONE;
        } else if (c != '%') {
            tokens[n++] = c;
        } else if (n == 0 || tokens[n - 1] != LIKE_TOKEN_ANY) {
            tokens[n++] = LIKE_TOKEN_ANY;
        }
    }
    return n;
}

static void split_pieces(struct arena *arena, struct like *like, uint32_t n_any)
{
    uint8_t *bytes = arena_alloc(arena, like->n_tokens);
    like->pieces = arena_alloc(arena, (n_any + 1) * sizeof *like->pieces);
    uint8_t *start = bytes;
    uint8_t *end = bytes;
    for (uint32_t i = 0; i < like->n_tokens; i++) {
        if (like->tokens[i] == LIKE_TOKEN_ANY) {
            like->pieces[like->n_pieces++] = slice_of(start, (size_t)(end - start));
            start = end;
        } else {
            *end++ = (uint8_t)like->tokens[i];
        }
    }
    like->pieces[like->n_pieces++] = slice_of(start, (size_t)(end - start));
}

/* The simple kinds have at most one piece that is not empty, or it is the only one. */
static void choose_kind(struct like *like)
{
    const struct slice *pieces = like->pieces;
    uint32_t n = like->n_pieces;
    like->kind = LIKE_PIECES;
    if (n == 1) {
        like->kind = LIKE_EQUAL;
        like->literal = pieces[0];
    } else if (n == 2 && pieces[1].len == 0) {
        like->kind = LIKE_PREFIX;
        like->literal = pieces[0];
    } else if (n == 2 && pieces[0].len == 0) {
        like->kind = LIKE_SUFFIX;
        like->literal = pieces[1];
    } else if (n == 3 && pieces[0].len == 0 && pieces[2].len == 0) {
        like->kind = LIKE_CONTAINS;
        like->literal = pieces[1];
    }
}

struct like like_compile(struct arena *arena, struct slice pattern, int escape)
{
    struct like like = {.kind = LIKE_GENERAL, .search = byte_search_choose()};
    like.tokens = arena_alloc(arena, pattern.len * sizeof *like.tokens);
    like.n_tokens = tokenize(pattern, escape, like.tokens);
    uint32_t n_any = 0;
    for (uint32_t i = 0; i < like.n_tokens; i++) {
        if (like.tokens[i] == LIKE_TOKEN_ONE) {
            return like;
        }
        n_any += like.tokens[i] == LIKE_TOKEN_ANY;
    }
    split_pieces(arena, &like, n_any);
    choose_kind(&like);
    return like;
}

/* ---- matching -------------------------------------------------------------------------------- */

static bool has_prefix(struct slice text, struct slice part)
{
    return text.len >= part.len && (part.len == 0 || memcmp(text.at, part.at, part.len) == 0);
}

static bool has_suffix(struct slice text, struct slice part)
{
    return text.len >= part.len &&
           (part.len == 0 || memcmp(text.at + text.len - part.len, part.at, part.len) == 0);
}

/* The first and the last piece stand at the ends; the others are each taken where they are found
 * first, which leaves most for those that follow. */
static bool matches_pieces(const struct like *like, struct slice text)
{
    struct slice first = like->pieces[0];
    struct slice last = like->pieces[like->n_pieces - 1];
    if (text.len < first.len + last.len || !has_prefix(text, first) || !has_suffix(text, last)) {
        return false;
    }
    struct slice rest = slice_of(text.at + first.len, text.len - first.len - last.len);
    for (uint32_t i = 1; i + 1 < like->n_pieces; i++) {
        const uint8_t *found = like->search(rest, like->pieces[i]);
        if (found == NULL) {
            return false;
        }
        found += like->pieces[i].len;
        rest = slice_of(found, (size_t)(rest.at + rest.len - found));
    }
    return true;
}

/* On a mismatch the last % takes one character more. An earlier % need not be tried again: whatever
 * it could give up, the last one can take. */
static bool matches_general(const struct like *like, struct slice text)
{
    const uint8_t *at = text.at;
    const uint8_t *end = at + text.len;
    const uint8_t *mark = NULL;
    uint32_t token = 0;
    uint32_t token_mark = 0;
    while (at < end) {
        uint16_t wanted = token < like->n_tokens ? like->tokens[token] : UINT16_MAX;
        if (wanted == LIKE_TOKEN_ANY) {
            mark = at;
            token_mark = ++token;
        } else if (wanted == LIKE_TOKEN_ONE) {
            at += character_bytes(at, end);
            token++;
        } else if (wanted == *at) {
            at++;
            token++;
        } else if (mark != NULL) {
            mark += character_bytes(mark, end);
            at = mark;
            token = token_mark;
        } else {
            return false;
        }
    }
    while (token < like->n_tokens && like->tokens[token] == LIKE_TOKEN_ANY) {
        token++;
    }
    return token == like->n_tokens;
}

bool like_matches(const struct like *like, struct slice text)
{
    switch (like->kind) {
    case LIKE_EQUAL:
        return slice_equal(text, like->literal);
    case LIKE_PREFIX:
        return has_prefix(text, like->literal);
    case LIKE_SUFFIX:
        return has_suffix(text, like->literal);
    case LIKE_CONTAINS:
        return like->search(text, like->literal) != NULL;
    case LIKE_PIECES:
        return matches_pieces(like, text);
    case LIKE_GENERAL:
        return matches_general(like, text);
    }
    PANIC("no such pattern");
}
