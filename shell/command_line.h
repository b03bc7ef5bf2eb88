/* command_line: the words that may stand on the command line: one table of commands and one of
 * options, for the parser (args.h), help (help.h) and completion (completions.h).
 *
 *     const struct command_row *row;
 *     for (uint32_t i = 0; (row = command_at(i)) != NULL; i++) { … }
 */
#ifndef SHELL_COMMAND_LINE_H
#define SHELL_COMMAND_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { OPERANDS_MAX = 64 };

enum command {
    COMMAND_SHELL, /* on a terminal; else a script on standard input */
    COMMAND_SQL,   /* -c SQL */
    COMMAND_FILE,  /* -f FILE */
    COMMAND_RUN,
    COMMAND_REPLAY,
    COMMAND_CHECK,
    COMMAND_EXPLAIN,
    COMMAND_SNIFF,
    COMMAND_TEST,
    COMMAND_DEMO,
    COMMAND_GEN,
    COMMAND_CHECKPOINT,
    COMMAND_COMPLETIONS,
    COMMAND_HELP,
    COMMAND_VERSION,
    COMMAND_COUNT,
};

enum option_id {
    OPT_SQL,
    OPT_FILE,
    OPT_OUTPUT,
    OPT_TRIGGER,
    OPT_ONCE,
    OPT_FOR,
    OPT_MAX_ROWS,
    OPT_SINCE,
    OPT_FROM,
    OPT_UNTIL,
    OPT_CLOCK,
    OPT_THREADS,
    OPT_COLOR,
    OPT_NO_FLUSH,
    OPT_STATS,
    OPT_VERBOSE,
    OPT_STATE,
    OPT_SQLITE,
    OPT_OVERWRITE,
    OPT_NEW_STATE,
    OPT_ACCEPT_CHANGE,
    OPT_REPLAY_FROM,
    OPT_ROWS,
    OPT_SEED,
    OPT_RATE,
    OPT_UPDATE,
    OPT_CASE,
    OPT_HELP,
    OPT_VERSION,
};

/* What a word can be, for completion. */
enum word_kind {
    WORD_FREE, /* anything */
    WORD_FILE,
    WORD_FOLDER,
    WORD_CHOICE, /* one of a list */
};

struct word {
    enum word_kind kind;
    const char *const *choices; /* CHOICE: ends with NULL */
};

struct command_row {
    enum command id;
    const char *name;    /* NULL: chosen by options, not by a word */
    const char *operand; /* for people: "FILE"; NULL = takes none */
    bool needs_operand;
    uint32_t operands_max;
    struct word operand_word;
    struct word next_word; /* of the operands behind the first */
    const char *summary;
};

struct option_row {
    enum option_id id;
    const char *name;
    char letter;       /* 0 = none */
    const char *value; /* for people: "FILE"; NULL = takes none */
    struct word value_word;
    unsigned commands; /* bits 1 << command */
    unsigned settable; /* those of them that look into the environment for it (environment.h) */
    const char *summary;
};

/* In the order of enum command, then NULL. */
const struct command_row *command_at(uint32_t i);
/* In the order of help, then NULL. */
const struct option_row *option_at(uint32_t i);
/* Either is NULL if there is none. `name` is "--output". */
const struct option_row *option_named(const char *name, size_t len);
const struct option_row *option_lettered(char letter);

static inline bool option_is_settable(const struct option_row *option, enum command command)
{
    return (option->settable & (1U << command)) != 0;
}

static inline bool option_belongs(const struct option_row *option, enum command command)
{
    return (option->commands & (1U << command)) != 0;
}

/* "gen"; "tailrace" where options choose. */
const char *command_name(enum command command);

#endif
