# shellcheck shell=bash
# Notifications to webhooks: how many a second, beside libcurl alone with as many requests to the same receivers; what a
# host that never answers does to the others; what a server needs while 100,000 wait. Server and libcurl take turns, as one
# turn is over in less than a second; each figure of a run is that of the best turn.
called[floor_curl_1]='bare curl_multi'
called[floor_curl_4]='bare curl_multi'

readonly NOTIFY_TURNS=4

# start_sink: sets `ports` (four that answer) and `hangs`.
start_sink()
{
    taskset -c "$CLIENT_CORE" "$BIN/bench_sink" --limit "$((STEP_LIMIT_S * 2))" >"$work/sink.log" 2>&1 &
    pid[sink]=$!
    await sink grep -q '^hangs' "$work/sink.log"
    ports=$(sed -n 's/^ports //p' "$work/sink.log")
    hangs=$(sed -n 's/^hangs //p' "$work/sink.log")
}

# Redis has the receivers' core, so that the server has as much of its own as libcurl alone has.
start_notifier()
{
    start_redis
    taskset -acp "$CLIENT_CORE" "${pid[redis]}" >/dev/null
    start_api "${CHEAP_HASHES[@]}"
    start_daemon notify notification-server --allow-private-urls
}

# bare NAME PORTS IN_FLIGHT: on the servers' core.
bare()
{
    timeout "$STEP_LIMIT_S" taskset -c "$SERVER_CORE" "$BIN/floor_curl" --ports "$2" --in-flight "$3" \
        >"$work/out" 2>"$work/err" || { cat "$work/err" >&2 && fail "floor_curl failed"; }
    awk -v name="$1" -v run="$run" '{ print name, run, $1, $2 }' "$work/out" >>"$raw"
}

to_receivers()
{
    local n=$1 some=$2 turn
    for ((turn = 0; turn < NOTIFY_TURNS; turn++)); do
        generate "notify_${n}_turn" bench_notify --redis "$work/data/redis.sock" --server "${pid[notify]}" \
            --redis-pids "$(pids redis)" --ports "$some"
        bare "floor_curl_${n}_turn" "$some" $((n * 32))
    done
    best_turn "notify_$n" deliveries_per_s -r
    best_turn "notify_$n" server_cpu_us_per_delivery
    best_turn "notify_$n" redis_cpu_us_per_delivery
    best_turn "floor_curl_$n" deliveries_per_s -r
    best_turn "floor_curl_$n" cpu_us_per_delivery
}

notify_once()
{
    local ports hangs
    start_sink
    start_notifier
    to_receivers 1 "${ports%%,*}"
    to_receivers 4 "$ports"
    generate notify_pace bench_notify --redis "$work/data/redis.sock" --server "${pid[notify]}" \
        --ports "$ports" --hangs "$hangs" --pace 500 --count $((500 * SECONDS_EACH))
    end notify api redis
    start_notifier
    generate notify_memory bench_notify --redis "$work/data/redis.sock" --server "${pid[notify]}" \
        --ports "$hangs" --waiting 100000
    end_all
}

notify_rows()
{
    row 'notifications to 1 webhook, deliveries/s' notify_1 deliveries_per_s floor_curl_1 deliveries_per_s 'ratio >= 0.6'
    row '  server CPU us/delivery' notify_1 server_cpu_us_per_delivery floor_curl_1 cpu_us_per_delivery
    row '  Redis CPU us/delivery' notify_1 redis_cpu_us_per_delivery
    row 'notifications to 4 webhooks, deliveries/s' notify_4 deliveries_per_s floor_curl_4 deliveries_per_s 'ratio >= 0.6'
    row '  server CPU us/delivery' notify_4 server_cpu_us_per_delivery floor_curl_4 cpu_us_per_delivery
    row '  Redis CPU us/delivery' notify_4 redis_cpu_us_per_delivery
    row '500 notifications/s, accepted to settled, p99 ms' notify_pace alone_p99_ms
    row '  beside one host that hangs, p99 ms' notify_pace beside_hanging_p99_ms notify_pace alone_p99_ms
    row 'memory of a server, nothing waits, MiB' notify_memory memory_before_mib
    row '  100,000 wait for a host that hangs, MiB' notify_memory memory_waiting_mib
}
