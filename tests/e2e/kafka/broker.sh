# shellcheck shell=bash
# broker: one real Kafka broker (KRaft, one node) on loopback, for the scripts of this folder, which
# source this file.
#
#     broker_within SECONDS "$@"   the script has an end, whatever it waits for
#     broker_fetch                 its jars, once, into build/kafka; 77 if they cannot be had
#     broker_scratch               a folder, $scratch, that goes with the script, and so does a job
#     broker_init                  formats a new, empty broker in $broker_folder
#     broker_start                 returns when it answers; $brokers is its address
#     broker_kill                  kill -9
#     broker_stop
#     topic_admin OPTIONS…         kafka-topics
#     topic_start, topic_end TOPIC PARTITION      its first offset, and the one behind its last
#     topic_read TOPIC             committed values
#     job_start FILE OPTIONS…      tailrace run, beside the script; what it says is in $scratch/said
#     job_wait SECONDS             until it ends by itself; its exit code is in $code
#     job_stop, job_kill           SIGTERM, kill -9
#     await SECONDS COMMAND…       again and again until it succeeds
#     failed TEXT
#
# The script sets $tailrace, the program. Needs java (17 or newer), mvn and kcat.

broker_libs=${TAILRACE_KAFKA_LIBS:-build/kafka/libs}
broker_pid=
job_pid=

# The script runs again below timeout, which also reaches what the script waits for.
broker_within() {
    local seconds=$1
    shift
    [ -n "${BROKER_WITHIN:-}" ] || BROKER_WITHIN=1 exec timeout -k 20 "$seconds" "$0" "$@"
}

broker_finish() {
    [ -z "$job_pid" ] || kill -9 "$job_pid" 2>/dev/null || true
    broker_stop
    rm -rf "$scratch"
}

broker_scratch() {
    scratch=$(mktemp -d)
    broker_folder=$scratch/broker
    : >"$scratch/said"
    trap broker_finish EXIT
    trap 'failed "out of time at line $LINENO"' TERM
}

failed() {
    echo "FAILED: $1" >&2
    tail -5 "$scratch/said" >&2
    exit 1
}

await() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || return 1
    done
}

# Also tells whether a test can run here at all.
broker_fetch() {
    local command
    for command in java mvn kcat; do
        command -v "$command" >/dev/null || {
            echo "skipped: no $command, so no real Kafka broker (./setup --tests installs it)"
            return 77
        }
    done
    if ! cmp -s tests/e2e/kafka/pom.xml "$broker_libs/fetched.xml"; then
        mkdir -p "$broker_libs"
        mvn -q -B -f tests/e2e/kafka/pom.xml dependency:copy-dependencies \
            -DoutputDirectory="$(realpath "$broker_libs")" >"$broker_libs/mvn.log" 2>&1 || {
            echo "skipped: the artefacts of Apache Kafka cannot be fetched here"
            tail -3 "$broker_libs/mvn.log"
            return 77
        }
        cp tests/e2e/kafka/pom.xml "$broker_libs/fetched.xml"
    fi
}

# Replaces the shell it runs in, so that a signal to it is one to the broker.
broker_java() {
    exec java -Xmx384m -Dorg.slf4j.simpleLogger.defaultLogLevel=warn -cp "$broker_libs/*" "$@"
}

# Two ports that nobody listens on.
broker_free_ports() {
    local port=$((20000 + RANDOM % 20000)) found=()
    while [ ${#found[@]} -lt 2 ]; do
        port=$((port + 1))
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || found+=("$port")
    done
    echo "${found[@]}"
}

broker_init() {
    mkdir -p "$broker_folder"
    local port controller
    read -r port controller <<<"$(broker_free_ports)"
    brokers=127.0.0.1:$port
    cat >"$broker_folder/server.properties" <<END
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$controller
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller
advertised.listeners=PLAINTEXT://127.0.0.1:$port
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs=$broker_folder/data
num.partitions=3
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
END
    (broker_java kafka.tools.StorageTool format -t AAAAAAAAAAAAAAAAAAAAAQ \
        -c "$broker_folder/server.properties") >"$broker_folder/format.log" 2>&1
}

# kcat asks until it is answered; each try waits by itself.
broker_start() {
    broker_java kafka.Kafka "$broker_folder/server.properties" >>"$broker_folder/broker.log" 2>&1 &
    broker_pid=$!
    local tries
    for tries in $(seq 120); do
        kcat -L -b "$brokers" -m 1 >/dev/null 2>&1 && return 0
        kill -0 "$broker_pid" 2>/dev/null || break
    done
    echo "the broker does not start ($tries tries)" >&2
    tail -20 "$broker_folder/broker.log" >&2
    return 1
}

broker_end() { # signal
    [ -n "$broker_pid" ] || return 0
    kill "-$1" "$broker_pid" 2>/dev/null || true
    wait "$broker_pid" 2>/dev/null || true
    broker_pid=
}

broker_kill() {
    broker_end KILL
}

broker_stop() {
    broker_end TERM
}

# ---- topics ----------------------------------------------------------------------------------

topic_admin() {
    (broker_java -XX:TieredStopAtLevel=1 org.apache.kafka.tools.TopicCommand \
        --bootstrap-server "$brokers" "$@") >"$scratch/admin" 2>&1 ||
        failed "kafka-topics $*: $(cat "$scratch/admin")"
}

topic_offset() { # topic, partition, -1 or -2
    timeout 30 kcat -Q -b "$brokers" -t "$1:$2:$3" | grep -o '[0-9]*$'
}

topic_start() {
    topic_offset "$1" "$2" -2
}

topic_end() {
    topic_offset "$1" "$2" -1
}

topic_read() { # topic, options of kcat…
    local topic=$1
    shift
    timeout 30 kcat -C -e -q -b "$brokers" -t "$topic" -o beginning \
        -X isolation.level=read_committed "$@"
}

# ---- a job -----------------------------------------------------------------------------------

job_start() {
    "$tailrace" run "$@" >"$scratch/said" 2>&1 &
    job_pid=$!
}

job_runs() {
    kill -0 "$job_pid" 2>/dev/null
}

job_is_over() {
    ! job_runs
}

job_wait() {
    await "$1" job_is_over || failed "the job does not end"
    code=0
    wait "$job_pid" || code=$?
    job_pid=
}

job_stop() {
    kill -TERM "$job_pid"
    job_wait 60
    [ "$code" -eq 0 ] || failed "a clean stop ends with $code"
}

job_kill() {
    job_runs || failed "the job has ended by itself"
    kill -9 "$job_pid"
    wait "$job_pid" 2>/dev/null || true
    job_pid=
}
