/* windowing: see windowing.h. */
#include "sql/windowing.h"

#include <inttypes.h>

#include "engine/data/timestamp.h"
#include "engine/data/zone.h"
#include "sql/bind.h"
#include "sql/define_parts.h"
#include "sql/errors.h"

static enum status refuse(struct span span, struct error *err)
{
    return sql_fail(err, E_WINDOW, span);
}

/* "30s" in `arena`. */
static char *duration_text(struct arena *arena, int64_t us)
{
    struct bytebuf text = {0};
    interval_print(&text, us);
    char *copy = arena_text(arena, bytebuf_text(&text));
    bytebuf_release(&text);
    return copy;
}

/* Both orders of the two durations are in use: say what each would mean. `but` says what is wrong
 * with the order as written, or nothing. */
static void hint_readings(struct arena *arena, const struct ast_window *ast, const char *but,
                          struct error *err)
{
    char *size = duration_text(arena, ast->size.us);
    char *slide = duration_text(arena, ast->slide.us);
    const char *note = ast->order_note != NULL ? ast->order_note : "";
    error_hint(err,
               "%s%sas written this is WINDOW %s SLIDE %s%s; the other way round it is WINDOW %s "
               "SLIDE %s",
               note, note[0] != '\0' ? "; " : "", size, slide, but, slide, size);
}

static enum status check_positive(const struct ast_duration *duration, const char *what,
                                  struct error *err)
{
    if (duration->us > 0) {
        return OK;
    }
    error_set(err, ERR_SQL, "the %s of a window must be positive", what);
    if (duration->us == 0) {
        error_hint(err, "time is kept in microseconds");
    }
    return refuse(duration->span, err);
}

/* A size and a slide, or a step. */
static enum status check_pair(struct arena *arena, const struct ast_window *ast, struct error *err)
{
    const char *slide = ast->kind == AST_WINDOW_CUMULATE ? "step" : "slide";
    enum status status = check_positive(&ast->size, "size", err);
    if (!duration_given(&ast->slide)) {
        return status;
    }
    status = status == OK ? check_positive(&ast->slide, slide, err) : status;
    if (status != OK && ast->kind == AST_WINDOW_TIME) {
        hint_readings(arena, ast, "", err);
    }
    return status;
}

static enum status slide_too_large(struct arena *arena, const struct ast_window *ast,
                                   struct error *err)
{
    char *size = duration_text(arena, ast->size.us);
    char *slide = duration_text(arena, ast->slide.us);
    if (ast->kind == AST_WINDOW_CUMULATE) {
        error_set(err, ERR_SQL, "the step of %s is larger than the window of %s", slide, size);
        error_hint(err, "%s%sthe other way round it is WINDOW CUMULATE %s TO %s",
                   ast->order_note != NULL ? ast->order_note : "",
                   ast->order_note != NULL ? "; " : "", size, slide);
    } else {
        error_set(err, ERR_SQL, "the slide of %s is larger than the window of %s", slide, size);
        hint_readings(arena, ast, ", which would lose rows", err);
    }
    return refuse(ast->span, err);
}

static enum status check_panes(const struct window_spec *spec, struct span span, struct error *err)
{
    int64_t panes = spec->size_us / window_pane_us(spec);
    if (panes <= WINDOW_PANES_MAX) {
        return OK;
    }
    error_set(err, ERR_LIMIT, "this window has %" PRId64 " parts, the limit is %d", panes,
              WINDOW_PANES_MAX);
    error_hint(err, "a window is kept in parts as long as the greatest common divisor of size and "
                    "slide");
    refuse(span, err);
    return ERR_LIMIT;
}

static enum status bind_time(struct arena *arena, const struct ast_window *ast,
                             struct window_spec *out, struct error *err)
{
    TRY(check_pair(arena, ast, err));
    out->kind = ast->kind == AST_WINDOW_CUMULATE ? WINDOW_CUMULATE : WINDOW_HOP;
    out->size_us = ast->size.us;
    out->slide_us = ast->size.us;
    if (duration_given(&ast->slide)) {
        out->slide_us = ast->slide.us;
    }
    if (out->slide_us > out->size_us) {
        return slide_too_large(arena, ast, err);
    }
    if (out->kind == WINDOW_CUMULATE && out->size_us % out->slide_us != 0) {
        error_set(err, ERR_SQL, "CUMULATE needs a period that is a multiple of the step");
        return refuse(ast->span, err);
    }
    return check_panes(out, ast->span, err);
}

