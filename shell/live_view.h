/* live_view: a sink that shows a result as a table which is redrawn in place (screen.h): of windows
 * the newest rows, of a changing result its rows as they are now, of a complete one all that fits.
 * A changing result without windows that is higher than the terminal is cut to the rows with the
 * largest values of its first number. Windows that are still open are dim. The last picture stays
 * on the terminal. */
#ifndef SHELL_LIVE_VIEW_H
#define SHELL_LIVE_VIEW_H

#include "engine/io/sink.h"
#include "engine/plan/plan.h"
#include "shell/screen.h"

/* Rows that are kept of one result. */
enum { LIVE_ROWS_MAX = 1000 };

/* True for results that are redrawn: aggregates that say something while the query runs. */
bool live_view_fits(const struct plan *plan);

/* The screen and plan must outlive the sink. `whole`: the last picture has all rows that are kept,
 * not as many as the terminal is high. */
struct sink *live_view_new(struct screen *screen, const struct plan *plan, bool whole);

/* How far the query's time has come: windows that end later are open. TIME_NONE = all are. At first
 * none is. */
void live_view_set_watermark(struct sink *view, int64_t watermark);

#endif
