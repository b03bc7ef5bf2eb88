/* kern_json: json_value and json_exists. The path is a constant; a text that is no JSON is a
 * runtime error. */
#include "engine/base/panic.h"
#include "engine/expr/json.h"
#include "engine/expr/kernels.h"

static enum status check_json(const struct expr *call, struct error *err)
{
    TRY(call_need_constant(call, 1, "path", err));
    struct arena arena;
    struct json_path path;
    arena_init(&arena);
    const char *wrong = json_path_parse(&arena, text_slice(call->args[1]->constant.text), &path);
    arena_release(&arena);
    return wrong == NULL ? OK : call_refuse(err, E_PATTERN, call, 1, "%s", wrong);
}

static void *prepare_json(struct arena *query, const struct expr *call)
{
    struct json_path *path = arena_zalloc(query, sizeof *path);
    const char *wrong = json_path_parse(query, text_slice(call->args[1]->constant.text), path);
    CHECK(wrong == NULL);
    return path;
}

const struct function_setup json_setup = {.check = check_json, .prepare = prepare_json};

static struct text value_text_of(struct text_room *room, const struct json_value *value)
{
    if (value->kind != JSON_STRING ||
        slice_find(value->raw, slice_of("\\", 1)) == NULL) { /* as it stands */
        return (struct text){value->raw.at, (uint32_t)value->raw.len};
    }
    uint8_t *at = text_room_reserve(room, value->raw.len);
    return text_room_take(room, json_unescape(value->raw, at));
}

static bool is_scalar(enum json_kind kind)
{
    return kind == JSON_BOOLEAN || kind == JSON_NUMBER || kind == JSON_STRING;
}

void json_value_run(struct kernel_call *call, struct column_out *out)
{
    struct text_room room = text_room_of(call);
    for (uint32_t i = 0; i < call->n; i++) {
        struct json_value value;
        out->text[i] = text_none();
        if (!kernel_wants(call, out, i)) {
            continue;
        }
        enum json_result result =
            json_find(text_slice(call->args[0]->text[i]), call->state, &value);
        if (result == JSON_BAD) {
            kernel_fail(call, out, i, "a text that is no JSON");
        } else if (result == JSON_ABSENT || !is_scalar(value.kind)) {
            column_out_null(out, i, call->n);
        } else {
            out->text[i] = value_text_of(&room, &value);
        }
    }
}

void json_exists_run(struct kernel_call *call, struct column_out *out)
{
    for (uint32_t i = 0; i < call->n; i++) {
        struct json_value value;
        if (!kernel_wants(call, out, i)) {
            continue;
        }
        switch (json_find(text_slice(call->args[0]->text[i]), call->state, &value)) {
        case JSON_FOUND:
            bits_set(out->bits, i);
            break;
        case JSON_ABSENT:
            break;
        case JSON_BAD:
            kernel_fail(call, out, i, "a text that is no JSON");
            break;
        }
    }
}
