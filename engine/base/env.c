/* env: see env.h. */
#include "engine/base/env.h"

#include <stdlib.h>

enum { NAME_BYTES_MAX = 128 };

static enum status env_add(struct slice name, struct bytebuf *out, struct error *err)
{
    char text[NAME_BYTES_MAX + 1];
    if (name.len == 0 || name.len > NAME_BYTES_MAX) {
        return error_set(err, ERR_OPTION, "${…} needs a name of 1 to %d bytes", NAME_BYTES_MAX);
    }
    memcpy(text, name.at, name.len);
    text[name.len] = '\0';
    const char *value = getenv(text);
    if (value == NULL) {
        return error_set(err, ERR_OPTION, "the environment has no variable \"%s\"", text);
    }
    bytebuf_add_text(out, value);
    return OK;
}

static enum status env_expand_into(struct slice text, struct bytebuf *out, struct error *err)
{
    for (size_t i = 0; i < text.len; i++) {
        bool begins = i + 1 < text.len && text.at[i] == '$' && text.at[i + 1] == '{';
        if (!begins) {
            bytebuf_add_byte(out, text.at[i]);
            continue;
        }
        const uint8_t *name = text.at + i + 2;
        const uint8_t *end = memchr(name, '}', text.len - i - 2);
        if (end == NULL) {
            return error_set(err, ERR_OPTION, "${ without its }");
        }
        TRY(env_add(slice_of(name, (size_t)(end - name)), out, err));
        i = (size_t)(end - text.at);
    }
    return OK;
}

enum status env_expand(struct slice text, struct bytebuf *out, struct error *err)
{
    size_t before = out->len;
    enum status status = env_expand_into(text, out, err);
    if (status != OK) {
        out->len = before;
    }
    return status;
}
