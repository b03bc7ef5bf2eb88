/* syslog_decoder: format syslog, one message a line, as senders and log files write it:
 *
 *     RFC 3164   [<PRI>]Dec 10 06:55:46 host app[pid]: message
 *     RFC 5424   <PRI>1 2003-10-11T22:14:15.003Z host app procid msgid [data] message
 *
 * The two are told apart line by line. A stamp of RFC 3164 has no year: the one that brings it
 * nearest to the arrival of the bytes is taken. Many relays write an ISO stamp there, which is read
 * too. "-" of RFC 5424 is NULL. Structured data is a JSON object, for json_value. */
#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "sources/fields_decoder.h"
#include "sources/sources.h"
#include "sources/syslog_data.h"

enum syslog_field {
    SYSLOG_TS,
    SYSLOG_FACILITY,
    SYSLOG_SEVERITY,
    SYSLOG_HOST,
    SYSLOG_APP,
    SYSLOG_PID,
    SYSLOG_MSGID,
    SYSLOG_DATA,
    SYSLOG_MESSAGE,
    SYSLOG_COLUMNS, /* those that are there if none are declared */
    SYSLOG_FACILITY_CODE = SYSLOG_COLUMNS,
    SYSLOG_SEVERITY_CODE,
    SYSLOG_FIELDS,
};

static const char *const field_names[] = {
    "ts",    "facility", "severity", "host",          "app",           "pid",
    "msgid", "data",     "message",  "facility_code", "severity_code", NULL,
};

/* RFC 5424 §6.2.1, with the words that syslog.conf uses. */
static const char *const facilities[] = {
    "kern",   "user",   "mail",     "daemon", "auth",   "syslog", "lpr",    "news",
    "uucp",   "cron",   "authpriv", "ftp",    "ntp",    "audit",  "alert",  "clock",
    "local0", "local1", "local2",   "local3", "local4", "local5", "local6", "local7",
};

static const char *const severities[] = {"emerg",   "alert",  "crit", "err",
                                         "warning", "notice", "info", "debug"};

static const char *const codes[] = {"0",  "1",  "2",  "3",  "4",  "5",  "6",  "7",
                                    "8",  "9",  "10", "11", "12", "13", "14", "15",
                                    "16", "17", "18", "19", "20", "21", "22", "23"};

enum { PRIORITY_MAX = 191 };

/* ---- pieces --------------------------------------------------------------------------------- */

static struct text text_of(struct slice slice)
{
    return (struct text){slice.at, (uint32_t)slice.len};
}

static struct slice behind(struct slice text, size_t n)
{
    return slice_of(text.at + n, text.len - n);
}

/* Cuts the bytes up to the next blank, and that blank, off *rest. */
static struct slice cut_word(struct slice *rest)
{
    const uint8_t *blank = rest->len == 0 ? NULL : memchr(rest->at, ' ', rest->len);
    size_t len = blank == NULL ? rest->len : (size_t)(blank - rest->at);
    struct slice word = slice_of(rest->at, len);
    *rest = behind(*rest, len + (blank != NULL));
    return word;
}

static uint32_t priority_value(struct slice digits)
{
    uint32_t value = 0;
    for (size_t i = 0; i < digits.len; i++) {
        value = value * 10 + digits.at[i] - '0';
    }
    return value;
}

/* "<165>": one to three digits, at most 191, no zero in front. False: there is no such thing. */
static bool cut_priority(struct slice *rest, struct text *fields)
{
    size_t len = 0;
    while (len < 3 && 1 + len < rest->len && ascii_is_digit(rest->at[1 + len])) {
        len++;
    }
    struct slice digits = slice_of(rest->at + 1, len);
    if (len == 0 || 1 + len == rest->len || rest->at[1 + len] != '>' ||
        (len > 1 && digits.at[0] == '0') || priority_value(digits) > PRIORITY_MAX) {
        return false;
    }
    fields[SYSLOG_FACILITY] = text_of(digits);
    fields[SYSLOG_SEVERITY] = text_of(digits);
    fields[SYSLOG_FACILITY_CODE] = text_of(digits);
    fields[SYSLOG_SEVERITY_CODE] = text_of(digits);
    *rest = behind(*rest, len + 2);
    return true;
}

/* ---- RFC 3164 ------------------------------------------------------------------------------- */

static bool is_letter(uint8_t c)
{
    return (uint8_t)(ascii_lower(c) - 'a') < 26;
}

