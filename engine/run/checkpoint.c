/* checkpoint: see checkpoint.h. */
#include "engine/run/checkpoint.h"

#include <inttypes.h>
#include <stdio.h>

#include "engine/base/codec.h"
#include "engine/base/log.h"
#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "engine/run/job_text.h"
#include "engine/run/manifest.h"
#include "engine/run/merge.h"
#include "engine/run/snapshot_file.h"

struct checkpoint {
    struct state_dir dir;
    struct slice text;   /* the caller's */
    bool text_waits;     /* for the next snapshot */
    uint64_t generation; /* 0 = none yet */
    uint64_t snapshot_bytes;
    struct joblog log;
    struct inlog input;
    struct bytebuf names; /* what was in the directory when it was opened */
    struct checkpoint_found found;
    struct bytebuf snapshot;
    struct joblog_found records;
    struct merge merge;
    struct bytebuf since; /* records that the log got since the merge began */
};

/* ---- opening ------------------------------------------------------------------------------------
 */

static bool has_name(const struct checkpoint *cp, const char *wanted)
{
    return names_have(bytebuf_slice(&cp->names), wanted);
}

static bool is_stray(const char *name, uint64_t generation)
{
    uint64_t number;
    if (state_dir_number(name, "snap", &number) || state_dir_number(name, "log", &number) ||
        state_dir_number(name, "job", &number)) {
        return number != generation;
    }
    return strcmp(name, "snap.tmp") == 0 || strcmp(name, "MANIFEST.tmp") == 0 ||
           strcmp(name, "job.sql.tmp") == 0;
}

/* What a crash in the middle of a change of generation left. */
static enum status remove_strays(struct checkpoint *cp, struct error *err)
{
    struct slice left = bytebuf_slice(&cp->names);
    for (const char *name; names_next(&left, &name);) {
        if (is_stray(name, cp->generation)) {
            TRY(state_dir_remove(&cp->dir, name, 0, err));
        }
    }
    return OK;
}

/* --new-state: the MANIFEST goes first, for without it nothing else counts. */
static enum status remove_all(struct checkpoint *cp, struct error *err)
{
    if (has_name(cp, "MANIFEST")) {
        TRY(state_dir_remove(&cp->dir, "MANIFEST", 0, err));
        TRY(state_dir_sync(&cp->dir, err));
    }
    struct slice left = bytebuf_slice(&cp->names);
    for (const char *name; names_next(&left, &name);) {
        uint64_t number;
        if (is_stray(name, 0) || state_dir_number(name, "in", &number) ||
            state_dir_number(name, "dead", &number) || strcmp(name, "job.sql") == 0) {
            TRY(state_dir_remove(&cp->dir, name, 0, err));
        }
    }
    bytebuf_clear(&cp->names);
    return OK;
}

/* Before the first MANIFEST nothing was promised: what is there may only be the beginnings of
 * generation 1. Anything else without a MANIFEST was a checkpoint once. */
static enum status check_fresh(const struct checkpoint *cp, struct error *err)
{
    struct slice left = bytebuf_slice(&cp->names);
    for (const char *name; names_next(&left, &name);) {
        uint64_t number;
        bool later =
            (state_dir_number(name, "snap", &number) || state_dir_number(name, "log", &number)) &&
            number > 1;
        if (later || state_dir_number(name, "in", &number) ||
            state_dir_number(name, "dead", &number)) {
            state_dir_bad(&cp->dir, "MANIFEST", EXIT_MANIFEST_BAD, "it is missing", err);
            error_hint(err, "\"%s\" is there, so it was a checkpoint; --new-state begins anew",
                       name);
            return ERR_STATE;
        }
    }
    return OK;
}

static enum status check_there(const struct checkpoint *cp, const char *base, struct error *err)
{
    char name[40];
    snprintf(name, sizeof name, "%s.%" PRIu64, base, cp->generation);
    return has_name(cp, name)
               ? OK
               : state_dir_bad(&cp->dir, name, EXIT_FILE_MISSING, "it is missing", err);
}

