# Reads lines "query program user system wall KiB status" and prints medians per query and program.

BEGIN { FS = "\t" }

{
    key = $1 SUBSEP $2
    if (!(key in n)) {
        order[++n_keys] = key
    }
    i = ++n[key]
    cpu[key, i] = $3 + $4
    wall[key, i] = $5
    peak[key, i] = $6
}

# Median of values[key, 1 … n].
function median(values, key,    i, j, swap, sorted) {
    for (i = 1; i <= n[key]; i++) {
        sorted[i] = values[key, i]
        for (j = i; j > 1 && sorted[j - 1] > sorted[j]; j--) {
            swap = sorted[j]
            sorted[j] = sorted[j - 1]
            sorted[j - 1] = swap
        }
    }
    i = int((n[key] + 1) / 2)
    return n[key] % 2 ? sorted[i] : (sorted[i] + sorted[i + 1]) / 2
}

END {
    printf "%-6s %-9s %9s %9s %11s %9s %7s\n", "query", "program", "CPU s", "wall s", "Mrows/CPU s",
           "peak MiB", "ratio"
    for (k = 1; k <= n_keys; k++) {
        key = order[k]
        split(key, part, SUBSEP)
        base = part[1] SUBSEP "floor"
        for (i = 1; i <= n[key]; i++) {
            ratio[key, i] = (cpu[base, i] > 0) ? cpu[key, i] / cpu[base, i] : 0
        }
        seconds = median(cpu, key)
        speed = (seconds > 0) ? rows / seconds / 1e6 : 0
        printf "%-6s %-9s %9.3f %9.3f %11.2f %9.1f %7.2f\n", part[1], part[2], seconds,
               median(wall, key), speed, median(peak, key) / 1024, median(ratio, key)
    }
}
