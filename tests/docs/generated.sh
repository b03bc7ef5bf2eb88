#!/bin/sh
# generated: the parts of docs/ that the program knows better.
#
#     generated.sh TAILRACE errors | functions | grok         prints one
#     generated.sh TAILRACE check errors | …                  fails where the page differs
#
# From the root of the tree. After a change: generated.sh TAILRACE errors >docs/errors.md
set -eu

errors() {
    cat <<'END'
# Errors of statements

Every code that a statement can be refused with. `tailrace explain E0104` prints one of them; this
page is what it prints for all, made by `tests/docs/generated.sh`. The examples use the streams of
[sql.md](sql.md).
END
    sed -n 's/^ERROR([A-Z_]*, \([0-9]*\),.*/\1/p' sql/errors.def | while read -r code; do
        echo
        "$1" explain "$(printf 'E%04d' "$code")" | sed -e '1s/^/## /' -e 's/^example:$/Example:/'
    done
}

functions() {
    echo "| aggregate | |"
    echo "|---|---|"
    functions_of "$1" aggregate
    echo
    echo "| function | |"
    echo "|---|---|"
    functions_of "$1" function
}

functions_of() {
    "$1" -o tsv -c "SHOW FUNCTIONS" | awk -F '\t' -v kind="$2" '
        NR > 1 && $2 == kind {
            gsub(/\\/, "&&", $4)
            gsub(/\|/, "\\|", $3)
            gsub(/\|/, "\\|", $4)
            print "| `" $3 "` | " $4 " |"
        }'
}

# The table of sources/grok_patterns.def: names, and what they are, the last text of each.
grok() {
    echo "| pattern | |"
    echo "|---|---|"
    awk '/^PATTERN\(/ { pattern = "" }
         /^PATTERN\(/ || pattern != "" { pattern = pattern $0 }
         /"\)$/ && pattern != "" {
             name = pattern
             sub(/^PATTERN\(/, "", name)
             sub(/,.*/, "", name)
             sub(/"\)$/, "", pattern)
             sub(/.*"/, "", pattern)
             print "| `" name "` | " pattern " |"
             pattern = ""
         }' sources/grok_patterns.def
}

# What the page has between the two marks.
committed() {
    case $1 in
    errors) cat docs/errors.md ;;
    functions)
        awk '/^<!-- end of functions -->/ { on = 0 } on
             /^<!-- functions -->/ { on = 1 }' docs/sql.md
        ;;
    grok)
        awk '/^<!-- end of grok patterns -->/ { on = 0 } on
             /^<!-- grok patterns -->/ { on = 1 }' docs/sources-and-formats.md
        ;;
    esac
}

tailrace=$1
if [ "$2" != check ]; then
    "$2" "$tailrace"
    exit
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"$3" "$tailrace" >"$scratch/wanted"
[ "$(wc -l <"$scratch/wanted")" -gt 50 ] || { echo "the program says too little" >&2 && exit 1; }
committed "$3" >"$scratch/committed"
diff -u "$scratch/committed" "$scratch/wanted" ||
    { echo "docs are behind the program: tests/docs/generated.sh TAILRACE $3" >&2 && exit 1; }
