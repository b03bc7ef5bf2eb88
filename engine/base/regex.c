/* regex: see regex.h. */
#include "engine/base/regex.h"

#include <stdio.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "engine/base/characters.h"
#include "engine/base/mem.h"
#include "engine/base/panic.h"

/* Most patterns need no more than the machine stack's 32 KiB; the rest may take this. */
enum { JIT_STACK_START = 32 << 10, JIT_STACK_MAX = 1 << 20 };

struct regex {
    pcre2_code *bytes; /* for ASCII texts; NULL if the pattern needs UTF-8 */
    pcre2_code *utf;   /* for all others; NULL until one comes, or if the pattern is no UTF-8 */
    bool utf_is_tried;
    bool has_jit; /* `bytes` has been compiled by the JIT */
    uint32_t options;
    uint8_t *pattern;
    size_t pattern_len;
    pcre2_general_context *memory;
    pcre2_match_context *limits;
    pcre2_match_data *match;
    pcre2_jit_stack *stack;
    struct slice text; /* of the last match */
};

static void *memory_alloc(size_t bytes, void *context)
{
    (void)context;
    return mem_alloc(bytes);
}

static void memory_free(void *at, void *context)
{
    (void)context;
    mem_free(at);
}

/* ---- compiling ------------------------------------------------------------------------------- */

static uint32_t pcre_options(unsigned flags)
{
    uint32_t options = 0;
    options |= (flags & REGEX_NOCASE) != 0 ? PCRE2_CASELESS : 0;
    options |= (flags & REGEX_DOT_ALL) != 0 ? PCRE2_DOTALL : 0;
    options |= (flags & REGEX_LINES) != 0 ? PCRE2_MULTILINE : 0;
    options |= (flags & REGEX_EXTENDED) != 0 ? PCRE2_EXTENDED : 0;
    return options;
}

static pcre2_code *compile(const struct regex *regex, uint32_t extra, char *wrong)
{
    pcre2_compile_context *context = pcre2_compile_context_create(regex->memory);
    int code;
    PCRE2_SIZE at;
    CHECK(context != NULL);
    pcre2_code *compiled = pcre2_compile(regex->pattern, regex->pattern_len, regex->options | extra,
                                         &code, &at, context);
    pcre2_compile_context_free(context);
    if (compiled == NULL) {
        char reason[120];
        pcre2_get_error_message(code, (PCRE2_UCHAR *)reason, sizeof reason);
        snprintf(wrong, REGEX_ERROR_BYTES, "%s at character %zu", reason, (size_t)at + 1);
        return NULL;
    }
    pcre2_jit_compile(compiled, PCRE2_JIT_COMPLETE); /* without it, pcre2_match interprets */
    return compiled;
}

static pcre2_code *compile_utf(const struct regex *regex, char *wrong)
{
    return compile(regex, PCRE2_UTF | PCRE2_UCP | PCRE2_MATCH_INVALID_UTF, wrong);
}

/* Tries bytes first: what is not ASCII in the pattern, and what byte mode refuses, needs UTF-8. */
static bool compile_first(struct regex *regex, char *wrong)
{
    struct slice pattern = slice_of(regex->pattern, regex->pattern_len);
    if (characters_are_ascii(pattern)) {
        regex->bytes = compile(regex, 0, wrong);
        if (regex->bytes != NULL) {
            size_t jit_bytes = 0;
            pcre2_pattern_info(regex->bytes, PCRE2_INFO_JITSIZE, &jit_bytes);
            regex->has_jit = jit_bytes > 0;
            return true;
        }
    }
    regex->utf = compile_utf(regex, wrong);
    regex->utf_is_tried = true;
    return regex->utf != NULL;
}

static void make_match(struct regex *regex)
{
    const pcre2_code *code = regex->bytes != NULL ? regex->bytes : regex->utf;
    regex->limits = pcre2_match_context_create(regex->memory);
    regex->stack = pcre2_jit_stack_create(JIT_STACK_START, JIT_STACK_MAX, regex->memory);
    regex->match = pcre2_match_data_create_from_pattern(code, regex->memory);
    CHECK(regex->limits != NULL && regex->match != NULL);
    pcre2_set_match_limit(regex->limits, REGEX_STEPS_MAX);
    if (regex->stack != NULL) {
        pcre2_jit_stack_assign(regex->limits, NULL, regex->stack);
    }
}

