/* command_line: see command_line.h. */
#include "shell/command_line.h"

#include <string.h>

#include "shell/help.h"
#include "sinks/console_sink.h"
#include "sources/gen_data.h"

static const char *const checkpoint_actions[] = {"ls", "show", "verify", "export", NULL};
static const char *const shells[] = {"bash", "zsh", "fish", NULL};
static const char *const colors[] = {"auto", "always", "never", NULL};
static const char *const triggers[] = {"asap", "once", "1s", NULL};
static const char *const replays[] = {"earliest", NULL};

#define FREE                                                                                       \
    {                                                                                              \
        .kind = WORD_FREE                                                                          \
    }
#define A_FILE                                                                                     \
    {                                                                                              \
        .kind = WORD_FILE                                                                          \
    }
#define A_FOLDER                                                                                   \
    {                                                                                              \
        .kind = WORD_FOLDER                                                                        \
    }
#define ONE_OF(list)                                                                               \
    {                                                                                              \
        .kind = WORD_CHOICE, .choices = (list)                                                     \
    }

/* ---- commands -------------------------------------------------------------------------------- */

static const struct command_row commands[COMMAND_COUNT] = {
    {COMMAND_SHELL, NULL, NULL, false, 0, FREE, FREE, "a shell; a script where input is piped in"},
    {COMMAND_SQL, NULL, NULL, false, 0, FREE, FREE, "run SQL; what is piped in is stdin"},
    {COMMAND_FILE, NULL, NULL, false, 0, FREE, FREE, "run a script"},
    {COMMAND_RUN, "run", "FILE", true, 1, A_FILE, FREE, "run a script"},
    {COMMAND_REPLAY, "replay", "FILE", true, 1, A_FILE, FREE,
     "run a script over what is there, print what sinks would get"},
    {COMMAND_CHECK, "check", "FILE", true, 1, A_FILE, FREE, "parse and plan a script, run nothing"},
    {COMMAND_EXPLAIN, "explain", "SQL, FILE or E0104", true, 1, A_FILE, FREE,
     "a plan, or what an error means"},
    {COMMAND_SNIFF, "sniff", "FILE", true, 1, A_FILE, FREE, "CREATE STREAM for what is in a file"},
    {COMMAND_TEST, "test", "FILE.test …", true, OPERANDS_MAX, A_FILE, A_FILE,
     "run tests of queries"},
    {COMMAND_DEMO, "demo", "NAME", false, 1, FREE, FREE, "card payments, live windows, alerts"},
    {COMMAND_GEN, "gen", "NAME", true, 1, ONE_OF(gen_names), FREE, "print generated rows"},
    {COMMAND_CHECKPOINT, "checkpoint", "ls, show, verify or export, and DIR", true, 2,
     ONE_OF(checkpoint_actions), A_FOLDER, "look into a --state directory"},
    {COMMAND_COMPLETIONS, "completions", "bash, zsh or fish", true, 1, ONE_OF(shells), FREE,
     "print completions for a shell"},
    {COMMAND_HELP, "help", "TOPIC", false, 1, ONE_OF(help_topics), FREE, "more about a topic"},
    {COMMAND_VERSION, "version", NULL, false, 0, FREE, FREE, "print the version"},
};

const struct command_row *command_at(uint32_t i)
{
    return i < COMMAND_COUNT ? &commands[i] : NULL;
}

const char *command_name(enum command command)
{
    return commands[command].name != NULL ? commands[command].name : "tailrace";
}

/* ---- options --------------------------------------------------------------------------------- */

#define BIT(command) (1u << (command))
/* Commands that run queries. */
#define RUNS                                                                                       \
    (BIT(COMMAND_SHELL) | BIT(COMMAND_SQL) | BIT(COMMAND_FILE) | BIT(COMMAND_RUN) |                \
     BIT(COMMAND_REPLAY) | BIT(COMMAND_DEMO))
/* Commands that run one job, which can be taken up again. */
#define KEEPS    (BIT(COMMAND_SHELL) | BIT(COMMAND_SQL) | BIT(COMMAND_FILE) | BIT(COMMAND_RUN))
#define TEXTS    (BIT(COMMAND_SQL) | BIT(COMMAND_FILE))
#define EXPLAINS (BIT(COMMAND_CHECK) | BIT(COMMAND_EXPLAIN))
#define MAKES    (BIT(COMMAND_GEN) | BIT(COMMAND_DEMO))
#define ALL      ((1u << COMMAND_COUNT) - 1)
#define NONE     0u

/* What holds for a run has a variable. What it runs, and what throws something away, is said each
 * time. */
