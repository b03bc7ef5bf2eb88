/* job_script: see job_script.h. */
#include "shell/job_script.h"

#include "engine/io/secrets.h"

static void add_text(struct bytebuf *script, struct slice text)
{
    text = slice_trim(text);
    while (text.len > 0 && text.at[text.len - 1] == ';') {
        text = slice_trim(slice_of(text.at, text.len - 1));
    }
    secrets_hide(script, text);
    bytebuf_add_text(script, ";\n");
}

void job_script_add(struct bytebuf *script, const struct catalog *catalog,
                    const struct statement *statement)
{
    switch (statement->kind) {
    case STATEMENT_DROP:
        if (statement->object == CATALOG_QUERY || statement->skip) {
            return;
        }
        break;
    case STATEMENT_CREATE_STREAM:
    case STATEMENT_CREATE_VIEW:
    case STATEMENT_CREATE_SINK:
    case STATEMENT_SET:
    case STATEMENT_SELECT:
    case STATEMENT_INSERT:
    case STATEMENT_CREATE_QUERY:
        break;
    case STATEMENT_START:
        add_text(script, catalog_find(catalog, CATALOG_QUERY, statement->name)->text);
        return;
    case STATEMENT_STOP:
    case STATEMENT_CHECKPOINT:
    case STATEMENT_SHOW:
    case STATEMENT_DESCRIBE:
    case STATEMENT_EXPLAIN:
        return;
    }
    add_text(script, statement->text);
}
