/* shelf_sink: a transactional sink of a test that keeps rows as they are typed, and knows for each
 * commit how many calls its job had made of a simulated file system: so that after a crash at any
 * call the shelf can be had as it was then.
 *
 *     struct shelf shelf;
 *     shelf_init(&shelf);
 *     …INSERT INTO 'shelf:NUMBER' …, NUMBER being shelf_number(&shelf); a job runs on fs…
 *     shelf_crash(&shelf, calls);             // what was committed later is gone
 *     …the next job…
 *     answer_take(&answer, &shelf.rows, plan);
 *     shelf_release(&shelf);
 */
#ifndef TESTS_DIFFERENTIAL_SHELF_SINK_H
#define TESTS_DIFFERENTIAL_SHELF_SINK_H

#include "sinks/memory_sink.h"
#include "tests/support/simfs.h"

struct shelf {
    struct memory_rows rows;
    const struct simfs *fs; /* of the job that runs */
    struct bytebuf commits; /* struct shelf_commit */
};

extern const struct sink_kind shelf_sink;

void shelf_init(struct shelf *shelf);
void shelf_release(struct shelf *shelf);
/* Where it is, for a URI: a sink is told nothing else. */
uint64_t shelf_number(const struct shelf *shelf);
/* As it was after so many calls of the present life; the next life begins. */
void shelf_crash(struct shelf *shelf, uint32_t calls);

#endif
