/* inspect: see inspect.h. */
#include "shell/inspect.h"

#include "engine/base/panic.h"
#include "engine/base/textbuf.h"
#include "engine/data/batch.h"
#include "engine/data/timestamp.h"
#include "shell/human.h"

static void add_name(struct bytebuf *out, const struct query *query)
{
    struct slice name = query_plan(query)->name;
    name = name.len > 0 ? name : slice_text("the last query");
    bytebuf_printf(out, "%.*s: ", (int)name.len, (const char *)name.at);
}

static void add_escaped(struct bytebuf *out, const char *text)
{
    textbuf_escaped(out, slice_text(text));
}

static void add_bad(struct bytebuf *out, const struct query *query)
{
    const struct bad_row *rows[INSPECT_ROWS_MAX];
    uint32_t n = query_bad_rows(query, rows, INSPECT_ROWS_MAX);
    add_name(out, query);
    if (n == 0) {
        bytebuf_add_text(out, "no bad rows\n");
        return;
    }
    bytebuf_printf(out, "the newest %u bad rows, newest first\n", n);
    for (uint32_t i = 0; i < n; i++) {
        bytebuf_add_text(out, "  ");
        add_escaped(out, rows[i]->source);
        bytebuf_printf(out, " at byte %llu: %s", (unsigned long long)rows[i]->offset,
                       rows[i]->reason);
        if (rows[i]->column[0] != '\0') {
            bytebuf_add_text(out, " in column ");
            add_escaped(out, rows[i]->column);
        }
        bytebuf_add_text(out, ": ");
        textbuf_escaped(out, slice_of(rows[i]->text, rows[i]->text_len));
        bytebuf_add_byte(out, '\n');
    }
}

static void add_late(struct bytebuf *out, const struct query *query)
{
    const struct late_row *rows[INSPECT_ROWS_MAX];
    uint32_t n = query_late_rows(query, rows, INSPECT_ROWS_MAX);
    add_name(out, query);
    if (n == 0) {
        bytebuf_add_text(out, "no late rows\n");
        return;
    }
    bytebuf_printf(out, "the newest %u late rows, newest first\n", n);
    for (uint32_t i = 0; i < n; i++) {
        bytebuf_add_text(out, "  watermark ");
        timestamp_print(out, rows[i]->watermark);
        bytebuf_add_text(out, ": ");
        textbuf_escaped(out, slice_of(rows[i]->text, rows[i]->text_len));
        bytebuf_add_byte(out, '\n');
    }
}

static void add_count(struct bytebuf *out, const char *what, uint64_t n)
{
    bytebuf_printf(out, " · %s ", what);
    human_count(out, n);
}

static void add_progress(struct bytebuf *out, struct query *query)
{
    struct query_progress progress;
    struct feed_progress feed;
    query_measure(query, &progress);
    query_feed(query, &feed);
    add_name(out, query);
    bytebuf_printf(out, "batch %llu", (unsigned long long)progress.triggers);
    add_count(out, "rows in", progress.rows_in);
    add_count(out, "out", progress.rows_out);
    add_count(out, "filtered", progress.rows_filtered);
    add_count(out, "bad", feed.rows_bad);
    add_count(out, "late", progress.rows_late);
    add_count(out, "state rows", progress.state_rows);
    bytebuf_add_text(out, " in ");
    human_bytes(out, progress.state_bytes);
    add_count(out, "evicted", progress.rows_evicted);
    if (feed.watermark != TIME_NONE && feed.watermark != TIME_END) {
        bytebuf_add_text(out, " · watermark ");
        timestamp_print(out, feed.watermark);
    }
    bytebuf_add_byte(out, '\n');
}

/* Named after the stream, which is what is late. Several queries over it say it once. */
static void add_lateness(struct bytebuf *out, const struct query *query)
{
    struct bytebuf lines = {0};
    struct slice name = plan_scan(query_plan(query)->root)->stream->name;
    if (name.len > 0) {
        textbuf_escaped(&lines, name);
        bytebuf_add_text(&lines, ": ");
    }
    size_t before = lines.len;
    query_lateness(query, &lines);
    bool is_said = out->len > 0 && slice_find(bytebuf_slice(out), bytebuf_slice(&lines)) != NULL;
    if (lines.len > before && !is_said) {
        bytebuf_add(out, lines.at, lines.len);
    }
    bytebuf_release(&lines);
}

void inspect_query(struct bytebuf *out, struct query *query, enum inspect_view view)
{
    switch (view) {
    case INSPECT_BAD:
        add_bad(out, query);
        break;
    case INSPECT_LATE:
        add_late(out, query);
        break;
    case INSPECT_PROGRESS:
        add_progress(out, query);
        break;
    case INSPECT_LATENESS:
        add_lateness(out, query);
        break;
    case INSPECT_WHY:
        query_explain(query, true, out);
        break;
    case INSPECT_VIEWS:
        PANIC("no such view");
    }
}

void inspected_keep(struct inspected *kept, struct query *const *queries, uint32_t n)
{
    for (int view = 0; view < INSPECT_VIEWS; view++) {
        for (uint32_t i = 0; i < n; i++) {
            inspect_query(&kept->texts[view], queries[i], (enum inspect_view)view);
        }
    }
}

void inspected_clear(struct inspected *kept)
{
    for (int view = 0; view < INSPECT_VIEWS; view++) {
        bytebuf_clear(&kept->texts[view]);
    }
}

void inspected_release(struct inspected *kept)
{
    for (int view = 0; view < INSPECT_VIEWS; view++) {
        bytebuf_release(&kept->texts[view]);
    }
}
