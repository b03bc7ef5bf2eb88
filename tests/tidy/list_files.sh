#!/usr/bin/env bash
# Prints the files of the tree, one a line: what git knows or would add; without git, what is there.
set -euo pipefail
if git rev-parse --git-dir >/dev/null 2>&1; then
    git ls-files --cached --others --exclude-standard | sort -u | while IFS= read -r path; do
        if [ -f "$path" ] && [ ! -L "$path" ]; then
            printf '%s\n' "$path"
        fi
    done
else
    find . -type f -not -path './build/*' -not -path './.git/*' -printf '%P\n' | sort
fi
