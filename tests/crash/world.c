/* world: see world.h. */
#include "tests/crash/world.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/log.h"
#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "engine/run/job.h"
#include "sinks/sinks.h"
#include "sources/memory_source.h"
#include "sources/sources.h"
#include "sql/statement.h"
#include "tests/crash/ledger_sink.h"
#include "tests/crash/rejects.h"
#include "tests/crash/world_parts.h"

enum { STEPS_MAX = 100000 };

/* 2026-01-05T09:00:00Z: near the event times, so that no row is too far in the future. */
#define START_US INT64_C(1767603600000000)

/* What a job computes: two queries over one stream, into the ledger a and the file b.csv. Rows
 * leave by event time only, so that they do not depend on when the program was stopped. */
static const char *const queries[] = {
    "INSERT INTO a SELECT ts, k, v FROM s WHERE v % 3 <> 0;"
    "INSERT INTO b SELECT window_start, k, count(*), sum(v), min(v) FROM s GROUP BY k "
    "WINDOW 10s SLIDE 5s;",
    "INSERT INTO a SELECT window_start, k, count(*), max(v) FROM s GROUP BY k WINDOW SESSION 3s;"
    "INSERT INTO b SELECT window_end, count(*), avg(v) FROM s WINDOW 4s;",
    "INSERT INTO a SELECT DISTINCT k, v % 7 AS w FROM s;"
    "INSERT INTO b SELECT k, count(*), sum(v) FROM s GROUP BY k WINDOW 3 ROWS;",
    "INSERT INTO a SELECT window_start, count(*) FROM s WINDOW 20s;"
    "INSERT INTO b SELECT ts, k, v FROM s WHERE v % 5 <> 0;",
    "INSERT INTO a SELECT ts, k, sum(v) FROM s GROUP BY k WINDOW 5s SLIDE ROW;"
    "INSERT INTO b SELECT window_start, k, v FROM s WINDOW 5s ORDER BY v, k LIMIT 2;",
};

uint32_t world_n_queries(void)
{
    return sizeof queries / sizeof *queries;
}

struct slice world_insert(const struct world *world, uint32_t i)
{
    struct split split = {.rest = slice_text(queries[world->scenario.query])};
    for (uint32_t n = 0; n <= i; n++) {
        bool is_there = statement_split(split.rest, &split);
        CHECK(is_there);
    }
    return split.text;
}

/* ---- input ----------------------------------------------------------------------------------- */

/* Times walk forward by up to two seconds a line; every eighth is late by more than the watermark
 * allows, every twelfth line is broken, and every twelfth has a number that is none. */
static void make_input(struct world *world)
{
    struct rng rng = {world->scenario.seed, world->scenario.seed};
    int64_t second = 0;
    for (uint32_t i = 0; i < world->scenario.lines; i++) {
        second += (int64_t)rng_below(&rng, 3);
        int64_t at = rng_once_in(&rng, 8) && second > 9 ? second - 9 : second;
        if (rng_once_in(&rng, 12)) {
            bytebuf_printf(&world->input, "not a row %u\n", i);
            continue;
        }
        bool is_number = !rng_once_in(&rng, 12);
        char key = (char)('a' + (char)rng_below(&rng, 4));
        bytebuf_printf(&world->input, "2026-01-05T09:%02d:%02dZ,%c,%s%u\n", (int)(at / 60 % 60),
                       (int)(at % 60), key, is_number ? "" : "no", i);
    }
}

/* Gives the feed input from `from` on in pieces of a few lines, some cut in the middle of one.
 * Where a piece ends depends on the place only, not on `from`. */
static void feed_input(const struct world *world, struct memory_feed *feed, uint64_t from)
{
    struct rng rng = {world->scenario.seed + 1, world->scenario.seed + 1};
    const struct bytebuf *input = &world->input;
    bool two = world->scenario.input == INPUT_MEMORY;
    for (size_t at = 0; at < input->len;) {
        size_t end = at + 1 + rng_below(&rng, 160);
        end = end < input->len ? end : input->len;
        if (two) { /* a line must stay in its split */
            const uint8_t *line_end = memchr(input->at + end - 1, '\n', input->len - end + 1);
            end = line_end == NULL ? input->len : (size_t)(line_end - input->at) + 1;
        }
        uint32_t split = two ? (uint32_t)rng_below(&rng, 2) : 0;
        size_t start = at > from ? at : (size_t)from;
        if (end > start) {
            memory_feed_add(feed, split, slice_of(input->at + start, end - start));
        }
        at = end;
    }
    memory_feed_finish(feed);
}

