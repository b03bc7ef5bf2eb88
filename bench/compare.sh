#!/usr/bin/env bash
# compare: floor and tailrace print the same bytes for all queries.
#
#     bench/compare.sh BUILD [ROWS]      BUILD: a build folder; data goes to BUILD/bench-compare
set -euo pipefail
build=$(cd "$1" && pwd)
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need_programs "$build/tailrace" "$build/bench/floor"
mkdir -p "$build/bench-compare"
cd "$build/bench-compare"
make_rows "${2:-20000}"
compare_all
