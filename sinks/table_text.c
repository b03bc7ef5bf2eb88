/* table_text: see table_text.h. */
#include "sinks/table_text.h"

#include <string.h>

#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "engine/base/textbuf.h"
#include "engine/data/value.h"
#include "sinks/display_width.h"

/* A cell that cannot show what it holds gets at least this much: "abc…". */
enum { NARROW_MIN = 4, TEXT_MIN = 8, DATE_BYTES = 11 /* "2026-01-05T" */ };

struct table_cell {
    const uint8_t *at;
    uint32_t len;
    uint32_t width;
};

struct table_column {
    struct table_cell name;
    bool right;          /* numbers */
    bool is_time;        /* may lose its date */
    bool no_date;        /* has lost it */
    uint32_t wide;       /* what it needs, name and cells */
    uint32_t cells_wide; /* what its cells need */
    uint32_t shown;      /* what it gets; 0 = left out */
};

struct table_text {
    struct table_config config;
    struct arena whole; /* lifetime: the table */
    struct arena rows;  /* lifetime: until table_text_clear */
    uint32_t n;         /* columns */
    struct table_column *columns;
    struct bytebuf cells; /* struct table_cell, row by row */
    uint32_t n_rows;
    bool cut; /* columns were left out on the right */
};

static struct table_cell cell_make(struct arena *arena, struct slice text)
{
    struct slice kept = arena_copy(arena, text);
    return (struct table_cell){kept.at, (uint32_t)kept.len, display_width(kept)};
}

static void column_init(struct table_text *table, struct table_column *column, struct slice name,
                        struct type type)
{
    struct bytebuf buf = {0};
    textbuf_escaped(&buf, name);
    column->name = cell_make(&table->whole, bytebuf_slice(&buf));
    column->right = type_is_numeric(type) || type.id == TYPE_INTERVAL;
    column->is_time = type.id == TYPE_TIMESTAMP;
    column->wide = column->name.width > 0 ? column->name.width : 1;
    bytebuf_release(&buf);
}

struct table_text *table_text_new(const struct table_config *config)
{
    struct table_text *table = mem_zalloc(sizeof *table);
    arena_init(&table->whole);
    arena_init(&table->rows);
    table->config = *config;
    table->n = config->schema->n + config->changes;
    table->columns = arena_zalloc(&table->whole, table->n * sizeof *table->columns);
    struct table_column *column = table->columns;
    if (config->changes) {
        column_init(table, column++, slice_text("_op"), type_of(TYPE_TEXT));
    }
    for (uint32_t i = 0; i < config->schema->n; i++) {
        column_init(table, column++, config->schema->fields[i].name,
                    config->schema->fields[i].type);
    }
    table->config.schema = NULL; /* may go away */
    return table;
}

void table_text_free(struct table_text *table)
{
    if (table != NULL) {
        bytebuf_release(&table->cells);
        arena_release(&table->rows);
        arena_release(&table->whole);
        mem_free(table);
    }
}

void table_text_set_width(struct table_text *table, uint32_t width_max)
{
    table->config.width_max = width_max;
}

/* ---- rows ----------------------------------------------------------------------------------- */

static struct table_cell *cell_at(const struct table_text *table, uint32_t row, uint32_t column)
{
    return (struct table_cell *)(void *)table->cells.at + (size_t)row * table->n + column;
}

/* In Markdown a bar ends the cell. */
static void add_escaped(const struct table_text *table, struct bytebuf *out, struct slice text)
{
    if (table->config.look != TABLE_MARKDOWN) {
        textbuf_escaped(out, text);
        return;
    }
    for (const uint8_t *bar; (bar = slice_find(text, slice_text("|"))) != NULL;) {
        size_t before = (size_t)(bar - text.at);
        textbuf_escaped(out, slice_of(text.at, before));
        bytebuf_add_text(out, "\\|");
        text = slice_of(bar + 1, text.len - before - 1);
    }
    textbuf_escaped(out, text);
}

static void add_value(struct table_text *table, struct bytebuf *buf, const struct column *column,
                      uint32_t row)
{
    bytebuf_clear(buf);
    if (column_is_null(column, row)) {
        bytebuf_add_text(buf, "NULL");
    } else if (type_physical(column->type) == PHYSICAL_TEXT) {
        add_escaped(table, buf, text_slice(column->text[row]));
    } else {
        column_print(buf, column, row);
    }
}

static void add_cell(struct table_text *table, struct slice text)
{
    struct table_cell cell = cell_make(&table->rows, text);
    bytebuf_add(&table->cells, &cell, sizeof cell);
}