enum status checkpoint_order(const struct state_dir *dir, uint64_t snapshot_epoch,
                             const struct joblog_found *found, struct error *err)
{
    uint64_t committed = snapshot_epoch;
    bool intent = false;
    for (uint32_t i = 0; i < found->n; i++) {
        const struct frame *record = &found->records[i];
        bool fits =
            record->epoch == committed + 1 &&
            (record->type == FRAME_COMMIT ? intent : record->type == FRAME_INTENT && !intent);
        if (!fits) {
            char why[96];
            snprintf(why, sizeof why, "record %u is of epoch %" PRIu64 ", not %" PRIu64, i + 1,
                     record->epoch, committed + 1);
            return state_dir_bad(dir, "log", EXIT_EPOCH_GAP, why, err);
        }
        intent = record->type == FRAME_INTENT;
        committed += record->type == FRAME_COMMIT;
    }
    return OK;
}

static enum status read_generation(struct checkpoint *cp, struct error *err)
{
    TRY(manifest_read(&cp->dir, &cp->generation, err));
    TRY(check_there(cp, "snap", err));
    TRY(check_there(cp, "log", err));
    uint64_t epoch;
    TRY(snapshot_file_read(&cp->dir, cp->generation, &epoch, &cp->snapshot, err));
    TRY(joblog_read(&cp->dir, cp->generation, &cp->records, err));
    TRY(checkpoint_order(&cp->dir, epoch, &cp->records, err));
    cp->snapshot_bytes = cp->snapshot.len;
    cp->found = (struct checkpoint_found){
        .epoch = epoch,
        .generation = cp->generation,
        .snapshot = bytebuf_slice(&cp->snapshot),
        .records = cp->records.records,
        .n_records = cp->records.n,
        .has_intent = cp->records.n % 2 == 1,
    };
    cp->found.epoch += cp->records.n / 2;
    return OK;
}

static enum status checkpoint_setup(struct checkpoint *cp, const struct checkpoint_options *options,
                                    struct error *err)
{
    TRY(state_dir_open(&cp->dir, options->fs, options->clock, options->path, err));
    enum status status = options->fs->list(options->fs, cp->dir.path, &cp->names, err);
    TRY(state_dir_failed(&cp->dir, status, err));
    if (options->new_state) {
        TRY(remove_all(cp, err));
    }
    if (!has_name(cp, "MANIFEST")) {
        cp->found.is_fresh = true;
        return check_fresh(cp, err);
    }
    return read_generation(cp, err);
}

enum status checkpoint_open(const struct checkpoint_options *options, struct checkpoint **out,
                            struct error *err)
{
    struct checkpoint *cp = mem_zalloc(sizeof *cp);
    cp->dir.lock = -1;
    cp->log.fd = -1;
    cp->text = options->text;
    inlog_init(&cp->input, &cp->dir, options->input_segment_bytes);
    enum status status = checkpoint_setup(cp, options, err);
    if (status != OK) {
        checkpoint_close(cp);
        return status;
    }
    *out = cp;
    return OK;
}

void checkpoint_forget(struct checkpoint *cp)
{
    joblog_found_release(&cp->records);
    bytebuf_release(&cp->snapshot);
    bytebuf_release(&cp->names);
    cp->snapshot = cp->names = (struct bytebuf){0};
    cp->found.snapshot = slice_of(NULL, 0);
    cp->found.records = NULL;
    cp->found.n_records = 0;
}

void checkpoint_close(struct checkpoint *cp)
{
    if (cp == NULL) {
        return;
    }
    merge_release(&cp->merge);
    bytebuf_release(&cp->since);
    checkpoint_forget(cp);
    joblog_close(&cp->log);
    inlog_close(&cp->input);
    if (cp->dir.path != NULL) {
        state_dir_close(&cp->dir);
    }
    mem_free(cp);
}

const struct checkpoint_found *checkpoint_found(const struct checkpoint *cp)
{
    return &cp->found;
}

/* ---- statements ---------------------------------------------------------------------------------
 */

