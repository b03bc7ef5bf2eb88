/* codec: see codec.h. */
#include "engine/base/codec.h"

#include <string.h>

#include "engine/base/panic.h"

void codec_put_f64(struct bytebuf *buf, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    codec_put_u64(buf, bits);
}

void codec_put_bytes(struct bytebuf *buf, struct slice bytes)
{
    CHECK(bytes.len <= UINT32_MAX);
    codec_put_u32(buf, (uint32_t)bytes.len);
    bytebuf_add(buf, bytes.at, bytes.len);
}

struct reader reader_of(struct slice bytes)
{
    static const uint8_t nothing[1];
    const uint8_t *at = bytes.at == NULL ? nothing : bytes.at; /* NULL + 0 is not defined */
    return (struct reader){.at = at, .end = at + bytes.len};
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
