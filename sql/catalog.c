/* catalog: see catalog.h. */
#include "sql/catalog.h"

#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "engine/base/textbuf.h"
#include "sql/errors.h"
#include "sql/suggest.h"

struct catalog {
    const struct kinds *kinds;
    const struct fs *fs;
    const struct clock *clock;
    struct sampler sampler;
    struct keeper keeper;
    struct arena arena;
    struct catalog_entry **entries; /* in the order they were made */
    uint32_t n;
    uint32_t cap;
    struct options settings;
    struct catalog_stdin standard_input;
};

struct catalog *catalog_new(const struct kinds *kinds, const struct fs *fs,
                            const struct clock *clock)
{
    struct catalog *catalog = mem_zalloc(sizeof *catalog);
    catalog->kinds = kinds;
    catalog->fs = fs;
    catalog->clock = clock;
    arena_init(&catalog->arena);
    options_init(&catalog->settings, &catalog->arena);
    return catalog;
}

void catalog_free(struct catalog *catalog)
{
    if (catalog != NULL) {
        arena_release(&catalog->arena);
        mem_free(catalog->entries);
        mem_free(catalog);
    }
}

void catalog_set_sampler(struct catalog *catalog, const struct sampler *sampler)
{
    catalog->sampler = *sampler;
}

void catalog_set_keeper(struct catalog *catalog, const struct keeper *keeper)
{
    catalog->keeper = *keeper;
}

const struct keeper *catalog_keeper(const struct catalog *catalog)
{
    return &catalog->keeper;
}

const struct kinds *catalog_kinds(const struct catalog *catalog)
{
    return catalog->kinds;
}

const struct fs *catalog_fs(const struct catalog *catalog)
{
    return catalog->fs;
}

struct catalog_stdin *catalog_stdin(struct catalog *catalog)
{
    return &catalog->standard_input;
}

struct arena *catalog_arena(struct catalog *catalog)
{
    return &catalog->arena;
}

enum status catalog_sample(const struct catalog *catalog, const struct stream_def *partial,
                           struct arena *arena, struct slice *out, struct error *err)
{
    if (catalog->sampler.sample == NULL) {
        *out = (struct slice){0};
        return OK;
    }
    return catalog->sampler.sample(catalog->sampler.owner, partial, arena, out, err);
}

bool catalog_past(const struct catalog *catalog, const struct stream_def *partial,
                  struct arena *arena, struct fingerprint_source *out)
{
    const struct sampler *sampler = &catalog->sampler;
    return sampler->past != NULL && sampler->past(sampler->owner, partial, arena, out);
}

const char *catalog_sniff(const struct catalog *catalog, struct slice sample)
{
    const struct kinds *kinds = catalog->kinds;
    return kinds->sniff != NULL && sample.len > 0 ? kinds->sniff(sample) : NULL;
}

/* ---- entries --------------------------------------------------------------------------------- */

const char *catalog_kind_name(enum catalog_kind kind)
{
    static const char *const names[CATALOG_KINDS] = {
        [CATALOG_STREAM] = "stream", [CATALOG_TABLE] = "table", [CATALOG_VIEW] = "view",
        [CATALOG_SINK] = "sink",     [CATALOG_QUERY] = "query",
    };
    return names[kind];
}

/* Index of the entry, or n. */
static uint32_t entry_index(const struct catalog *catalog, enum catalog_kind kind,
                            struct slice name)
{
    uint32_t i = 0;
    while (i < catalog->n && (catalog->entries[i]->kind != kind ||
                              !slice_equal_nocase(catalog->entries[i]->name, name))) {
        i++;
    }
    return i;
}

const struct catalog_entry *catalog_find(const struct catalog *catalog, enum catalog_kind kind,
                                         struct slice name)
{
    uint32_t i = entry_index(catalog, kind, name);
    return i < catalog->n ? catalog->entries[i] : NULL;
}

const struct catalog_entry *catalog_at(const struct catalog *catalog, enum catalog_kind kind,
                                       uint32_t index)
{
    for (uint32_t i = 0; i < catalog->n; i++) {
        if (catalog->entries[i]->kind == kind && index-- == 0) {
            return catalog->entries[i];
        }
    }
    return NULL;
}

