/* source: calls through the vtable, with the contract checked; see source.h. */
#include "engine/io/source.h"

#include "engine/base/panic.h"

enum status source_open(const struct source_kind *kind, const struct source_config *config,
                        struct source **out, struct error *err)
{
    CHECK(config->uri != NULL && config->options != NULL);
    CHECK(config->fs != NULL && config->clock != NULL);
    struct source *source = NULL;
    TRY(kind->open_of != NULL ? kind->open_of(kind->owner, config, &source, err)
                              : kind->open(config, &source, err));
    CHECK(source != NULL && source->kind != NULL);
    *out = source;
    return OK;
}

unsigned source_flags(const struct source *source)
{
    return source->kind->flags_of(source);
}

enum status source_poll(struct source *source, uint32_t *split, enum source_state *what,
                        struct error *err)
{
    TRY(source->kind->poll(source, split, what, err));
    bool has_split = *what == SOURCE_MORE || *what == SOURCE_ENDED || *what == SOURCE_CUT;
    CHECK(!has_split || *split < source_n_splits(source));
    return OK;
}

enum status source_read(struct source *source, uint32_t split, void *at, size_t max, size_t *n,
                        struct error *err)
{
    CHECK(split < source_n_splits(source) && max > 0);
    TRY(source->kind->read(source, split, at, max, n, err));
    CHECK(*n <= max);
    return OK;
}

size_t source_room(const struct source *source, uint32_t split)
{
    return source->kind->room != NULL ? source->kind->room(source, split) : 0;
}

bool source_past(const struct source *source, uint32_t split, struct source_past *out)
{
    if (source->kind->past == NULL) {
        return false;
    }
    source->kind->past(source, split, out);
    return true;
}

void source_message_at(const struct source *source, uint32_t split, size_t at,
                       struct source_message *out)
{
    CHECK(source->kind->message != NULL);
    source->kind->message(source, split, at, out);
}

int source_wait_fd(const struct source *source)
{
    return source->kind->wait_fd(source);
}

int64_t source_wake_us(const struct source *source)
{
    return source->kind->wake_us(source);
}

uint32_t source_n_splits(const struct source *source)
{
    return source->kind->n_splits(source);
}

const char *source_split_name(const struct source *source, uint32_t split)
{
    CHECK(split < source_n_splits(source));
    return source->kind->split_name(source, split);
}

uint64_t source_split_start(const struct source *source, uint32_t split)
{
    return source->kind->split_start == NULL ? 0 : source->kind->split_start(source, split);
}

int64_t source_total_bytes(const struct source *source)
{
    return source->kind->total_bytes(source);
}

bool source_wants_done(const struct source *source)
{
    return source->kind->done != NULL;
}

void source_done(struct source *source, uint32_t split, uint64_t bytes)
{
    CHECK(split < source_n_splits(source));
    if (source->kind->done != NULL) {
        source->kind->done(source, split, bytes);
    }
}

uint64_t source_n_lost(const struct source *source)
{
    return source->kind->n_lost == NULL ? 0 : source->kind->n_lost(source);
}

void source_offsets(const struct source *source, const uint64_t *unused, struct bytebuf *out)
{
    if (source->kind->offsets != NULL) {
        source->kind->offsets(source, unused, out);
    }
}

void source_close(struct source *source)
{
    if (source != NULL) {
        source->kind->close(source);
    }
}
