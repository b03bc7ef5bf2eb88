# shellcheck shell=bash disable=SC2154
# job.sh: the job that the scripts of this folder kill, starve and choke, and what must come of it.
# To be sourced, after `tailrace` and `tools` are set.
#
#     job_write DIR SOURCE [OPTION…]      writes DIR/job.sql; its sinks lie in the current folder
#     (cd DIR && job_run …)               runs it
#     job_collect DIR >FILE               everything that its sinks hold, as text
#
# The sinks: file (raw.csv, windows.csv, sessions.jsonl), rolled files, and three tables of SQLite:
# rows appended, rows by key, and the changes of rows by key. What a row of the input does to them
# depends on event time only; so the text is the same however often the job is stopped, except for
# `changes`, which is folded: the counts of a key must grow from row to row; the last one stands.

# The watermark is far behind, for rows that are sent again when a connection breaks.
job_write() { # directory, source, checkpoint
    cat >"$1/job.sql" <<END
CREATE STREAM s (ts TIMESTAMP, k TEXT, v BIGINT, id BIGINT, attempt BIGINT,
    WATERMARK ts DELAY 1m) FROM '$2' FORMAT csv WITH (header = false);
SET checkpoint = '${3:-20ms}';
CREATE SINK raw TO 'file:raw.csv';
CREATE SINK windows TO 'file:windows.csv';
CREATE SINK sessions TO 'file:sessions.jsonl';
CREATE SINK rolled TO 'file:rolled.csv?roll=20000';
CREATE SINK kept TO 'sqlite:out.db?table=kept';
CREATE SINK totals TO 'sqlite:out.db?table=totals';
CREATE SINK changes TO 'sqlite:out.db?table=changes&mode=append';
INSERT INTO raw SELECT ts, k, v, id, attempt FROM s;
INSERT INTO windows SELECT window_start, k, count(*) AS n, sum(v) AS total, min(v) AS least
    FROM s GROUP BY k WINDOW 10s SLIDE 5s;
INSERT INTO sessions SELECT window_start, k, count(*) AS n, max(v) AS most
    FROM s WHERE v % 50 = 0 GROUP BY k WINDOW SESSION 1s;
INSERT INTO rolled SELECT ts, k, v FROM s WHERE v % 5 = 0;
INSERT INTO kept SELECT ts, id, attempt, v FROM s WHERE v % 3 <> 0;
INSERT INTO totals SELECT k, count(*) AS n, sum(v) AS total FROM s GROUP BY k EMIT CHANGES;
INSERT INTO changes SELECT k, count(*) AS n FROM s GROUP BY k EMIT CHANGES;
END
}

job_run() { # options of tailrace…
    "$tailrace" run job.sql --state state "$@"
}

# The rows of an epoch lie together, but an epoch of one run is not one of another.
rolled_rows() { # directory
    find "$1/" -name 'rolled.*' -printf '%f\n' | sort -t . -k 2,2n | while read -r name; do
        tail -n +2 "$1/$name"
    done
}

# op,k,n in the order they were written: prints what stands at the end.
fold_changes() {
    awk -F, '
        $1 != "+" || $3 <= n[$2] { print "not a step: " $0 " behind " n[$2] }
        { n[$2] = $3 }
        END { for (k in n) { print k "," n[k] | "sort" } }'
}

job_collect() { # directory
    local file
    for file in raw.csv windows.csv sessions.jsonl; do
        echo "== $file" && cat "$1/$file"
    done
    echo "== rolled" && rolled_rows "$1"
    echo "== kept" && sqlite3 -csv "$1/out.db" 'SELECT * FROM kept ORDER BY rowid'
    echo "== totals" && sqlite3 -csv "$1/out.db" 'SELECT * FROM totals ORDER BY k'
    echo "== changes" && sqlite3 -csv "$1/out.db" 'SELECT _op, k, n FROM changes ORDER BY rowid' |
        fold_changes
}

# What an undisturbed run makes of the rows that are in DIR/raw.csv must be what is in DIR.
job_is_exact() { # directory, options of tailrace…
    local calm dir=$1
    shift
    calm=$(mktemp -d "$scratch/calm.XXXXXX")
    tail -n +2 "$dir/raw.csv" >"$calm/in.csv"
    job_write "$calm" file:in.csv 1s
    (cd "$calm" && job_run "$@") >"$calm/log" 2>&1 ||
        fail "the undisturbed run: $(tail -3 "$calm/log")"
    job_collect "$calm" >"$scratch/wanted"
    job_collect "$dir" >"$scratch/came"
    rm -rf "$calm"
    if ! cmp -s "$scratch/wanted" "$scratch/came"; then
        diff "$scratch/wanted" "$scratch/came" | head -12 >&2
        return 1
    fi
}