/* "Dec 10 06:55:46", "Dec  1 06:55:46.123", or one word that begins with a digit. */
static bool cut_old_stamp(struct slice *rest, struct text *out)
{
    const uint8_t *begin = rest->at;
    if (rest->len > 0 && ascii_is_digit(rest->at[0])) {
        *out = text_of(cut_word(rest));
        return true;
    }
    struct slice month = cut_word(rest);
    if (month.len != 3 || !is_letter(month.at[0])) {
        return false;
    }
    while (rest->len > 0 && rest->at[0] == ' ') {
        *rest = behind(*rest, 1);
    }
    struct slice day = cut_word(rest);
    struct slice clock = cut_word(rest);
    if (day.len == 0 || clock.len == 0) {
        return false;
    }
    *out = (struct text){begin, (uint32_t)(clock.at + clock.len - begin)};
    return true;
}

/* Cuts "app[pid]: " off *rest. False: the message has no such tag. */
static bool cut_tag(struct slice *rest, struct text *fields)
{
    size_t len = 0;
    while (len < rest->len && rest->at[len] > ' ' && rest->at[len] != '[' && rest->at[len] != ':') {
        len++;
    }
    struct slice app = slice_of(rest->at, len);
    struct slice ahead = behind(*rest, len);
    struct slice pid = {0};
    if (ahead.len > 0 && ahead.at[0] == '[') {
        const uint8_t *close = memchr(ahead.at, ']', ahead.len);
        if (close == NULL) {
            return false;
        }
        pid = slice_of(ahead.at + 1, (size_t)(close - ahead.at) - 1);
        ahead = behind(ahead, pid.len + 2);
    }
    if (app.len == 0 || ahead.len == 0 || ahead.at[0] != ':') {
        return false;
    }
    fields[SYSLOG_APP] = text_of(app);
    if (pid.len > 0) {
        fields[SYSLOG_PID] = text_of(pid);
    }
    ahead = behind(ahead, 1);
    *rest = behind(ahead, ahead.len > 0 && ahead.at[0] == ' ');
    return true;
}

static const char *split_old(struct slice rest, struct text *fields)
{
    if (!cut_old_stamp(&rest, &fields[SYSLOG_TS])) {
        return "no time";
    }
    /* Messages that never left their machine have no host: "Oct 11 22:14:15 su: 'su root' failed".
     * A host has no colon, unless it is an address. */
    struct slice ahead = rest;
    struct slice host = cut_word(&ahead);
    bool is_tag = host.len > 0 && host.at[host.len - 1] == ':';
    if (host.len == 0) {
        return "no host";
    }
    if (!is_tag) {
        fields[SYSLOG_HOST] = text_of(host);
        rest = ahead;
    }
    cut_tag(&rest, fields);
    fields[SYSLOG_MESSAGE] = text_of(rest);
    return NULL;
}

/* ---- RFC 5424 ------------------------------------------------------------------------------- */

static const char *cut_structured_data(struct slice *rest, struct text *out)
{
    const uint8_t *begin = rest->at;
    if (rest->len > 0 && rest->at[0] == '-') {
        *rest = behind(*rest, 1);
    } else if (syslog_data_cut(rest, NULL)) {
        *out = (struct text){begin, (uint32_t)(rest->at - begin)};
    } else {
        return "bad structured data";
    }
    if (rest->len > 0 && rest->at[0] != ' ') {
        return "bad structured data";
    }
    return NULL;
}

/* Behind "<PRI>1 ". */
static const char *split_new(struct slice rest, struct text *fields)
{
    static const enum syslog_field header[] = {SYSLOG_TS, SYSLOG_HOST, SYSLOG_APP, SYSLOG_PID,
                                               SYSLOG_MSGID};
    static const struct slice byte_order_mark = {(const uint8_t *)"\xef\xbb\xbf", 3};
    for (size_t i = 0; i < sizeof header / sizeof *header; i++) {
        struct slice word = cut_word(&rest);
        if (word.len == 0) {
            return "header too short";
        }
        if (!slice_equal(word, slice_of("-", 1))) {
            fields[header[i]] = text_of(word);
        }
    }
    const char *reason = cut_structured_data(&rest, &fields[SYSLOG_DATA]);
    if (reason == NULL && rest.len > 0) {
        rest = behind(rest, 1);
        bool has_mark = rest.len >= 3 && slice_equal(slice_of(rest.at, 3), byte_order_mark);
        fields[SYSLOG_MESSAGE] = text_of(behind(rest, has_mark ? 3 : 0));
    }
    return reason;
}

static const char *split_line(struct fields_decoder *decoder, struct slice line,
                              struct text *fields)
{
    (void)decoder;
    if (line.at[0] != '<') {
        return split_old(line, fields);
    }
    if (!cut_priority(&line, fields)) {
        return "bad priority";
    }
    if (line.len >= 2 && line.at[0] == '1' && line.at[1] == ' ') {
        return split_new(behind(line, 2), fields);
    }
    return split_old(line, fields);
}

/* ---- meaning -------------------------------------------------------------------------------- */

