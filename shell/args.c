/* args: see args.h. */
#include "shell/args.h"

#include <stdio.h>
#include <string.h>

#include "engine/base/slice.h"
#include "engine/data/timestamp.h"
#include "engine/io/near.h"
#include "engine/io/options.h"
#include "engine/run/job.h"
#include "shell/environment.h"
#include "sinks/console_sink.h"

/* -c and -f may be repeated, and any option twice. */
enum { THREADS_MAX = 64, WORD_OPTIONS_MAX = 3 * TEXTS_MAX };

static enum status no_command(const char *word, struct error *err)
{
    struct near near;
    near_init(&near, slice_text(word));
    error_set(err, ERR_OPTION, "no command \"%s\"", word);
    error_hint(err, "tailrace --help lists them; SQL is given with -c, a script with -f");
    const struct command_row *row;
    for (uint32_t i = 0; (row = command_at(i)) != NULL; i++) {
        if (row->name != NULL) {
            near_try(&near, row->name);
        }
    }
    near_hint(&near, err);
    return ERR_OPTION;
}

/* ---- values of options ---------------------------------------------------------------------- */

/* `name` is what gave the value, for errors: "--trigger", "TAILRACE_TRIGGER". */
static enum status bad_value(const char *name, const char *value, const char *wants,
                             struct error *err)
{
    return error_set(err, ERR_OPTION, "%s cannot be \"%s\": %s", name, value, wants);
}

static enum status parse_count(const char *name, const char *value, int64_t min, int64_t *out,
                               struct error *err)
{
    int64_t got;
    if (!slice_to_i64(slice_text(value), &got) || got < min) {
        return bad_value(name, value, min > 0 ? "a number from 1 on" : "a number from 0 on", err);
    }
    *out = got;
    return OK;
}

static enum status parse_span(const char *name, const char *value, int64_t *out, struct error *err)
{
    int64_t got;
    if (!interval_parse(slice_text(value), &got) || got <= 0) {
        return bad_value(name, value, "a duration such as 500ms or 30s", err);
    }
    *out = got;
    return OK;
}

static enum status set_trigger(struct args *args, const char *name, const char *value,
                               struct error *err)
{
    args->trigger_given = true;
    if (strcmp(value, "asap") == 0) {
        args->trigger_us = TRIGGER_ASAP;
        return OK;
    }
    if (strcmp(value, "once") == 0) {
        args->trigger_us = TRIGGER_ONCE;
        return OK;
    }
    if (parse_span(name, value, &args->trigger_us, err) != OK) {
        return bad_value(name, value, "asap, once or a duration such as 500ms", err);
    }
    return OK;
}

static enum status set_clock(struct args *args, const char *name, const char *value,
                             struct error *err)
{
    static const struct time_format iso = {.layout = TIME_ISO};
    struct time_cache cache = {.prefix_us = 0};
    if (!time_parse(&iso, &cache, slice_text(value), &args->clock_us)) {
        return bad_value(name, value, "a time such as 2026-01-05T09:00:00Z", err);
    }
    args->clock_given = true;
    return OK;
}

static enum status set_color(struct args *args, const char *name, const char *value,
                             struct error *err)
{
    static const char *const words[] = {"auto", "always", "never"};
    for (int i = 0; i < 3; i++) {
        if (strcmp(value, words[i]) == 0) {
            args->color = (enum color)i;
            return OK;
        }
    }
    return bad_value(name, value, "auto, always or never", err);
}

static enum status set_threads(struct args *args, const char *name, const char *value,
                               struct error *err)
{
    TRY(parse_count(name, value, 1, &args->threads, err));
    if (args->threads > THREADS_MAX) {
        return error_set(err, ERR_LIMIT, "%s is at most %d", name, THREADS_MAX);
    }
    return OK;
}

