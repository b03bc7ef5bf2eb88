/* checkpoint_view: see checkpoint_view.h. */
#include "engine/run/checkpoint_view.h"

#include <inttypes.h>

#include "engine/base/textbuf.h"
#include "engine/run/checkpoint.h"
#include "engine/run/job_text.h"
#include "engine/run/manifest.h"
#include "engine/run/recovered.h"
#include "engine/run/snapshot_file.h"

/* A whole checkpoint in memory. */
struct looked {
    struct state_dir dir;
    uint64_t generation;
    uint64_t snapshot_epoch;
    struct bytebuf snapshot;
    struct joblog_found log;
    struct bytebuf names;
    struct arena arena;
    struct recovered *recovered; /* as of the last COMMIT, or of the snapshot */
    uint64_t epoch;
    const struct frame *intent; /* behind it, NULL = none */
};

static void looked_release(struct looked *looked)
{
    bytebuf_release(&looked->snapshot);
    bytebuf_release(&looked->names);
    joblog_found_release(&looked->log);
    arena_release(&looked->arena);
    recovered_free(looked->recovered);
    state_dir_close(&looked->dir);
}

static enum status take_images(struct looked *looked, struct error *err)
{
    looked->recovered = recovered_new();
    looked->epoch = looked->snapshot_epoch;
    TRY(recovered_add(looked->recovered, bytebuf_slice(&looked->snapshot), err));
    for (uint32_t i = 0; i < looked->log.n; i++) {
        const struct frame *record = &looked->log.records[i];
        bool is_commit = record->type == FRAME_COMMIT;
        looked->intent = is_commit ? NULL : record;
        looked->epoch = is_commit ? record->epoch : looked->epoch;
        if (is_commit) {
            TRY(recovered_add(looked->recovered, record->payload, err));
        }
    }
    return OK;
}

static enum status look(struct looked *looked, struct error *err)
{
    const struct state_dir *dir = &looked->dir;
    TRY(dir->fs->list(dir->fs, dir->path, &looked->names, err));
    TRY(manifest_read(dir, &looked->generation, err));
    TRY(snapshot_file_read(dir, looked->generation, &looked->snapshot_epoch, &looked->snapshot,
                           err));
    TRY(joblog_read(dir, looked->generation, &looked->log, err));
    TRY(checkpoint_order(dir, looked->snapshot_epoch, &looked->log, err));
    return state_dir_damaged(dir, "state", take_images(looked, err), err);
}

static enum status read_intent(struct looked *looked, struct intent *intent, struct error *err)
{
    enum status status = intent_read(&looked->arena, looked->intent->payload, intent, err);
    return state_dir_damaged(&looked->dir, "log", status, err);
}

/* ---- ls -------------------------------------------------------------------------------------- */

static const char *what_is(const char *name)
{
    uint64_t number;
    return strcmp(name, "MANIFEST") == 0             ? "which generation counts"
           : strcmp(name, "LOCK") == 0               ? "who runs it"
           : strcmp(name, "job.sql") == 0            ? "the statements"
           : state_dir_number(name, "job", &number)  ? "the statements, before they have their name"
           : state_dir_number(name, "snap", &number) ? "state of all queries"
           : state_dir_number(name, "log", &number)  ? "epochs since the state"
           : state_dir_number(name, "in", &number)   ? "input that cannot be read again"
           : state_dir_number(name, "dead", &number) ? "rejected rows"
                                                     : "not of a checkpoint";
}

static enum status list_files(const struct state_dir *dir, struct slice names, struct bytebuf *out,
                              struct error *err)
{
    struct bytebuf path = {0};
    enum status status = OK;
    for (const char *name; status == OK && names_next(&names, &name);) {
        struct fs_stat stat;
        status = dir->fs->stat(dir->fs, state_dir_file(dir, name, 0, &path), &stat, err);
        if (status == OK) {
            bytebuf_printf(out, "%-12s %12" PRId64 "  %s\n", name, stat.bytes, what_is(name));
        }
    }
    bytebuf_release(&path);
    return status;
}

enum status checkpoint_list(const struct fs *fs, const char *path, struct bytebuf *out,
                            struct error *err)
{
    struct looked looked = {.generation = 0};
    arena_init(&looked.arena);
    state_dir_look(&looked.dir, fs, NULL, path);
    enum status status = fs->list(fs, looked.dir.path, &looked.names, err);
    if (status == OK) {
        status = list_files(&looked.dir, bytebuf_slice(&looked.names), out, err);
    }
    looked_release(&looked);
    return status;
}

/* ---- show ------------------------------------------------------------------------------------ */

/* Indented, without the first `skip` bytes of each line. */
static void print_lines(struct bytebuf *out, struct slice text, size_t skip)
{
    for (size_t at = 0; at < text.len;) {
        const uint8_t *end = memchr(text.at + at, '\n', text.len - at);
        size_t len = end == NULL ? text.len - at : (size_t)(end - text.at) - at;
        size_t from = skip < len ? skip : len;
        bytebuf_add_text(out, "    ");
        textbuf_escaped(out, slice_of(text.at + at + from, len - from));
        bytebuf_add_byte(out, '\n');
        at += len + 1;
    }
}

static void print_line(struct bytebuf *out, const char *what, struct slice name, struct slice place)
{
    bytebuf_printf(out, "%s", what);
    textbuf_escaped(out, name);
    bytebuf_add_text(out, place.len > 0 ? ": " : "");
    while (place.len > 0) { /* of a sink that stands in several files, a line each */
        const uint8_t *end = memchr(place.at, '\n', place.len);
        size_t len = end == NULL ? place.len : (size_t)(end - place.at);
        textbuf_escaped(out, slice_of(place.at, len));
        len += end != NULL;
        place = slice_of(place.at + len, place.len - len);
        bytebuf_add_text(out, place.len > 0 ? ", " : "");
    }
    bytebuf_add_byte(out, '\n');
}

