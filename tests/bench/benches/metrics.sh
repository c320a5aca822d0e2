# shellcheck shell=bash
# What metrics cost: the fan-out of fanout.sh with them, and read once a second, against a server without; with 64 in flight,
# when a delivery costs least besides, and runs differ least. The two take turns, and who begins does too; each figure is that
# of the best turn, for what else runs on the machine only ever takes away. Still, with nothing changed, two turns can differ
# by a tenth, far more than metrics cost: so the target, 2 % of a core, is one for what reading them takes of each second.
# Counting is a dozen additions a message, and three a turn of the loop, however many connections get it.
called[metrics_off]='--metrics=false'

readonly METRICS_TURNS=10
readonly METRICS_READINGS=200

# as_read SERVER COMMAND...: while somebody asks the server for its metrics, whether it has any or not.
as_read()
{
    local url reader
    url=http://$(at "$1")/metrics
    shift
    # shellcheck disable=SC2016 # the inner shell's $0
    setpriv --pdeathsig TERM taskset -c "$CLIENT_CORE" bash -c 'while sleep 1; do curl -s -o /dev/null --noproxy "*" --max-time 1 "$0"; done' "$url" &
    reader=$!
    "$@"
    kill "$reader" 2>/dev/null || true
    wait "$reader" 2>/dev/null || true
}

# metrics_turn NAME: as NAME_turn; the server has that name, too.
metrics_turn()
{
    as_read "$1" fan_out "$1_turn" "$1" 64 --api "$(api_url)" --redis-pids "$(pids redis)"
}

# ticks NAME: of the processor, that the process has used.
ticks()
{
    awk '{ print $14 + $15 }' "/proc/${pid[$1]}/stat"
}

# Milliseconds of the processor for one reading, which is asked for over and over.
metrics_reading()
{
    local before n
    before=$(ticks metrics_on)
    for ((n = 0; n < METRICS_READINGS; n++)); do
        taskset -c "$CLIENT_CORE" curl -sSf -o /dev/null --noproxy '*' --max-time 2 "http://$(at metrics_on)/metrics"
    done
    echo "metrics_on $run reading_cpu_ms $(awk -v ticks=$(($(ticks metrics_on) - before)) -v hz="$(getconf CLK_TCK)" \
        -v n="$METRICS_READINGS" 'BEGIN { print ticks * 1000 / hz / n }')" >>"$raw"
}

metrics_once()
{
    local turn name
    start_redis
    start_api "${CHEAP_HASHES[@]}"
    start_daemon metrics_on chat-server
    start_daemon metrics_off chat-server --metrics=false
    for ((turn = 0; turn < METRICS_TURNS; turn++)); do
        if ((turn % 2)); then
            metrics_turn metrics_on
            metrics_turn metrics_off
        else
            metrics_turn metrics_off
            metrics_turn metrics_on
        fi
    done
    metrics_reading
    for name in metrics_on metrics_off; do
        best_turn "$name" deliveries_per_s -r
        best_turn "$name" server_cpu_us_per_delivery
    done
    end_all
}

metrics_rows()
{
    row 'fan-out with metrics, 64 in flight, deliveries/s' metrics_on deliveries_per_s metrics_off deliveries_per_s
    row '  server CPU us a delivery' metrics_on server_cpu_us_per_delivery metrics_off server_cpu_us_per_delivery
    row '  CPU ms to read them, of each 1000' metrics_on reading_cpu_ms '' '' '<= 20'
}