/* The sender repeats the line that was not received whole. */
uint64_t world_line_start(const struct world *world, uint64_t at)
{
    while (at > 0 && world->input.at[at - 1] != '\n') {
        at--;
    }
    return at;
}

/* ---- one life -------------------------------------------------------------------------------- */

static void play_wire(struct play *play)
{
    uint32_t n = 0;
    play->sources[n++] = memory_feeds_kind(play->feeds);
    for (uint32_t i = 0; source_kinds[i] != NULL; i++) {
        CHECK(n + 1 < KINDS_MAX);
        play->sources[n++] = source_kinds[i];
    }
    n = 0;
    play->sinks[n++] = &ledger_sink;
    for (uint32_t i = 0; sink_kinds[i] != NULL; i++) {
        CHECK(n + 1 < KINDS_MAX);
        play->sinks[n++] = sink_kinds[i];
    }
    play->kinds =
        (struct kinds){.sources = play->sources, .decoders = decoder_kinds, .sinks = play->sinks};
}

static enum status play_statement(struct play *play, struct slice text, struct error *err)
{
    struct statement statement;
    struct query *query;
    TRY(statement_prepare(play->catalog, &play->arena, text, &statement, err));
    TRY(statement_apply(play->catalog, &statement, err));
    if (statement.kind != STATEMENT_INSERT) {
        return OK;
    }
    TRY(job_add_query(play->job, statement.plan, NULL, &query, err));
    play->query = play->query == NULL ? query : play->query;
    return OK;
}

enum status play_sql(struct play *play, struct slice text, struct error *err)
{
    struct split split;
    while (statement_split(text, &split)) {
        TRY(play_statement(play, split.text, err));
        text = split.rest;
    }
    return OK;
}

void play_definitions(const struct play *play, struct bytebuf *out)
{
    const struct scenario *scenario = &play->world->scenario;
    bytebuf_printf(out,
                   "CREATE STREAM s (ts TIMESTAMP, k TEXT, v BIGINT, WATERMARK ts DELAY 2s)"
                   "  FROM '%s' FORMAT csv;"
                   "CREATE SINK a TO 'ledger:a'; CREATE SINK b TO 'file:%s';",
                   scenario->input == INPUT_FILE ? "file:input.csv" : "memory:s",
                   scenario->dated ? "b.d/%Y-%m-%dT%H%M%S.csv" : "b.csv");
}

enum status play_job(struct play *play, struct slice text, struct error *err)
{
    const struct scenario *scenario = &play->world->scenario;
    const struct job_config config = {
        .kinds = &play->kinds,
        .fs = simfs_interface(play->life->fs),
        .clock = &play->clock.clock,
        .checkpoint_us = 300 * US_PER_MS,
        .state_dir = "state",
        .new_state = play->life->new_state,
        .text = text,
        .log_bytes_max = scenario->small_files ? 2000 : 0,
        .merge_bytes_min = scenario->merges ? 1 : 0,
        .merges_in_place = true,
        .dead_bytes_max = scenario->small_files ? 80 * (int64_t)scenario->lines : 0,
        .input_segment_bytes = scenario->small_files ? 300 : 0,
    };
    play->job = job_new(&config);
    return job_open(play->job, err);
}

static enum status play_open(struct play *play, struct error *err)
{
    const char *sql = queries[play->world->scenario.query];
    TRY(play_job(play, slice_text(sql), err));
    play_definitions(play, &play->text);
    TRY(play_sql(play, bytebuf_slice(&play->text), err));
    TRY(play_sql(play, slice_text(sql), err));
    return job_start(play->job, err);
}

