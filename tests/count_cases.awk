# Reads what "ctest --verbose" says and prints "passed failed skipped", counted in cases, then all
# output of the tests that failed. A test that reports no cases of its own is one case; one that
# fails outside of its cases (a crash, a leak, a time-out) adds one failure.

/^test [0-9]+$/ { next }

/^[0-9]+: / {
    id = $1 + 0
    output[id] = output[id] $0 "\n"
    if ($0 ~ /: \[==========\] (.*: )?Running /) {
        in_summary[id] = 0
    } else if ($0 ~ /: \[==========\] .* run\.$/) {
        in_summary[id] = 1
    } else if (!in_summary[id]) {
        if ($0 ~ /: \[       OK \] /) {
            ok[id]++
        } else if ($0 ~ /: \[  FAILED  \] /) {
            bad[id]++
        } else if ($0 ~ /: \[  SKIPPED \] /) {
            left_out[id]++
        } else if ($0 ~ /^[0-9]+: [0-9]+ passed, [0-9]+ failed$/) { # tailrace test
            ok[id] += $2
            bad[id] += $4
        }
    }
    next
}

# " 3/12 Test  #7: test_column ....   Passed    0.01 sec"
/^ *[0-9]+\/[0-9]+ Test +#[0-9]+: / {
    match($0, /#[0-9]+: /)
    id = substr($0, RSTART + 1, RLENGTH - 3) + 0
    cases = ok[id] + bad[id] + left_out[id]
    if ($0 ~ /  Passed  /) {
        passed += cases ? ok[id] : 1
        skipped += left_out[id]
    } else if ($0 ~ /\*\*\*Skipped/) {
        skipped += cases ? left_out[id] : 1
        passed += ok[id]
    } else {
        passed += ok[id]
        skipped += left_out[id]
        failed += bad[id] ? bad[id] : 1
        shown = shown $0 "\n" output[id]
    }
}

END {
    print passed + 0, failed + 0, skipped + 0
    printf "%s", shown
}
