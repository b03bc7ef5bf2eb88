/* screen: see screen.h. */
#include "shell/screen.h"

#include <string.h>
#include <sys/ioctl.h>

#include "engine/base/clock.h"
#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "sinks/display_width.h"

enum { WIDTH_DEFAULT = 80, HEIGHT_DEFAULT = 24 };

/* Control sequences (ECMA-48), and the "synchronized output" mode 2026, which terminals that do not
 * know it ignore: the frame appears at once. */
#define SYNC_BEGIN "\x1b[?2026h"
#define SYNC_END   "\x1b[?2026l"
/* From the start of a line. Not from the first column on: a screen that is cleared from its very
 * first place, tmux keeps in its history, each time. */
#define ERASE_BELOW "\x1b[K\x1b[C\x1b[J\r"

struct screen {
    struct fs fs; /* first member: what screen_fs gives; write goes here */
    struct screen_config config;
    struct screen_part parts[SCREEN_PARTS_MAX];
    uint32_t n_parts;
    struct bytebuf rows; /* to scroll with the next draw */
    struct bytebuf status;
    struct bytebuf frame;
    bool changed;
    /* uint32_t each: columns that the lines of the last frame take; the cursor is in the last one.
     */
    struct bytebuf widths;
    int64_t drawn_us;
    bool finished;
};

static enum status rows_write(const struct fs *fs, int fd, const void *at, size_t len, size_t *n,
                              struct error *err)
{
    (void)err;
    CHECK(fd == SCREEN_ROWS_HANDLE);
    struct screen *screen = (struct screen *)(uintptr_t)fs;
    bytebuf_add(&screen->rows, at, len);
    *n = len;
    if (screen->finished) {
        screen_draw(screen, true);
    }
    return OK;
}

struct screen *screen_new(const struct screen_config *config)
{
    struct screen *screen = mem_zalloc(sizeof *screen);
    screen->fs = (struct fs){.write = rows_write};
    screen->config = *config;
    return screen;
}

void screen_free(struct screen *screen)
{
    if (screen != NULL) {
        bytebuf_release(&screen->rows);
        bytebuf_release(&screen->status);
        bytebuf_release(&screen->frame);
        bytebuf_release(&screen->widths);
        mem_free(screen);
    }
}

bool screen_add_part(struct screen *screen, const struct screen_part *part)
{
    if (screen->n_parts == SCREEN_PARTS_MAX) {
        return false;
    }
    screen->parts[screen->n_parts++] = *part;
    return true;
}

void screen_remove_part(struct screen *screen, const void *owner)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < screen->n_parts; i++) {
        if (screen->parts[i].owner != owner) {
            screen->parts[kept++] = screen->parts[i];
        }
    }
    screen->n_parts = kept;
}

void screen_touch(struct screen *screen)
{
    screen->changed = true;
}

const struct fs *screen_fs(struct screen *screen)
{
    return &screen->fs;
}

/* ---- size ----------------------------------------------------------------------------------- */

