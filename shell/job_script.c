/* job_script: see job_script.h. */
#include "shell/job_script.h"

#include <string.h>

#include "engine/base/panic.h"
#include "engine/io/secrets.h"

static void add_text(struct bytebuf *script, struct slice text)
{
    secrets_hide(script, statement_trim(text));
    bytebuf_add_text(script, ";\n");
}

void job_script_add(struct bytebuf *script, const struct statement *statement)
{
    switch (statement->kind) {
    case STATEMENT_CREATE_STREAM:
    case STATEMENT_CREATE_VIEW:
    case STATEMENT_CREATE_SINK:
    case STATEMENT_SET:
    case STATEMENT_SELECT:
    case STATEMENT_INSERT:
    case STATEMENT_CREATE_QUERY:
        break;
    case STATEMENT_START:
    case STATEMENT_DROP:
    case STATEMENT_STOP:
    case STATEMENT_CHECKPOINT:
    case STATEMENT_SHOW:
    case STATEMENT_DESCRIBE:
    case STATEMENT_EXPLAIN:
        return;
    }
    add_text(script, statement->text);
}

/* Where the statement stands in the script; NULL if it does not. */
static const uint8_t *find(struct slice script, struct slice line)
{
    const uint8_t *at = slice_find(script, line);
    while (at != NULL && at > script.at && (at - script.at < 2 || memcmp(at - 2, ";\n", 2) != 0)) {
        at++;
        at = slice_find(slice_of(at, script.len - (size_t)(at - script.at)), line);
    }
    return at;
}

bool job_script_has(struct slice script, struct slice text)
{
    struct bytebuf line = {0};
    add_text(&line, text);
    const uint8_t *at = find(script, bytebuf_slice(&line));
    bytebuf_release(&line);
    return at != NULL;
}

void job_script_drop(struct bytebuf *script, const struct catalog_entry *dropped)
{
    struct bytebuf line = {0};
    add_text(&line, dropped->text);
    const uint8_t *at = find(bytebuf_slice(script), bytebuf_slice(&line));
    if (dropped->text.len > 0 && at != NULL) {
        size_t from = (size_t)(at - script->at);
        script->len -= line.len;
        memmove(script->at + from, script->at + from + line.len, script->len - from);
    }
    bytebuf_release(&line);
}

/* ---- what was hidden ------------------------------------------------------------------------- */

static const char hidden[] = "***";

/* As many bytes that are no star, so that hiding covers those of secrets once more. */
static void uncover(struct bytebuf *text)
{
    const uint8_t *at;
    while ((at = slice_find(bytebuf_slice(text), slice_text(hidden))) != NULL) {
        memset(text->at + (at - text->at), 'x', sizeof hidden - 1);
    }
}

enum status job_script_check(struct slice script, const char *dir, struct error *err)
{
    struct bytebuf text = {0};
    struct bytebuf covered = {0};
    uint32_t line = 1;
    bool is_hidden = false;
    bytebuf_add(&text, script.at, script.len);
    uncover(&text);
    secrets_cover(&covered, bytebuf_slice(&text));
    CHECK(covered.len == script.len);
    for (size_t i = 0; i < script.len && !is_hidden; i++) {
        is_hidden = script.at[i] == '*' && covered.at[i] == '*' && text.at[i] == 'x';
        line += script.at[i] == '\n';
    }
    bytebuf_release(&text);
    bytebuf_release(&covered);
    if (!is_hidden) {
        return OK;
    }
    error_set(err, ERR_OPTION, "\"%s/job.sql\", line %u: a secret is not there, only ***", dir,
              line);
    error_hint(err, "write ${NAME} in its place, and the secret into the environment; nothing else "
                    "was changed");
    return ERR_OPTION;
}
