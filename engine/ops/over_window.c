/* over_window: see over_window.h. */
#include "engine/ops/over_window.h"

#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "engine/ops/intake.h"

/* ---- life ------------------------------------------------------------------------------------ */

static bool counts_rows_only(const struct plan_node *node)
{
    for (uint32_t i = 0; i < node->n_calls; i++) {
        const struct agg_call *call = &node->calls[i];
        if (call->n_args > 0 || call->distinct || call->result.id != TYPE_BIGINT) {
            return false;
        }
    }
    return true;
}

static enum over_way choose_way(const struct plan_node *node, const struct agg_set *set)
{
    if (counts_rows_only(node)) {
        return OVER_COUNT;
    }
    return agg_set_invertible(set) && !agg_set_owns_memory(set) ? OVER_INVERSE : OVER_TREE;
}

/* Columns that aggregates read. */
static const uint64_t *columns_to_keep(const struct over_window *window)
{
    const struct plan_node *node = window->op->node;
    size_t n_words = bits_words(node->input->schema.n);
    uint64_t *words = arena_zalloc(window->op->context->query, n_words * sizeof *words);
    for (uint32_t i = 0; i < node->n_calls; i++) {
        const struct agg_call *call = &node->calls[i];
        for (uint32_t arg = 0; arg < call->n_args; arg++) {
            bits_set(words, call->args[arg]);
        }
        if (call->n_args > 0 && call->time_column >= 0) {
            bits_set(words, (uint32_t)call->time_column);
        }
    }
    return words;
}

void over_window_init(struct over_window *window, struct op *op, struct table *table)
{
    const struct plan_node *node = op->node;
    window->op = op;
    window->table = table;
    window->set = agg_set_new(op->context->query, node->calls, node->n_calls);
    window->way = choose_way(node, window->set);
    window->cell_bytes = agg_set_bytes(window->set);
    record_layout_init(&window->layout, op->context->query, &node->input->schema,
                       columns_to_keep(window));
    series_pool_init(&window->pool, &window->layout);
    window->results = mem_zalloc((size_t)BATCH_ROWS * window->cell_bytes);
    window->round = 1;
    arena_init(&window->scratch);
}

static uint8_t *group_cell(const struct over_window *window, uint32_t id)
{
    return window->cells + (size_t)id * window->cell_bytes;
}

static uint8_t *result_cell(const struct over_window *window, uint32_t question)
{
    return window->results + (size_t)question * window->cell_bytes;
}

void over_window_release(struct over_window *window)
{
    for (uint32_t id = 0; id < window->room; id++) {
        series_clear(&window->pool, &window->groups[id].series);
        over_tree_free(window->groups[id].tree, window->set);
    }
    mem_free(window->groups);
    mem_free(window->changed);
    bytebuf_release(&window->erased);
    mem_free(window->cells);
    mem_free(window->results);
    agg_set_free(window->set);
    arena_release(&window->scratch);
}

void over_window_reserve(struct over_window *window)
{
    uint32_t end = table_id_end(window->table);
    uint32_t room = window->room == 0 ? 64 : window->room;
    if (end <= window->room) {
        return;
    }
    CHECK(window->n_questions == 0 && window->add.n == 0 && window->retract.n == 0);
    while (room < end) {
        room *= 2;
    }
    uint32_t more = room - window->room;
    window->groups = mem_realloc(window->groups, room * sizeof *window->groups);
    memset(window->groups + window->room, 0, more * sizeof *window->groups);
    if (window->way == OVER_INVERSE) {
        window->cells = mem_realloc(window->cells, (size_t)room * window->cell_bytes);
        memset(group_cell(window, window->room), 0, (size_t)more * window->cell_bytes);
    }
    window->room = room;
}

/* ---- work on moving cells -------------------------------------------------------------------- */

static void do_work(struct over_window *window, struct over_work *work, bool retracts)
{
    struct batch batch;
    if (work->n == 0) {
        return;
    }
    record_read(&window->layout, work->records, work->n, &window->scratch, &batch);
    if (retracts) {
        agg_set_retract_many(window->set, work->cells, &batch);
    } else {
        agg_set_add_many(window->set, work->cells, &batch);
    }
    work->n = 0;
    arena_clear(&window->scratch);
}

static void put_work(struct over_window *window, bool retracts, uint32_t id, uint64_t position)
{
    struct over_work *work = retracts ? &window->retract : &window->add;
    if (work->n == BATCH_ROWS) {
        do_work(window, work, retracts);
    }
    struct over_group *group = &window->groups[id];
    work->records[work->n] = series_record(&window->pool, &group->series, position);
    work->cells[work->n++] = group_cell(window, id);
    group->is_asked = group->round == window->round && group->is_asked;
    group->round = window->round;
}

