/* memory_source: see memory_source.h. */
#include "sources/memory_source.h"

#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "engine/data/batch.h"
#include "sources/offset_text.h"

enum { NAME_BYTES_MAX = 64, SPLITS_MAX = MEMORY_SPLITS_MAX };

struct piece {
    uint32_t split;
    bool is_end; /* the split ends here; no bytes */
    uint8_t *at;
    size_t len;
};

struct memory_feed {
    struct memory_feed *next;
    char *name;
    uint32_t n_splits;
    char split_names[SPLITS_MAX][NAME_BYTES_MAX + 16];
    struct piece *pieces;
    uint32_t n_pieces;
    uint64_t bytes[SPLITS_MAX]; /* added to each split */
    bool finished;
    bool held;
    uint32_t allowed; /* while held */
    unsigned flags;
};

/* A kind that reads feeds: "memory" itself, or a stand-in for another one. */
struct memory_kind {
    struct source_kind kind; /* first member */
    struct memory_feeds *feeds;
    struct memory_kind *next;
};

struct memory_feeds {
    struct memory_kind *kinds; /* the last one is "memory" */
    struct memory_feed *first;
};

struct memory_source {
    struct source base;
    struct memory_feed *feed;
    uint32_t piece;            /* next one */
    size_t piece_at;           /* bytes of it that were read */
    size_t last_read;          /* bytes */
    bool pause;                /* say AGAIN once */
    uint64_t done[SPLITS_MAX]; /* bytes read of each split */
    uint64_t skip[SPLITS_MAX]; /* bytes that an earlier run has read */
    bool ended[SPLITS_MAX];
};

/* ---- feeds ---------------------------------------------------------------------------------- */

static void add_split(struct memory_feed *feed)
{
    CHECK(feed->n_splits < SPLITS_MAX);
    struct bytebuf name = {0};
    bytebuf_printf(&name, feed->n_splits == 0 ? "%.*s" : "%.*s#%u", NAME_BYTES_MAX, feed->name,
                   feed->n_splits);
    bytebuf_add_byte(&name, 0);
    memcpy(feed->split_names[feed->n_splits++], name.at, name.len);
    bytebuf_release(&name);
}

static struct memory_feed *feed_find(const struct memory_feeds *feeds, struct slice name)
{
    struct memory_feed *feed = feeds->first;
    while (feed != NULL && !slice_equal(slice_text(feed->name), name)) {
        feed = feed->next;
    }
    return feed;
}

struct memory_feed *memory_feed_of(struct memory_feeds *feeds, struct slice name)
{
    struct memory_feed *feed = feed_find(feeds, name);
    if (feed == NULL) {
        feed = mem_zalloc(sizeof *feed);
        feed->name = mem_text(name.at, name.len);
        feed->flags = SOURCE_REPLAYABLE | SOURCE_PARTITIONED;
        feed->next = feeds->first;
        feeds->first = feed;
        add_split(feed);
    }
    return feed;
}

bool memory_feed_known(const struct memory_feeds *feeds, struct slice name)
{
    return feed_find(feeds, name) != NULL;
}

static void add_piece(struct memory_feed *feed, struct piece piece)
{
    CHECK(!feed->finished);
    while (feed->n_splits <= piece.split) {
        add_split(feed);
    }
    feed->pieces = mem_realloc(feed->pieces, (feed->n_pieces + 1) * sizeof *feed->pieces);
    feed->pieces[feed->n_pieces++] = piece;
}

void memory_feed_add(struct memory_feed *feed, uint32_t split, struct slice bytes)
{
    CHECK(split < SPLITS_MAX);
    feed->bytes[split] += bytes.len;
    uint8_t *copy = (uint8_t *)mem_text(bytes.at, bytes.len);
    add_piece(feed, (struct piece){.split = split, .at = copy, .len = bytes.len});
}

void memory_feed_end_split(struct memory_feed *feed, uint32_t split)
{
    add_piece(feed, (struct piece){.split = split, .is_end = true});
}

void memory_feed_finish(struct memory_feed *feed)
{
    feed->finished = true;
}

bool memory_feed_finished(const struct memory_feed *feed)
{
    return feed->finished;
}

void memory_feed_offsets(const struct memory_feed *feed, struct bytebuf *out)
{
    for (uint32_t i = 0; i < feed->n_splits; i++) {
        bytebuf_printf(out, "%s%u=%llu", i == 0 ? "" : " ", i, (unsigned long long)feed->bytes[i]);
    }
}

