/* command_sniff: CREATE STREAM for what is in a file: format and columns as they would be taken, to
 * be frozen in a script. */
#include <string.h>

#include "engine/base/log.h"
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

/* What was taken, for people; the statement is for scripts. */
static void say_taken(const char *path, const struct stream_def *stream)
{
    struct bytebuf text = {0};
    for (uint32_t i = 0; i < stream->options.n; i++) {
        const struct option *option = &stream->options.items[i];
        bytebuf_printf(&text, ", %.*s \"%.*s\"", (int)option->key.len, (const char *)option->key.at,
                       (int)option->value.len, (const char *)option->value.at);
    }
    if (stream->time_column >= 0) {
        struct slice name = stream->schema.fields[stream->time_column].name;
        bytebuf_printf(&text, ", event time \"%.*s\"", (int)name.len, (const char *)name.at);
    } else {
        bytebuf_add_text(&text, ", no event time: arrival time counts");
    }
    log_line(LOG_INFO, "%s: format %s, %u column%s%s", path, stream->decoder->name,
             stream->n_visible, stream->n_visible == 1 ? "" : "s", bytebuf_text(&text));
    bytebuf_release(&text);
}

/* Declared columns have no event time of their own: what inference took is written down, with the
 * delay that a live stream gets which says none. */
static struct stream_def frozen(const struct stream_def *stream)
{
    struct stream_def copy = *stream;
    if (copy.time_origin == TIME_FROM_SCHEMA) {
        copy.watermark_declared = true;
        copy.delay_us = 5 * US_PER_SECOND;
    }
    return copy;
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
        struct stream_def stream = frozen(entry->stream);
        say_taken(args->operand, &stream);
        bytebuf_clear(&text);
        show_ddl(&text, &stream);
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
