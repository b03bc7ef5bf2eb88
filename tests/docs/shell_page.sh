#!/usr/bin/env bash
# shell_page: runs what a page shows of a shell, in a folder of its own.
#
#     shell_page.sh TAILRACE PAGE.md           from the root of the tree
#
# A block "console" has commands, `$ command`, each with all that it prints; what is wrong is
# printed as a diff. A block "file NAME" is written before it is needed. Other blocks are only read
# by people.
set -euo pipefail
export LC_ALL=C.UTF-8
tailrace=$(realpath "$1")
page=$(realpath "$2")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/home"
ln -s "$tailrace" "$scratch/home/tailrace"
cp -R examples "$scratch/home/examples"
cd "$scratch/home"

command=
command_line=0
n_run=0
n_wrong=0

# Runs the command that is waiting; the page says what it prints.
run_command() {
    [ -n "$command" ] || return 0
    timeout -k 5 60 bash -c "$command" >"$scratch/came" 2>&1 </dev/null || true
    n_run=$((n_run + 1))
    if ! diff -u --label page --label program "$scratch/said" "$scratch/came" >"$scratch/diff"; then
        printf '%s:%d: $ %s\n' "$page" "$command_line" "$command"
        cat "$scratch/diff"
        n_wrong=$((n_wrong + 1))
    fi
    command=
}

number=0
block=
while IFS= read -r line; do
    number=$((number + 1))
    case $block:$line in
    :'```console') block=console ;;
    :'```file '*)
        block=${line#'```'}
        : >"${block#file }"
        ;;
    :'```'*) block=other ;;
    :*) ;;
    *:'```')
        run_command
        block=
        ;;
    console:'$ '*)
        run_command
        command=${line#'$ '}
        command_line=$number
        : >"$scratch/said"
        ;;
    console:'> '*) command+=$'\n'${line#'> '} ;;
    console:*) printf '%s\n' "$line" >>"$scratch/said" ;;
    file*) printf '%s\n' "$line" >>"${block#file }" ;;
    esac
done <"$page"

echo "$n_run commands, $n_wrong wrong"
[ "$n_wrong" -eq 0 ] && [ "$n_run" -gt 0 ]
