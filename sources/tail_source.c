/* tail_source: tail:PATTERN follows the files that a pattern with wildcards names, as they grow,
 * are rotated, come and go (tail_set.h says what each of these means). Each file is a split. What
 * happens is learnt from the system where it tells (folder_watch.h), and by looking once a second
 * where it does not.
 *
 * With `once` the files are read up to the size that they have at the start. Compressed files are
 * left out: file: and dir: read them. */
#include "engine/base/mem.h"
#include "sources/folder_watch.h"
#include "sources/sources.h"
#include "sources/tail_set.h"

enum { OPEN_DEFAULT = 256, OPEN_MAX = 65536 };

#define LOOK_US            US_PER_SECOND
#define LOOK_RESTLESS_US   (100 * US_PER_MS)
#define ROTATE_WAIT_US     (5 * US_PER_SECOND)
#define ROTATE_WAIT_MIN_US US_PER_MS

struct tail_source {
    struct source base;
    const struct clock *clock;
    struct tail_set set;
    struct folder_watch watch;
    bool scan;      /* names may have changed */
    int64_t due_us; /* steady time of the next scan in any case */
    uint32_t turn;  /* file to look at first */
};

static struct tail_source *tail_of(struct source *source)
{
    return (struct tail_source *)source;
}

static const struct tail_source *tail_const(const struct source *source)
{
    return (const struct tail_source *)source;
}

/* ---- open, close ---------------------------------------------------------------------------- */

static void tail_close(struct source *source)
{
    struct tail_source *tail = tail_of(source);
    folder_watch_release(&tail->watch);
    tail_set_release(&tail->set);
    mem_free(tail);
}

static enum status read_options(struct tail_source *tail, const struct options *options,
                                struct error *err)
{
    struct tail_set *set = &tail->set;
    int64_t open_max = OPEN_DEFAULT;
    TRY(options_integer(options, "max_files", 1, OPEN_MAX, &open_max, err));
    TRY(options_duration(options, "rotate_wait", ROTATE_WAIT_US, &set->rotate_wait_us, err));
    if (set->rotate_wait_us < ROTATE_WAIT_MIN_US) {
        return error_set(err, ERR_OPTION, "option rotate_wait is under 1ms");
    }
    set->open_max = (uint32_t)open_max;
    struct slice start = options_text(options, "start", "beginning");
    set->from_end = slice_equal_nocase(start, slice_text("end"));
    if (!set->from_end && !slice_equal_nocase(start, slice_text("beginning"))) {
        return error_set(err, ERR_OPTION, "option start = \"%.*s\" is not beginning or end",
                         (int)start.len, (const char *)start.at);
    }
    return OK;
}

static void plan_scan(struct tail_source *tail, int64_t now_us)
{
    bool is_restless = !tail->watch.is_complete || tail_set_is_restless(&tail->set);
    tail->scan = false;
    tail->due_us = now_us + (is_restless ? LOOK_RESTLESS_US : LOOK_US);
}

/* The folders are known once they were looked at, and must be looked at again once they are
 * watched: nothing is missed in between. */
static enum status tail_scan(struct tail_source *tail, int64_t now_us, struct error *err)
{
    TRY(tail_set_scan(&tail->set, now_us, err));
    if (folder_watch_set(&tail->watch, &tail->set.glob.folders)) {
        TRY(tail_set_scan(&tail->set, now_us, err));
    }
    plan_scan(tail, now_us);
    return OK;
}

static enum status tail_setup(struct tail_source *tail, const struct source_config *config,
                              struct error *err)
{
    int64_t now_us = clock_steady_us(config->clock);
    tail->set.once = config->once;
    TRY(read_options(tail, config->options, err));
    tail->set.from_end = tail->set.from_end && !config->look;
    TRY(tail_set_start(&tail->set, config->from, now_us, err));
    return config->once ? OK : tail_scan(tail, now_us, err);
}

