/* help: see help.h. */
#include "shell/help.h"

#include "engine/agg/agg.h"
#include "engine/expr/function.h"
#include "engine/io/near.h"
#include "shell/dot_commands.h"
#include "shell/wiring.h"
#include "sources/gen_data.h"
#include "sql/catalog.h"

void help_main(struct bytebuf *out)
{
    bytebuf_add_text(
        out, "tailrace - SQL over streams: logs, CSV and JSON from files, pipes and sockets\n"
             "\n"
             "  tailrace                       a shell; if input is piped in, it is a script\n"
             "  tailrace -c SQL                run SQL; what is piped in is the stream stdin\n"
             "  tailrace run FILE, -f FILE     run a script\n"
             "  tailrace check FILE            parse and plan a script, run nothing\n"
             "  tailrace explain SQL|FILE|E0104    a plan, or what an error means\n"
             "  tailrace sniff FILE            CREATE STREAM for what is in a file\n"
             "  tailrace test FILE...          test queries: --update, --case TEXT\n"
             "  tailrace gen NAME              generated rows: --rows N --seed N --rate N\n"
             "  tailrace demo, help [TOPIC], version\n"
             "\n"
             "  -o FORM       box, table, csv, tsv, json, jsonl, markdown, line, insert\n"
             "  --trigger T   when results leave: asap, once, or every 1s\n"
             "  --once        read what is there now and end; --no-flush keeps windows open\n"
             "  --for T       end after a time; --max-rows N after so many rows\n"
             "  --state DIR   survive a crash: go on from the checkpoint there (topic state)\n"
             "  --clock T     a clock that stands still; --threads N; --stats; -v;\n"
             "                --color auto|always|never\n"
             "\n"
             "  journalctl -f -o short-iso | tailrace -c \"\n"
             "    SELECT count(*) FROM stdin WHERE line LIKE '%ERROR%' WINDOW 1m\"\n"
             "\n"
             "Topics: functions, formats, sources, sinks, settings, windows, state, gen, test\n");
}

void help_prompt(struct bytebuf *out)
{
    bytebuf_add_text(out,
                     "A statement ends with ; and may take several lines. Ctrl-C ends a query.\n");
    dot_commands_help(out);
}

/* ---- topics --------------------------------------------------------------------------------- */

static void add_entry(struct bytebuf *out, const char *name, const char *summary)
{
    bytebuf_printf(out, "  %-18s %s\n", name, summary != NULL ? summary : "");
}

static void add_options(struct bytebuf *out, const struct option_spec *spec)
{
    for (; spec != NULL && spec->name != NULL; spec++) {
        bytebuf_printf(out, "    %-16s %s%s%s%s\n", spec->name,
                       spec->summary != NULL ? spec->summary : "",
                       spec->fallback != NULL ? " (" : "",
                       spec->fallback != NULL ? spec->fallback : "",
                       spec->fallback != NULL ? ")" : "");
    }
}

static void topic_formats(struct bytebuf *out)
{
    const struct kinds *kinds = wiring_kinds();
    bytebuf_add_text(out, "FORMAT of a stream, with its options for WITH (key = value):\n");
    for (uint32_t i = 0; kinds->decoders[i] != NULL; i++) {
        add_entry(out, kinds->decoders[i]->name, kinds->decoders[i]->summary);
        add_options(out, kinds->decoders[i]->options);
    }
}

static void topic_sources(struct bytebuf *out)
{
    const struct kinds *kinds = wiring_kinds();
    bytebuf_add_text(out, "CREATE STREAM … FROM 'scheme:…', options as ?key=value or in WITH:\n");
    for (uint32_t i = 0; kinds->sources[i] != NULL; i++) {
        add_entry(out, kinds->sources[i]->scheme, kinds->sources[i]->summary);
        add_options(out, kinds->sources[i]->options);
    }
}

static void topic_sinks(struct bytebuf *out)
{
    const struct kinds *kinds = wiring_kinds();
    bytebuf_add_text(out, "CREATE SINK … TO 'scheme:…', SELECT … INTO 'scheme:…':\n");
    for (uint32_t i = 0; kinds->sinks[i] != NULL; i++) {
        add_entry(out, kinds->sinks[i]->scheme, kinds->sinks[i]->summary);
        add_options(out, kinds->sinks[i]->options);
    }
}

static void topic_settings(struct bytebuf *out)
{
    bytebuf_add_text(out, "SET key = 'value':\n");
    add_options(out, catalog_settings());
}

static void topic_functions(struct bytebuf *out)
{
    const struct function *function;
    const char *name;
    const char *signature;
    const char *summary;
    bytebuf_add_text(out, "Aggregates:\n");
    for (uint32_t i = 0; agg_at(i, &name, &signature, &summary); i++) {
        bytebuf_printf(out, "  %s\n      %s\n", signature, summary);
    }
    bytebuf_add_text(out, "Functions:\n");
    for (uint32_t i = 0; (function = function_at(i)) != NULL; i++) {
        if (function_is_named(function)) {
            bytebuf_printf(out, "  %s\n      %s\n", function_signature(function),
                           function_summary(function));
        }
    }
}

