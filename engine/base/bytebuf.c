/* bytebuf: see bytebuf.h. */
#include "engine/base/bytebuf.h"

#include <stdarg.h>
#include <stdio.h>

#include "engine/base/mem.h"
#include "engine/base/panic.h"

enum { BYTEBUF_BYTES_MIN = 256 };

void bytebuf_init(struct bytebuf *buf)
{
    *buf = (struct bytebuf){0};
}

void bytebuf_release(struct bytebuf *buf)
{
    if (buf == NULL) {
        return;
    }
    mem_free(buf->at);
    bytebuf_init(buf);
}

uint8_t *bytebuf_grow(struct bytebuf *buf, size_t more)
{
    CHECK(more < SIZE_MAX / 4 && buf->len < SIZE_MAX / 4);
    size_t cap = buf->cap < BYTEBUF_BYTES_MIN ? BYTEBUF_BYTES_MIN : buf->cap * 2;
    if (cap < buf->len + more) {
        cap = buf->len + more;
    }
    buf->at = mem_realloc(buf->at, cap);
    buf->cap = cap;
    return buf->at + buf->len;
}

void bytebuf_add_text(struct bytebuf *buf, const char *text)
{
    bytebuf_add(buf, text, strlen(text));
}

void bytebuf_printf(struct bytebuf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    CHECK(len >= 0);
    char *at = (char *)bytebuf_reserve(buf, (size_t)len + 1);
    va_start(args, format);
    vsnprintf(at, (size_t)len + 1, format, args);
    va_end(args);
    buf->len += (size_t)len;
}

const char *bytebuf_text(struct bytebuf *buf)
{
    *bytebuf_reserve(buf, 1) = 0;
    return (const char *)buf->at;
}