/* What the sender learns when it connects again. */
enum status play_send(struct play *play, struct error *err)
{
    struct life *life = play->life;
    struct feed_progress progress = {.bytes_in = 0};
    if (play->world->scenario.input != INPUT_LOGGED) {
        return OK;
    }
    if (play->query != NULL) {
        query_feed(play->query, &progress);
    }
    if (progress.bytes_in < life->had) {
        return error_set(err, ERR_STATE, "%" PRIu64 " bytes of input are there of %" PRIu64,
                         progress.bytes_in, life->had);
    }
    life->sent = world_line_start(play->world, life->sent + progress.bytes_in - life->had);
    life->had = progress.bytes_in;
    feed_input(play->world, play->feed, life->sent);
    return OK;
}

static enum status play_steps(struct play *play, struct error *err)
{
    enum job_state what = JOB_WORKED;
    for (uint32_t step = 0; what != JOB_DONE; step++) {
        CHECK(step < STEPS_MAX);
        if (play->life->steps_max != 0 && step == play->life->steps_max) {
            break;
        }
        if (step > 0 && step == play->life->checkpoint_at) {
            TRY(job_checkpoint_now(play->job, &play->life->written, err));
            play->life->calls = simfs_n_calls(play->life->fs);
        }
        TRY(job_step(play->job, &what, err));
        play->clock.at_us += STEP_US;
    }
    return job_finish(play->job, err);
}

void play_begin(struct play *play, struct world *world, struct life *life)
{
    *play = (struct play){.world = world, .life = life, .feeds = memory_feeds_new()};
    play->feed = memory_feed_of(play->feeds, slice_text("s"));
    if (world->scenario.input == INPUT_LOGGED) {
        memory_feed_set_flags(play->feed, 0);
    } else { /* it lies there, whoever asks for it */
        feed_input(world, play->feed, 0);
    }
    arena_init(&play->arena);
    hand_clock_init(&play->clock, START_US);
    play_wire(play);
    play->catalog = catalog_new(&play->kinds, simfs_interface(life->fs), &play->clock.clock);
    error_clear(&life->err);
}

void play_end(struct play *play)
{
    play->life->merges = play->job == NULL ? 0 : job_merges(play->job);
    job_free(play->job);
    catalog_free(play->catalog);
    arena_release(&play->arena);
    bytebuf_release(&play->text);
    memory_feeds_free(play->feeds);
}

static enum status play_all(struct play *play, struct error *err)
{
    TRY(play_open(play, err));
    TRY(play_send(play, err));
    return play_steps(play, err);
}

void world_run(struct world *world, struct life *life)
{
    struct play play;
    play_begin(&play, world, life);
    life->status = play_all(&play, &life->err);
    play_end(&play);
}

/* ---- what must come out ---------------------------------------------------------------------- */

static const char *const ledgers[LEDGERS_MAX] = {"a", "b.csv"};

/* All files of one second as one, without the names of their columns: those of rows that came when
 * the first was sealed have a number. What is no file of this kind, is said. */
static void add_dated(const struct simfs *fs, struct slice name, struct bytebuf *out)
{
    char path[64];
    struct slice file;
    static const char end[] = ".csv";
    size_t stem = name.len < sizeof end ? 0 : name.len - (sizeof end - 1);
    if (memcmp(name.at + stem, end, sizeof end) != 0) {
        bytebuf_printf(out, "%s is there\n", (const char *)name.at);
        return;
    }
    if (memchr(name.at, '.', stem) != NULL) {
        return; /* it is with the first one */
    }
    bytebuf_printf(out, "%s\n", (const char *)name.at);
    snprintf(path, sizeof path, "b.d/%s", (const char *)name.at);
    for (uint32_t number = 1; simfs_file(fs, path, &file); number++) {
        const uint8_t *line = memchr(file.at, '\n', file.len);
        size_t skip = line == NULL ? file.len : (size_t)(line - file.at) + 1;
        bytebuf_add(out, file.at + skip, file.len - skip);
        snprintf(path, sizeof path, "b.d/%.*s.%u%s", (int)stem, (const char *)name.at, number, end);
    }
}

