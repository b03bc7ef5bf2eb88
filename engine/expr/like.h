/* like: patterns of LIKE, compiled. % is any text, _ any character (UTF-8; a byte that is none is
 * one), the escape character makes the next one stand for itself. PostgreSQL's rules.
 *
 *     const char *wrong = like_check(pattern, '\\');        // NULL: it compiles
 *     struct like like = like_compile(arena, pattern, '\\');
 *     if (like_matches(&like, text)) …
 *
 * Most patterns are one literal with % at its ends: those are a search or a compare of bytes. */
#ifndef ENGINE_EXPR_LIKE_H
#define ENGINE_EXPR_LIKE_H

#include "engine/base/arena.h"
#include "engine/base/byte_search.h"
#include "engine/base/slice.h"

/* A pattern with _ takes time by pattern × text. */
enum { LIKE_PATTERN_MAX = 4096 };

/* No escape character. */
enum { LIKE_NO_ESCAPE = -1 };

enum like_kind {
    LIKE_EQUAL,    /* literal */
    LIKE_PREFIX,   /* literal% */
    LIKE_SUFFIX,   /* %literal */
    LIKE_CONTAINS, /* %literal% */
    LIKE_PIECES,   /* literals with % between */
    LIKE_GENERAL,  /* with _ */
};

struct like {
    enum like_kind kind;
    byte_search_fn *search;
    struct slice literal; /* of the first four kinds */
    uint32_t n_pieces;    /* PIECES: what stands between %; the first and the last may be empty */
    struct slice *pieces;
    uint32_t n_tokens; /* GENERAL: bytes, or one of the two below */
    uint16_t *tokens;
};

enum { LIKE_TOKEN_ANY = 256, LIKE_TOKEN_ONE = 257 };

/* What is wrong with a pattern, or NULL. */
const char *like_check(struct slice pattern, int escape);

/* The pattern has passed like_check. */
struct like like_compile(struct arena *arena, struct slice pattern, int escape);

bool like_matches(const struct like *like, struct slice text);

#endif
