/* changelog_groups: a whole changelog with the entries of each operator by key group, as snapshots
 * have them: so that threads which have some of the groups each can read theirs. */
#ifndef ENGINE_STATE_CHANGELOG_GROUPS_H
#define ENGINE_STATE_CHANGELOG_GROUPS_H

#include "engine/state/changelog.h"

/* `whole` was written with changelog.whole: it erases and drops nothing. */
void changelog_by_group(struct slice whole, struct bytebuf *out);

#endif
