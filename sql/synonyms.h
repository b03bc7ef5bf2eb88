/* synonyms: other systems' spellings of windows, brought into the native form (language.md §7).
 *
 *     TRY(synonyms_apply(arena, select, err));       // behind the parser, before anything is bound
 *
 * After it: FROM names a stream or URI, select->window says what the window is, GROUP BY has only
 * keys, no call has OVER, and windows are called window_start, window_end and window_time. */
#ifndef SQL_SYNONYMS_H
#define SQL_SYNONYMS_H

#include "engine/base/arena.h"
#include "engine/base/status.h"
#include "sql/ast.h"

/* ERR_SQL with code and place for what is understood but cannot be meant. */
MUST_CHECK enum status synonyms_apply(struct arena *arena, struct ast_select *select,
                                      struct error *err);

#endif
