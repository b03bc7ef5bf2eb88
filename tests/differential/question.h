/* question: a random query over the stream of dataset.h, as a tree that can be said in our language
 * and that oracle.c can answer with SQLite.
 *
 *     struct question *question = question_random(arena, &rng);
 *     question_sql(&text, question);            // CREATE STREAM … ; SELECT …
 *     smaller = question_smaller(arena, question, i);       // for i = 0, 1, … until NULL
 *
 * Result columns are those of the window (ws, we), then keys (q0, …) or items (c0, …), then
 * aggregates (a0, …). */
#ifndef TESTS_DIFFERENTIAL_QUESTION_H
#define TESTS_DIFFERENTIAL_QUESTION_H

#include "tests/differential/question_call.h"

enum { QUESTION_KEYS = 3, QUESTION_ITEMS = 4, QUESTION_CALLS = 4 };

enum question_shape {
    ASK_ROWS,     /* filter and projection */
    ASK_DISTINCT, /* different rows */
    ASK_TOTAL,    /* aggregates without a window */
    ASK_WINDOW,   /* tumbling, hopping, cumulating */
    ASK_SESSION,
    ASK_COUNT,       /* windows of rows */
    ASK_OVER,        /* SLIDE ROW */
    ASK_WINDOW_ROWS, /* rows of closed windows */
    ASK_SHAPES,
};

enum question_emit {
    EMIT_AS_USUAL,
    EMIT_AS_FINAL,
    EMIT_AS_CHANGES,
    EMIT_AS_COMPLETE,
    EMIT_AS_EVERY,
    EMIT_AS_RISE,
    EMIT_AS_RISE_FALL, /* only by question_loosen */
};

enum question_fill { FILL_WITH_NOTHING, FILL_WITH_ZERO, FILL_WITH_NULL, FILL_WITH_PREVIOUS };

struct question {
    enum question_shape shape;
    enum question_emit emit;

    /* The stream. */
    bool finite;        /* SET once: exact unless a watermark is declared */
    bool has_watermark; /* declared */
    int64_t delay_us;

    /* The window. */
    int64_t size_us; /* SESSION: the gap */
    int64_t slide_us;
    int64_t offset_us;
    int64_t grace_us;
    int64_t max_us; /* SESSION … MAX; 0 = none */
    int64_t rows;
    int64_t rows_slide;
    bool cumulate;
    enum question_fill fill;
    int64_t fill_windows;

    struct term *where; /* NULL = none */
    uint32_t n_keys;
    struct term *keys[QUESTION_KEYS];
    uint32_t n_items;
    struct term *items[QUESTION_ITEMS];
    uint32_t n_calls;
    struct question_call calls[QUESTION_CALLS];
    bool having;
    uint32_t having_call; /* … is not null, > 0, or > having_more for a count */
    int64_t having_more;
    bool distinct;   /* WINDOW_ROWS */
    bool is_nested;  /* the question stands in another SELECT, which lets its rows pass */
    bool reads_nest; /* it reads such a SELECT over the stream */
    bool order;      /* by a call (WINDOW_ROWS: an item), then by everything else */
    uint32_t order_by;
    bool descending;
    int64_t limit; /* -1 = none */
};

struct question *question_random(struct arena *arena, struct rng *rng);

/* The same question, perhaps with what the oracle has no answer to: alerts of sessions and of SLIDE
 * ROW, alerts that fall, SLIDE ROW as rows arrive. */
struct question *question_loosen(struct arena *arena, const struct question *question,
                                 struct rng *rng);

/* True if windows close and rows can be late. */
bool question_has_lateness(const struct question *question);

/* CREATE STREAM s and the query, in our language. */
void question_sql(struct bytebuf *out, const struct question *question);

/* What its aggregates order rows by. */
enum call_order question_order(const struct question *question);

/* Parts that the oracle says as well: HAVING, and what it asks of the call's result. */
void question_having_print(struct bytebuf *out, const struct question *question,
                           enum dialect dialect);
void question_passes_print(struct bytebuf *out, const struct question *question);

/* The `i`-th question with one thing less; NULL when there are no more. */
struct question *question_smaller(struct arena *arena, const struct question *question, uint32_t i);

#endif
