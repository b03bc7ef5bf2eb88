/* ledger_sink: see ledger_sink.h. */
#include "tests/crash/ledger_sink.h"

#include <inttypes.h>
#include <string.h>

#include "engine/base/mem.h"
#include "sinks/encode.h"

enum { LEDGER_BYTES_MAX = 1 << 24 };

struct ledger {
    struct sink sink;
    const struct fs *fs;
    char *path;
    struct encoder *encoder;
    struct bytebuf rows;  /* committed */
    struct bytebuf fresh; /* of the open epoch */
};

static struct ledger *ledger_of(struct sink *sink)
{
    return (struct ledger *)(void *)sink;
}

struct slice ledger_rows(struct slice file, uint64_t *epoch)
{
    const uint8_t *end = file.len == 0 ? NULL : memchr(file.at, '\n', file.len);
    int64_t number = 0;
    if (end == NULL || !slice_to_i64(slice_of(file.at + 6, (size_t)(end - file.at) - 6), &number)) {
        *epoch = 0;
        return slice_of(NULL, 0);
    }
    *epoch = (uint64_t)number;
    return slice_of(end + 1, file.len - (size_t)(end + 1 - file.at));
}

static enum status ledger_load(struct ledger *ledger, uint64_t *committed, struct error *err)
{
    struct fs_stat stat;
    struct bytebuf file = {0};
    *committed = 0;
    if (ledger->fs->stat(ledger->fs, ledger->path, &stat, NULL) != OK) {
        return OK;
    }
    enum status status = fs_read_file(ledger->fs, ledger->path, LEDGER_BYTES_MAX, &file, err);
    if (status == OK) {
        struct slice rows = ledger_rows(bytebuf_slice(&file), committed);
        bytebuf_add(&ledger->rows, rows.at, rows.len);
    }
    bytebuf_release(&file);
    return status;
}

static void ledger_close(struct sink *sink)
{
    struct ledger *ledger = ledger_of(sink);
    encoder_free(ledger->encoder);
    bytebuf_release(&ledger->rows);
    bytebuf_release(&ledger->fresh);
    mem_free(ledger->path);
    mem_free(ledger);
}

static enum status ledger_open(const struct sink_config *config, struct sink **out,
                               uint64_t *committed, struct error *err)
{
    struct ledger *ledger = mem_zalloc(sizeof *ledger);
    struct encoder_config encoder = {.format = &encode_csv,
                                     .schema = config->schema,
                                     .changes = config->changes};
    ledger->sink.kind = &ledger_sink;
    ledger->fs = config->fs;
    ledger->path = mem_text(config->uri->path.at, config->uri->path.len);
    ledger->encoder = encoder_new(&encoder);
    enum status status = ledger_load(ledger, committed, err);
    if (status != OK) {
        ledger_close(&ledger->sink);
        return status;
    }
    *out = &ledger->sink;
    return OK;
}

static enum status ledger_begin(struct sink *sink, uint64_t epoch, struct error *err)
{
    (void)epoch;
    (void)err;
    bytebuf_clear(&ledger_of(sink)->fresh);
    return OK;
}

static enum status ledger_write(struct sink *sink, const struct batch *batch, struct error *err)
{
    (void)err;
    struct ledger *ledger = ledger_of(sink);
    encoder_batch(ledger->encoder, batch, &ledger->fresh);
    return OK;
}

static enum status write_aside(const struct ledger *ledger, const char *path, struct slice bytes,
                               struct error *err)
{
    int fd;
    const struct fs *fs = ledger->fs;
    TRY(fs->open(fs, path, FS_WRITE | FS_CREATE | FS_TRUNCATE, &fd, err));
    enum status status = fs_write_all(fs, fd, bytes.at, bytes.len, err);
    if (status == OK) {
        status = fs->sync(fs, fd, err);
    }
    fs->close(fs, fd);
    return status;
}

static enum status ledger_commit(struct sink *sink, uint64_t epoch, struct error *err)
{
    struct ledger *ledger = ledger_of(sink);
    struct bytebuf file = {0};
    struct bytebuf aside = {0};
    bytebuf_add(&ledger->rows, ledger->fresh.at, ledger->fresh.len);
    bytebuf_printf(&file, "epoch %" PRIu64 "\n", epoch);
    bytebuf_add(&file, ledger->rows.at, ledger->rows.len);
    bytebuf_printf(&aside, "%s.tmp", ledger->path);
    enum status status = write_aside(ledger, bytebuf_text(&aside), bytebuf_slice(&file), err);
    if (status == OK) {
        status = ledger->fs->rename(ledger->fs, bytebuf_text(&aside), ledger->path, err);
    }
    if (status == OK) {
        status = ledger->fs->sync_directory(ledger->fs, ".", err);
    }
    bytebuf_release(&aside);
    bytebuf_release(&file);
    return status;
}

static const struct option_spec ledger_options[] = {{.name = NULL}};

const struct sink_kind ledger_sink = {
    .scheme = "ledger",
    .summary = "a file that remembers its epoch, for tests",
    .promise = SINK_TRANSACTIONAL,
    .takes_changes = true,
    .options = ledger_options,
    .open = ledger_open,
    .begin = ledger_begin,
    .write = ledger_write,
    .commit = ledger_commit,
    .close = ledger_close,
};
