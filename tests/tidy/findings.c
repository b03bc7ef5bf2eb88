/* findings: see findings.h. */
#include "tests/tidy/findings.h"

#include <stdarg.h>
#include <stdio.h>

uint32_t line_of(struct slice text, size_t offset)
{
    uint32_t line = 1;
    for (size_t i = 0; i < offset && i < text.len; i++) {
        line += text.at[i] == '\n';
    }
    return line;
}

static struct finding *finding_add(const struct reviewed *file, const char *rule, size_t offset)
{
    struct findings *findings = file->findings;
    struct finding *finding = arena_zalloc(findings->arena, sizeof *finding);
    finding->next = findings->newest;
    finding->rule = rule;
    finding->path = file->path;
    finding->line = line_of(file->text, offset);
    findings->newest = finding;
    return finding;
}

static const char *print_text(struct arena *arena, const char *format, va_list arguments)
{
    char text[512];
    vsnprintf(text, sizeof text, format, arguments);
    return arena_text(arena, text);
}

void fault_at(const struct reviewed *file, const char *rule, size_t offset, const char *format, ...)
{
    struct finding *finding = finding_add(file, rule, offset);
    va_list arguments;
    va_start(arguments, format);
    finding->text = print_text(file->findings->arena, format, arguments);
    va_end(arguments);
    file->findings->n_faults++;
}

void note_at(const struct reviewed *file, const char *rule, size_t offset, const char *format, ...)
{
    struct finding *finding = finding_add(file, rule, offset);
    va_list arguments;
    va_start(arguments, format);
    finding->text = print_text(file->findings->arena, format, arguments);
    va_end(arguments);
    finding->is_note = true;
    file->findings->n_notes++;
}