enum status catalog_missing(const struct catalog *catalog, unsigned kinds, struct slice name,
                            struct error *err)
{
    struct suggest suggest = suggest_for(name);
    uint32_t known = 0;
    for (uint32_t i = 0; i < catalog->n; i++) {
        if ((kinds & 1u << catalog->entries[i]->kind) != 0) {
            suggest_add(&suggest, catalog->entries[i]->name);
            known++;
        }
    }
    struct bytebuf shown = {0};
    textbuf_escaped(&shown, name);
    const char *kind = catalog_kind_name((enum catalog_kind)__builtin_ctz(kinds));
    error_set(err, ERR_SQL, "no such %s \"%.100s\"", kind, bytebuf_text(&shown));
    bytebuf_release(&shown);
    if (!suggest_hint(&suggest, err) && known == 0 && kinds != 1u << CATALOG_SINK) {
        error_hint(err, "there is no %s yet", kind);
    }
    error_place(err, E_NO_OBJECT, -1, -1);
    return ERR_SQL;
}

/* Streams, tables and views stand in FROM and share their names; sinks and queries do not. */
static bool names_clash(enum catalog_kind a, enum catalog_kind b)
{
    return a == b || (a <= CATALOG_VIEW && b <= CATALOG_VIEW);
}

enum status catalog_add(struct catalog *catalog, const struct catalog_entry *entry,
                        struct error *err)
{
    for (uint32_t i = 0; i < catalog->n; i++) {
        const struct catalog_entry *other = catalog->entries[i];
        if (names_clash(other->kind, entry->kind) && slice_equal_nocase(other->name, entry->name)) {
            struct bytebuf shown = {0};
            textbuf_escaped(&shown, other->name);
            error_set(err, ERR_SQL, "there is a %s \"%.100s\" already",
                      catalog_kind_name(other->kind), bytebuf_text(&shown));
            bytebuf_release(&shown);
            error_place(err, E_EXISTS, -1, -1);
            return ERR_SQL;
        }
    }
    if (catalog->n == catalog->cap) {
        catalog->cap = catalog->cap == 0 ? 16 : 2 * catalog->cap;
        catalog->entries = mem_realloc(catalog->entries, catalog->cap * sizeof *catalog->entries);
    }
    struct catalog_entry *kept = arena_alloc(&catalog->arena, sizeof *kept);
    *kept = *entry;
    catalog->entries[catalog->n++] = kept;
    return OK;
}

static bool uses(const struct catalog_entry *user, const struct catalog_entry *entry)
{
    return entry->kind == CATALOG_SINK
               ? user->kind == CATALOG_QUERY && slice_equal_nocase(user->writes, entry->name)
               : user->from == entry;
}

enum status catalog_check_unused(const struct catalog *catalog, enum catalog_kind kind,
                                 struct slice name, struct error *err)
{
    const struct catalog_entry *entry = catalog_find(catalog, kind, name);
    CHECK(entry != NULL);
    for (uint32_t i = 0; i < catalog->n; i++) {
        const struct catalog_entry *user = catalog->entries[i];
        if (!uses(user, entry)) {
            continue;
        }
        struct bytebuf shown = {0};
        textbuf_escaped(&shown, user->name);
        error_set(err, ERR_SQL, "%s \"%.100s\" %s this %s", catalog_kind_name(user->kind),
                  bytebuf_text(&shown), entry->kind == CATALOG_SINK ? "writes to" : "reads",
                  catalog_kind_name(entry->kind));
        error_hint(err, "DROP %s %s first", user->kind == CATALOG_VIEW ? "VIEW" : "QUERY",
                   bytebuf_text(&shown));
        bytebuf_release(&shown);
        error_place(err, E_IN_USE, -1, -1);
        return ERR_SQL;
    }
    return OK;
}

enum status catalog_drop(struct catalog *catalog, enum catalog_kind kind, struct slice name,
                         struct error *err)
{
    uint32_t i = entry_index(catalog, kind, name);
    if (i == catalog->n) {
        return catalog_missing(catalog, 1u << kind, name, err);
    }
    TRY(catalog_check_unused(catalog, kind, name, err));
    catalog->n--;
    memmove(&catalog->entries[i], &catalog->entries[i + 1],
            (catalog->n - i) * sizeof *catalog->entries);
    return OK;
}

enum status catalog_stop(struct catalog *catalog, struct slice query, bool stopped,
                         struct error *err)
{
    uint32_t i = entry_index(catalog, CATALOG_QUERY, query);
    if (i == catalog->n) {
        return catalog_missing(catalog, 1u << CATALOG_QUERY, query, err);
    }
    catalog->entries[i]->stopped = stopped;
    return OK;
}

/* ---- settings -------------------------------------------------------------------------------- */

