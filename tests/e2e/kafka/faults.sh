#!/usr/bin/env bash
# faults: what a real broker can do to a job: passwords and certificates, a topic that is missing,
# limits that it has, a second writer with the same transactional id, messages that expire.
#
#     tests/e2e/kafka/faults.sh TAILRACE         from the root of the tree; 77 = skipped
set -euo pipefail
. tests/e2e/kafka/broker.sh
broker_within 200 "$@"
tailrace=$(realpath "$1")
broker_fetch || exit $?
command -v keytool >/dev/null || {
    echo "skipped: no keytool"
    exit 77
}

# Two more listeners; what expires does so in seconds.
with_listeners() {
    local sasl ssl file="$broker_folder/server.properties"
    read -r sasl ssl <<<"$(broker_free_ports)"
    sasl_brokers=127.0.0.1:$sasl
    ssl_brokers=127.0.0.1:$ssl
    keytool -genkeypair -alias broker -keyalg RSA -validity 2 -dname CN=127.0.0.1 \
        -ext san=ip:127.0.0.1 -storetype PKCS12 -keystore "$scratch/keys.p12" \
        -storepass changeit >/dev/null 2>&1
    keytool -exportcert -rfc -alias broker -keystore "$scratch/keys.p12" -storepass changeit \
        >"$scratch/ca.pem" 2>/dev/null
    sed -i -e "s|^listeners=.*|&,SASL_PLAINTEXT://$sasl_brokers,SSL://$ssl_brokers|" \
        -e "s|^advertised.listeners=.*|&,SASL_PLAINTEXT://$sasl_brokers,SSL://$ssl_brokers|" \
        -e 's|^listener.security.protocol.map=.*|&,SASL_PLAINTEXT:SASL_PLAINTEXT,SSL:SSL|' "$file"
    cat >>"$file" <<END
sasl.enabled.mechanisms=PLAIN
listener.name.sasl_plaintext.plain.sasl.jaas.config=\\
  org.apache.kafka.common.security.plain.PlainLoginModule required user_tailrace="geheim";
ssl.keystore.type=PKCS12
ssl.keystore.location=$scratch/keys.p12
ssl.keystore.password=changeit
log.retention.check.interval.ms=200
log.initial.task.delay.ms=0
END
}

# Runs statements; the exit code is in $code, what it prints in came and said.
run_sql() {
    code=0
    timeout 60 "$tailrace" --once -o csv "$@" >"$scratch/came" 2>"$scratch/said" || code=$?
}

came_is() {
    [ "$code" -eq 0 ] && [ "$(tail -1 "$scratch/came")" = "$1" ]
}

said() { # exit code, words
    [ "$code" -eq "$1" ] && grep -q -- "$2" "$scratch/said"
}

produce() { # topic, options of kcat…
    local topic=$1
    shift
    timeout 30 kcat -P -b "$brokers" -t "$topic" -p 0 "$@" || failed "produce into $topic"
}

broker_scratch
broker_init
with_listeners
broker_start

# ---- passwords and certificates --------------------------------------------------------------
seq 3 | produce numbers
select="SELECT count(*) AS n FROM"
sasl="kafka.security.protocol=sasl_plaintext&kafka.sasl.mechanisms=PLAIN"
sasl+="&kafka.sasl.username=tailrace"
run_sql -c "$select 'kafka://$sasl_brokers/numbers?$sasl&kafka.sasl.password=geheim' FORMAT line"
said 3 'without TLS' || failed "a password without TLS: $code"
! grep -q geheim "$scratch/said" || failed "the password is shown"
sasl+="&allow_plaintext_password=true"
export TAILRACE_TEST_PASSWORD=geheim
run_sql -c "$select 'kafka://$sasl_brokers/numbers?$sasl' FORMAT line
    WITH (kafka.sasl.password = '\${TAILRACE_TEST_PASSWORD}')"
came_is 3 || failed "SASL with a password of the environment"
echo geheim >"$scratch/password"
run_sql -c "$select 'kafka://$sasl_brokers/numbers?$sasl' FORMAT line
    WITH (password_file = '$scratch/password')"
