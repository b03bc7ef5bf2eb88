/* terminal: see terminal.h. */
#include "shell/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "sinks/display_width.h"

bool terminal_moves(int handle)
{
    const char *term = getenv("TERM");
    return isatty(handle) != 0 && term != NULL && strcmp(term, "dumb") != 0;
}

bool terminal_color(enum color wanted, int handle)
{
    const char *no_color = getenv("NO_COLOR");
    if (wanted != COLOR_AUTO) {
        return wanted == COLOR_ALWAYS;
    }
    return terminal_moves(handle) && (no_color == NULL || no_color[0] == '\0');
}

void terminal_echo(bool on)
{
    struct termios settings;
    if (tcgetattr(STDIN_FILENO, &settings) != 0) {
        return;
    }
    settings.c_lflag = on ? settings.c_lflag | ECHO : settings.c_lflag & ~(tcflag_t)ECHO;
    (void)tcsetattr(STDIN_FILENO, TCSANOW, &settings);
}

bool terminal_fits(struct slice text, uint32_t lines_below)
{
    struct winsize size;
    uint64_t lines = lines_below;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) {
        return true;
    }
    while (text.len > 0 && lines <= size.ws_row) {
        const uint8_t *end = memchr(text.at, '\n', text.len);
        size_t len = end != NULL ? (size_t)(end - text.at) : text.len;
        uint32_t width = display_width(slice_of(text.at, len));
        lines += width == 0 ? 1 : (width + size.ws_col - 1) / size.ws_col;
        len += end != NULL;
        text = slice_of(text.at + len, text.len - len);
    }
    return lines <= size.ws_row;
}
