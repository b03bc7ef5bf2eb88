/* xdg: see xdg.h. */
#include "shell/xdg.h"

#include <stdlib.h>

/* A relative path in the variable is to be ignored, says the specification. */
static bool add_path(struct bytebuf *out, const char *variable, const char *below_home,
                     const char *name)
{
    const char *folder = getenv(variable);
    const char *home = getenv("HOME");
    if (folder != NULL && folder[0] == '/') {
        bytebuf_printf(out, "%s/tailrace/%s", folder, name);
        return true;
    }
    if (home == NULL || home[0] != '/') {
        return false;
    }
    bytebuf_printf(out, "%s/%s/tailrace/%s", home, below_home, name);
    return true;
}

bool xdg_config_path(struct bytebuf *out, const char *name)
{
    return add_path(out, "XDG_CONFIG_HOME", ".config", name);
}

bool xdg_state_path(struct bytebuf *out, const char *name)
{
    return add_path(out, "XDG_STATE_HOME", ".local/state", name);
}
