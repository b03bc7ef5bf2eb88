/* bytebuf: bytes that grow. Zero-initialised is empty; bytebuf_release gives the memory back.
 * For output text (sinks, EXPLAIN, errors) and for saved state (codec.h). */
#ifndef ENGINE_BASE_BYTEBUF_H
#define ENGINE_BASE_BYTEBUF_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "engine/base/slice.h"
#include "engine/base/status.h"

struct bytebuf {
    uint8_t *at;
    size_t len;
    size_t cap;
};

void bytebuf_init(struct bytebuf *buf);
void bytebuf_release(struct bytebuf *buf);

/* Makes room for `more` bytes and returns where they go; advance `len` yourself. */
uint8_t *bytebuf_grow(struct bytebuf *buf, size_t more);

static inline uint8_t *bytebuf_reserve(struct bytebuf *buf, size_t more)
{
    if (__builtin_expect(buf->cap - buf->len < more, 0)) {
        return bytebuf_grow(buf, more);
    }
    return buf->at + buf->len;
}

static inline void bytebuf_clear(struct bytebuf *buf)
{
    buf->len = 0;
}

static inline struct slice bytebuf_slice(const struct bytebuf *buf)
{
    return slice_of(buf->at, buf->len);
}

static inline void bytebuf_add(struct bytebuf *buf, const void *at, size_t len)
{
    if (len > 0) {
        memcpy(bytebuf_reserve(buf, len), at, len);
        buf->len += len;
    }
}

static inline void bytebuf_add_byte(struct bytebuf *buf, uint8_t byte)
{
    *bytebuf_reserve(buf, 1) = byte;
    buf->len++;
}

/* NUL-terminated text, without its NUL. */
void bytebuf_add_text(struct bytebuf *buf, const char *text);
void bytebuf_printf(struct bytebuf *buf, const char *format, ...) PRINTF_LIKE(2, 3);
/* The content as a C string: one NUL is kept behind the bytes, not counted. Valid until the next
 * add. */
const char *bytebuf_text(struct bytebuf *buf);

#endif
