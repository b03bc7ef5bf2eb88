/* shelf_sink: see shelf_sink.h. */
#include "tests/differential/shelf_sink.h"

#include <stdlib.h>

#include "engine/base/mem.h"
#include "engine/base/panic.h"

/* After `calls` calls of this life the shelf has the rows of epoch `epoch`. */
struct shelf_commit {
    uint32_t calls;
    uint32_t n_batches;
    uint64_t epoch;
};

struct shelf_user {
    struct sink sink;
    struct shelf *shelf;
    struct sink *rows;
};

static struct shelf_user *user_of(struct sink *sink)
{
    CHECK(sink->kind == &shelf_sink);
    return (struct shelf_user *)(void *)sink;
}

void shelf_init(struct shelf *shelf)
{
    *shelf = (struct shelf){.fs = NULL};
    memory_rows_init(&shelf->rows);
}

void shelf_release(struct shelf *shelf)
{
    memory_rows_release(&shelf->rows);
    bytebuf_release(&shelf->commits);
}

uint64_t shelf_number(const struct shelf *shelf)
{
    return (uint64_t)(uintptr_t)shelf;
}

static struct shelf_commit last_commit(const struct shelf *shelf)
{
    struct shelf_commit last = {.epoch = 0};
    if (shelf->commits.len > 0) {
        memcpy(&last, shelf->commits.at + shelf->commits.len - sizeof last, sizeof last);
    }
    return last;
}

static void forget_rows(struct shelf *shelf)
{
    shelf->rows.n_batches = last_commit(shelf).n_batches;
    shelf->rows.batches.len = shelf->rows.n_batches * sizeof(struct batch *);
}

void shelf_crash(struct shelf *shelf, uint32_t calls)
{
    while (last_commit(shelf).calls > calls) {
        shelf->commits.len -= sizeof(struct shelf_commit);
    }
    struct shelf_commit last = last_commit(shelf);
    last.calls = 0;
    bytebuf_clear(&shelf->commits);
    bytebuf_add(&shelf->commits, &last, sizeof last);
    forget_rows(shelf);
}

static enum status shelf_open(const struct sink_config *config, struct sink **out,
                              uint64_t *committed, struct error *err)
{
    (void)err;
    char *text = mem_text(config->uri->path.at, config->uri->path.len);
    struct shelf_user *user = mem_zalloc(sizeof *user);
    user->sink.kind = &shelf_sink;
    user->shelf = (struct shelf *)(uintptr_t)strtoull(text, NULL, 10);
    user->rows = memory_sink_new(&user->shelf->rows, config->changes);
    mem_free(text);
    forget_rows(user->shelf);
    *committed = last_commit(user->shelf).epoch;
    *out = &user->sink;
    return OK;
}

static enum status shelf_begin(struct sink *sink, uint64_t epoch, struct error *err)
{
    return sink_begin(user_of(sink)->rows, epoch, err);
}

static enum status shelf_write(struct sink *sink, const struct batch *batch, struct error *err)
{
    return sink_write(user_of(sink)->rows, batch, err);
}

static enum status shelf_flush(struct sink *sink, struct error *err)
{
    return sink_flush(user_of(sink)->rows, err);
}

static enum status shelf_commit(struct sink *sink, uint64_t epoch, struct error *err)
{
    struct shelf *shelf = user_of(sink)->shelf;
    TRY(sink_commit(user_of(sink)->rows, epoch, err));
    const struct shelf_commit commit = {
        .calls = simfs_n_calls(shelf->fs),
        .n_batches = shelf->rows.n_batches,
        .epoch = epoch,
    };
    bytebuf_add(&shelf->commits, &commit, sizeof commit);
    return OK;
}

static void shelf_close(struct sink *sink)
{
    struct shelf_user *user = user_of(sink);
    sink_close(user->rows);
    mem_free(user);
}

static const struct option_spec shelf_options[] = {{.name = NULL}};

const struct sink_kind shelf_sink = {
    .scheme = "shelf",
    .summary = "keeps the rows of a test through crashes",
    .promise = SINK_TRANSACTIONAL,
    .takes_changes = true,
    .options = shelf_options,
    .open = shelf_open,
    .begin = shelf_begin,
    .write = shelf_write,
    .flush = shelf_flush,
    .commit = shelf_commit,
    .close = shelf_close,
};
