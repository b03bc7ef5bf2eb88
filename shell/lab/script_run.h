/* script_run: runs a case of a script in a lab and says what did not come out as it is written.
 *
 *     struct script_file file = {.fs = fs, .path = "fraud.test", .text = text};
 *     TRY(script_read(&arena, text, &file.script, &err));
 *     for (each case) {
 *         good = script_run_case(&file, it, &complaint);
 *     }
 *     script_update_case(&file, it, &edits);          // what would make it good
 *
 * A case is run up to three times: as it stands; with the whole engine stopped and started again
 * from its snapshot after each section; and, where results may not depend on it, with the input
 * coming line by line. */
#ifndef SHELL_LAB_SCRIPT_RUN_H
#define SHELL_LAB_SCRIPT_RUN_H

#include <stdbool.h>

#include "engine/base/bytebuf.h"
#include "engine/base/fs.h"
#include "shell/lab/script.h"
#include "shell/lab/script_edits.h"

struct script_file {
    const struct fs *fs;
    const char *path; /* for messages; `--- include` counts from its folder */
    struct slice text;
    struct script script;
};

/* What is wrong is appended to `complaint`: file, line, a diff; control bytes are escaped. */
bool script_run_case(const struct script_file *file, const struct script_case *it,
                     struct bytebuf *complaint);

/* Runs the case as it stands and adds what would have to be written instead; rows that no section
 * names get one of their own at the end. Cases must be updated in the order of the file. Nothing is
 * added behind a section that cannot be done. */
void script_update_case(const struct script_file *file, const struct script_case *it,
                        struct script_edits *edits);

#endif
