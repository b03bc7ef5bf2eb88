/* talk: see talk.h. */
#include "tests/crash/talk.h"

#include <stdio.h>
#include <string.h>

#include "engine/base/panic.h"
#include "engine/run/job_look.h"
#include "tests/crash/world_parts.h"

enum { STEPS_MAX = 100000 };

static const char *const names[LEDGERS_MAX] = {"a", "b"};

/* Bit i: query i runs behind the first n changes. */
static unsigned queries_after(const struct talk *talk, uint32_t n)
{
    unsigned running = 0;
    for (uint32_t i = 0; i < n; i++) {
        unsigned bit = 1u << talk->changes[i].query;
        running = talk->changes[i].comes ? running | bit : running & ~bit;
    }
    return running;
}

static unsigned queries_of(const struct catalog *catalog)
{
    unsigned running = 0;
    for (uint32_t i = 0; i < LEDGERS_MAX; i++) {
        bool runs = catalog_find(catalog, CATALOG_QUERY, slice_text(names[i])) != NULL;
        running |= (unsigned)runs << i;
    }
    return running;
}

/* ---- one life -------------------------------------------------------------------------------- */

static void set_text(struct play *play, unsigned running)
{
    struct bytebuf text = {0};
    play_definitions(play, &text);
    for (uint32_t i = 0; i < LEDGERS_MAX; i++) {
        struct slice insert = world_insert(play->world, i);
        bytebuf_add(&text, insert.at, (running >> i & 1) != 0 ? insert.len : 0);
    }
    job_set_text(play->job, bytebuf_slice(&text));
    bytebuf_release(&text);
}

static struct query *query_named(const struct job *job, const char *name)
{
    struct query *query = NULL;
    for (uint32_t i = 0; (query = job_query_at(job, i)) != NULL; i++) {
        if (slice_equal(query_plan(query)->name, slice_text(name))) {
            break;
        }
    }
    CHECK(query != NULL);
    return query;
}

/* Everything in front of it is with the queries that are there. */
static uint64_t line_of(const struct play *play)
{
    struct feed_progress progress = {.bytes_in = 0};
    const struct world *world = play->world;
    uint64_t line = 0;
    if (play->query == NULL || world->scenario.input != INPUT_LOGGED) {
        return 0;
    }
    query_feed(play->query, &progress);
    uint64_t at = world_line_start(world, play->life->sent + progress.bytes_in - play->life->had);
    for (uint64_t i = 0; i < at; i++) {
        line += world->input.at[i] == '\n';
    }
    return line;
}

static enum status make_change(struct play *play, struct talk *talk, struct error *err)
{
    struct talk_made *made = &talk->made[talk->n_answered];
    const struct talk_change *change = &talk->changes[talk->n_answered];
    char drop[32];
    made->line = line_of(play);
    made->before = simfs_n_calls(play->life->fs);
    set_text(play, queries_after(talk, talk->n_answered + 1));
    if (change->comes) {
        TRY(play_sql(play, world_insert(play->world, change->query), err));
    } else {
        struct query *query = query_named(play->job, names[change->query]);
        play->query = play->query == query ? NULL : play->query;
        TRY(job_remove_query(play->job, query, err));
        snprintf(drop, sizeof drop, "DROP QUERY %s;", names[change->query]);
        TRY(play_sql(play, slice_text(drop), err));
    }
    made->after = simfs_n_calls(play->life->fs);
    talk->n_answered++;
    return OK;
}

/* A change that was made and not answered is one that has happened or one that has not. */
static enum status look_around(const struct play *play, struct talk *talk, struct error *err)
{
    unsigned running = queries_of(play->catalog);
    bool was_made =
        talk->n_answered < talk->n && running == queries_after(talk, talk->n_answered + 1);
    if (!was_made && running != queries_after(talk, talk->n_answered)) {
        return error_set(err, ERR_STATE, "queries %x run behind %u changes", running,
                         talk->n_answered);
    }
    talk->n_answered += was_made;
    return OK;
}

static enum status talk_steps(struct play *play, struct talk *talk, struct error *err)
{
    enum job_state what = JOB_WORKED;
    for (uint32_t step = 0; what != JOB_DONE || talk->n_answered < talk->n; step++) {
        CHECK(step < STEPS_MAX);
        if (play->life->steps_max != 0 && step == play->life->steps_max) {
            break;
        }
        while (talk->n_answered < talk->n &&
               (step >= talk->changes[talk->n_answered].at || what == JOB_DONE)) {
            TRY(make_change(play, talk, err));
            what = JOB_WORKED;
        }
        TRY(job_step(play->job, &what, err));
        play->clock.at_us += STEP_US;
    }
    return job_finish(play->job, err);
}

