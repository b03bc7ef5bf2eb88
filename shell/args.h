/* args: the command line, checked. Options may stand anywhere, as --name value, --name=value or -x
 * value; what a command does not take is refused with the nearest names. What is not on the line is
 * looked for in the environment (environment.h).
 *
 *     struct args args;
 *     if (args_parse(argc, argv, &args, &err) != OK) { …print err, exit 2… }
 */
#ifndef SHELL_ARGS_H
#define SHELL_ARGS_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/base/status.h"
#include "shell/command_line.h"

enum color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

/* How results that change are shown on a terminal: redrawn in place, scrolling, or redrawn and at
 * the end shown whole. */
enum live { LIVE_ON, LIVE_OFF, LIVE_FULL };

enum { TEXTS_MAX = 64 };

/* Texts point into argv and the environment. */
struct args {
    enum command command;
    const char *action;                 /* checkpoint: ls, show, verify or export */
    const char *operand;                /* FILE, NAME, TOPIC, SQL; NULL = none */
    const char *operands[OPERANDS_MAX]; /* test: its files; else the same as `operand` */
    uint32_t n_operands;
    /* The texts of -c and the files of -f, in order. */
    struct {
        const char *text;
        bool is_file;
    } texts[TEXTS_MAX];
    uint32_t n_texts;

    bool trigger_given;
    int64_t trigger_us; /* TRIGGER_ASAP, TRIGGER_ONCE or an interval (job.h) */
    bool once;
    int64_t for_us;    /* 0 = no limit */
    int64_t max_rows;  /* 0 = no limit */
    const char *since; /* --since, --from; NULL = not given */
    const char *until; /* NULL = not given */
    bool clock_given;
    int64_t clock_us;
    const char *output; /* -o: form of output, for gen a file; NULL = by the place */
    int64_t threads;
    enum color color;
    enum live live; /* .live */
    bool no_flush;
    const char *state; /* --state: directory of the checkpoint; NULL = none */
    bool new_state;
    bool accept_change;
    bool replay;        /* --replay-from earliest */
    const char *sqlite; /* checkpoint export: the file */
    bool overwrite;
    bool stats;
    bool verbose;
    int64_t rows;     /* gen, demo; -1 = not given */
    int64_t seed;     /* -1 = not given */
    int64_t rate;     /* -1 = not given */
    bool update;      /* test: write what comes out */
    const char *only; /* --case: text in the names of cases; NULL = all */
};

/* ERR_OPTION and ERR_UNSUPPORTED with near names in the hint. */
MUST_CHECK enum status args_parse(int argc, char **argv, struct args *out, struct error *err);

#endif
