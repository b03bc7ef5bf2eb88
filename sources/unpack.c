/* unpack: see unpack.h. */
#include "sources/unpack.h"

#include <limits.h>
#include <zlib.h>
#include <zstd.h>

#include "engine/base/mem.h"
#include "engine/base/panic.h"

/* The largest window, and gzip's framing rather than zlib's. */
enum { GZIP_WINDOW_BITS = MAX_WBITS + 16 };

struct unpack {
    z_stream gzip;
    ZSTD_DStream *zstd; /* NULL = it is gzip */
    bool is_whole;
};

static bool has_magic(struct slice bytes, const char *magic, size_t len)
{
    return bytes.len >= len && memcmp(bytes.at, magic, len) == 0;
}

struct unpack *unpack_new(struct slice first_bytes)
{
    bool is_gzip = has_magic(first_bytes, "\x1f\x8b", 2);
    if (!is_gzip && !has_magic(first_bytes, "\x28\xb5\x2f\xfd", 4)) {
        return NULL;
    }
    struct unpack *unpack = mem_zalloc(sizeof *unpack);
    unpack->is_whole = true;
    if (is_gzip) {
        int failed = inflateInit2(&unpack->gzip, GZIP_WINDOW_BITS);
        CHECK(failed == Z_OK);
    } else {
        unpack->zstd = ZSTD_createDStream();
        CHECK(unpack->zstd != NULL);
    }
    return unpack;
}

void unpack_free(struct unpack *unpack)
{
    if (unpack == NULL) {
        return;
    }
    if (unpack->zstd == NULL) {
        inflateEnd(&unpack->gzip);
    }
    ZSTD_freeDStream(unpack->zstd);
    mem_free(unpack);
}

const char *unpack_name(const struct unpack *unpack)
{
    return unpack->zstd == NULL ? "gzip" : "zstd";
}

bool unpack_is_whole(const struct unpack *unpack)
{
    return unpack->is_whole;
}

static void skip_padding(struct slice *input)
{
    while (input->len > 0 && input->at[0] == 0) {
        *input = slice_of(input->at + 1, input->len - 1);
    }
}

static uInt at_most_uint(size_t n)
{
    return n < UINT_MAX ? (uInt)n : UINT_MAX;
}

static enum status gzip_step(struct unpack *unpack, struct slice *input, void *at, size_t max,
                             size_t *n, struct error *err)
{
    z_stream *gzip = &unpack->gzip;
    if (unpack->is_whole) {
        skip_padding(input);
        if (input->len == 0) {
            return OK;
        }
        inflateReset(gzip);
        unpack->is_whole = false;
    }
    uInt room = at_most_uint(max);
    uInt len = at_most_uint(input->len);
    gzip->next_in = (Bytef *)input->at; /* zlib does not write there */
    gzip->avail_in = len;
    gzip->next_out = at;
    gzip->avail_out = room;
    int result = inflate(gzip, Z_NO_FLUSH);
    *input = slice_of(gzip->next_in, input->len - (len - gzip->avail_in));
    *n = room - gzip->avail_out;
    unpack->is_whole = result == Z_STREAM_END;
    CHECK(result != Z_MEM_ERROR && result != Z_STREAM_ERROR);
    if (result == Z_OK || result == Z_BUF_ERROR || result == Z_STREAM_END) {
        return OK;
    }
    return error_set(err, ERR_INPUT, "%s", gzip->msg == NULL ? "no gzip data" : gzip->msg);
}

static enum status zstd_step(struct unpack *unpack, struct slice *input, void *at, size_t max,
                             size_t *n, struct error *err)
{
    if (unpack->is_whole) {
        skip_padding(input);
        if (input->len == 0) {
            return OK;
        }
    }
    ZSTD_inBuffer in = {.src = input->at, .size = input->len};
    ZSTD_outBuffer out = {.dst = at, .size = max};
    size_t result = ZSTD_decompressStream(unpack->zstd, &out, &in);
    *input = slice_of(input->at + in.pos, input->len - in.pos);
    *n = out.pos;
    unpack->is_whole = result == 0;
    if (ZSTD_isError(result)) {
        return error_set(err, ERR_INPUT, "%s", ZSTD_getErrorName(result));
    }
    return OK;
}

enum status unpack_step(struct unpack *unpack, struct slice *input, void *at, size_t max, size_t *n,
                        struct error *err)
{
    *n = 0;
    return unpack->zstd == NULL ? gzip_step(unpack, input, at, max, n, err)
                                : zstd_step(unpack, input, at, max, n, err);
}