/* Does all work that was put off; then each cell holds the answer to its group's last questions. */
static void end_round(struct over_window *window)
{
    do_work(window, &window->add, false);
    do_work(window, &window->retract, true);
    for (uint32_t i = window->n_answered; i < window->n_questions; i++) {
        memcpy(result_cell(window, i), group_cell(window, window->ids[i]), window->cell_bytes);
    }
    window->n_answered = window->n_questions;
    window->round++;
}

/* Work has addresses of rows, and questions wait for the cell as it is. */
static void settle_group(struct over_window *window, const struct over_group *group)
{
    if (group->round == window->round) {
        end_round(window);
    }
}

static void move_rows(struct over_window *window, bool retracts, uint32_t id, uint64_t from,
                      uint64_t end)
{
    for (uint64_t position = from; position < end; position++) {
        put_work(window, retracts, id, position);
    }
}

/* Moves the group's cell to rows [from, end). */
static void move_cell(struct over_window *window, uint32_t id, uint64_t from, uint64_t end)
{
    struct over_group *group = &window->groups[id];
    if (from >= group->high || end <= group->low) {
        move_rows(window, true, id, group->low, group->high);
        move_rows(window, false, id, from, end);
    } else {
        move_rows(window, false, id, group->high, end);
        move_rows(window, false, id, from, group->low);
        move_rows(window, true, id, group->low, from);
        move_rows(window, true, id, end, group->high);
    }
    group->low = from;
    group->high = end;
}

/* ---- rows come ------------------------------------------------------------------------------- */

void over_window_prefetch(const struct over_window *window, const uint32_t *ids, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        __builtin_prefetch(&window->groups[ids[i]], 1);
    }
    for (uint32_t i = 0; i < n; i++) {
        const struct series *series = &window->groups[ids[i]].series;
        if (series->n == 0) {
            continue;
        }
        uint64_t low = window->groups[ids[i]].low;
        low = low < series->first ? series->first : low;
        __builtin_prefetch(series_element(&window->pool, series, low));
        __builtin_prefetch(series_element(&window->pool, series, series_end(series) - 1), 1);
        if (window->way == OVER_INVERSE) {
            __builtin_prefetch(group_cell(window, ids[i]), 1);
        }
    }
}

void over_window_take(struct over_window *window, const struct batch *batch)
{
    size_t bytes = 0;
    uint8_t **at = arena_alloc(batch->arena, batch->n * sizeof *at);
    window->record_sizes = arena_alloc(batch->arena, batch->n * sizeof(uint32_t));
    record_sizes(&window->layout, batch, NULL, batch->n, window->record_sizes);
    for (uint32_t i = 0; i < batch->n; i++) {
        bytes += window->record_sizes[i];
    }
    uint8_t *next = arena_alloc(batch->arena, bytes);
    for (uint32_t i = 0; i < batch->n; i++) {
        at[i] = next;
        next += window->record_sizes[i];
    }
    record_write(&window->layout, batch, NULL, batch->n, at);
    window->records = (const uint8_t **)at;
}

/* The row at `position` is new and has moved those behind it up. */
static void follow_insert(struct over_window *window, uint32_t id, uint64_t position)
{
    struct over_group *group = &window->groups[id];
    bool is_last = position + 1 == series_end(&group->series);
    group->clean_end = position < group->clean_end ? position : group->clean_end;
    over_window_mark_changed(window, id);
    if (window->way == OVER_TREE && !is_last) {
        over_tree_cut(group->tree, window->set, position);
    }
    if (window->way == OVER_INVERSE && position < group->high) {
        group->high++;
        if (position < group->low) {
            group->low++;
        } else {
            put_work(window, false, id, position);
        }
    }
}

uint64_t over_window_insert(struct over_window *window, uint32_t id, int64_t time, uint32_t row)
{
    struct over_group *group = &window->groups[id];
    settle_group(window, group);
    uint64_t position = series_insert(&window->pool, &group->series, time, window->records[row],
                                      window->record_sizes[row]);
    window->n_rows++;
    follow_insert(window, id, position);
    return position;
}

void over_window_settle(struct over_window *window)
{
    if (window->way == OVER_INVERSE) {
        end_round(window);
    }
}

uint64_t over_window_seek(const struct over_window *window, uint32_t id, int64_t time)
{
    const struct over_group *group = &window->groups[id];
    return series_seek(&window->pool, &group->series, time, group->low);
}

/* ---- questions and answers ------------------------------------------------------------------- */

/* Who asks a tree for rows. */
struct tree_owner {
    struct over_window *window;
    const struct series *series;
};