void table_text_add(struct table_text *table, const struct batch *batch)
{
    CHECK(batch->schema->n + table->config.changes == table->n);
    struct bytebuf buf = {0};
    for (uint32_t row = 0; row < batch->n; row++) {
        if (table->config.changes) {
            bool minus = batch->ops != NULL && batch->ops[row] == ROW_DELETE;
            add_cell(table, slice_text(minus ? "-" : "+"));
        }
        for (uint32_t c = 0; c < batch->schema->n; c++) {
            add_value(table, &buf, &batch->columns[c], row);
            add_cell(table, bytebuf_slice(&buf));
        }
    }
    table->n_rows += batch->n;
    bytebuf_release(&buf);
}

uint32_t table_text_count(const struct table_text *table)
{
    return table->n_rows;
}

void table_text_clear(struct table_text *table)
{
    bytebuf_clear(&table->cells);
    arena_clear(&table->rows);
    table->n_rows = 0;
}

/* ---- widths --------------------------------------------------------------------------------- */

/* Of a whole line: "│ a │ b │" has three more columns for each, and one. */
static uint32_t line_width(const struct table_text *table)
{
    uint32_t width = 1;
    for (uint32_t c = 0; c < table->n; c++) {
        width += table->columns[c].shown > 0 ? table->columns[c].shown + 3 : 0;
    }
    return width + (table->cut ? 4 : 0);
}

/* True if no row shows another day than the first one: then the day says nothing. */
static bool same_day(const struct table_text *table, uint32_t c)
{
    const struct table_cell *first = NULL;
    for (uint32_t row = 0; row < table->n_rows; row++) {
        const struct table_cell *cell = cell_at(table, row, c);
        if (cell->len < DATE_BYTES || cell->at[DATE_BYTES - 1] != 'T') {
            continue; /* NULL */
        }
        first = first == NULL ? cell : first;
        if (memcmp(first->at, cell->at, DATE_BYTES) != 0) {
            return false;
        }
    }
    return first != NULL;
}

static uint32_t cells_wide(const struct table_column *column)
{
    return column->no_date ? column->cells_wide - DATE_BYTES : column->cells_wide;
}

static void drop_dates(struct table_text *table)
{
    for (uint32_t c = 0; c < table->n; c++) {
        struct table_column *column = &table->columns[c];
        column->no_date = column->is_time && column->cells_wide > DATE_BYTES && same_day(table, c);
        uint32_t cells = cells_wide(column);
        column->shown = cells > column->name.width ? cells : column->name.width;
    }
}

/* What gives way, in this order: names longer than what stands below them, long texts, the rest. */
enum narrowing { NARROW_NAMES, NARROW_TEXTS, NARROW_ALL, NARROW_STEPS };

static uint32_t narrow_limit(const struct table_column *column, enum narrowing step)
{
    uint32_t cells = cells_wide(column);
    switch (step) {
    case NARROW_NAMES:
        return cells > NARROW_MIN ? cells : NARROW_MIN;
    case NARROW_TEXTS:
        return column->right || column->is_time ? column->shown : TEXT_MIN;
    default:
        return NARROW_MIN;
    }
}

/* The widest column gives way first, one place at a time; of equals the last one. */
static bool narrow_one(struct table_text *table, enum narrowing step)
{
    struct table_column *widest = NULL;
    for (uint32_t c = 0; c < table->n; c++) {
        struct table_column *column = &table->columns[c];
        bool gives = column->shown > narrow_limit(column, step);
        if (gives && (widest == NULL || column->shown >= widest->shown)) {
            widest = column;
        }
    }
    if (widest != NULL) {
        widest->shown--;
    }
    return widest != NULL;
}

static void narrow_columns(struct table_text *table)
{
    for (enum narrowing step = NARROW_NAMES; step < NARROW_STEPS; step++) {
        while (line_width(table) > table->config.width_max) {
            if (!narrow_one(table, step)) {
                break;
            }
        }
    }
}

static void leave_out_columns(struct table_text *table)
{
    for (uint32_t c = table->n; c > 1 && line_width(table) > table->config.width_max; c--) {
        table->columns[c - 1].shown = 0;
        table->cut = true;
    }
}

static void measure_columns(struct table_text *table)
{
    for (uint32_t row = 0; row < table->n_rows; row++) {
        for (uint32_t c = 0; c < table->n; c++) {
            struct table_column *column = &table->columns[c];
            uint32_t width = cell_at(table, row, c)->width;
            column->cells_wide = width > column->cells_wide ? width : column->cells_wide;
            column->wide = width > column->wide ? width : column->wide;
        }
    }
}

/* What the lines look like, for comparing. */
static uint64_t look_of(const struct table_text *table)
{
    uint64_t look = table->cut;
    for (uint32_t c = 0; c < table->n; c++) {
        look = look * 1000003 + table->columns[c].shown * 2 + table->columns[c].no_date;
    }
    return look;
}

