/* trial: see trial.h. */
#include "tests/differential/trial.h"

#include <stdlib.h>

#include "engine/base/clock.h"
#include "engine/base/mem.h"
#include "shell/lab/lab.h"

/* The oracle looks at all rows before each row of an alert. */
enum { ALERT_ROWS_MAX = 60 };

static int compare_cuts(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

void trial_init(struct trial *trial, struct arena *arena, uint64_t seed)
{
    /* Neighbouring seeds are not to begin alike, nor one step apart: rng_u64 steps by another
     * constant. */
    struct rng rng = {.seed = seed, .state = seed * UINT64_C(0xd1342543de82ef95)};
    *trial = (struct trial){.arena = arena, .seed = seed};
    trial->question = question_random(arena, &rng);
    trial->data = dataset_random(arena, &rng);
    if (trial->question->emit == EMIT_AS_RISE && trial->data->n > ALERT_ROWS_MAX) {
        trial->data =
            dataset_without(arena, trial->data, ALERT_ROWS_MAX, trial->data->n - ALERT_ROWS_MAX);
    }
    trial->n_cuts = (uint32_t)rng_below(&rng, TRIAL_CUTS_MAX + 1);
    for (uint32_t i = 0; i < trial->n_cuts; i++) {
        trial->cuts[i] = (uint32_t)rng_below(&rng, 65536);
    }
    qsort(trial->cuts, trial->n_cuts, sizeof trial->cuts[0], compare_cuts);
    trial->restarts = rng_once_in(&rng, 2) ? (uint32_t)rng_u64(&rng) : 0;
}

/* ---- ours ------------------------------------------------------------------------------------ */

/* Who takes the input: a chunk, and what is done between two chunks. */
struct taker {
    void *owner;
    void (*chunk)(void *owner, uint32_t split, struct slice bytes);
    void (*pause)(void *owner, const struct trial *trial, uint32_t cut);
};

static void lab_take(void *owner, uint32_t split, struct slice bytes)
{
    lab_input_split(owner, "s", split, bytes);
}

/* Between two chunks: time for EMIT EVERY, where no row's time is compared with the clock's. */
static void lab_pause(void *owner, const struct trial *trial, uint32_t cut)
{
    if (cut < trial->n_cuts && (trial->restarts >> cut & 1) != 0) {
        lab_restart(owner);
    }
    if (trial->question->emit == EMIT_AS_EVERY && trial->question->finite) {
        lab_clock(owner, US_PER_SECOND);
    }
}

static void feed_take(void *owner, uint32_t split, struct slice bytes)
{
    memory_feed_add(owner, split, bytes);
}

static void feed_pause(void *owner, const struct trial *trial, uint32_t cut)
{
    (void)owner;
    (void)trial;
    (void)cut;
}

/* Cut anywhere, also within rows. */
static void give_bytes(const struct taker *taker, const struct trial *trial)
{
    struct bytebuf csv = {0};
    size_t from = 0;
    dataset_csv(&csv, trial->data);
    for (uint32_t i = 0; i <= trial->n_cuts; i++) {
        size_t to = i == trial->n_cuts ? csv.len : csv.len * trial->cuts[i] / 65536;
        if (to > from) {
            taker->chunk(taker->owner, 0, slice_of(csv.at + from, to - from));
        }
        taker->pause(taker->owner, trial, i);
        from = to;
    }
    bytebuf_release(&csv);
}

/* Rows of several splits arrive in the order of the dataset: cut between rows. */
static void give_splits(const struct taker *taker, const struct trial *trial)
{
    const struct dataset *data = trial->data;
    struct bytebuf csv = {0};
    uint32_t from = 0;
    for (uint32_t i = 0; i <= trial->n_cuts; i++) {
        uint32_t end = i == trial->n_cuts ? data->n : data->n * trial->cuts[i] / 65536;
        while (from < end) {
            uint32_t to = dataset_run(data, from, end);
            bytebuf_clear(&csv);
            for (uint32_t r = from; r < to; r++) {
                dataset_row_csv(&csv, &data->rows[r]);
            }
            taker->chunk(taker->owner, data->rows[from].split, bytebuf_slice(&csv));
            from = to;
        }
        taker->pause(taker->owner, trial, i);
    }
    bytebuf_release(&csv);
}

static void give_rows(const struct taker *taker, const struct dataset *data)
{
    struct bytebuf csv = {0};
    for (uint32_t r = 0; r < data->n; r++) {
        bytebuf_clear(&csv);
        dataset_row_csv(&csv, &data->rows[r]);
        taker->chunk(taker->owner, data->rows[r].split, bytebuf_slice(&csv));
    }
    bytebuf_release(&csv);
}

static void give(const struct taker *taker, const struct trial *trial)
{
    if (trial->each_row) {
        give_rows(taker, trial->data);
    } else if (trial->data->n_splits > 1) {
        give_splits(taker, trial);
    } else {
        give_bytes(taker, trial);
    }
}

void trial_feed(const struct trial *trial, struct memory_feed *feed)
{
    const struct taker taker = {.owner = feed, .chunk = feed_take, .pause = feed_pause};
    give(&taker, trial);
    memory_feed_finish(feed);
}

bool trial_ours(const struct trial *trial, struct outcome *outcome, struct schema *schema,
                struct answer *log)
{
    struct bytebuf text = {0};
    struct lab *lab = lab_new();
    question_sql(&text, trial->question);
    bool understood = lab_sql(lab, bytebuf_text(&text));
    if (understood) {
        const struct taker taker = {.owner = lab, .chunk = lab_take, .pause = lab_pause};
        give(&taker, trial);
        lab_end(lab);
        const struct lab_result *result = lab_result(lab, 0);
        *schema = schema_copy(trial->arena, &result->plan->root->schema);
        answer_take(&outcome->ours, &result->rows, result->plan);
        if (log != NULL) {
            answer_log(log, &result->rows);
        }
    }
    if (!understood || lab_error(lab) != NULL) {
        bytebuf_add_text(&outcome->refused, understood ? lab_error(lab) : lab_refusal(lab));
    }
    lab_free(lab);
    bytebuf_release(&text);
    return outcome->refused.len == 0;
}

/* ---- theirs ---------------------------------------------------------------------------------- */

static struct data_clock clock_of(const struct question *q)
{
    bool is_default = !q->has_watermark && !q->finite;
    return (struct data_clock){
        .delay_us = is_default ? WATERMARK_DELAY_DEFAULT_US : q->delay_us,
        .now_us = LAB_START_US,
        .max_future_us = q->finite ? TIME_END : MAX_FUTURE_DEFAULT_US,
    };
}

static void ask_oracle(const struct trial *trial, struct oracle *oracle,
                       const struct schema *schema, struct outcome *outcome)
{
    struct data_clock clock = clock_of(trial->question);
    int64_t *watermarks = mem_alloc((trial->data->n + 1) * sizeof *watermarks);
    dataset_watermarks(trial->data, &clock, watermarks);
    oracle_load(oracle, trial->data, watermarks);
    oracle_answer(oracle, trial->question, schema, &outcome->oracle);
    mem_free(watermarks);
}

bool trial_is_right(const struct trial *trial, struct oracle *oracle, const struct schema *schema,
                    struct outcome *outcome)
{
    ask_oracle(trial, oracle, schema, outcome);
    if (!trial->question->order) {
        answer_sort(&outcome->ours);
        answer_sort(&outcome->oracle);
    }
    return answer_equal(&outcome->ours, &outcome->oracle);
}

bool trial_run(const struct trial *trial, struct oracle *oracle, struct outcome *outcome)
{
    struct schema schema;
    *outcome = (struct outcome){0};
    if (!trial_ours(trial, outcome, &schema, NULL)) {
        return false;
    }
    return trial_is_right(trial, oracle, &schema, outcome);
}

void outcome_release(struct outcome *outcome)
{
    answer_release(&outcome->ours);
    answer_release(&outcome->oracle);
    bytebuf_release(&outcome->refused);
}

/* ---- the report ------------------------------------------------------------------------------ */

void trial_print(struct bytebuf *out, const struct trial *trial, struct oracle *oracle)
{
    struct outcome outcome;
    bool same = trial_run(trial, oracle, &outcome);
    question_sql(out, trial->question);
    bytebuf_printf(out, "-- %u rows\n", trial->data->n);
    for (uint32_t r = 0; r < trial->data->n; r++) {
        if (trial->data->n_splits > 1) {
            bytebuf_printf(out, "(split %u) ", trial->data->rows[r].split);
        }
        dataset_row_csv(out, &trial->data->rows[r]);
    }
    bytebuf_printf(out, "-- %u cuts (of 65536):", trial->n_cuts);
    for (uint32_t i = 0; i < trial->n_cuts; i++) {
        bytebuf_printf(out, " %u%s", trial->cuts[i],
                       (trial->restarts >> i & 1) != 0 ? " restart" : "");
    }
    if (outcome.refused.len > 0) {
        bytebuf_printf(out, "\n-- the engine: %s\n", bytebuf_text(&outcome.refused));
    } else {
        bytebuf_printf(out, "\n-- the engine%s:\n", same ? " (the same)" : "");
        answer_print(out, &outcome.ours);
        bytebuf_add_text(out, "-- the oracle:\n");
        answer_print(out, &outcome.oracle);
    }
    outcome_release(&outcome);
}
