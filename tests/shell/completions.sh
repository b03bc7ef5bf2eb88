#!/usr/bin/env bash
# completions: the scripts of `tailrace completions` in the shells that they are for.
#
#     tests/shell/completions.sh TAILRACE bash|zsh|fish
#
# bash really completes here, with the words of a command line; the others read the script, and
# offer what fish can be asked for. Exit code 77: the shell is not there.
set -euo pipefail
tailrace=$(realpath "$1")
shell=$2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=0

fail() {
    echo "FAILED: $1" >&2
    failed=1
}

command -v "$shell" >/dev/null || {
    echo "skipped: no $shell"
    exit 77
}
"$tailrace" completions "$shell" >"$scratch/script"

# Every command and option of the program is a word of the script.
"$tailrace" help options | sed -n 's/^  --\([a-z-]*\).*/\1/p' >"$scratch/options"
[ "$(wc -l <"$scratch/options")" -gt 20 ] || fail "help lists no options"
while read -r option; do
    grep -qE -e "(--|-l )$option\\b" "$scratch/script" || fail "--$option is not offered"
done <"$scratch/options"

# What bash offers for the words behind "tailrace", the last one unfinished.
offers() { # words…
    env -i PATH="$PATH" bash --norc --noprofile -c '
        script=$1
        shift
        . "$script"
        COMP_WORDS=(tailrace "$@")
        COMP_CWORD=$#
        _tailrace
        printf "%s\n" "${COMPREPLY[@]}"' bash "$scratch/script" "$@" | sort | tr '\n' ' '
}

same() { # wanted, words…
    local wanted=$1 got
    shift
    got=$(offers "$@")
    [ "$got" = "$wanted " ] || fail "\"tailrace $*\" offers \"$got\", wanted \"$wanted\""
}

test_bash() {
    local command
    cd "$scratch"
    mkdir folder
    touch 'a file.sql' b.sql
    same 'check checkpoint completions' c
    same '--once --output' --o
    same '--output' run b.sql --ou
    same 'box' -o b
    same 'json jsonl' run --output json
    same 'csv' --output = c
    same 'box csv insert json jsonl line markdown table tsv' --output =
    same 'asap' --trigger a
    same 'folder' --state f
    same 'a file.sql' run a
    same 'b.sql' -f b
    same 'a file.sql b.sql folder options script' test --case x ''
    same 'b.sql' test 'a file.sql' b
    same 'export ls show verify' checkpoint ''
    same 'folder' checkpoint ls f
    same 'access applog atm' gen a
    same 'bash' completions b
    same 'sinks' help si
    same '--case' test --ca
    same '' run --cas
    same '' -c ''
    same '' version x
    # Each command takes the options that it offers, but for values that make no sense.
    for command in run check explain sniff test demo gen checkpoint completions help version; do
        "$tailrace" help "$command" >"$scratch/help"
        for option in $(offers "$command" --); do
            grep -q -e "^  $option\\b" "$scratch/help" ||
                fail "$command offers $option, which its help does not know"
        done
    done
}

case $shell in
bash) test_bash ;;
zsh) zsh -n "$scratch/script" || fail "zsh does not read it" ;;
fish)
    fish --no-execute "$scratch/script" || fail "fish does not read it"
    HOME=$scratch fish -c "source $scratch/script; complete -C 'tailrace checkp'" |
        grep -q '^checkpoint' || fail "fish does not offer checkpoint"
    HOME=$scratch fish -c "source $scratch/script; complete -C 'tailrace run --max'" |
        grep -q '^--max-rows' || fail "fish does not offer --max-rows"
    ;;
esac
exit $failed
