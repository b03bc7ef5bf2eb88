# broker: one real Kafka broker (KRaft, one node) on loopback, for the scripts of this folder, which
# source this file.
#
#     broker_fetch                 its jars, once, into build/kafka; 77 if they cannot be had
#     broker_init FOLDER           formats a new, empty broker
#     broker_start                 returns when it answers; $brokers is its address
#     broker_kill                  kill -9
#     broker_stop
#
# Needs java (17 or newer), mvn and kcat.

broker_libs=${TAILRACE_KAFKA_LIBS:-build/kafka/libs}

# Also tells whether a test can run here at all.
broker_fetch() {
    local command
    for command in java mvn kcat; do
        command -v "$command" >/dev/null || {
            echo "skipped: no $command, so no real Kafka broker (./setup --tests installs it)"
            return 77
        }
    done
    if [ ! -e "$broker_libs/.complete" ]; then
        mkdir -p "$broker_libs"
        mvn -q -B -f tests/e2e/kafka/pom.xml dependency:copy-dependencies \
            -DoutputDirectory="$(realpath "$broker_libs")" >"$broker_libs/mvn.log" 2>&1 || {
            echo "skipped: the artefacts of Apache Kafka cannot be fetched here"
            tail -3 "$broker_libs/mvn.log"
            return 77
        }
        touch "$broker_libs/.complete"
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
    broker_folder=$1
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
    kill "-$1" "$broker_pid" 2>/dev/null || true
    wait "$broker_pid" 2>/dev/null || true
}

broker_kill() {
    broker_end KILL
}

broker_stop() {
    broker_end TERM
}
