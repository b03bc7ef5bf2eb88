/* floor_panes: a ring of panes with a cell for each key; see floor.h. */
#include <stdlib.h>

#include "bench/floor.h"

void panes_init(struct panes *panes, size_t cell_bytes)
{
    *panes = (struct panes){.cell_bytes = cell_bytes};
}

void panes_reserve(struct panes *panes, uint32_t n)
{
    if (n <= panes->n_cells) {
        return;
    }
    uint32_t wanted = panes->n_cells == 0 ? 1 << 16 : panes->n_cells;
    while (wanted < n) {
        wanted *= 2;
    }
    size_t old_bytes = panes->n_cells * panes->cell_bytes;
    size_t bytes = wanted * panes->cell_bytes;
    for (uint32_t i = 0; i < RING; i++) {
        panes->ring[i] = realloc(panes->ring[i], bytes);
        memset(panes->ring[i] + old_bytes, 0, bytes - old_bytes);
    }
    panes->n_cells = wanted;
}

void panes_clear(struct panes *panes, int64_t pane)
{
    memset(panes_of(panes, pane), 0, panes->n_cells * panes->cell_bytes);
}