came_is 3 || failed "SASL with a password file"
run_sql -c "$select 'kafka://$ssl_brokers/numbers?kafka.security.protocol=ssl' FORMAT line
    WITH (kafka.ssl.ca.location = '$scratch/ca.pem')"
came_is 3 || failed "TLS"

# ---- a topic that is not there, limits -------------------------------------------------------
run_sql -c "SELECT line FROM 'kafka://$brokers/numbres' FORMAT line"
said 1 'did you mean "numbers"' || failed "a missing topic: $code"

cat >"$scratch/patient.sql" <<END
CREATE STREAM r (n BIGINT, value BIGINT) FROM 'gen://rows?rows=3&seed=1' FORMAT csv;
CREATE SINK o TO 'kafka://$brokers/patient?kafka.transaction.timeout.ms=3600000';
INSERT INTO o SELECT n FROM r;
END
run_sql -f "$scratch/patient.sql" --state "$scratch/patient"
said 1 'transaction.max.timeout.ms' || failed "a transaction longer than the broker takes: $code"

head -c 1020000 /dev/zero | tr '\0' x >"$scratch/long"
run_sql -c "CREATE STREAM l (line TEXT) FROM 'file:$scratch/long' FORMAT line;
    CREATE SINK o TO 'kafka://$brokers/long'; INSERT INTO o SELECT line FROM l"
said 1 'max.message.bytes' || failed "a row longer than the topic takes: $code"

# ---- a writer that is fenced -----------------------------------------------------------------
cat >"$scratch/fenced.sql" <<END
SET checkpoint = '20ms';
CREATE STREAM r (n BIGINT, value BIGINT) FROM 'gen://rows?rate=200&seed=1' FORMAT csv;
CREATE SINK o TO 'kafka://$brokers/fenced?transactional_id=one';
INSERT INTO o SELECT n FROM r;
END
has_rows() {
    [ -n "$(topic_read fenced -c 1 2>/dev/null)" ]
}
job_start "$scratch/fenced.sql" --state "$scratch/first"
await 60 has_rows || failed "no row of the first writer"
timeout 60 "$tailrace" run "$scratch/fenced.sql" --state "$scratch/second" --new-state \
    --max-rows 100 >"$scratch/second.said" 2>&1 ||
    failed "the second writer: $(tail -3 "$scratch/second.said")"
job_wait 60
said 1 'transactional_id "one"' || failed "fencing: $code"

# Ends of transactions take offsets that no message has: gaps, not losses.
topic_read fenced | wc -l >"$scratch/wanted"
run_sql -c "$select 'kafka://$brokers/fenced' FORMAT json"
came_is "$(cat "$scratch/wanted")" || failed "offsets with gaps"
offsets=0
for partition in 0 1 2; do
    offsets=$((offsets + $(topic_end fenced "$partition")))
done
[ "$offsets" -gt "$(cat "$scratch/wanted")" ] || failed "there are no gaps"

# ---- messages that expire before they are read -----------------------------------------------
topic_admin --create --topic short --partitions 1 --config segment.ms=200 --config retention.ms=2000
cat >"$scratch/expired.sql" <<END
CREATE STREAM e (line TEXT) FROM 'kafka://$brokers/short' FORMAT line;
CREATE SINK o TO 'file:$scratch/expired.csv';
INSERT INTO o SELECT line FROM e;
END
has_lines() {
    [ "$({ wc -l <"$scratch/expired.csv"; } 2>/dev/null || echo 0)" -eq 6 ]
}
# Only a message that comes later begins a segment behind those that can expire.
has_expired() {
    echo later | produce short
    [ "$(topic_start short 0)" -ge 10 ]
}
seq 5 | produce short
job_start "$scratch/expired.sql" --state "$scratch/third"
await 60 has_lines || failed "the messages do not come"
job_stop
seq 5 | produce short
await 60 has_expired || failed "the messages do not expire"
code=0
timeout 60 "$tailrace" run "$scratch/expired.sql" --state "$scratch/third" 2>"$scratch/said" ||
    code=$?
said 24 '--new-state' || failed "expired: $code"
echo "passwords, TLS, a missing topic, limits, a fenced writer, expired messages: as the page says"
