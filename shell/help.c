/* help: see help.h. */
#include "shell/help.h"

#include <string.h>

#include "engine/agg/agg.h"
#include "engine/expr/function.h"
#include "engine/io/near.h"
#include "shell/command_line.h"
#include "shell/dot_commands.h"
#include "shell/environment.h"
#include "shell/wiring.h"
#include "sources/gen_data.h"
#include "sql/catalog.h"

/* "environment, exit, …", in lines that fit a screen; the first begins at `column`. */
static void add_topics(struct bytebuf *out, size_t column)
{
    enum { SCREEN_COLUMNS = 80 };
    const size_t indent = column > 0 ? 2 : 0;
    for (const char *const *topic = help_topics; *topic != NULL; topic++) {
        size_t len = strlen(*topic) + 1; /* with a comma */
        if (topic != help_topics && column + 1 + len > SCREEN_COLUMNS) {
            bytebuf_printf(out, "\n%*s", (int)indent, "");
            column = indent;
        } else if (topic != help_topics) {
            bytebuf_add_byte(out, ' ');
            column++;
        }
        bytebuf_printf(out, "%s%s", *topic, topic[1] != NULL ? "," : "\n");
        column += len;
    }
}

void help_main(struct bytebuf *out)
{
    bytebuf_add_text(
        out, "tailrace - SQL over streams: logs, CSV and JSON from files, pipes and sockets\n"
             "\n"
             "  tailrace                     a shell; if input is piped in, it is a script\n"
             "  tailrace -c SQL              run SQL; what is piped in is the stream stdin\n"
             "  tailrace run FILE, -f FILE   run a script\n"
             "  tailrace replay --from T FILE     over what is there; sinks get nothing\n"
             "  tailrace check FILE          parse and plan a script, run nothing\n"
             "  tailrace explain SQL|FILE|E0104   a plan, or what an error means\n"
             "  tailrace sniff FILE          CREATE STREAM for what is in a file\n"
             "  tailrace test FILE...        run tests of queries: --update, --case TEXT\n"
             "  tailrace demo, gen NAME      generated rows: --rows N --seed N --rate N\n"
             "  tailrace checkpoint ls|show|verify DIR   look into a --state directory\n"
             "  tailrace completions bash|zsh|fish, version\n"
             "\n"
             "  -o FORM       box, table, csv, tsv, json, jsonl, markdown, line, insert\n"
             "  --trigger T   when results leave: asap, once, or every 1s\n"
             "  --once        read what is there now and end; --no-flush keeps windows open\n"
             "  --for T, --max-rows N, --until 'n > 100'   end there; --since T begins there\n"
             "  --state DIR   survive a crash: go on from the checkpoint there (help state)\n"
             "  --clock T, --threads N, --stats, -v, --color auto|always|never\n"
             "  journalctl -f | tailrace -c \"SELECT count(*) FROM stdin WINDOW 1m\"\n"
             "\n"
             "help COMMAND or ");
    add_topics(out, strlen("help COMMAND or "));
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
    if (summary == NULL) {
        bytebuf_printf(out, "  %s\n", name);
    } else {
        bytebuf_printf(out, "  %-18s %s\n", name, summary);
    }
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

/* "  --output, -o FORM       form of results" */
static void add_option(struct bytebuf *out, const struct option_row *option)
{
    enum { NAME_COLUMNS = 24 };
    size_t start = out->len;
    bytebuf_add_text(out, option->name);
    if (option->letter != 0) {
        bytebuf_printf(out, ", -%c", option->letter);
    }
    if (option->value != NULL) {
        bytebuf_printf(out, " %s", option->value);
    }
    int pad = NAME_COLUMNS - (int)(out->len - start);
    bytebuf_printf(out, "%*s %s\n", pad > 0 ? pad : 0, "", option->summary);
}

static void help_command(struct bytebuf *out, const struct command_row *command)
{
    const struct option_row *option;
    bytebuf_printf(out, "tailrace %s%s%s\n  %s\n", command->name,
                   command->operand != NULL ? " " : "",
                   command->operand != NULL ? command->operand : "", command->summary);
    for (uint32_t i = 0; (option = option_at(i)) != NULL; i++) {
        if (option_belongs(option, command->id)) {
            bytebuf_add_text(out, "  ");
            add_option(out, option);
        }
    }
}

static void topic_options(struct bytebuf *out)
{
    const struct option_row *option;
    bytebuf_add_text(out, "Anywhere on the line, as --name value or --name=value; -- ends them:\n");
    for (uint32_t i = 0; (option = option_at(i)) != NULL; i++) {
        bytebuf_add_text(out, "  ");
        add_option(out, option);
    }
}

static void topic_environment(struct bytebuf *out)
{
    bytebuf_add_text(out, "  NO_COLOR         no colours, unless --color says so\n"
                          "  PAGER            at the prompt for what is taller than the screen:\n"
                          "                   less, else more; empty = none (.pager off)\n"
                          "  TERM             dumb: nothing is redrawn\n"
                          "  HOME, XDG_CONFIG_HOME, XDG_STATE_HOME\n"
                          "                   where tailracerc and the history are\n"
                          "  ${NAME} in options of sources and sinks is any variable: secrets\n"
                          "Options that are not on the command line; before tailracerc, and those\n"
                          "without a value are true or false:\n");
    const struct option_row *option;
    for (uint32_t i = 0; (option = option_at(i)) != NULL; i++) {
        char name[VARIABLE_BYTES_MAX];
        if (option->settable != 0) {
            environment_name(option, name);
            bytebuf_printf(out, "  %-19s %s\n", name, option->name);
        }
    }
}

static void topic_shell(struct bytebuf *out)
{
    help_prompt(out);
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
    bytebuf_add_text(out, "What can be generated:\n");
    for (uint32_t i = 0; gen_names[i] != NULL; i++) {
        add_entry(out, gen_names[i], NULL);
    }
}

static void topic_state(struct bytebuf *out)
{
    bytebuf_add_text(
        out, "  --state DIR             keep a checkpoint there; a start goes on from it, after a\n"
             "                          crash too: every row is in each transactional sink once;\n"
             "                          at the prompt its queries in the background go on\n"
             "  --new-state             forget what is there\n"
             "  --accept-change         go on though a query gives other results from now on\n"
             "  --replay-from earliest  forget state and positions, keep what the sinks have\n"
             "  SET checkpoint = '1s'   how often state and transactional sinks commit\n"
             "  CHECKPOINT, SIGUSR2     take a checkpoint now\n"
             "  tailrace checkpoint ls|show|verify DIR\n"
             "  tailrace checkpoint export DIR --sqlite FILE   the same as tables\n");
}

static void topic_tables(struct bytebuf *out)
{
    bytebuf_add_text(out,
                     "What there is now, asked once; ORDER BY and LIMIT need no window:\n"
                     "  FROM TABLE(s)          rows of stream s: of a file all, of a connection\n"
                     "                         those that are kept while something reads it\n"
                     "  FROM q, FROM TABLE(q)  at the prompt, the result of query q: the newest\n"
                     "                         row of each key if rows change, else those that\n"
                     "                         have left; a stopped one keeps its last result\n"
                     "  CREATE STREAM … RETAIN 1h   or 64MB: what is kept; at the prompt the\n"
                     "                         stream is read from then on, though nobody asks\n"
                     "  SET retain = '64MB' | '1h' | 'off'\n"
                     "                         without RETAIN; at the prompt 16 MiB each\n"
                     "  SHOW STREAMS, .streams   what is kept of each\n");
}

static void topic_test(struct bytebuf *out)
{
    bytebuf_add_text(
        out, "A file is text in front of the first case, then sections:\n"
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

const char *const help_topics[] = {
#define TOPIC(name) #name,
#include "shell/help_topics.def"
#undef TOPIC
    NULL,
};

static const struct command_row *find_command(struct slice name, struct near *near)
{
    const struct command_row *row;
    for (uint32_t i = 0; (row = command_at(i)) != NULL; i++) {
        if (row->name != NULL) {
            near_try(near, row->name);
        }
        if (row->name != NULL && slice_equal_nocase(name, slice_text(row->name))) {
            return row;
        }
    }
    return NULL;
}

enum status help_topic(struct bytebuf *out, struct slice topic, struct error *err)
{
    static void (*const say[])(struct bytebuf * out) = {
#define TOPIC(name) topic_##name,
#include "shell/help_topics.def"
#undef TOPIC
    };
    struct near near;
    near_init(&near, topic);
    const struct command_row *command = find_command(topic, &near);
    if (command != NULL) {
        help_command(out, command);
    }
    for (uint32_t i = 0; help_topics[i] != NULL; i++) {
        near_try(&near, help_topics[i]);
        if (slice_equal_nocase(topic, slice_text(help_topics[i]))) {
            say[i](out);
            return OK;
        }
    }
    if (command != NULL) {
        return OK;
    }
    error_set(err, ERR_OPTION, "no help on \"%.*s\"", (int)topic.len, (const char *)topic.at);
    struct bytebuf topics = {0};
    add_topics(&topics, 0);
    error_hint(err, "%.*s", (int)topics.len - 1, bytebuf_text(&topics));
    bytebuf_release(&topics);
    near_hint(&near, err);
    return ERR_OPTION;
}
