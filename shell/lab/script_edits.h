/* script_edits: what `tailrace test --update` changes in a file: pieces of its text and what stands
 * there from now on, in the order of the file.
 *
 *     struct script_edits edits = {0};
 *     script_edits_add(&edits, at, len, slice_text("3,4\n"));     // `at` counts from the file's
 * start script_edits_apply(&edits, text, &out); script_edits_release(&edits); */
#ifndef SHELL_LAB_SCRIPT_EDITS_H
#define SHELL_LAB_SCRIPT_EDITS_H

#include "engine/base/bytebuf.h"
#include "engine/base/slice.h"

struct script_edit;

/* Zeroed: none. */
struct script_edits {
    struct script_edit *items;
    uint32_t n;
};

/* The `len` bytes at `at` become `text` (copied), whole lines. Not before an edit that was added
 * earlier. */
void script_edits_add(struct script_edits *edits, size_t at, size_t len, struct slice text);
/* Appends the changed text. */
void script_edits_apply(const struct script_edits *edits, struct slice text, struct bytebuf *out);
void script_edits_release(struct script_edits *edits);

#endif
