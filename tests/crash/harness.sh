# shellcheck shell=bash disable=SC2034
# harness: what the scripts of this folder share. To be sourced from the root of the tree:
#
#     tests/crash/NAME.sh TAILRACE TOOLS [OPTION…]    TOOLS: folder of line_sender, crash_shim.so
#
# Everything lies in $scratch and goes with it; processes are ended by their numbers.
# Exit code 77: skipped, the reason is printed.
here=$(dirname "${BASH_SOURCE[0]}")
tailrace=$(realpath "$1")
tools=$(realpath "$2")
shift 2
scratch=$(mktemp -d)
declare -A pids=() # the processes that run; their numbers are the keys

tidy_up() {
    local pid
    for pid in "${!pids[@]}"; do
        kill -9 "$pid" 2>/dev/null || true
    done
    rm -rf "$scratch"
}
trap tidy_up EXIT

# ended PID: waits for a process of ours and gives its exit code in $code.
ended() {
    code=0
    wait "$1" 2>/dev/null || code=$?
    unset "pids[$1]"
}

skip() {
    echo "skipped: $1"
    exit 77
}

fail() {
    echo "FAILED: $1" >&2
    exit 1
}

# The number behind an option, or the default: number kills 10 "$@"
number() { # name, default, arguments…
    local name=$1 value=$2
    shift 2
    while [ $# -gt 0 ]; do
        [ "$1" != "--$name" ] || value=${2:?--$name needs a number}
        shift
    done
    [[ $value =~ ^[0-9]+$ ]] || fail "--$name is no number: $value"
    echo "$value"
}

command -v sqlite3 >/dev/null || skip "no sqlite3"
# shellcheck source=tests/crash/job.sh
. "$here/job.sh"

# A port of the loopback that nobody listens at. Scripts that run side by side begin elsewhere.
free_port() {
    local first=$((20000 + $$ % 10000)) port
    for port in $(seq "$first" $((first + 50))); do
        if ! grep -q "$(printf ':%04X 00000000:0000 0A' "$port")" /proc/net/tcp; then
            echo "$port"
            return
        fi
    done
    fail "no free port"
}