static struct text data_as_json(struct arena *arena, struct text text)
{
    struct bytebuf json = {0};
    struct slice rest = slice_of(text.at, text.len);
    bool ok = syslog_data_cut(&rest, &json);
    CHECK(ok); /* it was cut before */
    struct slice copy = arena_copy(arena, bytebuf_slice(&json));
    bytebuf_release(&json);
    return text_of(copy);
}

static struct text syslog_meaning(struct arena *arena, uint32_t field, struct text text)
{
    uint32_t priority;
    switch (field) {
    case SYSLOG_FACILITY:
        priority = priority_value(slice_of(text.at, text.len));
        return text_of(slice_text(facilities[priority / 8]));
    case SYSLOG_SEVERITY:
        priority = priority_value(slice_of(text.at, text.len));
        return text_of(slice_text(severities[priority % 8]));
    case SYSLOG_FACILITY_CODE:
        priority = priority_value(slice_of(text.at, text.len));
        return text_of(slice_text(codes[priority / 8]));
    case SYSLOG_SEVERITY_CODE:
        priority = priority_value(slice_of(text.at, text.len));
        return text_of(slice_text(codes[priority % 8]));
    case SYSLOG_DATA:
        return data_as_json(arena, text);
    default:
        return text;
    }
}

/* ---- the decoder ---------------------------------------------------------------------------- */

static void syslog_close(struct decoder *base)
{
    fields_release((struct fields_decoder *)base);
    mem_free(base);
}

static enum status syslog_open(const struct decoder_config *config, struct decoder **out,
                               struct error *err)
{
    struct fields_decoder *decoder = mem_zalloc(sizeof *decoder);
    decoder->base.kind = &syslog_decoder_kind;
    decoder->split = split_line;
    decoder->meaning = syslog_meaning;
    enum status status = fields_init(decoder, config, field_names, "auto", err);
    if (status != OK) {
        syslog_close(&decoder->base);
        return status;
    }
    *out = &decoder->base;
    return OK;
}

static enum status syslog_infer(struct arena *arena, struct options *options, struct slice argument,
                                struct slice sample, struct schema *out, int *time_column,
                                struct error *err)
{
    static const enum type_id types[SYSLOG_COLUMNS] = {TYPE_TIMESTAMP, TYPE_TEXT, TYPE_TEXT,
                                                       TYPE_TEXT,      TYPE_TEXT, TYPE_TEXT,
                                                       TYPE_TEXT,      TYPE_TEXT, TYPE_TEXT};
    (void)options;
    (void)argument;
    (void)sample;
    (void)err;
    fields_schema(arena, field_names, types, SYSLOG_COLUMNS, out);
    *time_column = SYSLOG_TS;
    return OK;
}

static const struct option_spec syslog_options[] = {FIELDS_OPTIONS("auto")};

static const char *const syslog_samples[] = {
    "Dec 10 06:55:46 LabSZ sshd[24200]: Invalid user webmaster from 173.234.31.186\n",
    "ts=1969-12-10T06:55:46Z, facility=NULL, severity=NULL, host=LabSZ, app=sshd, pid=24200, "
    "msgid=NULL, data=NULL, message=Invalid user webmaster from 173.234.31.186",
    "<34>Oct 11 22:14:15 mymachine su: 'su root' failed on /dev/pts/8\n",
    "ts=1969-10-11T22:14:15Z, facility=auth, severity=crit, host=mymachine, app=su, pid=NULL, "
    "msgid=NULL, data=NULL, message='su root' failed on /dev/pts/8",
    "<13>2026-01-05T09:00:00.25+01:00 web1 kernel: [12.5] oops\n",
    "ts=2026-01-05T08:00:00.250Z, facility=user, severity=notice, host=web1, app=kernel, "
    "pid=NULL, msgid=NULL, data=NULL, message=[12.5] oops",
    "<165>1 2003-10-11T22:14:15.003Z mymachine evntslog - ID47 [x@1 iut=\"3\" q=\"a\\\"b\"] "
    "\xef\xbb\xbf"
    "An event\n",
    "ts=2003-10-11T22:14:15.003Z, facility=local4, severity=notice, host=mymachine, app=evntslog, "
    "pid=NULL, msgid=ID47, data={\"x@1\":{\"iut\":\"3\",\"q\":\"a\\\"b\"}}, message=An event",
    "<0>1 - - - - - -\n",
    "ts=NULL, facility=kern, severity=emerg, host=NULL, app=NULL, pid=NULL, msgid=NULL, "
    "data=NULL, message=NULL",
    NULL,
};

const struct decoder_kind syslog_decoder_kind = {
    .name = "syslog",
    .summary = "syslog messages, RFC 3164 and RFC 5424, with or without priority",
    .options = syslog_options,
    .samples = syslog_samples,
    .infer = syslog_infer,
    .open = syslog_open,
    .block = fields_block,
    .next = fields_next,
    .column = fields_column,
    .record = fields_record,
    .close = syslog_close,
};
