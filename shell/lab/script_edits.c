/* script_edits: see script_edits.h. */
#include "shell/lab/script_edits.h"

#include "engine/base/mem.h"
#include "engine/base/panic.h"

struct script_edit {
    size_t at;
    size_t len;
    struct bytebuf text;
};

void script_edits_add(struct script_edits *edits, size_t at, size_t len, struct slice text)
{
    const struct script_edit *last = edits->n > 0 ? &edits->items[edits->n - 1] : NULL;
    CHECK(last == NULL || at >= last->at + last->len);
    edits->items = mem_realloc(edits->items, (edits->n + 1) * sizeof *edits->items);
    struct script_edit *edit = &edits->items[edits->n++];
    *edit = (struct script_edit){.at = at, .len = len};
    bytebuf_add(&edit->text, text.at, text.len);
}

static void end_line(struct bytebuf *out)
{
    if (out->len > 0 && out->at[out->len - 1] != '\n') {
        bytebuf_add_byte(out, '\n');
    }
}

void script_edits_apply(const struct script_edits *edits, struct slice text, struct bytebuf *out)
{
    size_t done = 0;
    for (uint32_t i = 0; i < edits->n; i++) {
        const struct script_edit *edit = &edits->items[i];
        CHECK(edit->at + edit->len <= text.len);
        bytebuf_add(out, text.at + done, edit->at - done);
        end_line(out);
        bytebuf_add(out, edit->text.at, edit->text.len);
        end_line(out);
        done = edit->at + edit->len;
    }
    bytebuf_add(out, text.at + done, text.len - done);
}

void script_edits_release(struct script_edits *edits)
{
    for (uint32_t i = 0; i < edits->n; i++) {
        bytebuf_release(&edits->items[i].text);
    }
    mem_free(edits->items);
    *edits = (struct script_edits){0};
}