void checkpoint_set_text(struct checkpoint *cp, struct slice text)
{
    struct bytebuf before = {0};
    job_text_read(&cp->dir, &before);
    cp->text = text;
    cp->text_waits = !slice_equal(bytebuf_slice(&before), text);
    bytebuf_release(&before);
}

bool checkpoint_text_waits(const struct checkpoint *cp)
{
    return cp->text_waits;
}

enum status checkpoint_settle_text(struct checkpoint *cp, struct slice given, struct error *err)
{
    struct bytebuf before = {0};
    char name[40];
    snprintf(name, sizeof name, "job.%" PRIu64, cp->generation);
    if (!has_name(cp, name)) {
        return OK;
    }
    job_text_read(&cp->dir, &before);
    bool is_old = given.len > 0 && slice_equal(given, bytebuf_slice(&before));
    bytebuf_release(&before);
    TRY(job_text_take(&cp->dir, cp->generation, err));
    if (!is_old) {
        return OK;
    }
    state_dir_bad(&cp->dir, "job.sql", EXIT_QUERY_CHANGED,
                  "the queries had just become others when the last run ended", err);
    error_hint(err, "it is right now: start again with what is in it");
    return ERR_STATE;
}

/* ---- generations --------------------------------------------------------------------------------
 */

/* Snapshot and empty log of a generation, then the MANIFEST that makes them count. */
static enum status begin_generation(struct checkpoint *cp, uint64_t generation, uint64_t epoch,
                                    struct slice image, struct error *err)
{
    TRY(snapshot_file_write(&cp->dir, generation, epoch, image, err));
    joblog_close(&cp->log);
    TRY(joblog_create(&cp->log, &cp->dir, generation, err));
    TRY(state_dir_sync(&cp->dir, err));
    TRY(manifest_write(&cp->dir, generation, err));
    cp->generation = generation;
    cp->snapshot_bytes = image.len;
    return OK;
}

enum status checkpoint_start(struct checkpoint *cp, uint64_t epoch, struct slice image,
                             struct error *err)
{
    CHECK(cp->found.is_fresh && cp->generation == 0);
    TRY(remove_strays(cp, err));
    TRY(job_text_keep(&cp->dir, cp->text, err));
    return begin_generation(cp, 1, epoch, image, err);
}

static enum status remove_generation(struct checkpoint *cp, uint64_t generation, struct error *err)
{
    TRY(state_dir_remove(&cp->dir, "log", generation, err));
    return state_dir_remove(&cp->dir, "snap", generation, err);
}

enum status checkpoint_snapshot(struct checkpoint *cp, uint64_t epoch, struct slice image,
                                struct error *err)
{
    uint64_t old = cp->generation;
    merge_release(&cp->merge); /* what it wrote is written over */
    bytebuf_release(&cp->since);
    if (cp->text_waits) {
        TRY(job_text_prepare(&cp->dir, old + 1, cp->text, err));
    }
    TRY(begin_generation(cp, old + 1, epoch, image, err));
    if (cp->text_waits) {
        TRY(job_text_take(&cp->dir, old + 1, err));
        cp->text_waits = false;
    }
    return remove_generation(cp, old, err);
}

/* ---- merging ------------------------------------------------------------------------------------
 */

void checkpoint_merge(struct checkpoint *cp, uint64_t epoch, bool in_place)
{
    bytebuf_clear(&cp->since);
    merge_begin(&cp->merge, &cp->dir, cp->generation, epoch, in_place);
}

bool checkpoint_merges(const struct checkpoint *cp)
{
    return cp->merge.is_there;
}

bool checkpoint_has_merged(struct checkpoint *cp)
{
    /* In place it is as if it had lasted until more was logged. */
    if (cp->merge.is_there && cp->merge.in_place && cp->since.len > 0) {
        merge_work_now(&cp->merge);
    }
    return merge_has_ended(&cp->merge);
}

