/* image: a job at the end of an epoch as bytes: the payload of COMMIT records and of snapshots.
 *
 *     image_begin(&out, &head);
 *     image_put_feed(&out, &feed);                 // head.n_feeds times
 *     image_put_query(&out, &query);               // head.n_queries times
 *     …
 *     TRY(image_read(&arena, bytes, &image, err));
 *
 * Offsets and positions are text. What a state is, is the business of feed and query; what its
 * operators keep is a changelog (changelog.h): in a COMMIT of what changed in its epoch. */
#ifndef ENGINE_RUN_IMAGE_H
#define ENGINE_RUN_IMAGE_H

#include "engine/base/arena.h"
#include "engine/run/deadlog.h"
#include "engine/run/inlog.h"

enum { IMAGE_OUTLETS_MAX = 4 };

struct image_head {
    bool is_complete;         /* the input has ended and everything was said */
    struct inlog_mark input;  /* what came before it is in the state */
    struct deadlog_mark dead; /* rejected rows */
    uint32_t n_feeds;
    uint32_t n_queries;
};

struct image_feed {
    struct slice name;
    bool is_replayable;
    struct slice offsets;
    struct slice bad; /* position of the sink of bad rows */
    struct slice state;
};

struct image_outlet {
    struct slice role; /* "rows", "late" */
    struct slice position;
};

struct image_query {
    struct slice name;
    struct slice feed;    /* name of the one that it reads */
    struct slice plan;    /* its fingerprint; empty: as in the image before */
    struct slice state;   /* counters, watermark */
    bool is_whole;        /* the changelog is of everything, and nothing before it counts */
    struct slice changes; /* a changelog */
    uint32_t n_outlets;
    struct image_outlet outlets[IMAGE_OUTLETS_MAX];
};

struct image {
    struct image_head head;
    struct image_feed *feeds;
    struct image_query *queries;
};

void image_begin(struct bytebuf *out, const struct image_head *head);
void image_put_feed(struct bytebuf *out, const struct image_feed *feed);
void image_put_query(struct bytebuf *out, const struct image_query *query);

/* ERR_STATE if the bytes are no image. Slices point into `bytes`. */
MUST_CHECK enum status image_read(struct arena *arena, struct slice bytes, struct image *out,
                                  struct error *err);

/* NULL if it has none of that name. */
const struct image_feed *image_feed_find(const struct image *image, struct slice name);
const struct image_query *image_query_find(const struct image *image, struct slice name);
struct slice image_position(const struct image_query *query, const char *role);

#endif
