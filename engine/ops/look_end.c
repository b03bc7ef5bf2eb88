/* look_end: see look_end.h. */
#include "engine/ops/look_end.h"

static void look_end_push(struct op *op, struct batch *batch)
{
    const struct look_end *end = (const struct look_end *)op;
    end->look->rows(end->look->owner, batch);
}

static const struct op_kind look_end_kind = {.name = "look", .push = look_end_push};

void look_end_put(struct look_end *end, struct op *op, const struct op_look *look,
                  struct program **having)
{
    *end = (struct look_end){
        .op = {.kind = &look_end_kind, .node = op->node, .context = op->context},
        .look = look,
        .next = op->next,
        .having = having,
    };
    op->next = &end->op;
    if (having != NULL) {
        end->set_aside = *having;
        *having = NULL;
    }
}

void look_end_take(struct look_end *end, struct op *op)
{
    op->next = end->next;
    if (end->having != NULL) {
        *end->having = end->set_aside;
    }
}
