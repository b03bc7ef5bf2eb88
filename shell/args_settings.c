/* args_settings: see args_settings.h. */
#include "shell/args_settings.h"

#include "engine/base/panic.h"
#include "engine/data/timestamp.h"
#include "engine/run/job.h"

static void set_known(struct catalog *catalog, const char *key, const char *value)
{
    struct error err;
    enum status status = catalog_set(catalog, slice_text(key), slice_text(value), &err);
    CHECK(status == OK);
}

void args_settings_apply(const struct args *args, struct catalog *catalog)
{
    struct bytebuf number = {0};
    if (args->trigger_given) {
        interval_print(&number, args->trigger_us);
        set_known(catalog, "trigger",
                  args->trigger_us == TRIGGER_ASAP   ? "asap"
                  : args->trigger_us == TRIGGER_ONCE ? "once"
                                                     : bytebuf_text(&number));
    }
    if (args->once) {
        set_known(catalog, "once", "true");
    }
    if (args->since != NULL) {
        set_known(catalog, "since", args->since);
    }
    if (args->until != NULL) {
        set_known(catalog, "until", args->until);
    }
    if (args->no_flush) {
        set_known(catalog, "no_flush", "true");
    }
    bytebuf_release(&number);
}
