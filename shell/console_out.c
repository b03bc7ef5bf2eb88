/* console_out: see console_out.h. */
#include "shell/console_out.h"

#include "sinks/console_sink.h"

enum status console_out_open(struct arena *arena, const struct plan *plan, const char *format,
                             const struct fs *fs, struct sink **out, struct error *err)
{
    struct options *options = arena_zalloc(arena, sizeof *options);
    struct uri *uri = arena_zalloc(arena, sizeof *uri);
    struct sink_config *config = arena_zalloc(arena, sizeof *config);
    uint64_t committed;
    options_init(options, arena);
    TRY(uri_parse(arena, slice_text("console:"), uri, options, err));
    *config = (struct sink_config){
        .uri = uri,
        .options = options,
        .format = slice_text(format != NULL ? format : ""),
        .schema = &plan->root->schema,
        .changes = plan->changes,
        .complete = plan->emit.kind == EMIT_COMPLETE,
        .keys = plan->keys,
        .n_keys = plan->n_keys,
        .fs = fs,
        .clock = clock_system(),
        .query_name = (const char *)arena_copy(arena, plan->name).at,
    };
    return sink_open(&console_sink, config, out, &committed, err);
}
