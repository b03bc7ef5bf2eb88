/* present: see present.h. Rows are kept as records (record.h), in pieces like the lines of a stream
 * (retained.h), or one a key; a source over the latter reads a copy of them in the order of keys.
 */
#include "engine/run/present.h"

#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "engine/run/record_decoder.h"
#include "engine/state/latest_rows.h"

/* Rows of one trigger are together in pieces of about so many bytes: they are read again piece by
 * piece, and a chunk (retained_parts.h) holds several. */
enum { PIECE_BYTES = 32 << 10 };

/* A batch with more text is written row by row, so that it is not in memory twice; a row with more
 * text than a record should have is not kept at all. */
enum { BATCH_BYTES_MAX = 4 << 20, ROW_BYTES_MAX = KEPT_ROW_BYTES_MAX / 2 };

struct present {
    struct source_kind kind;
    const struct clock *clock;
    struct arena life;
    struct slice name;
    struct schema schema; /* of the plan's output: the visible columns, then keys that are not */
    uint32_t n_visible;
    int time_column;
    struct record_layout layout; /* of the visible ones */
    struct retain limits;
    struct latest_rows *latest; /* rows that change; else: */
    struct retained *rows;
    struct retained *next; /* EMIT COMPLETE: what is being said; else NULL */
    struct retained_split *split;
    struct bytebuf piece; /* rows that have left since the last one was added */
    uint32_t piece_rows;
    bool lacks_rows;    /* some were too large */
    int64_t now_us;     /* never goes back */
    struct arena batch; /* lifetime: one write */
};

/* ---- life -------------------------------------------------------------------------------------
 */

static uint32_t count_visible(const struct schema *schema)
{
    uint32_t n = 0;
    while (n < schema->n && !schema->fields[n].hidden) {
        n++;
    }
    return n;
}

/* Of windows the time would be their end, which lies in the next one: whoever wants windows over
 * windows says by which column. */
static int time_column(const struct plan *plan, uint32_t n_visible)
{
    for (const struct plan_node *node = plan->root; node != NULL; node = node->input) {
        if (node->kind == PLAN_AGGREGATE) {
            return -1;
        }
    }
    return plan->root->time_column < (int)n_visible ? plan->root->time_column : -1;
}

static void hold_changes(struct present *present, const struct plan *plan)
{
    uint32_t *keys = arena_alloc(&present->life, plan->n_keys * sizeof *keys);
    if (plan->n_keys > 0) {
        memcpy(keys, plan->keys, plan->n_keys * sizeof *keys);
    }
    present->latest = latest_rows_new(&present->layout, keys, plan->n_keys);
}

static enum status present_open(void *owner, const struct source_config *config,
                                struct source **out, struct error *err);

struct present *present_new(const struct clock *clock, const struct plan *plan,
                            const struct retain *limits)
{
    static const struct option_spec no_options[] = {{0}};
    struct present *present = mem_zalloc(sizeof *present);
    arena_init(&present->life);
    arena_init(&present->batch);
    present->clock = clock;
    present->limits = *limits;
    present->name = arena_copy(&present->life, plan->name);
    present->schema = schema_copy(&present->life, &plan->root->schema);
    present->n_visible = count_visible(&present->schema);
    present->time_column = time_column(plan, present->n_visible);
    uint64_t *visible =
        arena_zalloc(&present->life, bits_words(present->schema.n) * sizeof *visible);
    bits_fill(visible, present->n_visible);
    record_layout_init(&present->layout, &present->life, &present->schema, visible);
    present->split = retained_split_new((const char *)present->name.at);
    if (plan->changes) {
        hold_changes(present, plan);
    } else {
        present->rows = retained_new(clock, limits);
        present->next = plan->emit.kind == EMIT_COMPLETE ? retained_new(clock, limits) : NULL;
    }
    present->kind = (struct source_kind){
        .scheme = "result",
        .summary = "rows of a query's result",
        .flags = SOURCE_FINITE,
        .options = no_options,
        .open_of = present_open,
        .owner = present,
    };
    return present;
}

void present_free(struct present *present)
{
    if (present == NULL) {
        return;
    }
    latest_rows_free(present->latest);
    retained_free(present->rows);
    retained_free(present->next);
    retained_split_drop(present->split);
    bytebuf_release(&present->piece);
    arena_release(&present->batch);
    arena_release(&present->life);
    mem_free(present);
}

struct slice present_name(const struct present *present)
{
    return present->name;
}

/* ---- what leaves ------------------------------------------------------------------------------
 */

static void add_piece(struct retained *to, struct retained_split *split, struct slice records,
                      uint32_t rows, int64_t now_us)
{
    const struct retained_piece piece = {
        .bytes = records,
        .arrival_us = now_us,
        .is_whole = true,
        .rows = rows,
    };
    retained_add(to, split, &piece);
}

static int64_t take_now(struct present *present)
{
    int64_t now_us = clock_now_us(present->clock);
    present->now_us = now_us > present->now_us ? now_us : present->now_us;
    return present->now_us;
}

static void add_rows(struct present *present, struct slice records, uint32_t rows)
{
    struct retained *to = present->next != NULL ? present->next : present->rows;
    add_piece(to, present->split, records, rows, take_now(present));
}

static void end_piece(struct present *present)
{
    add_rows(present, bytebuf_slice(&present->piece), present->piece_rows);
    bytebuf_clear(&present->piece);
    present->piece_rows = 0;
}