static struct winsize terminal_size(const struct screen *screen)
{
    struct winsize size = {.ws_col = 0};
    if (ioctl(screen->config.handle, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) {
        size.ws_col = WIDTH_DEFAULT;
    }
    if (size.ws_row == 0) {
        size.ws_row = HEIGHT_DEFAULT;
    }
    return size;
}

uint32_t screen_width(const struct screen *screen)
{
    return screen->config.width > 0 ? screen->config.width : terminal_size(screen).ws_col;
}

bool screen_color(const struct screen *screen)
{
    return screen->config.color;
}

static uint32_t screen_height(const struct screen *screen)
{
    return screen->config.height > 0 ? screen->config.height : terminal_size(screen).ws_row;
}

/* ---- drawing -------------------------------------------------------------------------------- */

void screen_set_status(struct screen *screen, struct slice status)
{
    if (!slice_equal(status, bytebuf_slice(&screen->status))) {
        bytebuf_clear(&screen->status);
        bytebuf_add(&screen->status, status.at, status.len);
        screen->changed = true;
    }
}

static uint32_t count_lines(struct slice text)
{
    uint32_t n = 0;
    for (size_t i = 0; i < text.len; i++) {
        n += text.at[i] == '\n';
    }
    return n;
}

static const char between[] = " · ";
enum { BETWEEN_BYTES = sizeof between - 1 };

/* As many whole parts of "a · b · c" as fit into `width`; 0 = not even the first does. */
static size_t parts_that_fit(struct slice status, uint32_t width)
{
    uint32_t used;
    size_t len = display_cut(status, width, &used);
    if (len == status.len) {
        return len;
    }
    while (len > 0 && (len + BETWEEN_BYTES > status.len ||
                       memcmp(status.at + len, between, BETWEEN_BYTES) != 0)) {
        len--;
    }
    return len;
}

/* The last part with what stands before it: how to stop is worth more than numbers. */
static struct slice last_part(struct slice status)
{
    size_t at = status.len;
    while (at > 0 && (at + BETWEEN_BYTES > status.len ||
                      memcmp(status.at + at, between, BETWEEN_BYTES) != 0)) {
        at--;
    }
    return slice_of(status.at + at, status.len - at);
}

/* One column stays free: in the last one some terminals wrap already. */
static void fit_status(const struct screen *screen, struct bytebuf *out)
{
    struct slice status = bytebuf_slice(&screen->status);
    struct slice last = last_part(status);
    struct slice front = slice_of(status.at, status.len - last.len);
    uint32_t width = screen_width(screen) - 1;
    uint32_t last_width = display_width(last);
    size_t fits = last_width < width ? parts_that_fit(front, width - last_width) : 0;
    if (display_width(status) <= width || fits == 0) {
        uint32_t used;
        bytebuf_add(out, status.at, display_cut(status, width, &used));
        return;
    }
    bytebuf_add(out, status.at, fits);
    bytebuf_add(out, last.at, last.len);
}

static void add_status(struct screen *screen, struct bytebuf *out)
{
    if (screen->status.len == 0) {
        return;
    }
    bytebuf_add_text(out, screen->config.color ? SCREEN_DIM : "");
    fit_status(screen, out);
    bytebuf_add_text(out, screen->config.color ? SCREEN_PLAIN : "");
}

/* What stands below the rows. The terminal's height is shared by the parts. */
static void add_parts(struct screen *screen, struct bytebuf *out)
{
    uint32_t height = screen_height(screen) - 1;
    for (uint32_t i = 0; i < screen->n_parts; i++) {
        uint32_t share = height / (screen->n_parts - i);
        size_t before = out->len;
        screen->parts[i].draw(screen->parts[i].owner, screen_width(screen), share, out);
        height -= count_lines(slice_of(out->at + before, out->len - before));
    }
}

static void send_frame(struct screen *screen)
{
    /* A terminal that has gone away ends the run by SIGHUP; here there is nobody to tell. */
    struct error ignored;
    const struct fs *fs = screen->config.fs;
    if (fs_write_all(fs, screen->config.handle, screen->frame.at, screen->frame.len, &ignored) !=
        OK) {
        screen->changed = false;
    }
    bytebuf_clear(&screen->frame);
}

/* Without what makes it dim. */
static uint32_t line_width(struct slice line)
{
    uint32_t width = display_width(line);
    const char *const unseen[] = {SCREEN_DIM, SCREEN_PLAIN};
    for (size_t i = 0; i < sizeof unseen / sizeof *unseen; i++) {
        struct slice sequence = slice_text(unseen[i]);
        width -= slice_find(line, sequence) != NULL ? display_width(sequence) : 0;
    }
    return width;
}

static void remember_widths(struct screen *screen, struct slice frame)
{
    bytebuf_clear(&screen->widths);
    for (;;) {
        const uint8_t *end = frame.len > 0 ? memchr(frame.at, '\n', frame.len) : NULL;
        size_t len = end != NULL ? (size_t)(end - frame.at) : frame.len;
        uint32_t width = line_width(slice_of(frame.at, len));
        bytebuf_add(&screen->widths, &width, sizeof width);
        if (end == NULL) {
            return;
        }
        frame = slice_of(end + 1, frame.len - len - 1);
    }
}

/* How far up the last frame begins. Most terminals wrap anew what is too long for a new width. */
static uint32_t lines_up(const struct screen *screen)
{
    const uint32_t *widths = (const uint32_t *)(const void *)screen->widths.at;
    uint32_t columns = screen_width(screen);
    uint32_t lines = 0;
    for (size_t i = 0; i < screen->widths.len / sizeof *widths; i++) {
        lines += widths[i] <= columns ? 1 : (widths[i] + columns - 1) / columns;
    }
    return lines > 0 ? lines - 1 : 0;
}

/* Back to where the last frame's part below the rows began; all of it goes away. */
static void add_erase(const struct screen *screen, struct bytebuf *out)
{
    uint32_t up = lines_up(screen);
    bytebuf_add_text(out, "\r");
    if (up > 0) {
        bytebuf_printf(out, "\x1b[%uA", up);
    }
    bytebuf_add_text(out, ERASE_BELOW);
}

static void draw_frame(struct screen *screen)
{
    struct bytebuf *frame = &screen->frame;
    bytebuf_add_text(frame, SYNC_BEGIN);
    add_erase(screen, frame);
    bytebuf_add(frame, screen->rows.at, screen->rows.len);
    size_t below = frame->len;
    add_parts(screen, frame);
    add_status(screen, frame);
    remember_widths(screen, slice_of(frame->at + below, frame->len - below));
    bytebuf_add_text(frame, SYNC_END);
    bytebuf_clear(&screen->rows);
    screen->changed = false;
    screen->drawn_us = clock_steady_us(clock_system());
    send_frame(screen);
}

void screen_draw(struct screen *screen, bool now)
{
    bool due = screen->changed &&
               (now || clock_steady_us(clock_system()) >= screen->drawn_us + SCREEN_INTERVAL_US);
    if (due || screen->rows.len > 0) {
        draw_frame(screen);
    }
}

int64_t screen_wake_us(const struct screen *screen)
{
    return screen->changed ? screen->drawn_us + SCREEN_INTERVAL_US : INT64_MAX;
}

void screen_finish(struct screen *screen)
{
    if (screen->finished) {
        return;
    }
    bytebuf_clear(&screen->status);
    if (screen->drawn_us > 0 || screen->rows.len > 0 || screen->changed) {
        draw_frame(screen);
    }
    bytebuf_clear(&screen->widths); /* what is there stays */
    screen->n_parts = 0;
    screen->finished = true;
}

void screen_resize(struct screen *screen)
{
    if (screen->drawn_us > 0) {
        screen->changed = true;
        screen_draw(screen, true);
    }
}

void screen_begin_anew(struct screen *screen)
{
    bool has_status = screen->status.len > 0;
    bytebuf_add_text(&screen->frame, has_status && screen->drawn_us > 0 ? "\n" : "");
    bytebuf_clear(&screen->widths);
    screen->drawn_us = 0;
    screen->changed = screen->n_parts > 0 || has_status;
    send_frame(screen);
}
