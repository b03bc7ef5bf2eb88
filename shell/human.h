/* human: numbers for people, in status lines and summaries. */
#ifndef SHELL_HUMAN_H
#define SHELL_HUMAN_H

#include <stdint.h>

#include "engine/base/bytebuf.h"

/* 999, 1.23k, 12.3M, 4.50G: three digits. */
void human_count(struct bytebuf *out, uint64_t n);
/* 999 rows, 1.00 M rows: the same with a space, for prose. */
void human_rows(struct bytebuf *out, uint64_t n);
/* 98 MB, 1.2 GB: powers of 1000. */
void human_bytes(struct bytebuf *out, uint64_t n);
/* 0.42 s, 1 min 5 s. */
void human_duration(struct bytebuf *out, int64_t us);

#endif
