/* codec: saved bytes. Little-endian, every length checked against what is there before it is used:
 * what is read back may be damaged or hostile.
 *
 *     codec_put_u32(buf, n);                   struct reader r = reader_of(bytes);
 *     codec_put_bytes(buf, name);              uint32_t n = reader_u32(&r);
 *                                              struct slice name = reader_bytes(&r);
 *                                              if (!reader_ok(&r)) { …damaged… }
 *
 * A reader that ran out gives zeros and empty slices from then on and reader_ok() is false: callers
 * check once, at the end, but never allocate by a length before checking it. */
#ifndef ENGINE_BASE_CODEC_H
#define ENGINE_BASE_CODEC_H

#include "engine/base/bytebuf.h"
#include "engine/base/slice.h"

void codec_put_u8(struct bytebuf *buf, uint8_t value);
void codec_put_u32(struct bytebuf *buf, uint32_t value);
void codec_put_u64(struct bytebuf *buf, uint64_t value);
void codec_put_i64(struct bytebuf *buf, int64_t value);
void codec_put_f64(struct bytebuf *buf, double value);
/* u32 length, then the bytes. */
void codec_put_bytes(struct bytebuf *buf, struct slice bytes);

struct reader {
    const uint8_t *at;
    const uint8_t *end;
    bool failed;
};

struct reader reader_of(struct slice bytes);
uint8_t reader_u8(struct reader *r);
uint32_t reader_u32(struct reader *r);
uint64_t reader_u64(struct reader *r);
int64_t reader_i64(struct reader *r);
double reader_f64(struct reader *r);
/* Points into what is read. */
struct slice reader_bytes(struct reader *r);
/* `len` bytes without a length in front. */
struct slice reader_raw(struct reader *r, size_t len);

static inline bool reader_ok(const struct reader *r)
{
    return !r->failed;
}

static inline size_t reader_left(const struct reader *r)
{
    return (size_t)(r->end - r->at);
}

#endif