static enum status talk_all(struct play *play, struct talk *talk, struct error *err)
{
    TRY(play_job(play, slice_of(NULL, 0), err));
    job_saved_text(play->job, &play->text);
    if (play->text.len == 0) {
        play_definitions(play, &play->text);
    }
    TRY(play_sql(play, bytebuf_slice(&play->text), err));
    TRY(job_start(play->job, err));
    TRY(look_around(play, talk, err));
    TRY(play_send(play, err));
    return talk_steps(play, talk, err);
}

void talk_run(struct world *world, struct life *life, struct talk *talk)
{
    struct play play;
    CHECK(talk->n <= TALK_CHANGES_MAX);
    talk->n_known = talk->n_answered;
    play_begin(&play, world, life);
    life->status = talk_all(&play, talk, &life->err);
    play_end(&play);
}

struct talk talk_after(const struct talk *talk, uint32_t calls)
{
    struct talk after = *talk;
    after.n_answered = talk->n_known;
    while (after.n_answered < talk->n_answered && talk->made[after.n_answered].after <= calls) {
        after.n_answered++;
    }
    return after;
}

/* ---- what must come out ---------------------------------------------------------------------- */

static struct slice first_line(struct slice text)
{
    const uint8_t *end = text.len == 0 ? NULL : memchr(text.at, '\n', text.len);
    return end == NULL ? text : slice_of(text.at, (size_t)(end - text.at) + 1);
}

static struct slice behind(struct slice text, struct slice start)
{
    return slice_of(text.at + start.len, text.len - start.len);
}

/* The last column of a row of a query without state: the number of its line. */
static uint64_t line_number(struct slice row)
{
    size_t at = row.len;
    int64_t number;
    while (at > 0 && row.at[at - 1] != ',') {
        at--;
    }
    bool reads = slice_to_i64(slice_trim(slice_of(row.at + at, row.len - at)), &number);
    CHECK(reads);
    return (uint64_t)number;
}

/* Appends the rows of lines `from` up to `to`. */
static void add_lines(struct bytebuf *out, struct slice rows, uint64_t from, uint64_t to)
{
    bool is_all = from == 0 && to == UINT64_MAX;
    while (rows.len > 0) {
        struct slice row = first_line(rows);
        uint64_t number = is_all ? 0 : line_number(row);
        if (number >= from && number < to) {
            bytebuf_add(out, row.at, row.len);
        }
        rows = behind(rows, row);
    }
}

/* Each time that the query ran it had the lines that came then. */
static bool is_right_of_log(const struct talk *talk, uint32_t query, struct slice rows,
                            struct slice expected)
{
    struct bytebuf wanted = {0};
    bool runs = false;
    uint64_t from = 0;
    for (uint32_t i = 0; i < talk->n; i++) {
        const struct talk_change *change = &talk->changes[i];
        if (change->query == query && change->comes) {
            from = talk->made[i].line;
        } else if (change->query == query) {
            add_lines(&wanted, expected, from, talk->made[i].line);
        }
        runs = change->query == query ? change->comes : runs;
    }
    if (runs) {
        add_lines(&wanted, expected, from, UINT64_MAX);
    }
    bool is_right = slice_equal(rows, bytebuf_slice(&wanted));
    bytebuf_release(&wanted);
    return is_right;
}

/* The query began with the first line each time; the times before the last it came to some row. */
static bool is_right_of_file(const struct talk *talk, uint32_t query, struct slice rows,
                             struct slice expected)
{
    uint32_t n_went = 0;
    for (uint32_t i = 0; i < talk->n; i++) {
        n_went += talk->changes[i].query == query && !talk->changes[i].comes;
    }
    bool runs = (queries_after(talk, talk->n) >> query & 1) != 0;
    size_t last = runs ? expected.len : 0;
    CHECK(n_went <= 1);
    if (rows.len < last || (n_went == 0 && rows.len != last)) {
        return false;
    }
    struct slice early = slice_of(rows.at, rows.len - last);
    return early.len <= expected.len && slice_equal(early, slice_of(expected.at, early.len)) &&
           slice_equal(behind(rows, early), slice_of(expected.at, last));
}

const char *talk_check(struct world *world, const struct talk *talk, const struct simfs *fs)
{
    bool is_logged = world->scenario.input == INPUT_LOGGED;
    for (uint32_t i = 0; i < LEDGERS_MAX; i++) {
        struct slice rows = world_rows(world, fs, i);
        struct slice expected = bytebuf_slice(&world->expected[i]);
        if (i == 1) { /* the names of the columns stand in front of all rows, once */
            struct slice head = first_line(expected);
            expected = behind(expected, head);
            rows = rows.len < head.len ? rows : behind(rows, head);
        }
        if (is_logged ? !is_right_of_log(talk, i, rows, expected)
                      : !is_right_of_file(talk, i, rows, expected)) {
            snprintf(world->text, sizeof world->text,
                     "query %s: %zu bytes of rows, %zu of an undisturbed run; they do not fit",
                     names[i], rows.len, expected.len);
            return world->text;
        }
    }
    return NULL;
}
