/* frame: how records lie in the files of a checkpoint. A file begins with a header that says what
 * it is; behind it stand frames, each with a checksum:
 *
 *     header   magic 8 | format u32 | number u64 | salt u64 | crc32c u32            (little-endian)
 *     frame    crc32c u32 | len u32 | epoch u64 | seq u64 | type u8 | flags u8 | version u16 |
 *              payload, len bytes
 *
 * The checksum covers everything behind it and is seeded with the file's salt, so that bytes of a
 * former file at the same place never look valid. A frame is read only if all of it is there and
 * its checksum is right; lengths are checked before they are used: these bytes may be damaged or
 * hostile.
 *
 *     frame_header_put(&buf, FRAME_FILE_LOG, number, salt);
 *     frame_put(&buf, salt, &frame);
 *     …
 *     TRY(frame_header_read(bytes, FRAME_FILE_LOG, &header, err));
 *     size_t at = FRAME_HEADER_BYTES;
 *     while (frame_next(bytes, &at, header.salt, &frame) == FRAME_WHOLE) { … } */
#ifndef ENGINE_STATE_FRAME_H
#define ENGINE_STATE_FRAME_H

#include "engine/base/bytebuf.h"
#include "engine/base/status.h"

enum {
    FRAME_FORMAT = 4, /* of all files of a checkpoint; any other is refused with exit 31 */
    FRAME_HEADER_BYTES = 32,
    FRAME_HEAD_BYTES = 28, /* of a frame, in front of its payload */
    FRAME_PAYLOAD_MAX = 1 << 30,
};

/* exactly-once.md §7 */
enum { EXIT_STATE_CORRUPT = 21, EXIT_STATE_NEWER = 31 };

enum frame_file { FRAME_FILE_MANIFEST, FRAME_FILE_LOG, FRAME_FILE_SNAPSHOT, FRAME_FILE_INPUT };

enum frame_type {
    FRAME_INTENT = 1,
    FRAME_COMMIT = 2,
    FRAME_META = 3,
    FRAME_INPUT = 4,
    FRAME_BLOCK = 5,
};

struct frame {
    uint64_t epoch;
    uint64_t seq; /* 1, 2, … in its file */
    uint8_t type;
    uint8_t flags;
    uint16_t version;
    struct slice payload;
};

struct frame_header {
    uint64_t number; /* generation or sequence number of the file */
    uint64_t salt;
};

void frame_header_put(struct bytebuf *out, enum frame_file file, uint64_t number, uint64_t salt);

/* ERR_STATE with exit 31 if the file is of another format, 21 if it is no such file or damaged. */
MUST_CHECK enum status frame_header_read(struct slice bytes, enum frame_file file,
                                         struct frame_header *out, struct error *err);

void frame_put(struct bytebuf *out, uint64_t salt, const struct frame *frame);

enum frame_found {
    FRAME_WHOLE, /* *at is behind it, the payload points into bytes */
    FRAME_END,   /* *at is the end of bytes */
    FRAME_BAD,   /* cut short or wrong; *at is where it begins */
};
enum frame_found frame_next(struct slice bytes, size_t *at, uint64_t salt, struct frame *out);

/* The first valid frame that begins behind *at; *at becomes where it begins. False if there is
 * none. For telling a torn end from damage in the middle. */
bool frame_find(struct slice bytes, size_t *at, uint64_t salt, struct frame *out);

#endif
