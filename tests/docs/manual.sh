#!/usr/bin/env bash
# manual: the pages of packaging/man are well-formed and know every word that the program knows.
#
#     tests/docs/manual.sh TAILRACE          from the root of the tree
#
# The words come from where the program has them: help, the sources, docs. Exit code 77: no mandoc.
set -euo pipefail
shopt -s lastpipe # has_all counts, also at the end of a pipe
export LC_ALL=C.UTF-8
tailrace=$(realpath "$1")
man=packaging/man
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
n_words=0
n_wrong=0

command -v mandoc >/dev/null || {
    echo "skipped: no mandoc"
    exit 77
}

wrong() {
    echo "FAILED: $1" >&2
    n_wrong=$((n_wrong + 1))
}

for page in tailrace.1 tailrace-sql.7 tailrace-formats.5; do
    mandoc -T lint -W warning "$man/$page" || wrong "mandoc does not like $page"
    # One line a paragraph, without the backspaces of bold and underlined letters.
    mandoc -T utf8 -O width=1000 "$man/$page" | sed 's/.\x08//g' >"$scratch/$page"
done

# Words of standard input, one a line, stand in a page; there are at least so many.
has_all() { # page, what they are, at least
    local word escaped n=0
    while IFS= read -r word; do
        n=$((n + 1))
        escaped=$(sed 's/[][\.*^$+?(){}|]/\\&/g' <<<"$word")
        grep -qE "(^|[^[:alnum:]_.-])$escaped([^[:alnum:]_]|$)" "$scratch/$1" ||
            wrong "$1 does not have the $2 \"$word\""
    done
    [ "$n" -ge "$3" ] || wrong "only $n ${2}s of $1 were looked for: this test is out of date"
    n_words=$((n_words + n))
}

help() {
    "$tailrace" help "$1"
}

# ---- tailrace(1) --------------------------------------------------------------------------------
help options | grep -o '^  --[a-z-]*' | tr -d ' ' | has_all tailrace.1 option 24
help options | grep -o ', -[a-zA-Z]' | tr -d ', ' | has_all tailrace.1 option 6
"$tailrace" completions fish | sed -n 's/.*__fish_use_subcommand -a \([a-z]*\) .*/\1/p' |
    has_all tailrace.1 command 11
"$tailrace" completions fish | sed -n "s/.* -l output .* -a '\([a-z ]*\)'.*/\1/p" | tr ' ' '\n' |
    has_all tailrace.1 'form of output' 9
help shell | sed -n 's/^  \(\.[a-z]*\).*/\1/p' | has_all tailrace.1 'shell command' 20
help gen | sed -n '/^What/,$s/^  //p' | has_all tailrace.1 generator 5
{
    grep -ohE 'getenv\("[A-Z_]+"\)' -r shell engine sources sinks sql | grep -oE '[A-Z_]{3,}'
    grep -ohE '"XDG_[A-Z_]+"' -r shell | tr -d '"'
    help environment | grep -oE '\b[A-Z_]{3,}\b' | grep -vx NAME
} | sort -u >"$scratch/variables"
has_all tailrace.1 'variable of the environment' 5 <"$scratch/variables"
{
    help exit | grep -oE '\b[0-9]+\b'
    sed -n '/^## Exit codes/,/^## [^E]/p' docs/checkpoint.md | grep -oE '^\| [0-9, ]+' |
        grep -oE '[0-9]+'
} | sort -un >"$scratch/codes"
sed -n "/^EXIT STATUS/,/^EXAMPLES/p" "$scratch/tailrace.1" |
    awk '{ print $1 }' >"$scratch/described"
while read -r code; do
    grep -qx "$code" "$scratch/described" || wrong "tailrace.1 does not have the exit code $code"
    n_words=$((n_words + 1))
done <"$scratch/codes"
[ "$(wc -l <"$scratch/codes")" -ge 18 ] || wrong "too few exit codes were found"

# ---- tailrace-formats(5) ------------------------------------------------------------------------
for topic in sources formats sinks; do
    help "$topic" | sed -nE 's/^ {2,4}([a-z][a-z0-9_.-]*).*/\1/p' | sort -u
done | sort -u | has_all tailrace-formats.5 word 60

# ---- tailrace-sql(7) ----------------------------------------------------------------------------
help windows | grep -oE '\b[A-Z]{2,}\b' | sort -u | has_all tailrace-sql.7 'window word' 18
help functions | sed -nE 's/^  ([a-z0-9_]+)\(.*/\1/p' | sort -u | has_all tailrace-sql.7 function 80
help settings | sed -nE 's/^    ([a-z_]+) .*/\1/p' | has_all tailrace-sql.7 setting 6
sed -nE 's/^KEYWORD\(.*, "([a-z]+)", RESERVED\)/\1/p' sql/keywords.def | tr a-z A-Z |
    grep -vxE 'TRUE|FALSE|USING' | has_all tailrace-sql.7 keyword 25
sed -n '/^## Statements/,/^## /p' docs/sql.md |
    grep -oE '^\| `[A-Z]+( (STREAM|SINK|QUERY|INTO)\b)?' | sed 's/^| `//' |
    has_all tailrace-sql.7 statement 10

echo "$n_words words, $n_wrong wrong"
[ "$n_wrong" -eq 0 ]
