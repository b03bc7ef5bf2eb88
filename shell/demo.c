/* demo: generated card payments, a live table of their kinds, and an alert when a card is used for
 * more than two withdrawals at one machine within 15 minutes. Nothing else is needed. With --rows
 * the input has an end and times of its own, so that the result is the same each time. */
#include "shell/commands.h"
#include "shell/complain.h"
#include "shell/session.h"
#include "shell/terminal.h"

#include <string.h>
#include <unistd.h>

enum { DEMO_RATE = 2000, DEMO_SEED = 7 };

static const char statements[] = "CREATE QUERY payments AS\n"
                                 "SELECT window_end, kind, count(*) AS n, sum(amount) AS total\n"
                                 "FROM tx GROUP BY kind WINDOW 10s";

static const char alerts[] = "CREATE QUERY alerts AS\n"
                             "SELECT ts, card, atm, count(*) AS n, sum(amount) AS total\n"
                             "FROM tx WHERE kind = 'withdrawal' GROUP BY card, atm\n"
                             "WINDOW 15m SLIDE ROW HAVING count(*) > 2 EMIT ON RISE;\n";

static void add_stream(struct bytebuf *out, const struct args *args)
{
    bytebuf_add_text(out, "CREATE STREAM tx (ts TIMESTAMP, account TEXT, card TEXT, atm TEXT, "
                          "kind TEXT, amount DECIMAL(12,2), city TEXT, WATERMARK ts DELAY 2s)\n"
                          "  FROM 'gen://atm?");
    bytebuf_printf(out, "seed=%lld", (long long)(args->seed >= 0 ? args->seed : DEMO_SEED));
    if (args->rows > 0) {
        /* Without a rate rows come as fast as they can, but their times are those of the live demo.
         */
        bytebuf_printf(out, "&rows=%lld&rows_per_second=%d", (long long)args->rows, DEMO_RATE);
    }
    if (args->rows <= 0 || args->rate > 0) {
        bytebuf_printf(out, "&rate=%lld", (long long)(args->rate > 0 ? args->rate : DEMO_RATE));
    }
    bytebuf_add_text(out, args->rows <= 0 ? "&start=now" : "");
    bytebuf_add_text(out, "' FORMAT csv;\n");
}

int command_demo(struct args *args, const struct fs *fs, const struct clock *clock)
{
    struct session_config config = {.args = args, .fs = fs, .clock = clock};
    struct session *session = session_new(&config);
    struct bytebuf text = {0};
    bool live = terminal_moves(STDOUT_FILENO) && args->output == NULL;
    add_stream(&text, args);
    bytebuf_add_text(&text, statements);
    bytebuf_add_text(&text, live ? " EMIT CHANGES;\n" : ";\n");
    bytebuf_add_text(&text, alerts);
    if (!live && args->output == NULL) {
        args->output = "jsonl"; /* rows of two results say what they are */
    }
    if (live) {
        say_note(LOG_INFO, slice_text("payments of the last windows below, fraud alerts above"));
    }
    int exit_code = session_text(session, bytebuf_slice(&text), NULL);
    if (exit_code == 0) {
        exit_code = session_run(session);
    }
    bytebuf_release(&text);
    session_free(session);
    return exit_code;
}