static enum status tail_open(const struct source_config *config, struct source **out,
                             struct error *err)
{
    const struct uri *uri = config->uri;
    if (uri->authority.len > 0 || uri->path.len == 0) {
        error_set(err, ERR_OPTION, "\"%.*s\" names no files", (int)uri->text.len,
                  (const char *)uri->text.at);
        error_hint(err, "write tail:access.log or tail:/var/log/nginx/access.log*");
        return ERR_OPTION;
    }
    struct tail_source *tail = mem_zalloc(sizeof *tail);
    tail->base.kind = &tail_source_kind;
    tail->clock = config->clock;
    tail_set_init(&tail->set, config->fs, uri->path);
    folder_watch_init(&tail->watch);
    enum status status = tail_setup(tail, config, err);
    if (status != OK) {
        tail_close(&tail->base);
        return status;
    }
    *out = &tail->base;
    return OK;
}

/* ---- what happens --------------------------------------------------------------------------- */

static void mark_changed(struct tail_source *tail, const struct folder_event *event)
{
    size_t folder = strlen(event->folder);
    for (uint32_t i = 0; i < tail->set.n; i++) {
        struct tail_file *file = tail->set.files[i];
        bool is_it = memcmp(file->path, event->folder,
                            folder < strlen(file->path) ? folder : strlen(file->path)) == 0 &&
                     strlen(file->path) > folder && strcmp(file->path + folder, event->name) == 0;
        file->changed = file->changed || is_it;
    }
}

static enum status look_around(struct tail_source *tail, int64_t now_us, struct error *err)
{
    struct folder_event event;
    while (folder_watch_next(&tail->watch, &event)) {
        tail->scan = tail->scan || event.names_changed;
        if (event.folder != NULL && (event.changed || event.closed)) {
            mark_changed(tail, &event);
        }
    }
    if (!tail->set.once && (tail->scan || now_us >= tail->due_us)) {
        TRY(tail_scan(tail, now_us, err));
    }
    return OK;
}

/* What the file has to say: AGAIN = nothing. */
static enum status ask_file(struct tail_source *tail, struct tail_file *file, int64_t now_us,
                            uint32_t *split, enum source_state *what, struct error *err)
{
    struct tail_set *set = &tail->set;
    if (file->changed || (set->once && file->state == TAIL_OPEN && !tail_file_has_bytes(file))) {
        TRY(tail_set_look(set, file, now_us, err));
    }
    if (file->state == TAIL_OPEN && file->split != TAIL_NO_SPLIT && tail_file_has_bytes(file)) {
        *split = file->split;
        *what = SOURCE_MORE;
    } else if (file->state == TAIL_ENDING) {
        *split = file->split;
        *what = SOURCE_ENDED;
        tail_set_drop(set, file);
        tail->scan = true; /* others may wait for its place */
    }
    return OK;
}

/* Each file in turn, so that none waits for another one for ever. */
static enum status ask_files(struct tail_source *tail, int64_t now_us, uint32_t *split,
                             enum source_state *what, struct error *err)
{
    const struct tail_set *set = &tail->set;
    *what = SOURCE_AGAIN;
    for (uint32_t asked = 0; asked < set->n && *what == SOURCE_AGAIN; asked++) {
        struct tail_file *file = set->files[tail->turn % set->n];
        tail->turn = (tail->turn + 1) % set->n;
        TRY(ask_file(tail, file, now_us, split, what, err));
    }
    return OK;
}

/* With `once`: files that waited come in the place of those that have ended. */
static enum status ask_waiting(struct tail_source *tail, int64_t now_us, uint32_t *split,
                               enum source_state *what, struct error *err)
{
    struct tail_set *set = &tail->set;
    for (uint32_t n_open = 1; *what == SOURCE_AGAIN && n_open > 0;) {
        TRY(tail_set_open_waiting(set, now_us, err));
        n_open = set->n_open;
        TRY(ask_files(tail, now_us, split, what, err));
    }
    *what = *what == SOURCE_AGAIN ? SOURCE_DONE : *what;
    return OK;
}

