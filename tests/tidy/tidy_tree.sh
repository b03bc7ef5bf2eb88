#!/usr/bin/env bash
# Runs the tidy program ($1) over the text files of the tree. tests/tidy/bad.txt is bad on purpose.
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
text='\.(c|h|y|def|sh|awk|cmake|md|sql|json)$|(^|/)(CMakeLists\.txt|setup|check|run)$'
"$here/list_files.sh" | grep -E "$text" |
    "$1" tests/tidy