static void write_rows(struct present *present, const struct batch *batch)
{
    if (present->latest != NULL) {
        latest_rows_write(present->latest, batch, take_now(present));
        latest_rows_limit(present->latest, (uint64_t)present->limits.bytes);
        return;
    }
    struct slice records[BATCH_ROWS];
    arena_clear(&present->batch);
    struct slice all = record_write_all(&present->layout, batch, &present->batch, records);
    if (present->piece.len + all.len >= PIECE_BYTES) { /* no need to copy it twice */
        end_piece(present);
        add_rows(present, all, batch->n);
        return;
    }
    bytebuf_add(&present->piece, all.at, all.len);
    present->piece_rows += batch->n;
}

static uint64_t text_bytes(const struct batch *batch)
{
    uint64_t bytes = 0;
    for (uint32_t c = 0; c < batch->schema->n; c++) {
        const struct column *column = &batch->columns[c];
        bool is_text = type_physical(column->type) == PHYSICAL_TEXT;
        for (uint32_t i = 0; is_text && i < batch->n; i++) {
            bytes += column->text[i].len;
        }
    }
    return bytes;
}

/* The row that its key had is not the newest any more. */
static void leave_out(struct present *present, const struct batch *row)
{
    present->lacks_rows = true;
    if (present->latest != NULL) {
        latest_rows_remove(present->latest, row);
    }
}

static void write_one_by_one(struct present *present, const struct batch *batch)
{
    struct arena arena;
    arena_init(&arena);
    for (uint32_t row = 0; row < batch->n; row++) {
        struct batch one = *batch;
        arena_clear(&arena);
        one.arena = &arena;
        one.columns = arena_alloc(&arena, batch->schema->n * sizeof *one.columns);
        memcpy(one.columns, batch->columns, batch->schema->n * sizeof *one.columns);
        batch_select(&one, &row, 1);
        if (text_bytes(&one) <= ROW_BYTES_MAX) {
            write_rows(present, &one);
        } else {
            leave_out(present, &one);
        }
    }
    arena_release(&arena);
}

void present_write(struct present *present, const struct batch *batch)
{
    if (text_bytes(batch) <= BATCH_BYTES_MAX) {
        write_rows(present, batch);
    } else {
        write_one_by_one(present, batch);
    }
}

void present_flush(struct present *present)
{
    if (present->latest != NULL) {
        return;
    }
    end_piece(present);
    if (present->next != NULL) {
        retained_free(present->rows);
        present->rows = present->next;
        present->next = retained_new(present->clock, &present->limits);
    }
}

void present_measure(const struct present *present, struct retained_state *out)
{
    if (present->latest == NULL) {
        retained_measure(present->rows, out);
        out->by_bytes = out->by_bytes || present->lacks_rows;
        return;
    }
    *out = (struct retained_state){
        .bytes = latest_rows_bytes(present->latest),
        .rows = latest_rows_count(present->latest),
        .since_us = latest_rows_since_us(present->latest),
        .by_bytes = latest_rows_has_forgotten(present->latest) || present->lacks_rows,
    };
}

/* ---- the table over it ------------------------------------------------------------------------
 */

/* Rows that change go on changing while a copy is read. */
static struct retained *copy_latest(struct present *present)
{
    const struct retain no_limits = {.bytes = INT64_MAX};
    struct retained *copy = retained_new(present->clock, &no_limits);
    int64_t now_us = take_now(present);
    struct bytebuf piece = {0};
    uint32_t n;
    const uint32_t *ids = latest_rows_order(present->latest, &n);
    for (uint32_t i = 0, first = 0; i < n; i++) {
        struct slice record = latest_rows_record(present->latest, ids[i]);
        bytebuf_add(&piece, record.at, record.len);
        if (piece.len >= PIECE_BYTES || i + 1 == n) {
            add_piece(copy, present->split, bytebuf_slice(&piece), i + 1 - first, now_us);
            bytebuf_clear(&piece);
            first = i + 1;
        }
    }
    bytebuf_release(&piece);
    return copy;
}

static enum status present_open(void *owner, const struct source_config *config,
                                struct source **out, struct error *err)
{
    struct present *present = owner;
    if (present->latest == NULL) {
        if (present->next == NULL) {
            end_piece(present); /* a sink may have them already, before their trigger */
        }
        return source_open(retained_kind(present->rows), config, out, err);
    }
    struct retained *copy = copy_latest(present);
    enum status status = source_open(retained_kind(copy), config, out, err);
    retained_free(copy);
    return status;
}

void present_define(const struct present *present, struct arena *arena, struct stream_def *table)
{
    const struct schema visible = {present->n_visible, present->schema.fields};
    struct schema names = schema_copy(arena, &visible);
    struct field *fields = arena_zalloc(arena, (visible.n + HIDDEN_OF_BYTES) * sizeof *fields);
    memcpy(fields, names.fields, visible.n * sizeof *fields);
    for (uint32_t i = 0; i < HIDDEN_OF_BYTES; i++) {
        /* Records have no line and no place that would say something to a person. */
        const char *name = i == HIDDEN_ARRIVAL ? hidden_column_name(i) : "";
        fields[visible.n + i] = (struct field){.name = slice_text(name),
                                               .type = hidden_column_type(i),
                                               .not_null = hidden_column_not_null(i),
                                               .hidden = true};
    }
    table->schema = (struct schema){visible.n + HIDDEN_OF_BYTES, fields};
    table->n_visible = visible.n;
    table->time_column = present->time_column;
    table->time_origin = present->time_column < 0 ? TIME_FROM_ARRIVAL : TIME_FROM_RESULT;
    table->source = &present->kind;
    table->decoder = &record_decoder;
}
