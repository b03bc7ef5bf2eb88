/* console_sink: see console_sink.h. */
#include "sinks/console_sink.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include "engine/base/bytebuf.h"
#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "engine/io/near.h"
#include "sinks/encode.h"
#include "sinks/table_text.h"

enum {
    STDOUT_HANDLE = 1,
    WRITE_BYTES = 64 * 1024, /* what a pipe holds */
    TABLE_ROWS_MAX = 4096,   /* a trigger with more rows is printed in parts */
};

const char *const console_formats[] = {"box",   "table",    "csv",  "tsv",    "json",
                                       "jsonl", "markdown", "line", "insert", NULL};

struct console {
    struct sink sink;
    const struct fs *fs;
    bool complete;
    struct bytebuf out;
    /* Either of the two. */
    struct encoder *encoder;
    struct table_text *table;
    bool started; /* the names have been made */
    bool sent;    /* … and written */
    bool open;    /* the table's last border is missing */
    bool committed;
    bool says_empty; /* a table without rows shows its names */
};

static struct console *console_of(struct sink *sink)
{
    CHECK(sink->kind == &console_sink);
    return (struct console *)(void *)sink;
}

/* ---- opening -------------------------------------------------------------------------------- */

static bool table_look_find(struct slice name, enum table_look *look)
{
    static const struct {
        const char *name;
        enum table_look look;
    } looks[] = {{"box", TABLE_BOX},
                 {"table", TABLE_ASCII},
                 {"markdown", TABLE_MARKDOWN},
                 {"plain", TABLE_PLAIN}};
    for (size_t i = 0; i < sizeof looks / sizeof *looks; i++) {
        if (slice_equal_nocase(name, slice_text(looks[i].name))) {
            *look = looks[i].look;
            return true;
        }
    }
    return false;
}

bool console_format_known(struct slice name)
{
    enum table_look look;
    return table_look_find(name, &look) || encode_format_find(name) != NULL;
}

/* 0 = as wide as it gets: in a pipe nobody cuts lines. */
static uint32_t terminal_width(void)
{
    struct winsize size;
    if (isatty(STDOUT_HANDLE) == 0 || ioctl(STDOUT_HANDLE, TIOCGWINSZ, &size) != 0) {
        return 0;
    }
    return size.ws_col;
}

static enum status no_format(struct slice name, struct error *err)
{
    error_set(err, ERR_OPTION, "no output format \"%.*s\"", (int)name.len, (const char *)name.at);
    struct near near;
    near_init(&near, name);
    for (const char *const *known = console_formats; *known != NULL; known++) {
        near_try(&near, *known);
    }
    near_hint(&near, err);
    return ERR_OPTION;
}

static enum status console_form(struct console *console, const struct sink_config *config,
                                struct error *err)
{
    struct slice format = config->format;
    int64_t width = terminal_width();
    if (format.len == 0) {
        format = slice_text(isatty(STDOUT_HANDLE) ? "box" : "csv");
    }
    TRY(options_integer(config->options, "width", 0, UINT16_MAX, &width, err));
    struct table_config table = {.schema = config->schema,
                                 .changes = config->changes,
                                 .width_max = (uint32_t)width};
    if (table_look_find(format, &table.look)) {
        table.width_max = table.look == TABLE_MARKDOWN ? 0 : table.width_max;
        console->table = table_text_new(&table);
        console->says_empty = table.look != TABLE_PLAIN;
        return OK;
    }
    struct encoder_config encoder = {
        .format = encode_format_find(format),
        .schema = config->schema,
        .changes = config->changes,
        .for_terminal = isatty(STDOUT_HANDLE) != 0,
        .target = slice_text(config->query_name != NULL ? config->query_name : "result"),
    };
    if (encoder.format == NULL) {
        return no_format(format, err);
    }
    console->encoder = encoder_new(&encoder);
    return OK;
}

static enum status console_open(const struct sink_config *config, struct sink **out,
                                uint64_t *committed, struct error *err)
{
    struct console *console = mem_zalloc(sizeof *console);
    console->sink.kind = &console_sink;
    console->fs = config->fs;
    console->complete = config->complete;
    enum status status = console_form(console, config, err);
    if (status != OK) {
        mem_free(console);
        return status;
    }
    *out = &console->sink;
    *committed = 0;
    return OK;
}

