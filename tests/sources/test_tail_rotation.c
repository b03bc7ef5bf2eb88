/* The rotation matrix of tail: each kind of rotation, while it reads and while it does not, in the
 * middle of a line and at its end, with and without bytes that were not read, with the log alone
 * and with a pattern that finds what was rotated too, with a file shorter and longer than what is
 * hashed of it. Each line comes exactly once. Only what nobody could have read, because it was gone
 * from the disk, does not come. */
#include "engine/base/log.h"
#include "tests/sources/tail_rig.h"

enum kind {
    RENAME,           /* a new file takes the name */
    RENAME_LATE,      /* it does so after more was written to the old one */
    RENAME_CHAIN,     /* log.1 becomes log.2 before */
    RENAME_AWAY,      /* to a name that no pattern finds */
    COPY_OVER,        /* copytruncate over a file that is there */
    COPY_CUT,         /* copytruncate */
    COPY_CUT_HOLE,    /* the writer does not append: it leaves a hole */
    COPY_CUT_RACE,    /* more is written, and read, between copy and cut */
    COPY_CUT_RESTART, /* the reader stops and starts in the middle of the line */
    COPY_CUT_TWICE,   /* nothing is read in between */
    DELETE_CREATE,    /* the writer goes on in the deleted file to the end of its line */
    REPLACE_SHORTER,  /* other content under the same inode, as after its reuse */
    REPLACE_LONGER,
    N_KINDS,
};

static const char *const kind_names[] = {
    "rename",
    "rename late",
    "rename chain",
    "rename away",
    "copytruncate over a file",
    "copytruncate",
    "copytruncate with a hole",
    "copytruncate with a race",
    "copytruncate and a restart",
    "copytruncate twice",
    "delete and create",
    "inode reuse, shorter",
    "inode reuse, longer",
};

struct rotation {
    enum kind kind;
    bool is_down;  /* nobody reads while it happens */
    bool mid_line; /* half a line was written, and read if it could be */
    bool has_rest; /* lines were written that were not read */
    bool is_wild;
    bool is_long;
    char name[128];
};

enum { N_ROTATIONS = N_KINDS * 32, TEXT_BYTES = 16384, LINES_MAX = 2048 };

struct trial {
    const struct rotation *rotation;
    struct tail_rig rig;
    int writer;
    struct bytebuf wanted; /* lines that must come, in any order */
};

/* ---- lines ---------------------------------------------------------------------------------- */

static void want(struct trial *trial, const char *lines)
{
    bytebuf_add_text(&trial->wanted, lines);
}

/* Lines "a000 …", "a001 …": of one letter, sorted, all different. */
static const char *make_lines(char *out, char letter, int n)
{
    size_t len = 0;
    out[0] = 0;
    for (int i = 0; i < n; i++) {
        len += (size_t)snprintf(out + len, TEXT_BYTES - len, "%c%03d some text of a line\n", letter,
                                i);
    }
    return out;
}

static int compare_lines(const void *a, const void *b)
{
    return slice_compare(*(const struct slice *)a, *(const struct slice *)b);
}

/* The lines of `text` in order. */
static void sort_lines(struct bytebuf *text)
{
    struct slice lines[LINES_MAX];
    struct bytebuf sorted = {0};
    size_t n = 0;
    for (size_t at = 0; at < text->len;) {
        const uint8_t *end = memchr(text->at + at, '\n', text->len - at);
        assert_true(end != NULL && n < LINES_MAX);
        lines[n++] = slice_of(text->at + at, (size_t)(end - text->at) + 1 - at);
        at = (size_t)(end - text->at) + 1;
    }
    qsort(lines, n, sizeof *lines, compare_lines);
    for (size_t i = 0; i < n; i++) {
        bytebuf_add(&sorted, lines[i].at, lines[i].len);
    }
    bytebuf_release(text);
    *text = sorted;
}

/* ---- one trial ------------------------------------------------------------------------------ */

static void look(struct trial *trial)
{
    if (!trial->rotation->is_down) {
        rig_read(&trial->rig);
    }
}

static void copy_and_cut(struct trial *trial)
{
    rig_copy(&trial->rig, "log", "log.1");
    look(trial);
    if (trial->rotation->kind == COPY_CUT_RACE && !trial->rotation->is_down) {
        rig_put(trial->writer, "raced");
        look(trial);
    }
    rig_cut(&trial->rig, "log");
    look(trial);
}

