/* frame: see frame.h. */
#include "engine/state/frame.h"

#include "engine/base/byteorder.h"
#include "engine/base/codec.h"
#include "engine/base/crc32c.h"
#include "engine/base/panic.h"

enum { MAGIC_BYTES = 8 };

static const char *const magics[] = {
    [FRAME_FILE_MANIFEST] = "TRMANIF\n",
    [FRAME_FILE_LOG] = "TRLOG\n\n\n",
    [FRAME_FILE_SNAPSHOT] = "TRSNAP\n\n",
    [FRAME_FILE_INPUT] = "TRINPUT\n",
};

static uint32_t seed_of(uint64_t salt)
{
    uint8_t bytes[8];
    store_le64(bytes, salt);
    return crc32c(0, bytes, sizeof bytes);
}

void frame_header_put(struct bytebuf *out, enum frame_file file, uint64_t number, uint64_t salt)
{
    size_t start = out->len;
    bytebuf_add(out, magics[file], MAGIC_BYTES);
    codec_put_u32(out, FRAME_FORMAT);
    codec_put_u64(out, number);
    codec_put_u64(out, salt);
    codec_put_u32(out, crc32c(0, out->at + start, out->len - start));
    CHECK(out->len - start == FRAME_HEADER_BYTES);
}

static enum status header_refused(int exit_code, struct error *err, const char *why)
{
    error_set(err, ERR_STATE, "%s", why);
    error_exit_code(err, exit_code);
    return ERR_STATE;
}

enum status frame_header_read(struct slice bytes, enum frame_file file, struct frame_header *out,
                              struct error *err)
{
    struct reader in = reader_of(bytes);
    struct slice magic = reader_raw(&in, MAGIC_BYTES);
    uint32_t format = reader_u32(&in);
    struct frame_header header = {.number = reader_u64(&in)};
    header.salt = reader_u64(&in);
    uint32_t sum = reader_u32(&in);
    if (!reader_ok(&in) || memcmp(magic.at, magics[file], MAGIC_BYTES) != 0) {
        return header_refused(EXIT_STATE_CORRUPT, err, "its header is damaged");
    }
    /* Before the checksum: a newer format may have another header. */
    if (format > FRAME_FORMAT) {
        return header_refused(EXIT_STATE_NEWER, err, "it is of a newer format");
    }
    if (format < FRAME_FORMAT) {
        return header_refused(EXIT_STATE_NEWER, err,
                              "it is of an older format, which this version does not read");
    }
    if (sum != crc32c(0, bytes.at, FRAME_HEADER_BYTES - 4)) {
        return header_refused(EXIT_STATE_CORRUPT, err, "its header is damaged");
    }
    *out = header;
    return OK;
}

void frame_put(struct bytebuf *out, uint64_t salt, const struct frame *frame)
{
    CHECK(frame->payload.len <= FRAME_PAYLOAD_MAX);
    size_t start = out->len;
    codec_put_u32(out, 0); /* the checksum's place */
    codec_put_u32(out, (uint32_t)frame->payload.len);
    codec_put_u64(out, frame->epoch);
    codec_put_u64(out, frame->seq);
    codec_put_u8(out, frame->type);
    codec_put_u8(out, frame->flags);
    codec_put_u8(out, (uint8_t)frame->version);
    codec_put_u8(out, (uint8_t)(frame->version >> 8));
    bytebuf_add(out, frame->payload.at, frame->payload.len);
    uint32_t sum = crc32c(seed_of(salt), out->at + start + 4, out->len - start - 4);
    for (unsigned i = 0; i < 4; i++) {
        out->at[start + i] = (uint8_t)(sum >> (8 * i));
    }
}

enum frame_found frame_next(struct slice bytes, size_t *at, uint64_t salt, struct frame *out)
{
    CHECK(*at <= bytes.len);
    const uint8_t *head = bytes.at + *at;
    size_t left = bytes.len - *at;
    if (left == 0) {
        return FRAME_END;
    }
    if (left < FRAME_HEAD_BYTES) {
        return FRAME_BAD;
    }
    uint32_t len = load_le32(head + 4);
    if (len > FRAME_PAYLOAD_MAX || len > left - FRAME_HEAD_BYTES ||
        load_le32(head) != crc32c(seed_of(salt), head + 4, FRAME_HEAD_BYTES - 4 + (size_t)len)) {
        return FRAME_BAD;
    }
    *out = (struct frame){
        .epoch = load_le64(head + 8),
        .seq = load_le64(head + 16),
        .type = head[24],
        .flags = head[25],
        .version = (uint16_t)(head[26] | head[27] << 8),
        .payload = slice_of(head + FRAME_HEAD_BYTES, len),
    };
    *at += FRAME_HEAD_BYTES + (size_t)len;
    return FRAME_WHOLE;
}

/* What no frame of ours has is not worth a checksum over up to a gigabyte. */
static bool may_be_frame(const uint8_t *head, size_t left)
{
    return load_le32(head + 4) <= left - FRAME_HEAD_BYTES && head[24] >= FRAME_INTENT &&
           head[24] <= FRAME_BLOCK && load_le64(head + 16) - 1 < UINT32_MAX;
}

bool frame_find(struct slice bytes, size_t *at, uint64_t salt, struct frame *out)
{
    for (size_t from = *at + 1; from + FRAME_HEAD_BYTES <= bytes.len; from++) {
        size_t end = from;
        if (may_be_frame(bytes.at + from, bytes.len - from) &&
            frame_next(bytes, &end, salt, out) == FRAME_WHOLE) {
            *at = from;
            return true;
        }
    }
    return false;
}
