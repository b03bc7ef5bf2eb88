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
#include "engine/base/byteorder.h"
#include "engine/base/slice.h"

/* Here, so that they are inlined: a snapshot calls them a dozen times for each key. */
static inline void codec_put_u8(struct bytebuf *buf, uint8_t value)
{
    bytebuf_add_byte(buf, value);
}

static inline void codec_put_u32(struct bytebuf *buf, uint32_t value)
{
    store_le32(bytebuf_reserve(buf, sizeof value), value);
    buf->len += sizeof value;
}

static inline void codec_put_u64(struct bytebuf *buf, uint64_t value)
{
    store_le64(bytebuf_reserve(buf, sizeof value), value);
    buf->len += sizeof value;
}

static inline void codec_put_i64(struct bytebuf *buf, int64_t value)
{
    codec_put_u64(buf, (uint64_t)value);
}

void codec_put_f64(struct bytebuf *buf, double value);
/* u32 length, then the bytes. */
void codec_put_bytes(struct bytebuf *buf, struct slice bytes);

struct reader {
    const uint8_t *at;
    const uint8_t *end;
    bool failed;
};

struct reader reader_of(struct slice bytes);

static inline bool reader_ok(const struct reader *r)
{
    return !r->failed;
}

static inline size_t reader_left(const struct reader *r)
{
    return (size_t)(r->end - r->at);
}

/* The next `len` bytes, or NULL: then the reader has failed and stays at its end. */
static inline const uint8_t *reader_take(struct reader *r, size_t len)
{
    if (r->failed || reader_left(r) < len) {
        r->failed = true;
        r->at = r->end;
        return NULL;
    }
    const uint8_t *at = r->at;
    r->at += len;
    return at;
}

static inline uint8_t reader_u8(struct reader *r)
{
    const uint8_t *at = reader_take(r, 1);
    return at == NULL ? 0 : *at;
}

static inline uint32_t reader_u32(struct reader *r)
{
    const uint8_t *at = reader_take(r, 4);
    return at == NULL ? 0 : load_le32(at);
}

static inline uint64_t reader_u64(struct reader *r)
{
    const uint8_t *at = reader_take(r, 8);
    return at == NULL ? 0 : load_le64(at);
}

int64_t reader_i64(struct reader *r);
double reader_f64(struct reader *r);

/* `len` bytes without a length in front; points into what is read. */
static inline struct slice reader_raw(struct reader *r, size_t len)
{
    const uint8_t *at = reader_take(r, len);
    return at == NULL ? slice_of(r->end, 0) : slice_of(at, len);
}

/* u32 length, then the bytes; points into what is read. */
static inline struct slice reader_bytes(struct reader *r)
{
    return reader_raw(r, reader_u32(r));
}

#endif