static void replace(struct trial *trial, int n)
{
    char lines[TEXT_BYTES];
    close(trial->writer);
    trial->writer = rig_writer(&trial->rig, "log", O_TRUNC | O_APPEND);
    rig_put(trial->writer, make_lines(lines, 'r', n));
    want(trial, lines);
}

static void new_log(struct trial *trial)
{
    close(trial->writer);
    trial->writer = rig_writer(&trial->rig, "log", O_APPEND);
}

/* What a writer does whose file was renamed or deleted: it ends its line there. */
static void end_line(struct trial *trial)
{
    bool has_raced = trial->rotation->kind == COPY_CUT_RACE && !trial->rotation->is_down;
    if (trial->rotation->mid_line || has_raced) {
        rig_put(trial->writer, " whole\n");
    }
}

static void rotate_by_copy(struct trial *trial)
{
    struct tail_rig *rig = &trial->rig;
    enum kind kind = trial->rotation->kind;
    if (kind != COPY_OVER) {
        rig_rename(rig, "log.1", kind == COPY_CUT_TWICE ? "log.3" : "log.2");
    }
    copy_and_cut(trial);
    if (kind == COPY_CUT_RESTART && !trial->rotation->is_down) {
        rig_stop(rig);
        rig_open(rig);
    }
    end_line(trial);
    if (kind == COPY_CUT_TWICE) {
        rig_put(trial->writer, "between\n");
        look(trial);
        rig_rename(rig, "log.1", "log.2");
        copy_and_cut(trial);
    }
}

static void rotate(struct trial *trial)
{
    struct tail_rig *rig = &trial->rig;
    switch (trial->rotation->kind) {
    case RENAME:
        rig_rename(rig, "log", "log.1");
        end_line(trial);
        new_log(trial);
        break;
    case RENAME_LATE:
        rig_rename(rig, "log", "log.1");
        look(trial);
        end_line(trial);
        rig_put(trial->writer, "late\n");
        want(trial, "late\n");
        new_log(trial);
        break;
    case RENAME_CHAIN:
        rig_rename(rig, "log.1", "log.2");
        rig_rename(rig, "log", "log.1");
        look(trial);
        end_line(trial);
        new_log(trial);
        break;
    case RENAME_AWAY:
        rig_rename(rig, "log", "old-log");
        end_line(trial);
        new_log(trial);
        break;
    case COPY_OVER:
    case COPY_CUT:
    case COPY_CUT_HOLE:
    case COPY_CUT_RACE:
    case COPY_CUT_RESTART:
    case COPY_CUT_TWICE:
        rotate_by_copy(trial);
        break;
    case DELETE_CREATE:
        rig_unlink(rig, "log");
        end_line(trial);
        new_log(trial);
        break;
    case REPLACE_SHORTER:
        replace(trial, 1);
        break;
    case REPLACE_LONGER:
        replace(trial, 200);
        break;
    case N_KINDS:
        break;
    }
}

/* Where what the file held is gone with it. */
static bool loses_rest(const struct rotation *rotation)
{
    return rotation->kind == REPLACE_SHORTER || rotation->kind == REPLACE_LONGER ||
           (rotation->kind == DELETE_CREATE && rotation->is_down);
}

static void want_line_and_rest(struct trial *trial, const char *rest)
{
    const struct rotation *rotation = trial->rotation;
    bool is_replaced = rotation->kind == REPLACE_SHORTER || rotation->kind == REPLACE_LONGER;
    if (rotation->kind == COPY_CUT_TWICE && rotation->is_down) {
        /* Two files were cut while nobody looked: the first one's half line has no other half. Who
         * names the copies too gets what the second one held. */
        want(trial, rest);
        want(trial, rotation->mid_line ? "half and\n" : "");
        want(trial, rotation->is_wild && rotation->mid_line ? " whole\n" : "");
        want(trial, rotation->is_wild ? "between\n" : "");
    } else if (rotation->kind == COPY_CUT_RACE && !rotation->is_down) {
        want(trial, rest);
        /* The copy is shorter than what was read. Nobody has held it back, and its head is not one
         * of a whole KiB: it is not known as a copy, and the line is torn. */
        bool is_torn = !rotation->is_wild && !rotation->is_long && !rotation->has_rest;
        want(trial, rotation->mid_line ? "half and" : "");
        want(trial, is_torn ? "raced\n whole\n" : "raced whole\n");
    } else if (!loses_rest(rotation)) {
        want(trial, rest);
        want(trial, rotation->mid_line ? "half and whole\n" : "");
        want(trial, rotation->kind == COPY_CUT_TWICE ? "between\n" : "");
    } else if (is_replaced && rotation->mid_line && !rotation->is_down && !rotation->has_rest) {
        want(trial, "half and\n"); /* it was read, and its end is the end of the split */
    }
}

