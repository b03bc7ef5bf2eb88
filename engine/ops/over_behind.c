/* over_behind: WINDOW … SLIDE ROW without EMIT ON RISE or CHANGES: rows wait until no row with
 * their time or an earlier one can come any more, and leave in the order of time and arrival. All
 * rows of one time go into their groups before the first of them is answered: they are peers. */
#include "engine/base/mem.h"
#include "engine/ops/groups.h"
#include "engine/ops/over.h"

/* Rows that leave are taken from the agenda in lots of about this many. */
enum { LOT_ROWS = 64 * 1024 };

struct lot {
    struct agenda_row *rows;
    uint32_t n;
    uint32_t room;
};

void over_behind_rows(struct over_op *over, struct batch *batch)
{
    const int64_t *times = batch->columns[over->intake.time_column].i64;
    uint64_t number = rowlog_append(over->log, batch, NULL, batch->n);
    for (uint32_t i = 0; i < batch->n; i++) {
        agenda_add(&over->agenda, (struct agenda_row){times[i], number + i});
    }
}

static void lot_add(struct lot *lot, struct agenda_row row)
{
    if (lot->n == lot->room) {
        lot->room = lot->room == 0 ? BATCH_ROWS : lot->room * 2;
        lot->rows = mem_realloc(lot->rows, lot->room * sizeof *lot->rows);
    }
    lot->rows[lot->n++] = row;
}

/* The next rows with a time below `before`; all rows of a time are in one lot. */
static void lot_fill(struct lot *lot, struct agenda *agenda, int64_t before)
{
    struct agenda_row row;
    lot->n = 0;
    while ((lot->n < LOT_ROWS || agenda_next(agenda) == lot->rows[lot->n - 1].time) &&
           agenda_pop(agenda, before, &row)) {
        lot_add(lot, row);
    }
}

/* A part of a lot as a batch, with the groups of its rows. */
struct part {
    struct batch batch;
    const int64_t *times;
    uint64_t numbers[BATCH_ROWS];
    uint32_t ids[BATCH_ROWS];
};

static void part_open(struct over_op *over, const struct agenda_row *rows, uint32_t n,
                      struct part *part)
{
    arena_clear(&over->emit);
    for (uint32_t i = 0; i < n; i++) {
        part->numbers[i] = rows[i].number;
    }
    rowlog_read(over->log, part->numbers, n, &over->emit, &part->batch);
    part->times = part->batch.columns[over->intake.time_column].i64;
    groups_find(over->table, over->op.node, &part->batch, part->ids);
    groups_hold(over->table, part->ids, n);
    over_window_reserve(&over->window);
}

static void part_insert(struct over_op *over, const struct part *part, uint32_t from, uint32_t end)
{
    for (uint32_t i = from; i < end; i++) {
        int64_t time = part->times[i];
        over_insert(over, part->ids[i], time, i, time_minus(time, over->size_us));
    }
}

static void part_ask(struct over_op *over, const struct part *part, uint32_t from, uint32_t end)
{
    for (uint32_t i = from; i < end; i++) {
        uint32_t id = part->ids[i];
        over_window_ask(&over->window, id,
                        over_window_seek(&over->window, id,
                                         time_minus(part->times[i], over->size_us)),
                        series_end(over_window_series(&over->window, id)));
    }
}

/* Pushes the part with its answers. Its rows are gone afterwards. */
static void part_emit(struct over_op *over, struct part *part)
{
    const struct schema *input = part->batch.schema;
    struct batch out;
    emit_init(&over->op, &over->emit, over->watermark, &out);
    out.n = part->batch.n;
    memcpy(out.columns, part->batch.columns, input->n * sizeof(struct column));
    over_window_answer(&over->window, &over->emit, out.columns + input->n);
    emit_rows(&over->op, over->having, &out);
    rowlog_drop(over->log, part->numbers, part->batch.n);
}

static void part_close(struct over_op *over, const struct part *part)
{
    groups_let_go(over->table, part->ids, part->batch.n);
}

/* All rows of the part's times are in it. */
static void leave_together(struct over_op *over, const struct agenda_row *rows, uint32_t n)
{
    struct part part;
    part_open(over, rows, n, &part);
    over_window_prefetch(&over->window, part.ids, n);
    over_window_take(&over->window, &part.batch);
    for (uint32_t from = 0; from < n;) {
        uint32_t end = from + 1;
        while (end < n && part.times[end] == part.times[from]) {
            end++;
        }
        part_insert(over, &part, from, end);
        part_ask(over, &part, from, end);
        from = end;
    }
    part_emit(over, &part);
    part_close(over, &part);
}

/* More rows of one time than a batch holds: first they all go in, then they are asked about. */
static void leave_peers(struct over_op *over, const struct agenda_row *rows, uint32_t n)
{
    struct part part;
    for (uint32_t done = 0; done < n; done += BATCH_ROWS) {
        uint32_t n_part = n - done < BATCH_ROWS ? n - done : BATCH_ROWS;
        part_open(over, rows + done, n_part, &part);
        over_window_take(&over->window, &part.batch);
        part_insert(over, &part, 0, n_part);
        part_close(over, &part);
    }
    for (uint32_t done = 0; done < n; done += BATCH_ROWS) {
        uint32_t n_part = n - done < BATCH_ROWS ? n - done : BATCH_ROWS;
        part_open(over, rows + done, n_part, &part);
        part_ask(over, &part, 0, n_part);
        part_emit(over, &part);
        part_close(over, &part);
    }
}

/* How many of the rows leave next: as many as fit into a batch without cutting a time in two, or
 * all of one time. */
static uint32_t next_rows(const struct agenda_row *rows, uint32_t n)
{
    uint32_t end = n < BATCH_ROWS ? n : BATCH_ROWS;
    while (end < n && end > 0 && rows[end].time == rows[end - 1].time) {
        end--;
    }
    if (end == 0) {
        for (end = BATCH_ROWS; end < n && rows[end].time == rows[0].time; end++) {
        }
    }
    return end;
}

void over_behind_advance(struct over_op *over, int64_t watermark)
{
    int64_t before =
        watermark == TIME_END ? TIME_END : time_minus(watermark, over->op.node->window.grace_us);
    struct lot lot = {0};
    for (lot_fill(&lot, &over->agenda, before); lot.n > 0; lot_fill(&lot, &over->agenda, before)) {
        for (uint32_t done = 0; done < lot.n;) {
            uint32_t n = next_rows(lot.rows + done, lot.n - done);
            if (n <= BATCH_ROWS) {
                leave_together(over, lot.rows + done, n);
            } else {
                leave_peers(over, lot.rows + done, n);
            }
            done += n;
        }
    }
    mem_free(lot.rows);
}

void over_behind_look(struct over_op *over, const struct op_look *look)
{
    const struct schema *schema = &over->op.node->input->schema;
    size_t n_words = bits_words(schema->n);
    uint64_t *kept = arena_zalloc(over->op.context->query, n_words * sizeof *kept);
    uint64_t numbers[BATCH_ROWS];
    uint64_t from = 0;
    uint32_t n;
    for (uint32_t i = 0; i < over->layout.n; i++) {
        bits_set(kept, over->layout.columns[i]);
    }
    look->columns(look->owner, &over->op, schema, kept);
    while ((n = rowlog_numbers(over->log, from, numbers, BATCH_ROWS)) > 0) {
        struct batch batch;
        arena_clear(&over->emit);
        rowlog_read(over->log, numbers, n, &over->emit, &batch);
        look->rows(look->owner, &batch);
        from = numbers[n - 1] + 1;
    }
}
