/* packing: gzip and zstd data for tests. */
#ifndef TESTS_SOURCES_PACKING_H
#define TESTS_SOURCES_PACKING_H

#include <zlib.h>
#include <zstd.h>

#include "engine/base/bytebuf.h"
#include "engine/base/panic.h"

/* Appends one gzip member. */
static inline void pack_gzip(struct bytebuf *out, struct slice bytes)
{
    z_stream stream = {0};
    int result = deflateInit2(&stream, 6, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY);
    CHECK(result == Z_OK);
    size_t room = deflateBound(&stream, bytes.len);
    stream.next_out = bytebuf_reserve(out, room);
    stream.avail_out = (uInt)room;
    stream.next_in = (Bytef *)bytes.at;
    stream.avail_in = (uInt)bytes.len;
    result = deflate(&stream, Z_FINISH);
    CHECK(result == Z_STREAM_END);
    out->len += room - stream.avail_out;
    deflateEnd(&stream);
}

/* Appends one zstd frame. */
static inline void pack_zstd(struct bytebuf *out, struct slice bytes)
{
    size_t room = ZSTD_compressBound(bytes.len);
    size_t n = ZSTD_compress(bytebuf_reserve(out, room), room, bytes.at, bytes.len, 3);
    CHECK(!ZSTD_isError(n));
    out->len += n;
}

/* Lines that do not compress to nothing, `len` bytes of them. */
static inline void pack_lines(struct bytebuf *out, size_t len)
{
    uint64_t state = 88172645463325252u; /* xorshift64 */
    while (out->len < len) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytebuf_printf(out, "%llu,%llx\n", (unsigned long long)(state >> 40),
                       (unsigned long long)state);
    }
    out->len = len;
}

#endif