/* ---- rows ----------------------------------------------------------------------------------- */

static enum status console_send(struct console *console, struct error *err)
{
    struct slice bytes = bytebuf_slice(&console->out);
    TRY(fs_write_all(console->fs, STDOUT_HANDLE, bytes.at, bytes.len, err));
    console->sent |= bytes.len > 0;
    bytebuf_clear(&console->out);
    return OK;
}

static void table_close(struct console *console)
{
    if (console->open) {
        table_text_bottom(console->table, &console->out);
        console->open = false;
    }
}

/* Rows that have come since the last time, at the end of the table or in a new one. */
static void table_say(struct console *console)
{
    struct table_text *table = console->table;
    uint32_t n = table_text_count(table);
    if (n == 0) {
        return;
    }
    if (console->open) { /* the old border has the old widths */
        struct bytebuf bottom = {0};
        table_text_bottom(table, &bottom);
        if (table_text_fit(table)) {
            bytebuf_add(&console->out, bottom.at, bottom.len);
            console->open = false;
        }
        bytebuf_release(&bottom);
    } else {
        table_text_fit(table);
    }
    if (!console->open) {
        table_text_top(table, &console->out);
        console->open = true;
        console->started = true;
    }
    table_text_rows(table, 0, n, &console->out);
    table_text_clear(table);
}

static enum status console_write(struct sink *sink, const struct batch *batch, struct error *err)
{
    struct console *console = console_of(sink);
    if (console->table != NULL) {
        table_text_add(console->table, batch);
        if (table_text_count(console->table) >= TABLE_ROWS_MAX) {
            table_say(console);
            return console_send(console, err);
        }
        return OK;
    }
    if (!console->started) {
        encoder_start(console->encoder, &console->out);
        console->started = true;
    }
    encoder_batch(console->encoder, batch, &console->out);
    return console->out.len >= WRITE_BYTES ? console_send(console, err) : OK;
}

static enum status console_flush(struct sink *sink, struct error *err)
{
    struct console *console = console_of(sink);
    if (console->table != NULL) {
        table_say(console);
        if (console->complete) {
            table_close(console);
        }
    } else if (!console->started) { /* names without rows are an answer too */
        encoder_start(console->encoder, &console->out);
        console->started = true;
    }
    return console_send(console, err);
}

static enum status console_commit(struct sink *sink, uint64_t epoch, struct error *err)
{
    (void)epoch;
    console_of(sink)->committed = true;
    return console_flush(sink, err);
}

static void console_abort(struct sink *sink)
{
    struct console *console = console_of(sink);
    bytebuf_clear(&console->out);
    console->started = console->sent;
    if (console->table != NULL) {
        table_text_clear(console->table);
    }
}

/* What closes the form. There is nobody left to tell if the reader has gone. */
static void console_finish(struct console *console)
{
    if (console->table != NULL) {
        if (!console->started && console->committed && console->says_empty) {
            table_text_fit(console->table);
            table_text_top(console->table, &console->out);
            console->open = true;
        }
        table_close(console);
    } else if (console->started) {
        encoder_finish(console->encoder, &console->out);
    }
    struct error ignored;
    if (console_send(console, &ignored) != OK) {
        bytebuf_clear(&console->out);
    }
}

static void console_close(struct sink *sink)
{
    struct console *console = console_of(sink);
    console_finish(console);
    encoder_free(console->encoder);
    table_text_free(console->table);
    bytebuf_release(&console->out);
    mem_free(console);
}

static const struct option_spec console_options[] = {
    {"width", OPTION_INTEGER, "the terminal's", "columns that a table may take, 0 = any"},
    {.name = NULL},
};

const struct sink_kind console_sink = {
    .scheme = "console",
    .summary = "a table on a terminal, CSV in a pipe",
    .promise = SINK_AT_LEAST_ONCE,
    .takes_changes = true,
    .options = console_options,
    .open = console_open,
    .write = console_write,
    .flush = console_flush,
    .commit = console_commit,
    .abort = console_abort,
    .close = console_close,
};