static struct slice dated_of(const struct simfs *fs, struct bytebuf *rows)
{
    struct bytebuf names = {0};
    const struct fs *interface = simfs_interface(fs);
    struct error ignored;
    bytebuf_clear(rows);
    (void)!interface->list(interface, "b.d", &names, &ignored);
    for (size_t at = 0; at < names.len;) {
        struct slice name = slice_text((const char *)names.at + at);
        add_dated(fs, name, rows);
        at += name.len + 1;
    }
    bytebuf_release(&names);
    return bytebuf_slice(rows);
}

struct slice world_rows(struct world *world, const struct simfs *fs, uint32_t i)
{
    struct slice file;
    uint64_t epoch;
    if (i == 1 && world->scenario.dated) {
        return dated_of(fs, &world->dated);
    }
    if (!simfs_file(fs, ledgers[i], &file)) {
        return slice_of(NULL, 0);
    }
    return i == 0 ? ledger_rows(file, &epoch) : file;
}

struct simfs *world_disk(const struct world *world)
{
    struct simfs *fs = simfs_new();
    if (world->scenario.input == INPUT_FILE) {
        simfs_put(fs, "input.csv", bytebuf_slice(&world->input));
    }
    if (world->scenario.dated) {
        simfs_put_folder(fs, "b.d");
    }
    return fs;
}

struct world *world_new(const struct scenario *scenario)
{
    struct world *world = mem_zalloc(sizeof *world);
    world->scenario = *scenario;
    make_input(world);
    struct life life = {.fs = world_disk(world)};
    world_run(world, &life);
    if (life.status != OK) {
        log_line(LOG_WARN, "%s: %s", world_name(world), life.err.text);
        PANIC("the undisturbed run fails");
    }
    for (uint32_t i = 0; i < LEDGERS_MAX; i++) {
        struct slice rows = world_rows(world, life.fs, i);
        CHECK(rows.len > 0);
        bytebuf_add(&world->expected[i], rows.at, rows.len);
    }
    rejects_read(life.fs, "state", &world->rejects);
    CHECK(world->rejects.len > 0 || scenario->lines < 50);
    simfs_free(life.fs);
    return world;
}

void world_free(struct world *world)
{
    if (world != NULL) {
        bytebuf_release(&world->input);
        bytebuf_release(&world->dated);
        bytebuf_release(&world->rejects);
        bytebuf_release(&world->seen);
        for (uint32_t i = 0; i < LEDGERS_MAX; i++) {
            bytebuf_release(&world->expected[i]);
        }
        mem_free(world);
    }
}

static uint32_t count_lines(struct slice text)
{
    uint32_t n = 0;
    for (size_t i = 0; i < text.len; i++) {
        n += text.at[i] == '\n';
    }
    return n;
}

const char *world_check(struct world *world, const struct simfs *fs)
{
    for (uint32_t i = 0; i < LEDGERS_MAX; i++) {
        struct slice rows = world_rows(world, fs, i);
        struct slice expected = bytebuf_slice(&world->expected[i]);
        if (!slice_equal(rows, expected)) {
            snprintf(world->text, sizeof world->text,
                     "ledger %s has %u rows, expected %u; they differ", ledgers[i],
                     count_lines(rows), count_lines(expected));
            return world->text;
        }
    }
    rejects_read(fs, "state", &world->seen);
    if (!slice_equal(bytebuf_slice(&world->seen), bytebuf_slice(&world->rejects))) {
        snprintf(world->text, sizeof world->text, "%u rejected rows, expected %u; they differ",
                 count_lines(bytebuf_slice(&world->seen)),
                 count_lines(bytebuf_slice(&world->rejects)));
        return world->text;
    }
    return NULL;
}

const char *world_name(struct world *world)
{
    static const char *const inputs[] = {"memory", "file", "logged"};
    const struct scenario *s = &world->scenario;
    snprintf(world->text, sizeof world->text,
             "seed %" PRIu64 ", %s input, query %u%s, %u lines%s, stop at %u", s->seed,
             inputs[s->input], s->query, s->dated ? ", dated files" : "", s->lines,
             s->merges        ? ", merges"
             : s->small_files ? ", small files"
                              : "",
             s->stop_at);
    return world->text;
}
