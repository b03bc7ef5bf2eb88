/* state: what a checkpoint costs: a COMMIT of what changed, and a snapshot of all of it, on the
 * disk that the folder is on.
 *
 *     state FOLDER [KEYS [ROUNDS]]
 *
 * KEYS keys (100,000) with two aggregates in a pane; then in each round 1,000 of them change and a
 * COMMIT is written, and a snapshot is taken. At last, if there are a million keys or more, all of
 * them change a few times, so that a snapshot is merged beside the job, and 1,000 in each epoch
 * meanwhile. Prints the least of all rounds, and the most while it merges: wall time, and processor
 * time of the job's own thread. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/base/slice.h"
#include "engine/run/job.h"
#include "sinks/sinks.h"
#include "sources/memory_source.h"
#include "sources/sources.h"
#include "sql/statement.h"

enum { TOUCHED = 1000, PATH_BYTES = 4096, MERGE_KEYS_MIN = 1000000 };

static const char sql[] =
    "CREATE STREAM s (ts TIMESTAMP, k TEXT, v BIGINT, WATERMARK ts DELAY 1h) "
    "FROM 'memory:s' FORMAT csv; CREATE SINK out TO 'file:%s/bench.state.csv';"
    "INSERT INTO out SELECT window_start, k, count(*), sum(v) FROM s GROUP BY k WINDOW 1m;";

struct rig {
    struct memory_feeds *feeds;
    struct memory_feed *feed;
    const struct source_kind *sources[2];
    struct kinds kinds;
    struct hand_clock clock;
    struct catalog *catalog;
    struct arena arena;
    struct job *job;
    struct error err;
};

static void need(const struct rig *rig, enum status status)
{
    if (status != OK) {
        fprintf(stderr, "state: %s\n", rig->err.text);
        exit(1);
    }
}

static void rig_open(struct rig *rig, const char *folder)
{
    char path[PATH_BYTES];
    char statements[2 * PATH_BYTES];
    struct split split;
    snprintf(statements, sizeof statements, sql, folder);
    struct slice text = slice_text(statements);
    snprintf(path, sizeof path, "%s/bench.state", folder);
    rig->feeds = memory_feeds_new();
    rig->feed = memory_feed_of(rig->feeds, slice_text("s"));
    rig->sources[0] = memory_feeds_kind(rig->feeds);
    rig->kinds =
        (struct kinds){.sources = rig->sources, .decoders = decoder_kinds, .sinks = sink_kinds};
    hand_clock_init(&rig->clock, INT64_C(1767603600000000)); /* 2026-01-05T09:00:00Z */
    arena_init(&rig->arena);
    rig->catalog = catalog_new(&rig->kinds, fs_system(), &rig->clock.clock);
    const struct job_config config = {
        .kinds = &rig->kinds,
        .fs = fs_system(),
        .clock = &rig->clock.clock,
        .state_dir = path,
        .new_state = true,
    };
    rig->job = job_new(&config);
    need(rig, job_open(rig->job, &rig->err));
    while (statement_split(text, &split)) {
        struct statement statement;
        struct query *query;
        need(rig, statement_prepare(rig->catalog, &rig->arena, split.text, &statement, &rig->err));
        need(rig, statement_apply(rig->catalog, &statement, &rig->err));
        if (statement.kind == STATEMENT_INSERT) {
            need(rig, job_add_query(rig->job, statement.plan, NULL, &query, &rig->err));
        }
        text = split.rest;
    }
    need(rig, job_start(rig->job, &rig->err));
}

static void push_rows(struct rig *rig, uint32_t n, uint32_t round)
{
    struct bytebuf rows = {0};
    enum job_state what;
    for (uint32_t i = 0; i < n; i++) {
        bytebuf_printf(&rows, "2026-01-05T09:00:%02uZ,key%07u,%u\n", round % 60, i, i);
    }
    memory_feed_add(rig->feed, 0, bytebuf_slice(&rows));
    bytebuf_release(&rows);
    do {
        need(rig, job_step(rig->job, &what, &rig->err));
    } while (what == JOB_WORKED);
}

