/* Fuzz target: what a start reads of a checkpoint. Frames are found in the bytes as they are; and
 * because checksums keep most changes out of what lies in the frames, the bytes are also taken for
 * the payload of each kind of record. */
#include <stddef.h>
#include <stdint.h>

#include "engine/base/panic.h"
#include "engine/run/cuts.h"
#include "engine/run/image.h"
#include "engine/run/intent.h"
#include "engine/state/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_frames(struct slice bytes)
{
    struct frame_header header = {.salt = 0};
    struct frame frame;
    for (int file = FRAME_FILE_MANIFEST; file <= FRAME_FILE_INPUT; file++) {
        (void)!frame_header_read(bytes, (enum frame_file)file, &header, NULL);
    }
    size_t at = bytes.len < FRAME_HEADER_BYTES ? bytes.len : FRAME_HEADER_BYTES;
    while (frame_next(bytes, &at, header.salt, &frame) == FRAME_WHOLE) {
        CHECK(frame.payload.len <= bytes.len);
    }
    while (frame_find(bytes, &at, header.salt, &frame)) {
        CHECK(at + FRAME_HEAD_BYTES + frame.payload.len <= bytes.len);
    }
}

static void read_cuts(struct slice bytes)
{
    struct reader in = reader_of(bytes);
    struct cut cut;
    struct bytebuf text = {0};
    while (cut_next(&in, &cut)) {
        bytebuf_clear(&text);
        cut_print(&text, &cut);
    }
    bytebuf_release(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct image image;
    struct intent intent;
    struct slice bytes = slice_of(data, size);
    arena_init(&arena);
    read_frames(bytes);
    read_cuts(bytes);
    if (image_read(&arena, bytes, &image, NULL) == OK) {
        (void)image_query_find(&image, bytes);
        (void)image_feed_find(&image, bytes);
    }
    if (intent_read(&arena, bytes, &intent, NULL) == OK) {
        read_cuts(intent.cuts);
    }
    arena_release(&arena);
    return 0;
}
