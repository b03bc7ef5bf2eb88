#!/usr/bin/env bash
# Fails if clang-format 14 would change a C file. Other versions lay out differently: then skipped.
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
for program in clang-format-14 clang-format; do
    if "$program" --version 2>/dev/null | grep -q 'version 14\.'; then
        "$here/list_files.sh" | grep -E '\.(c|h)$' | xargs -r "$program" --dry-run -Werror
        exit 0
    fi
done
echo "skipped: no clang-format 14"
exit 77
