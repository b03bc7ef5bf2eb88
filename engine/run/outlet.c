/* outlet: see outlet.h. */
#include "engine/run/outlet.h"

#include <inttypes.h>

#include "engine/base/panic.h"
#include "engine/run/state_dir.h"

static void keep_position(struct outlet *outlet)
{
    bytebuf_clear(&outlet->position);
    if (outlet->sink != NULL) {
        sink_position(outlet->sink, &outlet->position);
    }
}

void outlet_init(struct outlet *outlet, struct sink *sink, uint64_t committed)
{
    *outlet = (struct outlet){.sink = sink, .committed = committed};
    keep_position(outlet);
}

void outlet_close(struct outlet *outlet)
{
    sink_close(outlet->sink);
    bytebuf_release(&outlet->position);
    *outlet = (struct outlet){.sink = NULL};
}

/* Knows its epoch without being told. Others are told a position, or promise nothing. */
static bool remembers(const struct outlet *outlet)
{
    return sink_promise(outlet->sink) == SINK_TRANSACTIONAL && outlet->sink->kind->position == NULL;
}

enum status outlet_resume(const struct outlet *outlet, const char *name, uint64_t last, bool next,
                          struct error *err)
{
    if (outlet->sink == NULL || !remembers(outlet) || outlet->committed == last ||
        (next && outlet->committed == last + 1)) {
        return OK;
    }
    bool is_ahead = outlet->committed > last;
    error_set(err, ERR_STATE,
              "sink \"%s\" is at epoch %" PRIu64 ", the checkpoint at epoch %" PRIu64, name,
              outlet->committed, last);
    error_hint(err, is_ahead ? "the checkpoint is older than the sink: is it a copy?"
                             : "the sink lacks rows that were committed: was it replaced?");
    error_exit_code(err, is_ahead ? EXIT_SINK_AHEAD : EXIT_SINK_BEHIND);
    return ERR_STATE;
}

enum status outlet_join(struct outlet *outlet, uint64_t last, struct error *err)
{
    CHECK(!outlet->is_open);
    if (outlet->sink == NULL || !remembers(outlet) || outlet->committed >= last) {
        return OK;
    }
    TRY(sink_begin(outlet->sink, last, err));
    TRY(sink_commit(outlet->sink, last, err));
    outlet->committed = last;
    return OK;
}

enum status outlet_begin(struct outlet *outlet, uint64_t epoch, struct error *err)
{
    CHECK(!outlet->is_open);
    outlet->epoch = epoch;
    if (outlet->sink == NULL) {
        return OK;
    }
    outlet->skips =
        epoch <= outlet->skip_until || (remembers(outlet) && epoch <= outlet->committed);
    if (!outlet->skips) {
        TRY(sink_begin(outlet->sink, epoch, err));
    }
    outlet->is_open = true;
    return OK;
}

enum status outlet_write(struct outlet *outlet, const struct batch *batch, struct error *err)
{
    if (outlet->present != NULL) {
        present_write(outlet->present, batch);
    }
    return outlet->sink == NULL || outlet->skips ? OK : sink_write(outlet->sink, batch, err);
}

enum status outlet_flush(struct outlet *outlet, struct error *err)
{
    if (outlet->present != NULL) {
        present_flush(outlet->present);
    }
    return outlet->sink == NULL || outlet->skips ? OK : sink_flush(outlet->sink, err);
}

void outlet_ended(struct outlet *outlet)
{
    if (outlet->is_open && !outlet->skips) {
        sink_ended(outlet->sink);
    }
}

enum status outlet_commit(struct outlet *outlet, struct error *err)
{
    if (outlet->sink == NULL) {
        return OK;
    }
    CHECK(outlet->is_open);
    if (!outlet->skips) {
        TRY(sink_commit(outlet->sink, outlet->epoch, err));
        keep_position(outlet);
    }
    outlet->is_open = false;
    return OK;
}

enum status outlet_settled(struct outlet *outlet, uint64_t epoch, struct error *err)
{
    return outlet->sink == NULL ? OK : sink_settled(outlet->sink, epoch, err);
}

enum status outlet_reopen(struct outlet *outlet, struct error *err)
{
    return outlet->sink == NULL ? OK : sink_reopen(outlet->sink, err);
}
