#!/usr/bin/env bash
# full_disk: a real small filesystem runs out of bytes, or of inodes, under the checkpoint or under
# the sinks. The job must end with exit code 4 and say how many are free; when there is room again,
# the next start must come to what an undisturbed run comes to, byte for byte.
#
#     tests/crash/full_disk.sh TAILRACE TOOLS
#
# The filesystem is a tmpfs with size= and nr_inodes=: that takes root, or a namespace where we are.
set -euo pipefail
if [ -z "${IN_NAMESPACE:-}" ]; then
    if ! unshare -Urm true 2>/dev/null && ! unshare -m true 2>/dev/null; then
        echo "skipped: no mount namespaces here"
        exit 77
    fi
    users=(-Ur)
    unshare -Urm mount -t tmpfs none /mnt 2>/dev/null || users=()
    IN_NAMESPACE=1 exec unshare "${users[@]}" -m "$0" "$@"
fi
# shellcheck source=tests/crash/harness.sh
. "$(dirname "${BASH_SOURCE[0]}")/harness.sh"
ROWS=120000
small=$scratch/small
mount -t tmpfs none "$scratch" 2>/dev/null || skip "no mounts here"
unmount() {
    umount "$small" 2>/dev/null || true
    cd / && umount "$scratch"
    tidy_up
}
trap unmount EXIT

# A job whose state, or whose sinks, lie on a filesystem of `room`, with the rest beside it. State
# goes there by a link, for all paths of job.sql are relative.
make_dir() { # state or sinks, room
    dir=$scratch/$1
    mkdir -p "$dir" "$small"
    mount -t tmpfs -o "$2" none "$small"
    if [ "$1" = state ]; then
        mkdir "$small/state"
        ln -s "$small/state" "$dir/state"
    else
        rmdir "$dir"
        mkdir "$small/job"
        ln -s "$small/job" "$dir"
        mkdir "$scratch/state_of_sinks"
        ln -s "$scratch/state_of_sinks" "$dir/state"
    fi
}

run() {
    code=0
    (cd "$dir" && timeout 120 "$tailrace" run job.sql --state state --no-flush) \
        <"$1" >"$scratch/said" 2>&1 || code=$?
}

# The input lies elsewhere; of stdin it is sent again as another attempt.
siege() { # state or sinks, bytes or inodes, room, input
    make_dir "$1" "$3"
    local first=/dev/null second=/dev/null
    if [ "$4" = stdin ]; then
        first=$scratch/in.csv
        second=$scratch/again.csv
        job_write "$dir" stdin: 5ms
    else
        job_write "$dir" "file:$scratch/in.csv" 5ms
    fi
    run "$first"
    [ "$code" -eq 4 ] || fail "$1 without $2: exit $code: $(tail -3 "$scratch/said")"
    grep -qE '[0-9]+ bytes and [0-9]+ inodes are free' "$scratch/said" ||
        fail "$1 without $2: it says $(cat "$scratch/said")"
    [ "$2" = bytes ] || grep -q ' and 0 inodes are free' "$scratch/said" ||
        fail "$1 without $2: it says $(cat "$scratch/said")"
    local said
    said=$(grep -oE '[0-9]+ bytes and [0-9]+ inodes are free' "$scratch/said" | tail -1)
    run "$first" # still no room: the same again, and nothing breaks
    [[ $code = [14] ]] || fail "$1 without $2, again: exit $code: $(tail -3 "$scratch/said")"
    mount -o remount,size=200m,nr_inodes=1000 "$small"
    run "$second"
    [ "$code" -eq 0 ] || fail "$1 with room: exit $code: $(tail -3 "$scratch/said")"
    job_is_exact "$dir" --no-flush || fail "$1 without $2: other results"
    [ "$4" = stdin ] || [ "$(wc -l <"$dir/raw.csv")" -eq $((ROWS + 1)) ] ||
        fail "rows are missing"
    echo "no $2 under the $1, input from $4: exit 4 ($said), then exact"
    umount "$small"
    rm -rf "$scratch/state" "$scratch/sinks" "$scratch/state_of_sinks"
}

"$tools/line_sender" print "$ROWS" >"$scratch/in.csv"
"$tools/line_sender" print "$ROWS" --attempt 2 >"$scratch/again.csv"
siege state bytes size=64k,nr_inodes=100 file
siege state bytes size=1m,nr_inodes=100 stdin
siege state inodes size=10m,nr_inodes=5 file
siege sinks bytes size=1m,nr_inodes=100 file
siege sinks inodes size=100m,nr_inodes=10 file
