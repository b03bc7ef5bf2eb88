/* command_explain: the plan of a statement or of all queries of a script; what an error code means.
 */
#include <string.h>

#include "shell/commands.h"
#include "shell/complain.h"
#include "shell/session.h"
#include "shell/text_file.h"
#include "sql/errors.h"

enum { EXIT_USAGE = 2, LINE_WIDTH = 78 };

/* "E0104", "e104" or "104". */
static bool read_code(const char *text, int *code)
{
    struct slice digits = slice_text(text);
    int64_t value;
    if (digits.len > 1 && ascii_lower(digits.at[0]) == 'e') {
        digits = slice_of(digits.at + 1, digits.len - 1);
    }
    if (!slice_to_i64(digits, &value) || value < 0 || value > 9999) {
        return false;
    }
    *code = (int)value;
    return true;
}

/* Breaks lines at blanks. */
static void add_wrapped(struct bytebuf *out, const char *text)
{
    size_t column = 0;
    while (*text != '\0') {
        size_t len = strcspn(text, " ");
        if (column > 0 && column + 1 + len > LINE_WIDTH) {
            bytebuf_add_byte(out, '\n');
            column = 0;
        }
        bytebuf_add(out, " ", column > 0);
        bytebuf_add(out, text, len);
        column += len + (column > 0);
        text += len + strspn(text + len, " ");
    }
    bytebuf_add_byte(out, '\n');
}

static int explain_code(int code, const struct fs *fs)
{
    struct error err;
    struct bytebuf out = {0};
    const struct error_entry *entry = errors_find(code);
    if (entry == NULL) {
        error_set(&err, ERR_OPTION, "no error E%04d", code);
        complain(&err);
        return EXIT_USAGE;
    }
    bytebuf_printf(&out, "E%04d: %s\n\n", entry->code, entry->title);
    add_wrapped(&out, entry->text);
    if (entry->example != NULL) {
        bytebuf_printf(&out, "\nFor example:\n\n  %s\n", entry->example);
    }
    enum status status = say(fs, bytebuf_slice(&out), &err);
    bytebuf_release(&out);
    if (status != OK) {
        complain(&err);
    }
    return session_exit_code(&(struct error){.status = status});
}

static int explain_text(struct args *args, const struct fs *fs, const struct clock *clock)
{
    struct session_config config = {.args = args, .fs = fs, .clock = clock, .check_only = true};
    struct session *session = session_new(&config);
    struct bytebuf content = {0};
    struct fs_stat stat;
    struct error err;
    enum status status = OK;
    bool is_file = fs->stat(fs, args->operand, &stat, &err) == OK && stat.is_regular;
    int exit_code = 0;
    if (is_file) {
        status = text_file_read(fs, args->operand, &content, &err);
    } else {
        bytebuf_add_text(&content, args->operand);
    }
    if (status == OK) {
        exit_code = session_text(session, bytebuf_slice(&content), is_file ? args->operand : NULL);
    } else {
        complain(&err);
        exit_code = session_exit_code(&err);
    }
    if (exit_code == 0) {
        session_explain(session);
    }
    bytebuf_release(&content);
    session_free(session);
    return exit_code;
}

int command_explain(struct args *args, const struct fs *fs, const struct clock *clock)
{
    int code;
    return read_code(args->operand, &code) ? explain_code(code, fs) : explain_text(args, fs, clock);
}