static void print_state(struct bytebuf *out, const struct image_query *query,
                        const struct entries *entries)
{
    bytebuf_printf(out, ": %u entries and %zu bytes of state\n", entries_count(entries),
                   query->state.len + entries_bytes(entries));
}

static void print_image(struct bytebuf *out, const struct recovered *recovered)
{
    const struct image *image = recovered_image(recovered);
    for (uint32_t i = 0; i < image->head.n_feeds; i++) {
        const struct image_feed *feed = &image->feeds[i];
        print_line(out, "source ", feed->name,
                   feed->is_replayable ? feed->offsets : slice_text("in the input log"));
        if (feed->bad.len > 0) {
            print_line(out, "  sink ", slice_text("bad"), feed->bad);
        }
    }
    for (uint32_t i = 0; i < image->head.n_queries; i++) {
        const struct image_query *query = &image->queries[i];
        bytebuf_add_text(out, "query ");
        textbuf_escaped(out, query->name);
        print_state(out, query, recovered_entries(recovered, query->name));
        print_lines(out, query->plan, 1);
        for (uint32_t k = 0; k < query->n_outlets; k++) {
            print_line(out, "  sink ", query->outlets[k].role, query->outlets[k].position);
        }
    }
}

static enum status print_intent(struct looked *looked, struct bytebuf *out, struct error *err)
{
    struct intent intent;
    struct cut cut;
    TRY(read_intent(looked, &intent, err));
    bytebuf_printf(out, "epoch %" PRIu64 " was begun; the next start computes it again:\n",
                   looked->intent->epoch);
    struct reader in = reader_of(intent.cuts);
    while (cut_next(&in, &cut)) {
        bytebuf_add_text(out, "    ");
        cut_print(out, &cut);
    }
    return OK;
}

static void print_statements(const struct looked *looked, struct bytebuf *out)
{
    struct bytebuf text = {0};
    job_text_look(&looked->dir, looked->generation, &text);
    if (text.len > 0) {
        bytebuf_add_text(out, "job.sql\n");
        print_lines(out, bytebuf_slice(&text), 0);
    }
    bytebuf_release(&text);
}

static void print_rejected(const struct looked *looked, struct bytebuf *out)
{
    uint64_t rows = recovered_image(looked->recovered)->head.dead.rows;
    uint64_t oldest = deadlog_oldest(bytebuf_slice(&looked->names));
    if (rows == 0) {
        return;
    }
    bytebuf_printf(out, "%" PRIu64 " rejected row%s", rows, rows == 1 ? "" : "s");
    if (oldest == 0) {
        bytebuf_add_text(out, ", none of them is here any more\n");
    } else if (oldest == 1) {
        bytebuf_add_text(out, ", in dead.*\n");
    } else {
        bytebuf_printf(out, ", from number %" PRIu64 " on in dead.*\n", oldest);
    }
}

static enum status show(struct looked *looked, struct bytebuf *out, struct error *err)
{
    TRY(look(looked, err));
    bytebuf_printf(out, "generation %" PRIu64 ", epoch %" PRIu64 "%s\n", looked->generation,
                   looked->epoch,
                   recovered_image(looked->recovered)->head.is_complete ? ", the input has ended"
                                                                        : "");
    print_rejected(looked, out);
    print_image(out, looked->recovered);
    print_statements(looked, out);
    return looked->intent != NULL ? print_intent(looked, out, err) : OK;
}

enum status checkpoint_show(const struct fs *fs, const char *path, struct bytebuf *out,
                            struct error *err)
{
    struct looked looked = {.generation = 0};
    arena_init(&looked.arena);
    state_dir_look(&looked.dir, fs, NULL, path);
    enum status status = show(&looked, out, err);
    looked_release(&looked);
    return status;
}

/* ---- verify ---------------------------------------------------------------------------------- */

static enum status verify(struct looked *looked, struct bytebuf *out, struct error *err)
{
    TRY(look(looked, err));
    const struct inlog_mark *from = &recovered_image(looked->recovered)->head.input;
    struct intent intent = {.input = *from};
    if (looked->intent != NULL) {
        TRY(read_intent(looked, &intent, err));
    }
    struct inlog_mark end;
    TRY(deadlog_verify(&looked->dir, &recovered_image(looked->recovered)->head.dead, err));
    TRY(inlog_verify(&looked->dir, bytebuf_slice(&looked->names), from, &intent.input, &end, err));
    bytebuf_printf(out,
                   "generation %" PRIu64 ", epoch %" PRIu64 ": snapshot of %zu bytes, %u records, "
                   "input log to in.%" PRIu64 ":%" PRIu64 "\n",
                   looked->generation, looked->epoch, looked->snapshot.len, looked->log.n,
                   end.segment, end.bytes);
    uint64_t torn = looked->log.bytes.len - looked->log.valid;
    if (torn > 0) {
        bytebuf_printf(out, "the last %" PRIu64 " bytes of the log are torn; a start cuts them\n",
                       torn);
    }
    bytebuf_add_text(out, "everything that is needed is there and whole\n");
    return OK;
}

enum status checkpoint_verify(const struct fs *fs, const char *path, struct bytebuf *out,
                              struct error *err)
{
    struct looked looked = {.generation = 0};
    arena_init(&looked.arena);
    state_dir_look(&looked.dir, fs, NULL, path);
    enum status status = verify(&looked, out, err);
    looked_release(&looked);
    return status;
}