static double seconds(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* The least of what some rounds took. */
struct best {
    double wall;
    double cpu;
};

static void measure(struct best *best, double wall, double cpu)
{
    wall = seconds(CLOCK_MONOTONIC) - wall;
    cpu = seconds(CLOCK_THREAD_CPUTIME_ID) - cpu;
    best->wall = best->wall == 0 || wall < best->wall ? wall : best->wall;
    best->cpu = best->cpu == 0 || cpu < best->cpu ? cpu : best->cpu;
}

static void end_epoch(struct rig *rig, struct best *best)
{
    enum job_state what;
    rig->clock.at_us += 2 * CHECKPOINT_INTERVAL_DEFAULT_US;
    double wall = seconds(CLOCK_MONOTONIC);
    double cpu = seconds(CLOCK_THREAD_CPUTIME_ID);
    need(rig, job_step(rig->job, &what, &rig->err));
    measure(best, wall, cpu);
}

static void print_best(const char *what, const struct best *best)
{
    printf("%-28s %8.2f ms wall %8.2f ms cpu\n", what, best->wall * 1e3, best->cpu * 1e3);
}

/* How much an epoch is held up while a snapshot is merged; zero if the state is too small. */
static struct best while_merging(struct rig *rig, uint32_t keys, uint32_t *epochs)
{
    struct best most = {0};
    for (uint32_t round = 0; round < 3 && keys >= MERGE_KEYS_MIN; round++) {
        push_rows(rig, keys, round);
        end_epoch(rig, &(struct best){0});
    }
    while (keys >= MERGE_KEYS_MIN && job_merges(rig->job) == 0) {
        struct best one = {0};
        push_rows(rig, TOUCHED, *epochs);
        end_epoch(rig, &one);
        most.wall = one.wall > most.wall ? one.wall : most.wall;
        most.cpu = one.cpu > most.cpu ? one.cpu : most.cpu;
        (*epochs)++;
    }
    return most;
}

int main(int argc, char **argv)
{
    int64_t keys = 100000;
    int64_t rounds = 20;
    struct best commit = {0};
    struct best snapshot = {0};
    struct checkpoint_written written = {0};
    struct rig rig = {.job = NULL};
    if (argc < 2 || (argc > 2 && !slice_to_i64(slice_text(argv[2]), &keys)) ||
        (argc > 3 && !slice_to_i64(slice_text(argv[3]), &rounds))) {
        fprintf(stderr, "usage: state FOLDER [KEYS [ROUNDS]]\n");
        return 2;
    }
    rig_open(&rig, argv[1]);
    push_rows(&rig, (uint32_t)keys, 0);
    end_epoch(&rig, &(struct best){0});
    for (uint32_t round = 1; round <= rounds; round++) {
        push_rows(&rig, TOUCHED, round);
        end_epoch(&rig, &commit);
        double wall = seconds(CLOCK_MONOTONIC);
        double cpu = seconds(CLOCK_THREAD_CPUTIME_ID);
        need(&rig, job_checkpoint_now(rig.job, &written, &rig.err));
        measure(&snapshot, wall, cpu);
    }
    printf("%lld keys, snapshot of %llu bytes\n", (long long)keys,
           (unsigned long long)written.bytes);
    print_best("COMMIT of 1,000 changed keys", &commit);
    print_best("snapshot", &snapshot);
    uint32_t epochs = 0;
    struct best most = while_merging(&rig, (uint32_t)keys, &epochs);
    if (epochs > 0) {
        print_best("COMMIT while merging, most", &most);
        printf("%u epochs until it was done\n", epochs);
    }
    job_free(rig.job);
    catalog_free(rig.catalog);
    arena_release(&rig.arena);
    memory_feeds_free(rig.feeds);
    return 0;
}
