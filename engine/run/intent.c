/* intent: see intent.h.
 *
 *     u8 version, u64 segment, u64 bytes, u32 feeds, u32 queries
 *     feeds { name, offsets }, queries { name, u64 rows_out, i64 watermark }, cuts to the end */
#include "engine/run/intent.h"

enum { INTENT_VERSION = 1, FEED_BYTES_MIN = 8, QUERY_BYTES_MIN = 20 };

void intent_put(struct bytebuf *out, const struct intent *intent)
{
    codec_put_u8(out, INTENT_VERSION);
    codec_put_u64(out, intent->input.segment);
    codec_put_u64(out, intent->input.bytes);
    codec_put_u32(out, intent->n_feeds);
    codec_put_u32(out, intent->n_queries);
    for (uint32_t i = 0; i < intent->n_feeds; i++) {
        codec_put_bytes(out, intent->feeds[i].name);
        codec_put_bytes(out, intent->feeds[i].offsets);
    }
    for (uint32_t i = 0; i < intent->n_queries; i++) {
        codec_put_bytes(out, intent->queries[i].name);
        codec_put_u64(out, intent->queries[i].rows_out);
        codec_put_i64(out, intent->queries[i].watermark);
    }
    bytebuf_add(out, intent->cuts.at, intent->cuts.len);
}

enum status intent_read(struct arena *arena, struct slice bytes, struct intent *out,
                        struct error *err)
{
    struct reader in = reader_of(bytes);
    uint8_t version = reader_u8(&in);
    struct intent intent = {.input.segment = reader_u64(&in)};
    intent.input.bytes = reader_u64(&in);
    intent.n_feeds = reader_u32(&in);
    intent.n_queries = reader_u32(&in);
    size_t left = reader_left(&in);
    if (!reader_ok(&in) || version != INTENT_VERSION || intent.n_feeds > left / FEED_BYTES_MIN ||
        intent.n_queries > left / QUERY_BYTES_MIN) {
        return error_set(err, ERR_STATE, "an INTENT record is damaged");
    }
    intent.feeds = arena_zalloc(arena, intent.n_feeds * sizeof *intent.feeds + 1);
    intent.queries = arena_zalloc(arena, intent.n_queries * sizeof *intent.queries + 1);
    for (uint32_t i = 0; i < intent.n_feeds; i++) {
        intent.feeds[i].name = reader_bytes(&in);
        intent.feeds[i].offsets = reader_bytes(&in);
    }
    for (uint32_t i = 0; i < intent.n_queries; i++) {
        intent.queries[i].name = reader_bytes(&in);
        intent.queries[i].rows_out = reader_u64(&in);
        intent.queries[i].watermark = reader_i64(&in);
    }
    intent.cuts = reader_raw(&in, reader_left(&in));
    if (!reader_ok(&in)) {
        return error_set(err, ERR_STATE, "an INTENT record is damaged");
    }
    *out = intent;
    return OK;
}
