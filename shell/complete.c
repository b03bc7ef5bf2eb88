/* complete: see complete.h. */
#include "shell/complete.h"

#include <stdlib.h>
#include <string.h>

#include "engine/agg/agg.h"
#include "engine/expr/function.h"
#include "sql/parser.h"

void candidates_init(struct candidates *found)
{
    *found = (struct candidates){.n = 0};
    arena_init(&found->arena);
}

void candidates_release(struct candidates *found)
{
    arena_release(&found->arena);
}

void candidates_add(struct candidates *found, struct slice text)
{
    struct slice head = slice_of(text.at, text.len < found->word.len ? text.len : found->word.len);
    if (found->n < CANDIDATES_MAX && slice_equal_nocase(head, found->word)) {
        found->items[found->n++] = (const char *)arena_copy(&found->arena, text).at;
    }
}

static int compare_items(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void candidates_sort(struct candidates *found)
{
    uint32_t kept = 0;
    qsort(found->items, found->n, sizeof *found->items, compare_items);
    for (uint32_t i = 0; i < found->n; i++) {
        if (kept == 0 || strcmp(found->items[kept - 1], found->items[i]) != 0) {
            found->items[kept++] = found->items[i];
        }
    }
    found->n = kept;
}

/* ---- the place ------------------------------------------------------------------------------- */

/* What the text in front of the word tells. */
struct place {
    const struct catalog *catalog;
    struct slice last; /* the token before the word */
    struct slice last_but_one;
    struct slice streams[8]; /* names behind FROM and JOIN */
    uint32_t n_streams;
    bool in_options; /* inside the parentheses of WITH */
    bool key_next;   /* there, where a key stands */
};

static bool is_word(struct slice token, const char *word)
{
    return slice_equal_nocase(token, slice_text(word));
}

static bool names_source(struct slice token)
{
    return is_word(token, "from") || is_word(token, "join");
}

/* Behind FROM TABLE( a name stands, too. */
static bool opens_table(const struct place *place)
{
    return slice_equal(place->last, slice_text("(")) && is_word(place->last_but_one, "table");
}

static void place_step(struct place *place, const struct token *token, uint32_t *depth)
{
    bool opens = slice_equal(token->text, slice_text("("));
    bool closes = slice_equal(token->text, slice_text(")"));
    if (opens && is_word(place->last, "with")) {
        place->in_options = true;
        *depth = 0;
    } else if (opens) {
        (*depth)++;
    } else if (closes && *depth > 0) {
        (*depth)--;
    } else if (closes) {
        place->in_options = false;
    }
    bool is_name = names_source(place->last) || opens_table(place);
    if (is_name && place->n_streams < 8) {
        place->streams[place->n_streams++] = token->text;
    }
    place->last_but_one = place->last;
    place->last = token->text;
}

static void place_read(struct place *place, struct slice before)
{
    struct lexer lexer = {.text = before};
    struct token token;
    struct error err;
    uint32_t depth = 0;
    while (lexer_next(&lexer, &token, &err) == OK && token.kind != TOKEN_END) {
        place_step(place, &token, &depth);
    }
    place->key_next = place->in_options && (slice_equal(place->last, slice_text("(")) ||
                                            slice_equal(place->last, slice_text(",")));
}

/* ---- names ----------------------------------------------------------------------------------- */

static void add_entries(const struct place *place, enum catalog_kind kind, struct candidates *found)
{
    const struct catalog_entry *entry;
    for (uint32_t i = 0; (entry = catalog_at(place->catalog, kind, i)) != NULL; i++) {
        candidates_add(found, entry->name);
    }
}

static void add_columns(const struct stream_def *stream, struct candidates *found)
{
    bool wants_hidden = found->word.len > 0 && found->word.at[0] == '_';
    for (uint32_t i = 0; i < stream->schema.n; i++) {
        if (i < stream->n_visible || wants_hidden) {
            candidates_add(found, stream->schema.fields[i].name);
        }
    }
}

static bool is_named(const struct place *place, struct slice name)
{
    uint32_t i = 0;
    while (i < place->n_streams && !slice_equal_nocase(place->streams[i], name)) {
        i++;
    }
    return i < place->n_streams;
}

/* Columns of a query's result, if it is kept. */
static void add_result_columns(const struct place *place, const struct catalog_entry *query,
                               struct candidates *found)
{
    const struct keeper *keeper = catalog_keeper(place->catalog);
    struct stream_def table;
    struct error ignored;
    if (keeper->result != NULL &&
        keeper->result(keeper->owner, query, &found->arena, &table, &ignored) == OK) {
        add_columns(&table, found);
    }
}

/* Columns of the streams and results that the statement names; of all streams while it names none,
 * because people write the SELECT list before FROM. */
static void add_all_columns(const struct place *place, struct candidates *found)
{
    const struct catalog_entry *entry;
    for (uint32_t i = 0; (entry = catalog_at(place->catalog, CATALOG_STREAM, i)) != NULL; i++) {
        if (place->n_streams == 0 || is_named(place, entry->name)) {
            add_columns(entry->stream, found);
        }
    }
    for (uint32_t i = 0; (entry = catalog_at(place->catalog, CATALOG_QUERY, i)) != NULL; i++) {
        if (is_named(place, entry->name)) {
            add_result_columns(place, entry, found);
        }
    }
}

static void add_functions(struct candidates *found)
{
    struct bytebuf call = {0};
    const struct function *function;
    const char *name;
    const char *signature;
    const char *summary;
    for (uint32_t i = 0; (function = function_at(i)) != NULL; i++) {
        if (function_is_named(function)) {
            bytebuf_clear(&call);
            bytebuf_printf(&call, "%s(", function_name(function));
            candidates_add(found, bytebuf_slice(&call));
        }
    }
    for (uint32_t i = 0; agg_at(i, &name, &signature, &summary); i++) {
        bytebuf_clear(&call);
        bytebuf_printf(&call, "%s(", name);
        candidates_add(found, bytebuf_slice(&call));
    }
    bytebuf_release(&call);
}

static void add_specs(const struct option_spec *specs, struct candidates *found)
{
    for (; specs != NULL && specs->name != NULL; specs++) {
        candidates_add(found, slice_text(specs->name));
    }
}

/* Options of all formats, sources and sinks: the statement may still say which. */
static void add_options(const struct place *place, struct candidates *found)
{
    const struct kinds *kinds = catalog_kinds(place->catalog);
    for (uint32_t i = 0; kinds->sources[i] != NULL; i++) {
        add_specs(kinds->sources[i]->options, found);
    }
    for (uint32_t i = 0; kinds->decoders[i] != NULL; i++) {
        add_specs(kinds->decoders[i]->options, found);
    }
    for (uint32_t i = 0; kinds->sinks[i] != NULL; i++) {
        add_specs(kinds->sinks[i]->options, found);
    }
}

static void add_formats(const struct place *place, struct candidates *found)
{
    const struct kinds *kinds = catalog_kinds(place->catalog);
    for (uint32_t i = 0; kinds->decoders[i] != NULL; i++) {
        candidates_add(found, slice_text(kinds->decoders[i]->name));
    }
}

static void add_durations(struct candidates *found)
{
    static const char *const durations[] = {"1s", "10s", "30s", "1m", "5m", "15m", "1h", "1d"};
    for (size_t i = 0; i < sizeof durations / sizeof *durations; i++) {
        candidates_add(found, slice_text(durations[i]));
    }
}

/* Keywords in the case that the word is typed in. */
static void add_keywords(const struct expected *expected, struct candidates *found)
{
    bool lower = found->word.len > 0 && found->word.at[0] >= 'a' && found->word.at[0] <= 'z';
    char text[64];
    for (uint32_t i = 0; i < expected->n_words; i++) {
        size_t len = strlen(expected->words[i]);
        for (size_t k = 0; k < len && len < sizeof text; k++) {
            uint8_t c = ascii_lower((uint8_t)expected->words[i][k]);
            bool is_letter = c >= 'a' && c <= 'z';
            text[k] = (char)(lower || !is_letter ? c : c - 0x20);
        }
        candidates_add(found, slice_of(text, len < sizeof text ? len : 0));
    }
}

/* ---- statements ------------------------------------------------------------------------------ */

/* A place where only names of one kind make sense. */
static bool add_named(const struct place *place, struct candidates *found)
{
    if (place->key_next) {
        add_options(place, found);
        return true;
    }
    if (opens_table(place)) {
        add_entries(place, CATALOG_STREAM, found);
        add_entries(place, CATALOG_QUERY, found);
        return true;
    }
    if (names_source(place->last)) {
        add_entries(place, CATALOG_STREAM, found);
        add_entries(place, CATALOG_TABLE, found);
        add_entries(place, CATALOG_VIEW, found);
        add_entries(place, CATALOG_QUERY, found);
        candidates_add(found, slice_text("stdin"));
        return true;
    }
    if (is_word(place->last, "into")) {
        add_entries(place, CATALOG_SINK, found);
        return true;
    }
    if (is_word(place->last, "format")) {
        add_formats(place, found);
        return true;
    }
    if (is_word(place->last, "set")) {
        add_specs(catalog_settings(), found);
        return true;
    }
    return false;
}

static void add_described(const struct place *place, struct candidates *found)
{
    bool any = is_word(place->last, "describe") || is_word(place->last, "explain") ||
               is_word(place->last, "why") || is_word(place->last, "analyze");
    for (int kind = 0; kind < CATALOG_KINDS; kind++) {
        if (any || is_word(place->last, catalog_kind_name((enum catalog_kind)kind))) {
            add_entries(place, (enum catalog_kind)kind, found);
        }
    }
}

void complete_statement(const struct catalog *catalog, struct slice before, struct slice word,
                        struct candidates *found)
{
    struct place place = {.catalog = catalog};
    struct expected expected;
    found->word = word;
    place_read(&place, before);
    if (!add_named(&place, found) && parse_expected(&found->arena, before, &expected)) {
        add_keywords(&expected, found);
        add_described(&place, found);
        if (expected.expression) {
            add_all_columns(&place, found);
            add_functions(found);
        } else if (expected.name && place.n_streams > 0) {
            add_all_columns(&place, found);
        }
        if (expected.duration) {
            add_durations(found);
        }
    }
    candidates_sort(found);
}
