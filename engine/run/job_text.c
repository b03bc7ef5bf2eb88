/* job_text: see job_text.h. */
#include "engine/run/job_text.h"

#include "engine/base/linediff.h"

static void read_text(const struct state_dir *dir, const char *name, uint64_t number,
                      struct bytebuf *out)
{
    struct bytebuf path = {0};
    struct error ignored; /* it is for people: without it there is less to say */
    (void)!fs_read_file(dir->fs, state_dir_file(dir, name, number, &path), JOB_TEXT_BYTES_MAX, out,
                        &ignored);
    bytebuf_release(&path);
}

void job_text_read(const struct state_dir *dir, struct bytebuf *out)
{
    read_text(dir, "job.sql", 0, out);
}

void job_text_look(const struct state_dir *dir, uint64_t generation, struct bytebuf *out)
{
    size_t before = out->len;
    read_text(dir, "job", generation, out);
    if (out->len == before) {
        job_text_read(dir, out);
    }
}

enum status job_text_keep(const struct state_dir *dir, struct slice text, struct error *err)
{
    struct bytebuf before = {0};
    job_text_read(dir, &before);
    bool is_there = slice_equal(bytebuf_slice(&before), text);
    bytebuf_release(&before);
    return is_there || text.len == 0 ? OK : state_dir_replace(dir, "job.sql", text, err);
}

enum status job_text_prepare(const struct state_dir *dir, uint64_t generation, struct slice text,
                             struct error *err)
{
    return state_dir_write(dir, "job", generation, text, err);
}

enum status job_text_take(const struct state_dir *dir, uint64_t generation, struct error *err)
{
    struct bytebuf from = {0};
    struct bytebuf to = {0};
    enum status status = dir->fs->rename(dir->fs, state_dir_file(dir, "job", generation, &from),
                                         state_dir_file(dir, "job.sql", 0, &to), err);
    bytebuf_release(&from);
    bytebuf_release(&to);
    TRY(state_dir_failed(dir, status, err));
    return state_dir_sync(dir, err);
}

void job_text_compare(const struct state_dir *dir, struct slice now, struct bytebuf *diff)
{
    struct bytebuf before = {0};
    job_text_read(dir, &before);
    if (before.len > 0 && now.len > 0) {
        linediff(diff, bytebuf_slice(&before), now);
    }
    bytebuf_release(&before);
}