struct slice memory_feed_name(const struct uri *uri)
{
    if (uri->path.len > 0) {
        return uri->path;
    }
    return uri->authority.len > 0 ? uri->authority : uri->scheme;
}

void memory_feed_hold(struct memory_feed *feed)
{
    feed->held = true;
    feed->allowed = 0;
}

void memory_feed_allow(struct memory_feed *feed, uint32_t n)
{
    feed->allowed += n;
}

void memory_feed_set_flags(struct memory_feed *feed, unsigned flags)
{
    feed->flags = flags;
}

/* ---- the source ----------------------------------------------------------------------------- */

static struct memory_source *memory_of(struct source *source)
{
    return (struct memory_source *)source;
}

static const struct memory_source *memory_const(const struct source *source)
{
    return (const struct memory_source *)source;
}

/* "0=12 1=40": bytes of each split. */
static void read_offsets(struct memory_source *memory, struct slice from)
{
    for (uint32_t split = 0; split < SPLITS_MAX; split++) {
        char key[16];
        struct bytebuf text = {0};
        bytebuf_printf(&text, "%u", split);
        memcpy(key, bytebuf_text(&text), text.len + 1);
        bytebuf_release(&text);
        if (offset_text_find(from, key, &memory->skip[split])) {
            memory->done[split] = memory->skip[split];
        }
    }
}

static enum status memory_open(void *owner, const struct source_config *config, struct source **out,
                               struct error *err)
{
    const struct memory_kind *kind = owner;
    struct slice name = memory_feed_name(config->uri);
    struct memory_feed *feed = feed_find(kind->feeds, name);
    if (feed == NULL) {
        return error_set(err, ERR_IO, "no feed \"%.*s\"", (int)name.len, (const char *)name.at);
    }
    struct memory_source *memory = mem_zalloc(sizeof *memory);
    memory->base.kind = &kind->kind;
    memory->feed = feed;
    read_offsets(memory, config->from);
    *out = &memory->base;
    return OK;
}

static void piece_done(struct memory_source *memory)
{
    struct memory_feed *feed = memory->feed;
    memory->piece++;
    memory->piece_at = 0;
    feed->allowed -= feed->held && feed->allowed > 0;
}

/* Steps over what an earlier run has read. */
static void skip_pieces(struct memory_source *memory)
{
    while (memory->piece < memory->feed->n_pieces) {
        const struct piece *piece = &memory->feed->pieces[memory->piece];
        uint64_t *skip = &memory->skip[piece->split];
        if (piece->is_end || *skip == 0) {
            return;
        }
        size_t left = piece->len - memory->piece_at;
        size_t n = *skip < left ? (size_t)*skip : left;
        *skip -= n;
        memory->piece_at += n;
        if (n < left) {
            return;
        }
        memory->piece++;
        memory->piece_at = 0;
    }
}

/* All pieces are read and no more will come. */
static enum source_state at_end(struct memory_source *memory, uint32_t *split)
{
    for (uint32_t i = 0; i < memory->feed->n_splits; i++) {
        if (!memory->ended[i]) {
            memory->ended[i] = true;
            *split = i;
            return SOURCE_ENDED;
        }
    }
    return SOURCE_DONE;
}

static enum status memory_poll(struct source *source, uint32_t *split, enum source_state *what,
                               struct error *err)
{
    (void)err;
    struct memory_source *memory = memory_of(source);
    const struct memory_feed *feed = memory->feed;
    *split = 0;
    *what = SOURCE_AGAIN;
    skip_pieces(memory);
    if (memory->pause) {
        memory->pause = false;
        return OK;
    }
    if (memory->piece == feed->n_pieces) {
        *what = feed->finished ? at_end(memory, split) : SOURCE_AGAIN;
        return OK;
    }
    if (feed->held && feed->allowed == 0) {
        return OK;
    }
    const struct piece *piece = &feed->pieces[memory->piece];
    *split = piece->split;
    *what = piece->is_end ? SOURCE_ENDED : SOURCE_MORE;
    if (piece->is_end) {
        memory->ended[piece->split] = true;
        piece_done(memory);
    }
    return OK;
}

static enum status memory_read(struct source *source, uint32_t split, void *at, size_t max,
                               size_t *n, struct error *err)
{
    (void)err;
    struct memory_source *memory = memory_of(source);
    *n = 0;
    if (memory->piece == memory->feed->n_pieces) {
        return OK;
    }
    const struct piece *piece = &memory->feed->pieces[memory->piece];
    if (piece->is_end || piece->split != split) {
        return OK;
    }
    size_t left = piece->len - memory->piece_at;
    *n = left < max ? left : max;
    memcpy(at, piece->at + memory->piece_at, *n);
    memory->piece_at += *n;
    memory->done[split] += *n;
    memory->last_read = *n;
    if (*n == left) {
        piece_done(memory);
        memory->pause = true;
    }
    return OK;
}

