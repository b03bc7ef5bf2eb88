/* groups: the group keys of a plan node in a table (table.h): rows to ids, ids to key columns, keys
 * to saved bytes. Without keys there is one group, and its key is empty. */
#ifndef ENGINE_OPS_GROUPS_H
#define ENGINE_OPS_GROUPS_H

#include "engine/data/batch.h"
#include "engine/plan/plan.h"
#include "engine/state/table.h"

/* The group of every row; new groups are added. Key columns must be decoded. */
void groups_find(struct table *table, const struct plan_node *node, const struct batch *batch,
                 uint32_t *ids);

/* Keeps the groups of a batch's rows while it is worked on, and forgets those that nobody else
 * holds afterwards. */
void groups_hold(struct table *table, const uint32_t *ids, uint32_t n);
void groups_let_go(struct table *table, const uint32_t *ids, uint32_t n);

/* The n_keys key columns of n groups. Values are in `arena`; text may stay in the table: valid
 * until the next add or drop. */
void groups_columns(const struct table *table, const struct plan_node *node, const uint32_t *ids,
                    uint32_t n, struct arena *arena, struct column *columns);

/* Ids in the order of keys: <0, 0, >0. `owner` is the table. For timers.h. */
int groups_compare(const void *owner, uint32_t a, uint32_t b);

/* Length and bytes. */
void groups_save(const struct table *table, uint32_t id, struct bytebuf *out);
/* As the key of a changelog's entry, or the end of it. */
void groups_put_key(const struct table *table, uint32_t id, struct bytebuf *out);
/* Which of the KEY_GROUPS it is in (changelog.h). */
uint8_t groups_key_group(const struct table *table, uint32_t id);
/* The id of the saved key, which is added if it is new; TABLE_NO_ID if the bytes are no key of this
 * node. */
uint32_t groups_load(struct table *table, const struct plan_node *node, struct reader *in);
/* The same of what groups_put_key has written. */
uint32_t groups_take_key(struct table *table, const struct plan_node *node, struct slice key);

#endif
