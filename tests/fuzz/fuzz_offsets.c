/* fuzz_offsets: any bytes as the offsets of a checkpoint: they are refused, or taken up in a file
 * system where nothing is any more, and what the source says of itself then is taken up again. */
#include "engine/base/log.h"
#include "engine/base/panic.h"
#include "sources/file_list.h"
#include "sources/tail_set.h"

enum { FUZZ_BYTES_MAX = 1 << 16 };

static enum status no_stat(const struct fs *fs, const char *path, struct fs_stat *out,
                           struct error *err)
{
    (void)fs;
    (void)out;
    return error_set(err, ERR_IO, "\"%s\" is not there", path);
}

static enum status no_open(const struct fs *fs, const char *path, unsigned flags, int *fd,
                           struct error *err)
{
    (void)fs;
    (void)flags;
    (void)fd;
    return error_set(err, ERR_IO, "\"%s\" is not there", path);
}

static enum status no_list(const struct fs *fs, const char *path, struct bytebuf *names,
                           struct error *err)
{
    (void)fs;
    (void)names;
    return error_set(err, ERR_IO, "\"%s\" is not there", path);
}

static const struct fs empty_fs = {.stat = no_stat, .open = no_open, .list = no_list};

/* What tail would write next; false if it refuses `from`. */
static bool tail_again(struct slice from, struct bytebuf *out)
{
    struct tail_set set;
    struct error err;
    tail_set_init(&set, &empty_fs, slice_text("/log*"));
    enum status status = tail_set_resume(&set, from, 0, &err);
    CHECK(status == OK || (err.status == status && err.text[0] != 0));
    bytebuf_clear(out);
    tail_set_offsets(&set, NULL, out);
    tail_set_release(&set);
    return status == OK;
}

static void list_again(struct slice from)
{
    struct file_list list;
    struct error err;
    file_list_init(&list, &empty_fs);
    enum status status = file_list_resume(&list, from, &err);
    CHECK(status == OK || (err.status == status && err.text[0] != 0));
    CHECK(status != OK || list.n_ready == 0); /* nothing can be ready where nothing is */
    file_list_release(&list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytebuf once = {0};
    struct bytebuf twice = {0};
    if (size > FUZZ_BYTES_MAX) {
        return 0;
    }
    log_set_level(LOG_QUIET);
    list_again(slice_of(data, size));
    if (tail_again(slice_of(data, size), &once)) {
        bool is_taken = tail_again(bytebuf_slice(&once), &twice);
        CHECK(is_taken && slice_equal(bytebuf_slice(&once), bytebuf_slice(&twice)));
    }
    bytebuf_release(&once);
    bytebuf_release(&twice);
    return 0;
}