static enum status bind_form(struct arena *arena, const struct ast_window *ast,
                             struct window_spec *out, struct error *err)
{
    switch (ast->kind) {
    case AST_WINDOW_ABSENT:
        break;
    case AST_WINDOW_TIME:
    case AST_WINDOW_CUMULATE:
        return bind_time(arena, ast, out, err);
    case AST_WINDOW_SLIDE_ROW:
        out->kind = WINDOW_SLIDE_ROW;
        out->size_us = ast->size.us;
        return check_positive(&ast->size, "size", err);
    case AST_WINDOW_SESSION:
        out->kind = WINDOW_SESSION;
        out->size_us = ast->size.us;
        out->session_max_us = ast->session_max.us;
        if (duration_given(&ast->session_max)) {
            TRY(check_positive(&ast->session_max, "MAX", err));
        }
        return check_positive(&ast->size, "gap", err);
    case AST_WINDOW_ROWS:
        out->kind = WINDOW_ROWS;
        out->rows = ast->rows;
        out->rows_slide = ast->rows_slide > 0 ? ast->rows_slide : ast->rows;
        if (out->rows_slide > out->rows) {
            error_set(err, ERR_SQL, "the slide of %" PRId64 " rows is larger than the window",
                      out->rows_slide);
            error_hint(err,
                       "the other way round it is WINDOW %" PRId64 " ROWS SLIDE %" PRId64 " ROWS",
                       out->rows_slide, out->rows);
            return refuse(ast->span, err);
        }
        break;
    }
    return OK;
}

static enum status refuse_option(const char *option, struct span span, struct error *err)
{
    error_set(err, ERR_SQL, "%s does not go with this kind of window", option);
    error_hint(err, "OFFSET, TIMEZONE and FILL are for windows of fixed size, GRACE for these and "
                    "sessions");
    return refuse(span, err);
}

static enum status bind_options(struct arena *arena, const struct fs *fs,
                                const struct ast_window *ast, struct window_spec *out,
                                struct error *err)
{
    bool fixed = out->kind == WINDOW_HOP || out->kind == WINDOW_CUMULATE;
    if (duration_given(&ast->offset) && !fixed) {
        return refuse_option("OFFSET", ast->offset.span, err);
    }
    if (duration_given(&ast->grace) && !fixed && out->kind != WINDOW_SESSION) {
        return refuse_option("GRACE", ast->grace.span, err);
    }
    if (name_given(&ast->zone) && !fixed) {
        return refuse_option("TIMEZONE", ast->zone.span, err);
    }
    if ((ast->fill_given || ast->fill_windows > 0) && !fixed) {
        return refuse_option("FILL", ast->fill_span, err);
    }
    if (!ast->fill_given && ast->fill_windows > 0) {
        error_set(err, ERR_SQL, "FOR n WINDOWS needs FILL 0, FILL NULL or FILL PREVIOUS before it");
        return refuse(ast->fill_span, err);
    }
    if (ast->grace.us < 0) {
        error_set(err, ERR_SQL, "GRACE cannot be negative");
        return refuse(ast->grace.span, err);
    }
    /* Windows that are shifted by a whole period are the same windows. */
    int64_t period_us = out->kind == WINDOW_CUMULATE ? out->size_us : out->slide_us;
    out->offset_us = fixed ? ast->offset.us % period_us : 0;
    out->grace_us = ast->grace.us;
    out->fill = (enum fill_kind)ast->fill;
    out->fill_windows = ast->fill_windows > 0 ? ast->fill_windows : 1;
    if (name_given(&ast->zone)) {
        TRY(place_default(zone_load(arena, fs, ast->zone.text, &out->zone, err), ast->zone.span,
                          err));
    }
    return OK;
}

enum status window_bind(struct arena *arena, const struct fs *fs, const struct ast_window *ast,
                        struct window_spec *out, struct error *err)
{
    *out = (struct window_spec){.kind = WINDOW_NONE, .fill_windows = 1};
    if (ast->kind == AST_WINDOW_ABSENT) {
        return OK;
    }
    TRY(bind_form(arena, ast, out, err));
    return bind_options(arena, fs, ast, out, err);
}
