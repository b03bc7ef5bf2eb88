#!/bin/sh
# sql_page: runs every SQL example of a page.   sql_page.sh SQL_RUNNER PAGE.md [PATTERN]
set -eu
here=$(dirname "$0")
cases=$(mktemp --suffix=.test)
trap 'rm -f "$cases"' EXIT
awk -f "$here/sql_blocks.awk" "$2" >"$cases"
"$1" "$cases" ${3+"$3"}
