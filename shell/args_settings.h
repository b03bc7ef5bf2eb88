/* args_settings: options of the command line that are settings too (SET): trigger, once, since,
 * until, no_flush. They hold until a SET says otherwise. */
#ifndef SHELL_ARGS_SETTINGS_H
#define SHELL_ARGS_SETTINGS_H

#include "shell/args.h"
#include "sql/catalog.h"

void args_settings_apply(const struct args *args, struct catalog *catalog);

#endif
