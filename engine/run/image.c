/* image: see image.h.
 *
 *     u8 version, u8 is_complete, u64 segment, u64 bytes,
 *     u64 dead segment, u64 dead bytes, u64 dead rows, u32 feeds, u32 queries
 *     feeds { name, u8 is_replayable, offsets, bad, state }
 *     queries { name, feed, plan, state, u8 is_whole, changes, u8 outlets { role, position } }
 *
 * where name … are u32 length and bytes. */
#include "engine/run/image.h"

#include "engine/base/codec.h"
#include "engine/base/panic.h"

enum {
    IMAGE_VERSION = 4,
    /* The fewest bytes that one can have: counts are checked before memory is taken for them. */
    FEED_BYTES_MIN = 17,
    QUERY_BYTES_MIN = 22,
};

void image_begin(struct bytebuf *out, const struct image_head *head)
{
    codec_put_u8(out, IMAGE_VERSION);
    codec_put_u8(out, head->is_complete);
    codec_put_u64(out, head->input.segment);
    codec_put_u64(out, head->input.bytes);
    codec_put_u64(out, head->dead.segment);
    codec_put_u64(out, head->dead.bytes);
    codec_put_u64(out, head->dead.rows);
    codec_put_u32(out, head->n_feeds);
    codec_put_u32(out, head->n_queries);
}

void image_put_feed(struct bytebuf *out, const struct image_feed *feed)
{
    codec_put_bytes(out, feed->name);
    codec_put_u8(out, feed->is_replayable);
    codec_put_bytes(out, feed->offsets);
    codec_put_bytes(out, feed->bad);
    codec_put_bytes(out, feed->state);
}

void image_put_query(struct bytebuf *out, const struct image_query *query)
{
    CHECK(query->n_outlets <= IMAGE_OUTLETS_MAX);
    codec_put_bytes(out, query->name);
    codec_put_bytes(out, query->feed);
    codec_put_bytes(out, query->plan);
    codec_put_bytes(out, query->state);
    codec_put_u8(out, query->is_whole);
    codec_put_bytes(out, query->changes);
    codec_put_u8(out, (uint8_t)query->n_outlets);
    for (uint32_t i = 0; i < query->n_outlets; i++) {
        codec_put_bytes(out, query->outlets[i].role);
        codec_put_bytes(out, query->outlets[i].position);
    }
}

static void read_feed(struct reader *in, struct image_feed *feed)
{
    feed->name = reader_bytes(in);
    feed->is_replayable = reader_u8(in) != 0;
    feed->offsets = reader_bytes(in);
    feed->bad = reader_bytes(in);
    feed->state = reader_bytes(in);
}

static void read_query(struct reader *in, struct image_query *query)
{
    query->name = reader_bytes(in);
    query->feed = reader_bytes(in);
    query->plan = reader_bytes(in);
    query->state = reader_bytes(in);
    query->is_whole = reader_u8(in) != 0;
    query->changes = reader_bytes(in);
    query->n_outlets = reader_u8(in);
    if (query->n_outlets > IMAGE_OUTLETS_MAX) {
        in->failed = true;
        return;
    }
    for (uint32_t i = 0; i < query->n_outlets; i++) {
        query->outlets[i].role = reader_bytes(in);
        query->outlets[i].position = reader_bytes(in);
    }
}

enum status image_read(struct arena *arena, struct slice bytes, struct image *out,
                       struct error *err)
{
    struct reader in = reader_of(bytes);
    struct image image = {.feeds = NULL};
    uint8_t version = reader_u8(&in);
    image.head.is_complete = reader_u8(&in) != 0;
    image.head.input.segment = reader_u64(&in);
    image.head.input.bytes = reader_u64(&in);
    image.head.dead.segment = reader_u64(&in);
    image.head.dead.bytes = reader_u64(&in);
    image.head.dead.rows = reader_u64(&in);
    image.head.n_feeds = reader_u32(&in);
    image.head.n_queries = reader_u32(&in);
    size_t left = reader_left(&in);
    if (!reader_ok(&in) || version != IMAGE_VERSION || image.head.n_feeds > left / FEED_BYTES_MIN ||
        image.head.n_queries > left / QUERY_BYTES_MIN) {
        return error_set(err, ERR_STATE, "the saved state is damaged");
    }
    image.feeds = arena_zalloc(arena, image.head.n_feeds * sizeof *image.feeds + 1);
    image.queries = arena_zalloc(arena, image.head.n_queries * sizeof *image.queries + 1);
    for (uint32_t i = 0; i < image.head.n_feeds; i++) {
        read_feed(&in, &image.feeds[i]);
    }
    for (uint32_t i = 0; i < image.head.n_queries; i++) {
        read_query(&in, &image.queries[i]);
    }
    if (!reader_ok(&in) || reader_left(&in) != 0) {
        return error_set(err, ERR_STATE, "the saved state is damaged");
    }
    *out = image;
    return OK;
}

const struct image_feed *image_feed_find(const struct image *image, struct slice name)
{
    for (uint32_t i = 0; i < image->head.n_feeds; i++) {
        if (slice_equal(image->feeds[i].name, name)) {
            return &image->feeds[i];
        }
    }
    return NULL;
}

const struct image_query *image_query_find(const struct image *image, struct slice name)
{
    for (uint32_t i = 0; i < image->head.n_queries; i++) {
        if (slice_equal(image->queries[i].name, name)) {
            return &image->queries[i];
        }
    }
    return NULL;
}

struct slice image_position(const struct image_query *query, const char *role)
{
    for (uint32_t i = 0; i < query->n_outlets; i++) {
        if (slice_equal(query->outlets[i].role, slice_text(role))) {
            return query->outlets[i].position;
        }
    }
    return slice_of(NULL, 0);
}