struct regex *regex_new(struct slice pattern, unsigned flags, char wrong[REGEX_ERROR_BYTES])
{
    if (pattern.len > REGEX_PATTERN_MAX) {
        snprintf(wrong, REGEX_ERROR_BYTES, "pattern over %d bytes", REGEX_PATTERN_MAX);
        return NULL;
    }
    struct regex *regex = mem_zalloc(sizeof *regex);
    regex->memory = pcre2_general_context_create(memory_alloc, memory_free, NULL);
    CHECK(regex->memory != NULL);
    regex->options = pcre_options(flags);
    regex->pattern = (uint8_t *)mem_text(pattern.at, pattern.len);
    regex->pattern_len = pattern.len;
    if (!compile_first(regex, wrong)) {
        regex_free(regex);
        return NULL;
    }
    make_match(regex);
    return regex;
}

void regex_free(struct regex *regex)
{
    if (regex == NULL) {
        return;
    }
    pcre2_match_data_free(regex->match);
    pcre2_jit_stack_free(regex->stack);
    pcre2_match_context_free(regex->limits);
    pcre2_code_free(regex->bytes);
    pcre2_code_free(regex->utf);
    pcre2_general_context_free(regex->memory);
    mem_free(regex->pattern);
    mem_free(regex);
}

/* ---- matching -------------------------------------------------------------------------------- */

/* The code for a text. The one for UTF-8 is compiled when the first text needs it. */
static const pcre2_code *code_for(struct regex *regex, struct slice text)
{
    if (regex->bytes != NULL && characters_are_ascii(text)) {
        return regex->bytes;
    }
    if (!regex->utf_is_tried) {
        char wrong[REGEX_ERROR_BYTES];
        regex->utf_is_tried = true;
        regex->utf = compile_utf(regex, wrong);
    }
    return regex->utf != NULL ? regex->utf : regex->bytes;
}

enum regex_result regex_match(struct regex *regex, struct slice text, size_t start)
{
    DCHECK(start <= text.len);
    regex->text = text;
    const pcre2_code *code = code_for(regex, text);
    int result = regex->has_jit && code == regex->bytes
                     ? pcre2_jit_match(code, text.at, text.len, start, 0, regex->match,
                                       regex->limits) /* without checks of its arguments */
                     : pcre2_match(code, text.at, text.len, start, 0, regex->match, regex->limits);
    if (result >= 0) {
        return REGEX_MATCH;
    }
    return result == PCRE2_ERROR_NOMATCH ? REGEX_NO_MATCH : REGEX_OVER_LIMIT;
}

bool regex_group(const struct regex *regex, uint32_t group, struct slice *out)
{
    if (group >= pcre2_get_ovector_count(regex->match)) {
        return false;
    }
    const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(regex->match) + 2 * (size_t)group;
    if (ends[0] == PCRE2_UNSET || ends[1] < ends[0]) { /* \K can turn a match round */
        return false;
    }
    *out = slice_of(regex->text.at + ends[0], ends[1] - ends[0]);
    return true;
}

uint32_t regex_groups(const struct regex *regex)
{
    uint32_t groups = 0;
    const pcre2_code *code = regex->bytes != NULL ? regex->bytes : regex->utf;
    pcre2_pattern_info(code, PCRE2_INFO_CAPTURECOUNT, &groups);
    return groups;
}

/* The table of names has entries of one size: the number in two bytes, the name, a NUL. */
bool regex_group_name(const struct regex *regex, uint32_t group, struct slice *out)
{
    const pcre2_code *code = regex->bytes != NULL ? regex->bytes : regex->utf;
    uint32_t n = 0;
    uint32_t size = 0;
    const uint8_t *entry = NULL;
    pcre2_pattern_info(code, PCRE2_INFO_NAMECOUNT, &n);
    pcre2_pattern_info(code, PCRE2_INFO_NAMEENTRYSIZE, &size);
    pcre2_pattern_info(code, PCRE2_INFO_NAMETABLE, &entry);
    for (uint32_t i = 0; i < n; i++, entry += size) {
        if (((uint32_t)entry[0] << 8 | entry[1]) == group) {
            *out = slice_text((const char *)entry + 2);
            return true;
        }
    }
    return false;
}
