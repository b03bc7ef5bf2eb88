/* retention: see retention.h. */
#include "engine/run/retention.h"

#include "engine/base/mem.h"

struct kept_stream {
    const struct stream_def *stream;
    struct retained *retained;
};

struct retention {
    const struct clock *clock;
    struct retain by_default;
    int64_t bytes_max;
    struct kept_stream *streams;
    uint32_t n;
};

struct retention *retention_new(const struct clock *clock)
{
    struct retention *retention = mem_zalloc(sizeof *retention);
    retention->clock = clock;
    return retention;
}

void retention_free(struct retention *retention)
{
    if (retention == NULL) {
        return;
    }
    for (uint32_t i = 0; i < retention->n; i++) {
        retained_free(retention->streams[i].retained);
    }
    mem_free(retention->streams);
    mem_free(retention);
}

void retention_set_default(struct retention *retention, const struct retain *retain,
                           int64_t bytes_max)
{
    retention->by_default = *retain;
    retention->bytes_max = bytes_max;
}

/* What holds for the stream; bytes 0: it is not retained. */
static struct retain limits_of(const struct retention *retention, const struct stream_def *stream)
{
    struct retain limits = stream->retain_given ? stream->retain : retention->by_default;
    bool is_off = limits.age_us == 0 && limits.bytes == 0;
    if (is_off || stream->is_table || stream->name.len == 0 || stream_keeps_itself(stream)) {
        return (struct retain){0};
    }
    if (limits.bytes == 0 || limits.bytes > retention->bytes_max) {
        limits.bytes = retention->bytes_max;
    }
    return limits;
}

bool retention_covers(const struct retention *retention, const struct stream_def *stream)
{
    return retention != NULL && limits_of(retention, stream).bytes > 0;
}

bool retention_collects(const struct retention *retention, const struct stream_def *stream)
{
    return stream->retain_given && retention_covers(retention, stream);
}

static uint32_t index_of(const struct retention *retention, const struct stream_def *stream)
{
    uint32_t i = 0;
    while (i < retention->n && retention->streams[i].stream != stream) {
        i++;
    }
    return i;
}

struct retained *retention_find(const struct retention *retention, const struct stream_def *stream)
{
    uint32_t i = index_of(retention, stream);
    return i < retention->n ? retention->streams[i].retained : NULL;
}

struct retained *retention_claim(struct retention *retention, const struct stream_def *stream,
                                 const void *owner)
{
    if (!retention_covers(retention, stream)) {
        return NULL;
    }
    const struct retain limits = limits_of(retention, stream);
    struct retained *retained = retention_find(retention, stream);
    if (retained == NULL) {
        retained = retained_new(retention->clock, &limits);
        retention->streams =
            mem_realloc(retention->streams, (retention->n + 1) * sizeof *retention->streams);
        retention->streams[retention->n++] = (struct kept_stream){stream, retained};
    }
    /* What can be read again comes again, from its start. */
    bool comes_again = (stream->source->flags & SOURCE_REPLAYABLE) != 0;
    if (!retained_claim(retained, owner, comes_again)) {
        return NULL;
    }
    retained_set_limits(retained, &limits);
    return retained;
}

void retention_forget(struct retention *retention, const struct stream_def *stream)
{
    uint32_t i = index_of(retention, stream);
    if (i < retention->n) {
        retained_free(retention->streams[i].retained);
        retention->streams[i] = retention->streams[--retention->n];
    }
}