/* -o names a form of output, except where it names a file. */
static enum status set_output(struct args *args, const char *name, const char *value,
                              struct error *err)
{
    args->output = value;
    if (args->command == COMMAND_GEN || console_format_known(slice_text(value))) {
        return OK;
    }
    struct near near;
    near_init(&near, slice_text(value));
    error_set(err, ERR_OPTION, "%s: no output format \"%s\"", name, value);
    error_hint(err, "box, table, csv, tsv, json, jsonl, markdown, line, insert");
    for (const char *const *format = console_formats; *format != NULL; format++) {
        near_try(&near, *format);
    }
    near_hint(&near, err);
    return ERR_OPTION;
}

static enum status add_text(struct args *args, const char *text, bool is_file, struct error *err)
{
    if (args->n_texts == TEXTS_MAX) {
        return error_set(err, ERR_LIMIT, "-c and -f may stand %d times", TEXTS_MAX);
    }
    args->texts[args->n_texts].text = text;
    args->texts[args->n_texts++].is_file = is_file;
    return OK;
}

/* ---- options -------------------------------------------------------------------------------- */

/* Options without a value; --help and --version are commands: see choose_command. */
static void set_flag(struct args *args, enum option_id id)
{
    args->once = args->once || id == OPT_ONCE;
    args->no_flush = args->no_flush || id == OPT_NO_FLUSH;
    args->stats = args->stats || id == OPT_STATS;
    args->verbose = args->verbose || id == OPT_VERBOSE;
    args->new_state = args->new_state || id == OPT_NEW_STATE;
    args->accept_change = args->accept_change || id == OPT_ACCEPT_CHANGE;
    args->update = args->update || id == OPT_UPDATE;
    args->overwrite = args->overwrite || id == OPT_OVERWRITE;
}

static enum status set_replay(struct args *args, const char *value, struct error *err)
{
    args->replay = true;
    return strcmp(value, "earliest") == 0
               ? OK
               : bad_value("--replay-from", value, "only earliest can be", err);
}

static enum status option_set(struct args *args, enum option_id id, const char *name,
                              const char *value, struct error *err)
{
    switch (id) {
    case OPT_SQL:
        return add_text(args, value, false, err);
    case OPT_FILE:
        return add_text(args, value, true, err);
    case OPT_OUTPUT:
        return set_output(args, name, value, err);
    case OPT_TRIGGER:
        return set_trigger(args, name, value, err);
    case OPT_FOR:
        return parse_span(name, value, &args->for_us, err);
    case OPT_SINCE:
    case OPT_FROM:
        args->since = value;
        return OK;
    case OPT_UNTIL:
        args->until = value;
        return OK;
    case OPT_MAX_ROWS:
        return parse_count(name, value, 1, &args->max_rows, err);
    case OPT_CLOCK:
        return set_clock(args, name, value, err);
    case OPT_THREADS:
        return set_threads(args, name, value, err);
    case OPT_COLOR:
        return set_color(args, name, value, err);
    case OPT_STATE:
        args->state = value;
        return OK;
    case OPT_SQLITE:
        args->sqlite = value;
        return OK;
    case OPT_REPLAY_FROM:
        return set_replay(args, value, err);
    case OPT_ROWS:
        return parse_count(name, value, 1, &args->rows, err);
    case OPT_SEED:
        return parse_count(name, value, 0, &args->seed, err);
    case OPT_RATE:
        return parse_count(name, value, 1, &args->rate, err);
    case OPT_CASE:
        args->only = value;
        return OK;
    default:
        set_flag(args, id);
        return OK;
    }
}

static enum status no_option(const char *word, size_t len, struct error *err)
{
    struct near near;
    near_init(&near, slice_of(word, len));
    error_set(err, ERR_OPTION, "no option \"%.*s\"", (int)len, word);
    error_hint(err, "tailrace --help lists them");
    const struct option_row *row;
    for (uint32_t i = 0; (row = option_at(i)) != NULL; i++) {
        near_try(&near, row->name);
    }
    near_hint(&near, err);
    return ERR_OPTION;
}

/* What stands on the command line, before it is known which command it is for. */
struct words {
    struct {
        const struct option_row *row;
        const char *value;
    } options[WORD_OPTIONS_MAX];
    uint32_t n_options;
    const char
        *plain[1 + OPERANDS_MAX]; /* command, operands; checkpoint has an action in between */
    uint32_t n_plain;
};

