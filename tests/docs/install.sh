#!/usr/bin/env bash
# install: cmake --install puts program, pages and completions where systems look for them.
#
#     tests/docs/install.sh BUILD            from the root of the tree
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cmake --install "$1" --prefix "$scratch/usr" >"$scratch/log" 2>&1 || {
    cat "$scratch/log"
    exit 1
}
(cd "$scratch/usr" && find . -type f | sort) >"$scratch/came"
diff -u - "$scratch/came" <<'LIST'
./bin/tailrace
./share/bash-completion/completions/tailrace
./share/fish/vendor_completions.d/tailrace.fish
./share/man/man1/tailrace.1
./share/man/man5/tailrace-formats.5
./share/man/man7/tailrace-sql.7
./share/zsh/site-functions/_tailrace
LIST
"$scratch/usr/bin/tailrace" completions bash |
    cmp - "$scratch/usr/share/bash-completion/completions/tailrace"
