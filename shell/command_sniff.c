/* command_sniff: CREATE STREAM for what is in a file: format and columns as they would be taken, to
 * be frozen in a script. */
#include <string.h>

#include "shell/commands.h"
#include "shell/complain.h"
#include "shell/session.h"
#include "shell/show.h"

/* The stream's name: the file's, without folders and what follows the first point. */
static void add_stream_name(struct bytebuf *out, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    size_t len = strcspn(name, ".");
    for (size_t i = 0; i < len; i++) {
        uint8_t c = ascii_lower((uint8_t)name[i]);
        bool word = (uint8_t)(c - 'a') < 26 || (ascii_is_digit(c) && i > 0);
        bytebuf_add_byte(out, word ? c : '_');
    }
    if (len == 0 || strcmp(path, "-") == 0) {
        bytebuf_clear(out);
        bytebuf_add_text(out, "input");
    }
}

static void add_statement(struct bytebuf *out, const char *name, const char *path)
{
    bool is_stdin = strcmp(path, "-") == 0;
    bytebuf_printf(out, "CREATE STREAM \"%s\" FROM '", name);
    bytebuf_add_text(out, is_stdin ? "stdin:" : strchr(path, ':') != NULL ? "file:" : "");
    for (const char *c = is_stdin ? "" : path; *c != '\0'; c++) {
        bytebuf_add(out, "'", *c == '\'');
        bytebuf_add_byte(out, (uint8_t)*c);
    }
    bytebuf_add_text(out, "'");
}

int command_sniff(struct args *args, const struct fs *fs, const struct clock *clock)
{
    struct session_config config = {.args = args, .fs = fs, .clock = clock, .check_only = true};
    struct session *session = session_new(&config);
    struct bytebuf name = {0};
    struct bytebuf text = {0};
    struct error err;
    add_stream_name(&name, args->operand);
    add_statement(&text, bytebuf_text(&name), args->operand);
    int exit_code = session_text(session, bytebuf_slice(&text), NULL);
    const struct catalog_entry *entry =
        catalog_find(session_catalog(session), CATALOG_STREAM, bytebuf_slice(&name));
    if (exit_code == 0 && entry != NULL) {
        bytebuf_clear(&text);
        show_ddl(&text, entry->stream);
        if (say(fs, bytebuf_slice(&text), &err) != OK) {
            complain(&err);
            exit_code = session_exit_code(&err);
        }
    }
    bytebuf_release(&name);
    bytebuf_release(&text);
    session_free(session);
    return exit_code;
}