/* One option at argv[*i]; moves *i to its last word. */
static enum status take_option(int argc, char **argv, int *i, struct words *words,
                               struct error *err)
{
    const char *word = argv[*i];
    bool is_long = word[1] == '-';
    size_t len = is_long ? strcspn(word, "=") : 2;
    const struct option_row *row = is_long ? option_named(word, len) : option_lettered(word[1]);
    const char *value = word[len] == '\0' ? NULL : word + len + is_long;
    if (row == NULL) {
        return no_option(word, len, err);
    }
    if (row->value == NULL && value != NULL) {
        return error_set(err, ERR_OPTION, "%.*s takes no value", (int)len, word);
    }
    if (row->value != NULL && value == NULL) {
        if (*i + 1 == argc) {
            return error_set(err, ERR_OPTION, "%s wants a value", word);
        }
        value = argv[++*i];
    }
    if (words->n_options == sizeof words->options / sizeof *words->options) {
        return error_set(err, ERR_LIMIT, "too many options");
    }
    words->options[words->n_options].row = row;
    words->options[words->n_options++].value = value;
    return OK;
}

static enum status split_words(int argc, char **argv, struct words *words, struct error *err)
{
    bool only_plain = false; /* behind "--" */
    for (int i = 1; i < argc; i++) {
        bool is_plain = only_plain || argv[i][0] != '-' || argv[i][1] == '\0';
        if (!is_plain && strcmp(argv[i], "--") == 0) {
            only_plain = true;
        } else if (!is_plain) {
            TRY(take_option(argc, argv, &i, words, err));
        } else if (words->n_plain == sizeof words->plain / sizeof *words->plain) {
            return error_set(err, ERR_LIMIT, "more than %d words", OPERANDS_MAX);
        } else {
            words->plain[words->n_plain++] = argv[i];
        }
    }
    return OK;
}

/* ---- the whole line ------------------------------------------------------------------------- */

static bool has_option(const struct words *words, enum option_id id)
{
    for (uint32_t i = 0; i < words->n_options; i++) {
        if (words->options[i].row->id == id) {
            return true;
        }
    }
    return false;
}

static enum status take_operands(const struct words *words, struct args *args, struct error *err)
{
    const struct command_row *row = command_at(args->command);
    if (words->n_plain > 2 && words->n_plain > 1 + row->operands_max) {
        return error_set(err, ERR_OPTION, "one word too many: \"%s\"",
                         words->plain[1 + row->operands_max]);
    }
    for (uint32_t i = 1; i < words->n_plain; i++) {
        args->operands[args->n_operands++] = words->plain[i];
    }
    if (args->command == COMMAND_CHECKPOINT) {
        args->action = args->operand;
        args->operand = words->n_plain > 2 ? words->plain[2] : NULL;
    }
    if (row->needs_operand && args->operand == NULL) {
        return error_set(err, ERR_OPTION, "%s wants %s", row->name, row->operand);
    }
    if (row->operand == NULL && args->operand != NULL) {
        return error_set(err, ERR_OPTION, "%s takes no \"%s\"", row->name, args->operand);
    }
    return OK;
}

static enum status choose_command(const struct words *words, struct args *args, struct error *err)
{
    if (has_option(words, OPT_HELP) || has_option(words, OPT_VERSION)) {
        args->command = has_option(words, OPT_HELP) ? COMMAND_HELP : COMMAND_VERSION;
        args->operand = words->n_plain > 0 ? words->plain[0] : NULL; /* "gen --help" */
        return OK;
    }
    if (words->n_plain == 0) {
        args->command = has_option(words, OPT_SQL)    ? COMMAND_SQL
                        : has_option(words, OPT_FILE) ? COMMAND_FILE
                                                      : COMMAND_SHELL;
        return OK;
    }
    const struct command_row *row;
    for (uint32_t i = 0; (row = command_at(i)) != NULL; i++) {
        if (row->name != NULL && strcmp(row->name, words->plain[0]) == 0) {
            args->command = row->id;
            args->operand = words->n_plain > 1 ? words->plain[1] : NULL;
            break;
        }
    }
    if (args->command == COMMAND_SHELL) {
        return no_command(words->plain[0], err);
    }
    return take_operands(words, args, err);
}