static const struct option_row options[] = {
    {OPT_SQL, "--command", 'c', "SQL", FREE, TEXTS, NONE, "run SQL; may be repeated"},
    {OPT_FILE, "--file", 'f', "FILE", A_FILE, TEXTS, NONE, "run a script; may be repeated"},
    {OPT_OUTPUT, "--output", 'o', "FORM", ONE_OF(console_formats), RUNS | BIT(COMMAND_GEN), RUNS,
     "form of results; for gen a file"},
    {OPT_TRIGGER, "--trigger", 0, "T", ONE_OF(triggers), RUNS, RUNS,
     "when results leave: asap, once, or every 1s"},
    {OPT_ONCE, "--once", 0, NULL, FREE, RUNS | EXPLAINS, RUNS | EXPLAINS,
     "read what is there now and end"},
    {OPT_NO_FLUSH, "--no-flush", 0, NULL, FREE, RUNS, RUNS,
     "keep windows open at the end of input"},
    {OPT_FOR, "--for", 0, "T", FREE, RUNS | BIT(COMMAND_GEN), RUNS | BIT(COMMAND_GEN),
     "end after a time: 30s"},
    {OPT_MAX_ROWS, "--max-rows", 0, "N", FREE, RUNS, RUNS, "end after so many rows of results"},
    {OPT_SINCE, "--since", 0, "TIME", FREE, (RUNS & ~BIT(COMMAND_REPLAY)) | EXPLAINS,
     (RUNS & ~BIT(COMMAND_REPLAY)) | EXPLAINS, "only results of this time and later"},
    {OPT_FROM, "--from", 0, "TIME", FREE, BIT(COMMAND_REPLAY), BIT(COMMAND_REPLAY),
     "only results of this time and later"},
    {OPT_UNTIL, "--until", 0, "EXPR", FREE, RUNS | EXPLAINS, RUNS | EXPLAINS,
     "end behind the first row for which it is true"},
    {OPT_STATE, "--state", 0, "DIR", A_FOLDER, KEEPS, KEEPS, "go on from the checkpoint there"},
    {OPT_NEW_STATE, "--new-state", 0, NULL, FREE, KEEPS, NONE,
     "forget the checkpoint that is there"},
    {OPT_ACCEPT_CHANGE, "--accept-change", 0, NULL, FREE, KEEPS, NONE,
     "go on though a query gives other results"},
    {OPT_REPLAY_FROM, "--replay-from", 0, "PLACE", ONE_OF(replays), KEEPS, NONE,
     "read all input again, keep what sinks have"},
    {OPT_SQLITE, "--sqlite", 0, "FILE", A_FILE, BIT(COMMAND_CHECKPOINT), NONE,
     "export: the file to write"},
    {OPT_OVERWRITE, "--overwrite", 0, NULL, FREE, BIT(COMMAND_CHECKPOINT), NONE,
     "export: replace the file if it is there"},
    {OPT_CLOCK, "--clock", 0, "TIME", FREE, RUNS | EXPLAINS | MAKES, RUNS | EXPLAINS | MAKES,
     "a clock that stands still"},
    {OPT_THREADS, "--threads", 0, "N", FREE, RUNS, RUNS, "threads of a query"},
    {OPT_COLOR, "--color", 0, "WHEN", ONE_OF(colors), ALL, ALL, "auto, always or never"},
    {OPT_STATS, "--stats", 0, NULL, FREE, RUNS, RUNS, "say rows, bytes and time at the end"},
    {OPT_VERBOSE, "--verbose", 'v', NULL, FREE, RUNS | EXPLAINS, RUNS | EXPLAINS, "say more"},
    {OPT_ROWS, "--rows", 0, "N", FREE, MAKES, MAKES, "so many rows"},
    {OPT_SEED, "--seed", 0, "N", FREE, MAKES, MAKES, "another seed, other rows"},
    {OPT_RATE, "--rate", 0, "N", FREE, MAKES, MAKES, "rows per second"},
    {OPT_UPDATE, "--update", 0, NULL, FREE, BIT(COMMAND_TEST), NONE,
     "write what comes into the files"},
    {OPT_CASE, "--case", 0, "TEXT", FREE, BIT(COMMAND_TEST), NONE,
     "only cases with TEXT in their name"},
    {OPT_HELP, "--help", 'h', NULL, FREE, ALL, NONE, "help"},
    {OPT_VERSION, "--version", 'V', NULL, FREE, ALL, NONE, "print the version"},
};
enum { N_OPTIONS = sizeof options / sizeof *options };

const struct option_row *option_at(uint32_t i)
{
    return i < N_OPTIONS ? &options[i] : NULL;
}

const struct option_row *option_named(const char *name, size_t len)
{
    for (size_t i = 0; i < N_OPTIONS; i++) {
        if (strlen(options[i].name) == len && memcmp(options[i].name, name, len) == 0) {
            return &options[i];
        }
    }
    return NULL;
}

const struct option_row *option_lettered(char letter)
{
    for (size_t i = 0; i < N_OPTIONS; i++) {
        if (options[i].letter == letter) {
            return &options[i];
        }
    }
    return NULL;
}