static void write_before(struct trial *trial)
{
    const struct rotation *rotation = trial->rotation;
    char lines[TEXT_BYTES];
    rig_write(&trial->rig, "log.1", "older\n");
    want(trial, rotation->is_wild ? "older\n" : "");
    trial->writer = rig_writer(&trial->rig, "log", rotation->kind == COPY_CUT_HOLE ? 0 : O_APPEND);
    rig_put(trial->writer, make_lines(lines, 'a', rotation->is_long ? 80 : 3));
    want(trial, lines);
}

static void write_until_rotation(struct trial *trial, char *rest)
{
    const struct rotation *rotation = trial->rotation;
    make_lines(rest, 'b', rotation->has_rest ? 50 : 0);
    if (rotation->has_rest) {
        rig_read(&trial->rig);
        rig_put(trial->writer, rest);
    }
    if (rotation->mid_line) {
        rig_put(trial->writer, "half and");
    }
    if (!rotation->has_rest) {
        rig_read(&trial->rig);
    }
    if (rotation->is_down) {
        rig_stop(&trial->rig);
    }
}

static void write_after(struct trial *trial)
{
    char lines[TEXT_BYTES];
    look(trial);
    rig_put(trial->writer, make_lines(lines, 'c', 70));
    want(trial, lines);
    if (trial->rotation->is_down) {
        rig_open(&trial->rig);
    }
    rig_read(&trial->rig);
    rig_put(trial->writer, make_lines(lines, 'd', 2));
    want(trial, lines);
    rig_read_for(&trial->rig, 4 * US_PER_SECOND);
}

static void check_lines(struct trial *trial)
{
    struct bytebuf *came = &trial->rig.lines;
    sort_lines(came);
    sort_lines(&trial->wanted);
    assert_string_equal(bytebuf_text(came), bytebuf_text(&trial->wanted));
    assert_int_equal(came->len, trial->wanted.len); /* no NUL in it */
}

static void run_rotation(void **state)
{
    char rest[TEXT_BYTES];
    struct trial *trial = mem_zalloc(sizeof *trial);
    trial->rotation = *state;
    rig_init(&trial->rig, trial->rotation->is_wild ? "log*" : "log", "?rotate_wait=1s");
    write_before(trial);
    rig_open(&trial->rig);
    write_until_rotation(trial, rest);
    want_line_and_rest(trial, rest);
    rotate(trial);
    write_after(trial);
    close(trial->writer);
    check_lines(trial);

    /* And once more from where it stands: nothing comes again. */
    bytebuf_clear(&trial->rig.lines);
    rig_stop(&trial->rig);
    rig_open(&trial->rig);
    rig_read_for(&trial->rig, 2 * US_PER_SECOND);
    assert_string_equal(rig_lines(&trial->rig), "");
    rig_release(&trial->rig);
    bytebuf_release(&trial->wanted);
    mem_free(trial);
}

/* ---- all of them ---------------------------------------------------------------------------- */

static void fill_rotation(struct rotation *rotation, int number)
{
    *rotation = (struct rotation){
        .kind = (enum kind)(number / 32),
        .is_down = (number & 1) != 0,
        .mid_line = (number & 2) != 0,
        .has_rest = (number & 4) != 0,
        .is_wild = (number & 8) != 0,
        .is_long = (number & 16) != 0,
    };
    snprintf(rotation->name, sizeof rotation->name, "%s, %s, %s, %s, %s, %s",
             kind_names[rotation->kind], rotation->is_down ? "down" : "up",
             rotation->mid_line ? "mid-line" : "line end",
             rotation->has_rest ? "unread rest" : "all read", rotation->is_wild ? "log*" : "log",
             rotation->is_long ? "long" : "short");
}

int main(int argc, char **argv)
{
    static struct rotation rotations[N_ROTATIONS];
    static struct CMUnitTest tests[N_ROTATIONS];
    if (argc > 1) {
        cmocka_set_test_filter(argv[1]);
    }
    for (int i = 0; i < N_ROTATIONS; i++) {
        fill_rotation(&rotations[i], i);
        tests[i] = (struct CMUnitTest){
            .name = rotations[i].name,
            .test_func = run_rotation,
            .initial_state = &rotations[i],
        };
    }
    log_set_level(LOG_QUIET);
    return _cmocka_run_group_tests("tail_rotation", tests, N_ROTATIONS, NULL, NULL);
}
