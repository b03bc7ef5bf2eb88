/* look_end: the end of a chain while its state is looked at (op_look): what an operator emits goes
 * to the one who looks, whatever HAVING says.
 *
 *     struct look_end end;
 *     look_end_put(&end, op, look, &agg->having);          // NULL: it has none
 *     …emit as ever…
 *     look_end_take(&end, op);
 */
#ifndef ENGINE_OPS_LOOK_END_H
#define ENGINE_OPS_LOOK_END_H

#include "engine/ops/op.h"

struct look_end {
    struct op op;
    const struct op_look *look;
    struct op *next; /* whose place it takes */
    struct program **having;
    struct program *set_aside;
};

void look_end_put(struct look_end *end, struct op *op, const struct op_look *look,
                  struct program **having);
void look_end_take(struct look_end *end, struct op *op);

#endif
