#!/bin/sh
# sql_page: runs every SQL example of a page.   sql_page.sh TAILRACE PAGE.md [PATTERN]
set -eu
here=$(dirname "$0")
cases=$(mktemp --suffix=.test)
trap 'rm -f "$cases"' EXIT
awk -f "$here/sql_blocks.awk" "$2" >"$cases"
"$1" test "$cases" ${3+--case "$3"}
