/* agg_set: several aggregates side by side in one cell, see agg.h.
 *
 * Laying out: every call wants a state over an argument. Equal wants become one part; then parts
 * over the same argument are fused where one state contains the other (`fusions` below), so that
 * count, sum, avg, min and max of a column are one part and one pass. A call sees its part through
 * an agg_result, which knows where in the cell its view begins. */
#include "engine/agg/agg_distinct.h"
#include "engine/agg/agg_kind.h"
#include "engine/agg/agg_number.h"
#include "engine/base/panic.h"

struct agg_set {
    uint32_t n_calls;
    uint32_t n_parts;
    struct agg_result *results;
    struct agg_part *parts;
    uint32_t bytes;
    bool owns_memory;
    bool invertible;
    size_t owned_bytes;
    uint64_t errors;
};

/* ---- layout ---------------------------------------------------------------------------------- */

/* A state that some call needs. */
struct want {
    const struct agg_state *state;
    uint32_t arg;
    int time_column;
    struct type type;
    struct want *host; /* NULL: a part of its own */
    uint32_t offset;   /* within the host */
    uint32_t part;
};

/* `guest` is what `host` holds at `offset` once it is of state `becomes`. Counts come first: what
 * they have moved into may then be fused itself. */
struct fusion {
    const struct agg_state *guest;
    const struct agg_state *host;
    const struct agg_state *becomes;
    uint32_t offset;
};

static const struct fusion fusions[] = {
    {&agg_count_state, &agg_sum_i64_state, &agg_sum_i64_state, 0},
    {&agg_count_state, &agg_sum_f64_state, &agg_sum_f64_state, 0},
    {&agg_count_state, &agg_moments_state, &agg_moments_state, 0},
    {&agg_range_i64_state, &agg_sum_i64_state, &agg_summary_i64_state, sizeof(struct sum_i64)},
    {&agg_range_f64_state, &agg_sum_f64_state, &agg_summary_f64_state, sizeof(struct sum_f64)},
};

static struct want want_of(const struct agg_call *call)
{
    enum physical physical = agg_physical(call->arg_types[0]);
    CHECK(call->n_args <= 1);
    const struct agg_state *state =
        call->distinct ? agg_bag_states[physical] : call->kind->states[physical];
    CHECK(state != NULL);
    return (struct want){.state = state,
                         .arg = call->n_args == 0 ? AGG_NO_COLUMN : call->args[0],
                         .time_column = state->reads_time ? call->time_column : -1,
                         .type = call->arg_types[0]};
}

static bool want_equal(const struct want *a, const struct want *b)
{
    return a->state == b->state && a->arg == b->arg && a->time_column == b->time_column;
}

/* The index of the want among the first *n; adds it if it is new. */
static uint32_t want_find_or_add(struct want *wants, uint32_t *n, struct want want)
{
    for (uint32_t i = 0; i < *n; i++) {
        if (want_equal(&wants[i], &want)) {
            return i;
        }
    }
    wants[*n] = want;
    return (*n)++;
}

static struct want *find_host(struct want *wants, uint32_t n, const struct want *guest,
                              const struct agg_state *state)
{
    for (uint32_t i = 0; i < n; i++) {
        if (wants[i].state == state && wants[i].arg == guest->arg && wants[i].host == NULL) {
            return &wants[i];
        }
    }
    return NULL;
}

static void fuse(struct want *wants, uint32_t n)
{
    for (size_t f = 0; f < sizeof fusions / sizeof fusions[0]; f++) {
        const struct fusion *fusion = &fusions[f];
        for (uint32_t i = 0; i < n; i++) {
            struct want *guest = &wants[i];
            if (guest->state != fusion->guest || guest->host != NULL) {
                continue;
            }
            struct want *host = find_host(wants, n, guest, fusion->host);
            if (host != NULL) {
                host->state = fusion->becomes;
                guest->host = host;
                guest->offset = fusion->offset;
            }
        }
    }
}

static void add_part(struct agg_set *set, struct want *want)
{
    want->part = set->n_parts++;
    set->parts[want->part] = (struct agg_part){
        .state = want->state,
        .offset = set->bytes,
        .arg = want->arg,
        .time_column = want->time_column,
        .type = want->type,
        .owned_bytes = &set->owned_bytes,
    };
    set->bytes += want->state->bytes;
    set->owns_memory |= want->state->release != NULL;
    set->invertible &= want->state->inverse_many != NULL;
}

static void add_result(struct agg_set *set, const struct agg_call *call, const struct want *want)
{
    const struct agg_part *part = &set->parts[want->host == NULL ? want->part : want->host->part];
    set->results[set->n_calls++] = (struct agg_result){
        .call = *call,
        .part = part,
        .offset = part->offset + want->offset,
        .errors = &set->errors,
    };
}

struct agg_set *agg_set_new(struct arena *query, const struct agg_call *calls, uint32_t n_calls)
{
    struct agg_set *set = arena_zalloc(query, sizeof *set);
    set->results = arena_zalloc(query, n_calls * sizeof *set->results);
    set->parts = arena_zalloc(query, n_calls * sizeof *set->parts);
    set->invertible = true;
    struct want *wants = arena_zalloc(query, n_calls * sizeof *wants);
    uint32_t *want_of_call = arena_zalloc(query, n_calls * sizeof *want_of_call);
    uint32_t n_wants = 0;
    for (uint32_t c = 0; c < n_calls; c++) {
        want_of_call[c] = want_find_or_add(wants, &n_wants, want_of(&calls[c]));
    }
    fuse(wants, n_wants);
    for (uint32_t i = 0; i < n_wants; i++) {
        if (wants[i].host == NULL) {
            add_part(set, &wants[i]);
        }
    }
    for (uint32_t c = 0; c < n_calls; c++) {
        add_result(set, &calls[c], &wants[want_of_call[c]]);
    }
    set->bytes = set->bytes == 0 ? 8 : set->bytes;
    return set;
}