/* Record by record: each says how much of its own file was on disk. */
static enum status append_since(struct checkpoint *cp, struct error *err)
{
    struct reader in = reader_of(bytebuf_slice(&cp->since));
    while (reader_left(&in) > 0) {
        enum frame_type type = (enum frame_type)reader_u8(&in);
        uint64_t epoch = reader_u64(&in);
        struct slice payload = reader_bytes(&in);
        CHECK(reader_ok(&in));
        TRY(joblog_append(&cp->log, type, epoch, payload, err));
    }
    return joblog_sync(&cp->log, err);
}

enum status checkpoint_take_merged(struct checkpoint *cp, struct error *err)
{
    uint64_t old = cp->generation;
    TRY(merge_take(&cp->merge, err));
    joblog_close(&cp->log);
    TRY(joblog_create(&cp->log, &cp->dir, old + 1, err));
    TRY(append_since(cp, err));
    TRY(state_dir_sync(&cp->dir, err));
    TRY(manifest_write(&cp->dir, old + 1, err));
    cp->generation = old + 1;
    cp->snapshot_bytes = cp->merge.bytes;
    bytebuf_release(&cp->since);
    return remove_generation(cp, old, err);
}

enum status checkpoint_continue(struct checkpoint *cp, const struct inlog_mark *from,
                                const struct inlog_mark *needed, struct error *err)
{
    CHECK(!cp->found.is_fresh);
    TRY(remove_strays(cp, err));
    TRY(job_text_keep(&cp->dir, cp->text, err));
    TRY(joblog_continue(&cp->log, &cp->dir, cp->generation, &cp->records, err));
    return inlog_recover(&cp->input, bytebuf_slice(&cp->names), from, needed, err);
}

bool checkpoint_pending(struct checkpoint *cp, struct slice *payload)
{
    return inlog_replay(&cp->input, payload);
}

/* ---- epochs -------------------------------------------------------------------------------------
 */

enum status checkpoint_input(struct checkpoint *cp, uint64_t epoch, struct slice payload,
                             struct error *err)
{
    return inlog_append(&cp->input, epoch, payload, err);
}

enum status checkpoint_input_sync(struct checkpoint *cp, struct error *err)
{
    return inlog_sync(&cp->input, err);
}

struct inlog_mark checkpoint_input_end(const struct checkpoint *cp)
{
    return inlog_end(&cp->input);
}

void checkpoint_input_turn(struct checkpoint *cp)
{
    inlog_turn(&cp->input);
}

enum status checkpoint_input_trim(struct checkpoint *cp, const struct inlog_mark *mark,
                                  struct error *err)
{
    return inlog_trim(&cp->input, mark, err);
}

static enum status append(struct checkpoint *cp, enum frame_type type, uint64_t epoch,
                          struct slice payload, struct error *err)
{
    if (cp->merge.is_there) {
        codec_put_u8(&cp->since, (uint8_t)type);
        codec_put_u64(&cp->since, epoch);
        codec_put_bytes(&cp->since, payload);
    }
    return joblog_append(&cp->log, type, epoch, payload, err);
}

enum status checkpoint_intent(struct checkpoint *cp, uint64_t epoch, struct slice payload,
                              struct error *err)
{
    TRY(append(cp, FRAME_INTENT, epoch, payload, err));
    return joblog_sync(&cp->log, err);
}

enum status checkpoint_commit(struct checkpoint *cp, uint64_t epoch, struct slice image,
                              struct error *err)
{
    return append(cp, FRAME_COMMIT, epoch, image, err);
}

enum status checkpoint_sync(struct checkpoint *cp, struct error *err)
{
    return joblog_sync(&cp->log, err);
}

uint64_t checkpoint_log_bytes(const struct checkpoint *cp)
{
    return cp->log.bytes;
}

uint64_t checkpoint_snapshot_bytes(const struct checkpoint *cp)
{
    return cp->snapshot_bytes;
}

uint64_t checkpoint_generation(const struct checkpoint *cp)
{
    return cp->generation;
}

const struct state_dir *checkpoint_dir(const struct checkpoint *cp)
{
    return &cp->dir;
}