bool table_text_fit(struct table_text *table)
{
    uint64_t before = look_of(table);
    measure_columns(table);
    table->cut = false;
    for (uint32_t c = 0; c < table->n; c++) {
        table->columns[c].shown = table->columns[c].wide;
        table->columns[c].no_date = false;
    }
    uint32_t max = table->config.width_max;
    if (max > 0 && line_width(table) > max) {
        drop_dates(table);
        narrow_columns(table);
        leave_out_columns(table);
    }
    return look_of(table) != before;
}

/* ---- lines ---------------------------------------------------------------------------------- */

/* The pieces of one border. */
struct border {
    const char *left;
    const char *line;
    const char *cross;
    const char *right;
};

struct table_lines {
    const char *bar;
    struct border top;
    struct border middle;
    struct border bottom;
};

static const struct table_lines lines_of_look[] = {
    [TABLE_BOX] = {"│", {"┌", "─", "┬", "┐"}, {"├", "─", "┼", "┤"}, {"└", "─", "┴", "┘"}},
    [TABLE_ASCII] = {"|", {"+", "-", "+", "+"}, {"+", "-", "+", "+"}, {"+", "-", "+", "+"}},
    [TABLE_MARKDOWN] = {"|", {.left = NULL}, {"|", "-", "|", "|"}, {.left = NULL}},
    [TABLE_PLAIN] = {"", {.left = NULL}, {.left = NULL}, {.left = NULL}},
};

static void add_times(struct bytebuf *out, const char *text, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        bytebuf_add_text(out, text);
    }
}

static void add_border(const struct table_text *table, const struct border *border,
                       struct bytebuf *out)
{
    if (border->left == NULL) {
        return;
    }
    const char *cross = border->left;
    for (uint32_t c = 0; c < table->n; c++) {
        const struct table_column *column = &table->columns[c];
        if (column->shown == 0) {
            continue;
        }
        bool colon = table->config.look == TABLE_MARKDOWN && column->right;
        bytebuf_add_text(out, cross);
        add_times(out, border->line, column->shown + 2 - colon);
        add_times(out, ":", colon);
        cross = border->cross;
    }
    if (table->cut) {
        bytebuf_add_text(out, cross);
        add_times(out, border->line, 3);
    }
    bytebuf_add_text(out, border->right);
    bytebuf_add_byte(out, '\n');
}

static void add_shown(const struct table_column *column, struct table_cell cell, bool right,
                      struct bytebuf *out)
{
    if (cell.width <= column->shown) {
        uint32_t pad = column->shown - cell.width;
        add_times(out, " ", right ? pad : 0);
        bytebuf_add(out, cell.at, cell.len);
        add_times(out, " ", right ? 0 : pad);
        return;
    }
    uint32_t width;
    size_t len = display_cut(slice_of(cell.at, cell.len), column->shown - 1, &width);
    bytebuf_add(out, cell.at, len);
    bytebuf_add_text(out, "…");
    add_times(out, " ", column->shown - 1 - width);
}

static void add_line(const struct table_text *table, const struct table_cell *cells,
                     struct bytebuf *out)
{
    const char *bar = lines_of_look[table->config.look].bar;
    bytebuf_add_text(out, bar);
    for (uint32_t c = 0; c < table->n; c++) {
        const struct table_column *column = &table->columns[c];
        if (column->shown == 0) {
            continue;
        }
        struct table_cell cell = cells == NULL ? column->name : cells[c];
        if (cells != NULL && column->no_date && cell.len > DATE_BYTES) {
            cell = (struct table_cell){cell.at + DATE_BYTES, cell.len - DATE_BYTES,
                                       cell.width - DATE_BYTES};
        }
        bytebuf_add_byte(out, ' ');
        add_shown(column, cell, column->right, out);
        bytebuf_add_byte(out, ' ');
        bytebuf_add_text(out, bar);
    }
    if (table->cut) {
        bytebuf_add_text(out, " … ");
        bytebuf_add_text(out, bar);
    }
    bytebuf_add_byte(out, '\n');
}

void table_text_top(const struct table_text *table, struct bytebuf *out)
{
    const struct table_lines *lines = &lines_of_look[table->config.look];
    add_border(table, &lines->top, out);
    add_line(table, NULL, out);
    add_border(table, &lines->middle, out);
}

void table_text_rows(const struct table_text *table, uint32_t from, uint32_t n, struct bytebuf *out)
{
    CHECK(from + n <= table->n_rows);
    for (uint32_t row = from; row < from + n; row++) {
        add_line(table, cell_at(table, row, 0), out);
    }
}

void table_text_bottom(const struct table_text *table, struct bytebuf *out)
{
    add_border(table, &lines_of_look[table->config.look].bottom, out);
}
