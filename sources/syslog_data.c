/* syslog_data: see syslog_data.h. */
#include "sources/syslog_data.h"

#include "engine/base/textbuf.h"

static bool cut_byte(struct slice *rest, uint8_t byte)
{
    if (rest->len == 0 || rest->at[0] != byte) {
        return false;
    }
    *rest = slice_of(rest->at + 1, rest->len - 1);
    return true;
}

/* SD-NAME: printable ASCII without = ] " and blank. The RFC allows 32 bytes; senders take more. */
static bool cut_name(struct slice *rest, struct slice *name)
{
    size_t len = 0;
    while (len < rest->len && rest->at[len] > ' ' && rest->at[len] < 0x7f && rest->at[len] != '=' &&
           rest->at[len] != ']' && rest->at[len] != '"') {
        len++;
    }
    *name = slice_of(rest->at, len);
    *rest = slice_of(rest->at + len, rest->len - len);
    return len > 0;
}

/* Behind the opening quote up to behind the closing one. Only \" \\ and \] are escapes, any other
 * backslash is itself. */
static bool cut_value(struct slice *rest, struct bytebuf *value)
{
    for (size_t i = 0; i < rest->len; i++) {
        uint8_t c = rest->at[i];
        if (c == '"') {
            *rest = slice_of(rest->at + i + 1, rest->len - i - 1);
            return true;
        }
        if (c == '\\' && i + 1 < rest->len &&
            (rest->at[i + 1] == '"' || rest->at[i + 1] == '\\' || rest->at[i + 1] == ']')) {
            c = rest->at[++i];
        }
        if (value != NULL) {
            bytebuf_add_byte(value, c);
        }
    }
    return false;
}

static void add_key(struct bytebuf *json, struct slice key, bool is_first)
{
    if (json != NULL) {
        bytebuf_add_text(json, is_first ? "" : ",");
        textbuf_json(json, key);
        bytebuf_add_byte(json, ':');
    }
}

static bool cut_parameter(struct slice *rest, struct bytebuf *json, bool is_first)
{
    struct slice name;
    struct bytebuf value = {0};
    if (!cut_name(rest, &name) || !cut_byte(rest, '=') || !cut_byte(rest, '"')) {
        return false;
    }
    bool ok = cut_value(rest, json == NULL ? NULL : &value);
    if (ok && json != NULL) {
        add_key(json, name, is_first);
        textbuf_json(json, bytebuf_slice(&value));
    }
    bytebuf_release(&value);
    return ok;
}

/* Behind '[' up to behind ']'. */
static bool cut_element(struct slice *rest, struct bytebuf *json, bool is_first)
{
    struct slice id;
    if (!cut_name(rest, &id)) {
        return false;
    }
    add_key(json, id, is_first);
    if (json != NULL) {
        bytebuf_add_byte(json, '{');
    }
    for (bool first = true; cut_byte(rest, ' '); first = false) {
        if (!cut_parameter(rest, json, first)) {
            return false;
        }
    }
    if (json != NULL) {
        bytebuf_add_byte(json, '}');
    }
    return cut_byte(rest, ']');
}

bool syslog_data_cut(struct slice *rest, struct bytebuf *json)
{
    bool first = true;
    if (json != NULL) {
        bytebuf_add_byte(json, '{');
    }
    for (; cut_byte(rest, '['); first = false) {
        if (!cut_element(rest, json, first)) {
            return false;
        }
    }
    if (json != NULL) {
        bytebuf_add_byte(json, '}');
    }
    return !first;
}
