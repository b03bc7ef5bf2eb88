/* job_settings: see job_settings.h. */
#include "shell/job_settings.h"

#include "engine/run/deadlog.h"

static enum status setting_trigger(const struct catalog *catalog, int64_t *out, struct error *err)
{
    struct slice value = catalog_setting(catalog, "trigger");
    if (slice_equal_nocase(value, slice_text("asap"))) {
        *out = TRIGGER_ASAP;
        return OK;
    }
    if (slice_equal_nocase(value, slice_text("once"))) {
        *out = TRIGGER_ONCE;
        return OK;
    }
    return options_duration(catalog_set_options(catalog), "trigger", TRIGGER_ASAP, out, err);
}

enum status job_settings_read(const struct catalog *catalog, const struct fs *fs,
                              const struct clock *clock, struct job_config *out, struct error *err)
{
    const struct options *set = catalog_set_options(catalog);
    struct job_config config = {.kinds = catalog_kinds(catalog), .fs = fs, .clock = clock};
    int64_t memory = 0;
    int64_t dead = 0;
    TRY(setting_trigger(catalog, &config.trigger_us, err));
    TRY(options_boolean(set, "once", false, &config.once, err));
    TRY(options_boolean(set, "no_flush", false, &config.no_flush, err));
    TRY(options_bytes(set, "memory_limit", STATE_BYTES_MAX_DEFAULT, &memory, err));
    TRY(options_duration(set, "checkpoint", CHECKPOINT_INTERVAL_DEFAULT_US, &config.checkpoint_us,
                         err));
    TRY(options_bytes(set, "dead_limit", DEADLOG_BYTES_MAX, &dead, err));
    config.state_bytes_max = (size_t)memory;
    config.dead_bytes_max = dead > 0 ? dead : -1; /* 0: keep none */
    *out = config;
    return OK;
}
