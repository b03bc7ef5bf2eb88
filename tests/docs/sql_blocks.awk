# sql_blocks: the examples of a page as cases for tailrace test.
#
#     awk -f sql_blocks.awk docs/sql.md > sql.test
#
# | block             | is                                                                         |
# |-------------------|----------------------------------------------------------------------------|
# | sql streams       | run in front of every example                                              |
# | sql               | begins an example                                                          |
# | sql again         | another example; input and results are those of the one before             |
# | input NAME        | rows that arrive                                                           |
# | result so far     | columns, and what has come out                                             |
# | result after 40s  | the same, when the clock has moved on                                      |
# | result            | the same, after the end of all input                                       |
# | error, plan       | the statements are refused; what EXPLAIN says                              |
# | console file text | not for this program                                                       |
#
# A case is named after its line in the page and the heading above it. tcp: streams are read from
# memory instead; nothing else of an example is changed.

function emit(text) { kept[++n_kept] = text }

function flush_case(  i) {
    for (i = 1; i <= n_kept; i++) {
        print kept[i]
    }
}

# The rest of the case before, for "sql again": what stands behind its statements.
function repeat_rest(  i) {
    for (i = rest_from; i <= n_rest; i++) {
        emit(rest[i])
    }
}

function end_case(  i) {
    if (!in_case) {
        return
    }
    if (again) {
        repeat_rest()
    } else {
        n_rest = 0
        for (i = behind_statement; i <= n_kept; i++) {
            rest[++n_rest] = kept[i]
        }
        rest_from = 1
    }
    flush_case()
    in_case = 0
}

function begin_case() {
    end_case()
    n_kept = 0
    in_case = 1
    again = info == "sql again"
    emit("--- case line " NR ", " heading)
    if (streams != "") {
        emit("--- statement")
        emit(streams)
    }
    emit("--- statement")
}

# CREATE STREAM name … FROM 'tcp://…' becomes FROM 'memory:name'.
function from_memory(line) {
    if (match(line, /CREATE STREAM [A-Za-z_]+/)) {
        stream = substr(line, RSTART + 14, RLENGTH - 14)
    }
    if (stream != "" && match(line, /'tcp:[^']*'/)) {
        memory[substr(line, RSTART + 1, RLENGTH - 2)] = "memory:" stream
        line = substr(line, 1, RSTART - 1) "'memory:" stream "'" substr(line, RSTART + RLENGTH)
    }
    return line
}

# What EXPLAIN says of such a stream.
function plan_line(line,  uri, at) {
    for (uri in memory) {
        if ((at = index(line, uri)) > 0) {
            line = substr(line, 1, at - 1) memory[uri] substr(line, at + length(uri))
        }
    }
    return line
}

# A line of a block as the runner wants it. The operation of a change is no column there.
function body_line(line) {
    if (info ~ /^sql/) {
        return from_memory(line)
    }
    if (info == "plan") {
        return plan_line(line)
    }
    if (head_is_next) {
        sub(/^_op,/, "", line)
    }
    return line
}

function begin_result() {
    if (info == "result") {
        emit("--- end")
    } else if (info ~ /^result after /) {
        emit("--- clock " substr(info, 14))
    } else if (info != "result so far") {
        stop_at("unknown kind of result")
    }
    emit("--- columns")
    head_is_next = 1
}

function begin_block() {
    if (info == "sql streams") {
        end_case()
    } else if (info == "sql" || info == "sql again") {
        begin_case()
    } else if (!in_case) {
        stop_at("a block without a statement")
    } else if (again) {
        stop_at("a block behind \"sql again\"")
    } else if (info ~ /^result/) {
        begin_result()
    } else if (info == "error") {
        error_is_next = 1
        emit("--- error")
    } else if (info ~ /^input [a-z_]+( [0-9])?$/) {
        emit("--- " info)
    } else if (info == "plan") {
        emit("--- said")
    } else {
        stop_at("unknown block")
    }
}

function stop_at(why) {
    printf "%s:%d: %s: \"%s\"\n", FILENAME, NR, why, info > "/dev/stderr"
    failed = 1
    exit 1
}

/^#/ && !in_block { heading = $0; sub(/^#+ */, "", heading) }

/^```/ && !in_block {
    info = substr($0, 4)
    in_block = 1
    is_tested = info != "" && info !~ /^(console|file|text)/
    if (is_tested) {
        begin_block()
    }
    next
}

/^```$/ {
    if (is_tested && in_case && info ~ /^sql/) {
        behind_statement = n_kept + 1
    }
    in_block = 0
    stream = ""
    next
}

in_block && is_tested {
    if (info == "error" && error_is_next && !/^error\[E[0-9][0-9][0-9][0-9]\]: ./) {
        stop_at("an error begins with its code and text")
    }
    error_is_next = 0
    if (info == "sql streams") {
        streams = streams (streams == "" ? "" : "\n") from_memory($0)
    } else {
        emit(body_line($0))
    }
    if (head_is_next) {
        head_is_next = 0
        emit("--- expect")
    }
}

END {
    if (!failed) {
        end_case()
    }
}