/* The memory is the arena's; what cells own must have been released. */
void agg_set_free(struct agg_set *set)
{
    if (set != NULL) {
        DCHECK(set->owned_bytes == 0);
        set->n_parts = 0;
        set->n_calls = 0;
    }
}

uint32_t agg_set_bytes(const struct agg_set *set)
{
    return set->bytes;
}

bool agg_set_owns_memory(const struct agg_set *set)
{
    return set->owns_memory;
}

bool agg_set_invertible(const struct agg_set *set)
{
    return set->invertible;
}

size_t agg_set_owned_bytes(const struct agg_set *set)
{
    return set->owned_bytes;
}

uint64_t agg_set_take_errors(struct agg_set *set)
{
    uint64_t errors = set->errors;
    set->errors = 0;
    return errors;
}

const char *agg_set_eviction(const struct agg_set *set)
{
    return set->invertible ? "exact inverse" : "merge";
}

/* ---- rows ------------------------------------------------------------------------------------ */

static struct agg_rows part_rows(const struct agg_part *part, const struct batch *batch)
{
    struct agg_rows rows = {.n = batch->n, .first_row = batch->first_row};
    if (part->arg != AGG_NO_COLUMN) {
        rows.arg = &batch->columns[part->arg];
        CHECK(rows.arg->values != NULL && rows.arg->n >= batch->n);
        CHECK(agg_physical(rows.arg->type) == agg_physical(part->type));
    }
    if (part->time_column >= 0) {
        rows.time = &batch->columns[part->time_column];
        CHECK(rows.time->values != NULL && agg_physical(rows.time->type) == PHYSICAL_I64);
    }
    return rows;
}

void agg_set_add_many(struct agg_set *set, uint8_t *const *cells, const struct batch *batch)
{
    for (uint32_t p = 0; p < set->n_parts && batch->n > 0; p++) {
        struct agg_rows rows = part_rows(&set->parts[p], batch);
        set->parts[p].state->add_many(&set->parts[p], cells, &rows);
    }
}

void agg_set_add_run(struct agg_set *set, uint8_t *cell, const struct batch *batch)
{
    for (uint32_t p = 0; p < set->n_parts && batch->n > 0; p++) {
        struct agg_rows rows = part_rows(&set->parts[p], batch);
        set->parts[p].state->add_run(&set->parts[p], cell, &rows);
    }
}

void agg_set_retract_many(struct agg_set *set, uint8_t *const *cells, const struct batch *batch)
{
    CHECK(set->invertible);
    for (uint32_t p = 0; p < set->n_parts && batch->n > 0; p++) {
        struct agg_rows rows = part_rows(&set->parts[p], batch);
        set->parts[p].state->retract_many(&set->parts[p], cells, &rows);
    }
}

/* ---- cells ----------------------------------------------------------------------------------- */

void agg_set_merge_many(struct agg_set *set, uint8_t *const *into, uint8_t *const *from, uint32_t n)
{
    for (uint32_t p = 0; p < set->n_parts; p++) {
        set->parts[p].state->merge_many(&set->parts[p], into, from, n);
    }
}

void agg_set_inverse_many(struct agg_set *set, uint8_t *const *into, uint8_t *const *from,
                          uint32_t n)
{
    CHECK(set->invertible);
    for (uint32_t p = 0; p < set->n_parts; p++) {
        set->parts[p].state->inverse_many(&set->parts[p], into, from, n);
    }
}

void agg_set_emit(struct agg_set *set, uint8_t *const *cells, uint32_t n, struct arena *arena,
                  struct column *out)
{
    for (uint32_t c = 0; c < set->n_calls; c++) {
        const struct agg_result *result = &set->results[c];
        struct column_out column = column_out_new(arena, result->call.result, n);
        if (result->call.distinct) {
            agg_distinct_emit(result, cells, n, &column);
        } else {
            result->call.kind->emit(result, cells, n, &column);
        }
        out[c] = column_view(&column, n);
    }
}

void agg_set_release_many(struct agg_set *set, uint8_t *const *cells, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t p = 0; p < set->n_parts && set->owns_memory; p++) {
            if (set->parts[p].state->release != NULL) {
                set->parts[p].state->release(&set->parts[p], cells[i]);
            }
        }
        memset(cells[i], 0, set->bytes);
    }
}

void agg_set_save(const struct agg_set *set, const uint8_t *cell, struct bytebuf *out)
{
    for (uint32_t p = 0; p < set->n_parts; p++) {
        set->parts[p].state->save(&set->parts[p], cell, out);
    }
}

enum status agg_set_load(struct agg_set *set, uint8_t *cell, struct reader *in, struct error *err)
{
    for (uint32_t p = 0; p < set->n_parts; p++) {
        const struct agg_part *part = &set->parts[p];
        if (!part->state->load(part, cell, in) || !reader_ok(in)) {
            agg_set_release_many(set, &cell, 1);
            return error_set(err, ERR_STATE, "saved %s of an aggregate is damaged",
                             part->state->name);
        }
    }
    return OK;
}