static unsigned memory_flags(const struct source *source)
{
    return memory_const(source)->feed->flags | (source->kind->flags & SOURCE_MESSAGES);
}

/* What was read is one message. Places in the split stand for offsets, so that these do not depend
 * on how the input was cut. */
static void memory_message(const struct source *source, uint32_t split, size_t at,
                           struct source_message *out)
{
    const struct memory_source *memory = memory_const(source);
    *out = (struct source_message){
        .offset = (int64_t)(memory->done[split] - memory->last_read + at),
        .time_us = TIME_NONE,
        .partition = (int32_t)split,
        .topic = slice_text(memory->feed->name + (memory->feed->name[0] == '/')),
    };
}

static int memory_wait_fd(const struct source *source)
{
    (void)source;
    return -1;
}

static int64_t memory_wake_us(const struct source *source)
{
    (void)source;
    return INT64_MAX;
}

static uint32_t memory_n_splits(const struct source *source)
{
    return memory_const(source)->feed->n_splits;
}

static const char *memory_split_name(const struct source *source, uint32_t split)
{
    return memory_const(source)->feed->split_names[split];
}

static int64_t memory_total_bytes(const struct source *source)
{
    (void)source;
    return -1;
}

static void memory_offsets(const struct source *source, const uint64_t *unused, struct bytebuf *out)
{
    const struct memory_source *memory = memory_const(source);
    for (uint32_t i = 0; i < memory->feed->n_splits; i++) {
        uint64_t done = memory->done[i] - (unused == NULL ? 0 : unused[i]);
        bytebuf_printf(out, "%s%u=%llu", i == 0 ? "" : " ", i, (unsigned long long)done);
    }
}

static void memory_close(struct source *source)
{
    mem_free(source);
}

/* ---- kinds ---------------------------------------------------------------------------------- */

static struct memory_kind *add_kind(struct memory_feeds *feeds, const char *scheme, unsigned flags,
                                    const struct option_spec *options)
{
    struct memory_kind *made = mem_zalloc(sizeof *made);
    made->kind = (struct source_kind){
        .scheme = scheme,
        .summary = "what a test feeds",
        .flags = flags,
        .options = options,
        .open_of = memory_open,
        .owner = made,
        .flags_of = memory_flags,
        .poll = memory_poll,
        .read = memory_read,
        .message = (flags & SOURCE_MESSAGES) != 0 ? memory_message : NULL,
        .wait_fd = memory_wait_fd,
        .wake_us = memory_wake_us,
        .n_splits = memory_n_splits,
        .split_name = memory_split_name,
        .total_bytes = memory_total_bytes,
        .offsets = memory_offsets,
        .close = memory_close,
    };
    made->feeds = feeds;
    made->next = feeds->kinds;
    feeds->kinds = made;
    return made;
}

struct memory_feeds *memory_feeds_new(void)
{
    static const struct option_spec no_options[] = {{0}};
    struct memory_feeds *feeds = mem_zalloc(sizeof *feeds);
    add_kind(feeds, "memory", SOURCE_REPLAYABLE | SOURCE_PARTITIONED, no_options);
    return feeds;
}

static void feed_free(struct memory_feed *feed)
{
    for (uint32_t i = 0; i < feed->n_pieces; i++) {
        mem_free(feed->pieces[i].at);
    }
    mem_free(feed->pieces);
    mem_free(feed->name);
    mem_free(feed);
}

void memory_feeds_free(struct memory_feeds *feeds)
{
    if (feeds == NULL) {
        return;
    }
    for (struct memory_feed *feed = feeds->first; feed != NULL;) {
        struct memory_feed *next = feed->next;
        feed_free(feed);
        feed = next;
    }
    for (struct memory_kind *kind = feeds->kinds; kind != NULL;) {
        struct memory_kind *next = kind->next;
        mem_free(kind);
        kind = next;
    }
    mem_free(feeds);
}

const struct source_kind *memory_feeds_kind(const struct memory_feeds *feeds)
{
    const struct memory_kind *kind = feeds->kinds;
    while (kind->next != NULL) {
        kind = kind->next;
    }
    return &kind->kind;
}

const struct source_kind *memory_feeds_stand_in(struct memory_feeds *feeds,
                                                const struct source_kind *original)
{
    return &add_kind(feeds, original->scheme, original->flags, original->options)->kind;
}
