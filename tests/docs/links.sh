#!/usr/bin/env bash
# links: every link of the pages to a file of the tree, or to a heading of one, leads somewhere.
#
#     links.sh PAGE…       from the root of the tree; links to the web are not looked at
set -euo pipefail

# In a link a heading is in lower case, its words joined by dashes, other signs left out.
has_heading() { # page, anchor
    awk '/^```/ { code = !code } !code && /^#+ /' "$1" |
        sed -E 's/^#+ //; s/[`*]//g; s/[^[:alnum:] _-]//g; s/ /-/g' | tr '[:upper:]' '[:lower:]' |
        grep -cxF -- "$2" >/dev/null
}

# The targets of a page, one a line; what stands in code is not a link.
targets() { # page
    awk '/^```/ { code = !code } !code' "$1" | sed -E 's/`[^`]*`//g' |
        grep -oE '\]\([^() ]+\)' | sed -E 's/^\]\(//; s/\)$//' | sort -u
}

checked=0
dead=0
for page in "$@"; do
    while IFS= read -r target; do
        case $target in http:* | https:* | mailto:*) continue ;; esac
        checked=$((checked + 1))
        file=$page
        [ -z "${target%%#*}" ] || file=$(dirname "$page")/${target%%#*}
        if [ ! -e "$file" ]; then
            echo "$page: nothing is at \"$target\"" >&2
            dead=$((dead + 1))
        elif [[ $target == *#* ]] && ! has_heading "$file" "${target#*#}"; then
            echo "$page: no heading of $file is called \"#${target#*#}\"" >&2
            dead=$((dead + 1))
        fi
    done < <(targets "$page")
done
echo "$checked links, $dead dead"
[ "$dead" -eq 0 ] && [ "$checked" -gt 0 ]
