#!/usr/bin/env bash
# faults: what a real broker can do to a job: messages that expire, topics that are missing,
# passwords and certificates, a second writer with the same transactional id.
#
#     tests/e2e/kafka/faults.sh TAILRACE         from the root of the tree; 77 = skipped
set -euo pipefail
tailrace=$(realpath "$1")
. tests/e2e/kafka/broker.sh
broker_fetch || exit $?
command -v keytool >/dev/null || {
    echo "skipped: no keytool"
    exit 77
}

scratch=$(mktemp -d)
finish() {
    broker_stop
    rm -rf "$scratch"
}

failed() {
    echo "FAILED: $1" >&2
    tail -5 "$scratch/said" >&2
    exit 1
}

# Two more listeners.
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
END
}

# Runs a statement; the exit code is in $code, what it prints in came and said.
run_sql() {
    code=0
    "$tailrace" --once -o csv "$@" >"$scratch/came" 2>"$scratch/said" || code=$?
}

broker_init "$scratch/broker"
with_listeners
trap finish EXIT
broker_start

# ---- passwords and certificates --------------------------------------------------------------
seq 3 | kcat -P -b "$brokers" -t numbers -p 0
select="SELECT count(*) AS n FROM"
sasl="kafka.security.protocol=sasl_plaintext&kafka.sasl.mechanisms=PLAIN"
sasl+="&kafka.sasl.username=tailrace"
run_sql -c "$select 'kafka://$sasl_brokers/numbers?$sasl&kafka.sasl.password=geheim' FORMAT line"
[ "$code" -ne 0 ] && grep -q 'without TLS' "$scratch/said" || failed "a password without TLS"
! grep -q geheim "$scratch/said" || failed "the password is shown"
sasl+="&allow_plaintext_password=true"
export TAILRACE_TEST_PASSWORD=geheim
run_sql -c "$select 'kafka://$sasl_brokers/numbers?$sasl' FORMAT line
    WITH (kafka.sasl.password = '\${TAILRACE_TEST_PASSWORD}')"
[ "$(tail -1 "$scratch/came")" = 3 ] || failed "SASL with a password of the environment"
echo geheim >"$scratch/password"
run_sql -c "$select 'kafka://$sasl_brokers/numbers?$sasl' FORMAT line
    WITH (password_file = '$scratch/password')"
[ "$(tail -1 "$scratch/came")" = 3 ] || failed "SASL with a password file"
run_sql -c "$select 'kafka://$ssl_brokers/numbers?kafka.security.protocol=ssl' FORMAT line
    WITH (kafka.ssl.ca.location = '$scratch/ca.pem')"
[ "$(tail -1 "$scratch/came")" = 3 ] || failed "TLS"

# ---- a topic that is not there ---------------------------------------------------------------
run_sql -c "SELECT line FROM 'kafka://$brokers/numbres' FORMAT line"
[ "$code" -eq 1 ] && grep -q 'did you mean "numbers"' "$scratch/said" || failed "a missing topic"

# ---- a writer that is fenced -----------------------------------------------------------------
cat >"$scratch/fenced.sql" <<END
SET checkpoint = '20ms';
CREATE STREAM r (n BIGINT, value BIGINT) FROM 'gen://rows?rate=200&seed=1' FORMAT csv;
CREATE SINK o TO 'kafka://$brokers/fenced?transactional_id=one';
INSERT INTO o SELECT n FROM r;
END
"$tailrace" run "$scratch/fenced.sql" --state "$scratch/first" 2>"$scratch/said" &
first=$!
until kcat -C -e -q -b "$brokers" -t fenced -o beginning 2>/dev/null | grep -q n; do :; done
"$tailrace" run "$scratch/fenced.sql" --state "$scratch/second" --max-rows 100 \
    2>"$scratch/second.said" || true
code=0
wait "$first" || code=$?
[ "$code" -eq 1 ] && grep -q 'transactional_id "one"' "$scratch/said" || failed "fencing: $code"

# Ends of transactions take offsets that no message has: gaps, not losses.
kcat -C -e -q -b "$brokers" -t fenced -o beginning | wc -l >"$scratch/wanted"
run_sql -c "SELECT count(*) AS n FROM 'kafka://$brokers/fenced' FORMAT json"
[ "$(tail -1 "$scratch/came")" = "$(cat "$scratch/wanted")" ] || failed "offsets with gaps"
offsets=0
for partition in 0 1 2; do
    end=$(kcat -Q -b "$brokers" -t "fenced:$partition:-1" | grep -o '[0-9]*$')
    offsets=$((offsets + end))
done
[ "$offsets" -gt "$(cat "$scratch/wanted")" ] || failed "there are no gaps"

# ---- messages that expire before they are read -----------------------------------------------
cat >"$scratch/expired.sql" <<END
CREATE STREAM e (line TEXT) FROM 'kafka://$brokers/short' FORMAT line;
CREATE SINK o TO 'file:$scratch/expired.csv';
INSERT INTO o SELECT line FROM e;
END
broker_stop
cat >>"$broker_folder/server.properties" <<END
log.retention.check.interval.ms=200
log.roll.ms=200
log.retention.ms=3000
log.initial.task.delay.ms=0
END
broker_start
seq 5 | kcat -P -b "$brokers" -t short -p 0
"$tailrace" run "$scratch/expired.sql" --state "$scratch/third" 2>"$scratch/said" &
third=$!
until [ "$({ wc -l <"$scratch/expired.csv"; } 2>/dev/null || echo 0)" -eq 6 ]; do :; done
kill -TERM "$third"
wait "$third" || failed "a clean stop ends with $?"
seq 5 | kcat -P -b "$brokers" -t short -p 0
until [ "$(kcat -Q -b "$brokers" -t short:0:-2 | grep -o '[0-9]*$')" -ge 10 ]; do :; done
seq 5 | kcat -P -b "$brokers" -t short -p 0
code=0
"$tailrace" run "$scratch/expired.sql" --state "$scratch/third" 2>"$scratch/said" || code=$?
[ "$code" -eq 24 ] && grep -q -- '--new-state' "$scratch/said" || failed "expired: $code"
echo "passwords, TLS, a missing topic, a fenced writer, expired messages: as the page says"
