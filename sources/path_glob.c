/* path_glob: see path_glob.h. */
#include "sources/path_glob.h"

#include <fnmatch.h>
#include <stdio.h>

#include "engine/base/mem.h"

/* The pattern on its way: one of its names after the other. */
struct glob_walk {
    struct path_glob *glob;
    const char *name; /* NUL-terminated, without slashes */
    bool is_last;
    bool is_fixed;          /* no wildcard so far */
    struct bytebuf folders; /* that match what is in front of `name` */
    struct bytebuf next;
    uint32_t n_next;
};

void path_glob_init(struct path_glob *glob, const struct fs *fs, struct slice pattern)
{
    *glob = (struct path_glob){.fs = fs, .pattern = mem_text(pattern.at, pattern.len)};
}

void path_glob_release(struct path_glob *glob)
{
    mem_free(glob->pattern);
    bytebuf_release(&glob->paths);
    bytebuf_release(&glob->folders);
    glob->pattern = NULL;
}

bool path_has_wildcards(const char *pattern)
{
    return strpbrk(pattern, "*?[\\") != NULL;
}

size_t path_folder_length(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? 0 : (size_t)(slash - path) + 1;
}

const char *path_next(const struct bytebuf *list, const char *path)
{
    const char *next = path == NULL ? (const char *)list->at : path + strlen(path) + 1;
    return list->len == 0 || next == (const char *)list->at + list->len ? NULL : next;
}

/* ---- one name of the pattern ---------------------------------------------------------------- */

/* Behind a wildcard only folders count that are there: in front of one they are listed, and that
 * tells. */
static bool is_passed_over(const struct glob_walk *walk, const char *folder, const char *name)
{
    const struct fs *fs = walk->glob->fs;
    struct bytebuf path = {0};
    struct fs_stat stat;
    if (walk->is_last || (walk->is_fixed && !path_has_wildcards(walk->name))) {
        return false;
    }
    bytebuf_printf(&path, "%s%s", folder, name);
    bool is_folder = fs->stat(fs, bytebuf_text(&path), &stat, NULL) == OK && stat.is_directory;
    bytebuf_release(&path);
    return !is_folder;
}

static enum status add_match(struct glob_walk *walk, const char *folder, const char *name,
                             struct error *err)
{
    if (is_passed_over(walk, folder, name)) {
        return OK;
    }
    if (walk->n_next == PATH_GLOB_MAX) {
        return error_set(err, ERR_LIMIT, "more than %d paths match \"%s\"", PATH_GLOB_MAX,
                         walk->glob->pattern);
    }
    bytebuf_printf(&walk->next, "%s%s%s", folder, name, walk->is_last ? "" : "/");
    bytebuf_add_byte(&walk->next, 0);
    walk->n_next++;
    return OK;
}

static enum status match_names(struct glob_walk *walk, const char *folder, struct error *err)
{
    const struct fs *fs = walk->glob->fs;
    struct bytebuf names = {0};
    struct error why;
    enum status status = fs->list(fs, *folder == 0 ? "." : folder, &names, &why);
    if (status != OK && walk->is_fixed && err != NULL) {
        *err = why;
    } else if (status != OK && !walk->is_fixed) {
        status = OK;
    }
    for (const char *name = NULL; status == OK && (name = path_next(&names, name)) != NULL;) {
        if (fnmatch(walk->name, name, FNM_PERIOD) == 0) {
            status = add_match(walk, folder, name, err);
        }
    }
    bytebuf_release(&names);
    return status;
}

/* A name without wildcards: the last one matches if it is there, folders are listed soon enough. */
static enum status take_name(struct glob_walk *walk, const char *folder, struct error *err)
{
    const struct fs *fs = walk->glob->fs;
    if (!walk->is_last) {
        return add_match(walk, folder, walk->name, err);
    }
    struct fs_stat stat;
    struct bytebuf path = {0};
    bytebuf_printf(&path, "%s%s", folder, walk->name);
    bool is_there = fs->stat(fs, bytebuf_text(&path), &stat, NULL) == OK;
    bytebuf_release(&path);
    if (is_there) {
        return add_match(walk, folder, walk->name, err);
    }
    return walk->is_fixed ? fs->stat(fs, *folder == 0 ? "." : folder, &stat, err) : OK;
}

static enum status match_folder(struct glob_walk *walk, const char *folder, struct error *err)
{
    bool is_wild = path_has_wildcards(walk->name);
    if (is_wild || walk->is_last || !walk->is_fixed) {
        bytebuf_add(&walk->glob->folders, folder, strlen(folder) + 1);
    }
    return is_wild ? match_names(walk, folder, err) : take_name(walk, folder, err);
}

static enum status match_name(struct glob_walk *walk, struct error *err)
{
    bytebuf_clear(&walk->next);
    walk->n_next = 0;
    for (const char *folder = NULL; (folder = path_next(&walk->folders, folder)) != NULL;) {
        TRY(match_folder(walk, folder, err));
    }
    struct bytebuf done = walk->folders;
    walk->folders = walk->next;
    walk->next = done;
    walk->is_fixed = walk->is_fixed && !path_has_wildcards(walk->name);
    return OK;
}

/* ---- the whole pattern ---------------------------------------------------------------------- */

/* `names` is the pattern; its slashes become NULs. */
static enum status walk_names(struct glob_walk *walk, char *names, struct error *err)
{
    size_t root = strspn(names, "/");
    bytebuf_add(&walk->folders, "/", root > 0);
    bytebuf_add_byte(&walk->folders, 0);
    char *name = names + root;
    while (!walk->is_last) {
        char *slash = strchr(name, '/');
        char *next = slash == NULL ? NULL : slash + strspn(slash, "/");
        if (slash != NULL) {
            *slash = 0;
        }
        walk->name = name;
        walk->is_last = next == NULL || *next == 0;
        TRY(match_name(walk, err));
        name = next;
    }
    return OK;
}

enum status path_glob_look(struct path_glob *glob, struct error *err)
{
    struct glob_walk walk = {.glob = glob, .is_fixed = true};
    char *names = mem_text(glob->pattern, strlen(glob->pattern));
    bytebuf_clear(&glob->paths);
    bytebuf_clear(&glob->folders);
    enum status status = walk_names(&walk, names, err);
    if (status == OK) {
        bytebuf_add(&glob->paths, walk.folders.at, walk.folders.len);
    } else {
        bytebuf_clear(&glob->folders);
    }
    bytebuf_release(&walk.folders);
    bytebuf_release(&walk.next);
    mem_free(names);
    return status;
}
