/* command_gen: generated rows to standard output or a file, at a rate if one is given. */
#include <poll.h>
#include <stdio.h>

#include "engine/base/mem.h"
#include "engine/io/options.h"
#include "shell/commands.h"
#include "shell/complain.h"
#include "shell/session.h"
#include "sources/sources.h"

enum { STDOUT_HANDLE = 1, GEN_BYTES = 256 * 1024 };

struct gen_run {
    struct source *source;
    const struct fs *fs;
    int fd;
    int64_t end_us; /* steady; INT64_MAX = none */
    uint8_t *block;
};

/* gen://NAME?rows=N&… as the options say. */
static enum status gen_open(const struct args *args, struct arena *arena, const struct fs *fs,
                            struct source **out, struct error *err)
{
    struct options *options = arena_zalloc(arena, sizeof *options);
    struct uri *uri = arena_zalloc(arena, sizeof *uri);
    struct source_config *config = arena_zalloc(arena, sizeof *config);
    struct bytebuf text = {0};
    options_init(options, arena);
    bytebuf_printf(&text, "gen://%s?seed=%lld", args->operand,
                   (long long)(args->seed >= 0 ? args->seed : 1));
    if (args->rows > 0) {
        bytebuf_printf(&text, "&rows=%lld", (long long)args->rows);
    }
    if (args->rate > 0) {
        bytebuf_printf(&text, "&rate=%lld", (long long)args->rate);
    }
    enum status status = uri_parse(arena, bytebuf_slice(&text), uri, options, err);
    bytebuf_release(&text);
    TRY(status);
    *config =
        (struct source_config){.uri = uri, .options = options, .fs = fs, .clock = clock_system()};
    return source_open(&gen_source_kind, config, out, err);
}

static void gen_wait(const struct gen_run *run)
{
    int64_t wake_us = source_wake_us(run->source);
    int64_t until_us = wake_us < run->end_us ? wake_us : run->end_us;
    int64_t wait_us = until_us - clock_steady_us(clock_system());
    if (wait_us > 0) {
        poll(NULL, 0, (int)(wait_us / US_PER_MS) + 1);
    }
}

static enum status gen_copy(const struct gen_run *run, struct error *err)
{
    while (clock_steady_us(clock_system()) < run->end_us) {
        uint32_t split;
        enum source_state what;
        size_t n;
        TRY(source_poll(run->source, &split, &what, err));
        switch (what) {
        case SOURCE_MORE:
            TRY(source_read(run->source, split, run->block, GEN_BYTES, &n, err));
            TRY(fs_write_all(run->fs, run->fd, run->block, n, err));
            break;
        case SOURCE_AGAIN:
            gen_wait(run);
            break;
        case SOURCE_ENDED:
        case SOURCE_CUT:
            break;
        case SOURCE_DONE:
            return OK;
        }
    }
    return OK;
}

static enum status gen_run(const struct args *args, const struct fs *fs, struct error *err)
{
    struct arena arena;
    struct gen_run run = {.fs = fs, .fd = STDOUT_HANDLE, .end_us = INT64_MAX};
    if (args->for_us > 0) {
        run.end_us = clock_steady_us(clock_system()) + args->for_us;
    }
    arena_init(&arena);
    enum status status = gen_open(args, &arena, fs, &run.source, err);
    if (status == OK && args->output != NULL) {
        status = fs->open(fs, args->output, FS_WRITE | FS_CREATE | FS_TRUNCATE, &run.fd, err);
    }
    if (status == OK) {
        run.block = mem_alloc(GEN_BYTES);
        status = gen_copy(&run, err);
        mem_free(run.block);
    }
    if (run.fd != STDOUT_HANDLE) {
        fs->close(fs, run.fd);
    }
    source_close(run.source);
    arena_release(&arena);
    return status;
}

int command_gen(struct args *args, const struct fs *fs, const struct clock *clock)
{
    struct error err;
    (void)clock;
    error_clear(&err);
    if (gen_run(args, fs, &err) != OK) {
        complain(&err);
        return err.status == ERR_OPTION ? 2 : session_exit_code(&err);
    }
    return 0;
}