static enum status tail_poll(struct source *source, uint32_t *split, enum source_state *what,
                             struct error *err)
{
    struct tail_source *tail = tail_of(source);
    struct tail_set *set = &tail->set;
    int64_t now_us = clock_steady_us(tail->clock);
    tail_set_sweep(set);
    TRY(look_around(tail, now_us, err));
    TRY(ask_files(tail, now_us, split, what, err));
    if (*what == SOURCE_AGAIN && set->once) {
        return ask_waiting(tail, now_us, split, what, err);
    }
    if (*what == SOURCE_AGAIN && tail_set_is_restless(set)) {
        int64_t soon_us = now_us + LOOK_RESTLESS_US;
        tail->due_us = tail->due_us < soon_us ? tail->due_us : soon_us;
    }
    return OK;
}

/* The first read of a split brings nothing: so all splits are known, and the watermark waits for
 * them, before the first row of one. */
static enum status tail_read(struct source *source, uint32_t split, void *at, size_t max, size_t *n,
                             struct error *err)
{
    struct tail_set *set = &tail_of(source)->set;
    *n = 0;
    for (uint32_t i = 0; i < set->n; i++) {
        struct tail_file *file = set->files[i];
        if (file->split != split || file->state != TAIL_OPEN || !tail_file_has_bytes(file)) {
            continue;
        }
        if (file->announced) {
            return tail_file_read(file, set->fs, at, max, n, err);
        }
        file->announced = true;
        return OK;
    }
    return OK;
}

/* ---- what it says of itself ------------------------------------------------------------------ */

static unsigned tail_flags(const struct source *source)
{
    return SOURCE_REPLAYABLE | SOURCE_PARTITIONED |
           (tail_const(source)->set.once ? SOURCE_FINITE : 0);
}

static int tail_wait_fd(const struct source *source)
{
    return tail_const(source)->watch.fd;
}

static int64_t tail_wake_us(const struct source *source)
{
    const struct tail_source *tail = tail_const(source);
    return tail->set.once ? INT64_MAX : tail->due_us;
}

static uint32_t tail_n_splits(const struct source *source)
{
    return tail_const(source)->set.splits.n;
}

static const char *tail_split_name(const struct source *source, uint32_t split)
{
    return split_names_get(&tail_const(source)->set.splits, split);
}

static uint64_t tail_split_start(const struct source *source, uint32_t split)
{
    const struct tail_set *set = &tail_const(source)->set;
    for (uint32_t i = 0; i < set->n; i++) {
        if (set->files[i]->split == split) {
            return set->files[i]->at;
        }
    }
    return 0;
}

/* Of what `once` reads. */
static int64_t tail_total_bytes(const struct source *source)
{
    const struct tail_set *set = &tail_const(source)->set;
    int64_t total = set->once ? 0 : -1;
    for (uint32_t i = 0; i < set->n && set->once; i++) {
        total += set->files[i]->state == TAIL_LEFT_OUT ? 0 : (int64_t)set->files[i]->size;
    }
    return total;
}

static void tail_offsets(const struct source *source, const uint64_t *unused, struct bytebuf *out)
{
    tail_set_offsets(&tail_const(source)->set, unused, out);
}

static const struct option_spec tail_options[] = {
    {"start", OPTION_TEXT, "beginning", "where files that are there already begin: or end"},
    {"rotate_wait", OPTION_DURATION, "5s", "a file without its name is read until quiet so long"},
    {"max_files", OPTION_INTEGER, "256", "open at a time; further files wait"},
    {0},
};

const struct source_kind tail_source_kind = {
    .scheme = "tail",
    .summary = "follows files as they grow and are rotated; takes wildcards",
    .flags = SOURCE_REPLAYABLE | SOURCE_PARTITIONED,
    .options = tail_options,
    .open = tail_open,
    .flags_of = tail_flags,
    .poll = tail_poll,
    .read = tail_read,
    .wait_fd = tail_wait_fd,
    .wake_us = tail_wake_us,
    .n_splits = tail_n_splits,
    .split_name = tail_split_name,
    .split_start = tail_split_start,
    .total_bytes = tail_total_bytes,
    .offsets = tail_offsets,
    .close = tail_close,
};