static enum status wrong_place(const struct option_row *row, const struct args *args,
                               struct error *err)
{
    char places[128] = "";
    const struct command_row *command;
    for (uint32_t i = 0; (command = command_at(i)) != NULL; i++) {
        if (option_belongs(row, command->id) && command->name != NULL) {
            size_t len = strlen(places);
            snprintf(places + len, sizeof places - len, "%s%s", len > 0 ? ", " : "", command->name);
        }
    }
    error_set(err, ERR_OPTION, "%s takes no %s", command_name(args->command), row->name);
    if (places[0] != '\0') {
        error_hint(err, "it is an option of %s", places);
    }
    return ERR_OPTION;
}

/* The options about a checkpoint want one. */
static enum status check_state(const struct args *args, struct error *err)
{
    if (args->state == NULL && (args->new_state || args->accept_change || args->replay)) {
        return error_set(err, ERR_OPTION, "%s wants --state",
                         args->new_state       ? "--new-state"
                         : args->accept_change ? "--accept-change"
                                               : "--replay-from");
    }
    if (args->state != NULL && args->state[0] == '\0') {
        return error_set(err, ERR_OPTION, "--state wants a directory");
    }
    return OK;
}

/* An export goes into a file; the other actions only print. */
static enum status check_export(const struct args *args, struct error *err)
{
    bool exports = args->command == COMMAND_CHECKPOINT && strcmp(args->action, "export") == 0;
    if (args->sqlite == NULL && !args->overwrite && !exports) {
        return OK;
    }
    if (!exports) {
        return error_set(err, ERR_OPTION, "checkpoint %s takes no %s", args->action,
                         args->sqlite != NULL ? "--sqlite" : "--overwrite");
    }
    return args->sqlite != NULL && args->sqlite[0] != '\0'
               ? OK
               : error_set(err, ERR_OPTION, "checkpoint export wants --sqlite FILE");
}

static enum status take_options(const struct words *words, struct args *args, struct error *err)
{
    for (uint32_t i = 0; i < words->n_options; i++) {
        const struct option_row *row = words->options[i].row;
        if (!option_belongs(row, args->command)) {
            return wrong_place(row, args, err);
        }
        TRY(option_set(args, row->id, row->name, words->options[i].value, err));
    }
    return OK;
}

/* What is not on the line. A flag's variable says whether it is meant. */
static enum status take_variables(const struct words *words, struct args *args, struct error *err)
{
    const struct option_row *row;
    for (uint32_t i = 0; (row = option_at(i)) != NULL; i++) {
        char name[VARIABLE_BYTES_MAX];
        bool is_meant = true;
        const char *value = environment_find(row, name);
        if (value == NULL || !option_is_settable(row, args->command) ||
            has_option(words, row->id)) {
            continue;
        }
        if (row->value == NULL && !boolean_parse(slice_text(value), &is_meant)) {
            return bad_value(name, value, "true or false", err);
        }
        if (is_meant) {
            TRY(option_set(args, row->id, name, value, err));
        }
    }
    return OK;
}

enum status args_parse(int argc, char **argv, struct args *out, struct error *err)
{
    struct words words = {.n_options = 0};
    struct args args = {.threads = 1, .rows = -1, .seed = -1, .rate = -1};
    TRY(split_words(argc, argv, &words, err));
    TRY(choose_command(&words, &args, err));
    if (args.command != COMMAND_HELP && args.command != COMMAND_VERSION) {
        TRY(take_options(&words, &args, err));
        TRY(take_variables(&words, &args, err));
    } /* else: whatever else was said */
    TRY(check_state(&args, err));
    TRY(check_export(&args, err));
    *out = args;
    return OK;
}
