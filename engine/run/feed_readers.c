/* feed_readers: who gets the batches of a feed. */
#include "engine/run/feed_parts.h"

enum status feed_add_reader(struct feed *feed, const struct feed_reader *reader,
                            struct slice needle, struct error *err)
{
    if (feed->n_readers == FEED_READERS_MAX) {
        return error_set(err, ERR_LIMIT, "stream \"%.*s\" has %d queries already, the limit",
                         (int)feed->stream->name.len, (const char *)feed->stream->name.at,
                         FEED_READERS_MAX);
    }
    bool is_alone = feed->n_readers == 0 && !(feed->config->grows && !feed_is_replayable(feed));
    feed->needle = is_alone ? needle : slice_of(NULL, 0);
    feed->readers[feed->n_readers++] = *reader;
    for (uint32_t i = 0; i < feed->n_splits; i++) {
        if (feed->splits[i]->known) {
            reader->split(reader->owner, i);
        }
        if (feed->splits[i]->known && feed->splits[i]->ended) {
            reader->split_ended(reader->owner, i);
        }
    }
    return OK;
}

void feed_remove_reader(struct feed *feed, const void *owner)
{
    for (uint32_t i = 0; i < feed->n_readers; i++) {
        if (feed->readers[i].owner == owner) {
            feed->readers[i] = feed->readers[--feed->n_readers];
            return;
        }
    }
}

uint32_t feed_n_readers(const struct feed *feed)
{
    return feed->n_readers;
}
