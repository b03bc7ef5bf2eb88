/* sink: calls through the vtable, with the contract checked; see sink.h. */
#include "engine/io/sink.h"

#include "engine/base/panic.h"

enum status sink_open(const struct sink_kind *kind, const struct sink_config *config,
                      struct sink **out, uint64_t *committed, struct error *err)
{
    CHECK(config->uri != NULL && config->options != NULL && config->schema != NULL);
    CHECK(config->fs != NULL && config->clock != NULL);
    struct sink *sink = NULL;
    uint64_t epoch = 0;
    if (kind->open_of != NULL) {
        TRY(kind->open_of(kind->owner, config, &sink, &epoch, err));
    } else {
        TRY(kind->open(config, &sink, &epoch, err));
    }
    CHECK(sink != NULL && sink->kind != NULL);
    sink->epoch = epoch;
    sink->in_epoch = false;
    *out = sink;
    *committed = epoch;
    return OK;
}

enum sink_promise sink_promise(const struct sink *sink)
{
    return sink->promise > sink->kind->promise ? sink->promise : sink->kind->promise;
}

enum status sink_begin(struct sink *sink, uint64_t epoch, struct error *err)
{
    CHECK(!sink->in_epoch && epoch > sink->epoch);
    if (sink->kind->begin != NULL) {
        TRY(sink->kind->begin(sink, epoch, err));
    }
    sink->epoch = epoch;
    sink->in_epoch = true;
    return OK;
}

enum status sink_write(struct sink *sink, const struct batch *batch, struct error *err)
{
    CHECK(sink->in_epoch);
    return sink->kind->write(sink, batch, err);
}

enum status sink_flush(struct sink *sink, struct error *err)
{
    CHECK(sink->in_epoch);
    return sink->kind->flush != NULL ? sink->kind->flush(sink, err) : OK;
}

enum status sink_commit(struct sink *sink, uint64_t epoch, struct error *err)
{
    CHECK(sink->in_epoch && epoch == sink->epoch);
    if (sink->kind->commit != NULL) {
        TRY(sink->kind->commit(sink, epoch, err));
    }
    sink->in_epoch = false;
    return OK;
}

void sink_position(const struct sink *sink, struct bytebuf *out)
{
    CHECK(!sink->in_epoch);
    if (sink->kind->position != NULL) {
        sink->kind->position(sink, out);
    }
}

enum status sink_settled(struct sink *sink, uint64_t epoch, struct error *err)
{
    CHECK(epoch <= sink->epoch);
    return sink->kind->settled != NULL ? sink->kind->settled(sink, epoch, err) : OK;
}

void sink_ended(struct sink *sink)
{
    CHECK(sink->in_epoch);
    if (sink->kind->ended != NULL) {
        sink->kind->ended(sink);
    }
}

void sink_abort(struct sink *sink)
{
    if (sink->in_epoch) {
        sink->in_epoch = false;
        sink->epoch--; /* the same epoch is begun again */
    }
    if (sink->kind->abort != NULL) {
        sink->kind->abort(sink);
    }
}

enum status sink_reopen(struct sink *sink, struct error *err)
{
    return sink->kind->reopen != NULL ? sink->kind->reopen(sink, err) : OK;
}

void sink_close(struct sink *sink)
{
    if (sink != NULL) {
        sink->kind->close(sink);
    }
}
