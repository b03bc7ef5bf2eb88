/* session_script: what a session has done as statements that do it again, for job.sql. They come in
 * the order in which they came, so that each finds what it reads; a collector (collector.h) comes
 * with its stream. */
#include "engine/base/textbuf.h"
#include "shell/job_script.h"
#include "shell/session_parts.h"

/* What is to be written: all that runs, but for one. */
struct writing {
    const struct session *session;
    struct slice without;
};

static bool runs(const struct writing *writing, const struct catalog_entry *query)
{
    const struct prepared_list *queries = &writing->session->queries;
    uint32_t i = 0;
    while (i < queries->n && !slice_equal_nocase(queries->items[i]->statement.name, query->name)) {
        i++;
    }
    return i < queries->n && !slice_equal_nocase(query->name, writing->without);
}

/* Views and queries that run are, and so is what they read; depth: that of the planner. */
static bool is_needed(const struct writing *writing, const struct catalog_entry *entry)
{
    static const enum catalog_kind readers[] = {CATALOG_VIEW, CATALOG_QUERY};
    const struct catalog *catalog = writing->session->catalog;
    const struct catalog_entry *reader;
    bool needed = entry->kind == CATALOG_VIEW || runs(writing, entry);
    for (size_t k = 0; k < sizeof readers / sizeof *readers; k++) {
        for (uint32_t i = 0; !needed && (reader = catalog_at(catalog, readers[k], i)) != NULL;
             i++) {
            needed = reader->from == entry && is_needed(writing, reader);
        }
    }
    return needed;
}

void session_script(const struct session *session, struct slice without, struct bytebuf *out)
{
    const struct writing writing = {session, without};
    const struct catalog_entry *query;
    bytebuf_add(out, session->defined.at, session->defined.len);
    for (uint32_t i = 0; (query = catalog_at(session->catalog, CATALOG_QUERY, i)) != NULL; i++) {
        if (!is_needed(&writing, query)) {
            job_script_drop(out, query);
        } else if (!runs(&writing, query)) {
            bytebuf_add_text(out, "STOP QUERY ");
            textbuf_quoted(out, query->name, '"');
            bytebuf_add_text(out, ";\n");
        }
    }
    for (uint32_t i = 0; i < session->queries.n && !session->config.interactive; i++) {
        const struct statement *statement = &session->queries.items[i]->statement;
        if (statement->kind == STATEMENT_SELECT) { /* it is the last of a script */
            job_script_add(out, statement);
        }
    }
}

/* ---- tailracerc ------------------------------------------------------------------------------ */

void session_set_repeats(struct session *session, bool repeats)
{
    session->known = repeats ? session->defined.len : 0;
}

static bool is_set_already(const struct session *session, const struct statement *statement)
{
    struct bytebuf key = {0};
    bytebuf_add(&key, statement->key.at, statement->key.len);
    const struct option *option =
        options_find(catalog_set_options(session->catalog), bytebuf_text(&key));
    bytebuf_release(&key);
    return option != NULL && slice_equal(option->value, statement->value);
}

bool session_says_again(const struct session *session, const struct statement *statement,
                        struct slice text)
{
    size_t known = session->known < session->defined.len ? session->known : session->defined.len;
    if (known == 0) {
        return false;
    }
    return statement->kind == STATEMENT_SET
               ? is_set_already(session, statement)
               : job_script_has(slice_of(session->defined.at, known), text);
}