static const struct option_spec settings[] = {
    {"trigger", OPTION_TEXT, "asap", "when results leave: asap, once, or an interval such as 1s"},
    {"checkpoint", OPTION_DURATION, "1s", "how often state and transactional sinks commit"},
    {"once", OPTION_BOOLEAN, "false", "read what is there now and end"},
    {"no_flush", OPTION_BOOLEAN, "false", "keep windows open at the end of finite input"},
    {"since", OPTION_TEXT, NULL, "only results of this time and later"},
    {"until", OPTION_TEXT, NULL,
     "a query ends behind the first row of its result for which this is true"},
    {"threads", OPTION_INTEGER, "1", "threads of a query"},
    {"memory_limit", OPTION_BYTES, "1GiB", "most state that a query may keep"},
    {"dead_limit", OPTION_BYTES, "64MiB", "most bytes of rejected rows in a --state directory"},
    {"retain", OPTION_TEXT, NULL,
     "kept of a stream or result for FROM TABLE(s): 1h, 64MB, off; at the prompt 16MiB, else off"},
    {"retain_limit", OPTION_BYTES, "256MiB",
     "most bytes kept of a stream or result, whatever RETAIN says"},
    {NULL, OPTION_TEXT, NULL, NULL},
};

const struct option_spec *catalog_settings(void)
{
    return settings;
}

static const struct option_spec *setting_find(struct slice key)
{
    const struct option_spec *spec = settings;
    while (spec->name != NULL && !slice_equal_nocase(slice_text(spec->name), key)) {
        spec++;
    }
    return spec->name != NULL ? spec : NULL;
}

static enum status setting_missing(struct slice key, struct error *err)
{
    struct suggest suggest = suggest_for(key);
    for (const struct option_spec *spec = settings; spec->name != NULL; spec++) {
        suggest_add(&suggest, slice_text(spec->name));
    }
    struct bytebuf shown = {0};
    textbuf_escaped(&shown, key);
    error_set(err, ERR_SQL, "no such setting \"%.100s\"", bytebuf_text(&shown));
    bytebuf_release(&shown);
    if (!suggest_hint(&suggest, err)) {
        error_hint(err, "SHOW SETTINGS lists them");
    }
    error_place(err, E_SETTING, -1, -1);
    return ERR_SQL;
}

/* The trigger is a word or a duration, which the option types cannot say. */
static enum status check_trigger(struct slice value, struct error *err)
{
    if (slice_equal_nocase(value, slice_text("asap")) ||
        slice_equal_nocase(value, slice_text("once"))) {
        return OK;
    }
    struct option item = {.key = slice_text("trigger"), .value = value, .at = -1};
    struct options one = {.n = 1, .items = &item};
    int64_t us;
    TRY(options_duration(&one, "trigger", 0, &us, err));
    if (us <= 0) {
        return error_set(err, ERR_SQL, "a trigger interval must be positive");
    }
    return OK;
}

static enum status check_value(const struct option_spec *spec, struct slice value,
                               struct error *err)
{
    if (spec == &settings[0]) {
        return check_trigger(value, err);
    }
    struct retain retain;
    if (strcmp(spec->name, "retain") == 0 && !retain_parse(value, &retain)) {
        return error_set(err, ERR_SQL, "retain is a time such as 1h, a size such as 64MB, or off");
    }
    struct option item = {.key = slice_text(spec->name), .value = value, .at = -1};
    struct options one = {.n = 1, .items = &item};
    const struct option_spec *lists[] = {settings};
    return options_check(&one, lists, 1, "settings", err);
}

enum status catalog_check_setting(struct slice key, struct slice value, struct error *err)
{
    const struct option_spec *spec = setting_find(key);
    if (spec == NULL) {
        return setting_missing(key, err);
    }
    if (check_value(spec, value, err) == OK) {
        return OK;
    }
    if (err != NULL) {
        err->status = ERR_SQL;
    }
    error_place(err, E_SETTING, -1, -1);
    return ERR_SQL;
}

enum status catalog_set(struct catalog *catalog, struct slice key, struct slice value,
                        struct error *err)
{
    TRY(catalog_check_setting(key, value, err));
    struct slice name = slice_text(setting_find(key)->name);
    value = arena_copy(&catalog->arena, value);
    for (uint32_t i = 0; i < catalog->settings.n; i++) {
        if (slice_equal(catalog->settings.items[i].key, name)) {
            catalog->settings.items[i].value = value;
            return OK;
        }
    }
    return options_put(&catalog->settings, name, value, -1, err);
}

struct slice catalog_setting(const struct catalog *catalog, const char *key)
{
    const struct option_spec *spec = setting_find(slice_text(key));
    CHECK(spec != NULL);
    return options_text(&catalog->settings, key, spec->fallback);
}

const struct options *catalog_set_options(const struct catalog *catalog)
{
    return &catalog->settings;
}
