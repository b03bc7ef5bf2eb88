/* output_sinks: see output_sinks.h. */
#include "shell/output_sinks.h"

#include "engine/base/mem.h"
#include "engine/base/panic.h"

/* ---- rows go nowhere ------------------------------------------------------------------------ */

static enum status discard_write(struct sink *sink, const struct batch *batch, struct error *err)
{
    (void)sink;
    (void)batch;
    (void)err;
    return OK;
}

static void discard_close(struct sink *sink)
{
    mem_free(sink);
}

static const struct sink_kind discard_kind = {
    .scheme = "discard",
    .summary = "rows go nowhere",
    .promise = SINK_AT_LEAST_ONCE,
    .takes_changes = true,
    .write = discard_write,
    .close = discard_close,
};

struct sink *discard_sink_new(void)
{
    struct sink *sink = mem_zalloc(sizeof *sink);
    sink->kind = &discard_kind;
    return sink;
}

/* ---- all at the end ---------------------------------------------------------------------------
 */

struct patient {
    struct sink sink;
    struct sink *inner;
    bool committed; /* some epoch was; all of them are one for `inner` */
};

static const struct sink_kind patient_kind;

static struct patient *patient_of(struct sink *sink)
{
    CHECK(sink->kind == &patient_kind);
    return (struct patient *)(void *)sink;
}

static enum status patient_begin(struct sink *sink, uint64_t epoch, struct error *err)
{
    struct sink *inner = patient_of(sink)->inner;
    return inner->in_epoch ? OK : sink_begin(inner, epoch, err);
}

static enum status patient_write(struct sink *sink, const struct batch *batch, struct error *err)
{
    return sink_write(patient_of(sink)->inner, batch, err);
}

static enum status patient_commit(struct sink *sink, uint64_t epoch, struct error *err)
{
    (void)epoch;
    (void)err;
    patient_of(sink)->committed = true;
    return OK;
}

static void patient_abort(struct sink *sink)
{
    sink_abort(patient_of(sink)->inner);
}

/* There is nobody left to tell if the reader has gone. */
static void patient_close(struct sink *sink)
{
    const struct patient *patient = patient_of(sink);
    struct sink *inner = patient->inner;
    struct error ignored;
    enum status status = !inner->in_epoch     ? OK
                         : patient->committed ? sink_commit(inner, inner->epoch, &ignored)
                                              : sink_flush(inner, &ignored);
    if (status != OK) {
        sink_abort(inner);
    }
    sink_close(inner);
    mem_free(sink);
}

static const struct sink_kind patient_kind = {
    .scheme = "patient",
    .summary = "says all at the end",
    .promise = SINK_AT_LEAST_ONCE,
    .takes_changes = true,
    .begin = patient_begin,
    .write = patient_write,
    .commit = patient_commit,
    .abort = patient_abort,
    .close = patient_close,
};

struct sink *patient_sink_new(struct sink *inner)
{
    struct patient *patient = mem_zalloc(sizeof *patient);
    patient->sink.kind = &patient_kind;
    patient->inner = inner;
    return &patient->sink;
}

/* ---- so many rows and no more --------------------------------------------------------------- */

struct limit {
    struct sink sink;
    struct sink *inner;
    struct row_budget *budget;
};

static const struct sink_kind limit_kind;

static struct limit *limit_of(struct sink *sink)
{
    CHECK(sink->kind == &limit_kind);
    return (struct limit *)(void *)sink;
}

static enum status limit_begin(struct sink *sink, uint64_t epoch, struct error *err)
{
    return sink_begin(limit_of(sink)->inner, epoch, err);
}

static enum status limit_write(struct sink *sink, const struct batch *batch, struct error *err)
{
    struct limit *limit = limit_of(sink);
    struct batch part = *batch;
    if (part.n > limit->budget->left) {
        part.n = (uint32_t)limit->budget->left;
    }
    if (part.n == 0) {
        return OK;
    }
    limit->budget->left -= part.n;
    return sink_write(limit->inner, &part, err);
}

static enum status limit_flush(struct sink *sink, struct error *err)
{
    return sink_flush(limit_of(sink)->inner, err);
}

static enum status limit_commit(struct sink *sink, uint64_t epoch, struct error *err)
{
    return sink_commit(limit_of(sink)->inner, epoch, err);
}

static void limit_abort(struct sink *sink)
{
    sink_abort(limit_of(sink)->inner);
}

static enum status limit_reopen(struct sink *sink, struct error *err)
{
    return sink_reopen(limit_of(sink)->inner, err);
}

static void limit_close(struct sink *sink)
{
    sink_close(limit_of(sink)->inner);
    mem_free(sink);
}

static const struct sink_kind limit_kind = {
    .scheme = "limit",
    .summary = "lets a number of rows through",
    .promise = SINK_AT_LEAST_ONCE,
    .takes_changes = true,
    .begin = limit_begin,
    .write = limit_write,
    .flush = limit_flush,
    .commit = limit_commit,
    .abort = limit_abort,
    .reopen = limit_reopen,
    .close = limit_close,
};

struct sink *limit_sink_new(struct sink *inner, struct row_budget *budget)
{
    struct limit *limit = mem_zalloc(sizeof *limit);
    limit->sink.kind = &limit_kind;
    limit->inner = inner;
    limit->budget = budget;
    return &limit->sink;
}
