/* feed_retain: what was decoded is kept for FROM TABLE(s): see feed_parts.h. */
#include "engine/run/feed_parts.h"

void feed_split_retain(struct feed_split *split, size_t len, uint64_t rows)
{
    struct feed *feed = split->feed;
    const struct retained_piece piece = {
        .bytes = slice_of(split->block, len),
        .arrival_us = feed->arrival_us,
        .position = split->position,
        .rows = (uint32_t)rows, /* a block has fewer: each has a byte */
        .head = decoder_head(split->decoder),
    };
    if (split->retained == NULL) {
        split->retained = retained_split_new(feed_split_name(feed, split->number));
    }
    retained_add(feed->retained, split->retained, &piece);
}
