/* screen: the terminal while queries run. From above: rows, which scroll away; tables of results,
 * which are drawn again in place; one status line. Redrawn at most ten times a second, in one
 * write.
 *
 *     struct screen *screen = screen_new(&config);
 *     sink = live_table_sink(screen, plan);              // a result that is redrawn (live_view.h)
 *     fs = screen_fs(screen);                            // rows: for a sink that writes to handle
 * 1 after each step: screen_set_status(screen, text); screen_draw(screen, false);
 *     …sinks are closed: the last tables become rows…
 *     screen_finish(screen);                             // the status goes
 *     screen_free(screen);
 *
 * Lines never wrap, so that the screen knows how far up its part begins. */
#ifndef SHELL_SCREEN_H
#define SHELL_SCREEN_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/bytebuf.h"
#include "engine/base/fs.h"

/* Rows are written to this handle of screen_fs. */
enum { SCREEN_INTERVAL_US = 100000, SCREEN_ROWS_HANDLE = 1 };

/* Sequences (ECMA-48) for a screen with color. */
#define SCREEN_DIM   "\x1b[2m"
#define SCREEN_PLAIN "\x1b[0m"

struct screen;

struct screen_config {
    const struct fs *fs;
    int handle;      /* 1, or 2 where only the status is shown */
    uint32_t width;  /* 0 = ask the terminal */
    uint32_t height; /* 0 = ask the terminal */
    bool color;
};

/* Something that is drawn in place. */
struct screen_part {
    void *owner;
    /* Appends whole lines, none wider than `width`, at most `height` of them. */
    void (*draw)(void *owner, uint32_t width, uint32_t height, struct bytebuf *out);
};

enum { SCREEN_PARTS_MAX = 8 };

struct screen *screen_new(const struct screen_config *config);
void screen_free(struct screen *screen); /* NULL is fine */

/* False if there are too many. */
bool screen_add_part(struct screen *screen, const struct screen_part *part);
void screen_remove_part(struct screen *screen, const void *owner);
/* A part has changed. */
void screen_touch(struct screen *screen);

/* What is written to its handle SCREEN_ROWS_HANDLE goes above the parts with the next draw. */
const struct fs *screen_fs(struct screen *screen);

/* "a · b · c": where the line is too long, parts in front of the last one are left out. Empty = no
 * status line. */
void screen_set_status(struct screen *screen, struct slice status);

/* Draws what has changed. Rows are drawn at once, the rest when its time has come or `now`. */
void screen_draw(struct screen *screen, bool now);
/* Steady time at which screen_draw has something to do; INT64_MAX = nothing has changed. */
int64_t screen_wake_us(const struct screen *screen);
void screen_finish(struct screen *screen);
/* The terminal has another size: drawn anew at once. */
void screen_resize(struct screen *screen);
/* Somebody else has written, or will: the next frame begins below what is there. */
void screen_begin_anew(struct screen *screen);

uint32_t screen_width(const struct screen *screen);
bool screen_color(const struct screen *screen);

#endif
