/* window: see window.h. */
#include "engine/plan/window.h"

#include "engine/base/checked.h"
#include "engine/base/panic.h"
#include "engine/data/zone.h"

void window_grid_init(struct window_grid *grid, const struct window_spec *spec)
{
    *grid = (struct window_grid){.spec = spec, .pane_us = 0, .size_panes = 1, .slide_panes = 1};
    if (spec->kind == WINDOW_NONE) {
        return;
    }
    CHECK(spec->kind == WINDOW_HOP || spec->kind == WINDOW_CUMULATE);
    grid->pane_us = window_pane_us(spec);
    grid->size_panes = spec->size_us / grid->pane_us;
    grid->slide_panes = spec->kind == WINDOW_HOP ? spec->slide_us / grid->pane_us : 1;
}

int64_t window_pane(const struct window_grid *grid, int64_t time_us)
{
    if (grid->pane_us == 0) {
        return 0;
    }
    int64_t local = time_us - grid->spec->offset_us;
    if (grid->spec->zone != NULL) {
        local += zone_offset_us(grid->spec->zone, time_us);
    }
    return floor_div(local, grid->pane_us);
}

int64_t window_pane_start(const struct window_grid *grid, int64_t pane)
{
    int64_t local;
    if (grid->pane_us == 0 || checked_mul(pane, grid->pane_us, &local) ||
        checked_add(local, grid->spec->offset_us, &local)) {
        return pane < 0 ? TIME_NONE + 1 : TIME_END;
    }
    return grid->spec->zone == NULL ? local : zone_to_utc_us(grid->spec->zone, local);
}

int64_t window_first_pane(const struct window_grid *grid, int64_t k)
{
    if (grid->spec->kind == WINDOW_CUMULATE) {
        return floor_div(k, grid->size_panes) * grid->size_panes;
    }
    return k * grid->slide_panes;
}

int64_t window_end_pane(const struct window_grid *grid, int64_t k)
{
    if (grid->spec->kind == WINDOW_CUMULATE) {
        return k + 1;
    }
    return k * grid->slide_panes + grid->size_panes;
}

int64_t window_first_of(const struct window_grid *grid, int64_t pane)
{
    if (grid->spec->kind == WINDOW_CUMULATE) {
        return pane;
    }
    return floor_div(pane - grid->size_panes, grid->slide_panes) + 1;
}

int64_t window_last_of(const struct window_grid *grid, int64_t pane)
{
    if (grid->spec->kind == WINDOW_CUMULATE) {
        return (floor_div(pane, grid->size_panes) + 1) * grid->size_panes - 1;
    }
    return floor_div(pane, grid->slide_panes);
}

int64_t window_end_us(const struct window_grid *grid, int64_t k)
{
    return grid->pane_us == 0 ? TIME_END : window_pane_start(grid, window_end_pane(grid, k));
}

int64_t window_start_us(const struct window_grid *grid, int64_t k)
{
    return window_pane_start(grid, window_first_pane(grid, k));
}

/* Whether `number` stretches of so many panes end near enough to 1970. Times lie less than 2^58 µs
 * from it (timestamp.h), and a window that has them may begin its size before that. */
static bool is_near(const struct window_grid *grid, int64_t number, int64_t n_panes)
{
    const uint64_t far_us = UINT64_C(1) << 59;
    uint64_t panes = grid->pane_us == 0 ? 0 : far_us / (uint64_t)grid->pane_us;
    uint64_t most = (panes + (uint64_t)grid->size_panes) / (uint64_t)n_panes + 1;
    return (number < 0 ? -(uint64_t)number : (uint64_t)number) <= most;
}

bool window_has_pane(const struct window_grid *grid, int64_t pane)
{
    return is_near(grid, pane, 1);
}

bool window_has(const struct window_grid *grid, int64_t k)
{
    return is_near(grid, k, grid->slide_panes);
}

bool window_is_due(const struct window_grid *grid, int64_t k, int64_t watermark)
{
    int64_t closes;
    if (watermark == TIME_END) {
        return true;
    }
    return !checked_add(window_end_us(grid, k), grid->spec->grace_us, &closes) &&
           closes <= watermark;
}

enum window_merge window_merge_of(const struct window_spec *window, enum emit_kind emit,
                                  bool invertible)
{
    struct window_grid grid;
    window_grid_init(&grid, window);
    if (grid.size_panes == 1) {
        return WINDOW_ONE_PANE;
    }
    if (emit != EMIT_CLOSE || grid.size_panes <= WINDOW_MERGE_ANEW_MAX) {
        return WINDOW_MERGE_ANEW;
    }
    bool grows = window->kind == WINDOW_CUMULATE; /* and forgets all of its panes at once */
    return invertible && !grows ? WINDOW_EXACT_INVERSE : WINDOW_TREE_OF_PANES;
}

const char *window_merge_name(enum window_merge merge)
{
    static const char *const names[] = {
        [WINDOW_ONE_PANE] = "one pane a window",
        [WINDOW_MERGE_ANEW] = "panes merged for each window",
        [WINDOW_EXACT_INVERSE] = "running sum with exact inverse",
        [WINDOW_TREE_OF_PANES] = "tree of merged panes",
    };
    return names[merge];
}
