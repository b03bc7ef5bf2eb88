/* codec: see codec.h. */
#include "engine/base/codec.h"

#include <string.h>

#include "engine/base/byteorder.h"
#include "engine/base/panic.h"

static void put_le(struct bytebuf *buf, uint64_t value, unsigned bytes)
{
    uint8_t *at = bytebuf_reserve(buf, bytes);
    for (unsigned i = 0; i < bytes; i++) {
        at[i] = (uint8_t)(value >> (8 * i));
    }
    buf->len += bytes;
}

void codec_put_u8(struct bytebuf *buf, uint8_t value)
{
    bytebuf_add_byte(buf, value);
}

void codec_put_u32(struct bytebuf *buf, uint32_t value)
{
    put_le(buf, value, 4);
}

void codec_put_u64(struct bytebuf *buf, uint64_t value)
{
    put_le(buf, value, 8);
}

void codec_put_i64(struct bytebuf *buf, int64_t value)
{
    put_le(buf, (uint64_t)value, 8);
}

void codec_put_f64(struct bytebuf *buf, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    put_le(buf, bits, 8);
}

void codec_put_bytes(struct bytebuf *buf, struct slice bytes)
{
    CHECK(bytes.len <= UINT32_MAX);
    put_le(buf, bytes.len, 4);
    bytebuf_add(buf, bytes.at, bytes.len);
}

struct reader reader_of(struct slice bytes)
{
    return (struct reader){.at = bytes.at, .end = bytes.at + bytes.len};
}

/* The next `len` bytes, or NULL: then the reader has failed and stays at its end. */
static const uint8_t *reader_take(struct reader *r, size_t len)
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

uint8_t reader_u8(struct reader *r)
{
    const uint8_t *at = reader_take(r, 1);
    return at == NULL ? 0 : *at;
}

uint32_t reader_u32(struct reader *r)
{
    const uint8_t *at = reader_take(r, 4);
    return at == NULL ? 0 : load_le32(at);
}

uint64_t reader_u64(struct reader *r)
{
    const uint8_t *at = reader_take(r, 8);
    return at == NULL ? 0 : load_le64(at);
}

int64_t reader_i64(struct reader *r)
{
    return (int64_t)reader_u64(r);
}

double reader_f64(struct reader *r)
{
    uint64_t bits = reader_u64(r);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

struct slice reader_bytes(struct reader *r)
{
    return reader_raw(r, reader_u32(r));
}

struct slice reader_raw(struct reader *r, size_t len)
{
    const uint8_t *at = reader_take(r, len);
    return at == NULL ? slice_of(r->end, 0) : slice_of(at, len);
}