static void add_rows(void *owner, uint64_t from, uint64_t end, uint8_t *cell)
{
    const struct tree_owner *tree = owner;
    struct over_window *window = tree->window;
    const uint8_t *records[2 * TREE_LEAF_ROWS];
    struct batch batch;
    uint32_t n = (uint32_t)(end - from);
    CHECK(n < 2 * TREE_LEAF_ROWS);
    for (uint32_t i = 0; i < n; i++) {
        records[i] = series_record(&window->pool, tree->series, from + i);
    }
    record_read(&window->layout, records, n, &window->scratch, &batch);
    batch.first_row = from;
    agg_set_add_run(window->set, cell, &batch);
    arena_clear(&window->scratch);
}

static void ask_tree(struct over_window *window, uint32_t id, uint64_t from, uint64_t end)
{
    struct over_group *group = &window->groups[id];
    struct tree_owner owner = {window, &group->series};
    struct tree_rows rows = {window->set, group->series.first, &owner, add_rows};
    if (group->tree == NULL && over_tree_is_needed(from, end)) {
        group->tree = over_tree_new();
        window->tree_bytes += over_tree_bytes(group->tree);
    }
    window->tree_bytes -= over_tree_bytes(group->tree);
    over_tree_query(group->tree, &rows, from, end, result_cell(window, window->n_questions));
    window->tree_bytes += over_tree_bytes(group->tree);
    group->low = from;
}

static void ask_inverse(struct over_window *window, uint32_t id, uint64_t from, uint64_t end)
{
    struct over_group *group = &window->groups[id];
    bool moves = from != group->low || end != group->high;
    if (moves && group->round == window->round && group->is_asked) {
        end_round(window);
    }
    move_cell(window, id, from, end);
    group->round = window->round;
    group->is_asked = true;
}

void over_window_ask(struct over_window *window, uint32_t id, uint64_t from, uint64_t end)
{
    CHECK(window->n_questions < BATCH_ROWS && from <= end);
    switch (window->way) {
    case OVER_COUNT:
        window->counts[window->n_questions] = (int64_t)(end - from);
        window->groups[id].low = from;
        break;
    case OVER_INVERSE:
        ask_inverse(window, id, from, end);
        window->ids[window->n_questions] = id;
        break;
    case OVER_TREE:
        ask_tree(window, id, from, end);
        break;
    }
    window->n_questions++;
}

static void answer_counts(const struct over_window *window, struct arena *arena,
                          struct column *columns)
{
    uint32_t n = window->n_questions;
    struct column_out out = column_out_new(arena, type_of(TYPE_BIGINT), n);
    memcpy(out.i64, window->counts, n * sizeof(int64_t));
    for (uint32_t i = 0; i < window->op->node->n_calls; i++) {
        columns[i] = column_view(&out, n);
    }
}

void over_window_answer(struct over_window *window, struct arena *arena, struct column *columns)
{
    uint8_t *cells[BATCH_ROWS];
    uint32_t n = window->n_questions;
    if (window->way == OVER_COUNT) {
        answer_counts(window, arena, columns);
        window->n_questions = 0;
        return;
    }
    if (window->way == OVER_INVERSE) {
        end_round(window);
    }
    for (uint32_t i = 0; i < n; i++) {
        cells[i] = result_cell(window, i);
    }
    emit_results(window->op, window->set, cells, n, arena, columns);
    if (window->way == OVER_TREE) {
        agg_set_release_many(window->set, cells, n);
    }
    window->n_questions = 0;
    window->n_answered = 0;
}

/* ---- rows go --------------------------------------------------------------------------------- */

static void forget_group(struct over_window *window, uint32_t id)
{
    struct over_group *group = &window->groups[id];
    over_window_forget_saved(window, id);
    window->tree_bytes -= over_tree_bytes(group->tree);
    over_tree_free(group->tree, window->set);
    series_clear(&window->pool, &group->series);
    *group = (struct over_group){0};
    if (window->way == OVER_INVERSE) {
        memset(group_cell(window, id), 0, window->cell_bytes);
    }
}

void over_window_drop_before(struct over_window *window, uint32_t id, uint64_t position)
{
    struct over_group *group = &window->groups[id];
    settle_group(window, group);
    window->n_rows -= position - group->series.first;
    if (position == series_end(&group->series)) {
        forget_group(window, id);
        return;
    }
    over_window_mark_changed(window, id);
    if (window->way == OVER_INVERSE && group->low < position) {
        move_cell(window, id, position, group->high > position ? group->high : position);
        end_round(window);
    }
    if (window->way == OVER_TREE) {
        over_tree_forget(group->tree, window->set, position);
    }
    series_drop_before(&window->pool, &group->series, position);
}

size_t over_window_bytes(const struct over_window *window)
{
    size_t cell_bytes = window->way == OVER_INVERSE ? window->cell_bytes : 0;
    return window->pool.bytes + window->tree_bytes + agg_set_owned_bytes(window->set) +
           window->room * (sizeof *window->groups + cell_bytes);
}