static void topic_windows(struct bytebuf *out)
{
    bytebuf_add_text(out, "  WINDOW 30s                   one after the other\n"
                          "  WINDOW 30s SLIDE 10s         30 s long, every 10 s\n"
                          "  WINDOW 15m SLIDE ROW         for each row, those of 15 min before it\n"
                          "  WINDOW SESSION 5m            ends after 5 min without a row\n"
                          "  WINDOW 100 ROWS              counted per group\n"
                          "  WINDOW CUMULATE 1h TO 1d     running totals of a day\n"
                          "Then: ON ts, OFFSET 3h, TIMEZONE 'Europe/Berlin', GRACE 1m, FILL 0\n"
                          "EMIT ON WINDOW CLOSE | CHANGES | EVERY 2s | COMPLETE | ON RISE\n");
}

static void topic_gen(struct bytebuf *out)
{
    bytebuf_add_text(out,
                     "tailrace gen NAME [--rows N] [--seed N] [--rate N] [--for T] [-o FILE]\n");
    for (uint32_t i = 0; gen_names[i] != NULL; i++) {
        add_entry(out, gen_names[i], NULL);
    }
}

static void topic_state(struct bytebuf *out)
{
    bytebuf_add_text(
        out, "  --state DIR             keep a checkpoint there; a start goes on from it, after a\n"
             "                          crash too: every row is in each transactional sink once\n"
             "  --new-state             forget what is there\n"
             "  --accept-change         go on though a query gives other results from now on\n"
             "  --replay-from earliest  forget state and positions, keep what the sinks have\n"
             "  SET checkpoint = '1s'   how often state and transactional sinks commit\n"
             "  CHECKPOINT, SIGUSR2     take a checkpoint now\n"
             "  tailrace checkpoint ls|show|verify DIR\n");
}

static void topic_test(struct bytebuf *out)
{
    bytebuf_add_text(
        out, "tailrace test FILE… [--case TEXT] [--update]\n"
             "A file is text in front of the first case, then sections:\n"
             "  --- case NAME          everything is new, the clock at 2026-01-05T09:00:00Z\n"
             "  --- statement          SQL; sources and sinks are never opened\n"
             "  --- include FILE       SQL of a file\n"
             "  --- input STREAM       these lines arrive\n"
             "  --- clock 10s          the clock moves on (or to a time)\n"
             "  --- end                all input ends\n"
             "  --- columns [QUERY]    names of the result\n"
             "  --- expect [QUERY]     the rows that have come since the last one, as CSV\n"
             "  --- said               what EXPLAIN has said\n"
             "  --- error              how the statements are refused\n"
             "  --- failure            how the queries failed\n"
             "QUERY is a name or a number from 1 on; without one it is the newest.\n"
             "--update writes what comes into the file. Exit code 1 if a case fails.\n");
}

static void topic_exit(struct bytebuf *out)
{
    bytebuf_add_text(out,
                     "   0  done, or stopped cleanly\n"
                     "   1  a source or sink failed\n"
                     "   2  the command line is wrong\n"
                     "   3  a statement is wrong\n"
                     "   4  a disk failed\n"
                     "   5  bad input under ON ERROR FAIL\n"
                     "  10  another process has the --state directory\n"
                     "  2x  a checkpoint cannot be gone on from: 20 MANIFEST, 21 log or\n"
                     "      snapshot, 22 a file is missing, 23 epochs, 24 input that is gone,\n"
                     "      26 a file is shorter, 27 a sink is behind, 28 ahead\n"
                     "  30  a query has changed; 31 written by a newer version\n"
                     " 130  stopped at once by a second Ctrl-C (143: SIGTERM)\n");
}

static const struct {
    const char *name;
    void (*say)(struct bytebuf *out);
} topics[] = {
    {"exit", topic_exit},   {"formats", topic_formats},   {"functions", topic_functions},
    {"gen", topic_gen},     {"settings", topic_settings}, {"shell", help_prompt},
    {"sinks", topic_sinks}, {"sources", topic_sources},   {"state", topic_state},
    {"test", topic_test},   {"windows", topic_windows},
};

enum status help_topic(struct bytebuf *out, struct slice topic, struct error *err)
{
    struct near near;
    near_init(&near, topic);
    for (size_t i = 0; i < sizeof topics / sizeof *topics; i++) {
        if (slice_equal_nocase(topic, slice_text(topics[i].name))) {
            topics[i].say(out);
            return OK;
        }
        near_try(&near, topics[i].name);
    }
    error_set(err, ERR_OPTION, "no help on \"%.*s\"", (int)topic.len, (const char *)topic.at);
    error_hint(err, "topics: functions, formats, sources, sinks, settings, windows, state, gen, "
                    "test, exit");
    near_hint(&near, err);
    return ERR_OPTION;
}
