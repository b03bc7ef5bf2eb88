/* watermark: how far event time has come for one query (language.md §4.2). Moves per row, per
 * split; is the minimum over active splits; never moves back.
 *
 *     watermark_init(&mark, delay_us, max_future_us);
 *     split = watermark_split(&mark, i);                                // known from now on,
 * active watermark_rows(&mark, i, now_us, batch);                          // per batch, in source
 * order watermark_idle(&mark, now_us, idle_timeout_us);                   // per trigger of a live
 * stream … mark.current … watermark_release(&mark); */
#ifndef ENGINE_RUN_WATERMARK_H
#define ENGINE_RUN_WATERMARK_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/codec.h"
#include "engine/data/batch.h"

struct watermark_split {
    int64_t mark;     /* largest event time seen - delay; TIME_NONE before the first row */
    int64_t heard_us; /* wall clock of the last row */
    bool idle;        /* does not hold the others back */
    bool ended;
};

struct watermark {
    int64_t delay_us;
    int64_t max_future_us; /* TIME_END: no guard (finite input) */
    bool is_exact;         /* every row gets its watermark, not only those that may be late */
    int64_t current;       /* TIME_NONE before the first row */
    uint64_t rows_future;  /* rows that did not move it */
    int64_t former;        /* largest mark of splits whose numbers are others' now */
    uint32_t n;
    struct watermark_split *splits;
};

void watermark_init(struct watermark *mark, int64_t delay_us, int64_t max_future_us);
void watermark_release(struct watermark *mark);

/* Makes split i known. If it had ended, this is another one. */
void watermark_open(struct watermark *mark, uint32_t split, int64_t now_us);
/* Split i will say no more: it holds nobody back. */
void watermark_end(struct watermark *mark, uint32_t split);

/* Takes the event times of a batch (its time column is decoded) and sets batch->watermark and, if
 * some row could be late, batch->watermarks. Rows without a time move nothing. */
void watermark_rows(struct watermark *mark, uint32_t split, int64_t now_us, struct batch *batch);

/* Largest event time that the split has said; TIME_NONE before the first. */
int64_t watermark_newest_us(const struct watermark *mark, uint32_t split);

/* Splits that said nothing for `timeout_us` (negative: never) become idle. When all are idle, event
 * time runs on with the wall clock from the last row. */
void watermark_idle(struct watermark *mark, int64_t now_us, int64_t timeout_us);

/* Wall clock at which the watermark will have reached `event_us` if no row comes any more, given
 * the idle timeout; TIME_END = never. */
int64_t watermark_due_us(const struct watermark *mark, int64_t event_us, int64_t timeout_us);

/* The active split with the smallest mark, or -1. */
int watermark_holder(const struct watermark *mark);
uint32_t watermark_n_idle(const struct watermark *mark);

void watermark_save(const struct watermark *mark, struct bytebuf *out);
/* False if the bytes are damaged. */
bool watermark_load(struct watermark *mark, struct reader *in);

#endif
