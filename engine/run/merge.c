/* merge: see merge.h. */
#include "engine/run/merge.h"

#include "engine/base/panic.h"
#include "engine/run/joblog.h"
#include "engine/run/recovered.h"
#include "engine/run/snapshot_file.h"
#include "engine/state/changelog_groups.h"

/* What is read. */
struct merge_input {
    struct bytebuf snapshot;
    struct joblog_found log;
    struct recovered *recovered;
};

static enum status add_image(const struct merge *merge, const struct merge_input *input,
                             const char *file, struct slice image, struct error *err)
{
    return state_dir_damaged(&merge->dir, file, recovered_add(input->recovered, image, err), err);
}

static enum status read_input(const struct merge *merge, struct merge_input *input,
                              struct error *err)
{
    uint64_t epoch;
    TRY(snapshot_file_read(&merge->dir, merge->generation, &epoch, &input->snapshot, err));
    TRY(joblog_read(&merge->dir, merge->generation, &input->log, err));
    TRY(add_image(merge, input, "snap", bytebuf_slice(&input->snapshot), err));
    for (uint32_t i = 0; i < input->log.n; i++) {
        const struct frame *record = &input->log.records[i];
        if (record->type == FRAME_COMMIT && record->epoch <= merge->epoch) {
            TRY(add_image(merge, input, "log", record->payload, err));
            epoch = record->epoch;
        }
    }
    return epoch == merge->epoch
               ? OK
               : state_dir_bad(&merge->dir, "log", EXIT_EPOCH_GAP, "it ends too early", err);
}

static void put_query(const struct recovered *recovered, const struct image_query *query,
                      struct bytebuf *out)
{
    struct bytebuf whole = {0};
    struct bytebuf grouped = {0};
    struct image_query saved = *query;
    entries_write(recovered_entries(recovered, query->name), &whole);
    changelog_by_group(bytebuf_slice(&whole), &grouped);
    bytebuf_release(&whole);
    saved.is_whole = true;
    saved.changes = bytebuf_slice(&grouped);
    image_put_query(out, &saved);
    bytebuf_release(&grouped);
}

static void make_image(const struct recovered *recovered, struct bytebuf *out)
{
    const struct image *image = recovered_image(recovered);
    image_begin(out, &image->head);
    for (uint32_t i = 0; i < image->head.n_feeds; i++) {
        image_put_feed(out, &image->feeds[i]);
    }
    for (uint32_t i = 0; i < image->head.n_queries; i++) {
        put_query(recovered, &image->queries[i], out);
    }
}

static void merge_work(void *owner)
{
    struct merge *merge = owner;
    struct merge_input input = {.recovered = recovered_new()};
    struct bytebuf image = {0};
    merge->status = read_input(merge, &input, &merge->err);
    if (merge->status == OK) {
        make_image(input.recovered, &image);
        merge->bytes = image.len;
        merge->status = snapshot_file_write(&merge->dir, merge->generation + 1, merge->epoch,
                                            bytebuf_slice(&image), &merge->err);
    }
    bytebuf_release(&image);
    recovered_free(input.recovered);
    joblog_found_release(&input.log);
    bytebuf_release(&input.snapshot);
}

void merge_begin(struct merge *merge, const struct state_dir *dir, uint64_t generation,
                 uint64_t epoch, bool in_place)
{
    CHECK(!merge->is_there);
    hand_clock_init(&merge->clock, clock_now_us(dir->clock));
    merge->dir = *dir;
    merge->dir.clock = &merge->clock.clock;
    merge->generation = generation;
    merge->epoch = epoch;
    merge->is_there = true;
    error_clear(&merge->err);
    merge->in_place = in_place;
    atomic_store(&merge->task.has_ended, false);
    if (!in_place) {
        task_start(&merge->task, merge_work, merge);
    }
}

void merge_work_now(struct merge *merge)
{
    CHECK(merge->is_there && merge->in_place);
    if (!merge_has_ended(merge)) {
        merge_work(merge);
        atomic_store(&merge->task.has_ended, true);
    }
}

bool merge_has_ended(struct merge *merge)
{
    return merge->is_there && task_has_ended(&merge->task);
}

enum status merge_take(struct merge *merge, struct error *err)
{
    CHECK(merge_has_ended(merge));
    merge_release(merge);
    if (merge->status != OK && err != NULL) {
        *err = merge->err;
    }
    return merge->status;
}

void merge_release(struct merge *merge)
{
    task_join(&merge->task);
    merge->is_there = false;
}
