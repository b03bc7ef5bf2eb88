/* stdin_source: stdin:, what is piped or typed in. The descriptor is shared with whoever started
 * us, so it is asked with poll(2) and never made non-blocking, which would be seen there too. */
#include <poll.h>
#include <unistd.h>

#include "engine/base/mem.h"
#include "sources/sources.h"

struct stdin_source {
    struct source base;
    const struct fs *fs;
    struct fs_stat stat;
    bool at_end;
    bool told_end;
};

static struct stdin_source *stdin_of(struct source *source)
{
    return (struct stdin_source *)source;
}

static enum status stdin_open(const struct source_config *config, struct source **out,
                              struct error *err)
{
    struct fs_stat stat;
    TRY(config->fs->fstat(config->fs, STDIN_FILENO, &stat, err));
    if (stat.is_directory) {
        return error_set(err, ERR_IO, "stdin is a directory");
    }
    struct stdin_source *in = mem_zalloc(sizeof *in);
    in->base.kind = &stdin_source_kind;
    in->fs = config->fs;
    in->stat = stat;
    *out = &in->base;
    return OK;
}

static enum status stdin_poll(struct source *source, uint32_t *split, enum source_state *what,
                              struct error *err)
{
    (void)err;
    struct stdin_source *in = stdin_of(source);
    *split = 0;
    if (in->at_end) {
        *what = in->told_end ? SOURCE_DONE : SOURCE_ENDED;
        in->told_end = true;
        return OK;
    }
    struct pollfd wanted = {.fd = STDIN_FILENO, .events = POLLIN};
    *what = poll(&wanted, 1, 0) != 0 ? SOURCE_MORE : SOURCE_AGAIN;
    return OK;
}

static enum status stdin_read(struct source *source, uint32_t split, void *at, size_t max,
                              size_t *n, struct error *err)
{
    (void)split;
    struct stdin_source *in = stdin_of(source);
    TRY(in->fs->read(in->fs, STDIN_FILENO, at, max, n, err));
    in->at_end = *n == 0;
    return OK;
}

static unsigned stdin_flags(const struct source *source)
{
    (void)source;
    return SOURCE_FINITE;
}

/* A regular file never says AGAIN, and no event loop takes one. */
static int stdin_wait_fd(const struct source *source)
{
    return ((const struct stdin_source *)source)->stat.is_regular ? -1 : STDIN_FILENO;
}

static int64_t stdin_wake_us(const struct source *source)
{
    (void)source;
    return INT64_MAX;
}

static uint32_t stdin_n_splits(const struct source *source)
{
    (void)source;
    return 1;
}

static const char *stdin_split_name(const struct source *source, uint32_t split)
{
    (void)source;
    (void)split;
    return "stdin";
}

static int64_t stdin_total_bytes(const struct source *source)
{
    const struct stdin_source *in = (const struct stdin_source *)source;
    return in->stat.is_regular ? in->stat.bytes : -1;
}

static void stdin_close(struct source *source)
{
    mem_free(source); /* the descriptor is not ours */
}

static const struct option_spec stdin_options[] = {{0}};

const struct source_kind stdin_source_kind = {
    .scheme = "stdin",
    .summary = "what is piped or typed in",
    .flags = SOURCE_FINITE,
    .options = stdin_options,
    .open = stdin_open,
    .flags_of = stdin_flags,
    .poll = stdin_poll,
    .read = stdin_read,
    .wait_fd = stdin_wait_fd,
    .wake_us = stdin_wake_us,
    .n_splits = stdin_n_splits,
    .split_name = stdin_split_name,
    .total_bytes = stdin_total_bytes,
    .close = stdin_close,
};
