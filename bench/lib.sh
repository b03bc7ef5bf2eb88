# What the bench scripts share. Sourced, with these set: build (folder of the binaries, absolute).

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
QUERIES=(q1 q2 q3 q4 q5)

die() {
    echo "$*" >&2
    exit 1
}

need_programs() {
    local program
    for program in "$@"; do
        [ -x "$program" ] || die "$program is not there; build the release preset first"
    done
}

# The file that a query reads.
data_of() {
    if [ "$1" = q3 ]; then
        echo applog.txt
    else
        echo bank.csv
    fi
}

# Generates `rows` rows of both kinds into the current folder, unless they are there.
make_rows() { # rows
    if [ "$(cat rows 2>/dev/null)" != "$1" ]; then
        rm -f rows
        "$build/tailrace" gen bank --rows "$1" --seed 42 >bank.csv
        "$build/tailrace" gen applog --rows "$1" --seed 42 >applog.txt
        echo "$1" >rows
    fi
}

tailrace_command() { # query
    echo "$build/tailrace" --threads 1 -o csv -f "$here/queries/$1.sql"
}

floor_command() { # query
    echo "$build/bench/floor" "$1" "$(data_of "$1")"
}

# Both programs must print the same bytes, in the current folder. Prints a line per query.
compare_all() {
    local query result=0
    for query in "${QUERIES[@]}"; do
        if $(floor_command "$query") >"$query.floor.csv" &&
            $(tailrace_command "$query") >"$query.tailrace.csv" 2>"$query.tailrace.log" &&
            cmp "$query.floor.csv" "$query.tailrace.csv"; then
            echo "[       OK ] $query"
        else
            echo "[  FAILED  ] $query"
            head -n 5 "$query.tailrace.log"
            diff "$query.floor.csv" "$query.tailrace.csv" | head -n 5 || true
            result=1
        fi
    done
    return $result
}
