/* job_settings: what SET and the command line say about a job: trigger, once, memory. */
#ifndef SHELL_JOB_SETTINGS_H
#define SHELL_JOB_SETTINGS_H

#include "engine/run/job.h"
#include "sql/catalog.h"

MUST_CHECK enum status job_settings_read(const struct catalog *catalog, const struct fs *fs,
                                         const struct clock *clock, struct job_config *out,
                                         struct error *err);

#endif
