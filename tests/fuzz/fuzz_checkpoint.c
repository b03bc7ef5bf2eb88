/* Fuzz target: what a start reads of a checkpoint. Frames are found in the bytes as they are; and
 * because checksums keep most changes out of what lies in the frames, the bytes are also taken for
 * the payload of each kind of record, and for what the operators of a query have saved. What
 * operators make of that is fuzz_resume.c. */
#include <stddef.h>
#include <stdint.h>

#include "engine/base/panic.h"
#include "engine/run/cuts.h"
#include "engine/run/intent.h"
#include "engine/run/recovered.h"
#include "engine/state/entries.h"
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

/* Walked through, they are as many as were counted. */
static void walk_entries(struct entries *entries)
{
    enum { OPERATORS = 8 }; /* the numbers of others are not asked for by a query */
    struct entry entry;
    uint32_t n = 0;
    size_t bytes = 0;
    for (uint32_t op = 0; op < OPERATORS; op++) {
        struct entries_walk walk = entries_walk(entries, op);
        while (entries_next(&walk, &entry)) {
            n++;
            bytes += entry.key.len + entry.value.len;
        }
    }
    CHECK(n <= entries_count(entries) && bytes <= entries_bytes(entries));
}

/* Written as one changelog they are the same entries again. */
static void write_entries(struct entries *entries)
{
    struct bytebuf once = {0};
    struct bytebuf twice = {0};
    struct entries *again = entries_new();
    entries_write(entries, &once);
    CHECK(entries_apply(again, bytebuf_slice(&once)));
    CHECK(entries_count(again) == entries_count(entries));
    CHECK(entries_bytes(again) == entries_bytes(entries));
    entries_write(again, &twice);
    CHECK(slice_equal(bytebuf_slice(&once), bytebuf_slice(&twice)));
    entries_free(again);
    bytebuf_release(&twice);
    bytebuf_release(&once);
}

/* A changelog, and the same once more behind it. */
static void read_entries(struct slice bytes)
{
    struct entries *entries = entries_new();
    for (int i = 0; i < 2 && entries_apply(entries, bytes); i++) {
        walk_entries(entries);
        write_entries(entries);
    }
    entries_free(entries);
}

/* A snapshot, and a COMMIT with the same image behind it. */
static void read_images(struct slice bytes)
{
    struct recovered *recovered = recovered_new();
    for (int i = 0; i < 2 && recovered_add(recovered, bytes, NULL) == OK; i++) {
        const struct image *image = recovered_image(recovered);
        (void)image_feed_find(image, bytes);
        (void)image_query_find(image, bytes);
        for (uint32_t q = 0; q < image->head.n_queries; q++) {
            walk_entries(recovered_entries(recovered, image->queries[q].name));
        }
    }
    recovered_free(recovered);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct intent intent;
    struct slice bytes = slice_of(data, size);
    arena_init(&arena);
    read_frames(bytes);
    read_cuts(bytes);
    read_images(bytes);
    read_entries(bytes);
    if (intent_read(&arena, bytes, &intent, NULL) == OK) {
        read_cuts(intent.cuts);
    }
    arena_release(&arena);
    return 0;
}
